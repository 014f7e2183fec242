// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../interfaces/IPolicy.sol";

/// @title Bounds: how far governance can move the rules.
abstract contract Bounds is IPolicy {
    uint32 public constant MAX_FEE_PPM = 50_000;
    uint32 public constant MIN_BID_BOND_PPM = 100_000;
    uint32 public constant MAX_PPM = 1_000_000;
    uint32 public constant MIN_TIMEOUT = 1 minutes;
    uint32 internal constant MAX_TIMEOUT = 60 days;
    uint40 public constant MAX_COOLING_OFF = 5 * 365 days;
    uint40 public constant MAX_WAIT = 365 days;
    uint40 public constant MIN_SHARE_PERIOD = 1 days;
    uint40 public constant MAX_SHARE_PERIOD = 5 * 365 days;
    uint40 internal constant MAX_DATA_LIFETIME = 100 * 365 days;
    uint40 internal constant HALT_TIME = 7 days;
    uint40 internal constant HALT_COOLDOWN = 30 days;
    uint8 public constant MIN_PANEL = 3;
    uint8 public constant MAX_PANEL = 31;
    uint8 public constant MAX_TIERS = 8;
    uint8 internal constant MAX_AUDITS = 7;
    uint8 internal constant MAX_PURPOSES = 31; // a bitmap of 32 bits, of which bit 0 is unused

    function _checkTimeouts(Timeouts memory values) internal pure {
        _within("draw", values.draw, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("grant", values.grant, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("commit", values.commit, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("reveal", values.reveal, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("appeal", values.appeal, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("audit", values.audit, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("delivery", values.delivery, MIN_TIMEOUT, MAX_TIMEOUT);
        _within("challenge", values.challenge, MIN_TIMEOUT, MAX_TIMEOUT);
    }

    function _checkStakes(Stakes memory values) internal pure {
        _within("seat", values.seat, 1, type(uint96).max);
        _within("withholdPpm", values.withholdPpm, 0, MAX_PPM);
        _within("silencePpm", values.silencePpm, 0, values.withholdPpm); // withholding costs no less
    }

    /// @dev Limits rise, the last one is open, and every size is odd so that a majority exists.
    function _checkTiers(PanelTier[] calldata tiers) internal pure {
        _within("tiers", tiers.length, 1, MAX_TIERS);
        uint96 previous = 0;
        for (uint256 i = 0; i < tiers.length; ++i) {
            PanelTier calldata tier = tiers[i];
            _within("panelSize", tier.size, MIN_PANEL, MAX_PANEL);
            if (tier.size % 2 == 0 || tier.below <= previous) revert InvalidTiers();
            previous = tier.below;
        }
        if (previous != type(uint96).max) revert InvalidTiers();
    }

    /// @dev A cap that is switched off needs no period.
    function _checkShareCap(ShareCap calldata rule) internal pure {
        _within("capPpm", rule.capPpm, 0, MAX_PPM);
        if (rule.capPpm != 0) _within("period", rule.period, MIN_SHARE_PERIOD, MAX_SHARE_PERIOD);
    }

    function _within(bytes32 parameter, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert OutOfBounds(parameter, value, min, max);
    }
}
