// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Who takes part in the market, in which roles, and with whom they have dealt.
/// @notice Trust assumptions: organisation and domains are self-declared unless a credential attests them; Sybil
/// identities are limited by waiting times, bonds and accreditation, not abolished. Accreditors are trusted to accredit
/// only real auditors and regulators. Paper sections II, IV-E, IV-F.
interface IParticipantRegistry {
    /// @dev The values are shared with the SDK; `roles` bitmaps set bit `uint8(role)`.
    enum Role {
        None,
        Customer,
        Developer,
        DataOwner,
        Auditor,
        Validator,
        Regulator
    }

    /// @dev Why somebody cannot judge a party; ordered by precedence.
    enum Conflict {
        None,
        SameParty,
        Dealing,
        DeclaredTie,
        SameOrganisation
    }

    /// @dev One storage slot (248 bits).
    struct Participant {
        uint32 index; // 1, 2, 3…; 0 means not registered
        Role primaryRole;
        uint8 roles; // bitmap of primary and secondary roles
        uint8 jurisdiction; // an id from Policy's list
        uint32 organisation; // 0 means none
        uint24 domains; // up to three 8-bit domain ids from Policy's list, lowest byte first
        uint40 trustedFrom; // Auditor, Validator and Regulator count from this time on, and have not changed since
        uint40 domainsChangedAt;
        uint40 accreditedUntil; // end of the accreditation as Auditor or Regulator
        bool dealt; // a dealing of its has been recorded, at any time
        bool tied; // it has declared a tie, at any time
    }

    /// @dev What a deal asks of the developers who bid for it.
    struct Eligibility {
        address customer;
        uint32 organisation; // the customer's number, 0 for none
        uint8 domain;
        uint256 blockedJurisdictions; // bitmap over developers' jurisdictions
    }

    struct Registration {
        Role primaryRole;
        uint8 secondaryRoles; // bitmap
        uint8 jurisdiction;
        uint24 domains;
        bytes32 organisation; // hash of the organisation's identifier, or 0 for none
        bytes32 encryptionKey; // X25519 public key
    }

    /// @dev EIP-712 `Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)`;
    /// the nonce is the subject's.
    struct Credential {
        address subject;
        Role role; // Auditor or Regulator
        bytes32 organisation; // replaces what the subject declared
        uint40 validUntil;
        uint256 nonce;
        uint40 deadline; // the credential must be presented by then
    }

    event Registered(
        address indexed account,
        uint32 indexed index,
        Role primaryRole,
        uint8 roles,
        uint8 jurisdiction,
        uint24 domains,
        bytes32 organisation,
        uint40 trustedFrom
    );
    event RolesChanged(address indexed account, Role primaryRole, uint8 roles, uint40 trustedFrom);
    event DomainsChanged(address indexed account, uint24 domains);
    event EncryptionKeyChanged(address indexed account, bytes32 encryptionKey);
    event Accredited(
        address indexed account,
        Role role,
        bytes32 organisation,
        uint40 validUntil,
        address indexed accreditor
    );
    event AccreditationRevoked(address indexed account, address indexed accreditor);
    event TieDeclared(address indexed account, address indexed other, uint40 until);
    event DealingRecorded(address indexed a, address indexed b);

    error AlreadyRegistered(address account);
    error NotRegistered(address account);
    error UnknownRole(uint8 role);
    /// @notice A regulator holds no other role.
    error RegulatorIsExclusive(uint8 roles);
    error UnknownJurisdiction(uint8 jurisdiction);
    error InvalidDomains(uint24 domains);
    error DomainsLocked(address account, uint40 until);
    /// @notice The key is zero or a low-order point, to which no secret can be sealed (RFC 7748 section 6.1).
    error WeakEncryptionKey(bytes32 encryptionKey);
    error RoleNotHeld(address account, Role role);
    error NotAccreditable(Role role);
    error CredentialExpired(uint40 deadline, uint40 validUntil);
    error NotAccreditor(address account);
    error InvalidSignature(address signer);
    error RoleRequired(address account, uint8 role);
    error OutsideDomain(address account, uint8 domain);
    error JurisdictionBlocked(address account, uint8 jurisdiction);
    error OwnCommission(address account);
    /// @notice The bidder belongs to the customer's organisation, or has declared a tie to the customer.
    error TiedToCustomer(address account, Conflict conflict);
    error TieShortened(address account, address other, uint40 until);

    /// @notice Joins the market; anyone, once. A trusted role (Auditor, Validator, Regulator) counts after Policy's wait,
    /// Auditor and Regulator also need `accredit`.
    /// @return index the participant's number.
    function register(Registration calldata registration) external returns (uint32 index);

    /// @notice Changes the caller's roles. When it takes or drops a trusted one, those that it has then wait as at
    /// registration; an accreditation lapses with its role.
    function changeRoles(Role primaryRole, uint8 secondaryRoles) external;

    /// @notice Changes the caller's domains, at most once per Policy's cooldown (paper section IV-F, warranting theory).
    function changeDomains(uint24 domains) external;

    /// @notice Replaces the key to which others seal content keys for the caller. Open deals keep the key that they
    /// snapshotted in their events.
    function changeEncryptionKey(bytes32 encryptionKey) external;

    /// @notice Presents an accreditor's signed credential; anyone may present it for its subject. ERC-1271 signers work.
    /// After a lapse, or for the first time, the subject is trusted from now on at the earliest.
    function accredit(Credential calldata credential, address accreditor, bytes calldata signature) external;

    /// @notice Ends an accreditation at once; accreditors only.
    function revokeAccreditation(address account) external;

    /// @notice Declares that the caller cannot judge `other` until a time (Unix seconds), which can only be moved later.
    function declareTie(address other, uint40 until) external;

    /// @notice Records that two participants have a deal with each other; authorised modules only, at award.
    function recordDealing(address a, address b) external;

    function participantOf(address account) external view returns (Participant memory);

    function encryptionKeyOf(address account) external view returns (bytes32);

    function encryptionKeysOf(address[] calldata accounts) external view returns (bytes32[] memory);

    /// @return the declared or attested hash, 0 for none.
    function organisationOf(address account) external view returns (bytes32);

    /// @notice Whether the role counts now: held, past its wait, and accredited where that is needed.
    function holdsRole(address account, Role role) external view returns (bool);

    function inDomain(address account, uint8 domain) external view returns (bool);

    /// @notice Reverts, saying why, when `developer` may not serve the deal: `RoleRequired`, `OutsideDomain`,
    /// `JurisdictionBlocked`, `OwnCommission` or `TiedToCustomer`.
    function requireEligible(address developer, Eligibility calldata rule) external view;

    /// @notice Whether the role counts now, and no dealing, no tie of its own and no identity binds `account` to any of the
    /// parties. Organisations are not looked at: parties declare theirs themselves, and must not choose their judges by it.
    /// @param coolingOff seconds for which a dealing counts.
    function mayJudge(address account, Role role, address[] calldata parties, uint40 coolingOff)
        external
        view
        returns (bool);

    /// @return when the two last dealt (Unix seconds), 0 for never.
    function dealtAt(address a, address b) external view returns (uint40);

    /// @return until when `account` has declared a tie to `other` (Unix seconds), 0 for never.
    function tiedUntil(address account, address other) external view returns (uint40);

    /// @notice Why `account` cannot judge `party`: the first reason in the order of `Conflict`.
    /// @param coolingOff seconds for which a dealing counts.
    function conflictOf(address account, address party, uint40 coolingOff) external view returns (Conflict);
}
