// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
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
/// not it is filled. A seat's slot takes its auditor's verdict, so that posting writes one slot and nothing can overwrite it.
contract AuditRegistry is AuditorPool {
    using EnumerableSet for EnumerableSet.AddressSet;
    using FutureBlock for FutureBlock.Draw;

    /// @notice Seats of one audit at most.
    uint8 public constant MAX_AUDITORS = 9;

    struct Audit {
        AuditTerms terms; // three slots
        // one slot
        address opener;
        uint48 dealId; // the opener's
        uint40 deadline; // of the present phase
        Outcome outcome;
        FutureBlock.Draw draw;
        uint256 previous; // audit of the same subject; written only where there is one
        Verdict[MAX_AUDITORS] seats;
    }

    /// @dev What one pass over the seats finds.
    struct Count {
        uint256 approvals;
        uint256 rejections;
        uint256 vacant;
        uint256 silent; // filled, and no verdict yet
    }

    /// @notice How often an audit can name a block to draw from.
    uint8 public constant MAX_DRAWS = 3;

    /// @notice Candidates looked at per seat and draw.
    uint256 public constant MAX_TRIES = 32;

    /// @notice Seconds for which a verdict counts.
    uint40 public constant VERDICT_LIFE = 365 days;

    IRandomness private immutable RANDOMNESS;

    mapping(uint256 auditId => Audit) private _audits;

    /// @inheritdoc IAuditRegistry
    mapping(bytes32 subject => uint256 auditId) public latestAudit;
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
    function request(uint256 dealId, address token, AuditTerms calldata terms)
        external
        returns (uint256 auditId)
    {
        if (terms.auditors == 0 || terms.auditors > MAX_AUDITORS || terms.window == 0) {
            revert InvalidTerms(terms.auditors, terms.window);
        }
        if (!ESCROW.isOpen(msg.sender, token, bytes32(dealId))) revert NoDeal(msg.sender, dealId);

        auditId = ++auditCount;
        Audit storage self = _audits[auditId];
        self.terms = terms;
        self.opener = msg.sender;
        self.dealId = SafeCast.toUint48(dealId);
        self.deadline = _now() + terms.window;
        uint256 previous = latestAudit[terms.subject];
        if (previous != 0) self.previous = previous;
        latestAudit[terms.subject] = auditId;
        emit AuditRequested(auditId, msg.sender, dealId, terms);
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
        AuditTerms memory terms = self.terms;
        bool filled = false;
        for (uint256 i = 0; i < terms.auditors; ++i) {
            if (self.seats[i].auditor != address(0)) continue;
            address auditor = _drawFor(auditId, self, terms, i, seed);
            if (auditor == address(0)) continue;
            filled = true;
            self.seats[i].auditor = auditor;
            _take(auditor);
            emit AuditorSeated(auditId, auditor, i, REGISTRY.encryptionKeyOf(auditor));
        }
        if (filled) self.deadline = _now() + terms.window;
    }

    /// @inheritdoc IAuditRegistry
    /// @dev Whoever was drawn had no part in the deal then, and parts are fixed while an audit is open (`IAuditClient`); all
    /// that can have come up since is asked for again.
    function post(uint256 auditId, uint256 seatNumber, bool approve, bytes32 report) external {
        Audit storage self = _audit(auditId);
        AuditTerms memory terms = self.terms;
        _requireUnrelated(terms, msg.sender);
        if (seatNumber >= terms.auditors || self.seats[seatNumber].auditor != msg.sender) {
            _requireNoPart(self, msg.sender);
            revert NotSeated(auditId, msg.sender);
        }
        if (!_accredited(msg.sender, terms.domain, _isRegulatorSeat(terms, seatNumber))) {
            revert NotAccredited(msg.sender, terms.domain);
        }
        if (self.outcome != Outcome.Pending || block.timestamp >= self.deadline) {
            revert TooLate(auditId, self.deadline);
        }
        if (self.seats[seatNumber].at != 0) revert AlreadyPosted(auditId, msg.sender);
        if (report == 0) revert EmptyReport();

        uint40 expires = _now() + VERDICT_LIFE;
        self.seats[seatNumber] =
            Verdict({auditor: msg.sender, at: _now(), expires: expires, approved: approve});
        emit VerdictPosted(auditId, terms.subject, msg.sender, approve, report, expires);
    }

    /// @inheritdoc IAuditRegistry
    /// @dev Whoever lost its accreditation could not post: it loses the seat and its place in the draw, not the bond. So no
    /// accreditor reaches a bond by revoking, and to drop the role oneself costs the accreditation.
    function replaceSilent(uint256 auditId) external nonReentrant {
        Audit storage self = _audit(auditId);
        Count memory count = _count(self);
        if (_decision(self, count) != Outcome.Pending) revert NothingToReplace(auditId);
        if (block.timestamp < self.deadline) revert TooEarly(auditId, self.deadline);
        if (count.silent == 0) revert NothingToReplace(auditId);
        AuditTerms memory terms = self.terms;
        self.deadline = _now() + terms.window;
        for (uint256 i = 0; i < terms.auditors; ++i) {
            address auditor = self.seats[i].auditor;
            if (auditor == address(0) || self.seats[i].at != 0) continue;
            delete self.seats[i];
            uint96 fine = _mayJudge(auditor, _isRegulatorSeat(terms, i)) ? terms.bond : 0;
            emit AuditorReplaced(auditId, auditor, _forfeit(auditor, fine));
        }
    }

    /// @inheritdoc IAuditRegistry
    function conclude(uint256 auditId) external returns (Outcome outcome, address[] memory paid) {
        Audit storage self = _audit(auditId);
        if (msg.sender != self.opener) revert NotOpener(msg.sender);
        if (self.outcome != Outcome.Pending) revert TooLate(auditId, self.deadline);
        Count memory count = _count(self);
        outcome = _decision(self, count);
        if (outcome == Outcome.Pending) {
            if (block.timestamp < self.deadline) revert TooEarly(auditId, self.deadline);
            if (count.silent != 0) revert ReplacementDue(auditId);
            outcome = Outcome.Unfilled;
        }
        self.outcome = outcome;
        paid = _vacate(self, count.approvals + count.rejections);
        emit AuditDecided(auditId, outcome);
    }

    /* VIEWS */

    /// @inheritdoc IAuditRegistry
    function requireIndependent(uint256 auditId, address auditor) external view {
        Audit storage self = _audit(auditId);
        _requireUnrelated(self.terms, auditor);
        _requireNoPart(self, auditor);
    }

    /// @inheritdoc IAuditRegistry
    function audit(uint256 auditId) external view returns (AuditView memory view_) {
        Audit storage self = _audit(auditId);
        uint256 length = self.terms.auditors;
        view_ = AuditView({
            terms: self.terms,
            opener: self.opener,
            dealId: self.dealId,
            previous: self.previous,
            seats: new Verdict[](length),
            armedBlock: self.draw.number,
            draws: self.draw.attempts,
            deadline: self.deadline,
            outcome: self.outcome
        });
        for (uint256 i = 0; i < length; ++i) {
            view_.seats[i] = self.seats[i];
        }
    }

    /// @inheritdoc IAuditRegistry
    function verdict(uint256 auditId, uint256 seatNumber) external view returns (Verdict memory) {
        Audit storage self = _audit(auditId);
        if (seatNumber >= self.terms.auditors) revert UnknownSeat(auditId, seatNumber);
        return self.seats[seatNumber];
    }

    /* DRAWING */

    /// @dev An audit that is open, within its time, and has a vacant seat.
    function _drawable(uint256 auditId) private view returns (Audit storage self) {
        self = _audit(auditId);
        Count memory count = _count(self);
        if (count.vacant == 0 || _decision(self, count) != Outcome.Pending) revert NothingToDraw(auditId);
        if (block.timestamp >= self.deadline) revert TooLate(auditId, self.deadline);
    }

    /// @dev The first eligible one of MAX_TRIES random candidates, or 0.
    function _drawFor(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        uint256 index,
        bytes32 seed
    ) private returns (address) {
        bool regulator = _isRegulatorSeat(terms, index);
        EnumerableSet.AddressSet storage pool = _pool(terms.domain, regulator);
        uint256 size = pool.length();
        if (size == 0) return address(0);
        for (uint256 i = 0; i < MAX_TRIES; ++i) {
            uint256 pick = uint256(keccak256(abi.encode(seed, address(this), auditId, index, i))) % size;
            address candidate = pool.at(pick);
            if (_isEligible(auditId, self, terms, candidate, regulator)) return candidate;
        }
        return address(0);
    }

    function _isEligible(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        address candidate,
        bool regulator
    ) private returns (bool) {
        if (_isSeated(self, terms.auditors, candidate) || _bondOf(candidate) < terms.bond) {
            return false;
        }
        if (!_accredited(candidate, terms.domain, regulator)) return false;
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(terms, candidate);
        if (conflict != IParticipantRegistry.Conflict.None) {
            emit CandidateRefused(auditId, candidate, party, conflict);
            return false;
        }
        return !_playsPart(self, candidate);
    }

    /* INDEPENDENCE */

    function _requireUnrelated(AuditTerms memory terms, address auditor) private view {
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(terms, auditor);
        if (conflict != IParticipantRegistry.Conflict.None) {
            revert ConflictOfInterest(auditor, party, conflict);
        }
    }

    function _requireNoPart(Audit storage self, address auditor) private view {
        if (_playsPart(self, auditor)) revert RoleInDeal(auditor, self.dealId);
    }

    function _playsPart(Audit storage self, address account) private view returns (bool) {
        return IAuditClient(self.opener).playsPart(self.dealId, account);
    }

    function _conflictOf(AuditTerms memory terms, address auditor)
        private
        view
        returns (address party, IParticipantRegistry.Conflict conflict)
    {
        party = terms.developer;
        conflict = REGISTRY.conflictOf(auditor, party, terms.coolingOff);
        if (conflict != IParticipantRegistry.Conflict.None) return (party, conflict);
        party = terms.customer;
        conflict = REGISTRY.conflictOf(auditor, party, terms.coolingOff);
    }

    /* SEATS AND VERDICTS */

    function _audit(uint256 auditId) private view returns (Audit storage self) {
        self = _audits[auditId];
        if (self.opener == address(0)) revert UnknownAudit(auditId);
    }

    function _count(Audit storage self) private view returns (Count memory count) {
        uint256 length = self.terms.auditors;
        for (uint256 i = 0; i < length; ++i) {
            Verdict memory place = self.seats[i];
            if (place.auditor == address(0)) ++count.vacant;
            else if (place.at == 0) ++count.silent;
            else if (place.approved) ++count.approvals;
            else ++count.rejections;
        }
    }

    /// @dev Approved or Rejected as soon as the vacant and silent seats can no longer change it; a tie rejects.
    function _decision(Audit storage self, Count memory count) private view returns (Outcome) {
        if (self.outcome != Outcome.Pending) return self.outcome;
        uint256 seats = self.terms.auditors;
        if (2 * count.approvals > seats) return Outcome.Approved;
        return 2 * count.rejections >= seats ? Outcome.Rejected : Outcome.Pending;
    }

    /// @dev Frees the auditors and lists those who posted.
    function _vacate(Audit storage self, uint256 posted) private returns (address[] memory paid) {
        paid = new address[](posted);
        uint256 length = self.terms.auditors;
        uint256 found = 0;
        for (uint256 i = 0; i < length; ++i) {
            Verdict memory place = self.seats[i];
            if (place.auditor == address(0)) continue;
            if (place.at != 0) paid[found++] = place.auditor;
            _free(place.auditor);
        }
    }

    function _isSeated(Audit storage self, uint256 length, address account) private view returns (bool) {
        for (uint256 i = 0; i < length; ++i) {
            if (self.seats[i].auditor == account) return true;
        }
        return false;
    }

    function _isRegulatorSeat(AuditTerms memory terms, uint256 index) private pure returns (bool) {
        return index == 0 && terms.regulator;
    }

    function _now() private view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp); // fits for 34,000 years
    }
}
