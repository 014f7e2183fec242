// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A seed that nobody could know before a block named in advance.
interface IRandomness {
    /// @notice The seed of one block, the same for everybody; anyone may ask.
    /// @return The seed of block `number`, or 0 when it is not available yet or no longer.
    function seed(uint256 number) external view returns (bytes32);

    /// @notice For how many blocks after its own block a seed is available.
    /// @return number of blocks.
    function window() external view returns (uint256);
}
