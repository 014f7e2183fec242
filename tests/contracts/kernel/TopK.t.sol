// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {TopK} from "../../../contracts/kernel/TopK.sol";

/// @notice The best k against brute force: one by one, the best that was not yet taken, the first of equals.
contract TopKTest is Test {
    function testFuzz_asByBruteForce(int64[] memory scores, uint256 k) public pure {
        _check(scores, k % (scores.length + 3));
    }

    /// @dev Few different scores, so that most of them tie.
    function testFuzz_ties(uint8[] memory few, uint256 k) public pure {
        int64[] memory scores = new int64[](few.length);
        for (uint256 i; i < few.length; ++i) {
            scores[i] = int64(uint64(few[i] % 3)) - 1;
        }
        _check(scores, k % (few.length + 3));
    }

    function _check(int64[] memory scores, uint256 k) private pure {
        uint256[] memory found = TopK.best(scores, k);
        assertEq(found.length, k < scores.length ? k : scores.length);
        bool[] memory taken = new bool[](scores.length);
        for (uint256 n; n < found.length; ++n) {
            uint256 best = type(uint256).max;
            for (uint256 i; i < scores.length; ++i) {
                if (!taken[i] && (best == type(uint256).max || scores[i] > scores[best])) best = i;
            }
            taken[best] = true;
            assertEq(found[n], best);
        }
    }
}
