// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Every way out of docs/protocol.md's state table but those of audits: somebody vanishes or misbehaves, and
/// the money goes where the table says, to the last unit.
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

    /// @dev However often nobody seats a draw in time, and however late it is, the draw is repeated and the deal goes
    /// on.
    function testFuzz_drawing_missedDrawsAreRepeated(uint8 times_, uint32 late) public {
        uint256 id = _toDrawing();
        for (uint256 i; i < bound(times_, 1, 20); ++i) {
            skip(bound(late, 0, 30 days));
            vm.roll(block.number + 300);
            market.advance(id);
            _assertRound(id, IRounds.State.Drawing);
        }
        _seatPanel(id);
        _assertRound(id, IRounds.State.Granting);
    }

    /// @dev Too few validators have no conflict with the parties.
    function test_drawing_notEnoughValidators() public {
        uint256 id = _toDrawing();
        for (uint256 i; i < VALIDATORS - PANEL + 1; ++i) {
            vm.prank(validators[i]);
            registry.declareTie(customer, uint40(block.timestamp + 365 days));
        }
        _nextEpoch();
        vm.roll(block.number + 3);
        market.advance(id);
        vm.roll(block.number + 3);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.warp(_deadline(id));
        market.advance(id); // the block named belongs to another epoch
        vm.roll(block.number + 3);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
        assertEq(_paid(customer), FUNDS);
    }

    /// @dev A market that may have no more panels drawn ends its deals where one would be.
    function test_drawing_retiredMarketRefunds() public {
        uint256 id = _toBidding();
        rounds.revokeRole(rounds.MODULE_ROLE(), address(market));
        _award(id, RESERVE / 2);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
    }

    /* GRANTING */

    /// @dev The panel is paid for the time that it kept free.
    function test_granting_silentCustomerPaysKillFee() public {
        uint256 id = _toGranting();
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.CustomerSilent, PANEL * FEE, BOND + KILL_FEE, 0);
        assertEq(_paid(customer), FUNDS - KILL_FEE - PANEL * FEE);
        assertEq(_deadline(id), 0, "nothing is due any more");
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
        address[] memory before = _membersOf(id);
        _answerFirst(id, 3, _says(IValidationOracle.ReportStatus.Answered));
        _timeout(id);
        _assertRound(id, IRounds.State.Drawing);
        assertEq(_sum(validators), 3 * FEE);

        _seatPanel(id);
        address[] memory present = _membersOf(id);
        for (uint256 i; i < PANEL; ++i) {
            assertEq(present[i] == before[i], i < 3, "only the silent ones were replaced");
        }
        // A member who holds the key can grant it to the newcomers; that counts when the customer's time is over.
        uint256 panelId = _panelOf(id);
        vm.prank(present[0]);
        rounds.grant(panelId, 0, "second grants");
        _assertRound(id, IRounds.State.Granting);
        _timeout(id);
        _assertRound(id, IRounds.State.Voting);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(validators), (3 + PANEL) * FEE);
    }

    function test_attesting_silentAgainRefunds() public {
        uint256 id = _toAttesting();
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _answerFirst(id, 2, _says(IValidationOracle.ReportStatus.Answered));
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, 2 * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - 2 * FEE);
    }

    /// @dev All spoke and disagree: the whole panel is drawn anew. A newcomer's garbage starts nothing before the
    /// customer's time is over, and nothing then: no member has had the key.
    function test_attesting_undecidedGetsAFreshPanel() public {
        uint256 id = _toAttesting();
        address[] memory before = _membersOf(id);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](4);
        for (uint256 i; i < 4; ++i) {
            reports[i] = _says(
                i < 2 ? IValidationOracle.ReportStatus.Answered : IValidationOracle.ReportStatus.Rejected
            );
        }
        _answerEach(_requestOf(id), reports);
        _timeout(id);
        _assertRound(id, IRounds.State.Drawing);
        _seatPanel(id);
        (uint256 panelId, address[] memory present) = (_panelOf(id), _membersOf(id));
        for (uint256 i; i < PANEL; ++i) {
            for (uint256 j; j < PANEL; ++j) {
                assertNotEq(present[i], before[j], "all are new");
            }
        }
        vm.prank(present[0]);
        rounds.grant(panelId, 0, "garbage");
        _assertRound(id, IRounds.State.Granting);
        uint256 start = vm.snapshotState();
        _timeout(id);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.CustomerSilent));
        assertTrue(vm.revertToState(start));
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(validators), (4 + PANEL) * FEE);
    }

    function test_attesting_replacementNotSeated() public {
        uint256 id = _toAttesting();
        _answerFirst(id, 3, _says(IValidationOracle.ReportStatus.Answered));
        _timeout(id);
        for (uint256 i; i < VALIDATORS; ++i) {
            if (rounds.isMember(_panelOf(id), validators[i])) continue;
            vm.prank(validators[i]);
            registry.declareTie(customer, type(uint40).max);
        }
        vm.warp(_deadline(id));
        vm.roll(block.number + 3);
        market.advance(id);
        vm.roll(block.number + 3);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 3 * FEE, BOND, 0);
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
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
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
                _answerEach(_requestOf(id), reports);
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
        _assertState(id, ICommissionMarket.State.Evaluating);
        _assertRound(id, IRounds.State.Drawing);
        assertEq(_sum(validators), (PANEL + 3) * FEE);
        _seatPanel(id);
        _grantBoth(id);
        _assertRound(id, IRounds.State.Voting);
        _evaluate(id, THRESHOLD - 1);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(lens.commission(id).attempts, 1);
        assertEq(_deadline(id), block.timestamp + 7 days);
    }

    /// @dev Newcomers need both keys again.
    function _grantBoth(uint256 id) private {
        _grantData(id);
        uint256 panelId = _panelOf(id);
        vm.prank(developer);
        rounds.grant(panelId, 1, "model grants again");
    }

    /// @dev A developer who does not grant its model's key to newcomers is no worse off than with a silent panel.
    function test_evaluating_newcomersWithoutTheModelsKey() public {
        uint256 id = _toEvaluating();
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _assertRound(id, IRounds.State.Granting);
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, 2 * PANEL * FEE, BOND, 0);
    }

    function test_evaluating_noQuorumAgainRefunds() public {
        uint256 id = _toEvaluating();
        _timeout(id);
        _seatPanel(id);
        _grantBoth(id);
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
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _timeout(id);
        _assertRefunded(id, ICommissionMarket.Cause.PanelSilent, PANEL * FEE, BOND, 0);
    }

    /* APPEALS */

    function test_appealing_silentAppealPanelLeavesTheResult() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(i == 0 ? int64(0) : THRESHOLD);
        }
        address liar = _membersOf(id)[0];
        _answerEach(_requestOf(id), reports);
        _fund(third, paymentToken, 1000e18, address(rounds));
        (uint256 before, uint256 panelId) = (_paid(third), _panelOf(id));
        vm.warp(_deadline(id) - 1);
        vm.prank(third);
        rounds.appeal(panelId);
        _seatPanel(id);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.warp(_deadline(id));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_paid(third), before, "the deposit comes back");
        assertEq(staking.stakeOf(liar).amount, 4 * SEAT, "the first result's consequences stand");
        assertEq(lens.commission(id).lastScore, THRESHOLD);
    }

    function test_appealing_wonAppealChangesTheResult() public {
        uint256 id = _toEvaluating();
        _answer(id, _scored(THRESHOLD - 1));
        _fund(developer, paymentToken, 1000e18, address(rounds));
        uint256 panelId = _panelOf(id);
        vm.prank(developer);
        rounds.appeal(panelId);
        _seatPanel(id);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](11);
        for (uint256 i; i < 11; ++i) {
            reports[i] = _scored(THRESHOLD + 20_000);
        }
        _answerEach(rounds.roundOf(panelId).appealRequestId, reports);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(lens.commission(id).bestScore, THRESHOLD + 20_000);
        assertEq(lens.commission(id).spent, PANEL * FEE, "the liars earned nothing for the evaluation");
        _deliver(id);
        _settle(id, "model");
        assertEq(_paid(customer), FUNDS - PANEL * FEE - RESERVE / 2 - RESERVE / 80);
    }

    /* DELIVERING */

    /// @dev Nobody who holds the key delivers it: the price is not paid.
    function test_delivering_nobodyDelivers() public {
        uint256 id = _toDelivering();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        _timeout(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.DeliveryFailed, 2 * PANEL * FEE, BOND, 0);
    }

    /// @dev Its calldata could be read, so a late delivery counts as long as the deal has not moved on.
    function testFuzz_delivering_lateDeliveryCounts(uint32 late) public {
        uint256 id = _toDelivering();
        vm.warp(_deadline(id) + late);
        vm.prank(makeAddr("anyone"));
        _deliver(id);
        _assertState(id, ICommissionMarket.State.Challenge);
        assertEq(_deadline(id), block.timestamp + times.challenge, "the customer has its whole window");
        _settle(id, "model");
        _assertAllPaidOut(id);
    }

    /// @dev Nothing but what the panel agreed on is delivered.
    function test_delivering_onlyWhatThePanelAgreedOn() public {
        uint256 id = _toDelivering();
        Exchange memory x = _delivered(id);
        (x.key, x.e) = ("another key", x.e + 1);
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        this.deliverAs(id, x);
        x = _delivered(id);
        ++x.b; // to somebody else
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        this.deliverAs(id, x);
        vm.expectPartialRevert(ICommissionMarket.NotDeliveries.selector);
        market.onDelivered(id, "word");
        vm.expectPartialRevert(ICommissionMarket.NotDeliveries.selector);
        market.onRefuted(id, "word");
        _deliver(id);
        vm.expectPartialRevert(Deals.WrongState.selector);
        this.deliverAs(id, _delivered(id)); // once
    }

    function deliverAs(uint256 id, Exchange memory x) external {
        deliveries.deliverAgreed(
            market, id, _point(x.b), _keyHash(x.key), CIPHERTEXT, _delivery(x), _possession(x)
        );
    }

    /* A CAPTURED PANEL: the word that it agrees on delivers another key than the one whose hash it names */

    function _toCaptured() private returns (uint256 id, Exchange memory x) {
        id = _toEvaluating();
        x = _delivered(id);
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.word = _agreement(x, "the right key's hash");
        _answer(id, report);
        _passAppeal(id);
        deliveries.deliverAgreed(
            market, id, _point(x.b), "the right key's hash", CIPHERTEXT, _delivery(x), _possession(x)
        );
    }

    function _refute(uint256 id, Exchange memory x, bytes32 keyHash) private {
        deliveries.refute(market, id, _point(x.b), keyHash, CIPHERTEXT, _delivery(x), _refutation(x));
    }

    /// @dev Arithmetic decides: the customer has its money back, whoever is the majority of the panel.
    function test_refuting_theCustomerIsRefunded() public {
        (uint256 id, Exchange memory x) = _toCaptured();
        vm.warp(_deadline(id) - 1);
        _refute(id, x, "the right key's hash");
        _assertRefunded(id, ICommissionMarket.Cause.DeliveryRefuted, 2 * PANEL * FEE, BOND, 0);
        assertEq(_paid(customer), FUNDS - 2 * PANEL * FEE);
    }

    /// @dev A dispute does not keep a refutation out, and finds the deal ended then.
    function test_refuting_whileDisputed() public {
        (uint256 id, Exchange memory x) = _toCaptured();
        vm.prank(address(disputes));
        market.contest(id, uint40(block.timestamp + 30 days));
        skip(20 days);
        _refute(id, x, "the right key's hash");
        _assertRefunded(id, ICommissionMarket.Cause.DeliveryRefuted, 2 * PANEL * FEE, BOND, 0);
        vm.prank(address(disputes));
        market.resolve(id, Side.Developer, 0);
        _assertState(id, ICommissionMarket.State.Refunded);
    }

    function test_refuting_refusals() public {
        (uint256 id, Exchange memory x) = _toCaptured();
        bytes32 keyHash = _keyHash(x.key);
        vm.expectPartialRevert(KeyExchange.KeyIsRight.selector);
        this.refuteAs(id, x, keyHash); // it would be right, had the panel named this hash
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        this.refuteAs(id, x, "a third hash");
        uint256 start = vm.snapshotState();
        vm.warp(_deadline(id));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        this.refuteAs(id, x, "the right key's hash");
        assertTrue(vm.revertToState(start));
        id = _toChallenge(_request());
        x = _delivered(id);
        keyHash = _keyHash(x.key);
        vm.expectPartialRevert(KeyExchange.KeyIsRight.selector);
        this.refuteAs(id, x, keyHash);
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        this.refuteAs(id, x, "another hash"); // under which the key would be wrong
    }

    function refuteAs(uint256 id, Exchange memory x, bytes32 keyHash) external {
        _refute(id, x, keyHash);
    }

    function _toChallenge(ICommissionMarket.Request memory request) private returns (uint256 id) {
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "second model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
    }

    /* CHALLENGE */

    /// @dev The customer is never needed: anyone settles.
    function test_challenge_anyoneSettles() public {
        uint256 id = _toChallenge();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.settle(id, _submission("model"));
        vm.warp(_deadline(id));
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        vm.prank(third);
        market.settle(id, _submission("model"));
        _assertAllPaidOut(id);
    }
}
