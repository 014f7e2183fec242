// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice Whoever keeps a copy of the rules for an edition may rely on it: every change is a new edition, and nothing
/// else is.
contract PolicyEditionTest is MarketFixture {
    function test_everyChangeIsAnEdition() public {
        for (uint256 i; i < _changes().length; ++i) {
            uint32 before = policy.edition();
            (bool ok,) = address(policy).call(_changes()[i]);
            assertTrue(ok, vm.toString(i));
            assertEq(policy.edition(), before + 1, vm.toString(i));
        }
    }

    /// @dev Neither a stranger nor governance outside of the bounds makes one.
    function testFuzz_aRefusedChangeIsNone(address stranger, uint8 which) public {
        vm.assume(stranger != address(this));
        uint32 before = policy.edition();
        bytes memory change = _changes()[which % _changes().length];
        vm.prank(stranger);
        (bool ok,) = address(policy).call(change);
        assertFalse(ok);
        vm.expectPartialRevert(IPolicy.OutOfBounds.selector);
        policy.setBidBond(1_000_001);
        assertEq(policy.edition(), before);
    }

    function _changes() private view returns (bytes[15] memory) {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 3);
        return [
            abi.encodeCall(
                policy.setTokenRule, (address(paymentToken), IPolicy.TokenRule(true, 1, 1, 0), tiers)
            ),
            abi.encodeCall(policy.setFee, (1, address(this))),
            abi.encodeCall(policy.setBidBond, (200_000)),
            abi.encodeCall(policy.setTimeouts, (policy.timeouts())),
            abi.encodeCall(policy.setStakes, (policy.stakes())),
            abi.encodeCall(policy.setRiskClass, (1, IPolicy.RiskClass(true, 1, true, true, 0, false))),
            abi.encodeCall(policy.setShareCap, (1, IPolicy.ShareCap(1, 1 days, 1))),
            abi.encodeCall(policy.setFeeShareCap, (IPolicy.ShareCap(1, 1 days, 1))),
            abi.encodeCall(policy.setCoolingOff, (1)),
            abi.encodeCall(policy.setWaits, (1, 1)),
            abi.encodeCall(policy.addDomain, ("finance")),
            abi.encodeCall(policy.setJurisdictionRule, (1, 1, 2)),
            abi.encodeCall(policy.setConformitySet, (1, 1)),
            abi.encodeCall(policy.addPurpose, ("training")),
            abi.encodeCall(policy.setDataRule, (1, IPolicy.DataRule(1, 0)))
        ];
    }
}
