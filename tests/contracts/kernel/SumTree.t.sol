// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {SumTree} from "../../../contracts/kernel/SumTree.sol";

/// @notice The tree against a plain list of weights, through epochs.
contract SumTreeTest is Test {
    using SumTree for SumTree.Tree;
    using SumTree for SumTree.Draw;

    SumTree.Tree private _tree;
    uint104[] private _now; // weights as last written
    uint104[] private _before; // weights at the end of the epoch before
    uint48 private _epoch = 5;

    function testFuzz_matchesAList(uint256 seed, uint8 steps) public {
        steps = uint8(bound(steps, 1, 60));
        for (uint256 i; i < steps; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _step(random % 8, random >> 8);
            _compare();
        }
        _drawAll(seed);
    }

    /// @dev Append, increase, decrease, or pass to a later epoch.
    function _step(uint256 what, uint256 random) private {
        if (what < 3 || _now.length == 0) {
            assertEq(_tree.append(), _now.length);
            _now.push(0);
            _before.push(0);
        }
        uint32 leaf = uint32(random % _now.length);
        if (what < 6) {
            uint104 amount = uint104((random >> 32) % 1000);
            _tree.increase(leaf, amount, _epoch);
            _now[leaf] += amount;
        } else if (what == 6) {
            uint104 amount = uint104((random >> 32) % (uint256(_now[leaf]) + 1));
            _tree.decrease(leaf, amount, _epoch);
            _now[leaf] -= amount;
        } else {
            _epoch += uint48(1 + random % 3);
            _before = _now;
        }
    }

    function _compare() private view {
        uint256 total;
        for (uint32 i; i < _before.length; ++i) {
            assertEq(_tree.weightOf(i, _epoch), _before[i], "weight");
            total += _before[i];
        }
        assertEq(_tree.total(_epoch), total, "total");
    }

    /// @dev Every leaf with a weight comes out exactly once, each where a walk along the list finds it.
    function _drawAll(uint256 seed) private view {
        SumTree.Draw memory draw = _tree.begin(_epoch, type(uint256).max);
        bool[] memory out = new bool[](_before.length);
        uint256 total = _tree.total(_epoch);
        uint256 drawn;
        while (!draw.isOver()) {
            uint256 point = uint256(keccak256(abi.encode(bytes32(seed), drawn))) % total;
            uint256 expected;
            while (out[expected] || point >= _before[expected]) {
                if (!out[expected]) point -= _before[expected];
                ++expected;
            }
            assertEq(_tree.next(draw, bytes32(seed)), expected, "leaf");
            (out[expected], total) = (true, total - _before[expected]);
            ++drawn;
        }
        for (uint256 i; i < out.length; ++i) {
            assertEq(out[i], _before[i] != 0, "everyone with a weight");
        }
    }

    function test_nothingCountsInItsOwnEpoch() public {
        uint32 leaf = _tree.append();
        _tree.increase(leaf, 100, 7);
        _tree.increase(leaf, 11, 7);
        assertEq(_tree.total(7), 0);
        assertEq(_tree.total(8), 111);
        _tree.decrease(leaf, 111, 8);
        assertEq(_tree.total(8), 111);
        assertEq(_tree.weightOf(leaf, 9), 0);
    }

    function test_begin_isBounded() public {
        for (uint256 i; i < 4; ++i) {
            _tree.increase(_tree.append(), 10, 1);
        }
        SumTree.Draw memory draw = _tree.begin(2, 3);
        for (uint256 i; i < 3; ++i) {
            assertFalse(draw.isOver());
            _tree.next(draw, "seed");
        }
        assertTrue(draw.isOver());
    }

    /// @dev Three leaves of weights 1, 2, 5: over many draws, the first to come out is each in its share.
    function test_next_isProportional() public {
        uint104[3] memory weights = [uint104(1), 2, 5];
        for (uint256 i; i < 3; ++i) {
            _tree.increase(_tree.append(), weights[i], 1);
        }
        uint256[3] memory hits;
        for (uint256 i; i < 4000; ++i) {
            SumTree.Draw memory draw = _tree.begin(2, 1);
            ++hits[_tree.next(draw, bytes32(i))];
        }
        for (uint256 i; i < 3; ++i) {
            assertApproxEqAbs(hits[i], 500 * weights[i], 120); // four standard deviations
        }
    }

    /// @dev Stretches of one unit: every point is the beginning of one, and none comes out twice.
    function testFuzz_draw_nothingComesOutTwice(bytes32 seed, uint8 leaves) public {
        uint256 count = bound(leaves, 1, 40);
        for (uint256 i; i < count; ++i) {
            _tree.increase(_tree.append(), 1, _epoch);
        }
        SumTree.Draw memory draw = _tree.begin(_epoch + 1, count);
        uint256 drawn;
        for (uint256 i; i < count; ++i) {
            uint256 leaf = _tree.next(draw, seed);
            assertEq(drawn >> leaf & 1, 0, "twice");
            drawn |= uint256(1) << leaf;
        }
        assertTrue(draw.isOver());
    }

    /// @dev A level more whenever the leaves double, no sooner: it could not be counted otherwise.
    function test_append_growsByLevels() public {
        for (uint256 i; i < 300; ++i) {
            _tree.append();
        }
        assertEq(_tree.height, 9);
    }
}
