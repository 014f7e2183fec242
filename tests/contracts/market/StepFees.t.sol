// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {StepsFixture} from "./StepsFixture.sol";

/// @notice The fee for steps that anyone may take. The test contract takes the steps of the fixture, so it is the
/// keeper.
contract StepFeesTest is StepsFixture {
    /* ONCE A TRANSITION */

    /// @dev A deal whose every step is somebody else's than the parties': each earns the fee once, settling none.
    function test_path_eachTransitionIsPaidOnce() public {
        (uint256 id,) = _toAuditing();
        // award, panel seated, data attested, model passed, block named, auditors seated; the missed draw is not paid
        assertEq(_paid(address(this)), 6 * STEP);
        _postAll(id, true);
        _step(id, true);
        _deliver(id);
        _settle(id, "model");
        assertEq(_paid(address(this)), 7 * STEP);
        assertEq(lens.commission(id).steps, 7);
        uint256 work = 2 * uint256(PANEL) * FEE + AUDITS * AUDIT_FEE;
        assertEq(_paid(customer), FUNDS - RESERVE / 2 - RESERVE / 80 - work - 7 * STEP);
        _assertConserved(id);
    }

    /// @dev A draw can be missed and repeated as often as one likes. It is permitted, and earns nothing.
    function testFuzz_drawing_repetitionsAreNotPaid(uint8 misses, uint32 late) public {
        uint256 id = _toDrawing();
        for (uint256 i; i < misses % 8; ++i) {
            skip(bound(late, 0, 9 days));
            vm.roll(block.number + 300);
            _step(id, false);
            _assertRound(id, IRounds.State.Drawing);
        }
        _nextEpoch();
        vm.roll(block.number + 300);
        _step(id, false);
        vm.roll(block.number + 3);
        _step(id, true);
        _assertRound(id, IRounds.State.Granting);
    }

    function testFuzz_auditing_repetitionsAreNotPaid(uint8 misses) public {
        uint256 id = _toAudit();
        _step(id, true); // the first block is named
        for (uint256 i; i < misses % 8; ++i) {
            vm.roll(block.number + 300);
            _step(id, false);
        }
        vm.roll(block.number + 3);
        _step(id, true);
    }

    function testFuzz_appeal_repetitionsAreNotPaid(uint8 misses) public {
        uint256 id = _toAppealing();
        _appeal(id);
        for (uint256 i; i < misses % 8; ++i) {
            vm.roll(block.number + 300);
            _step(id, false);
            _assertRound(id, IRounds.State.AppealDrawing);
        }
        vm.roll(block.number + 3);
        _step(id, true);
        _assertRound(id, IRounds.State.AppealVoting);
    }

    /// @dev Nobody is paid for a call that has nothing to do.
    function test_nothingDue_isNotPaid() public {
        uint256 id = _toGranting();
        uint256 before = _paid(address(this));
        assertFalse(_advances(id));
        _grantData(id);
        assertFalse(_advances(id));
        assertEq(_paid(address(this)), before);
    }

    /// @dev Whatever parties, panel and auditors do or leave undone, and however often a stranger tries: it earns the
    /// fee for every transition that it brings about and for nothing else, and no step fails for want of money.
    function testFuzz_stranger_earnsTransitionsAlone(uint256 seed) public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = seed % 2 == 0 ? UNAUDITED : AUDITED;
        request.submissionCap = uint8(1 + seed / 2 % 3);
        uint256 id = _open(request);
        _holdAuction(id, seed / 8);
        for (uint256 i; i < 40 && !_isOver(id); ++i) {
            uint256 luck = uint256(keccak256(abi.encode(seed, i)));
            _play(id, luck);
            _pass(id, luck / 2 ** 64);
            _tick(id);
            _tick(id);
        }
        _drain(id);
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(_paid(stranger), moves * STEP);
        assertEq(c.steps, moves);
        assertLe(c.steps, c.paidSteps);
        _assertConserved(id);
    }

    /* EVERY END */

    function test_end_noBids() public {
        uint256 id = _toBidding();
        vm.warp(_deadline(id));
        vm.warp(lens.commission(id).request.revealEnds);
        _step(id, true);
        assertEq(_paid(customer), FUNDS - STEP);
        _assertConserved(id);
    }

    /// @dev The bond makes good the steps too, the one that ends the deal included.
    function test_end_developerSilent() public {
        uint256 id = _toBuilding();
        vm.warp(_deadline(id));
        _step(id, true);
        uint256 steps = lens.commission(id).steps;
        assertEq(steps, 4);
        assertEq(_burnt(paymentToken), BOND - PANEL * FEE - steps * STEP);
        assertEq(_paid(customer), FUNDS);
        _assertConserved(id);
    }

    function test_end_customerSilent() public {
        uint256 id = _toGranting();
        vm.warp(_deadline(id));
        _step(id, true);
        assertEq(_paid(customer), FUNDS - PANEL * FEE - KILL_FEE - 3 * STEP);
        _assertConserved(id);
    }

    function test_end_deliveryFailed() public {
        uint256 id = _toDelivering();
        vm.warp(_deadline(id));
        _step(id, true);
        _assertState(id, ICommissionMarket.State.Challenge);
        vm.warp(_deadline(id));
        _step(id, true);
        _assertState(id, ICommissionMarket.State.Refunded);
        _assertConserved(id);
    }

    function test_end_panelNotSeated() public {
        uint256 id = _toDrawing();
        for (uint256 i; i < validators.length; ++i) {
            vm.prank(validators[i]);
            registry.declareTie(customer, uint40(block.timestamp + 365 days));
        }
        vm.warp(_deadline(id));
        vm.roll(block.number + 300);
        _step(id, false);
        vm.roll(block.number + 3);
        _step(id, true);
        _assertState(id, ICommissionMarket.State.Refunded);
        _assertConserved(id);
    }

    /// @dev The longest audit there can be: three draws, nobody speaks. Ten steps, all paid, the last one after the
    /// deal has paid for nine.
    function test_end_auditorsUnavailable() public {
        for (uint256 i; i < 6; ++i) {
            string memory name = string.concat("auditor to come ", vm.toString(i));
            auditors.push(_register(name, IParticipantRegistry.Role.Auditor));
        }
        skip(TRUSTED_WAIT);
        for (uint256 i = AUDITORS; i < auditors.length; ++i) {
            _enrol(auditors[i], IParticipantRegistry.Role.Auditor);
        }
        _nextEpoch();
        uint8 riskClass = AUDITED + 1; // without a regulator, of whom there is one
        policy.setRiskClass(riskClass, IPolicy.RiskClass(true, AUDITS, false, false, 0, false));
        uint256 id = _toAudit(riskClass, "model");
        uint256 before = lens.commission(id).steps;
        while (market.stateOf(id) == ICommissionMarket.State.Auditing) {
            vm.roll(block.number + 3);
            if (!_advances(id)) vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        }
        assertEq(lens.commission(id).steps, before + 10);
        assertEq(_paid(address(this)), (before + 10) * STEP);
        _assertConserved(id);
    }

    /* THE BUDGET */

    /// @dev Of the deal's, for the most steps that it can need; what is not used comes back.
    function testFuzz_quote_coversAllSteps(uint8 cap, uint88 stepFee, bool audited) public {
        stepFee = uint88(bound(stepFee, 0, 1e18));
        ICommissionMarket.Request memory request = _request();
        request.submissionCap = uint8(bound(cap, 1, 10));
        request.riskClass = audited ? AUDITED : UNAUDITED;
        _setStepFee(0);
        uint256 without = lens.quote(request, customer);
        _setStepFee(stepFee);
        uint256 steps = 10 + uint256(request.submissionCap) * (audited ? 16 : 4);
        assertEq(lens.quote(request, customer), without + steps * stepFee);
        _fund(customer, paymentToken, FUNDS, address(market));
        uint256 id = _open(request);
        assertEq(_held(id), without + steps * stepFee);
        assertEq(lens.commission(id).paidSteps, steps);
        assertEq(lens.commission(id).stepFee, stepFee);
    }

    /// @dev Steps stay possible when all that was kept for them is spent, and the hold still covers everything else.
    function test_budgetGone_stepsAreUnpaid() public {
        uint256 id = _toAttesting();
        _spendBudget(id);
        uint256 before = _paid(address(this));
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        assertEq(_sum(validators), PANEL * FEE, "work is paid");
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        vm.warp(_deadline(id));
        market.advance(id);
        vm.warp(_deadline(id));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Refunded);
        assertEq(_paid(address(this)), before);
        assertEq(lens.commission(id).steps, lens.commission(id).paidSteps);
        _assertConserved(id);
    }

    function test_lastOfTheBudget() public {
        uint256 id = _toAttesting();
        _spendBudget(id, 1);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        _step(id, true);
        vm.warp(_deadline(id));
        _step(id, false);
        _assertState(id, ICommissionMarket.State.Refunded);
    }

    /// @dev No fee, no payment, and no more held: as if there were none.
    function test_zeroFee() public {
        _setStepFee(0);
        uint256 id = _toChallenge();
        _settle(id, "model");
        assertEq(_paid(address(this)), 0);
        assertEq(lens.commission(id).steps, 0);
        assertEq(_paid(customer), FUNDS - RESERVE / 2 - RESERVE / 80 - 2 * uint256(PANEL) * FEE);
        _assertConserved(id);
    }

    /// @dev What was agreed on stays, whatever governance does to the fee meanwhile.
    function testFuzz_rules_areThoseOfTheOpening(uint88 fee) public {
        uint256 id = _toBidding();
        _setStepFee(uint88(bound(fee, 0, 1e18)));
        vm.warp(lens.commission(id).request.revealEnds);
        _step(id, true);
    }

    /* WHO IS NOT PAID */

    /// @dev Neither the contract that rules on disputes nor the one that takes deliveries has taken a step.
    function test_rulingsAndDeliveriesAreNoSteps() public {
        uint256 id = _toChallenge();
        uint256 steps = lens.commission(id).steps;
        vm.prank(address(disputes));
        market.contest(id, uint40(block.timestamp + 1 days));
        vm.prank(address(disputes));
        market.resolve(id, Side.Customer, 0);
        assertEq(lens.commission(id).steps, steps);
        assertEq(_paid(address(disputes)) + _paid(address(deliveries)), 0);
        _assertConserved(id);
    }

    /// @dev A party can take all steps itself, so they buy no reputation.
    function test_facts_doNotCountSteps() public {
        uint256 id = _toChallenge();
        _settle(id, "model");
        uint256 marketFee = RESERVE / 80;
        uint256 unit = facts.FEES_PER_FACT() * 1e18;
        uint256 weight = (2 * uint256(PANEL) * FEE + marketFee) * 1e6 / unit;
        assertEq(facts.saleOf(id).weight, weight);
    }
}
