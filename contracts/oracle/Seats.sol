// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Sets of seats, as bitmaps: bit i is seat i of at most 32.
library Seats {
    function has(uint32 self, uint256 seat) internal pure returns (bool) {
        return uint256(self) >> seat & 1 == 1;
    }

    /// @dev A seat past the last one adds nothing.
    function with(uint32 self, uint256 seat) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return self | uint32(uint256(1) << seat); // a bit that is cut off is not a seat
    }

    function without(uint32 self, uint256 seat) internal pure returns (uint32) {
        return self & ~with(0, seat);
    }

    function count(uint32 self) internal pure returns (uint256 number) {
        for (uint256 rest = self; rest != 0; rest &= rest - 1) {
            ++number;
        }
    }

    /// @return The first `size` seats.
    function first(uint256 size) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32((uint256(1) << size) - 1); // sizes are at most 32
    }
}
