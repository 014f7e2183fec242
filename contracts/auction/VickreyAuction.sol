// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IAuctionGate, IVickreyAuction} from "../interfaces/IVickreyAuction.sol";

/// @title Sealed-bid second-price auctions, one storage slot a bid.
/// @notice Nothing is ever iterated but the k winners: a commit, a reveal and the close cost the same for ten bids and
/// for ten thousand. An overtaken leader reclaims its own bond, so that a revealer pays for its own storage only.
contract VickreyAuction is IVickreyAuction {
    struct Standing {
        address bidder;
        uint96 price;
    }

    /// @dev One slot. Of the seal the low 208 bits are kept: a bidder who wants to open one commit to two prices needs a
    /// collision among 2^104 salts, somebody else's price needs a preimage among 2^208.
    struct Bid {
        uint208 sealedBid;
        bool revealed;
        uint40 committedAt; // 0 when there is no bid
    }

    /// @dev Sorted by who reads what: an ungated commit without a bond reads slot 3 alone, other commits slots 2 and 3,
    /// a reveal slots 0 and 1, and slot 2 when a bond goes back. The commit deadline is kept twice for that.
    struct Book {
        // slot 0
        Standing leader; // the weakest of the present winners
        // slot 1
        uint96 price; // the (k+1)-th best so far, at first the reserve
        uint32 overtaken; // revealed bids that led once and whose bond is not yet reclaimed
        uint40 commitEnds;
        uint40 revealEnds;
        uint8 winners;
        Direction direction;
        bool bonded;
        bool closed;
        // slot 2
        address token;
        uint96 bond;
        // slot 3
        address opener;
        uint40 commitsUntil;
        bool gated;
        bool takesBond;
        // slots 4, 5: for readers, and the winners but the weakest, in no order
        uint96 reserve;
        Standing[] others;
    }

    IEscrow public immutable ESCROW;

    uint8 public constant MAX_WINNERS = 16;
    /// @notice Seconds: the shortest reveal phase, and the longest of either phase.
    uint40 public constant MIN_REVEAL_WINDOW = 1 minutes;
    uint40 public constant MAX_WINDOW = 365 days;

    uint256 public auctionCount;
    mapping(uint256 auctionId => Book) private _books;
    mapping(uint256 auctionId => mapping(address bidder => Bid)) private _bids;

    constructor(IEscrow escrow) {
        ESCROW = escrow;
    }

    /* AUCTIONS */

    /// @inheritdoc IVickreyAuction
    function open(Terms calldata terms) external returns (uint256 auctionId) {
        _checkTerms(terms);
        auctionId = ++auctionCount;
        Book storage book = _books[auctionId];
        bool bonded = terms.bond != 0;
        (book.price, book.commitEnds, book.revealEnds) = (terms.reserve, terms.commitEnds, terms.revealEnds);
        (book.winners, book.direction, book.bonded) = (terms.winners, terms.direction, bonded);
        (book.token, book.bond) = (terms.token, terms.bond);
        (book.opener, book.commitsUntil) = (msg.sender, terms.commitEnds);
        (book.gated, book.takesBond) = (terms.gated, bonded);
        book.leader.price = terms.reserve; // a slot that is not zero is cheaper to overwrite for the first leader
        book.reserve = terms.reserve;
        emit AuctionOpened(auctionId, msg.sender, terms);
        if (bonded) ESCROW.openHold(bytes32(auctionId), terms.token, address(0), 0);
    }

    /// @inheritdoc IVickreyAuction
    function close(uint256 auctionId, bytes32 bondHold)
        external
        returns (address[] memory winners, uint96 price)
    {
        Book storage book = _books[auctionId];
        if (msg.sender != book.opener) revert NotOpener(auctionId, msg.sender);
        if (book.closed) revert AlreadyClosed(auctionId);
        if (block.timestamp < book.revealEnds) revert RevealNotEnded(auctionId, book.revealEnds);
        book.closed = true;
        winners = _ranked(book, auctionId);
        price = book.price;

        if (!book.bonded) {
            emit AuctionClosed(auctionId, winners, price, 0);
            return (winners, price);
        }
        (address token, uint256 bond) = (book.token, book.bond);
        uint256 won = winners.length * bond;
        uint256 forfeited =
            ESCROW.held(address(this), token, bytes32(auctionId)) - won - book.overtaken * bond;
        emit AuctionClosed(auctionId, winners, price, forfeited);
        if (won != 0) ESCROW.moveHold(bytes32(auctionId), token, msg.sender, bondHold, won);
        if (forfeited != 0) ESCROW.burn(bytes32(auctionId), token, forfeited);
    }

    /* BIDS */

    /// @inheritdoc IVickreyAuction
    function commit(uint256 auctionId, bytes32 sealedBid) external {
        Book storage book = _books[auctionId];
        (uint40 until, bool gated, bool takesBond) = (book.commitsUntil, book.gated, book.takesBond);
        if (block.timestamp >= until) revert CommitEnded(auctionId, until);
        uint208 kept = uint208(uint256(sealedBid));
        if (kept == 0) revert EmptySeal();
        Bid storage bid = _bids[auctionId][msg.sender];
        if (bid.committedAt != 0) revert AlreadyCommitted(auctionId, msg.sender);
        if (gated) IAuctionGate(book.opener).requireEligible(auctionId, msg.sender);

        (bid.sealedBid, bid.committedAt) = (kept, uint40(block.timestamp));
        emit BidCommitted(auctionId, msg.sender, sealedBid);
        if (takesBond) ESCROW.fund(bytes32(auctionId), book.token, msg.sender, book.bond);
    }

    /// @inheritdoc IVickreyAuction
    function reveal(uint256 auctionId, uint96 price, bytes32 salt) external {
        Book storage book = _books[auctionId];
        (uint40 opensAt, uint40 endsAt, bool bonded) = (book.commitEnds, book.revealEnds, book.bonded);
        if (block.timestamp < opensAt || block.timestamp >= endsAt) {
            revert RevealNotOpen(auctionId, opensAt, endsAt);
        }
        Bid storage bid = _bids[auctionId][msg.sender];
        (uint208 kept, bool revealed) = (bid.sealedBid, bid.revealed);
        if (kept == 0 || revealed) revert NothingToReveal(auctionId, msg.sender);
        if (uint208(uint256(sealBid(auctionId, msg.sender, price, salt))) != kept) {
            revert SealMismatch(auctionId, msg.sender);
        }

        bool leads = _place(book, auctionId, Standing(msg.sender, price));
        if (leads) bid.revealed = true;
        else delete _bids[auctionId][msg.sender];
        emit BidRevealed(auctionId, msg.sender, price, leads);
        if (!leads && bonded) ESCROW.release(bytes32(auctionId), book.token, msg.sender, book.bond);
    }

    /// @inheritdoc IVickreyAuction
    function reclaim(uint256 auctionId, address bidder) external {
        Book storage book = _books[auctionId];
        if (!book.bonded || !_bids[auctionId][bidder].revealed || _isWinner(book, bidder)) {
            revert NothingToReclaim(auctionId, bidder);
        }
        --book.overtaken;
        delete _bids[auctionId][bidder];
        emit BondReclaimed(auctionId, bidder);
        ESCROW.release(bytes32(auctionId), book.token, bidder, book.bond);
    }

    /* VIEWS */

    /// @inheritdoc IVickreyAuction
    function auction(uint256 auctionId) external view returns (Auction memory) {
        Book storage book = _books[auctionId];
        if (book.opener == address(0)) revert UnknownAuction(auctionId);
        Terms memory terms = Terms({
            token: book.token,
            bond: book.bond,
            reserve: book.reserve,
            commitEnds: book.commitEnds,
            revealEnds: book.revealEnds,
            winners: book.winners,
            direction: book.direction,
            gated: book.gated
        });
        Standing memory leader = book.leader;
        return Auction({
            opener: book.opener,
            terms: terms,
            closed: book.closed,
            leader: leader.bidder,
            leadingPrice: leader.price,
            price: book.price
        });
    }

    /// @inheritdoc IVickreyAuction
    function bidOf(uint256 auctionId, address bidder)
        external
        view
        returns (uint40 committedAt, bool revealed)
    {
        Bid storage bid = _bids[auctionId][bidder];
        return (bid.committedAt, bid.revealed);
    }

    /// @inheritdoc IVickreyAuction
    function sealBid(uint256 auctionId, address bidder, uint96 price, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), auctionId, bidder, price, salt));
    }

    /* RANKING */

    /// @dev Puts a revealed bid among the winners where it belongs there. Whoever falls out of them, or never gets in,
    /// sets the price when it beats the best loser so far.
    /// @return Whether the bid is a winner at present.
    function _place(Book storage book, uint256 auctionId, Standing memory bid) private returns (bool) {
        Standing memory weakest = book.leader;
        (Direction direction, uint256 k) = (book.direction, book.winners);
        if (weakest.bidder == address(0) || (k > 1 && book.others.length + 1 < k)) {
            if (_better(direction, book.price, bid.price)) return false; // beyond the reserve
            if (weakest.bidder == address(0)) {
                book.leader = bid;
            } else if (_beats(direction, auctionId, bid, weakest)) {
                book.others.push(bid);
            } else {
                book.leader = bid;
                book.others.push(weakest);
            }
            return true;
        }
        if (!_beats(direction, auctionId, bid, weakest)) {
            if (_better(direction, bid.price, book.price)) book.price = bid.price;
            return false;
        }
        (book.price, book.overtaken) = (weakest.price, book.overtaken + 1);
        book.leader = k == 1 ? bid : _exchangeForWeakest(book, auctionId, bid);
        return true;
    }

    /// @dev Keeps `bid` among the others and takes out the weakest of them, unless `bid` is weaker still.
    function _exchangeForWeakest(Book storage book, uint256 auctionId, Standing memory bid)
        private
        returns (Standing memory weakest)
    {
        weakest = bid;
        uint256 at = type(uint256).max;
        for (uint256 i; i < book.others.length; ++i) {
            Standing memory other = book.others[i];
            if (_beats(book.direction, auctionId, weakest, other)) (weakest, at) = (other, i);
        }
        if (at != type(uint256).max) book.others[at] = bid;
    }

    /// @dev The winners, best first, by insertion; there are at most MAX_WINNERS.
    function _ranked(Book storage book, uint256 auctionId) private view returns (address[] memory winners) {
        Standing memory weakest = book.leader;
        if (weakest.bidder == address(0)) return winners;
        uint256 count = book.winners == 1 ? 0 : book.others.length;
        winners = new address[](count + 1);
        winners[count] = weakest.bidder;
        Standing[] memory ranked = new Standing[](count);
        for (uint256 i; i < count; ++i) {
            Standing memory bid = book.others[i];
            uint256 j = i;
            for (; j > 0 && _beats(book.direction, auctionId, bid, ranked[j - 1]); --j) {
                ranked[j] = ranked[j - 1];
            }
            ranked[j] = bid;
        }
        for (uint256 i; i < count; ++i) {
            winners[i] = ranked[i].bidder;
        }
    }

    function _isWinner(Book storage book, address bidder) private view returns (bool) {
        if (book.leader.bidder == bidder) return true;
        for (uint256 i; i < book.others.length; ++i) {
            if (book.others[i].bidder == bidder) return true;
        }
        return false;
    }

    /// @dev By price, then the earlier commit, then the lower hash.
    function _beats(Direction direction, uint256 auctionId, Standing memory a, Standing memory b)
        private
        view
        returns (bool)
    {
        if (a.price != b.price) return _better(direction, a.price, b.price);
        Bid memory bidA = _bids[auctionId][a.bidder];
        Bid memory bidB = _bids[auctionId][b.bidder];
        if (bidA.committedAt != bidB.committedAt) return bidA.committedAt < bidB.committedAt;
        return bidA.sealedBid < bidB.sealedBid;
    }

    function _better(Direction direction, uint96 a, uint96 b) private pure returns (bool) {
        return direction == Direction.Procurement ? a < b : a > b;
    }

    function _checkTerms(Terms calldata terms) private view {
        (uint256 commitEnds, uint256 revealEnds) = (terms.commitEnds, terms.revealEnds);
        if (
            terms.reserve == 0 || terms.winners == 0 || terms.winners > MAX_WINNERS
                || commitEnds <= block.timestamp || commitEnds > block.timestamp + MAX_WINDOW
                || revealEnds < commitEnds + MIN_REVEAL_WINDOW || revealEnds > commitEnds + MAX_WINDOW
        ) revert InvalidTerms(terms.commitEnds, terms.revealEnds, terms.winners);
    }
}
