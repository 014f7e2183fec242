// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAgenticCommerce} from "../interfaces/IAgenticCommerce.sol";
import {IDeliveryClient} from "../interfaces/IDeliveries.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IJobEvaluator} from "../interfaces/IJobEvaluator.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IDealMarket, IRounds} from "../interfaces/IRounds.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Rules} from "../policy/Rules.sol";
import {JobPanel} from "./JobPanel.sol";
import {Jobs} from "./Jobs.sol";

/// @title JobEvaluator
/// @dev Two questions to one panel, as in a commission: is the data as described, and how does the model score? Job
/// contracts are strangers: they are read in `enrol` and `evaluate`, called in `conclude` alone, and hold up nothing.
contract JobEvaluator is JobPanel, ReentrancyGuardTransient {
    using Jobs for address;
    using Rules for uint256[];
    using SafeERC20 for IERC20;
    using SSTORE2 for address;

    /// @notice How long a panel is kept for a job at most; its stakes are locked for so long.
    uint256 public constant MAX_DURATION = 90 days;

    uint8 private constant MIN_PANEL = 3;
    uint8 private constant MAX_PANEL = 31;

    IPolicy private immutable POLICY;
    IRulebook private immutable RULEBOOK;
    address private immutable DELIVERIES;

    /// @inheritdoc IJobEvaluator
    uint256 public enrolmentCount;
    /// @inheritdoc IJobEvaluator
    mapping(address jobs => mapping(uint256 jobId => uint256 id)) public enrolmentOf;

    constructor(IEscrow escrow, IPolicy policy, IRounds rounds, IRulebook rulebook, address deliveries)
        JobPanel(escrow, rounds)
    {
        (POLICY, RULEBOOK, DELIVERIES) = (policy, rulebook, deliveries);
    }

    /* THE CLIENT */

    /// @inheritdoc IJobEvaluator
    // slither-disable-next-line reentrancy-no-eth -- guarded; the job contract is read statically
    function enrol(address jobs, uint256 jobId, Terms calldata terms)
        external
        nonReentrant
        returns (uint256 id)
    {
        uint40 haltedUntil = POLICY.haltedUntil();
        if (block.timestamp < haltedUntil) revert IPolicy.MarketHalted(haltedUntil);
        Jobs.Head memory job = jobs.read(jobId);
        if (job.client != msg.sender) revert NotClient(msg.sender, job.client);
        if (job.provider == address(0)) revert NotProvider(msg.sender, job.provider);
        _requireJob(job, IAgenticCommerce.Status.Open);
        if (enrolmentOf[jobs][jobId] != 0) revert AlreadyEnrolled(jobs, jobId, enrolmentOf[jobs][jobId]);
        uint256 total = quote(terms);
        if (total > terms.maxTotal) revert TotalExceeded(total, terms.maxTotal);
        _requireTime(job.expiredAt);

        id = ++enrolmentCount;
        enrolmentOf[jobs][jobId] = id;
        Enrolment storage self = _enrolments[id];
        _keep(self, job, terms);
        (self.jobs, self.jobId, self.rules) = (jobs, jobId, RULEBOOK.rulesForToken(terms.token));
        uint256 panelId = _openPanel(id, self);
        emit Enrolled(id, msg.sender, jobs, jobId, job.provider, panelId, total, terms);
        _enter(id, self, State.Attesting, 0);
        IRounds.Question memory question = _question(self, 1);
        (question.kind, question.fresh) = (IValidationOracle.Kind.Verdict, DATA_BIT);
        ROUNDS.ask(panelId, question);
        ESCROW.openHold(bytes32(id), terms.token, msg.sender, total);
    }

    function _keep(Enrolment storage self, Jobs.Head memory job, Terms calldata terms) private {
        (self.client, self.provider) = (job.client, job.provider);
        // forge-lint: disable-next-line(unsafe-typecast)
        self.expiredAt = uint40(job.expiredAt); // less than MAX_DURATION ahead
        (self.token, self.evaluationFee, self.panelSize) = (terms.token, terms.evaluationFee, terms.panelSize);
        (self.threshold, self.tolerance) = (terms.threshold, terms.tolerance);
        self.requiredCriteria = terms.requiredCriteria;
        (self.spec, self.dataset) = (terms.spec, terms.dataset);
    }

    /* THE PROVIDER */

    /// @inheritdoc IJobEvaluator
    // slither-disable-next-line reentrancy-no-eth -- guarded; the job contract is read statically
    function evaluate(uint256 id, bytes32 manifest, bytes32 grants) external nonReentrant {
        Enrolment storage self = _enrolmentOf(id);
        self.at.requireState(id, uint8(State.Ready));
        self.at.requireRunning(id);
        if (manifest == 0) revert NothingNamed();
        if (msg.sender != self.provider) revert NotProvider(msg.sender, self.provider);
        Jobs.Head memory job = self.jobs.read(self.jobId);
        if (job.provider != msg.sender) revert NotProvider(msg.sender, job.provider);
        if (job.client != self.client) revert NotClient(self.client, job.client);
        if (job.expiredAt != self.expiredAt) revert ExpiryChanged(job.expiredAt, self.expiredAt);
        _requireJob(job, IAgenticCommerce.Status.Submitted);

        self.manifest = manifest;
        emit Named(id, manifest);
        _enter(id, self, State.Judging, 0);
        IRounds.Question memory question = _question(self, 2);
        (question.kind, question.fresh) = (IValidationOracle.Kind.Score, MODEL_BIT);
        (question.subjects, question.tolerance) = (1, self.tolerance);
        (question.appealable, question.delivers) = (true, true);
        (question.artifacts[MODEL], question.granters[MODEL]) = (manifest, self.provider);
        question.grants[MODEL] = grants;
        ROUNDS.ask(self.panelId, question);
    }

    /* STEPS */

    /// @inheritdoc IDealMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function advance(uint256 id) external nonReentrant {
        Enrolment storage self = _enrolmentOf(id);
        State state = State(self.at.state());
        if (state == State.Attesting) _advanceAttesting(id, self);
        else if (state == State.Judging) _advanceJudging(id, self);
        else if (state == State.Ready) _advanceReady(id, self);
        else if (state == State.Delivering) _advanceDelivering(id, self);
        else self.at.nothingDue(id);
    }

    function _advanceAttesting(uint256 id, Enrolment storage self) private {
        IRounds.Answer memory answer = _advancePanel(id, self);
        if (answer.outcome == IValidationOracle.Outcome.Pending) return;
        if (answer.outcome == IValidationOracle.Outcome.Answered) {
            // The job's expiry leaves that much: `_requireTime`.
            _enter(id, self, State.Ready, self.expiredAt - _judging(self.rules.read().timeouts()));
            return;
        }
        bool unanswered = answer.outcome == IValidationOracle.Outcome.NotSeated
            || answer.outcome == IValidationOracle.Outcome.PanelSilent
            || answer.outcome == IValidationOracle.Outcome.Undecided;
        _decide(id, self, State.Failed, unanswered ? Cause.NoAnswer : Cause.BadData);
    }

    /// @dev Also when the job has ended elsewhere, so that the panel is not kept for nothing.
    function _advanceReady(uint256 id, Enrolment storage self) private {
        if (!self.at.isOver()) {
            bool ended = self.jobs.read(self.jobId).status > uint8(IAgenticCommerce.Status.Submitted);
            if (!ended) self.at.nothingDue(id);
        }
        _decide(id, self, State.Failed, Cause.NothingAsked);
    }

    function _advanceJudging(uint256 id, Enrolment storage self) private {
        IRounds.Answer memory answer = _advancePanel(id, self);
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.Pending) return;
        if (outcome == IValidationOracle.Outcome.GranterSilent && _isDataAlone(self.panelId)) {
            _decide(id, self, State.Passed, Cause.ClientSilent);
        } else if (outcome != IValidationOracle.Outcome.Answered) {
            _decide(id, self, State.Failed, _causeOf(outcome));
        } else {
            _judge(id, self, answer);
        }
    }

    function _judge(uint256 id, Enrolment storage self, IRounds.Answer memory answer) private {
        uint16 required = self.requiredCriteria;
        bool passed = answer.scores[0] >= self.threshold && answer.criteria & required == required;
        emit Scored(id, answer.scores[0], answer.criteria, passed);
        if (!passed) {
            _decide(id, self, State.Failed, Cause.BelowThreshold);
            return;
        }
        self.word = answer.word;
        _enter(id, self, State.Delivering, block.timestamp + self.rules.read().deliveryWindow());
        _settle(id, self);
    }

    function _advanceDelivering(uint256 id, Enrolment storage self) private {
        self.at.requireOver(id);
        self.cause = Cause.NotDelivered;
        _enter(id, self, State.Failed, 0);
        emit Decided(id, State.Failed, Cause.NotDelivered);
    }

    /* DELIVERY */

    /// @inheritdoc IDeliveryClient
    /// @dev Once the calldata of a delivery can be read, the client has the key. So this depends on nothing but the
    /// state, not even on the deadline, and calls nobody.
    function onDelivered(uint256 id, bytes32 word) external {
        if (msg.sender != DELIVERIES) revert NotDeliveries(msg.sender);
        Enrolment storage self = _enrolmentOf(id);
        self.at.requireState(id, uint8(State.Delivering));
        KeyExchange.requireAgreed(self.word, word);
        self.cause = Cause.Passed;
        _enter(id, self, State.Passed, 0);
        emit Decided(id, State.Passed, Cause.Passed);
    }

    /// @inheritdoc IDeliveryClient
    function onRefuted(uint256 id, bytes32) external pure {
        revert NotRefutable(id);
    }

    /* THE JOB CONTRACT */

    /// @inheritdoc IJobEvaluator
    // slither-disable-next-line reentrancy-no-eth -- guarded, and the state is entered before the call
    function conclude(uint256 id) external nonReentrant {
        Enrolment storage self = _enrolmentOf(id);
        bool passed = self.at.state() == uint8(State.Passed);
        if (!passed) self.at.requireState(id, uint8(State.Failed));
        (address jobs, uint256 jobId) = (self.jobs, self.jobId);
        bytes32 reason = self.cause == Cause.Passed ? self.manifest : bytes32(uint256(self.cause));
        _enter(id, self, passed ? State.Completed : State.Rejected, 0);
        emit Concluded(id, jobs, jobId, reason);
        jobs.conclude(jobId, passed, reason);
    }

    /// @inheritdoc IJobEvaluator
    // slither-disable-next-line unused-return -- what a token keeps for itself is its own affair
    function sweep(address token) external nonReentrant returns (uint256 amount) {
        amount = IERC20(token).balanceOf(address(this));
        emit Swept(token, amount);
        IERC20(token).forceApprove(address(ESCROW), amount);
        ESCROW.deposit(token, amount, POLICY.treasury());
    }

    /* VIEWS */

    /// @inheritdoc IJobEvaluator
    /// @dev A fee for each member and question, once more for members who replace the silent, and the fees for steps.
    function quote(Terms calldata terms) public view returns (uint256 total) {
        if (terms.spec == 0) revert InvalidJobTerms("spec");
        if (terms.dataset == 0) revert InvalidJobTerms("dataset");
        uint8 size = terms.panelSize;
        if (size < MIN_PANEL || size > MAX_PANEL || size % 2 == 0) revert InvalidJobTerms("panelSize");
        IPolicy.TokenRule memory rule = POLICY.tokenRule(terms.token);
        uint96 minimum = rule.minEvaluationFee;
        if (terms.evaluationFee < minimum) revert FeeTooLow(terms.evaluationFee, minimum);
        return (QUESTIONS + 1) * size * terms.evaluationFee + PAID_STEPS * rule.stepFee;
    }

    /// @inheritdoc IJobEvaluator
    function earliestExpiry() public view returns (uint256) {
        IPolicy.Timeouts memory times = POLICY.timeouts();
        return block.timestamp + 2 * _round(times) + _judging(times);
    }

    /// @inheritdoc IJobEvaluator
    function enrolment(uint256 id) external view returns (Enrolment memory) {
        return _enrolmentOf(id);
    }

    /* CHECKS */

    function _requireJob(Jobs.Head memory job, IAgenticCommerce.Status wanted) private view {
        if (job.evaluator != address(this)) revert OtherEvaluator(job.evaluator);
        if (job.hook != 0) revert HookRefused(address(uint160(job.hook)));
        IAgenticCommerce.Status status = IAgenticCommerce.Status(job.status);
        if (status != wanted) revert WrongStatus(status, wanted);
    }

    function _requireTime(uint256 expiredAt) private view {
        uint256 earliest = earliestExpiry();
        if (expiredAt < earliest) revert ExpiryTooShort(expiredAt, earliest);
        uint256 latest = block.timestamp + MAX_DURATION;
        if (expiredAt > latest) revert ExpiryTooLate(expiredAt, latest);
    }

    /// @return seconds that a score can take: the panel, once more with members replaced, its appeal, the delivery.
    function _judging(IPolicy.Timeouts memory times) private pure returns (uint256) {
        return 3 * _round(times) + times.appeal + times.delivery;
    }

    /// @return seconds from a draw to the end of the votes. An appeal's votes begin with the time for grants, too.
    function _round(IPolicy.Timeouts memory times) private pure returns (uint256) {
        return uint256(times.draw) + times.grant + times.commit + times.reveal;
    }
}
