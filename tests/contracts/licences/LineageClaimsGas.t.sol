// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {LineageClaimsFixture} from "./LineageClaimsFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract LineageClaimsGasTest is LineageClaimsFixture {
    function test_gas() public {
        vm.prank(third);
        lineageClaims.setTerms(CHILD, address(paymentToken), SHARE, FLOOR);
        vm.snapshotGasLastCall("LineageClaims", "setTerms");
        uint256 id = _claim();
        vm.snapshotGasLastCall("LineageClaims", "claim");
        _deny(id);
        vm.snapshotGasLastCall("LineageClaims", "deny");
        uint256 state = vm.snapshotState();
        vm.prank(third);
        lineageClaims.admit(id);
        vm.snapshotGasLastCall("LineageClaims", "admit");
        vm.revertToState(state);
        vm.warp(lineageClaims.claimOf(id).deadline);
        lineageClaims.settle(id);
        vm.snapshotGasLastCall("LineageClaims", "settle");
        vm.revertToState(state);
        vm.prank(address(disputes));
        lineageClaims.contest(id, uint40(block.timestamp + 1));
        vm.prank(address(disputes));
        lineageClaims.resolve(id, Side.Customer, 0);
        vm.snapshotGasLastCall("LineageClaims", "resolve, upheld");
    }
}
