// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

/// @notice Who may buy what, when, and how it is paid.
contract PurchasesTest is LicenceFixture {
    uint256 private offerId;
    ILicences.Offer private made;

    function setUp() public override {
        super.setUp();
        made = _offerOf(MODEL);
        offerId = _publish(made);
    }

    /* PAYING */

    function test_authorisation_isPresentedByAnyone() public {
        (ILicences.Terms memory t, ILicences.Order memory order) = _freshOrder(2);
        paymentToken.mint(buyer, 2 * PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Authorization memory a = _authorization(buyerKey, 2 * PRICE, data);
        vm.prank(rival);
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, 2 * PRICE, a, data);
        bytes32 hash = keccak256(abi.encode(_bought(offerId << 32 | 1, t, buyer, 2)));
        assertEq(licences.saleHash(offerId << 32 | 1), hash, "the payer has bought");
    }

    function testFuzz_authorisation_paysForThisOrderAlone(uint256 where, bytes1 what) public {
        (, ILicences.Order memory order) = _freshOrder(1);
        paymentToken.mint(buyer, PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Authorization memory a = _authorization(buyerKey, PRICE, data);
        where = bound(where, 0, data.length - 1);
        vm.assume(data[where] != what);
        data[where] = what;
        vm.expectRevert();
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, PRICE, a, data);
    }

    /// @dev Not to another module of the market either, which would take it.
    function test_authorisation_isNoModulesButTheOrders() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        paymentToken.mint(buyer, PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Authorization memory a = _authorization(buyerKey, PRICE, data);
        Taker taker = new Taker();
        escrow.authorise(address(taker));
        taker.openHold(escrow, address(paymentToken));
        vm.expectPartialRevert(TestToken.SignedByAnother.selector);
        escrow.payWithAuthorization(address(taker), address(paymentToken), buyer, PRICE, a, data);
        assertEq(paymentToken.balanceOf(buyer), PRICE);
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, PRICE, a, data);
    }

    function test_authorisation_paysOnce() public {
        test_authorisation_isPresentedByAnyone();
        (, ILicences.Order memory order) = _freshOrder(2);
        bytes memory data = _calldata(order);
        paymentToken.mint(buyer, 4 * PRICE);
        IEscrow.Authorization memory a = _authorization(buyerKey, 2 * PRICE, data);
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, 2 * PRICE, a, data);
        vm.expectRevert();
        escrow.payWithAuthorization(address(licences), address(paymentToken), buyer, 2 * PRICE, a, data);
    }

    function test_permit_thatSomebodySentFirst_isNoObstacle() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        paymentToken.mint(buyer, PRICE);
        bytes memory data = _calldata(order);
        IEscrow.Permit memory p = _signedPermit(buyerKey, PRICE);
        vm.prank(rival);
        paymentToken.permit(buyer, address(escrow), PRICE, p.deadline, p.v, p.r, p.s);
        vm.prank(buyer);
        escrow.pay(address(licences), address(paymentToken), PRICE, p, data);
        assertEq(_sellersHold(customer), SELLERS_BOND + PRICE);
    }

    function test_allowance_isSpentByItsOwnerAlone() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        paymentToken.mint(buyer, PRICE);
        vm.prank(buyer);
        paymentToken.approve(address(escrow), PRICE);
        IEscrow.Permit memory none;
        bytes memory data = _calldata(order);
        vm.expectRevert();
        vm.prank(rival);
        escrow.pay(address(licences), address(paymentToken), PRICE, none, data);
    }

    function testFuzz_onlyThePriceIsTaken(uint256 amount) public {
        (, ILicences.Order memory order) = _freshOrder(1);
        amount = bound(amount, 1, 10 * uint256(PRICE));
        vm.assume(amount != PRICE);
        paymentToken.mint(buyer, amount);
        bytes memory data = _calldata(order);
        IEscrow.Permit memory p = _signedPermit(buyerKey, amount);
        address token = address(paymentToken);
        vm.expectRevert(
            abi.encodeWithSelector(ILicences.WrongPayment.selector, token, amount, token, uint256(PRICE))
        );
        vm.prank(buyer);
        escrow.pay(address(licences), token, amount, p, data);
    }

    function test_anotherToken_isNotTaken() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        stakingToken.mint(buyer, PRICE);
        vm.prank(buyer);
        stakingToken.approve(address(escrow), PRICE);
        IEscrow.Permit memory none;
        bytes memory data = _calldata(order);
        vm.expectPartialRevert(ILicences.WrongPayment.selector);
        vm.prank(buyer);
        escrow.pay(address(licences), address(stakingToken), PRICE, none, data);
    }

    function test_orders_comeFromEscrowAlone_andAreKnown() public {
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotEscrow.selector, address(this)));
        licences.onPayment(buyer, address(paymentToken), PRICE, "");
        paymentToken.mint(buyer, PRICE);
        IEscrow.Permit memory p = _signedPermit(buyerKey, PRICE);
        bytes memory other = abi.encodeCall(ILicences.takeBond, (address(paymentToken), PRICE));
        vm.expectRevert(abi.encodeWithSelector(ILicences.UnknownOrder.selector, ILicences.takeBond.selector));
        vm.prank(buyer);
        escrow.pay(address(licences), address(paymentToken), PRICE, p, other);
        bytes memory short = abi.encodePacked(ILicences.buy.selector, uint256(1));
        vm.expectRevert(abi.encodeWithSelector(ILicences.UnknownOrder.selector, ILicences.buy.selector));
        vm.prank(buyer);
        escrow.pay(address(licences), address(paymentToken), PRICE, p, short);
    }

    function test_whatIsNoModule_isPaidNothing() public {
        paymentToken.mint(buyer, PRICE);
        vm.prank(buyer);
        paymentToken.approve(address(escrow), PRICE);
        IEscrow.Permit memory none;
        Taker taker = new Taker();
        vm.expectPartialRevert(IEscrow.HoldNotOpen.selector);
        vm.prank(buyer);
        escrow.pay(address(taker), address(paymentToken), PRICE, none, "");
    }

    function test_anOffer_bringsItsBond() public {
        ILicences.Offer memory o = made;
        o.price = 2 * PRICE;
        paymentToken.mint(customer, SALE_BOND);
        vm.startPrank(customer);
        paymentToken.approve(address(escrow), SALE_BOND);
        IEscrow.Permit memory none;
        bytes memory data = abi.encodeCall(ILicences.offer, (o, _noJoining()));
        escrow.pay(address(licences), address(paymentToken), SALE_BOND, none, data);
        vm.stopPrank();
        assertEq(licences.accountOf(customer, address(paymentToken)).bond, SELLERS_BOND + SALE_BOND);
        assertEq(_sellersHold(customer), SELLERS_BOND + SALE_BOND);
        assertEq(licences.offerHash(offerId + 1), keccak256(abi.encode(_terms(o, customer))));
    }

    /* OFFERS */

    function test_change_isForLaterBuyers() public {
        ILicences.Terms memory t = _terms(made, customer);
        uint256 saleId = _buy(offerId, t, 1);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 1);
        ILicences.Offer memory o = made;
        o.price = 2 * PRICE;
        vm.prank(customer);
        licences.change(offerId, t, o);
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(order, abi.encodeWithSelector(ILicences.OtherTerms.selector, offerId, _hash(o), _hash(made)));
        _deliverSale(saleId, sale, _sale(saleId));
        vm.warp(sale.at.deadline());
        _collectOne(saleId, sale, t);
        assertEq(_sellersHold(customer), SELLERS_BOND, "the earlier sale is paid as it was made");
    }

    function test_change_andWithdraw_byTheSellerAlone() public {
        ILicences.Terms memory t = _terms(made, customer);
        vm.startPrank(rival);
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotSeller.selector, rival, customer));
        licences.change(offerId, t, made);
        vm.expectRevert(abi.encodeWithSelector(ILicences.NotSeller.selector, rival, customer));
        licences.withdraw(offerId, t);
        vm.stopPrank();
        vm.prank(customer);
        licences.withdraw(offerId, t);
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(
            order, abi.encodeWithSelector(ILicences.OtherTerms.selector, offerId, bytes32(0), _hash(made))
        );
    }

    function test_offers_areCheckedWhenMade() public {
        ILicences.Offer memory o = made;
        o.licence = 0;
        _refusedOffer(customer, o, "licence");
        o = made;
        o.seats = 0;
        _refusedOffer(customer, o, "seats");
        o = made;
        o.purposes = 0;
        _refusedOffer(customer, o, "purposes");
        o.purposes = ALL_PURPOSES + 1;
        _refusedOffer(customer, o, "purposes");
        o = made;
        o.bond = 1e18 - 1;
        _refusedOffer(customer, o, "bond");
        o = made;
        o.royaltyPpm = 300_001;
        _refusedOffer(customer, o, "royalty");
        (o.royaltyPpm, o.purposes) = (1, 1);
        _refusedOffer(customer, o, "royalty");
        o = made;
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, rival, customer));
        vm.prank(rival);
        licences.offer(o, _noJoining());
        o.token = address(stakingToken);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, address(stakingToken)));
        vm.prank(customer);
        licences.offer(o, _noJoining());
        o.good = "unlisted";
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, bytes32("unlisted")));
        vm.prank(customer);
        licences.offer(o, _noJoining());
    }

    /* WHO MAY BUY */

    function test_aTransfer_voidsOffers() public {
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(order, abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, customer, rival));
    }

    /// @dev Where nobody knows a seller's jurisdiction, no rule about it could apply.
    function test_aSeller_hasToJoin() public {
        address fresh = makeAddr("fresh seller");
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, fresh, tokenId);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, fresh));
        vm.prank(fresh);
        licences.offer(made, _noJoining());
        vm.prank(fresh);
        licences.offer(made, _joining("fresh seller"));
    }

    function test_aHalt_stopsPurchases_byEveryPath() public {
        policy.grantRole(policy.BRAKE_ROLE(), address(this));
        policy.halt();
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(order, abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil()));
    }

    function test_jurisdictions_areAskedAtEachPurchase() public {
        policy.setJurisdictionRule(1, 1, 1 << 1);
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(
            order,
            abi.encodeWithSelector(IParticipantRegistry.JurisdictionBlocked.selector, customer, uint8(1))
        );
    }

    function test_aBuyer_hasToJoin() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        order.joining = _noJoining();
        _refused(order, abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, buyer));
    }

    function test_theSeller_doesNotBuy() public {
        (, ILicences.Order memory order) = _freshOrder(1);
        _fund(customer, paymentToken, PRICE, address(licences));
        vm.expectRevert(abi.encodeWithSelector(IGoods.OwnGood.selector, MODEL, customer));
        vm.prank(customer);
        licences.buy(order);
    }

    function test_anAudience_isHeld() public {
        ILicences.Offer memory o = made;
        o.audience = uint8(1 << uint8(IParticipantRegistry.Role.Regulator));
        vm.prank(customer);
        uint256 gated = licences.offer(o, _noJoining());
        ILicences.Order memory order = _order(gated, _terms(o, customer), 1);
        order.joining = _joining("buyer");
        _refused(order, abi.encodeWithSelector(IGoods.OutsideAudience.selector, buyer, o.audience));
        _fund(regulator, paymentToken, PRICE, address(licences));
        vm.prank(regulator);
        licences.buy(order);
    }

    function test_anAgreement_hasToBeSigned() public {
        ILicences.Offer memory o = made;
        o.agreement = "a text";
        vm.prank(customer);
        uint256 gated = licences.offer(o, _noJoining());
        ILicences.Order memory order = _order(gated, _terms(o, customer), 1);
        order.joining = _joining("buyer");
        _refused(order, abi.encodeWithSelector(IAgreements.NotSigned.selector, o.agreement, buyer));
        vm.startPrank(buyer);
        agreements.sign(o.agreement);
        paymentToken.mint(buyer, PRICE);
        paymentToken.approve(address(escrow), PRICE);
        escrow.deposit(address(paymentToken), PRICE, buyer);
        escrow.setOperator(address(licences), address(paymentToken), true);
        licences.buy(order);
        vm.stopPrank();
    }

    function testFuzz_seats(uint16 seats) public {
        vm.assume(seats == 0 || seats > made.seats);
        (, ILicences.Order memory order) = _freshOrder(1);
        order.seats = seats;
        _refused(order, abi.encodeWithSelector(ILicences.WrongSeats.selector, seats, made.seats));
    }

    /// @dev A price that did not fit would be cut to a small one.
    function test_aPrice_thatDoesNotFit() public {
        ILicences.Offer memory o = made;
        o.price = type(uint96).max / 2 + 1;
        vm.prank(customer);
        uint256 dear = licences.offer(o, _noJoining());
        ILicences.Order memory order = _order(dear, _terms(o, customer), 2);
        order.joining = _joining("buyer");
        _refused(order, abi.encodeWithSelector(ILicences.WrongSeats.selector, uint16(2), o.seats));
    }

    function test_aReservation_isForItsModuleAlone() public {
        goods.grantRole(goods.MODULE_ROLE(), address(this));
        goods.reserve(MODEL, 7);
        (, ILicences.Order memory order) = _freshOrder(1);
        bytes memory reserved =
            abi.encodeWithSelector(IGoods.GoodReserved.selector, MODEL, address(this), uint256(7));
        _refused(order, reserved);
        vm.expectRevert(reserved);
        goods.reserve(MODEL, 8);
        vm.expectRevert(reserved);
        vm.prank(rival);
        goods.conclude(MODEL, false);
        goods.conclude(MODEL, false);
        _buy(offerId, _terms(made, customer), 1);
        goods.reserve(MODEL, 9);
        goods.conclude(MODEL, true);
        (, order) = _freshOrder(1);
        _refused(
            order, abi.encodeWithSelector(IGoods.GoodReserved.selector, MODEL, address(this), uint256(9))
        );
    }

    /* BONDS */

    function test_aSeller_sellsNoMoreThanItsBondCovers() public {
        uint256 covered = SELLERS_BOND / SALE_BOND;
        vm.prank(customer);
        licences.takeBond(address(paymentToken), uint96((covered - 2) * SALE_BOND));
        ILicences.Terms memory t = _terms(made, customer);
        _buy(offerId, t, 1);
        _buy(offerId, t, 1);
        (, ILicences.Order memory order) = _freshOrder(1);
        _refused(
            order,
            abi.encodeWithSelector(ILicences.BondExhausted.selector, customer, uint256(0), uint256(SALE_BOND))
        );
        vm.expectPartialRevert(ILicences.BondExhausted.selector);
        vm.prank(customer);
        licences.takeBond(address(paymentToken), 1);
    }

    function testFuzz_aStranger_locksNoMoreThanItPays(uint96 price, uint96 bond) public {
        ILicences.Offer memory o = made;
        price = uint96(bound(price, 0, PRICE));
        (o.price, o.bond) = (price, uint96(bound(bond, 1e18, SELLERS_BOND)));
        vm.prank(customer);
        uint256 id = licences.offer(o, _noJoining());
        ILicences.Order memory order = _order(id, _terms(o, customer), 1);
        order.joining = _joining("buyer");
        _fund(buyer, paymentToken, PRICE, address(licences));
        vm.prank(buyer);
        licences.buy(order);
        assertLe(licences.accountOf(customer, address(paymentToken)).locked, price);
    }

    /* HELPERS */

    function _freshOrder(uint16 seats)
        private
        returns (ILicences.Terms memory t, ILicences.Order memory order)
    {
        t = _terms(made, customer);
        order = _order(offerId, t, seats);
        order.joining = _joining("buyer");
    }

    function _hash(ILicences.Offer memory o) private view returns (bytes32) {
        return keccak256(abi.encode(_terms(o, customer)));
    }

    function _refused(ILicences.Order memory order, bytes memory error) private {
        _fund(buyer, paymentToken, PRICE, address(licences));
        vm.expectRevert(error);
        vm.prank(buyer);
        licences.buy(order);
    }

    function _refusedOffer(address seller, ILicences.Offer memory o, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(ILicences.InvalidOffer.selector, field));
        vm.prank(seller);
        licences.offer(o, _noJoining());
    }
}

/// @notice Takes whatever Escrow passes on.
contract Taker {
    function openHold(IEscrow escrow, address token) external {
        escrow.openHold(bytes32(uint256(1)), token, address(this), 0);
    }

    function onPayment(address, address, uint256, bytes calldata) external pure returns (bytes32) {
        return bytes32(uint256(1));
    }
}
