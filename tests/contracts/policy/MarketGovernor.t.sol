// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IMarketGovernor} from "../../../contracts/interfaces/IMarketGovernor.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {MarketGovernor} from "../../../contracts/policy/MarketGovernor.sol";
import {MarketTimelock} from "../../../contracts/policy/MarketTimelock.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @notice Proposals from making to execution. Four chambers are constituted: twenty customers, three developers, one
/// validator, one regulator; the last two are the whole of theirs.
contract MarketGovernorTest is GovernanceFixture {
    address[] private _customers;
    address[] private _developers;
    address[] private _few; // a developer, the validator, the regulator
    address[] private _enough; // five customers, and the few
    address private _validator;
    address private _regulator;

    function setUp() public override {
        super.setUp();
        _deployGovernance();
        _nameSeater();
        address[] memory all = new address[](25);
        for (uint256 i; i < 20; ++i) {
            all[i] = _seated(string.concat("customer ", vm.toString(i)), CUSTOMER);
            _customers.push(all[i]);
            if (i < 5) _enough.push(all[i]);
        }
        for (uint256 i; i < 3; ++i) {
            all[20 + i] = _seated(string.concat("developer ", vm.toString(i)), DEVELOPER);
            _developers.push(all[20 + i]);
        }
        _validator = _register("validator", VALIDATOR);
        _regulator = _register("regulator", REGULATOR);
        skip(TRUSTED_WAIT);
        _takeSeat(_validator, VALIDATOR, "validator");
        vm.mockCall(
            address(registry), abi.encodeCall(registry.holdsRole, (_regulator, REGULATOR)), abi.encode(true)
        );
        _takeSeat(_regulator, REGULATOR, "regulator");
        (all[23], all[24]) = (_validator, _regulator);
        _activate(all);
        _few = [_developers[0], _validator, _regulator];
        for (uint256 i; i < 3; ++i) {
            _enough.push(_few[i]);
        }
        policy.grantRole(0, address(timelock));
        policy.renounceRole(0, address(this));
        registry.grantRole(0, address(timelock));
        registry.renounceRole(0, address(this));
    }

    /* THE WAY OF A PROPOSAL */

    function test_aRuleChanges_afterVoteAndTimelock() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        _assertState(id, IGovernor.ProposalState.Pending);
        assertFalse(governor.isAboutPowers(id));
        _passAndQueue(id, c, _enough);
        assertEq(governor.executableFrom(id), block.timestamp + TIMELOCK_DELAY);
        vm.expectPartialRevert(IMarketGovernor.NotExecutableYet.selector);
        _execute(c);
        skip(TIMELOCK_DELAY);
        assertEq(policy.feePpm(), 25_000);
        _execute(c);
        assertEq(policy.feePpm(), 10_000);
        _assertState(id, IGovernor.ProposalState.Executed);
        assertEq(governor.executableFrom(id), governor.proposalEta(id));
    }

    function test_propose_onlyWithAVote() public {
        address stranger = makeAddr("stranger");
        Calls memory c = _feeOf(10_000);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, stranger, 0, 1)
        );
        _propose(stranger, c);
    }

    function test_cancel_onlyItsProposerBeforeTheVote() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        bytes32 why = keccak256(bytes(c.description));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, _regulator));
        vm.prank(_regulator);
        governor.cancel(c.targets, c.values, c.data, why);
        vm.prank(_customers[0]);
        governor.cancel(c.targets, c.values, c.data, why);
        _assertState(id, IGovernor.ProposalState.Canceled);

        c.description = "again";
        id = _propose(_customers[0], c);
        _toVoting(id);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, _customers[0]));
        vm.prank(_customers[0]);
        governor.cancel(c.targets, c.values, c.data, keccak256("again"));
    }

    /* COUNTING BY CHAMBER */

    /// @dev All the customers there are outvote nobody: it takes more than half of the chambers.
    function testFuzz_oneChamberAlonePassesNothing(uint8 which, uint8 voters) public {
        address[][4] memory sides = [_customers, _developers, _one(_validator), _one(_regulator)];
        address[] memory side = sides[which % 4];
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(side[0], c);
        _toVoting(id);
        for (uint256 i; i < side.length && i <= voters; ++i) {
            _vote(id, side[i], FOR);
        }
        _toVoteEnd(id);
        _assertState(id, IGovernor.ProposalState.Defeated);
    }

    /// @dev Two of four are not more than half.
    function test_rules_moreThanHalfOfTheChambers() public {
        _assertVote({forMask: 3, againstMask: 0, powers: false, passes: false});
        _assertVote({forMask: 7, againstMask: 0, powers: false, passes: true});
        _assertVote({forMask: 7, againstMask: 8, powers: false, passes: true});
        _assertVote({forMask: 12, againstMask: 3, powers: false, passes: false});
    }

    function test_powers_everyChamber() public {
        _assertVote({forMask: 7, againstMask: 0, powers: true, passes: false});
        _assertVote({forMask: 15, againstMask: 0, powers: true, passes: true});
        _assertVote({forMask: 14, againstMask: 1, powers: true, passes: false});
    }

    /// @dev The state of every combination is what counting by hand says.
    function testFuzz_whatPasses(uint8 forMask, uint8 againstMask, bool powers) public {
        forMask %= 16;
        againstMask = againstMask % 16 & ~forMask;
        uint256 approving;
        for (uint256 i; i < 4; ++i) {
            if (forMask >> i & 1 != 0) ++approving;
        }
        _assertVote(forMask, againstMask, powers, powers ? approving == 4 : approving > 2);
    }

    /// @dev Of twenty customers five are the quorum; abstaining counts towards it.
    function test_quorum_isOfEachChamber() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        _toVoting(id);
        for (uint256 i; i < 4; ++i) {
            _vote(id, _customers[i], i == 0 ? FOR : ABSTAIN);
        }
        assertFalse(governor.chamberVotes(id)[0].approves);
        _vote(id, _customers[4], ABSTAIN);
        IMarketGovernor.ChamberVote memory chamber = governor.chamberVotes(id)[0];
        assertTrue(chamber.approves);
        assertEq(chamber.votes, 20);
        assertEq(chamber.inFavour, 1);
        assertEq(chamber.abstain, 4);
        _vote(id, _customers[5], AGAINST);
        assertFalse(governor.chamberVotes(id)[0].approves, "a tie is no approval");
        assertEq(governor.chamberVotes(id)[2].votes, 0, "data owners have no vote yet");
        assertEq(governor.quorum(0), 2);
        assertEq(governor.COUNTING_MODE(), "support=bravo&quorum=against,for,abstain&params=chambers");
    }

    function test_quorum_isOfTheSnapshot() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        _toVoting(id);
        for (uint256 i = 4; i < 20; ++i) {
            vm.prank(_customers[i]);
            chambers.leave();
        }
        for (uint256 i; i < 4; ++i) {
            _vote(id, _customers[i], FOR);
        }
        assertEq(governor.chamberVotes(id)[0].votes, 20);
        assertFalse(governor.chamberVotes(id)[0].approves);
        _vote(id, _customers[4], FOR); // who has left has its vote of then
        assertTrue(governor.chamberVotes(id)[0].approves);
    }

    function test_fewerChambersThanThreeDecideNothing() public {
        vm.prank(_validator);
        chambers.leave();
        vm.prank(_regulator);
        chambers.leave();
        skip(1);
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        _toVoting(id);
        for (uint256 i; i < 20; ++i) {
            _vote(id, _customers[i], FOR);
        }
        _vote(id, _developers[0], FOR);
        _toVoteEnd(id);
        _assertState(id, IGovernor.ProposalState.Defeated);
    }

    /* WHOSE VOTES COUNT */

    function test_vote_onceAndOnlyInTime() public {
        uint256 id = _propose(_customers[0], _feeOf(10_000));
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _vote(id, _customers[0], FOR);
        _toVoting(id);
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        _vote(id, _customers[0], 3);
        _vote(id, _customers[0], FOR);
        assertTrue(governor.hasVoted(id, _customers[0]));
        for (uint8 support; support < 3; ++support) {
            vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, _customers[0]));
            _vote(id, _customers[0], support);
        }
        _toVoteEnd(id);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _vote(id, _customers[1], FOR);
    }

    function test_vote_notWithASeatThatDoesNotCountYet() public {
        address young = _seated("young", CUSTOMER);
        uint256 id = _propose(_customers[0], _feeOf(10_000));
        _toVoting(id);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarketGovernor.NoVoteAtSnapshot.selector, young, governor.proposalSnapshot(id)
            )
        );
        _vote(id, young, FOR);
    }

    /// @dev Whenever a seat is taken, it votes on a proposal exactly when it was activated at the snapshot.
    function testFuzz_vote_ofSeatsAtTheSnapshot(uint40 age) public {
        age = uint40(bound(age, 0, 2 * SEAT_DELAY));
        address person = _seated("person", CUSTOMER);
        skip(age);
        if (age >= SEAT_DELAY) chambers.activate(person);
        uint256 id = _propose(_customers[0], _feeOf(10_000));
        uint40 countsFrom = chambers.seatOf(person).countsFrom;
        bool late = age < SEAT_DELAY && countsFrom <= governor.proposalSnapshot(id);
        if (late) {
            vm.warp(countsFrom);
            chambers.activate(person);
        }
        _toVoting(id);
        bool counts = age >= SEAT_DELAY || late;
        if (!counts) vm.expectPartialRevert(IMarketGovernor.NoVoteAtSnapshot.selector);
        _vote(id, person, FOR);
        assertEq(governor.chamberVotes(id)[0].inFavour, counts ? 1 : 0);
    }

    /// @dev An entity that moves its seat to another address or chamber has no second vote, and the first stays where
    /// it was.
    function test_vote_notTwiceByMoving() public {
        uint256 id = _propose(_customers[0], _feeOf(10_000));
        _toVoting(id);
        vm.startPrank(_customers[1]);
        chambers.leave();
        registry.changeRoles(DEVELOPER, 0);
        vm.stopPrank();
        address twin = _register("twin", CUSTOMER);
        _takeSeat(twin, CUSTOMER, keccak256("customer 1"));
        _takeSeat(_customers[1], DEVELOPER, "elsewhere");
        _vote(id, _customers[1], FOR);
        assertEq(governor.chamberVotes(id)[0].inFavour, 1, "a customer's, as at the snapshot");
        assertEq(governor.chamberVotes(id)[1].inFavour, 0);
        vm.expectPartialRevert(IMarketGovernor.NoVoteAtSnapshot.selector);
        _vote(id, twin, FOR);
    }

    /* RULES AND POWERS */

    /// @dev Whatever is no call to Policy, and giving and taking roles there, needs every chamber.
    function test_powers_areAllThatIsNoRule() public {
        bytes memory grant = abi.encodeCall(IAccessControl.grantRole, (bytes32(0), _customers[0]));
        bytes[] memory inner = new bytes[](1);
        inner[0] = grant;
        Calls[8] memory powers = [
            _call(address(policy), grant),
            _call(
                address(policy), abi.encodeCall(IAccessControl.revokeRole, (bytes32(0), address(timelock)))
            ),
            _call(
                    address(policy),
                    abi.encodeCall(IAccessControl.renounceRole, (bytes32(0), address(timelock)))
                ),
            _call(address(registry), abi.encodeCall(Multicall.multicall, (inner))),
            _call(address(escrow), abi.encodeCall(escrow.authorise, (_customers[0]))),
            _call(address(timelock), abi.encodeCall(timelock.updateDelay, (0))),
            _call(address(governor), abi.encodeCall(governor.relay, (address(policy), 0, grant))),
            _call(address(policy), "")
        ];
        for (uint256 i; i < powers.length; ++i) {
            vm.expectEmit(false, false, false, false);
            emit IMarketGovernor.MatterOfPowers(0);
            assertTrue(governor.isAboutPowers(_propose(_customers[0], powers[i])), vm.toString(i));
        }
        // one such call among rules is enough, wherever it stands
        assertTrue(governor.isAboutPowers(_propose(_customers[0], _both(_feeOf(1), powers[0]))));
        Calls memory last = _both(powers[4], _feeOf(1));
        last.description = "the other way round";
        assertTrue(governor.isAboutPowers(_propose(_customers[0], last)));
    }

    /// @dev A function that looks like a rule, of a contract that is not Policy.
    function testFuzz_powers_anyOtherTarget(address target, bytes calldata data) public {
        vm.assume(target != address(policy));
        assertTrue(governor.isAboutPowers(_propose(_customers[0], _call(target, data))));
    }

    function testFuzz_rules_anyOtherFunctionOfPolicy(bytes4 selector) public {
        bool role = selector == IAccessControl.grantRole.selector
            || selector == IAccessControl.revokeRole.selector
            || selector == IAccessControl.renounceRole.selector;
        uint256 id = _propose(_customers[0], _call(address(policy), abi.encodePacked(selector)));
        assertEq(governor.isAboutPowers(id), role);
    }

    function test_powers_anAccreditorIsReplaced() public {
        address honest = makeAddr("honest");
        bytes32 role = registry.ACCREDITOR_ROLE();
        Calls memory c = _both(
            _call(address(registry), abi.encodeCall(registry.grantRole, (role, honest))),
            _call(address(registry), abi.encodeCall(registry.revokeRole, (role, seater)))
        );
        uint256 id = _propose(_customers[0], c);
        _passAndQueue(id, c, _enough);
        skip(TIMELOCK_DELAY);
        _execute(c);
        assertTrue(registry.hasRole(role, honest));
        assertFalse(registry.hasRole(role, seater));
    }

    /// @dev An accreditor that is captured packs the chambers; governance answers, put off by a regulator of its own,
    /// and not one of the seats ever counts.
    function test_captured_theAnswerComesBeforeTheSeatsCount() public {
        address[] memory packed = new address[](30);
        for (uint256 i; i < packed.length; ++i) {
            packed[i] = _seated(string.concat("puppet ", vm.toString(i)), i % 2 == 0 ? CUSTOMER : DEVELOPER);
        }
        Calls memory c = _call(
            address(registry), abi.encodeCall(registry.revokeRole, (registry.ACCREDITOR_ROLE(), seater))
        );
        uint256 id = _propose(_customers[0], c);
        vm.prank(_regulator);
        governor.delay(id, "no reason");
        _passAndQueue(id, c, _enough);
        vm.warp(governor.executableFrom(id));
        _execute(c);
        assertLt(block.timestamp, chambers.seatOf(packed[0]).countsFrom);
        skip(SEAT_DELAY);
        for (uint256 i; i < packed.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, seater));
            chambers.activate(packed[i]);
        }
        assertEq(chambers.votesIn(CUSTOMER), 20);
    }

    /* THE TIMELOCK */

    function test_nothingBypassesTheTimelock() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        _passAndQueue(id, c, _enough);
        skip(TIMELOCK_DELAY);
        address[3] memory others = [_customers[0], _regulator, address(this)];
        bytes32 salt = bytes20(address(governor)) ^ keccak256(bytes(c.description));
        bytes32 operation = timelock.hashOperationBatch(c.targets, c.values, c.data, 0, salt);
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
            timelock.executeBatch(c.targets, c.values, c.data, 0, salt);
            vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
            timelock.scheduleBatch(c.targets, c.values, c.data, 0, "own", TIMELOCK_DELAY);
            vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
            timelock.cancel(operation);
            vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, others[i]));
            governor.relay(address(policy), 0, c.data[0]);
            vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, others[i]));
            governor.updateTimelock(timelock);
            vm.stopPrank();
        }
        vm.prank(address(governor)); // not even the governor acts without the timelock
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        policy.setFee(0, address(this));
        assertEq(governor.timelock(), address(timelock));
        assertTrue(governor.proposalNeedsQueuing(id));
    }

    function test_queue_onlyWhatPassed() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _queue(c);
        _toVoteEnd(id);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _queue(c);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _execute(c);
    }

    /* THE REGULATORS' DELAY */

    /// @dev Whenever a regulator speaks, execution waits by the same bounded time, once.
    function testFuzz_delay_isBoundedAndOnce(uint256 when) public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        when = bound(when, 0, 3);
        if (when == 0) _delay(id);
        _toVoting(id);
        for (uint256 i; i < _enough.length; ++i) {
            _vote(id, _enough[i], FOR);
        }
        if (when == 1) _delay(id);
        _toVoteEnd(id);
        _queue(c);
        uint256 eta = block.timestamp + TIMELOCK_DELAY;
        if (when == 2) _delay(id);
        vm.warp(eta);
        if (when == 3) _delay(id); // in the last second
        assertTrue(governor.isDelayed(id));
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.AlreadyDelayed.selector, id));
        _delay(id);
        uint256 until = eta + REGULATOR_DELAY;
        assertEq(governor.executableFrom(id), until);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.NotExecutableYet.selector, id, until));
        _execute(c);
        vm.warp(until);
        _execute(c);
        assertEq(policy.feePpm(), 10_000);
    }

    function test_delay_onlyRegulatorsAndOnlyInTime() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_customers[0], c);
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.NotARegulator.selector, _customers[0]));
        vm.prank(_customers[0]);
        governor.delay(id, "");
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 7));
        vm.prank(_regulator);
        governor.delay(7, "");
        _toVoteEnd(id);
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.NothingToDelay.selector, id)); // defeated
        _delay(id);
        vm.prank(_regulator);
        chambers.leave();
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.NotARegulator.selector, _regulator));
        _delay(id);
    }

    /* SETTINGS */

    function test_settings_areFixedAndChecked() public {
        assertEq(abi.encode(governor.settings()), abi.encode(_settings()));
        assertEq(governor.votingDelay(), VOTING_DELAY);
        assertEq(governor.votingPeriod(), VOTING_PERIOD);
        assertEq(governor.proposalThreshold(), 1);
        assertEq(governor.clock(), block.timestamp);

        IMarketGovernor.Settings memory s = _settings();
        s.quorumPpm = 0;
        _refused(s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("quorumPpm")));
        s.quorumPpm = 1_000_001;
        _refused(s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("quorumPpm")));
        s = _settings();
        s.minChambers = 1;
        _refused(s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("minChambers")));
        s.minChambers = 7;
        _refused(s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("minChambers")));
        s = _settings();
        s.votingPeriod = 0;
        _refused(s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("votingPeriod")));
        s = _settings();
        s.regulatorDelay = 30 days + 1;
        _refused(
            s, abi.encodeWithSelector(IMarketGovernor.InvalidSettings.selector, bytes32("regulatorDelay"))
        );
        s.regulatorDelay = 16 days; // 2 + 5 + 16 + 7 days: the answer would come as the seats count
        _refused(s, abi.encodeWithSelector(IMarketGovernor.SeatDelayTooShort.selector, SEAT_DELAY, 30 days));
        s.regulatorDelay = 16 days - 1;
        new MarketGovernor(chambers, timelock, policy, s);
    }

    function test_timelock_startsWithoutProposers() public {
        MarketTimelock fresh = new MarketTimelock(1, _customers[0]);
        assertFalse(fresh.hasRole(fresh.PROPOSER_ROLE(), _customers[0]));
        assertFalse(fresh.hasRole(fresh.EXECUTOR_ROLE(), address(0)));
        assertTrue(fresh.hasRole(fresh.DEFAULT_ADMIN_ROLE(), _customers[0]));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)));
    }

    /* HELP */

    /// @dev Bit 0 customers, 1 developers, 2 the validator, 3 the regulator.
    function _assertVote(uint8 forMask, uint8 againstMask, bool powers, bool passes) private {
        Calls memory c = powers
            ? _call(address(escrow), abi.encodeCall(escrow.authorise, (address(this))))
            : _feeOf(10_000);
        c.description = vm.toString(abi.encode(forMask, againstMask, powers, block.timestamp));
        uint256 id = _propose(_customers[0], c);
        _toVoting(id);
        for (uint256 i; i < _enough.length; ++i) {
            uint256 side = i < 5 ? 0 : i - 4;
            if (forMask >> side & 1 != 0) _vote(id, _enough[i], FOR);
            else if (againstMask >> side & 1 != 0) _vote(id, _enough[i], AGAINST);
        }
        _toVoteEnd(id);
        _assertState(id, passes ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated);
    }

    function _delay(uint256 id) private {
        vm.prank(_regulator);
        governor.delay(id, "look again");
    }

    function _refused(IMarketGovernor.Settings memory s, bytes memory refusal) private {
        vm.expectRevert(refusal);
        new MarketGovernor(chambers, timelock, policy, s);
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function _assertState(uint256 id, IGovernor.ProposalState state) private view {
        assertEq(uint8(governor.state(id)), uint8(state));
    }
}
