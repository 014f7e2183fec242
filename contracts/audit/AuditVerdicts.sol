// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {AuditSeats} from "./AuditSeats.sol";

/// @title The verdicts of audits: sealed until all are in, then opened and counted.
/// @dev An audit of one seat has nobody to follow, so its verdict is posted at once.
abstract contract AuditVerdicts is AuditSeats {
    /// @notice Seconds for which a verdict counts.
    uint40 public constant VERDICT_LIFE = 365 days;

    /// @dev What one pass over the seats finds.
    struct Count {
        uint256 approvals;
        uint256 rejections;
        uint256 vacant;
        uint256 waiting; // sealed, and cannot be opened yet
        uint256 silent; // filled, and the audit waits for it
    }

    /* SEALING */

    /// @inheritdoc IAuditRegistry
    function sealVerdict(uint256 auditId, uint256 seatNumber, bytes32 sealedVerdict, bytes32 copy) external {
        Audit storage self = _audit(auditId);
        AuditTerms memory terms = _termsOf(self);
        _requireMayJudge(auditId, self, terms, seatNumber);
        if (terms.auditors == 1) revert OnlySeat(auditId);
        if (self.opening || self.seals[seatNumber] != 0) revert AlreadySealed(auditId, msg.sender);
        if (sealedVerdict == 0) revert EmptySeal();

        self.seals[seatNumber] = sealedVerdict;
        emit VerdictSealed(auditId, msg.sender, sealedVerdict, copy);
        if (_count(self).waiting == terms.auditors) _open(auditId, self, terms.window);
    }

    /// @inheritdoc IAuditRegistry
    function startOpening(uint256 auditId) external {
        Audit storage self = _audit(auditId);
        Count memory count = _count(self);
        if (count.waiting == 0) revert NothingToOpen(auditId);
        _requireOver(auditId, self);
        if (count.silent != 0) revert ReplacementDue(auditId);
        _open(auditId, self, self.terms.window);
    }

    function _open(uint256 auditId, Audit storage self, uint32 window) private {
        self.opening = true;
        self.deadline = _now() + window;
        emit OpeningStarted(auditId, self.deadline);
    }

    /* POSTING */

    /// @inheritdoc IAuditRegistry
    /// @dev Who has sealed may open whatever has come up since: its verdict was fixed while it was independent.
    function post(
        uint256 auditId,
        uint256 seatNumber,
        bool approve,
        bytes32 report,
        uint8 scopes,
        bytes32 salt
    ) external {
        Audit storage self = _audit(auditId);
        AuditTerms memory terms = _termsOf(self);
        if (terms.auditors == 1) {
            _requireMayJudge(auditId, self, terms, seatNumber);
        } else {
            _requireSeat(auditId, self, terms, seatNumber);
            if (!self.opening) revert StillSealed(auditId);
            bytes32 expected = self.seals[seatNumber];
            if (sealOf(auditId, msg.sender, approve, report, scopes, salt) != expected) {
                revert SealMismatch(auditId, msg.sender);
            }
            self.seals[seatNumber] = 0;
        }
        if (report == 0) revert EmptyReport();
        if (approve && scopes & terms.scopes != terms.scopes) {
            revert ScopeMissing(auditId, scopes, terms.scopes);
        }

        uint40 expires = _now() + VERDICT_LIFE;
        self.seats[seatNumber] =
            Verdict({auditor: msg.sender, at: _now(), expires: expires, approved: approve, scopes: scopes});
        _unlock(msg.sender, terms.bond);
        emit VerdictPosted(auditId, terms.subject, msg.sender, approve, report, expires, scopes);
    }

    /// @inheritdoc IAuditRegistry
    function sealOf(
        uint256 auditId,
        address auditor,
        bool approve,
        bytes32 report,
        uint8 scopes,
        bytes32 salt
    ) public view returns (bytes32) {
        return keccak256(
            abi.encode(block.chainid, address(this), auditId, auditor, approve, report, scopes, salt)
        );
    }

    /* WHO MAY */

    /// @dev Reverts unless the caller may give a verdict now. An auditor that was drawn had no part in the deal then,
    /// and parts are fixed while an audit is open (`IAuditClient`). So only what can have changed since is checked
    /// again.
    function _requireMayJudge(
        uint256 auditId,
        Audit storage self,
        AuditTerms memory terms,
        uint256 seatNumber
    ) private view {
        _requireUnrelated(terms, msg.sender);
        if (!_sits(self, terms, seatNumber)) _requireNoPart(self, msg.sender);
        _requireSeat(auditId, self, terms, seatNumber);
        if (!_accredited(msg.sender, terms.domain, _isRegulatorSeat(terms, seatNumber))) {
            revert NotAccredited(msg.sender, terms.domain);
        }
    }

    /// @dev Reverts unless the caller holds the seat, has posted nothing and is in time.
    function _requireSeat(uint256 auditId, Audit storage self, AuditTerms memory terms, uint256 seatNumber)
        private
        view
    {
        if (!_sits(self, terms, seatNumber)) revert NotSeated(auditId, msg.sender);
        if (self.outcome != Outcome.Pending || block.timestamp >= self.deadline) {
            revert TooLate(auditId, self.deadline);
        }
        if (self.seats[seatNumber].at != 0) revert AlreadyPosted(auditId, msg.sender);
    }

    function _sits(Audit storage self, AuditTerms memory terms, uint256 seatNumber)
        private
        view
        returns (bool)
    {
        return seatNumber < terms.auditors && self.seats[seatNumber].auditor == msg.sender;
    }

    /* COUNTING */

    function _count(Audit storage self) internal view returns (Count memory count) {
        uint256 length = self.terms.auditors;
        for (uint256 i = 0; i < length; ++i) {
            Verdict storage place = self.seats[i];
            if (place.auditor == address(0)) ++count.vacant;
            else if (place.at != 0) place.approved ? ++count.approvals : ++count.rejections;
            else if (_isWaiting(self, i)) ++count.waiting;
            else ++count.silent;
        }
    }

    /// @dev Whether the verdict of a seat is sealed and cannot be opened yet.
    function _isWaiting(Audit storage self, uint256 index) internal view returns (bool) {
        return !self.opening && self.seals[index] != 0;
    }

    /// @dev The majority's once every verdict that can be had is open; a tie rejects. Nothing is approved before the
    /// regulator has spoken, where the terms ask for one.
    function _decision(Audit storage self, Count memory count) internal view returns (Outcome) {
        if (self.opening && count.silent != 0) return Outcome.Pending;
        uint256 seats = self.terms.auditors;
        if (2 * count.rejections >= seats) return Outcome.Rejected;
        bool heard = !self.terms.regulator || self.seats[0].at != 0;
        if (heard && 2 * count.approvals > seats) return Outcome.Approved;
        return self.opening ? Outcome.Unfilled : Outcome.Pending;
    }

    /* TIME */

    function _requireOver(uint256 auditId, Audit storage self) internal view {
        if (block.timestamp < self.deadline) revert TooEarly(auditId, self.deadline);
    }

    function _now() internal view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp); // fits for 34,000 years
    }
}
