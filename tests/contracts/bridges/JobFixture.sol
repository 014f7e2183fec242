// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";
import {IJobEvaluator} from "../../../contracts/interfaces/IJobEvaluator.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {JobEvaluator} from "../../../contracts/periphery/JobEvaluator.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";
import {JobEscrow, ReferenceJobs} from "./JobContracts.sol";

/// @notice A job contract, a client and a provider who are no participants of the market, and the steps of a job.
abstract contract JobFixture is OracleFixture {
    uint256 internal constant BUDGET = 5000e18;
    uint256 internal constant PURSE = 1000e18;
    uint88 internal constant STEP = 0.5e18;
    int64 internal constant PASS = 850_000;
    uint256 internal constant SECONDS_TO_WORK = 30 days;
    bytes32 internal constant MANIFEST = keccak256("manifest");
    uint8 internal constant DATA = 0; // artifacts
    uint8 internal constant MODEL = 1;

    JobEvaluator internal evaluator;
    ReferenceJobs internal jobs;
    address internal client = makeAddr("client");
    address internal provider = makeAddr("provider");
    address internal deliveries = makeAddr("deliveries");
    address internal treasury = makeAddr("treasury");
    address internal keeper = makeAddr("keeper");
    IPolicy.Timeouts internal times;

    function setUp() public virtual override {
        super.setUp();
        policy.setFee(0, treasury);
        _setRule(STEP);
        policy.setStakes(IPolicy.Stakes(SEAT, 0, 50_000, 200_000));
        times = policy.timeouts();
        evaluator = new JobEvaluator(escrow, policy, rounds, rulebook, deliveries);
        escrow.authorise(address(evaluator));
        rounds.grantRole(rounds.MODULE_ROLE(), address(evaluator));
        jobs = new ReferenceJobs(IERC20(address(paymentToken)));
        _fund(client, paymentToken, PURSE, address(evaluator));
        paymentToken.mint(client, 10 * BUDGET);
    }

    function _setRule(uint88 stepFee) internal {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, PANEL);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, APPEAL_BOND, stepFee), tiers);
    }

    /* WHAT IS AGREED ON */

    function _terms() internal view returns (IJobEvaluator.Terms memory terms) {
        (terms.spec, terms.dataset, terms.token) = ("spec", "dataset", address(paymentToken));
        (terms.evaluationFee, terms.maxTotal, terms.threshold) = (FEE, uint96(PURSE), PASS);
        (terms.tolerance, terms.requiredCriteria, terms.panelSize) = (TOLERANCE, 1, PANEL);
    }

    function _expiry() internal view returns (uint256) {
        return evaluator.earliestExpiry() + SECONDS_TO_WORK;
    }

    function _create(JobEscrow where, uint256 expiry, address hook) internal returns (uint256 jobId) {
        vm.prank(client);
        return where.createJob(provider, address(evaluator), expiry, "A classifier.", hook);
    }

    function _create() internal returns (uint256) {
        return _create(jobs, _expiry(), address(0));
    }

    function _enrol(address where, uint256 jobId) internal returns (uint256 id) {
        vm.prank(client);
        return evaluator.enrol(where, jobId, _terms());
    }

    /* STEPS */

    /// @dev An enrolled job, at the beginning of an epoch.
    function _toDraw(JobEscrow where) internal returns (uint256 id) {
        _nextEpoch();
        id = _enrol(address(where), _create(where, _expiry(), address(0)));
    }

    function _toAttest() internal returns (uint256 id) {
        return _toAttest(jobs);
    }

    function _toAttest(JobEscrow where) internal returns (uint256 id) {
        id = _toDraw(where);
        _seatPanelOf(id);
        _grant(id, DATA);
    }

    function _toReady() internal returns (uint256 id) {
        return _toReady(jobs);
    }

    function _toReady(JobEscrow where) internal returns (uint256 id) {
        id = _toAttest(where);
        _answerWith(id, _statements(PANEL, ANSWERED));
        _advance(id);
    }

    function _toJudge() internal returns (uint256 id) {
        return _toJudge(jobs);
    }

    function _toJudge(JobEscrow where) internal returns (uint256 id) {
        id = _toReady(where);
        _deliverWork(where, id);
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
    }

    function _toDelivering() internal returns (uint256 id) {
        return _toDelivering(jobs);
    }

    function _toDelivering(JobEscrow where) internal returns (uint256 id) {
        id = _toJudge(where);
        _scoreWith(id, _scores(PANEL, PASS));
    }

    function _toPassed(JobEscrow where) internal returns (uint256 id) {
        id = _toDelivering(where);
        vm.prank(deliveries);
        evaluator.onDelivered(id, WORD);
    }

    /// @dev The client funds the job, and the provider submits.
    function _deliverWork(JobEscrow where, uint256 id) internal {
        uint256 jobId = evaluator.enrolment(id).jobId;
        vm.startPrank(client);
        paymentToken.approve(address(where), BUDGET);
        where.fund(jobId, BUDGET);
        vm.stopPrank();
        vm.prank(provider);
        where.submit(jobId);
    }

    function _seatPanelOf(uint256 id) internal {
        vm.roll(block.number + 3);
        _advance(id);
    }

    function _grant(uint256 id, uint8 artifact) internal {
        uint256 panelId = evaluator.enrolment(id).panelId;
        vm.prank(artifact == DATA ? client : provider);
        rounds.grant(panelId, artifact, "grants");
    }

    function _answerWith(uint256 id, IValidationOracle.Report[] memory reports) internal {
        _answer(_round(id).requestId, reports);
    }

    /// @dev The panel scores the model, and nobody appeals.
    function _scoreWith(uint256 id, IValidationOracle.Report[] memory reports) internal {
        _answerWith(id, reports);
        skip(times.appeal);
        _advance(id);
    }

    function _advance(uint256 id) internal {
        vm.prank(keeper);
        evaluator.advance(id);
    }

    function _conclude(uint256 id) internal {
        vm.prank(stranger);
        evaluator.conclude(id);
    }

    /* WHAT IS SO */

    function _round(uint256 id) internal view returns (IRounds.RoundView memory) {
        return rounds.roundOf(evaluator.enrolment(id).panelId);
    }

    function _assertAt(uint256 id, IJobEvaluator.State state, IJobEvaluator.Cause cause) internal view {
        assertEq(evaluator.enrolment(id).at.state(), uint8(state), "state");
        assertEq(uint8(evaluator.enrolment(id).cause), uint8(cause), "cause");
    }

    function _statusOf(uint256 id) internal view returns (IAgenticCommerce.Status) {
        return jobs.getJob(evaluator.enrolment(id).jobId).status;
    }

    /// @dev Whatever was held for the panel is paid out: `seats` fees and `steps` step fees, the rest to the client.
    function _assertPaidOut(uint256 id, uint256 seats, uint256 steps) internal view {
        assertEq(escrow.held(address(evaluator), address(paymentToken), bytes32(id)), 0, "held");
        uint256 earned;
        for (uint256 i; i < validators.length; ++i) {
            earned += _balance(validators[i], paymentToken);
            assertEq(_lockOf(validators[i]), 0, "a stake is free again");
        }
        assertEq(earned, seats * FEE, "earned");
        assertEq(_balance(keeper, paymentToken), steps * STEP, "steps");
        assertEq(_balance(client, paymentToken), PURSE - earned - steps * STEP, "client");
    }
}
