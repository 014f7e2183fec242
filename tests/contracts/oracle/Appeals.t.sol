// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Appeals that overturn, confirm, or find nobody; and that money and stakes follow.
contract AppealsTest is OracleFixture {
    uint256 private constant APPEAL_SIZE = 11;
    uint256 private constant DEPOSIT = APPEAL_BOND + APPEAL_SIZE * FEE;

    address private _appellant;
    uint256 private _requestId;
    uint256 private _panelId;

    function setUp() public override {
        super.setUp();
        _appellant = _register("appellant", IParticipantRegistry.Role.Developer);
        _fund(_appellant, paymentToken, DEPOSIT, address(oracle));
        _requestId = _request(EVALUATION);
        _panelId = oracle.requestOf(_requestId).terms.panelId;
    }

    /// @dev Four of five say 100,000, one says 900,000; somebody appeals.
    function _appealAgainstCollusion() private returns (uint256 appealPanelId) {
        IValidationOracle.Report[] memory reports = _scores(5, 100_000);
        reports[0].score = 900_000;
        _answer(_requestId, reports);
        oracle.tally(_requestId);
        vm.prank(_appellant);
        oracle.appeal(_requestId);
        return oracle.requestOf(_requestId).appealPanelId;
    }

    function _seatAppeal(uint256 appealPanelId) private returns (uint256 appealId) {
        _seat(appealPanelId);
        return oracle.requestOf(_requestId).appealRequestId;
    }

    function _held() private view returns (uint256) {
        return escrow.held(address(oracle), address(paymentToken), bytes32(_requestId));
    }

    function _burntOfPayment() private view returns (uint256) {
        return _burnt(paymentToken);
    }

    /* OPENING */

    function test_appeal_opensAFreshPanel() public {
        assertEq(oracle.appealDeposit(_requestId), DEPOSIT);
        address[] memory members = _members(_requestId);
        uint256 appealPanelId = _appealAgainstCollusion();
        assertEq(_balance(_appellant, paymentToken), 0);
        assertEq(_held(), DEPOSIT);
        IValidationOracle.PanelView memory panel = oracle.panel(appealPanelId);
        assertEq(panel.terms.size, APPEAL_SIZE);
        assertEq(panel.opener, address(oracle));

        uint256 appealId = _seatAppeal(appealPanelId);
        IValidationOracle.RequestView memory request = oracle.requestOf(appealId);
        assertEq(request.commitEnds, block.timestamp + 1 hours + 1 days);
        assertEq(request.revealEnds, request.commitEnds + 30 minutes);
        assertEq(request.terms.subject, "manifest");
        address[] memory fresh = oracle.panel(appealPanelId).members;
        for (uint256 i; i < members.length; ++i) {
            assertFalse(_isIn(members[i], fresh));
        }
    }

    function test_appeal_refusals() public {
        bytes memory refused = abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, _requestId);
        vm.expectRevert(refused); // not tallied
        oracle.appeal(_requestId);
        uint256 appealPanelId = _appealAgainstCollusion();
        vm.expectRevert(refused); // once only
        oracle.appeal(_requestId);
        uint256 appealId = _seatAppeal(appealPanelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, appealId));
        oracle.appeal(appealId);
    }

    function test_appeal_notAfterItsWindowNorWithoutAQuorum() public {
        _answer(_requestId, _scores(3, 900_000));
        oracle.tally(_requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, _requestId));
        oracle.appeal(_requestId);
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(5, 900_000));
        oracle.tally(requestId);
        _pastAppeal(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, requestId));
        oracle.appeal(requestId);
    }

    function test_appeal_theAppellantIsNotDrawn() public {
        address judge = makeAddr("validator 17");
        if (oracle.isMember(_panelId, judge)) judge = makeAddr("validator 16");
        if (oracle.isMember(_panelId, judge)) judge = makeAddr("validator 15");
        assertFalse(oracle.isMember(_panelId, judge));
        _fund(judge, paymentToken, DEPOSIT, address(oracle));
        _answer(_requestId, _scores(5, 900_000));
        oracle.tally(_requestId);
        vm.prank(judge);
        oracle.appeal(_requestId);
        uint256 appealPanelId = oracle.requestOf(_requestId).appealPanelId;
        _seat(appealPanelId); // eleven of the twelve others
        assertFalse(oracle.isMember(appealPanelId, judge));
    }

    function test_appeal_panelAnswersToNobodyElse() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        uint256 appealId = _seatAppeal(appealPanelId);
        bytes memory refused = abi.encodeWithSelector(IValidationOracle.NotOpener.selector, address(this));
        vm.expectRevert(refused);
        oracle.dissolve(appealPanelId);
        vm.expectRevert(refused);
        oracle.request(_requestTerms(appealPanelId, EVALUATION));
        vm.expectRevert(refused);
        oracle.finalise(appealId);
        vm.expectRevert(refused);
        oracle.replaceSilent(appealId);
    }

    /* WAITING */

    function test_finalise_waitsForTheAppeal() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        _pastAppeal(_requestId);
        uint40 seatBy = oracle.requestOf(_requestId).appealEnds - 2 hours + 6 hours;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AppealRunning.selector, _requestId, seatBy));
        oracle.finalise(_requestId);
        uint256 appealId = _seatAppeal(appealPanelId);
        uint40 ends = oracle.requestOf(appealId).revealEnds;
        vm.warp(oracle.requestOf(appealId).commitEnds - 1);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AppealRunning.selector, _requestId, ends));
        oracle.finalise(_requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.RequestOpen.selector, _panelId, _requestId));
        oracle.dissolve(_panelId);
    }

    /* OUTCOMES */

    function test_overturned_colludersAreSlashedAndTheBondComesBack() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        address[] memory members = _members(_requestId);
        uint256 appealId = _seatAppeal(appealPanelId);
        address[] memory judges = oracle.panel(appealPanelId).members;
        _answer(appealId, _scores(APPEAL_SIZE, 900_000));
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        _assertOutcome(result, IValidationOracle.Outcome.Scored);
        assertEq(result.score, 900_000);
        assertTrue(result.appealed);
        assertEq(oracle.requestOf(_requestId).result.score, 900_000);
        assertEq(paid.length, 1);
        assertEq(paid[0], members[0]);
        assertEq(_burnt(stakingToken), 4 * SEAT);
        for (uint256 i; i < judges.length; ++i) {
            assertEq(_balance(judges[i], paymentToken), FEE);
            assertEq(_lockOf(judges[i]), 0);
        }
        assertEq(_balance(_appellant, paymentToken), APPEAL_BOND);
        assertEq(_held(), 0);
        assertTrue(oracle.panel(appealPanelId).dissolved);
        assertTrue(oracle.requestOf(appealId).finalised);
    }

    function test_confirmed_theBondIsBurntAndTheLiarSlashed() public {
        uint256 appealId = _seatAppeal(_appealAgainstCollusion());
        _answer(appealId, _scores(APPEAL_SIZE, 100_000 + int64(int32(TOLERANCE))));
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        assertTrue(result.appealed);
        assertEq(paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_burntOfPayment(), APPEAL_BOND);
        assertEq(_balance(_appellant, paymentToken), 0);
        assertEq(_held(), 0);
    }

    function test_overturned_byAStatus_slashesNoScore() public {
        uint256 appealId = _seatAppeal(_appealAgainstCollusion());
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](APPEAL_SIZE);
        for (uint256 i; i < APPEAL_SIZE; ++i) {
            reports[i] = _statement(CLOSED);
        }
        _answer(appealId, reports);
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        _assertOutcome(result, IValidationOracle.Outcome.CannotOpen);
        assertEq(result.score, 0);
        assertEq(paid.length, 5);
        assertEq(_burnt(stakingToken), 0);
        assertEq(_balance(_appellant, paymentToken), APPEAL_BOND);
    }

    function test_judgesAreJudged() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        uint256 appealId = _seatAppeal(appealPanelId);
        address[] memory judges = oracle.panel(appealPanelId).members;
        IValidationOracle.Report[] memory reports = _scores(APPEAL_SIZE - 1, 900_000); // the last is silent
        reports[0].score = 5; // the first lies
        _answer(appealId, reports);
        oracle.finalise(_requestId);
        assertEq(_stakeOf(judges[0]), STAKE - SEAT);
        assertEq(_balance(judges[0], paymentToken), 0);
        assertEq(_stakeOf(judges[10]), STAKE - SILENCE);
        assertEq(_lockOf(judges[10]), 0);
        assertEq(_balance(judges[10], paymentToken), 0);
        assertEq(_balance(_appellant, paymentToken), APPEAL_BOND + 2 * FEE);
        assertEq(_held(), 0);
    }

    function test_silentAppealPanel_resultStandsWithItsConsequences() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        uint256 appealId = _seatAppeal(appealPanelId);
        address[] memory judges = oracle.panel(appealPanelId).members;
        _answer(appealId, _scores(2, 900_000)); // no quorum of eleven
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        assertEq(result.score, 100_000);
        assertFalse(result.appealed);
        assertEq(paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT + 9 * SILENCE); // who differed from the first result, and the silent judges
        assertEq(_balance(judges[0], paymentToken), FEE);
        assertEq(_balance(_appellant, paymentToken), DEPOSIT - 2 * FEE);
        assertEq(_held(), 0);
    }

    function test_inconclusiveAppealPanel_resultStands() public {
        uint256 appealId = _seatAppeal(_appealAgainstCollusion());
        IValidationOracle.Report[] memory reports = _scores(APPEAL_SIZE, 900_000);
        for (uint256 i; i < 5; ++i) {
            reports[i].score = int64(int256(i));
        }
        _answer(appealId, reports);
        oracle.tally(appealId); // anyone may have tallied it before
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        assertEq(result.score, 100_000);
        assertEq(paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_balance(_appellant, paymentToken), APPEAL_BOND);
    }

    function test_unseatedAppealPanel_resultStandsAndTheDepositComesBack() public {
        uint256 appealPanelId = _appealAgainstCollusion();
        skip(6 hours);
        bytes memory closed = abi.encodeWithSelector(
            IValidationOracle.SeatingClosed.selector, appealPanelId, uint40(block.timestamp)
        );
        vm.expectRevert(closed);
        oracle.arm(appealPanelId);
        vm.expectRevert(closed);
        oracle.seat(appealPanelId);
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        assertEq(result.score, 100_000);
        assertEq(paid.length, 4);
        assertEq(_burnt(stakingToken), SEAT);
        assertEq(_balance(_appellant, paymentToken), DEPOSIT);
        assertEq(_held(), 0);
        assertTrue(oracle.panel(appealPanelId).dissolved);
    }

    /// @dev Whoever appeals against the truth saves nothing by it, whether or not the appeal can be heard.
    function testFuzz_aLiarsOwnAppealSavesNothing(uint8 ending) public {
        IValidationOracle.Report[] memory reports = _scores(5, 900_000);
        reports[4].score = 100_000; // the lie
        address liar = _members(_requestId)[4];
        _answer(_requestId, reports);
        oracle.tally(_requestId);
        _fund(liar, paymentToken, DEPOSIT, address(oracle));
        vm.prank(liar);
        oracle.appeal(_requestId);
        ending = uint8(bound(ending, 0, 3));
        if (ending == 0) {
            skip(6 hours); // never seated
        } else {
            uint256 appealId = _seatAppeal(oracle.requestOf(_requestId).appealPanelId);
            IValidationOracle.Report[] memory judges = _scores(ending == 1 ? 2 : APPEAL_SIZE, 900_000);
            for (uint256 i; ending == 2 && i < 5; ++i) {
                judges[i].score = int64(int256(i)); // they cannot agree
            }
            _answer(appealId, judges);
        }
        (IValidationOracle.Result memory result, address[] memory paid) = oracle.finalise(_requestId);
        assertEq(result.score, 900_000);
        assertEq(paid.length, 4);
        assertFalse(_isIn(liar, paid));
        assertEq(_stakeOf(liar), STAKE - SEAT);
    }

    /// @dev However late the tally, the time for an appeal is whole from then on.
    function testFuzz_aLateTallyLeavesTheWholeTimeForAnAppeal(uint32 late) public {
        _answer(_requestId, _scores(5, 900_000));
        skip(bound(late, 0, 30 days));
        oracle.tally(_requestId);
        assertEq(oracle.requestOf(_requestId).appealEnds, block.timestamp + 2 hours);
        skip(2 hours - 1);
        vm.expectPartialRevert(IValidationOracle.TooEarly.selector);
        oracle.finalise(_requestId);
        vm.prank(_appellant);
        oracle.appeal(_requestId);
        assertTrue(oracle.requestOf(_requestId).appealPanelId != 0);
    }

    /// @dev The silent of the first panel are slashed whatever becomes of the appeal.
    function test_silenceIsSlashedDespiteAnAppeal() public {
        address silent = _members(_requestId)[4];
        _answer(_requestId, _scores(4, 100_000));
        oracle.tally(_requestId);
        vm.prank(_appellant);
        oracle.appeal(_requestId);
        skip(6 hours);
        oracle.finalise(_requestId);
        assertEq(_stakeOf(silent), STAKE - SILENCE);
    }

    function test_appealSizeIsBounded() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = 17;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        assertEq(oracle.appealDeposit(requestId), APPEAL_BOND + 31 * uint256(FEE));
    }

    /// @dev Whatever everybody does, the deposit is paid out to the last unit, and so is every lock.
    function testFuzz_nothingIsLeft(uint256 seed) public {
        uint256 appealPanelId = _appealAgainstCollusion();
        uint256 total = DEPOSIT + _burntOfPayment();
        if (seed % 8 != 0) _randomAnswers(_seatAppeal(appealPanelId), seed);
        else skip(6 hours);
        address[] memory judges = oracle.panel(appealPanelId).members;
        oracle.finalise(_requestId);
        oracle.dissolve(_panelId);
        assertEq(_held(), 0);
        uint256 paid = _balance(_appellant, paymentToken) + _burntOfPayment();
        for (uint256 i; i < judges.length; ++i) {
            paid += _balance(judges[i], paymentToken);
        }
        assertEq(paid, total);
        uint256 stakes = _burnt(stakingToken);
        for (uint256 i; i < 18; ++i) {
            address validator = makeAddr(string.concat("validator ", vm.toString(i)));
            assertEq(_lockOf(validator), 0);
            assertEq(staking.lockedBy(address(oracle), validator), 0);
            stakes += _stakeOf(validator);
        }
        assertEq(stakes, 18 * uint256(STAKE));
    }

    /// @dev Some are silent, some withhold, some cannot open, some lie.
    function _randomAnswers(uint256 appealId, uint256 seed) private {
        IValidationOracle.Report[] memory reports = _scores(APPEAL_SIZE, 900_000);
        uint256[] memory moods = new uint256[](APPEAL_SIZE);
        for (uint256 i; i < APPEAL_SIZE; ++i) {
            moods[i] = uint256(keccak256(abi.encode(seed, i))) % (4 + seed % 12);
            if (moods[i] == 1) reports[i] = _statement(CLOSED);
            if (moods[i] == 2) reports[i].score = 100_000;
            if (moods[i] != 0) _commit(appealId, i, reports[i]);
        }
        _toReveal(appealId);
        for (uint256 i; i < APPEAL_SIZE; ++i) {
            if (moods[i] != 0 && moods[i] != 3) _reveal(appealId, i, reports[i]);
        }
        _toTally(appealId);
    }
}
