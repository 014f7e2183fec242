// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Keys: who may grant them, whose count, and what follows when they do not come.
contract RoundsGrantsTest is RoundsFixture {
    function test_grant_refusals() public {
        uint256 panelId = _toGrants(_question(SCORE));
        vm.expectRevert(IRounds.EmptyGrants.selector);
        vm.prank(customer);
        rounds.grant(panelId, DATA, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.UnknownArtifact.selector, panelId, 2));
        vm.prank(customer);
        rounds.grant(panelId, 2, GRANTS);
        _expectNotGranter(panelId, stranger, DATA);
        _expectNotGranter(panelId, customer, MODEL);
        _expectNotGranter(panelId, developer, DATA);
        vm.warp(rounds.roundOf(panelId).deadline);
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, panelId, block.timestamp));
        vm.prank(customer);
        rounds.grant(panelId, DATA, GRANTS);
    }

    function _expectNotGranter(uint256 panelId, address from, uint8 artifact) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotGranter.selector, panelId, from));
        vm.prank(from);
        rounds.grant(panelId, artifact, GRANTS);
    }

    /// @dev The same key twice is one key; the panel is asked once.
    function test_grant_againIsNoSecondKey() public {
        uint256 panelId = _toGrants(_question(SCORE));
        _give(panelId, DATA);
        _give(panelId, DATA);
        _assertState(panelId, IRounds.State.Granting);
        _give(panelId, MODEL);
        uint256 requestId = rounds.roundOf(panelId).requestId;
        uint40 deadline = rounds.roundOf(panelId).deadline;
        skip(1);
        _give(panelId, MODEL);
        _give(panelId, DATA);
        assertEq(rounds.roundOf(panelId).requestId, requestId);
        assertEq(rounds.roundOf(panelId).deadline, deadline);
    }

    /// @dev In every state granters and members may publish grants, for an appeal's panel for example; nobody else may.
    function testFuzz_grant_inEveryState(uint8 step, bool member) public {
        step %= 4;
        uint256 panelId =
            step == 0 ? _toDraw(_question(SCORE)) : step == 1 ? _toVote(_question(SCORE)) : _toAppeal();
        if (step == 3) _seatRound(panelId);
        _expectNotGranter(panelId, stranger, MODEL);
        if (step == 0) {
            _expectNotGranter(panelId, validators[0], MODEL);
            member = false;
        }
        IRounds.RoundView memory before = rounds.roundOf(panelId);
        address from = member ? _current(panelId)[4] : developer;
        vm.expectEmit(address(rounds));
        emit IRounds.KeysGranted(panelId, from, MODEL, "more");
        vm.prank(from);
        rounds.grant(panelId, MODEL, "more");
        assertEq(abi.encode(rounds.roundOf(panelId)), abi.encode(before));
    }

    /// @dev Keys that are there already, and artifacts without one, are not waited for.
    function testFuzz_ask_whatIsNeeded(uint8 fresh, uint8 given, uint8 keyless) public {
        IRounds.Question memory question = _question(SCORE);
        question.fresh = fresh;
        (uint8 needed, bytes32 digest) = (fresh & BOTH, keccak256("there"));
        for (uint256 i; i < 2; ++i) {
            if (given >> i & 1 == 1) question.grants[i] = digest;
            if (keyless >> i & 1 == 1) question.granters[i] = address(0);
        }
        needed &= ~given & ~keyless;
        _nextEpoch();
        uint256 panelId = rounds.open(7, _terms());
        for (uint8 i = 0; i < 2; ++i) {
            if (question.grants[i] == 0) continue;
            vm.expectEmit(address(rounds));
            emit IRounds.KeysGranted(panelId, question.granters[i], i, digest);
        }
        rounds.ask(panelId, question);
        _seatRound(panelId);
        assertEq(rounds.roundOf(panelId).needed, needed);
        _assertState(panelId, needed == 0 ? IRounds.State.Voting : IRounds.State.Granting);
    }

    /// @dev Whoever has a panel drawn pays it, whether or not the keys come: seats are not free.
    function testFuzz_silence_isPaidFor(bool first) public {
        uint256 panelId = _toGrants(_question(SCORE));
        if (first) _give(panelId, DATA);
        _assertDueAt(panelId, rounds.roundOf(panelId).deadline);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.GranterSilent);
        assertEq(answer.artifact, first ? MODEL : DATA);
        assertEq(abi.encode(answer.paid), abi.encode(_current(panelId)));
        _assertState(panelId, IRounds.State.Idle);

        // Asked again, the panel still has only what it had.
        IRounds.Question memory question = _question(SCORE);
        question.fresh = 0;
        rounds.ask(panelId, question);
        _assertState(panelId, IRounds.State.Granting);
        assertEq(rounds.roundOf(panelId).needed, first ? 2 : 3);
        _give(panelId, DATA);
        _give(panelId, MODEL);
        _assertState(panelId, IRounds.State.Voting);
    }

    /* MEMBERS */

    /// @dev Members of the first draw have no key to pass on.
    function test_members_haveNoKeyAtFirst() public {
        uint256 panelId = _toGrants(_question(SCORE));
        _offer(panelId, _current(panelId)[0], DATA);
        _offer(panelId, _current(panelId)[1], MODEL);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        vm.warp(rounds.roundOf(panelId).deadline);
        _assertOutcome(rounds.advance(panelId).outcome, IValidationOracle.Outcome.GranterSilent);
    }

    /// @dev Three of five are silent and replaced; those who stay can pass on what they hold.
    function _toRegrant() private returns (uint256 panelId) {
        panelId = _toVote(_question(SCORE));
        _vote(panelId, _scores(2, 900_000));
        rounds.advance(panelId);
        _seatAgain(panelId);
        _assertState(panelId, IRounds.State.Granting);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
    }

    /// @dev The granters' whole time is theirs: garbage of a member starts no vote before it is over.
    function testFuzz_members_countAfterTheGrantersTime(bool lateGranter) public {
        uint256 panelId = _toRegrant();
        address stays = _current(panelId)[0];
        _offer(panelId, stays, DATA);
        assertEq(rounds.roundOf(panelId).needed, 2);
        _offer(panelId, stays, MODEL);
        assertEq(rounds.roundOf(panelId).needed, 0);
        _assertState(panelId, IRounds.State.Granting);
        uint40 deadline = rounds.roundOf(panelId).deadline;
        if (lateGranter) {
            vm.warp(deadline - 1);
            _give(panelId, DATA);
            _assertState(panelId, IRounds.State.Granting);
            _give(panelId, MODEL);
        } else {
            _assertDueAt(panelId, deadline);
            rounds.advance(panelId);
        }
        _assertState(panelId, IRounds.State.Voting);
        _vote(panelId, _scores(PANEL, 900_000));
        _pastAppeal(panelId);
        _assertOutcome(rounds.advance(panelId).outcome, IValidationOracle.Outcome.Answered);
    }

    /// @dev A key that came with the question is held too, and can be passed on.
    function test_members_passOnWhatCameWithTheQuestion() public {
        uint256 panelId = _toVote(_plain(SCORE));
        _vote(panelId, _scores(PANEL, 5));
        rounds.advance(panelId);
        IRounds.Question memory question = _question(SCORE);
        question.grants[DATA] = GRANTS;
        rounds.ask(panelId, question);
        _give(panelId, MODEL);
        _vote(panelId, _scores(2, 900_000));
        rounds.advance(panelId);
        _seatAgain(panelId);
        _assertState(panelId, IRounds.State.Granting);
        _offer(panelId, _current(panelId)[0], DATA);
        _offer(panelId, _current(panelId)[0], MODEL);
        vm.warp(rounds.roundOf(panelId).deadline);
        rounds.advance(panelId);
        _assertState(panelId, IRounds.State.Voting);
    }

    /// @dev Where nobody voted, the answer names no request.
    function test_silence_namesNoRequest() public {
        uint256 panelId = _toGrants(_question(SCORE));
        IRounds.Answer memory answer;
        (answer.outcome, answer.moved) = (IValidationOracle.Outcome.GranterSilent, true);
        answer.paid = _current(panelId);
        vm.warp(rounds.roundOf(panelId).deadline);
        vm.expectEmit(address(rounds));
        emit IRounds.Answered(panelId, 0, answer);
        rounds.advance(panelId);
    }

    /// @dev One key from a member and the other from nobody: the silent granter is named, not the one whose key is
    /// there.
    function testFuzz_members_oneKeyIsNotTheOther(uint8 offered) public {
        offered %= 2;
        uint256 panelId = _toRegrant();
        _offer(panelId, _current(panelId)[1], offered);
        vm.warp(rounds.roundOf(panelId).deadline);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.GranterSilent);
        assertEq(answer.artifact, 1 - offered);
        assertEq(answer.paid.length, PANEL);
    }

    /// @dev An offer is for the artifact of its question: a fresh one in its place still waits for its granter.
    function testFuzz_members_anOfferIsNotForTheNextQuestion(bool granterComes) public {
        uint256 panelId = _toRegrant();
        _offer(panelId, _current(panelId)[0], DATA);
        _offer(panelId, _current(panelId)[0], MODEL);
        vm.warp(rounds.roundOf(panelId).deadline);
        rounds.advance(panelId);
        _vote(panelId, _scores(PANEL, 900_000));
        _pastAppeal(panelId);
        rounds.advance(panelId);

        IRounds.Question memory question = _question(SCORE);
        question.fresh = 2; // another model
        rounds.ask(panelId, question);
        _assertState(panelId, IRounds.State.Granting);
        assertEq(rounds.roundOf(panelId).needed, 2);
        if (granterComes) {
            _give(panelId, MODEL);
            _assertState(panelId, IRounds.State.Voting);
            return;
        }
        _offer(panelId, _current(panelId)[0], MODEL); // of which it has no key
        vm.warp(rounds.roundOf(panelId).deadline);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.GranterSilent);
        assertEq(answer.artifact, MODEL);
    }

    /// @dev Where nobody stays, nobody has a key to pass on: a newcomer's garbage starts no vote.
    function testFuzz_members_allNewHaveNoKey(bool undecided) public {
        IRounds.Question memory question = _question(SCORE);
        question.appealable = !undecided;
        uint256 panelId = _toVote(question);
        IValidationOracle.Report[] memory reports = _scores(undecided ? PANEL : 0, 0);
        for (uint256 i; i < reports.length; ++i) {
            reports[i].scores[0] = int64(int256(i * 100_000));
        }
        if (!undecided) vm.warp(rounds.roundOf(panelId).deadline);
        else _vote(panelId, reports);
        rounds.advance(panelId);
        _seatAgain(panelId);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        _offer(panelId, _current(panelId)[0], DATA);
        _offer(panelId, _current(panelId)[0], MODEL);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        vm.warp(rounds.roundOf(panelId).deadline);
        _assertOutcome(rounds.advance(panelId).outcome, IValidationOracle.Outcome.GranterSilent);
    }

    /// @dev Whoever grants and sits on the panel too grants as the granter.
    function test_members_aGranterWhoSits() public {
        IRounds.Question memory question = _question(SCORE);
        (question.granters[DATA], question.granters[MODEL]) = (validators[0], validators[0]);
        IRounds.Terms memory terms = _terms();
        terms.size = uint8(_poolSize());
        _nextEpoch();
        uint256 panelId = rounds.open(7, terms);
        rounds.ask(panelId, question);
        _seatRound(panelId);
        assertTrue(rounds.isMember(panelId, validators[0]));
        _offer(panelId, validators[0], DATA);
        _offer(panelId, validators[0], MODEL);
        _assertState(panelId, IRounds.State.Voting);
    }

    /* ROOMS */

    /// @dev A room's former granters and questions are nothing to the next panel in it.
    function test_nextPanel_forgetsTheFormer() public {
        uint256 former = _toRegrant();
        _offer(former, _current(former)[0], DATA);
        vm.warp(rounds.roundOf(former).deadline);
        rounds.advance(former);
        rounds.close(former);
        uint256 panelId = rounds.open(8, _terms());
        assertEq(uint32(panelId), uint32(former));
        IRounds.RoundView memory round = rounds.roundOf(panelId);
        assertEq(round.granters.length, 0);
        assertEq(round.needed, 0);
        assertFalse(round.replaced || round.appealable);
        assertEq(round.requestId + round.appealPanelId + round.appealRequestId, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.UnknownArtifact.selector, panelId, DATA));
        vm.prank(customer);
        rounds.grant(panelId, DATA, GRANTS);

        _nextEpoch();
        rounds.ask(panelId, _question(SCORE));
        _seatRound(panelId);
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        _offer(panelId, _current(panelId)[0], DATA); // no key from the former panel
        assertEq(rounds.roundOf(panelId).needed, BOTH);
        _give(panelId, DATA);
        _give(panelId, MODEL);
        _vote(panelId, _scores(2, 900_000));
        rounds.advance(panelId);
        _assertState(panelId, IRounds.State.Drawing); // this panel has not been replaced yet
    }
}
