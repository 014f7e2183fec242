// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The questions that a deal's panel is asked, and what it says of the dataset.
/// @notice Is the data as committed? How does a model score? Rounds does the rest: drawing, keys, votes, appeals.
abstract contract CommissionPanel is CommissionBase {
    using CommissionTerms for address;
    using CommissionTerms for Terms;

    /// @dev The places of a question's artifacts, and their bits.
    uint8 private constant DATA = 0;
    uint8 private constant MODEL = 1;
    uint8 private constant DATA_BIT = 1;
    uint8 private constant MODEL_BIT = 2;

    /* ASKING */

    /// @dev Opens the deal's panel and has it attest the dataset. A market that may no longer have panels drawn ends
    /// its deals here. A call that ran out of gas gives no reason; the deal must not end because of it.
    function _askForData(uint256 id, Deal storage self, Terms memory terms) internal {
        IRounds.Terms memory round = IRounds.Terms({
            customer: terms.customer(),
            developer: self.developer,
            token: terms.token(),
            fee: terms.evaluationFee(),
            size: terms.panelSize(),
            rules: terms.rulesAt()
        });
        try ROUNDS.open(id, round) returns (uint256 panelId) {
            // forge-lint: disable-next-line(unsafe-typecast)
            self.panelId = uint72(panelId); // 40 bits and the room's 32
            emit PanelAssigned(id, panelId);
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            _refund(id, self, terms, Cause.PanelNotSeated, 0);
            return;
        }
        _enter(id, self, State.Attesting, 0);
        IRounds.Question memory question = _question(terms, 1);
        (question.kind, question.fresh) = (IValidationOracle.Kind.Verdict, DATA_BIT);
        ROUNDS.ask(self.panelId, question);
    }

    /// @dev Has the panel evaluate what was submitted, and say how its key is delivered to the customer.
    /// @param grants digest of the KeyGrants by which the panel opens the model.
    function _askForScore(uint256 id, Deal storage self, Terms memory terms, bytes32 grants) internal {
        _enter(id, self, State.Evaluating, 0);
        IRounds.Question memory question = _question(terms, 2);
        (question.kind, question.fresh) = (IValidationOracle.Kind.Score, MODEL_BIT);
        (question.subjects, question.tolerance) = (1, terms.tolerance());
        (question.appealable, question.delivers) = (true, true);
        (question.artifacts[MODEL], question.granters[MODEL]) = (self.manifest, self.developer);
        question.grants[MODEL] = grants;
        ROUNDS.ask(self.panelId, question);
    }

    /// @dev About the deal's dataset, and a second artifact if there are two.
    function _question(Terms memory terms, uint256 artifacts)
        private
        pure
        returns (IRounds.Question memory question)
    {
        question.work = terms.spec();
        (question.artifacts, question.granters) = (new bytes32[](artifacts), new address[](artifacts));
        question.grants = new bytes32[](artifacts);
        (question.artifacts[DATA], question.granters[DATA]) = (terms.dataset(), terms.customer());
    }

    /* ANSWERS */

    /// @dev Takes the panel's next step and pays those who earned a fee by it, unless it repeats a draw.
    function _advancePanel(uint256 id, Deal storage self, Terms memory terms)
        internal
        returns (IRounds.Answer memory answer)
    {
        answer = ROUNDS.advance(self.panelId);
        if (answer.moved) _pay(id, self, terms, answer.paid, terms.evaluationFee());
    }

    function _advanceAttesting(uint256 id, Deal storage self, Terms memory terms) internal {
        IRounds.Answer memory answer = _advancePanel(id, self, terms);
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.Pending) return;
        if (outcome == IValidationOracle.Outcome.Answered) {
            _startBuilding(id, self);
        } else if (_isBad(outcome)) {
            _announceRefund(id, self, terms, Cause.BadData);
        } else {
            _refundUnanswered(id, self, terms, answer);
        }
    }

    /// @dev The panel gave no answer. Only a silent granter is at fault. New members can get the model's key from any
    /// member, so a developer who does not grant it is treated like a silent panel.
    function _refundUnanswered(
        uint256 id,
        Deal storage self,
        Terms memory terms,
        IRounds.Answer memory answer
    ) internal {
        (Cause cause, uint256 fee) = (Cause.PanelSilent, 0);
        if (answer.outcome == IValidationOracle.Outcome.NotSeated) {
            cause = Cause.PanelNotSeated;
        } else if (answer.outcome == IValidationOracle.Outcome.GranterSilent && answer.artifact == DATA) {
            (cause, fee) = (Cause.CustomerSilent, terms.killFee());
        }
        _refund(id, self, terms, cause, fee);
    }

    /// @dev Whether the panel has found something wrong: it cannot be opened, is unstable, or is rejected.
    function _isBad(IValidationOracle.Outcome outcome) internal pure returns (bool) {
        return
            outcome >= IValidationOracle.Outcome.CannotOpen && outcome <= IValidationOracle.Outcome.Rejected;
    }

    /* PARTS IN THE DEAL */

    /// @inheritdoc IAuditClient
    function playsPart(uint256 id, address account) external view returns (bool) {
        Deal storage self = _dealOf(id);
        return account == self.terms.customerOf() || account == self.developer
            || ROUNDS.isMember(self.panelId, account);
    }
}
