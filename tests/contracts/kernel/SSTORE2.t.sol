// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {SSTORE2} from "../../../contracts/kernel/SSTORE2.sol";

/// @notice What is written as code is read back as it was, does nothing when called, and is not half written.
contract SSTORE2Test is Test {
    function write(bytes memory contents) external returns (address) {
        return SSTORE2.write(contents);
    }

    function testFuzz_readsBackWhatWasWritten(bytes calldata contents) public {
        uint256[] memory words = SSTORE2.read(SSTORE2.write(contents));
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
        (bool ok, bytes memory answer) = SSTORE2.write(contents).call(data);
        assertTrue(ok);
        assertEq(answer.length, 0);
    }

    function test_twoOfTheSameAreTwo() public {
        assertTrue(SSTORE2.write("same") != SSTORE2.write("same"));
    }

    /// @dev A creation that runs out of gas is noticed, with what is left of it.
    function test_notWrittenWithTooLittleGas() public {
        vm.expectRevert(SSTORE2.NotWritten.selector);
        this.write{gas: 3_000_000}(new bytes(20_000)); // 200 gas a byte
    }
}
