// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {ISales} from "../../../contracts/interfaces/ISales.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {SaleFixture} from "./SaleFixture.sol";

/// @notice k licences to the highest sealed bids, at the (k+1)-th price, and the good for nobody else where it is
/// exclusive.
contract SalesTest is SaleFixture {
    uint256 private _sellersBefore;

    function setUp() public override {
        super.setUp();
        _sellersBefore = _paid(customer);
    }

    function _firstSale() private view returns (uint256) {
        return offerId << 32 | 1;
    }

    function _inHold(uint256 id) private view returns (uint256) {
        return escrow.held(address(sales), address(paymentToken), bytes32(id));
    }

    function _reservation() private view returns (IGoods.Reservation) {
        return goods.goodOf(MODEL).reservation;
    }

    /* THE WHOLE WAY */

    function test_exclusive_fromTheLotToTheLicence() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        assertEq(_sellersBefore - _paid(customer), SALE_BOND);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_inHold(id), 0);
        assertEq(_paid(buyers[1]), FUNDS - 400e18, "the second price");
        assertEq(_paid(customer), _sellersBefore - SALE_BOND, "its bond is behind the sale");
        assertEq(uint8(_reservation()), uint8(IGoods.Reservation.Void));
        assertEq(sales.lotHash(id), 0);

        ILicences.Sale memory sale = _enteredAs(_firstSale(), buyers[1], 400e18);
        assertEq(licences.saleHash(_firstSale()), keccak256(abi.encode(sale)));
        assertEq(_sellersHold(customer), SELLERS_BOND + SALE_BOND + 400e18);
        _deliverSale(_firstSale(), sale, _wonBy(_firstSale(), buyers[1]));
        licences.requireLicensed(_firstSale(), sale, terms, buyers[1], ILicences.Purpose.Use);
        vm.warp(sale.at.deadline());
        uint256 before = _paid(customer);
        _collectOne(_firstSale(), sale, terms);
        assertEq(_paid(customer) - before, 390e18, "without the market's fee of 2.5 %");
        assertEq(licences.accountOf(customer, address(paymentToken)).locked, 0);
        _reclaim(id, buyers[0]);
    }

    /// @dev An overtaken leader takes its deposit back itself, as in any auction.
    function _reclaim(uint256 id, address bidder) private {
        if (_paid(bidder) != FUNDS) auctions.reclaim(_auctionOf(id), bidder);
        assertEq(_paid(bidder), FUNDS);
    }

    /// @dev The key of an auctioned sale is refuted as any other, out of the bond that came with it.
    function test_aWrongKey_isRefuted() public {
        ISales.Lot memory lot = _lot(1, false);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        _closeSale(id, lot, _list(buyers[1]));
        ILicences.Sale memory sale = _enteredAs(_firstSale(), buyers[1], 400e18);
        Exchange memory wrong = _wonBy(_firstSale(), buyers[1]);
        wrong.key = "another key";
        _deliverSale(_firstSale(), sale, wrong);
        _refuteSale(_firstSale(), sale, terms, wrong);
        assertEq(_paid(buyers[1]), FUNDS + SALE_BOND);
        assertEq(_sellersHold(customer), SELLERS_BOND);
    }

    /// @dev Any bids, any number of licences: each winner pays the best losing bid, at most its deposit.
    function testFuzz_money_addsUp(uint8 k, uint96[5] memory bids, bool exclusive) public {
        k = uint8(bound(k, 1, 4));
        ISales.Lot memory lot = _lot(k, exclusive);
        uint256 id = _openSale(lot);
        uint96[] memory prices = new uint96[](BIDDERS);
        for (uint256 i; i < BIDDERS; ++i) {
            prices[i] = uint96(bound(bids[i], PRICE / 8 + 1, DEPOSIT / 4) * 8 + i); // no ties
        }
        _bidAll(id, lot, prices);
        (address[] memory winners, uint96 price) = _expected(k, prices);
        _closeSale(id, lot, winners);
        assertEq(_inHold(id), 0);
        assertEq(_sellersHold(customer), SELLERS_BOND + k * (uint256(price) + SALE_BOND));
        for (uint256 i; i < k; ++i) {
            assertEq(FUNDS - _paid(winners[i]), price);
        }
        assertEq(_paid(customer), _sellersBefore - k * SALE_BOND);
        assertEq(uint8(_reservation()), uint8(exclusive ? IGoods.Reservation.Void : IGoods.Reservation.Free));
    }

    function _expected(uint8 k, uint96[] memory prices)
        private
        view
        returns (address[] memory winners, uint96 price)
    {
        winners = new address[](k);
        uint256 taken;
        for (uint256 n; n <= k; ++n) {
            uint256 best = type(uint256).max;
            for (uint256 i; i < BIDDERS; ++i) {
                bool better = best == type(uint256).max || prices[i] > prices[best];
                if (taken >> i & 1 == 0 && better) best = i;
            }
            taken |= 1 << best;
            if (n < k) winners[n] = buyers[best];
            else price = prices[best] < DEPOSIT ? prices[best] : DEPOSIT;
        }
    }

    /* WHAT THE RESERVATION STOPS */

    function test_reserved_noOtherPath() public {
        uint256 id = _openSale(_lot(1, true));
        bytes memory reserved =
            abi.encodeWithSelector(IGoods.GoodReserved.selector, MODEL, address(sales), id);
        ILicences.Order memory order = _order(offerId, terms, 1);
        vm.expectRevert(reserved);
        vm.prank(buyers[0]);
        licences.buy(order);
        ISales.Lot memory lot = _lot(1, false);
        vm.expectRevert(reserved);
        vm.prank(customer);
        sales.open(lot);
    }

    function test_unsold_isFreeAgain() public {
        ISales.Lot memory lot = _lot(2, true);
        uint256 id = _openSale(lot);
        vm.warp(lot.revealEnds);
        _closeSale(id, lot, new address[](0));
        assertEq(_paid(customer), _sellersBefore);
        assertEq(uint8(_reservation()), uint8(IGoods.Reservation.Free));
    }

    /// @dev Nobody closes for 30 days: bidders take their deposits back, and the good is free.
    function test_lapsed_returnsAll() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        skip(30 days);
        _closeSale(id, lot, new address[](0));
        for (uint256 i; i < 3; ++i) {
            _reclaim(id, buyers[i]);
        }
        assertEq(_paid(customer), _sellersBefore);
        assertEq(uint8(_reservation()), uint8(IGoods.Reservation.Free));
    }

    /* WHAT COMES BETWEEN */

    /// @dev A seller that does not like the price gives the model away: the winner has its deposit back, and the bond
    /// is burnt.
    function test_transferred_costsTheBond() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_paid(buyers[1]), FUNDS);
        assertEq(_paid(customer), _sellersBefore - SALE_BOND);
        assertEq(_burnt(paymentToken), SALE_BOND);
        assertEq(uint8(_reservation()), uint8(IGoods.Reservation.Free));
    }

    /// @dev The market's rules have changed: nobody is at fault.
    function test_blockedSince_returnsAll() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        policy.setJurisdictionRule(1, 1, 1 << 1);
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_paid(buyers[1]), FUNDS);
        assertEq(_paid(customer), _sellersBefore);
        assertEq(_burnt(paymentToken), 0);
    }

    /// @dev An ancestor that is added meanwhile counts for later offers: a seller could otherwise get out of a sale
    /// with low bids. Bids are still taken, and the licence is sold on the terms that were agreed.
    function testFuzz_anAncestorThatIsAdded_endsNoSale(bool beforeTheBids) public {
        ISales.Lot memory lot = _lot(1, false);
        uint256 id = _openSale(lot);
        if (beforeTheBids) _addAncestor();
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        if (!beforeTheBids) _addAncestor();
        _closeSale(id, lot, _list(buyers[1]));
        ILicences.Sale memory sale = _enteredAs(_firstSale(), buyers[1], 400e18);
        assertEq(licences.saleHash(_firstSale()), keccak256(abi.encode(sale)));
        assertEq(sale.terms, keccak256(abi.encode(terms)));
        // The next one needs the offer to be changed.
        vm.expectRevert(abi.encodeWithSelector(IGoods.RoyaltiesChanged.selector, MODEL, 1, 0));
        vm.prank(customer);
        sales.open(lot);
    }

    function _addAncestor() private {
        vm.prank(address(lineageClaims));
        goods.addAncestor(MODEL, address(paymentToken), IGoods.Royalty(77, 100_000, 0));
    }

    /// @dev A winner cannot get out of its bid by giving up the role for which the offer is.
    function test_rolesAreAskedAtTheBid() public {
        ILicences.Offer memory o = _offerOf(MODEL);
        o.audience = uint8(1 << uint8(IParticipantRegistry.Role.Customer));
        vm.prank(customer);
        licences.change(offerId, terms, o);
        terms = _terms(o, customer);
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        address wrongRole = _register("developer only", IParticipantRegistry.Role.Developer);
        _fund(wrongRole, paymentToken, FUNDS, address(auctions));
        KeyExchange.Point memory key = _keyOf(wrongRole);
        uint256 auctionId = _auctionOf(id);
        vm.startPrank(wrongRole);
        sales.nameKey(id, key);
        vm.expectRevert(abi.encodeWithSelector(IGoods.OutsideAudience.selector, wrongRole, o.audience));
        auctions.commit(auctionId, bytes32(uint256(7)));
        vm.stopPrank();
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        vm.prank(buyers[1]);
        registry.changeRoles(IParticipantRegistry.Role.Developer, 0);
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_paid(buyers[1]), FUNDS - 400e18);
    }

    /// @dev The seller cannot stop the sale by taking its bond out of Licences.
    function test_theSellersBondComesWithTheSale() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        vm.prank(customer);
        licences.takeBond(address(paymentToken), uint96(SELLERS_BOND));
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_sellersHold(customer), SALE_BOND + 400e18);
        vm.expectPartialRevert(ILicences.BondExhausted.selector);
        vm.prank(customer);
        licences.takeBond(address(paymentToken), 1);
    }

    function test_retired_returnsAll() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        escrow.retire(address(sales));
        goods.revokeRole(goods.MODULE_ROLE(), address(sales));
        _closeSale(id, lot, _list(buyers[1]));
        assertEq(_paid(buyers[1]), FUNDS);
        assertEq(_paid(customer), _sellersBefore);
        assertEq(uint8(_reservation()), uint8(IGoods.Reservation.Free));
    }

    /// @dev Nobody can have winners refused by giving the close too little gas.
    function testFuzz_close_withLittleGas(uint256 gasLimit) public {
        ISales.Lot memory lot = _lot(2, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        KeyExchange.Point[] memory keys = new KeyExchange.Point[](2);
        (keys[0], keys[1]) = (_keyOf(buyers[1]), _keyOf(buyers[2]));
        gasLimit = bound(gasLimit, 100_000, 2_000_000);
        try sales.close{gas: gasLimit}(id, lot, keys) {
            assertEq(_paid(buyers[1]), FUNDS - 300e18);
            assertEq(_paid(buyers[2]), FUNDS - 300e18);
        } catch {
            assertNotEq(sales.lotHash(id), 0);
        }
    }

    /// @dev It says so.
    function test_close_saysThatGasLacks() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        KeyExchange.Point[] memory keys = new KeyExchange.Point[](1);
        keys[0] = _keyOf(buyers[1]);
        bytes memory call = abi.encodeCall(sales.close, (id, lot, keys));
        uint256 said;
        for (uint256 gasLimit = 50_000; gasLimit < 2_000_000; gasLimit += 2000) {
            (bool done, bytes memory reason) = address(sales).call{gas: gasLimit}(call);
            if (done) break;
            if (bytes4(reason) == ISales.TooLittleGas.selector) ++said;
        }
        assertGt(said, 0);
        assertEq(_paid(buyers[1]), FUNDS - 400e18);
    }

    /// @dev A halt refuses nobody: the close waits for its end.
    function test_close_waitsForTheEndOfAHalt() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        policy.grantRole(policy.BRAKE_ROLE(), address(this));
        policy.halt();
        KeyExchange.Point[] memory keys = new KeyExchange.Point[](1);
        keys[0] = _keyOf(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil()));
        sales.close(id, lot, keys);
        vm.warp(policy.haltedUntil());
        sales.close(id, lot, keys);
        assertEq(_paid(buyers[1]), FUNDS - 400e18);
    }

    /* GUARDS */

    function _expectInvalid(ISales.Lot memory lot, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(ISales.InvalidLot.selector, field));
        vm.prank(customer);
        sales.open(lot);
    }

    function test_open_checksEveryField() public {
        ISales.Lot memory lot = _lot(1, true);
        lot.seats = 0;
        _expectInvalid(lot, "seats");
        lot.seats = 101;
        _expectInvalid(lot, "seats");
        lot = _lot(1, true);
        lot.deposit = PRICE - 1;
        _expectInvalid(lot, "deposit");
        lot = _lot(1, true);
        lot.commitEnds = uint40(block.timestamp + 30 days + 1);
        lot.revealEnds = lot.commitEnds + 1 days;
        _expectInvalid(lot, "times");
        lot = _lot(1, true);
        lot.revealEnds = lot.commitEnds + 7 days + 1;
        _expectInvalid(lot, "times");
        lot = _lot(0, true);
        vm.expectPartialRevert(IVickreyAuction.InvalidTerms.selector);
        vm.prank(customer);
        sales.open(lot);
    }

    /// @dev The longest that bids are taken and revealed, the smallest deposit that covers the price.
    function test_open_atTheEdges() public {
        ISales.Lot memory lot = _lot(1, true);
        (lot.seats, lot.deposit) = (3, 3 * PRICE);
        lot.commitEnds = uint40(block.timestamp + 30 days);
        lot.revealEnds = lot.commitEnds + 7 days;
        assertEq(_openSale(lot), 1);
    }

    function test_open_theOwnerOnly() public {
        ISales.Lot memory lot = _lot(1, true);
        vm.expectRevert(abi.encodeWithSelector(ISales.NotSeller.selector, rival, customer));
        vm.prank(rival);
        sales.open(lot);
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, customer, rival));
        vm.prank(customer);
        sales.open(lot);
        lot.terms.offer.bond = 1;
        vm.expectPartialRevert(ISales.OtherTerms.selector);
        vm.prank(customer);
        sales.open(lot);
    }

    /// @dev A winner's money goes into the seller's hold in Licences, which could not be opened at the close if
    /// Licences were retired meanwhile.
    function test_open_needsTheSellersHold() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, third, tokenId);
        vm.prank(third);
        lot.offerId = licences.offer(terms.offer, _noJoining());
        lot.terms = _terms(terms.offer, third);
        _fund(third, paymentToken, FUNDS, address(sales));
        vm.expectRevert(abi.encodeWithSelector(ISales.NoHold.selector, third, address(paymentToken)));
        vm.prank(third);
        sales.open(lot);
        vm.startPrank(third);
        licences.addBond(address(paymentToken), 0);
        sales.open(lot);
        vm.stopPrank();
    }

    function test_bid_needsADeliveryKeyAndTheAgreement() public {
        ILicences.Offer memory o = _offerOf(MODEL);
        o.agreement = "text";
        vm.prank(customer);
        licences.change(offerId, terms, o);
        terms = _terms(o, customer);
        uint256 id = _openSale(_lot(1, true));
        uint256 auctionId = _auctionOf(id);
        vm.startPrank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotSigned.selector, bytes32("text"), buyers[0]));
        auctions.commit(auctionId, bytes32(uint256(7)));
        agreements.sign("text");
        vm.expectRevert(abi.encodeWithSelector(ISales.OtherDeliveryKey.selector, id, buyers[0]));
        auctions.commit(auctionId, bytes32(uint256(7)));
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.InvalidPoint.selector, 1, 1));
        sales.nameKey(id, KeyExchange.Point(1, 1));
        vm.stopPrank();
    }

    /// @dev Nor can a bidder change its key after the bid and so hold the close up.
    function test_nameKey_beforeTheBidOnly() public {
        uint256 id = _openSale(_lot(1, true));
        _bidFor(id, buyers[0], 300e18);
        KeyExchange.Point memory other = _keyOf(buyers[1]);
        vm.expectPartialRevert(IVickreyAuction.AlreadyCommitted.selector);
        vm.prank(buyers[0]);
        sales.nameKey(id, other);
        vm.expectRevert(abi.encodeWithSelector(ISales.UnknownSale.selector, 9));
        sales.nameKey(9, other);
    }

    function test_close_withWhatWasAgreed() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        KeyExchange.Point[] memory keys = new KeyExchange.Point[](1);
        keys[0] = _keyOf(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(ISales.OtherDeliveryKey.selector, id, buyers[1]));
        sales.close(id, lot, keys);
        vm.expectRevert(abi.encodeWithSelector(ISales.KeysMissing.selector, id, 1, 0));
        sales.close(id, lot, new KeyExchange.Point[](0));
        lot.deposit += 1;
        vm.expectPartialRevert(ISales.OtherLot.selector);
        sales.close(id, lot, keys);
        lot.deposit -= 1;
        _closeSale(id, lot, _list(buyers[1]));
        vm.expectRevert(abi.encodeWithSelector(ISales.UnknownSale.selector, id));
        sales.close(id, lot, keys);
    }

    function test_theSellerCannotBid() public {
        uint256 id = _openSale(_lot(1, true));
        uint256 auctionId = _auctionOf(id);
        KeyExchange.Point memory key = _keyOf(customer);
        vm.startPrank(customer);
        sales.nameKey(id, key);
        vm.expectRevert(abi.encodeWithSelector(IGoods.OwnGood.selector, MODEL, customer));
        auctions.commit(auctionId, bytes32(uint256(7)));
        vm.stopPrank();
    }
}
