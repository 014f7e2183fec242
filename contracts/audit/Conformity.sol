// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IConformity} from "../interfaces/IConformity.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Deals} from "../kernel/Deals.sol";
import {StepFees} from "../kernel/StepFees.sol";
import {TestSets} from "./TestSets.sol";

/// @title Conformity
/// @notice Each assessment is one question to a panel. Only a score can fail a model: otherwise anyone could make
/// another's model fail, with grants that do not open or a panel that cannot agree.
contract Conformity is TestSets, ReentrancyGuardTransient {
    /// @dev The question's artifacts: the body's data, the applicant's model.
    uint8 private constant DATA = 0;
    uint8 private constant ARTIFACTS = 2;
    uint8 private constant BOTH_KEYS = 3; // bitmap

    /// @dev Steps that are paid at most: an assessment has one question.
    uint256 private constant PAID_STEPS = StepFees.QUESTION + StepFees.REPLACEMENT;

    IEscrow public immutable ESCROW;
    IRounds public immutable ROUNDS;
    IRulebook private immutable RULEBOOK;

    /// @inheritdoc IConformity
    uint256 public assessmentCount;
    mapping(uint256 id => Assessment) private _assessments;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IPolicy policy,
        IRounds rounds,
        IRulebook rulebook
    ) TestSets(registry, policy) {
        (ESCROW, ROUNDS, RULEBOOK) = (escrow, rounds, rulebook);
    }

    /* STEPS */

    /// @inheritdoc IConformity
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function open(uint32 setId, bytes32 manifest, uint96 evaluationFee)
        external
        nonReentrant
        returns (uint256 id)
    {
        TestSet memory set = _setOf(setId);
        if (set.retired) revert SetIsRetired(setId);
        if (set.body == msg.sender) revert OwnTestSet(setId);
        if (manifest == 0) revert EmptyManifest();
        _requireBody(set.body, set.domain);
        IPolicy.TokenRule memory rule = _tokenRule(set.token);
        if (evaluationFee < rule.minEvaluationFee) revert FeeTooLow(evaluationFee, rule.minEvaluationFee);

        id = ++assessmentCount;
        Assessment storage a = _assessments[id];
        (a.applicant, a.evaluationFee, a.manifest, a.setId) = (msg.sender, evaluationFee, manifest, setId);
        a.stepFee = rule.stepFee;
        // forge-lint: disable-next-line(unsafe-typecast)
        a.openedAt = uint40(block.timestamp); // Unix time fits for 34,000 years
        // The panel works for body and applicant, under the rules of the moment.
        uint256 panelId = ROUNDS.open(
            id,
            IRounds.Terms({
                customer: set.body,
                developer: msg.sender,
                token: set.token,
                fee: evaluationFee,
                size: set.panelSize,
                rules: RULEBOOK.rulesForToken(set.token)
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        a.panelId = uint72(panelId); // 40 bits and the room's 32
        uint256 total = _total(set, evaluationFee, rule.stepFee);
        emit AssessmentOpened(id, setId, manifest, msg.sender, panelId, evaluationFee, total);
        _enter(id, a, State.Judging);
        ROUNDS.ask(panelId, _question(set, manifest));
        ESCROW.openHold(bytes32(id), set.token, msg.sender, total);
    }

    /// @inheritdoc IConformity
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function advance(uint256 id) external nonReentrant {
        Assessment storage a = _assessmentOf(id);
        if (a.state != State.Judging) Deals.pack(uint8(a.state), 0).nothingDue(id);
        IRounds.Answer memory answer = ROUNDS.advance(a.panelId);
        TestSet memory set = _setOf(a.setId);
        if (answer.moved) _pay(id, a, set.token, answer.paid);
        if (answer.outcome == IValidationOracle.Outcome.Answered) _certify(id, a, set, answer);
        else if (answer.outcome != IValidationOracle.Outcome.Pending) _void(id, a, set, _causeOf(answer));
    }

    /* ENDS */

    function _certify(uint256 id, Assessment storage a, TestSet memory set, IRounds.Answer memory answer)
        private
    {
        int64 score = answer.scores[0];
        bool passed = score >= set.threshold && answer.criteria & set.requiredCriteria == set.requiredCriteria;
        _stand(a, passed, score, answer.word);
        _enter(id, a, passed ? State.Passed : State.Failed);
        emit Assessed(id, a.setId, a.manifest, passed, score, answer.criteria, a.openedAt);
        _close(id, a, set, set.bodyFee);
    }

    /// @dev The body earns nothing for data that does not open, and nothing for silence.
    function _void(uint256 id, Assessment storage a, TestSet memory set, Cause cause) private {
        a.cause = cause;
        _enter(id, a, State.Void);
        emit Voided(id, cause);
        _close(id, a, set, 0);
    }

    /// @dev Closes the panel, pays the body, and returns to the applicant what was not spent.
    function _close(uint256 id, Assessment storage a, TestSet memory set, uint256 toBody) private {
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(set.body, toBody);
        uint256 held = ESCROW.held(address(this), set.token, bytes32(id));
        payments[1] = IEscrow.Payment(a.applicant, held - toBody);
        ROUNDS.close(a.panelId);
        ESCROW.releaseEach(bytes32(id), set.token, payments);
    }

    /// @dev Pays those who have earned a fee by the panel's step, and the caller.
    function _pay(uint256 id, Assessment storage a, address token, address[] memory workers) private {
        (uint256 stepFee, uint256 steps) = (a.stepFee, a.steps);
        if (steps == PAID_STEPS) stepFee = 0;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (stepFee != 0) a.steps = uint8(steps + 1); // at most PAID_STEPS
        (IEscrow.Payment[] memory payments, uint256 total) =
            StepFees.paymentsFor(workers, a.evaluationFee, stepFee);
        if (total != 0) ESCROW.releaseEach(bytes32(id), token, payments);
    }

    /* VIEWS */

    /// @inheritdoc IConformity
    function assessment(uint256 id) external view returns (Assessment memory) {
        return _assessmentOf(id);
    }

    /// @inheritdoc IConformity
    function quote(uint32 setId, uint96 evaluationFee) external view returns (uint256 total) {
        TestSet memory set = _setOf(setId);
        return _total(set, evaluationFee, POLICY.tokenRule(set.token).stepFee);
    }

    /* INTERNAL */

    function _assessmentOf(uint256 id) private view returns (Assessment storage a) {
        a = _assessments[id];
        if (a.state == State.None) revert UnknownAssessment(id);
    }

    /// @dev No deadline: the panel's are in Rounds.
    function _enter(uint256 id, Assessment storage a, State state) private {
        a.state = state;
        // slither-disable-next-line unused-return -- the state is kept in the assessment
        Deals.enter(id, uint8(state), 0);
    }

    function _question(TestSet memory set, bytes32 manifest)
        private
        view
        returns (IRounds.Question memory question)
    {
        (question.kind, question.subjects) = (IValidationOracle.Kind.Score, 1);
        (question.tolerance, question.appealable, question.delivers) = (set.tolerance, true, true);
        (question.fresh, question.work) = (BOTH_KEYS, set.spec);
        (question.artifacts, question.granters) = (new bytes32[](ARTIFACTS), new address[](ARTIFACTS));
        question.grants = new bytes32[](ARTIFACTS);
        (question.artifacts[0], question.artifacts[1]) = (set.dataset, manifest);
        (question.granters[0], question.granters[1]) = (set.body, msg.sender);
    }

    /// @dev The panel can be paid twice: silent members are replaced once.
    function _total(TestSet memory set, uint256 evaluationFee, uint256 stepFee)
        private
        pure
        returns (uint256)
    {
        return 2 * evaluationFee * set.panelSize + set.bodyFee + PAID_STEPS * stepFee;
    }

    /// @dev For every outcome but an answer.
    function _causeOf(IRounds.Answer memory answer) private pure returns (Cause) {
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.GranterSilent) {
            return answer.artifact == DATA ? Cause.BodySilent : Cause.ApplicantSilent;
        }
        if (outcome == IValidationOracle.Outcome.NotSeated) return Cause.PanelNotSeated;
        if (outcome == IValidationOracle.Outcome.PanelSilent) return Cause.PanelSilent;
        if (outcome == IValidationOracle.Outcome.Undecided) return Cause.Undecided;
        if (outcome == IValidationOracle.Outcome.CannotOpen) return Cause.CannotOpen;
        if (outcome == IValidationOracle.Outcome.Unstable) return Cause.Unstable;
        return Cause.Rejected;
    }
}
