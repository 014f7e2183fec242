// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A sortition sum tree whose changes count from the next epoch.
/// @notice Leaves carry weights, inner nodes the sums of their two children. The weights that a draw sees are those of
/// the end of the epoch before, so they stay the same for a whole epoch, whatever changes in it. Leaves are
/// appended and never removed; a node is (level, index), leaves are level 0, and the root moves up a level when the
/// leaves outgrow it. Updating and drawing touch one node a level.
library SumTree {
    /// @dev One slot.
    struct Node {
        uint104 current; // counts after `epoch`
        uint104 previous; // counts in `epoch`
        uint48 epoch; // of the last change
    }

    struct Tree {
        uint32 leaves;
        uint8 height; // the root's level
        mapping(uint256 place => Node) nodes; // see `_at`
    }

    /// @dev A draw without replacement, in memory. Laid end to end, all weights form a line. Leaves that came out are
    /// stretches of it, kept in order and passed over by later draws.
    struct Draw {
        uint48 epoch;
        uint256 height; // of the tree
        uint256 total; // weight of the tree
        uint256 weight; // left in the draw
        uint256 count; // leaves drawn so far
        uint256[] starts;
        uint256[] lengths;
    }

    /// @notice Adds a leaf without weight.
    function append(Tree storage self) internal returns (uint32 leaf) {
        leaf = self.leaves++;
        if (leaf >> self.height != 0) {
            uint256 height = self.height++;
            self.nodes[_at(height + 1, 0)] = self.nodes[_at(height, 0)];
        }
    }

    /// @notice Adds to a leaf's weight from the epoch after `epoch` on.
    function increase(Tree storage self, uint32 leaf, uint104 amount, uint48 epoch) internal {
        _change(self, leaf, amount, 0, epoch);
    }

    /// @notice Takes from a leaf's weight from the epoch after `epoch` on.
    function decrease(Tree storage self, uint32 leaf, uint104 amount, uint48 epoch) internal {
        _change(self, leaf, 0, amount, epoch);
    }

    /// @return The sum of all weights that count in `epoch`.
    function total(Tree storage self, uint48 epoch) internal view returns (uint104) {
        return _weight(self.nodes[_at(self.height, 0)], epoch);
    }

    /// @return The leaf's weight that counts in `epoch`.
    function weightOf(Tree storage self, uint32 leaf, uint48 epoch) internal view returns (uint104) {
        return _weight(self.nodes[_at(0, leaf)], epoch);
    }

    /// @notice Begins a draw of at most `most` leaves by their weights in `epoch`.
    function begin(Tree storage self, uint48 epoch, uint256 most) internal view returns (Draw memory draw) {
        uint256 capacity = Math.min(most, self.leaves);
        (draw.epoch, draw.height, draw.total) = (epoch, self.height, total(self, epoch));
        draw.weight = draw.total;
        (draw.starts, draw.lengths) = (new uint256[](capacity), new uint256[](capacity));
    }

    /// @return Whether nothing more can come out.
    function isOver(Draw memory draw) internal pure returns (bool) {
        return draw.weight == 0 || draw.count == draw.starts.length;
    }

    /// @notice Draws the next leaf: the one in whose stretch of the line the seed's point falls.
    function next(Tree storage self, Draw memory draw, bytes32 seed) internal view returns (uint32 leaf) {
        (uint256 count, uint256[] memory starts, uint256[] memory lengths) =
            (draw.count, draw.starts, draw.lengths);
        uint256 point = uint256(Hashes.efficientKeccak256(seed, bytes32(count))) % draw.weight;
        uint256 at;
        for (; at < count && point >= starts[at]; ++at) {
            point += lengths[at];
        }
        uint256 start;
        uint256 length;
        (leaf, start, length) = _find(self, draw, point);
        for (uint256 i = count; i > at; --i) {
            (starts[i], lengths[i]) = (starts[i - 1], lengths[i - 1]);
        }
        (starts[at], lengths[at]) = (start, length);
        draw.count = count + 1;
        draw.weight -= length;
    }

    /// @dev Reads left children only: what a node weighs beyond its left child is the right one's.
    /// @return leaf the one in whose stretch `point` lies.
    /// @return start where that stretch begins.
    /// @return length the leaf's weight.
    function _find(Tree storage self, Draw memory draw, uint256 point)
        private
        view
        returns (uint32 leaf, uint256 start, uint256 length)
    {
        (uint256 index, uint48 epoch) = (0, draw.epoch);
        length = draw.total;
        for (uint256 level = draw.height; level > 0;) {
            --level;
            index <<= 1;
            uint256 left = _weight(self.nodes[_at(level, index)], epoch);
            if (point < start + left) {
                length = left;
            } else {
                start += left;
                length -= left;
                ++index;
            }
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        leaf = uint32(index); // a descendant of the root, so below `leaves`
    }

    /// @dev Changes a leaf and all nodes above it.
    function _change(Tree storage self, uint32 leaf, uint104 added, uint104 taken, uint48 epoch) private {
        uint256 height = self.height;
        for (uint256 level; level <= height; ++level) {
            Node storage node = _touch(self.nodes[_at(level, leaf >> level)], epoch);
            node.current = node.current + added - taken;
        }
    }

    /// @dev Where a node is kept: indices have 32 bits.
    function _at(uint256 level, uint256 index) private pure returns (uint256) {
        return level << 32 | index;
    }

    /// @dev Keeps the weight in force before the first change in an epoch.
    function _touch(Node storage node, uint48 epoch) private returns (Node storage) {
        if (node.epoch < epoch) (node.previous, node.epoch) = (node.current, epoch);
        return node;
    }

    function _weight(Node storage node, uint48 epoch) private view returns (uint104) {
        // All at once, which is one read.
        (uint104 current, uint104 previous, uint48 changed) = (node.current, node.previous, node.epoch);
        return changed < epoch ? current : previous;
    }
}
