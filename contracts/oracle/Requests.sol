// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Panels} from "./Panels.sol";
import {Agreement} from "./Agreement.sol";

/// @title Requests to a panel: commit, reveal, tally.
/// @dev Quorum counts the seats that were occupied when the request began.
abstract contract Requests is Panels {
    struct Request {
        // one slot
        uint48 panelId;
        uint40 commitEnds; // Unix seconds
        uint40 revealEnds;
        uint40 appealEnds; // 0 until tallied
        uint32 committed; // bitmaps over seats
        uint32 revealed;
        uint8 seats; // occupied
        bool tallied;
        bool finalised;
        // one slot
        Kind kind;
        uint32 commitWindow; // seconds
        uint32 revealWindow;
        uint32 appealWindow;
        uint32 tolerance; // ppm
        uint48 appealPanelId;
        // one slot
        bytes32 subject;
        // one slot
        Outcome outcome;
        int64 score;
        uint16 criteria;
        bool appealed;
        uint48 appealRequestId;
        // one slot, deliveries only
        bytes32 manifest;
        // a seat's vote as committed, and once revealed the report: the manifest in a delivery, else packed
        mapping(uint256 seat => bytes32) votes;
    }

    /// @inheritdoc IValidationOracle
    uint256 public requestCount;
    mapping(uint256 requestId => Request) internal _requests;

    /// @inheritdoc IValidationOracle
    function request(RequestTerms calldata terms) external returns (uint256 requestId) {
        Panel storage p = _ownPanel(terms.panelId);
        if (p.stage == Stage.Dissolved) revert PanelIsDissolved(terms.panelId);
        if (p.stage == Stage.Drawing) revert NotSeated(terms.panelId);
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
        if (_has(r.committed, seatNumber)) revert AlreadyCommitted(requestId, msg.sender);
        if (vote == 0) revert EmptyVote();
        r.votes[seatNumber] = vote;
        r.committed |= _bit(seatNumber);
        if (_count(r.committed) == r.seats) {
            r.commitEnds = uint40(block.timestamp);
            r.revealEnds = uint40(block.timestamp) + r.revealWindow;
        }
        emit VoteCommitted(requestId, msg.sender, vote);
    }

    /// @inheritdoc IValidationOracle
    function reveal(uint256 requestId, uint256 seatNumber, Report calldata report, bytes32 salt) external {
        Request storage r = _request(requestId);
        _checkMember(r, requestId, seatNumber);
        if (block.timestamp < r.commitEnds || block.timestamp >= r.revealEnds) {
            revert RevealClosed(requestId, r.commitEnds, r.revealEnds);
        }
        if (!_has(r.committed, seatNumber)) revert NotCommitted(requestId, msg.sender);
        if (_has(r.revealed, seatNumber)) revert AlreadyRevealed(requestId, msg.sender);
        if (r.votes[seatNumber] != voteHash(requestId, msg.sender, report, salt)) {
            revert VoteMismatch(requestId, msg.sender);
        }
        r.votes[seatNumber] = _pack(r.kind, requestId, report);
        r.revealed |= _bit(seatNumber);
        emit ReportRevealed(requestId, msg.sender, report);
    }

    /// @inheritdoc IValidationOracle
    function tally(uint256 requestId) external returns (Result memory) {
        Request storage r = _request(requestId);
        if (r.tallied) revert AlreadyTallied(requestId);
        return _tally(requestId, r);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function requestOf(uint256 requestId) external view returns (RequestView memory) {
        Request storage r = _request(requestId);
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
            revealEnds: r.revealEnds,
            appealEnds: r.appealEnds,
            committed: r.committed,
            revealed: r.revealed,
            tallied: r.tallied,
            finalised: r.finalised,
            result: _resultOf(r),
            appealPanelId: r.appealPanelId,
            appealRequestId: r.appealRequestId
        });
    }

    /// @inheritdoc IValidationOracle
    function voteOf(uint256 requestId, uint256 seatNumber)
        external
        view
        returns (bool committed, bool revealed, Report memory report)
    {
        Request storage r = _request(requestId);
        (committed, revealed) = (_has(r.committed, seatNumber), _has(r.revealed, seatNumber));
        if (revealed) report = _reportOf(r, seatNumber);
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
        p.lastRequest = uint48(requestId); // a counter: 2^48 is out of reach
        Request storage r = _requests[requestId];
        r.panelId = uint48(terms.panelId);
        r.commitEnds = uint40(block.timestamp) + terms.commitWindow;
        r.revealEnds = r.commitEnds + terms.revealWindow;
        r.seats = _occupied(p);
        (r.kind, r.subject, r.tolerance) = (terms.kind, terms.subject, terms.tolerance);
        (r.commitWindow, r.revealWindow) = (terms.commitWindow, terms.revealWindow);
        r.appealWindow = terms.appealWindow;
        emit ValidationRequested(
            requestId, terms.panelId, terms.kind, terms.subject, r.commitEnds, r.revealEnds
        );
    }

    /// @dev Writes the provisional result. Where there is nothing to appeal, the appeal window ends at once.
    function _tally(uint256 requestId, Request storage r) internal returns (Result memory result) {
        if (!_isAnswered(r)) revert TooEarly(requestId, r.revealEnds);
        Report[] memory reports = _reportsOf(r);
        if (reports.length == 0 || reports.length < Agreement.twoThirds(r.seats)) {
            result.outcome = Outcome.NoQuorum;
        } else {
            result = Agreement.reach(r.kind, reports, r.tolerance);
        }
        _write(r, result);
        r.tallied = true;
        r.appealEnds = uint40(block.timestamp);
        if (result.outcome != Outcome.NoQuorum) r.appealEnds += r.appealWindow;
        emit Tallied(requestId, result, r.appealEnds);
    }

    function _write(Request storage r, Result memory result) internal {
        (r.outcome, r.score, r.criteria) = (result.outcome, result.score, result.criteria);
        (r.appealed, r.manifest) = (result.appealed, result.manifest);
    }

    function _isRequestOpen(uint256 requestId) internal view override returns (bool) {
        return requestId != 0 && !_requests[requestId].finalised;
    }

    function _panelOf(uint256 requestId) internal view override returns (uint256) {
        return _requests[requestId].panelId;
    }

    function _request(uint256 requestId) internal view returns (Request storage r) {
        r = _requests[requestId];
        if (r.panelId == 0) revert UnknownRequest(requestId);
    }

    /// @dev Whether no more report can come: the time is up, or all who committed have revealed.
    function _isAnswered(Request storage r) internal view returns (bool) {
        return
            block.timestamp >= r.revealEnds || (block.timestamp >= r.commitEnds && r.revealed == r.committed);
    }

    function _resultOf(Request storage r) internal view returns (Result memory) {
        return Result(r.outcome, r.score, r.criteria, r.manifest, r.appealed);
    }

    /// @dev What a seat has revealed.
    function _reportOf(Request storage r, uint256 seatNumber) internal view returns (Report memory report) {
        bytes32 vote = r.votes[seatNumber];
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

    function _bit(uint256 seatNumber) private pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(uint256(1) << seatNumber); // seats are fewer than 32
    }

    function _has(uint32 bitmap, uint256 seatNumber) internal pure returns (bool) {
        return bitmap >> seatNumber & 1 == 1;
    }

    function _reportsOf(Request storage r) private view returns (Report[] memory reports) {
        uint32 revealed = r.revealed;
        reports = new Report[](_count(revealed));
        uint256 next;
        for (uint256 i; next < reports.length; ++i) {
            if (_has(revealed, i)) reports[next++] = _reportOf(r, i);
        }
    }

    function _checkMember(Request storage r, uint256 requestId, uint256 seatNumber) private view {
        if (seatNumber < MAX_PANEL) {
            Seat storage s = _panels[r.panelId].seats[seatNumber];
            if (s.member == msg.sender && s.stake != 0) return;
        }
        revert NotMember(requestId, msg.sender, seatNumber);
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

    function _count(uint256 bitmap) private pure returns (uint8 count) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++count;
        }
    }
}
