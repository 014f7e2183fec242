// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {ReleaseFixture} from "./ReleaseFixture.sol";

/// @notice Deals that were opened on the contracts of an earlier release come to their ends beside today's contracts,
/// which share Escrow, participants, stakes and models with them, while a deal of today's goes on.
abstract contract EarlierReleaseTest is ReleaseFixture {
    bytes32 private constant AGREED = "the right key's hash"; // where a captured panel delivers another key

    function setUp() public override {
        super.setUp();
        _enlist(9);
    }

    function test_fromAnyState_bothSettle() public {
        for (uint256 which; which < 9; ++which) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = which == 8 ? _toBidding() : which == 7 ? _toDrawing() : _withPanel(which);
            Release memory old = _current();
            Release memory next = _upgrade();
            _finishBoth(old, id, next, _open(_lateRequest()));
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Drawn until somebody sits on both: each panel locks stake of its own, and gives back no other's.
    function test_bothHavePanelsAtOnce() public {
        uint256 id = _toBuilding();
        Release memory old = _current();
        Release memory next = _upgrade();
        uint256 nextId;
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; nextId == 0 || !_someoneIsOnBoth(old, next); ++i) {
            assertTrue(vm.revertToState(snapshot));
            vm.roll(block.number + i);
            nextId = _toBuilding();
        }
        uint256 locked;
        for (uint256 i; i < VALIDATORS; ++i) {
            uint96 first = staking.lockedBy(address(old.oracle), validators[i]);
            uint96 second = staking.lockedBy(address(next.oracle), validators[i]);
            assertEq(staking.stakeOf(validators[i]).locked, first + second);
            locked += first + second;
        }
        assertEq(locked, 2 * uint256(PANEL) * SEAT);
        _finishBoth(old, id, next, nextId);
        for (uint256 i; i < VALIDATORS; ++i) {
            assertEq(staking.stakeOf(validators[i]).locked, 0);
        }
    }

    /// @dev Attempts spent: the announced refund is carried out.
    function test_refunded() public {
        uint256 id = _toEvaluating();
        Release memory old = _current();
        Release memory next = _upgrade();
        uint256 nextId = _open(_lateRequest());
        _use(old);
        _evaluate(id, EFFORT);
        _submit(id, "second");
        _evaluate(id, 0);
        _carryOut(id);
        _assertEnded(id, ICommissionMarket.Cause.AttemptsSpent);
        _settleNext(next, nextId);
    }

    /// @dev Arithmetic decides, by the proofs and the words of that release.
    function test_refuted() public {
        uint256 id = _toEvaluating();
        Exchange memory x = _delivered(id);
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.word = _agreement(x, AGREED);
        _answer(id, report);
        Release memory old = _current();
        Release memory next = _upgrade();
        uint256 nextId = _open(_lateRequest());
        _use(old);
        _timeout(id);
        deliveries.deliverAgreed(market, id, _point(x.b), AGREED, CIPHERTEXT, _delivery(x), _possession(x));
        _refuteAgreed(id, x, AGREED);
        _assertEnded(id, ICommissionMarket.Cause.DeliveryRefuted);
        _settleNext(next, nextId);
    }

    /// @dev Its answer can be appealed after the upgrade.
    function test_appealed() public {
        uint256 id = _toEvaluating();
        _answer(id, _scored(0));
        Release memory old = _current();
        Release memory next = _upgrade();
        uint256 nextId = _open(_lateRequest());
        _use(old);
        uint256 panelId = _panelOf(id);
        _fund(developer, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        vm.prank(developer);
        rounds.appeal(panelId);
        _seatPanel(id);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](2 * PANEL + 1);
        for (uint256 i; i < reports.length; ++i) {
            reports[i] = _scored(THRESHOLD);
        }
        _answerEach(rounds.roundOf(panelId).appealRequestId, reports);
        market.advance(id);
        _finish(id, "model");
        _assertState(id, ICommissionMarket.State.Settled);
        assertEq(_held(id), 0);
        _use(next);
        _finish(nextId, "next model");
        _assertState(nextId, ICommissionMarket.State.Settled);
    }

    /// @dev The old court hears what is contested after the upgrade, and its jurors rule as before.
    function test_disputed() public {
        uint256 id = _toChallenge();
        Release memory old = _current();
        Release memory next = _upgrade();
        uint256 nextId = _open(_lateRequest());
        _use(old);
        uint256 disputeId = _contest(id, customer);
        _judge(disputeId, FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        _assertEnded(id, ICommissionMarket.Cause.DisputeLost);
        _settleNext(next, nextId);
    }

    function test_replaced_takesNoNewDeals() public {
        Release memory old = _current();
        _upgrade();
        _use(old);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, address(market)));
        _open(_request());
    }

    /// @dev What waits in the modules that are replaced can be taken out of them.
    function test_auditorsTakeTheirBondsAlong() public {
        Release memory old = _current();
        Release memory next = _upgrade();
        _use(old);
        uint256 before = _balance(auditors[0], stakingToken);
        vm.prank(auditors[0]);
        audits.leave();
        assertEq(_balance(auditors[0], stakingToken), before + AUDITOR_BOND);
        _use(next);
        vm.startPrank(auditors[0]);
        escrow.setOperator(address(audits), address(stakingToken), true);
        audits.enrol();
        vm.stopPrank();
        assertEq(_balance(auditors[0], stakingToken), before);
    }

    function _someoneIsOnBoth(Release memory old, Release memory next) private view returns (bool found) {
        for (uint256 i; i < VALIDATORS && !found; ++i) {
            found = staking.lockedBy(address(old.oracle), validators[i]) > 0
                && staking.lockedBy(address(next.oracle), validators[i]) > 0;
        }
    }

    function _refuteAgreed(uint256 id, Exchange memory x, bytes32 agreed) internal virtual {
        deliveries.refute(market, id, _point(x.b), agreed, CIPHERTEXT, _delivery(x), _refutation(x));
    }

    function _settleNext(Release memory next, uint256 nextId) private {
        _use(next);
        _finish(nextId, "next model");
        _assertState(nextId, ICommissionMarket.State.Settled);
        assertEq(models.ownerOf(1), customer);
        assertEq(_held(nextId), 0);
    }

    function _assertEnded(uint256 id, ICommissionMarket.Cause cause) private view {
        _assertState(id, ICommissionMarket.State.Refunded);
        assertEq(uint8(lens.commission(id).cause), uint8(cause));
        assertEq(_held(id), 0);
        assertTrue(_panelIsGone(id));
    }
}

/// @notice Today's contracts are an earlier release too, once there is another.
contract TodaysReleaseTest is EarlierReleaseTest {}
