// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionLens} from "../interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {CommissionTerms, Terms} from "../market/CommissionTerms.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionRecord} from "./CommissionRecord.sol";

/// @title CommissionLens
contract CommissionLens is ICommissionLens {
    using CommissionRecord for uint256[];
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];

    ICommissionMarket private immutable MARKET;
    IModelRegistry private immutable MODELS;

    constructor(ICommissionMarket market, IModelRegistry models) {
        (MARKET, MODELS) = (market, models);
    }

    /// @inheritdoc ICommissionLens
    function commission(uint256 id) external view returns (Commission memory c) {
        uint256[] memory record = MARKET.record(id);
        Terms memory terms = record.terms().load();
        _readTerms(c, terms);
        _readRecord(c, record);
        (c.state, c.deadline) = _standing(id, record, terms);
        if (c.developer != address(0)) (c.bond, c.buildDeadline) = (terms.bond(), _buildDeadline(record));
        c.auctionId = uint256(uint160(address(MARKET))) << 96 | id;
        c.modelId = MODELS.modelOf(address(MARKET), id, c.manifest);
    }

    /// @inheritdoc ICommissionLens
    function listings(uint256 first, uint256 count) external view returns (Listing[] memory found) {
        uint256 total = MARKET.commissionCount();
        if (first == 0 || first > total) return found;
        found = new Listing[](Math.min(count, total - first + 1));
        for (uint256 i = 0; i < found.length; ++i) {
            _readListing(found[i], first + i);
        }
    }

    /// @inheritdoc ICommissionLens
    function quote(ICommissionMarket.Request calldata request, address customer)
        external
        view
        returns (uint256)
    {
        return MARKET.requestRules().quote(request, customer);
    }

    function _readListing(Listing memory one, uint256 id) private view {
        uint256[] memory record = MARKET.record(id);
        Terms memory terms = record.terms().load();
        one.id = id;
        (one.state, one.deadline) = _standing(id, record, terms);
        (one.cause, one.openedAt) = (record.cause(), terms.openedAt());
        (one.developer, one.price, one.attempts) = (record.developer(), record.price(), record.attempts());
        (one.customer, one.token, one.reserve) = (terms.customer(), terms.token(), terms.reserve());
        (one.domain, one.riskClass, one.bond) = (terms.domain(), terms.riskClass(), terms.bond());
        (one.submissionCap, one.threshold, one.spec) =
        (terms.submissionCap(), terms.threshold(), terms.spec());
    }

    /// @dev The state, and its deadline: in Bidding, the end of the time for bids.
    function _standing(uint256 id, uint256[] memory record, Terms memory terms)
        private
        view
        returns (ICommissionMarket.State state, uint40 deadline)
    {
        state = MARKET.stateOf(id);
        deadline = state == ICommissionMarket.State.Bidding ? terms.commitEnds() : record.deadline();
    }

    function _readRecord(Commission memory c, uint256[] memory record) private pure {
        c.cause = record.cause();
        (c.developer, c.price, c.spent) = (record.developer(), record.price(), record.spent());
        (c.attempts, c.bestScore, c.lastScore) = (record.attempts(), record.bestScore(), record.lastScore());
        c.steps = record.steps();
        (c.panelId, c.auditId) = (record.panelId(), record.auditId());
        (c.submissionHash, c.manifest) = (record.submissionHash(), record.manifest());
        c.word = record.word();
    }

    function _readTerms(Commission memory c, Terms memory terms) private pure {
        (c.customer, c.panelSize) = (terms.customer(), terms.panelSize());
        (c.audits, c.feePpm, c.timeouts) =
        (terms.rules.audits(), terms.rules.feePpm(), terms.rules.timeouts());
        (c.stepFee, c.paidSteps) = (terms.rules.stepFee(), terms.paidSteps());
        ICommissionMarket.Request memory request = c.request;
        (request.spec, request.dataset) = (terms.spec(), terms.dataset());
        (request.token, request.reserve) = (terms.token(), terms.reserve());
        (request.evaluationFee, request.auditFee) = (terms.evaluationFee(), terms.auditFee());
        (request.effortFee, request.killFee) = (terms.effortFee(), terms.killFee());
        (request.threshold, request.effortScore) = (terms.threshold(), terms.effortScore());
        (request.tolerance, request.requiredCriteria) = (terms.tolerance(), terms.requiredCriteria());
        (request.domain, request.riskClass) = (terms.domain(), terms.riskClass());
        (request.submissionCap, request.buildWindow) = (terms.submissionCap(), terms.buildWindow());
        (request.commitEnds, request.revealEnds) = (terms.commitEnds(), terms.revealEnds());
    }

    /// @dev While the clock stands still, the time at which it would run out if it started now.
    function _buildDeadline(uint256[] memory record) private view returns (uint40) {
        if (record.state() == ICommissionMarket.State.Building) return record.deadline();
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp + record.clock()); // Unix time, at most a year ahead
    }
}
