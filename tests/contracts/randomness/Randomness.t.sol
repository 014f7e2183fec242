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

    uint8 private constant MAX_ATTEMPTS = 3;

    BlockhashRandomness private _randomness = new BlockhashRandomness();
    FutureBlock.Draw private _draw;

    function setUp() public {
        vm.roll(1000);
    }

    function testFuzz_Arm_NamesABlockAhead(uint32 number) public {
        vm.roll(number);
        _arm(FutureBlock.Arming.Armed);
        assertEq(_draw.number, uint256(number) + FutureBlock.DELAY);
        assertEq(_draw.attempts, 1);
        assertTrue(_draw.isPending(_randomness));
        assertEq(_draw.seed(_randomness), 0);
    }

    function testFuzz_Arm_KeepsThePendingBlock(uint256 later) public {
        _arm(FutureBlock.Arming.Armed);
        uint256 number = _draw.number;
        vm.roll(block.number + bound(later, 0, FutureBlock.DELAY + _randomness.window()));
        _arm(FutureBlock.Arming.Pending);
        assertEq(_draw.number, number);
        assertEq(_draw.attempts, 1);
    }

    function testFuzz_Arm_NamesAnotherAfterAMissedWindow(uint32 later) public {
        _arm(FutureBlock.Arming.Armed);
        vm.roll(block.number + FutureBlock.DELAY + _randomness.window() + 1 + later);
        assertFalse(_draw.isPending(_randomness));
        assertEq(_draw.seed(_randomness), 0);
        _arm(FutureBlock.Arming.Armed);
        assertEq(_draw.number, block.number + FutureBlock.DELAY);
        assertEq(_draw.attempts, 2);
    }

    function test_Arm_IsBounded() public {
        for (uint256 i = 0; i < MAX_ATTEMPTS; ++i) {
            _arm(FutureBlock.Arming.Armed);
            _draw.clear();
        }
        _arm(FutureBlock.Arming.Exhausted);
        assertEq(_draw.number, 0);
        assertEq(_draw.attempts, MAX_ATTEMPTS);
    }

    /// @dev The last attempt can still be used, however often somebody arms.
    function test_Arm_LeavesTheLastAttemptPending() public {
        for (uint256 i = 1; i < MAX_ATTEMPTS; ++i) {
            _arm(FutureBlock.Arming.Armed);
            _draw.clear();
        }
        _arm(FutureBlock.Arming.Armed);
        _arm(FutureBlock.Arming.Pending);
    }

    function testFuzz_Seed_IsTheNamedBlocks(uint256 later) public {
        _arm(FutureBlock.Arming.Armed);
        uint256 number = _draw.number;
        vm.roll(number + bound(later, 1, _randomness.window()));
        vm.setBlockhash(number, keccak256("the named block"));
        assertEq(_draw.seed(_randomness), keccak256("the named block"));
    }

    function test_Clear_GivesUpTheBlockButNotTheCount() public {
        _arm(FutureBlock.Arming.Armed);
        _draw.clear();
        assertFalse(_draw.isPending(_randomness));
        assertEq(_draw.seed(_randomness), 0);
        assertEq(_draw.attempts, 1);
    }

    function _arm(FutureBlock.Arming expected) private {
        assertEq(uint8(_draw.arm(MAX_ATTEMPTS, _randomness)), uint8(expected));
    }
}
