// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice All modules are retired at once, in every state of a deal; the deal still ends and all its money is paid
/// out. (Where another release takes their place: `releases/`.)
contract RetirementTest is PromisesFixture {
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
