// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";

/// @title The auditors and regulators who can be drawn, by domain, and their standing bonds.
/// @dev A bond is this contract's hold `bytes32(uint160(auditor))`.
abstract contract AuditorPool is IAuditRegistry, ReentrancyGuardTransient {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @dev One slot.
    struct Enrolment {
        uint96 bond; // base units
        uint24 domains; // whose pools hold the auditor; 0 when not enrolled
        uint32 seats; // held in audits that are not concluded
        bool regulator;
    }

    IEscrow internal immutable ESCROW;
    IParticipantRegistry internal immutable REGISTRY;
    IPolicy private immutable POLICY;
    IFeeShares internal immutable SHARES;

    /// @notice The token of auditors' bonds.
    address public immutable BOND_TOKEN;

    mapping(uint8 domain => EnumerableSet.AddressSet) private _auditors;
    mapping(uint8 domain => EnumerableSet.AddressSet) private _regulators;
    mapping(address auditor => Enrolment) private _enrolments;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IPolicy policy,
        IFeeShares shares,
        address bondToken
    ) {
        ESCROW = escrow;
        REGISTRY = registry;
        POLICY = policy;
        SHARES = shares;
        BOND_TOKEN = bondToken;
    }

    /* THE POOLS */

    /// @inheritdoc IAuditRegistry
    function enrol() external nonReentrant {
        Enrolment storage enrolment = _enrolments[msg.sender];
        if (enrolment.domains != 0) revert AlreadyEnrolled(msg.sender);
        bool regulator = REGISTRY.holdsRole(msg.sender, IParticipantRegistry.Role.Regulator);
        uint24 domains = REGISTRY.participantOf(msg.sender).domains;
        if (domains == 0 || !(regulator || _isAuditor(msg.sender))) revert NotAccredited(msg.sender, 0);

        uint96 bond = POLICY.stakes().auditor;
        enrolment.bond = bond;
        enrolment.domains = domains;
        enrolment.regulator = regulator;
        for (uint24 rest = domains; rest != 0; rest >>= 8) {
            // slither-disable-next-line unused-return -- it is in no pool, or it would have domains
            _pool(_lowest(rest), regulator).add(msg.sender);
        }
        emit AuditorEnrolled(msg.sender, bond);

        bytes32 hold = _bondHold(msg.sender);
        if (ESCROW.isOpen(address(this), BOND_TOKEN, hold)) ESCROW.fund(hold, BOND_TOKEN, msg.sender, bond);
        else ESCROW.openHold(hold, BOND_TOKEN, msg.sender, bond);
    }

    /// @inheritdoc IAuditRegistry
    function leave() external nonReentrant {
        Enrolment storage enrolment = _enrolments[msg.sender];
        uint96 bond = enrolment.bond;
        if (enrolment.domains == 0) revert NotEnrolled(msg.sender);
        if (enrolment.seats != 0) revert SeatsHeld(msg.sender, enrolment.seats);
        _strike(msg.sender, enrolment);
        emit AuditorLeft(msg.sender, bond);
        ESCROW.release(_bondHold(msg.sender), BOND_TOKEN, msg.sender, bond);
    }

    /// @inheritdoc IAuditRegistry
    function poolSize(uint8 domain, bool regulators) external view returns (uint256) {
        return _pool(domain, regulators).length();
    }

    /// @notice An auditor's standing bond, in base units of `BOND_TOKEN`, and the seats that it holds.
    function enrolmentOf(address auditor) external view returns (Enrolment memory) {
        return _enrolments[auditor];
    }

    /* SEATS AND BONDS */

    function _take(address auditor) internal {
        ++_enrolments[auditor].seats;
    }

    function _free(address auditor) internal {
        --_enrolments[auditor].seats;
    }

    /// @dev Frees an auditor from a seat that it left empty, strikes it from the draw and burns up to `amount` of its bond;
    /// what is left goes back.
    function _forfeit(address auditor, uint96 amount) internal returns (uint96 burnt) {
        Enrolment storage enrolment = _enrolments[auditor];
        uint96 bond = enrolment.bond;
        burnt = amount < bond ? amount : bond;
        _free(auditor);
        _strike(auditor, enrolment);
        if (bond == 0) return 0; // struck for another audit before
        bytes32 hold = _bondHold(auditor);
        ESCROW.burn(hold, BOND_TOKEN, burnt);
        ESCROW.release(hold, BOND_TOKEN, auditor, bond - burnt);
    }

    /// @dev Takes an auditor out of the draw and its bond off the books; its seats in other audits stay.
    function _strike(address auditor, Enrolment storage enrolment) private {
        for (uint24 rest = enrolment.domains; rest != 0; rest >>= 8) {
            // slither-disable-next-line unused-return -- `enrol` put it there
            _pool(_lowest(rest), enrolment.regulator).remove(auditor);
        }
        enrolment.bond = 0;
        enrolment.domains = 0;
    }

    function _bondOf(address auditor) internal view returns (uint96) {
        return _enrolments[auditor].bond;
    }

    /* POOLS */

    function _pool(uint8 domain, bool regulators) internal view returns (EnumerableSet.AddressSet storage) {
        return regulators ? _regulators[domain] : _auditors[domain];
    }

    function _accredited(address account, uint8 domain, bool regulator) internal view returns (bool) {
        return _mayJudge(account, regulator) && REGISTRY.inDomain(account, domain);
    }

    function _mayJudge(address account, bool regulator) private view returns (bool) {
        return REGISTRY.holdsRole(account, _roleOf(regulator));
    }

    /// @dev Whether an account has kept what it was drawn for. A wait that begins anew is of its own making.
    function _keptAccreditation(address account, bool regulator) internal view returns (bool) {
        IParticipantRegistry.Participant memory participant = REGISTRY.participantOf(account);
        return participant.roles >> uint8(_roleOf(regulator)) & 1 != 0
            && block.timestamp < participant.accreditedUntil;
    }

    function _isValidator(address account) internal view returns (bool) {
        return REGISTRY.holdsRole(account, IParticipantRegistry.Role.Validator);
    }

    function _roleOf(bool regulator) private pure returns (IParticipantRegistry.Role) {
        return regulator ? IParticipantRegistry.Role.Regulator : IParticipantRegistry.Role.Auditor;
    }

    function _isAuditor(address account) private view returns (bool) {
        return REGISTRY.holdsRole(account, IParticipantRegistry.Role.Auditor);
    }

    function _bondHold(address auditor) private pure returns (bytes32) {
        return bytes32(uint256(uint160(auditor)));
    }

    function _lowest(uint24 domains) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(domains & 0xff); // masked
    }
}
