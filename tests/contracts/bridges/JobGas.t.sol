// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {JobFixture} from "./JobFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract JobGasTest is JobFixture {
    function test_gas_fromTheEnrolmentToTheEnd() public {
        _enrol(address(jobs), _create());
        _nextEpoch();
        uint256 jobId = _create();
        uint256 id = _enrol(address(jobs), jobId);
        vm.snapshotGasLastCall("JobEvaluator", "enrol");
        _seatPanelOf(id);
        _grant(id, DATA);
        _answerWith(id, _statements(PANEL, ANSWERED));
        _advance(id);
        vm.snapshotGasLastCall("JobEvaluator", "advance: attested");
        _deliverWork(jobs, id);
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
        vm.snapshotGasLastCall("JobEvaluator", "evaluate");
        _scoreWith(id, _scores(PANEL, PASS));
        vm.snapshotGasLastCall("JobEvaluator", "advance: passed");
        vm.prank(deliveries);
        evaluator.onDelivered(id, WORD);
        _conclude(id);
        vm.snapshotGasLastCall("JobEvaluator", "conclude: completed");
    }
}
