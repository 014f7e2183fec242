// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SumTree} from "./SumTree.sol";

/// @title Accounts that can be drawn, each as likely as any other.
/// @notice Whoever enters or leaves changes the draws of the epochs that follow. A draw is made of the pool as it
/// stood when the epoch began in which its block was named, so nobody who may know the seed can change which
/// candidates come out, or in what order. The user of the pool passes over those who have left since and those who do
/// not suit otherwise; each candidate that is passed over makes room for the next one and moves nobody else out.
/// @dev An account keeps its leaf for good: leaving and entering again does not make the tree larger, and a leaf only
/// ever names the account that it was made for, also in a draw from the past.
library Pool {
    using SumTree for SumTree.Tree;
    using SumTree for SumTree.Draw;

    struct Members {
        SumTree.Tree tree; // a leaf weighs 1 while its account is in the pool
        mapping(uint32 leaf => address) accounts;
        mapping(address account => uint32) leafPlusOne; // 0 for an account that has never been in the pool
    }

    /// @dev In memory.
    struct Draw {
        SumTree.Draw tree;
        bytes32 seed;
    }

    /// @notice How many candidates a draw looks at: SPARE_CANDIDATES, and CANDIDATES_PER_SEAT for each seat.
    uint256 internal constant SPARE_CANDIDATES = 32;
    uint256 internal constant CANDIDATES_PER_SEAT = 3;

    /// @dev Later than any epoch: by then all changes count.
    uint48 private constant LATEST = type(uint48).max;

    /// @notice Enters an account, in draws from the epoch after `epoch` on.
    /// @return Whether it was not in the pool before.
    function add(Members storage self, address account, uint48 epoch) internal returns (bool) {
        if (contains(self, account)) return false;
        uint32 leafPlusOne = self.leafPlusOne[account];
        if (leafPlusOne == 0) {
            uint32 leaf = self.tree.append();
            leafPlusOne = leaf + 1;
            (self.accounts[leaf], self.leafPlusOne[account]) = (account, leafPlusOne);
        }
        self.tree.increase(leafPlusOne - 1, 1, epoch);
        return true;
    }

    /// @notice Takes an account out of the draws from the epoch after `epoch` on.
    /// @return Whether it was in the pool.
    function remove(Members storage self, address account, uint48 epoch) internal returns (bool) {
        if (!contains(self, account)) return false;
        self.tree.decrease(self.leafPlusOne[account] - 1, 1, epoch);
        return true;
    }

    /// @return Whether the account is in the pool now, drawn yet or not.
    function contains(Members storage self, address account) internal view returns (bool) {
        uint32 leafPlusOne = self.leafPlusOne[account];
        return leafPlusOne != 0 && self.tree.weightOf(leafPlusOne - 1, LATEST) != 0;
    }

    /// @return How many accounts are in the pool now, drawn yet or not.
    function size(Members storage self) internal view returns (uint256) {
        return self.tree.total(LATEST);
    }

    /// @notice Begins a draw for `seats` seats of the pool as it stood when `epoch` began.
    /// @param seed of this draw alone: mixed with what tells this draw from others that use the same block.
    function begin(Members storage self, uint48 epoch, uint256 seats, bytes32 seed)
        internal
        view
        returns (Draw memory)
    {
        return Draw(self.tree.begin(epoch, SPARE_CANDIDATES + CANDIDATES_PER_SEAT * seats), seed);
    }

    /// @return The next candidate, each at most once; zero when the draw looks at no more.
    function next(Members storage self, Draw memory draw) internal view returns (address) {
        return draw.tree.isOver() ? address(0) : self.accounts[self.tree.next(draw.tree, draw.seed)];
    }
}
