// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

/// @notice Random auctions against a model that sorts all bids.
contract VickreyModelTest is AuctionFixture {
    uint256 private constant MAX_BIDS = 12;

    struct ModelBid {
        address bidder;
        uint96 price;
        uint256 committedAt;
        uint208 hash;
        bool revealed;
    }

    ModelBid[] private _bids;

    /// @dev Prices fall in a range of sixteen around the reserve, commits within a few seconds, so ties are common.
    function testFuzz_matchesTheModel(uint256 seed, uint8 count, uint8 k, bool sale, bool bonded) public {
        count = uint8(bound(count, 0, MAX_BIDS));
        k = uint8(bound(k, 1, 5));
        IVickreyAuction.Terms memory terms = _terms();
        terms.winners = k;
        terms.direction = sale ? IVickreyAuction.Direction.Sale : IVickreyAuction.Direction.Procurement;
        terms.bond = bonded ? BOND : 0;
        terms.reserve = 108;
        uint256 id = _open(terms);

        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "bid", i)));
            address bidder = _bidder(vm.toString(i));
            uint96 price = uint96(100 + random % 16);
            _bid(id, bidder, price);
            uint208 hash = uint208(uint256(auctions.sealBid(id, bidder, price, SALT)));
            _bids.push(ModelBid(bidder, price, block.timestamp, hash, random >> 128 & 7 != 0));
            skip(random >> 64 & 1);
        }
        _toReveal(id);
        for (uint256 i = count; i > 0; --i) {
            // A random order: the i-th revealer is drawn from those left, and swapped to the end.
            uint256 j = uint256(keccak256(abi.encode(seed, "order", i))) % i;
            ModelBid memory next = _bids[j];
            _bids[j] = _bids[i - 1];
            _bids[i - 1] = next;
            if (!next.revealed) continue;
            _reveal(id, next.bidder, next.price);
            _revealAgain(id, i - 1, seed);
        }
        _toClose(id);
        (address[] memory winners, uint96 price_) = auctions.close(id, BONDS);

        (address[] memory expected, uint96 expectedPrice) = _model(terms);
        assertEq(winners, expected, "winners");
        assertEq(price_, expectedPrice, "price");
        if (bonded) _checkMoney(id, winners);
    }

    /// @dev Whoever has revealed, from place `first` on, tries it again: all in vain.
    function _revealAgain(uint256 id, uint256 first, uint256 seed) private {
        ModelBid memory bid =
            _bids[first + uint256(keccak256(abi.encode(seed, first))) % (_bids.length - first)];
        if (!bid.revealed) return;
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, id, bid.bidder));
        _reveal(id, bid.bidder, bid.price);
    }

    /// @dev Winners' bonds are moved, unrevealed ones burnt, all others back with their bidders; nothing is left.
    function _checkMoney(uint256 id, address[] memory winners) private {
        uint256 unrevealed;
        for (uint256 i; i < _bids.length; ++i) {
            address bidder = _bids[i].bidder;
            bool won;
            for (uint256 j; j < winners.length; ++j) {
                won = won || winners[j] == bidder;
            }
            if (!_bids[i].revealed) ++unrevealed;
            if (_balance(bidder, paymentToken) == 0 && _bids[i].revealed && !won) {
                auctions.reclaim(id, bidder);
            }
            bool back = _bids[i].revealed && !won;
            assertEq(_balance(bidder, paymentToken), back ? BOND : 0, "refund");
        }
        assertEq(_bondsWon(), winners.length * BOND, "moved");
        assertEq(_burnt(paymentToken), unrevealed * BOND, "burnt");
        assertEq(_held(id), 0, "left");
    }

    /// @dev All revealed bids within the reserve, sorted; the first k win at the next one's price.
    function _model(IVickreyAuction.Terms memory terms) private view returns (address[] memory, uint96) {
        ModelBid[] memory valid = new ModelBid[](_bids.length);
        uint256 count;
        for (uint256 i; i < _bids.length; ++i) {
            ModelBid memory bid = _bids[i];
            bool sale = terms.direction == IVickreyAuction.Direction.Sale;
            if (!bid.revealed || (sale ? bid.price < terms.reserve : bid.price > terms.reserve)) continue;
            uint256 j = count++;
            for (; j > 0 && _before(bid, valid[j - 1], sale); --j) {
                valid[j] = valid[j - 1];
            }
            valid[j] = bid;
        }
        address[] memory winners = new address[](count < terms.winners ? count : terms.winners);
        for (uint256 i; i < winners.length; ++i) {
            winners[i] = valid[i].bidder;
        }
        return (winners, count > terms.winners ? valid[terms.winners].price : terms.reserve);
    }

    function _before(ModelBid memory a, ModelBid memory b, bool sale) private pure returns (bool) {
        if (a.price != b.price) return sale ? a.price > b.price : a.price < b.price;
        if (a.committedAt != b.committedAt) return a.committedAt < b.committedAt;
        return a.hash < b.hash;
    }
}
