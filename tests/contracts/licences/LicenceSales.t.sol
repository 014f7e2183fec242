// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

/// @notice What becomes of a sale: keys of every kind, clocks, money to the last unit.
contract LicenceSalesTest is LicenceFixture {
    ILicences.Offer private made;
    ILicences.Terms private terms;
    uint256 private offerId;
    uint256 private saleId;
    ILicences.Sale private bought;

    function setUp() public override {
        super.setUp();
        made = _offerOf(MODEL);
        offerId = _publish(made);
        terms = _terms(made, customer);
        saleId = _buy(offerId, terms, 2);
        bought = _bought(saleId, terms, buyer, 2);
    }

    /* DELIVERIES */

    function test_deliver_lateIsNeverTooLate_unlessRefunded() public {
        ILicences.Sale memory sale = bought;
        vm.warp(sale.at.deadline() + 365 days);
        _deliverSale(saleId, sale, _sale(saleId));
        assertEq(licences.saleHash(saleId), keccak256(abi.encode(sale)));
        vm.warp(sale.at.deadline());
        _collectOne(saleId, sale, terms);
    }

    function test_deliver_afterTheRefund_isRefused() public {
        ILicences.Sale memory sale = bought;
        vm.warp(sale.at.deadline());
        licences.refund(saleId, sale, terms);
        vm.expectPartialRevert(ILicences.OtherSale.selector);
        this.deliver(customer, sale, _sale(saleId));
        sale.at = Deals.pack(uint8(ILicences.State.Refunded), 0);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.WrongState.selector, saleId, uint8(ILicences.State.Refunded))
        );
        this.deliver(customer, sale, _sale(saleId));
    }

    function test_deliver_bySellerAlone_andOnce() public {
        ILicences.Sale memory sale = bought;
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotSeller.selector, rival, customer));
        this.deliver(rival, sale, _sale(saleId));
        _deliverSale(saleId, sale, _sale(saleId));
        vm.expectRevert(
            abi.encodeWithSelector(Deals.WrongState.selector, saleId, uint8(ILicences.State.Delivered))
        );
        this.deliver(customer, sale, _sale(saleId));
    }

    /// @dev Of the sale's record no field can be other than it is.
    function testFuzz_deliver_onlyOfTheSaleAsItIs(uint256 field) public {
        ILicences.Sale memory sale = bought;
        field = field % 9;
        if (field == 0) sale.terms = "other";
        if (field == 1) sale.seller = rival;
        if (field == 2) sale.holder = rival;
        if (field == 3) ++sale.price;
        if (field == 4) ++sale.seats;
        if (field == 5) ++sale.challengeWindow;
        if (field == 6) sale.at = Deals.pack(1, sale.at.deadline() + 1);
        if (field == 7) sale.kept = "other";
        if (field == 8) ++sale.bond;
        vm.expectPartialRevert(ILicences.OtherSale.selector);
        this.deliver(sale.seller, sale, _sale(saleId));
    }

    /* REFUTATIONS */

    function testFuzz_refute_everyWrongKey(bytes32 key, uint8 bit, bool oneBit) public {
        ILicences.Sale memory sale = bought;
        Exchange memory x = _sale(saleId);
        x.key = oneBit ? x.key ^ bytes32(uint256(1) << bit) : key;
        vm.assume(x.key != _sale(saleId).key);
        _deliverSale(saleId, sale, x);
        (uint256 hold, uint256 had) = (_sellersHold(customer), _paid(buyer));
        vm.warp(sale.at.deadline() - 1);
        _refuteSale(saleId, sale, terms, x);
        assertEq(_paid(buyer) - had, 2 * PRICE + SALE_BOND, "price and bond");
        assertEq(hold - _sellersHold(customer), 2 * PRICE + SALE_BOND, "of the seller's hold");
        ILicences.Account memory account = licences.accountOf(customer, address(paymentToken));
        assertEq(account.bond, SELLERS_BOND - SALE_BOND);
        assertEq(account.locked, 0);
    }

    function testFuzz_refute_neverTheRightKey(uint256 shared, uint256 nonce) public {
        ILicences.Sale memory sale = bought;
        Exchange memory x = _sale(saleId);
        _deliverSale(saleId, sale, x);
        shared = _scalar(shared);
        KeyExchange.Refutation memory proof = _refutation(x, shared, _scalar(nonce));
        KeyExchange.Point memory point = _point(x.b);
        KeyExchange.Delivery memory delivery = _delivery(x);
        vm.expectRevert();
        licences.refute(saleId, sale, terms, point, delivery, proof);
    }

    function test_refute_otherwiseThanItWasMade() public {
        ILicences.Sale memory sale = bought;
        Exchange memory x = _sale(saleId);
        x.key = "wrong";
        _deliverSale(saleId, sale, x);
        Exchange memory other = x;
        other.key = "another";
        vm.expectPartialRevert(KeyExchange.OtherDelivery.selector);
        this.refute(sale, terms, other);
        x = _sale(saleId);
        x.key = "wrong";
        ILicences.Terms memory otherTerms = terms;
        otherTerms.offer.good = "another";
        vm.expectPartialRevert(ILicences.OtherTerms.selector);
        this.refute(sale, otherTerms, x);
        vm.warp(sale.at.deadline());
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        this.refute(sale, terms, x);
    }

    function test_refute_onlyWhatWasDelivered() public {
        vm.expectRevert(
            abi.encodeWithSelector(Deals.WrongState.selector, saleId, uint8(ILicences.State.Bought))
        );
        this.refute(bought, terms, _sale(saleId));
    }

    function test_refuted_isNoLicence_andNotPaid() public {
        ILicences.Sale memory sale = bought;
        Exchange memory x = _sale(saleId);
        x.key = "wrong";
        _deliverSale(saleId, sale, x);
        _refuteSale(saleId, sale, terms, x);
        vm.expectPartialRevert(ILicences.OtherSale.selector);
        licences.requireLicensed(saleId, sale, terms, buyer, ILicences.Purpose.Use);
        uint40 ends = sale.at.deadline();
        sale.at = Deals.pack(uint8(ILicences.State.Refunded), 0);
        vm.expectPartialRevert(ILicences.NotLicensed.selector);
        licences.requireLicensed(saleId, sale, terms, buyer, ILicences.Purpose.Use);
        vm.warp(ends);
        vm.expectPartialRevert(Deals.WrongState.selector);
        this.collect(sale, terms);
    }

    /* REFUNDS */

    function test_refund_whenNothingWasDeliveredInTime() public {
        ILicences.Sale memory sale = bought;
        vm.warp(sale.at.deadline() - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        licences.refund(saleId, sale, terms);
        vm.warp(sale.at.deadline());
        licences.refund(saleId, sale, terms);
        assertEq(_paid(buyer), 2 * PRICE + SALE_BOND);
        vm.expectPartialRevert(ILicences.OtherSale.selector);
        licences.refund(saleId, sale, terms);
    }

    function test_refund_notOfWhatWasDelivered() public {
        ILicences.Sale memory sale = bought;
        _deliverSale(saleId, sale, _sale(saleId));
        vm.warp(sale.at.deadline());
        vm.expectPartialRevert(Deals.WrongState.selector);
        licences.refund(saleId, sale, terms);
    }

    /* COLLECTING */

    function test_collect_afterTheChallenge_once() public {
        ILicences.Sale memory sale = bought;
        _deliverSale(saleId, sale, _sale(saleId));
        vm.warp(sale.at.deadline() - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        this.collect(sale, terms);
        vm.warp(sale.at.deadline());
        ILicences.Terms memory other = terms;
        other.treasury = rival;
        vm.expectPartialRevert(ILicences.OtherTerms.selector);
        this.collect(sale, other);
        _collectOne(saleId, sale, terms);
        vm.expectPartialRevert(Deals.WrongState.selector);
        this.collect(sale, terms);
    }

    function test_collect_nothing() public {
        vm.expectRevert(ILicences.NoSales.selector);
        licences.collect(new uint256[](0), new ILicences.Sale[](0), terms);
    }

    function test_collect_theSameSaleTwiceInOneCall() public {
        ILicences.Sale memory sale = bought;
        _deliverSale(saleId, sale, _sale(saleId));
        vm.warp(sale.at.deadline());
        (uint256[] memory ids, ILicences.Sale[] memory sales) = (new uint256[](2), new ILicences.Sale[](2));
        (ids[0], ids[1], sales[0], sales[1]) = (saleId, saleId, sale, sale);
        vm.expectPartialRevert(ILicences.OtherSale.selector);
        licences.collect(ids, sales, terms);
    }

    /// @dev Whatever prices and seats are: all that was paid is somebody's, and the bond is free again.
    function testFuzz_collect_addsUp(uint96 price, uint16[5] memory seats, uint32 fee) public {
        fee = uint32(bound(fee, 0, 50_000));
        policy.setFee(fee, treasury);
        ILicences.Offer memory o = made;
        o.price = uint96(bound(price, 0, 1e24));
        vm.prank(customer);
        uint256 id = licences.offer(o, _noJoining());
        ILicences.Terms memory t = _terms(o, customer);
        (uint256[] memory ids, ILicences.Sale[] memory sales) = (new uint256[](5), new ILicences.Sale[](5));
        uint256 all;
        for (uint256 i; i < 5; ++i) {
            uint16 count = uint16(bound(seats[i], 1, 100));
            ids[i] = _buyFromBalance(id, t, count);
            sales[i] = _bought(ids[i], t, buyer, count);
            _deliverSale(ids[i], sales[i], _sale(ids[i]));
            all += sales[i].price;
        }
        vm.warp(sales[4].at.deadline());
        uint256 hold = _sellersHold(customer);
        uint256 had = _paid(customer) + _paid(treasury);
        licences.collect(ids, sales, t);
        assertEq(hold - _sellersHold(customer), all);
        assertEq(_paid(customer) + _paid(treasury) - had, all);
    }

    /* LICENCES */

    function test_aLicence_isItsHolders_forItsPurposes_andItsTime() public {
        ILicences.Offer memory o = made;
        (o.term, o.purposes) = (30 days, 1);
        vm.prank(customer);
        uint256 id = licences.offer(o, _noJoining());
        ILicences.Terms memory t = _terms(o, customer);
        uint256 sold = _buyFromBalance(id, t, 1);
        ILicences.Sale memory sale = _bought(sold, t, buyer, 1);
        _refusedLicence(sold, sale, t, buyer, ILicences.Purpose.Use); // nothing is delivered yet
        skip(1 hours);
        _deliverSale(sold, sale, _sale(sold));
        uint256 deliveredAt = block.timestamp;
        licences.requireLicensed(sold, sale, t, buyer, ILicences.Purpose.Use);
        _refusedLicence(sold, sale, t, buyer, ILicences.Purpose.Derive);
        _refusedLicence(sold, sale, t, rival, ILicences.Purpose.Use);
        vm.warp(sale.at.deadline());
        _collectOne(sold, sale, t);
        vm.warp(deliveredAt + 30 days - 1);
        licences.requireLicensed(sold, sale, t, buyer, ILicences.Purpose.Use);
        vm.warp(deliveredAt + 30 days);
        _refusedLicence(sold, sale, t, buyer, ILicences.Purpose.Use);
    }

    /* HELPERS: calls that fail have to be calls of the test's own */

    function deliver(address from, ILicences.Sale memory sale, Exchange memory x) external {
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        vm.prank(from);
        licences.deliver(saleId, sale, delivery, proof);
    }

    function refute(ILicences.Sale memory sale, ILicences.Terms memory t, Exchange memory x) external {
        _refuteSale(saleId, sale, t, x);
    }

    function collect(ILicences.Sale memory sale, ILicences.Terms memory t) external {
        _collectOne(saleId, sale, t);
    }

    function _refusedLicence(
        uint256 id,
        ILicences.Sale memory sale,
        ILicences.Terms memory t,
        address account,
        ILicences.Purpose purpose
    ) private {
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotLicensed.selector, id, account, purpose));
        licences.requireLicensed(id, sale, t, account, purpose);
    }

    function _buyFromBalance(uint256 id, ILicences.Terms memory t, uint16 seats)
        private
        returns (uint256 sold)
    {
        sold = _nextSale(id, t);
        ILicences.Order memory order = _order(id, t, seats);
        _fund(buyer, paymentToken, uint256(t.offer.price) * seats + 1, address(licences));
        vm.prank(buyer);
        licences.buy(order);
    }
}
