// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";

/// @notice An escrow with two modules, and two accounts with tokens in their wallets.
abstract contract EscrowFixture is Test {
    bytes32 internal constant ID = keccak256("deal 1");

    address internal governance = makeAddr("governance");
    address internal module = makeAddr("module");
    address internal otherModule = makeAddr("other module");
    address internal alice;
    uint256 internal aliceKey;
    address internal bob = makeAddr("bob");
    Escrow internal escrow;
    TestToken internal token;

    function setUp() public virtual {
        (alice, aliceKey) = makeAddrAndKey("alice");
        escrow = new Escrow(governance);
        token = new TestToken("Euro", "EUR", 6);
        vm.startPrank(governance);
        escrow.authorise(module);
        escrow.authorise(otherModule);
        vm.stopPrank();
    }

    function _deposit(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(escrow), amount);
        escrow.deposit(address(token), amount, account);
        vm.stopPrank();
    }

    function _approve(address account, address approved) internal {
        vm.prank(account);
        escrow.setOperator(approved, address(token), true);
    }

    /// @dev A hold of `module` with `amount` from alice.
    function _openHold(uint256 amount) internal {
        _deposit(alice, amount);
        _approve(alice, module);
        vm.prank(module);
        escrow.openHold(ID, address(token), alice, amount);
    }

    function _balance(address account) internal view returns (uint256) {
        return escrow.balanceOf(account, address(token));
    }

    function _held(address holder, bytes32 id) internal view returns (uint256) {
        return escrow.held(holder, address(token), id);
    }
}
