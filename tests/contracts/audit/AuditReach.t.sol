// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {AuditHandler} from "./AuditHandler.sol";

/// @notice Invariants under which nothing happens prove nothing: a handful of runs reaches every step and every
/// outcome.
contract AuditReachTest is AuditHandler {
    uint256 private constant RUNS = 48;
    uint256 private constant DEPTH = 64;

    function test_theHandlerGoesEverywhere() public {
        vm.pauseGasMetering(); // more than a block would hold
        uint256[15] memory counts;
        for (uint256 run; run < RUNS; ++run) {
            uint256 snapshot = vm.snapshotState();
            vm.recordLogs();
            for (uint256 i; i < DEPTH; ++i) {
                _act(uint256(keccak256(abi.encode(run, i))));
            }
            _count(vm.getRecordedLogs(), counts);
            assertTrue(vm.revertToState(snapshot));
        }
        for (uint256 i; i < counts.length; ++i) {
            emit log_named_uint(vm.toString(i), counts[i]);
            assertGe(counts[i], 2, string.concat("kind ", vm.toString(i)));
        }
    }

    function _act(uint256 seed) private {
        bytes4 act = _acts()[seed % _acts().length];
        (bool ok, bytes memory reason) = address(this)
            .call(abi.encodeWithSelector(act, keccak256(abi.encode(seed, 1)), keccak256(abi.encode(seed, 2))));
        assertTrue(ok, vm.toString(reason));
    }

    function _count(Vm.Log[] memory logs, uint256[15] memory counts) private view {
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IAuditRegistry.AuditorSeated.selector) ++counts[0];
            if (topic == IAuditRegistry.VerdictPosted.selector) ++counts[1];
            if (topic == IAuditRegistry.AuditorReplaced.selector) ++counts[2];
            if (topic == IAuditRegistry.AuditorLeft.selector) ++counts[3];
            if (topic == IAuditRegistry.BondAdded.selector) ++counts[4];
            if (topic == IAuditRegistry.CandidateRefused.selector) ++counts[5];
            if (topic == IAuditRegistry.TestSetNotPassed.selector) ++counts[6];
            if (topic == IAuditRegistry.VerdictSealed.selector) ++counts[12];
            if (topic == IAuditRegistry.OpeningStarted.selector) ++counts[13];
            if (topic == IAuditRegistry.AuditDecided.selector) {
                ++counts[6 + uint256(abi.decode(logs[i].data, (uint8)))];
            }
        }
        for (uint256 i; i < ids.length; ++i) {
            IAuditRegistry.AuditView memory audit = audits.audit(ids[i]);
            if (audit.draws > 1) ++counts[10];
            if (audit.silent.length != 0) ++counts[11];
            if (audit.opening && _hasVacantSeat(audit)) ++counts[14];
        }
    }

    function _hasVacantSeat(IAuditRegistry.AuditView memory audit) private pure returns (bool) {
        for (uint256 i; i < audit.seats.length; ++i) {
            if (audit.seats[i].auditor == address(0)) return true;
        }
        return false;
    }
}
