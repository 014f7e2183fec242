// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice Permits (ERC-2612) that are seen on their way: sent first, sent twice, bent, or taken elsewhere.
contract HostilePermitsTest is MarketFixture {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant AMOUNT = 100e18;

    address private _owner;
    uint256 private _key;
    address private _thief = makeAddr("thief");

    function setUp() public override {
        super.setUp();
        (_owner, _key) = makeAddrAndKey("owner");
        paymentToken.mint(_owner, AMOUNT);
    }

    /// @dev Whoever sends it first has made the allowance that the owner's deposit then uses; it gains nothing by it.
    function testFuzz_frontRun(address runner) public {
        vm.assume(runner != address(0) && runner != _owner && runner != address(escrow));
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        vm.startPrank(runner);
        paymentToken.permit(_owner, address(escrow), AMOUNT, block.timestamp, v, r, s);
        vm.expectRevert();
        escrow.deposit(address(paymentToken), AMOUNT, runner);
        vm.expectRevert();
        escrow.depositWithPermit(address(paymentToken), AMOUNT, block.timestamp, v, r, s);
        vm.stopPrank();
        _depositAs(_owner, v, r, s);
        assertEq(_balance(_owner, paymentToken), AMOUNT);
    }

    /// @dev It is spent with its first deposit.
    function test_replayed() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        _depositAs(_owner, v, r, s);
        paymentToken.mint(_owner, AMOUNT);
        _expectNoAllowance();
        _depositAs(_owner, v, r, s);
    }

    function test_malleableTwin() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        _expectNoAllowance();
        _depositAs(_owner, v == 27 ? 28 : 27, r, bytes32(CURVE_ORDER - uint256(s)));
    }

    function testFuzz_ofAnotherChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        vm.chainId(chainId);
        _expectNoAllowance();
        _depositAs(_owner, v, r, s);
    }

    function test_forAnotherEscrow() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(new Escrow(address(this))), AMOUNT);
        _expectNoAllowance();
        _depositAs(_owner, v, r, s);
    }

    function testFuzz_forAnotherAmount(uint256 amount) public {
        amount = bound(amount, 0, AMOUNT - 1);
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), amount);
        _expectNoAllowance();
        _depositAs(_owner, v, r, s);
    }

    function testFuzz_expired(uint32 late) public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        uint256 deadline = block.timestamp;
        skip(uint256(late) + 1);
        _expectNoAllowance();
        vm.prank(_owner);
        escrow.depositWithPermit(address(paymentToken), AMOUNT, deadline, v, r, s);
    }

    function testFuzz_garbage(uint8 v, bytes32 r, bytes32 s) public {
        _expectNoAllowance();
        _depositAs(_owner, v, r, s);
    }

    /// @dev Another's valid permit deposits nothing for whoever presents it.
    function test_presentedByAThief() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(address(escrow), AMOUNT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, AMOUNT
            )
        );
        _depositAs(_thief, v, r, s);
        assertEq(paymentToken.balanceOf(_owner), AMOUNT);
    }

    function _expectNoAllowance() private {
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientAllowance.selector);
    }

    function _depositAs(address account, uint8 v, bytes32 r, bytes32 s) private {
        vm.prank(account);
        escrow.depositWithPermit(address(paymentToken), AMOUNT, block.timestamp, v, r, s);
    }

    function _permit(address spender, uint256 amount) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                _owner,
                spender,
                amount,
                paymentToken.nonces(_owner),
                block.timestamp
            )
        );
        return
            vm.sign(_key, keccak256(abi.encodePacked(hex"1901", paymentToken.DOMAIN_SEPARATOR(), structHash)));
    }
}
