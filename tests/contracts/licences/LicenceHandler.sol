// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LineageFixture} from "./LineageFixture.sol";

/// @notice A parent and a derived model on sale, and parties that do whatever they can: sellers that deliver nothing,
/// late or wrong keys, buyers that refute what is right, strangers that refund and collect at any time.
abstract contract LicenceHandler is LineageFixture {
    bytes32 private constant CHILD = keccak256("a child");

    struct Sold {
        uint256 saleId;
        uint256 good; // 0 the parent, 1 the child
        ILicences.Sale sale;
        bool wrong; // what was delivered
    }

    ILicences.Terms[2] internal terms;
    uint256[2] internal offers;
    Sold[] internal sold;
    uint256 internal paidForWrongKeys;
    uint256 internal brought; // payment tokens in escrow after the set-up and what buyers paid in

    function setUp() public virtual override {
        super.setUp();
        offers[0] = _publish(_offerOf(MODEL));
        terms[0] = _terms(_offerOf(MODEL), customer);
        Licence memory licence = _licenceToDerive(MODEL, customer, third, 0, 123_457, 3e18 + 1);
        ILicences.Offer memory o = _offerOf(CHILD);
        o.price = PRICE / 3 + 7;
        offers[1] = _publishTested(third, CHILD, _lineage(MODEL), _derivations(licence), o);
        terms[1] = _terms(o, third);
        _addBond(third, 25e18); // enough for two sales
        brought = paymentToken.balanceOf(address(escrow));
    }

    /* ACTS */

    function buy(uint256 which, uint16 seats) external {
        which = which % 2;
        ILicences.Terms memory t = terms[which];
        seats = uint16(bound(seats, 1, 100));
        uint256 saleId = _nextSale(offers[which], t);
        ILicences.Order memory order = _order(offers[which], t, seats);
        order.joining = _joining("buyer");
        uint256 price = uint256(t.offer.price) * seats;
        _fund(buyer, paymentToken, price, address(licences));
        brought += price;
        ILicences.Sale memory sale = _bought(saleId, t, buyer, seats);
        vm.prank(buyer);
        try licences.buy(order) {
            sold.push(Sold(saleId, which, sale, false));
        } catch {}
    }

    function deliver(uint256 which, bytes32 key, bool wrong) external {
        if (sold.length == 0) return;
        Sold memory one = sold[which % sold.length];
        Exchange memory x = _keyOf(one);
        if (wrong && key != x.key) x.key = key;
        else wrong = false;
        try this.deliverAs(one.saleId, one.sale, x) returns (ILicences.Sale memory sale) {
            (sold[which % sold.length].sale, sold[which % sold.length].wrong) = (sale, wrong);
            _keys[one.saleId] = x.key;
        } catch {}
    }

    function refute(uint256 which) external {
        if (sold.length == 0) return;
        Sold memory one = sold[which % sold.length];
        Exchange memory x = _keyOf(one);
        if (_keys[one.saleId] != 0) x.key = _keys[one.saleId];
        try this.refuteAs(one.saleId, one.sale, terms[one.good], x) {
            assertTrue(one.wrong, "a right key was refuted");
            _remove(which % sold.length);
        } catch {
            bool inTime = one.sale.at.state() == uint8(ILicences.State.Delivered) && !one.sale.at.isOver();
            assertFalse(one.wrong && inTime, "a wrong key was not refuted");
        }
    }

    function refund(uint256 which) external {
        if (sold.length == 0) return;
        Sold memory one = sold[which % sold.length];
        try licences.refund(one.saleId, one.sale, terms[one.good]) {
            _remove(which % sold.length);
        } catch {}
    }

    function collect(uint256 which) external {
        if (sold.length == 0) return;
        Sold memory one = sold[which % sold.length];
        try this.collectOne(one.saleId, one.sale, terms[one.good]) {
            if (one.wrong) paidForWrongKeys += 1; // nobody refuted it in time
            _remove(which % sold.length);
        } catch {}
    }

    /// @dev An honest buyer's client: refutes what is wrong while there is time, then time passes.
    function wait_(uint32 time) external {
        for (uint256 i; i < sold.length;) {
            if (!sold[i].wrong || sold[i].sale.at.isOver()) {
                ++i;
                continue;
            }
            Exchange memory x = _keyOf(sold[i]);
            x.key = _keys[sold[i].saleId];
            _refuteSale(sold[i].saleId, sold[i].sale, terms[sold[i].good], x);
            _remove(i);
        }
        skip(bound(time, 1, 4 days));
    }

    function takeBond(uint96 amount, bool parent) external {
        vm.prank(parent ? customer : third);
        try licences.takeBond(address(paymentToken), amount) {} catch {}
    }

    /* CALLS OF ITS OWN, which may fail */

    function deliverAs(uint256 saleId, ILicences.Sale memory sale, Exchange memory x)
        external
        returns (ILicences.Sale memory)
    {
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        vm.prank(sale.seller);
        licences.deliver(saleId, sale, delivery, proof);
        sale.kept = _commitment(_context(x), delivery);
        sale.at = _packed(ILicences.State.Delivered, block.timestamp + sale.challengeWindow);
        return sale;
    }

    function refuteAs(uint256 saleId, ILicences.Sale memory sale, ILicences.Terms memory t, Exchange memory x)
        external
    {
        _refuteSale(saleId, sale, t, x);
    }

    function collectOne(uint256 saleId, ILicences.Sale memory sale, ILicences.Terms memory t) external {
        _collectOne(saleId, sale, t);
    }

    /* BOOKS */

    mapping(uint256 saleId => bytes32) private _keys; // that were delivered

    /// @dev With the key that a panel has attested.
    function _keyOf(Sold memory one) internal view returns (Exchange memory x) {
        x = _sale(one.saleId);
        if (one.good == 1) x.key = _tested(conformity.assessmentCount()).key;
    }

    function _remove(uint256 which) private {
        sold[which] = sold[sold.length - 1];
        sold.pop();
    }

    /// @dev Prices of a seller's sales in flight.
    function _inFlight(address seller) internal view returns (uint256 prices, uint256 bonds) {
        for (uint256 i; i < sold.length; ++i) {
            if (sold[i].sale.seller != seller) continue;
            (uint96 price, uint96 bond) = (sold[i].sale.price, terms[sold[i].good].offer.bond);
            prices += price;
            bonds += price < bond ? price : bond;
        }
    }
}
