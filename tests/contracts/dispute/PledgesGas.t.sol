// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract PledgesGasTest is CommissionFixture {
    function test_gas() public {
        vm.prank(customer);
        bytes32 agreement = pledges.drawUp("licence", address(paymentToken), 1e18, 365 days, 1);
        vm.snapshotGasLastCall("Pledges", "drawUp");
        _fund(rival, paymentToken, 1e18, address(pledges));
        vm.prank(rival);
        uint256 id = pledges.pledge(agreement);
        vm.snapshotGasLastCall("Pledges", "pledge");
        vm.prank(rival);
        pledges.pledge(agreement);
        vm.snapshotGasLastCall("Pledges", "pledge, renewed");
        skip(365 days);
        pledges.release(id);
        vm.snapshotGasLastCall("Pledges", "release");
    }
}
