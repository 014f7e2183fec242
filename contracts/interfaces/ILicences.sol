// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DealState} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {IPaymentClient} from "./IEscrow.sol";
import {IGoods} from "./IGoods.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title Licences: finished models, offered again and again, and bought in one transaction.
/// @notice A seller offers a good that it owns. A buyer pays and names a fresh delivery key; the seller delivers the
/// content key with a proof; the buyer refutes a wrong one within the challenge window. Then anyone collects for all:
/// the market's fee, what the good owes its ancestors, the rest to the seller. Nothing delivered in time, or a wrong
/// key: the buyer has its money back, and a bond of the seller's with it. Nobody votes.
/// An offer and a sale are one slot each: the hash of what they say, which their events say in full and whoever acts
/// brings along. A sale that was delivered is the licence. The money of a seller's sales and its bond are in one hold
/// of each token, `bytes32(uint160(seller))`. Paper sections II, IV-C, IV-D; states are in docs/protocol.md.
/// `buy`, `offer` and `publish` can be the order of `IEscrow.pay` and `payWithAuthorization`: the call as it would be
/// sent. Money that comes with an offer is added to the seller's bond.
/// Trust assumptions: those of IGoods. Whoever has delivered nothing in time may have the key taken from a late
/// delivery: `deliver` does not ask for the time, so a seller must not send one that may come too late.
/// @dev Amounts are base units of the offer's token, times Unix seconds, rates ppm.
interface ILicences is IPaymentClient {
    enum State {
        None,
        Bought, // until the delivery; then refunded
        Delivered, // until the end of the challenge; then collected
        Collected, // for good
        Refunded // for good
    }

    /// @dev What a licence may be used for; `purposes` sets bit `uint8(purpose)`.
    enum Purpose {
        Use, // by the holder and its seats
        Serve, // to others, for pay or not
        Derive, // to make other models from it: they owe royalties
        Research
    }

    /// @dev What a seller offers.
    struct Offer {
        bytes32 good; // digest of the manifest
        bytes32 licence; // digest of the Licence manifest
        bytes32 agreement; // digest of a text that the buyer must have signed; 0 for none
        address token;
        uint96 price; // of each seat
        uint96 bond; // behind each sale in flight, but no more than its price
        uint32 term; // seconds from the delivery for which a licence lasts, 0 for no end
        uint16 seats; // of one sale, at most
        uint16 purposes; // bitmap
        uint8 audience; // bitmap over the registry's roles, one of which a buyer must hold; 0 for everybody
        uint32 royaltyPpm; // that sales of a model owe which is derived under this licence
        uint96 royaltyFloor; // and at least that for each of their seats
    }

    /// @dev An offer with what was so when it was made. A sale rests on it whatever changes.
    struct Terms {
        Offer offer;
        address seller;
        uint8 jurisdiction; // the seller's
        uint16 edition; // of the good's royalties
        address royalties; // where these are kept; zero for none
        address treasury;
        uint32 feePpm; // of the price, the market's
        uint32 deliveryWindow; // seconds
        uint32 challengeWindow; // seconds
    }

    /// @dev How an account joins with its first order; zero where it has joined.
    struct Joining {
        uint8 jurisdiction; // an id from Policy's list
        bytes32 encryptionKey; // X25519 public key
    }

    /// @dev What a buyer orders.
    struct Order {
        uint256 offerId;
        Terms terms; // as the offer's last event has them
        KeyExchange.Point deliveryKey; // fresh for each sale
        uint16 seats;
        Joining joining;
    }

    /// @dev A sale as it stands. Its id is `offerId << 32 | number`, where the seller's sales in the token are counted
    /// from 1.
    struct Sale {
        bytes32 terms; // hash of the Terms
        address seller;
        address holder; // the buyer
        uint96 price; // of all seats
        uint96 bond; // the seller's
        uint16 seats;
        uint32 challengeWindow; // seconds
        DealState at; // a State and its deadline. A licence's is the end of the challenge
        bytes32 kept; // the delivery's context; from the delivery on the commitment to it (KeyExchange)
    }

    /// @dev By what right a parent in the lineage was used, in the lineage's order.
    struct Derivation {
        uint256 saleId; // of a licence to derive; 0 where the parent is the seller's own
        Sale sale;
        Terms terms;
    }

    /// @dev A seller's bond in one token. One slot.
    struct Account {
        uint96 bond; // base units
        uint96 locked; // behind sales in flight
        uint32 sales; // so far
        bool open; // it has its hold
    }

