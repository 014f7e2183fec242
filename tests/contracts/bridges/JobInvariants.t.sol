// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IJobEvaluator} from "../../../contracts/interfaces/IJobEvaluator.sol";
import {JobHandler} from "./JobHandler.sol";
import {MischievousJobs} from "./MischievousJobs.sol";

/// @notice What is true of jobs, whatever the job contract says, does or becomes.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 80
/// forge-config: default.invariant.fail-on-revert = false
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.depth = 64
/// forge-config: deep.invariant.fail-on-revert = false
contract JobInvariants is JobHandler {
    uint256 private _money; // payment tokens in escrow at first

    function setUp() public override {
        super.setUp();
        _money = paymentToken.balanceOf(address(escrow));
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](18);
        acts[0] = this.enrol.selector;
        acts[1] = this.lie.selector;
        acts[2] = this.setMood.selector;
        acts[3] = this.pay.selector;
        acts[4] = acts[5] = this.evaluate.selector;
        acts[6] = acts[7] = this.give.selector;
        acts[8] = this.deliver.selector;
        acts[9] = acts[10] = this.vote.selector;
        acts[11] = this.wait.selector;
        acts[12] = this.conclude.selector;
        for (uint256 i = 13; i < acts.length; ++i) {
            acts[i] = this.proceed.selector;
        }
        targetSelector(FuzzSelector(address(this), acts));
    }

    /// @dev All of what follows, in one campaign.
    function invariant_JobContractsDecideNothingButTheirOwnJobs() public view {
        assertEq(broken, 0, "what the handler saw");
        assertFalse(owned.calledBack(), "called back");
        for (uint256 id = 1; id <= evaluator.enrolmentCount(); ++id) {
            _isAsAgreed(id);
            _holdsWhatIsLeft(id);
            _endsForACause(id);
            _isToldOnce(id);
        }
        _allMoneyIsSomebodys();
    }

    function _isAsAgreed(uint256 id) private view {
        assertEq(_agreed(id), agreed[id], "terms change");
    }

    /// @dev Nothing is held once the panel has answered, and no more than was taken before.
    function _holdsWhatIsLeft(uint256 id) private view {
        uint256 held = escrow.held(address(evaluator), address(paymentToken), bytes32(id));
        if (_ended(id)) assertEq(held, 0, "held after the end");
        assertLe(held, taken[id], "more than was taken");
    }

    /// @dev Only a model that has passed and was delivered completes a job, or a client that gives no key.
    function _endsForACause(uint256 id) private view {
        IJobEvaluator.Enrolment memory one = evaluator.enrolment(id);
        uint8 state = one.at.state();
        bool passed =
            state == uint8(IJobEvaluator.State.Passed) || state == uint8(IJobEvaluator.State.Completed);
        bool failed =
            state == uint8(IJobEvaluator.State.Failed) || state == uint8(IJobEvaluator.State.Rejected);
        bool paying = one.cause == IJobEvaluator.Cause.Passed || one.cause == IJobEvaluator.Cause.ClientSilent;
        assertEq(passed, paying, "paid for a cause");
        assertEq(failed, !paying && one.cause != IJobEvaluator.Cause.None, "refunded for a cause");
        if (one.cause == IJobEvaluator.Cause.Passed) {
            assertTrue(delivered[id], "not delivered");
            assertGe(voted[id], PASS, "not passed");
        }
        if (one.cause == IJobEvaluator.Cause.BelowThreshold) assertLt(voted[id], PASS, "passed");
    }

    /// @dev A job contract hears of an end once, and then of one only.
    function _isToldOnce(uint256 id) private view {
        uint256 jobId = evaluator.enrolment(id).jobId;
        uint8 state = _state(id);
        uint256 completions = state == uint8(IJobEvaluator.State.Completed) ? 1 : 0;
        uint256 rejections = state == uint8(IJobEvaluator.State.Rejected) ? 1 : 0;
        assertEq(owned.completions(jobId), completions, "completed");
        assertEq(owned.rejections(jobId), rejections, "rejected");
    }

    /// @dev Nothing is lost and nothing made.
    function _allMoneyIsSomebodys() private view {
        uint256 sum = _balance(client, paymentToken) + _balance(provider, paymentToken)
            + _balance(keeper, paymentToken) + _balance(treasury, paymentToken)
            + paymentToken.balanceOf(address(evaluator));
        for (uint256 i; i < validators.length; ++i) {
            sum += _balance(validators[i], paymentToken);
        }
        for (uint256 id = 1; id <= evaluator.enrolmentCount(); ++id) {
            sum += escrow.held(address(evaluator), address(paymentToken), bytes32(id));
        }
        assertEq(sum, _money + paidIn);
    }

    /// @dev In the end a stranger ends all of it by time alone, and every stake is free again: whatever the mood.
    function afterInvariant() external {
        for (uint256 round; round < 30; ++round) {
            if (round % 3 == 0) skip(4 days);
            vm.roll(block.number + 3);
            for (uint256 id = 1; id <= evaluator.enrolmentCount(); ++id) {
                if (!_ended(id) || _state(id) == uint8(IJobEvaluator.State.Delivering)) _step(id);
            }
        }
        invariant_JobContractsDecideNothingButTheirOwnJobs();
        for (uint256 id = 1; id <= evaluator.enrolmentCount(); ++id) {
            assertGt(_state(id), uint8(IJobEvaluator.State.Delivering), "a job hangs");
        }
        for (uint256 i; i < validators.length; ++i) {
            assertEq(_lockOf(validators[i]), 0, "a stake is kept");
        }
    }

    /// @dev The handler reaches every end; by hand, so that it does not hang on chance.
    function test_reach() public {
        _attest(0, 1); // 1: passes
        _attest(5, 8); // 2: the data is refused
        this.enrol(6); // 3: nobody grants a key
        assertEq(_state(1), uint8(IJobEvaluator.State.Ready));
        assertEq(uint8(evaluator.enrolment(2).cause), uint8(IJobEvaluator.Cause.BadData));
        this.lie(0, 0);
        this.evaluate(0, 1);
        assertEq(_state(1), uint8(IJobEvaluator.State.Ready), "the client is another now");
        this.lie(0, 8);
        this.evaluate(0, 1);
        this.give(0, 0);
        this.vote(0, 1);
        skip(times.appeal);
        this.proceed(0, 1);
        this.deliver(0, 4);
        this.deliver(0, 1);
        assertEq(_state(1), uint8(IJobEvaluator.State.Delivering), "another word, another sender");
        this.deliver(0, 3);
        for (uint256 mood = 1; mood < 6; mood += 2) {
            this.setMood(mood); // deaf, bombing, calling back
            this.conclude(0);
        }
        assertEq(_state(1), uint8(IJobEvaluator.State.Completed), "by the one that calls back");
        owned.setMood(MischievousJobs.Mood.Burning);
        this.conclude(1);
        assertEq(_state(2), uint8(IJobEvaluator.State.Failed));
        this.setMood(0);
        this.conclude(1);
        assertEq(_state(2), uint8(IJobEvaluator.State.Rejected));
        this.pay(3);
        invariant_JobContractsDecideNothingButTheirOwnJobs();
        this.afterInvariant();
        assertEq(_state(3), uint8(IJobEvaluator.State.Failed));
    }

    /// @dev Enrols a job, and has its panel drawn and vote.
    function _attest(uint256 seed, uint256 said) private {
        this.enrol(seed);
        uint256 which = evaluator.enrolmentCount() - 1;
        this.proceed(which, 1);
        this.give(which, 0);
        this.vote(which, said);
        this.proceed(which, 1);
    }
}
