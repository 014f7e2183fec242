// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Packed} from "../../../contracts/market/Packed.sol";

/// @notice What is kept as code is read back as it was, does nothing when called, and is not half kept.
contract PackedTest is Test {
    function keep(bytes memory contents) external returns (address) {
        return Packed.keep(contents);
    }

    function testFuzz_readsBackWhatWasKept(bytes calldata contents) public {
        uint256[] memory words = Packed.words(Packed.keep(contents));
        assertEq(words.length, (contents.length + 31) / 32);
        for (uint256 i; i < words.length; ++i) {
            uint256 expected;
            for (uint256 j; j < 32; ++j) {
                uint256 at = 32 * i + j;
                expected = expected << 8 | (at < contents.length ? uint8(contents[at]) : 0);
            }
            assertEq(words[i], expected);
        }
    }

    /// @dev The code begins with a STOP: calling it does nothing, and sends nobody anything.
    function testFuzz_callingItDoesNothing(bytes calldata contents, bytes calldata data) public {
        (bool ok, bytes memory answer) = Packed.keep(contents).call(data);
        assertTrue(ok);
        assertEq(answer.length, 0);
    }

    function test_twoOfTheSameAreTwo() public {
        assertTrue(Packed.keep("same") != Packed.keep("same"));
    }

    /// @dev A creation that runs out of gas is noticed, with what is left of it.
    function test_notKeptWithTooLittleGas() public {
        vm.expectRevert(Packed.NotKept.selector);
        this.keep{gas: 3_000_000}(new bytes(20_000)); // 200 gas a byte
    }
}
