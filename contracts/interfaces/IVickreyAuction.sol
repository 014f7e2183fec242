// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @notice What the contract that opens a gated auction answers.
interface IAuctionGate {
    /// @notice Reverts with the reason when `bidder` may not bid in `auctionId`.
    function requireEligible(uint256 auctionId, address bidder) external view;
}

/// @title Sealed-bid second-price auctions by commit and reveal: k winners at the (k+1)-th price.
/// @notice The contract that opens an auction (a market module) also closes it and receives the winners; anyone can
/// have it do so. An auction's id is its opener and the opener's own number in one word, `opener << 96 | number`, so
/// nobody else can take it. A bid is `keccak256(abi.encode(chainid, auction contract, auctionId, bidder, price,
/// salt))`, so it cannot be replayed or copied. Bonds are held in Escrow. The bond of a bid that is not revealed is
/// burnt at the close, never paid to the auctioneer. Of equal bids the one committed earlier wins, within one second
/// the one with the lower hash.
/// Trust assumptions: block producers can censor bids, and see them as they are revealed. A shill that does not
/// reveal loses its bond and nothing else. Anyone may open an auction, for anything: bidders trust its opener to
/// close it, but not with their bonds, which come back if the opener lets 30 days pass. Paper section IV-C [39].
/// @dev Prices and bonds are base units of the auction's token, times are Unix seconds.
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
        bool gated; // also ask the opener whether a bidder is eligible
        IParticipantRegistry.Eligibility eligibility; // who may bid, by the registry; everybody if its domain is 0
        bytes32 agreement; // digest of the text that bidders must have signed in Agreements, 0 for none
    }

    /// @dev The terms without the reserve, which `AuctionOpened` states and `price` equals until the first bid is
    /// revealed.
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
        bytes32 agreement; // that bidders must have signed, 0 for none
        bool closed;
        address leader; // the weakest of the present winners, 0 for none
        uint96 leadingPrice; // the leader's, the reserve while there is none
        uint96 price; // what a winner would pay or be paid
    }

    /// @notice `opener` has opened an auction; bids are committed from now until `terms.commitEnds`.
    event AuctionOpened(uint256 indexed auctionId, address indexed opener, Terms terms);
    /// @notice `bidder` has committed a sealed bid, and its bond is held.
    event BidCommitted(uint256 indexed auctionId, address indexed bidder, bytes32 sealedBid);
    /// @notice `bidder` has revealed its bid. `leads` says whether it is among the winners so far; if not, its bond
    /// went back.
    event BidRevealed(uint256 indexed auctionId, address indexed bidder, uint96 price, bool leads);
    /// @notice A bidder who led and was overtaken has its bond back in its escrow balance.
    event BondReclaimed(uint256 indexed auctionId, address indexed bidder);
    /// @notice The auction is over. `winners` come best first and pay or are paid `price`; `forfeited` base units of
    /// bonds that were not revealed were burnt.
    event AuctionClosed(uint256 indexed auctionId, address[] winners, uint96 price, uint256 forfeited);

    /// @notice There is no auction {auctionId}.
    /// @custom:hint Check the number and the chain.
    error UnknownAuction(uint256 auctionId);
    /// @notice Auction {auctionId} has been opened before.
    /// @custom:hint Use another number.
    error AuctionExists(uint256 auctionId);
    /// @notice An auction cannot take bids until {commitEnds}, have them revealed until {revealEnds} and have
    /// {winners} winners.
    /// @custom:hint Choose times in the future and in this order, and at least one winner but no more than the limit.
    error InvalidTerms(uint40 commitEnds, uint40 revealEnds, uint8 winners);
    /// @notice Auction {auctionId} took bids until {at}.
    /// @custom:hint It is too late to bid.
    error CommitEnded(uint256 auctionId, uint40 at);
    /// @notice Bids in auction {auctionId} can be revealed from {opensAt} to {endsAt}.
    /// @custom:hint Reveal within that time; the bond of a bid that is not revealed is lost.
    error RevealNotOpen(uint256 auctionId, uint40 opensAt, uint40 endsAt);
    /// @notice Bids in auction {auctionId} can still be revealed, until {at}.
    /// @custom:hint Close the auction after that.
    error RevealNotEnded(uint256 auctionId, uint40 at);
    /// @notice {bidder} has already committed a bid in auction {auctionId}.
    /// @custom:hint There is one bid each, and it cannot be changed.
    error AlreadyCommitted(uint256 auctionId, address bidder);
    /// @notice {bidder} has no bid left to reveal in auction {auctionId}.
    /// @custom:hint Check the account; each bid is revealed once.
    error NothingToReveal(uint256 auctionId, address bidder);
    /// @notice The price and salt are not those that {bidder} committed to in auction {auctionId}.
    /// @custom:hint Reveal exactly the committed price, with the same wallet.
    error SealMismatch(uint256 auctionId, address bidder);
    /// @notice The sealed bid is empty.
    /// @custom:hint Commit through the SDK, which computes it.
    error EmptySeal();
    /// @notice Only the contract that opened auction {auctionId} may do this, not {caller}.
    /// @custom:hint Use the market's own functions.
    error NotOpener(uint256 auctionId, address caller);
    /// @notice Auction {auctionId} is closed.
    /// @custom:hint There is nothing left to do.
    error AlreadyClosed(uint256 auctionId);
    /// @notice {bidder} has no bond to reclaim in auction {auctionId}.
    /// @custom:hint The bond was returned or forfeited, or the bid still leads.
    error NothingToReclaim(uint256 auctionId, address bidder);

    /// @notice Opens an auction for the calling module; any contract or account may. It cannot be cancelled. Reverts
    /// `InvalidTerms` for times or a number of winners out of bounds.
    /// @param number the caller's own number for the auction, used once.
    function open(uint96 number, Terms calldata terms) external returns (uint256 auctionId);

    /// @notice Commits the caller's only bid and takes its bond from the caller's escrow balance, until `commitEnds`.
    /// Costs the same whatever the number of bids. Reverts as the registry's `requireEligible` does for those who may
    /// not bid, and `IAgreements.NotSigned` for those who have not signed what the auction requires.
    /// @param sealedBid the hash of price and salt as described above, not zero.
    function commit(uint256 auctionId, bytes32 sealedBid) external;

    /// @notice Reveals the caller's bid, between `commitEnds` and `revealEnds`. A bid that does not lead gets its
    /// bond back at once; one that is overtaken later can `reclaim` it. Costs O(1) for one winner and O(k) for k,
    /// whatever the number and order of bids.
    function reveal(uint256 auctionId, uint96 price, bytes32 salt) external;

    /// @notice Returns the bond of a bidder who led and was overtaken, or who leads an auction that has lapsed;
    /// anyone may call. An auction lapses, and nobody wins it, when it is not closed within 30 days after the end of
    /// revealing. Reverts `NothingToReclaim` where there is no such bond.
    function reclaim(uint256 auctionId, address bidder) external;

    /// @notice Ends the auction after `revealEnds`; its opener only, once. Bonds that were not revealed are burnt,
    /// and each winner's bond moves into the opener's hold `bondHold`.
    /// @return winners best first, empty when no valid bid was revealed or the auction has lapsed.
    /// @return price the (k+1)-th best price, or the reserve where there is none.
    function close(uint256 auctionId, bytes32 bondHold)
        external
        returns (address[] memory winners, uint96 price);

    /// @notice An auction as it stands; reverts `UnknownAuction` when there is none.
    function auction(uint256 auctionId) external view returns (Auction memory);

    /// @notice What is recorded of a bidder's bid.
    /// @return committedAt Unix seconds; 0 when there is no bid, it has lost, or its bond has been returned.
    /// @return revealed whether the bid was revealed and led.
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
