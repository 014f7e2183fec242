// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRandomness} from "../interfaces/IRandomness.sol";

/// @title A draw's one pre-named future block.
/// @notice The block is named before its seed can be known, and it stays the one until the seed is used, the draw with it
/// failed (`clear`) or its window was missed. How often a draw may name a block is bounded, so that nobody can go on until
/// a seed pleases. Users mix the seed with their own contract and id, as several draws may share a block.
library FutureBlock {
    /// @dev One slot (72 bits).
    struct Draw {
        uint64 number; // the named block, 0 when not armed
        uint8 attempts; // how often a block was named
    }

    /// @dev What became of a call to `arm`.
    enum Arming {
        Armed,
        Pending, // the block named before still counts
        Exhausted // the attempts are spent
    }

    /// @notice Blocks between the naming and the named block; with 2 the next proposer cannot name its own block.
    uint256 internal constant DELAY = 2;

    /// @notice Names the block `DELAY` ahead, unless one is pending or `maxAttempts` are spent.
    function arm(Draw storage self, uint8 maxAttempts, IRandomness randomness) internal returns (Arming) {
        if (isPending(self, randomness)) return Arming.Pending;
        if (self.attempts >= maxAttempts) return Arming.Exhausted;
        // forge-lint: disable-next-line(unsafe-typecast)
        self.number = uint64(block.number + DELAY); // a chain does not reach 2^64 blocks
        ++self.attempts;
        return Arming.Armed;
    }

    /// @notice Gives up the named block after its draw is done or has failed; the attempts stay counted.
    function clear(Draw storage self) internal {
        self.number = 0;
    }

    /// @notice Whether a block is named whose seed is still to come or to be had.
    function isPending(Draw storage self, IRandomness randomness) internal view returns (bool) {
        uint256 number = self.number;
        return number != 0 && block.number <= number + randomness.window();
    }

    /// @return The named block's seed; 0 when none is named, or it is not yet or no longer to be had.
    function seed(Draw storage self, IRandomness randomness) internal view returns (bytes32) {
        uint256 number = self.number;
        return number == 0 ? bytes32(0) : randomness.seed(number);
    }
}
