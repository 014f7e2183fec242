// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What each ending of a commission says of whom; and that only its customer rates it.
contract CommissionFactsTest is CommissionFixture {
    uint256 private constant ONE = 1_000_000;
    uint96 private constant LEAST_FEE = 5e18; // twenty of them weigh a fact

    function setUp() public override {
        super.setUp();
        _setLeastFee(LEAST_FEE);
    }

    /* SETTLED */

    function test_settled_speaksForBoth() public {
        uint256 id = _toChallenge();
        _settle(id, "model");
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationPassed, 1);
        _has(developer, IReputation.Kind.DeadlineKept, 1);
        _has(customer, IReputation.Kind.DeadlineKept, 1);
        _has(customer, IReputation.Kind.DataSound, 1);
        _hasNoMore(id, 4);
        assertGt(reputation.scoreOf(developer, 1), 500_000);
        assertGt(reputation.overall(customer), 500_000);
    }

    function test_settled_attemptsBeforeTheLastFailed() public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _submit(id, "better model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _settle(id, "better model");
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationPassed, 1);
        _has(developer, IReputation.Kind.ValidationFailed, 1);
        _hasNoMore(id, 5);
    }

    function test_settled_afterAnAudit() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        _settle(id, "model");
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.AuditPassed, 1);
        _has(seats[0], IReputation.Kind.DeadlineKept, 1);
        _has(seats[1], IReputation.Kind.DeadlineKept, 1);
        _has(seats[2], IReputation.Kind.DeadlineKept, 1);
        _hasNoMore(id, 8);
    }

    /* REFUNDED */

    function test_noBids_nothingHappened() public {
        uint256 id = _toBidding();
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NoFacts.selector, facts, id));
        reputation.record(facts, id);
    }

    function test_customerSilent() public {
        uint256 id = _toGranting();
        _timeout(id);
        reputation.record(facts, id);
        _has(customer, IReputation.Kind.DeadlineMissed, 1);
        _hasNoMore(id, 1);
        assertLt(reputation.scoreOf(customer, 1), 500_000);
    }

    function test_badData() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        market.advance(id);
        _carryOut(id);
        reputation.record(facts, id);
        _has(customer, IReputation.Kind.BadData, 1);
        _hasNoMore(id, 1);
    }

    function test_developerSilent() public {
        uint256 id = _toBuilding();
        _timeout(id);
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.DeadlineMissed, 1);
        _has(customer, IReputation.Kind.DeadlineKept, 1);
        _has(customer, IReputation.Kind.DataSound, 1);
        _hasNoMore(id, 3);
    }

    function test_developerSilent_afterAFailure() public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _timeout(id);
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationFailed, 1);
        _has(developer, IReputation.Kind.DeadlineMissed, 1);
        _has(developer, IReputation.Kind.DeadlineKept, 0);
    }

    function test_attemptsSpent() public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _submit(id, "model");
        _evaluate(id, THRESHOLD - 1);
        _carryOut(id);
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationFailed, 2);
        _has(developer, IReputation.Kind.DeadlineKept, 1);
        _hasNoMore(id, 4);
    }

    function test_panelSilent_saysNothingOfTheDeveloper() public {
        uint256 id = _toEvaluating();
        for (uint256 round; round < 2; ++round) {
            vm.warp(_deadline(id));
            market.advance(id);
            if (round == 1) break;
            _seatPanel(id);
            _grantData(id);
        }
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.PanelSilent));
        reputation.record(facts, id);
        assertEq(reputation.scoreOf(developer, 1), 500_000);
        _has(customer, IReputation.Kind.DataSound, 1);
        _hasNoMore(id, 2);
    }

    function test_auditRejected() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _postAll(id, false);
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, THRESHOLD - 1);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.AttemptsSpent));
        _carryOut(id);
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationPassed, 1);
        _has(developer, IReputation.Kind.AuditFailed, 1);
        _has(developer, IReputation.Kind.ValidationFailed, 1);
        _has(developer, IReputation.Kind.DeadlineKept, 1);
        _has(seats[0], IReputation.Kind.DeadlineKept, 1);
        _hasNoMore(id, 9);
    }

    /// @dev Whoever lost a seat by silence has missed a deadline; not who had lost its accreditation, and could not
    /// post.
    function test_silentAuditors() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], false);
        vm.prank(makeAddr("accreditor"));
        registry.revokeAccreditation(seats[2]);
        uint256 auditId = lens.commission(id).auditId;
        vm.warp(audits.audit(auditId).deadline);
        market.advance(id);
        address[] memory silent = audits.audit(auditId).silent;
        assertEq(silent.length, 1);
        assertEq(silent[0], seats[1]);
        vm.warp(audits.audit(auditId).deadline); // the seats stay vacant
        market.advance(id);
        _openVerdicts(auditId);
        market.advance(id);
        reputation.record(facts, id);
        _has(seats[0], IReputation.Kind.DeadlineKept, 1);
        _has(seats[1], IReputation.Kind.DeadlineMissed, 1);
        _has(seats[2], IReputation.Kind.DeadlineMissed, 0);
    }

    function test_auditorsUnavailable() public {
        uint256 id = _toAudit();
        _timeout(id);
        while (market.stateOf(id) == ICommissionMarket.State.Auditing) {
            _timeout(id);
        }
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationPassed, 1);
        _has(developer, IReputation.Kind.AuditPassed, 0);
        _has(developer, IReputation.Kind.AuditFailed, 0);
        _hasNoMore(id, 3);
    }

    function test_deliveryFailed_blamesNobody() public {
        uint256 id = _toDelivering();
        _timeout(id);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.DeliveryFailed));
        _carryOut(id);
        reputation.record(facts, id);
        _has(developer, IReputation.Kind.ValidationPassed, 1);
        _hasNoMore(id, 3);
    }

    /* NOT BEFORE THE END */

    /// @dev In no state before the last two can anything be recorded or rated.
    function test_openDeals_sayNothing() public {
        uint256 id = _toBidding();
        _refuses(id);
        _award(id, RESERVE / 2);
        _refuses(id);
        _seatPanel(id);
        _refuses(id);
        _grantData(id);
        _refuses(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _refuses(id);
        _submit(id, "model");
        _refuses(id);
        _evaluate(id, THRESHOLD);
        _refuses(id);
        _deliver(id);
        _refuses(id);
        _settle(id, "model");
        reputation.record(facts, id);
    }

    function test_unknownDeal() public {
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.UnknownCommission.selector, 99));
        reputation.record(facts, 99);
    }

    /* RATINGS */

    function test_rate_theCustomerOfAPaidDeal() public {
        uint256 id = _toChallenge();
        _settle(id, "model");
        address[4] memory others = [developer, rival, payees[0], treasury];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IReputation.NotBuyer.selector, others[i], customer));
            reputation.rate(facts, id, 5, 0);
        }
        vm.prank(customer);
        reputation.rate(facts, id, 5, 0);
        (, uint256 weight, uint256 sum) = reputation.partsOf(developer, 1);
        assertEq(weight, 1_950_000); // ten fees of 7 and 2.5 % of 5,000
        assertEq(sum, 4 * weight);
        assertGt(reputation.scoreOf(developer, 1), 500_000);
    }

    function test_rate_aRefundedDealIsNotRated() public {
        uint256 id = _toBuilding();
        _timeout(id);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IFactSource.NotSettled.selector, id));
        reputation.rate(facts, id, 1, 0);
    }

    function testFuzz_saleOf_weighsByTheTokensLeastFee(uint96 least) public {
        uint256 id = _toChallenge();
        _settle(id, "model");
        _setLeastFee(least);
        IFactSource.Sale memory sale = facts.saleOf(id);
        uint256 outlay = 10 * uint256(FEE) + 125e18;
        assertEq(sale.weight, least == 0 ? ONE : outlay * ONE / (20 * uint256(least)));
        assertEq(sale.customer, customer);
        assertEq(sale.developer, developer);
        assertEq(sale.domain, 1);
    }

    /* WEIGHTS */

    function test_weights_ofAPaidDeal() public {
        uint256 id = _toChallenge();
        _settle(id, "model");
        _weighs(id, developer, IReputation.Kind.ValidationPassed, 1_950_000);
        _weighs(id, customer, IReputation.Kind.DataSound, 1_950_000);
        reputation.record(facts, id);
        (uint256[] memory parts,,) = reputation.partsOf(developer, 1);
        assertEq(parts[uint8(IReputation.Kind.ValidationPassed)], 1_950_000);
    }

    /// @dev What was not paid speaks for nobody; the whole deal speaks against who broke it.
    function test_weights_ofABrokenDeal() public {
        uint256 id = _toBuilding();
        _timeout(id);
        _weighs(id, customer, IReputation.Kind.DataSound, 350_000); // five fees of 7
        _weighs(id, developer, IReputation.Kind.DeadlineMissed, 1_950_000);
    }

    function test_weights_whatSpeaksAgainstIsAFactAtLeast() public {
        uint256 id = _toBuilding();
        _timeout(id);
        _setLeastFee(1000e18);
        _weighs(id, customer, IReputation.Kind.DataSound, 1750);
        _weighs(id, developer, IReputation.Kind.DeadlineMissed, ONE);
    }

    /* INTERNAL */

    function _has(address account, IReputation.Kind kind, uint256 count) private view {
        IFactSource.Fact[] memory found = facts.factsOf(market.commissionCount());
        uint256 times;
        for (uint256 i; i < found.length; ++i) {
            if (found[i].subject != account || found[i].kind != kind) continue;
            times += found[i].count;
            assertEq(found[i].domain, 1);
        }
        assertEq(times, count);
        (uint256[] memory parts,,) = reputation.partsOf(account, 1);
        assertEq(parts[uint8(kind)] != 0, count != 0, "and so it was recorded");
    }

    function _weighs(uint256 id, address account, IReputation.Kind kind, uint256 weight) private view {
        IFactSource.Fact[] memory found = facts.factsOf(id);
        for (uint256 i; i < found.length; ++i) {
            if (found[i].subject != account || found[i].kind != kind) continue;
            assertEq(found[i].weight, weight);
            return;
        }
        revert("no such fact");
    }

    function _hasNoMore(uint256 id, uint256 count) private view {
        assertEq(facts.factsOf(id).length, count);
    }

    function _refuses(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(IFactSource.NotFinal.selector, id));
        reputation.record(facts, id);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IFactSource.NotSettled.selector, id));
        reputation.rate(facts, id, 5, 0);
    }

    function _setLeastFee(uint96 least) private {
        IPolicy.PanelTier[] memory tiers = policy.panelTiers(address(paymentToken));
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, least, 0, 0), tiers);
    }
}
