// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {stdError} from "forge-std/StdError.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {EscrowFixture} from "./EscrowFixture.sol";

/// @notice What modules do with money, and what they cannot do.
contract EscrowHoldsTest is EscrowFixture {
    bytes32 private constant OTHER_ID = keccak256("deal 2");

    /* OPENING */

    function testFuzz_OpenHold_EarmarksFromABalance(bytes32 id, uint128 balance, uint128 amount) public {
        vm.assume(balance != 0);
        amount = uint128(bound(amount, 0, balance));
        _deposit(alice, balance);
        _approve(alice, module);
        vm.expectEmit(address(escrow));
        emit IEscrow.HoldOpened(module, address(token), id, alice, amount);
        vm.prank(module);
        escrow.openHold(id, address(token), alice, amount);
        assertEq(_balance(alice), balance - amount);
        assertEq(_held(module, id), amount);
        assertTrue(escrow.isOpen(module, address(token), id));
        assertFalse(escrow.isOpen(otherModule, address(token), id));
        assertTrue(escrow.isOperator(alice, module, address(token)));
    }

    function testFuzz_OpenHold_OfNothingNeedsNoApproval(bytes32 id, address from) public {
        vm.prank(module);
        escrow.openHold(id, address(token), from, 0);
        assertTrue(escrow.isOpen(module, address(token), id));
    }

    function testFuzz_OpenHold_RefusesUnauthorisedModules(address unknown, uint256 amount) public {
        vm.assume(unknown != module && unknown != otherModule);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, unknown));
        vm.prank(unknown);
        escrow.openHold(ID, address(token), alice, amount);
    }

    function test_OpenHold_RefusesRetiredModules() public {
        vm.prank(governance);
        escrow.retire(module);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, module));
        vm.prank(module);
        escrow.openHold(ID, address(token), address(0), 0);
    }

    function testFuzz_OpenHold_RefusesWithoutApproval(uint128 amount) public {
        vm.assume(amount != 0);
        _deposit(alice, amount);
        _approve(alice, otherModule);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.OperatorNotApproved.selector, alice, module, address(token))
        );
        vm.prank(module);
        escrow.openHold(ID, address(token), alice, amount);
    }

    function test_OpenHold_RefusesAfterApprovalWasTakenBack() public {
        _deposit(alice, 5);
        _approve(alice, module);
        vm.prank(alice);
        escrow.setOperator(module, address(token), false);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.OperatorNotApproved.selector, alice, module, address(token))
        );
        vm.prank(module);
        escrow.openHold(ID, address(token), alice, 5);
    }

    function testFuzz_OpenHold_RefusesMoreThanTheBalance(uint96 balance, uint256 amount) public {
        vm.assume(balance != 0);
        amount = bound(amount, uint256(balance) + 1, type(uint256).max);
        _deposit(alice, balance);
        _approve(alice, module);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.InsufficientBalance.selector, alice, address(token), balance, amount
            )
        );
        vm.prank(module);
        escrow.openHold(ID, address(token), alice, amount);
    }

    function test_OpenHold_OpensOnce_EvenWhenEmptied() public {
        _openHold(5);
        vm.startPrank(module);
        escrow.release(ID, address(token), bob, 5);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.HoldAlreadyOpen.selector, module, address(token), ID));
        escrow.openHold(ID, address(token), address(0), 0);
    }

    /* FUNDING */

    function testFuzz_Fund_AddsToAHold(uint120 first, uint120 second) public {
        vm.assume(first != 0 && second != 0);
        _openHold(first);
        _deposit(alice, second);
        vm.expectEmit(address(escrow));
        emit IEscrow.HoldFunded(module, address(token), ID, alice, second);
        vm.prank(module);
        escrow.fund(ID, address(token), alice, second);
        assertEq(_held(module, ID), uint256(first) + second);
        assertEq(_balance(alice), 0);
    }

    function test_Fund_RefusesAHoldThatIsNotOpen() public {
        _openHold(5);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.HoldNotOpen.selector, otherModule, address(token), ID));
        vm.prank(otherModule);
        escrow.fund(ID, address(token), alice, 0);
    }

    function test_Fund_RefusesWithoutApproval() public {
        _openHold(5);
        _deposit(bob, 5);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.OperatorNotApproved.selector, bob, module, address(token))
        );
        vm.prank(module);
        escrow.fund(ID, address(token), bob, 1);
    }

    function testFuzz_Fund_RefusesMoreThanTheBalance(uint256 amount) public {
        amount = bound(amount, 1, type(uint256).max);
        _openHold(5);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, alice, address(token), 0, amount)
        );
        vm.prank(module);
        escrow.fund(ID, address(token), alice, amount);
    }

    /* RELEASING */

    function testFuzz_Release_InParts(uint128 amount, uint128 part, address to) public {
        vm.assume(amount != 0 && to != address(0) && to != alice);
        part = uint128(bound(part, 0, amount));
        _openHold(amount);
        vm.startPrank(module);
        vm.expectEmit(address(escrow));
        emit IEscrow.Released(module, address(token), ID, to, part);
        escrow.release(ID, address(token), to, part);
        assertEq(_balance(to), part);
        assertEq(_held(module, ID), amount - part);
        escrow.release(ID, address(token), to, amount - part);
        assertEq(_balance(to), amount);
        assertEq(_held(module, ID), 0);
        assertTrue(escrow.isOpen(module, address(token), ID));
    }

    function testFuzz_Release_RefusesMoreThanIsHeld(uint96 amount, uint256 wanted) public {
        vm.assume(amount != 0);
        wanted = bound(wanted, uint256(amount) + 1, type(uint256).max);
        _openHold(amount);
        _deposit(bob, 1); // there are more tokens than the hold has
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.InsufficientHold.selector, module, address(token), ID, amount, wanted
            )
        );
        vm.prank(module);
        escrow.release(ID, address(token), bob, wanted);
    }

    function test_Release_RefusesTheZeroAddress_ButForNothing() public {
        _openHold(5);
        vm.startPrank(module);
        escrow.release(ID, address(token), address(0), 0);
        vm.expectRevert(IEscrow.ZeroAddress.selector);
        escrow.release(ID, address(token), address(0), 1);
    }

    function testFuzz_Holds_BelongToTheirModule(address stranger, uint128 amount) public {
        vm.assume(stranger != module);
        amount = uint128(bound(amount, 1, type(uint128).max));
        _openHold(amount);
        bytes memory refusal =
            abi.encodeWithSelector(IEscrow.HoldNotOpen.selector, stranger, address(token), ID);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](1);
        payments[0] = IEscrow.Payment(stranger, amount);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        escrow.release(ID, address(token), stranger, amount);
        vm.expectRevert(refusal);
        escrow.releaseEach(ID, address(token), payments);
        vm.expectRevert(refusal);
        escrow.moveHold(ID, address(token), module, ID, amount);
        vm.expectRevert(refusal);
        escrow.burn(ID, address(token), amount);
    }

    function testFuzz_Holds_AreApartByIdAndToken(bytes32 id, address otherToken) public {
        vm.assume(id != ID || otherToken != address(token));
        _openHold(5);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.HoldNotOpen.selector, module, otherToken, id));
        vm.prank(module);
        escrow.release(id, otherToken, bob, 1);
    }

    function test_Retired_ModuleStillControlsItsHolds() public {
        _openHold(10);
        _deposit(alice, 3);
        vm.prank(governance);
        escrow.retire(module);
        vm.startPrank(module);
        escrow.fund(ID, address(token), alice, 3);
        escrow.release(ID, address(token), bob, 6);
        escrow.burn(ID, address(token), 7);
        assertEq(_held(module, ID), 0);
        assertEq(_balance(bob), 6);
    }

    function testFuzz_ReleaseEach_PaysEverybody(uint96[5] calldata amounts, uint96 rest) public {
        uint256 total = 0;
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](5);
        for (uint160 i = 0; i < 5; ++i) {
            payments[i] = IEscrow.Payment(address(0xA0 + i), amounts[i]);
            total += amounts[i];
        }
        vm.assume(total + rest != 0);
        _openHold(total + rest);
        vm.expectEmit(address(escrow));
        emit IEscrow.ReleasedEach(module, address(token), ID, payments);
        vm.prank(module);
        escrow.releaseEach(ID, address(token), payments);
        for (uint160 i = 0; i < 5; ++i) {
            assertEq(_balance(address(0xA0 + i)), amounts[i]);
        }
        assertEq(_held(module, ID), rest);
    }

    function test_ReleaseEach_PaysOneAccountTwice() public {
        _openHold(10);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(bob, 4);
        payments[1] = IEscrow.Payment(bob, 6);
        vm.expectEmit(address(escrow));
        emit IEscrow.ReleasedEach(module, address(token), ID, payments);
        vm.prank(module);
        escrow.releaseEach(ID, address(token), payments);
        assertEq(_balance(bob), 10);
    }

    function test_ReleaseEach_RefusesMoreThanIsHeld() public {
        _openHold(10);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(bob, 10);
        payments[1] = IEscrow.Payment(bob, 1);
        vm.startPrank(module);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.InsufficientHold.selector, module, address(token), ID, 10, 11)
        );
        escrow.releaseEach(ID, address(token), payments);
        // A total that wraps around is no way past the hold.
        payments[1].amount = type(uint256).max;
        vm.expectRevert(stdError.arithmeticError);
        escrow.releaseEach(ID, address(token), payments);
        payments[1] = IEscrow.Payment(address(0), 0);
        escrow.releaseEach(ID, address(token), payments);
        assertEq(_balance(bob), 10);
    }

    /* MOVING AND BURNING */

    function testFuzz_MoveHold_IntoAnotherModulesHold(uint120 amount, uint120 part) public {
        vm.assume(amount != 0);
        part = uint120(bound(part, 0, amount));
        _openHold(amount);
        vm.prank(otherModule);
        escrow.openHold(OTHER_ID, address(token), address(0), 0);
        vm.expectEmit(address(escrow));
        emit IEscrow.HoldMoved(module, address(token), ID, otherModule, OTHER_ID, part);
        vm.prank(module);
        escrow.moveHold(ID, address(token), otherModule, OTHER_ID, part);
        assertEq(_held(module, ID), amount - part);
        assertEq(_held(otherModule, OTHER_ID), part);
    }

    function testFuzz_MoveHold_IntoItselfChangesNothing(uint128 amount) public {
        vm.assume(amount != 0);
        _openHold(amount);
        vm.prank(module);
        escrow.moveHold(ID, address(token), module, ID, amount);
        assertEq(_held(module, ID), amount);
    }

    function test_MoveHold_RefusesAHoldThatIsNotOpen() public {
        _openHold(5);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.HoldNotOpen.selector, otherModule, address(token), OTHER_ID)
        );
        vm.prank(module);
        escrow.moveHold(ID, address(token), otherModule, OTHER_ID, 5);
        assertEq(_held(module, ID), 5);
    }

    function test_MoveHold_RefusesMoreThanIsHeld() public {
        _openHold(5);
        vm.startPrank(module);
        escrow.openHold(OTHER_ID, address(token), address(0), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.InsufficientHold.selector, module, address(token), ID, 5, 6)
        );
        escrow.moveHold(ID, address(token), module, OTHER_ID, 6);
    }

    function testFuzz_Burn_CreditsTheBurnAddress(uint128 amount, uint128 part) public {
        vm.assume(amount != 0);
        part = uint128(bound(part, 0, amount));
        _openHold(amount);
        vm.expectEmit(address(escrow));
        emit IEscrow.Burnt(module, address(token), ID, part);
        vm.prank(module);
        escrow.burn(ID, address(token), part);
        assertEq(_balance(escrow.BURN_ADDRESS()), part);
        assertEq(_held(module, ID), amount - part);
    }

    function test_Burn_RefusesMoreThanIsHeld() public {
        _openHold(5);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.InsufficientHold.selector, module, address(token), ID, 5, 6)
        );
        vm.prank(module);
        escrow.burn(ID, address(token), 6);
    }
}
