// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {OracleFixture} from "./OracleFixture.sol";

/// @notice Whole transactions' gas of a panel of five's evaluation, appealable and agreed. Needs `isolate = true`.
contract OracleGasTest is OracleFixture {
    string private constant GROUP = "ValidationOracle";
    int64 private constant SCORE = 900_000;

    /// @dev The members have sat on a panel before.
    function setUp() public override {
        super.setUp();
        oracle.dissolve(_seatedPanel());
    }

    function test_evaluation() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        vm.snapshotGasLastCall(GROUP, "openPanel");
        _seat(panelId);
        vm.snapshotGasLastCall(GROUP, "seat");
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        assertLt(vm.snapshotGasLastCall(GROUP, "request"), 190_807); // ERC-8004's validationRequest
        _commit(requestId, 0, _report(SCORE));
        uint256 commit = vm.snapshotGasLastCall(GROUP, "commit");
        for (uint256 i = 1; i < 5; ++i) {
            _commit(requestId, i, _report(SCORE));
        }
        vm.snapshotGasLastCall(GROUP, "commit, the last");
        _reveal(requestId, 0, _report(SCORE));
        uint256 reveal = vm.snapshotGasLastCall(GROUP, "reveal");
        assertLt(commit + reveal, 130_130); // ERC-8004's validationResponse
        for (uint256 i = 1; i < 5; ++i) {
            _reveal(requestId, i, _report(SCORE));
        }
        oracle.tally(requestId);
        assertLt(vm.snapshotGasLastCall(GROUP, "tally"), 130_000);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        vm.snapshotGasLastCall(GROUP, "finalise");
        oracle.dissolve(panelId);
        vm.snapshotGasLastCall(GROUP, "dissolve");
    }
}
