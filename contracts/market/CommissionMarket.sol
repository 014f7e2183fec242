// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {ICommissionRules} from "../interfaces/ICommissionRules.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionBuilding} from "./CommissionBuilding.sol";
import {CommissionEndings} from "./CommissionEndings.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title CommissionMarket
/// @notice The deal's steps, each in the part of its phase: `CommissionBidding`, `CommissionPanel`,
/// `CommissionBuilding`, `CommissionDelivery`, `CommissionEndings`. Money leaves in `_pay` and `_refund` of
/// `CommissionBase` and in `settle`, nowhere else.
contract CommissionMarket is CommissionBuilding, CommissionEndings {
    using CommissionTerms for Terms;

    /// @dev Of `Deal`.
    uint256 private constant SLOTS = 7;

    constructor(Modules memory modules) CommissionBase(modules) {}

    /// @inheritdoc ICommissionMarket
    function advance(uint256 id) external nonReentrant {
        Deal storage self = _dealOf(id);
        Terms memory terms = _termsOf(self);
        State state = _stateOf(self);
        if (state == State.Attesting) _advanceAttesting(id, self, terms);
        else if (state == State.Evaluating) _advanceEvaluating(id, self, terms);
        else if (state == State.Auditing) _advanceAuditing(id, self, terms);
        else _advanceOver(id, self, terms, state);
    }

    /// @dev The states that only time ends. Disputed ends by a ruling, and `settle` pays.
    function _advanceOver(uint256 id, Deal storage self, Terms memory terms, State state) private {
        bool paysPrice = state == State.Challenge && self.cause == Cause.None;
        if (state > State.Challenge || paysPrice) self.at.nothingDue(id);
        self.at.requireOver(id);
        _payStep(id, self, terms);
        if (state == State.Bidding) _award(id, self, terms);
        else if (state == State.Building) _forfeit(id, self, terms, Cause.DeveloperSilent, self.spent);
        else if (state == State.Delivering) _announceRefund(id, self, terms, Cause.DeliveryFailed);
        else _refundAsAnnounced(id, self, terms);
    }

    /* VIEWS */

    /// @inheritdoc ICommissionMarket
    function stateOf(uint256 id) external view returns (State) {
        Deal storage self = _deals[id];
        State state = _stateOf(self);
        if (state != State.Bidding) return state;
        return block.timestamp < _termsOf(self).commitEnds() ? State.Bidding : State.Revealing;
    }

    /// @inheritdoc ICommissionMarket
    function record(uint256 id) external view returns (uint256[] memory words) {
        Deal storage self = _dealOf(id);
        words = new uint256[](SLOTS);
        assembly ("memory-safe") {
            // The slots of the struct, in order, to behind the length word.
            for { let i := 0 } lt(i, SLOTS) { i := add(i, 1) } {
                mstore(add(words, mul(add(i, 1), 32)), sload(add(self.slot, i)))
            }
        }
    }

    /// @inheritdoc ICommissionMarket
    function requestRules() external view returns (ICommissionRules) {
        return RULES;
    }
}