    /// @notice `seller` offers a good; also when it has changed the offer. Sales that were made before stay as they
    /// are.
    event Offered(uint256 indexed offerId, bytes32 indexed good, address indexed seller, Terms terms);
    /// @notice The offer takes no more buyers.
    event OfferWithdrawn(uint256 indexed offerId);
    /// @notice `seller` has added to its bond, or taken from it; it is now `bond` base units of `token`.
    event BondChanged(address indexed seller, address indexed token, uint96 bond);
    /// @notice `holder` has bought, and names the key to which the content key is delivered.
    event Bought(
        uint256 indexed saleId,
        uint256 indexed offerId,
        address indexed holder,
        KeyExchange.Point deliveryKey,
        Sale sale
    );
    /// @notice The content key is delivered: the licence holds. `proof` shows that the seller made the delivery.
    event Delivered(uint256 indexed saleId, KeyExchange.Delivery delivery, KeyExchange.Possession proof);
    /// @notice The buyer has its money back, and the bond of the sale; `refuted` says that a wrong key was delivered,
    /// not none.
    event Refunded(uint256 indexed saleId, bool refuted);
    /// @notice Sales under the same terms were paid out: `fee` to the treasury, `royalties` to ancestors, the rest to
    /// the seller.
    event Collected(bytes32 indexed terms, uint256[] saleIds, uint256 fee, uint256 royalties);

    /// @notice No sale was named.
    /// @custom:hint Name those whose challenge is over: `assay licence collect`.
    error NoSales();
    /// @notice Offer {offerId} is not what the caller takes it for: it was changed or withdrawn.
    /// @custom:hint Read it again and see whether it still suits you: `assay licence offers`.
    error OtherTerms(uint256 offerId, bytes32 kept, bytes32 shown);
    /// @notice Sale {saleId} does not stand as the caller says.
    /// @custom:hint Read its events again: it is as the last of them leaves it.
    error OtherSale(uint256 saleId, bytes32 kept, bytes32 shown);
    /// @notice {caller} is not the seller {seller}.
    /// @custom:hint Use the seller's wallet.
    error NotSeller(address caller, address seller);
    /// @notice Only the market's escrow can do this, not {caller}.
    /// @custom:hint Send the order with a payment: `Escrow.pay`.
    error NotEscrow(address caller);
    /// @notice A payment brings no such order: {selector}.
    /// @custom:hint Pay for `buy`, `offer` or `publish`.
    error UnknownOrder(bytes4 selector);
    /// @notice The payment is {paid} base units of the token {token}, and {due} of {dueToken} are due.
    /// @custom:hint Pay the price of all seats exactly. A token that takes a fee of transfers cannot pay like this:
    /// deposit first.
    error WrongPayment(address token, uint256 paid, address dueToken, uint256 due);
    /// @notice The offer's {field} is not allowed.
    /// @custom:hint Correct it. A bond is at least the smaller of the price and the token's least evaluation fee.
    error InvalidOffer(bytes32 field);
    /// @notice A price of {price} base units for a seat does not cover what the good owes its ancestors and the fee.
    /// @custom:hint Ask for more, in the token of the floors ({token}): `assay sell quote` says how much.
    error PriceTooLow(uint256 price, address token);
    /// @notice One sale of this offer has 1 to {max} seats, not {seats}.
    /// @custom:hint Order fewer, or ask the seller.
    error WrongSeats(uint16 seats, uint16 max);
    /// @notice {seller} has {free} base units of bond free, and {needed} are needed.
    /// @custom:hint A buyer waits until earlier sales are collected; the seller adds to its bond: `assay sell bond`.
    error BondExhausted(address seller, uint256 free, uint256 needed);
    /// @notice {caller} is not a market that may enter its sales here.
    /// @custom:hint Governance admits markets with Goods' MODULE_ROLE; check the deployment file.
    error NotMarket(address caller);
    /// @notice The lineage names {models} models, and {derivations} licences to derive were shown.
    /// @custom:hint Show one for each of them, in the lineage's order; an empty one for a model of your own.
    error DerivationsMissing(uint256 models, uint256 derivations);
    /// @notice Sale {saleId} is no licence to derive from {parent} that counts now for this model's developer or owner.
    /// @custom:hint Buy one from the parent's owner.
    error NoLicenceToDerive(bytes32 parent, uint256 saleId);
    /// @notice Ancestors ask for floors in two tokens: {token} and {other}.
    /// @custom:hint Derive from models that are sold in one token.
    error TwoTokens(address token, address other);
    /// @notice Sale {saleId} is no licence of {account} for purpose {purpose} that counts now.
    /// @custom:hint See what it allows and until when: `assay licence show {saleId}`.
    error NotLicensed(uint256 saleId, address account, Purpose purpose);

    /* SELLERS */

