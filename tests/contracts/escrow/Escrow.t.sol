// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {FalseToken, FeeToken, ReentrantToken} from "./HostileTokens.sol";

/// @notice Governance, deposits, withdrawals and operators.
contract EscrowTest is EscrowFixture {
    /* GOVERNANCE */

    function test_Constructor_RefusesNoGovernance() public {
        vm.expectRevert(IEscrow.ZeroAddress.selector);
        new Escrow(address(0));
    }

    function test_Authorise_NumbersFromOne() public {
        Escrow fresh = new Escrow(governance);
        vm.startPrank(governance);
        vm.expectEmit(address(fresh));
        emit IEscrow.ModuleAuthorised(bob, 1);
        fresh.authorise(bob);
        vm.expectEmit(address(fresh));
        emit IEscrow.ModuleAuthorised(alice, 2);
        fresh.authorise(alice);
        assertTrue(fresh.isAuthorised(bob));
        assertFalse(fresh.isAuthorised(module));
    }

    function test_Retire_ThenAuthoriseAgain_KeepsItsNumber() public {
        _approve(alice, module);
        vm.startPrank(governance);
        vm.expectEmit(address(escrow));
        emit IEscrow.ModuleRetired(module, 1);
        escrow.retire(module);
        assertFalse(escrow.isAuthorised(module));
        vm.expectEmit(address(escrow));
        emit IEscrow.ModuleAuthorised(module, 1);
        escrow.authorise(module);
        assertTrue(escrow.isAuthorised(module));
        assertTrue(escrow.isOperator(alice, module, address(token)));
        assertFalse(escrow.isOperator(alice, otherModule, address(token)));
    }

    function test_Authorise_RefusesTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleAlreadyAuthorised.selector, module));
        vm.prank(governance);
        escrow.authorise(module);
    }

    function testFuzz_Retire_RefusesUnknown(address unknown) public {
        vm.assume(unknown != module && unknown != otherModule);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, unknown));
        vm.prank(governance);
        escrow.retire(unknown);
    }

    function test_Authorise_RefusesThe128th() public {
        vm.startPrank(governance);
        for (uint160 i = 3; i <= 127; ++i) {
            escrow.authorise(address(i));
        }
        vm.expectRevert(IEscrow.TooManyModules.selector);
        escrow.authorise(bob);

        // The last number is as good as the first, and touches no other.
        vm.startPrank(alice);
        escrow.setOperator(address(127), address(token), true);
        assertTrue(escrow.isOperator(alice, address(127), address(token)));
        assertFalse(escrow.isOperator(alice, address(126), address(token)));
        assertEq(_balance(alice), 0);
    }

    function testFuzz_Governance_IsGovernancesAlone(address stranger) public {
        vm.assume(stranger != governance);
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, bytes32(0)
        );
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        escrow.authorise(bob);
        vm.expectRevert(refusal);
        escrow.retire(module);
    }

    /* DEPOSITS */

    function testFuzz_Deposit_CreditsTheReceiver(uint128 amount, address to) public {
        vm.assume(amount != 0 && to != address(0));
        token.mint(alice, amount);
        vm.startPrank(alice);
        token.approve(address(escrow), amount);
        vm.expectEmit(address(escrow));
        emit IEscrow.Deposited(to, address(token), amount, alice);
        assertEq(escrow.deposit(address(token), amount, to), amount);
        assertEq(_balance(to), amount);
        assertEq(token.balanceOf(address(escrow)), amount);
    }

    function testFuzz_Deposit_CreditsWhatArrived(uint96 amount) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        FeeToken fee = new FeeToken();
        fee.mint(alice, amount);
        vm.startPrank(alice);
        fee.approve(address(escrow), amount);
        uint256 arrived = amount - amount / 100;
        assertEq(escrow.deposit(address(fee), amount, alice), arrived);
        assertEq(escrow.balanceOf(alice, address(fee)), arrived);
        assertEq(fee.balanceOf(address(escrow)), arrived);
    }

    function testFuzz_Deposit_IgnoresStrayTransfers(uint96 stray, uint96 amount) public {
        vm.assume(amount != 0);
        token.mint(address(escrow), stray);
        _deposit(alice, amount);
        assertEq(_balance(alice), amount);
    }

    function test_Deposit_RefusesNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingDeposited.selector, address(token)));
        escrow.deposit(address(token), 0, alice);
    }

    function test_Deposit_RefusesZeroReceiver() public {
        vm.expectRevert(IEscrow.ZeroAddress.selector);
        escrow.deposit(address(token), 1, address(0));
    }

    function test_Deposit_RefusesWithoutAllowance() public {
        token.mint(alice, 5);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, 5)
        );
        vm.prank(alice);
        escrow.deposit(address(token), 5, alice);
    }

    function test_Deposit_RefusesAnAddressWithoutCode() public {
        vm.expectRevert();
        escrow.deposit(bob, 5, alice);
    }

    function test_Deposit_RefusesATokenThatAnswersFalse() public {
        FalseToken sulker = new FalseToken();
        sulker.mint(alice, 5);
        sulker.sulk(true);
        vm.startPrank(alice);
        sulker.approve(address(escrow), 5);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(sulker)));
        escrow.deposit(address(sulker), 5, alice);
    }

    /// @dev The last unit that still fits is taken; one more would not fit, whoever owns the rest.
    function test_Deposit_RefusesMoreThan128Bits() public {
        _deposit(alice, type(uint128).max);
        token.mint(bob, 1);
        vm.startPrank(bob);
        token.approve(address(escrow), 1);
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 128, uint256(1) << 128)
        );
        escrow.deposit(address(token), 1, bob);
    }

    function testFuzz_Deposit_CannotBeReentered(uint96 amount, uint96 own, uint8 entry) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        own = uint96(bound(own, 1, type(uint96).max));
        ReentrantToken hostile = new ReentrantToken(escrow);
        hostile.becomeDepositor(own);
        bytes[3] memory entries = [
            abi.encodeCall(IEscrow.deposit, (address(hostile), own, address(hostile))),
            abi.encodeCall(IEscrow.withdraw, (address(hostile), own)),
            abi.encodeCall(IEscrow.withdrawTo, (address(hostile), own, bob))
        ];
        hostile.mint(alice, amount);
        hostile.arm(entries[entry % 3]);
        vm.startPrank(alice);
        hostile.approve(address(escrow), amount);
        assertEq(escrow.deposit(address(hostile), amount, alice), amount);

        assertFalse(hostile.entered());
        assertEq(bytes4(hostile.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(escrow.balanceOf(address(hostile), address(hostile)), own);
        assertEq(hostile.balanceOf(address(escrow)), uint256(amount) + own);
    }

    /* WITHDRAWALS */

    function testFuzz_Withdraw_PaysTheCaller(uint128 amount, uint128 part) public {
        vm.assume(amount != 0);
        part = uint128(bound(part, 0, amount));
        _deposit(alice, amount);
        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(alice, address(token), part, alice);
        vm.prank(alice);
        escrow.withdraw(address(token), part);
        assertEq(_balance(alice), amount - part);
        assertEq(token.balanceOf(alice), part);
        assertEq(token.balanceOf(address(escrow)), amount - part);
    }

    function testFuzz_WithdrawTo_PaysTheReceiver(uint128 amount, address to) public {
        vm.assume(amount != 0 && to != address(0) && to != address(escrow));
        _deposit(alice, amount);
        vm.prank(alice);
        escrow.withdrawTo(address(token), amount, to);
        assertEq(_balance(alice), 0);
        assertEq(token.balanceOf(to), amount);
    }

    function testFuzz_Withdraw_RefusesMoreThanTheBalance(uint96 amount, uint256 wanted) public {
        vm.assume(amount != 0);
        wanted = bound(wanted, uint256(amount) + 1, type(uint256).max);
        _deposit(alice, amount);
        _deposit(bob, amount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.InsufficientBalance.selector, alice, address(token), amount, wanted
            )
        );
        vm.prank(alice);
        escrow.withdraw(address(token), wanted);
    }

    function test_WithdrawTo_RefusesZeroReceiver() public {
        _deposit(alice, 5);
        vm.expectRevert(IEscrow.ZeroAddress.selector);
        vm.prank(alice);
        escrow.withdrawTo(address(token), 5, address(0));
    }

    function test_Withdraw_LosesNothingToATokenThatAnswersFalse() public {
        FalseToken sulker = new FalseToken();
        sulker.mint(alice, 5);
        vm.startPrank(alice);
        sulker.approve(address(escrow), 5);
        escrow.deposit(address(sulker), 5, alice);
        sulker.sulk(true);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(sulker)));
        escrow.withdraw(address(sulker), 5);
        assertEq(escrow.balanceOf(alice, address(sulker)), 5);
        sulker.sulk(false);
        escrow.withdraw(address(sulker), 5);
        assertEq(sulker.balanceOf(alice), 5);
    }

    function testFuzz_Withdraw_CannotBeReentered(uint96 amount, bool deposits) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        ReentrantToken hostile = new ReentrantToken(escrow);
        hostile.becomeDepositor(amount);
        hostile.mint(alice, amount);
        vm.startPrank(alice);
        hostile.approve(address(escrow), amount);
        escrow.deposit(address(hostile), amount, alice);
        hostile.arm(
            deposits
                ? abi.encodeCall(IEscrow.deposit, (address(hostile), amount, bob))
                : abi.encodeCall(IEscrow.withdraw, (address(hostile), amount))
        );
        escrow.withdraw(address(hostile), amount);
        assertFalse(hostile.entered());
        assertEq(hostile.balanceOf(address(escrow)), amount);
        assertEq(escrow.balanceOf(address(hostile), address(hostile)), amount);
    }

    /* OPERATORS */

    function testFuzz_SetOperator_IsPerModuleTokenAndAccount(bool approved) public {
        address dollar = makeAddr("dollar");
        vm.expectEmit(address(escrow));
        emit IEscrow.OperatorSet(alice, module, address(token), approved);
        vm.prank(alice);
        escrow.setOperator(module, address(token), approved);
        assertEq(escrow.isOperator(alice, module, address(token)), approved);
        assertFalse(escrow.isOperator(alice, otherModule, address(token)));
        assertFalse(escrow.isOperator(alice, module, dollar));
        assertFalse(escrow.isOperator(bob, module, address(token)));
    }

    function test_SetOperator_CanBeTakenBack_EvenFromARetiredModule() public {
        _approve(alice, module);
        _approve(alice, otherModule);
        vm.prank(governance);
        escrow.retire(module);
        vm.prank(alice);
        escrow.setOperator(module, address(token), false);
        assertFalse(escrow.isOperator(alice, module, address(token)));
        assertTrue(escrow.isOperator(alice, otherModule, address(token)));
    }

    function testFuzz_SetOperator_RefusesUnknownModules(address unknown, bool approved) public {
        vm.assume(unknown != module && unknown != otherModule);
        assertFalse(escrow.isOperator(alice, unknown, address(token)));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, unknown));
        vm.prank(alice);
        escrow.setOperator(unknown, address(token), approved);
    }

    function testFuzz_SetOperator_LeavesTheBalance(uint128 amount) public {
        vm.assume(amount != 0);
        _deposit(alice, amount);
        _approve(alice, module);
        _approve(alice, otherModule);
        assertEq(_balance(alice), amount);
    }

    function test_Multicall_DepositsAndApprovesInOne() public {
        token.mint(alice, 100);
        vm.startPrank(alice);
        token.approve(address(escrow), 100);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IEscrow.deposit, (address(token), 100, alice));
        calls[1] = abi.encodeCall(IEscrow.setOperator, (module, address(token), true));
        escrow.multicall(calls);
        assertEq(_balance(alice), 100);
        assertTrue(escrow.isOperator(alice, module, address(token)));
    }
}
