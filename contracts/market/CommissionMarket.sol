// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionBuilding} from "./CommissionBuilding.sol";
import {CommissionDisputes} from "./CommissionDisputes.sol";
import {Terms} from "./CommissionTerms.sol";

/// @title CommissionMarket
/// @notice The deal's steps, each in the part of its phase: `CommissionBidding`, `CommissionPanel`, `CommissionBuilding`,
/// `CommissionDelivery`, `CommissionDisputes`. Money leaves in `_pay` and `_refund` of `CommissionBase` and in `settle`, nowhere else.
contract CommissionMarket is CommissionBuilding, CommissionDisputes {
    constructor(Modules memory modules) CommissionBase(modules) {}

    /// @inheritdoc ICommissionMarket
    function advance(uint256 id) external nonReentrant {
        Deal storage deal = _dealOf(id);
        State state = deal.state;
        if (state == State.Bidding) _award(id, deal);
        else if (state == State.Drawing) _advanceDrawing(id, deal);
        else if (state == State.Granting) _advanceGranting(id, deal);
        else if (state == State.Attesting) _advanceAttesting(id, deal);
        else if (state == State.Building) _advanceBuilding(id, deal);
        else if (state == State.Evaluating) _advanceEvaluating(id, deal);
        else if (state == State.Appealing) _advanceAppealing(id, deal);
        else if (state == State.Auditing) _advanceAuditing(id, deal);
        else if (state == State.Delivering) _advanceDelivering(id, deal);
        else if (state == State.Challenge) _advanceChallenge(id, deal);
        else _nothingDue(id, deal); // Disputed ends by a ruling
    }

    /* VIEWS */

    /// @inheritdoc ICommissionMarket
    function stateOf(uint256 id) public view returns (State) {
        Deal storage deal = _deals[id];
        if (deal.state != State.Bidding) return deal.state;
        return block.timestamp < _termsOf(deal).request.commitEnds ? State.Bidding : State.Revealing;
    }

    /// @inheritdoc ICommissionMarket
    function commission(uint256 id) external view returns (Commission memory c) {
        Deal storage deal = _dealOf(id);
        Terms memory terms = _termsOf(deal);
        (c.request, c.timeouts) = (terms.request, terms.rules.timeouts);
        (c.customer, c.auctionId) = (terms.customer, _auctionIdOf(id));
        (c.panelSize, c.audits, c.feePpm) = (terms.rules.panelSize, terms.rules.audits, terms.rules.feePpm);
        if (deal.developer != address(0)) c.bond = terms.bond;

        (c.state, c.cause) = (stateOf(id), deal.cause);
        c.deadline = c.state == State.Bidding ? terms.request.commitEnds : deal.deadline;
        c.buildDeadline = _buildDeadline(deal);
        (c.developer, c.price, c.spent) = (deal.developer, deal.price, deal.spent);
        (c.attempts, c.bestScore, c.lastScore) = (deal.attempts, deal.bestScore, deal.lastScore);
        (c.replaced, c.redelivering) = (deal.replaced, deal.redelivering);
        (c.panelId, c.requestId, c.auditId) = (deal.panelId, deal.requestId, deal.auditId);
        (c.modelId, c.manifest) = (MODELS.modelOf(address(this), id, deal.manifest), deal.manifest);
        (c.submissionHash, c.deliveredGrants) = (deal.submissionHash, deal.deliveredGrants);
    }

    /// @dev While the clock stands still, when it would end if it started now; 0 before the award.
    function _buildDeadline(Deal storage deal) private view returns (uint40) {
        if (deal.state == State.Building) return deal.deadline;
        return deal.developer == address(0) ? 0 : uint40(block.timestamp + deal.clock);
    }
}
