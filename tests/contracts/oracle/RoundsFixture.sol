// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {SSTORE2} from "../../../contracts/kernel/SSTORE2.sol";
import {Rules} from "../../../contracts/policy/Rules.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Rounds with the test contract as the market: a panel of five that is asked about two artifacts, the
/// customer's and the developer's.
abstract contract RoundsFixture is OracleFixture {
    uint32 internal constant DRAW = 6 hours;
    uint32 internal constant GRANT = 1 days;
    uint32 internal constant COMMIT = 1 hours;
    uint32 internal constant REVEAL = 30 minutes;
    uint32 internal constant APPEAL = 2 hours;
    uint8 internal constant DATA = 0;
    uint8 internal constant MODEL = 1;
    uint8 internal constant BOTH = 3; // bitmap
    uint256 internal constant JUDGES = 2 * PANEL + 1;
    uint256 internal constant DEPOSIT = APPEAL_BOND + JUDGES * FEE;
    bytes32 internal constant GRANTS = "grants";

    address internal appellant;
    address private _rules;

    function setUp() public virtual override {
        super.setUp();
        _rules = _page(APPEAL_BOND, _timeouts());
        appellant = makeAddr("appellant");
        _fund(appellant, paymentToken, DEPOSIT, address(rounds));
    }

    function _terms() internal view returns (IRounds.Terms memory) {
        return IRounds.Terms({
            customer: customer,
            developer: developer,
            token: address(paymentToken),
            fee: FEE,
            size: PANEL,
            rules: _rules
        });
    }

    function _timeouts() internal pure returns (IPolicy.Timeouts memory) {
        return IPolicy.Timeouts(DRAW, GRANT, COMMIT, REVEAL, APPEAL, 0, 0, 0);
    }

    /// @dev Rules as Rulebook keeps them, of any values.
    function _page(uint96 appealBond, IPolicy.Timeouts memory timeouts) internal returns (address) {
        return _page(appealBond, timeouts, IPolicy.Stakes(SEAT, 0, 50_000, 200_000));
    }

    function _page(uint96 appealBond, IPolicy.Timeouts memory timeouts, IPolicy.Stakes memory stakes)
        internal
        returns (address)
    {
        IPolicy.CommissionTerms memory rules;
        (rules.appealBond, rules.coolingOff, rules.timeouts) = (appealBond, COOLING_OFF, timeouts);
        rules.stakes = stakes;
        return SSTORE2.write(Rules.pack(rules, new IPolicy.PanelTier[](0)));
    }

    /// @dev Of an appealable kind, both keys to be granted.
    function _question(IValidationOracle.Kind kind) internal view returns (IRounds.Question memory question) {
        (question.kind, question.subjects) = (kind, kind == SCORE ? 1 : 0);
        (question.tolerance, question.appealable) = (TOLERANCE, true);
        (question.fresh, question.work) = (BOTH, "work");
        (question.artifacts, question.granters) = (new bytes32[](2), new address[](2));
        question.grants = new bytes32[](2);
        (question.artifacts[DATA], question.artifacts[MODEL]) = ("data", "model");
        (question.granters[DATA], question.granters[MODEL]) = (customer, developer);
    }

    /// @dev Another question that needs no key, and that cannot be appealed.
    function _plain(IValidationOracle.Kind kind) internal view returns (IRounds.Question memory question) {
        question = _question(kind);
        (question.appealable, question.fresh) = (false, 0);
    }

    /* STEPS */

    /// @dev A panel that is drawn for a question, at the beginning of an epoch, so that none ends before the draw.
    function _toDraw(IRounds.Question memory question) internal returns (uint256 panelId) {
        _nextEpoch();
        panelId = rounds.open(7, _terms());
        rounds.ask(panelId, question);
    }

    /// @dev The panel that is being drawn, once its block is there.
    function _seatRound(uint256 panelId) internal returns (IRounds.Answer memory) {
        vm.roll(block.number + 3);
        return rounds.advance(panelId);
    }

    /// @dev Seats that are drawn a second time: their block was named in an epoch that is over.
    function _seatAgain(uint256 panelId) internal {
        _nextEpoch();
        _seatRound(panelId);
        _seatRound(panelId);
    }

    function _toGrants(IRounds.Question memory question) internal returns (uint256 panelId) {
        panelId = _toDraw(question);
        _seatRound(panelId);
    }

    function _give(uint256 panelId, uint8 artifact) internal {
        vm.prank(artifact == DATA ? customer : developer);
        rounds.grant(panelId, artifact, GRANTS);
    }

    function _offer(uint256 panelId, address member, uint8 artifact) internal {
        vm.prank(member);
        rounds.grant(panelId, artifact, GRANTS);
    }

    function _toVote(IRounds.Question memory question) internal returns (uint256 panelId) {
        panelId = _toGrants(question);
        if (rounds.roundOf(panelId).state != IRounds.State.Granting) return panelId;
        _give(panelId, DATA);
        _give(panelId, MODEL);
    }

    function _vote(uint256 panelId, IValidationOracle.Report[] memory reports) internal {
        _answer(rounds.roundOf(panelId).requestId, reports);
    }

    function _appeal(uint256 panelId) internal returns (uint256 appealPanelId) {
        vm.prank(appellant);
        rounds.appeal(panelId);
        return rounds.roundOf(panelId).appealPanelId;
    }

    /// @dev Four of five say 100,000, one says 900,000; somebody appeals.
    function _toAppeal() internal returns (uint256 panelId) {
        panelId = _toVote(_question(SCORE));
        IValidationOracle.Report[] memory reports = _scores(PANEL, 100_000);
        reports[0] = _report(900_000);
        _vote(panelId, reports);
        _nextEpoch();
        _appeal(panelId);
    }

    function _toAppealVote() internal returns (uint256 panelId, uint256 appealId) {
        panelId = _toAppeal();
        _seatRound(panelId);
        appealId = rounds.roundOf(panelId).appealRequestId;
    }

    function _pastAppeal(uint256 panelId) internal {
        vm.warp(oracle.requestOf(rounds.roundOf(panelId).requestId).revealEnds + APPEAL);
    }

    function _current(uint256 panelId) internal view returns (address[] memory) {
        return oracle.panel(panelId).members;
    }

    /// @dev Nobody does anything but call `advance`: the question ends.
    function _endByTime(uint256 panelId) internal returns (IRounds.Answer memory answer) {
        for (uint256 i; i < 24; ++i) {
            IRounds.RoundView memory round = rounds.roundOf(panelId);
            if (round.state == IRounds.State.Idle) return answer;
            uint256 due = round.deadline;
            if (round.state == IRounds.State.Voting) {
                due = oracle.requestOf(round.requestId).revealEnds + APPEAL;
            }
            if (block.timestamp < due) vm.warp(due);
            vm.roll(block.number + 3);
            answer = rounds.advance(panelId);
        }
        revert("it does not end");
    }

    /* WHAT IS SO */

    function _assertState(uint256 panelId, IRounds.State state) internal view {
        assertEq(uint8(rounds.roundOf(panelId).state), uint8(state), "state");
    }

    /// @dev Nothing is due until the given time, and then something is.
    function _assertDueAt(uint256 panelId, uint256 at) internal {
        IRounds.State state = rounds.roundOf(panelId).state;
        vm.warp(at - 1);
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, panelId, state, at));
        rounds.advance(panelId);
        vm.warp(at);
        uint256 snapshot = vm.snapshotState();
        rounds.advance(panelId);
        assertTrue(vm.revertToState(snapshot));
    }

    function _held(uint256 requestId) internal view returns (uint256) {
        return escrow.held(address(rounds), address(paymentToken), bytes32(requestId));
    }

    function _lockedTotal() internal view returns (uint256 total) {
        for (uint256 i; i < validators.length; ++i) {
            total += _lockOf(validators[i]);
        }
    }

    /// @dev The panel answers no more, and locks nothing.
    function _closeAndCheck(uint256 panelId) internal {
        rounds.close(panelId);
        assertEq(_lockedTotal(), 0, "still locked");
        vm.expectRevert(abi.encodeWithSelector(IRounds.UnknownRound.selector, panelId));
        rounds.roundOf(panelId);
    }
}
