// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

/// @notice An auction that its opener never closes: anybody can open one, for anything. Whoever revealed gets its bond
/// back all the same, once the time for closing is over, and nobody wins any more.
contract LapseTest is AuctionFixture {
    uint256 private constant MAX_BIDDERS = 8;

    /// @dev Any number of winners, bids and openers: every bond of a revealed bid comes back, the hold keeps those of
    /// the others.
    function testFuzz_everyRevealedBondComesBack(
        address opener,
        uint96[MAX_BIDDERS] memory prices,
        uint8 revealed,
        uint8 winners,
        bool sale
    ) public {
        vm.assume(opener != address(auctions));
        IVickreyAuction.Terms memory terms = _terms();
        terms.winners = uint8(bound(winners, 1, 5));
        if (sale) terms.direction = IVickreyAuction.Direction.Sale;
        vm.prank(opener);
        uint256 id = auctions.open(1, terms);
        address[] memory bidders = _bidAll(id, prices);
        _toReveal(id);
        for (uint256 i; i < MAX_BIDDERS; ++i) {
            if (revealed >> i & 1 == 1) _reveal(id, bidders[i], prices[i]);
        }
        _toLapse(id);
        for (uint256 i; i < MAX_BIDDERS; ++i) {
            bool isRevealed = revealed >> i & 1 == 1;
            if (isRevealed && _balance(bidders[i], paymentToken) == 0) auctions.reclaim(id, bidders[i]);
            assertEq(_balance(bidders[i], paymentToken), isRevealed ? BOND : 0);
            vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, bidders[i]));
            auctions.reclaim(id, bidders[i]);
        }
        uint256 silent = _held(id);
        vm.prank(opener);
        (address[] memory won,) = auctions.close(id, 0); // with nothing for the opener, who may be nobody in Escrow
        assertEq(won.length, 0);
        assertEq(_held(id), 0);
        assertEq(_burnt(paymentToken), silent, "unrevealed bonds are burnt there too");
    }

    /// @dev Not a second too early: until then the winner's bond waits for the opener.
    function test_theWinnersBondWaits() public {
        (uint256 id, address winner) = _won();
        uint256 lapses = auctions.auction(id).revealEnds + auctions.CLOSE_WINDOW();
        bytes memory refusal = abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, winner);
        vm.warp(lapses - 1);
        vm.expectRevert(refusal);
        auctions.reclaim(id, winner);
        uint256 state = vm.snapshotState();
        (address[] memory won,) = auctions.close(id, BONDS);
        assertEq(won.length, 1, "closed in the last second");
        vm.warp(lapses);
        vm.expectRevert(refusal);
        auctions.reclaim(id, winner);

        vm.revertToState(state);
        vm.warp(lapses);
        auctions.reclaim(id, winner);
        assertEq(_balance(winner, paymentToken), BOND);
        assertEq(auctions.auction(id).leader, address(0), "nobody wins");
    }

    /// @dev Closed late, it has no winner: a bond that may be gone secures nothing.
    function test_closedLate_hasNoWinner() public {
        (uint256 id, address winner) = _won();
        _toLapse(id);
        (address[] memory won,) = auctions.close(id, BONDS);
        assertEq(won.length, 0);
        assertEq(_held(id), BOND, "the winner's, for it to reclaim");
        auctions.reclaim(id, winner);
        assertEq(_held(id), 0);
        assertEq(_balance(winner, paymentToken), BOND);
    }

    function _won() private returns (uint256 id, address winner) {
        id = _open(_terms());
        winner = _bidder("winner");
        _bid(id, winner, RESERVE);
        _toReveal(id);
        _reveal(id, winner, RESERVE);
    }

    function _bidAll(uint256 id, uint96[MAX_BIDDERS] memory prices)
        private
        returns (address[] memory bidders)
    {
        bidders = new address[](MAX_BIDDERS);
        for (uint256 i; i < MAX_BIDDERS; ++i) {
            bidders[i] = _bidder(vm.toString(i));
            _bid(id, bidders[i], prices[i]);
        }
    }

    function _toLapse(uint256 id) private {
        vm.warp(auctions.auction(id).revealEnds + auctions.CLOSE_WINDOW());
    }
}
