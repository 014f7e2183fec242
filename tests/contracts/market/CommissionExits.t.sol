// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {Artifact} from "../../../contracts/interfaces/Artifact.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Every way out of docs/protocol.md's state table but those of audits: somebody vanishes or misbehaves, and the
/// money goes where the table says, to the last unit.
contract CommissionExitsTest is CommissionFixture {
    /* BIDDING, REVEALING */

    /// @dev A deal whose auction nobody closes in 30 days has no winner any more, and all goes back.
    function test_bidding_notClosedInTime() public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE / 2);
        uint256 auctionId = lens.commission(id).auctionId;
        vm.warp(auctions.auction(auctionId).revealEnds + auctions.CLOSE_WINDOW());
        market.advance(id);
        auctions.reclaim(auctionId, developer);
        assertEq(_paid(customer), FUNDS);
        _assertRefunded(id, ICommissionMarket.Cause.NoBids, 0, BOND, 0);
    }

    function test_bidding_noCommitsRefundsAll() public {
        uint256 id = _toBidding();
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.NoBids, 0, BOND, 0);
        assertEq(_paid(customer), FUNDS);
    }

    /// @dev Who does not reveal loses its bond, and not to the customer.
    function test_revealing_nothingRevealedBurnsBonds() public {
        uint256 id = _toBidding();
        _bid(id, developer, 1);
        _bid(id, rival, 2);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.NoBids, 0, 0, 2 * BOND);
        assertEq(_paid(customer), FUNDS);
    }

    function test_revealing_bidBeyondReserveLoses() public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE + 1);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE + 1);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.NoBids, 0, BOND, 0);
    }

    function test_revealing_unrevealedRivalIsBurntAndTheDealGoesOn() public {
        uint256 id = _toBidding();
        _bid(id, developer, 1);
        _bid(id, rival, 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, 1);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        assertEq(_burnt(paymentToken), BOND);
        assertEq(lens.commission(id).price, RESERVE);
    }

    /* DRAWING */

    function test_drawing_nobodyDrawsRefundsWithBond() public {
        uint256 id = _toDrawing();
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
        assertEq(_paid(customer), FUNDS);
    }

    /// @dev Three named blocks missed: nothing is due until the deadline, then it is a refund.
    function test_drawing_missedThreeTimes() public {
        uint256 id = _toDrawing();
        for (uint256 i; i < 3; ++i) {
            market.advance(id);
            vm.roll(block.number + 300);
        }
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
    }

    /// @dev Too few validators have no conflict with the parties.
    function test_drawing_notEnoughValidators() public {
        uint256 id = _toDrawing();
        for (uint256 i; i < VALIDATORS - PANEL + 1; ++i) {
            vm.prank(validators[i]);
            registry.declareTie(customer, uint40(block.timestamp + 365 days));
        }
        market.advance(id);
        vm.roll(block.number + 3);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
    }

    /// @dev A panel that was seated in time counts, whenever the market is told.
    function test_drawing_seatedOnTheOracleCounts() public {
        uint256 id = _toDrawing();
        _nextEpoch();
        market.advance(id);
        vm.roll(block.number + 3);
        oracle.seat(lens.commission(id).panelId);
        _timeout(id);
        _assertState(id, ICommissionMarket.State.Granting);
    }

    /* GRANTING */

    function test_granting_silentCustomerPaysKillFee() public {
        uint256 id = _toGranting();
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.CustomerSilent, 0, BOND + KILL_FEE, 0);
        assertEq(_paid(customer), FUNDS - KILL_FEE);
    }

    /* ATTESTING */

    function test_attesting_garbageDatasetIsTheCustomersFault() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        market.advance(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.BadData, PANEL * FEE, BOND + KILL_FEE, 0);
        assertEq(_paid(customer), FUNDS - KILL_FEE - PANEL * FEE);
    }

    function test_attesting_wrongGrantsAreTheCustomersFault() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.CannotOpen));
        market.advance(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.BadData, PANEL * FEE, BOND + KILL_FEE, 0);
    }

    function test_attesting_silentMembersAreReplacedOnce() public {
        uint256 id = _toAttesting();
        address[] memory before = oracle.panel(lens.commission(id).panelId).members;
        _answerFirst(id, 3, _says(IValidationOracle.ReportStatus.Scored));
        _timeout(id);
        _assertState(id, ICommissionMarket.State.Drawing);
        assertEq(_sum(validators), 3 * FEE);
        assertTrue(lens.commission(id).replaced);

        _seatPanel(id);
        address[] memory present = oracle.panel(lens.commission(id).panelId).members;
        for (uint256 i; i < PANEL; ++i) {
            assertEq(present[i] == before[i], i < 3, "only the silent ones were replaced");
        }
        // A member who holds the key can grant it to the newcomers.
        vm.prank(present[0]);
        market.grant(id, Artifact.Dataset, "second grants");
        _answer(id, _says(IValidationOracle.ReportStatus.Scored));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(validators), (3 + PANEL) * FEE);
    }

    function test_attesting_silentAgainRefunds() public {
        uint256 id = _toAttesting();
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _answerFirst(id, 2, _says(IValidationOracle.ReportStatus.Scored));
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, 2 * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - 2 * FEE);
    }

    /// @dev All spoke and disagree: the whole panel is drawn anew.
    function test_attesting_inconclusiveGetsAFreshPanel() public {
        uint256 id = _toAttesting();
        uint256 panelId = lens.commission(id).panelId;
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](4);
        for (uint256 i; i < 4; ++i) {
            reports[i] = _says(
                i < 2 ? IValidationOracle.ReportStatus.Scored : IValidationOracle.ReportStatus.Rejected
            );
        }
        _answerEach(lens.commission(id).requestId, reports);
        _timeout(id);
        _assertState(id, ICommissionMarket.State.Drawing);
        assertTrue(oracle.panel(panelId).dissolved);
        _seatPanel(id);
        assertNotEq(lens.commission(id).panelId, panelId);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Scored));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(validators), (4 + PANEL) * FEE);
    }

    function test_attesting_replacementNotSeated() public {
        uint256 id = _toAttesting();
        _timeout(id);
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
    }

    /* BUILDING */

    /// @dev The bond makes good what the panel was paid, the rest of it is burnt.
    function test_building_silentDeveloperForfeitsTheBond() public {
        uint256 id = _toBuilding();
        _timeout(id);
        _assertRefunded(
            id, ICommissionMarket.Cause.DeveloperSilent, PANEL * FEE, 0, BOND - uint256(PANEL) * FEE
        );
        assertEq(_paid(customer), FUNDS);
    }

    function test_building_silentAfterAFailedAttempt() public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _timeout(id);
        uint256 spent = 2 * PANEL * FEE;
        _assertRefunded(id, ICommissionMarket.Cause.DeveloperSilent, spent, 0, BOND - spent);
        assertEq(_paid(customer), FUNDS);
    }

    /* EVALUATING */

    function test_evaluating_capSpentPaysNoEffortBelowTheScore() public {
        uint256 id = _toEvaluating();
        _evaluate(id, EFFORT - 1);
        _submit(id, "second");
        _evaluate(id, EFFORT - 2);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.AttemptsSpent, 3 * PANEL * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - 3 * PANEL * FEE);
    }

    function test_evaluating_capSpentPaysEffortForTheBest() public {
        uint256 id = _toEvaluating();
        _evaluate(id, EFFORT);
        _submit(id, "second");
        _evaluate(id, 0);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.AttemptsSpent, 3 * PANEL * FEE, BOND + EFFORT_FEE, 0);
        assertEq(lens.commission(id).bestScore, EFFORT);
        assertEq(lens.commission(id).lastScore, 0);
    }

    /// @dev With an effort score below zero, an attempt without any score still earns nothing.
    function test_evaluating_unscoredAttemptsEarnNoEffort() public {
        ICommissionMarket.Request memory request = _request();
        request.effortScore = -1;
        request.submissionCap = 1;
        uint256 id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Scored));
        market.advance(id);
        _submit(id, "model");
        _answer(id, _says(IValidationOracle.ReportStatus.CannotOpen));
        _passAppeal(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.AttemptsSpent, 2 * PANEL * FEE, BOND, 0);
    }

    function test_evaluating_unopenableUnstableRefusedAndInconclusiveSpendTheAttempt() public {
        for (uint256 status = 2; status <= 5; ++status) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toEvaluating();
            if (status < 5) {
                _answer(id, _says(IValidationOracle.ReportStatus(status)));
            } else {
                IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
                for (uint256 i; i < PANEL; ++i) {
                    reports[i] = _scored(int64(int256(i * 100_000)));
                }
                _answerEach(lens.commission(id).requestId, reports);
            }
            _passAppeal(id);
            _assertState(id, ICommissionMarket.State.Building);
            assertEq(lens.commission(id).attempts, 1);
            assertEq(_sum(validators), 2 * PANEL * FEE);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev The same submission is evaluated again: no attempt more, and the clock has not moved.
    function test_evaluating_noQuorumRestoresTheAttemptAndTheClock() public {
        uint256 id = _toBuilding();
        skip(3 days);
        _submit(id, "model");
        _answerFirst(id, 3, _scored(THRESHOLD));
        _timeout(id);
        _assertState(id, ICommissionMarket.State.Drawing);
        assertEq(_sum(validators), (PANEL + 3) * FEE);
        _seatPanel(id);
        _grantData(id);
        _assertState(id, ICommissionMarket.State.Evaluating);
        assertEq(oracle.requestOf(lens.commission(id).requestId).terms.subject, "model");
        _evaluate(id, THRESHOLD - 1);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(lens.commission(id).attempts, 1);
        assertEq(lens.commission(id).deadline, block.timestamp + 7 days);
    }

    function test_evaluating_noQuorumAgainRefunds() public {
        uint256 id = _toEvaluating();
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, PANEL * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - PANEL * FEE);
    }

    /// @dev A replacement is granted once in a deal, whatever it was for.
    function test_evaluating_replacedInAttestationAlready() public {
        uint256 id = _toAttesting();
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Scored));
        market.advance(id);
        _submit(id, "model");
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, PANEL * FEE, BOND, 0);
    }

    /* APPEALING */

    function test_appealing_silentAppealPanelLeavesTheResult() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(i == 0 ? int64(0) : THRESHOLD);
        }
        uint256 requestId = lens.commission(id).requestId;
        address liar = oracle.panel(lens.commission(id).panelId).members[0];
        _answerEach(requestId, reports);
        market.advance(id);
        _fund(third, paymentToken, 1000e18, address(oracle));
        uint256 before = _paid(third);
        vm.warp(lens.commission(id).deadline - 1);
        vm.prank(third);
        oracle.appeal(requestId);
        vm.warp(lens.commission(id).deadline);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        skip(times.draw);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_paid(third), before, "the deposit comes back");
        assertEq(staking.stakeOf(liar).amount, 5 * SEAT, "nobody is slashed");
        assertEq(lens.commission(id).lastScore, THRESHOLD);
    }

    function test_appealing_wonAppealChangesTheResult() public {
        uint256 id = _toEvaluating();
        _answer(id, _scored(THRESHOLD - 1));
        market.advance(id);
        uint256 requestId = lens.commission(id).requestId;
        _fund(developer, paymentToken, 1000e18, address(oracle));
        vm.prank(developer);
        oracle.appeal(requestId);
        _seat(oracle.requestOf(requestId).appealPanelId);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](11);
        for (uint256 i; i < 11; ++i) {
            reports[i] = _scored(THRESHOLD + 20_000);
        }
        _answerEach(oracle.requestOf(requestId).appealRequestId, reports);
        vm.warp(lens.commission(id).deadline);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(lens.commission(id).bestScore, THRESHOLD + 20_000);
        assertEq(lens.commission(id).spent, PANEL * FEE, "the liars earned nothing for the evaluation");
    }

    /* DELIVERING */

    function test_delivering_developerDeliversToAFreshPanel() public {
        uint256 id = _toDelivering();
        uint256 panelId = lens.commission(id).panelId;
        _answer(id, _cannotOpen());
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        ICommissionLens.Commission memory c = lens.commission(id);
        assertTrue(c.redelivering);
        assertEq(c.deadline, block.timestamp + times.draw + times.delivery);
        assertTrue(oracle.panel(panelId).dissolved);
        _seatPanel(id);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.prank(developer);
        market.grant(id, Artifact.Model, "model grants");
        _answer(id, _attested());
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Challenge);
        _settle(id, "model");
        assertEq(_sum(validators), 4 * PANEL * FEE);
        _assertAllPaidOut(id);
    }

    /// @dev The key may have come from elsewhere: the fresh panel is asked when the developer's time is up.
    function test_delivering_freshPanelIsAskedWithoutTheDeveloper() public {
        uint256 id = _toDelivering();
        _answer(id, _cannotOpen());
        market.advance(id);
        _seatPanel(id);
        _timeout(id);
        _answer(id, _attested());
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Challenge);
    }

    function test_delivering_silentTwiceRefundsAndSlashes() public {
        uint256 id = _toDelivering();
        address[] memory first = oracle.panel(lens.commission(id).panelId).members;
        _timeout(id);
        _seatPanel(id);
        vm.prank(developer);
        market.grant(id, Artifact.Model, "model grants");
        address[] memory second = oracle.panel(lens.commission(id).panelId).members;
        _answerFirst(id, 2, _attested());
        _timeout(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.DeliveryFailed, (2 * PANEL + 2) * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - (2 * PANEL + 2) * FEE);
        for (uint256 i; i < VALIDATORS; ++i) {
            uint256 silences = _silences(validators[i], first, second);
            assertEq(staking.stakeOf(validators[i]).amount, 5 * SEAT - silences * (SEAT / 20));
        }
    }

    function test_delivering_freshPanelNotSeated() public {
        uint256 id = _toDelivering();
        _answer(id, _cannotOpen());
        market.advance(id);
        _timeout(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.DeliveryFailed, 3 * PANEL * FEE, BOND, 0);
    }

    /// @dev Members attest different grants for the customer: no delivery.
    function test_delivering_disagreementIsNoDelivery() public {
        uint256 id = _toDelivering();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _attested();
            reports[i].manifest = bytes32(i + 1);
        }
        _answerEach(lens.commission(id).requestId, reports);
        market.advance(id);
        assertTrue(lens.commission(id).redelivering);
        assertEq(lens.commission(id).deliveredGrants, 0);
    }

    function _silences(address validator, address[] memory first, address[] memory second)
        private
        pure
        returns (uint256 silences)
    {
        for (uint256 i; i < PANEL; ++i) {
            if (first[i] == validator) ++silences;
            if (i >= 2 && second[i] == validator) ++silences;
        }
    }

    /* CHALLENGE */

    /// @dev The customer is never needed: anyone settles.
    function test_challenge_anyoneSettles() public {
        uint256 id = _toChallenge();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.settle(id, _submission("model"));
        vm.warp(lens.commission(id).deadline);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.prank(third);
        market.settle(id, _submission("model"));
        _assertAllPaidOut(id);
    }
}
