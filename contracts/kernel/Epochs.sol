// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The clock of a pool: changes made in one epoch count from the next.
abstract contract Epochs {
    /// @notice Seconds.
    uint40 public immutable EPOCH;

    /// @notice An epoch must last at least one second.
    /// @custom:hint Correct the market's parameters and deploy again.
    error ZeroEpoch();

    constructor(uint40 epoch_) {
        if (epoch_ == 0) revert ZeroEpoch();
        EPOCH = epoch_;
    }

    /// @return The number of the present epoch.
    function epoch() public view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp) / EPOCH; // Unix time fits for 34,000 years
    }
}
