// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRulebook} from "../../../contracts/interfaces/IRulebook.sol";
import {SSTORE2} from "../../../contracts/kernel/SSTORE2.sol";
import {Rules} from "../../../contracts/policy/Rules.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Rules are copied once an edition, for whoever asks, and are what Policy says.
contract RulebookTest is CommissionFixture {
    using Rules for uint256[];
    using SSTORE2 for address;

    function test_rulesFor_oneCopyAnEdition() public {
        address token = address(paymentToken);
        uint256 edition = policy.edition();
        vm.recordLogs();
        address rules = rulebook.rulesFor(token, 1, UNAUDITED, 1);
        assertEq(vm.getRecordedLogs().length, 1);
        vm.prank(makeAddr("another market"));
        assertEq(rulebook.rulesFor(token, 1, UNAUDITED, 1), rules);
        assertEq(vm.getRecordedLogs().length, 0);
        assertNotEq(rulebook.rulesFor(token, 1, AUDITED, 1), rules);
        policy.setWaits(TRUSTED_WAIT, 90 days); // changes nothing but the edition
        vm.expectEmit(false, true, true, true);
        emit IRulebook.RulesCopied(address(0), edition + 1, token, 1, UNAUDITED, 1);
        assertNotEq(rulebook.rulesFor(token, 1, UNAUDITED, 1), rules);
    }

    /// @dev What is kept is what a caller who keeps nothing is told.
    function testFuzz_rulesNow_areThoseThatAreKept(uint96 stake, uint32 ppm, uint8 riskClass) public {
        riskClass = uint8(bound(riskClass, UNAUDITED, AUDITED));
        policy.setStakes(IPolicy.Stakes(uint96(bound(stake, 1, type(uint96).max)), stake, 0, ppm % 1_000_001));
        uint256[] memory now_ = rulebook.rulesNow(address(paymentToken), 1, riskClass, 1);
        uint256[] memory kept = rulebook.rulesFor(address(paymentToken), 1, riskClass, 1).read();
        assertEq(abi.encode(now_), abi.encode(kept));
        assertEq(kept.auditorBond(), stake);
        assertEq(kept.audits(), riskClass == AUDITED ? AUDITS : 0);
    }

    /// @dev By the token alone: what depends on no domain, as Policy has it.
    function testFuzz_rulesForToken(uint96 fee, uint96 bond, uint32 t, uint40 coolingOff, uint96 reserve)
        public
    {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](2);
        tiers[0] = IPolicy.PanelTier(uint96(bound(reserve, 1, type(uint96).max - 1)), 3);
        tiers[1] = IPolicy.PanelTier(type(uint96).max, 7);
        IPolicy.TokenRule memory rule = IPolicy.TokenRule(true, fee, bond, uint88(fee >> 9));
        policy.setTokenRule(address(paymentToken), rule, tiers);
        t = uint32(bound(t, 1 minutes, 50 days));
        policy.setTimeouts(IPolicy.Timeouts(t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7));
        policy.setCoolingOff(coolingOff % (5 * 365 days));
        policy.setFeeShareCap(IPolicy.ShareCap(t % 1_000_001, 9 days, fee));

        uint256[] memory rules = rulebook.rulesForToken(address(paymentToken)).read();
        assertEq(rules.minEvaluationFee(), fee);
        assertEq(rules.appealBond(), bond);
        assertEq(rules.stepFee(), fee >> 9);
        assertEq(abi.encode(rules.timeouts()), abi.encode(policy.timeouts()));
        assertEq(rules.seatStake(), policy.stakes().seat);
        assertEq(rules.withholdPpm(), policy.stakes().withholdPpm);
        assertEq(rules.coolingOff(), policy.coolingOff());
        assertEq(abi.encode(rules.feeShareCap()), abi.encode(policy.feeShareCap()));
        assertEq(rules.treasury(), policy.treasury());
        assertEq(rules.feePpm(), policy.feePpm());
        assertEq(rules.panelSize(tiers[0].below - 1), 3);
        assertEq(rules.panelSize(tiers[0].below), 7);
        assertEq(
            rules.audits() + rules.conformitySet() + rules.bidBondPpm() + rules.blockedJurisdictions(), 0
        );
    }

    function test_rulesForToken_oneCopyAnEdition() public {
        address token = address(paymentToken);
        address rules = rulebook.rulesForToken(token);
        assertEq(rulebook.rulesForToken(token), rules);
        assertNotEq(rulebook.rulesFor(token, 1, UNAUDITED, 1), rules);
        uint256 edition = policy.edition();
        policy.setBidBond(policy.bidBondPpm());
        vm.expectEmit(false, true, true, true);
        emit IRulebook.TokenRulesCopied(address(0), edition + 1, token);
        assertNotEq(rulebook.rulesForToken(token), rules);
    }

    /// @dev Nobody gets rules that Policy refuses, whatever copies are there.
    function test_refusesWhatPolicyRefuses() public {
        address token = address(paymentToken);
        rulebook.rulesFor(token, 1, UNAUDITED, 1);
        rulebook.rulesForToken(token);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, 77));
        rulebook.rulesFor(token, 1, 77, 1);
        policy.setTokenRule(token, IPolicy.TokenRule(false, 1, 1, 0), policy.panelTiers(token));
        bytes memory refusal = abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, token);
        vm.expectRevert(refusal);
        rulebook.rulesFor(token, 1, UNAUDITED, 1);
        vm.expectRevert(refusal);
        rulebook.rulesForToken(token);
        vm.expectRevert(refusal);
        rulebook.rulesNow(token, 1, UNAUDITED, 1);
    }
}
