// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IFeeShares} from "../../../contracts/interfaces/IFeeShares.sol";
import {AuditFixture} from "./AuditFixture.sol";

/// @notice Every seat has a bond of its own behind it, from the draw until the verdict, and nobody is held longer than
/// that.
contract AuditBondsTest is AuditFixture {
    /// @dev One auditor in the pool, with bond for some seats: it gets as many, and is passed over after that.
    function testFuzz_asManySeatsAsBonds(uint8 bonds, uint8 asked) public {
        (bonds, asked) = (uint8(bound(bonds, 1, 6)), uint8(bound(asked, 1, 9)));
        _only(auditors[0], bonds);
        uint256 seated;
        for (uint256 i; i < asked; ++i) {
            address[] memory seats = _drawSeats(_requestAudit(1, false));
            if (seats[0] == auditors[0]) ++seated;
            IAuditRegistry.Enrolment memory enrolment = audits.enrolmentOf(auditors[0]);
            assertEq(enrolment.seats, seated);
            assertEq(enrolment.locked, seated * AUDITOR_BOND);
        }
        assertEq(seated, asked < bonds ? asked : bonds);
    }

    /// @dev Each silence costs the bond of its own deal, whatever it was, and the rest comes back in the end.
    function testFuzz_everySilenceCosts(uint96[4] memory ofDeals, uint96 spare) public {
        uint256 all = bound(spare, 0, AUDITOR_BOND);
        for (uint256 i; i < ofDeals.length; ++i) {
            ofDeals[i] = uint96(bound(ofDeals[i], 0, 2 * AUDITOR_BOND));
            all += ofDeals[i];
        }
        vm.assume(all >= AUDITOR_BOND);
        _only(auditors[0], 1);
        if (all > AUDITOR_BOND) _addBond(auditors[0], uint96(all - AUDITOR_BOND));
        uint256[4] memory ids;
        for (uint256 i; i < ofDeals.length; ++i) {
            IAuditRegistry.AuditTerms memory terms = _auditTerms(1, false, 1);
            terms.bond = ofDeals[i];
            ids[i] = _request(terms);
            assertEq(_drawSeats(ids[i])[0], auditors[0]);
        }
        skip(WINDOW);
        uint256 burnt;
        for (uint256 i; i < ofDeals.length; ++i) {
            vm.expectEmit(address(audits));
            emit IAuditRegistry.AuditorReplaced(ids[i], auditors[0], ofDeals[i]);
            audits.replaceSilent(ids[i]);
            burnt += ofDeals[i];
            assertEq(_burnt(stakingToken), burnt);
        }
        assertEq(_balance(auditors[0], stakingToken), all - burnt);
        assertEq(abi.encode(audits.enrolmentOf(auditors[0]).bond), abi.encode(0));
    }

    /// @dev Who is struck for one silence does its other work, and then takes the rest out; or comes back before.
    function testFuzz_struckWithOtherSeats(bool comesBack, bool posts) public {
        _only(auditors[0], 2);
        (uint256 first, uint256 second) = (_requestAudit(1, false), _requestAudit(1, false));
        _drawSeats(first);
        skip(1 days);
        _drawSeats(second);
        vm.warp(audits.audit(first).deadline);
        audits.replaceSilent(first);
        assertEq(audits.enrolmentOf(auditors[0]).domains, 0, "in no draw");
        assertEq(audits.enrolmentOf(auditors[0]).bond, AUDITOR_BOND, "behind the other seat");
        if (comesBack) {
            _fund(auditors[0], stakingToken, AUDITOR_BOND, address(audits));
            vm.prank(auditors[0]);
            audits.enrol();
            assertEq(audits.enrolmentOf(auditors[0]).bond, 2 * AUDITOR_BOND);
        }
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SeatsHeld.selector, auditors[0], 1));
        vm.prank(auditors[0]);
        audits.leave();
        if (posts) _postVerdict(second, 0, true);
        else vm.warp(audits.audit(second).deadline);
        if (!posts) audits.replaceSilent(second);
        uint256 left = (comesBack ? 1 : 0) + (posts ? 1 : 0);
        if (posts) {
            vm.prank(auditors[0]);
            audits.leave();
        }
        assertEq(_balance(auditors[0], stakingToken), left * AUDITOR_BOND, "all but what was silent");
        assertEq(_burnt(stakingToken), (posts ? 1 : 2) * AUDITOR_BOND);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotEnrolled.selector, auditors[0]));
        vm.prank(auditors[0]);
        audits.leave();
    }

    /// @dev Whoever has posted owes nothing: it may leave, or take another seat, though the audit is not decided yet.
    function test_post_freesTheAuditor() public {
        _only(auditors[0], 1);
        uint256 auditId = _requestAudit(3, false);
        _drawSeats(auditId);
        assertEq(_drawSeats(_requestAudit(1, false))[0], address(0), "no bond is free");
        _seal(auditId, 0, true);
        assertEq(_drawSeats(_requestAudit(1, false))[0], address(0), "a sealed verdict has to be opened");
        vm.warp(audits.audit(auditId).deadline);
        audits.startOpening(auditId);
        _openVerdicts(auditId);
        uint256 other = _requestAudit(1, false);
        assertEq(_drawSeats(other)[0], auditors[0]);
        _postVerdict(other, 0, true);
        vm.prank(auditors[0]);
        audits.leave();
        assertEq(_balance(auditors[0], stakingToken), AUDITOR_BOND);
        assertEq(uint8(audits.audit(auditId).outcome), uint8(IAuditRegistry.Outcome.Pending));
    }

    /// @dev A majority decides without those who do not open, and each of these loses its bond.
    function testFuzz_conclude_freesEverybody(uint256 silent, bool approve) public {
        _enrolMore(3);
        uint256 auditId = _requestAudit(5, false);
        address[] memory seats = _drawSeats(auditId);
        for (uint256 i; i < 5; ++i) {
            _seal(auditId, i, approve);
        }
        for (uint256 i; i < 3; ++i) {
            _openSealed(auditId, (silent % 5 + i) % 5);
        }
        uint40 deadline = audits.audit(auditId).deadline;
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        audits.conclude(auditId);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.ReplacementDue.selector, auditId));
        audits.conclude(auditId);
        audits.replaceSilent(auditId);
        (IAuditRegistry.Outcome outcome, address[] memory paid) = audits.conclude(auditId);
        assertEq(
            uint8(outcome), uint8(approve ? IAuditRegistry.Outcome.Approved : IAuditRegistry.Outcome.Rejected)
        );
        assertEq(paid.length, 3);
        assertEq(_burnt(stakingToken), 2 * AUDITOR_BOND);
        for (uint256 i; i < seats.length; ++i) {
            IAuditRegistry.Enrolment memory enrolment = audits.enrolmentOf(seats[i]);
            assertEq(enrolment.seats, 0);
            assertEq(enrolment.locked, 0);
            (uint256 from, uint256 total) = shares.feesOf(seats[i], customer, address(paymentToken));
            bool posted = audits.verdict(auditId, i).at != 0;
            assertEq(from, posted ? AUDIT_FEE : 0, "what is paid counts, and nothing else");
            assertEq(total, from);
            assertEq(enrolment.domains == 0, !posted, "and its place in the draw");
        }
    }

    /// @dev Where a deal asks for no bond, its auditors are enrolled all the same.
    function test_aDealWithoutABond_drawsTheEnrolled() public {
        _only(auditors[0], 1);
        IAuditRegistry.AuditTerms memory terms = _auditTerms(1, false, 1);
        terms.bond = 0;
        uint256 auditId = _request(terms);
        _armAndRoll(auditId);
        vm.prank(auditors[0]);
        audits.leave();
        audits.seat(auditId);
        assertEq(_auditorsOf(auditId)[0], address(0));
    }

    function test_addBond_byTheEnrolled() public {
        _fund(auditors[0], stakingToken, 7, address(audits));
        vm.expectEmit(address(audits));
        emit IAuditRegistry.BondAdded(auditors[0], 7, AUDITOR_BOND + 7);
        vm.startPrank(auditors[0]);
        audits.addBond(7);
        assertEq(
            escrow.held(address(audits), address(stakingToken), _bondHold(auditors[0])), AUDITOR_BOND + 7
        );
        audits.leave();
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotEnrolled.selector, auditors[0]));
        audits.addBond(7);
        vm.stopPrank();
        assertEq(_balance(auditors[0], stakingToken), AUDITOR_BOND + 7);
    }

    /// @dev Fees of a seat that was drawn count against those who owe them, and no longer when the seat is taken away.
    function test_replaceSilent_takesTheFeeBack() public {
        _only(auditors[0], 1);
        uint256 auditId = _requestAudit(1, false);
        _drawSeats(auditId);
        (uint256 from,) = shares.feesOf(auditors[0], developer, address(paymentToken));
        assertEq(from, AUDIT_FEE, "owed");
        skip(WINDOW);
        vm.expectEmit(address(shares));
        emit IFeeShares.FeeCounted(
            auditors[0], address(paymentToken), IFeeShares.Stage.Cancelled, AUDIT_FEE, _parties()
        );
        audits.replaceSilent(auditId);
        (from,) = shares.feesOf(auditors[0], developer, address(paymentToken));
        assertEq(from, 0);
    }

    /// @dev Whoever concludes with little gas either fails, or has the fees counted.
    function testFuzz_conclude_countsWithAnyGas(uint256 gas_) public {
        uint256 auditId = _requestAudit(3, false);
        address[] memory seats = _drawSeats(auditId);
        for (uint256 i; i < 3; ++i) {
            _postVerdict(auditId, i, true);
        }
        (bool done,) = address(audits).call{gas: bound(gas_, 20_000, 400_000)}(
            abi.encodeCall(audits.conclude, (auditId))
        );
        for (uint256 i; i < 3; ++i) {
            (, uint256 total) = shares.feesOf(seats[i], rival, address(paymentToken));
            assertEq(total, done ? AUDIT_FEE : 0);
        }
    }

    /* PARTS */

    /// @dev Leaves one auditor in the pool, with some bonds.
    function _only(address auditor, uint96 bonds) private {
        for (uint256 i; i < auditors.length; ++i) {
            if (auditors[i] == auditor) continue;
            vm.prank(auditors[i]);
            audits.leave();
        }
        if (bonds > 1) _addBond(auditor, (bonds - 1) * AUDITOR_BOND);
    }

    function _parties() private view returns (address[] memory parties) {
        parties = new address[](2);
        (parties[0], parties[1]) = (developer, customer);
    }

    function _bondHold(address auditor) private pure returns (bytes32) {
        return bytes32(uint256(uint160(auditor)));
    }
}
