// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {RoundsFixture} from "./RoundsFixture.sol";

/// @notice Several panels at once, asked several questions of every kind, while voters answer, lie, stay silent or
/// withhold, granters and members grant or do not, anybody appeals, draws are missed, and time passes, in any order.
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: deep.invariant.fail-on-revert = true
contract RoundsInvariants is RoundsFixture {
    uint256 private constant MOST = 8; // panels
    uint256 private constant SIZES = 2; // 3 and 5

    struct Deal {
        uint256 panelId;
        uint256 size;
        uint256 questions;
        uint256 paid; // fees so far
        bool closed;
    }

    Deal[] private _deals;
    mapping(uint256 requestId => mapping(uint256 seat => bytes)) private _reports;
    uint256[] private _appealed; // requests
    uint256[9] private _outcomes; // how often each came
    uint256 private _overturned;
    uint256 private _confirmed;
    uint256 private _stakes; // of all validators at first
    uint256 private _money; // payment tokens in escrow

    function _poolSize() internal pure override returns (uint256) {
        return 24;
    }

    function setUp() public override {
        super.setUp();
        _fund(appellant, paymentToken, 1000 * DEPOSIT, address(rounds));
        _stakes = _poolSize() * STAKE;
        _money = paymentToken.balanceOf(address(escrow));
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](18);
        acts[0] = acts[1] = this.begin.selector;
        acts[2] = this.seat.selector;
        acts[3] = this.give.selector;
        acts[4] = this.commitAll.selector;
        acts[5] = this.revealAll.selector;
        acts[6] = this.contest.selector;
        acts[7] = this.wait.selector;
        acts[8] = this.missDraws.selector;
        for (uint256 i = 9; i < acts.length; ++i) {
            acts[i] = this.proceed.selector;
        }
        targetSelector(FuzzSelector(address(this), acts));
    }

    /* ACTS */

    /// @dev Opens a panel, or asks an idle one again, or lets it go.
    function begin(uint256 which, uint256 seed) public {
        if (_deals.length == 0 || (_deals.length < MOST && which % 4 == 0)) {
            IRounds.Terms memory terms = _terms();
            terms.size = uint8(3 + 2 * (seed % SIZES));
            uint256 panelId = rounds.open(_deals.length, terms);
            _deals.push(Deal(panelId, terms.size, 0, 0, false));
            _ask(_deals.length - 1, seed);
            return;
        }
        (bool found, uint256 i) = _pick(which);
        if (!found || rounds.roundOf(_deals[i].panelId).state != IRounds.State.Idle) return;
        if (seed % 4 != 0) return _ask(i, seed);
        rounds.close(_deals[i].panelId);
        _deals[i].closed = true;
    }

    function _ask(uint256 i, uint256 seed) private {
        IRounds.Question memory question = _question(IValidationOracle.Kind((seed >> 8) % 3));
        if (question.kind == SCORE) question.subjects = uint8(1 + (seed >> 16) % 3);
        question.appealable = seed >> 24 & 3 != 0;
        question.fresh = _deals[i].questions == 0 ? BOTH : uint8(seed >> 32 & seed >> 40 & BOTH);
        if (seed >> 48 & 7 == 0) question.granters[MODEL] = address(0);
        rounds.ask(_deals[i].panelId, question);
        ++_deals[i].questions;
    }

    /// @dev Once the named block is there, or too early.
    function seat(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        if (seed % 8 != 0) vm.roll(block.number + 3);
        _advance(i);
    }

    /// @dev The granters for the most part, and members at times.
    function give(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        uint256 panelId = _deals[i].panelId;
        for (uint8 artifact = 0; artifact < 2; ++artifact) {
            if (seed >> artifact & 12 == 0) continue;
            address[] memory members = oracle.membersOf(panelId);
            address from = artifact == DATA ? customer : developer;
            if (seed >> 8 & 3 == 0 && members.length != 0) from = members[(seed >> 16) % members.length];
            vm.prank(from);
            try rounds.grant(panelId, artifact, GRANTS) {} catch {}
        }
    }

    /// @dev Most members commit, of the appeal panel if there is one.
    function commitAll(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        uint256 requestId = _openRequest(_deals[i].panelId);
        if (requestId == 0) return;
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        if (block.timestamp >= request.commitEnds) return;
        address[] memory members = _members(requestId);
        for (uint256 s; s < members.length; ++s) {
            uint256 random = uint256(keccak256(abi.encode(seed, s)));
            if (request.committed >> s & 1 == 1 || (seed % 4 == 0 && random % 3 == 0)) continue;
            IValidationOracle.Report memory report = _reportFor(request, requestId, seed, random);
            _reports[requestId][s] = abi.encode(report);
            bytes32 vote = oracle.voteHash(requestId, members[s], report, SALT);
            vm.prank(members[s]);
            oracle.commit(requestId, s, vote);
        }
    }

    /// @dev Most say the same; some lie, or say that nothing opens, or all say something else.
    function _reportFor(
        IValidationOracle.RequestView memory request,
        uint256 requestId,
        uint256 seed,
        uint256 random
    ) private pure returns (IValidationOracle.Report memory report) {
        uint256 mood = (seed >> 8) % 8;
        bool odd = random >> 8 & 7 == 0 || (mood == 7 && random >> 16 & 1 == 0);
        IValidationOracle.ReportStatus status = ANSWERED;
        if (mood == 6 || (odd && random >> 32 & 1 == 0)) status = CLOSED;
        report = _statement(status);
        if (status != ANSWERED) return report;
        if (mood == 5 || odd) report.word = keccak256(abi.encode(requestId, odd ? random : mood));
        report.scores = new int64[](request.terms.subjects);
        if (request.terms.kind != SCORE) return report;
        report.criteria = uint16(random >> 64) & 1;
        for (uint256 j; j < report.scores.length; ++j) {
            report.scores[j] = odd ? int64(uint64(random)) : int64(int256((random >> 80) % TOLERANCE));
        }
    }

    /// @dev Most who have committed.
    function revealAll(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        uint256 requestId = _openRequest(_deals[i].panelId);
        if (requestId == 0) return;
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        if (request.committed == 0) return;
        if (block.timestamp < request.commitEnds) vm.warp(request.commitEnds);
        address[] memory members = _members(requestId);
        for (uint256 s; s < members.length; ++s) {
            bool skipped = seed % 4 == 0 && seed >> (8 + s) & 1 == 0;
            if (request.committed >> s & 1 == 0 || request.revealed >> s & 1 == 1 || skipped) continue;
            IValidationOracle.Report memory report =
                abi.decode(_reports[requestId][s], (IValidationOracle.Report));
            vm.prank(members[s]);
            try oracle.reveal(requestId, s, report, SALT) {} catch {}
        }
    }

    function contest(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        uint256 panelId = _deals[i].panelId;
        if (rounds.roundOf(panelId).state == IRounds.State.Voting && seed % 2 == 0) {
            uint40 ends = oracle.requestOf(rounds.roundOf(panelId).requestId).revealEnds;
            if (block.timestamp < ends) vm.warp(ends);
        }
        uint256 requestId = rounds.roundOf(panelId).requestId;
        vm.prank(appellant);
        try rounds.appeal(panelId) {
            _appealed.push(requestId);
        } catch {}
    }

    function wait(uint256 which, uint256 seed) public {
        skip(seed % 8 == 0 ? seed % 2 days : seed % 20 minutes);
        (bool found, uint256 i) = _pick(which);
        if (!found) return;
        IRounds.RoundView memory round = rounds.roundOf(_deals[i].panelId);
        if (seed >> 32 & 1 == 0 && block.timestamp < round.deadline) vm.warp(round.deadline);
        _advance(i);
    }

    /// @dev Until no seed that was named is there any more.
    function missDraws(uint256 which) public {
        vm.roll(block.number + 300);
        (bool found, uint256 i) = _pick(which);
        if (found) _advance(i);
    }

    /// @dev Whatever the panel waits for, done by somebody.
    function proceed(uint256 which, uint256 seed) public {
        (bool found, uint256 i) = _pick(which);
        if (!found) return begin(which, seed);
        IRounds.State state = rounds.roundOf(_deals[i].panelId).state;
        if (state == IRounds.State.Idle) return begin(which, seed);
        if (state == IRounds.State.Drawing || state == IRounds.State.AppealDrawing) return seat(i, seed);
        if (state == IRounds.State.Granting) return seed % 4 == 0 ? wait(i, seed) : give(i, seed);
        IValidationOracle.RequestView memory request = oracle.requestOf(_openRequest(_deals[i].panelId));
        if (block.timestamp < request.commitEnds) commitAll(i, seed);
        if (block.timestamp < request.revealEnds) return revealAll(i, seed);
        if (state == IRounds.State.Voting && seed % 2 == 0) return contest(i, seed);
        wait(i, 1 + seed % 2 ** 32); // to the deadline
    }

    /* THE MARKET */

    /// @dev Checks that an answer is what the panel that decides says, and that those paid sit there and are paid once.
    function _advance(uint256 i) private {
        uint256 panelId = _deals[i].panelId;
        IRounds.RoundView memory before = rounds.roundOf(panelId);
        IValidationOracle.Result memory own = _resultOf(before.requestId);
        IValidationOracle.Result memory verdict = _resultOf(before.appealRequestId);
        address[] memory members = oracle.membersOf(panelId);
        try rounds.advance(panelId) returns (IRounds.Answer memory answer) {
            for (uint256 p; p < answer.paid.length; ++p) {
                assertTrue(_isIn(answer.paid[p], members), "whoever is paid sits there");
                for (uint256 q; q < p; ++q) {
                    assertNotEq(answer.paid[q], answer.paid[p], "paid once");
                }
            }
            _deals[i].paid += answer.paid.length;
            _checkAnswer(answer, before, own, verdict);
            ++_outcomes[uint8(answer.outcome)];
            if (answer.appealed) {
                if (own.outcome == answer.outcome && own.word == answer.word) ++_confirmed;
                else ++_overturned;
            }
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Deals.NothingDue.selector, "a step is due or not");
        }
    }

    function _checkAnswer(
        IRounds.Answer memory answer,
        IRounds.RoundView memory before,
        IValidationOracle.Result memory own,
        IValidationOracle.Result memory verdict
    ) private pure {
        if (before.state == IRounds.State.AppealVoting) {
            bool decided = verdict.outcome > IValidationOracle.Outcome.Undecided;
            assertEq(answer.appealed, decided);
            if (decided) own = verdict;
        } else if (before.state != IRounds.State.Voting && before.state != IRounds.State.AppealDrawing) {
            assertTrue(
                answer.outcome == IValidationOracle.Outcome.Pending
                    || answer.outcome == IValidationOracle.Outcome.NotSeated
                    || answer.outcome == IValidationOracle.Outcome.GranterSilent
            );
            return;
        }
        if (answer.outcome == IValidationOracle.Outcome.Pending) return;
        assertEq(uint8(answer.outcome), uint8(own.outcome));
        assertEq(abi.encode(answer.scores), abi.encode(own.scores));
        assertEq(answer.word, own.word);
        assertEq(answer.criteria, own.criteria);
    }

    function _resultOf(uint256 requestId) private view returns (IValidationOracle.Result memory result) {
        if (requestId == 0) return result;
        try oracle.resultOf(requestId) returns (IValidationOracle.Result memory said) {
            return said;
        } catch {}
    }

    function _openRequest(uint256 panelId) private view returns (uint256) {
        IRounds.RoundView memory round = rounds.roundOf(panelId);
        if (round.state == IRounds.State.Voting) return round.requestId;
        return round.state == IRounds.State.AppealVoting ? round.appealRequestId : 0;
    }

    /// @dev One that is open.
    function _pick(uint256 which) private view returns (bool, uint256) {
        uint256 count = _deals.length;
        for (uint256 i; i < count; ++i) {
            uint256 place = (which % count + i) % count;
            if (!_deals[place].closed) return (true, place);
        }
        return (false, 0);
    }

    /* WHAT IS ALWAYS SO */

    /// @dev No more than the panel's size at each question, and once more where members were replaced.
    function invariant_PaymentsAreBounded() public view {
        for (uint256 i; i < _deals.length; ++i) {
            bool replaced = !_deals[i].closed && rounds.roundOf(_deals[i].panelId).replaced;
            uint256 rounds_ = _deals[i].questions + (replaced || _deals[i].closed ? 1 : 0);
            assertLe(_deals[i].paid, rounds_ * _deals[i].size);
        }
    }

    /// @dev A seat's stake at most for each panel on which a validator sits, its own or an appeal's, and nothing
    /// otherwise.
    function invariant_LocksAreSeats() public view {
        for (uint256 v; v < validators.length; ++v) {
            uint256 seats;
            for (uint256 i; i < _deals.length; ++i) {
                if (_deals[i].closed) continue;
                IRounds.RoundView memory round = rounds.roundOf(_deals[i].panelId);
                if (rounds.isMember(_deals[i].panelId, validators[v])) ++seats;
                if (round.appealPanelId != 0 && oracle.isMember(round.appealPanelId, validators[v])) ++seats;
            }
            uint256 locked = staking.lockedBy(address(oracle), validators[v]);
            assertEq(_lockOf(validators[v]), locked);
            assertLe(locked, seats * SEAT);
            if (seats != 0) assertGt(locked, 0);
        }
    }

    /// @dev A deposit is whole while its appeal runs, and nothing of it is left afterwards.
    function invariant_DepositsAreHeldWhileTheAppealRuns() public view {
        uint256 total;
        for (uint256 a; a < _appealed.length; ++a) {
            uint256 expected;
            for (uint256 i; i < _deals.length; ++i) {
                if (_deals[i].closed) continue;
                IRounds.RoundView memory round = rounds.roundOf(_deals[i].panelId);
                bool runs = round.state >= IRounds.State.AppealDrawing && round.requestId == _appealed[a];
                if (runs) expected = APPEAL_BOND + (2 * _deals[i].size + 1) * FEE;
            }
            assertEq(_held(_appealed[a]), expected);
            total += expected;
        }
        total += _balance(appellant, paymentToken) + _burnt(paymentToken);
        for (uint256 v; v < validators.length; ++v) {
            total += _balance(validators[v], paymentToken);
        }
        assertEq(total, _money, "every unit is somebody's");
    }

    function invariant_StakeIsTheValidatorsOrBurnt() public view {
        uint256 total = _burnt(stakingToken);
        for (uint256 v; v < validators.length; ++v) {
            total += _stakeOf(validators[v]);
        }
        assertEq(total, _stakes);
    }

    /// @dev A panel that is asked is full; a state that waits says for how long.
    function invariant_StatesAreWhole() public view {
        for (uint256 i; i < _deals.length; ++i) {
            if (_deals[i].closed) continue;
            IRounds.RoundView memory round = rounds.roundOf(_deals[i].panelId);
            assertEq(round.dealId, i);
            assertNotEq(uint8(round.state), uint8(IRounds.State.None));
            assertEq(round.deadline == 0, round.state == IRounds.State.Idle);
            bool drawn = round.state != IRounds.State.Idle && round.state != IRounds.State.Drawing;
            if (drawn) assertTrue(oracle.isFull(_deals[i].panelId), "all seats are taken");
            assertTrue(round.needed == 0 || !drawn || round.state == IRounds.State.Granting);
            bool appealed = round.state >= IRounds.State.AppealDrawing;
            if (round.state == IRounds.State.Voting || appealed) {
                assertFalse(oracle.requestOf(round.requestId).judged, "judged with the answer");
                assertEq(oracle.requestOf(round.requestId).panelId, _deals[i].panelId);
            }
            if (appealed) assertTrue(round.appealable);
        }
    }

    /// @dev Time and calls of `advance` end whatever is open; then nothing is locked or held.
    function afterInvariant() public {
        for (uint256 i; i < _deals.length; ++i) {
            if (_deals[i].closed) continue;
            for (uint256 step; step < 24; ++step) {
                IRounds.RoundView memory round = rounds.roundOf(_deals[i].panelId);
                if (round.state == IRounds.State.Idle) break;
                if (block.timestamp < round.deadline + APPEAL) vm.warp(round.deadline + APPEAL);
                vm.roll(block.number + 3);
                _advance(i);
            }
            rounds.close(_deals[i].panelId);
            _deals[i].closed = true;
        }
        assertEq(_lockedTotal(), 0);
        invariant_PaymentsAreBounded();
        invariant_LocksAreSeats();
        invariant_DepositsAreHeldWhileTheAppealRuns();
        invariant_StakeIsTheValidatorsOrBurnt();
    }

    /// @dev What the invariants go through: played by a fixed dice, the acts come to every outcome.
    function test_theActsReachEveryOutcome() public {
        for (uint256 i; i < 800; ++i) {
            (uint256 act, uint256 which, uint256 seed) = (_dice(i, 0) % 18, _dice(i, 1), _dice(i, 2));
            if (act < 2) begin(which, seed);
            else if (act == 2) seat(which, seed);
            else if (act == 3) give(which, seed);
            else if (act == 4) commitAll(which, seed);
            else if (act == 5) revealAll(which, seed);
            else if (act == 6) contest(which, seed);
            else if (act == 7) wait(which, seed);
            else if (act == 8) missDraws(which);
            else proceed(which, seed);
        }
        for (uint256 outcome = 1; outcome < _outcomes.length; ++outcome) {
            bool unreachable = outcome == uint8(IValidationOracle.Outcome.Unstable)
                || outcome == uint8(IValidationOracle.Outcome.Rejected)
                || outcome == uint8(IValidationOracle.Outcome.NotSeated);
            if (!unreachable) assertGt(_outcomes[outcome], 0, vm.toString(outcome));
        }
        assertGt(_overturned, 0, "overturned");
        assertGt(_confirmed, 0, "confirmed");
        invariant_StatesAreWhole();
        afterInvariant();
    }

    function _dice(uint256 i, uint256 die) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(i, die)));
    }
}