    /// @notice Offers a good that the caller owns and that is listed. Nothing is sold until the seller has a bond
    /// (`addBond`, or a payment that brings the offer), unless the price is 0. The offer keeps the market's fee and
    /// windows of this moment. Reverts `IGoods.NotListed`, `IGoods.NotOwner`, `IPolicy.TokenNotAllowed`,
    /// `InvalidOffer` and `PriceTooLow`.
    function offer(Offer calldata offer_, Joining calldata joining) external returns (uint256 offerId);

    /// @notice Lists a good and offers it. A model that passed a third party's set is registered by this, its token
    /// minted to the caller. Every model in the lineage must be the caller's own, or be named with a licence to derive
    /// that the model's developer or the caller holds: what the model owes is written down for good, the ancestors of
    /// its parents included.
    function publish(
        IGoods.Proof calldata proof,
        IModelRegistry.Submission calldata submission,
        Derivation[] calldata derivations,
        Offer calldata offer_,
        Joining calldata joining
    ) external returns (uint256 offerId);

    /// @notice Puts another offer of the same good, in the same token, in the place of one of the caller's, for later
    /// buyers.
    /// @param terms as they are.
    function change(uint256 offerId, Terms calldata terms, Offer calldata offer_) external;

    /// @notice Takes an offer of the caller's back. Sales stay as they are.
    function withdraw(uint256 offerId, Terms calldata terms) external;

    /// @notice Adds to the caller's bond in a token, from its escrow balance.
    function addBond(address token, uint96 amount) external;

    /// @notice Returns bond that is not locked behind sales to the caller's escrow balance.
    function takeBond(address token, uint96 amount) external;

    /// @notice Delivers the content key of a sale; its seller only. It depends on nothing but that the sale was not
    /// refunded: not on the time, as whoever can read the call has the key. Reverts as `KeyExchange.deliver` does.
    function deliver(
        uint256 saleId,
        Sale calldata sale,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external;

    /* OTHER MARKETS */

    /// @notice Enters a sale that another market has made under the terms of an offer; holders of Goods' MODULE_ROLE
    /// only, which have asked Goods and the agreement themselves. A sale that is Bought goes on here: its price and
    /// the bond behind it come from the market's own escrow balance. One that is Collected was delivered and paid
    /// elsewhere and is recorded as a licence. The caller is trusted to name the sale's own terms, seller and token.
    /// @param offerId whose terms they are.
    /// @param token of the offer.
    /// @param sale Bought or Collected; `kept` is set here for one that is Bought.
    /// @param deliveryKey to which one that is Bought is delivered.
    function enter(uint256 offerId, address token, Sale calldata sale, KeyExchange.Point calldata deliveryKey)
        external
        returns (uint256 saleId);

    /* BUYERS */

    /// @notice Buys for the caller, from its escrow balance; with a payment, for whoever pays. Reverts as
    /// `IGoods.requireSellable` does, and where the terms are not the offer's, so nobody pays for anything else than
    /// was ordered.
    function buy(Order calldata order) external returns (uint256 saleId);

    /// @notice Proves that the delivery holds another key than the one attested; anyone, before the end of the
    /// challenge. The buyer gets price and bond. Reverts as `KeyExchange.refute` does.
    function refute(
        uint256 saleId,
        Sale calldata sale,
        Terms calldata terms,
        KeyExchange.Point calldata deliveryKey,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external;

    /// @notice Returns price and bond to the buyer of a sale whose key was not delivered in time; anyone.
    function refund(uint256 saleId, Sale calldata sale, Terms calldata terms) external;

    /* ANYONE */

    /// @notice Pays out sales under the same terms whose challenge is over; anyone.
    /// @param sales in the order of `saleIds`.
    function collect(uint256[] calldata saleIds, Sale[] calldata sales, Terms calldata terms) external;

    /* VIEWS */

    /// @notice Reverts with `NotLicensed` unless a sale is a licence of `account` for a purpose that counts now:
    /// delivered, not refunded, within its term.
    /// @return good that it is for.
    function requireLicensed(
        uint256 saleId,
        Sale calldata sale,
        Terms calldata terms,
        address account,
        Purpose purpose
    ) external view returns (bytes32 good);

    /// @notice The hash of an offer's terms; zero for one that is withdrawn or never was.
    function offerHash(uint256 offerId) external view returns (bytes32);

    /// @notice The hash of a sale as it stands; zero where there is none.
    function saleHash(uint256 saleId) external view returns (bytes32);

    /// @notice A seller's bond in a token.
    function accountOf(address seller, address token) external view returns (Account memory);

    /// @notice How many offers there have been; their ids are 1 to this number.
    function offerCount() external view returns (uint256);

    /// @notice What can be sold.
    function goods() external view returns (IGoods);
}
