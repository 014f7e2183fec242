// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "./CommissionFixture.sol";

/// @notice Windows that differ from one another: with the default rules several are the same, so that one could stand
/// for another and no test would see it.
abstract contract WindowsFixture is CommissionFixture {
    function _setWindows(uint32[8] memory w) internal {
        for (uint256 i; i < w.length; ++i) {
            w[i] = uint32(bound(w[i], 1 hours, 60 days));
        }
        times = IPolicy.Timeouts(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
        policy.setTimeouts(times);
    }
}
