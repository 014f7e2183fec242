// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Whole transactions' gas of a panel of five's evaluation, appealable and agreed. Needs `isolate = true`.
contract OracleGasTest is OracleFixture {
    string private constant GROUP = "ValidationOracle";
    int64 private constant SCORE = 900_000;
    uint256 private constant ALL = 18; // validators

    /// @dev Every validator has sat before, and an earlier panel has voted and left its room.
    modifier inTheSteadyState() {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(ALL);
        uint256 everybody = oracle.openPanel(terms);
        _seat(everybody);
        oracle.dissolve(everybody);
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(5, SCORE));
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
        _;
    }

    function test_evaluation() public inTheSteadyState {
        uint256 requestId = _toRequest("");
        assertLt(_lastGas("request"), 190_807); // ERC-8004's validationRequest
        _commit(requestId, 0, _report(SCORE));
        uint256 commit = _lastGas("commit");
        assertLt(commit, 52_000);
        for (uint256 i = 1; i < 5; ++i) {
            _commit(requestId, i, _report(SCORE));
        }
        assertLt(_lastGas("commit, the last"), 52_000);
        _reveal(requestId, 0, _report(SCORE));
        uint256 reveal = _lastGas("reveal");
        assertLt(reveal, 50_000);
        assertLt(commit + reveal, 130_130); // ERC-8004's validationResponse
        for (uint256 i = 1; i < 5; ++i) {
            _reveal(requestId, i, _report(SCORE));
        }
        oracle.tally(requestId);
        uint256 tally = _lastGas("tally");
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        assertLt(tally + _lastGas("finalise"), 180_000);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
        _lastGas("dissolve");
    }

    function _toRequest(string memory suffix) private returns (uint256 requestId) {
        uint256 panelId = oracle.openPanel(_panelTerms());
        _lastGas(string.concat("openPanel", suffix));
        oracle.arm(panelId);
        _lastGas(string.concat("arm", suffix));
        vm.roll(block.number + 3);
        oracle.seat(panelId);
        assertLt(_lastGas(string.concat("seat", suffix)), 500_000);
        return oracle.request(_requestTerms(panelId, EVALUATION));
    }

    function _lastGas(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall(GROUP, name);
    }
}
