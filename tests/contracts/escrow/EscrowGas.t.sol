// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {EscrowFixture} from "./EscrowFixture.sol";

/// @notice Whole transactions' gas. Bounds are what the nearest published escrows cost. Needs `isolate = true`.
contract EscrowGasTest is EscrowFixture {
    bytes32 private constant OTHER_ID = keccak256("deal 2");

    function setUp() public override {
        super.setUp();
        _openHold(1000); // alice has an approval, the escrow has tokens
        _deposit(alice, 1000);
        token.mint(bob, 1000);
        vm.prank(bob);
        token.approve(address(escrow), 1000);
    }

    function test_deposit() public {
        vm.prank(bob);
        escrow.deposit(address(token), 500, bob);
        vm.snapshotGasLastCall("Escrow", "deposit, first");
        vm.prank(bob);
        escrow.deposit(address(token), 400, bob);
        assertLt(vm.snapshotGasLastCall("Escrow", "deposit"), 65_758); // SingularityNET MPE
    }

    function test_depositWithPermit() public {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                alice,
                address(escrow),
                1000,
                token.nonces(alice),
                type(uint256).max
            )
        );
        token.mint(alice, 2000);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(aliceKey, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
        bytes[] memory calls = new bytes[](2);
        calls[0] =
            abi.encodeCall(IEscrow.depositWithPermit, (address(token), 1000, type(uint256).max, v, r, s));
        calls[1] = abi.encodeCall(IEscrow.setOperator, (otherModule, address(token), true));
        uint256 snapshot = vm.snapshotState();
        vm.prank(alice);
        escrow.depositWithPermit(address(token), 1000, type(uint256).max, v, r, s);
        assertLt(vm.snapshotGasLastCall("Escrow", "depositWithPermit"), 136_780); // Ocean's deposit, without permit
        vm.revertToState(snapshot);
        vm.prank(alice);
        escrow.multicall(calls);
        vm.snapshotGasLastCall("Escrow", "multicall: depositWithPermit, setOperator");
    }

    function test_holds() public {
        vm.startPrank(module);
        escrow.openHold(OTHER_ID, address(token), alice, 100);
        assertLt(vm.snapshotGasLastCall("Escrow", "openHold"), 183_304); // Ocean's createLock
        escrow.fund(OTHER_ID, address(token), alice, 100);
        vm.snapshotGasLastCall("Escrow", "fund");
        escrow.release(OTHER_ID, address(token), bob, 50);
        vm.snapshotGasLastCall("Escrow", "release, to a new account");
        escrow.release(OTHER_ID, address(token), bob, 50);
        assertLt(vm.snapshotGasLastCall("Escrow", "release"), 84_429); // SingularityNET's claim
        escrow.moveHold(OTHER_ID, address(token), module, ID, 50);
        vm.snapshotGasLastCall("Escrow", "moveHold");
        vm.stopPrank();
        vm.prank(bob);
        escrow.withdraw(address(token), 50);
        vm.snapshotGasLastCall("Escrow", "withdraw");
    }
}
