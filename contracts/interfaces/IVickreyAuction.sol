// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @notice What a module that opens gated auctions answers.
interface IAuctionGate {
    /// @notice Reverts, saying why, when `bidder` may not bid in `auctionId`.
    function requireEligible(uint256 auctionId, address bidder) external view;
}

/// @title Sealed-bid second-price auctions by commit and reveal: k winners at the (k+1)-th price.
/// @notice The contract that opens an auction (a market module) closes it and gets the winners; its own callers do so
/// permissionlessly. An auction's id is its opener and the opener's own reference in one word, `opener << 96 | number`:
/// nobody else can take it. A bid is `keccak256(abi.encode(chainid, auction contract, auctionId, bidder, price, salt))`, so
/// it cannot be replayed or copied. Bonds are held in Escrow. An unrevealed bond is burnt at the close, never paid to the
/// auctioneer. Ties go to the earlier commit, within one second to the lower hash.
/// Trust assumptions: bids can be censored or seen at reveal by block producers; a shill that does not reveal loses its
/// bond and nothing else. Anybody may open an auction, for anything: whoever bids in one trusts its opener to close it, but
/// not with its bond, which comes back when the opener lets 30 days pass. Paper section IV-C [39].
interface IVickreyAuction {
    enum Direction {
        Procurement, // the lowest prices win
        Sale // the highest prices win
    }

    struct Terms {
        address token;
        uint96 bond; // base units a bid, may be 0
        uint96 reserve; // the highest price accepted in procurement, the lowest in a sale
        uint40 commitEnds; // Unix seconds
        uint40 revealEnds;
        uint8 winners; // k, 1 to MAX_WINNERS
        Direction direction;
        bool gated; // ask the opener as well whether a bidder is eligible
        IParticipantRegistry.Eligibility eligibility; // whom the registry lets bid; everybody where its domain is 0
    }

    /// @dev The terms but the reserve, which `AuctionOpened` tells and `price` until the first reveals.
    struct Auction {
        address opener;
        address token;
        uint96 bond;
        uint40 commitEnds;
        uint40 revealEnds;
        uint8 winners;
        Direction direction;
        bool gated;
        IParticipantRegistry.Eligibility eligibility;
        bool closed;
        address leader; // the weakest of the present winners, 0 for none
        uint96 leadingPrice; // the reserve while there is no leader
        uint96 price; // what a winner would pay or be paid
    }

    event AuctionOpened(uint256 indexed auctionId, address indexed opener, Terms terms);
    event BidCommitted(uint256 indexed auctionId, address indexed bidder, bytes32 sealedBid);
    event BidRevealed(uint256 indexed auctionId, address indexed bidder, uint96 price, bool leads);
    event BondReclaimed(uint256 indexed auctionId, address indexed bidder);
    event AuctionClosed(uint256 indexed auctionId, address[] winners, uint96 price, uint256 forfeited);

    error UnknownAuction(uint256 auctionId);
    error AuctionExists(uint256 auctionId);
    error InvalidTerms(uint40 commitEnds, uint40 revealEnds, uint8 winners);
    error CommitEnded(uint256 auctionId, uint40 at);
    error RevealNotOpen(uint256 auctionId, uint40 opensAt, uint40 endsAt);
    error RevealNotEnded(uint256 auctionId, uint40 at);
    error AlreadyCommitted(uint256 auctionId, address bidder);
    error NothingToReveal(uint256 auctionId, address bidder);
    error SealMismatch(uint256 auctionId, address bidder);
    error EmptySeal();
    error NotOpener(uint256 auctionId, address caller);
    error AlreadyClosed(uint256 auctionId);
    error NothingToReclaim(uint256 auctionId, address bidder);

    /// @notice Opens an auction for the calling module. There is no cancelling.
    /// @param number the caller's own number for it, used once.
    function open(uint96 number, Terms calldata terms) external returns (uint256 auctionId);

    /// @notice Commits the caller's one bid and takes its bond from the caller's escrow balance.
    /// O(1) whatever the number of bids.
    /// @param sealedBid the hash of price and salt as above, not zero.
    function commit(uint256 auctionId, bytes32 sealedBid) external;

    /// @notice Reveals the caller's bid. A bid that does not lead gets its bond back at once; one that is overtaken
    /// later reclaims it. O(1) for one winner, O(k) for k, whatever the number and order of bids.
    function reveal(uint256 auctionId, uint96 price, bytes32 salt) external;

    /// @notice Returns the bond of a bidder who led and was overtaken, or who leads an auction that has lapsed: one that was not
    /// closed within 30 days after the end of revealing, which nobody wins any more. Anyone may call. Reverts
    /// `NothingToReclaim` where there is no such bond.
    function reclaim(uint256 auctionId, address bidder) external;

    /// @notice Ends the auction after the reveal deadline; its opener only, once.
    /// Unrevealed bonds are burnt; each winner's bond is moved to the opener's hold `bondHold`.
    /// @return winners best first, empty when no valid bid was revealed or the auction has lapsed.
    /// @return price the (k+1)-th best price, or the reserve where there is none.
    function close(uint256 auctionId, bytes32 bondHold)
        external
        returns (address[] memory winners, uint96 price);

    function auction(uint256 auctionId) external view returns (Auction memory);

    /// @return committedAt Unix seconds, 0 when there is no bid, it has lost, or its bond has been returned.
    /// @return revealed whether it was revealed and led.
    function bidOf(uint256 auctionId, address bidder)
        external
        view
        returns (uint40 committedAt, bool revealed);

    /// @notice The hash to commit, for tests and for wallets without an SDK. Never send a price and salt to an RPC
    /// server that you do not trust.
    function sealBid(uint256 auctionId, address bidder, uint96 price, bytes32 salt)
        external
        view
        returns (bytes32);
}
