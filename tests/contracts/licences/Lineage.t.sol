// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {LineageFixture} from "./LineageFixture.sol";

/// @notice Models that were made for no commission, and what derived models owe.
contract LineageTest is LineageFixture {
    bytes32 private constant OWN = keccak256("a model of its developer's");
    bytes32 private constant CHILD = keccak256("a child");
    bytes32 private constant GRANDCHILD = keccak256("a grandchild");
    IModelRegistry.Lineage[] private _none;
    ILicences.Derivation[] private _noDerivations;

    /* TESTED MODELS */

    function test_aTestedModel_isRegisteredAndOfferedInOneTransaction() public {
        uint256 offerId = _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        uint256 modelId = models.modelCount();
        assertEq(models.ownerOf(modelId), third);
        assertEq(models.versionOf(OWN).module, address(goods));
        _addBond(third, uint96(SELLERS_BOND));
        ILicences.Terms memory t = _terms(_offerOf(OWN), third);
        _buy(offerId, t, 1);
    }

    function test_aTestedModel_belongsToWhoeverHadItTestedFirst() public {
        _assess(third, OWN, THRESHOLD - 1);
        uint256 id = _assess(rival, OWN, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotApplicant.selector, OWN, rival, third));
        vm.prank(rival);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
        assertEq(models.ownerOf(models.modelCount()), third);
    }

    function test_aModelOfAnOpenCommission_isNobodys() public {
        uint256 id = _toSubmission();
        vm.prank(developer);
        market.submit(id, _submissionOf(OWN, _none));
        uint256 assessed = _assess(developer, OWN, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(assessed);
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        vm.expectRevert(abi.encodeWithSelector(IGoods.InCommission.selector, OWN, id));
        vm.prank(developer);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
    }

    /// @dev Whoever submits another's manifest to a commission of its own holds its maker up for one test at most.
    function test_whatACommissionTurnedDown_isItsMakers() public {
        uint256 assessed = _assess(third, OWN, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(assessed);
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        uint256 id = _toSubmission();
        vm.prank(developer);
        market.submit(id, _submissionOf(OWN, _none));
        vm.expectRevert(abi.encodeWithSelector(IGoods.InCommission.selector, OWN, id));
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
        _evaluate(id, THRESHOLD - 1);
        _assertState(id, ICommissionMarket.State.Building);
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("manifest"))
        );
        vm.prank(developer);
        market.submit(id, _submissionOf(OWN, _none)); // its customer never pays for it
    }

    /// @dev Nor for longer by disputing the end of that commission, which pays for no model any more.
    function testFuzz_whatARefundIsAnnouncedFor_isItsMakers(bool disputed) public {
        uint256 assessed = _assess(third, OWN, THRESHOLD);
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        uint256 id = _toSubmission();
        vm.prank(developer);
        market.submit(id, _submissionOf("another model", _none));
        _evaluate(id, THRESHOLD - 1);
        vm.prank(developer);
        market.submit(id, _submissionOf(OWN, _none)); // the last attempt
        _evaluate(id, THRESHOLD - 1);
        _assertState(id, ICommissionMarket.State.Challenge);
        if (disputed) {
            vm.prank(address(disputes));
            market.contest(id, uint40(block.timestamp + 90 days));
        }
        IGoods.Proof memory proof = _proofOfTest(assessed);
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
        assertEq(models.ownerOf(models.modelCount()), third);
    }

    /// @dev A payment can be contested in the same states: the model is its customer's then.
    function testFuzz_whatAPaymentIsAnnouncedFor_isNobodys(bool disputed) public {
        uint256 assessed = _assess(third, OWN, THRESHOLD);
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        uint256 id = _toSubmission();
        vm.prank(developer);
        market.submit(id, _submissionOf(OWN, _none));
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _assertState(id, ICommissionMarket.State.Challenge);
        if (disputed) {
            vm.prank(address(disputes));
            market.contest(id, uint40(block.timestamp + 90 days));
        }
        IGoods.Proof memory proof = _proofOfTest(assessed);
        vm.expectRevert(abi.encodeWithSelector(IGoods.InCommission.selector, OWN, id));
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
    }

    /// @dev An audit that came to no verdict does not hide the one before it.
    function testFuzz_aRejection_isNotHidden(uint8 later) public {
        uint256 offerId = _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        _addBond(third, uint96(SELLERS_BOND));
        _buy(offerId, _terms(_offerOf(OWN), third), 1);
        IAuditRegistry.AuditView memory audit;
        audit.outcome = IAuditRegistry.Outcome.Rejected;
        uint256 newest = 6 + uint256(later % 4);
        vm.mockCall(address(audits), abi.encodeCall(audits.latestAudit, (OWN)), abi.encode(newest));
        vm.mockCall(address(audits), abi.encodeCall(audits.audit, (6)), abi.encode(audit));
        audit.outcome = IAuditRegistry.Outcome.Unfilled;
        for (uint256 i = 7; i <= newest; ++i) {
            audit.previous = i - 1;
            vm.mockCall(address(audits), abi.encodeCall(audits.audit, (i)), abi.encode(audit));
        }
        bytes memory rejected = abi.encodeWithSelector(IGoods.AuditRejected.selector, OWN, 6);
        _refused(offerId, _terms(_offerOf(OWN), third), rejected);
    }

    /// @dev What costs nothing needs no bond, and so may have no hold to be paid from.
    function test_whatIsGivenAway_isCollected() public {
        ILicences.Offer memory o = _offerOf(OWN);
        (o.price, o.bond) = (0, 0);
        uint256 offerId = _publishTested(third, OWN, _none, _noDerivations, o);
        ILicences.Terms memory t = _terms(o, third);
        uint256 sold = _nextSale(offerId, t);
        ILicences.Order memory order = _order(offerId, t, 1);
        vm.prank(rival);
        licences.buy(order);
        ILicences.Sale memory sale = _bought(sold, t, rival, 1);
        _deliverSale(sold, sale, _sale(sold));
        vm.warp(sale.at.deadline());
        _collectOne(sold, sale, t);
        assertEq(licences.saleHash(sold), keccak256(abi.encode(sale)));
    }

    function test_aFailedTest_stopsSales_atOnce() public {
        uint256 offerId = _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        _addBond(third, uint96(SELLERS_BOND));
        ILicences.Terms memory t = _terms(_offerOf(OWN), third);
        _buy(offerId, t, 1);
        _assess(rival, OWN, THRESHOLD - 1);
        _refused(offerId, t, abi.encodeWithSelector(IGoods.NotTested.selector, OWN, setId));
    }

    function test_aTestThatLapses_stopsSales() public {
        _setInterval(30 days);
        uint256 offerId = _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        _addBond(third, uint96(SELLERS_BOND));
        ILicences.Terms memory t = _terms(_offerOf(OWN), third);
        _buy(offerId, t, 1);
        vm.warp(conformity.standingOf(setId, OWN).at + 30 days);
        _refused(offerId, t, abi.encodeWithSelector(IGoods.NotTested.selector, OWN, setId));
    }

    function test_aClassThatAsksForAudits_takesNoModelWithout() public {
        uint256 id = _assess(third, OWN, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        proof.riskClass = AUDITED;
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        vm.expectRevert(abi.encodeWithSelector(IGoods.AuditMissing.selector, OWN, AUDITED));
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
    }

    function test_anotherKeyThanThePanels_isNotListed(uint8 field) public {
        uint256 id = _assess(third, OWN, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        if (field % 3 == 0) proof.keyHash = "another";
        if (field % 3 == 1) proof.ciphertext = "another";
        if (field % 3 == 2) proof.commitment = "another";
        IModelRegistry.Submission memory s;
        s.manifest = OWN;
        vm.expectPartialRevert(IGoods.NotAttested.selector);
        vm.prank(third);
        licences.publish(proof, s, _noDerivations, _offerOf(OWN), _noJoining());
    }

    /* ROYALTIES */

    function test_aChild_paysItsParent_whoeverOwnsItThen() public {
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, third, 0, 100_000, 1e18);
        uint256 offerId =
            _publishTested(third, CHILD, _lineage(MODEL), _derivations(licence), _offerOf(CHILD));
        _addBond(third, uint96(SELLERS_BOND));
        ILicences.Terms memory t = _terms(_offerOf(CHILD), third);
        uint256 saleId = _buy(offerId, t, 2);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 2);
        _deliverSale(saleId, sale, _sale(saleId));
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        vm.warp(sale.at.deadline());
        (uint256 toRival, uint256 toSeller, uint256 fee) = (_paid(rival), _paid(third), _paid(treasury));
        _collectOne(saleId, sale, t);
        assertEq(_paid(rival) - toRival, 2 * PRICE / 10, "the parent's owner of now");
        assertEq(_paid(treasury) - fee, 2 * PRICE * 25_000 / 1e6, "the market");
        assertEq(_paid(third) - toSeller, 2 * PRICE - 2 * PRICE / 10 - 2 * PRICE * 25_000 / 1e6, "the rest");
    }

    function test_theFloor_isNotEvadedByALowPrice() public {
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, third, 0, 100_000, 5e18);
        ILicences.Offer memory o = _offerOf(CHILD);
        (o.price, o.bond) = (5e18, 1e18);
        uint256 id = _assess(third, CHILD, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (CHILD, _lineage(MODEL));
        vm.expectRevert(
            abi.encodeWithSelector(ILicences.PriceTooLow.selector, uint256(5e18), address(paymentToken))
        );
        vm.prank(third);
        licences.publish(proof, s, _derivations(licence), o, _noJoining());
    }

    function test_aGrandchild_paysBoth_andWhatWasAgreedThen() public {
        _publish(_offerOf(MODEL));
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 200_000, 2e18);
        _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        Licence memory second = _licenceToDerive(CHILD, third, rival, PRICE, 50_000, 1e18);
        _publishTested(rival, GRANDCHILD, _lineage(CHILD), _derivations(second), _offerOf(GRANDCHILD));
        (, address token, IGoods.Royalty[] memory owed) = goods.royaltiesOf(GRANDCHILD);
        assertEq(token, address(paymentToken));
        assertEq(owed.length, 2);
        assertEq(owed[0].tokenId, goods.goodOf(MODEL).tokenId, "the oldest first");
        assertEq(owed[0].ppm, 200_000);
        assertEq(owed[0].floor, 2e18);
        assertEq(owed[1].tokenId, goods.goodOf(CHILD).tokenId);
        assertEq(owed[1].ppm, 50_000);
        assertEq(owed[1].floor, 1e18);
    }

    function test_moreThanThirtyPercent_isRefused() public {
        _publish(_offerOf(MODEL));
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 200_000, 0);
        _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        Licence memory second = _licenceToDerive(CHILD, third, rival, PRICE, 100_001, 0);
        uint256 id = _assess(rival, GRANDCHILD, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (GRANDCHILD, _lineage(CHILD));
        vm.expectRevert(
            abi.encodeWithSelector(IGoods.RoyaltiesTooHigh.selector, uint256(300_001), uint256(300_000))
        );
        vm.prank(rival);
        licences.publish(proof, s, _derivations(second), _offerOf(GRANDCHILD), _noJoining());
    }

    function test_aParent_needsALicenceToDerive() public {
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, rival, 0, 100_000, 0);
        uint256 id = _assess(third, CHILD, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (CHILD, _lineage(MODEL));
        ILicences.Derivation[] memory by = _derivations(licence);
        vm.startPrank(third);
        vm.expectRevert(abi.encodeWithSelector(ILicences.DerivationsMissing.selector, uint256(1), uint256(0)));
        licences.publish(proof, s, _noDerivations, _offerOf(CHILD), _noJoining());
        vm.expectRevert(abi.encodeWithSelector(ILicences.NoLicenceToDerive.selector, MODEL, licence.saleId));
        licences.publish(proof, s, by, _offerOf(CHILD), _noJoining()); // another's
        by[0].saleId = 0;
        vm.expectRevert(abi.encodeWithSelector(ILicences.NoLicenceToDerive.selector, MODEL, uint256(0)));
        licences.publish(proof, s, by, _offerOf(CHILD), _noJoining()); // not its own
        vm.stopPrank();
    }

    /* HELPERS */

    /// @dev A commission whose developer is to submit.
    function _toSubmission() private returns (uint256 id) {
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        return _toBuilding();
    }

    function _setInterval(uint40 interval) private {
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, 0, false, false, interval, false));
    }

    function _refused(uint256 offerId, ILicences.Terms memory t, bytes memory error) private {
        ILicences.Order memory order = _order(offerId, t, 1);
        _fund(buyer, paymentToken, PRICE, address(licences));
        vm.expectRevert(error);
        vm.prank(buyer);
        licences.buy(order);
    }
}
