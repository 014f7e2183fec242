// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../contracts/interfaces/ICommissionMarket.sol";
import {CommissionFixture} from "../contracts/CommissionFixture.sol";

/// @notice A developer has spent one of its two submissions and makes the second: whatever comes of it, there is no third.
contract CapProofs is CommissionFixture {
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        _id = _toEvaluating();
        _evaluate(_id, THRESHOLD - 1);
        _submit(_id, "second model");
    }

    /// @dev Meant to find: `>=` of the cap's check in `_retry` as `>`.
    function check_Submissions_NeverExceedTheCap(int64 score, bytes32 manifest) public {
        _evaluate(_id, score);
        vm.prank(developer);
        try market.submit(_id, _submission(manifest)) {
            assert(false);
        } catch {}
        assert(market.commission(_id).attempts <= 2);
    }
}
