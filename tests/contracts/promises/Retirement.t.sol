// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {CommissionBase} from "../../../contracts/market/CommissionBase.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {Rounds} from "../../../contracts/oracle/Rounds.sol";
import {ValidationOracle} from "../../../contracts/oracle/ValidationOracle.sol";
import {CommissionLens} from "../../../contracts/periphery/CommissionLens.sol";
import {ReleaseFixture} from "./ReleaseFixture.sol";

/// @notice All modules are retired at once, in every state of a deal; the deal still ends and all its money is paid
/// out. Where the next release takes their place, on the same escrow, registry and stakes, deals of both settle.
contract RetirementTest is ReleaseFixture {
    ICommissionMarket.State private constant LAST = ICommissionMarket.State.Challenge;

    /// @dev Nobody does anything any more but a stranger who calls what is due.
    function test_everyState_endsByTimeAlone() public {
        for (uint8 state = uint8(ICommissionMarket.State.Bidding); state <= uint8(LAST); ++state) {
            if (state == uint8(ICommissionMarket.State.Revealing)) continue; // as Bidding
            uint256 snapshot = vm.snapshotState();
            uint256 id = _to(ICommissionMarket.State(state));
            _assertState(id, ICommissionMarket.State(state));
            _retireEverything();
            _drain(id);
            _assertAllPaidOut(id);
            uint256 auctionId = lens.commission(id).auctionId;
            assertEq(_heldBy(address(auctions), paymentToken, auctionId), 0, "no bond is left in the auction");
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Once its panel sits, a deal even comes to its good end.
    function test_fromAnyStateWithAPanel_stillSettles() public {
        for (uint256 which; which < 7; ++which) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _withPanel(which);
            _retireEverything();
            _finish(id, "model");
            _assertState(id, ICommissionMarket.State.Settled);
            assertEq(_paid(developer), BOND + RESERVE / 2 - _sum(payees));
            _assertAllPaidOut(id);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev The new contracts have a deal of their own all the while.
    function test_fromAnyState_settlesBesideTheNextRelease() public {
        for (uint256 which; which < 9; ++which) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = which == 8 ? _toBidding() : which == 7 ? _toDrawing() : _withPanel(which);
            Release memory old = _current();
            Release memory next = _replace();
            _finishBoth(old, id, next, _open(_lateRequest()));
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Both have a panel of the same validators at once. Each locks stake of its own, and gives back no other's.
    function test_twoReleases_shareValidators() public {
        uint256 id = _toBuilding();
        Release memory old = _current();
        Release memory next = _replace();
        uint256 nextId = _toBuilding();
        uint256 both;
        for (uint256 i; i < VALIDATORS; ++i) {
            uint96 first = staking.lockedBy(address(old.oracle), validators[i]);
            uint96 second = staking.lockedBy(address(next.oracle), validators[i]);
            assertEq(staking.stakeOf(validators[i]).locked, first + second);
            if (first > 0 && second > 0) ++both;
        }
        assertGt(both, 0, "somebody sits on both panels");
        _finishBoth(old, id, next, nextId);
        for (uint256 i; i < VALIDATORS; ++i) {
            assertEq(staking.stakeOf(validators[i]).locked, 0);
        }
    }

    function test_replaced_takesNoNewDeals() public {
        Release memory old = _current();
        _replace();
        _use(old);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, address(market)));
        _open(_request());
    }

    /// @dev The next release is deployed and let in; its predecessor opens no holds any more.
    function _replace() private returns (Release memory next) {
        escrow.retire(address(market));
        escrow.retire(address(rounds));
        next = _current();
        next.oracle = new ValidationOracle(registry, staking, randomness);
        next.rounds = new Rounds(address(this), escrow, next.oracle);
        next.deliveries = new Deliveries();
        CommissionBase.Modules memory modules = _marketModules();
        (modules.oracle, modules.rounds, modules.deliveries) = (next.oracle, next.rounds, next.deliveries);
        next.market = new CommissionMarket(modules);
        next.lens = new CommissionLens(next.market, models);
        _letIn(next);
        _fund(customer, paymentToken, FUNDS, address(next.market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _use(next);
    }

    function _letIn(Release memory next) private {
        escrow.authorise(address(next.market));
        escrow.authorise(address(next.rounds));
        bytes32 module = staking.MODULE_ROLE();
        staking.grantRole(module, address(next.oracle));
        staking.grantRole(module, address(next.rounds));
        next.rounds.grantRole(module, address(next.market));
        registry.grantRole(module, address(next.market));
        models.grantRole(module, address(next.market));
    }

    /// @dev Stakes, bonds and balances outside of deals leave the market too.
    function test_everybody_takesTheirMoneyOut() public {
        _retireEverything();
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.prank(validators[i]);
            staking.requestExit(5 * SEAT);
        }
        skip(EXIT_COOLDOWN);
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.startPrank(validators[i]);
            staking.completeExit();
            escrow.withdraw(address(stakingToken), 5 * SEAT);
            vm.stopPrank();
        }
        for (uint256 i; i < AUDITORS; ++i) {
            vm.startPrank(auditors[i]);
            audits.leave();
            escrow.withdraw(address(stakingToken), AUDITOR_BOND);
            vm.stopPrank();
        }
        vm.prank(customer);
        escrow.withdraw(address(paymentToken), FUNDS);
        assertEq(stakingToken.balanceOf(address(escrow)), AUDITOR_BOND, "the regulator's");
        assertEq(paymentToken.balanceOf(customer), FUNDS);
    }

    function _to(ICommissionMarket.State state) private returns (uint256 id) {
        if (state == ICommissionMarket.State.Bidding) {
            id = _toBidding();
            _bid(id, developer, RESERVE / 2);
        }
        if (state == ICommissionMarket.State.Attesting) id = _toDrawing();
        if (state == ICommissionMarket.State.Building) id = _toBuilding();
        if (state == ICommissionMarket.State.Evaluating) id = _toEvaluating();
        if (state == ICommissionMarket.State.Auditing) (id,) = _toAuditing();
        if (state == ICommissionMarket.State.Delivering) id = _toDelivering();
        if (state == ICommissionMarket.State.Challenge) id = _toChallenge();
    }

    function _drain(uint256 id) private {
        for (uint256 i; i < 40 && market.stateOf(id) < ICommissionMarket.State.Settled; ++i) {
            skip(61 days);
            vm.roll(block.number + 300);
            bool pays = lens.commission(id).cause == ICommissionMarket.Cause.None;
            if (market.stateOf(id) == LAST && pays) market.settle(id, _submission("model"));
            else market.advance(id);
            // Where a block was named, its draw is tried: a draw that nobody tries is repeated for ever.
            vm.roll(block.number + 3);
            try market.advance(id) {} catch {}
        }
        assertGe(uint8(market.stateOf(id)), uint8(ICommissionMarket.State.Settled), "it has ended");
    }
}
