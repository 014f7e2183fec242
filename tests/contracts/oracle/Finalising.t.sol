// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Final results without an appeal: who is slashed, who is paid, who is replaced.
contract FinalisingTest is OracleFixture {
    function _finaliseNow(uint256 requestId)
        private
        returns (IValidationOracle.Result memory result, address[] memory paid)
    {
        oracle.tally(requestId);
        _pastAppeal(requestId);
        return oracle.finalise(requestId);
    }

    /* WHO MAY, AND WHEN */

    function test_finalise_openerOnceAfterTheAppealWindow() public {
        uint256 requestId = _request(EVALUATION);
        uint40 ends = oracle.requestOf(requestId).revealEnds;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, ends));
        oracle.finalise(requestId);
        _answer(requestId, _scores(5, 900_000));
        oracle.tally(requestId);
        ends = oracle.requestOf(requestId).appealEnds;
        vm.warp(ends - 1);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, ends));
        oracle.finalise(requestId);
        vm.warp(ends);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger));
        vm.prank(stranger);
        oracle.finalise(requestId);
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(requestId);
        assertEq(result.score, 900_000);
        assertEq(paid, _members(requestId));
        assertTrue(oracle.requestOf(requestId).finalised);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadyFinalised.selector, requestId));
        oracle.finalise(requestId);
        assertEq(_burnt(stakingToken), 0);
    }

    function test_finalise_talliesByItselfWithoutAnAppealWindow() public {
        IValidationOracle.RequestTerms memory terms = _requestTerms(_seatedPanel(), EVALUATION);
        terms.appealWindow = 0;
        uint256 requestId = oracle.request(terms);
        _answer(requestId, _scores(5, 900_000));
        (IValidationOracle.Result memory result,) = oracle.finalise(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Scored);
    }

    /* SLASHES */

    function test_finalise_liarLosesItsSeat() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        reports[2].score = 900_000 - int64(int32(TOLERANCE)) - 1;
        reports[3].score = 900_000 - int64(int32(TOLERANCE));
        _answer(requestId, reports);
        oracle.tally(requestId);
        _pastAppeal(requestId);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[2], SEAT, oracle.FALSE_REPORT());
        (, address[] memory paid) = oracle.finalise(requestId);
        assertEq(paid.length, 4);
        assertFalse(_isIn(members[2], paid));
        assertEq(_stakeOf(members[2]), STAKE - SEAT);
        assertEq(_lockOf(members[2]), 0);
        assertEq(_burnt(stakingToken), SEAT);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        assertFalse(oracle.isMember(panelId, members[2]));
        assertEq(oracle.panel(panelId).members[2], address(0));
    }

    function test_finalise_silentAndWithholding() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        for (uint256 i; i < 4; ++i) {
            _commit(requestId, i, _report(900_000));
        }
        _toReveal(requestId);
        for (uint256 i = 1; i < 4; ++i) {
            _reveal(requestId, i, _report(900_000));
        }
        _toTally(requestId);
        (IValidationOracle.Result memory result, address[] memory paid) = _finaliseNow(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.NoQuorum); // three of five
        assertEq(paid.length, 3);
        assertEq(_stakeOf(members[0]), STAKE - WITHHOLDING);
        assertEq(_stakeOf(members[4]), STAKE - SILENCE);
        assertEq(_burnt(stakingToken), WITHHOLDING + SILENCE);
        assertGt(WITHHOLDING, SILENCE); // or a copier would commit and wait
        assertEq(_lockOf(members[4]), SEAT - SILENCE);
    }

    /// @dev "Cannot open", "unstable", "rejected" are reports, not offences, on either side of the majority.
    function test_finalise_statusesAreNeverSlashed() public {
        uint256 requestId = _request(EVALUATION);
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        reports[0] = _statement(CLOSED);
        _answer(requestId, reports);
        (, address[] memory paid) = _finaliseNow(requestId);
        assertEq(paid.length, 5);

        requestId = oracle.request(_requestTerms(oracle.requestOf(requestId).terms.panelId, EVALUATION));
        for (uint256 i; i < 5; ++i) {
            reports[i] = i == 0 ? _report(900_000) : _statement(CLOSED);
        }
        _answer(requestId, reports);
        IValidationOracle.Result memory result;
        (result, paid) = _finaliseNow(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.CannotOpen);
        assertEq(paid.length, 5);
        assertEq(_burnt(stakingToken), 0);
    }

    function test_finalise_inconclusiveSlashesNobodyForItsScore() public {
        uint256 requestId = _request(EVALUATION);
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        (reports[0].score, reports[1].score) = (1, 2_000_000);
        _answer(requestId, reports);
        (IValidationOracle.Result memory result, address[] memory paid) = _finaliseNow(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Inconclusive);
        assertEq(paid.length, 5);
        assertEq(_burnt(stakingToken), 0);
    }

    /// @dev A lock that fines have used up vacates the seat, and no fine exceeds the lock.
    function test_finalise_finesUseUpTheLock() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.silencePpm = 600_000;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        address silent = oracle.panel(panelId).members[4];
        for (uint256 i; i < 2; ++i) {
            uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
            _answer(requestId, _scores(4, 900_000));
            _finaliseNow(requestId);
        }
        assertEq(_stakeOf(silent), STAKE - SEAT);
        assertEq(_lockOf(silent), 0);
        assertFalse(oracle.isMember(panelId, silent));
    }

    /// @dev A panel that slashes have made small decides nothing with fewer than two thirds of all its seats. Its silent seats
    /// and its vacant ones are then drawn anew together.
    function test_quorumIsOfThePanelsFullSize() public {
        uint256 requestId = _request(EVALUATION);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        reports[4].score = 1;
        _answer(requestId, reports);
        _finaliseNow(requestId);
        requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        _answer(requestId, _scores(3, 950_000)); // one more is silent: three of four spoke, but three of five seats
        (IValidationOracle.Result memory result,) = _finaliseNow(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.NoQuorum);
        oracle.replaceSilent(requestId);
        _seat(panelId);
        requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        _answer(requestId, _scores(4, 950_000));
        (result,) = _finaliseNow(requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Scored);
    }

    /* REPLACEMENT */

    function test_replaceSilent_drawsTheirSeatsAnew() public {
        uint256 requestId = _request(EVALUATION);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        address[] memory before = _members(requestId);
        _answer(requestId, _scores(2, 900_000));
        (, address[] memory paid) = _finaliseNow(requestId);
        assertEq(paid.length, 2);
        oracle.replaceSilent(requestId);
        assertFalse(oracle.panel(panelId).seated);
        assertEq(oracle.panel(panelId).draws, 0);
        for (uint256 i = 2; i < 5; ++i) {
            assertEq(_lockOf(before[i]), 0);
            assertEq(_stakeOf(before[i]), STAKE - SILENCE); // once, not twice
        }
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.replaceSilent(requestId);

        _seat(panelId);
        address[] memory members = oracle.panel(panelId).members;
        for (uint256 i; i < 5; ++i) {
            if (i < 2) assertEq(members[i], before[i]);
            else assertFalse(_isIn(members[i], before));
            assertEq(_lockOf(members[i]), SEAT);
        }
        requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        _answer(requestId, _scores(5, 900_000));
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.Scored);
    }

    function test_replaceSilent_finalisesFirst() public {
        uint256 requestId = _request(EVALUATION);
        address silent = _members(requestId)[0];
        _toReveal(requestId);
        oracle.replaceSilent(requestId);
        assertTrue(oracle.requestOf(requestId).finalised);
        assertEq(_stakeOf(silent), STAKE - SILENCE);
    }

    function test_replaceSilent_refusals() public {
        uint256 requestId = _request(EVALUATION);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger));
        vm.prank(stranger);
        oracle.replaceSilent(requestId);
        _answer(requestId, _scores(4, 900_000));
        _finaliseNow(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.QuorumReached.selector, requestId));
        oracle.replaceSilent(requestId);

        uint256 failed = oracle.request(_requestTerms(panelId, EVALUATION));
        _toReveal(failed);
        _finaliseNow(failed);
        oracle.request(_requestTerms(panelId, EVALUATION)); // the opener went on: too late to replace
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.replaceSilent(failed);
    }
}
