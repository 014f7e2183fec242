// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

/// @notice The gas of licences, whole transactions. In the steady state everybody has sold, bought and been paid
/// before. Needs `isolate = true`.
contract LicencesGasTest is LicenceFixture {
    string private constant GROUP = "Licences";

    uint256 internal offerId;
    ILicences.Terms internal terms;

    function setUp() public override {
        super.setUp();
        offerId = _publish(_offerOf(MODEL));
        terms = _terms(_offerOf(MODEL), customer);
        paymentToken.mint(buyer, 1); // a balance stays
        (uint256[] memory ids, ILicences.Sale[] memory sales) = _inChallenge(1);
        vm.warp(sales[0].at.deadline());
        licences.collect(ids, sales, terms);
    }

    function test_gas_offer() public {
        ILicences.Offer memory o = _offerOf(MODEL);
        (o.price, o.licence) = (2 * PRICE, keccak256("licence"));
        vm.prank(customer);
        licences.offer(o, _noJoining());
        assertLt(vm.snapshotGasLastCall(GROUP, "offer"), 90_000);
    }

    function test_gas_buyWithPermit() public {
        ILicences.Order memory order = _order(offerId, terms, 1);
        assertLe(_buyWithPermit("buy with permit", order, buyerKey), 150_000);
    }

    function test_gas_buyWithPermit_fromAFreshAccount() public {
        ILicences.Order memory order = _order(offerId, terms, 1);
        (, uint256 key) = makeAddrAndKey("fresh");
        order.joining = _joining("fresh");
        _buyWithPermit("buy with permit, a fresh account", order, key);
    }

    function _buyWithPermit(string memory name, ILicences.Order memory order, uint256 key)
        private
        returns (uint256)
    {
        paymentToken.mint(vm.addr(key), PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Permit memory permit = _signedPermit(key, PRICE);
        vm.prank(vm.addr(key));
        escrow.pay(address(licences), address(paymentToken), PRICE, permit, data);
        return vm.snapshotGasLastCall(GROUP, name);
    }

    function test_gas_buyWithAuthorization() public {
        ILicences.Order memory order = _order(offerId, terms, 1);
        paymentToken.mint(buyer, PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Authorization memory a = _authorization(buyerKey, PRICE, data);
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, PRICE, a, data);
        vm.snapshotGasLastCall(GROUP, "buy with authorisation");
    }

    function test_gas_buyFromBalance() public {
        _fund(buyer, paymentToken, 2 * PRICE, address(licences));
        ILicences.Order memory order = _order(offerId, terms, 1);
        vm.prank(buyer);
        licences.buy(order);
        vm.snapshotGasLastCall(GROUP, "buy from balance");
    }

    function test_gas_deliverAndRefute() public {
        uint256 saleId = _buy(offerId, terms, 1);
        ILicences.Sale memory sale = _bought(saleId, terms, buyer, 1);
        Exchange memory x = _sale(saleId);
        x.key = "another key";
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        vm.prank(sale.seller);
        licences.deliver(saleId, sale, delivery, proof);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver"), 50_000);
        sale.kept = _commitment(_context(x), delivery);
        sale.at = Deals.pack(uint8(ILicences.State.Delivered), uint40(block.timestamp + sale.challengeWindow));
        KeyExchange.Point memory point = _point(x.b);
        KeyExchange.Refutation memory refutation = _refutation(x);
        licences.refute(saleId, sale, terms, point, delivery, refutation);
        vm.snapshotGasLastCall(GROUP, "refute");
    }

    function test_gas_refund() public {
        uint256 saleId = _buy(offerId, terms, 1);
        ILicences.Sale memory sale = _bought(saleId, terms, buyer, 1);
        vm.warp(sale.at.deadline());
        licences.refund(saleId, sale, terms);
        vm.snapshotGasLastCall(GROUP, "refund");
    }

    function test_gas_collect() public {
        _collect(1, "collect one");
        uint256 ten = _collect(10, "collect ten");
        assertLe(ten, 10 * 25_000);
    }

    function _collect(uint256 count, string memory name) private returns (uint256) {
        (uint256[] memory ids, ILicences.Sale[] memory sales) = _inChallenge(count);
        vm.warp(sales[count - 1].at.deadline());
        licences.collect(ids, sales, terms);
        return vm.snapshotGasLastCall(GROUP, name);
    }

    function _inChallenge(uint256 count)
        private
        returns (uint256[] memory ids, ILicences.Sale[] memory sales)
    {
        (ids, sales) = (new uint256[](count), new ILicences.Sale[](count));
        for (uint256 i; i < count; ++i) {
            ids[i] = _buy(offerId, terms, 1);
            sales[i] = _bought(ids[i], terms, buyer, 1);
            _deliverSale(ids[i], sales[i], _sale(ids[i]));
        }
    }
}
