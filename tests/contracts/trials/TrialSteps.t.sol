// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {TrialFixture} from "./TrialFixture.sol";

/// @notice The fee for the steps of a trial. The test contract takes the steps of the fixture, so it is the keeper.
contract TrialStepsTest is TrialFixture {
    uint88 private constant STEP = 0.5e18;
    uint256 private constant PAID_STEPS = 9;

    uint256 private _before; // what the keeper has earned by the commission

    function setUp() public override {
        super.setUp();
        _before = _paid(address(this));
    }

    function _stepFee() internal pure override returns (uint88) {
        return STEP;
    }

    function _setStepFee(uint88 fee) private {
        IPolicy.PanelTier[] memory tiers = policy.panelTiers(address(paymentToken));
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 50e18, fee), tiers);
    }

    function _assertPaid(uint256 id, uint256 steps) private view {
        assertEq(_paid(address(this)) - _before, steps * STEP, "to the keeper");
        assertEq(trials.trial(id).steps, steps);
    }

    /// @dev The draw, the answer, the sale.
    function test_path_eachTransitionIsPaidOnce() public {
        uint256 id = _toTrialChallenge();
        _assertPaid(id, 2);
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        _assertTrial(id, ITrials.State.Sold, ITrials.Cause.None);
        _assertPaid(id, 3);
        uint256 spent = 2 * uint256(PRICE) + EXPOSURE + PANEL * uint256(FEE) + 3 * uint256(STEP);
        assertEq(FUNDS - _paid(trier), spent, "by the buyer");
    }

    /// @dev A draw that is missed is repeated for nothing.
    function testFuzz_repetitionsAreNotPaid(uint8 misses) public {
        _nextEpoch();
        uint256 id = _openTrial();
        for (uint256 i; i < misses % 8; ++i) {
            vm.roll(block.number + 300);
            trials.advance(id);
        }
        _assertPaid(id, 0);
        vm.roll(block.number + 3);
        trials.advance(id);
        assertEq(uint8(rounds.roundOf(_panelOfTrial(id)).state), uint8(IRounds.State.Granting));
        _assertPaid(id, 1);
    }

    /// @dev A silent seller makes the steps good as it does the panel's fees.
    function test_sellerSilent_paysForTheSteps() public {
        uint256 id = _openTrial();
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        skip(times.grant);
        trials.advance(id);
        _assertTrial(id, ITrials.State.Refunded, ITrials.Cause.SellerSilent);
        _assertPaid(id, 2);
        assertEq(trials.trial(id).spent, PANEL * uint256(FEE) + 2 * uint256(STEP));
        assertEq(_paid(trier), FUNDS);
    }

    /// @dev By the rules of the opening.
    function testFuzz_quote_coversAllSteps(uint88 fee) public {
        fee = uint88(bound(fee, 0, 1e18));
        _setStepFee(0);
        uint256 without = trials.quote(_trialRequest());
        _setStepFee(fee);
        assertEq(trials.quote(_trialRequest()), without + PAID_STEPS * fee);
        uint256 id = _openTrial();
        _setStepFee(0);
        _seatTrial(id);
        assertEq(_paid(address(this)) - _before, fee);
    }

    /// @dev Even if Rounds took steps without end, what was kept for the price would not pay for them.
    function test_stepsWithoutEnd() public {
        uint256 id = _openTrial();
        IRounds.Answer memory moved;
        moved.moved = true;
        vm.mockCall(address(rounds), abi.encodeCall(rounds.advance, (_panelOfTrial(id))), abi.encode(moved));
        for (uint256 i; i < PAID_STEPS + 3; ++i) {
            trials.advance(id);
        }
        _assertPaid(id, PAID_STEPS);
    }
}
