// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Wrong requests, wrong callers, wrong states, wrong times; nothing changes by them.
contract CommissionGuardsTest is CommissionFixture {
    /* OPEN */

    function test_open_checksEveryField() public {
        ICommissionMarket.Request memory r = _request();
        r.spec = 0;
        _expectInvalid(r, "spec");
        r = _request();
        r.dataset = 0;
        _expectInvalid(r, "dataset");
        r = _request();
        r.reserve = 0;
        _expectInvalid(r, "reserve");
        r = _request();
        r.submissionCap = 0;
        _expectInvalid(r, "submissionCap");
        r.submissionCap = 11;
        _expectInvalid(r, "submissionCap");
        r = _request();
        r.effortScore = r.threshold + 1;
        _expectInvalid(r, "effortScore");
        r = _request();
        r.effortFee = r.reserve + 1;
        _expectInvalid(r, "effortFee");
        r = _request();
        r.killFee = r.reserve + 1;
        _expectInvalid(r, "killFee");
        r = _request();
        r.buildWindow = 59;
        _expectInvalid(r, "buildWindow");
        r.buildWindow = 365 days + 1;
        _expectInvalid(r, "buildWindow");
        assertEq(market.commissionCount(), 0);
        assertEq(_paid(customer), FUNDS);
    }

    function test_open_checksWindowsAndLists() public {
        ICommissionMarket.Request memory r = _request();
        r.commitEnds = uint40(block.timestamp);
        _expectOpenReverts(r, IVickreyAuction.InvalidTerms.selector);
        r = _request();
        r.revealEnds = r.commitEnds;
        _expectOpenReverts(r, IVickreyAuction.InvalidTerms.selector);
        r = _request();
        r.revealEnds = type(uint40).max;
        _expectOpenReverts(r, IVickreyAuction.InvalidTerms.selector);
        r = _request();
        r.token = address(stakingToken);
        _expectOpenReverts(r, IPolicy.TokenNotAllowed.selector);
        r = _request();
        r.domain = 9;
        _expectOpenReverts(r, IPolicy.UnknownDomain.selector);
        r = _request();
        r.riskClass = 9;
        _expectOpenReverts(r, IPolicy.UnknownRiskClass.selector);
    }

    function test_open_checksFees() public {
        ICommissionMarket.Request memory r = _request();
        r.evaluationFee = 1e18 - 1;
        _expectOpenReverts(r, ICommissionMarket.FeeTooLow.selector);
        r = _request();
        (r.riskClass, r.auditFee) = (AUDITED, 0);
        _expectOpenReverts(r, ICommissionMarket.FeeTooLow.selector);
        r = _request();
        r.maxTotal = uint96(lens.quote(r, customer) - 1);
        _expectOpenReverts(r, ICommissionMarket.TotalExceeded.selector);
        r.maxTotal += 1;
        assertEq(_held(_open(r)), r.maxTotal);
    }

    function test_open_onlyCustomersWithMoneyAndApproval() public {
        ICommissionMarket.Request memory r = _request();
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleRequired.selector, developer, 1));
        vm.prank(developer);
        market.open(r);

        vm.prank(customer);
        escrow.setOperator(address(market), address(paymentToken), false);
        _expectOpenReverts(r, IEscrow.OperatorNotApproved.selector);

        vm.startPrank(customer);
        escrow.setOperator(address(market), address(paymentToken), true);
        escrow.withdraw(address(paymentToken), FUNDS);
        vm.stopPrank();
        _expectOpenReverts(r, IEscrow.InsufficientBalance.selector);

        escrow.retire(address(market));
        _expectOpenReverts(r, IEscrow.ModuleNotAuthorised.selector);
    }

    function test_open_storesTheTermsAsTheyWere() public {
        ICommissionMarket.Request memory r = _request();
        (r.threshold, r.effortScore) = (-5, -7);
        r.requiredCriteria = 0xabcd;
        uint256 id = _open(r);
        policy.setFee(50_000, address(this));
        policy.setBidBond(900_000);
        ICommissionLens.Commission memory c = lens.commission(id);
        r.maxTotal = 0; // what is not kept
        assertEq(keccak256(abi.encode(c.request)), keccak256(abi.encode(r)));
        assertEq(keccak256(abi.encode(c.timeouts)), keccak256(abi.encode(times)));
        assertEq(c.customer, customer);
        assertEq(c.feePpm, 25_000);
        assertEq(c.panelSize, PANEL);
        assertEq(c.bond, 0);
        assertEq(c.developer, address(0));
        assertEq(c.buildDeadline, 0);
        assertEq(c.deadline, r.commitEnds);
    }

    /* BIDDING */

    function test_bid_gate() public {
        uint256 id = _toBidding();
        _expectBidReverts(id, customer, IParticipantRegistry.RoleRequired.selector);
        _expectBidReverts(id, makeAddr("stranger"), IParticipantRegistry.RoleRequired.selector);

        policy.addDomain("finance");
        address outsider = _registerAs("outsider", 0, 2, 0);
        _expectBidReverts(id, outsider, IParticipantRegistry.OutsideDomain.selector);

        vm.prank(developer);
        registry.declareTie(customer, uint40(block.timestamp + 1 days));
        _expectBidReverts(id, developer, IParticipantRegistry.TiedToCustomer.selector);
    }

    function test_bid_ownCommission() public {
        uint8 both = uint8(1 << uint8(IParticipantRegistry.Role.Developer));
        vm.prank(customer);
        registry.changeRoles(IParticipantRegistry.Role.Customer, both);
        _expectBidReverts(_toBidding(), customer, IParticipantRegistry.OwnCommission.selector);
    }

    function test_bid_sameOrganisation() public {
        customer = _registerAs("clinic", uint8(1 << uint8(IParticipantRegistry.Role.Customer)), 1, "clinic");
        _fund(customer, paymentToken, FUNDS, address(market));
        address colleague = _registerAs("colleague", 0, 1, "clinic");
        _expectBidReverts(_toBidding(), colleague, IParticipantRegistry.TiedToCustomer.selector);
    }

    function test_bid_blockedJurisdictionAsItWasAtTheOpening() public {
        uint256 id = _toBidding();
        policy.setJurisdictionRule(1, 1, 1 << 1);
        _bid(id, developer, 1);
        id = _toBidding();
        _expectBidReverts(id, rival, IParticipantRegistry.JurisdictionBlocked.selector);
    }

    /// @dev A customer can have every bidder sign a text first; the deal is like any other then.
    function test_bid_onlyWhoHasSignedTheAgreement() public {
        vm.prank(customer);
        uint256 id = market.openUnder(_request(), address(0), "agreement");
        assertEq(market.dealOf(id).arbitrator, address(0));
        assertEq(auctions.auction(lens.commission(id).auctionId).agreement, bytes32("agreement"));
        _expectBidReverts(id, developer, IAgreements.NotSigned.selector);
        vm.prank(developer);
        agreements.sign("agreement");
        _expectBidReverts(id, rival, IAgreements.NotSigned.selector);
        vm.prank(rival);
        agreements.sign("agreement");
        _award(id, 500e18);
        assertEq(lens.commission(id).developer, developer);
    }

    /// @dev Above the cap of the period's awarded value a developer is out until the next period.
    function test_bid_shareCap() public {
        policy.setShareCap(1, IPolicy.ShareCap(500_000, 365 days, RESERVE / 4));
        _toDrawing();
        (uint96 own, uint96 total) = market.awarded(1, developer);
        assertEq(own, RESERVE / 2);
        assertEq(total, RESERVE / 2);
        uint256 id = _toBidding();
        _expectBidReverts(id, developer, ICommissionMarket.ShareCapExceeded.selector);
        _fund(third, paymentToken, BOND, address(auctions));
        _bid(id, third, 1);
        skip(365 days);
        _fund(developer, paymentToken, BOND, address(auctions));
        _bid(_toBidding(), developer, 1);
    }

    /* STATES AND CALLERS */

    function test_states_unknownCommission() public {
        bytes memory unknown = abi.encodeWithSelector(ICommissionMarket.UnknownCommission.selector, 7);
        vm.expectRevert(unknown);
        market.advance(7);
        vm.expectRevert(unknown);
        lens.commission(7);
        vm.expectRevert(unknown);
        market.submit(7, _submission("model"));
        vm.expectRevert(unknown);
        market.settle(7, _submission("model"));
        vm.expectRevert(unknown);
        market.playsPart(7, customer);
        assertEq(uint8(market.stateOf(7)), uint8(ICommissionMarket.State.None));
    }

    /// @dev Through all states: what is not due is refused, and says until when.
    function test_states_nothingIsDueEarly() public {
        uint256 id = _toBidding();
        _expectNothingDue(id);
        _expectWrongState(id);
        _award(id, RESERVE / 2);
        _expectWrongState(id);
        _expectNothingDue(id); // armed, the block has not come
        vm.roll(block.number + 3);
        market.advance(id);
        _expectNothingDue(id);
        _grantData(id);
        _expectNothingDue(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _expectNothingDue(id);
        _submit(id, "model");
        _expectNothingDue(id);
        vm.expectPartialRevert(Deals.WrongState.selector);
        _submit(id, "model");
        _answer(id, _scored(THRESHOLD));
        _expectNothingDue(id);
        _timeout(id);
        _expectNothingDue(id);
        _deliver(id);
        _expectNothingDue(id);
        _settle(id, "model");
        _expectNothingDue(id);
        _expectWrongState(id);
    }

    /// @dev Those who may grant a key, and nobody else.
    function test_grant_onlyByParties() public {
        uint256 id = _toGranting();
        uint256 panelId = _panelOf(id);
        _expectGrantLate(id);
        address[2] memory others = [rival, developer];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRounds.NotGranter.selector, panelId, others[i]));
            vm.prank(others[i]);
            rounds.grant(panelId, 0, "data grants");
        }
        vm.expectRevert(IRounds.EmptyGrants.selector);
        vm.prank(customer);
        rounds.grant(panelId, 0, 0);
    }

    function _expectGrantLate(uint256 id) private {
        uint256 start = vm.snapshotState();
        (uint256 panelId, uint256 deadline) = (_panelOf(id), _deadline(id));
        vm.warp(deadline);
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        vm.prank(customer);
        rounds.grant(panelId, 0, "data grants");
        assertTrue(vm.revertToState(start));
    }

    /// @dev Later grants, to auditors say, are published and change nothing.
    function test_grant_laterOnesAreEventsOnly() public {
        uint256 id = _toEvaluating();
        uint256 panelId = _panelOf(id);
        vm.expectEmit(address(rounds));
        emit IRounds.KeysGranted(panelId, developer, 1, "more grants");
        vm.prank(developer);
        rounds.grant(panelId, 1, "more grants");
        _assertState(id, ICommissionMarket.State.Evaluating);
    }

    function test_submit_guards() public {
        uint256 id = _toBuilding();
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.NotDeveloper.selector, rival));
        vm.prank(rival);
        market.submit(id, _submission("model"));

        IModelRegistry.Submission memory s = _submission(0);
        _expectInvalidSubmission(id, s, "manifest");
        s = _submission("model");
        s.grants = 0;
        _expectInvalidSubmission(id, s, "grants");
        s = _submission("model");
        s.lineage = new IModelRegistry.Lineage[](65);
        _expectInvalidSubmission(id, s, "lineage");
        s.lineage = new IModelRegistry.Lineage[](1);
        _expectInvalidSubmission(id, s, "lineage");
        s.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, "parent");
        _expectInvalidSubmission(id, s, "lineage"); // no version has been registered
        s = _submission("model");
        s.payees[0].ppm = 1e6;
        _expectInvalidSubmission(id, s, "payees");
        s.payees[0] = IModelRegistry.Payee(address(0), 1);
        _expectInvalidSubmission(id, s, "payees");
        s.payees = new IModelRegistry.Payee[](51);
        _expectInvalidSubmission(id, s, "payees");
        assertEq(lens.commission(id).attempts, 0);

        vm.warp(_deadline(id));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        _submit(id, "model");
    }

    /// @dev One sealed model cannot be sold in two deals: a token can be minted for it once.
    function test_submit_aModelBelongsToOneDeal() public {
        uint256 first = _toEvaluating();
        _evaluate(first, 0);
        _fund(developer, paymentToken, BOND, address(auctions));
        uint256 second = _toBuilding();
        _expectInvalidSubmission(second, _submission("model"), "manifest");
        _submit(first, "model"); // the same deal may try it again
    }

    function test_submit_notARegisteredModel() public {
        uint256 id = _toBuilding();
        models.grantRole(models.MODULE_ROLE(), address(this));
        models.registerModel(address(this), _registration("model", 1), _submission("model").lineage);
        _expectInvalidSubmission(id, _submission("model"), "manifest");
        IModelRegistry.Submission memory s = _submission("derived");
        s.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, "derived");
        _expectInvalidSubmission(id, s, "lineage"); // not of itself
        s.lineage[0].ref = "model";
        vm.prank(developer);
        market.submit(id, s);
    }

    function test_settle_onlyWithTheSubmission() public {
        uint256 id = _toChallenge();
        vm.warp(_deadline(id));
        IModelRegistry.Submission memory s = _submission("model");
        s.payees[0].account = rival;
        vm.expectPartialRevert(ICommissionMarket.SubmissionMismatch.selector);
        market.settle(id, s);
    }

    function test_playsPart() public {
        uint256 id = _toGranting();
        address[] memory members = _membersOf(id);
        assertTrue(market.playsPart(id, customer));
        assertTrue(market.playsPart(id, developer));
        assertTrue(market.playsPart(id, members[PANEL - 1]));
        assertFalse(market.playsPart(id, rival));
        assertFalse(market.playsPart(id, auditors[0]));
    }

    /* STEPS */

    function _expectInvalid(ICommissionMarket.Request memory r, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.InvalidRequest.selector, field));
        _open(r);
    }

    function _expectOpenReverts(ICommissionMarket.Request memory r, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        _open(r);
    }

    function _expectBidReverts(uint256 id, address bidder, bytes4 selector) private {
        uint256 auctionId = lens.commission(id).auctionId;
        vm.expectPartialRevert(selector);
        vm.prank(bidder);
        auctions.commit(auctionId, keccak256("sealed"));
    }

    /// @dev Whoever sits on a panel is judge of a deal, whatever roles it still holds: it cannot be put on the
    /// developer's payroll, of this deal or of another one. Free again it can.
    function test_submit_noPayeeWhoSitsOnAPanel() public {
        uint256 id = _toBuilding();
        address[] memory members = _membersOf(id);
        for (uint256 i; i < members.length; ++i) {
            vm.prank(members[i]);
            registry.changeRoles(IParticipantRegistry.Role.DataOwner, 0);
            IModelRegistry.Submission memory s = _submission("model");
            s.payees[i % 2] = IModelRegistry.Payee(members[i], 0);
            _expectInvalidSubmission(id, s, "payees");
            assertEq(registry.dealtAt(developer, members[i]), 0, "no dealing on record");
        }
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        assertTrue(_panelIsGone(id)); // which is let go when the model is accepted
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        uint256 next = _toBuilding();
        IModelRegistry.Submission memory free = _submission("next model");
        free.payees[0] = IModelRegistry.Payee(members[0], 1);
        vm.prank(developer);
        market.submit(next, free);
    }

    function _expectInvalidSubmission(uint256 id, IModelRegistry.Submission memory s, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, field));
        vm.prank(developer);
        market.submit(id, s);
    }

    function _expectNothingDue(uint256 id) private {
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
    }

    /// @dev Before Building and after Challenge.
    function _expectWrongState(uint256 id) private {
        vm.expectPartialRevert(Deals.WrongState.selector);
        vm.prank(developer);
        market.submit(id, _submission("model"));
        vm.expectPartialRevert(Deals.WrongState.selector);
        market.settle(id, _submission("model"));
    }

    function _registerAs(string memory name, uint8 secondaryRoles, uint24 domains, bytes32 organisation)
        private
        returns (address account)
    {
        account = makeAddr(name);
        vm.prank(account);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: IParticipantRegistry.Role.Developer,
                secondaryRoles: secondaryRoles,
                jurisdiction: 1,
                domains: domains,
                organisation: organisation,
                encryptionKey: keccak256(bytes(name))
            })
        );
    }
}
