// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Pool} from "../kernel/Pool.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {AuditorPool} from "./AuditorPool.sol";

/// @title The seats of audits: who may take one, and who is drawn.
/// @dev Regulators take seat 0 where the terms ask for one, auditors the others. A seat is a vote of the majority
/// whether or not it is filled. A seat's slot takes its auditor's verdict, so that nothing can overwrite it.
/// An audit has no state of `kernel/Deals`. What is due follows from its seats (vacant, silent, sealed, posted) and
/// from whether verdicts are opened, so a state beside them could only contradict them. Its end is `AuditDecided`.
abstract contract AuditSeats is AuditorPool {
    using Pool for Pool.Members;

    /// @notice Seats of one audit at most.
    uint8 public constant MAX_AUDITORS = 9;

    struct Audit {
        AuditTerms terms; // five slots
        // one slot
        address opener;
        uint40 dealId; // the opener's
        uint40 deadline; // of the present phase
        Outcome outcome;
        bool opening; // sealed verdicts are opened; nobody is drawn any more
        FutureBlock.Draw draw;
        uint256 previous; // audit of the same subject; written only where there is one
        Verdict[MAX_AUDITORS] seats;
        bytes32[MAX_AUDITORS] seals; // of verdicts that are not posted yet
        address[] silent; // who could have posted, and lost a seat; at most MAX_AUDITORS a draw
    }

    mapping(uint256 auditId => Audit) internal _audits;

    /* SEATS */

    function _audit(uint256 auditId) internal view returns (Audit storage self) {
        self = _audits[auditId];
        if (self.opener == address(0)) revert UnknownAudit(auditId);
    }

    /// @dev Apart from those who read them, because reading them into memory takes much code.
    function _termsOf(Audit storage self) internal view returns (AuditTerms memory) {
        return self.terms;
    }

    function _isRegulatorSeat(AuditTerms memory terms, uint256 index) internal pure returns (bool) {
        return index == 0 && terms.regulator;
    }

    /* DRAWING */

    /// @dev Fills as many of the vacant seats as can be filled. The regulator's seat and the others are drawn from two
    /// pools.
    // slither-disable-next-line reentrancy-no-eth -- guarded; SHARES calls nobody back
    function _fillSeats(uint256 auditId, Audit storage self, AuditTerms memory terms, bytes32 seed)
        internal
        returns (bool filled)
    {
        uint256 regulators = terms.regulator ? 1 : 0;
        bool heard = _fillFrom(auditId, self, terms, true, 0, regulators, seed);
        filled = _fillFrom(auditId, self, terms, false, regulators, terms.auditors, seed) || heard;
    }

    /// @dev Gives the vacant seats from `start` until `end` to the first eligible candidates of one sequence.
    function _fillFrom(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        bool regulator,
        uint256 start,
        uint256 end,
        bytes32 seed
    ) private returns (bool filled) {
        if (start == end) return false;
        Pool.Members storage pool = _pool(terms.domain, regulator);
        bytes32 own = keccak256(abi.encode(seed, address(this), auditId, regulator));
        Pool.Draw memory draw = pool.begin(self.draw.epoch, end - start, own);
        for (uint256 i = start; i < end; ++i) {
            if (self.seats[i].auditor != address(0)) continue;
            address auditor = _nextEligible(auditId, self, terms, regulator, pool, draw);
            if (auditor == address(0)) return filled;
            filled = true;
            _fill(auditId, self, terms, i, auditor);
        }
    }

    /// @dev The next candidate of the sequence who may take a seat, or 0 when it is over.
    function _nextEligible(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        bool regulator,
        Pool.Members storage pool,
        Pool.Draw memory draw
    ) private returns (address candidate) {
        do {
            candidate = pool.next(draw);
        } while (candidate != address(0) && !_isEligible(auditId, self, terms, candidate, regulator));
    }

    function _isEligible(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        address candidate,
        bool regulator
    ) private returns (bool) {
        if (!_canTakeSeat(candidate, terms.domain, regulator, terms.bond)) return false;
        if (_isSeated(self, terms.auditors, candidate)) return false;
        if (!_accredited(candidate, terms.domain, regulator)) return false;
        if (_holdsRole(candidate, IParticipantRegistry.Role.Validator)) return false;
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(terms, candidate);
        if (conflict != IParticipantRegistry.Conflict.None) {
            emit CandidateRefused(auditId, candidate, party, conflict);
            return false;
        }
        if (_playsPart(self, candidate)) return false;
        IPolicy.ShareCap memory rule =
            IPolicy.ShareCap(terms.sharePpm, terms.sharePeriod, terms.shareMinVolume);
        (address payer, uint256 fromParty, uint256 total) =
            SHARES.overShare(candidate, _parties(terms), terms.token, terms.fee, rule);
        if (payer == address(0)) return true;
        emit CandidateOverShare(auditId, candidate, payer, fromParty, total);
        return false;
    }

    /// @dev Seats a drawn auditor: from now on it is at work for its fee. A caller cannot keep the fee from being
    /// counted by giving too little gas: the steps after it cost more than the 64th of the gas that would be left
    /// over.
    function _fill(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        uint256 index,
        address auditor
    ) private {
        self.seats[index].auditor = auditor;
        _lock(auditor, terms.bond);
        emit AuditorSeated(auditId, auditor, index, REGISTRY.encryptionKeyOf(auditor));
        _countFee(terms, auditor, IFeeShares.Stage.Agreed);
    }

    /// @dev If this registry is no longer a module of FeeShares, the audit goes on and its fees are not counted.
    function _countFee(AuditTerms memory terms, address auditor, IFeeShares.Stage stage) internal {
        // solhint-disable-next-line no-empty-blocks
        try SHARES.count(stage, auditor, _parties(terms), terms.token, terms.fee) {} catch {}
    }

    function _parties(AuditTerms memory terms) private pure returns (address[] memory parties) {
        parties = new address[](2);
        (parties[0], parties[1]) = (terms.developer, terms.customer);
    }

    function _isSeated(Audit storage self, uint256 length, address account) private view returns (bool) {
        for (uint256 i = 0; i < length; ++i) {
            if (self.seats[i].auditor == account) return true;
        }
        return false;
    }

    /* INDEPENDENCE */

    function _requireUnrelated(AuditTerms memory terms, address auditor) internal view {
        (address party, IParticipantRegistry.Conflict conflict) = _conflictOf(terms, auditor);
        if (conflict != IParticipantRegistry.Conflict.None) {
            revert ConflictOfInterest(auditor, party, conflict);
        }
    }

    /// @dev Whether others have brought something about since the draw that bars the auditor.
    function _wasBarred(AuditTerms memory terms, address auditor) internal view returns (bool) {
        (, IParticipantRegistry.Conflict conflict) = _conflictOf(terms, auditor);
        // slither-disable-next-line incorrect-equality -- a kind of conflict, not a time or balance
        return conflict == IParticipantRegistry.Conflict.Dealing
            || conflict == IParticipantRegistry.Conflict.SameOrganisation;
    }

    function _requireNoPart(Audit storage self, address auditor) internal view {
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
        address[] memory parties = _parties(terms);
        // slither-disable-next-line incorrect-equality -- an enum
        for (uint256 i = 0; i < parties.length && conflict == IParticipantRegistry.Conflict.None; ++i) {
            party = parties[i];
            conflict = REGISTRY.conflictOf(auditor, party, terms.coolingOff);
        }
    }
}
