// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {RoundsFixture} from "../oracle/RoundsFixture.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random panels through up to three questions, replacements and appeals against
/// `benchmarks/reference/panel.py`: results, every seat's fine, who is paid, what an appeal costs.
contract PanelDifferentialTest is RoundsFixture, CaseFile {
    uint8 private constant WITHHELD = 1;
    uint8 private constant REVEALED = 2;
    uint256 private constant FUNDS = 1e30;

    struct SeatVote {
        uint8 answer; // 0 for silence
        IValidationOracle.Report report;
    }

    struct Appeal {
        bool made;
        bool seated;
        SeatVote[] votes;
        uint256[] fines; // what follows is expected
        uint256[] paid;
        uint256 refund;
        uint256 bondBurnt;
    }

    struct Ballot {
        bool asked; // a question; else others vote on the one before
        IValidationOracle.Kind kind;
        uint8 subjects;
        uint32 tolerance;
        bool appealable;
        SeatVote[] votes;
        Appeal appeal;
        bool again; // what follows is expected: others vote in their stead
        IValidationOracle.Result provisional;
        IValidationOracle.Result result;
        bool appealed;
        uint256[] fines; // by seat
        uint256[] paid; // seats
    }

    struct PanelCase {
        uint8 size;
        uint96 seatStake;
        uint32 silencePpm;
        uint32 withholdPpm;
        uint96 evaluationFee;
        uint96 appealBond;
        Ballot[] ballots;
    }

    struct Accounts {
        address[] members;
        uint256[] stakes;
        uint256[] balances;
    }

    uint256 private _fined; // so far

    /// @dev The largest panel and its appeal panel, and as many again to replace the first.
    function _poolSize() internal pure override returns (uint256) {
        return 100;
    }

    function setUp() public override {
        super.setUp();
        _fund(appellant, paymentToken, FUNDS, address(rounds));
    }

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("panel");
    }

    function _play(bytes memory encoded) internal override {
        PanelCase memory c = abi.decode(encoded, (PanelCase));
        IRounds.Terms memory terms = _terms();
        (terms.size, terms.fee) = (c.size, c.evaluationFee);
        IPolicy.Stakes memory stakes = IPolicy.Stakes(c.seatStake, 0, c.silencePpm, c.withholdPpm);
        terms.rules = _page(c.appealBond, _timeouts(), stakes);
        uint256 panelId = rounds.open(7, terms);
        for (uint256 i; i < c.ballots.length; ++i) {
            _playBallot(panelId, c, c.ballots[i]);
        }
        rounds.close(panelId);
        assertEq(_lockedTotal(), 0, _says("still locked"));
    }

    function _playBallot(uint256 panelId, PanelCase memory c, Ballot memory ballot) private {
        if (ballot.asked) rounds.ask(panelId, _questionOf(ballot));
        if (rounds.roundOf(panelId).state == IRounds.State.Drawing) _seatRound(panelId);
        uint256 requestId = rounds.roundOf(panelId).requestId;
        _vote(requestId, ballot.votes);
        _check(oracle.resultOf(requestId), ballot.provisional, "provisional ");
        address[] memory judges = _playAppeal(panelId, c, ballot.appeal);
        if (ballot.appealable && !ballot.appeal.made) skip(APPEAL);

        Accounts memory panel = _accounts(_current(panelId));
        Accounts memory appeal = _accounts(judges);
        (uint256 funds, uint256 burnt) = (_balance(appellant, paymentToken), _burnt(paymentToken));
        address[] memory paid = _advance(panelId, ballot);
        assertEq(paid, _at(panel.members, ballot.paid), _says("paid"));
        assertEq(_balance(appellant, paymentToken), funds + ballot.appeal.refund, _says("appeal's refund"));
        assertEq(_burnt(paymentToken), burnt + ballot.appeal.bondBurnt, _says("appeal bond burnt"));
        _checkFines(panel, ballot.fines);
        _checkFines(appeal, ballot.appeal.fines);
        assertEq(_burnt(stakingToken), _fined, _says("stake burnt"));
        _checkFees(appeal, ballot.appeal.paid, c.evaluationFee);
        assertEq(_held(requestId), 0, _says("deposit still held"));
    }

    function _questionOf(Ballot memory ballot) private pure returns (IRounds.Question memory question) {
        (question.kind, question.subjects) = (ballot.kind, ballot.subjects);
        (question.tolerance, question.appealable, question.work) =
        (ballot.tolerance, ballot.appealable, "work");
    }

    /// @dev A ballot that others repeat comes to no answer.
    function _advance(uint256 panelId, Ballot memory ballot) private returns (address[] memory) {
        IRounds.Answer memory answer = rounds.advance(panelId);
        staking.grantRole(staking.MODULE_ROLE(), address(oracle));
        IValidationOracle.Result memory result =
            IValidationOracle.Result(answer.outcome, answer.scores, answer.criteria, answer.word);
        if (ballot.again) {
            _assertOutcome(answer.outcome, IValidationOracle.Outcome.Pending);
        } else {
            _check(result, ballot.result, "final ");
            assertEq(answer.appealed, ballot.appealed, _says("appealed"));
        }
        return answer.paid;
    }

    /// @return judges the appeal panel once it has voted, empty when there is none.
    function _playAppeal(uint256 panelId, PanelCase memory c, Appeal memory appeal)
        private
        returns (address[] memory judges)
    {
        if (!appeal.made) return judges;
        uint256 seats = c.size < 15 ? 2 * c.size + 1 : 31;
        uint256 deposit = c.appealBond + c.evaluationFee * seats;
        assertEq(rounds.appealDeposit(panelId), deposit, _says("deposit"));
        uint256 funds = _balance(appellant, paymentToken);
        uint256 appealPanelId = _appeal(panelId);
        assertEq(_balance(appellant, paymentToken), funds - deposit, _says("deposit taken"));
        if (!appeal.seated) {
            _toUnfilled(panelId);
            return judges;
        }
        _seatRound(panelId);
        judges = oracle.panel(appealPanelId).members;
        assertEq(judges.length, seats, _says("appeal panel's size"));
        _vote(rounds.roundOf(panelId).appealRequestId, appeal.votes);
    }

    /// @dev To a draw after the deadline that finds nobody, for the time being.
    function _toUnfilled(uint256 panelId) private {
        skip(DRAW);
        vm.roll(block.number + 3);
        rounds.advance(panelId); // named anew
        vm.roll(block.number + 3);
        staking.revokeRole(staking.MODULE_ROLE(), address(oracle)); // given back once it has failed
    }

    function _vote(uint256 requestId, SeatVote[] memory votes) private {
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i].answer >= WITHHELD) _commit(requestId, i, votes[i].report);
        }
        if (block.timestamp < oracle.requestOf(requestId).commitEnds) _toReveal(requestId);
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i].answer == REVEALED) _reveal(requestId, i, votes[i].report);
        }
        if (block.timestamp < oracle.requestOf(requestId).revealEnds) _toResult(requestId);
    }

    /* CHECKS */

    function _check(
        IValidationOracle.Result memory result,
        IValidationOracle.Result memory expected,
        string memory which
    ) private view {
        assertEq(uint8(result.outcome), uint8(expected.outcome), _says(string.concat(which, "outcome")));
        assertEq(
            abi.encode(result.scores), abi.encode(expected.scores), _says(string.concat(which, "scores"))
        );
        assertEq(result.criteria, expected.criteria, _says(string.concat(which, "criteria")));
        assertEq(result.word, expected.word, _says(string.concat(which, "word")));
    }

    function _checkFines(Accounts memory before, uint256[] memory fines) private {
        for (uint256 i; i < before.members.length; ++i) {
            _fined += fines[i];
            assertEq(_stakeOf(before.members[i]), before.stakes[i] - fines[i], _says("stake"));
        }
    }

    function _checkFees(Accounts memory before, uint256[] memory paid, uint256 fee) private view {
        for (uint256 i; i < paid.length; ++i) {
            before.balances[paid[i]] += fee;
        }
        for (uint256 i; i < before.members.length; ++i) {
            assertEq(_balance(before.members[i], paymentToken), before.balances[i], _says("judge's fee"));
        }
    }

    function _accounts(address[] memory members) private view returns (Accounts memory accounts) {
        accounts = Accounts(members, new uint256[](members.length), new uint256[](members.length));
        for (uint256 i; i < members.length; ++i) {
            accounts.stakes[i] = _stakeOf(members[i]);
            accounts.balances[i] = _balance(members[i], paymentToken);
        }
    }

    function _at(address[] memory members, uint256[] memory seats)
        private
        pure
        returns (address[] memory chosen)
    {
        chosen = new address[](seats.length);
        for (uint256 i; i < seats.length; ++i) {
            chosen[i] = members[seats[i]];
        }
    }
}
