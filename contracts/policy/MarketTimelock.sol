// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title MarketTimelock
/// @notice Holds the admin roles of the market's contracts, and does nothing before everybody has had time to see it.
/// @dev OpenZeppelin's. It starts without proposers: its deployer gives the roles to the governor and gives up its own.
contract MarketTimelock is TimelockController {
    constructor(uint256 minDelay, address deployer)
        TimelockController(minDelay, new address[](0), new address[](0), deployer)
    {}
}
