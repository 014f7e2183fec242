// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {X25519} from "./X25519.sol";

/// @title ParticipantRegistry
/// @dev Each subject has its own nonces. A credential uses one, and so does a revocation: a credential that was signed
/// before a revocation cannot be presented after it.
contract ParticipantRegistry is IParticipantRegistry, AccessControl, EIP712, Nonces, Multicall {
    bytes32 public constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE");
    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /// @notice Where the lists of domains and jurisdictions and the waiting times come from.
    IPolicy public immutable POLICY;

    bytes32 private constant CREDENTIAL_TYPEHASH = keccak256(
        "Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)"
    );

    uint8 private constant REGULATOR = uint8(1) << uint8(Role.Regulator);
    /// @dev Roles that need an accreditation. Nobody holds both: a regulator holds no other role.
    uint8 private constant ACCREDITED = (uint8(1) << uint8(Role.Auditor)) | REGULATOR;
    /// @dev Roles that count only after a wait.
    uint8 private constant TRUSTED = (uint8(1) << uint8(Role.Validator)) | ACCREDITED;

    mapping(address account => Participant) private _participants;
    mapping(address account => bytes32) private _encryptionKeys;
    mapping(bytes32 organisation => uint32 number) private _organisationNumbers;
    mapping(uint32 number => bytes32 organisation) private _organisations;
    mapping(address lower => mapping(address higher => uint40 at)) private _dealings;
    mapping(address account => mapping(address other => uint40 until)) private _ties;
    uint32 private _participantCount;
    uint32 private _organisationCount;

    constructor(address governance, IPolicy policy) EIP712("Assay ParticipantRegistry", "1") {
        POLICY = policy;
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /* PARTICIPANTS */

    /// @inheritdoc IParticipantRegistry
    function register(Registration calldata registration) external returns (uint32 index) {
        return _register(msg.sender, registration);
    }

    /// @inheritdoc IParticipantRegistry
    function enlist(address account, uint8 jurisdiction, bytes32 encryptionKey)
        external
        onlyRole(MODULE_ROLE)
    {
        // slither-disable-next-line uninitialized-local -- a customer's has nothing else
        Registration memory registration;
        (registration.primaryRole, registration.jurisdiction) = (Role.Customer, jurisdiction);
        registration.encryptionKey = encryptionKey;
        // slither-disable-next-line unused-return -- the number is in the event
        _register(account, registration);
    }

    /// @inheritdoc IParticipantRegistry
    function changeRoles(Role primaryRole, uint8 secondaryRoles) external {
        Participant storage participant = _registered(msg.sender);
        uint8 roles = _bitmap(primaryRole, secondaryRoles);
        uint8 previous = participant.roles;

        // Also when one is dropped: the time tells whether an account may have been a validator before.
        if ((roles ^ previous) & TRUSTED != 0) participant.trustedFrom = _now() + POLICY.trustedWait();
        if (roles & previous & ACCREDITED == 0) participant.accreditedUntil = 0;
        participant.primaryRole = primaryRole;
        participant.roles = roles;
        emit RolesChanged(msg.sender, primaryRole, roles, participant.trustedFrom);
    }

    /// @inheritdoc IParticipantRegistry
    function changeDomains(uint24 domains) external {
        Participant storage participant = _registered(msg.sender);
        uint40 until = participant.domainsChangedAt + POLICY.domainCooldown();
        if (block.timestamp < until) revert DomainsLocked(msg.sender, until);
        _checkDomains(domains);

        participant.domains = domains;
        participant.domainsChangedAt = _now();
        emit DomainsChanged(msg.sender, domains);
    }

    /// @inheritdoc IParticipantRegistry
    function changeEncryptionKey(bytes32 encryptionKey) external {
        _registered(msg.sender);
        _setEncryptionKey(msg.sender, encryptionKey);
        emit EncryptionKeyChanged(msg.sender, encryptionKey);
    }

    /// @inheritdoc IParticipantRegistry
    function declareTie(address other, uint40 until) external {
        Participant storage participant = _registered(msg.sender);
        uint40 declared = _ties[msg.sender][other];
        if (until < declared) revert TieShortened(msg.sender, other, declared);
        _ties[msg.sender][other] = until;
        participant.tied = true;
        emit TieDeclared(msg.sender, other, until);
    }

    /* ACCREDITATION AND DEALINGS */

    /// @inheritdoc IParticipantRegistry
    function accredit(Credential calldata credential, address accreditor, bytes calldata signature) external {
        if (block.timestamp > credential.deadline || block.timestamp >= credential.validUntil) {
            revert CredentialExpired(credential.deadline, credential.validUntil);
        }
        if (_bit(credential.role) & ACCREDITED == 0) revert NotAccreditable(credential.role);
        address subject = credential.subject;
        Participant storage participant = _registered(subject);
        if (participant.roles & _bit(credential.role) == 0) revert RoleNotHeld(subject, credential.role);
        if (!hasRole(ACCREDITOR_ROLE, accreditor)) revert NotAccreditor(accreditor);
        _useCheckedNonce(subject, credential.nonce);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(CREDENTIAL_TYPEHASH, credential)));
        if (!SignatureChecker.isValidSignatureNowCalldata(accreditor, digest, signature)) {
            revert InvalidSignature(accreditor);
        }

        bool lapsed = block.timestamp >= participant.accreditedUntil;
        if (lapsed && participant.trustedFrom < block.timestamp) participant.trustedFrom = _now();
        participant.accreditedUntil = credential.validUntil;
        participant.organisation = _numberOf(credential.organisation);
        emit Accredited(subject, credential.role, credential.organisation, credential.validUntil, accreditor);
    }

    /// @inheritdoc IParticipantRegistry
    function revokeAccreditation(address account) external {
        if (!hasRole(ACCREDITOR_ROLE, msg.sender)) revert NotAccreditor(msg.sender);
        Participant storage participant = _registered(account);
        _useNonce(account);
        participant.accreditedUntil = 0;
        emit AccreditationRevoked(account, msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function recordDealing(address a, address b) external onlyRole(MODULE_ROLE) {
        (address lower, address higher) = _sorted(a, b);
        _dealings[lower][higher] = _now();
        _markDealt(a);
        _markDealt(b);
        emit DealingRecorded(a, b);
    }

    /* VIEWS */

    /// @inheritdoc IParticipantRegistry
    function participantOf(address account) external view returns (Participant memory) {
        return _participants[account];
    }

    /// @inheritdoc IParticipantRegistry
    function encryptionKeyOf(address account) external view returns (bytes32) {
        return _encryptionKeys[account];
    }

    /// @inheritdoc IParticipantRegistry
    function encryptionKeysOf(address[] calldata accounts) external view returns (bytes32[] memory keys) {
        keys = new bytes32[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            keys[i] = _encryptionKeys[accounts[i]];
        }
    }

    /// @inheritdoc IParticipantRegistry
    function jurisdictionOf(address account) external view returns (uint8) {
        return _participants[account].jurisdiction;
    }

    /// @inheritdoc IParticipantRegistry
    function organisationOf(address account) external view returns (bytes32) {
        return _organisations[_participants[account].organisation];
    }

    /// @inheritdoc IParticipantRegistry
    function holdsRole(address account, Role role) public view returns (bool) {
        Participant storage participant = _participants[account];
        uint8 bit = _bit(role);
        // slither-disable-next-line incorrect-equality -- a set, not a time beside it in the slot
        if (participant.roles & bit == 0) return false;
        if (bit & TRUSTED != 0 && block.timestamp < participant.trustedFrom) return false;
        return bit & ACCREDITED == 0 || block.timestamp < participant.accreditedUntil;
    }

    /// @inheritdoc IParticipantRegistry
    function inDomain(address account, uint8 domain) external view returns (bool) {
        return _contains(_participants[account].domains, domain);
    }

    /// @inheritdoc IParticipantRegistry
    function requireEligible(address developer, Eligibility calldata rule) external view {
        Participant storage participant = _participants[developer];
        (uint8 roles, uint8 jurisdiction, uint24 domains) =
            (participant.roles, participant.jurisdiction, participant.domains);
        (uint32 organisation, bool tied) = (participant.organisation, participant.tied);
        if (roles & _bit(Role.Developer) == 0) revert RoleRequired(developer, uint8(Role.Developer));
        if (!_contains(domains, rule.domain)) revert OutsideDomain(developer, rule.domain);
        if (rule.blockedJurisdictions >> jurisdiction & 1 != 0) {
            revert JurisdictionBlocked(developer, jurisdiction);
        }
        if (developer == rule.customer) revert OwnCommission(developer);
        if (organisation != 0 && organisation == rule.organisation) {
            revert TiedToCustomer(developer, Conflict.SameOrganisation);
        }
        if (tied && block.timestamp < _ties[developer][rule.customer]) {
            revert TiedToCustomer(developer, Conflict.DeclaredTie);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function mayJudge(address account, Role role, address[] calldata parties, uint40 coolingOff)
        external
        view
        returns (bool)
    {
        if (!holdsRole(account, role)) return false;
        for (uint256 i; i < parties.length; ++i) {
            if (_ownConflict(account, parties[i], coolingOff) != Conflict.None) return false;
        }
        return true;
    }

    /// @inheritdoc IParticipantRegistry
    function dealtAt(address a, address b) public view returns (uint40) {
        (address lower, address higher) = _sorted(a, b);
        return _dealings[lower][higher];
    }

    /// @inheritdoc IParticipantRegistry
    function tiedUntil(address account, address other) external view returns (uint40) {
        return _ties[account][other];
    }

    /// @inheritdoc IParticipantRegistry
    function conflictOf(address account, address party, uint40 coolingOff) external view returns (Conflict) {
        Conflict own = _ownConflict(account, party, coolingOff);
        if (own != Conflict.None) return own;
        uint32 organisation = _participants[account].organisation;
        // slither-disable-next-line incorrect-equality -- a name, not a time beside it in the slot
        if (organisation != 0 && organisation == _participants[party].organisation) {
            return Conflict.SameOrganisation;
        }
        return Conflict.None;
    }

    /* INTERNAL */

    function _register(address account, Registration memory registration) private returns (uint32 index) {
        if (_participants[account].index != 0) revert AlreadyRegistered(account);
        uint8 roles = _bitmap(registration.primaryRole, registration.secondaryRoles);
        uint8 jurisdiction = registration.jurisdiction;
        if (jurisdiction == 0 || jurisdiction > POLICY.jurisdictionCount()) {
            revert UnknownJurisdiction(jurisdiction);
        }
        _checkDomains(registration.domains);
        _setEncryptionKey(account, registration.encryptionKey);

        index = ++_participantCount;
        uint40 trustedFrom = roles & TRUSTED == 0 ? 0 : _now() + POLICY.trustedWait();
        _participants[account] = Participant({
            index: index,
            primaryRole: registration.primaryRole,
            roles: roles,
            jurisdiction: jurisdiction,
            organisation: _numberOf(registration.organisation),
            domains: registration.domains,
            trustedFrom: trustedFrom,
            domainsChangedAt: _now(),
            accreditedUntil: 0,
            dealt: _participants[account].dealt, // it may have been a payee before it joined
            tied: false
        });
        emit Registered(
            account,
            index,
            registration.primaryRole,
            roles,
            jurisdiction,
            registration.domains,
            registration.organisation,
            trustedFrom
        );
    }

    function _setEncryptionKey(address account, bytes32 encryptionKey) private {
        if (X25519.isLowOrder(encryptionKey)) revert WeakEncryptionKey(encryptionKey);
        _encryptionKeys[account] = encryptionKey;
    }

    /// @dev For an account that has never dealt nor declared a tie, only its own slot is read.
    function _ownConflict(address account, address party, uint40 coolingOff) private view returns (Conflict) {
        if (account == party) return Conflict.SameParty;
        Participant storage participant = _participants[account];
        if (participant.dealt) {
            uint256 dealt = dealtAt(account, party);
            if (dealt != 0 && block.timestamp < dealt + coolingOff) return Conflict.Dealing;
        }
        if (participant.tied && block.timestamp < _ties[account][party]) return Conflict.DeclaredTie;
        return Conflict.None;
    }

    function _markDealt(address account) private {
        if (!_participants[account].dealt) _participants[account].dealt = true;
    }

    /// @dev The number by which slots refer to an organisation, assigned when it is first named; 0 for none.
    function _numberOf(bytes32 organisation) private returns (uint32 number) {
        if (organisation == 0) return 0;
        number = _organisationNumbers[organisation];
        if (number == 0) {
            number = ++_organisationCount;
            _organisationNumbers[organisation] = number;
            _organisations[number] = organisation;
        }
    }

    function _registered(address account) private view returns (Participant storage participant) {
        participant = _participants[account];
        if (participant.index == 0) revert NotRegistered(account);
    }

    /// @dev Up to three domains of Policy's list, lowest byte first, none twice, unused bytes last.
    function _checkDomains(uint24 domains) private view {
        (uint8 first, uint8 second, uint8 third) = _unpack(domains);
        // slither-disable-next-line incorrect-equality -- a set, not a time beside it in the slot
        bool gap = (first == 0 && second != 0) || (second == 0 && third != 0);
        // slither-disable-next-line incorrect-equality -- a set, not a time beside it in the slot
        bool twice = (first != 0 && first == second) || (third != 0 && (third == first || third == second));
        uint8 count = POLICY.domainCount();
        if (gap || twice || first > count || second > count || third > count) revert InvalidDomains(domains);
    }

    /// @dev A dealing has no direction: it is kept under the lower address.
    function _sorted(address a, address b) private pure returns (address, address) {
        return a < b ? (a, b) : (b, a);
    }

    function _bitmap(Role primaryRole, uint8 secondaryRoles) private pure returns (uint8 roles) {
        roles = _bit(primaryRole) | secondaryRoles;
        if (roles & 1 != 0) revert UnknownRole(uint8(Role.None));
        if (roles > type(uint8).max >> 1) revert UnknownRole(uint8(type(Role).max) + 1);
        if (roles & REGULATOR != 0 && roles != REGULATOR) revert RegulatorIsExclusive(roles);
    }

    function _bit(Role role) private pure returns (uint8) {
        return uint8(1) << uint8(role); // seven roles, so never shifted out
    }

    function _contains(uint24 domains, uint8 domain) private pure returns (bool) {
        (uint8 first, uint8 second, uint8 third) = _unpack(domains);
        // slither-disable-next-line incorrect-equality -- a set, not a time beside it in the slot
        return domain != 0 && (domain == first || domain == second || domain == third);
    }

    function _unpack(uint24 domains) private pure returns (uint8, uint8, uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint8(domains), uint8(domains >> 8), uint8(domains >> 16)); // byte by byte on purpose
    }

    function _now() private view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp); // fits for 34,000 years
    }
}
