// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {Terms} from "./CommissionTerms.sol";

/// @title Ends that a party may contest: carried out after the challenge window, or as a ruling says.
abstract contract CommissionDisputes is CommissionBase {
    /// @inheritdoc IDisputableMarket
    /// @dev Once in a deal: a ruling ends it, or leaves a Challenge that is over.
    function contest(uint256 id, uint40 until) external {
        Deal storage deal = _disputed(id, State.Challenge);
        if (_isOver(deal)) revert DeadlinePassed(id, deal.deadline);
        _enter(id, deal, State.Disputed, until);
    }

    /// @inheritdoc IDisputableMarket
    function resolve(uint256 id, Side side, uint256 costs) external nonReentrant {
        Deal storage deal = _disputed(id, State.Disputed);
        Terms memory terms = _termsOf(deal);
        Cause cause = deal.cause;
        if (cause == Cause.None) {
            if (side == Side.Customer) _forfeit(id, deal, terms, Cause.DisputeLost, deal.spent + costs);
            else _enter(id, deal, State.Challenge, block.timestamp); // over, so that `settle` pays at once
        } else if (side == Side.None || (side == Side.Developer) == (cause == Cause.BadData)) {
            _refundAsAnnounced(id, deal, terms);
        } else {
            // Never the price, never the key: the model was not accepted.
            uint256 fee =
                side == Side.Developer ? Math.max(terms.request.killFee, _announcedFee(deal, terms)) : 0;
            _refund(id, deal, terms, Cause.Overturned, fee);
        }
    }

    /// @dev Every step of a dispute comes from `DISPUTES`.
    function _disputed(uint256 id, State state) private view returns (Deal storage deal) {
        if (msg.sender != DISPUTES) revert NotDisputes(msg.sender);
        deal = _dealOf(id);
        _requireState(id, deal, state);
    }

    function _advanceChallenge(uint256 id, Deal storage deal) internal {
        if (deal.cause == Cause.None) _nothingDue(id, deal); // `settle` pays
        _requireOver(id, deal);
        _refundAsAnnounced(id, deal, _termsOf(deal));
    }

    function _refundAsAnnounced(uint256 id, Deal storage deal, Terms memory terms) private {
        _refund(id, deal, terms, deal.cause, _announcedFee(deal, terms));
    }

    /// @dev The developer's: for bad data the kill fee; for a delivery that failed none; where its attempts ended the effort
    /// fee, due when the best of them came near enough.
    function _announcedFee(Deal storage deal, Terms memory terms) private view returns (uint256) {
        if (deal.cause == Cause.BadData) return terms.request.killFee;
        if (deal.cause == Cause.DeliveryFailed) return 0;
        return deal.scored && deal.bestScore >= terms.request.effortScore ? terms.request.effortFee : 0;
    }

    /* VIEWS */

    /// @inheritdoc IDisputableMarket
    function disputeTerms(uint256 id) external view returns (DisputeTerms memory d) {
        Deal storage deal = _dealOf(id);
        Terms memory terms = _termsOf(deal);
        (d.customer, d.developer, d.arbitrator) = (terms.customer, deal.developer, _arbitrators[id]);
        (d.token, d.openedAt, d.coolingOff) = (terms.request.token, deal.openedAt, terms.rules.coolingOff);
        (d.fee, d.bond) = (terms.rules.appealBond, terms.rules.stakes.auditor);
        (d.auditId, d.timeouts) = (deal.auditId, terms.rules.timeouts);
    }

    /// @inheritdoc IDisputableMarket
    function disputes() external view returns (address) {
        return DISPUTES;
    }
}
