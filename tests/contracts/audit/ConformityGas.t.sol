// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice The gas of an assessment's steps, whole transactions, with a panel of five. Needs `isolate = true`.
contract ConformityGasTest is ConformityFixture {
    string private constant GROUP = "Conformity";

    function test_gas_ofAnAssessment() public {
        _registerSet(_set());
        vm.snapshotGasLastCall(GROUP, "register");
        _assess(_report(PASS)); // so that the oracle has a room to give
        _nextEpoch();
        uint256 id = _apply(MODEL);
        vm.snapshotGasLastCall(GROUP, "open");
        _seatPanel(id);
        vm.snapshotGasLastCall(GROUP, "advance, seating 5");
        _give(id, NET);
        vm.snapshotGasLastCall(GROUP, "grant");
        _give(id, DATA);
        vm.snapshotGasLastCall(GROUP, "grant, asking the panel");
        _say(id, PANEL, _report(PASS));
        _pastAppeal(id);
        conformity.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance, certifying");
        vm.prank(body);
        conformity.retire(setId);
        vm.snapshotGasLastCall(GROUP, "retire");
    }

    /// @dev What a market pays for asking, beside its own gas.
    function test_gas_ofTheQuestion() public {
        _assess(_report(PASS));
        conformity.isCurrent(setId, MODEL, 180 days);
        vm.snapshotGasLastCall(GROUP, "isCurrent");
    }
}
