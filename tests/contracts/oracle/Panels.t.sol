// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Panels: opened, drawn, vacated, dissolved.
contract PanelsTest is OracleFixture {
    function test_openPanel_isReadable() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        uint256 expected = 1 << 32 | 1; // the first panel of the first room
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelOpened(expected, address(this), terms);
        uint256 panelId = oracle.openPanel(terms);
        assertEq(panelId, expected);
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(abi.encode(panel.terms), abi.encode(terms));
        assertEq(panel.opener, address(this));
        assertFalse(panel.seated);
        assertEq(panel.armedBlock, 0);
        assertEq(panel.requestId, 0);
        assertEq(abi.encode(panel.members), abi.encode(new address[](PANEL)));
        assertEq(oracle.membersOf(panelId).length, 0);
        assertFalse(oracle.isFull(panelId));
    }

    function test_openPanel_modulesOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        oracle.openPanel(_panelTerms());
    }

    function test_openPanel_refusesBadTerms() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = oracle.MIN_PANEL() - 1;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidPanelSize.selector, terms.size));
        oracle.openPanel(terms);
        terms.size = oracle.MAX_PANEL() + 1;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidPanelSize.selector, terms.size));
        oracle.openPanel(terms);
        terms = _panelTerms();
        terms.seatStake = 0;
        vm.expectRevert(IValidationOracle.ZeroSeatStake.selector);
        oracle.openPanel(terms);
    }

    /// @dev Neither a number that was never given, nor one whose low bits are a room's in use.
    function testFuzz_unknownPanel(uint256 panelId) public {
        uint256 known = _seatedPanel();
        if (panelId % 2 == 0) panelId = panelId << 32 | uint32(known);
        if (panelId == known) panelId = 0;
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownPanel.selector, panelId);
        vm.expectRevert(unknown);
        oracle.panel(panelId);
        vm.expectRevert(unknown);
        oracle.membersOf(panelId);
        vm.expectRevert(unknown);
        oracle.isFull(panelId);
        vm.expectRevert(unknown);
        oracle.arm(panelId);
        vm.expectRevert(unknown);
        oracle.seat(panelId);
        vm.expectRevert(unknown);
        oracle.vacate(panelId, 1);
        vm.expectRevert(unknown);
        oracle.dissolve(panelId);
        vm.expectRevert(unknown);
        oracle.request(panelId, _requestTerms(SCORE));
        vm.expectRevert(unknown);
        oracle.openAppealPanel(panelId, stranger);
        assertFalse(oracle.isMember(panelId, address(0)));
        assertFalse(oracle.isMember(panelId, oracle.membersOf(known)[0]));
    }

    function test_onlyTheOpener() public {
        uint256 panelId = _seatedPanel();
        staking.grantRole(staking.MODULE_ROLE(), stranger); // another module is no opener either
        bytes memory refused = abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        oracle.arm(panelId);
        vm.expectRevert(refused);
        oracle.seat(panelId);
        vm.expectRevert(refused);
        oracle.vacate(panelId, 1);
        vm.expectRevert(refused);
        oracle.dissolve(panelId);
        vm.expectRevert(refused);
        oracle.request(panelId, _requestTerms(SCORE));
        vm.expectRevert(refused);
        oracle.openAppealPanel(panelId, stranger);
        vm.stopPrank();
    }

    /* DRAW */

    function test_seat_locksTheMembersAndSnapshotsTheirKeys() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        vm.recordLogs();
        oracle.seat(panelId);
        bytes memory logged = vm.getRecordedLogs()[1].data; // after the locks
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertTrue(panel.seated);
        assertTrue(oracle.isFull(panelId));
        assertEq(panel.armedBlock, 0);
        assertEq(abi.encode(oracle.membersOf(panelId)), abi.encode(panel.members));
        bytes32[] memory keys = new bytes32[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            assertEq(_lockOf(panel.members[i]), SEAT);
            assertTrue(oracle.isMember(panelId, panel.members[i]));
            keys[i] = registry.encryptionKeyOf(panel.members[i]);
        }
        assertFalse(oracle.isMember(panelId, stranger));
        assertFalse(oracle.isMember(panelId, address(0)));
        assertEq(logged, abi.encode(panel.members, keys));
    }

    function test_seat_notBeforeTheNamedBlock() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, 0));
        oracle.seat(panelId);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelArmed(panelId, block.number + 2);
        oracle.arm(panelId);
        uint256 number = oracle.panel(panelId).armedBlock;
        bytes memory pending = abi.encodeWithSelector(IValidationOracle.DrawPending.selector, panelId, number);
        vm.expectRevert(pending);
        oracle.seat(panelId);
        vm.roll(number);
        vm.expectRevert(pending);
        oracle.seat(panelId);
        vm.expectRevert(pending);
        oracle.arm(panelId);
        vm.roll(number + 1);
        vm.expectRevert(pending); // the seed is there: nobody names another block
        oracle.arm(panelId);
        oracle.seat(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadySeated.selector, panelId));
        oracle.seat(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadySeated.selector, panelId));
        oracle.arm(panelId);
    }

    /// @dev However often: there is no bound to which somebody could bring a draw.
    function test_arm_anewWhenTheSeedWasMissed() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        for (uint256 i; i < 300; ++i) {
            oracle.arm(panelId);
            uint256 number = oracle.panel(panelId).armedBlock;
            assertEq(number, block.number + 2);
            vm.roll(number + randomness.window());
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.DrawPending.selector, panelId, number));
            oracle.arm(panelId);
            vm.roll(number + randomness.window() + 1);
            vm.expectRevert(
                abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, number)
            );
            oracle.seat(panelId);
        }
        _seat(panelId);
    }

    /// @dev Whoever knows the seed has had time to move stake.
    function test_seat_onlyInTheEpochOfTheArming() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        oracle.arm(panelId);
        uint256 number = oracle.panel(panelId).armedBlock;
        vm.roll(number + 1);
        _nextEpoch();
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, number));
        oracle.seat(panelId);
        oracle.arm(panelId);
        assertEq(oracle.panel(panelId).armedBlock, block.number + 2);
        vm.roll(block.number + 3);
        oracle.seat(panelId);
        assertTrue(oracle.isFull(panelId));
    }

    /// @dev A draw that cannot be filled keeps its seed until the window is over, then another may be named.
    function test_seat_unfilled() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(_poolSize() + 1);
        uint256 panelId = oracle.openPanel(terms);
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, terms.size - 1, terms.size)
        );
        oracle.seat(panelId);
        vm.roll(block.number + randomness.window());
        oracle.arm(panelId);
    }

    function test_seat_differentPanelsOfOneBlockDiffer() public {
        uint256 first = oracle.openPanel(_panelTerms());
        uint256 second = oracle.openPanel(_panelTerms());
        oracle.arm(first);
        oracle.arm(second);
        vm.roll(block.number + 3);
        oracle.seat(first);
        oracle.seat(second);
        assertNotEq(abi.encode(oracle.membersOf(first)), abi.encode(oracle.membersOf(second)));
    }

    /// @dev Once the block is named nothing that others do changes who is drawn: neither panels that are seated before
    /// this one, in whatever order, nor stake that is moved.
    function testFuzz_seat_nobodyChangesADraw(uint256 seed) public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        uint256[] memory decoys = new uint256[](1 + seed % 12);
        for (uint256 i; i < decoys.length; ++i) {
            decoys[i] = oracle.openPanel(_panelTerms());
            oracle.arm(decoys[i]);
        }
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        oracle.seat(panelId);
        address[] memory members = oracle.membersOf(panelId);
        assertTrue(vm.revertToState(snapshot));
        for (uint256 i; i < decoys.length; ++i) {
            oracle.seat(decoys[i]);
            if (seed >> i & 256 != 0) oracle.dissolve(decoys[i]);
        }
        _stake(validators[seed % validators.length], 100 * STAKE);
        oracle.seat(panelId);
        assertEq(abi.encode(oracle.membersOf(panelId)), abi.encode(members));
    }

    function test_seat_neverAParty() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        (terms.customer, terms.developer, terms.size) = (validators[0], validators[1], uint8(_poolSize() - 2));
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        assertFalse(oracle.isMember(panelId, terms.customer));
        assertFalse(oracle.isMember(panelId, terms.developer));
    }

    function test_seat_aTieOfTheValidatorsOwnDisqualifies() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(_poolSize() - 1);
        vm.prank(validators[3]);
        registry.declareTie(developer, type(uint40).max);
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        assertFalse(oracle.isMember(panelId, validators[3]));
        assertEq(
            uint256(registry.conflictOf(validators[3], developer, 0)),
            uint256(IParticipantRegistry.Conflict.DeclaredTie)
        );
    }

    /* VACATING */

    /// @dev Any set of seats: those who leave are unlocked and do not come again at once, those who stay keep their
    /// seats.
    function testFuzz_vacate_drawsTheSeatsAnew(uint32 leaving) public {
        uint256 panelId = _seatedPanel();
        address[] memory before = oracle.panel(panelId).members;
        vm.recordLogs();
        oracle.vacate(panelId, leaving);
        assertFalse(oracle.panel(panelId).seated);
        assertFalse(oracle.isFull(panelId));
        uint256 stay;
        for (uint256 i; i < PANEL; ++i) {
            bool leaves = leaving >> i & 1 == 1;
            if (!leaves) ++stay;
            assertEq(oracle.panel(panelId).members[i], leaves ? address(0) : before[i]);
            assertEq(_lockOf(before[i]), leaves ? 0 : SEAT);
            assertEq(oracle.isMember(panelId, before[i]), !leaves);
        }
        assertEq(oracle.membersOf(panelId).length, stay);
        assertEq(vm.getRecordedLogs().length, stay == PANEL ? 0 : PANEL - stay + 1); // and that they are unlocked
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotSeated.selector, panelId));
        oracle.request(panelId, _requestTerms(SCORE));
        _seat(panelId);
        address[] memory members = oracle.panel(panelId).members;
        for (uint256 i; i < PANEL; ++i) {
            if (leaving >> i & 1 == 0) assertEq(members[i], before[i]);
            else assertFalse(_isIn(members[i], before));
            assertEq(_lockOf(members[i]), SEAT);
        }
    }

    function test_vacate_saysWhoLeaves() public {
        uint256 panelId = _seatedPanel();
        address[] memory members = oracle.panel(panelId).members;
        vm.expectEmit(address(oracle));
        emit IValidationOracle.SeatVacated(panelId, 1, members[1]);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.SeatVacated(panelId, 4, members[4]);
        oracle.vacate(panelId, 18);
    }

    /// @dev A block that was named for other seats does not count for these.
    function test_vacate_givesUpTheNamedBlock() public {
        uint256 panelId = _seatedPanel();
        oracle.vacate(panelId, 1);
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        oracle.vacate(panelId, 2);
        assertEq(oracle.panel(panelId).armedBlock, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, 0));
        oracle.seat(panelId);
        _seat(panelId);
    }

    function test_leaving_notDuringARequest() public {
        uint256 requestId = _request(SCORE);
        uint256 panelId = oracle.requestOf(requestId).panelId;
        bytes memory open = abi.encodeWithSelector(IValidationOracle.RequestOpen.selector, panelId, requestId);
        vm.expectRevert(open);
        oracle.vacate(panelId, 0);
        vm.expectRevert(open);
        oracle.dissolve(panelId);
        vm.expectRevert(open);
        oracle.request(panelId, _requestTerms(SCORE));
        _toResult(requestId); // nor until it is judged
        vm.expectRevert(open);
        oracle.dissolve(panelId);
        oracle.judge(requestId, requestId);
        oracle.dissolve(panelId);
    }

    /* DISSOLVING */

    function test_dissolve_unlocksAndForgets() public {
        uint256 panelId = _seatedPanel();
        address[] memory members = oracle.membersOf(panelId);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelDissolved(panelId);
        oracle.dissolve(panelId);
        for (uint256 i; i < PANEL; ++i) {
            assertEq(_lockOf(members[i]), 0);
            assertEq(_stakeOf(members[i]), STAKE);
            assertFalse(oracle.isMember(panelId, members[i]));
        }
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownPanel.selector, panelId);
        vm.expectRevert(unknown);
        oracle.dissolve(panelId);
        vm.expectRevert(unknown);
        oracle.panel(panelId);
    }

    function test_dissolve_anUnseatedPanel() public {
        oracle.dissolve(oracle.openPanel(_panelTerms()));
        uint256 panelId = oracle.openPanel(_panelTerms());
        oracle.arm(panelId);
        oracle.dissolve(panelId);
    }

    /// @dev A module that governance has dropped still brings its panels to their end, and opens no other.
    function test_retiredModuleFinishesItsPanels() public {
        uint256 requestId = _request(SCORE);
        uint256 panelId = oracle.requestOf(requestId).panelId;
        bytes32 role = staking.MODULE_ROLE();
        staking.revokeRole(role, address(this));
        staking.revokeRole(role, address(oracle));
        _answer(requestId, _scores(4, 900_000));
        oracle.judge(requestId, requestId);
        oracle.vacate(panelId, 1);
        oracle.dissolve(panelId);
        assertEq(_burnt(stakingToken), SILENCE);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAuthorised.selector, address(this)));
        oracle.openPanel(_panelTerms());
    }

    /* APPEAL PANELS */

    /// @dev 2k + 1 others, and neither a party nor who appeals.
    function testFuzz_appealPanel(uint8 size, uint256 who) public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(bound(size, 3, 5));
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        address appellant = validators[who % validators.length];
        uint256 appealId = oracle.openAppealPanel(panelId, appellant);
        IValidationOracle.PanelView memory panel = oracle.panel(appealId);
        assertEq(panel.opener, address(this));
        assertEq(panel.terms.size, 2 * terms.size + 1);
        assertEq(panel.terms.appellant, appellant);
        assertEq(panel.terms.customer, customer);
        assertEq(panel.terms.developer, developer);
        assertEq(panel.terms.seatStake, SEAT);
        _seat(appealId);
        address[] memory first = oracle.membersOf(panelId);
        address[] memory judges = oracle.membersOf(appealId);
        assertEq(judges.length, 2 * terms.size + 1);
        for (uint256 i; i < judges.length; ++i) {
            assertFalse(_isIn(judges[i], first));
            assertNotEq(judges[i], appellant);
        }
    }

    function testFuzz_appealPanel_atMostTheLargest(uint8 size) public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(bound(size, 3, 31));
        uint256 appealId = oracle.openAppealPanel(oracle.openPanel(terms), stranger);
        assertEq(oracle.panel(appealId).terms.size, terms.size < 15 ? 2 * terms.size + 1 : 31);
    }
}
