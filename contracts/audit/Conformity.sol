// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IConformity} from "../interfaces/IConformity.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {TestSets} from "./TestSets.sol";

/// @title Conformity
/// @notice The steps of an assessment. Only a score can fail a model: with grants that do not open, or a panel that cannot
/// agree, anybody could else fail another's.
contract Conformity is TestSets, ReentrancyGuardTransient {
    uint8 private constant BOTH_KEYS = 3; // bitmap over Artifact

    IEscrow public immutable ESCROW;
    IValidationOracle public immutable ORACLE;

    /// @inheritdoc IConformity
    uint256 public assessmentCount;
    mapping(uint256 id => Assessment) private _assessments;

    constructor(IEscrow escrow, IParticipantRegistry registry, IPolicy policy, IValidationOracle oracle)
        TestSets(registry, policy)
    {
        (ESCROW, ORACLE) = (escrow, oracle);
    }

    /* OPENING */

    /// @inheritdoc IConformity
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
        uint96 minimum = _minimumFee(set.token);
        if (evaluationFee < minimum) revert FeeTooLow(evaluationFee, minimum);

        id = ++assessmentCount;
        Assessment storage a = _assessments[id];
        (a.applicant, a.evaluationFee, a.manifest, a.setId) = (msg.sender, evaluationFee, manifest, setId);
        uint256 total = _total(set, evaluationFee);
        emit AssessmentOpened(id, setId, manifest, msg.sender, evaluationFee, total);
        _draw(id, a, set);
        ESCROW.openHold(bytes32(id), set.token, msg.sender, total);
    }

    /// @dev Opens the panel under the rules of the moment, and names the block that draws it.
    // slither-disable-next-line reentrancy-no-eth -- guarded; ORACLE calls nobody
    function _draw(uint256 id, Assessment storage a, TestSet memory set) private {
        IPolicy.Timeouts memory times = POLICY.timeouts();
        IPolicy.Stakes memory stakes = POLICY.stakes();
        (a.grantWindow, a.commitWindow) = (times.grant, times.commit);
        (a.revealWindow, a.appealWindow) = (times.reveal, times.appeal);
        uint256 panelId = ORACLE.openPanel(
            IValidationOracle.PanelTerms({
                token: set.token,
                evaluationFee: a.evaluationFee,
                customer: set.body,
                seatStake: stakes.seat,
                developer: a.applicant,
                appealBond: POLICY.tokenRule(set.token).appealBond,
                size: set.panelSize,
                silencePpm: stakes.silencePpm,
                withholdPpm: stakes.withholdPpm,
                coolingOff: POLICY.coolingOff(),
                drawWindow: times.draw,
                grantWindow: times.grant
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        a.panelId = uint40(panelId); // a counter: 2^40 is out of reach
        emit PanelAssigned(id, panelId);
        _enter(id, a, Stage.Drawing, block.timestamp + times.draw);
        ORACLE.arm(panelId);
    }

    /* GRANTING */

    /// @inheritdoc IConformity
    function grant(uint256 id, Artifact artifact, bytes32 grants) external nonReentrant {
        if (grants == 0) revert EmptyGrants();
        Assessment storage a = _assessmentOf(id);
        if (a.stage < Stage.Granting || a.stage > Stage.Appealing) revert WrongStage(id, a.stage);
        bool granting = a.stage == Stage.Granting;
        address owner = artifact == Artifact.Dataset ? _setOf(a.setId).body : a.applicant;
        if (msg.sender != owner && (granting || !ORACLE.isMember(a.panelId, msg.sender))) {
            revert NotParty(msg.sender);
        }
        if (granting && _isOver(a)) revert DeadlinePassed(id, a.deadline);

        emit KeysGranted(id, msg.sender, artifact, grants);
        if (!granting) return;
        a.granted |= _bit(artifact);
        if (a.granted == BOTH_KEYS) _ask(id, a);
    }

    function _ask(uint256 id, Assessment storage a) private {
        uint256 requestId = ORACLE.request(
            IValidationOracle.RequestTerms({
                panelId: a.panelId,
                kind: IValidationOracle.Kind.Evaluation,
                subject: a.manifest,
                commitWindow: a.commitWindow,
                revealWindow: a.revealWindow,
                appealWindow: a.appealWindow,
                tolerance: _setOf(a.setId).tolerance
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        (a.requestId, a.askedAt) = (uint40(requestId), uint40(block.timestamp)); // a counter: 2^40 is out of reach
        emit RequestAssigned(id, requestId);
        _enter(id, a, Stage.Evaluating, block.timestamp + a.commitWindow + a.revealWindow);
    }

    /* STEPS */

    /// @inheritdoc IConformity
    function advance(uint256 id) external nonReentrant {
        Assessment storage a = _assessmentOf(id);
        Stage stage = a.stage;
        if (stage == Stage.Drawing) _advanceDrawing(id, a);
        else if (stage == Stage.Granting) _advanceGranting(id, a);
        else if (stage == Stage.Evaluating) _advanceEvaluating(id, a);
        else if (stage == Stage.Appealing) _conclude(id, a);
        else _noStepDue(id, a);
    }

    /// @dev A panel that was seated counts, also after the deadline.
    function _advanceDrawing(uint256 id, Assessment storage a) private {
        if (_seat(a.panelId)) {
            _enter(id, a, Stage.Granting, block.timestamp + a.grantWindow);
        } else if (_isOver(a)) {
            _void(id, a, Cause.PanelNotSeated, new address[](0));
        } else {
            // solhint-disable-next-line no-empty-blocks
            try ORACLE.arm(a.panelId) {}
            catch {
                _noStepDue(id, a);
            }
        }
    }

    /// @dev Seats the panel if that can be done now; anyone can also do it on the oracle. A draw that ran out of gas gives no
    /// reason. It says nothing of the panel, so nothing may follow: whoever calls could else void an assessment whose panel
    /// can be seated.
    function _seat(uint256 panelId) private returns (bool) {
        try ORACLE.seat(panelId) {
            return true;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            // forge-lint: disable-next-line(unsafe-typecast)
            return bytes4(reason) == IValidationOracle.AlreadySeated.selector; // the selector
        }
    }

    function _advanceGranting(uint256 id, Assessment storage a) private {
        if (!_isOver(a)) _noStepDue(id, a);
        bool dataGranted = a.granted & _bit(Artifact.Dataset) != 0;
        _void(id, a, dataGranted ? Cause.ApplicantSilent : Cause.BodySilent, _members(a.panelId));
    }

    /// @dev They have kept their time free, so they are paid though nobody asked them. Anyone could otherwise have panels drawn
    /// for nothing.
    function _members(uint256 panelId) private view returns (address[] memory) {
        return ORACLE.panel(panelId).members; // just seated: none is vacant
    }

    function _advanceEvaluating(uint256 id, Assessment storage a) private {
        if (_tally(id, a) == IValidationOracle.Outcome.NoQuorum) _conclude(id, a);
        else _enter(id, a, Stage.Appealing, ORACLE.requestOf(a.requestId).appealEnds);
    }

    /// @dev The provisional result, worked out by now or by this call.
    function _tally(uint256 id, Assessment storage a) private returns (IValidationOracle.Outcome) {
        IValidationOracle.RequestView memory request = ORACLE.requestOf(a.requestId);
        if (request.tallied) return request.result.outcome;
        try ORACLE.tally(a.requestId) returns (IValidationOracle.Result memory result) {
            return result.outcome;
        } catch {
            _noStepDue(id, a);
        }
    }

    /// @dev Takes the final result, once neither the time for an appeal nor an appeal is open.
    function _conclude(uint256 id, Assessment storage a) private {
        try ORACLE.finalise(a.requestId) returns (
            IValidationOracle.Result memory result, address[] memory paid
        ) {
            if (result.outcome == IValidationOracle.Outcome.Scored) _certify(id, a, result, paid);
            else _void(id, a, _causeOf(result.outcome), paid);
        } catch {
            _noStepDue(id, a);
        }
    }

    /* ENDS */

    function _certify(
        uint256 id,
        Assessment storage a,
        IValidationOracle.Result memory result,
        address[] memory workers
    ) private {
        TestSet memory set = _setOf(a.setId);
        bool passed =
            result.score >= set.threshold && result.criteria & set.requiredCriteria == set.requiredCriteria;
        _stand(a, passed, result.score);
        _enter(id, a, passed ? Stage.Passed : Stage.Failed, 0);
        emit Assessed(id, a.setId, a.manifest, passed, result.score, result.criteria, a.askedAt);
        _close(id, a, set, workers, set.bodyFee);
    }

    /// @dev The body earns nothing by what does not open, and nothing by silence.
    function _void(uint256 id, Assessment storage a, Cause cause, address[] memory workers) private {
        a.cause = cause;
        _enter(id, a, Stage.Void, 0);
        emit Voided(id, cause);
        _close(id, a, _setOf(a.setId), workers, 0);
    }

    /// @dev Pays those who worked, and the applicant back what was not spent.
    function _close(
        uint256 id,
        Assessment storage a,
        TestSet memory set,
        address[] memory workers,
        uint256 toBody
    ) private {
        uint256 count = workers.length;
        uint256 fee = a.evaluationFee;
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](count + 2);
        for (uint256 i = 0; i < count; ++i) {
            payments[i] = IEscrow.Payment(workers[i], fee);
        }
        payments[count] = IEscrow.Payment(set.body, toBody);
        payments[count + 1] = IEscrow.Payment(a.applicant, _total(set, fee) - fee * count - toBody);
        ORACLE.dissolve(a.panelId);
        ESCROW.releaseEach(bytes32(id), set.token, payments);
    }

    /* VIEWS */

    /// @inheritdoc IConformity
    function assessment(uint256 id) external view returns (Assessment memory) {
        return _assessmentOf(id);
    }

    /// @inheritdoc IConformity
    function quote(uint32 setId, uint96 evaluationFee) external view returns (uint256 total) {
        return _total(_setOf(setId), evaluationFee);
    }

    /* INTERNAL */

    function _assessmentOf(uint256 id) private view returns (Assessment storage a) {
        a = _assessments[id];
        if (a.stage == Stage.None) revert UnknownAssessment(id);
    }

    function _enter(uint256 id, Assessment storage a, Stage stage, uint256 deadline) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        uint40 end = uint40(deadline); // Unix time, less than 2^34 seconds ahead
        (a.stage, a.deadline) = (stage, end);
        emit StageChanged(id, stage, end);
    }

    /// @dev A stage lasts until just before its deadline.
    function _isOver(Assessment storage a) private view returns (bool) {
        return block.timestamp >= a.deadline;
    }

    function _noStepDue(uint256 id, Assessment storage a) private view {
        revert NoStepDue(id, a.stage, a.deadline);
    }

    function _total(TestSet memory set, uint256 evaluationFee) private pure returns (uint256) {
        return evaluationFee * set.panelSize + set.bodyFee;
    }

    function _bit(Artifact artifact) private pure returns (uint8) {
        return artifact == Artifact.Dataset ? 1 : 2;
    }

    /// @dev For every outcome but a score.
    function _causeOf(IValidationOracle.Outcome outcome) private pure returns (Cause) {
        if (outcome == IValidationOracle.Outcome.NoQuorum) return Cause.PanelSilent;
        if (outcome == IValidationOracle.Outcome.Inconclusive) return Cause.Inconclusive;
        if (outcome == IValidationOracle.Outcome.CannotOpen) return Cause.CannotOpen;
        if (outcome == IValidationOracle.Outcome.Unstable) return Cause.Unstable;
        return Cause.Rejected;
    }
}
