// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Packed} from "./Packed.sol";

/// @notice What a commission was agreed on: the request, without its `maxTotal`, and the rules that applied when it opened.
struct Terms {
    address customer;
    uint96 bond; // base units, the winner's
    ICommissionMarket.Request request;
    IPolicy.CommissionTerms rules;
}

/// @notice Who gets a share of the hold beside developer and payees, and what it is paid in.
struct Shares {
    address customer;
    address token;
    address treasury;
    uint96 bond;
    uint32 feePpm;
}

/// @title Terms kept as code: a deal's own, and the rules that it shares with all deals which opened under them.
library CommissionTerms {
    using Packed for address;
    using Packed for bytes;

    /// @dev Where the panel sizes begin, one word each: `below << 8 | size`.
    uint256 private constant TIERS = 7;

    /* WRITING */

    /// @param rules where `storeRules` keeps them.
    function store(
        ICommissionMarket.Request memory request,
        address customer,
        address rules,
        uint96 bond,
        uint8 panelSize
    ) internal returns (address) {
        return bytes.concat(
                abi.encodePacked(rules, bond, customer),
                _packSmall(request, panelSize),
                abi.encodePacked(request.token, request.reserve, request.spec, request.dataset),
                abi.encodePacked(request.evaluationFee, request.auditFee, request.threshold),
                abi.encodePacked(request.effortFee, request.killFee, request.effortScore),
                abi.encodePacked(request.commitEnds, request.revealEnds, request.buildWindow)
            ).keep();
    }

    /// @dev Twelve bytes.
    function _packSmall(ICommissionMarket.Request memory request, uint8 panelSize)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            request.tolerance,
            request.requiredCriteria,
            request.domain,
            request.riskClass,
            request.submissionCap,
            panelSize,
            uint16(0)
        );
    }

    /// @notice Keeps rules for panels of all sizes: `tiers` stand for `rules.panelSize`.
    function storeRules(IPolicy.CommissionTerms memory rules, IPolicy.PanelTier[] memory tiers)
        internal
        returns (address)
    {
        IPolicy.ShareCap memory cap = rules.shareCap;
        bytes memory packed = bytes.concat(
            abi.encodePacked(rules.treasury, rules.minEvaluationFee, rules.blockedJurisdictions),
            abi.encodePacked(cap.minVolume, cap.capPpm, cap.period, rules.coolingOff, rules.bidBondPpm),
            abi.encodePacked(rules.audits, rules.regulator, rules.appealBond, rules.feePpm),
            abi.encodePacked(rules.conformitySet, rules.reverifyInterval, rules.explainability, uint48(0)),
            _packStakes(rules.stakes),
            _packTimeouts(rules.timeouts)
        );
        packed = bytes.concat(packed, _packShareCap(rules.feeShareCap));
        for (uint256 i = 0; i < tiers.length; ++i) {
            packed = abi.encodePacked(packed, uint256(tiers[i].below) << 8 | tiers[i].size);
        }
        return packed.keep();
    }

    function _packStakes(IPolicy.Stakes memory stakes) private pure returns (bytes memory) {
        return abi.encodePacked(stakes.seat, stakes.auditor, stakes.silencePpm, stakes.withholdPpm);
    }

    function _packShareCap(IPolicy.ShareCap memory cap) private pure returns (bytes memory) {
        return abi.encodePacked(cap.minVolume, cap.capPpm, cap.period, uint88(0));
    }

    function _packTimeouts(IPolicy.Timeouts memory times) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(times.draw, times.grant, times.commit, times.reveal),
            abi.encodePacked(times.appeal, times.audit, times.delivery, times.challenge)
        );
    }

    /* READING */

    function load(address at) internal view returns (Terms memory terms) {
        uint256[] memory words = at.words();
        _readRules(address(uint160(words[0] >> 96)).words(), terms.rules);
        _readRequest(words, terms.request);
        terms.bond = uint96(words[0]);
        terms.customer = address(uint160(words[1] >> 96));
        terms.rules.panelSize = uint8(words[1] >> 16);
    }

    function customerOf(address at) internal view returns (address) {
        return address(uint160(at.words()[1] >> 96));
    }

    /// @notice What a settlement asks for.
    function loadShares(address at) internal view returns (Shares memory shares) {
        uint256[] memory words = at.words();
        uint256[] memory rules = address(uint160(words[0] >> 96)).words();
        (shares.customer, shares.token) = (address(uint160(words[1] >> 96)), address(uint160(words[2] >> 96)));
        shares.treasury = address(uint160(rules[0] >> 96));
        // Words are cut into what `store` and `storeRules` put together.
        // forge-lint: disable-next-line(unsafe-typecast)
        (shares.bond, shares.feePpm) = (uint96(words[0]), uint32(rules[3] >> 128));
    }

    /// @notice The rules for a reserve price.
    function loadRules(address at, uint96 reserve)
        internal
        view
        returns (IPolicy.CommissionTerms memory rules)
    {
        uint256[] memory words = at.words();
        _readRules(words, rules);
        for (uint256 i = TIERS; i < words.length; ++i) {
            rules.panelSize = uint8(words[i]); // the last tier has no upper end
            if (reserve < words[i] >> 8) break;
        }
    }

    // forge-lint: disable-start(unsafe-typecast)
    // A word is cut into what it was put together from.

    function _readRequest(uint256[] memory words, ICommissionMarket.Request memory request) private pure {
        uint256 word = words[1];
        (request.tolerance, request.requiredCriteria) = (uint32(word >> 64), uint16(word >> 48));
        (request.domain, request.riskClass) = (uint8(word >> 40), uint8(word >> 32));
        request.submissionCap = uint8(word >> 24);
        (request.token, request.reserve) = (address(uint160(words[2] >> 96)), uint96(words[2]));
        (request.spec, request.dataset) = (bytes32(words[3]), bytes32(words[4]));
        word = words[5];
        (request.evaluationFee, request.auditFee) = (uint96(word >> 160), uint96(word >> 64));
        request.threshold = int64(uint64(word));
        word = words[6];
        (request.effortFee, request.killFee) = (uint96(word >> 160), uint96(word >> 64));
        request.effortScore = int64(uint64(word));
        word = words[7];
        (request.commitEnds, request.revealEnds) = (uint40(word >> 216), uint40(word >> 176));
        request.buildWindow = uint32(word >> 144);
    }

    function _readRules(uint256[] memory words, IPolicy.CommissionTerms memory rules) private pure {
        (rules.treasury, rules.minEvaluationFee) = (address(uint160(words[0] >> 96)), uint96(words[0]));
        rules.blockedJurisdictions = words[1];
        uint256 word = words[2];
        _readShareCap(word, rules.shareCap);
        rules.coolingOff = uint40(word >> 48);
        (rules.bidBondPpm, rules.audits, rules.regulator) =
        (uint32(word >> 16), uint8(word >> 8), uint8(word) != 0);
        word = words[3];
        (rules.appealBond, rules.feePpm) = (uint96(word >> 160), uint32(word >> 128));
        (rules.conformitySet, rules.reverifyInterval) = (uint32(word >> 96), uint40(word >> 56));
        rules.explainability = uint8(word >> 48) != 0;
        word = words[4];
        IPolicy.Stakes memory stakes = rules.stakes;
        (stakes.seat, stakes.auditor) = (uint96(word >> 160), uint96(word >> 64));
        (stakes.silencePpm, stakes.withholdPpm) = (uint32(word >> 32), uint32(word));
        word = words[5];
        IPolicy.Timeouts memory times = rules.timeouts;
        (times.draw, times.grant) = (uint32(word >> 224), uint32(word >> 192));
        (times.commit, times.reveal) = (uint32(word >> 160), uint32(word >> 128));
        (times.appeal, times.audit) = (uint32(word >> 96), uint32(word >> 64));
        (times.delivery, times.challenge) = (uint32(word >> 32), uint32(word));
        _readShareCap(words[6], rules.feeShareCap);
    }

    function _readShareCap(uint256 word, IPolicy.ShareCap memory cap) private pure {
        (cap.minVolume, cap.capPpm, cap.period) =
        (uint96(word >> 160), uint32(word >> 128), uint40(word >> 88));
    }

    // forge-lint: disable-end(unsafe-typecast)
}
