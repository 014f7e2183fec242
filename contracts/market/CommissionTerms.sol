// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Packed} from "./Packed.sol";

/// @notice What a commission was agreed on: the request, and the rules that applied when it opened.
struct Terms {
    address customer;
    uint96 bond; // base units, the winner's
    ICommissionMarket.Request request;
    IPolicy.CommissionTerms rules;
}

/// @title Terms kept as code: a deal's own, and the rules that it shares with all deals which opened under them.
library CommissionTerms {
    using Packed for address;
    using Packed for bytes;
    using Packed for Packed.Cursor;

    uint256 private constant RULES_LENGTH = 176;
    uint256 private constant TIER_LENGTH = 13;

    /// @param rules where `storeRules` keeps them.
    function store(
        ICommissionMarket.Request calldata request,
        address customer,
        address rules,
        uint96 bond,
        uint8 panelSize
    ) internal returns (address) {
        return bytes.concat(
                abi.encodePacked(rules, customer, bond, panelSize),
                abi.encodePacked(request.spec, request.dataset, request.token, request.reserve),
                abi.encodePacked(
                    request.evaluationFee,
                    request.auditFee,
                    request.effortFee,
                    request.killFee,
                    request.maxTotal,
                    request.threshold,
                    request.effortScore,
                    request.tolerance
                ),
                abi.encodePacked(
                    request.requiredCriteria,
                    request.domain,
                    request.riskClass,
                    request.submissionCap,
                    request.commitEnds,
                    request.revealEnds,
                    request.buildWindow
                )
            ).keep();
    }

    /// @notice Keeps rules for panels of all sizes: `tiers` stand for `rules.panelSize`.
    function storeRules(IPolicy.CommissionTerms memory rules, IPolicy.PanelTier[] memory tiers)
        internal
        returns (address)
    {
        IPolicy.Timeouts memory times = rules.timeouts;
        bytes memory packed = bytes.concat(
            abi.encodePacked(
                rules.treasury,
                rules.feePpm,
                rules.bidBondPpm,
                rules.audits,
                rules.regulator,
                rules.minEvaluationFee,
                rules.appealBond,
                rules.coolingOff,
                rules.blockedJurisdictions
            ),
            abi.encodePacked(
                rules.stakes.seat, rules.stakes.auditor, rules.stakes.silencePpm, rules.stakes.withholdPpm
            ),
            abi.encodePacked(rules.shareCap.capPpm, rules.shareCap.period, rules.shareCap.minVolume),
            abi.encodePacked(times.draw, times.grant, times.commit, times.reveal),
            abi.encodePacked(times.appeal, times.audit, times.delivery, times.challenge)
        );
        for (uint256 i = 0; i < tiers.length; ++i) {
            packed = abi.encodePacked(packed, tiers[i].below, tiers[i].size);
        }
        return packed.keep();
    }

    // forge-lint: disable-start(unsafe-typecast)
    // `next` answers no more bits than it is asked for.

    function load(address at) internal view returns (Terms memory terms) {
        Packed.Cursor memory cursor = at.open();
        address rules = address(uint160(cursor.next(20)));
        _readRules(rules.open(), terms.rules);
        terms.customer = address(uint160(cursor.next(20)));
        terms.bond = uint96(cursor.next(12));
        terms.rules.panelSize = uint8(cursor.next(1));
        _readRequest(cursor, terms.request);
    }

    /// @notice The rules for a reserve price.
    function loadRules(address at, uint96 reserve)
        internal
        view
        returns (IPolicy.CommissionTerms memory rules)
    {
        Packed.Cursor memory cursor = at.open();
        _readRules(cursor, rules);
        uint256 tiers = (at.lengthOf() - RULES_LENGTH) / TIER_LENGTH;
        for (uint256 i = 0; i < tiers; ++i) {
            uint96 below = uint96(cursor.next(12));
            rules.panelSize = uint8(cursor.next(1)); // the last tier has no upper end
            if (reserve < below) break;
        }
    }

    function _readRequest(Packed.Cursor memory cursor, ICommissionMarket.Request memory request)
        private
        pure
    {
        request.spec = bytes32(cursor.next(32));
        request.dataset = bytes32(cursor.next(32));
        request.token = address(uint160(cursor.next(20)));
        request.reserve = uint96(cursor.next(12));
        request.evaluationFee = uint96(cursor.next(12));
        request.auditFee = uint96(cursor.next(12));
        request.effortFee = uint96(cursor.next(12));
        request.killFee = uint96(cursor.next(12));
        request.maxTotal = uint96(cursor.next(12));
        request.threshold = int64(uint64(cursor.next(8)));
        request.effortScore = int64(uint64(cursor.next(8)));
        request.tolerance = uint32(cursor.next(4));
        request.requiredCriteria = uint16(cursor.next(2));
        request.domain = uint8(cursor.next(1));
        request.riskClass = uint8(cursor.next(1));
        request.submissionCap = uint8(cursor.next(1));
        request.commitEnds = uint40(cursor.next(5));
        request.revealEnds = uint40(cursor.next(5));
        request.buildWindow = uint32(cursor.next(4));
    }

    function _readRules(Packed.Cursor memory cursor, IPolicy.CommissionTerms memory rules) private pure {
        rules.treasury = address(uint160(cursor.next(20)));
        rules.feePpm = uint32(cursor.next(4));
        rules.bidBondPpm = uint32(cursor.next(4));
        rules.audits = uint8(cursor.next(1));
        rules.regulator = cursor.next(1) != 0;
        rules.minEvaluationFee = uint96(cursor.next(12));
        rules.appealBond = uint96(cursor.next(12));
        rules.coolingOff = uint40(cursor.next(5));
        rules.blockedJurisdictions = cursor.next(32);
        rules.stakes.seat = uint96(cursor.next(12));
        rules.stakes.auditor = uint96(cursor.next(12));
        rules.stakes.silencePpm = uint32(cursor.next(4));
        rules.stakes.withholdPpm = uint32(cursor.next(4));
        rules.shareCap.capPpm = uint32(cursor.next(4));
        rules.shareCap.period = uint40(cursor.next(5));
        rules.shareCap.minVolume = uint96(cursor.next(12));
        _readTimeouts(cursor, rules.timeouts);
    }

    function _readTimeouts(Packed.Cursor memory cursor, IPolicy.Timeouts memory timeouts) private pure {
        timeouts.draw = uint32(cursor.next(4));
        timeouts.grant = uint32(cursor.next(4));
        timeouts.commit = uint32(cursor.next(4));
        timeouts.reveal = uint32(cursor.next(4));
        timeouts.appeal = uint32(cursor.next(4));
        timeouts.audit = uint32(cursor.next(4));
        timeouts.delivery = uint32(cursor.next(4));
        timeouts.challenge = uint32(cursor.next(4));
    }

    // forge-lint: disable-end(unsafe-typecast)
}
