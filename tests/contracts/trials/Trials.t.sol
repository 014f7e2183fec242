// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {TrialFixture} from "./TrialFixture.sol";

/// @notice Buy if it passes on my own data: a pass is a sale and a licence, everything else a refund, and the seller is
/// paid for exposing its key.
contract TrialsTest is TrialFixture {
    uint96 private constant PRICES = 2 * PRICE;
    uint256 private constant PANEL_COST = uint256(PANEL) * FEE;

    uint256 private _sellersBefore;

    function setUp() public override {
        super.setUp();
        _sellersBefore = _paid(customer);
    }

    /// @dev What is left of the buyer's funds and has come to the seller; the hold is empty.
    function _assertMoney(uint256 id, uint256 buyerSpent, int256 sellerEarned) private view {
        assertEq(escrow.held(address(trials), address(paymentToken), bytes32(id)), 0, "hold");
        assertEq(FUNDS - _paid(trier), buyerSpent, "buyer");
        assertEq(int256(_paid(customer)) - int256(_sellersBefore), sellerEarned, "seller");
    }

    /* A SALE */

    function test_passed_isASaleAndALicence() public {
        uint256 treasured = _paid(treasury);
        uint256 id = _toTrialChallenge();
        _assertTrial(id, ITrials.State.Challenge, ITrials.Cause.None);
        uint40 ends = trials.trial(id).at.deadline();
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, id, uint8(ITrials.State.Challenge), ends)
        );
        trials.advance(id);
        vm.warp(ends);
        trials.advance(id);
        _assertTrial(id, ITrials.State.Sold, ITrials.Cause.None);
        uint256 fee = uint256(PRICES) * 25_000 / 1e6;
        _assertMoney(id, PRICES + EXPOSURE + PANEL_COST, int256(PRICES - fee + EXPOSURE));
        assertEq(_paid(treasury) - treasured, fee);

        ILicences.Sale memory sale = _soldAs(id);
        sale.at = Deals.pack(uint8(ILicences.State.Collected), ends);
        assertEq(licences.requireLicensed(_lastSale(), sale, terms, trier, ILicences.Purpose.Derive), MODEL);
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, id, uint8(ITrials.State.Sold), 0));
        trials.advance(id);
    }

    /// @dev What was sold elsewhere brings no money into the seller's hold, and takes none out of it.
    function test_sold_cannotBeCollectedOrRefundedAgain() public {
        uint256 id = _toTrialChallenge();
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        ILicences.Sale memory sale = _soldAs(id);
        sale.at = Deals.pack(uint8(ILicences.State.Collected), uint40(block.timestamp));
        (uint256[] memory ids, ILicences.Sale[] memory sales) = (new uint256[](1), new ILicences.Sale[](1));
        (ids[0], sales[0]) = (_lastSale(), sale);
        vm.expectPartialRevert(Deals.WrongState.selector);
        licences.collect(ids, sales, terms);
        vm.expectPartialRevert(Deals.WrongState.selector);
        licences.refund(ids[0], sale, terms);
        assertEq(_sellersHold(customer), SELLERS_BOND);
    }

    /// @dev Sales in flight keep parties, price and royalties: neither a transfer of the token, nor a change of the
    /// offer, nor a reservation since changes a trial.
    function test_passed_evenIfTheModelIsTransferredOrReserved() public {
        uint256 id = _toVotes();
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.startPrank(customer);
        licences.withdraw(offerId, terms);
        models.transferFrom(customer, rival, tokenId);
        vm.stopPrank();
        goods.grantRole(goods.MODULE_ROLE(), address(this));
        goods.reserve(MODEL, 1);
        _judgeTrial(id, _scored(THRESHOLD));
        _deliverTrial(id);
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        _assertTrial(id, ITrials.State.Sold, ITrials.Cause.None);
        _assertMoney(id, PRICES + EXPOSURE + PANEL_COST, int256(uint256(PRICES - PRICES / 40 + EXPOSURE)));
    }

    /// @dev Retired since: the money moves all the same, and the trial itself shows the sale.
    function test_passed_afterTheMarketWasRetired() public {
        uint256 id = _toTrialChallenge();
        escrow.retire(address(trials));
        goods.revokeRole(goods.MODULE_ROLE(), address(trials));
        vm.warp(trials.trial(id).at.deadline());
        uint256 sales = _lastSale();
        trials.advance(id);
        assertEq(_lastSale(), sales);
        _assertMoney(id, PRICES + EXPOSURE + PANEL_COST, int256(uint256(PRICES - PRICES / 40 + EXPOSURE)));
    }

    /// @dev Nobody can have the sale without its licence by giving the step too little gas.
    function testFuzz_sell_withLittleGas(uint256 gasLimit) public {
        uint256 id = _toTrialChallenge();
        vm.warp(trials.trial(id).at.deadline());
        uint256 sales = _lastSale();
        gasLimit = bound(gasLimit, 50_000, 1_000_000);
        try trials.advance{gas: gasLimit}(id) {
            assertEq(_lastSale(), sales + 1);
        } catch {
            _assertTrial(id, ITrials.State.Challenge, ITrials.Cause.None);
        }
    }

    /// @dev It says so.
    function test_sell_saysThatGasLacks() public {
        uint256 id = _toTrialChallenge();
        vm.warp(trials.trial(id).at.deadline());
        bytes memory call = abi.encodeCall(trials.advance, (id));
        uint256 said;
        for (uint256 gasLimit = 50_000; gasLimit < 1_000_000; gasLimit += 2000) {
            (bool done, bytes memory reason) = address(trials).call{gas: gasLimit}(call);
            if (done) break;
            if (bytes4(reason) == ITrials.TooLittleGas.selector) ++said;
        }
        assertGt(said, 0);
        _assertTrial(id, ITrials.State.Sold, ITrials.Cause.None);
    }

    /* REFUNDS */

    function test_failed_refundsThePrice() public {
        uint256 id = _toVotes();
        _judgeTrial(id, _scored(THRESHOLD - 1));
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.Failed);
        _assertMoney(id, EXPOSURE + PANEL_COST, int256(uint256(EXPOSURE)));
        assertEq(trials.allowanceOf(offerId).quota, QUOTA - 1);
    }

    function test_failed_aRequiredCriterion() public {
        uint256 id = _toVotes();
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.criteria = 2;
        _judgeTrial(id, report);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.Failed);
        _assertMoney(id, EXPOSURE + PANEL_COST, int256(uint256(EXPOSURE)));
    }

    /// @dev All that are required, and the others do not count.
    function testFuzz_criteria(uint16 required, uint16 met) public {
        ITrials.Request memory request = _trialRequest();
        request.requiredCriteria = required;
        uint256 id = _openTrial(request);
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        _grantTrial(id, customer, 1);
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.criteria = met;
        _judgeTrial(id, report);
        bool passed = met & required == required;
        assertEq(trials.trial(id).at.state() == uint8(ITrials.State.Delivering), passed);
    }

    /// @dev Nobody is known to be at fault, so nobody gains: a seller's garbage earns no fee and costs as much of its
    /// bond, a buyer's saves none.
    function test_cannotOpen_burnsTheFee() public {
        uint256 id = _toVotes();
        uint256 burnt = _burnt(paymentToken);
        _judgeTrial(id, _cannotOpen());
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.CannotOpen);
        _assertMoney(id, EXPOSURE + PANEL_COST, -int256(uint256(EXPOSURE)));
        assertEq(_burnt(paymentToken) - burnt, 2 * EXPOSURE);
    }

    function test_cannotOpen_burnsNoMoreThanTheBond() public {
        _allow(ITrials.Allowance(EXPOSURE, 1e18, QUOTA, false));
        uint256 id = _toVotes();
        _judgeTrial(id, _cannotOpen());
        _assertMoney(id, EXPOSURE + PANEL_COST, -1e18);
        assertEq(_burnt(paymentToken), EXPOSURE + 1e18);
    }

    function test_refusals_payTheSeller() public {
        for (uint8 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toVotes();
            _judgeTrial(
                id,
                _says(
                    i == 0 ? IValidationOracle.ReportStatus.Unstable : IValidationOracle.ReportStatus.Rejected
                )
            );
            _assertTrial(id, ITrials.State.Refunded, i == 0 ? ITrials.Cause.Unstable : ITrials.Cause.Rejected);
            _assertMoney(id, EXPOSURE + PANEL_COST, int256(uint256(EXPOSURE)));
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function test_panelNotSeated_returnsAll() public {
        uint256 id = _openTrial();
        for (uint256 i; i < validators.length; ++i) {
            vm.prank(validators[i]);
            staking.requestExit(uint96(5 * SEAT));
        }
        _nextEpoch();
        skip(times.draw);
        for (uint256 i; i < 4 && trials.trial(id).at.state() == uint8(ITrials.State.Judging); ++i) {
            vm.roll(block.number + 3);
            trials.advance(id);
        }
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.PanelNotSeated);
        _assertMoney(id, 0, 0);
        assertEq(trials.allowanceOf(offerId).quota, QUOTA - 1, "each uses up one");
    }

    /// @dev Whatever the seller allows meanwhile: no trial is stuck, and none is allowed that the seller did not allow.
    function test_allowedAnew_inFlight() public {
        uint16[2] memory quotas = [type(uint16).max, 0];
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _openTrial();
            _allow(ITrials.Allowance(0, 0, quotas[i], true));
            _seatTrial(id);
            skip(times.grant);
            trials.advance(id);
            _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.BuyerSilent);
            _assertMoney(id, PANEL_COST, 0);
            assertEq(trials.allowanceOf(offerId).quota, quotas[i]);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev The panel is paid for its time by the buyer, and the seller for its key where it has granted it.
    function test_buyerSilent() public {
        for (uint256 granted; granted < 2; ++granted) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _openTrial();
            _seatTrial(id);
            if (granted == 1) _grantTrial(id, customer, 1);
            skip(times.grant);
            trials.advance(id);
            _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.BuyerSilent);
            _assertMoney(id, PANEL_COST + granted * EXPOSURE, int256(granted * EXPOSURE));
            assertEq(trials.allowanceOf(offerId).quota, QUOTA - 1);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev A seller that allows trials and then grants no key pays the panel out of its bond; the rest of it is burnt.
    function test_sellerSilent_makesGood() public {
        uint256 id = _openTrial();
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        skip(times.grant);
        trials.advance(id);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.SellerSilent);
        _assertMoney(id, 0, -int256(uint256(TRIAL_BOND)));
        assertEq(_burnt(paymentToken), TRIAL_BOND - PANEL_COST);
    }

    function test_sellerSilent_bondTooSmall() public {
        _allow(ITrials.Allowance(EXPOSURE, 1e18, QUOTA, false));
        uint256 id = _openTrial();
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        skip(times.grant);
        trials.advance(id);
        _assertMoney(id, PANEL_COST - 1e18, -1e18);
        assertEq(_burnt(paymentToken), 0);
    }

    /// @dev Members who say nothing are replaced once; then the trial is over, and the key was exposed.
    function test_panelSilent_paysTheExposure() public {
        uint256 id = _toVotes();
        _voteTrial(id, 1, _scored(THRESHOLD));
        trials.advance(id);
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        _grantTrial(id, customer, 1);
        _voteTrial(id, 1, _scored(THRESHOLD));
        trials.advance(id);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.PanelSilent);
        _assertMoney(id, EXPOSURE + 2 * FEE, int256(uint256(EXPOSURE)));
    }

    /// @dev A seller that is silent to those who replace others has exposed its key before, and is at fault.
    function test_sellerSilent_afterAReplacement() public {
        uint256 id = _toVotes();
        _voteTrial(id, 1, _scored(THRESHOLD));
        trials.advance(id);
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        skip(times.grant);
        trials.advance(id);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.SellerSilent);
        uint256 spent = FEE + PANEL_COST;
        assertEq(trials.trial(id).spent, spent);
        _assertMoney(id, EXPOSURE, int256(uint256(EXPOSURE)) - int256(uint256(TRIAL_BOND)));
    }

    function test_deliveryFailed_makesGood() public {
        uint256 id = _toVotes();
        _judgeTrial(id, _scored(THRESHOLD));
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.DeliveryFailed);
        _assertMoney(id, EXPOSURE, int256(uint256(EXPOSURE)) - int256(uint256(TRIAL_BOND)));
    }

    /// @dev What somebody sends after the deadline, and before the refund, is a delivery: it can be read.
    function test_delivery_isNeverTooLate() public {
        uint256 id = _toVotes();
        _judgeTrial(id, _scored(THRESHOLD));
        skip(times.delivery + 30 days);
        _deliverTrial(id);
        _assertTrial(id, ITrials.State.Challenge, ITrials.Cause.None);
    }

    function test_delivery_onlyWhatWasAgreedOn() public {
        uint256 id = _toVotes();
        _judgeTrial(id, _scored(THRESHOLD));
        Exchange memory x = _trialExchange(id);
        x.key = "another key";
        bytes32 keyHash = _keyHash(x.key);
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        this.deliverTrial(id, x, keyHash);
        bytes32 word = trials.trial(id).word;
        vm.expectRevert(abi.encodeWithSelector(ITrials.NotDeliveries.selector, address(this)));
        trials.onDelivered(id, word);
        vm.expectRevert(abi.encodeWithSelector(ITrials.NotDeliveries.selector, address(this)));
        trials.onRefuted(id, word);
    }

    function deliverTrial(uint256 id, Exchange memory x, bytes32 keyHash) external {
        _deliverTrial(id, x, keyHash);
    }

    /// @dev A captured panel agreed on a delivery of another key: the buyer proves it and has its price back.
    function test_refuted_refundsThePrice() public {
        uint256 id = _toVotes();
        Exchange memory x = _trialExchange(id);
        bytes32 keyHash = _keyHash(x.key);
        x.key = "another key";
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.word = _agreement(x, keyHash);
        _judgeTrial(id, report);
        _deliverTrial(id, x, keyHash);
        deliveries.refute(trials, id, _point(x.b), keyHash, CIPHERTEXT, _delivery(x), _refutation(x));
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.DeliveryRefuted);
        _assertMoney(id, EXPOSURE + PANEL_COST, int256(uint256(EXPOSURE)));
    }

    /// @dev A buyer that lets the challenge pass has bought what it was sent.
    function test_refuted_inTimeOnly() public {
        uint256 id = _toVotes();
        Exchange memory x = _trialExchange(id);
        bytes32 keyHash = _keyHash(x.key);
        x.key = "another key";
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.word = _agreement(x, keyHash);
        _judgeTrial(id, report);
        _deliverTrial(id, x, keyHash);
        KeyExchange.Point memory point = _point(x.b);
        (KeyExchange.Delivery memory delivery, KeyExchange.Refutation memory proof) =
            (_delivery(x), _refutation(x));
        vm.warp(trials.trial(id).at.deadline());
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        deliveries.refute(trials, id, point, keyHash, CIPHERTEXT, delivery, proof);
        vm.warp(block.timestamp - 1);
        deliveries.refute(trials, id, point, keyHash, CIPHERTEXT, delivery, proof);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.DeliveryRefuted);
    }

    function test_refuted_notARightKey() public {
        uint256 id = _toTrialChallenge();
        Exchange memory x = _trialExchange(id);
        (KeyExchange.Point memory point, bytes32 keyHash) = (_point(x.b), _keyHash(x.key));
        (KeyExchange.Delivery memory delivery, KeyExchange.Refutation memory proof) =
            (_delivery(x), _refutation(x));
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, keyHash));
        deliveries.refute(trials, id, point, keyHash, CIPHERTEXT, delivery, proof);
    }

    /// @dev No untested model is sold: a test that lapses in the course of a trial ends it.
    function test_passed_whenTheTestHasLapsed() public {
        uint256 id = _toVotes();
        vm.mockCallRevert(
            address(goods),
            abi.encodeCall(IGoods.requireTested, (MODEL)),
            abi.encodeWithSelector(IGoods.NotTested.selector, MODEL, 1)
        );
        _judgeTrial(id, _scored(THRESHOLD));
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.NotTested);
        _assertMoney(id, EXPOSURE + PANEL_COST, int256(uint256(EXPOSURE)));
    }

    /* EXCLUSIVE TRIALS */

    function test_exclusive_reservesAndSells() public {
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, true));
        uint256 id = _toVotes();
        bytes memory reserved =
            abi.encodeWithSelector(IGoods.GoodReserved.selector, MODEL, address(trials), id);
        vm.expectRevert(reserved);
        this.openTrial();
        ILicences.Order memory order = _order(offerId, terms, 1);
        vm.expectRevert(reserved);
        vm.prank(trier);
        licences.buy(order);
        _judgeTrial(id, _scored(THRESHOLD));
        _deliverTrial(id);
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        assertEq(uint8(goods.goodOf(MODEL).reservation), uint8(IGoods.Reservation.Void));
        vm.expectRevert(reserved);
        this.openTrial();
    }

    function test_exclusive_isFreeAgainWithoutASale() public {
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, true));
        uint256 id = _toVotes();
        _judgeTrial(id, _scored(0));
        assertEq(uint8(goods.goodOf(MODEL).reservation), uint8(IGoods.Reservation.Free));
        _openTrial();
    }

    /// @dev Neither by allowing others since, nor by another offer: a good that is reserved for a trial is in no other.
    function test_exclusive_noOtherTrial() public {
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, true));
        uint256 id = _openTrial();
        bytes memory reserved =
            abi.encodeWithSelector(IGoods.GoodReserved.selector, MODEL, address(trials), id);
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, false));
        vm.expectRevert(reserved);
        this.openTrial();
        vm.prank(customer);
        offerId = licences.offer(terms.offer, _noJoining());
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, false));
        vm.expectRevert(reserved);
        this.openTrial();
        assertEq(trials.trialCount(), id);
    }

    function openTrial() external returns (uint256) {
        return _openTrial();
    }

    /* GUARDS */

    function _expectRefused(ITrials.Request memory request, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(trier);
        trials.open(request);
        assertEq(_paid(trier), FUNDS);
        assertEq(trials.trialCount(), 0);
    }

    function _invalid(bytes32 field) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrials.InvalidTrial.selector, field);
    }

    function test_open_checksEveryField() public {
        ITrials.Request memory r = _trialRequest();
        r.spec = 0;
        _expectRefused(r, _invalid("spec"));
        r = _trialRequest();
        r.dataset = 0;
        _expectRefused(r, _invalid("dataset"));
        r = _trialRequest();
        r.seats = 0;
        _expectRefused(r, _invalid("seats"));
        r.seats = terms.offer.seats + 1;
        _expectRefused(r, _invalid("seats"));
        r = _trialRequest();
        r.evaluationFee = 1e18 - 1;
        _expectRefused(r, abi.encodeWithSelector(ITrials.FeeTooLow.selector, 1e18 - 1, 1e18));
        r = _trialRequest();
        vm.prank(trier);
        uint256 total = trials.quote(r);
        // forge-lint: disable-next-line(unsafe-typecast)
        r.maxTotal = uint96(total - 1);
        _expectRefused(r, abi.encodeWithSelector(ITrials.TotalExceeded.selector, total, total - 1));
        r.maxTotal += 1;
        _openTrial(r);
        assertEq(FUNDS - _paid(trier), total);
    }

    /// @dev A seller that lowers its bond, or makes it no longer exclusive, just before the opening gets no trial.
    /// @dev A price that did not fit would be cut to a small one.
    function test_open_atAPriceThatFits() public {
        ILicences.Offer memory o = _offerOf(MODEL);
        o.price = type(uint96).max / 2 + 1;
        vm.prank(customer);
        licences.change(offerId, terms, o);
        terms = _terms(o, customer);
        _expectRefused(_trialRequest(), _invalid("seats")); // for two
    }

    function test_open_asTheSellerAllowedIt() public {
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, true));
        ITrials.Request memory r = _trialRequest();
        bytes4 other = ITrials.OtherAllowance.selector;
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, false));
        _expectRefused(r, abi.encodeWithSelector(other, offerId, TRIAL_BOND, false));
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND - 1, QUOTA, true));
        _expectRefused(r, abi.encodeWithSelector(other, offerId, TRIAL_BOND - 1, true));
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND + 1, QUOTA, true));
        assertEq(trials.trial(_openTrial(r)).bond, TRIAL_BOND + 1);
    }

    function test_open_onlyOnTheOffersTerms() public {
        ITrials.Request memory r = _trialRequest();
        r.terms.offer.price = 1;
        bytes32 shown = keccak256(abi.encode(r.terms));
        bytes32 kept = licences.offerHash(offerId);
        _expectRefused(r, abi.encodeWithSelector(ITrials.OtherTerms.selector, offerId, kept, shown));
        vm.prank(customer);
        licences.withdraw(offerId, terms);
        _expectRefused(_trialRequest(), abi.encodeWithSelector(ITrials.OtherTerms.selector, offerId, 0, kept));
    }

    /// @dev As for any purchase: agreement, roles, a halt.
    function test_open_asksAsAnyPurchase() public {
        ILicences.Offer memory o = _offerOf(MODEL);
        (o.agreement, o.audience) = ("text", 1 << 3);
        vm.prank(customer);
        licences.change(offerId, terms, o);
        terms = _terms(o, customer);
        _expectRefused(
            _trialRequest(), abi.encodeWithSelector(IAgreements.NotSigned.selector, bytes32("text"), trier)
        );
        vm.prank(trier);
        agreements.sign("text");
        _expectRefused(
            _trialRequest(), abi.encodeWithSelector(IGoods.OutsideAudience.selector, trier, uint8(1 << 3))
        );
    }

    function test_open_notOnceTheModelIsTransferred() public {
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        _expectRefused(
            _trialRequest(), abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, customer, rival)
        );
    }

    function test_open_withinTheQuota() public {
        _allow(ITrials.Allowance(EXPOSURE, 0, 1, false));
        _openTrial();
        vm.expectRevert(abi.encodeWithSelector(ITrials.NoTrialAllowed.selector, offerId));
        this.openTrial();
    }

    function test_allow_theSellerOnly() public {
        vm.expectRevert(abi.encodeWithSelector(ITrials.NotSeller.selector, trier, customer));
        vm.prank(trier);
        trials.allow(offerId, terms, ITrials.Allowance(0, 0, 9, false));
    }

    function test_unknownTrial() public {
        vm.expectRevert(abi.encodeWithSelector(ITrials.UnknownTrial.selector, 7));
        trials.advance(7);
    }
}
