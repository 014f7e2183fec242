// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Sums that halve every `HALF_LIFE_DAYS` days, brought up to date when they are read or added to.
/// @notice Within a day nothing decays, so the order of a day's additions does not matter, and a sum is rounded down
/// at most once a day. It is never above the sum of all decayed parts, and never 261 units or more below it, because
/// losses decay too.
library Decay {
    uint256 internal constant HALF_LIFE_DAYS = 180;

    /// @dev 2^(-1/180) in units of 2^-128, rounded down.
    uint256 private constant DAILY = 338_974_521_323_301_615_745_866_353_806_445_431_523;
    uint256 private constant UNIT = 2 ** 128;
    uint256 private constant UNIT_BITS = 128;

    /// @notice What is left of one after `elapsed` days, in units of 2^-128.
    function factor(uint256 elapsed) internal pure returns (uint256) {
        uint256 power = UNIT;
        uint256 square = DAILY;
        for (uint256 rest = elapsed % HALF_LIFE_DAYS; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) power = (power * square) >> UNIT_BITS; // `square` is below 2^128: less than 2^256
            square = (square * square) >> UNIT_BITS;
        }
        return power >> (elapsed / HALF_LIFE_DAYS); // Solidity shifts by 256 and more to 0
    }

    /// @notice What is left of `sum` by a factor, rounded down; `sum` below 2^127.
    function left(uint256 sum, uint256 by) internal pure returns (uint256) {
        return (sum * by) >> UNIT_BITS;
    }
}
