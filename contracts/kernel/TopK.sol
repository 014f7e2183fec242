// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The best k of n scores.
/// @notice Of equal scores the earlier one is better, so whoever submits first wins a tie.
library TopK {
    /// @dev By insertion: n times k steps at most, so both must be bounded by the caller.
    /// @return places of the best `k` in `scores`, best first; of all where there are fewer.
    function best(int64[] memory scores, uint256 k) internal pure returns (uint256[] memory places) {
        if (k > scores.length) k = scores.length;
        places = new uint256[](k);
        if (k == 0) return places;
        for (uint256 i = 0; i < scores.length; ++i) {
            uint256 place = i < k ? i : k; // where it stands if it is better than none of those found
            while (place > 0 && scores[i] > scores[places[place - 1]]) {
                if (place < k) places[place] = places[place - 1];
                --place;
            }
            if (place < k) places[place] = i;
        }
    }
}
