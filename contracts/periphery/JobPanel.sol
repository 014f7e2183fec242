// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IJobEvaluator} from "../interfaces/IJobEvaluator.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Deals} from "../kernel/Deals.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {StepFees} from "../kernel/StepFees.sol";
import {Rules} from "../policy/Rules.sol";

/// @title What jobs of ERC-8183 ask their panel, what that costs, and how its answers end a job.
/// @dev No function here calls a job contract.
abstract contract JobPanel is IJobEvaluator {
    using Rules for uint256[];
    using SSTORE2 for address;

    /// @dev The questions' artifacts: the client's data, the provider's model.
    uint8 internal constant DATA = 0;
    uint8 internal constant MODEL = 1;
    uint8 internal constant DATA_BIT = 1;
    uint8 internal constant MODEL_BIT = 2;

    uint256 internal constant QUESTIONS = 2;
    /// @dev Steps that are paid at most. Those after the last answer are taken by whoever wants the job to end.
    uint256 internal constant PAID_STEPS = QUESTIONS * StepFees.QUESTION + StepFees.REPLACEMENT;

    IEscrow internal immutable ESCROW;
    IRounds internal immutable ROUNDS;

    mapping(uint256 id => Enrolment) internal _enrolments;

    constructor(IEscrow escrow, IRounds rounds) {
        (ESCROW, ROUNDS) = (escrow, rounds);
    }

    /* THE PANEL */

    /// @dev Reentrancy: `enrol` is guarded.
    // slither-disable-next-line reentrancy-no-eth
    function _openPanel(uint256 id, Enrolment storage self) internal returns (uint256 panelId) {
        panelId = ROUNDS.open(
            id,
            IRounds.Terms({
                customer: self.client,
                developer: self.provider,
                token: self.token,
                fee: self.evaluationFee,
                size: self.panelSize,
                rules: self.rules
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        self.panelId = uint72(panelId); // 40 bits and the room's 32
    }

    /// @dev Takes the panel's next step, and pays those who earned a fee by it, unless it repeats a draw.
    function _advancePanel(uint256 id, Enrolment storage self)
        internal
        returns (IRounds.Answer memory answer)
    {
        answer = ROUNDS.advance(self.panelId);
        if (!answer.moved) return answer;
        uint256 stepFee = self.rules.read().stepFee();
        if (self.steps == PAID_STEPS) stepFee = 0;
        else if (stepFee != 0) ++self.steps;
        (IEscrow.Payment[] memory payments, uint256 total) =
            StepFees.paymentsFor(answer.paid, self.evaluationFee, stepFee);
        if (total != 0) ESCROW.releaseEach(bytes32(id), self.token, payments);
    }

    /// @dev An end before a delivery: the panel is let go, and the client gets the rest.
    function _decide(uint256 id, Enrolment storage self, State state, Cause cause) internal {
        self.cause = cause;
        _enter(id, self, state, 0);
        emit Decided(id, state, cause);
        _settle(id, self);
    }

    function _settle(uint256 id, Enrolment storage self) internal {
        uint256 rest = ESCROW.held(address(this), self.token, bytes32(id));
        ROUNDS.close(self.panelId);
        if (rest != 0) ESCROW.release(bytes32(id), self.token, self.client, rest);
    }

    /// @dev About the client's data, and the model if there are two artifacts.
    function _question(Enrolment storage self, uint256 artifacts)
        internal
        view
        returns (IRounds.Question memory question)
    {
        question.work = self.spec;
        (question.artifacts, question.granters) = (new bytes32[](artifacts), new address[](artifacts));
        question.grants = new bytes32[](artifacts);
        (question.artifacts[DATA], question.granters[DATA]) = (self.dataset, self.client);
    }

    /// @dev Whether only the key of the client's data is missing.
    function _isDataAlone(uint256 panelId) internal view returns (bool) {
        return ROUNDS.roundOf(panelId).needed == DATA_BIT;
    }

    /// @dev For every outcome of the score but an answer and a silent client.
    function _causeOf(IValidationOracle.Outcome outcome) internal pure returns (Cause) {
        if (outcome == IValidationOracle.Outcome.GranterSilent) return Cause.ProviderSilent;
        bool bad =
            outcome >= IValidationOracle.Outcome.CannotOpen && outcome <= IValidationOracle.Outcome.Rejected;
        return bad ? Cause.BadModel : Cause.NoAnswer;
    }

    /* STATES */

    function _enrolmentOf(uint256 id) internal view returns (Enrolment storage self) {
        self = _enrolments[id];
        if (self.at.state() == uint8(State.None)) revert UnknownEnrolment(id);
    }

    /// @param deadline Unix seconds; 0 for a state without one.
    function _enter(uint256 id, Enrolment storage self, State state, uint256 deadline) internal {
        self.at = Deals.enter(id, uint8(state), deadline);
    }
}
