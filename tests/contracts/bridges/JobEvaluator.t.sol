// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IJobEvaluator} from "../../../contracts/interfaces/IJobEvaluator.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {JobFixture} from "./JobFixture.sol";
import {PlainJobs} from "./JobContracts.sol";

/// @notice A job of ERC-8183 whose evaluator is Assay: every end, and who pays for it.
contract JobEvaluatorTest is JobFixture {
    /* ENDS */

    function test_passed_isDeliveredAndThenPaid() public {
        uint256 id = _toDelivering();
        _assertAt(id, IJobEvaluator.State.Delivering, IJobEvaluator.Cause.None);
        _assertPaidOut(id, 2 * PANEL, 3); // draw, attestation, score
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, id, IJobEvaluator.State.Delivering));
        evaluator.conclude(id);
        vm.prank(deliveries);
        evaluator.onDelivered(id, WORD);
        vm.expectEmit();
        emit IJobEvaluator.Concluded(id, address(jobs), 1, MANIFEST);
        _conclude(id);
        _assertAt(id, IJobEvaluator.State.Completed, IJobEvaluator.Cause.Passed);
        assertEq(paymentToken.balanceOf(provider), BUDGET);
        assertEq(jobs.reasonOf(1), MANIFEST);
    }

    function testFuzz_score_passesFromTheThresholdOn(int32 above, uint16 criteria) public {
        uint256 id = _toJudge();
        IValidationOracle.Report memory report = _report(PASS + above);
        report.criteria = criteria;
        _scoreWith(id, _same(PANEL, report));
        bool passed = above >= 0 && criteria & 1 == 1;
        if (passed) {
            _assertAt(id, IJobEvaluator.State.Delivering, IJobEvaluator.Cause.None);
            return;
        }
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.BelowThreshold);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.BelowThreshold);
    }

    function test_plainJobContract() public {
        PlainJobs plain = new PlainJobs(IERC20(address(paymentToken)));
        _conclude(_toPassed(plain));
        assertEq(paymentToken.balanceOf(provider), BUDGET);
        uint256 id = _toJudge(plain);
        _scoreWith(id, _scores(PANEL, 0));
        _conclude(id);
        assertEq(uint8(plain.getJob(2).status), uint8(IAgenticCommerce.Status.Rejected));
        assertEq(plain.reasonOf(2), bytes32(uint256(IJobEvaluator.Cause.BelowThreshold)));
    }

    function test_badData_isRejectedBeforeAnyWork() public {
        uint256 id = _toAttest();
        _fundJob(id);
        _answerWith(id, _statements(PANEL, REJECTED));
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.BadData);
        _assertPaidOut(id, PANEL, 2);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.BadData);
    }

    /// @dev Before the provider works: it loses nothing.
    function test_clientSilentAtFirst() public {
        uint256 id = _toDraw(jobs);
        _seatPanelOf(id);
        vm.warp(_round(id).deadline);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.BadData);
        _assertPaidOut(id, PANEL, 2);
    }

    /// @dev The panel is silent and drawn anew, and the client does not grant the new members its data's key.
    function test_clientSilentAtTheTest_theProviderIsPaid() public {
        uint256 id = _redrawn();
        _grant(id, MODEL);
        vm.warp(_round(id).deadline);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Passed, IJobEvaluator.Cause.ClientSilent);
        _conclude(id);
        assertEq(paymentToken.balanceOf(provider), BUDGET);
        assertEq(jobs.reasonOf(1), bytes32(uint256(IJobEvaluator.Cause.ClientSilent)));
    }

    /// @dev A provider that is silent too is not paid for the client's silence.
    function test_bothSilentAtTheTest() public {
        uint256 id = _redrawn();
        vm.warp(_round(id).deadline);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.ProviderSilent);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.ProviderSilent);
    }

    function test_providerSilentAtTheTest() public {
        uint256 id = _toReady();
        _deliverWork(jobs, id);
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, 0);
        vm.warp(_round(id).deadline);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.ProviderSilent);
    }

    function test_badModel() public {
        uint256 id = _toJudge();
        _scoreWith(id, _statements(PANEL, CLOSED));
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.BadModel);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.BadModel);
    }

    function test_noAnswer() public {
        uint256 id = _toJudge();
        IValidationOracle.Report[] memory reports = _scores(PANEL, 0);
        for (uint256 i; i < PANEL; ++i) {
            reports[i].scores[0] = int64(int256(i * 1e6));
        }
        _scoreWith(id, reports);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NoAnswer);
    }

    function test_noPanel() public {
        for (uint256 i; i < validators.length; ++i) {
            vm.prank(validators[i]);
            staking.requestExit(STAKE);
        }
        uint256 id = _toDraw(jobs);
        vm.warp(_round(id).deadline);
        vm.roll(block.number + 3);
        _advance(id);
        if (evaluator.enrolment(id).at.state() == uint8(IJobEvaluator.State.Attesting)) {
            vm.roll(block.number + 3);
            _advance(id);
        }
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NoAnswer);
    }

    /// @dev An appeal's answer counts, and the wait for it is within the job's time.
    function test_appeal_decides() public {
        uint256 id = _toJudge();
        uint256 panelId = evaluator.enrolment(id).panelId;
        _answerWith(id, _scores(PANEL, PASS));
        address appellant = makeAddr("appellant");
        _fund(appellant, paymentToken, PURSE, address(rounds));
        vm.prank(appellant);
        rounds.appeal(panelId);
        vm.roll(block.number + 3);
        _advance(id);
        _answer(rounds.roundOf(panelId).appealRequestId, _scores(2 * PANEL + 1, 0));
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.BelowThreshold);
        assertLt(block.timestamp, evaluator.enrolment(id).expiredAt);
    }

    /// @dev Where Rounds has the deadlines, and at the end, there is none here.
    function test_deadlines_areOfStatesThatHaveOne() public {
        uint256 id = _toDraw(jobs);
        assertEq(evaluator.enrolment(id).at.deadline(), 0, "attesting");
        uint256 other = _toPassed(jobs);
        assertEq(evaluator.enrolment(other).at.deadline(), 0, "passed");
        _conclude(other);
        assertEq(evaluator.enrolment(other).at.deadline(), 0, "completed");
        uint256 third = _toJudge();
        assertEq(evaluator.enrolment(third).at.deadline(), 0, "judging");
        _scoreWith(third, _scores(PANEL, 0));
        assertEq(evaluator.enrolment(third).at.deadline(), 0, "failed");
    }

    /* READY */

    function test_ready_endsInTimeForThePanelAndItsAppeal() public {
        uint256 id = _toReady();
        uint256 round = uint256(times.draw) + times.grant + times.commit + times.reveal;
        uint256 deadline = evaluator.enrolment(id).at.deadline();
        assertEq(evaluator.enrolment(id).expiredAt - deadline, 3 * round + times.appeal + times.delivery);
        _deliverWork(jobs, id);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, id, deadline));
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NothingAsked);
        _assertPaidOut(id, PANEL, 2);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.NothingAsked);
    }

    function test_ready_nothingIsDueBefore() public {
        uint256 id = _toReady();
        uint40 deadline = evaluator.enrolment(id).at.deadline();
        vm.warp(deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, id, IJobEvaluator.State.Ready, deadline)
        );
        evaluator.advance(id);
    }

    /// @dev Only the provider can go on from there, for as long as it has time.
    function test_ready_aJobThatWasSubmittedHasNotEnded() public {
        uint256 id = _toReady();
        _deliverWork(jobs, id);
        uint40 deadline = evaluator.enrolment(id).at.deadline();
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, id, IJobEvaluator.State.Ready, deadline)
        );
        evaluator.advance(id);
    }

    /* DELIVERING */

    function test_notDelivered_isRejected() public {
        uint256 id = _toDelivering();
        uint40 deadline = evaluator.enrolment(id).at.deadline();
        assertEq(deadline, block.timestamp + times.delivery);
        vm.warp(deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, id, IJobEvaluator.State.Delivering, deadline)
        );
        evaluator.advance(id);
        vm.warp(deadline);
        vm.expectEmit();
        emit IJobEvaluator.Decided(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NotDelivered);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NotDelivered);
        _conclude(id);
        _assertRejected(id, IJobEvaluator.Cause.NotDelivered);
    }

    /// @dev Who could read the key in a transaction has it: a late delivery counts as long as nobody has ended it.
    function test_lateDelivery_counts() public {
        uint256 id = _toDelivering();
        vm.warp(evaluator.enrolment(id).at.deadline() + 1);
        vm.prank(deliveries);
        evaluator.onDelivered(id, WORD);
        _assertAt(id, IJobEvaluator.State.Passed, IJobEvaluator.Cause.Passed);
    }

    function test_onDelivered_onlyWhatThePanelAgreedOn() public {
        uint256 id = _toDelivering();
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.NotAgreedOn.selector, WORD, bytes32("other")));
        vm.prank(deliveries);
        evaluator.onDelivered(id, "other");
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotDeliveries.selector, stranger));
        vm.prank(stranger);
        evaluator.onDelivered(id, WORD);
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotRefutable.selector, id));
        vm.prank(deliveries);
        evaluator.onRefuted(id, WORD);
    }

    /* MONEY */

    function testFuzz_quote_isWhatIsTaken(uint8 size, uint64 fee, uint32 stepFee) public {
        _setRule(stepFee);
        IJobEvaluator.Terms memory terms = _terms();
        terms.panelSize = uint8(bound(size, 1, 15)) * 2 + 1;
        terms.evaluationFee = uint96(bound(fee, 1e18, 5e18));
        uint256 total = evaluator.quote(terms);
        assertEq(total, 3 * uint256(terms.panelSize) * terms.evaluationFee + 11 * uint256(stepFee));
        uint256 jobId = _create();
        terms.maxTotal = uint96(total - 1);
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.TotalExceeded.selector, total, total - 1));
        vm.prank(client);
        evaluator.enrol(address(jobs), jobId, terms);
        terms.maxTotal = uint96(total);
        vm.prank(client);
        uint256 id = evaluator.enrol(address(jobs), jobId, terms);
        assertEq(_balance(client, paymentToken), PURSE - total);
        assertEq(escrow.held(address(evaluator), address(paymentToken), bytes32(id)), total);
    }

    /// @dev What is held lasts for two questions and one replacement of everybody, with every step paid.
    function test_theMostThatAPanelCosts() public {
        uint256 id = _redrawn();
        _grant(id, MODEL);
        _grant(id, DATA);
        _scoreWith(id, _scores(PANEL, PASS));
        _assertAt(id, IJobEvaluator.State.Delivering, IJobEvaluator.Cause.None);
        assertEq(escrow.held(address(evaluator), address(paymentToken), bytes32(id)), 0);
        assertGe(_balance(client, paymentToken), PURSE - 3 * PANEL * FEE - 11 * STEP);
    }

    function test_evaluatorFee_goesToTheTreasury() public {
        jobs.setEvaluatorFee(5);
        _conclude(_toPassed(jobs));
        assertEq(paymentToken.balanceOf(provider), BUDGET * 95 / 100);
        vm.expectEmit();
        emit IJobEvaluator.Swept(address(paymentToken), BUDGET * 5 / 100);
        assertEq(evaluator.sweep(address(paymentToken)), BUDGET * 5 / 100);
        assertEq(_balance(treasury, paymentToken), BUDGET * 5 / 100);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingDeposited.selector, address(paymentToken)));
        evaluator.sweep(address(paymentToken));
    }

    function test_enrol_needsTheMoney() public {
        uint256 jobId = _create();
        vm.prank(client);
        escrow.setOperator(address(evaluator), address(paymentToken), false);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.OperatorNotApproved.selector, client, address(evaluator), address(paymentToken)
            )
        );
        _enrol(address(jobs), jobId);
    }

    /* HELPERS */

    /// @dev Nobody of the panel votes on the model, and a new one is drawn that has no key.
    function _redrawn() private returns (uint256 id) {
        id = _toJudge();
        vm.warp(_round(id).deadline);
        _advance(id);
        _nextEpoch();
        for (uint256 i; i < 2; ++i) {
            vm.roll(block.number + 3);
            _advance(id);
        }
        assertEq(uint8(_round(id).state), uint8(IRounds.State.Granting));
        assertEq(_round(id).needed, 3);
    }

    function _fundJob(uint256 id) private {
        vm.startPrank(client);
        paymentToken.approve(address(jobs), BUDGET);
        jobs.fund(evaluator.enrolment(id).jobId, BUDGET);
        vm.stopPrank();
    }

    function _assertRejected(uint256 id, IJobEvaluator.Cause cause) private view {
        _assertAt(id, IJobEvaluator.State.Rejected, cause);
        assertEq(uint8(_statusOf(id)), uint8(IAgenticCommerce.Status.Rejected));
        assertEq(jobs.reasonOf(evaluator.enrolment(id).jobId), bytes32(uint256(cause)));
        assertEq(paymentToken.balanceOf(client), 10 * BUDGET);
        assertEq(paymentToken.balanceOf(provider), 0);
    }
}
