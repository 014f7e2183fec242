// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice The fee for the steps of an assessment. The test contract takes the steps of the fixture, so it is the
/// keeper.
contract ConformityStepsTest is ConformityFixture {
    uint88 private constant STEP = 0.5e18;
    uint256 private constant PAID_STEPS = 7;

    function _stepFee() internal pure override returns (uint88) {
        return STEP;
    }

    function _setStepFee(uint88 fee) private {
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, APPEAL_BOND, fee), _tiers());
    }

    function test_path_eachTransitionIsPaidOnce() public {
        uint256 id = _assess(_report(PASS));
        _assertState(id, IConformity.State.Passed);
        assertEq(conformity.assessment(id).steps, 2);
        _assertEnded(id, PANEL * FEE, BODY_FEE, 2);
    }

    /// @dev A draw that is missed is repeated for nothing.
    function testFuzz_repetitionsAreNotPaid(uint8 misses) public {
        uint256 id = _toDraw();
        for (uint256 i; i < misses % 8; ++i) {
            vm.roll(block.number + 300);
            conformity.advance(id);
            assertEq(uint8(_round(id).state), uint8(IRounds.State.Drawing));
        }
        assertEq(_paid(address(this)), 0);
        _seatPanel(id);
        assertEq(_paid(address(this)), STEP);
    }

    /// @dev The step that ends it is paid too.
    function test_void_bodySilent() public {
        uint256 id = _toGrant();
        vm.warp(_round(id).deadline);
        conformity.advance(id);
        _assertVoid(id, IConformity.Cause.BodySilent);
        _assertEnded(id, PANEL * FEE, 0, 2);
    }

    /// @dev From wherever it is left, whoever brings it to its end earns each transition once, and no more than was
    /// kept.
    function testFuzz_endsByTimeAlone(uint8 stage, uint8 missed) public {
        uint256 id = _toDraw();
        for (uint256 i; i < missed % 4; ++i) {
            vm.roll(block.number + 300);
            conformity.advance(id);
        }
        if (stage % 4 > 0) _seatPanel(id);
        if (stage % 4 > 1) _give(id, DATA);
        if (stage % 4 > 2) _give(id, NET);
        if (stage % 4 > 2 && stage / 4 % 2 == 0) _say(id, 3, _report(PASS));
        _endByTime(id);
        uint256 steps = conformity.assessment(id).steps;
        assertLe(steps, PAID_STEPS);
        _assertEnded(id, _sum(validators), _paid(body), steps);
    }

    function testFuzz_quote_coversAllSteps(uint88 fee) public {
        fee = uint88(bound(fee, 0, 1e18));
        _setStepFee(0);
        uint256 without = conformity.quote(setId, FEE);
        _setStepFee(fee);
        assertEq(conformity.quote(setId, FEE), without + PAID_STEPS * fee);
        uint256 id = _toDraw();
        assertEq(_held(id), without + PAID_STEPS * fee);
        assertEq(conformity.assessment(id).stepFee, fee);
        _setStepFee(0); // what was agreed on stays
        _seatPanel(id);
        assertEq(_paid(address(this)), fee);
    }

    function test_zeroFee() public {
        _setStepFee(0);
        uint256 id = _assess(_report(PASS));
        assertEq(conformity.assessment(id).steps, 0);
        _assertEnded(id, PANEL * FEE, BODY_FEE, 0);
    }

    /// @dev Even if Rounds took steps without end, what was kept for the panel and the body would not pay for them.
    function test_stepsWithoutEnd() public {
        uint256 id = _toDraw();
        IRounds.Answer memory answer;
        answer.moved = true;
        vm.mockCall(address(rounds), abi.encodeCall(rounds.advance, (_panelOf(id))), abi.encode(answer));
        for (uint256 i; i < PAID_STEPS; ++i) {
            conformity.advance(id);
        }
        vm.recordLogs();
        for (uint256 i; i < 3; ++i) {
            conformity.advance(id);
        }
        assertEq(vm.getRecordedLogs().length, 0, "no payment of nothing");
        assertEq(_paid(address(this)), PAID_STEPS * STEP);
        assertEq(conformity.assessment(id).steps, PAID_STEPS);
    }

    function _assertEnded(uint256 id, uint256 toValidators, uint256 toBody, uint256 steps) private view {
        assertEq(_held(id), 0, "the hold is zero");
        assertEq(_paid(address(this)), steps * STEP, "to the keeper");
        assertEq(_sum(validators), toValidators, "to validators");
        assertEq(_paid(body), toBody, "to the body");
        assertEq(_paid(applicant), PURSE - toValidators - toBody - steps * STEP, "the rest to the applicant");
    }
}
