// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Epochs} from "../kernel/Epochs.sol";
import {Pool} from "../kernel/Pool.sol";

/// @title The auditors and regulators who can be drawn, by domain, and their bonds.
/// @dev A bond is this contract's hold `bytes32(uint160(auditor))`. Each seat locks its own part of it.
abstract contract AuditorPool is IAuditRegistry, Epochs, ReentrancyGuardTransient {
    using Pool for Pool.Members;

    IEscrow internal immutable ESCROW;
    IParticipantRegistry internal immutable REGISTRY;
    IPolicy private immutable POLICY;
    IFeeShares internal immutable SHARES;

    /// @notice The token of auditors' bonds.
    address public immutable BOND_TOKEN;

    mapping(uint8 domain => Pool.Members) private _auditors;
    mapping(uint8 domain => Pool.Members) private _regulators;
    mapping(address auditor => Enrolment) private _enrolments;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IPolicy policy,
        IFeeShares shares,
        address bondToken,
        uint40 epoch_
    ) Epochs(epoch_) {
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
        bool regulator = _mayJudge(msg.sender, true);
        uint24 domains = _participant(msg.sender).domains;
        // slither-disable-next-line incorrect-equality -- a bitmap, no amount
        if (domains == 0 || !(regulator || _mayJudge(msg.sender, false))) {
            revert NotAccredited(msg.sender, 0);
        }

        uint96 bond = POLICY.stakes().auditor;
        enrolment.bond += bond;
        enrolment.domains = domains;
        enrolment.regulator = regulator;
        for (uint24 rest = domains; rest != 0; rest >>= 8) {
            // slither-disable-next-line unused-return -- it is in no pool, or it would have domains
            _pool(_lowest(rest), regulator).add(msg.sender, epoch());
        }
        emit AuditorEnrolled(msg.sender, bond);
        _collect(bond);
    }

    /// @inheritdoc IAuditRegistry
    function addBond(uint96 amount) external nonReentrant {
        Enrolment storage enrolment = _enrolments[msg.sender];
        if (enrolment.domains == 0) revert NotEnrolled(msg.sender);
        uint96 bond = enrolment.bond += amount;
        emit BondAdded(msg.sender, amount, bond);
        _collect(amount);
    }

    /// @inheritdoc IAuditRegistry
    function leave() external nonReentrant {
        Enrolment storage enrolment = _enrolments[msg.sender];
        uint96 bond = enrolment.bond;
        if (enrolment.domains == 0 && bond == 0) revert NotEnrolled(msg.sender);
        if (enrolment.seats != 0) revert SeatsHeld(msg.sender, enrolment.seats);
        _strike(msg.sender, enrolment);
        enrolment.bond = 0;
        emit AuditorLeft(msg.sender, bond);
        _release(msg.sender, bond);
    }

    /// @inheritdoc IAuditRegistry
    function poolSize(uint8 domain, bool regulators) external view returns (uint256) {
        return _pool(domain, regulators).size();
    }

    /// @inheritdoc IAuditRegistry
    function enrolmentOf(address auditor) external view returns (Enrolment memory) {
        return _enrolments[auditor];
    }

    /* SEATS AND BONDS */

    /// @dev Whether an account that came out of a draw is still enrolled for it, with enough bond for one more seat.
    function _canTakeSeat(address account, uint8 domain, bool regulator, uint96 bond)
        internal
        view
        returns (bool)
    {
        Enrolment storage enrolment = _enrolments[account];
        if (enrolment.regulator != regulator || enrolment.bond - enrolment.locked < bond) return false;
        for (uint24 rest = enrolment.domains; rest != 0; rest >>= 8) {
            // slither-disable-next-line incorrect-equality -- a domain, which shares a slot with amounts
            if (_lowest(rest) == domain) return true;
        }
        return false;
    }

    function _lock(address auditor, uint96 bond) internal {
        Enrolment storage enrolment = _enrolments[auditor];
        enrolment.locked += bond;
        ++enrolment.seats;
    }

    function _unlock(address auditor, uint96 bond) internal {
        Enrolment storage enrolment = _enrolments[auditor];
        enrolment.locked -= bond;
        --enrolment.seats;
    }

    /// @dev Takes an auditor from a seat that it left empty and strikes it from the draw. The seat's bond is burnt, or
    /// returned with all bond that backs no other seat; the rest stays until `leave`.
    function _evict(address auditor, uint96 bond, bool burns) internal {
        Enrolment storage enrolment = _enrolments[auditor];
        _unlock(auditor, bond);
        _strike(auditor, enrolment);
        uint96 burnt = burns ? bond : 0;
        uint96 returned = enrolment.bond - enrolment.locked - burnt;
        enrolment.bond = enrolment.locked;
        if (burnt != 0) ESCROW.burn(_bondHold(auditor), BOND_TOKEN, burnt);
        if (returned != 0) _release(auditor, returned);
    }

    /// @dev Takes an auditor out of the draw; its seats and the bond behind them stay.
    function _strike(address auditor, Enrolment storage enrolment) private {
        for (uint24 rest = enrolment.domains; rest != 0; rest >>= 8) {
            // slither-disable-next-line unused-return -- `enrol` put it there
            _pool(_lowest(rest), enrolment.regulator).remove(auditor, epoch());
        }
        enrolment.domains = 0;
    }

    /// @dev Takes a bond from the caller's escrow balance.
    function _collect(uint96 amount) private {
        bytes32 hold = _bondHold(msg.sender);
        if (ESCROW.isOpen(address(this), BOND_TOKEN, hold)) {
            ESCROW.fund(hold, BOND_TOKEN, msg.sender, amount);
        } else {
            ESCROW.openHold(hold, BOND_TOKEN, msg.sender, amount);
        }
    }

    function _release(address auditor, uint96 amount) private {
        ESCROW.release(_bondHold(auditor), BOND_TOKEN, auditor, amount);
    }

    /* POOLS */

    function _pool(uint8 domain, bool regulators) internal view returns (Pool.Members storage) {
        return regulators ? _regulators[domain] : _auditors[domain];
    }

    function _accredited(address account, uint8 domain, bool regulator) internal view returns (bool) {
        return _mayJudge(account, regulator) && REGISTRY.inDomain(account, domain);
    }

    function _mayJudge(address account, bool regulator) private view returns (bool) {
        return _holdsRole(account, _roleOf(regulator));
    }

    /// @dev Whether an account still has what it was drawn for. Only its own doing can make its wait start again.
    function _keptAccreditation(address account, bool regulator) internal view returns (bool) {
        IParticipantRegistry.Participant memory participant = _participant(account);
        return participant.roles >> uint8(_roleOf(regulator)) & 1 != 0
            && block.timestamp < participant.accreditedUntil;
    }

    function _participant(address account) private view returns (IParticipantRegistry.Participant memory) {
        return REGISTRY.participantOf(account);
    }

    function _holdsRole(address account, IParticipantRegistry.Role role) internal view returns (bool) {
        return REGISTRY.holdsRole(account, role);
    }

    function _roleOf(bool regulator) private pure returns (IParticipantRegistry.Role) {
        return regulator ? IParticipantRegistry.Role.Regulator : IParticipantRegistry.Role.Auditor;
    }

    function _bondHold(address auditor) private pure returns (bytes32) {
        return bytes32(uint256(uint160(auditor)));
    }

    function _lowest(uint24 domains) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(domains & 0xff); // masked
    }
}
