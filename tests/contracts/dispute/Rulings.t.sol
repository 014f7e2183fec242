// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IDisputableMarket, Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice What each ruling does to each announced end, to the last unit, and that it does nothing else.
contract RulingsTest is DisputeFixture {
    function setUp() public override {
        super.setUp();
        _enlist(9);
    }

    /* CONTESTING */

    function test_contest_stopsTheDealOnce() public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        _assertState(id, ICommissionMarket.State.Disputed);
        assertEq(_deadline(id), disputes.disputeOf(disputeId).deadline);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.warp(_deadline(id));
        vm.expectPartialRevert(Deals.WrongState.selector);
        market.settle(id, _submission("model"));
        vm.prank(address(disputes));
        vm.expectPartialRevert(Deals.WrongState.selector);
        market.contest(id, uint40(block.timestamp));
    }

    function test_contest_onlyDisputesAndOnlyInTime() public {
        uint256 id = _toChallenge();
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, customer));
        market.contest(id, uint40(block.timestamp));
        uint256 deadline = _deadline(id);
        vm.warp(deadline);
        vm.prank(address(disputes));
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, id, deadline));
        market.contest(id, uint40(block.timestamp));
    }

    function test_contest_endsThatAreBareFactsCannotBe() public {
        uint256 id = _toGranting();
        _timeout(id);
        vm.prank(address(disputes));
        vm.expectRevert(
            abi.encodeWithSelector(Deals.WrongState.selector, id, ICommissionMarket.State.Refunded)
        );
        market.contest(id, uint40(block.timestamp));
    }

    function test_resolve_onlyDisputesAndOnlyWhatIsContested() public {
        uint256 id = _toChallenge();
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, address(this)));
        market.resolve(id, Side.Customer, 0);
        vm.prank(address(disputes));
        vm.expectPartialRevert(Deals.WrongState.selector);
        market.resolve(id, Side.Customer, 0);
    }

    /// @dev After a ruling that leaves the payment pending nobody can contest it again.
    function test_contest_isNotPossibleAfterARuling() public {
        uint256 id = _toChallenge();
        _judge(_contest(id, customer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        _assertState(id, ICommissionMarket.State.Challenge);
        vm.prank(address(disputes));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        market.contest(id, uint40(block.timestamp));
    }

    /* AN ANNOUNCED REFUND IS NO PAYMENT */

    function test_announced_isTold() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        vm.expectEmit();
        emit ICommissionMarket.RefundAnnounced(id, ICommissionMarket.Cause.BadData);
        market.advance(id);
    }

    /// @dev The last submission is known, and failed: nobody can settle it while the refund waits.
    function test_settle_notWhileARefundIsPending() public {
        uint256 id = _toAttemptsSpent(EFFORT);
        vm.warp(_deadline(id));
        vm.expectRevert(
            abi.encodeWithSelector(
                ICommissionMarket.RefundIsPending.selector, id, ICommissionMarket.Cause.AttemptsSpent
            )
        );
        market.settle(id, _submission("second"));
    }

    /* A PENDING PAYMENT */

    /// @dev The developer's bond makes good all that the deal has spent and the customer's fee for the jury.
    function test_payment_customerWins() public {
        uint256 id = _toChallenge();
        uint256 before = _paid(customer);
        uint256 held = _held(id);
        uint256 disputeId = _contest(id, customer);
        _judge(disputeId, FOR_CUSTOMER, FOR_CUSTOMER, FOR_DEVELOPER);
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(uint8(c.state), uint8(ICommissionMarket.State.Refunded));
        assertEq(uint8(c.cause), uint8(ICommissionMarket.Cause.DisputeLost));
        uint256 burnt = BOND - (2 * PANEL * FEE + JURY_FEE);
        assertEq(_burnt(paymentToken), burnt);
        assertEq(_paid(customer), before + held - burnt);
        assertEq(_paid(customer), FUNDS + JURY_FEE, "whole, the jury's fee that it had on top included");
        assertEq(_paid(developer), 0);
        assertEq(c.modelId, 0);
        assertEq(_held(id), 0);
    }

    function test_payment_developerWinsOrNobody() public {
        for (uint8 vote = REFUSED; vote <= FOR_DEVELOPER; vote += 2) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toChallenge();
            _judge(_contest(id, customer), vote, vote, vote);
            _assertState(id, ICommissionMarket.State.Challenge);
            vm.prank(third);
            market.settle(id, _submission("model"));
            _assertState(id, ICommissionMarket.State.Settled);
            assertGt(_paid(developer), BOND);
            assertEq(_held(id), 0);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev A developer that contests its own payment, or a friend of its who is the customer, gains nothing.
    function test_payment_developerContestsAndLoses() public {
        uint256 id = _toChallenge();
        _judge(_contest(id, developer), FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        assertEq(_burnt(paymentToken), BOND - 2 * PANEL * FEE, "its own fee is not made good");
        assertEq(_paid(developer), JURY_FEE % 3, "the dust of the jury's fee");
    }

    /* PENDING REFUNDS */

    function test_badData_customerWinsTheKillFeeBack() public {
        uint256 id = _toBadData();
        _judge(_contest(id, customer), FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        _assertOverturned(id, BOND);
        assertEq(_paid(customer), FUNDS - PANEL * FEE + JURY_FEE % 3, "with the dust of the jury's fee");
    }

    function test_badData_otherRulingsLeaveIt() public {
        for (uint8 vote = REFUSED; vote <= FOR_DEVELOPER; vote += 2) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toBadData();
            _judge(_contest(id, customer), vote, vote, vote);
            _assertStands(id, ICommissionMarket.Cause.BadData, BOND + KILL_FEE);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Never the price, never the key: the model did not pass.
    function test_attemptsSpent_developerWinsTheKillFee() public {
        uint256 id = _toAttemptsSpent(EFFORT - 1);
        _judge(_contest(id, developer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_CUSTOMER);
        _assertOverturned(id, BOND + KILL_FEE);
        assertEq(lens.commission(id).modelId, 0);
    }

    /// @dev Where the effort fee is more than the kill fee, winning does not cost the difference.
    function test_attemptsSpent_winningNeverPaysLess() public {
        ICommissionMarket.Request memory request = _request();
        (request.killFee, request.effortFee, request.submissionCap) = (1e18, 300e18, 1);
        uint256 id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, EFFORT);
        _judge(_contest(id, developer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        _assertOverturned(id, BOND + 300e18);
    }

    function test_attemptsSpent_otherRulingsLeaveIt() public {
        for (uint8 vote = REFUSED; vote <= FOR_CUSTOMER; ++vote) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toAttemptsSpent(EFFORT);
            _judge(_contest(id, developer), vote, vote, vote);
            _assertStands(id, ICommissionMarket.Cause.AttemptsSpent, BOND + EFFORT_FEE);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function test_deliveryFailed_developerWinsTheKillFee() public {
        uint256 id = _toDeliveryFailed();
        _judge(_contest(id, developer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        _assertOverturned(id, BOND + KILL_FEE);
        assertEq(lens.commission(id).modelId, 0);
    }

    function test_deliveryFailed_customerContestsInVain() public {
        uint256 id = _toDeliveryFailed();
        _judge(_contest(id, customer), FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        _assertStands(id, ICommissionMarket.Cause.DeliveryFailed, BOND);
    }

    function test_auditRejected_developerWinsTheKillFee() public {
        ICommissionMarket.Request memory request = _request();
        (request.riskClass, request.submissionCap) = (AUDITED, 1);
        uint256 id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        _seatAuditors(id);
        _postAll(id, false);
        market.advance(id);
        assertEq(_auditOf(id), lens.commission(id).auditId);
        _judge(_contest(id, developer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        _assertOverturned(id, BOND + KILL_FEE);
    }

    /* NEVER MORE THAN THE HOLD */

    /// @dev Whatever is ruled on whatever end, with whatever costs: the deal's hold is paid out, nothing else is
    /// touched.
    function testFuzz_resolve_movesTheHoldAndNothingElse(uint256 which, uint8 side, uint256 costs) public {
        costs = bound(costs, 0, type(uint96).max);
        uint256 bystander = _open(_request());
        uint256 id = _announced(which % 4);
        uint256 other = _held(bystander);
        uint256 total = _held(id) + _everybodys();
        vm.startPrank(address(disputes));
        market.contest(id, uint40(block.timestamp + 1 days));
        market.resolve(id, Side(side % 3), costs);
        vm.stopPrank();
        if (market.stateOf(id) == ICommissionMarket.State.Challenge) {
            market.settle(id, _submission("model"));
        }
        assertEq(_held(id), 0);
        assertEq(_everybodys(), total);
        assertEq(_held(bystander), other);
        assertEq(_burnt(stakingToken), 0);
    }

    /// @dev No ruling gives the customer its money back and the model's token too, or the developer the price without
    /// one.
    function testFuzz_resolve_noModelWithoutPayment(uint256 which, uint8 side) public {
        uint256 id = _announced(which % 4);
        vm.startPrank(address(disputes));
        market.contest(id, uint40(block.timestamp + 1 days));
        market.resolve(id, Side(side % 3), 0);
        vm.stopPrank();
        bool pays = market.stateOf(id) == ICommissionMarket.State.Challenge;
        if (pays) market.settle(id, _submission("model"));
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(c.modelId != 0, pays);
        assertEq(pays, which % 4 == 0 && side % 3 != uint8(Side.Customer));
        if (!pays) assertLe(_paid(developer), BOND + KILL_FEE);
    }

    /* PARTS */

    function _announced(uint256 which) private returns (uint256 id) {
        if (which == 0) return _toChallenge();
        if (which == 1) return _toBadData();
        return which == 2 ? _toAttemptsSpent(EFFORT) : _toDeliveryFailed();
    }

    function _auditOf(uint256 id) private view returns (uint256) {
        return market.dealOf(id).auditId;
    }

    function _everybodys() private view returns (uint256) {
        return _paid(customer) + _paid(developer) + _paid(rival) + _paid(third) + _paid(treasury)
            + _burnt(paymentToken) + _sum(validators) + _sum(payees) + _sum(jurors);
    }

    function _assertOverturned(uint256 id, uint256 toDeveloper) private view {
        _assertStands(id, ICommissionMarket.Cause.Overturned, toDeveloper);
    }

    function _assertStands(uint256 id, ICommissionMarket.Cause cause, uint256 toDeveloper) private view {
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(uint8(c.state), uint8(ICommissionMarket.State.Refunded), "state");
        assertEq(uint8(c.cause), uint8(cause), "cause");
        assertApproxEqAbs(_paid(developer), toDeveloper, JURY_FEE % 3, "developer, but for the fee's dust");
        assertEq(_burnt(paymentToken), 0, "burnt");
        assertEq(_held(id), 0, "held");
    }
}
