// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {CommissionBidding} from "./CommissionBidding.sol";
import {CommissionDelivery} from "./CommissionDelivery.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The developer's submissions, and what the panel says of them.
abstract contract CommissionBuilding is CommissionBidding, CommissionDelivery {
    using CommissionTerms for Terms;

    /// @inheritdoc ICommissionMarket
    mapping(bytes32 manifest => uint256 id) public dealOfManifest;

    /* BUILDING */

    /// @inheritdoc ICommissionMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function submit(uint256 id, IModelRegistry.Submission calldata submission) external nonReentrant {
        Deal storage self = _dealOf(id);
        self.at.requireState(id, uint8(State.Building));
        if (msg.sender != self.developer) revert NotDeveloper(msg.sender);
        self.at.requireRunning(id);
        RULES.checkSubmission(submission);
        _claim(id, submission.manifest);
        _recordPayees(submission.payees);

        self.clock = uint32(self.at.deadline() - block.timestamp); // at most the build window
        self.submissionHash = keccak256(abi.encode(submission));
        self.manifest = submission.manifest;
        emit ModelSubmitted(id, msg.sender, ++self.attempts, submission);
        _askForScore(id, self, _termsOf(self), submission.grants);
    }

    /// @dev A sealed model belongs to one deal: its token can be minted once.
    function _claim(uint256 id, bytes32 manifest) private {
        uint256 claimant = dealOfManifest[manifest];
        if (claimant != 0 && claimant != id) revert InvalidSubmission("manifest");
        dealOfManifest[manifest] = id;
    }

    /// @dev Whoever is on the developer's payroll cannot audit it later.
    function _recordPayees(IModelRegistry.Payee[] calldata payees) private {
        for (uint256 i = 0; i < payees.length; ++i) {
            if (payees[i].account != msg.sender) _recordDealing(msg.sender, payees[i].account);
        }
    }

    /* EVALUATING */

    function _advanceEvaluating(uint256 id, Deal storage self, Terms memory terms) internal {
        IRounds.Answer memory answer = _advancePanel(id, self, terms);
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.Pending) return;
        bool scored = outcome == IValidationOracle.Outcome.Answered;
        if (scored || _isBad(outcome) || outcome == IValidationOracle.Outcome.Undecided) {
            _takeScore(id, self, terms, answer, scored);
        } else {
            _refundUnanswered(id, self, terms, answer);
        }
    }

    function _takeScore(
        uint256 id,
        Deal storage self,
        Terms memory terms,
        IRounds.Answer memory answer,
        bool scored
    ) private {
        int64 score = scored ? answer.scores[0] : int64(0);
        uint16 required = terms.requiredCriteria();
        bool passed = scored && score >= terms.threshold() && answer.criteria & required == required;
        if (scored) _recordScore(self, score);
        emit Evaluated(id, self.attempts, score, answer.criteria, passed);
        if (passed) {
            self.word = answer.word;
            _accept(id, self, terms);
        } else {
            _retry(id, self, terms, Cause.AttemptsSpent);
        }
    }

    function _recordScore(Deal storage self, int64 score) private {
        if (!self.scored || score > self.bestScore) self.bestScore = score;
        self.lastScore = score;
        self.scored = true;
    }
}
