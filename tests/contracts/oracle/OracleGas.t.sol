// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Whole transactions' gas of a panel of five that is asked for a score, appealable and agreed. Needs
/// `isolate = true`.
contract OracleGasTest is RoundsFixture {
    string private constant GROUP = "ValidationOracle";
    int64 private constant GOOD = 900_000;
    uint256 private constant POOL = 18;

    /// @dev Every validator has sat before, and an earlier panel has voted and left its room.
    function _toSteadyState() private {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(POOL);
        (terms.customer, terms.developer) = (makeAddr("another customer"), makeAddr("another developer"));
        uint256 everybody = oracle.openPanel(terms);
        _seat(everybody);
        oracle.dissolve(everybody);
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(PANEL, GOOD));
        _pastAppeal(panelId);
        rounds.advance(panelId);
        rounds.close(panelId);
        _nextEpoch();
    }

    /* THE ORACLE BY ITSELF */

    /// @dev What most panels cost.
    function test_score() public {
        _toSteadyState();
        uint256 requestId = _toRequest("");
        (uint256 commit, uint256 reveal) = _voteAll(requestId, "");
        assertLt(commit, 52_000);
        assertLt(reveal, 50_000);
        assertLt(commit + reveal, 130_130); // ERC-8004's validationResponse
        oracle.judge(requestId, requestId);
        assertLt(_lastGas("judge", ""), 150_000);
        oracle.dissolve(oracle.requestOf(requestId).panelId);
        _lastGas("dissolve", "");
    }

    /// @dev The first panel of all, in a room that nobody used, of validators who have never sat.
    function test_score_first() public {
        string memory suffix = ", the first of all";
        uint256 requestId = _toRequest(suffix);
        _voteAll(requestId, suffix);
        oracle.judge(requestId, requestId);
        _lastGas("judge", suffix);
    }

    /// @dev Four members agree, one lies: judged, and nobody else is harmed.
    function test_judge_withALiar() public {
        _toSteadyState();
        uint256 requestId = _request(SCORE);
        IValidationOracle.Report[] memory reports = _scores(PANEL, GOOD);
        reports[2] = _report(0);
        _answer(requestId, reports);
        oracle.judge(requestId, requestId);
        _lastGas("judge", ", one lied");
    }

    /// @dev All candidates have dealt and declared ties, though with others: each asks for four more slots.
    function test_seat_ofMembersWithAPast() public {
        for (uint256 i; i < POOL; ++i) {
            registry.recordDealing(validators[i], stranger);
            vm.prank(validators[i]);
            registry.declareTie(stranger, type(uint40).max);
        }
        _toSteadyState();
        _toRequest(", of members with a past");
    }

    function _toRequest(string memory suffix) private returns (uint256 requestId) {
        uint256 panelId = oracle.openPanel(_panelTerms());
        _lastGas("openPanel", suffix);
        oracle.arm(panelId);
        _lastGas("arm", suffix);
        vm.roll(block.number + 3);
        oracle.seat(panelId);
        uint256 seat = _lastGas("seat", suffix);
        if (bytes(suffix).length == 0) assertLt(seat, 300_000);
        requestId = oracle.request(panelId, _requestTerms(SCORE));
        assertLt(_lastGas("request", suffix), 190_807); // ERC-8004's validationRequest
    }

    function _voteAll(uint256 requestId, string memory suffix)
        private
        returns (uint256 commit, uint256 reveal)
    {
        _commit(requestId, 0, _report(GOOD));
        commit = _lastGas("commit", suffix);
        for (uint256 i = 1; i < PANEL; ++i) {
            _commit(requestId, i, _report(GOOD));
        }
        _lastGas("commit, the last", suffix);
        _reveal(requestId, 0, _report(GOOD));
        reveal = _lastGas("reveal", suffix);
        for (uint256 i = 1; i < PANEL; ++i) {
            _reveal(requestId, i, _report(GOOD));
        }
    }

    function _lastGas(string memory name, string memory suffix) private returns (uint256) {
        return vm.snapshotGasLastCall(GROUP, string.concat(name, suffix));
    }

    /* ROUNDS */

    function test_rounds() public {
        _toSteadyState();
        uint256 panelId = rounds.open(7, _terms());
        _roundsGas("open");
        rounds.ask(panelId, _question(SCORE));
        _roundsGas("ask, naming the block");
        _seatRound(panelId);
        _roundsGas("advance, seating");
        _give(panelId, DATA);
        _roundsGas("grant");
        _give(panelId, MODEL);
        _roundsGas("grant, the last");
        _vote(panelId, _scores(PANEL, GOOD));
        _pastAppeal(panelId);
        rounds.advance(panelId);
        _roundsGas("advance, answering");
        rounds.ask(panelId, _plain(DIGEST));
        _roundsGas("ask, a seated panel");
        _vote(panelId, _statements(3, ANSWERED));
        rounds.advance(panelId);
        _roundsGas("advance, replacing");
        _endByTime(panelId);
        rounds.close(panelId);
        _roundsGas("close");
    }

    function test_rounds_appeal() public {
        _toSteadyState();
        uint256 panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(PANEL, 0));
        _nextEpoch();
        vm.prank(appellant);
        rounds.appeal(panelId);
        _roundsGas("appeal");
        _seatRound(panelId);
        _roundsGas("advance, seating the appeal");
        _answer(rounds.roundOf(panelId).appealRequestId, _scores(JUDGES, GOOD));
        rounds.advance(panelId);
        _roundsGas("advance, overturning");
    }

    function _roundsGas(string memory name) private {
        vm.snapshotGasLastCall("Rounds", name);
    }
}
