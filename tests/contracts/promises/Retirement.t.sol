// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice All modules are retired at once, in every state of a deal; the deal still ends and all its money is paid out.
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
    function test_everyStateFromGranting_stillSettles() public {
        ICommissionMarket.State first = ICommissionMarket.State.Granting;
        for (uint8 state = uint8(first); state <= uint8(LAST); ++state) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _to(ICommissionMarket.State(state));
            _retireEverything();
            _finish(id);
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
        if (state == ICommissionMarket.State.Drawing) id = _toDrawing();
        if (state == ICommissionMarket.State.Granting) id = _toGranting();
        if (state == ICommissionMarket.State.Attesting) id = _toAttesting();
        if (state == ICommissionMarket.State.Building) id = _toBuilding();
        if (state == ICommissionMarket.State.Evaluating) id = _toEvaluating();
        if (state == ICommissionMarket.State.Appealing) id = _toAppealing();
        if (state == ICommissionMarket.State.Auditing) (id,) = _toAuditing();
        if (state == ICommissionMarket.State.Delivering) id = _toDelivering();
        if (state == ICommissionMarket.State.Challenge) id = _toChallenge();
    }

    function _finish(uint256 id) private {
        ICommissionMarket.State state = market.stateOf(id);
        if (state == ICommissionMarket.State.Granting) {
            _grantData(id);
        } else if (state == ICommissionMarket.State.Attesting) {
            _deliver(id);
        } else if (state == ICommissionMarket.State.Building) {
            _submit(id, "model");
        } else if (state == ICommissionMarket.State.Evaluating) {
            _answer(id, _scored(THRESHOLD));
            market.advance(id);
        } else if (state == ICommissionMarket.State.Appealing) {
            _timeout(id);
        } else if (state == ICommissionMarket.State.Auditing) {
            address[] memory seats = _auditorsOf(lens.commission(id).auditId);
            _post(id, seats[0], true);
            _post(id, seats[1], true);
            market.advance(id);
        } else if (state == ICommissionMarket.State.Delivering) {
            _deliver(id);
        } else {
            return _settle(id, "model");
        }
        _finish(id);
    }

    function _drain(uint256 id) private {
        for (uint256 i; i < 40 && market.stateOf(id) < ICommissionMarket.State.Settled; ++i) {
            skip(61 days);
            vm.roll(block.number + 300);
            bool pays = lens.commission(id).cause == ICommissionMarket.Cause.None;
            if (market.stateOf(id) == LAST && pays) market.settle(id, _submission("model"));
            else market.advance(id);
        }
        assertGe(uint8(market.stateOf(id)), uint8(ICommissionMarket.State.Settled), "it has ended");
    }
}
