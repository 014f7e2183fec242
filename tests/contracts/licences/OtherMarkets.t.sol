// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

/// @notice Sales that other markets have made: this contract is one, and enters them.
contract OtherMarketsTest is LicenceFixture {
    uint256 private offerId;
    ILicences.Terms private terms;
    KeyExchange.Point private _nobody;

    function setUp() public override {
        super.setUp();
        offerId = _publish(_offerOf(MODEL));
        terms = _terms(_offerOf(MODEL), customer);
        goods.grantRole(goods.MODULE_ROLE(), address(this));
        _fund(address(this), paymentToken, FUNDS, address(licences));
    }

    function _soldElsewhere(ILicences.State state) private view returns (ILicences.Sale memory sale) {
        (sale.terms, sale.seller, sale.holder) = (keccak256(abi.encode(terms)), customer, rival);
        (sale.price, sale.bond, sale.seats) = (PRICE, SALE_BOND, 1);
        sale.challengeWindow = terms.challengeWindow;
        sale.at = Deals.pack(uint8(state), uint40(block.timestamp + terms.deliveryWindow));
    }

    /// @dev Anyone could otherwise write itself a licence.
    function testFuzz_enter_byMarketsAlone(address stranger) public {
        vm.assume(stranger != address(this) && !goods.hasRole(goods.MODULE_ROLE(), stranger));
        ILicences.Sale memory sale = _soldElsewhere(ILicences.State.Collected);
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotMarket.selector, stranger));
        vm.prank(stranger);
        licences.enter(offerId, address(paymentToken), sale, _nobody);
    }

    function test_enter_whatWasPaidElsewhere_movesNoMoney() public {
        ILicences.Sale memory sale = _soldElsewhere(ILicences.State.Collected);
        sale.kept = "commitment";
        uint256 saleId = licences.enter(offerId, address(paymentToken), sale, _nobody);
        assertEq(licences.saleHash(saleId), keccak256(abi.encode(sale)), "as it was brought");
        assertEq(licences.requireLicensed(saleId, sale, terms, rival, ILicences.Purpose.Use), MODEL);
        assertEq(_sellersHold(customer), SELLERS_BOND);
        ILicences.Account memory account = licences.accountOf(customer, address(paymentToken));
        assertEq(account.locked, 0);
        assertEq(account.bond, SELLERS_BOND);
        assertEq(account.sales, 1, "it is counted");
    }

    /// @dev Price and bond come with it, and it goes on as any sale: here, to the refund of a wrong key.
    function test_enter_whatIsBought_isASaleLikeAny() public {
        ILicences.Sale memory sale = _soldElsewhere(ILicences.State.Bought);
        uint256 saleId = _nextSale(offerId, terms);
        Exchange memory x = _sale(saleId);
        assertEq(licences.enter(offerId, address(paymentToken), sale, _point(x.b)), saleId);
        sale.kept = _context(x);
        assertEq(licences.saleHash(saleId), keccak256(abi.encode(sale)));
        assertEq(_sellersHold(customer), SELLERS_BOND + PRICE + SALE_BOND);
        ILicences.Account memory account = licences.accountOf(customer, address(paymentToken));
        assertEq(account.bond, SELLERS_BOND + SALE_BOND);
        assertEq(account.locked, SALE_BOND);
        x.key = "wrong";
        _deliverSale(saleId, sale, x);
        uint256 before = _paid(rival);
        _refuteSale(saleId, sale, terms, x);
        assertEq(_paid(rival) - before, PRICE + SALE_BOND);
        assertEq(_sellersHold(customer), SELLERS_BOND);
    }

    function testFuzz_enter_noOtherState(uint8 state) public {
        state = uint8(bound(state, 0, uint8(type(ILicences.State).max)));
        vm.assume(state != uint8(ILicences.State.Bought) && state != uint8(ILicences.State.Collected));
        ILicences.Sale memory sale = _soldElsewhere(ILicences.State(state));
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, offerId, state));
        licences.enter(offerId, address(paymentToken), sale, _nobody);
    }

    /// @dev A key to which nothing can be delivered: its buyer could only wait for the refund.
    function test_enter_withAPointOfTheCurve() public {
        ILicences.Sale memory sale = _soldElsewhere(ILicences.State.Bought);
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.InvalidPoint.selector, 0, 0));
        licences.enter(offerId, address(paymentToken), sale, _nobody);
    }
}
