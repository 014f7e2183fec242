// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";
import {IJobEvaluator} from "../../../contracts/interfaces/IJobEvaluator.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {JobFixture} from "./JobFixture.sol";
import {MischievousJobs} from "./MischievousJobs.sol";

/// @notice What client, provider, panels, strangers and the owner of the job contract do, in any order; and what may
/// follow from it.
abstract contract JobHandler is JobFixture {
    uint256 internal constant MOST = 3; // jobs
    uint256 internal constant GAS = 8_000_000; // of a call that reaches the job contract

    MischievousJobs internal owned;
    uint256 internal broken; // which of the checks below failed first
    uint256 internal paidIn; // to the evaluator, by job contracts
    mapping(uint256 id => int64) internal voted;
    mapping(uint256 id => bool) internal delivered;
    mapping(uint256 id => bytes32) internal agreed; // what is never to change
    mapping(uint256 id => uint256) internal taken;

    function setUp() public virtual override {
        super.setUp();
        owned = new MischievousJobs();
        _fund(client, paymentToken, 20 * PURSE, address(evaluator));
        _nextEpoch(); // in which stakes count
    }

    /* THE OWNER OF THE JOB CONTRACT */

    /// @dev A job is another's, or the provider's, or has a hook, or ended, or expires earlier; or is as it was.
    function lie(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        IAgenticCommerce.Job memory job = _honest(id);
        uint256 what = seed % 9;
        if (what == 0) job.client = stranger;
        else if (what == 1) job.provider = stranger;
        else if (what == 2) job.evaluator = stranger;
        else if (what == 3) job.hook = stranger;
        else if (what == 4) job.expiredAt -= 1;
        else if (what == 5) job.budget = seed;
        else if (what == 6) job.status = IAgenticCommerce.Status.Expired;
        else job.status = IAgenticCommerce.Status.Submitted;
        owned.change(job.id, job);
    }

    function setMood(uint256 seed) public {
        owned.setMood(seed % 2 == 0 ? MischievousJobs.Mood.Honest : MischievousJobs.Mood(seed % 6));
        bytes[] memory doors = new bytes[](6);
        uint256 id = _pick(seed);
        doors[0] = abi.encodeCall(evaluator.conclude, (id));
        doors[1] = abi.encodeCall(evaluator.advance, (id));
        doors[2] = abi.encodeCall(evaluator.evaluate, (id, MANIFEST, bytes32(0)));
        doors[3] = abi.encodeCall(evaluator.enrol, (address(owned), 1, _terms()));
        doors[4] = abi.encodeCall(evaluator.sweep, (address(paymentToken)));
        doors[5] = abi.encodeCall(evaluator.onDelivered, (id, WORD));
        owned.setDoors(address(evaluator), doors);
    }

    /// @dev What a job contract pays to its evaluator.
    function pay(uint64 amount) public {
        paymentToken.mint(address(evaluator), amount);
        paidIn += amount;
        if (amount % 2 == 0) return;
        evaluator.sweep(address(paymentToken));
        _check(paymentToken.balanceOf(address(evaluator)) == 0, 1);
    }

    /* PARTIES */

    function enrol(uint256 seed) public {
        if (evaluator.enrolmentCount() == MOST) return;
        uint256 before = _balance(client, paymentToken);
        IAgenticCommerce.Job memory job;
        (job.client, job.provider, job.evaluator) = (client, provider, address(evaluator));
        (job.expiredAt, job.budget) = (_expiry(), seed);
        if (seed % 16 == 1) job.hook = stranger;
        if (seed % 16 == 2) job.status = IAgenticCommerce.Status.Funded;
        if (seed % 16 == 3) job.evaluator = stranger;
        uint256 jobId = owned.create(job);
        vm.prank(seed % 16 == 4 ? stranger : client);
        try evaluator.enrol{gas: GAS}(address(owned), jobId, _terms()) returns (uint256 id) {
            _check(seed % 16 == 0 || seed % 16 > 4, 2);
            taken[id] = before - _balance(client, paymentToken);
            agreed[id] = _agreed(id);
            _check(taken[id] == evaluator.quote(_terms()), 3);
        } catch {
            _check(before == _balance(client, paymentToken), 4);
        }
    }

    /// @dev The provider, or another; the job contract has to say now what it said when the job was enrolled.
    function evaluate(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        uint8 before = _state(id);
        address who = seed % 8 == 0 ? stranger : provider;
        vm.prank(who);
        try evaluator.evaluate{gas: GAS}(id, MANIFEST, seed % 4 < 2 ? bytes32("grants") : bytes32(0)) {
            IAgenticCommerce.Job memory job = owned.jobOf(evaluator.enrolment(id).jobId);
            _check(who == provider && before == uint8(IJobEvaluator.State.Ready), 5);
            _check(job.client == client && job.provider == provider, 6);
            _check(job.evaluator == address(evaluator) && job.hook == address(0), 7);
            _check(job.expiredAt == evaluator.enrolment(id).expiredAt, 8);
            _check(job.status == IAgenticCommerce.Status.Submitted, 9);
        } catch {}
    }

    function give(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        uint256 panelId = evaluator.enrolment(id).panelId;
        for (uint8 artifact; artifact < 2; ++artifact) {
            if (seed >> artifact & 4 == 4) continue;
            vm.prank(artifact == DATA ? client : provider);
            try rounds.grant(panelId, artifact, "grants") {} catch {}
        }
    }

    /// @dev What a panel agreed on, or something else, or not through the market's Deliveries.
    function deliver(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        bool right = _state(id) == uint8(IJobEvaluator.State.Delivering) && seed % 4 != 0 && seed % 8 != 1;
        vm.prank(seed % 8 == 1 ? stranger : deliveries);
        try evaluator.onDelivered(id, seed % 4 == 0 ? bytes32("other") : WORD) {
            _check(right, 10);
            delivered[id] = true;
        } catch {
            _check(!right, 11);
        }
    }

    /* THE PANEL */

    /// @dev All say the same, or one of two things, or some nothing.
    function vote(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0 || _ended(id)) return;
        IRounds.RoundView memory round = rounds.roundOf(evaluator.enrolment(id).panelId);
        if (round.state != IRounds.State.Voting) return;
        IValidationOracle.RequestView memory request = oracle.requestOf(round.requestId);
        if (block.timestamp >= request.commitEnds || request.committed != 0) return;
        uint256 count = seed % 16 == 15 ? 1 : PANEL;
        if (request.terms.kind == SCORE) {
            int64 score = PASS + (seed % 4 == 0 ? -1 : int64(int256(seed % 4)));
            IValidationOracle.Report memory report = _report(score);
            if (seed % 16 == 7) report.criteria = 2; // of which the first is asked for
            if (seed % 16 == 8) report = _statement(CLOSED);
            voted[id] = seed % 16 == 7 || seed % 16 == 8 ? PASS - 1 : score;
            _answer(round.requestId, _same(count, report));
        } else {
            _answer(round.requestId, _statements(count, seed % 8 == 0 ? REJECTED : ANSWERED));
        }
    }

    /* ANYBODY */

    function proceed(uint256 which, uint256 seed) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        if (seed % 8 != 0) vm.roll(block.number + 3);
        _step(id);
    }

    function wait(uint256 seed) public {
        skip(seed % 4 == 0 ? 20 days : times.appeal);
    }

    function conclude(uint256 which) public {
        uint256 id = _pick(which);
        if (id == 0) return;
        uint256 jobId = evaluator.enrolment(id).jobId;
        uint256 before = _balance(client, paymentToken);
        try evaluator.conclude{gas: GAS}(id) {
            IAgenticCommerce.Status status = owned.jobOf(jobId).status;
            bool completed = _state(id) == uint8(IJobEvaluator.State.Completed);
            _check(
                status == (completed ? IAgenticCommerce.Status.Completed : IAgenticCommerce.Status.Rejected),
                12
            );
        } catch {}
        _check(before == _balance(client, paymentToken), 13);
    }

    /// @dev One step, and what it may lead to.
    function _step(uint256 id) internal {
        uint8 before = _state(id);
        vm.prank(keeper);
        try evaluator.advance{gas: GAS}(id) {} catch {}
        uint8 state = _state(id);
        if (state == before) return;
        if (before == uint8(IJobEvaluator.State.Attesting)) {
            _check(_is(state, IJobEvaluator.State.Ready, IJobEvaluator.State.Failed), 14);
        } else if (before == uint8(IJobEvaluator.State.Ready)) {
            _check(state == uint8(IJobEvaluator.State.Failed), 15);
        } else if (before == uint8(IJobEvaluator.State.Judging)) {
            bool passed = state == uint8(IJobEvaluator.State.Delivering);
            _check(passed || _is(state, IJobEvaluator.State.Passed, IJobEvaluator.State.Failed), 16);
            _check(!passed || voted[id] >= PASS, 17);
        } else {
            _check(before == uint8(IJobEvaluator.State.Delivering), 18);
            _check(state == uint8(IJobEvaluator.State.Failed), 19);
        }
    }

    /* WHAT IS SO */

    function _honest(uint256 id) internal view returns (IAgenticCommerce.Job memory job) {
        IJobEvaluator.Enrolment memory one = evaluator.enrolment(id);
        job = owned.jobOf(one.jobId);
        (job.client, job.provider, job.evaluator) = (client, provider, address(evaluator));
        (job.expiredAt, job.hook) = (one.expiredAt, address(0));
    }

    function _agreed(uint256 id) internal view returns (bytes32) {
        IJobEvaluator.Enrolment memory one = evaluator.enrolment(id);
        return keccak256(
            abi.encode(
                abi.encode(one.client, one.provider, one.jobs, one.jobId, one.expiredAt, one.rules),
                abi.encode(one.spec, one.dataset, one.token, one.evaluationFee, one.panelSize, one.panelId),
                abi.encode(one.threshold, one.tolerance, one.requiredCriteria)
            )
        );
    }

    function _state(uint256 id) internal view returns (uint8) {
        return evaluator.enrolment(id).at.state();
    }

    /// @dev Whether its panel is gone.
    function _ended(uint256 id) internal view returns (bool) {
        return _state(id) > uint8(IJobEvaluator.State.Judging);
    }

    function _is(uint8 state, IJobEvaluator.State one, IJobEvaluator.State other)
        private
        pure
        returns (bool)
    {
        return state == uint8(one) || state == uint8(other);
    }

    function _pick(uint256 which) internal view returns (uint256 id) {
        uint256 count = evaluator.enrolmentCount();
        return count == 0 ? 0 : which % count + 1;
    }

    function _check(bool holds, uint256 number) internal {
        if (!holds && broken == 0) broken = number;
    }
}
