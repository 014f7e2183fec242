// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputableMarket} from "../interfaces/IDisputableMarket.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {Epochs} from "../kernel/Epochs.sol";
import {Pool} from "../kernel/Pool.sol";

/// @title The pool of those who can be drawn as jurors, and who of them may judge a deal.
abstract contract Jurors is ICourt, Epochs, ReentrancyGuardTransient {
    using Pool for Pool.Members;

    uint8 private constant VALIDATOR = uint8(1) << uint8(IParticipantRegistry.Role.Validator);
    uint8 private constant ACCREDITED = (uint8(1) << uint8(IParticipantRegistry.Role.Auditor))
        | (uint8(1) << uint8(IParticipantRegistry.Role.Regulator));

    /// @notice Seconds that an enrolment must be older than a deal, to judge it.
    uint40 public immutable ENROLMENT_WAIT;

    IParticipantRegistry private immutable REGISTRY;
    IAuditRegistry private immutable AUDITS;

    Pool.Members internal _pool;
    /// @inheritdoc ICourt
    mapping(address account => uint40) public enrolledAt;

    constructor(IParticipantRegistry registry, IAuditRegistry audits, uint40 enrolmentWait, uint40 epoch_)
        Epochs(epoch_)
    {
        REGISTRY = registry;
        AUDITS = audits;
        ENROLMENT_WAIT = enrolmentWait;
    }

    /* THE POOL */

    /// @inheritdoc ICourt
    function enrol() external {
        if (!_mayBeJuror(msg.sender, block.timestamp)) revert NotAccredited(msg.sender);
        if (!_pool.add(msg.sender, epoch())) revert AlreadyEnrolled(msg.sender);
        // forge-lint: disable-next-line(unsafe-typecast)
        enrolledAt[msg.sender] = uint40(block.timestamp); // Unix time fits for 34,000 years
        emit JurorEnrolled(msg.sender);
    }

    /// @inheritdoc ICourt
    function leave() external {
        _remove(msg.sender);
    }

    /// @inheritdoc ICourt
    function prune(address account) external {
        if (_mayBeJuror(account, type(uint40).max)) revert StillAccredited(account);
        _remove(account);
    }

    /// @inheritdoc ICourt
    function poolSize() public view returns (uint256) {
        return _pool.size();
    }

    function _remove(address account) private {
        if (!_pool.remove(account, epoch())) revert NotEnrolled(account);
        delete enrolledAt[account];
        emit JurorLeft(account);
    }

    /* WHO MAY JUDGE */

    /// @dev What can change while a dispute runs, and so is checked at the draw and again when a juror accepts: it is
    /// in the pool and trusted since before the deal, is no party, and has no tie to one.
    function _mayJudge(address account, IDisputableMarket.DealView memory terms)
        internal
        view
        returns (bool)
    {
        uint40 since = enrolledAt[account];
        // slither-disable-next-line incorrect-equality -- not in the pool
        if (since == 0 || since + ENROLMENT_WAIT > terms.openedAt) return false;
        if (!_mayBeJuror(account, terms.openedAt)) return false;
        return !_isTied(account, terms.customer, terms.coolingOff)
            && !_isTied(account, terms.developer, terms.coolingOff);
    }

    /// @dev Whether the account audited the deal, or lost a seat in that audit by silence.
    function _auditorsOf(uint256 auditId) internal view returns (address[] memory auditors) {
        if (auditId == 0) return auditors;
        IAuditRegistry.AuditView memory audit = AUDITS.audit(auditId);
        uint256 seats = audit.seats.length;
        auditors = new address[](seats + audit.silent.length);
        for (uint256 i = 0; i < auditors.length; ++i) {
            auditors[i] = i < seats ? audit.seats[i].auditor : audit.silent[i - seats];
        }
    }

    /// @dev Whether the account is an accredited auditor or regulator, trusted since then, and no validator. Panels
    /// are dissolved when a deal is disputed and no longer name their members. But dropping the role Validator starts
    /// the wait again, so an account that is trusted since before the deal has sat on no panel of it.
    function _mayBeJuror(address account, uint256 since) private view returns (bool) {
        IParticipantRegistry.Participant memory participant = REGISTRY.participantOf(account);
        // slither-disable-next-line incorrect-equality -- bitmaps
        if (participant.roles & VALIDATOR != 0 || participant.roles & ACCREDITED == 0) return false;
        return participant.trustedFrom <= since && block.timestamp < participant.accreditedUntil;
    }

    function _isTied(address account, address party, uint40 coolingOff) private view returns (bool) {
        return REGISTRY.conflictOf(account, party, coolingOff) != IParticipantRegistry.Conflict.None;
    }
}
