// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {ISales} from "../../../contracts/interfaces/ISales.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceFixture} from "../licences/LicenceFixture.sol";

/// @notice An owner that auctions licences of its model, and bidders.
abstract contract SaleFixture is LicenceFixture {
    uint96 internal constant DEPOSIT = 1000e18;
    uint256 internal constant BIDDERS = 5;

    uint256 internal offerId;
    ILicences.Terms internal terms;
    address[] internal buyers;

    function setUp() public virtual override {
        super.setUp();
        offerId = _publish(_offerOf(MODEL));
        terms = _terms(_offerOf(MODEL), customer);
        _fund(customer, paymentToken, FUNDS, address(sales));
        for (uint256 i; i < BIDDERS; ++i) {
            buyers.push(
                _register(string.concat("bidder ", vm.toString(i)), IParticipantRegistry.Role.Customer)
            );
            _fund(buyers[i], paymentToken, FUNDS, address(auctions));
        }
    }

    function _lot(uint8 k, bool exclusive) internal view returns (ISales.Lot memory lot) {
        (lot.offerId, lot.terms, lot.seats, lot.licences) = (offerId, terms, 1, k);
        (lot.exclusive, lot.deposit) = (exclusive, DEPOSIT);
        (lot.commitEnds, lot.revealEnds) =
        (uint40(block.timestamp + 1 days), uint40(block.timestamp + 2 days));
    }

    function _openSale(ISales.Lot memory lot) internal returns (uint256) {
        vm.prank(customer);
        return sales.open(lot);
    }

    function _auctionOf(uint256 id) internal view returns (uint256) {
        return uint256(uint160(address(sales))) << 96 | id;
    }

    function _keyOf(address bidder) internal returns (KeyExchange.Point memory) {
        return _point(_secretOf(bidder));
    }

    function _secretOf(address bidder) internal pure returns (uint256) {
        return _scalar(uint256(keccak256(abi.encode("delivery key", bidder))));
    }

    function _bidFor(uint256 id, address bidder, uint96 price) internal {
        uint256 auctionId = _auctionOf(id);
        KeyExchange.Point memory key = _keyOf(bidder);
        bytes32 sealedBid = auctions.sealBid(auctionId, bidder, price, "salt");
        vm.startPrank(bidder);
        sales.nameKey(id, key);
        auctions.commit(auctionId, sealedBid);
        vm.stopPrank();
    }

    function _revealFor(uint256 id, address bidder, uint96 price) internal {
        uint256 auctionId = _auctionOf(id);
        vm.prank(bidder);
        auctions.reveal(auctionId, price, "salt");
    }

    /// @dev Bidder i bids `prices[i]`; the reveals are over then.
    function _bidAll(uint256 id, ISales.Lot memory lot, uint96[] memory prices) internal {
        for (uint256 i; i < prices.length; ++i) {
            _bidFor(id, buyers[i], prices[i]);
        }
        vm.warp(lot.commitEnds);
        for (uint256 i; i < prices.length; ++i) {
            _revealFor(id, buyers[i], prices[i]);
        }
        vm.warp(lot.revealEnds);
    }

    function _closeSale(uint256 id, ISales.Lot memory lot, address[] memory winners) internal {
        KeyExchange.Point[] memory keys = new KeyExchange.Point[](winners.length);
        for (uint256 i; i < winners.length; ++i) {
            keys[i] = _keyOf(winners[i]);
        }
        sales.close(id, lot, keys);
    }

    /// @dev As a winner's sale is entered now.
    function _enteredAs(uint256 saleId, address winner, uint96 price)
        internal
        returns (ILicences.Sale memory sale)
    {
        sale.terms = keccak256(abi.encode(terms));
        (sale.seller, sale.holder, sale.price, sale.bond) = (customer, winner, price, SALE_BOND);
        (sale.seats, sale.challengeWindow) = (1, times.challenge);
        sale.at = Deals.pack(uint8(ILicences.State.Bought), uint40(block.timestamp + times.delivery));
        sale.kept = _context(_wonBy(saleId, winner));
    }

    function _wonBy(uint256 saleId, address winner) internal view returns (Exchange memory x) {
        x = _sale(saleId);
        x.b = _secretOf(winner);
    }

    function _list(address a) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _list(address a, address b) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }

    function _prices(uint96 a, uint96 b, uint96 c) internal pure returns (uint96[] memory list) {
        list = new uint96[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}
