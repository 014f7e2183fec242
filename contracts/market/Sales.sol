// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {ISales} from "../interfaces/ISales.sol";
import {IAuctionGate, IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {Deals} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";

/// @title Sales
/// @dev A lot is kept as its hash; what the gate asks for at each bid is kept beside it.
contract Sales is ISales, ReentrancyGuardTransient {
    /// @notice Seconds: the longest that bids are taken, and that they are revealed. The good is reserved meanwhile,
    /// also for whoever owns it then.
    uint40 public constant MAX_COMMIT_WINDOW = 30 days;
    uint40 public constant MAX_REVEAL_WINDOW = 7 days;

    /// @dev Goods' name for markets.
    bytes32 private constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /// @dev What is asked at each bid.
    struct Kept {
        address seller;
        uint8 jurisdiction; // the seller's
        uint8 audience; // bitmap over roles
        bytes32 good;
    }

    IEscrow private immutable ESCROW;
    IGoods private immutable GOODS;
    ILicences private immutable LICENCES;
    IVickreyAuction private immutable AUCTIONS;

    /// @inheritdoc ISales
    uint256 public saleCount;
    /// @inheritdoc ISales
    mapping(uint256 id => bytes32) public lotHash;
    mapping(uint256 id => Kept) private _kept;
    mapping(uint256 id => mapping(address bidder => bytes32)) private _deliveryKeys; // hashes

    constructor(IEscrow escrow, IGoods goods, ILicences licences, IVickreyAuction auctions) {
        (ESCROW, GOODS, LICENCES, AUCTIONS) = (escrow, goods, licences, auctions);
    }

    /* SELLERS */

    /// @inheritdoc ISales
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function open(Lot calldata lot) external nonReentrant returns (uint256 id) {
        ILicences.Offer calldata offer = lot.terms.offer;
        _checkLot(lot);
        id = ++saleCount;
        lotHash[id] = keccak256(abi.encode(lot));
        _kept[id] = Kept({
            seller: msg.sender,
            jurisdiction: lot.terms.jurisdiction,
            audience: offer.audience,
            good: offer.good
        });
        uint256 auctionId = AUCTIONS.open(
            // forge-lint: disable-next-line(unsafe-typecast)
            uint96(id), // a counter: 2^96 is out of reach
            IVickreyAuction.Terms({
                token: offer.token,
                bond: lot.deposit,
                // forge-lint: disable-next-line(unsafe-typecast)
                reserve: uint96(uint256(offer.price) * lot.seats), // at most the deposit
                commitEnds: lot.commitEnds,
                revealEnds: lot.revealEnds,
                winners: lot.licences,
                direction: IVickreyAuction.Direction.Sale,
                gated: true,
                eligibility: _everybody(),
                agreement: offer.agreement
            })
        );
        emit SaleOpened(id, offer.good, msg.sender, auctionId, lot);
        GOODS.reserve(offer.good, id);
        ESCROW.setOperator(address(LICENCES), offer.token, true); // for what `_serve` credits to this contract
        ESCROW.openHold(bytes32(id), offer.token, msg.sender, uint256(offer.bond) * lot.licences);
    }

    /// @dev The auction checks the number of licences, and that the times are in order.
    function _checkLot(Lot calldata lot) private view {
        ILicences.Offer calldata offer = lot.terms.offer;
        (bytes32 shown, bytes32 kept) = (keccak256(abi.encode(lot.terms)), LICENCES.offerHash(lot.offerId));
        if (shown != kept) revert OtherTerms(lot.offerId, kept, shown);
        if (msg.sender != lot.terms.seller) revert NotSeller(msg.sender, lot.terms.seller);
        IGoods.Good memory good = GOODS.goodOf(offer.good);
        address owner = GOODS.ownerOf(good.tokenId);
        if (owner != msg.sender) revert IGoods.NotOwner(offer.good, msg.sender, owner);
        if (good.edition != lot.terms.edition) {
            revert IGoods.RoyaltiesChanged(offer.good, good.edition, lot.terms.edition);
        }
        // Licences could not open it any more at the close, should it be retired in between.
        bool open_ = ESCROW.isOpen(address(LICENCES), offer.token, bytes32(uint256(uint160(msg.sender))));
        if (!open_) revert NoHold(msg.sender, offer.token);
        if (lot.seats == 0 || lot.seats > offer.seats) revert InvalidLot("seats");
        if (uint256(offer.price) * lot.seats > lot.deposit) revert InvalidLot("deposit");
        bool long = lot.commitEnds > block.timestamp + MAX_COMMIT_WINDOW
            || lot.revealEnds > uint256(lot.commitEnds) + MAX_REVEAL_WINDOW;
        if (long) revert InvalidLot("times");
    }

    /* BIDDERS */

    /// @inheritdoc ISales
    function nameKey(uint256 id, KeyExchange.Point calldata deliveryKey) external {
        if (lotHash[id] == 0) revert UnknownSale(id);
        // slither-disable-next-line unused-return -- it reverts for a point to which nothing can be delivered
        KeyExchange.context(address(this), id, deliveryKey);
        // slither-disable-next-line unused-return -- what the bid is made of is nothing to us
        (uint40 committedAt,) = AUCTIONS.bidOf(_auctionIdOf(id), msg.sender);
        if (committedAt != 0) revert IVickreyAuction.AlreadyCommitted(_auctionIdOf(id), msg.sender);
        _deliveryKeys[id][msg.sender] = keccak256(abi.encode(deliveryKey));
        emit BidderNamed(id, msg.sender, deliveryKey);
    }

    /// @inheritdoc IAuctionGate
    function requireEligible(uint256 auctionId, address bidder) external view {
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 id = uint96(auctionId); // the sale's, as `open` packed it
        if (_deliveryKeys[id][bidder] == 0) revert OtherDeliveryKey(id, bidder);
        Kept memory kept = _kept[id];
        uint16 edition = GOODS.goodOf(kept.good).edition;
        GOODS.requireSellable(kept.good, kept.seller, kept.jurisdiction, edition, bidder, kept.audience);
    }

    /* CLOSING */

    /// @inheritdoc ISales
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function close(uint256 id, Lot calldata lot, KeyExchange.Point[] calldata deliveryKeys)
        external
        nonReentrant
    {
        _requireLot(id, lot);
        delete lotHash[id];
        (address[] memory winners, uint96 price) = AUCTIONS.close(_auctionIdOf(id), bytes32(id));
        if (winners.length != deliveryKeys.length) {
            revert KeysMissing(id, winners.length, deliveryKeys.length);
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        price = uint96(Math.min(price, lot.deposit)); // the smaller of the two
        bool admitted = IAccessControl(address(GOODS)).hasRole(MODULE_ROLE, address(this));
        uint256 sold = 0;
        for (uint256 i = 0; i < winners.length; ++i) {
            _requireNamed(id, winners[i], deliveryKeys[i]);
            if (admitted && _canBuy(lot.terms, winners[i])) {
                ++sold;
                _serve(id, lot, winners[i], price, deliveryKeys[i]);
            } else {
                emit WinnerRefused(id, winners[i]);
                ESCROW.release(bytes32(id), lot.terms.offer.token, winners[i], lot.deposit);
            }
        }
        _finish(id, lot, sold, winners.length - sold);
    }

    function _requireLot(uint256 id, Lot calldata lot) private view {
        (bytes32 expected, bytes32 got) = (lotHash[id], keccak256(abi.encode(lot)));
        if (expected == 0) revert UnknownSale(id);
        if (expected != got) revert OtherLot(id, expected, got);
    }

    function _requireNamed(uint256 id, address bidder, KeyExchange.Point calldata deliveryKey) private view {
        if (_deliveryKeys[id][bidder] != keccak256(abi.encode(deliveryKey))) {
            revert OtherDeliveryKey(id, bidder);
        }
    }

    /// @dev Roles were asked at the bid: a winner could give one up to get out of it. An ancestor that was added since
    /// counts for later offers: a seller could add one of its own to get out of the sale. Nothing is closed during a
    /// halt, nor with too little gas to find out.
    function _canBuy(ILicences.Terms calldata terms, address buyer) private view returns (bool) {
        uint16 edition = GOODS.goodOf(terms.offer.good).edition;
        try GOODS.requireSellable(terms.offer.good, terms.seller, terms.jurisdiction, edition, buyer, 0) {
            return true;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(reason) == IPolicy.MarketHalted.selector) {
                assembly ("memory-safe") {
                    revert(add(reason, 32), mload(reason)) // as it came
                }
            }
            return false;
        }
    }

    function _serve(
        uint256 id,
        Lot calldata lot,
        address winner,
        uint96 price,
        KeyExchange.Point calldata deliveryKey
    ) private {
        ILicences.Terms calldata terms = lot.terms;
        // slither-disable-next-line uninitialized-local -- filled in below; zero where it says nothing
        ILicences.Sale memory sale;
        (sale.terms, sale.seller, sale.holder) = (keccak256(abi.encode(terms)), terms.seller, winner);
        (sale.price, sale.seats, sale.challengeWindow) = (price, lot.seats, terms.challengeWindow);
        sale.bond = price < terms.offer.bond ? price : terms.offer.bond;
        sale.at = Deals.pack(
            uint8(ILicences.State.Bought),
            // forge-lint: disable-next-line(unsafe-typecast)
            uint40(block.timestamp + terms.deliveryWindow) // Unix time fits for 34,000 years
        );
        ESCROW.release(bytes32(id), terms.offer.token, address(this), uint256(price) + sale.bond);
        uint256 saleId = LICENCES.enter(lot.offerId, terms.offer.token, sale, deliveryKey);
        emit LicenceSold(id, winner, saleId, price);
        uint256 rest = lot.deposit - price;
        if (rest != 0) ESCROW.release(bytes32(id), terms.offer.token, winner, rest);
    }

    /// @dev A seller that has given the good away pays for each winner that could not be served.
    function _finish(uint256 id, Lot calldata lot, uint256 sold, uint256 refused) private {
        ILicences.Offer calldata offer = lot.terms.offer;
        uint256 forfeited = _ownerOf(offer.good) == lot.terms.seller ? 0 : refused * offer.bond;
        uint256 rest = ESCROW.held(address(this), offer.token, bytes32(id)) - forfeited;
        emit SaleClosed(id, sold, forfeited);
        GOODS.conclude(offer.good, lot.exclusive && sold != 0);
        if (rest != 0) ESCROW.release(bytes32(id), offer.token, lot.terms.seller, rest);
        if (forfeited != 0) ESCROW.burn(bytes32(id), offer.token, forfeited);
    }

    /* INTERNAL */

    /// @dev The auction's name for what this market opened as its number `id`.
    function _auctionIdOf(uint256 id) private view returns (uint256) {
        return uint256(uint160(address(this))) << 96 | id;
    }

    function _ownerOf(bytes32 good) private view returns (address) {
        return GOODS.ownerOf(GOODS.goodOf(good).tokenId);
    }

    /// @dev The registry's rule is for developers; this market asks Goods instead.
    // solhint-disable-next-line no-empty-blocks
    function _everybody() private pure returns (IParticipantRegistry.Eligibility memory) {}
}
