// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Questions from the opening to the answer, and who may take which step.
contract RoundsTest is RoundsFixture {
    /* OPENING AND CLOSING */

    function test_open_isReadable() public {
        IRounds.Terms memory terms = _terms();
        uint256 panelId = 1 << 32 | 1;
        vm.expectEmit(address(rounds));
        emit IRounds.RoundOpened(panelId, address(this), 7, terms);
        vm.expectEmit(address(rounds));
        emit Deals.StateChanged(panelId, uint8(IRounds.State.Idle), 0);
        assertEq(rounds.open(7, terms), panelId);
        IRounds.RoundView memory round = rounds.roundOf(panelId);
        assertEq(round.market, address(this));
        assertEq(round.dealId, 7);
        assertEq(round.requestId + round.appealPanelId + round.appealRequestId, 0);
        assertEq(round.token, address(paymentToken));
        assertEq(round.fee, FEE);
        assertEq(round.appealBond, APPEAL_BOND);
        assertEq(abi.encode(round.timeouts), abi.encode(_timeouts()));
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(panel.opener, address(rounds));
        IValidationOracle.PanelTerms memory expected = _panelTerms();
        assertEq(abi.encode(panel.terms), abi.encode(expected));
    }

    function test_open_refusals() public {
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        rounds.open(7, _terms());
        for (uint256 i; i < 3; ++i) {
            IRounds.Terms memory terms = _terms();
            IPolicy.Timeouts memory timeouts = _timeouts();
            if (i == 0) timeouts.commit = 0;
            else if (i == 1) timeouts.reveal = 0;
            else (timeouts.commit, timeouts.grant) = (1, type(uint32).max);
            terms.rules = _page(APPEAL_BOND, timeouts);
            vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidTerms.selector, bytes32("rules")));
            rounds.open(7, terms);
        }
    }

    function test_onlyTheMarket() public {
        uint256 panelId = rounds.open(7, _terms());
        rounds.grantRole(rounds.MODULE_ROLE(), stranger); // another market is not this one
        bytes memory refused = abi.encodeWithSelector(IRounds.NotMarket.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        rounds.ask(panelId, _question(SCORE));
        vm.expectRevert(refused);
        rounds.advance(panelId);
        vm.expectRevert(refused);
        rounds.close(panelId);
        vm.stopPrank();
    }

    function testFuzz_unknownRound(uint256 panelId) public {
        uint256 known = rounds.open(7, _terms());
        if (panelId % 2 == 0) panelId = panelId << 32 | uint32(known);
        if (panelId == known) panelId = 0;
        bytes memory unknown = abi.encodeWithSelector(IRounds.UnknownRound.selector, panelId);
        vm.expectRevert(unknown);
        rounds.roundOf(panelId);
        vm.expectRevert(unknown);
        rounds.ask(panelId, _question(SCORE));
        vm.expectRevert(unknown);
        rounds.advance(panelId);
        vm.expectRevert(unknown);
        rounds.close(panelId);
        vm.expectRevert(unknown);
        rounds.grant(panelId, 0, GRANTS);
        vm.expectRevert(unknown);
        rounds.appeal(panelId);
        vm.expectRevert();
        rounds.appealDeposit(panelId);
        assertFalse(rounds.isMember(panelId, stranger));
    }

    /// @dev Idle is the only state in which a panel is asked or let go.
    function testFuzz_askAndClose_whileIdleOnly(uint8 step) public {
        uint256 panelId = step % 5 == 0
            ? _toDraw(_question(SCORE))
            : step % 5 == 1
                ? _toGrants(_question(SCORE))
                : step % 5 == 2 ? _toVote(_question(SCORE)) : _toAppeal();
        if (step % 5 == 4) _seatRound(panelId);
        bytes memory wrong =
            abi.encodeWithSelector(Deals.WrongState.selector, panelId, rounds.roundOf(panelId).state);
        vm.expectRevert(wrong);
        rounds.ask(panelId, _question(SCORE));
        vm.expectRevert(wrong);
        rounds.close(panelId);
    }

    function test_idle_nothingIsDue() public {
        uint256 panelId = rounds.open(7, _terms());
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, panelId, IRounds.State.Idle, 0));
        rounds.advance(panelId);
        vm.expectEmit(address(rounds));
        emit IRounds.RoundClosed(panelId);
        _closeAndCheck(panelId);
    }

    /// @dev What the oracle would refuse after the draw: the panel could never be asked, and its seats stay locked.
    function test_ask_refusals() public {
        uint256 panelId = rounds.open(7, _terms());
        for (uint256 i; i < 8; ++i) {
            IRounds.Question memory question = _question(i == 5 ? VERDICT : SCORE);
            bytes32 field = "subjects";
            if (i == 0) (question.work, field) = (0, "work");
            else if (i == 1) (question.granters, field) = (new address[](1), "granters");
            else if (i == 2) (question.grants, field) = (new bytes32[](3), "grants");
            else if (i == 3) question.subjects = 0;
            else if (i == 4) question.subjects = 33;
            else if (i == 5) question.subjects = 1;
            else if (i == 6) (question.kind, question.subjects) = (DIGEST, 1);
            else (question.artifacts, field) = (new bytes32[](9), "artifacts");
            vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidQuestion.selector, field));
            rounds.ask(panelId, question);
        }
    }

    /* THE PATH */

    function test_path_isAnswered() public {
        _nextEpoch();
        uint256 panelId = rounds.open(7, _terms());
        IRounds.Question memory question = _question(SCORE);
        vm.expectEmit(address(rounds));
        emit IRounds.Asked(panelId, question);
        vm.expectEmit(address(rounds));
        emit Deals.StateChanged(panelId, uint8(IRounds.State.Drawing), uint40(block.timestamp + DRAW));
        rounds.ask(panelId, question);
        vm.expectRevert(
            abi.encodeWithSelector(
                Deals.NothingDue.selector, panelId, IRounds.State.Drawing, block.timestamp + DRAW
            )
        );
        rounds.advance(panelId);

        IRounds.Answer memory answer = _seatRound(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Pending);
        assertEq(answer.paid.length, 0);
        IRounds.RoundView memory round = rounds.roundOf(panelId);
        _assertState(panelId, IRounds.State.Granting);
        assertEq(round.deadline, block.timestamp + GRANT);
        assertEq(round.needed, BOTH);
        assertEq(round.requestId, 0);
        assertEq(abi.encode(round.granters), abi.encode(question.granters));
        vm.expectEmit(address(rounds));
        emit IRounds.KeysGranted(panelId, developer, MODEL, GRANTS);
        _give(panelId, MODEL);
        assertEq(rounds.roundOf(panelId).needed, 1);
        _give(panelId, DATA);

        round = rounds.roundOf(panelId);
        _assertState(panelId, IRounds.State.Voting);
        assertEq(round.needed, 0);
        assertEq(round.deadline, block.timestamp + COMMIT + REVEAL);
        assertTrue(round.appealable);
        _assertRequest(round.requestId, true, COMMIT);
        assertTrue(rounds.isMember(panelId, _current(panelId)[0]));

        _vote(panelId, _scores(PANEL, 900_000));
        _assertDueAt(panelId, block.timestamp + APPEAL);
        answer = _expectAnswer(panelId);
        assertEq(answer.scores[0], 900_000);
        assertEq(answer.criteria, 3);
        assertEq(answer.word, WORD);
        assertFalse(answer.appealed);
        assertEq(abi.encode(answer.paid), abi.encode(_current(panelId)));
        _assertState(panelId, IRounds.State.Idle);
        assertEq(rounds.roundOf(panelId).deadline, 0);
        _closeAndCheck(panelId);
        assertEq(_burnt(stakingToken), 0);
    }

    function _assertRequest(uint256 requestId, bool slashable, uint32 commitWindow) private view {
        IValidationOracle.RequestTerms memory terms = oracle.requestOf(requestId).terms;
        IValidationOracle.RequestTerms memory expected =
            IValidationOracle.RequestTerms(SCORE, 1, slashable, TOLERANCE, commitWindow, REVEAL);
        assertEq(abi.encode(terms), abi.encode(expected));
    }

    /// @dev The event says what the call returns.
    function _expectAnswer(uint256 panelId) private returns (IRounds.Answer memory answer) {
        uint256 requestId = rounds.roundOf(panelId).requestId;
        vm.recordLogs();
        answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Answered);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory log = logs[logs.length - 2]; // before the change of the state
        assertEq(log.topics[0], IRounds.Answered.selector);
        assertEq(uint256(log.topics[1]), panelId);
        assertEq(uint256(log.topics[2]), requestId);
        assertEq(log.data, abi.encode(answer));
    }

    /// @dev No appeal, so no time for one, and no false answer: the answer is there with the votes.
    function test_path_notAppealable() public {
        uint256 panelId = _toVote(_plain(SCORE));
        _assertState(panelId, IRounds.State.Voting); // at once: no key is needed
        _assertRequest(rounds.roundOf(panelId).requestId, false, COMMIT);
        IValidationOracle.Report[] memory reports = _scores(PANEL, 900_000);
        reports[0] = _report(1);
        _vote(panelId, reports);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAppealable.selector, panelId));
        vm.prank(appellant);
        rounds.appeal(panelId);
        IRounds.Answer memory answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Answered);
        assertEq(answer.paid.length, PANEL);
        assertEq(_burnt(stakingToken), 0);
        _closeAndCheck(panelId);
    }

    /// @dev A panel that is full is asked again at once, also about new keys; with other windows than before nothing.
    function test_path_severalQuestions() public {
        uint256 panelId = _toVote(_question(VERDICT));
        address[] memory members = _current(panelId);
        _vote(panelId, _statements(PANEL, ANSWERED));
        _pastAppeal(panelId);
        rounds.advance(panelId);
        uint256 first = rounds.roundOf(panelId).requestId;

        IRounds.Question memory question = _plain(DIGEST);
        rounds.ask(panelId, question);
        _assertState(panelId, IRounds.State.Voting);
        assertNotEq(rounds.roundOf(panelId).requestId, first);
        assertFalse(rounds.roundOf(panelId).appealable);
        _vote(panelId, _statements(PANEL, ANSWERED));
        IRounds.Answer memory answer = rounds.advance(panelId);
        assertEq(answer.word, WORD);

        question.fresh = 2;
        rounds.ask(panelId, question);
        _assertState(panelId, IRounds.State.Granting);
        assertEq(rounds.roundOf(panelId).needed, 2);
        assertEq(rounds.roundOf(panelId).requestId, 0);
        _give(panelId, MODEL);
        _vote(panelId, _statements(PANEL, REJECTED));
        answer = rounds.advance(panelId);
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.Rejected);
        assertEq(abi.encode(_current(panelId)), abi.encode(members));
        _closeAndCheck(panelId);
    }

    /* DRAWS */

    /// @dev A missed draw is repeated, however often, also after the deadline: only a draw that finds too few ends the
    /// wait.
    function testFuzz_draw_missedIsRepeated(uint8 times, bool appealed) public {
        uint256 panelId = appealed ? _toAppeal() : _toDraw(_question(SCORE));
        IRounds.State state = rounds.roundOf(panelId).state;
        uint256 drawn = appealed ? rounds.roundOf(panelId).appealPanelId : panelId;
        for (uint256 i; i < times % 40; ++i) {
            vm.roll(block.number + 300);
            if (i % 3 == 0) skip(5 hours); // and with it the epoch
            uint256 before = oracle.panel(drawn).armedBlock;
            _assertOutcome(rounds.advance(panelId).outcome, IValidationOracle.Outcome.Pending);
            assertEq(oracle.panel(drawn).armedBlock, block.number + 2);
            assertGt(block.number + 2, before);
            _assertState(panelId, state);
        }
        _seatRound(panelId);
        _assertState(panelId, appealed ? IRounds.State.AppealVoting : IRounds.State.Granting);
    }

    /// @dev An epoch that ends between the naming and the seating costs a draw, not the question.
    function test_draw_inAnotherEpochIsRepeated() public {
        uint256 panelId = _toDraw(_question(SCORE));
        vm.roll(block.number + 3);
        _nextEpoch();
        rounds.advance(panelId);
        _assertState(panelId, IRounds.State.Drawing);
        _seatRound(panelId);
        _assertState(panelId, IRounds.State.Granting);
    }

    /// @dev Too few can be found: until the deadline somebody may still come.
    function testFuzz_draw_unfilled(bool comes) public {
        IRounds.Terms memory terms = _terms();
        terms.size = uint8(_poolSize() + 1);
        _nextEpoch();
        uint256 panelId = rounds.open(7, terms);
        uint256 deadline = block.timestamp + DRAW;
        rounds.ask(panelId, _question(SCORE));
        vm.roll(block.number + 3);
        vm.expectRevert(
            abi.encodeWithSelector(Deals.NothingDue.selector, panelId, IRounds.State.Drawing, deadline)
        );
        rounds.advance(panelId);
        if (comes) {
            _lateValidator();
        }
        vm.warp(deadline);
        rounds.advance(panelId); // in another epoch: drawn anew
        IRounds.Answer memory answer = _seatRound(panelId);
        if (comes) {
            _assertState(panelId, IRounds.State.Granting);
            return;
        }
        _assertOutcome(answer.outcome, IValidationOracle.Outcome.NotSeated);
        assertEq(answer.paid.length, 0);
        _assertState(panelId, IRounds.State.Idle);
        _closeAndCheck(panelId);
    }

    function _lateValidator() private {
        address account = _register("late", IParticipantRegistry.Role.Validator);
        skip(TRUSTED_WAIT);
        _stake(account, STAKE);
        validators.push(account);
    }

    /// @dev The panel may be asked again once there are enough.
    function test_draw_afterAnUnfilledOne() public {
        IRounds.Terms memory terms = _terms();
        terms.size = uint8(_poolSize() + 1);
        uint256 panelId = rounds.open(7, terms);
        rounds.ask(panelId, _question(SCORE));
        skip(DRAW);
        _seatRound(panelId); // in another epoch: drawn anew
        _seatRound(panelId);
        _assertState(panelId, IRounds.State.Idle);
        _lateValidator();
        _nextEpoch();
        rounds.ask(panelId, _question(SCORE));
        _seatRound(panelId);
        _assertState(panelId, IRounds.State.Granting);
    }

    /// @dev Whoever calls chooses the gas: no amount of it ends a question whose panel can be seated.
    function testFuzz_draw_tooLittleGas(uint256 gas_, bool appealed) public {
        uint256 panelId = appealed ? _toAppeal() : _toDraw(_question(SCORE));
        vm.warp(rounds.roundOf(panelId).deadline);
        vm.roll(block.number + 300);
        rounds.advance(panelId);
        vm.roll(block.number + 3);
        gas_ = bound(gas_, 30_000, 4_000_000);
        (bool ok,) = address(rounds).call{gas: gas_}(abi.encodeCall(rounds.advance, (panelId)));
        if (!ok) _assertState(panelId, appealed ? IRounds.State.AppealDrawing : IRounds.State.Drawing);
        else _assertState(panelId, appealed ? IRounds.State.AppealVoting : IRounds.State.Granting);
    }

    function test_draw_saysThatGasLacks() public {
        uint256 panelId = _toDraw(_question(SCORE));
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        uint256 needed = gasleft();
        rounds.advance(panelId);
        needed -= gasleft();
        assertTrue(vm.revertToState(snapshot));
        vm.expectRevert(IRounds.TooLittleGas.selector);
        rounds.advance{gas: needed * 3 / 4}(panelId);
    }

    /// @dev Who is drawn is fixed with the block: not by decoys, nor by the order in which panels are seated.
    function testFuzz_draw_decoysChangeNothing(uint256 seed) public {
        uint256 panelId = _toDraw(_question(SCORE));
        uint256[] memory decoys = new uint256[](1 + seed % 10);
        for (uint256 i; i < decoys.length; ++i) {
            decoys[i] = rounds.open(8 + i, _terms());
            rounds.ask(decoys[i], _question(SCORE));
        }
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        rounds.advance(panelId);
        address[] memory members = _current(panelId);
        rounds.advance(decoys[0]); // after the other
        address[] memory others = _current(decoys[0]);
        assertTrue(vm.revertToState(snapshot));
        for (uint256 i = decoys.length; i > 0; --i) {
            rounds.advance(decoys[i - 1]);
        }
        rounds.advance(panelId);
        assertEq(abi.encode(_current(panelId)), abi.encode(members));
        assertEq(abi.encode(_current(decoys[0])), abi.encode(others));
    }

    /* GOVERNANCE */

    /// @dev Roles taken away in whatever state: the question still ends, and no new one begins.
    function testFuzz_roles_takenAwayStrandNobody(uint8 step, uint8 which) public {
        uint256 panelId = step % 6 == 0
            ? _toDraw(_question(SCORE))
            : step % 6 == 1
                ? _toGrants(_question(SCORE))
                : step % 6 < 4 ? _toVote(_question(SCORE)) : _toAppeal();
        if (step % 6 == 3) _vote(panelId, _scores(PANEL, 900_000));
        if (step % 6 == 5) _seatRound(panelId);
        bytes32 role = staking.MODULE_ROLE();
        if (which & 1 == 0) staking.revokeRole(role, address(oracle));
        if (which & 2 == 0) staking.revokeRole(role, address(rounds));
        if (which & 4 == 0) rounds.revokeRole(rounds.MODULE_ROLE(), address(this));
        if (which & 8 == 0) escrow.retire(address(rounds));
        _endByTime(panelId);
        _assertState(panelId, IRounds.State.Idle);
        _closeAndCheck(panelId);
    }
}
