// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../interfaces/IPolicy.sol";
import {Words} from "../kernel/Words.sol";

/// @title The layout of the rules that `Rulebook` keeps.
/// @dev Layout, a line a word, high bits first:
/// 160 bits treasury | 96 minEvaluationFee
/// 256 blockedJurisdictions
/// 96 minVolume | 32 capPpm | 40 period of shareCap | 40 coolingOff | 32 bidBondPpm | 8 audits | 8 regulator
/// 96 appealBond | 32 feePpm | 32 conformitySet | 40 reverifyInterval | 8 explainability | 48 empty
/// 96 seat | 96 auditor | 32 silencePpm | 32 withholdPpm of stakes
/// 32 draw | 32 grant | 32 commit | 32 reveal | 32 appeal | 32 audit | 32 delivery | 32 challenge of timeouts
/// 96 minVolume | 32 capPpm | 40 period of feeShareCap | 88 stepFee
/// then for each panel tier: 152 empty | 96 below | 8 size
library Rules {
    using Words for uint256[];

    uint256 private constant TREASURY = 0 * 256 + 96;
    uint256 private constant MIN_EVALUATION_FEE = 0 * 256;
    uint256 private constant BLOCKED_JURISDICTIONS = 1 * 256;
    uint256 private constant SHARE_CAP = 2 * 256;
    uint256 private constant COOLING_OFF = 2 * 256 + 48;
    uint256 private constant BID_BOND_PPM = 2 * 256 + 16;
    uint256 private constant AUDITS = 2 * 256 + 8;
    uint256 private constant REGULATOR = 2 * 256;
    uint256 private constant APPEAL_BOND = 3 * 256 + 160;
    uint256 private constant FEE_PPM = 3 * 256 + 128;
    uint256 private constant CONFORMITY_SET = 3 * 256 + 96;
    uint256 private constant REVERIFY_INTERVAL = 3 * 256 + 56;
    uint256 private constant EXPLAINABILITY = 3 * 256 + 48;
    uint256 private constant SEAT_STAKE = 4 * 256 + 160;
    uint256 private constant AUDITOR_BOND = 4 * 256 + 64;
    uint256 private constant SILENCE_PPM = 4 * 256 + 32;
    uint256 private constant WITHHOLD_PPM = 4 * 256;
    uint256 private constant DRAW = 5 * 256 + 224;
    uint256 private constant GRANT = 5 * 256 + 192;
    uint256 private constant COMMIT = 5 * 256 + 160;
    uint256 private constant REVEAL = 5 * 256 + 128;
    uint256 private constant APPEAL = 5 * 256 + 96;
    uint256 private constant AUDIT = 5 * 256 + 64;
    uint256 private constant DELIVERY = 5 * 256 + 32;
    uint256 private constant CHALLENGE = 5 * 256;
    uint256 private constant FEE_SHARE_CAP = 6 * 256;
    uint256 private constant STEP_FEE = 6 * 256;
    uint256 private constant TIERS = 7; // the first word of them
    /// @dev Within a share cap's word.
    uint256 private constant MIN_VOLUME = 160;
    uint256 private constant CAP_PPM = 128;
    uint256 private constant PERIOD = 88;

    /* WRITING */

    /// @param tiers stand for `rules.panelSize`, which depends on the price.
    function pack(IPolicy.CommissionTerms memory rules, IPolicy.PanelTier[] memory tiers)
        internal
        pure
        returns (bytes memory packed)
    {
        packed = bytes.concat(
            abi.encodePacked(rules.treasury, rules.minEvaluationFee, rules.blockedJurisdictions),
            _packDeal(rules),
            _packStakes(rules.stakes),
            _packTimeouts(rules.timeouts),
            _packShareCap(rules.feeShareCap),
            abi.encodePacked(rules.stepFee)
        );
        for (uint256 i = 0; i < tiers.length; ++i) {
            packed = abi.encodePacked(packed, uint256(tiers[i].below) << 8 | tiers[i].size);
        }
    }

    /// @dev Words 2 and 3.
    function _packDeal(IPolicy.CommissionTerms memory rules) private pure returns (bytes memory) {
        return bytes.concat(
            _packShareCap(rules.shareCap),
            abi.encodePacked(rules.coolingOff, rules.bidBondPpm, rules.audits, rules.regulator),
            abi.encodePacked(rules.appealBond, rules.feePpm, rules.conformitySet),
            abi.encodePacked(rules.reverifyInterval, rules.explainability, uint48(0))
        );
    }

    function _packStakes(IPolicy.Stakes memory stakes_) private pure returns (bytes memory) {
        return abi.encodePacked(stakes_.seat, stakes_.auditor, stakes_.silencePpm, stakes_.withholdPpm);
    }

    function _packTimeouts(IPolicy.Timeouts memory times) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(times.draw, times.grant, times.commit, times.reveal),
            abi.encodePacked(times.appeal, times.audit, times.delivery, times.challenge)
        );
    }

    function _packShareCap(IPolicy.ShareCap memory cap) private pure returns (bytes memory) {
        return abi.encodePacked(cap.minVolume, cap.capPpm, cap.period);
    }

    /* READING: of the words that `SSTORE2.read` returns */

    // forge-lint: disable-start(unsafe-typecast)
    // Each cast cuts off what lies above the field.

    function treasury(uint256[] memory rules) internal pure returns (address) {
        return address(uint160(rules.field(TREASURY)));
    }

    /// @return Base units, for each validator and request.
    function minEvaluationFee(uint256[] memory rules) internal pure returns (uint96) {
        return uint96(rules.field(MIN_EVALUATION_FEE));
    }

    /// @return Bitmap over jurisdiction ids of developers.
    function blockedJurisdictions(uint256[] memory rules) internal pure returns (uint256) {
        return rules.field(BLOCKED_JURISDICTIONS);
    }

    function shareCap(uint256[] memory rules) internal pure returns (IPolicy.ShareCap memory) {
        return _shareCap(rules, SHARE_CAP);
    }

    function feeShareCap(uint256[] memory rules) internal pure returns (IPolicy.ShareCap memory) {
        return _shareCap(rules, FEE_SHARE_CAP);
    }

    /// @return Seconds for which a dealing is a conflict.
    function coolingOff(uint256[] memory rules) internal pure returns (uint40) {
        return uint40(rules.field(COOLING_OFF));
    }

    function bidBondPpm(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(BID_BOND_PPM));
    }

    function audits(uint256[] memory rules) internal pure returns (uint8) {
        return uint8(rules.field(AUDITS));
    }

    function regulator(uint256[] memory rules) internal pure returns (bool) {
        return uint8(rules.field(REGULATOR)) != 0;
    }

    /// @return Base units, on top of the appeal panel's fees.
    function appealBond(uint256[] memory rules) internal pure returns (uint96) {
        return uint96(rules.field(APPEAL_BOND));
    }

    /// @return Base units to whoever takes a step that anyone may take; 0 for none.
    function stepFee(uint256[] memory rules) internal pure returns (uint88) {
        return uint88(rules.field(STEP_FEE));
    }

    function feePpm(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(FEE_PPM));
    }

    /// @return The third-party set that models must have passed, 0 for none.
    function conformitySet(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(CONFORMITY_SET));
    }

    /// @return Seconds for which that counts, 0 for no end.
    function reverifyInterval(uint256[] memory rules) internal pure returns (uint40) {
        return uint40(rules.field(REVERIFY_INTERVAL));
    }

    function explainability(uint256[] memory rules) internal pure returns (bool) {
        return uint8(rules.field(EXPLAINABILITY)) != 0;
    }

    /// @return Base units of the staking token, for each seat of a panel.
    function seatStake(uint256[] memory rules) internal pure returns (uint96) {
        return uint96(rules.field(SEAT_STAKE));
    }

    /// @return Base units of the staking token, an auditor's or a juror's.
    function auditorBond(uint256[] memory rules) internal pure returns (uint96) {
        return uint96(rules.field(AUDITOR_BOND));
    }

    function silencePpm(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(SILENCE_PPM));
    }

    function withholdPpm(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(WITHHOLD_PPM));
    }

    /* Windows, in seconds */

    function drawWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(DRAW));
    }

    function grantWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(GRANT));
    }

    function commitWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(COMMIT));
    }

    function revealWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(REVEAL));
    }

    function appealWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(APPEAL));
    }

    function auditWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(AUDIT));
    }

    function deliveryWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(DELIVERY));
    }

    function challengeWindow(uint256[] memory rules) internal pure returns (uint32) {
        return uint32(rules.field(CHALLENGE));
    }

    function timeouts(uint256[] memory rules) internal pure returns (IPolicy.Timeouts memory) {
        return IPolicy.Timeouts({
            draw: drawWindow(rules),
            grant: grantWindow(rules),
            commit: commitWindow(rules),
            reveal: revealWindow(rules),
            appeal: appealWindow(rules),
            audit: auditWindow(rules),
            delivery: deliveryWindow(rules),
            challenge: challengeWindow(rules)
        });
    }

    /// @return size of a panel for a deal of that reserve price (base units).
    function panelSize(uint256[] memory rules, uint96 reserve) internal pure returns (uint8 size) {
        for (uint256 i = TIERS; i < rules.length; ++i) {
            size = uint8(rules[i]); // the last tier has no upper end
            if (reserve < rules[i] >> 8) break;
        }
    }

    function _shareCap(uint256[] memory rules, uint256 offset)
        private
        pure
        returns (IPolicy.ShareCap memory)
    {
        return IPolicy.ShareCap({
            minVolume: uint96(rules.field(offset + MIN_VOLUME)),
            capPpm: uint32(rules.field(offset + CAP_PPM)),
            period: uint40(rules.field(offset + PERIOD))
        });
    }

    // forge-lint: disable-end(unsafe-typecast)
}
