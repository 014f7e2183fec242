// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {Panels} from "./Panels.sol";
import {Seats} from "./Seats.sol";

/// @title Requests to a panel: commit, reveal, and what the panel answers.
/// @dev Votes stay in the panel's room until its next request, or until the next panel moves in.
abstract contract Votes is Panels {
    using Seats for uint32;

    // The layout of a revealed vote, from the low bits: status 8 | criteria 16 | first score 64.
    uint256 private constant CRITERIA_AT = 8;
    uint256 private constant SCORE_AT = 24;
    uint256 private constant SCORE_BITS = 64;

    /// @inheritdoc IValidationOracle
    function request(uint256 panelId, RequestTerms calldata terms) external returns (uint256 requestId) {
        Room storage room = _restingRoom(panelId);
        uint32 seats = room.occupied;
        if (!room.seated || seats == 0) revert NotSeated(panelId);
        _checkTerms(terms);
        requestId = _requestIdOf(panelId, ++room.number);
        uint40 commitEnds = uint40(block.timestamp) + terms.commitWindow;
        (room.commitEnds, room.revealWindow) = (commitEnds, terms.revealWindow);
        (room.kind, room.subjects, room.seats) = (terms.kind, terms.subjects, seats);
        (room.committed, room.revealed, room.open) = (0, 0, true);
        (room.tolerance, room.commitWindow) = (terms.tolerance, terms.commitWindow);
        room.slashable = terms.slashable;
        emit VotingBegan(requestId, panelId, terms, commitEnds, commitEnds + terms.revealWindow);
    }

    /// @inheritdoc IValidationOracle
    function commit(uint256 requestId, uint256 seatNumber, bytes32 vote) external {
        Room storage room = _roomAsked(requestId);
        _checkMember(room, requestId, seatNumber);
        if (block.timestamp >= room.commitEnds) revert CommitClosed(requestId, room.commitEnds);
        uint32 committed = room.committed;
        if (committed.has(seatNumber)) revert AlreadyCommitted(requestId, msg.sender);
        if (vote == 0) revert EmptyVote();
        committed = committed.with(seatNumber);
        room.committed = committed;
        if (committed == room.seats) room.commitEnds = uint40(block.timestamp);
        room.votes[seatNumber] = vote;
        emit VoteCommitted(requestId, msg.sender, vote);
    }

    /// @inheritdoc IValidationOracle
    function reveal(uint256 requestId, uint256 seatNumber, Report calldata report, bytes32 salt) external {
        Room storage room = _roomAsked(requestId);
        _checkMember(room, requestId, seatNumber);
        if (block.timestamp < room.commitEnds || block.timestamp >= _revealEnds(room)) {
            revert RevealClosed(requestId, room.commitEnds, _revealEnds(room));
        }
        (uint32 committed, uint32 revealed) = (room.committed, room.revealed);
        if (!committed.has(seatNumber)) revert NotCommitted(requestId, msg.sender);
        if (revealed.has(seatNumber)) revert AlreadyRevealed(requestId, msg.sender);
        if (room.votes[seatNumber] != voteHash(requestId, msg.sender, report, salt)) {
            revert VoteMismatch(requestId, msg.sender);
        }
        if (!_isValid(room.kind, room.subjects, report)) revert InvalidReport(requestId);
        _keep(room, seatNumber, report);
        revealed = revealed.with(seatNumber);
        room.revealed = revealed;
        // All who may reveal have done so: the window ends now.
        if (revealed == committed) room.revealWindow = uint32(block.timestamp - room.commitEnds);
        emit ReportRevealed(requestId, msg.sender, report);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function requestOf(uint256 requestId) external view returns (RequestView memory view_) {
        Room storage room = _roomAsked(requestId);
        view_.panelId = uint256(room.generation) << 32 | _roomIdOf(requestId);
        view_.terms = RequestTerms({
            kind: room.kind,
            subjects: room.subjects,
            slashable: room.slashable,
            tolerance: room.tolerance,
            commitWindow: room.commitWindow,
            revealWindow: room.revealWindow
        });
        (view_.commitEnds, view_.revealEnds) = (room.commitEnds, _revealEnds(room));
        (view_.seats, view_.committed, view_.revealed) = (room.seats, room.committed, room.revealed);
        view_.judged = !room.open;
        view_.result = resultOf(requestId);
    }

    /// @inheritdoc IValidationOracle
    function resultOf(uint256 requestId) public view returns (Result memory result) {
        Room storage room = _roomAsked(requestId);
        if (block.timestamp < _revealEnds(room)) return result;
        Report[] memory reports = _reportsOf(room);
        uint256 size = room.terms.size;
        if (reports.length < Agreement.twoThirds(size)) {
            result.outcome = Outcome.PanelSilent;
            return result;
        }
        // A first panel agrees by two thirds of all its seats: otherwise a few liars would be enough, once honest
        // members are kept silent or slashed. An appeal panel agrees by two thirds of what was revealed: there, silence
        // would save the lie under appeal.
        uint256 voters = room.terms.reviewed == 0 ? size : reports.length;
        return Agreement.reach(room.kind, reports, voters, room.subjects, room.tolerance);
    }

    /// @inheritdoc IValidationOracle
    function voteOf(uint256 requestId, uint256 seatNumber)
        external
        view
        returns (bool committed, bool revealed, Report memory report)
    {
        Room storage room = _roomAsked(requestId);
        (committed, revealed) = (room.committed.has(seatNumber), room.revealed.has(seatNumber));
        if (revealed) report = _reportOf(room, seatNumber);
    }

    /// @inheritdoc IValidationOracle
    function ballotOf(uint256 requestId)
        external
        view
        returns (uint40 revealEnds, uint32 revealed, bool quorum)
    {
        Room storage room = _roomAsked(requestId);
        revealed = room.revealed;
        return (_revealEnds(room), revealed, revealed.count() >= Agreement.twoThirds(room.terms.size));
    }

    /// @inheritdoc IValidationOracle
    function voteHash(uint256 requestId, address validator, Report calldata report, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), requestId, validator, report, salt));
    }

    /* INTERNAL */

    /// @dev The room of a panel whose last request this is. A dissolved panel has no seats that may vote.
    function _roomAsked(uint256 requestId) internal view returns (Room storage room) {
        room = _rooms[_roomIdOf(requestId)];
        if (room.seats == 0 || room.number != requestId >> 32) revert UnknownRequest(requestId);
    }

    function _revealEnds(Room storage room) internal view returns (uint40) {
        return room.commitEnds + room.revealWindow;
    }

    /// @dev What a seat has revealed, without the manifest.
    function _reportOf(Room storage room, uint256 seatNumber) internal view returns (Report memory report) {
        uint256 word = uint256(room.votes[seatNumber]);
        // Each cast cuts out one of the fields that `_keep` put side by side.
        // forge-lint: disable-start(unsafe-typecast)
        report.status = ReportStatus(uint8(word));
        report.criteria = uint16(word >> CRITERIA_AT);
        if (report.status != ReportStatus.Answered) return report;
        report.word = room.words[seatNumber];
        report.scores = new int64[](room.subjects);
        word >>= SCORE_AT;
        for (uint256 i; i < report.scores.length; ++i) {
            if (i % SCORES_PER_WORD == 1) word = room.scores[seatNumber][i / SCORES_PER_WORD];
            report.scores[i] = int64(uint64(word));
            word >>= SCORE_BITS;
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    function _reportsOf(Room storage room) private view returns (Report[] memory reports) {
        uint32 revealed = room.revealed;
        reports = new Report[](revealed.count());
        uint256 next = 0;
        for (uint256 i; next < reports.length; ++i) {
            if (revealed.has(i)) reports[next++] = _reportOf(room, i);
        }
    }

    /// @dev The first score goes into the vote, the others side by side into the seat's words.
    function _keep(Room storage room, uint256 seatNumber, Report calldata report) private {
        uint256 first = report.scores.length == 0 ? 0 : uint64(report.scores[0]);
        room.votes[seatNumber] =
            bytes32(uint256(report.status) | uint256(report.criteria) << CRITERIA_AT | first << SCORE_AT);
        if (report.status != ReportStatus.Answered) return;
        room.words[seatNumber] = report.word;
        uint256 word = 0;
        for (uint256 i = 1; i < report.scores.length; ++i) {
            uint256 place = (i - 1) % SCORES_PER_WORD;
            word |= uint256(uint64(report.scores[i])) << place * SCORE_BITS;
            if (place + 1 == SCORES_PER_WORD || i + 1 == report.scores.length) {
                room.scores[seatNumber][(i - 1) / SCORES_PER_WORD] = word;
                word = 0;
            }
        }
    }

    function _checkMember(Room storage room, uint256 requestId, uint256 seatNumber) private view {
        bool exists = room.seats.has(seatNumber);
        if (!exists || room.seatOf[seatNumber].member != msg.sender) {
            revert NotMember(requestId, msg.sender, seatNumber);
        }
    }

    function _checkTerms(RequestTerms calldata terms) private pure {
        if (terms.commitWindow == 0) revert InvalidRequest("commitWindow");
        if (terms.revealWindow == 0) revert InvalidRequest("revealWindow");
        bool scored = terms.kind == Kind.Score;
        if (terms.subjects > MAX_SUBJECTS || scored == (terms.subjects == 0)) {
            revert InvalidRequest("subjects");
        }
    }

    /// @dev Only a score has scores and criteria, one score a subject. Only an answer has a word; of a digest it is
    /// the answer.
    function _isValid(Kind kind, uint8 subjects, Report calldata report) private pure returns (bool) {
        if (report.status == ReportStatus.None) return false;
        bool answered = report.status == ReportStatus.Answered;
        if (report.scores.length != (answered ? subjects : 0)) return false;
        if (report.criteria != 0 && !(answered && kind == Kind.Score)) return false;
        return answered ? kind != Kind.Digest || report.word != 0 : report.word == 0;
    }
}
