// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

contract LicencesTest is LicenceFixture {
    function test_fromAFreshAccount_toTheLicence() public {
        uint256 offerId = _publish(_offerOf(MODEL));
        ILicences.Terms memory t = _terms(_offerOf(MODEL), customer);
        uint256 saleId = _buy(offerId, t, 3);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 3);
        assertEq(licences.saleHash(saleId), keccak256(abi.encode(sale)));
        assertEq(_sellersHold(customer), SELLERS_BOND + 3 * PRICE);
        _deliverSale(saleId, sale, _sale(saleId));
        assertEq(licences.saleHash(saleId), keccak256(abi.encode(sale)));
        assertEq(licences.requireLicensed(saleId, sale, t, buyer, ILicences.Purpose.Use), MODEL);
        vm.warp(sale.at.deadline());
        uint256 before = _paid(customer);
        uint256 treasured = _paid(treasury);
        _collectOne(saleId, sale, t);
        assertEq(_paid(treasury) - treasured, 3 * PRICE * 25_000 / 1e6);
        assertEq(_paid(customer) - before, 3 * PRICE - 3 * PRICE * 25_000 / 1e6);
        assertEq(_sellersHold(customer), SELLERS_BOND);
        assertEq(licences.accountOf(customer, address(paymentToken)).locked, 0);
        licences.requireLicensed(saleId, sale, t, buyer, ILicences.Purpose.Derive);
    }

    function test_aWrongKey_isRefuted() public {
        uint256 offerId = _publish(_offerOf(MODEL));
        ILicences.Terms memory t = _terms(_offerOf(MODEL), customer);
        uint256 saleId = _buy(offerId, t, 1);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 1);
        Exchange memory wrong = _sale(saleId);
        wrong.key = "another key";
        _deliverSale(saleId, sale, wrong);
        _refuteSale(saleId, sale, t, wrong);
        assertEq(_paid(buyer), PRICE + SALE_BOND);
        assertEq(_sellersHold(customer), SELLERS_BOND - SALE_BOND);
    }

    function test_aRightKey_isNotRefuted() public {
        uint256 offerId = _publish(_offerOf(MODEL));
        ILicences.Terms memory t = _terms(_offerOf(MODEL), customer);
        uint256 saleId = _buy(offerId, t, 1);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 1);
        Exchange memory right = _sale(saleId);
        _deliverSale(saleId, sale, right);
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, _keyHash(right.key)));
        this.refuteSale(saleId, sale, t, right);
    }

    function refuteSale(
        uint256 saleId,
        ILicences.Sale memory sale,
        ILicences.Terms memory t,
        Exchange memory x
    ) external {
        _refuteSale(saleId, sale, t, x);
    }
}
