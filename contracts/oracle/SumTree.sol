// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A sortition sum tree whose changes count from the next epoch.
/// @notice Leaves carry weights, inner nodes the sums of their two children. The weights that a draw sees are those of the
/// end of the epoch before, so that they stand still for a whole epoch whatever is changed in it. Leaves are appended and
/// never removed; a node is (level, index), leaves are level 0, and the root moves up a level when the leaves outgrow it.
/// Updating and drawing touch one node a level.
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
        mapping(uint256 level => mapping(uint256 index => Node)) nodes;
    }

    /// @dev A draw without replacement, in memory: what has come out is left out of what follows.
    struct Draw {
        uint48 epoch;
        uint256 weight; // left in the draw
        uint256 count; // leaves drawn so far
        uint32[] leaves;
        uint104[] weights;
    }

    /// @notice Adds a leaf without weight.
    function append(Tree storage self) internal returns (uint32 leaf) {
        leaf = self.leaves++;
        if (leaf >> self.height != 0) {
            uint256 height = self.height++;
            self.nodes[height + 1][0] = self.nodes[height][0];
        }
    }

    /// @notice Adds to a leaf's weight from the epoch after `epoch` on.
    function increase(Tree storage self, uint32 leaf, uint104 amount, uint48 epoch) internal {
        for (uint256 level; level <= self.height; ++level) {
            Node storage node = _touch(self.nodes[level][leaf >> level], epoch);
            node.current += amount;
        }
    }

    /// @notice Takes from a leaf's weight from the epoch after `epoch` on.
    function decrease(Tree storage self, uint32 leaf, uint104 amount, uint48 epoch) internal {
        for (uint256 level; level <= self.height; ++level) {
            Node storage node = _touch(self.nodes[level][leaf >> level], epoch);
            node.current -= amount;
        }
    }

    /// @return The sum of all weights that count in `epoch`.
    function total(Tree storage self, uint48 epoch) internal view returns (uint104) {
        return _weight(self.nodes[self.height][0], epoch);
    }

    /// @return The leaf's weight that counts in `epoch`.
    function weightOf(Tree storage self, uint32 leaf, uint48 epoch) internal view returns (uint104) {
        return _weight(self.nodes[0][leaf], epoch);
    }

    /// @notice Begins a draw of at most `most` leaves by their weights in `epoch`.
    function begin(Tree storage self, uint48 epoch, uint256 most) internal view returns (Draw memory draw) {
        uint256 capacity = Math.min(most, self.leaves);
        (draw.epoch, draw.weight) = (epoch, total(self, epoch));
        (draw.leaves, draw.weights) = (new uint32[](capacity), new uint104[](capacity));
    }

    /// @return Whether nothing more can come out.
    function isOver(Draw memory draw) internal pure returns (bool) {
        return draw.weight == 0 || draw.count == draw.leaves.length;
    }

    /// @notice Draws the next leaf. Laid end to end, the weights still in the draw form a line; the leaf is the one in
    /// whose stretch the seed's point falls.
    function next(Tree storage self, Draw memory draw, bytes32 seed) internal view returns (uint32 leaf) {
        uint256 point = uint256(keccak256(abi.encode(seed, draw.count))) % draw.weight;
        uint256 index;
        for (uint256 level = self.height; level > 0;) {
            --level;
            index <<= 1;
            uint256 left = _remaining(self, draw, level, index);
            if (point >= left) {
                point -= left;
                ++index;
            }
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        leaf = uint32(index); // a descendant of the root, so below `leaves`
        uint104 weight = weightOf(self, leaf, draw.epoch);
        (draw.leaves[draw.count], draw.weights[draw.count]) = (leaf, weight);
        draw.weight -= weight;
        ++draw.count;
    }

    /// @dev A node's weight less what has been drawn from beneath it.
    function _remaining(Tree storage self, Draw memory draw, uint256 level, uint256 index)
        private
        view
        returns (uint256 weight)
    {
        weight = _weight(self.nodes[level][index], draw.epoch);
        for (uint256 i; i < draw.count; ++i) {
            if (draw.leaves[i] >> level == index) weight -= draw.weights[i];
        }
    }

    /// @dev Keeps the weight in force before the first change in an epoch.
    function _touch(Node storage node, uint48 epoch) private returns (Node storage) {
        if (node.epoch < epoch) (node.previous, node.epoch) = (node.current, epoch);
        return node;
    }

    function _weight(Node storage node, uint48 epoch) private view returns (uint104) {
        return node.epoch < epoch ? node.current : node.previous;
    }
}
