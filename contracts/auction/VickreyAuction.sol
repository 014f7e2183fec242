// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../interfaces/IAgreements.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IAuctionGate, IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {Standings} from "./Standings.sol";

/// @title Sealed-bid second-price auctions, one storage slot a bid.
/// @notice Only the k winners are ever iterated: a commit, a reveal and the close cost the same for ten bids and for
/// ten thousand. An overtaken leader reclaims its own bond, so a revealer pays only for its own storage.
contract VickreyAuction is Standings {
    uint8 public constant MAX_WINNERS = 16;
    /// @notice Seconds: the shortest reveal phase, and the longest of either phase.
    uint40 public constant MIN_REVEAL_WINDOW = 1 minutes;
    uint40 public constant MAX_REVEAL_WINDOW = 180 days;
    uint40 public constant MAX_COMMIT_WINDOW = 365 days;
    /// @notice Seconds after the end of revealing in which an auction can be closed with winners.
    uint40 public constant CLOSE_WINDOW = 30 days;

    IEscrow public immutable ESCROW;
    IParticipantRegistry public immutable REGISTRY;
    IAgreements public immutable AGREEMENTS;

    constructor(IEscrow escrow, IParticipantRegistry registry, IAgreements agreements) {
        (ESCROW, REGISTRY, AGREEMENTS) = (escrow, registry, agreements);
    }

    /* AUCTIONS */

    /// @inheritdoc IVickreyAuction
    function open(uint96 number, Terms memory terms) public returns (uint256 auctionId) {
        _checkTerms(terms);
        auctionId = uint256(uint160(msg.sender)) << 96 | number;
        Book storage book = _books[auctionId];
        if (book.winners != 0) revert AuctionExists(auctionId);
        (uint96 reserve, uint40 commitEnds, uint8 flags) = (terms.reserve, terms.commitEnds, _flagsOf(terms));
        bool bonded = flags & BONDED != 0;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint24 window = uint24(terms.revealEnds - commitEnds); // at most MAX_REVEAL_WINDOW

        (book.leadingPrice, book.price, book.commitEnds, book.revealWindow) =
        (reserve, reserve, commitEnds, window);
        (book.winners, book.bonded) = (terms.winners, bonded);
        (book.token, book.bond) = (terms.token, terms.bond);
        _writeEligibility(book, terms.eligibility, commitEnds, flags);
        if (flags & AGREED != 0) book.agreement = terms.agreement;
        emit AuctionOpened(auctionId, msg.sender, terms);
        if (bonded) ESCROW.openHold(bytes32(auctionId), terms.token, address(0), 0);
    }

    /// @inheritdoc IVickreyAuction
    function close(uint256 auctionId, bytes32 bondHold)
        external
        returns (address[] memory winners, uint96 price)
    {
        if (msg.sender != _openerOf(auctionId)) revert NotOpener(auctionId, msg.sender);
        Book storage book = _books[auctionId];
        (uint8 k, bool bonded, bool closed) = (book.winners, book.bonded, book.closed);
        if (k == 0) revert UnknownAuction(auctionId);
        if (closed) revert AlreadyClosed(auctionId);
        uint40 endsAt = book.commitEnds + book.revealWindow;
        if (block.timestamp < endsAt) revert RevealNotEnded(auctionId, endsAt);
        if (block.timestamp >= endsAt + CLOSE_WINDOW) _letGo(book);
        book.closed = true;
        (winners, price) = (_ranked(book, auctionId), book.price);
        if (bonded) _settleBonds(book, auctionId, bondHold, winners, price);
        else emit AuctionClosed(auctionId, winners, price, 0);
    }

    /// @dev The winners' bonds go to the opener's hold and those of former leaders stay for them; the rest of what is
    /// held belongs to bids that were not revealed.
    function _settleBonds(
        Book storage book,
        uint256 auctionId,
        bytes32 bondHold,
        address[] memory winners,
        uint96 price
    ) private {
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
        (uint40 until, uint8 domain, uint8 flags) = (book.commitsUntil, book.domain, book.flags);
        if (block.timestamp >= until) revert CommitEnded(auctionId, until);
        if (_kept(sealedBid) == 0) revert EmptySeal();
        Bid storage bid = _bids[auctionId][msg.sender];
        if (bid.committedAt != 0) revert AlreadyCommitted(auctionId, msg.sender);
        if (flags & AGREED != 0) AGREEMENTS.requireSigned(book.agreement, msg.sender);
        if (domain != 0) REGISTRY.requireEligible(msg.sender, _eligibilityOf(book, flags));
        if (flags & GATED != 0) IAuctionGate(_openerOf(auctionId)).requireEligible(auctionId, msg.sender);

        (bid.sealedBid, bid.flags, bid.committedAt) = (_kept(sealedBid), flags, uint40(block.timestamp));
        emit BidCommitted(auctionId, msg.sender, sealedBid);
        if (flags & BONDED == 0) return;
        (address token, uint256 bond) = (book.token, book.bond);
        ESCROW.fund(bytes32(auctionId), token, msg.sender, bond);
    }

    /// @inheritdoc IVickreyAuction
    function reveal(uint256 auctionId, uint96 price, bytes32 salt) external {
        Book storage book = _books[auctionId];
        _requireRevealing(book, auctionId);
        Bid storage bid = _bids[auctionId][msg.sender];
        (uint256 kept, uint8 flags) = (bid.sealedBid, bid.flags);
        if (kept == 0 || flags & REVEALED != 0) revert NothingToReveal(auctionId, msg.sender);
        if (_kept(sealBid(auctionId, msg.sender, price, salt)) != kept) {
            revert SealMismatch(auctionId, msg.sender);
        }

        if (_place(book, auctionId, price, flags)) {
            if (flags & (BONDED | SEVERAL) != 0) bid.flags = flags | REVEALED;
            emit BidRevealed(auctionId, msg.sender, price, true);
        } else {
            (bid.sealedBid, bid.flags, bid.committedAt) = (0, 0, 0);
            emit BidRevealed(auctionId, msg.sender, price, false);
            if (flags & BONDED != 0) _releaseBond(book, auctionId, msg.sender);
        }
    }

    /// @inheritdoc IVickreyAuction
    function reclaim(uint256 auctionId, address bidder) external {
        Book storage book = _books[auctionId];
        uint8 flags = _bids[auctionId][bidder].flags;
        // slither-disable-next-line incorrect-equality -- flags, which share a slot with a time
        if (flags & BONDED == 0 || flags & REVEALED == 0) revert NothingToReclaim(auctionId, bidder);
        if (_isWinner(book, bidder)) {
            if (!_hasLapsed(book)) revert NothingToReclaim(auctionId, bidder);
            _letGo(book);
        }
        --book.overtaken;
        delete _bids[auctionId][bidder];
        emit BondReclaimed(auctionId, bidder);
        _releaseBond(book, auctionId, bidder);
    }

    function _requireRevealing(Book storage book, uint256 auctionId) private view {
        (uint40 opensAt, uint24 window) = (book.commitEnds, book.revealWindow);
        uint40 endsAt = opensAt + window;
        if (block.timestamp < opensAt || block.timestamp >= endsAt) {
            revert RevealNotOpen(auctionId, opensAt, endsAt);
        }
    }

    /// @dev Whether its opener has let the time for closing pass. Anybody can open an auction, and need never close it.
    function _hasLapsed(Book storage book) private view returns (bool) {
        return !book.closed && block.timestamp >= book.commitEnds + book.revealWindow + CLOSE_WINDOW;
    }

    /// @dev The part of a seal that is kept.
    function _kept(bytes32 sealedBid) private pure returns (uint208) {
        return uint208(uint256(sealedBid));
    }

    function _releaseBond(Book storage book, uint256 auctionId, address bidder) private {
        (address token, uint256 bond) = (book.token, book.bond);
        ESCROW.release(bytes32(auctionId), token, bidder, bond);
    }

    /* VIEWS */

    /// @inheritdoc IVickreyAuction
    function auction(uint256 auctionId) external view returns (Auction memory found) {
        Book storage book = _books[auctionId];
        if (book.winners == 0) revert UnknownAuction(auctionId);
        uint8 flags = book.flags;
        (found.opener, found.token, found.bond) = (_openerOf(auctionId), book.token, book.bond);
        (found.commitEnds, found.revealEnds) = (book.commitEnds, book.commitEnds + book.revealWindow);
        (found.winners, found.closed, found.gated) = (book.winners, book.closed, flags & GATED != 0);
        found.direction = flags & SALE != 0 ? Direction.Sale : Direction.Procurement;
        (found.eligibility, found.agreement) = (_eligibilityOf(book, flags), book.agreement);
        (found.leader, found.leadingPrice, found.price) = (book.leader, book.leadingPrice, book.price);
    }

    /// @inheritdoc IVickreyAuction
    function bidOf(uint256 auctionId, address bidder)
        external
        view
        returns (uint40 committedAt, bool revealed)
    {
        Bid storage bid = _bids[auctionId][bidder];
        revealed = bid.flags & REVEALED != 0 || (bid.committedAt != 0 && _books[auctionId].leader == bidder);
        return (bid.committedAt, revealed);
    }

    /// @inheritdoc IVickreyAuction
    function sealBid(uint256 auctionId, address bidder, uint96 price, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), auctionId, bidder, price, salt));
    }

    /* TERMS */

    function _openerOf(uint256 auctionId) private pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(auctionId >> 96)); // 160 bits are left
    }

    function _writeEligibility(
        Book storage book,
        IParticipantRegistry.Eligibility memory rule,
        uint40 until,
        uint8 flags
    ) private {
        (address customer, uint32 organisation, uint8 domain) =
            (rule.customer, rule.organisation, rule.domain);
        (book.customer, book.organisation, book.domain) = (customer, organisation, domain);
        (book.commitsUntil, book.flags) = (until, flags);
        if (flags & BLOCKS != 0) book.blockedJurisdictions = rule.blockedJurisdictions;
    }

    function _eligibilityOf(Book storage book, uint8 flags)
        private
        view
        returns (IParticipantRegistry.Eligibility memory)
    {
        return IParticipantRegistry.Eligibility({
            customer: book.customer,
            organisation: book.organisation,
            domain: book.domain,
            blockedJurisdictions: flags & BLOCKS == 0 ? 0 : book.blockedJurisdictions
        });
    }

    function _flagsOf(Terms memory terms) private pure returns (uint8 flags) {
        if (terms.bond != 0) flags = BONDED;
        if (terms.direction == Direction.Sale) flags |= SALE;
        if (terms.winners != 1) flags |= SEVERAL;
        if (terms.eligibility.blockedJurisdictions != 0) flags |= BLOCKS;
        if (terms.gated) flags |= GATED;
        if (terms.agreement != 0) flags |= AGREED;
    }

    function _checkTerms(Terms memory terms) private view {
        (uint256 commitEnds, uint256 revealEnds) = (terms.commitEnds, terms.revealEnds);
        if (
            terms.reserve == 0 || terms.winners == 0 || terms.winners > MAX_WINNERS
                || commitEnds <= block.timestamp || commitEnds > block.timestamp + MAX_COMMIT_WINDOW
                || revealEnds < commitEnds + MIN_REVEAL_WINDOW || revealEnds > commitEnds + MAX_REVEAL_WINDOW
        ) revert InvalidTerms(terms.commitEnds, terms.revealEnds, terms.winners);
    }
}
