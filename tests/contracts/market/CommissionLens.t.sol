// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice A list says of each commission what the whole of it says.
contract CommissionLensTest is CommissionFixture {
    uint256 private constant DEALS = 5;

    uint256 private _firstOpened;

    function setUp() public override {
        super.setUp();
        _firstOpened = block.timestamp;
        uint256 settled = _toChallenge();
        _settle(settled, "model");
        _toBuilding();
        uint256 revealing = _toBidding();
        vm.warp(lens.commission(revealing).request.commitEnds);
        _toBidding();
        uint256 refunded = _toBidding();
        vm.warp(lens.commission(refunded).request.revealEnds);
        market.advance(refunded);
    }

    function test_listings_sayWhatTheWholeSays() public view {
        ICommissionLens.Listing[] memory listed = lens.listings(1, DEALS);
        assertEq(listed.length, DEALS);
        for (uint256 i = 0; i < DEALS; ++i) {
            assertEq(listed[i].id, i + 1);
            _agrees(listed[i], lens.commission(i + 1));
        }
        assertEq(listed[0].openedAt, _firstOpened);
        assertEq(uint8(listed[0].state), uint8(ICommissionMarket.State.Settled));
        assertEq(uint8(listed[4].cause), uint8(ICommissionMarket.Cause.NoBids));
    }

    function testFuzz_listings_bounds(uint256 first, uint256 count) public view {
        first = bound(first, 0, DEALS + 2);
        ICommissionLens.Listing[] memory listed = lens.listings(first, count);
        uint256 left = first == 0 || first > DEALS ? 0 : DEALS - first + 1;
        assertEq(listed.length, count < left ? count : left);
        for (uint256 i = 0; i < listed.length; ++i) {
            assertEq(listed[i].id, first + i);
        }
    }

    function testFuzz_listings_ofNoCommissions(uint256 first, uint256 count) public view {
        first = bound(first, DEALS + 1, type(uint256).max);
        assertEq(lens.listings(first, count).length, 0);
        assertEq(lens.listings(0, count).length, 0);
    }

    function _agrees(ICommissionLens.Listing memory one, ICommissionLens.Commission memory whole)
        private
        pure
    {
        assertEq(uint8(one.state), uint8(whole.state));
        assertEq(uint8(one.cause), uint8(whole.cause));
        assertEq(one.deadline, whole.deadline);
        assertEq(one.customer, whole.customer);
        assertEq(one.developer, whole.developer);
        assertEq(one.token, whole.request.token);
        assertEq(one.reserve, whole.request.reserve);
        assertEq(one.price, whole.price);
        assertEq(one.bond, BOND);
        assertEq(one.domain, whole.request.domain);
        assertEq(one.riskClass, whole.request.riskClass);
        assertEq(one.attempts, whole.attempts);
        assertEq(one.submissionCap, whole.request.submissionCap);
        assertEq(one.threshold, whole.request.threshold);
        assertEq(one.spec, whole.request.spec);
    }
}
