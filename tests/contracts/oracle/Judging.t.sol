// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice What a panel's members lose and earn by what they said, and by what they did not say.
contract JudgingTest is OracleFixture {
    function _judge(uint256 requestId)
        private
        returns (IValidationOracle.Result memory result, address[] memory paid)
    {
        return oracle.judge(requestId, requestId);
    }

    function test_judge_refusals() public {
        uint256 requestId = _request(SCORE);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger));
        vm.prank(stranger);
        oracle.judge(requestId, requestId);
        uint40 ends = oracle.requestOf(requestId).revealEnds;
        vm.warp(ends - 1);
        bytes memory early = abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, ends);
        vm.expectRevert(early);
        _judge(requestId);

        uint256 appealPanelId = oracle.openAppealPanel(oracle.requestOf(requestId).panelId, stranger);
        _nextEpoch();
        _seat(appealPanelId);
        uint256 appealId = oracle.request(appealPanelId, _requestTerms(SCORE));
        bytes memory earlyAppeal = abi.encodeWithSelector(
            IValidationOracle.TooEarly.selector, appealId, oracle.requestOf(appealId).revealEnds
        );
        vm.expectRevert(earlyAppeal);
        oracle.judge(requestId, appealId);
        _judge(requestId);
        assertTrue(oracle.requestOf(requestId).judged);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadyJudged.selector, requestId));
        _judge(requestId);
    }

    /// @dev One of each mood: what each loses and earns, whether or not the request is slashable.
    function testFuzz_judge_everyMood(uint256 seed, bool slashable) public {
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.slashable = slashable;
        IValidationOracle.PanelTerms memory panelTerms = _panelTerms();
        panelTerms.size = 12;
        uint256 panelId = oracle.openPanel(panelTerms);
        _seat(panelId);
        uint256 requestId = oracle.request(panelId, terms);
        uint256[12] memory moods = _shuffled(seed); // 0 withholds, 1 silent, 2 lies, 3 cannot open, others honest
        IValidationOracle.Report[] memory reports = _scores(12, 900_000);
        for (uint256 i; i < 12; ++i) {
            if (moods[i] == 2) reports[i] = _report(seed % 2 == 0 ? int64(901_001) : int64(898_999));
            if (moods[i] == 3) reports[i] = _statement(CLOSED);
            if (moods[i] == 4) reports[i] = _report(901_000); // just near enough
            if (moods[i] != 1) _commit(requestId, i, reports[i]);
        }
        _toReveal(requestId);
        for (uint256 i; i < 12; ++i) {
            if (moods[i] > 1) _reveal(requestId, i, reports[i]);
        }
        _toResult(requestId);
        address[] memory members = oracle.panel(panelId).members;
        (IValidationOracle.Result memory result, address[] memory paid) = _judge(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.Answered);
        for (uint256 i; i < 12; ++i) {
            uint256 loss = moods[i] == 0 ? WITHHOLDING : moods[i] == 1 ? SILENCE : 0;
            if (slashable && moods[i] == 2) loss = SEAT;
            assertEq(_stakeOf(members[i]), STAKE - loss, "stake");
            assertEq(_lockOf(members[i]), SEAT - loss, "lock");
            assertEq(
                oracle.isMember(panelId, members[i]), loss != SEAT, "whoever lost its seat's stake is out"
            );
            assertEq(_isIn(members[i], paid), loss == 0 && moods[i] > 1, "paid");
        }
        assertEq(paid.length, slashable ? 9 : 10);
        assertEq(oracle.isFull(panelId), !slashable);
        oracle.dissolve(panelId);
        for (uint256 i; i < 12; ++i) {
            assertEq(_lockOf(members[i]), 0);
        }
    }

    function _shuffled(uint256 seed) private pure returns (uint256[12] memory moods) {
        for (uint256 i; i < 12; ++i) {
            uint256 j = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            moods[i] = moods[j];
            moods[j] = i;
        }
    }

    function test_judge_saysWhatItIsFor() public {
        uint256 requestId = _request(SCORE);
        address[] memory members = _members(requestId);
        IValidationOracle.Report[] memory reports = _scores(4, 900_000);
        _answerButWithhold(requestId, reports, 2);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[2], WITHHOLDING, "withheld");
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[4], SILENCE, "silent");
        _judge(requestId);

        requestId = _request(SCORE);
        uint256 panelId = oracle.requestOf(requestId).panelId;
        members = _members(requestId);
        reports = _scores(PANEL, 900_000);
        reports[1].word = "another";
        _answer(requestId, reports);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.SeatVacated(panelId, 1, members[1]);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[1], SEAT, "false report");
        IValidationOracle.Result memory result = oracle.resultOf(requestId);
        address[] memory paid = new address[](4);
        (paid[0], paid[1], paid[2], paid[3]) = (members[0], members[2], members[3], members[4]);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.Judged(requestId, requestId, result, paid);
        _judge(requestId);
    }

    function _answerButWithhold(
        uint256 requestId,
        IValidationOracle.Report[] memory reports,
        uint256 withheld
    ) private {
        for (uint256 i; i < reports.length; ++i) {
            _commit(requestId, i, reports[i]);
        }
        _toReveal(requestId);
        for (uint256 i; i < reports.length; ++i) {
            if (i != withheld) _reveal(requestId, i, reports[i]);
        }
        _toResult(requestId);
    }

    /// @dev Where nothing is answered, nothing that was said costs anything.
    function testFuzz_judge_noAnswerSlashesNobody(uint8 kind, uint8 mood) public {
        kind %= 3;
        uint256 requestId = _request(IValidationOracle.Kind(kind));
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = kind == 1 ? _report(int64(int256(i * 100_000))) : _statement(ANSWERED);
            reports[i].word = bytes32(i + 1);
            if (mood % 2 == 0 && i > 0) reports[i] = _statement(CLOSED);
        }
        _answer(requestId, reports);
        (IValidationOracle.Result memory result, address[] memory paid) = _judge(requestId);
        _assertOutcome(
            result.outcome,
            mood % 2 == 0 ? IValidationOracle.Outcome.CannotOpen : IValidationOracle.Outcome.Undecided
        );
        assertEq(paid.length, PANEL);
        assertEq(_burnt(stakingToken), 0);
    }

    /// @dev In every kind an answer with another word is false where the request is slashable.
    function testFuzz_judge_anotherWordIsFalse(uint8 kind, uint8 seat) public {
        seat %= PANEL;
        uint256 requestId = _request(IValidationOracle.Kind(kind % 3));
        address liar = _members(requestId)[seat];
        IValidationOracle.Report memory report = kind % 3 == 1 ? _report(900_000) : _statement(ANSWERED);
        IValidationOracle.Report[] memory reports = _same(PANEL, report);
        reports[seat].word = "another";
        _answer(requestId, reports);
        (, address[] memory paid) = _judge(requestId);
        assertEq(_stakeOf(liar), STAKE - SEAT);
        assertEq(paid.length, PANEL - 1);
    }

    /// @dev One of several scores is enough to be false.
    function testFuzz_judge_oneOfSeveralScoresIsFalse(uint8 subjects, uint8 which) public {
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.subjects = uint8(bound(subjects, 2, 32));
        uint256 requestId = oracle.request(_seatedPanel(), terms);
        address liar = _members(requestId)[3];
        IValidationOracle.Report memory report = _statement(ANSWERED);
        report.scores = new int64[](terms.subjects);
        IValidationOracle.Report[] memory reports = _same(PANEL, report);
        reports[3].scores[which % terms.subjects] = -int64(uint64(TOLERANCE)) - 1;
        _answer(requestId, reports);
        (IValidationOracle.Result memory result,) = _judge(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.Answered);
        assertEq(_stakeOf(liar), STAKE - SEAT);
        assertEq(_burnt(stakingToken), SEAT);
    }

    /// @dev By another request's result: whoever agrees with it is paid, whoever differs slashed, whatever the panel
    /// said.
    function test_judge_byAnAppeal() public {
        uint256 requestId = _request(SCORE);
        address[] memory members = _members(requestId);
        IValidationOracle.Report[] memory reports = _scores(PANEL, 100_000);
        reports[2] = _report(900_000);
        reports[3] = _statement(CLOSED);
        _answer(requestId, reports);
        uint256 appealPanelId = oracle.openAppealPanel(oracle.requestOf(requestId).panelId, stranger);
        _nextEpoch();
        _seat(appealPanelId);
        uint256 appealId = oracle.request(appealPanelId, _requestTerms(SCORE));
        _answer(appealId, _scores(11, 900_000));
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.judge(requestId, appealId);
        assertEq(result.scores[0], 900_000);
        assertEq(paid.length, 2);
        assertEq(paid[0], members[2]);
        assertEq(paid[1], members[3]); // a status is no answer, and so not a false one
        assertEq(_burnt(stakingToken), 3 * uint256(SEAT));
        assertFalse(oracle.requestOf(appealId).judged);
        _judge(appealId);
    }

    /// @dev A lock that fines have used up vacates the seat, and no fine exceeds the lock.
    function test_judge_finesUseUpTheLock() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.silencePpm = 600_000;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        address silent = oracle.panel(panelId).members[4];
        for (uint256 i; i < 2; ++i) {
            assertTrue(oracle.isMember(panelId, silent));
            uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
            _answer(requestId, _scores(4, 900_000));
            _judge(requestId);
        }
        assertEq(_stakeOf(silent), STAKE - SEAT);
        assertEq(_lockOf(silent), 0);
        assertFalse(oracle.isMember(panelId, silent));
        uint256 third = oracle.request(panelId, _requestTerms(SCORE));
        assertEq(oracle.requestOf(third).seats, 15);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotMember.selector, third, silent, 4));
        vm.prank(silent);
        oracle.commit(third, 4, SALT);
        _toResult(third);
        _judge(third);
        assertEq(_stakeOf(silent), STAKE - SEAT); // a vacant seat is not fined
    }

    /// @dev A panel that slashes have made small decides nothing with fewer than two thirds of all its seats.
    function test_quorumIsOfThePanelsFullSize() public {
        uint256 requestId = _request(SCORE);
        uint256 panelId = oracle.requestOf(requestId).panelId;
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[4] = _report(1);
        _answer(requestId, reports);
        _judge(requestId);
        assertFalse(oracle.isFull(panelId));
        assertEq(oracle.membersOf(panelId).length, 4);
        requestId = oracle.request(panelId, _requestTerms(SCORE));
        _answer(requestId, _scores(3, 950_000)); // three of four members, but three of five seats
        (,, bool quorum) = oracle.ballotOf(requestId);
        assertFalse(quorum);
        (IValidationOracle.Result memory result,) = _judge(requestId);
        _assertOutcome(result.outcome, IValidationOracle.Outcome.PanelSilent);
    }

    /// @dev Nobody is left to ask: the panel would be stuck with a request that nobody can name.
    function test_request_notWithoutMembers() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.silencePpm = 1_000_000;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
        _toResult(requestId);
        _judge(requestId);
        assertEq(oracle.membersOf(panelId).length, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.request(panelId, _requestTerms(SCORE));
        oracle.dissolve(panelId);
    }
}
