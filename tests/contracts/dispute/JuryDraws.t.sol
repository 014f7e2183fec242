// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice Nobody steers the draw of a jury: who comes out, and in what order, is fixed before the block is named.
contract JuryDrawsTest is DisputeFixture {
    uint256 private constant POOL = 24;

    function setUp() public override {
        super.setUp();
        _enlist(POOL);
    }

    /// @dev Those who know the seed leave, come back, enter or declare ties. Whoever was drawn and may still judge is
    /// drawn all the same; each who has dropped out by this makes room for one.
    function testFuzz_whoActsDropsOnlyItselfOut(uint256 seed, uint8 acts) public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _nextEpoch();
        for (uint256 i = POOL - 3; i < POOL; ++i) {
            vm.prank(jurors[i]);
            court.leave(); // in this epoch's draws still
        }
        court.advance(disputeId);
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        court.advance(disputeId);
        address[] memory plain = _jurorsOf(disputeId);
        assertTrue(vm.revertToState(snapshot));

        for (uint256 i; i < acts % 16; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _act(jurors[random % POOL], random >> 16);
        }
        bool[] memory fit = new bool[](plain.length);
        uint256 dropped;
        for (uint256 i; i < plain.length; ++i) {
            fit[i] = court.enrolledAt(plain[i]) != 0 && court.enrolledAt(plain[i]) != block.timestamp
                && registry.tiedUntil(plain[i], developer) <= block.timestamp;
            if (!fit[i]) ++dropped;
        }
        court.advance(disputeId);
        address[] memory jury = _jurorsOf(disputeId);
        uint256 newcomers;
        for (uint256 i; i < plain.length; ++i) {
            assertEq(_contains(jury, plain[i]), fit[i], "who is fit stays, whatever others did");
            if (jury[i] != address(0) && !_contains(plain, jury[i])) ++newcomers;
        }
        assertLe(newcomers, dropped, "each makes room for one");
    }

    /// @dev Two disputes at once: in whatever order they are drawn, each gets the same jurors, and not the other's.
    function testFuzz_theOrderOfDrawingChangesNothing(bytes32 hash) public {
        uint256 first = _contest(_toChallenge(), customer);
        uint256 second = _contest(_another("second"), customer);
        _nextEpoch();
        court.advance(first);
        court.advance(second);
        uint256 number = court.dispute(first).armedBlock;
        assertEq(court.dispute(second).armedBlock, number);
        vm.roll(block.number + 3);
        vm.setBlockhash(number, hash == 0 ? bytes32("hash") : hash);
        uint256 snapshot = vm.snapshotState();
        court.advance(first);
        court.advance(second);
        (address[] memory ofFirst, address[] memory ofSecond) = (_jurorsOf(first), _jurorsOf(second));
        assertTrue(vm.revertToState(snapshot));
        court.advance(second);
        court.advance(first);
        assertEq(_jurorsOf(first), ofFirst);
        assertEq(_jurorsOf(second), ofSecond);
        assertNotEq(keccak256(abi.encode(ofFirst)), keccak256(abi.encode(ofSecond)));
    }

    /// @dev The wait ends with the deal's opening: who enrolled later, or a second too shortly before, never judges it,
    /// however long the dispute goes on.
    function testFuzz_theWaitEndsWithTheOpening(uint256 early, uint256 later) public {
        for (uint256 i; i < POOL; ++i) {
            vm.startPrank(jurors[i]);
            court.leave();
            court.enrol();
            vm.stopPrank();
        }
        skip(bound(early, ENROLMENT_WAIT - 1 days, ENROLMENT_WAIT + 1 days));
        uint40 openedAt = uint40(block.timestamp);
        uint256 disputeId = _contest(_toChallenge(), customer);
        assertEq(market.dealOf(1).openedAt, openedAt);
        skip(bound(later, 0, 20 days));
        _drawJury(disputeId);
        bool waited = court.enrolledAt(jurors[0]) + ENROLMENT_WAIT <= openedAt;
        address[] memory jury = _jurorsOf(disputeId);
        for (uint256 i; i < jury.length; ++i) {
            assertEq(jury[i] != address(0), waited);
        }
    }

    /// @dev Exactly at the wait's end it counts.
    function test_theWaitIsOverAtItsSecond() public {
        for (uint256 which; which < 2; ++which) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i; i < POOL; ++i) {
                vm.startPrank(jurors[i]);
                court.leave();
                court.enrol();
                vm.stopPrank();
            }
            skip(ENROLMENT_WAIT - which);
            uint256 disputeId = _contest(_toChallenge(), customer);
            skip(ENROLMENT_WAIT);
            _drawJury(disputeId);
            assertEq(_jurorsOf(disputeId)[0] != address(0), which == 0);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev A seed that was known in one epoch is of no use in the next.
    function test_aDrawEndsWithItsEpoch() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        court.advance(disputeId);
        uint256 number = court.dispute(disputeId).armedBlock;
        vm.roll(block.number + 3);
        _nextEpoch();
        court.advance(disputeId);
        assertGt(court.dispute(disputeId).armedBlock, number, "another block is named");
        assertEq(_jurorsOf(disputeId)[0], address(0));
        assertEq(court.dispute(disputeId).draws, 0);
    }

    /* PARTS */

    function _another(bytes32 manifest) private returns (uint256 id) {
        developer = rival; // whose bond comes back from the first auction
        rival = third;
        _fund(developer, paymentToken, 2 * BOND, address(auctions));
        id = _toBuildingAgain();
        _submit(id, manifest);
        _evaluate(id, THRESHOLD);
        _deliver(id);
    }

    function _toBuildingAgain() private returns (uint256 id) {
        _fund(customer, paymentToken, FUNDS, address(market));
        return _toBuilding();
    }

    function _act(address who, uint256 kind) private {
        kind %= 4;
        bool enrolled = court.enrolledAt(who) != 0;
        vm.startPrank(who);
        if (kind < 2 && enrolled) {
            court.leave();
            if (kind == 1) court.enrol();
        } else if (kind == 2 && !enrolled) {
            court.enrol();
        } else if (kind == 3) {
            registry.declareTie(developer, uint40(block.timestamp + 1 days));
        }
        vm.stopPrank();
    }

    function _jurorsOf(uint256 disputeId) private view returns (address[] memory found) {
        ICourt.Seat[] memory seats = _jury(disputeId);
        found = new address[](seats.length);
        for (uint256 i; i < seats.length; ++i) {
            found[i] = seats[i].juror;
        }
    }

    function _contains(address[] memory list, address account) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }
}
