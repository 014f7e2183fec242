// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {LicenceOffers} from "./LicenceOffers.sol";
import {Royalties} from "./Royalties.sol";

/// @title Sales: from the purchase to the end of the challenge.
abstract contract LicenceSales is LicenceOffers {
    /// @dev Bytes of `Sale`, which has no dynamic part: 9 words. And where its last two begin.
    uint256 private constant SALE_SIZE = 288;
    uint256 private constant AT_OFFSET = 224;
    uint256 private constant KEPT_OFFSET = 256;

    /// @dev Payments before those to ancestors.
    uint256 private constant PARTIES = 2;

    /// @dev Goods' name for markets.
    bytes32 private constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /* BUYING */

    /// @dev The money is in the seller's hold by the end of the transaction; the caller sees to that.
    function _buy(address buyer, Order calldata order, uint256 price) internal returns (uint256 saleId) {
        Terms calldata terms = order.terms;
        // slither-disable-next-line uninitialized-local -- filled in below
        Sale memory sale;
        (sale.terms, sale.seller, sale.holder) = (_hashOf(terms), terms.seller, buyer);
        _requireTerms(order.offerId, sale.terms);
        _join(buyer, order.joining);
        _requireSellable(buyer, terms);
        // forge-lint: disable-next-line(unsafe-typecast)
        sale.price = uint96(price); // `_priceOf` has checked
        // Nobody locks a seller's bond for less than as much of its own money.
        uint96 bond = terms.offer.bond;
        sale.bond = price < bond ? sale.price : bond;
        (sale.seats, sale.challengeWindow) = (order.seats, terms.challengeWindow);
        unchecked {
            // Unix time fits into 40 bits for 34,000 years.
            // forge-lint: disable-next-line(unsafe-typecast)
            sale.at = Deals.pack(uint8(State.Bought), uint40(block.timestamp) + terms.deliveryWindow);
        }
        saleId = _keepSale(order.offerId, terms.offer.token, sale, order.deliveryKey);
    }

    /// @dev One that is Bought needs bond and delivery key. `emit Bought(saleId, offerId, sale.holder, deliveryKey,
    /// sale)` and the sale's hash are of one encoding.
    function _keepSale(
        uint256 offerId,
        address token,
        Sale memory sale,
        KeyExchange.Point calldata deliveryKey
    ) private returns (uint256 saleId) {
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with times
        bool bought = sale.at.state() == uint8(State.Bought);
        saleId = offerId << 32 | _lock(sale.seller, token, bought ? sale.bond : 0);
        if (bought) sale.kept = KeyExchange.context(address(this), saleId, deliveryKey);
        bytes memory data = abi.encode(deliveryKey, sale);
        (bytes32 topic, address holder, bytes32 hash) = (Bought.selector, sale.holder, 0);
        assembly ("memory-safe") {
            // The key takes two words, the sale the rest: both are static.
            hash := keccak256(add(data, 96), SALE_SIZE)
            log4(add(data, 32), mload(data), topic, saleId, offerId, holder)
        }
        saleHash[saleId] = hash;
    }

    /// @return price base units for all seats.
    function _priceOf(Order calldata order) internal pure returns (uint256 price) {
        (uint16 seats, uint16 most) = (order.seats, order.terms.offer.seats);
        unchecked {
            price = uint256(order.terms.offer.price) * seats; // 96 and 16 bits
        }
        if (seats == 0 || seats > most || price > type(uint96).max) revert WrongSeats(seats, most);
    }

    function _requireSellable(address buyer, Terms calldata terms) private view {
        if (terms.offer.agreement != 0) AGREEMENTS.requireSigned(terms.offer.agreement, buyer);
        GOODS.requireSellable(
            terms.offer.good, terms.seller, terms.jurisdiction, terms.edition, buyer, terms.offer.audience
        );
    }

    /* OTHER MARKETS */

    /// @inheritdoc ILicences
    // slither-disable-next-line reentrancy-no-eth -- guarded; the market is one of this deployment
    function enter(uint256 offerId, address token, Sale calldata sale, KeyExchange.Point calldata deliveryKey)
        external
        nonReentrant
        returns (uint256 saleId)
    {
        if (!IAccessControl(address(GOODS)).hasRole(MODULE_ROLE, msg.sender)) revert NotMarket(msg.sender);
        bool bought = sale.at.state() == uint8(State.Bought);
        // The bond comes with the sale: a seller could otherwise keep a market from entering it.
        if (bought) _addToBond(sale.seller, token, sale.bond);
        else sale.at.requireState(offerId, uint8(State.Collected));
        saleId = _keepSale(offerId, token, sale, deliveryKey);
        if (!bought) return saleId;
        ESCROW.fund(_holdOf(sale.seller), token, msg.sender, uint256(sale.price) + sale.bond);
    }

    /* BONDS IN FLIGHT */

    /// @return number of the sale, of the seller's in this token.
    function _lock(address seller, address token, uint96 bond) private returns (uint32 number) {
        Account storage account = _accounts[seller][token];
        (uint96 held, uint96 locked) = (account.bond, account.locked);
        number = account.sales;
        unchecked {
            // No more is locked than the bond holds, and then still; 2^32 sales are out of reach.
            if (bond > held - locked) revert BondExhausted(seller, held - locked, bond);
            (account.locked, account.sales) = (locked + bond, ++number);
        }
    }

    /* DELIVERING */

    /// @inheritdoc ILicences
    /// @dev It calls nobody, so it needs no guard.
    function deliver(
        uint256 saleId,
        Sale calldata sale,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external {
        _requireSale(saleId, sale);
        if (msg.sender != sale.seller) revert NotSeller(msg.sender, sale.seller);
        sale.at.requireState(saleId, uint8(State.Bought));
        bytes32 kept = KeyExchange.deliver(sale.kept, delivery, proof);
        _enter(saleId, sale, State.Delivered, block.timestamp + sale.challengeWindow, kept);
        emit Delivered(saleId, delivery, proof);
    }

    /* REFUNDS */

    /// @inheritdoc ILicences
    function refute(
        uint256 saleId,
        Sale calldata sale,
        Terms calldata terms,
        KeyExchange.Point calldata deliveryKey,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external nonReentrant {
        _requireSale(saleId, sale);
        sale.at.requireState(saleId, uint8(State.Delivered));
        sale.at.requireRunning(saleId);
        _requireTermsOf(saleId, sale, terms);
        KeyExchange.refute(
            address(this), saleId, sale.kept, GOODS.keyHashOf(terms.offer.good), deliveryKey, delivery, proof
        );
        _refund(saleId, sale, terms, true);
    }

    /// @inheritdoc ILicences
    function refund(uint256 saleId, Sale calldata sale, Terms calldata terms) external nonReentrant {
        _requireSale(saleId, sale);
        sale.at.requireState(saleId, uint8(State.Bought));
        sale.at.requireOver(saleId);
        _requireTermsOf(saleId, sale, terms);
        _refund(saleId, sale, terms, false);
    }

    /// @dev The seller's fault: price and bond go to the buyer.
    function _refund(uint256 saleId, Sale calldata sale, Terms calldata terms, bool refuted) private {
        address token = terms.offer.token;
        Account storage account = _accounts[sale.seller][token];
        (account.bond, account.locked) = (account.bond - sale.bond, account.locked - sale.bond);
        _enter(saleId, sale, State.Refunded, 0, sale.kept);
        emit Refunded(saleId, refuted);
        uint256 amount = uint256(sale.price) + sale.bond;
        if (amount != 0) ESCROW.release(_holdOf(sale.seller), token, sale.holder, amount);
    }

    /* COLLECTING */

    /// @inheritdoc ILicences
    function collect(uint256[] calldata saleIds, Sale[] calldata sales, Terms calldata terms)
        external
        nonReentrant
    {
        if (saleIds.length == 0) revert NoSales();
        bytes32 hash = _hashOf(terms);
        (address royalties, uint256 bonds) = (terms.royalties, 0);
        // slither-disable-next-line unused-return -- the token is the offer's
        (, IGoods.Royalty[] memory owed) = Royalties.read(royalties);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](PARTIES + owed.length);
        for (uint256 i = 0; i < saleIds.length; ++i) {
            Sale calldata sale = sales[i];
            if (sale.terms != hash) revert OtherTerms(saleIds[i], sale.terms, hash);
            _collectOne(saleIds[i], sale);
            _divide(payments, sale, terms.feePpm, owed);
            bonds += sale.bond;
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        if (bonds != 0) _accounts[terms.seller][terms.offer.token].locked -= uint96(bonds); // what was locked
        (payments[0].to, payments[1].to) = (terms.seller, terms.treasury);
        uint256 toAncestors = 0;
        for (uint256 i = 0; i < owed.length; ++i) {
            payments[PARTIES + i].to = MODELS.ownerOf(owed[i].tokenId);
            toAncestors += payments[PARTIES + i].amount;
        }
        emit Collected(hash, saleIds, payments[1].amount, toAncestors);
        // What was given away may have no hold.
        if (payments[0].amount + payments[1].amount + toAncestors == 0) return;
        ESCROW.releaseEach(_holdOf(terms.seller), terms.offer.token, payments);
    }

    function _collectOne(uint256 saleId, Sale calldata sale) private {
        _requireSale(saleId, sale);
        sale.at.requireState(saleId, uint8(State.Delivered));
        sale.at.requireOver(saleId);
        _enter(saleId, sale, State.Collected, sale.at.deadline(), sale.kept);
    }

    /// @dev Adds a sale's parts to the payments: to the seller, the treasury, each ancestor. What rounding leaves is
    /// the seller's.
    function _divide(
        IEscrow.Payment[] memory payments,
        Sale calldata sale,
        uint256 feePpm,
        IGoods.Royalty[] memory owed
    ) private pure {
        (uint256 price, uint256 seats) = (sale.price, sale.seats);
        uint256 fee = price * feePpm / Royalties.PPM;
        payments[1].amount += fee;
        uint256 left = price - fee;
        for (uint256 i = 0; i < owed.length; ++i) {
            uint256 part = Royalties.due(owed[i], price, seats);
            payments[PARTIES + i].amount += part;
            left -= part;
        }
        payments[0].amount += left;
    }

    /* STATES */

    function _requireSale(uint256 saleId, Sale calldata sale) internal view {
        (bytes32 kept, bytes32 shown) = (saleHash[saleId], _hashOf(sale, sale.at, sale.kept));
        if (kept != shown) revert OtherSale(saleId, kept, shown);
    }

    function _requireTermsOf(uint256 saleId, Sale calldata sale, Terms calldata terms) internal pure {
        bytes32 shown = _hashOf(terms);
        if (sale.terms != shown) revert OtherTerms(saleId, sale.terms, shown);
    }

    /// @dev The sale stays as it was shown, but for state, deadline and what is kept of the delivery.
    function _enter(uint256 saleId, Sale calldata sale, State state, uint256 deadline, bytes32 kept) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        saleHash[saleId] = _hashOf(sale, Deals.pack(uint8(state), uint40(deadline)), kept); // Unix time
    }

    /// @dev `keccak256(abi.encode(sale))` with these last two fields. As for terms, whoever has encoded otherwise than
    /// everybody gets a hash that nobody keeps.
    function _hashOf(Sale calldata sale, DealState at, bytes32 kept) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // In free memory, which is not kept.
            let free := mload(0x40)
            calldatacopy(free, sale, SALE_SIZE)
            mstore(add(free, AT_OFFSET), at)
            mstore(add(free, KEPT_OFFSET), kept)
            hash := keccak256(free, SALE_SIZE)
        }
    }

    /* LICENCES */

    /// @inheritdoc ILicences
    function requireLicensed(
        uint256 saleId,
        Sale calldata sale,
        Terms calldata terms,
        address account,
        Purpose purpose
    ) external view returns (bytes32 good) {
        _requireSale(saleId, sale);
        _requireTermsOf(saleId, sale, terms);
        if (sale.holder != account || !_allows(sale, terms, purpose)) {
            revert NotLicensed(saleId, account, purpose);
        }
        return terms.offer.good;
    }

    /// @dev Whether a licence counts now for a purpose, whoever holds it.
    function _allows(Sale calldata sale, Terms calldata terms, Purpose purpose) internal view returns (bool) {
        uint8 state = sale.at.state();
        if (state != uint8(State.Delivered) && state != uint8(State.Collected)) return false;
        if (terms.offer.purposes >> uint8(purpose) & 1 == 0) return false;
        uint256 deliveredAt = sale.at.deadline() - sale.challengeWindow;
        return terms.offer.term == 0 || block.timestamp < deliveredAt + terms.offer.term;
    }
}
