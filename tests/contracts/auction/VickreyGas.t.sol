// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

/// @notice Whole transactions' gas against what the nearest published auctions cost. Needs `isolate = true`.
contract VickreyGasTest is AuctionFixture {
    uint256 private _id;

    /// @dev Bonds in the hold already, a former leader with a bond, and a fresh pair of bidders.
    function _open(uint96 bond, uint256 bids) private returns (address alice, address bob) {
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = bond;
        _id = _open(terms);
        for (uint256 i; i < bids; ++i) {
            _bid(_id, _bidder(vm.toString(i)), uint96(900e18 + i));
        }
        (alice, bob) = (_bidder("alice"), _bidder("bob"));
    }

    function test_commit() public {
        (address alice, address bob) = _open(0, 1);
        _bid(_id, alice, 700e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "commit"), 51_543);
        (alice, bob) = _open(BOND, 1);
        _fund(bob, paymentToken, BOND, address(auctions)); // a balance remains
        _bid(_id, bob, 700e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "commit with bond"), 70_000);
    }

    function test_reveal() public {
        (address alice, address bob) = _open(0, 1);
        _bid(_id, alice, 700e18);
        _bid(_id, bob, 600e18);
        _toReveal(_id);
        _reveal(_id, alice, 700e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "reveal, first leader"), 40_305);
        _reveal(_id, bob, 600e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "reveal, overtaking"), 43_000);
    }

    function test_reveal_withBond() public {
        (address alice, address bob) = _open(BOND, 1);
        _bid(_id, alice, 700e18);
        _bid(_id, bob, 600e18);
        _toReveal(_id);
        _reveal(_id, alice, 700e18);
        _reveal(_id, bob, 600e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "reveal with bond, overtaking"), 52_000);
        _reveal(_id, makeAddr("0"), 900e18);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "reveal with bond, losing"), 52_000);
        auctions.reclaim(_id, alice);
        assertLt(vm.snapshotGasLastCall("VickreyAuction", "reclaim"), 60_000);
    }

    function test_close_costsTheSameForAnyNumberOfBids() public {
        _closeAfter(1); // the first burn and the first bond won fill slots that were empty
        uint256 few = _closeAfter(1);
        uint256 many = _closeAfter(60);
        assertApproxEqAbs(few, many, 100);
        assertLt(many, 70_000);
        assertLt(_closeAfter(0), 60_000); // nothing to burn
    }

    function _closeAfter(uint256 unrevealed) private returns (uint256) {
        (address alice,) = _open(BOND, unrevealed);
        _bid(_id, alice, 700e18);
        _toReveal(_id);
        _reveal(_id, alice, 700e18);
        _toClose(_id);
        auctions.close(_id, BONDS);
        string memory name = string.concat("close, unrevealed ", vm.toString(unrevealed));
        return vm.snapshotGasLastCall("VickreyAuction", name);
    }
}
