// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Words} from "../kernel/Words.sol";
import {Rules} from "../policy/Rules.sol";

/// @notice What was agreed on, in memory: a commission's own words, and those of the rules that applied when it opened.
struct Terms {
    uint256[] own;
    uint256[] rules; // read with `Rules`
}

/// @title The layout of a commission's terms, which are kept as code.
/// @dev All of the request but its `maxTotal`. Layout, a line a word, high bits first:
/// 160 bits rules | 96 reserve
/// 160 customer | 32 tolerance | 16 requiredCriteria | 8 each: domain, riskClass, submissionCap, panelSize, paidSteps,
/// nothing
/// 160 token | 96 evaluationFee
/// 256 spec
/// 256 dataset
/// 96 auditFee | 96 effortFee | 64 threshold
/// 96 killFee | 64 effortScore | 40 commitEnds | 24 revealWindow | 32 buildWindow
/// 40 openedAt
library CommissionTerms {
    using Rules for uint256[];
    using SSTORE2 for address;
    using SSTORE2 for bytes;
    using Words for uint256[];

    uint256 private constant PPM = 1_000_000;

    uint256 private constant RULES = 0 * 256 + 96;
    uint256 private constant RESERVE = 0 * 256;
    uint256 private constant CUSTOMER = 1 * 256 + 96;
    uint256 private constant TOLERANCE = 1 * 256 + 64;
    uint256 private constant REQUIRED_CRITERIA = 1 * 256 + 48;
    uint256 private constant DOMAIN = 1 * 256 + 40;
    uint256 private constant RISK_CLASS = 1 * 256 + 32;
    uint256 private constant SUBMISSION_CAP = 1 * 256 + 24;
    uint256 private constant PANEL_SIZE = 1 * 256 + 16;
    uint256 private constant PAID_STEPS = 1 * 256 + 8;
    uint256 private constant TOKEN = 2 * 256 + 96;
    uint256 private constant EVALUATION_FEE = 2 * 256;
    uint256 private constant SPEC = 3 * 256;
    uint256 private constant DATASET = 4 * 256;
    uint256 private constant AUDIT_FEE = 5 * 256 + 160;
    uint256 private constant EFFORT_FEE = 5 * 256 + 64;
    uint256 private constant THRESHOLD = 5 * 256;
    uint256 private constant KILL_FEE = 6 * 256 + 160;
    uint256 private constant EFFORT_SCORE = 6 * 256 + 96;
    uint256 private constant COMMIT_ENDS = 6 * 256 + 56;
    uint256 private constant REVEAL_WINDOW = 6 * 256 + 32;
    uint256 private constant BUILD_WINDOW = 6 * 256;
    uint256 private constant OPENED_AT = 7 * 256 + 216;

    /* WRITING */

    /// @param rules where `Rulebook` keeps them.
    /// @param paidSteps_ for how many steps the step fee is paid at most.
    /// @return Where the terms are from now on.
    function write(
        ICommissionMarket.Request memory request,
        address customer_,
        address rules,
        uint8 panelSize_,
        uint8 paidSteps_
    ) internal returns (address) {
        uint256 parties = _put(customer_, CUSTOMER) | _small(request) | _put(panelSize_, PANEL_SIZE)
            | _put(paidSteps_, PAID_STEPS);
        uint256 scoring = _put(request.auditFee, AUDIT_FEE) | _put(request.effortFee, EFFORT_FEE)
            | _put(request.threshold, THRESHOLD);
        uint256 times =
            _put(request.killFee, KILL_FEE) | _put(request.effortScore, EFFORT_SCORE) | _times(request);
        return abi.encodePacked(
                _put(rules, RULES) | _put(request.reserve, RESERVE),
                parties,
                _put(request.token, TOKEN) | _put(request.evaluationFee, EVALUATION_FEE),
                request.spec,
                request.dataset,
                scoring,
                times,
                uint40(block.timestamp) // Unix time fits for 34,000 years
            ).write();
    }

    function _small(ICommissionMarket.Request memory request) private pure returns (uint256) {
        return _put(request.tolerance, TOLERANCE) | _put(request.requiredCriteria, REQUIRED_CRITERIA)
            | _put(request.domain, DOMAIN) | _put(request.riskClass, RISK_CLASS)
            | _put(request.submissionCap, SUBMISSION_CAP);
    }

    /// @dev The auction, which opens next, refuses windows that 24 bits are too few for.
    function _times(ICommissionMarket.Request memory request) private pure returns (uint256) {
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint24 window = uint24(request.revealEnds - request.commitEnds);
            return _put(request.commitEnds, COMMIT_ENDS) | _put(window, REVEAL_WINDOW)
                | _put(request.buildWindow, BUILD_WINDOW);
        }
    }

    /// @dev A value at its place in its word.
    function _put(uint256 value, uint256 offset) private pure returns (uint256) {
        return value << (offset & 0xff);
    }

    function _put(address value, uint256 offset) private pure returns (uint256) {
        return _put(uint256(uint160(value)), offset);
    }

    /// @dev A score takes the low 64 bits.
    function _put(int64 value, uint256 offset) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return _put(uint256(uint64(value)), offset);
    }

    /* READING */

    /// @param at where `write` has put them.
    function load(address at) internal view returns (Terms memory terms) {
        terms.own = at.read();
        terms.rules = rulesAt(terms).read();
    }

    /// @return Where `Rulebook` keeps the rules.
    function rulesAt(Terms memory terms) internal pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(terms.own.field(RULES))); // cuts off what lies above the field
    }

    /// @dev Without reading the rules.
    function customerOf(address at) internal view returns (address) {
        return address(uint160(at.read().field(CUSTOMER)));
    }

    /// @return Base units: what a bid is bonded with, a part of the reserve price, rounded up.
    function bond(Terms memory terms) internal pure returns (uint96) {
        return bondOf(reserve(terms), terms.rules);
    }

    function bondOf(uint96 reserve_, uint256[] memory rules) internal pure returns (uint96) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint96(Math.ceilDiv(uint256(reserve_) * rules.bidBondPpm(), PPM)); // Policy keeps the rate under 100 %
    }

    // forge-lint: disable-start(unsafe-typecast)
    // Each cast cuts off what lies above the field.

    function reserve(Terms memory terms) internal pure returns (uint96) {
        return uint96(terms.own.field(RESERVE));
    }

    function customer(Terms memory terms) internal pure returns (address) {
        return address(uint160(terms.own.field(CUSTOMER)));
    }

    function tolerance(Terms memory terms) internal pure returns (uint32) {
        return uint32(terms.own.field(TOLERANCE));
    }

    function requiredCriteria(Terms memory terms) internal pure returns (uint16) {
        return uint16(terms.own.field(REQUIRED_CRITERIA));
    }

    function domain(Terms memory terms) internal pure returns (uint8) {
        return uint8(terms.own.field(DOMAIN));
    }

    function riskClass(Terms memory terms) internal pure returns (uint8) {
        return uint8(terms.own.field(RISK_CLASS));
    }

    function submissionCap(Terms memory terms) internal pure returns (uint8) {
        return uint8(terms.own.field(SUBMISSION_CAP));
    }

    function panelSize(Terms memory terms) internal pure returns (uint8) {
        return uint8(terms.own.field(PANEL_SIZE));
    }

    /// @return For how many steps the step fee is paid at most.
    function paidSteps(Terms memory terms) internal pure returns (uint8) {
        return uint8(terms.own.field(PAID_STEPS));
    }

    function token(Terms memory terms) internal pure returns (address) {
        return address(uint160(terms.own.field(TOKEN)));
    }

    function evaluationFee(Terms memory terms) internal pure returns (uint96) {
        return uint96(terms.own.field(EVALUATION_FEE));
    }

    function spec(Terms memory terms) internal pure returns (bytes32) {
        return bytes32(terms.own.field(SPEC));
    }

    function dataset(Terms memory terms) internal pure returns (bytes32) {
        return bytes32(terms.own.field(DATASET));
    }

    function auditFee(Terms memory terms) internal pure returns (uint96) {
        return uint96(terms.own.field(AUDIT_FEE));
    }

    function effortFee(Terms memory terms) internal pure returns (uint96) {
        return uint96(terms.own.field(EFFORT_FEE));
    }

    function threshold(Terms memory terms) internal pure returns (int64) {
        return int64(uint64(terms.own.field(THRESHOLD)));
    }

    function killFee(Terms memory terms) internal pure returns (uint96) {
        return uint96(terms.own.field(KILL_FEE));
    }

    function effortScore(Terms memory terms) internal pure returns (int64) {
        return int64(uint64(terms.own.field(EFFORT_SCORE)));
    }

    function commitEnds(Terms memory terms) internal pure returns (uint40) {
        return uint40(terms.own.field(COMMIT_ENDS));
    }

    function revealEnds(Terms memory terms) internal pure returns (uint40) {
        return commitEnds(terms) + uint24(terms.own.field(REVEAL_WINDOW));
    }

    function buildWindow(Terms memory terms) internal pure returns (uint32) {
        return uint32(terms.own.field(BUILD_WINDOW));
    }

    /// @return Unix seconds.
    function openedAt(Terms memory terms) internal pure returns (uint40) {
        return uint40(terms.own.field(OPENED_AT));
    }

    // forge-lint: disable-end(unsafe-typecast)
}
