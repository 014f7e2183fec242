// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Who takes part in the market, in which roles, and with whom they have dealt.
/// @notice Times are Unix seconds.
/// Trust assumptions: organisation and domains are self-declared unless a credential attests them. Waiting times,
/// bonds and accreditation limit Sybil identities; they do not abolish them. Accreditors are trusted to accredit only
/// real auditors and regulators. Paper sections II, IV-E, IV-F.
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
        bool dealt; // it has had a dealing, at any time
        bool tied; // it has declared a tie, at any time
    }

    /// @dev What a deal requires of the developers who bid for it.
    struct Eligibility {
        address customer;
        uint32 organisation; // the customer's number, 0 for none
        uint8 domain;
        uint256 blockedJurisdictions; // bitmap over developers' jurisdictions
    }

    /// @dev What a participant declares when it joins.
    struct Registration {
        Role primaryRole;
        uint8 secondaryRoles; // bitmap
        uint8 jurisdiction;
        uint24 domains;
        bytes32 organisation; // hash of the organisation's identifier, or 0 for none
        bytes32 encryptionKey; // X25519 public key
    }

    /// @dev The nonce is the subject's. EIP-712:
    /// `Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)`.
    struct Credential {
        address subject;
        Role role; // Auditor or Regulator
        bytes32 organisation; // replaces what the subject declared
        uint40 validUntil;
        uint256 nonce;
        uint40 deadline; // the credential must be presented by then
    }

    /// @notice `account` has joined the market as its participant number `index`. Its trusted roles count from
    /// `trustedFrom` on.
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
    /// @notice `account` has changed its roles. Its trusted roles count from `trustedFrom` on.
    event RolesChanged(address indexed account, Role primaryRole, uint8 roles, uint40 trustedFrom);
    /// @notice `account` has changed the domains in which it works.
    event DomainsChanged(address indexed account, uint24 domains);
    /// @notice `account` has replaced its X25519 key. Deals that were open keep the key that their own events
    /// recorded.
    event EncryptionKeyChanged(address indexed account, bytes32 encryptionKey);
    /// @notice `accreditor` has accredited `account` in `role` until `validUntil`, as a member of `organisation` (0
    /// for none).
    event Accredited(
        address indexed account,
        Role role,
        bytes32 organisation,
        uint40 validUntil,
        address indexed accreditor
    );
    /// @notice `accreditor` has ended the accreditation of `account`, at once.
    event AccreditationRevoked(address indexed account, address indexed accreditor);
    /// @notice `account` has declared that it cannot judge `other` until `until`.
    event TieDeclared(address indexed account, address indexed other, uint40 until);
    /// @notice `a` and `b` have a deal with each other since this block.
    event DealingRecorded(address indexed a, address indexed b);

    /// @notice {account} has already joined the market.
    /// @custom:hint Change its roles or domains instead of registering it again.
    error AlreadyRegistered(address account);
    /// @notice {account} has not joined the market.
    /// @custom:hint Register it first: `assay participant register`.
    error NotRegistered(address account);
    /// @notice There is no role {role}.
    /// @custom:hint Use one of the registry's roles; `assay participant register --help` lists them.
    error UnknownRole(uint8 role);
    /// @notice A regulator cannot hold another role.
    /// @custom:hint Use a second account for the other roles.
    error RegulatorIsExclusive(uint8 roles);
    /// @notice The market does not know jurisdiction {jurisdiction}.
    /// @custom:hint Use one that the market's policy lists; governance can add more.
    error UnknownJurisdiction(uint8 jurisdiction);
    /// @notice A participant works in at most three different domains, all from the market's list.
    /// @custom:hint See the list with `assay status`.
    error InvalidDomains(uint24 domains);
    /// @notice {account} changed its domains recently and can change them again at {until}.
    /// @custom:hint Wait until then.
    error DomainsLocked(address account, uint40 until);
    /// @notice Nothing can be sealed to this encryption key: it is zero or a point of low order (RFC 7748, section
    /// 6.1).
    /// @custom:hint Use the key that the wallet derives.
    error WeakEncryptionKey(bytes32 encryptionKey);
    /// @notice {account} does not hold the role {role}.
    /// @custom:hint Take the role first, then have it accredited.
    error RoleNotHeld(address account, Role role);
    /// @notice The role {role} needs no accreditation.
    /// @custom:hint Only auditors and regulators are accredited.
    error NotAccreditable(Role role);
    /// @notice The credential had to be presented by {deadline}, for an accreditation until {validUntil}.
    /// @custom:hint Ask the accreditor for a new one.
    error CredentialExpired(uint40 deadline, uint40 validUntil);
    /// @notice {account} is not an accreditor of this market.
    /// @custom:hint Ask one whom the market's governance has named.
    error NotAccreditor(address account);
    /// @notice The signature is not {signer}'s, or was made for something else.
    /// @custom:hint Sign again, for this chain and this contract.
    error InvalidSignature(address signer);
    /// @notice {account} does not hold the role {role}, or its waiting time has not passed.
    /// @custom:hint Register with the role and wait; auditors and regulators also need an accreditation.
    error RoleRequired(address account, uint8 role);
    /// @notice {account} does not work in domain {domain}.
    /// @custom:hint Choose one of its domains, or change them.
    error OutsideDomain(address account, uint8 domain);
    /// @notice Developers of jurisdiction {jurisdiction} may not serve this customer in this domain.
    /// @custom:hint This is a rule of the market's policy.
    error JurisdictionBlocked(address account, uint8 jurisdiction);
    /// @notice {account} is the customer and cannot bid for its own deal.
    /// @custom:hint Bid on another commission.
    error OwnCommission(address account);
    /// @notice {account} cannot bid: it has a tie to the customer ({conflict}).
    /// @custom:hint Bid on another commission.
    error TiedToCustomer(address account, Conflict conflict);
    /// @notice {account} has declared a tie to {other} until {until}, and a tie can only be prolonged.
    /// @custom:hint Name a later time.
    error TieShortened(address account, address other, uint40 until);

    /// @notice Joins the market; anyone, once. A trusted role (Auditor, Validator, Regulator) counts only after
    /// Policy's waiting time; Auditor and Regulator also need `accredit`.
    /// @return index the participant's number.
    function register(Registration calldata registration) external returns (uint32 index);

    /// @notice Changes the caller's roles. If it takes up or drops a trusted role, all its trusted roles wait as at
    /// registration. An accreditation lapses with its role.
    function changeRoles(Role primaryRole, uint8 secondaryRoles) external;

    /// @notice Changes the caller's domains, at most once within Policy's cooldown (paper section IV-F, warranting
    /// theory).
    function changeDomains(uint24 domains) external;

    /// @notice Replaces the key to which others seal content keys for the caller. Open deals keep the key that their
    /// events recorded.
    /// @param encryptionKey X25519 public key.
    function changeEncryptionKey(bytes32 encryptionKey) external;

    /// @notice Presents an accreditor's signed credential; anyone may present it for its subject. Smart accounts
    /// (ERC-1271) can sign too. The first time, or after a lapse, the subject's role counts from now on at the
    /// earliest.
    function accredit(Credential calldata credential, address accreditor, bytes calldata signature) external;

    /// @notice Ends an accreditation at once; accreditors only.
    function revokeAccreditation(address account) external;

    /// @notice Declares that the caller cannot judge `other` until `until`, which can only be moved later.
    function declareTie(address other, uint40 until) external;

    /// @notice Registers `account` as a Customer without domains or organisation, if it has not joined; authorised
    /// modules only, by an order that the account has signed or sent. It can take further roles later.
    /// @param jurisdiction an id from Policy's list.
    /// @param encryptionKey X25519 public key.
    function enlist(address account, uint8 jurisdiction, bytes32 encryptionKey) external;

    /// @notice Records that two participants have a deal with each other; authorised modules only, at the award.
    function recordDealing(address a, address b) external;

    /// @notice What is recorded of an account; `index` is 0 when it has not joined.
    function participantOf(address account) external view returns (Participant memory);

    /// @notice The X25519 key to which content keys for an account are sealed; 0 when it has not joined.
    function encryptionKeyOf(address account) external view returns (bytes32);

    /// @notice The X25519 keys of several accounts, in their order.
    function encryptionKeysOf(address[] calldata accounts) external view returns (bytes32[] memory);

    /// @notice The jurisdiction of an account, which never changes; 0 when it has not joined.
    function jurisdictionOf(address account) external view returns (uint8);

    /// @notice The organisation of an account, as it declared or a credential attested.
    /// @return hash of the organisation's identifier, 0 for none.
    function organisationOf(address account) external view returns (bytes32);

    /// @notice Whether the role counts now: it is held, its waiting time has passed, and it is accredited where it
    /// has to be.
    function holdsRole(address account, Role role) external view returns (bool);

    /// @notice Whether `account` works in the domain.
    function inDomain(address account, uint8 domain) external view returns (bool);

    /// @notice Reverts with the reason when `developer` may not serve the deal: `RoleRequired`, `OutsideDomain`,
    /// `JurisdictionBlocked`, `OwnCommission` or `TiedToCustomer`.
    function requireEligible(address developer, Eligibility calldata rule) external view;

    /// @notice Whether the role counts now, and `account` is none of the parties, has no dealing with one and has
    /// declared no tie to one. Organisations do not count here: parties declare theirs themselves, and must not
    /// choose their judges by it.
    /// @param coolingOff seconds for which a dealing counts.
    function mayJudge(address account, Role role, address[] calldata parties, uint40 coolingOff)
        external
        view
        returns (bool);

    /// @notice When two participants last had a deal with each other.
    /// @return Unix seconds, 0 for never.
    function dealtAt(address a, address b) external view returns (uint40);

    /// @notice Until when `account` has declared a tie to `other`.
    /// @return Unix seconds, 0 for never.
    function tiedUntil(address account, address other) external view returns (uint40);

    /// @notice Why `account` cannot judge `party`: the first reason in the order of `Conflict`, or None.
    /// @param coolingOff seconds for which a dealing counts.
    function conflictOf(address account, address party, uint40 coolingOff) external view returns (Conflict);
}
