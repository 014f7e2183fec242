// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Deals, DealState} from "../../../contracts/kernel/Deals.sol";

/// @notice A state and its deadline, in 48 bits of a slot that others share.
contract DealsTest is Test {
    struct Slot {
        uint8 below;
        DealState at;
        uint160 above;
    }

    Slot private _slot;

    function enter(uint256 id, uint8 state, uint256 deadline) external {
        _slot.at = Deals.enter(id, state, deadline);
    }

    function requireState(uint256 id, uint8 wanted) external view {
        _slot.at.requireState(id, wanted);
    }

    function requireOver(uint256 id) external view {
        _slot.at.requireOver(id);
    }

    function requireRunning(uint256 id) external view {
        _slot.at.requireRunning(id);
    }

    function testFuzz_enter_leavesItsNeighboursAlone(uint256 id, uint8 state, uint40 deadline, uint160 beside)
        public
    {
        (_slot.below, _slot.above) = (uint8(beside), beside);
        vm.expectEmit();
        emit Deals.StateChanged(id, state, deadline);
        this.enter(id, state, deadline);
        assertEq(_slot.at.state(), state);
        assertEq(_slot.at.deadline(), deadline);
        assertEq(_slot.below, uint8(beside));
        assertEq(_slot.above, beside);
    }

    function testFuzz_requireState(uint256 id, uint8 state, uint8 wanted) public {
        this.enter(id, state, 1);
        if (state != wanted) vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, id, state));
        this.requireState(id, wanted);
    }

    /// @dev A state lasts until just before its deadline: in every second one of the two is possible, and never both.
    function testFuzz_overOrRunning(uint256 id, uint8 state, uint40 deadline, uint40 time) public {
        vm.warp(time);
        this.enter(id, state, deadline);
        assertEq(_slot.at.isOver(), time >= deadline);
        if (time < deadline) {
            vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, id, state, deadline));
        }
        this.requireOver(id);
        if (time >= deadline) {
            vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, id, deadline));
        }
        this.requireRunning(id);
    }
}
