// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice The largest panel there is, asked about the most subjects, in its worst case, fits a transaction of 2^24 gas
/// (EIP-7825): twice, or with a quarter to spare where it is judged together with its appeal's.
contract LargestPanelGasTest is RoundsFixture {
    uint256 private constant SIZE = 31;
    uint8 private constant SUBJECTS = 32;
    uint256 private constant BOUND = 2 ** 24 / 2;

    /// @dev Two full panels, and as many again who have no stake free or a tie, and so come out of the draw in vain.
    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 70; ++i) {
            address account =
                _register(string.concat("more ", vm.toString(i)), IParticipantRegistry.Role.Validator);
            if (i >= 50) {
                vm.prank(account);
                registry.declareTie(developer, type(uint40).max);
            }
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < 70; ++i) {
            _stake(makeAddr(string.concat("more ", vm.toString(i))), STAKE);
        }
        _nextEpoch();
    }

    /// @dev Scores in no order, all within the tolerance; all criteria met.
    function _reports(uint256 count) private pure returns (IValidationOracle.Report[] memory reports) {
        IValidationOracle.Report memory report = _statement(ANSWERED);
        (report.scores, report.criteria) = (new int64[](SUBJECTS), type(uint16).max);
        reports = _same(count, report);
        for (uint256 i; i < count; ++i) {
            for (uint256 j; j < SUBJECTS; ++j) {
                reports[i].scores[j] = int64(int256(uint256(keccak256(abi.encode(i, j))) % TOLERANCE));
            }
        }
    }

    function test_everyStepIsBounded() public {
        IRounds.Terms memory terms = _terms();
        terms.size = uint8(SIZE);
        uint256 panelId = rounds.open(7, terms);
        IRounds.Question memory question = _question(SCORE);
        (question.subjects, question.fresh) = (SUBJECTS, 0);
        rounds.ask(panelId, question);
        _seatRound(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "seat"), BOUND);
        IValidationOracle.Report[] memory reports = _reports(SIZE);
        for (uint256 i; i < SIZE; ++i) {
            if (i % 3 == 0 && i < 30) reports[i].scores[SUBJECTS - 1] = 1e6; // ten lie
        }
        _vote(panelId, reports);
        oracle.resultOf(rounds.roundOf(panelId).requestId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "result"), BOUND);

        _fund(appellant, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        _nextEpoch();
        _appeal(panelId);
        _seatRound(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "seat, appeal"), BOUND);
        _answer(rounds.roundOf(panelId).appealRequestId, _reports(21)); // ten are silent
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "advance, both panels"), BOUND * 3 / 2);
        assertTrue(answer.appealed);
        assertEq(answer.paid.length, 21);
        assertEq(_burnt(stakingToken), 10 * uint256(SEAT) + 10 * uint256(SILENCE));
        _nextEpoch();
        rounds.ask(panelId, question); // with ten seats to be filled again
        _seatRound(panelId);
        if (rounds.roundOf(panelId).state == IRounds.State.Granting) {
            _give(panelId, DATA);
            _give(panelId, MODEL);
        }
        _vote(panelId, _reports(SIZE));
        _pastAppeal(panelId);
        rounds.advance(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "advance, answering"), BOUND);
        rounds.close(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "dissolve"), BOUND);
    }
}
