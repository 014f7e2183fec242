// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRandomness} from "../interfaces/IRandomness.sol";

/// @title A draw's one pre-named future block.
/// @notice The block is named before its seed can be known. It stays the named block until the draw is held, or until
/// it was missed: nobody held the draw while the block's seed was available and the epoch of its naming lasted. Then
/// another block can be named, any number of times, at no cost to the draw. How often a draw can be held is bounded.
/// Anyone can hold a draw. Somebody who dislikes a seed can leave it unused, but cannot keep others from using it: a
/// draw is missed only if nobody wants it held. Users mix the seed with their own contract and id, as several draws
/// may share a block.
library FutureBlock {
    /// @dev One slot (112 bits).
    struct Draw {
        uint64 number; // the named block, 0 when none is named
        uint40 epoch; // in which it was named; the draw is from the pool, or by the stakes, of this epoch
        uint8 held; // how often a seed was used
    }

    /// @dev What became of a call to `arm`.
    enum Arming {
        Armed,
        Pending, // the block named before still counts
        Exhausted // the draw was held as often as it may be
    }

    /// @notice Blocks between the naming and the named block; with 2 the next proposer cannot name its own block.
    uint256 internal constant DELAY = 2;

    /// @notice Names the block `DELAY` ahead, unless one is pending or the draw was held `maxHeld` times.
    /// @param epoch the present one, of what is drawn from.
    function arm(Draw storage self, uint8 maxHeld, uint40 epoch, IRandomness randomness)
        internal
        returns (Arming)
    {
        if (isPending(self, epoch, randomness)) return Arming.Pending;
        if (self.held >= maxHeld) return Arming.Exhausted;
        // forge-lint: disable-next-line(unsafe-typecast)
        (self.number, self.epoch) = (uint64(block.number + DELAY), epoch); // a chain does not reach 2^64 blocks
        return Arming.Armed;
    }

    /// @notice Holds the draw: takes the named block's seed, which nobody can use again.
    /// @param epoch the present one.
    /// @return The seed; 0 when none is available, and then the draw is as it was.
    function hold(Draw storage self, uint40 epoch, IRandomness randomness) internal returns (bytes32) {
        uint256 number = self.number;
        if (number == 0 || self.epoch != epoch) return 0;
        bytes32 seed = randomness.seed(number);
        if (seed == 0) return 0;
        self.number = 0;
        ++self.held;
        return seed;
    }

    /// @notice Whether a block is named whose seed is still to come or available.
    /// @param epoch the present one.
    function isPending(Draw storage self, uint40 epoch, IRandomness randomness) internal view returns (bool) {
        uint256 number = self.number;
        return number != 0 && self.epoch == epoch && block.number <= number + randomness.window();
    }
}
