// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice The gas of an assessment's steps, whole transactions, with a panel of five. Needs `isolate = true`.
contract ConformityGasTest is ConformityFixture {
    string private constant GROUP = "Conformity";

    function test_gas_ofAnAssessment() public {
        _registerSet(_set());
        vm.snapshotGasLastCall(GROUP, "register");
        _assess(_scored(PASS)); // so that the oracle has a room to give
        _nextEpoch();
        uint256 id = _apply(MODEL);
        vm.snapshotGasLastCall(GROUP, "open");
        vm.roll(block.number + 3);
        conformity.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance, seating 5");
        _give(id, NET);
        vm.snapshotGasLastCall(GROUP, "grant");
        _give(id, DATA);
        vm.snapshotGasLastCall(GROUP, "grant, asking the panel");
        _say(id, PANEL, _scored(PASS));
        conformity.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance, to Appealing");
        vm.warp(conformity.assessment(id).deadline);
        conformity.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance, certifying");
        vm.prank(body);
        conformity.retire(setId);
        vm.snapshotGasLastCall(GROUP, "retire");
    }

    /// @dev What a market pays for asking, beside its own gas.
    function test_gas_ofTheQuestion() public {
        _assess(_scored(PASS));
        conformity.isCurrent(setId, MODEL, 180 days);
        vm.snapshotGasLastCall(GROUP, "isCurrent");
    }
}
