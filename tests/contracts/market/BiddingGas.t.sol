// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whole transactions' gas of opening commissions and bidding on them, in the best and the worst case, in a
/// market that has seen a deal before. Needs `isolate = true`.
contract BiddingGasTest is CommissionFixture {
    string private constant GROUP = "Bidding";

    function setUp() public override {
        super.setUp();
        _toDrawing();
        _fund(developer, paymentToken, 10 * BOND, address(auctions));
        _fund(rival, paymentToken, 10 * BOND, address(auctions));
    }

    function test_open() public {
        _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open"), 352_000);
        policy.setBidBond(200_000);
        _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open, first under changed rules"), 530_000);
        _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open, second under changed rules"), 352_000);
    }

    /// @dev A developer of jurisdiction 1 may bid; the cap is not reached.
    function test_open_blockedLandsAndShareCap() public {
        _restrict();
        _open(_request());
        uint256 id = _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open, blocked lands and share cap"), 375_000);
        _bid(id, developer, 1);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit, blocked lands and share cap"), 105_000);
    }

    function test_bid() public {
        uint256 id = _open(_request());
        _bid(id, developer, RESERVE / 4);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit, the first"), 76_000);
        _bid(id, rival, RESERVE / 2);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit"), 76_000);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE / 4);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, first leader"), 52_000);
        _reveal(id, rival, RESERVE / 2);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, losing and setting the price"), 51_500);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: award");
    }

    function test_award_withForfeits() public {
        _awardAfterSilence(); // the burn address holds something from now on
        _awardAfterSilence();
        vm.snapshotGasLastCall(GROUP, "advance: award, a bond forfeited");
    }

    function _awardAfterSilence() private {
        ICommissionMarket.Request memory request = _request();
        uint256 id = _open(request);
        _bid(id, developer, RESERVE / 4);
        _bid(id, rival, RESERVE / 2);
        vm.warp(request.commitEnds);
        _reveal(id, developer, RESERVE / 4);
        vm.warp(request.revealEnds);
        market.advance(id);
    }

    function _restrict() private {
        policy.addJurisdiction("XX");
        policy.setJurisdictionRule(1, 1, 1 << 2);
        policy.setShareCap(1, IPolicy.ShareCap(900_000, 365 days, 0));
    }
}
