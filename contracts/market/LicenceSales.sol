// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {LicenceOffers} from "./LicenceOffers.sol";
import {Royalties} from "./Royalties.sol";

/// @title Sales: from the purchase to the end of the challenge.
abstract contract LicenceSales is LicenceOffers {
    /// @dev Payments before those to ancestors.
    uint256 private constant PARTIES = 2;

    /* BUYING */

    /// @dev The money is in the seller's hold by the end of the transaction; the caller sees to that.
    function _buy(address buyer, Order calldata order, uint256 price) internal returns (uint256 saleId) {
        Terms calldata terms = order.terms;
        bytes32 hash = _hashOf(terms);
        _requireTerms(order.offerId, hash);
        _join(buyer, order.joining);
        _requireSellable(buyer, terms);

        saleId = ++saleCount;
        Sale memory sale = Sale({
            terms: hash,
            seller: terms.seller,
            holder: buyer,
            // forge-lint: disable-next-line(unsafe-typecast)
            price: uint96(price), // `_priceOf` has checked
            // forge-lint: disable-next-line(unsafe-typecast)
            bond: uint96(Math.min(terms.offer.bond, price)), // no more than one of them
            seats: order.seats,
            challengeWindow: terms.challengeWindow,
            at: Deals.enter(saleId, uint8(State.Bought), block.timestamp + terms.deliveryWindow),
            kept: KeyExchange.context(address(this), saleId, order.deliveryKey)
        });
        _lock(terms.seller, terms.offer.token, sale.bond);
        saleHash[saleId] = _hashOf(sale);
        emit Bought(saleId, order.offerId, buyer, order.deliveryKey, sale);
    }

    /// @return Base units for all seats.
    function _priceOf(Order calldata order) internal pure returns (uint256) {
        uint16 seats = order.seats;
        if (seats == 0 || seats > order.terms.offer.seats) revert WrongSeats(seats, order.terms.offer.seats);
        uint256 price = uint256(order.terms.offer.price) * seats;
        if (price > type(uint96).max) revert WrongSeats(seats, order.terms.offer.seats);
        return price;
    }

    function _requireSellable(address buyer, Terms calldata terms) private view {
        if (terms.offer.agreement != 0) _requireSigned(terms.offer.agreement, buyer);
        GOODS.requireSellable(
            IGoods.Purchase({
                good: terms.offer.good,
                seller: terms.seller,
                jurisdiction: terms.jurisdiction,
                buyer: buyer,
                audience: terms.offer.audience,
                edition: terms.edition
            })
        );
    }

    /// @dev Whether the buyer has signed a text.
    function _requireSigned(bytes32 agreement, address buyer) internal view virtual;

    /* BONDS IN FLIGHT */

    function _lock(address seller, address token, uint96 bond) private {
        if (bond == 0) return;
        Account storage account = _accounts[seller][token];
        _requireFree(seller, account, bond);
        account.locked += bond;
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
        Sale memory next = sale;
        next.kept = KeyExchange.deliver(sale.kept, delivery, proof);
        _enter(saleId, next, State.Delivered, block.timestamp + sale.challengeWindow);
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
        _enter(saleId, sale, State.Refunded, 0);
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
        bytes32 hash = _hashOf(terms);
        (address royalties, uint256 bonds) = (terms.royalties, 0);
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
            payments[PARTIES + i].to = GOODS.ownerOf(owed[i].tokenId);
            toAncestors += payments[PARTIES + i].amount;
        }
        emit Collected(hash, saleIds, payments[1].amount, toAncestors);
        ESCROW.releaseEach(_holdOf(terms.seller), terms.offer.token, payments);
    }

    function _collectOne(uint256 saleId, Sale calldata sale) private {
        _requireSale(saleId, sale);
        sale.at.requireState(saleId, uint8(State.Delivered));
        sale.at.requireOver(saleId);
        _enter(saleId, sale, State.Collected, sale.at.deadline());
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
        (bytes32 kept, bytes32 shown) = (saleHash[saleId], _hashOf(sale));
        if (kept != shown) revert OtherSale(saleId, kept, shown);
    }

    function _requireTermsOf(uint256 saleId, Sale calldata sale, Terms calldata terms) internal pure {
        bytes32 shown = _hashOf(terms);
        if (sale.terms != shown) revert OtherTerms(saleId, sale.terms, shown);
    }

    function _enter(uint256 saleId, Sale memory sale, State state, uint256 deadline) private {
        sale.at = Deals.enter(saleId, uint8(state), deadline);
        saleHash[saleId] = _hashOf(sale);
    }

    function _hashOf(Sale memory sale) private pure returns (bytes32) {
        return keccak256(abi.encode(sale));
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
