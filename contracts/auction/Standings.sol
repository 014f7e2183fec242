// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../interfaces/IVickreyAuction.sol";

/// @title The books of auctions: bids, and who leads.
abstract contract Standings is IVickreyAuction {
    struct Standing {
        address bidder;
        uint96 price;
    }

    /// @dev One slot. The low 208 bits of the seal are kept: to open one commit to two prices a bidder needs a
    /// collision among 2^104 salts, and to find somebody else's price a preimage among 2^208.
    struct Bid {
        uint208 sealedBid;
        uint8 flags; // a copy of the auction's, so that a reveal need not read them there; and REVEALED
        uint40 committedAt; // 0 when there is no bid
    }

    /// @dev Sorted by who reads what. A losing reveal reads slot 0, a leading one slots 0 and 1, a commit slot 3;
    /// whoever moves a bond also reads slot 2, a commit where jurisdictions are blocked slot 4, and where an agreement
    /// is required slot 5. That is why the end of commits is kept twice.
    struct Book {
        // slot 0
        uint96 leadingPrice; // the weakest present winner's; the reserve while there is none
        uint96 price; // the (k+1)-th best so far; at first the reserve
        uint40 commitEnds;
        uint24 revealWindow;
        // slot 1
        address leader; // the weakest of the present winners
        uint32 overtaken; // bids that led once and whose bonds are not reclaimed yet
        uint8 winners; // 0 where there is no auction
        bool bonded;
        bool closed;
        // slot 2
        address token;
        uint96 bond;
        // slot 3
        address customer;
        uint32 organisation;
        uint8 domain;
        uint40 commitsUntil;
        uint8 flags;
        // slots 4 to 6
        uint256 blockedJurisdictions;
        bytes32 agreement;
        Standing[] others; // the winners except the weakest, in no order
    }

    /// @dev Bits of an auction's flags; the last one is a bid's own.
    uint8 internal constant BONDED = 1;
    uint8 internal constant SALE = 2;
    uint8 internal constant SEVERAL = 4; // winners
    uint8 internal constant BLOCKS = 8; // some jurisdictions
    uint8 internal constant GATED = 16;
    uint8 internal constant AGREED = 32; // an agreement is required
    uint8 internal constant REVEALED = 128;

    mapping(uint256 auctionId => Book) internal _books;
    mapping(uint256 auctionId => mapping(address bidder => Bid)) internal _bids;

    /// @dev Puts a revealed bid of the caller among the winners if it belongs there. A bid that falls out of them, or
    /// never gets in, sets the price if it beats the best loser so far.
    /// @return Whether the bid is a winner at present.
    function _place(Book storage book, uint256 auctionId, uint96 price, uint256 flags)
        internal
        returns (bool)
    {
        (uint256 leading, uint256 best) = (book.leadingPrice, book.price);
        bool sale = flags & SALE != 0;
        if (flags & SEVERAL != 0 && _hasRoom(book) && !_better(sale, best, price)) {
            _join(book, auctionId, Standing(msg.sender, price), sale);
            return true;
        }
        // Without a leader both are the reserve, which a bid only has to meet.
        if (price == leading ? _winsTie(book, auctionId) : _better(sale, price, leading)) {
            _overtake(book, auctionId, price, flags);
            return true;
        }
        if (_better(sale, price, best)) book.price = price;
        return false;
    }

    /// @dev Whether the caller's bid beats a leader's of the same price. A caller who leads has revealed before.
    function _winsTie(Book storage book, uint256 auctionId) private view returns (bool) {
        address leader = book.leader;
        if (leader == address(0)) return true;
        if (leader == msg.sender) revert NothingToReveal(auctionId, msg.sender);
        return _earlier(auctionId, msg.sender, leader);
    }

    /// @dev Puts the caller in the place of the weakest winner, if there is one.
    function _overtake(Book storage book, uint256 auctionId, uint96 price, uint256 flags) private {
        (address former, uint32 overtaken) = (book.leader, book.overtaken);
        (address weakest, uint96 formerPrice) = (msg.sender, book.leadingPrice);
        if (former != address(0)) {
            ++overtaken;
            if (flags & SEVERAL != 0) (weakest, price) = _exchangeForWeakest(book, auctionId, price, flags);
            else if (flags & BONDED == 0) delete _bids[auctionId][former]; // nothing is owed; it cannot reveal again
        }
        (book.leader, book.overtaken) = (weakest, overtaken);
        (book.leadingPrice, book.price) = (price, formerPrice);
    }

    /// @dev Nobody wins any more; who did can reclaim its bond like those who were overtaken.
    function _letGo(Book storage book) internal {
        if (book.leader == address(0)) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        book.overtaken += uint32(book.others.length + 1); // at most MAX_WINNERS
        book.leader = address(0);
        delete book.others; // at most MAX_WINNERS - 1
    }

    /// @dev Whether there are winners, but fewer than there can be.
    function _hasRoom(Book storage book) private view returns (bool) {
        return book.leader != address(0) && book.others.length + 1 < book.winners;
    }

    /// @dev One more winner, while there is room.
    function _join(Book storage book, uint256 auctionId, Standing memory bid, bool sale) private {
        Standing memory weakest = Standing(book.leader, book.leadingPrice);
        if (_beats(sale, auctionId, bid, weakest)) {
            book.others.push(bid);
        } else {
            book.others.push(weakest);
            (book.leader, book.leadingPrice) = (bid.bidder, bid.price);
        }
    }

    /// @dev Puts the caller's bid among the others and takes out the weakest, unless the caller's is weaker still.
    function _exchangeForWeakest(Book storage book, uint256 auctionId, uint96 price, uint256 flags)
        private
        returns (address, uint96)
    {
        Standing memory bid = Standing(msg.sender, price);
        Standing memory weakest = bid;
        uint256 at = type(uint256).max;
        for (uint256 i; i < book.others.length; ++i) {
            Standing memory other = book.others[i];
            if (_beats(flags & SALE != 0, auctionId, weakest, other)) (weakest, at) = (other, i);
        }
        if (at != type(uint256).max) book.others[at] = bid;
        return (weakest.bidder, weakest.price);
    }

    /// @dev The winners, best first, by insertion; there are at most MAX_WINNERS.
    function _ranked(Book storage book, uint256 auctionId) internal view returns (address[] memory winners) {
        (address weakest, uint256 k) = (book.leader, book.winners);
        if (weakest == address(0)) return winners;
        uint256 count = k == 1 ? 0 : book.others.length;
        winners = new address[](count + 1);
        winners[count] = weakest;
        if (count == 0) return winners;
        bool sale = book.flags & SALE != 0;
        Standing[] memory ranked = new Standing[](count);
        for (uint256 i; i < count; ++i) {
            Standing memory bid = book.others[i];
            uint256 j = i;
            for (; j > 0 && _beats(sale, auctionId, bid, ranked[j - 1]); --j) {
                ranked[j] = ranked[j - 1];
            }
            ranked[j] = bid;
        }
        for (uint256 i; i < count; ++i) {
            winners[i] = ranked[i].bidder;
        }
    }

    function _isWinner(Book storage book, address bidder) internal view returns (bool) {
        if (book.leader == bidder) return true;
        for (uint256 i; i < book.others.length; ++i) {
            if (book.others[i].bidder == bidder) return true;
        }
        return false;
    }

    function _beats(bool sale, uint256 auctionId, Standing memory a, Standing memory b)
        private
        view
        returns (bool)
    {
        return a.price == b.price ? _earlier(auctionId, a.bidder, b.bidder) : _better(sale, a.price, b.price);
    }

    /// @dev Between bids of the same price: the earlier commit, then the lower hash.
    function _earlier(uint256 auctionId, address a, address b) private view returns (bool) {
        Bid memory bidA = _bids[auctionId][a];
        Bid memory bidB = _bids[auctionId][b];
        if (bidA.committedAt != bidB.committedAt) return bidA.committedAt < bidB.committedAt;
        return bidA.sealedBid < bidB.sealedBid;
    }

    function _better(bool sale, uint256 a, uint256 b) private pure returns (bool) {
        return sale ? a > b : a < b;
    }
}
