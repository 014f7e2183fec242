// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Wallet1271} from "../access/Wallet1271.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {FeeToken} from "./HostileTokens.sol";

/// @notice Permits (ERC-2612) and operators set by signature (EIP-712).
contract EscrowSignaturesTest is EscrowFixture {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private immutable _DEADLINE = block.timestamp + 1 hours;

    /* PERMITS */

    function testFuzz_DepositWithPermit_TakesOneTransaction(uint128 amount) public {
        vm.assume(amount != 0);
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(amount);
        vm.prank(alice);
        assertEq(escrow.depositWithPermit(address(token), amount, _DEADLINE, v, r, s), amount);
        assertEq(_balance(alice), amount);
    }

    function testFuzz_DepositWithPermit_SurvivesAFrontRunPermit(uint128 amount, address runner) public {
        vm.assume(amount != 0 && runner != address(0));
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(amount);
        vm.prank(runner);
        token.permit(alice, address(escrow), amount, _DEADLINE, v, r, s);
        vm.prank(alice);
        escrow.depositWithPermit(address(token), amount, _DEADLINE, v, r, s);
        assertEq(_balance(alice), amount);
    }

    function testFuzz_DepositWithPermit_IsTheSignersAlone(address thief) public {
        vm.assume(thief != alice && thief != address(0));
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(5);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, 5)
        );
        vm.prank(thief);
        escrow.depositWithPermit(address(token), 5, _DEADLINE, v, r, s);
    }

    function test_DepositWithPermit_RefusesAnExpiredPermit() public {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(5);
        vm.warp(_DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, 5)
        );
        vm.prank(alice);
        escrow.depositWithPermit(address(token), 5, _DEADLINE, v, r, s);
    }

    function test_DepositWithPermit_WorksForATokenWithoutPermit_OnceApproved() public {
        FeeToken plain = new FeeToken();
        plain.mint(alice, 100);
        vm.startPrank(alice);
        plain.approve(address(escrow), 100);
        assertEq(escrow.depositWithPermit(address(plain), 100, _DEADLINE, 27, bytes32(0), bytes32(0)), 99);
    }

    function test_Multicall_PermitDepositAndApproval_InOne() public {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(5);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IEscrow.depositWithPermit, (address(token), 5, _DEADLINE, v, r, s));
        calls[1] = abi.encodeCall(IEscrow.setOperator, (module, address(token), true));
        vm.prank(alice);
        escrow.multicall(calls);
        vm.prank(module);
        escrow.openHold(ID, address(token), alice, 5);
        assertEq(_held(module, ID), 5);
    }

    /* OPERATORS BY SIGNATURE */

    function testFuzz_SetOperatorBySig_ByAnyone(uint256 key, address sender, bool approved) public {
        key = boundPrivateKey(key);
        address owner = vm.addr(key);
        vm.expectEmit(address(escrow));
        emit IEscrow.OperatorSet(owner, module, address(token), approved);
        bytes memory signature = _sign(escrow, key, owner, approved);
        vm.prank(sender);
        escrow.setOperatorBySig(owner, module, address(token), approved, _DEADLINE, signature);
        assertEq(escrow.isOperator(owner, module, address(token)), approved);
        assertEq(escrow.nonces(owner), 1);
    }

    function test_SetOperatorBySig_ByAContractWallet() public {
        address wallet = address(new Wallet1271(alice));
        bytes memory signature = _sign(escrow, aliceKey, wallet, true);
        escrow.setOperatorBySig(wallet, module, address(token), true, _DEADLINE, signature);
        assertTrue(escrow.isOperator(wallet, module, address(token)));
        // The owner's signature for the wallet says nothing about the owner's own account.
        assertFalse(escrow.isOperator(alice, module, address(token)));
        _expectInvalid(wallet);
        escrow.setOperatorBySig(wallet, module, address(token), true, _DEADLINE, signature);
    }

    function test_SetOperatorBySig_CannotBeReplayed() public {
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
        vm.prank(alice);
        escrow.setOperator(module, address(token), false);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function testFuzz_SetOperatorBySig_IsForOneChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        vm.chainId(chainId);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function test_SetOperatorBySig_IsForOneContract() public {
        Escrow other = new Escrow(governance);
        bytes memory signature = _sign(other, aliceKey, alice, true);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function testFuzz_SetOperatorBySig_Expires(uint32 late) public {
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        vm.warp(_DEADLINE + 1 + late);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureExpired.selector, _DEADLINE));
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function test_SetOperatorBySig_CountsUntilItsDeadline() public {
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        vm.warp(_DEADLINE);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
        assertTrue(escrow.isOperator(alice, module, address(token)));
    }

    function testFuzz_SetOperatorBySig_RefusesAnotherSigner(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(key != aliceKey);
        bytes memory signature = _sign(escrow, key, alice, true);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function test_SetOperatorBySig_RefusesChangedTerms() public {
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, otherModule, address(token), true, _DEADLINE, signature);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, bob, true, _DEADLINE, signature);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), false, _DEADLINE, signature);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE + 1, signature);
        _expectInvalid(bob);
        escrow.setOperatorBySig(bob, module, address(token), true, _DEADLINE, signature);
    }

    /// @dev Every signature has a twin with the other s; it must not count as a second one.
    function test_SetOperatorBySig_RefusesTheMalleableTwin() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, _digest(escrow, alice, true));
        bytes memory twin = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? 28 : 27);
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, twin);
    }

    function testFuzz_SetOperatorBySig_RefusesGarbage(bytes calldata signature) public {
        _expectInvalid(alice);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature);
    }

    function test_SetOperatorBySig_RefusesUnknownModules() public {
        vm.prank(governance);
        escrow.retire(module);
        bytes memory signature = _sign(escrow, aliceKey, alice, true);
        escrow.setOperatorBySig(alice, module, address(token), true, _DEADLINE, signature); // was authorised

        bytes32 digest = _digest(escrow, alice, bob, true);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, digest);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, bob));
        escrow.setOperatorBySig(alice, bob, address(token), true, _DEADLINE, abi.encodePacked(r, s, v));
    }

    /* INTERNAL */

    function _expectInvalid(address signer) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.InvalidSignature.selector, signer));
    }

    function _sign(Escrow where, uint256 key, address owner, bool approved)
        private
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(where, owner, approved));
        return abi.encodePacked(r, s, v);
    }

    function _digest(Escrow where, address owner, bool approved) private view returns (bytes32) {
        return _digest(where, owner, module, approved);
    }

    /// @dev As a wallet computes it from EIP-712's text.
    function _digest(Escrow where, address owner, address operator, bool approved)
        private
        view
        returns (bytes32)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "SetOperator(address owner,address module,address token,bool approved,uint256 nonce,uint256 deadline)"
                ),
                owner,
                operator,
                address(token),
                approved,
                where.nonces(owner),
                _DEADLINE
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Assay Escrow"),
                keccak256("1"),
                block.chainid,
                address(where)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev A permit by alice, who gets the tokens.
    function _signPermit(uint256 amount) private returns (uint8 v, bytes32 r, bytes32 s) {
        token.mint(alice, amount);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                alice,
                address(escrow),
                amount,
                token.nonces(alice),
                _DEADLINE
            )
        );
        return vm.sign(aliceKey, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
