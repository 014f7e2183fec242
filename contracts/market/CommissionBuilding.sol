// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {CommissionBidding} from "./CommissionBidding.sol";
import {CommissionDelivery} from "./CommissionDelivery.sol";
import {Terms} from "./CommissionTerms.sol";

/// @title The developer's submissions, and what the panel says of them.
abstract contract CommissionBuilding is CommissionBidding, CommissionDelivery {
    mapping(bytes32 manifest => uint256 id) private _dealOfManifest;

    /* BUILDING */

    /// @inheritdoc ICommissionMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function submit(uint256 id, IModelRegistry.Submission calldata submission) external nonReentrant {
        Deal storage deal = _dealOf(id);
        _requireState(id, deal, State.Building);
        if (msg.sender != deal.developer) revert NotDeveloper(msg.sender);
        if (_isOver(deal)) revert DeadlinePassed(id, deal.deadline);
        RULES.checkSubmission(submission);
        _claim(id, submission.manifest);
        _recordPayees(submission.payees);

        deal.clock = uint32(deal.deadline - block.timestamp); // at most the build window
        deal.submissionHash = keccak256(abi.encode(submission));
        deal.manifest = submission.manifest;
        emit ModelSubmitted(id, msg.sender, ++deal.attempts, submission);
        _ask(id, deal, _termsOf(deal), IValidationOracle.Kind.Evaluation, State.Evaluating);
    }

    function _advanceBuilding(uint256 id, Deal storage deal) internal {
        _requireOver(id, deal);
        _forfeit(id, deal, _termsOf(deal), Cause.DeveloperSilent, deal.spent);
    }

    /// @dev A sealed model belongs to one deal: its token can be minted once.
    function _claim(uint256 id, bytes32 manifest) private {
        uint256 claimant = _dealOfManifest[manifest];
        if (claimant != 0 && claimant != id) revert InvalidSubmission("manifest");
        _dealOfManifest[manifest] = id;
    }

    /// @dev Whoever is on the developer's payroll cannot audit it later.
    function _recordPayees(IModelRegistry.Payee[] calldata payees) private {
        for (uint256 i = 0; i < payees.length; ++i) {
            if (payees[i].account != msg.sender) _recordDealing(msg.sender, payees[i].account);
        }
    }

    /* EVALUATING AND APPEALING */

    function _advanceEvaluating(uint256 id, Deal storage deal) internal {
        (IValidationOracle.Outcome outcome, uint40 appealEnds) = _tally(id, deal);
        if (outcome == IValidationOracle.Outcome.NoQuorum) {
            // The same submission is evaluated again, so no further attempt is spent; the clock stands still.
            Terms memory terms = _termsOf(deal);
            _takeResult(id, deal, terms);
            _replacePanel(id, deal, terms, outcome);
        } else {
            _enter(id, deal, State.Appealing, appealEnds);
        }
    }

    function _advanceAppealing(uint256 id, Deal storage deal) internal {
        Terms memory terms = _termsOf(deal);
        IValidationOracle.Result memory result = _takeResult(id, deal, terms);
        bool scored = result.outcome == IValidationOracle.Outcome.Scored;
        bool passed = scored && result.score >= terms.request.threshold
            && result.criteria & terms.request.requiredCriteria == terms.request.requiredCriteria;
        if (scored) _recordScore(deal, result.score);
        emit Evaluated(id, deal.attempts, result.score, result.criteria, passed);
        if (passed) _accept(id, deal, terms);
        else _retry(id, deal, terms, Cause.AttemptsSpent);
    }

    function _recordScore(Deal storage deal, int64 score) private {
        if (!deal.scored || score > deal.bestScore) deal.bestScore = score;
        deal.lastScore = score;
        deal.scored = true;
    }
}
