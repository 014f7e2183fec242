// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Fields of packed words.
/// @notice A layout names the offset of each of its fields: the number of the word times 256, plus how many bits of
/// the word are below the field.
library Words {
    /// @return The word from the field at `offset` upwards; the caller's cast cuts off what is above the field.
    function field(uint256[] memory words, uint256 offset) internal pure returns (uint256) {
        return words[offset >> 8] >> (offset & 0xff);
    }
}
