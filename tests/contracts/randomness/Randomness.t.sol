// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BlockhashRandomness} from "../../../contracts/randomness/BlockhashRandomness.sol";
import {FutureBlock} from "../../../contracts/randomness/FutureBlock.sol";

contract BlockhashRandomnessTest is Test {
    BlockhashRandomness private _randomness = new BlockhashRandomness();

    function setUp() public {
        vm.roll(1000);
    }

    function testFuzz_Seed_IsThereForTheWindow(uint256 age) public {
        age = bound(age, 1, _randomness.window());
        uint256 number = block.number;
        bytes32 hash = keccak256("the hash of a block");
        vm.roll(number + age);
        vm.setBlockhash(number, hash);
        assertEq(_randomness.seed(number), hash);
    }

    function testFuzz_Seed_IsNotThereAfterTheWindow(uint256 age) public {
        age = bound(age, _randomness.window() + 1, type(uint32).max);
        uint256 number = block.number;
        vm.roll(number + age);
        assertEq(_randomness.seed(number), 0);
    }

    function testFuzz_Seed_IsNotThereYet(uint256 number) public view {
        number = bound(number, block.number, type(uint256).max);
        assertEq(_randomness.seed(number), 0);
    }
}

contract FutureBlockTest is Test {
    using FutureBlock for FutureBlock.Draw;

    uint8 private constant MAX_HELD = 3;
    uint40 private constant EPOCH = 7; // the number of the present one
    bytes32 private constant SEED = keccak256("the named block");

    BlockhashRandomness private _randomness = new BlockhashRandomness();
    FutureBlock.Draw private _draw;

    function setUp() public {
        vm.roll(1000);
    }

    function testFuzz_Arm_NamesABlockAhead(uint32 number, uint40 epoch) public {
        vm.roll(number);
        _arm(epoch, FutureBlock.Arming.Armed);
        assertEq(_draw.number, uint256(number) + FutureBlock.DELAY);
        assertEq(_draw.epoch, epoch);
        assertEq(_draw.held, 0, "to name a block costs nothing");
        assertTrue(_draw.isPending(epoch, _randomness));
        assertEq(_hold(epoch), 0, "nobody knows the seed yet");
        assertTrue(_draw.isPending(epoch, _randomness), "and to ask for it changes nothing");
    }

    function testFuzz_Arm_KeepsThePendingBlock(uint256 later) public {
        _arm(EPOCH, FutureBlock.Arming.Armed);
        uint256 number = _draw.number;
        vm.roll(block.number + bound(later, 0, FutureBlock.DELAY + _randomness.window()));
        _arm(EPOCH, FutureBlock.Arming.Pending);
        assertEq(_draw.number, number);
    }

    /// @dev However often nobody has held the draw, it is named again, and none of that counts.
    function testFuzz_Arm_NamesAnotherAfterAMissedWindow(uint32 later, uint8 times) public {
        times = uint8(bound(times, 1, 20));
        for (uint256 i = 0; i < times; ++i) {
            _arm(EPOCH, FutureBlock.Arming.Armed);
            vm.roll(block.number + FutureBlock.DELAY + _randomness.window() + 1 + later);
            assertFalse(_draw.isPending(EPOCH, _randomness));
            assertEq(_hold(EPOCH), 0);
        }
        _arm(EPOCH, FutureBlock.Arming.Armed);
        assertEq(_draw.number, block.number + FutureBlock.DELAY);
        assertEq(_draw.held, 0);
    }

    /// @dev What is drawn from has changed since the block was named, perhaps by somebody who knew the seed.
    function testFuzz_Arm_NamesAnotherAfterTheEpoch(uint40 epoch, uint256 later) public {
        vm.assume(epoch != EPOCH);
        _arm(EPOCH, FutureBlock.Arming.Armed);
        uint256 number = _draw.number;
        vm.roll(number + bound(later, 1, _randomness.window()));
        vm.setBlockhash(number, SEED);
        assertFalse(_draw.isPending(epoch, _randomness));
        assertEq(_hold(epoch), 0);
        _arm(epoch, FutureBlock.Arming.Armed);
        assertEq(_draw.number, block.number + FutureBlock.DELAY);
        assertEq(_draw.epoch, epoch);
        assertEq(_draw.held, 0);
    }

    function testFuzz_Hold_TakesTheSeedOnce(uint256 later) public {
        _arm(EPOCH, FutureBlock.Arming.Armed);
        uint256 number = _draw.number;
        vm.roll(number + bound(later, 1, _randomness.window()));
        vm.setBlockhash(number, SEED);
        assertEq(_hold(EPOCH), SEED);
        assertEq(_draw.held, 1);
        assertEq(_draw.epoch, EPOCH, "still says which pool it is");
        assertFalse(_draw.isPending(EPOCH, _randomness));
        assertEq(_hold(EPOCH), 0);
        assertEq(_draw.held, 1);
    }

    function test_Hold_NeedsANamedBlock() public {
        vm.setBlockhash(0, SEED);
        assertEq(_hold(0), 0);
        assertEq(_draw.held, 0);
    }

    /// @dev A draw that was held counts; only so can it be exhausted, and what is pending then can still be used.
    function test_Arm_IsBoundedByTheDrawsThatWereHeld() public {
        for (uint256 i = 0; i < MAX_HELD; ++i) {
            _arm(EPOCH, FutureBlock.Arming.Armed);
            _arm(EPOCH, FutureBlock.Arming.Pending);
            vm.roll(block.number + FutureBlock.DELAY + 1);
            assertNotEq(_hold(EPOCH), 0);
        }
        _arm(EPOCH, FutureBlock.Arming.Exhausted);
        assertEq(_draw.number, 0);
        assertEq(_draw.held, MAX_HELD);
    }

    function _arm(uint40 epoch, FutureBlock.Arming expected) private {
        assertEq(uint8(_draw.arm(MAX_HELD, epoch, _randomness)), uint8(expected));
    }

    function _hold(uint40 epoch) private returns (bytes32) {
        return _draw.hold(epoch, _randomness);
    }
}
