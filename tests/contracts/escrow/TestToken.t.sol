// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IERC3009} from "../../../contracts/interfaces/IERC3009.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";

/// @notice The play money takes authorisations as EIP-3009 has them, so that what is shown with it holds for real ones.
contract TestTokenTest is Test {
    bytes32 private constant TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    uint256 private constant VALUE = 7e18;
    bytes32 private constant NONCE = "nonce";

    TestToken private _token;
    address private _payer;
    uint256 private _key;
    uint256 private _from; // Unix seconds within which it is valid
    uint256 private _until;

    function setUp() public {
        vm.warp(1_800_000_000);
        _token = new TestToken("Test", "TST", 18);
        (_payer, _key) = makeAddrAndKey("payer");
        _token.mint(_payer, VALUE);
        (_from, _until) = (block.timestamp - 1, block.timestamp + 1 hours);
    }

    function _sign(uint256 key) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 said = keccak256(abi.encode(TYPEHASH, _payer, address(this), VALUE, _from, _until, NONCE));
        return vm.sign(key, keccak256(abi.encodePacked("\x19\x01", _token.DOMAIN_SEPARATOR(), said)));
    }

    function _receive(uint256 value, uint256 from, uint256 until, bytes32 nonce, uint256 key) private {
        (uint8 v, bytes32 r, bytes32 s) = _sign(key);
        IERC3009(address(_token))
            .receiveWithAuthorization(_payer, address(this), value, from, until, nonce, v, r, s);
    }

    function receiveIt() external {
        _receive(VALUE, _from, _until, NONCE, _key);
    }

    function receiveOther(uint256 value, uint256 from, uint256 until, bytes32 nonce) external {
        _receive(value, from, until, nonce, _key);
    }

    function receiveSignedBy(uint256 key) external {
        _receive(VALUE, _from, _until, NONCE, key);
    }

    function test_receive_once() public {
        this.receiveIt();
        assertEq(_token.balanceOf(address(this)), VALUE);
        assertTrue(_token.authorizationState(_payer, NONCE));
        _token.mint(_payer, VALUE);
        vm.expectRevert(abi.encodeWithSelector(TestToken.AuthorizationUsedBefore.selector, _payer, NONCE));
        this.receiveIt();
    }

    /// @dev Whoever has seen it in the pool cannot present it before its payee does.
    function testFuzz_receive_byThePayeeAlone(address stranger) public {
        vm.assume(stranger != address(this));
        (uint8 v, bytes32 r, bytes32 s) = _sign(_key);
        vm.expectRevert(abi.encodeWithSelector(TestToken.CallerIsNotPayee.selector, stranger, address(this)));
        vm.prank(stranger);
        _token.receiveWithAuthorization(_payer, address(this), VALUE, _from, _until, NONCE, v, r, s);
    }

    function testFuzz_receive_whatWasSigned(uint8 field) public {
        (uint256 value, uint256 from, uint256 until, bytes32 nonce) = (VALUE, _from, _until, NONCE);
        if (field % 4 == 0) --value;
        if (field % 4 == 1) --from;
        if (field % 4 == 2) ++until;
        if (field % 4 == 3) nonce = "another";
        vm.expectPartialRevert(TestToken.SignedByAnother.selector);
        this.receiveOther(value, from, until, nonce);
    }

    function test_receive_signedByThePayer() public {
        (address other, uint256 key) = makeAddrAndKey("other");
        vm.expectRevert(abi.encodeWithSelector(TestToken.SignedByAnother.selector, other, _payer));
        this.receiveSignedBy(key);
    }

    /// @dev After `validAfter` and before `validBefore`, both without their own second.
    function test_receive_inItsTime() public {
        bytes memory refused = abi.encodeWithSelector(TestToken.AuthorizationNotValid.selector, _from, _until);
        vm.warp(_from);
        vm.expectRevert(refused);
        this.receiveIt();
        vm.warp(_until);
        vm.expectRevert(refused);
        this.receiveIt();
        vm.warp(_until - 1);
        this.receiveIt();
    }
}
