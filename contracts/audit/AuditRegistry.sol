// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {IConformity} from "../interfaces/IConformity.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {AuditVerdicts} from "./AuditVerdicts.sol";
import {AuditorPool} from "./AuditorPool.sol";

/// @title AuditRegistry
contract AuditRegistry is AuditVerdicts {
    using FutureBlock for FutureBlock.Draw;

    /// @notice How often the seats of one audit can be drawn.
    uint8 public constant MAX_DRAWS = 3;

    IRandomness private immutable RANDOMNESS;
    IConformity private immutable CONFORMITY;

    /// @inheritdoc IAuditRegistry
    mapping(bytes32 subject => uint256 auditId) public latestAudit;
    /// @inheritdoc IAuditRegistry
    uint256 public auditCount;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IPolicy policy,
        IRandomness randomness,
        IConformity conformity,
        IFeeShares shares,
        address bondToken,
        uint40 epoch_
    ) AuditorPool(escrow, registry, policy, shares, bondToken, epoch_) {
        (RANDOMNESS, CONFORMITY) = (randomness, conformity);
    }

    /* THE COURSE OF AN AUDIT */

    /// @inheritdoc IAuditRegistry
    function request(uint256 dealId, AuditTerms memory terms) external returns (uint256 auditId) {
        if (terms.auditors == 0 || terms.auditors > MAX_AUDITORS || terms.window == 0) {
            revert InvalidTerms(terms.auditors, terms.window);
        }
        if (!ESCROW.isOpen(msg.sender, terms.token, bytes32(dealId))) revert NoDeal(msg.sender, dealId);

        auditId = ++auditCount;
        Audit storage self = _audits[auditId];
        self.terms = terms;
        self.opener = msg.sender;
        self.dealId = SafeCast.toUint40(dealId);
        self.deadline = _now() + terms.window;
        uint256 previous = latestAudit[terms.subject];
        if (previous != 0) self.previous = previous;
        latestAudit[terms.subject] = auditId;
        emit AuditRequested(auditId, msg.sender, dealId, terms);
    }

    /// @inheritdoc IAuditRegistry
    /// @dev Naming a block gives the audit its whole window again, so a draw that was missed takes no time from it.
    function arm(uint256 auditId) external {
        Audit storage self = _drawable(auditId);
        FutureBlock.Arming arming = self.draw.arm(MAX_DRAWS, epoch(), RANDOMNESS);
        // slither-disable-next-line incorrect-equality -- an enum
        if (arming == FutureBlock.Arming.Pending) revert DrawPending(auditId, self.draw.number);
        // slither-disable-next-line incorrect-equality -- an enum
        if (arming == FutureBlock.Arming.Exhausted) revert DrawsExhausted(auditId);
        self.deadline = _now() + self.terms.window;
        emit AuditArmed(auditId, self.draw.number, self.draw.held);
    }

    /// @inheritdoc IAuditRegistry
    function seat(uint256 auditId) external nonReentrant {
        Audit storage self = _drawable(auditId);
        uint256 number = self.draw.number;
        bytes32 seed = self.draw.hold(epoch(), RANDOMNESS);
        // slither-disable-next-line incorrect-equality -- no seed
        if (seed == 0) revert SeedUnavailable(auditId, number);
        AuditTerms memory terms = _termsOf(self);
        if (_fillSeats(auditId, self, terms, seed)) self.deadline = _now() + terms.window;
    }

    /// @inheritdoc IAuditRegistry
    /// @dev An auditor that lost its accreditation, was put into a party's organisation or came to deal with one could
    /// not post: it loses the seat and its place in the draw, but not the bond. So neither an accreditor nor a party
    /// can destroy a bond, and dropping the role oneself costs the accreditation. Changing roles or declaring a tie is
    /// no excuse.
    // slither-disable-next-line reentrancy-no-eth -- guarded; ESCROW and SHARES call nobody back
    function replaceSilent(uint256 auditId) external nonReentrant {
        Audit storage self = _audit(auditId);
        if (_count(self).silent == 0) revert NothingToReplace(auditId);
        _requireOver(auditId, self);
        AuditTerms memory terms = _termsOf(self);
        self.deadline = _now() + terms.window;
        for (uint256 i = 0; i < terms.auditors; ++i) {
            address auditor = self.seats[i].auditor;
            if (auditor == address(0) || self.seats[i].at != 0 || _isWaiting(self, i)) continue;
            bool couldAct = self.opening
                || (_keptAccreditation(auditor, _isRegulatorSeat(terms, i)) && !_wasBarred(terms, auditor));
            delete self.seats[i];
            delete self.seals[i];
            if (couldAct) self.silent.push(auditor);
            emit AuditorReplaced(auditId, auditor, couldAct ? terms.bond : 0);
            _evict(auditor, terms.bond, couldAct);
            _countFee(terms, auditor, IFeeShares.Stage.Cancelled);
        }
    }

    /// @inheritdoc IAuditRegistry
    function advance(uint256 auditId) external returns (bool due, bool moved) {
        if (_takes(this.replaceSilent.selector, auditId)) return (true, true);
        if (_takes(this.startOpening.selector, auditId)) return (true, true);
        if (_takes(this.seat.selector, auditId)) return (true, true);
        // slither-disable-next-line incorrect-equality -- a draw that is held forgets its block
        moved = _audits[auditId].draw.number == 0;
        due = _takes(this.arm.selector, auditId);
        moved = moved && due;
    }

    function _takes(bytes4 step, uint256 auditId) private returns (bool due) {
        // solhint-disable-next-line avoid-low-level-calls
        (due,) = address(this).call(abi.encodeWithSelector(step, auditId));
    }

    /// @inheritdoc IAuditRegistry
    function conclude(uint256 auditId) external returns (Outcome outcome, address[] memory paid) {
        Audit storage self = _audit(auditId);
        if (msg.sender != self.opener) revert NotOpener(msg.sender);
        if (self.outcome != Outcome.Pending) revert TooLate(auditId, self.deadline);
        Count memory count = _count(self);
        outcome = _decision(self, count);
        if (outcome == Outcome.Pending) {
            _requireOver(auditId, self);
            if (count.silent != 0) revert ReplacementDue(auditId);
            if (count.waiting != 0) revert OpeningDue(auditId);
            outcome = Outcome.Unfilled;
        } else if (outcome == Outcome.Approved && !_conforms(self.terms)) {
            _requireOver(auditId, self);
            outcome = _canBeTested(self.terms) ? Outcome.Rejected : Outcome.Unfilled;
            emit TestSetNotPassed(auditId, self.terms.conformitySet, self.terms.subject);
        }
        self.outcome = outcome;
        paid = _close(self, count.approvals + count.rejections);
        emit AuditDecided(auditId, outcome);
    }

    /* VIEWS */

    /// @inheritdoc IAuditRegistry
    function requireIndependent(uint256 auditId, address auditor) external view {
        Audit storage self = _audit(auditId);
        _requireUnrelated(_termsOf(self), auditor);
        _requireNoPart(self, auditor);
    }

    /// @inheritdoc IAuditRegistry
    function audit(uint256 auditId) external view returns (AuditView memory view_) {
        Audit storage self = _audit(auditId);
        uint256 length = self.terms.auditors;
        view_ = AuditView({
            terms: _termsOf(self),
            opener: self.opener,
            dealId: self.dealId,
            previous: self.previous,
            seats: new Verdict[](length),
            seals: new bytes32[](length),
            opening: self.opening,
            silent: self.silent,
            armedBlock: self.draw.number,
            draws: self.draw.held,
            deadline: self.deadline,
            outcome: self.outcome
        });
        for (uint256 i = 0; i < length; ++i) {
            (view_.seats[i], view_.seals[i]) = (self.seats[i], self.seals[i]);
        }
    }

    /// @inheritdoc IAuditRegistry
    function verdict(uint256 auditId, uint256 seatNumber) external view returns (Verdict memory) {
        Audit storage self = _audit(auditId);
        if (seatNumber >= self.terms.auditors) revert UnknownSeat(auditId, seatNumber);
        return self.seats[seatNumber];
    }

    /* INTERNAL */

    /// @dev An audit that is open, within its time, and has a vacant seat.
    function _drawable(uint256 auditId) private view returns (Audit storage self) {
        self = _audit(auditId);
        if (self.opening || self.outcome != Outcome.Pending || _count(self).vacant == 0) {
            revert NothingToDraw(auditId);
        }
        if (block.timestamp >= self.deadline) revert TooLate(auditId, self.deadline);
    }

    /// @dev Whether the model has passed, recently enough, the test that its deal's rules ask for. If Conformity fails
    /// to answer, nothing is known, and the audit goes on without it.
    function _conforms(AuditTerms storage terms) private view returns (bool) {
        uint32 setId = terms.conformitySet;
        if (setId == 0) return true;
        try CONFORMITY.isCurrent(setId, terms.subject, terms.reverifyInterval) returns (bool current) {
            return current;
        } catch {
            return false;
        }
    }

    /// @dev A body that retires its set or loses its accreditation does not reject models by that; nor does a set that
    /// governance has named but that does not exist.
    function _canBeTested(AuditTerms storage terms) private view returns (bool) {
        try CONFORMITY.testSet(terms.conformitySet) returns (IConformity.TestSet memory set) {
            return !set.retired && _holdsRole(set.body, IParticipantRegistry.Role.Regulator);
        } catch {
            return false;
        }
    }

    /// @dev Lists the auditors who posted. Nobody else has a seat by now.
    function _close(Audit storage self, uint256 posted) private returns (address[] memory paid) {
        paid = new address[](posted);
        AuditTerms memory terms = _termsOf(self);
        uint256 found = 0;
        for (uint256 i = 0; i < terms.auditors; ++i) {
            address auditor = self.seats[i].auditor;
            if (auditor == address(0)) continue;
            paid[found++] = auditor;
            _countFee(terms, auditor, IFeeShares.Stage.Paid);
        }
    }
}
