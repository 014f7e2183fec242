// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What a risk class asks of an audit beside a majority: a third party's test, and what the reports cover.
contract AuditRulesTest is CommissionFixture {
    uint8 private constant CERTIFIED = 3;
    uint40 private constant INTERVAL = 180 days;
    int64 private constant PASS = 850_000;
    bytes32 private constant MODEL = "model";

    uint32 private setId;

    function setUp() public override {
        super.setUp();
        setId = _registerSet();
        _fund(third, paymentToken, 10_000e18, address(conformity));
        policy.setConformitySet(1, setId);
        policy.setRiskClass(CERTIFIED, IPolicy.RiskClass(true, AUDITS, true, false, INTERVAL, true));
    }

    /* A THIRD PARTY'S TEST */

    function test_certified_withAPass() public {
        _assess(_scored(PASS));
        (uint256 id,) = _toApproved();
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(uint8(_audit(id).outcome), uint8(IAuditRegistry.Outcome.Approved));
    }

    /// @dev Every auditor approves, and the deal still waits for the model's pass: it may come until the deadline.
    function test_certified_waitsForThePass() public {
        (uint256 id,) = _toApproved();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        _assess(_scored(PASS));
        assertLt(block.timestamp, _audit(id).deadline, "the windows leave room for an assessment");
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    /// @dev No pass, a failed test, a pass that has lapsed, or one of another set: rejected when time is up, the fees
    /// paid.
    function testFuzz_certified_rejectedWithout(uint8 which) public {
        which = uint8(bound(which, 0, 3));
        if (which == 1) _assess(_scored(PASS - 1));
        if (which > 1) _assess(_scored(PASS));
        if (which == 2) skip(INTERVAL);
        if (which == 3) {
            setId = _registerSet();
            policy.setConformitySet(1, setId);
        }
        (uint256 id, address[] memory seats) = _toApproved();
        uint256 before = _sum(auditors) + _paid(regulator);
        vm.warp(_audit(id).deadline - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        skip(1);
        uint256 auditId = lens.commission(id).auditId;
        vm.expectEmit(address(audits));
        emit IAuditRegistry.TestSetNotPassed(auditId, setId, MODEL);
        market.advance(id);
        assertEq(uint8(audits.audit(auditId).outcome), uint8(IAuditRegistry.Outcome.Rejected));
        assertEq(_sum(auditors) + _paid(regulator) - before, seats.length * AUDIT_FEE, "fees");
        _assertState(id, ICommissionMarket.State.Building); // with one submission left
    }

    /// @dev A body that retires its set, or is none any more, rejects no model: the deal ends as without auditors.
    function testFuzz_certified_theSetIsGone(bool retired) public {
        (uint256 id,) = _toApproved();
        if (retired) {
            vm.prank(regulator);
            conformity.retire(setId);
        } else {
            registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
            registry.revokeAccreditation(regulator);
        }
        vm.warp(_audit(id).deadline);
        market.advance(id);
        assertEq(uint8(audits.audit(1).outcome), uint8(IAuditRegistry.Outcome.Unfilled));
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.AuditorsUnavailable));
    }

    /// @dev The pass must be current when the audit is concluded, not when the deal opened.
    function testFuzz_certified_theMomentCounts(uint40 later) public {
        uint256 assessed = _assess(_scored(PASS));
        (uint256 id,) = _toApproved();
        uint256 lapses = uint256(conformity.assessment(assessed).openedAt) + INTERVAL;
        vm.warp(bound(later, block.timestamp, lapses + 30 days));
        bool current = block.timestamp < lapses;
        market.advance(id); // past the audit's deadline, or with a pass
        ICommissionMarket.State found = market.stateOf(id);
        assertEq(found == ICommissionMarket.State.Delivering, current);
    }

    /// @dev What governance changes later is for deals to come: the set and the interval of the opening count.
    function test_certified_rulesOfTheOpening() public {
        _assess(_scored(PASS));
        (uint256 id,) = _toApproved();
        policy.setConformitySet(1, 99);
        policy.setRiskClass(CERTIFIED, IPolicy.RiskClass(true, 1, false, true, 1, true));
        skip(1 hours);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    /// @dev A majority against it needs no test.
    function test_certified_rejectedAtOnce() public {
        (uint256 id,) = _toSeated(CERTIFIED);
        _postAll(id, false);
        market.advance(id);
        assertEq(uint8(_audit(id).outcome), uint8(IAuditRegistry.Outcome.Rejected));
    }

    /// @dev In a class that does not ask, nobody asks.
    function test_uncertified_needsNoPass() public {
        (uint256 id,) = _toSeated(AUDITED);
        _postAll(id, true);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_audit(id).terms.conformitySet, 0);
    }

    /* WHAT A REPORT COVERS */

    /// @dev Explainability asked for, no report approves without it; one that rejects need not have got so far.
    function testFuzz_scopes_ofWhoApproves(uint8 scopes, bool approve, bool asked) public {
        (uint256 id, address[] memory seats) = _toSeated(asked ? AUDITED : CERTIFIED);
        uint256 auditId = lens.commission(id).auditId;
        bool refused = asked && approve && scopes & COVERED == 0;
        bytes32 own = audits.sealOf(auditId, seats[1], approve, AUDIT_REPORT, scopes, AUDIT_SALT);
        for (uint256 i; i < AUDITS; ++i) {
            vm.prank(seats[i]);
            audits.sealVerdict(auditId, i, own, "copy");
        }
        if (refused) {
            vm.expectRevert(
                abi.encodeWithSelector(IAuditRegistry.ScopeMissing.selector, auditId, scopes, COVERED)
            );
        }
        vm.prank(seats[1]);
        audits.post(auditId, 1, approve, AUDIT_REPORT, scopes, AUDIT_SALT);
        IAuditRegistry.Verdict memory verdict = audits.verdict(auditId, 1);
        assertEq(verdict.at == 0, refused);
        assertEq(verdict.scopes, refused ? 0 : scopes);
        assertEq(audits.audit(auditId).terms.scopes, asked ? COVERED : 0);
    }

    /* STEPS */

    /// @dev The regulator's.
    function _registerSet() private returns (uint32) {
        IConformity.TestSet memory set;
        (set.body, set.token, set.threshold, set.tolerance) = (regulator, address(paymentToken), PASS, 10_000);
        (set.spec, set.dataset, set.domain, set.panelSize) = ("spec", "dataset", 1, PANEL);
        vm.prank(regulator);
        return conformity.register(set);
    }

    /// @dev Has the model tested; its panel says what it is told to.
    function _assess(IValidationOracle.Report memory report) private returns (uint256 id) {
        _nextEpoch();
        vm.prank(third);
        id = conformity.open(setId, MODEL, FEE);
        vm.roll(block.number + 3);
        conformity.advance(id);
        uint256 panelId = conformity.assessment(id).panelId;
        vm.prank(regulator);
        rounds.grant(panelId, 0, "grants");
        vm.prank(third);
        rounds.grant(panelId, 1, "grants");
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = report;
        }
        _answerEach(rounds.roundOf(panelId).requestId, reports);
        skip(times.appeal);
        conformity.advance(id);
    }

    /// @dev With the seats drawn.
    function _toSeated(uint8 riskClass) private returns (uint256 id, address[] memory seats) {
        id = _toAudit(riskClass, MODEL);
        seats = _seatAuditors(id);
    }

    /// @dev Everybody has approved; nothing is concluded.
    function _toApproved() private returns (uint256 id, address[] memory seats) {
        (id, seats) = _toSeated(CERTIFIED);
        _postAll(id, true);
    }

    function _audit(uint256 id) private view returns (IAuditRegistry.AuditView memory) {
        return audits.audit(lens.commission(id).auditId);
    }
}
