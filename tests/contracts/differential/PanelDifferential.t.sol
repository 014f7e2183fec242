// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random panels through up to three requests and their appeals against `benchmarks/reference/panel.py`: results,
/// every seat's fine, who is paid, what an appeal costs.
contract PanelDifferentialTest is OracleFixture, CaseFile {
    uint8 private constant WITHHELD = 1;
    uint8 private constant REVEALED = 2;
    uint256 private constant FUNDS = 1e30;

    struct Vote {
        uint8 answer; // 0 for silence
        IValidationOracle.Report report;
    }

    struct Appeal {
        bool made;
        bool seated;
        Vote[] votes;
        uint256[] fines; // what follows is expected
        uint256[] paid;
        uint256 refund;
        uint256 bondBurnt;
    }

    struct Round {
        IValidationOracle.Kind kind;
        uint32 tolerance;
        Vote[] votes;
        Appeal appeal;
        bool replaceSilent; // afterwards
        IValidationOracle.Result provisional; // what follows is expected
        IValidationOracle.Result result;
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
        Round[] rounds;
    }

    struct Accounts {
        address[] members;
        uint256[] stakes;
        uint256[] balances;
    }

    address private _appellant;
    uint256 private _fined; // so far

    /// @dev The largest panel and its appeal panel, and as many again to replace the first.
    function _poolSize() internal pure override returns (uint256) {
        return 100;
    }

    function setUp() public override {
        super.setUp();
        _appellant = _register("appellant", IParticipantRegistry.Role.Developer);
        _fund(_appellant, paymentToken, FUNDS, address(oracle));
    }

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("panel");
    }

    function _play(bytes memory encoded) internal override {
        PanelCase memory c = abi.decode(encoded, (PanelCase));
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        (terms.size, terms.seatStake) = (c.size, c.seatStake);
        (terms.silencePpm, terms.withholdPpm) = (c.silencePpm, c.withholdPpm);
        (terms.evaluationFee, terms.appealBond) = (c.evaluationFee, c.appealBond);
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        for (uint256 i; i < c.rounds.length; ++i) {
            _playRound(panelId, c, c.rounds[i]);
        }
        address[] memory members = oracle.panel(panelId).members;
        oracle.dissolve(panelId);
        for (uint256 i; i < members.length; ++i) {
            if (members[i] != address(0)) assertEq(_lockOf(members[i]), 0, _says("still locked"));
        }
    }

    function _playRound(uint256 panelId, PanelCase memory c, Round memory round) private {
        IValidationOracle.RequestTerms memory terms = _requestTerms(panelId, round.kind);
        terms.tolerance = round.tolerance;
        uint256 requestId = oracle.request(terms);
        address[] memory members = _members(requestId);
        _vote(requestId, round.votes);
        _check(oracle.tally(requestId), round.provisional, "provisional ");
        address[] memory judges = _playAppeal(requestId, c, round.appeal);
        if (!round.appeal.made) _pastAppeal(requestId);

        Accounts memory panel = _accounts(members);
        Accounts memory appeal = _accounts(judges);
        (uint256 funds, uint256 burnt) = (_balance(_appellant, paymentToken), _burnt(paymentToken));
        address[] memory paid = _finalise(requestId, round.result);
        assertEq(paid, _at(members, round.paid), _says("paid"));
        assertEq(_balance(_appellant, paymentToken), funds + round.appeal.refund, _says("appeal's refund"));
        assertEq(_burnt(paymentToken), burnt + round.appeal.bondBurnt, _says("appeal bond burnt"));
        _checkFines(panel, round.fines);
        _checkFines(appeal, round.appeal.fines);
        assertEq(_burnt(stakingToken), _fined, _says("stake burnt"));
        _checkFees(appeal, round.appeal.paid, c.evaluationFee);
        if (round.replaceSilent) {
            oracle.replaceSilent(requestId);
            _seat(panelId);
        }
    }

    function _finalise(uint256 requestId, IValidationOracle.Result memory expected)
        private
        returns (address[] memory paid)
    {
        IValidationOracle.Result memory result;
        (result, paid) = oracle.finalise(requestId);
        _check(result, expected, "final ");
        _check(oracle.requestOf(requestId).result, expected, "stored ");
    }

    /// @return judges the appeal panel once it has voted, empty when there is none.
    function _playAppeal(uint256 requestId, PanelCase memory c, Appeal memory appeal)
        private
        returns (address[] memory judges)
    {
        if (!appeal.made) return judges;
        uint256 seats = c.size < 15 ? 2 * c.size + 1 : 31;
        uint256 deposit = c.appealBond + c.evaluationFee * seats;
        assertEq(oracle.appealDeposit(requestId), deposit, _says("deposit"));
        uint256 funds = _balance(_appellant, paymentToken);
        vm.prank(_appellant);
        oracle.appeal(requestId);
        assertEq(_balance(_appellant, paymentToken), funds - deposit, _says("deposit taken"));
        if (!appeal.seated) {
            skip(_panelTerms().drawWindow);
            return judges;
        }
        _seat(oracle.requestOf(requestId).appealPanelId);
        uint256 appealId = oracle.requestOf(requestId).appealRequestId;
        judges = _members(appealId);
        assertEq(judges.length, seats, _says("appeal panel's size"));
        _vote(appealId, appeal.votes);
    }

    function _vote(uint256 requestId, Vote[] memory votes) private {
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i].answer >= WITHHELD) _commit(requestId, i, votes[i].report);
        }
        _toReveal(requestId);
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i].answer == REVEALED) _reveal(requestId, i, votes[i].report);
        }
        _toTally(requestId);
    }

    /* CHECKS */

    function _check(
        IValidationOracle.Result memory result,
        IValidationOracle.Result memory expected,
        string memory which
    ) private view {
        assertEq(uint8(result.outcome), uint8(expected.outcome), _says(string.concat(which, "outcome")));
        assertEq(result.score, expected.score, _says(string.concat(which, "score")));
        assertEq(result.criteria, expected.criteria, _says(string.concat(which, "criteria")));
        assertEq(result.manifest, expected.manifest, _says(string.concat(which, "manifest")));
        assertEq(result.appealed, expected.appealed, _says(string.concat(which, "appealed")));
    }

    function _checkFines(Accounts memory before, uint256[] memory fines) private {
        for (uint256 i; i < before.members.length; ++i) {
            _fined += fines[i];
            address member = before.members[i];
            if (member == address(0)) assertEq(fines[i], 0, _says("a vacant seat fined"));
            else assertEq(_stakeOf(member), before.stakes[i] - fines[i], _says("stake"));
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
