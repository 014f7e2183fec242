// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Members who did not answer, or could not agree, or lied, and those who come after them.
contract RoundsReplacementTest is RoundsFixture {
    /// @dev The panel again, drawn in a new epoch, with its keys.
    function _toSecondVote(uint256 panelId) private {
        _assertState(panelId, IRounds.State.Drawing);
        assertTrue(rounds.roundOf(panelId).replaced);
        _seatAgain(panelId);
        if (rounds.roundOf(panelId).state != IRounds.State.Granting) return;
        _give(panelId, DATA);
        _give(panelId, MODEL);
    }

    function testFuzz_silent_areReplacedOnce(uint8 said, bool appealable, bytes32 hash) public {
        said %= 4;
        uint256 panelId = _toVote(appealable ? _question(SCORE) : _plain(SCORE));
        address[] memory before = _current(panelId);
        _vote(panelId, _scores(said, 900_000));
        if (appealable) {
            vm.expectRevert(abi.encodeWithSelector(IRounds.NotAppealable.selector, panelId));
            vm.prank(appellant);
            rounds.appeal(panelId);
        }
        if (said == 0) vm.warp(rounds.roundOf(panelId).deadline);
        IRounds.Answer memory answer = rounds.advance(panelId); // without a quorum there is no time for an appeal
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Pending);
        assertEq(answer.paid.length, said);
        for (uint256 i; i < PANEL; ++i) {
            assertEq(_stakeOf(before[i]), STAKE - (i < said ? 0 : SILENCE));
            assertEq(_lockOf(before[i]), i < said ? SEAT : 0);
            assertEq(_current(panelId)[i], i < said ? before[i] : address(0));
            if (i < said) assertEq(answer.paid[i], before[i]);
        }
        _nextEpoch();
        _seatRound(panelId);
        vm.roll(block.number + 3);
        vm.setBlockhash(oracle.panel(panelId).armedBlock, hash == 0 ? bytes32("hash") : hash);
        rounds.advance(panelId);
        for (uint256 i; i < PANEL; ++i) {
            if (i < said) assertEq(_current(panelId)[i], before[i]);
            else assertFalse(_isIn(_current(panelId)[i], before));
        }
        _give(panelId, DATA);
        _give(panelId, MODEL);
        _vote(panelId, _scores(3, 900_000)); // too few again
        answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.PanelSilent);
        assertEq(answer.paid.length, 3);
        _closeAndCheck(panelId);
    }

    /// @dev Those who replace the silent answer as if they had been there from the beginning.
    function test_silent_thenAnswered() public {
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(3, 900_000));
        rounds.advance(panelId);
        _toSecondVote(panelId);
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[0] = _report(1);
        _vote(panelId, reports);
        _assertDueAt(panelId, block.timestamp + APPEAL);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Answered);
        assertEq(answer.paid.length, 4);
        assertEq(_burnt(stakingToken), 2 * uint256(SILENCE) + SEAT);
        _closeAndCheck(panelId);
    }

    /// @dev Where all spoke and could not agree, all are replaced, if nobody can appeal; they are paid, as are the new
    /// ones.
    function testFuzz_undecided_aWhollyNewPanel(bool agrees) public {
        uint256 panelId = _toVote(_plain(SCORE));
        address[] memory before = _current(panelId);
        _vote(panelId, _disagreeing(PANEL));
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Pending);
        assertEq(abi.encode(answer.paid), abi.encode(before));
        assertEq(_lockedTotal(), 0);
        _toSecondVote(panelId);
        for (uint256 i; i < PANEL; ++i) {
            assertFalse(_isIn(_current(panelId)[i], before));
        }
        _vote(panelId, agrees ? _scores(PANEL, 1) : _disagreeing(PANEL));
        answer = rounds.advance(panelId);
        _assertOutcome(
            answer.outcome, agrees ? IValidationOracle.Outcome.Answered : IValidationOracle.Outcome.Undecided
        );
        assertEq(answer.paid.length, PANEL);
        assertEq(_burnt(stakingToken), 0);
        _closeAndCheck(panelId);
    }

    function _disagreeing(uint256 count) private pure returns (IValidationOracle.Report[] memory reports) {
        reports = _scores(count, 0);
        for (uint256 i; i < count; ++i) {
            reports[i].scores[0] = int64(int256(i * 100_000));
        }
    }

    /// @dev Where somebody can appeal, an undecided answer is the answer.
    function test_undecided_appealable() public {
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _disagreeing(PANEL));
        _assertDueAt(panelId, block.timestamp + APPEAL);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Undecided);
        assertEq(answer.paid.length, PANEL);
        assertFalse(rounds.roundOf(panelId).replaced);
    }

    /// @dev Once in a panel's life, not once a question: a market pays no more than it has been told.
    function test_replaced_onceInAPanelsLife() public {
        uint256 panelId = _toVote(_plain(VERDICT));
        _vote(panelId, _statements(2, ANSWERED));
        rounds.advance(panelId);
        _toSecondVote(panelId);
        _vote(panelId, _statements(PANEL, ANSWERED));
        rounds.advance(panelId);
        rounds.ask(panelId, _plain(VERDICT));
        _vote(panelId, _statements(2, ANSWERED));
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.PanelSilent);
        assertEq(answer.paid.length, 2);
    }

    /// @dev None is left to take the silent ones' place: the question ends, and those who spoke keep their fee.
    function test_replaced_byNobody() public {
        IRounds.Terms memory terms = _terms();
        terms.size = uint8(_poolSize());
        _nextEpoch();
        uint256 panelId = rounds.open(7, terms);
        rounds.ask(panelId, _plain(SCORE));
        _seatRound(panelId);
        _vote(panelId, _scores(3, 900_000));
        assertEq(rounds.advance(panelId).paid.length, 3);
        IRounds.Answer memory answer = _endByTime(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.NotSeated);
        assertEq(answer.paid.length, 0);
        _closeAndCheck(panelId);
    }

    /// @dev Seats that slashes have emptied are drawn anew with the next question, and granted every key: also those
    /// that were granted before. Slashed members do not come again.
    function testFuzz_slashed_areRefilled(uint8 liar, bool staysPassOn) public {
        liar %= PANEL;
        uint256 panelId = _toVote(_question(SCORE));
        address[] memory before = _current(panelId);
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[liar] = _report(1);
        _vote(panelId, reports);
        _pastAppeal(panelId);
        assertEq(rounds.advance(panelId).paid.length, PANEL - 1);
        assertEq(_current(panelId)[liar], address(0));

        _nextEpoch();
        rounds.ask(panelId, _plain(DIGEST)); // nothing fresh
        _assertState(panelId, IRounds.State.Drawing);
        _seatRound(panelId);
        for (uint256 i; i < PANEL; ++i) {
            if (i == liar) assertFalse(_isIn(_current(panelId)[i], before));
            else assertEq(_current(panelId)[i], before[i]);
        }
        assertFalse(rounds.roundOf(panelId).replaced);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        if (staysPassOn) {
            address stays = before[(liar + 1) % PANEL];
            _offer(panelId, stays, DATA);
            _offer(panelId, stays, MODEL);
            vm.warp(rounds.roundOf(panelId).deadline);
            rounds.advance(panelId);
        } else {
            _give(panelId, DATA);
            _give(panelId, MODEL);
        }
        _assertState(panelId, IRounds.State.Voting);
    }

    /// @dev Where slashes have emptied every seat the next panel is all new: nobody has a key to pass on.
    function test_slashed_all() public {
        (uint256 panelId, uint256 appealId) = _toAppealVote();
        _answer(appealId, _scores(JUDGES, 500_000));
        assertEq(rounds.advance(panelId).paid.length, 0);
        assertEq(oracle.membersOf(panelId).length, 0);
        _nextEpoch();
        rounds.ask(panelId, _plain(DIGEST));
        _seatRound(panelId);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        _offer(panelId, _current(panelId)[0], DATA);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
    }

    /// @dev In whatever state everybody falls silent, `advance` brings the question to its end in time.
    function testFuzz_everyState_endsByTimeAlone(uint8 step, uint8 said, bool appealable) public {
        IRounds.Question memory question = _question(SCORE);
        question.appealable = appealable;
        said %= PANEL + 1;
        uint256 panelId;
        if (step % 5 == 0) panelId = _toDraw(question);
        else if (step % 5 == 1) panelId = _toGrants(question);
        else if (step % 5 < 4) panelId = _toVote(question);
        else panelId = _toAppeal();
        if (step % 5 == 3) _vote(panelId, _scores(said, 900_000));
        if (step == 4) _seatRound(panelId);
        IRounds.Answer memory answer = _endByTime(panelId);
        assertNotEq(uint8(answer.outcome), uint8(IValidationOracle.Outcome.Pending));
        _closeAndCheck(panelId);
    }
}
