// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Whole transactions' gas of a panel of five's evaluation, appealable and agreed. Needs `isolate = true`.
contract OracleGasTest is OracleFixture {
    string private constant GROUP = "ValidationOracle";
    int64 private constant SCORE = 900_000;
    uint256 private constant POOL = 18;

    /// @dev Every validator has sat before, and an earlier panel has voted and left its room.
    function _toSteadyState() private {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(POOL);
        (terms.customer, terms.developer) = (makeAddr("another customer"), makeAddr("another developer"));
        uint256 everybody = oracle.openPanel(terms);
        _seat(everybody);
        oracle.dissolve(everybody);
        terms.size = 5;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        _answer(requestId, _scores(5, SCORE));
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        oracle.dissolve(panelId);
    }

    /// @dev What most panels cost.
    function test_evaluation() public {
        _toSteadyState();
        uint256 requestId = _toRequest("");
        (uint256 commit, uint256 reveal) = _voteAll(requestId, "");
        assertLt(commit, 52_000);
        assertLt(reveal, 50_000);
        assertLt(commit + reveal, 130_130); // ERC-8004's validationResponse
        assertLt(_tallyAndFinalise(requestId, ""), 180_000);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
        _lastGas("dissolve", "");
    }

    /// @dev The first panel of all, in a room that nobody used, of validators who have never sat.
    function test_evaluation_first() public {
        string memory suffix = ", the first of all";
        uint256 requestId = _toRequest(suffix);
        _voteAll(requestId, suffix);
        assertLt(_tallyAndFinalise(requestId, suffix), 180_000);
    }

    /// @dev Four members agree, one lies: tallied and judged, and nobody else is harmed.
    function test_finalise_withALiar() public {
        _toSteadyState();
        uint256 panelId = _seatedPanel();
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        IValidationOracle.Report[] memory reports = _scores(5, SCORE);
        reports[2].score = 0;
        _answer(requestId, reports);
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        _lastGas("finalise", ", one lied");
    }

    /// @dev All candidates have dealt and declared ties, though with others: each asks for four more slots.
    function test_seat_ofMembersWithAPast() public {
        for (uint256 i; i < POOL; ++i) {
            address validator = makeAddr(string.concat("validator ", vm.toString(i)));
            registry.recordDealing(validator, stranger);
            vm.prank(validator);
            registry.declareTie(stranger, type(uint40).max);
        }
        _toSteadyState();
        _toRequest(", of members with a past");
    }

    function test_appeal() public {
        _toSteadyState();
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(5, SCORE));
        oracle.tally(requestId);
        _fund(stranger, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        vm.prank(stranger);
        oracle.appeal(requestId);
        _lastGas("appeal", "");
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
        requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        assertLt(_lastGas("request", suffix), 190_807); // ERC-8004's validationRequest
    }

    function _voteAll(uint256 requestId, string memory suffix)
        private
        returns (uint256 commit, uint256 reveal)
    {
        _commit(requestId, 0, _report(SCORE));
        commit = _lastGas("commit", suffix);
        for (uint256 i = 1; i < 5; ++i) {
            _commit(requestId, i, _report(SCORE));
        }
        _lastGas("commit, the last", suffix);
        _reveal(requestId, 0, _report(SCORE));
        reveal = _lastGas("reveal", suffix);
        for (uint256 i = 1; i < 5; ++i) {
            _reveal(requestId, i, _report(SCORE));
        }
    }

    function _tallyAndFinalise(uint256 requestId, string memory suffix) private returns (uint256 gas) {
        oracle.tally(requestId);
        gas = _lastGas("tally", suffix);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        gas += _lastGas("finalise", suffix);
    }

    function _lastGas(string memory name, string memory suffix) private returns (uint256) {
        return vm.snapshotGasLastCall(GROUP, string.concat(name, suffix));
    }
}
