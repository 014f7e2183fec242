// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuditClient, IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {AuditorPool} from "./AuditorPool.sol";

/// @title AuditRegistry
/// @dev Regulators take seat 0 where the terms ask for one, auditors the others. A seat is a vote of the majority whether or
/// not it is filled.
contract AuditRegistry is AuditorPool {
    using EnumerableSet for EnumerableSet.AddressSet;
    using FutureBlock for FutureBlock.Draw;

    struct Audit {
        AuditTerms terms;
        address opener;
        uint40 deadline;
        uint16 posted; // bitmap over seats
        uint16 approvals; // bitmap over seats
        Outcome outcome;
        FutureBlock.Draw draw;
        address[] seats;
    }

    /// @notice Seats of one audit at most.
    uint8 public constant MAX_AUDITORS = 9;

    /// @notice How often an audit can name a block to draw from.
    uint8 public constant MAX_DRAWS = 3;

    /// @notice Candidates looked at per seat and draw.
    uint256 public constant MAX_TRIES = 32;

    /// @notice Seconds for which a verdict counts.
    uint40 public constant VERDICT_LIFE = 365 days;

    IRandomness private immutable RANDOMNESS;

    mapping(uint256 auditId => Audit) private _audits;
    mapping(bytes32 subject => Verdict[]) private _verdicts;

    /// @inheritdoc IAuditRegistry
    uint256 public auditCount;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IPolicy policy,
        IRandomness randomness,
        address bondToken
    ) AuditorPool(escrow, registry, policy, bondToken) {
        RANDOMNESS = randomness;
    }

    /* THE COURSE OF AN AUDIT */

    /// @inheritdoc IAuditRegistry
    function request(AuditTerms calldata terms) external returns (uint256 auditId) {
        if (terms.auditors == 0 || terms.auditors > MAX_AUDITORS || terms.window == 0) {
            revert InvalidTerms(terms.auditors, terms.window);
        }
        if (!ESCROW.isOpen(msg.sender, terms.token, bytes32(terms.dealId))) {
            revert NoDeal(msg.sender, terms.dealId);
        }
        auditId = ++auditCount;
        Audit storage self = _audits[auditId];
        self.terms = terms;
        self.opener = msg.sender;
        self.deadline = uint40(block.timestamp) + terms.window;
        self.seats = new address[](terms.auditors);
        emit AuditRequested(auditId, msg.sender, terms);
    }

    /// @inheritdoc IAuditRegistry
    function arm(uint256 auditId) external {
        Audit storage self = _drawable(auditId);
        FutureBlock.Arming arming = self.draw.arm(MAX_DRAWS, RANDOMNESS);
        if (arming == FutureBlock.Arming.Pending) revert DrawPending(auditId, self.draw.number);
        if (arming == FutureBlock.Arming.Exhausted) revert DrawsExhausted(auditId);
        emit AuditArmed(auditId, self.draw.number, self.draw.attempts);
    }

    /// @inheritdoc IAuditRegistry
    function seat(uint256 auditId) external nonReentrant {
        Audit storage self = _drawable(auditId);
        bytes32 seed = self.draw.seed(RANDOMNESS);
        if (seed == 0) revert SeedUnavailable(auditId, self.draw.number);
        self.draw.clear();
        bool filled = false;
        for (uint256 i = 0; i < self.seats.length; ++i) {
            if (self.seats[i] != address(0)) continue;
            address auditor = _drawFor(auditId, self, i, seed);
            if (auditor == address(0)) continue;
            filled = true;
            self.seats[i] = auditor;
            _take(auditor);
            emit AuditorSeated(auditId, auditor, i, REGISTRY.encryptionKeyOf(auditor));
        }
        if (filled) self.deadline = uint40(block.timestamp) + self.terms.window;
    }

    /// @inheritdoc IAuditRegistry
    function post(uint256 auditId, bool approve, bytes32 report) external {
        Audit storage self = _audit(auditId);
        _requireIndependent(self, msg.sender);
        (bool seated, uint256 index) = _seatOf(self, msg.sender);
        if (!seated) revert NotSeated(auditId, msg.sender);
        if (!_accredited(msg.sender, self.terms.domain, _isRegulatorSeat(self, index))) {
            revert NotAccredited(msg.sender, self.terms.domain);
        }
        if (self.outcome != Outcome.Pending || block.timestamp >= self.deadline) {
            revert TooLate(auditId, self.deadline);
        }
        if (_isSet(self.posted, index)) revert AlreadyPosted(auditId, msg.sender);
        if (report == 0) revert EmptyReport();

        self.posted |= _bit(index);
        if (approve) self.approvals |= _bit(index);
        bytes32 subject = self.terms.subject;
        uint40 expires = uint40(block.timestamp) + VERDICT_LIFE;
        _verdicts[subject].push(
            Verdict({
                auditor: msg.sender,
                at: uint40(block.timestamp),
                expires: expires,
                approved: approve,
                // forge-lint: disable-next-line(unsafe-typecast)
                auditId: uint64(auditId), // a counter: 2^64 is out of reach
                report: report
            })
        );
        emit VerdictPosted(auditId, subject, msg.sender, approve, report, expires);
    }

    /// @inheritdoc IAuditRegistry
    /// @dev Whoever lost its accreditation could not post: it loses the seat and its place in the draw, not the bond. So no
    /// accreditor reaches a bond by revoking, and to drop the role oneself costs the accreditation.
    function replaceSilent(uint256 auditId) external nonReentrant {
        Audit storage self = _audit(auditId);
        if (_decision(self) != Outcome.Pending) revert NothingToReplace(auditId);
        if (block.timestamp < self.deadline) revert TooEarly(auditId, self.deadline);
        if (!_hasSilent(self)) revert NothingToReplace(auditId);
        self.deadline = uint40(block.timestamp) + self.terms.window;
        for (uint256 i = 0; i < self.seats.length; ++i) {
            if (!_isSilent(self, i)) continue;
            address auditor = self.seats[i];
            self.seats[i] = address(0);
            uint96 fine = _mayJudge(auditor, _isRegulatorSeat(self, i)) ? self.terms.bond : 0;
            emit AuditorReplaced(auditId, auditor, _forfeit(auditor, fine));
        }
    }

    /// @inheritdoc IAuditRegistry
    function conclude(uint256 auditId) external returns (Outcome outcome, address[] memory paid) {
        Audit storage self = _audit(auditId);
        if (msg.sender != self.opener) revert NotOpener(msg.sender);
        if (self.outcome != Outcome.Pending) revert TooLate(auditId, self.deadline);
        outcome = _decision(self);
        if (outcome == Outcome.Pending) {
            if (block.timestamp < self.deadline) revert TooEarly(auditId, self.deadline);
            if (_hasSilent(self)) revert ReplacementDue(auditId);
            outcome = Outcome.Unfilled;
        }
        self.outcome = outcome;
        paid = _vacate(self);
        emit AuditDecided(auditId, outcome);
    }

    /* VIEWS */

    /// @inheritdoc IAuditRegistry
    function requireIndependent(uint256 auditId, address auditor) external view {
        _requireIndependent(_audit(auditId), auditor);
    }

    /// @inheritdoc IAuditRegistry
    function audit(uint256 auditId) external view returns (AuditView memory) {
        Audit storage self = _audit(auditId);
        return AuditView({
            terms: self.terms,
            opener: self.opener,
            seats: self.seats,
            posted: self.posted,
            approvals: self.approvals,
            armedBlock: self.draw.number,
            draws: self.draw.attempts,
            deadline: self.deadline,
            outcome: self.outcome
        });
    }

    /// @inheritdoc IAuditRegistry
    function verdictCount(bytes32 subject) external view returns (uint256) {
        return _verdicts[subject].length;
    }

    /// @inheritdoc IAuditRegistry
    function verdict(bytes32 subject, uint256 i) external view returns (Verdict memory) {
        return _verdicts[subject][i];
    }

    /* DRAWING */

    /// @dev An audit that is open, within its time, and has a vacant seat.
    function _drawable(uint256 auditId) private view returns (Audit storage self) {
        self = _audit(auditId);
        (bool vacant,) = _seatOf(self, address(0));
        if (!vacant || _decision(self) != Outcome.Pending) revert NothingToDraw(auditId);
        if (block.timestamp >= self.deadline) revert TooLate(auditId, self.deadline);
    }

    /// @dev The first eligible one of MAX_TRIES random candidates, or 0.
    function _drawFor(uint256 auditId, Audit storage self, uint256 index, bytes32 seed)
        private
        returns (address)
    {
        bool regulator = _isRegulatorSeat(self, index);
        EnumerableSet.AddressSet storage pool = _pool(self.terms.domain, regulator);
        uint256 size = pool.length();
        if (size == 0) return address(0);
        for (uint256 i = 0; i < MAX_TRIES; ++i) {
            uint256 pick = uint256(keccak256(abi.encode(seed, address(this), auditId, index, i))) % size;
            address candidate = pool.at(pick);
            if (_isEligible(auditId, self, candidate, regulator)) return candidate;
        }
        return address(0);
    }

    function _isEligible(uint256 auditId, Audit storage self, address candidate, bool regulator)
        private
        returns (bool)
    {
        (bool seated,) = _seatOf(self, candidate);
        if (seated || _bondOf(candidate) < self.terms.bond) return false;
        if (!_accredited(candidate, self.terms.domain, regulator)) return false;
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(self, candidate);
        if (conflict != IParticipantRegistry.Conflict.None) {
            emit CandidateRefused(auditId, candidate, party, conflict);
            return false;
        }
        return !IAuditClient(self.opener).playsPart(self.terms.dealId, candidate);
    }

    /* INDEPENDENCE */

    function _requireIndependent(Audit storage self, address auditor) private view {
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(self, auditor);
        if (conflict != IParticipantRegistry.Conflict.None) {
            revert ConflictOfInterest(auditor, party, conflict);
        }
        if (IAuditClient(self.opener).playsPart(self.terms.dealId, auditor)) {
            revert RoleInDeal(auditor, self.terms.dealId);
        }
    }

    function _conflictOf(Audit storage self, address auditor)
        private
        view
        returns (address party, IParticipantRegistry.Conflict conflict)
    {
        party = self.terms.developer;
        conflict = REGISTRY.conflictOf(auditor, party, self.terms.coolingOff);
        if (conflict != IParticipantRegistry.Conflict.None) return (party, conflict);
        party = self.terms.customer;
        conflict = REGISTRY.conflictOf(auditor, party, self.terms.coolingOff);
    }

    /* VERDICTS */

    /// @dev Approved or Rejected as soon as the vacant and silent seats can no longer change it; a tie rejects.
    function _decision(Audit storage self) private view returns (Outcome) {
        if (self.outcome != Outcome.Pending) return self.outcome;
        uint256 approvals = _count(self.approvals);
        uint256 rejections = _count(self.posted) - approvals;
        uint256 seats = self.terms.auditors;
        if (2 * approvals > seats) return Outcome.Approved;
        return 2 * rejections >= seats ? Outcome.Rejected : Outcome.Pending;
    }

    /// @dev Frees the auditors and lists those who posted.
    function _vacate(Audit storage self) private returns (address[] memory paid) {
        paid = new address[](_count(self.posted));
        uint256 found = 0;
        for (uint256 i = 0; i < self.seats.length; ++i) {
            address auditor = self.seats[i];
            if (auditor == address(0)) continue;
            _free(auditor);
            if (_isSet(self.posted, i)) paid[found++] = auditor;
        }
    }

    /* SEATS */

    function _audit(uint256 auditId) private view returns (Audit storage self) {
        self = _audits[auditId];
        if (self.opener == address(0)) revert UnknownAudit(auditId);
    }

    function _seatOf(Audit storage self, address account) private view returns (bool found, uint256 index) {
        uint256 length = self.seats.length;
        for (; index < length; ++index) {
            if (self.seats[index] == account) return (true, index);
        }
    }

    function _hasSilent(Audit storage self) private view returns (bool) {
        for (uint256 i = 0; i < self.seats.length; ++i) {
            if (_isSilent(self, i)) return true;
        }
        return false;
    }

    function _isSilent(Audit storage self, uint256 index) private view returns (bool) {
        return self.seats[index] != address(0) && !_isSet(self.posted, index);
    }

    function _isRegulatorSeat(Audit storage self, uint256 index) private view returns (bool) {
        return index == 0 && self.terms.regulator;
    }

    function _isSet(uint16 bitmap, uint256 index) private pure returns (bool) {
        return bitmap & _bit(index) != 0;
    }

    function _bit(uint256 index) private pure returns (uint16) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint16(uint256(1) << index); // MAX_AUDITORS is less than 16
    }

    function _count(uint16 bitmap) private pure returns (uint256 ones) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++ones;
        }
    }
}
