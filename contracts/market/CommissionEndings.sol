// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {DealState} from "../kernel/Deals.sol";
import {Endings} from "../kernel/Endings.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title How commissions end: whom an announced end favours, what it pays, and what a ruling makes of it.
abstract contract CommissionEndings is CommissionBase {
    using CommissionTerms for Terms;
    using Rules for uint256[];

    /// @inheritdoc IDisputableMarket
    function resolve(uint256 id, Side side, uint256 costs) external nonReentrant {
        if (_dealOf(id).cause == Cause.DeliveryRefuted) return; // arithmetic has ended it
        _resolve(id, side, costs);
    }

    /// @inheritdoc Endings
    function _endingState(uint256 id) internal view override returns (DealState) {
        return _dealOf(id).at;
    }

    /// @inheritdoc Endings
    function _enterEnding(uint256 id, uint8 state, uint256 deadline) internal override {
        _enter(id, _deals[id], State(state), deadline);
    }

    /// @inheritdoc Endings
    function _favoured(uint256 id) internal view override returns (Side) {
        Cause cause = _deals[id].cause;
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with times
        return cause == Cause.None || cause == Cause.BadData ? Side.Developer : Side.Customer;
    }

    /// @inheritdoc Endings
    function _confirm(uint256 id) internal override {
        Deal storage self = _deals[id];
        if (self.cause == Cause.None) _announce(id, 0); // over, so that `settle` pays at once
        else _refundAsAnnounced(id, self, _termsOf(self));
    }

    /// @inheritdoc Endings
    /// @dev A ruling for the developer never pays the price, and never delivers the key: the model was not accepted.
    function _overrule(uint256 id, Side side, uint256 costs) internal override {
        Deal storage self = _deals[id];
        Terms memory terms = _termsOf(self);
        if (self.cause == Cause.None) {
            _forfeit(id, self, terms, Cause.DisputeLost, self.spent + costs);
        } else {
            uint256 fee = side == Side.Developer ? Math.max(terms.killFee(), _announcedFee(self, terms)) : 0;
            _refund(id, self, terms, Cause.Overturned, fee);
        }
    }

    function _refundAsAnnounced(uint256 id, Deal storage self, Terms memory terms) internal {
        _refund(id, self, terms, self.cause, _announcedFee(self, terms));
    }

    /// @dev The developer's fee: the kill fee for bad data; none for a failed delivery; when its attempts are spent
    /// the effort fee, if its best score is high enough.
    function _announcedFee(Deal storage self, Terms memory terms) private view returns (uint256) {
        if (self.cause == Cause.BadData) return terms.killFee();
        if (self.cause == Cause.DeliveryFailed) return 0;
        return self.scored && self.bestScore >= terms.effortScore() ? terms.effortFee() : 0;
    }

    /* VIEWS */

    /// @inheritdoc IDisputableMarket
    function dealOf(uint256 id) external view returns (DealView memory d) {
        Deal storage self = _dealOf(id);
        Terms memory terms = _termsOf(self);
        (d.customer, d.developer, d.arbitrator) = (terms.customer(), self.developer, _arbitrators[id]);
        (d.token, d.domain, d.subject) = (terms.token(), terms.domain(), self.manifest);
        (d.openedAt, d.coolingOff) = (terms.openedAt(), terms.rules.coolingOff());
        (d.fee, d.bond) = (terms.rules.appealBond(), terms.rules.auditorBond());
        (d.auditId, d.timeouts) = (self.auditId, terms.rules.timeouts());
    }
}
