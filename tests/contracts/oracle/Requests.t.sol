// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

contract RequestsTest is OracleFixture {
    /* REQUEST */

    function test_request_isReadable() public {
        uint256 panelId = _seatedPanel();
        IValidationOracle.RequestTerms memory terms = _requestTerms(panelId, EVALUATION);
        uint40 commitEnds = uint40(block.timestamp) + terms.commitWindow;
        vm.expectEmit(address(oracle));
        emit IValidationOracle.ValidationRequested(
            1, panelId, EVALUATION, terms.subject, commitEnds, commitEnds + terms.revealWindow
        );
        uint256 requestId = oracle.request(terms);
        IValidationOracle.RequestView memory view_ = oracle.requestOf(requestId);
        assertEq(keccak256(abi.encode(view_.terms)), keccak256(abi.encode(terms)));
        assertEq(view_.commitEnds, commitEnds);
        assertEq(view_.revealEnds, commitEnds + terms.revealWindow);
        assertEq(view_.appealEnds, 0);
        assertFalse(view_.tallied);
        _assertOutcome(view_.result, IValidationOracle.Outcome.Pending);
        assertEq(oracle.requestCount(), 1);
    }

    function test_request_refusals() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        IValidationOracle.RequestTerms memory terms = _requestTerms(panelId, EVALUATION);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.request(terms);
        _seat(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger));
        vm.prank(stranger);
        oracle.request(terms);
        terms.revealWindow = 0;
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.InvalidWindows.selector, terms.commitWindow, 0)
        );
        oracle.request(terms);
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.RequestOpen.selector, panelId, requestId));
        oracle.request(_requestTerms(panelId, EVALUATION));
    }

    function test_unknownRequest() public {
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownRequest.selector, 9);
        vm.expectRevert(unknown);
        oracle.requestOf(9);
        vm.expectRevert(unknown);
        oracle.commit(9, 0, SALT);
        vm.expectRevert(unknown);
        oracle.reveal(9, 0, _report(1), SALT);
        vm.expectRevert(unknown);
        oracle.tally(9);
        vm.expectRevert(unknown);
        oracle.appeal(9);
        vm.expectRevert(unknown);
        oracle.finalise(9);
        vm.expectRevert(unknown);
        oracle.replaceSilent(9);
    }

    /* COMMIT */

    function test_commit_membersInTheirSeatOnly() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, stranger, 0));
        vm.prank(stranger);
        oracle.commit(requestId, 0, SALT);
        uint256[3] memory wrong = [uint256(1), 30, type(uint256).max];
        for (uint256 i; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[0], wrong[i])
            );
            vm.prank(members[0]);
            oracle.commit(requestId, wrong[i], SALT);
        }
    }

    function test_commit_onceInTimeAndNotEmpty() public {
        uint256 requestId = _request(EVALUATION);
        address member = _members(requestId)[0];
        vm.startPrank(member);
        vm.expectRevert(IValidationOracle.EmptyVote.selector);
        oracle.commit(requestId, 0, 0);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.VoteCommitted(requestId, member, SALT);
        oracle.commit(requestId, 0, SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.AlreadyCommitted.selector, requestId, member)
        );
        oracle.commit(requestId, 0, "another");
        vm.stopPrank();
        _toReveal(requestId);
        address late = _members(requestId)[1];
        vm.expectRevert(
            abi.encodeWithSelector(
                IValidationOracle.CommitClosed.selector, requestId, uint40(block.timestamp)
            )
        );
        vm.prank(late);
        oracle.commit(requestId, 1, SALT);
    }

    function test_commit_theLastOneOpensRevealing() public {
        uint256 requestId = _request(EVALUATION);
        for (uint256 i; i < 5; ++i) {
            _commit(requestId, i, _report(900_000));
        }
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        assertEq(request.commitEnds, block.timestamp);
        assertEq(request.revealEnds, block.timestamp + 30 minutes);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, request.revealEnds)
        );
        oracle.tally(requestId);
        for (uint256 i; i < 5; ++i) {
            _reveal(requestId, i, _report(900_000));
        }
        // All have revealed: no need to wait.
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.Scored);
    }

    /* REVEAL */

    function test_reveal_onlyWhatWasCommitted() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        IValidationOracle.Report memory report = _report(900_000);
        _commit(requestId, 0, report);
        bytes memory closed = abi.encodeWithSelector(
            IValidationOracle.RevealClosed.selector,
            requestId,
            oracle.requestOf(requestId).commitEnds,
            oracle.requestOf(requestId).revealEnds
        );
        vm.expectRevert(closed);
        vm.prank(members[0]);
        oracle.reveal(requestId, 0, report, SALT);
        _toReveal(requestId);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.NotCommitted.selector, requestId, members[1])
        );
        vm.prank(members[1]);
        oracle.reveal(requestId, 1, report, SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, members[0])
        );
        vm.prank(members[0]);
        oracle.reveal(requestId, 0, _report(900_001), SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[0], 1)
        );
        vm.prank(members[0]);
        oracle.reveal(requestId, 1, report, SALT);

        vm.expectEmit(address(oracle));
        emit IValidationOracle.ReportRevealed(requestId, members[0], report);
        _reveal(requestId, 0, report);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.AlreadyRevealed.selector, requestId, members[0])
        );
        vm.prank(members[0]);
        oracle.reveal(requestId, 0, report, SALT);

        _commitNothingMore(requestId, closed);
    }

    function _commitNothingMore(uint256 requestId, bytes memory closed) private {
        _toTally(requestId);
        address member = _members(requestId)[0];
        vm.expectRevert(closed);
        vm.prank(member);
        oracle.reveal(requestId, 0, _report(900_000), SALT);
    }

    /// @dev The validator's address is inside the vote, so a lazy one gains nothing by copying.
    function test_reveal_copiedVoteDoesNotOpen() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        bytes32 vote = oracle.voteHash(requestId, members[0], _report(900_000), SALT);
        for (uint256 i; i < 5; ++i) {
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        _reveal(requestId, 0, _report(900_000)); // now everybody knows report and salt
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, members[1])
        );
        vm.prank(members[1]);
        oracle.reveal(requestId, 1, _report(900_000), SALT);
    }

    function test_voteHash_bindsEverything() public {
        bytes32 vote = oracle.voteHash(1, stranger, _report(5), SALT);
        IValidationOracle.Report memory report = _report(5);
        assertEq(
            vote,
            keccak256(
                abi.encode(
                    block.chainid,
                    address(oracle),
                    uint256(1),
                    stranger,
                    report.status,
                    report.score,
                    report.criteria,
                    report.manifest,
                    SALT
                )
            )
        );
        assertNotEq(vote, oracle.voteHash(2, stranger, report, SALT));
        vm.chainId(5);
        assertNotEq(vote, oracle.voteHash(1, stranger, report, SALT));
    }

    function test_reveal_reportsAreKept() public {
        uint256 requestId = _request(EVALUATION);
        IValidationOracle.Report memory report = IValidationOracle.Report(SCORED, -7, 0xbeef, "report");
        _commit(requestId, 2, report);
        (bool committed, bool revealed, IValidationOracle.Report memory kept) = oracle.voteOf(requestId, 2);
        assertTrue(committed && !revealed);
        _toReveal(requestId);
        _reveal(requestId, 2, report);
        (committed, revealed, kept) = oracle.voteOf(requestId, 2);
        assertTrue(committed && revealed);
        assertEq(kept.score, -7);
        assertEq(kept.criteria, 0xbeef);
        assertEq(uint256(kept.status), uint256(SCORED));
        (committed, revealed,) = oracle.voteOf(requestId, 3);
        assertFalse(committed || revealed);
    }

    function test_reveal_invalidReports() public {
        IValidationOracle.Report memory report = _report(1);
        report.status = IValidationOracle.ReportStatus.None;
        _refuses(EVALUATION, report);
        report = _statement(CLOSED);
        report.score = 1;
        _refuses(EVALUATION, report);
        report = _statement(CLOSED);
        report.criteria = 1;
        _refuses(EVALUATION, report);
        _refuses(ATTESTATION, _report(1));
        report = _statement(SCORED);
        report.manifest = 0;
        _refuses(DELIVERY, report);
        _refuses(DELIVERY, _statement(CLOSED)); // names grants that do not open
        report = _statement(IValidationOracle.ReportStatus.Rejected);
        report.manifest = 0;
        _refuses(DELIVERY, report);
    }

    function _refuses(IValidationOracle.Kind kind, IValidationOracle.Report memory report) private {
        uint256 requestId = _request(kind);
        _commit(requestId, 0, report);
        _toReveal(requestId);
        address member = _members(requestId)[0];
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidReport.selector, requestId));
        vm.prank(member);
        oracle.reveal(requestId, 0, report, SALT);
    }

    /* TALLY */

    function test_tally_scored() public {
        uint256 requestId = _request(EVALUATION);
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        reports[1].score = 900_900;
        reports[2].score = 899_900;
        reports[2].criteria = 1;
        reports[4].score = 100_000;
        _answer(requestId, reports);
        (IValidationOracle.Outcome outcome, uint40 appealEnds) = oracle.standing(requestId);
        assertEq(uint8(outcome), uint8(IValidationOracle.Outcome.Pending));
        assertEq(appealEnds, 0);
        IValidationOracle.Result memory result = oracle.tally(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Scored);
        (outcome, appealEnds) = oracle.standing(requestId);
        assertEq(uint8(outcome), uint8(IValidationOracle.Outcome.Scored));
        assertEq(appealEnds, block.timestamp + 2 hours);
        assertEq(result.score, 900_000);
        assertEq(result.criteria, 3);
        assertFalse(result.appealed);
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        assertEq(request.appealEnds, block.timestamp + 2 hours);
        assertEq(keccak256(abi.encode(request.result)), keccak256(abi.encode(result)));
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadyTallied.selector, requestId));
        oracle.tally(requestId);
    }

    function test_tally_quorumIsTwoThirds() public {
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(3, 900_000));
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.NoQuorum);
        assertEq(oracle.requestOf(requestId).appealEnds, block.timestamp); // nothing to appeal
        requestId = _request(EVALUATION);
        _answer(requestId, _scores(4, 900_000));
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.Scored);
    }

    function test_tally_atOnceWhenNobodyHasCommitted() public {
        uint256 requestId = _request(EVALUATION);
        uint40 revealEnds = oracle.requestOf(requestId).revealEnds;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, revealEnds));
        oracle.tally(requestId);
        _toReveal(requestId);
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.NoQuorum);
    }

    function test_tally_attestationOfABadDataset() public {
        uint256 requestId = _request(ATTESTATION);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](5);
        for (uint256 i; i < 5; ++i) {
            reports[i] = _statement(i < 3 ? IValidationOracle.ReportStatus.Rejected : SCORED);
        }
        _answer(requestId, reports);
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.Rejected);
    }

    function test_tally_delivery() public {
        uint256 requestId = _request(DELIVERY);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](5);
        for (uint256 i; i < 5; ++i) {
            reports[i] = _statement(SCORED);
            reports[i].manifest = "grants";
        }
        reports[4] = _statement(CLOSED);
        reports[4].manifest = 0;
        _answer(requestId, reports);
        IValidationOracle.Result memory result = oracle.tally(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Scored);
        assertEq(result.manifest, "grants");
        (,, IValidationOracle.Report memory kept) = oracle.voteOf(requestId, 4);
        assertEq(uint256(kept.status), uint256(CLOSED));
        (,, kept) = oracle.voteOf(requestId, 0);
        assertEq(kept.manifest, "grants");
    }
}
