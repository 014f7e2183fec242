// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";
import {IJobEvaluator} from "../../../contracts/interfaces/IJobEvaluator.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {JobFixture} from "./JobFixture.sol";
import {HostileJobs, PlainJobs} from "./JobContracts.sol";

/// @notice Which jobs are refused, and what a hostile job contract cannot do.
contract JobGuardsTest is JobFixture {
    HostileJobs private _hostile;

    function setUp() public override {
        super.setUp();
        _hostile = new HostileJobs();
    }

    /* ENROLLING */

    function test_enrol_refusesHooks(address hook) public {
        vm.assume(hook != address(0));
        uint256 jobId = _create(jobs, _expiry(), hook);
        _refused(jobId, abi.encodeWithSelector(IJobEvaluator.HookRefused.selector, hook));
    }

    /// @dev In a job without hooks the same word is the length of its description.
    function testFuzz_enrol_takesDescriptionsOfAnyLength(uint16 length) public {
        PlainJobs plain = new PlainJobs(IERC20(address(paymentToken)));
        uint256 expiry = _expiry();
        vm.prank(client);
        uint256 jobId = plain.createJob(
            provider, address(evaluator), expiry, string(new bytes(length % 500)), address(0)
        );
        assertEq(_enrol(address(plain), jobId), 1);
    }

    function testFuzz_enrol_refusesShortAndFarExpiries(uint256 offset) public {
        uint256 earliest = evaluator.earliestExpiry();
        uint256 latest = block.timestamp + evaluator.MAX_DURATION();
        uint256 expiry = bound(offset, block.timestamp + 1, block.timestamp + 2 * 365 days);
        uint256 jobId = _create(jobs, expiry, address(0));
        if (expiry < earliest) {
            _refused(jobId, abi.encodeWithSelector(IJobEvaluator.ExpiryTooShort.selector, expiry, earliest));
        } else if (expiry > latest) {
            _refused(jobId, abi.encodeWithSelector(IJobEvaluator.ExpiryTooLate.selector, expiry, latest));
        } else {
            _enrol(address(jobs), jobId);
        }
    }

    function test_earliestExpiry_isTwoPanelsTheirReplacementAndAnAppeal() public view {
        uint256 round = uint256(times.draw) + times.grant + times.commit + times.reveal;
        assertEq(evaluator.earliestExpiry(), block.timestamp + 5 * round + times.appeal + times.delivery);
    }

    function test_enrol_clientOnly() public {
        uint256 jobId = _create();
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotClient.selector, stranger, client));
        vm.prank(stranger);
        evaluator.enrol(address(jobs), jobId, _terms());
    }

    function test_enrol_otherEvaluator() public {
        uint256 expiry = _expiry();
        vm.prank(client);
        uint256 jobId = jobs.createJob(provider, stranger, expiry, "", address(0));
        _refused(jobId, abi.encodeWithSelector(IJobEvaluator.OtherEvaluator.selector, stranger));
    }

    function test_enrol_noProviderYet() public {
        uint256 expiry = _expiry();
        vm.prank(client);
        uint256 jobId = jobs.createJob(address(0), address(evaluator), expiry, "", address(0));
        _refused(jobId, abi.encodeWithSelector(IJobEvaluator.NotProvider.selector, client, address(0)));
        jobs.setProvider(jobId, provider);
        _enrol(address(jobs), jobId);
    }

    /// @dev A provider that has taken a job knows how it is judged: the terms stand before the money does.
    function test_enrol_onlyAnOpenJob() public {
        uint256 jobId = _create();
        vm.startPrank(client);
        paymentToken.approve(address(jobs), BUDGET);
        jobs.fund(jobId, BUDGET);
        vm.stopPrank();
        _refused(jobId, abi.encodeWithSelector(IJobEvaluator.WrongStatus.selector, 1, 0));
    }

    function test_enrol_once() public {
        uint256 jobId = _create();
        uint256 id = _enrol(address(jobs), jobId);
        assertEq(evaluator.enrolmentOf(address(jobs), jobId), id);
        assertEq(evaluator.enrolmentCount(), 1);
        _refused(
            jobId, abi.encodeWithSelector(IJobEvaluator.AlreadyEnrolled.selector, address(jobs), jobId, id)
        );
    }

    function test_enrol_notInAHalt() public {
        uint256 jobId = _create();
        policy.grantRole(policy.BRAKE_ROLE(), address(this));
        policy.halt();
        _refused(jobId, abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil()));
    }

    function test_enrol_badTerms() public {
        uint256 jobId = _create();
        IJobEvaluator.Terms memory terms = _terms();
        terms.spec = 0;
        _badTerms(jobId, terms, "spec");
        terms = _terms();
        terms.dataset = 0;
        _badTerms(jobId, terms, "dataset");
        uint8[4] memory sizes = [0, 1, 4, 33];
        for (uint256 i; i < sizes.length; ++i) {
            terms = _terms();
            terms.panelSize = sizes[i];
            _badTerms(jobId, terms, "panelSize");
        }
        terms = _terms();
        terms.evaluationFee = 1e18; // the least
        assertEq(evaluator.quote(terms), 3 * uint256(PANEL) * 1e18 + 11 * STEP);
        terms.evaluationFee = 1e18 - 1;
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.FeeTooLow.selector, 1e18 - 1, 1e18));
        vm.prank(client);
        evaluator.enrol(address(jobs), jobId, terms);
        terms.token = makeAddr("token");
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, terms.token));
        vm.prank(client);
        evaluator.enrol(address(jobs), jobId, terms);
    }

    /* EVALUATING */

    function test_evaluate_providerOnly() public {
        uint256 id = _toReady();
        _deliverWork(jobs, id);
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotProvider.selector, client, provider));
        vm.prank(client);
        evaluator.evaluate(id, MANIFEST, "grants");
        vm.startPrank(provider);
        vm.expectRevert(IJobEvaluator.NothingNamed.selector);
        evaluator.evaluate(id, 0, "grants");
        evaluator.evaluate(id, MANIFEST, "grants");
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, id, IJobEvaluator.State.Judging));
        evaluator.evaluate(id, "another", "grants");
    }

    function test_evaluate_onlyWhatWasSubmitted() public {
        uint256 id = _toReady();
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.WrongStatus.selector, 0, 2));
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
    }

    function test_unknown() public {
        bytes memory unknown = abi.encodeWithSelector(IJobEvaluator.UnknownEnrolment.selector, 7);
        vm.expectRevert(unknown);
        evaluator.evaluate(7, MANIFEST, 0);
        vm.expectRevert(unknown);
        evaluator.advance(7);
        vm.expectRevert(unknown);
        evaluator.conclude(7);
        vm.expectRevert(unknown);
        evaluator.enrolment(7);
        vm.expectRevert(unknown);
        vm.prank(deliveries);
        evaluator.onDelivered(7, WORD);
    }

    /* JOB CONTRACTS THAT LIE */

    function test_unreadable_noContract() public {
        _unreadable(makeAddr("nothing"), 1);
        _unreadable(address(paymentToken), 1); // has no `getJob`
        _unreadable(address(jobs), 99); // an empty job
    }

    /// @dev Whatever bytes come back, nothing is taken from anybody.
    function testFuzz_unreadable_anyAnswer(bytes calldata raw) public {
        vm.assume(raw.length != 0);
        _hostile.answer(raw);
        vm.expectRevert();
        vm.prank(client);
        evaluator.enrol(address(_hostile), 1, _terms());
        assertEq(_balance(client, paymentToken), PURSE);
    }

    /// @dev Another number, a status that there is none of, or a description before the job itself.
    function test_unreadable_nearlyAJob() public {
        bytes memory honest = abi.encode(_lie());
        _assertOdd(honest, 1, 2); // the job's number
        _assertOdd(honest, 8, 6); // status
        _assertOdd(honest, 5, 7 * 32); // where the description begins
        _assertOdd(honest, 0, 64); // where the job begins
    }

    function test_changesBetweenCalls() public {
        uint256 id = _hostileReady();
        IAgenticCommerce.Job memory job = _lie();
        job.client = stranger;
        _changed(id, job, abi.encodeWithSelector(IJobEvaluator.NotClient.selector, client, stranger));
        job = _lie();
        job.provider = stranger;
        _changed(id, job, abi.encodeWithSelector(IJobEvaluator.NotProvider.selector, provider, stranger));
        job = _lie();
        job.evaluator = stranger;
        _changed(id, job, abi.encodeWithSelector(IJobEvaluator.OtherEvaluator.selector, stranger));
        job = _lie();
        job.hook = stranger;
        _changed(id, job, abi.encodeWithSelector(IJobEvaluator.HookRefused.selector, stranger));
        for (uint256 i; i < 2; ++i) {
            job = _lie();
            uint256 formerly = job.expiredAt;
            job.expiredAt = i == 0 ? formerly - 1 : formerly + 1;
            _changed(
                id, job, abi.encodeWithSelector(IJobEvaluator.ExpiryChanged.selector, job.expiredAt, formerly)
            );
        }
    }

    /// @dev The provider is told that the job is another now.
    function _changed(uint256 id, IAgenticCommerce.Job memory job, bytes memory refusal) private {
        job.status = IAgenticCommerce.Status.Submitted;
        _hostile.say(job);
        vm.expectRevert(refusal);
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
    }

    /// @dev It ends elsewhere: the panel's stakes and the client's money are free at once.
    function test_endedElsewhere_freesThePanel() public {
        uint256 id = _hostileReady();
        IAgenticCommerce.Job memory job = _lie();
        job.status = IAgenticCommerce.Status.Expired;
        _hostile.say(job);
        _advance(id);
        _assertAt(id, IJobEvaluator.State.Failed, IJobEvaluator.Cause.NothingAsked);
        _assertPaidOut(id, PANEL, 2);
    }

    /// @dev A job contract that fails holds up its own job alone: all money has left by then.
    function test_notConcluded_holdsNoMoney() public {
        uint256 id = _hostilePassed();
        _assertPaidOut(id, 2 * PANEL, 3);
        _hostile.setDeaf(true);
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotConcluded.selector, address(_hostile), 1, 2));
        evaluator.conclude(id);
        _assertAt(id, IJobEvaluator.State.Passed, IJobEvaluator.Cause.Passed);
        _hostile.setDeaf(false);
        evaluator.conclude(id);
        _assertAt(id, IJobEvaluator.State.Completed, IJobEvaluator.Cause.Passed);
    }

    /// @dev The standard's own rule, on which everything here rests.
    function test_onlyTheEvaluatorDecides() public {
        uint256 id = _toPassed(jobs);
        vm.startPrank(stranger);
        vm.expectRevert("evaluator");
        jobs.complete(1, "", "");
        vm.expectRevert("evaluator");
        jobs.reject(1, "", "");
        vm.stopPrank();
        _conclude(id);
        _assertAt(id, IJobEvaluator.State.Completed, IJobEvaluator.Cause.Passed);
    }

    /// @dev ERC-8183 refunds a job that expires, whatever was decided.
    function test_notConcluded_afterTheExpiry() public {
        uint256 id = _toPassed(jobs);
        vm.warp(evaluator.enrolment(id).expiredAt);
        jobs.claimRefund(1);
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.NotConcluded.selector, address(jobs), 1, 5));
        evaluator.conclude(id);
    }

    /// @dev Called back in the middle of `conclude`, by every door.
    function test_reentrancy() public {
        bytes[] memory doors = new bytes[](5);
        doors[0] = abi.encodeCall(evaluator.conclude, (1));
        doors[1] = abi.encodeCall(evaluator.advance, (1));
        doors[2] = abi.encodeCall(evaluator.evaluate, (1, MANIFEST, bytes32(0)));
        doors[3] = abi.encodeCall(evaluator.enrol, (address(_hostile), 2, _terms()));
        doors[4] = abi.encodeCall(evaluator.sweep, (address(paymentToken)));
        uint256 id = _hostilePassed();
        uint256 passed = vm.snapshotState();
        for (uint256 i; i < doors.length; ++i) {
            _hostile.callBack(address(evaluator), doors[i]);
            evaluator.conclude(id);
            assertFalse(_hostile.calledBack(), "a door is open");
            assertEq(
                _hostile.refusal(), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "guard"
            );
            assertEq(_hostile.told(), 1);
            _assertAt(id, IJobEvaluator.State.Completed, IJobEvaluator.Cause.Passed);
            assertTrue(vm.revertToState(passed));
        }
    }

    /// @dev A caller that gives too little gas decides nothing.
    function testFuzz_conclude_littleGas(uint24 gas_) public {
        uint256 id = _toPassed(jobs);
        (bool ok,) = address(evaluator).call{gas: gas_}(abi.encodeCall(evaluator.conclude, (id)));
        IAgenticCommerce.Status status = _statusOf(id);
        assertEq(ok, status == IAgenticCommerce.Status.Completed);
        if (!ok) _assertAt(id, IJobEvaluator.State.Passed, IJobEvaluator.Cause.Passed);
    }

    /* HELPERS */

    function _refused(uint256 jobId, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(client);
        evaluator.enrol(address(jobs), jobId, _terms());
        assertGe(_balance(client, paymentToken), PURSE - evaluator.quote(_terms()));
    }

    function _badTerms(uint256 jobId, IJobEvaluator.Terms memory terms, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.InvalidJobTerms.selector, field));
        vm.prank(client);
        evaluator.enrol(address(jobs), jobId, terms);
    }

    function _unreadable(address where, uint256 jobId) private {
        vm.expectRevert(abi.encodeWithSelector(IJobEvaluator.UnreadableJob.selector, where, jobId));
        _enrol(where, jobId);
    }

    /// @dev The encoded job with another word in one place.
    function _assertOdd(bytes memory honest, uint256 word, uint256 value) private {
        bytes memory raw = bytes.concat(honest);
        assembly ("memory-safe") {
            mstore(add(add(raw, 32), mul(word, 32)), value) // within `raw`
        }
        _hostile.answer(raw);
        _unreadable(address(_hostile), 1);
    }

    /// @dev Job 1 as the hostile contract tells it first.
    function _lie() private view returns (IAgenticCommerce.Job memory job) {
        (job.id, job.client, job.provider, job.evaluator) = (1, client, provider, address(evaluator));
        job.expiredAt =
            evaluator.enrolmentCount() == 0 ? _expiry() : uint256(evaluator.enrolment(1).expiredAt);
    }

    function _hostileReady() private returns (uint256 id) {
        _nextEpoch();
        _hostile.say(_lie());
        id = _enrol(address(_hostile), 1);
        _seatPanelOf(id);
        _grant(id, DATA);
        _answerWith(id, _statements(PANEL, ANSWERED));
        _advance(id);
    }

    function _hostilePassed() private returns (uint256 id) {
        id = _hostileReady();
        IAgenticCommerce.Job memory job = _lie();
        job.status = IAgenticCommerce.Status.Submitted;
        _hostile.say(job);
        vm.prank(provider);
        evaluator.evaluate(id, MANIFEST, "grants");
        _scoreWith(id, _scores(PANEL, PASS));
        vm.prank(deliveries);
        evaluator.onDelivered(id, WORD);
    }
}
