// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Requests, commitments, revealed reports, and what they say together.
contract VotesTest is OracleFixture {
    /* REQUEST */

    function testFuzz_request_isReadable(uint8 kind, uint8 subjects, bool slashable, uint32 tolerance)
        public
    {
        uint256 panelId = _seatedPanel();
        IValidationOracle.RequestTerms memory terms = _requestTerms(IValidationOracle.Kind(kind % 3));
        if (terms.kind == SCORE) terms.subjects = uint8(bound(subjects, 1, 32));
        (terms.slashable, terms.tolerance) = (slashable, tolerance);
        uint40 commitEnds = uint40(block.timestamp) + terms.commitWindow;
        uint256 expected = 1 << 32 | uint32(panelId);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.VotingBegan(
            expected, panelId, terms, commitEnds, commitEnds + terms.revealWindow
        );
        uint256 requestId = oracle.request(panelId, terms);
        assertEq(requestId, expected);
        assertEq(oracle.panel(panelId).requestId, requestId);
        IValidationOracle.RequestView memory view_ = oracle.requestOf(requestId);
        assertEq(view_.panelId, panelId);
        assertEq(abi.encode(view_.terms), abi.encode(terms));
        assertEq(view_.commitEnds, commitEnds);
        assertEq(view_.revealEnds, commitEnds + terms.revealWindow);
        assertEq(view_.seats, 31);
        assertEq(uint256(view_.committed) + view_.revealed, 0);
        assertFalse(view_.judged);
        _assertOutcome(view_.result.outcome, IValidationOracle.Outcome.Pending);
    }

    function test_request_refusals() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.request(panelId, _requestTerms(SCORE));
        _seat(panelId);
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.commitWindow = 0;
        _expectInvalid(panelId, terms, "commitWindow");
        terms = _requestTerms(SCORE);
        terms.revealWindow = 0;
        _expectInvalid(panelId, terms, "revealWindow");
        terms = _requestTerms(SCORE);
        terms.subjects = 0;
        _expectInvalid(panelId, terms, "subjects");
        terms.subjects = oracle.MAX_SUBJECTS() + 1;
        _expectInvalid(panelId, terms, "subjects");
        terms = _requestTerms(VERDICT);
        terms.subjects = 1;
        _expectInvalid(panelId, terms, "subjects");
        terms.kind = DIGEST;
        _expectInvalid(panelId, terms, "subjects");
    }

    function _expectInvalid(uint256 panelId, IValidationOracle.RequestTerms memory terms, bytes32 field)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidRequest.selector, field));
        oracle.request(panelId, terms);
    }

    /// @dev Nor a number that a room in use has not given to its last request.
    function testFuzz_unknownRequest(uint256 requestId) public {
        uint256 known = _request(SCORE);
        if (requestId % 2 == 0) requestId = requestId << 32 | uint32(known);
        if (requestId == known) requestId = 0;
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownRequest.selector, requestId);
        vm.expectRevert(unknown);
        oracle.requestOf(requestId);
        vm.expectRevert(unknown);
        oracle.resultOf(requestId);
        vm.expectRevert(unknown);
        oracle.voteOf(requestId, 0);
        vm.expectRevert(unknown);
        oracle.ballotOf(requestId);
        vm.expectRevert(unknown);
        oracle.commit(requestId, 0, SALT);
        vm.expectRevert(unknown);
        oracle.reveal(requestId, 0, _report(1), SALT);
        vm.expectRevert(unknown);
        oracle.judge(requestId, requestId);
    }

    /* COMMIT */

    function test_commit_membersInTheirSeatOnly() public {
        uint256 requestId = _request(SCORE);
        address[] memory members = _members(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, stranger, 0));
        vm.prank(stranger);
        oracle.commit(requestId, 0, SALT);
        uint256[5] memory wrong = [uint256(1), 5, 31, 2 ** 32, type(uint256).max];
        for (uint256 i; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[0], wrong[i])
            );
            vm.prank(members[0]);
            oracle.commit(requestId, wrong[i], SALT);
        }
    }

    function test_commit_onceInTimeAndNotEmpty() public {
        uint256 requestId = _request(SCORE);
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
            abi.encodeWithSelector(IValidationOracle.CommitClosed.selector, requestId, block.timestamp)
        );
        vm.prank(late);
        oracle.commit(requestId, 1, SALT);
    }

    function test_commit_theLastOneOpensRevealing() public {
        uint256 requestId = _request(SCORE);
        skip(7 minutes);
        for (uint256 i; i < PANEL; ++i) {
            _commit(requestId, i, _report(900_000));
        }
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        assertEq(request.commitEnds, block.timestamp);
        assertEq(request.revealEnds, block.timestamp + 30 minutes);
        skip(3 minutes);
        for (uint256 i; i < PANEL; ++i) {
            _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.Pending);
            _reveal(requestId, i, _report(900_000));
        }
        // All have revealed: no need to wait.
        assertEq(oracle.requestOf(requestId).revealEnds, block.timestamp);
        _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.Answered);
    }

    /* REVEAL */

    function test_reveal_onlyWhatWasCommitted() public {
        uint256 requestId = _request(SCORE);
        address[] memory members = _members(requestId);
        IValidationOracle.Report memory report = _report(900_000);
        _commit(requestId, 0, report);
        _commit(requestId, 2, report); // and does not reveal
        bytes memory closed = abi.encodeWithSelector(
            IValidationOracle.RevealClosed.selector,
            requestId,
            oracle.requestOf(requestId).commitEnds,
            oracle.requestOf(requestId).revealEnds
        );
        _expectNoReveal(requestId, members[0], 0, report, closed);
        _toReveal(requestId);
        _expectNoReveal(
            requestId,
            members[1],
            1,
            report,
            abi.encodeWithSelector(IValidationOracle.NotCommitted.selector, requestId, members[1])
        );
        _expectNoReveal(
            requestId,
            members[0],
            0,
            _report(900_001),
            abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, members[0])
        );
        _expectNoReveal(
            requestId,
            members[0],
            1,
            report,
            abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[0], 1)
        );
        vm.expectEmit(address(oracle));
        emit IValidationOracle.ReportRevealed(requestId, members[0], report);
        _reveal(requestId, 0, report);
        _expectNoReveal(
            requestId,
            members[0],
            0,
            report,
            abi.encodeWithSelector(IValidationOracle.AlreadyRevealed.selector, requestId, members[0])
        );
        _toResult(requestId);
        _expectNoReveal(requestId, members[2], 2, report, closed);
    }

    function _expectNoReveal(
        uint256 requestId,
        address member,
        uint256 seat,
        IValidationOracle.Report memory report,
        bytes memory why
    ) private {
        vm.expectRevert(why);
        vm.prank(member);
        oracle.reveal(requestId, seat, report, SALT);
    }

    /// @dev The validator's address is inside the vote, so a lazy one gains nothing by copying.
    function test_reveal_copiedVoteDoesNotOpen() public {
        uint256 requestId = _request(SCORE);
        address[] memory members = _members(requestId);
        bytes32 vote = oracle.voteHash(requestId, members[0], _report(900_000), SALT);
        for (uint256 i; i < PANEL; ++i) {
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        _reveal(requestId, 0, _report(900_000)); // now everybody knows report and salt
        bytes memory mismatch =
            abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, members[1]);
        _expectNoReveal(requestId, members[1], 1, _report(900_000), mismatch);
    }

    function testFuzz_voteHash_bindsEverything(uint8 part) public {
        IValidationOracle.Report memory report = _report(5);
        bytes32 vote = oracle.voteHash(1, stranger, report, SALT);
        assertEq(
            vote, keccak256(abi.encode(block.chainid, address(oracle), uint256(1), stranger, report, SALT))
        );
        (uint256 requestId, address validator, bytes32 salt) = (1, stranger, SALT);
        part %= 9;
        if (part == 0) requestId = 2;
        else if (part == 1) validator = customer;
        else if (part == 2) salt = "another";
        else if (part == 3) report.status = CLOSED;
        else if (part == 4) report.scores[0] = 6;
        else if (part == 5) report.criteria = 1;
        else if (part == 6) report.word = "another";
        else if (part == 7) report.manifest = "another";
        else vm.chainId(5);
        assertNotEq(vote, oracle.voteHash(requestId, validator, report, salt));
    }

    /// @dev Every report that a kind allows comes back as it was revealed, but for the manifest, which readers have.
    function testFuzz_reveal_reportsAreKept(uint256 seed, uint8 subjects, uint16 criteria, bytes32 word)
        public
    {
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.subjects = uint8(bound(subjects, 1, 32));
        uint256 requestId = oracle.request(_seatedPanel(), terms);
        IValidationOracle.Report memory report =
            IValidationOracle.Report(ANSWERED, new int64[](terms.subjects), criteria, word, "report");
        for (uint256 i; i < terms.subjects; ++i) {
            report.scores[i] = int64(uint64(uint256(keccak256(abi.encode(seed, i)))));
        }
        uint256 seat = seed % PANEL;
        _commit(requestId, seat, report);
        (bool committed, bool revealed, IValidationOracle.Report memory kept) = oracle.voteOf(requestId, seat);
        assertTrue(committed && !revealed);
        assertEq(uint8(kept.status), 0);
        _toReveal(requestId);
        _reveal(requestId, seat, report);
        (committed, revealed, kept) = oracle.voteOf(requestId, seat);
        assertTrue(committed && revealed);
        report.manifest = 0;
        assertEq(abi.encode(kept), abi.encode(report));
        (committed, revealed,) = oracle.voteOf(requestId, (seat + 1) % PANEL);
        assertFalse(committed || revealed);
    }

    /// @dev What may be revealed, by definition; everything else is refused.
    function testFuzz_reveal_validReportsOnly(
        uint8 kind,
        uint8 status,
        uint8 scores,
        uint16 criteria,
        bytes32 word
    ) public {
        IValidationOracle.Report memory report;
        report.status = IValidationOracle.ReportStatus(status % 5);
        report.scores = new int64[](scores % 3);
        report.criteria = criteria % 2;
        report.word = uint256(word) % 2 == 0 ? bytes32(0) : word;
        kind %= 3;
        bool answered = report.status == ANSWERED;
        bool scored = answered && kind == 1;
        bool valid = status % 5 != 0 && report.scores.length == (scored ? 1 : 0);
        valid = valid && (scored || report.criteria == 0) && (answered || report.word == 0);
        valid = valid && !(kind == 2 && answered && report.word == 0);
        uint256 requestId = _request(IValidationOracle.Kind(kind));
        address member = _members(requestId)[0];
        _commit(requestId, 0, report);
        _toReveal(requestId);
        if (!valid) {
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidReport.selector, requestId));
        }
        vm.prank(member);
        oracle.reveal(requestId, 0, report, SALT);
    }

    /* RESULTS */

    function test_result_medianOfTheCoherent() public {
        uint256 requestId = _request(SCORE);
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[1].scores[0] = 900_900;
        (reports[2].scores[0], reports[2].criteria) = (899_900, 1);
        reports[4].scores[0] = 100_000;
        _answer(requestId, reports);
        IValidationOracle.Result memory result = oracle.resultOf(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.Answered);
        assertEq(result.scores[0], 900_000);
        assertEq(result.criteria, 3);
        assertEq(result.word, WORD);
        assertEq(abi.encode(oracle.requestOf(requestId).result), abi.encode(result));
    }

    /// @dev Two thirds of the seats must reveal, and as many agree: silence lowers no bar.
    function testFuzz_result_quorumAndAgreementAreOfAllSeats(uint8 size, uint8 said, uint8 lies) public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(bound(size, 3, 17));
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        said = uint8(bound(said, 0, terms.size));
        lies = uint8(bound(lies, 0, said));
        uint256 requestId = oracle.request(panelId, _requestTerms(DIGEST));
        IValidationOracle.Report[] memory reports = _statements(said, ANSWERED);
        for (uint256 i; i < lies; ++i) {
            reports[i].word = "a lie";
        }
        _answer(requestId, reports);
        (, uint32 revealed, bool quorum) = oracle.ballotOf(requestId);
        assertEq(revealed, (uint256(1) << said) - 1);
        assertEq(quorum, 3 * uint256(said) >= 2 * uint256(terms.size));
        IValidationOracle.Outcome expected = IValidationOracle.Outcome.Undecided;
        if (!quorum) {
            expected = IValidationOracle.Outcome.PanelSilent;
        } else if (3 * uint256(lies) >= 2 * uint256(terms.size)) {
            expected = IValidationOracle.Outcome.Answered;
        } else if (3 * uint256(said - lies) >= 2 * uint256(terms.size)) {
            expected = IValidationOracle.Outcome.Answered;
        }
        _assertOutcome(oracle.resultOf(requestId).outcome, expected);
    }

    /// @dev On an appeal panel two thirds of those who revealed are enough: there silence would save the lie.
    function test_result_anAppealPanelAgreesByTheRevealed() public {
        uint256 appealPanelId = oracle.openAppealPanel(_seatedPanel(), stranger);
        _seat(appealPanelId);
        uint256 requestId = oracle.request(appealPanelId, _requestTerms(DIGEST));
        IValidationOracle.Report[] memory reports = _statements(8, ANSWERED); // of eleven
        (reports[0].word, reports[1].word) = ("a lie", "a lie");
        _answer(requestId, reports); // six of eight
        _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.Answered);
    }

    function test_result_ofAVerdict() public {
        uint256 requestId = _request(VERDICT);
        IValidationOracle.Report[] memory reports = _statements(PANEL, REJECTED);
        (reports[0], reports[1]) = (_statement(ANSWERED), _statement(ANSWERED));
        _answer(requestId, reports);
        _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.Rejected);
    }

    function test_result_ofADigest() public {
        uint256 requestId = _request(DIGEST);
        IValidationOracle.Report[] memory reports = _statements(PANEL, ANSWERED);
        reports[4] = _statement(CLOSED);
        _answer(requestId, reports);
        IValidationOracle.Result memory result = oracle.resultOf(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.Answered);
        assertEq(result.word, WORD);
    }

    function testFuzz_result_ofSeveralSubjects(uint8 subjects, int64 score) public {
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.subjects = uint8(bound(subjects, 2, 32));
        score = int64(bound(score, type(int64).min + 1000, type(int64).max - 1000));
        uint256 requestId = oracle.request(_seatedPanel(), terms);
        IValidationOracle.Report[] memory reports = _statements(PANEL, ANSWERED);
        for (uint256 i; i < PANEL; ++i) {
            reports[i].scores = new int64[](terms.subjects);
            for (uint256 j; j < terms.subjects; ++j) {
                reports[i].scores[j] = score + int64(int256(j * 20 + i));
            }
        }
        reports[4].scores[terms.subjects - 1] = score - 1000;
        _answer(requestId, reports);
        IValidationOracle.Result memory result = oracle.resultOf(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.Answered);
        for (uint256 j; j < terms.subjects; ++j) {
            int64 shift = j + 1 == terms.subjects ? int64(1) : int64(2);
            assertEq(result.scores[j], score + int64(int256(j * 20)) + shift);
        }
    }
}
