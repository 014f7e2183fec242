// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../kernel/KeyExchange.sol";
import {ILicences} from "./ILicences.sol";
import {IAuctionGate} from "./IVickreyAuction.sol";

/// @title Sealed sales: k licences of a good, exclusive or not, to the highest bids of a sealed-bid auction.
/// @notice The owner of a good puts k licences on the terms of one of its offers to auction. The good is reserved
/// meanwhile: nobody buys it by another path. Whoever bids first names a delivery key and deposits the most that a
/// licence can cost, so every winner has paid when the auction is closed, and nobody can bid without paying; as in any
/// auction here, the deposit of a bid that is not revealed is burnt. Winners pay the (k+1)-th price, or the deposit if
/// that is less, and have the rest back at once; each sale goes on in Licences, with the
/// seller's bond behind it. After an exclusive auction nobody else ever buys the good. Licences that were sold before
/// stay, and trials that were opened before can still end in one; their events, and the panels that hold the key, are
/// for bidders to see.
/// Standing, rules, roles and agreement are asked at each bid, and all but the roles again at the close; a winner who
/// cannot be served then has its deposit back. A seller that no longer owns the good at the close loses its bond: it
/// could otherwise withdraw from a price that it does not like. Paper sections IV-C and IV-D.
/// Trust assumptions: those of IVickreyAuction and ILicences.
/// @dev Amounts are base units of the offer's token, times Unix seconds. The auction's id is this contract and the
/// sale's id in one word, `address << 96 | id`; one hold, `bytes32(id)`, carries the seller's bonds and, within the
/// close, the winners' deposits.
interface ISales is IAuctionGate {
    /// @dev What a seller puts to auction.
    struct Lot {
        uint256 offerId;
        ILicences.Terms terms; // of the offer, as its last event has them; its price is the reserve of a seat
        uint16 seats; // of each licence
        uint8 licences; // k
        bool exclusive; // nobody else may buy the good afterwards
        uint96 deposit; // of each bidder: the most that a licence can cost
        uint40 commitEnds; // Unix seconds
        uint40 revealEnds;
    }

    /// @notice `seller` has put licences of a good to auction.
    event SaleOpened(
        uint256 indexed id, bytes32 indexed good, address indexed seller, uint256 auctionId, Lot lot
    );
    /// @notice `bidder` has named the key to which it wants the content key delivered if it wins.
    event BidderNamed(uint256 indexed id, address indexed bidder, KeyExchange.Point deliveryKey);
    /// @notice `bidder` has bought a licence for `price`: sale `saleId` in Licences.
    event LicenceSold(uint256 indexed id, address indexed bidder, uint256 indexed saleId, uint96 price);
    /// @notice `bidder` has won and cannot be served any more; its deposit went back.
    event WinnerRefused(uint256 indexed id, address indexed bidder);
    /// @notice The auction is over: `sold` licences were sold, and `forfeited` base units of the seller's bond burnt.
    event SaleClosed(uint256 indexed id, uint256 sold, uint256 forfeited);

    /// @notice There is no sale {id} that is open.
    /// @custom:hint Check the number and the chain.
    error UnknownSale(uint256 id);
    /// @notice This is not what was put to auction in sale {id}: its hash is {got}, not {expected}.
    /// @custom:hint Close with the lot from the event `SaleOpened`.
    error OtherLot(uint256 id, bytes32 expected, bytes32 got);
    /// @notice Offer {offerId} is not what the caller takes it for: it was changed or withdrawn.
    /// @custom:hint Read it again.
    error OtherTerms(uint256 offerId, bytes32 kept, bytes32 shown);
    /// @notice The lot's {field} is not allowed.
    /// @custom:hint Correct it. The deposit is at least the price of all seats.
    error InvalidLot(bytes32 field);
    /// @notice {bidder} has named no delivery key for sale {id}, or another one than this.
    /// @custom:hint Name one before the bid; close with those from the events `BidderNamed`.
    error OtherDeliveryKey(uint256 id, address bidder);
    /// @notice Sale {id} has {winners} winners, and {keys} delivery keys were shown.
    /// @custom:hint Show one for each winner, the best first.
    error KeysMissing(uint256 id, uint256 winners, uint256 keys);
    /// @notice {caller} is not the seller {seller}.
    /// @custom:hint Use the seller's wallet.
    error NotSeller(address caller, address seller);
    /// @notice {seller} has no hold in Licences for token {token}, which takes in what its licences are sold for.
    /// @custom:hint Open it with a bond in this token, `Licences.addBond`; 0 is enough.
    error NoHold(address seller, address token);
    /// @notice The transaction had too little gas for this step.
    /// @custom:hint Close again with more gas; the SDK's estimate is enough.
    error TooLittleGas();

    /// @notice Puts licences to auction and reserves the good; its owner only, on the terms of an offer of its own.
    /// Takes the offer's bond for each licence from the caller's escrow balance. Its hold in Licences must be open.
    /// Reverts as `IGoods.reserve` and `IVickreyAuction.open` do.
    function open(Lot calldata lot) external returns (uint256 id);

    /// @notice Names the caller's delivery key for a sale, fresh for this one, before it commits its bid in the
    /// auction; the last one named before that counts.
    function nameKey(uint256 id, KeyExchange.Point calldata deliveryKey) external;

    /// @notice Ends the auction after its reveals: the winners' licences are entered in Licences; anyone, once.
    /// @param deliveryKeys of the winners, best first, as they have named them.
    function close(uint256 id, Lot calldata lot, KeyExchange.Point[] calldata deliveryKeys) external;

    /// @notice The hash of what is put to auction; zero for a sale that is over or never was.
    function lotHash(uint256 id) external view returns (bytes32);

    /// @notice How many sales there have been; their ids are 1 to this number.
    function saleCount() external view returns (uint256);
}
