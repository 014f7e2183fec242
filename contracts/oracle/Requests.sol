// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {Panels} from "./Panels.sol";
import {Seats} from "./Seats.sol";

/// @title Requests to a panel: commit, reveal, tally.
/// @dev A request is kept for ever; the votes are in the panel's room, until its next request.
abstract contract Requests is Panels {
    using Seats for uint32;

    struct Request {
        // one slot, all that a vote touches
        uint32 room; // the panel's, as long as the request is open
        uint40 panelId;
        uint40 commitEnds; // Unix seconds
        uint32 revealWindow; // seconds
        Kind kind;
        uint32 seats; // occupied when the request began: those who may vote
        uint32 committed;
        uint32 revealed;
        // one slot
        uint32 commitWindow;
        uint32 appealWindow;
        uint32 tolerance; // ppm
        uint40 appealEnds; // 0 until tallied
        Outcome outcome; // Pending until tallied
        int64 score;
        uint16 criteria;
        bool contested; // there is an appeal
        bool appealed; // decided by it
        bool finalised;
        // one slot
        bytes32 subject;
        // one slot, deliveries only
        bytes32 manifest;
    }

    /// @inheritdoc IValidationOracle
    uint256 public requestCount;
    mapping(uint256 requestId => Request) internal _requests;

    /// @inheritdoc IValidationOracle
    function request(RequestTerms calldata terms) external returns (uint256 requestId) {
        Panel storage p = _ownPanel(terms.panelId);
        if (!_roomOfPanel(terms.panelId).seated) revert NotSeated(terms.panelId);
        if (_isRequestOpen(p.lastRequest)) revert RequestOpen(terms.panelId, p.lastRequest);
        if (terms.commitWindow == 0 || terms.revealWindow == 0) {
            revert InvalidWindows(terms.commitWindow, terms.revealWindow);
        }
        return _start(terms);
    }

    /// @inheritdoc IValidationOracle
    function commit(uint256 requestId, uint256 seatNumber, bytes32 vote) external {
        Request storage r = _request(requestId);
        _checkMember(r, requestId, seatNumber);
        if (block.timestamp >= r.commitEnds) revert CommitClosed(requestId, r.commitEnds);
        uint32 committed = r.committed;
        if (committed.has(seatNumber)) revert AlreadyCommitted(requestId, msg.sender);
        if (vote == 0) revert EmptyVote();
        committed = committed.with(seatNumber);
        r.committed = committed;
        if (committed == r.seats) r.commitEnds = uint40(block.timestamp);
        _rooms[r.room].votes[seatNumber] = vote;
        emit VoteCommitted(requestId, msg.sender, vote);
    }

    /// @inheritdoc IValidationOracle
    function reveal(uint256 requestId, uint256 seatNumber, Report calldata report, bytes32 salt) external {
        Request storage r = _request(requestId);
        _checkMember(r, requestId, seatNumber);
        if (block.timestamp < r.commitEnds || block.timestamp >= _revealEnds(r)) {
            revert RevealClosed(requestId, r.commitEnds, _revealEnds(r));
        }
        if (!r.committed.has(seatNumber)) revert NotCommitted(requestId, msg.sender);
        if (r.revealed.has(seatNumber)) revert AlreadyRevealed(requestId, msg.sender);
        bytes32[MAX_PANEL] storage votes = _rooms[r.room].votes;
        if (votes[seatNumber] != voteHash(requestId, msg.sender, report, salt)) {
            revert VoteMismatch(requestId, msg.sender);
        }
        votes[seatNumber] = _pack(r.kind, requestId, report);
        r.revealed = r.revealed.with(seatNumber);
        emit ReportRevealed(requestId, msg.sender, report);
    }

    /// @inheritdoc IValidationOracle
    function tally(uint256 requestId) external returns (Result memory) {
        Request storage r = _request(requestId);
        if (_isTallied(r)) revert AlreadyTallied(requestId);
        return _tally(requestId, r);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function requestOf(uint256 requestId) external view returns (RequestView memory) {
        Request storage r = _request(requestId);
        uint256 appealPanelId = _appeals[requestId].panelId;
        return RequestView({
            terms: RequestTerms({
                panelId: r.panelId,
                kind: r.kind,
                subject: r.subject,
                commitWindow: r.commitWindow,
                revealWindow: r.revealWindow,
                appealWindow: r.appealWindow,
                tolerance: r.tolerance
            }),
            commitEnds: r.commitEnds,
            revealEnds: _revealEnds(r),
            appealEnds: r.appealEnds,
            committed: r.committed,
            revealed: r.revealed,
            tallied: _isTallied(r),
            finalised: r.finalised,
            result: _resultOf(r),
            appealPanelId: appealPanelId,
            appealRequestId: _panels[appealPanelId].lastRequest
        });
    }

    /// @inheritdoc IValidationOracle
    function standing(uint256 requestId) external view returns (Outcome outcome, uint40 appealEnds) {
        Request storage r = _request(requestId);
        return (_resultOf(r).outcome, r.appealEnds);
    }

    /// @inheritdoc IValidationOracle
    function voteOf(uint256 requestId, uint256 seatNumber)
        external
        view
        returns (bool committed, bool revealed, Report memory report)
    {
        Request storage r = _request(requestId);
        (committed, revealed) = (r.committed.has(seatNumber), r.revealed.has(seatNumber));
        Panel storage p = _panels[r.panelId];
        bool kept = p.room != 0 && p.lastRequest == requestId;
        if (revealed && kept) report = _reportOf(r, seatNumber);
    }

    /// @inheritdoc IValidationOracle
    function voteHash(uint256 requestId, address validator, Report calldata report, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                requestId,
                validator,
                report.status,
                report.score,
                report.criteria,
                report.manifest,
                salt
            )
        );
    }

    /* INTERNAL */

    function _start(RequestTerms memory terms) internal returns (uint256 requestId) {
        requestId = ++requestCount;
        Panel storage p = _panels[terms.panelId];
        // forge-lint: disable-next-line(unsafe-typecast)
        p.lastRequest = uint40(requestId); // a counter: 2^40 is out of reach
        Request storage r = _requests[requestId];
        uint40 commitEnds = uint40(block.timestamp) + terms.commitWindow;
        (r.room, r.seats) = (p.room, _rooms[p.room].occupied);
        // forge-lint: disable-next-line(unsafe-typecast)
        (r.panelId, r.kind) = (uint40(terms.panelId), terms.kind); // a counter: 2^40 is out of reach
        (r.commitEnds, r.revealWindow) = (commitEnds, terms.revealWindow);
        (r.commitWindow, r.appealWindow) = (terms.commitWindow, terms.appealWindow);
        (r.tolerance, r.subject) = (terms.tolerance, terms.subject);
        emit ValidationRequested(
            requestId, terms.panelId, terms.kind, terms.subject, commitEnds, commitEnds + terms.revealWindow
        );
    }

    /// @dev Writes the provisional result. The quorum is of the panel's full size, so that no panel decides which slashes have
    /// left too small. Where there is nothing to appeal, the appeal window ends at once.
    function _tally(uint256 requestId, Request storage r) internal returns (Result memory result) {
        if (!_isAnswered(r)) revert TooEarly(requestId, _revealEnds(r));
        Report[] memory reports = _reportsOf(r);
        if (reports.length < Agreement.twoThirds(_rooms[r.room].terms.size)) {
            result.outcome = Outcome.NoQuorum;
        } else {
            result = Agreement.reach(r.kind, reports, r.tolerance);
        }
        uint40 appealEnds = uint40(block.timestamp);
        if (result.outcome != Outcome.NoQuorum) appealEnds += r.appealWindow;
        _write(r, result);
        r.appealEnds = appealEnds;
        emit Tallied(requestId, result, appealEnds);
    }

    function _write(Request storage r, Result memory result) internal {
        if (r.kind == Kind.Delivery) r.manifest = result.manifest;
        (r.outcome, r.score) = (result.outcome, result.score);
        (r.criteria, r.appealed) = (result.criteria, result.appealed);
    }

    function _isRequestOpen(uint256 requestId) internal view override returns (bool) {
        return requestId != 0 && !_requests[requestId].finalised;
    }

    function _roomOf(uint256 requestId) internal view override returns (Room storage) {
        return _rooms[_requests[requestId].room];
    }

    function _request(uint256 requestId) internal view returns (Request storage r) {
        r = _requests[requestId];
        if (r.panelId == 0) revert UnknownRequest(requestId);
    }

    function _revealEnds(Request storage r) internal view returns (uint40) {
        return r.commitEnds + r.revealWindow;
    }

    /// @dev Whether no more report can come: the time is up, or all who committed have revealed.
    function _isAnswered(Request storage r) internal view returns (bool) {
        return
            block.timestamp >= _revealEnds(r)
                || (block.timestamp >= r.commitEnds && r.revealed == r.committed);
    }

    function _isTallied(Request storage r) internal view returns (bool) {
        return r.outcome != Outcome.Pending;
    }

    function _resultOf(Request storage r) internal view returns (Result memory) {
        bytes32 manifest = r.kind == Kind.Delivery ? r.manifest : bytes32(0);
        return Result(r.outcome, r.score, r.criteria, manifest, r.appealed);
    }

    /// @dev What a seat has revealed in the last request of its panel.
    function _reportOf(Request storage r, uint256 seatNumber) internal view returns (Report memory report) {
        bytes32 vote = _rooms[r.room].votes[seatNumber];
        if (r.kind == Kind.Delivery) {
            report.manifest = vote;
            report.status = vote == 0 ? ReportStatus.CannotOpen : ReportStatus.Scored;
            return report;
        }
        uint256 word = uint256(vote);
        // each cast cuts out one of the fields that `_pack` put side by side
        // forge-lint: disable-start(unsafe-typecast)
        report.status = ReportStatus(uint8(word));
        report.score = int64(uint64(word >> 8));
        report.criteria = uint16(word >> 72);
        // forge-lint: disable-end(unsafe-typecast)
    }

    function _reportsOf(Request storage r) private view returns (Report[] memory reports) {
        uint32 revealed = r.revealed;
        reports = new Report[](revealed.count());
        uint256 next = 0;
        for (uint256 i; next < reports.length; ++i) {
            if (revealed.has(i)) reports[next++] = _reportOf(r, i);
        }
    }

    function _checkMember(Request storage r, uint256 requestId, uint256 seatNumber) private view {
        bool exists = r.seats.has(seatNumber);
        if (!exists || _rooms[r.room].seats[seatNumber].member != msg.sender) {
            revert NotMember(requestId, msg.sender, seatNumber);
        }
    }

    /// @dev Only an evaluation has a score and criteria. A delivery either attests key grants or cannot open.
    function _pack(Kind kind, uint256 requestId, Report calldata report) private pure returns (bytes32) {
        bool scored = report.status == ReportStatus.Scored;
        bool bare = report.score == 0 && report.criteria == 0;
        if (report.status == ReportStatus.None) revert InvalidReport(requestId);
        if (!(kind == Kind.Evaluation && scored) && !bare) revert InvalidReport(requestId);
        if (kind == Kind.Delivery) {
            if (scored == (report.manifest == 0)) revert InvalidReport(requestId);
            if (!scored && report.status != ReportStatus.CannotOpen) revert InvalidReport(requestId);
            return scored ? report.manifest : bytes32(0);
        }
        return
            bytes32(
                uint256(report.status) | uint256(uint64(report.score)) << 8 | uint256(report.criteria) << 72
            );
    }
}
