// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A seed that nobody could know before a block named in advance.
interface IRandomness {
    /// @return The seed of block `number`, or 0 when it is not yet or no longer to be had.
    function seed(uint256 number) external view returns (bytes32);

    /// @return For how many blocks after its own a seed can be had.
    function window() external view returns (uint256);
}
