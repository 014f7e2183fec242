// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {AuditFixture} from "./AuditFixture.sol";

/// @notice Nobody steers a draw: who comes out, and in what order, is fixed before the block is named.
contract AuditDrawsTest is AuditFixture {
    uint256 private constant MORE = 9;

    /// @dev Besides the fixture's auditors, nine that are enrolled and three that are not.
    function setUp() public override {
        super.setUp();
        _enrolMore(MORE + 3);
        for (uint256 i; i < 3; ++i) {
            vm.prank(auditors[AUDITORS + MORE + i]);
            audits.leave();
        }
        _nextEpoch();
    }

    /// @dev Those who know the seed leave, come back, enter, declare ties and take seats elsewhere. Whoever was drawn
    /// and has not dropped out by this is drawn still; each who has dropped out makes room for one.
    function testFuzz_whoActsDropsOnlyItselfOut(uint256 seed, uint8 acts) public {
        uint256 auditId = _requestAudit(5, false);
        _armAndRoll(auditId);
        uint256 snapshot = vm.snapshotState();
        audits.seat(auditId);
        address[] memory plain = _auditorsOf(auditId);
        assertTrue(vm.revertToState(snapshot));

        for (uint256 i; i < acts % 12; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _act(auditors[random % auditors.length], random >> 16);
        }
        bool[] memory fit = new bool[](plain.length);
        for (uint256 i; i < plain.length; ++i) {
            fit[i] = _isFit(plain[i]);
        }
        audits.seat(auditId);
        address[] memory seats = _auditorsOf(auditId);
        uint256 newcomers;
        uint256 dropped;
        for (uint256 i; i < plain.length; ++i) {
            assertEq(_contains(seats, plain[i]), fit[i], "who is fit stays, whatever others did");
            if (!fit[i]) ++dropped;
            if (seats[i] != address(0) && !_contains(plain, seats[i])) ++newcomers;
        }
        assertLe(newcomers, dropped, "each makes room for one");
        for (uint256 i = AUDITORS + MORE; i < auditors.length; ++i) {
            assertFalse(_contains(seats, auditors[i]), "who was outside when the epoch began");
        }
    }

    /// @dev Two audits at once, and auditors with bond enough for both: in whatever order they are seated, alone or in
    /// another's company, each gets the same auditors.
    function testFuzz_theOrderOfSeatingChangesNothing(uint256 wait, bool sameBlock) public {
        for (uint256 i; i < AUDITORS + MORE; ++i) {
            _addBond(auditors[i], AUDITOR_BOND);
        }
        skip(bound(wait, 0, EPOCH - 1));
        vm.roll(block.number + bound(wait, 0, 1000));
        (uint256 a, uint256 b) = (_requestAudit(4, false), _requestAudit(5, false));
        audits.arm(a);
        if (!sameBlock) vm.roll(block.number + 1);
        audits.arm(b);
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        audits.seat(a);
        audits.seat(b);
        (address[] memory ofA, address[] memory ofB) = (_auditorsOf(a), _auditorsOf(b));
        assertTrue(vm.revertToState(snapshot));
        audits.seat(b);
        audits.seat(a);
        assertEq(_auditorsOf(a), ofA);
        assertEq(_auditorsOf(b), ofB);
    }

    /// @dev Two audits that share a block do not share their auditors by that.
    function test_aSharedBlockDrawsTwice() public {
        (uint256 a, uint256 b) = (_requestAudit(5, false), _requestAudit(5, false));
        audits.arm(a);
        audits.arm(b);
        for (uint256 i; i < AUDITORS + MORE; ++i) {
            _addBond(auditors[i], AUDITOR_BOND);
        }
        vm.roll(block.number + 3);
        audits.seat(a);
        audits.seat(b);
        assertNotEq(keccak256(abi.encode(_auditorsOf(a))), keccak256(abi.encode(_auditorsOf(b))));
    }

    /// @dev An auditor enters for the epochs that follow, and leaves the sequence of those that follow; at once it
    /// drops out.
    function test_entryCountsFromTheNextEpoch() public {
        for (uint256 i; i < AUDITORS + MORE; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        _nextEpoch();
        vm.prank(auditors[0]);
        audits.enrol();
        assertEq(audits.poolSize(1, false), 1);
        uint256 auditId = _requestAudit(1, false);
        _armAndRoll(auditId);
        audits.seat(auditId);
        assertEq(_auditorsOf(auditId)[0], address(0), "not drawn in its first epoch");
        _nextEpoch();
        _armAndRoll(auditId);
        audits.seat(auditId);
        assertEq(_auditorsOf(auditId)[0], auditors[0]);
    }

    /// @dev A seed that was known in one epoch is of no use in the next, for which pools have moved.
    function testFuzz_aDrawEndsWithItsEpoch(uint256 late) public {
        uint256 auditId = _requestAudit(3, false);
        skip(bound(late, 0, EPOCH - 1));
        _armAndRoll(auditId);
        uint256 number = audits.audit(auditId).armedBlock;
        _nextEpoch();
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SeedUnavailable.selector, auditId, number));
        audits.seat(auditId);
        _armAndRoll(auditId);
        assertNotEq(audits.audit(auditId).armedBlock, number);
        audits.seat(auditId);
        assertEq(audits.audit(auditId).draws, 1);
    }

    /// @dev Auditors and regulators come from two pools, and each domain has its own two.
    function test_poolsAreOfOneDomainAndKind() public {
        policy.addDomain("finance");
        skip(91 days);
        vm.startPrank(auditors[0]);
        audits.leave();
        registry.changeDomains(2);
        audits.enrol();
        vm.stopPrank();
        assertEq(audits.poolSize(2, false), 1);
        assertEq(audits.poolSize(1, false), AUDITORS + MORE - 1);
        assertEq(audits.poolSize(2, true), 0);
        _nextEpoch();
        uint256 auditId = _requestAudit(2, true, 2);
        _armAndRoll(auditId);
        audits.seat(auditId);
        address[] memory seats = _auditorsOf(auditId);
        assertEq(seats[0], address(0), "the domain has no regulator");
        assertEq(seats[1], auditors[0]);
    }

    /// @dev One that came out of a draw of the domain that it has left, or of the kind that it is no more, is passed
    /// over.
    function test_whoHasChangedPoolsIsPassedOver() public {
        for (uint256 i = 1; i < AUDITORS + MORE; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        policy.addDomain("finance");
        skip(91 days);
        _nextEpoch();
        uint256 auditId = _requestAudit(1, false);
        _armAndRoll(auditId);
        vm.startPrank(auditors[0]);
        audits.leave();
        registry.changeDomains(2);
        audits.enrol();
        vm.stopPrank();
        audits.seat(auditId);
        assertEq(_auditorsOf(auditId)[0], address(0));
    }

    /* PARTS */

    function _act(address who, uint256 kind) private {
        kind %= 5;
        bool enrolled = audits.enrolmentOf(who).domains != 0;
        vm.startPrank(who);
        if (kind < 2 && enrolled) {
            audits.leave();
            if (kind == 1) audits.enrol();
        } else if (kind == 2 && !enrolled) {
            audits.enrol();
        } else if (kind == 3) {
            registry.declareTie(developer, uint40(block.timestamp + 1 days));
        } else if (kind == 4) {
            registry.changeRoles(
                IParticipantRegistry.Role.Auditor, uint8(1) << uint8(IParticipantRegistry.Role.DataOwner)
            );
        }
        vm.stopPrank();
    }

    function _isFit(address who) private view returns (bool) {
        return audits.enrolmentOf(who).domains != 0 && registry.tiedUntil(who, developer) <= block.timestamp;
    }

    function _contains(address[] memory list, address account) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }
}
