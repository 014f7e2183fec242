// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {OracleFixture} from "./OracleFixture.sol";

contract PanelsTest is OracleFixture {
    function test_openPanel_isReadable() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelOpened(1, address(this), terms);
        uint256 panelId = oracle.openPanel(terms);
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(keccak256(abi.encode(panel.terms)), keccak256(abi.encode(terms)));
        assertEq(panel.opener, address(this));
        assertFalse(panel.seated);
        assertEq(panel.armedBlock, 0);
        assertEq(oracle.panelCount(), 1);
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

    function test_unknownPanel() public {
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownPanel.selector, 9);
        vm.expectRevert(unknown);
        oracle.panel(9);
        vm.expectRevert(unknown);
        oracle.arm(9);
        vm.expectRevert(unknown);
        oracle.seat(9);
        vm.expectRevert(unknown);
        oracle.dissolve(9);
        vm.expectRevert(unknown);
        oracle.request(_requestTerms(9, EVALUATION));
        assertFalse(oracle.isMember(9, address(0)));
    }

    /* DRAW */

    function test_seat_locksTheMembersAndSnapshotsTheirKeys() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        vm.recordLogs();
        vm.prank(stranger); // anyone
        oracle.seat(panelId);
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertTrue(panel.seated);
        assertEq(panel.armedBlock, 0);
        bytes32[] memory keys = new bytes32[](5);
        for (uint256 i; i < 5; ++i) {
            assertEq(_lockOf(panel.members[i]), SEAT);
            assertTrue(oracle.isMember(panelId, panel.members[i]));
            keys[i] = registry.encryptionKeyOf(panel.members[i]);
        }
        assertFalse(oracle.isMember(panelId, stranger));
        assertFalse(oracle.isMember(panelId, address(0)));
        bytes memory logged = vm.getRecordedLogs()[1].data; // after the locks
        assertEq(logged, abi.encode(panel.members, keys));
    }

    function test_seat_notBeforeTheNamedBlock() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, 0));
        oracle.seat(panelId);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelArmed(panelId, block.number + 2, 0);
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
        oracle.seat(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadySeated.selector, panelId));
        oracle.seat(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadySeated.selector, panelId));
        oracle.arm(panelId);
    }

    function test_arm_anewWheneverTheSeedWasMissed() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        for (uint256 i; i < 10; ++i) {
            oracle.arm(panelId);
            assertEq(oracle.panel(panelId).draws, 0);
            uint256 number = oracle.panel(panelId).armedBlock;
            vm.roll(number + randomness.window() + 1);
            vm.expectRevert(
                abi.encodeWithSelector(IValidationOracle.SeedUnavailable.selector, panelId, number)
            );
            oracle.seat(panelId);
        }
        _seat(panelId);
        assertEq(oracle.panel(panelId).draws, 1);
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
        assertEq(oracle.panel(panelId).draws, 0);
        vm.roll(block.number + 3);
        oracle.seat(panelId);
        assertEq(oracle.panel(panelId).draws, 1);
    }

    /// @dev A draw that cannot be filled keeps its seed until the window is over, then another may be named.
    function test_seat_unfilled() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = 19;
        uint256 panelId = oracle.openPanel(terms);
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 18, 19));
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
        assertNotEq(
            keccak256(abi.encode(oracle.panel(first).members)),
            keccak256(abi.encode(oracle.panel(second).members))
        );
    }

    function test_seat_neverAParty() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        (terms.customer, terms.developer, terms.size) = (makeAddr("validator 0"), makeAddr("validator 1"), 16);
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        assertFalse(oracle.isMember(panelId, terms.customer));
        assertFalse(oracle.isMember(panelId, terms.developer));
    }

    function test_seat_aTieOfTheValidatorsOwnDisqualifies() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = 17;
        vm.prank(makeAddr("validator 3"));
        registry.declareTie(developer, type(uint40).max);
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        assertFalse(oracle.isMember(panelId, makeAddr("validator 3")));
        assertEq(
            uint256(registry.conflictOf(makeAddr("validator 3"), developer, 0)),
            uint256(IParticipantRegistry.Conflict.DeclaredTie)
        );
    }

    /* DISSOLVE */

    function test_dissolve_unlocksOnce() public {
        uint256 panelId = _seatedPanel();
        address[] memory members = oracle.panel(panelId).members;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, stranger));
        vm.prank(stranger);
        oracle.dissolve(panelId);
        vm.expectEmit(address(oracle));
        emit IValidationOracle.PanelDissolved(panelId);
        oracle.dissolve(panelId);
        oracle.dissolve(panelId);
        assertTrue(oracle.panel(panelId).dissolved);
        for (uint256 i; i < 5; ++i) {
            assertEq(_lockOf(members[i]), 0);
            assertEq(_stakeOf(members[i]), STAKE);
            assertFalse(oracle.isMember(panelId, members[i]));
        }
        bytes memory dissolved = abi.encodeWithSelector(IValidationOracle.PanelIsDissolved.selector, panelId);
        vm.expectRevert(dissolved);
        oracle.arm(panelId);
        vm.expectRevert(dissolved);
        oracle.seat(panelId);
        vm.expectRevert(dissolved);
        oracle.request(_requestTerms(panelId, EVALUATION));
    }

    function test_dissolve_anUnseatedPanel() public {
        uint256 panelId = oracle.openPanel(_panelTerms());
        oracle.dissolve(panelId);
        assertTrue(oracle.panel(panelId).dissolved);
    }

    /// @dev Nobody leaves a panel with a request still to be judged.
    function test_dissolve_notDuringARequest() public {
        uint256 requestId = _request(EVALUATION);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.RequestOpen.selector, panelId, requestId));
        oracle.dissolve(panelId);
    }

    /// @dev A module that governance has dropped still brings its panels to their end.
    function test_retiredModuleFinishesItsPanels() public {
        uint256 requestId = _request(EVALUATION);
        bytes32 role = staking.MODULE_ROLE();
        staking.revokeRole(role, address(this));
        staking.revokeRole(role, address(oracle));
        _answer(requestId, _scores(4, 900_000));
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
        assertEq(_burnt(stakingToken), SILENCE);
    }
}
