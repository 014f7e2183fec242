// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Appeals that overturn, confirm, or are not heard; and that money and stakes follow.
contract RoundsAppealsTest is RoundsFixture {
    /* OPENING */

    function test_appeal_opensAFreshPanel() public {
        uint256 panelId = _toVote(_question(SCORE));
        address[] memory members = _current(panelId);
        _vote(panelId, _scores(PANEL, 100_000));
        uint256 requestId = rounds.roundOf(panelId).requestId;
        assertEq(rounds.appealDeposit(panelId), DEPOSIT);
        _nextEpoch();
        uint256 expected = 1 << 32 | 2; // the first panel of the second room
        vm.expectEmit(address(rounds));
        emit IRounds.Appealed(panelId, requestId, appellant, expected, DEPOSIT);
        assertEq(_appeal(panelId), expected);
        assertEq(_balance(appellant, paymentToken), 0);
        assertEq(_held(requestId), DEPOSIT);
        _assertState(panelId, IRounds.State.AppealDrawing);
        assertEq(rounds.roundOf(panelId).deadline, block.timestamp + DRAW);
        IValidationOracle.PanelView memory panel = oracle.panel(expected);
        assertEq(panel.terms.size, JUDGES);
        assertEq(panel.opener, address(rounds));

        assertEq(_seatRound(panelId).paid.length, 0);
        _assertState(panelId, IRounds.State.AppealVoting);
        IRounds.RoundView memory round = rounds.roundOf(panelId);
        IValidationOracle.RequestView memory request = oracle.requestOf(round.appealRequestId);
        assertEq(request.panelId, expected);
        assertEq(request.commitEnds, block.timestamp + COMMIT + GRANT); // the keys come from the first panel
        assertEq(request.revealEnds, request.commitEnds + REVEAL);
        assertEq(round.deadline, request.revealEnds);
        IValidationOracle.RequestTerms memory terms =
            IValidationOracle.RequestTerms(SCORE, 1, true, TOLERANCE, COMMIT + GRANT, REVEAL);
        assertEq(abi.encode(request.terms), abi.encode(terms));
        address[] memory fresh = oracle.membersOf(expected);
        for (uint256 i; i < members.length; ++i) {
            assertFalse(_isIn(members[i], fresh));
        }
        vm.expectRevert(abi.encodeWithSelector(IRounds.UnknownRound.selector, expected));
        rounds.roundOf(expected); // it is no round of its own
    }

    /// @dev Within the time after the votes are in, and once.
    function test_appeal_inItsTimeOnly() public {
        uint256 panelId = _toVote(_question(SCORE));
        _expectNotAppealable(panelId);
        for (uint256 i; i < PANEL; ++i) {
            _commit(rounds.roundOf(panelId).requestId, i, _report(5));
        }
        for (uint256 i; i < 4; ++i) {
            _reveal(rounds.roundOf(panelId).requestId, i, _report(5));
        }
        _expectNotAppealable(panelId); // a quorum, but one may still reveal
        _toResult(rounds.roundOf(panelId).requestId);
        uint256 ends = block.timestamp + APPEAL;
        vm.warp(ends);
        _expectNotAppealable(panelId);
        vm.warp(ends - 1);
        _appeal(panelId);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.WrongState.selector, panelId, IRounds.State.AppealDrawing)
        );
        rounds.appeal(panelId);
    }

    function _expectNotAppealable(uint256 panelId) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAppealable.selector, panelId));
        vm.prank(appellant);
        rounds.appeal(panelId);
    }

    /// @dev However late the last step, and whoever takes it: the time for an appeal begins when the votes are in.
    function testFuzz_appeal_noStepShortensTheWindow(uint40 later, bool early) public {
        uint256 panelId = _toVote(_question(SCORE));
        if (early) skip(10 minutes);
        _vote(panelId, _scores(early ? PANEL : 4, 900_000));
        uint256 votesIn = block.timestamp;
        later = uint40(bound(later, 0, APPEAL - 1));
        skip(later);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, panelId, IRounds.State.Voting, votesIn + APPEAL)
        );
        rounds.advance(panelId);
        _appeal(panelId);
        _assertState(panelId, IRounds.State.AppealDrawing);
    }

    function test_appeal_takesMoneyOnlyWithLeave() public {
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(PANEL, 900_000));
        vm.prank(appellant);
        escrow.setOperator(address(rounds), address(paymentToken), false);
        vm.expectRevert();
        vm.prank(appellant);
        rounds.appeal(panelId);
        vm.expectRevert();
        vm.prank(stranger);
        rounds.appeal(panelId);
        _assertState(panelId, IRounds.State.Voting);
    }

    /// @dev Whoever appeals does not judge its appeal.
    function testFuzz_appeal_theAppellantIsNotDrawn(bytes32 hash) public {
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(PANEL, 900_000));
        for (uint256 i; _isIn(appellant, _current(panelId)) || i == 0; ++i) {
            appellant = validators[i];
        }
        _fund(appellant, paymentToken, DEPOSIT, address(rounds));
        _nextEpoch();
        uint256 appealPanelId = _appeal(panelId);
        vm.roll(block.number + 3);
        vm.setBlockhash(oracle.panel(appealPanelId).armedBlock, hash == 0 ? bytes32("hash") : hash);
        rounds.advance(panelId);
        assertFalse(oracle.isMember(appealPanelId, appellant));
    }

    function testFuzz_deposit_isOfThePanelThatHearsIt(uint8 size, uint96 fee, uint96 bond) public {
        IRounds.Terms memory terms = _terms();
        (terms.size, terms.fee) = (uint8(bound(size, 3, 31)), fee);
        terms.rules = _page(bond, _timeouts());
        uint256 panelId = rounds.open(7, terms);
        uint256 judges = terms.size < 15 ? 2 * uint256(terms.size) + 1 : 31;
        assertEq(rounds.appealDeposit(panelId), bond + judges * fee);
    }

    /* WAITING */

    function test_appeal_isWaitedFor() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        _assertDueAt(panelId, oracle.requestOf(appealId).revealEnds);
    }

    /* OUTCOMES */

    function test_overturned_colludersAreSlashedAndTheBondComesBack() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        (uint256 requestId, address[] memory members) = (rounds.roundOf(panelId).requestId, _current(panelId));
        address[] memory judges = _members(appealId);
        _answer(appealId, _scores(JUDGES, 900_000));
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Answered);
        assertEq(answer.scores[0], 900_000);
        assertTrue(answer.appealed);
        assertEq(answer.paid.length, 1);
        assertEq(answer.paid[0], members[0]);
        assertEq(_burnt(stakingToken), 4 * uint256(SEAT));
        for (uint256 i; i < judges.length; ++i) {
            assertEq(_balance(judges[i], paymentToken), FEE);
            assertEq(_lockOf(judges[i]), 0);
        }
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND);
        assertEq(_held(requestId), 0);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.UnknownRequest.selector, appealId));
        oracle.requestOf(appealId);
        _assertState(panelId, IRounds.State.Idle);
        _closeAndCheck(panelId);
    }

    /// @dev Within the tolerance it is the same answer, though the appeal panel's is the one that counts.
    function testFuzz_confirmed_theBondIsBurntAndTheLiarSlashed(int64 shift) public {
        shift = int64(bound(shift, -int64(uint64(TOLERANCE)), int64(uint64(TOLERANCE))));
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        uint256 requestId = rounds.roundOf(panelId).requestId;
        _answer(appealId, _scores(JUDGES, 100_000 + shift));
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertTrue(answer.appealed);
        assertEq(answer.scores[0], 100_000 + shift);
        assertEq(answer.paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_burnt(paymentToken), APPEAL_BOND);
        assertEq(_balance(appellant, paymentToken), 0);
        assertEq(_held(requestId), 0);
    }

    /// @dev Of any size, one base unit included; nothing stays in the hold.
    function testFuzz_confirmed_aBondOfAnySizeIsBurnt(uint96 bond, bool tiny) public {
        bond = uint96(bound(bond, 0, tiny ? 1 : APPEAL_BOND));
        IRounds.Terms memory terms = _terms();
        terms.rules = _page(bond, _timeouts());
        _nextEpoch();
        uint256 panelId = rounds.open(7, terms);
        rounds.ask(panelId, _question(SCORE));
        _seatRound(panelId);
        _give(panelId, DATA);
        _give(panelId, MODEL);
        _vote(panelId, _scores(PANEL, 100_000));
        uint256 requestId = rounds.roundOf(panelId).requestId;
        _nextEpoch();
        _appeal(panelId);
        _seatRound(panelId);
        _answer(rounds.roundOf(panelId).appealRequestId, _scores(JUDGES, 100_000));
        rounds.advance(panelId);
        assertEq(_burnt(paymentToken), bond);
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND - bond);
        assertEq(_held(requestId), 0);
    }

    function test_overturned_byAStatus_slashesNobody() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        _answer(appealId, _statements(JUDGES, CLOSED));
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.CannotOpen);
        assertEq(answer.scores.length, 0);
        assertTrue(answer.appealed);
        assertEq(answer.paid.length, PANEL);
        assertEq(_burnt(stakingToken), 0);
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND);
    }

    /// @dev An appeal against an answer that none was found decides who lied.
    function test_overturned_anUndecidedAnswer() public {
        uint256 panelId = _toVote(_question(SCORE));
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        (reports[0], reports[1]) = (_report(1), _report(2));
        _vote(panelId, reports);
        _nextEpoch();
        _appeal(panelId);
        _seatRound(panelId);
        _answer(rounds.roundOf(panelId).appealRequestId, _scores(JUDGES, 900_000));
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Answered);
        assertEq(answer.paid.length, 3);
        assertEq(_burnt(stakingToken), 2 * uint256(SEAT));
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND);
    }

    function test_judgesAreJudged() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        uint256 requestId = rounds.roundOf(panelId).requestId;
        address[] memory judges = _members(appealId);
        IValidationOracle.Report[] memory reports = _scores(JUDGES - 1, 900_000); // the last is silent
        reports[0] = _report(5); // the first lies
        _answer(appealId, reports);
        rounds.advance(panelId);
        assertEq(_stakeOf(judges[0]), STAKE - SEAT);
        assertEq(_balance(judges[0], paymentToken), 0);
        assertEq(_stakeOf(judges[10]), STAKE - SILENCE);
        assertEq(_lockOf(judges[10]), 0);
        assertEq(_balance(judges[10], paymentToken), 0);
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND + 2 * FEE);
        assertEq(_held(requestId), 0);
    }

    /// @dev Two thirds of the judges who spoke are enough, so that silence on an appeal panel saves no lie.
    function test_overturned_byTwoThirdsOfThoseWhoSpoke() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        IValidationOracle.Report[] memory reports = _scores(8, 900_000);
        (reports[0], reports[1]) = (_report(100_000), _report(100_000));
        _answer(appealId, reports);
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertTrue(answer.appealed);
        assertEq(answer.scores[0], 900_000);
        assertEq(_burnt(stakingToken), 6 * uint256(SEAT) + 3 * uint256(SILENCE));
    }

    /* NOT HEARD */

    function test_silentAppealPanel_answerStandsWithItsConsequences() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        uint256 requestId = rounds.roundOf(panelId).requestId;
        address[] memory judges = _members(appealId);
        _answer(appealId, _scores(7, 900_000)); // no quorum of eleven
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertEq(answer.scores[0], 100_000);
        assertFalse(answer.appealed);
        assertEq(answer.paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT + 4 * uint256(SILENCE)); // who differed from the answer, and silent judges
        assertEq(_balance(judges[0], paymentToken), FEE);
        assertEq(_balance(appellant, paymentToken), DEPOSIT - 7 * FEE);
        assertEq(_burnt(paymentToken), 0);
        assertEq(_held(requestId), 0);
    }

    function test_undecidedAppealPanel_answerStands() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        IValidationOracle.Report[] memory reports = _scores(JUDGES, 900_000);
        for (uint256 i; i < 5; ++i) {
            reports[i].scores[0] = int64(int256(i));
        }
        _answer(appealId, reports);
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertEq(answer.scores[0], 100_000);
        assertFalse(answer.appealed);
        assertEq(answer.paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_balance(appellant, paymentToken), APPEAL_BOND);
    }

    /// @dev Too few are left to hear it: the whole deposit comes back after the deadline.
    function test_unseatedAppealPanel_answerStandsAndTheDepositComesBack() public {
        uint256 panelId = _toVote(_question(SCORE));
        IValidationOracle.Report[] memory reports = _scores(PANEL, 100_000);
        reports[0] = _report(900_000);
        _vote(panelId, reports);
        _nextEpoch();
        uint256 appealPanelId = _appeal(panelId);
        _tieAll();
        uint256 deadline = rounds.roundOf(panelId).deadline;
        vm.roll(block.number + 3);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, panelId, IRounds.State.AppealDrawing, deadline)
        );
        rounds.advance(panelId);
        IRounds.Answer memory answer = _endByTime(panelId);
        assertGe(block.timestamp, deadline);
        assertEq(answer.scores[0], 100_000);
        assertFalse(answer.appealed);
        assertEq(answer.paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_balance(appellant, paymentToken), DEPOSIT);
        assertEq(_held(rounds.roundOf(panelId).requestId), 0);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.UnknownPanel.selector, appealPanelId));
        oracle.panel(appealPanelId);
        _closeAndCheck(panelId);
    }

    function _tieAll() private {
        for (uint256 i; i < validators.length; ++i) {
            vm.prank(validators[i]);
            registry.declareTie(developer, type(uint40).max);
        }
    }

    /// @dev Whoever appeals against the truth saves nothing by it, whether or not the appeal can be heard.
    function testFuzz_aLiarsOwnAppealSavesNothing(uint8 ending) public {
        uint256 panelId = _toVote(_question(SCORE));
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[4] = _report(100_000); // the lie
        address liar = _current(panelId)[4];
        _vote(panelId, reports);
        _fund(liar, paymentToken, DEPOSIT, address(rounds));
        appellant = liar;
        _nextEpoch();
        _appeal(panelId);
        ending %= 4;
        if (ending == 0) {
            _tieAll(); // never seated
        } else {
            _seatRound(panelId);
            IValidationOracle.Report[] memory judges = _scores(ending == 1 ? 2 : JUDGES, 900_000);
            for (uint256 i; ending == 2 && i < 5; ++i) {
                judges[i].scores[0] = int64(int256(i)); // they cannot agree
            }
            _answer(rounds.roundOf(panelId).appealRequestId, judges);
        }
        IRounds.Answer memory answer = _endByTime(panelId);
        assertEq(answer.scores[0], 900_000);
        assertEq(answer.paid.length, 4);
        assertFalse(_isIn(liar, answer.paid));
        assertEq(_stakeOf(liar), STAKE - SEAT);
    }

    /// @dev The next question on the same panel may be appealed too: its deposit is another one.
    function test_appeal_ofTwoQuestions() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        _answer(appealId, _scores(JUDGES, 100_000));
        rounds.advance(panelId);
        assertEq(_burnt(paymentToken), APPEAL_BOND);
        _nextEpoch();
        rounds.ask(panelId, _question(SCORE));
        assertEq(rounds.roundOf(panelId).appealPanelId, 0);
        _seatRound(panelId); // the liar's seat
        _give(panelId, DATA);
        _give(panelId, MODEL);
        _vote(panelId, _scores(PANEL, 7));
        _fund(appellant, paymentToken, DEPOSIT, address(rounds));
        _nextEpoch();
        _appeal(panelId);
        _seatRound(panelId);
        _answer(rounds.roundOf(panelId).appealRequestId, _scores(JUDGES, 7));
        assertTrue(rounds.advance(panelId).appealed);
        assertEq(_burnt(paymentToken), 2 * uint256(APPEAL_BOND));
        _closeAndCheck(panelId);
    }
}
