// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {FrozenRelease} from "./FrozenRelease.sol";

/// @notice From release 0.3.0.
contract Release030Test is FrozenRelease {
    function _version() internal pure override returns (string memory) {
        return "0.3.0";
    }
}
