// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {DealState} from "../kernel/Deals.sol";
import {Words} from "../kernel/Words.sol";

/// @title The layout of what `CommissionMarket.record` returns.
/// @dev Layout of its struct `Deal`, a line a slot, high bits first:
/// 8 bits empty | 32 challenge | 8 cause | 48 at (40 deadline | 8 state) | 160 terms
/// 96 price | 160 developer
/// 32 empty | 8 steps | 8 scored | 8 attempts | 32 clock | 72 panelId | 96 spent
/// 80 empty | 48 auditId | 64 lastScore | 64 bestScore
/// 256 submissionHash
/// 256 manifest
/// 256 word
library CommissionRecord {
    using Words for uint256[];

    uint256 private constant TERMS = 0 * 256;
    uint256 private constant AT = 0 * 256 + 160;
    uint256 private constant CAUSE = 0 * 256 + 208;
    uint256 private constant DEVELOPER = 1 * 256;
    uint256 private constant PRICE = 1 * 256 + 160;
    uint256 private constant SPENT = 2 * 256;
    uint256 private constant PANEL_ID = 2 * 256 + 96;
    uint256 private constant CLOCK = 2 * 256 + 168;
    uint256 private constant ATTEMPTS = 2 * 256 + 200;
    uint256 private constant STEPS = 2 * 256 + 216;
    uint256 private constant BEST_SCORE = 3 * 256;
    uint256 private constant LAST_SCORE = 3 * 256 + 64;
    uint256 private constant AUDIT_ID = 3 * 256 + 128;
    uint256 private constant SUBMISSION_HASH = 4 * 256;
    uint256 private constant MANIFEST = 5 * 256;
    uint256 private constant WORD = 6 * 256;

    // forge-lint: disable-start(unsafe-typecast)
    // Each cast cuts off what lies above the field.

    function terms(uint256[] memory record) internal pure returns (address) {
        return address(uint160(record.field(TERMS)));
    }

    function state(uint256[] memory record) internal pure returns (ICommissionMarket.State) {
        return ICommissionMarket.State(_at(record).state());
    }

    function deadline(uint256[] memory record) internal pure returns (uint40) {
        return _at(record).deadline();
    }

    function _at(uint256[] memory record) private pure returns (DealState) {
        return DealState.wrap(uint48(record.field(AT)));
    }

    function cause(uint256[] memory record) internal pure returns (ICommissionMarket.Cause) {
        return ICommissionMarket.Cause(uint8(record.field(CAUSE)));
    }

    function developer(uint256[] memory record) internal pure returns (address) {
        return address(uint160(record.field(DEVELOPER)));
    }

    function price(uint256[] memory record) internal pure returns (uint96) {
        return uint96(record.field(PRICE));
    }

    function spent(uint256[] memory record) internal pure returns (uint96) {
        return uint96(record.field(SPENT));
    }

    function panelId(uint256[] memory record) internal pure returns (uint72) {
        return uint72(record.field(PANEL_ID));
    }

    function clock(uint256[] memory record) internal pure returns (uint32) {
        return uint32(record.field(CLOCK));
    }

    function attempts(uint256[] memory record) internal pure returns (uint8) {
        return uint8(record.field(ATTEMPTS));
    }

    function steps(uint256[] memory record) internal pure returns (uint8) {
        return uint8(record.field(STEPS));
    }

    function bestScore(uint256[] memory record) internal pure returns (int64) {
        return int64(uint64(record.field(BEST_SCORE)));
    }

    function lastScore(uint256[] memory record) internal pure returns (int64) {
        return int64(uint64(record.field(LAST_SCORE)));
    }

    function auditId(uint256[] memory record) internal pure returns (uint48) {
        return uint48(record.field(AUDIT_ID));
    }

    function submissionHash(uint256[] memory record) internal pure returns (bytes32) {
        return bytes32(record.field(SUBMISSION_HASH));
    }

    function manifest(uint256[] memory record) internal pure returns (bytes32) {
        return bytes32(record.field(MANIFEST));
    }

    function word(uint256[] memory record) internal pure returns (bytes32) {
        return bytes32(record.field(WORD));
    }

    // forge-lint: disable-end(unsafe-typecast)
}
