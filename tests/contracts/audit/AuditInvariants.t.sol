// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {AuditHandler} from "./AuditHandler.sol";

/// @notice What is true of all audits together, whatever anybody does and governance sets.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 64
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.depth = 64
/// forge-config: deep.invariant.fail-on-revert = true
/// forge-config: deep.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.timeout = 180
contract AuditInvariants is AuditHandler {
    function setUp() public override {
        super.setUp();
        targetContract(address(this));
        targetSelector(FuzzSelector(address(this), _acts()));
    }

    /// @dev All of what follows, in one campaign.
    function invariant_BooksAndRules() public view {
        assertEq(broken, 0, "what the handler saw");
        IAuditRegistry.AuditView[] memory all = _audits();
        _countersAreTheSeatsHeld(all);
        _poolsAreTheEnrolled();
        _seatsAreTheirKind(all);
        _deadlinesAndDrawsAreAsTheyWereSet(all);
        _outcomesAreTheMajoritys(all);
        _verdictsAreSealedUntilAllAreIn(all);
        _pendingFeesAreOwed(all);
    }

    /// @dev An auditor's counters are the seats that it holds, each with its own bond, and its bond is in escrow.
    function _countersAreTheSeatsHeld(IAuditRegistry.AuditView[] memory all) private view {
        for (uint256 i; i < people.length; ++i) {
            IAuditRegistry.Enrolment memory enrolment = audits.enrolmentOf(people[i]);
            (uint256 seats, uint256 bonds) = _burdenOf(all, people[i]);
            assertEq(enrolment.seats, seats, "seats");
            assertEq(enrolment.locked, bonds, "locked");
            assertGe(enrolment.bond, enrolment.locked, "every seat is backed");
            bytes32 hold = bytes32(uint256(uint160(people[i])));
            assertEq(escrow.held(address(audits), address(stakingToken), hold), enrolment.bond, "held");
        }
        assertEq(_burnt(stakingToken), condemned, "only silence costs");
    }

    function _poolsAreTheEnrolled() private view {
        for (uint8 domain = 1; domain <= 2; ++domain) {
            uint256[2] memory sizes;
            for (uint256 i; i < people.length; ++i) {
                IAuditRegistry.Enrolment memory enrolment = audits.enrolmentOf(people[i]);
                if (enrolment.domains == domain) ++sizes[enrolment.regulator ? 1 : 0];
            }
            assertEq(audits.poolSize(domain, false), sizes[0]);
            assertEq(audits.poolSize(domain, true), sizes[1]);
        }
    }

    /// @dev Nobody sits twice; the regulator's seat is a regulator's, the others are auditors'.
    function _seatsAreTheirKind(IAuditRegistry.AuditView[] memory all) private view {
        for (uint256 i; i < all.length; ++i) {
            IAuditRegistry.AuditView memory audit = all[i];
            for (uint256 j; j < audit.seats.length; ++j) {
                address auditor = audit.seats[j].auditor;
                if (auditor == address(0)) continue;
                bool isRegulator = auditor == people[people.length - 1] || auditor == regulator;
                assertEq(isRegulator, audit.terms.regulator && j == 0);
                for (uint256 k; k < j; ++k) {
                    assertNotEq(audit.seats[k].auditor, auditor);
                }
            }
        }
    }

    /// @dev The time of an audit runs from what was done last: asked for, a block named, seats filled, the silent
    /// replaced. A draw counts when it is held, and not when it was missed.
    function _deadlinesAndDrawsAreAsTheyWereSet(IAuditRegistry.AuditView[] memory all) private view {
        for (uint256 i; i < all.length; ++i) {
            IAuditRegistry.AuditView memory audit = all[i];
            assertEq(audit.deadline, deadlineOf[ids[i]]);
            assertEq(audit.draws, heldDraws[ids[i]]);
            assertLe(audit.draws, audits.MAX_DRAWS());
        }
    }

    function _outcomesAreTheMajoritys(IAuditRegistry.AuditView[] memory all) private pure {
        for (uint256 i; i < all.length; ++i) {
            IAuditRegistry.AuditView memory audit = all[i];
            (uint256 approvals, uint256 rejections) = _votes(audit);
            bool approved = 2 * approvals > audit.seats.length;
            if (audit.outcome == IAuditRegistry.Outcome.Approved) {
                assertTrue(approved);
                if (audit.terms.regulator) assertTrue(audit.seats[0].at != 0, "the regulator was heard");
            }
            if (audit.outcome == IAuditRegistry.Outcome.Rejected) {
                assertTrue(
                    2 * rejections >= audit.seats.length || (approved && audit.terms.conformitySet != 0)
                );
            }
        }
    }

    /// @dev Nobody can read a verdict while another can still be given.
    function _verdictsAreSealedUntilAllAreIn(IAuditRegistry.AuditView[] memory all) private pure {
        for (uint256 i; i < all.length; ++i) {
            IAuditRegistry.AuditView memory audit = all[i];
            for (uint256 j; j < audit.seats.length; ++j) {
                IAuditRegistry.Verdict memory place = audit.seats[j];
                if (audit.seals[j] != 0) assertTrue(place.auditor != address(0) && place.at == 0);
                if (audit.seats.length > 1 && place.at != 0) assertTrue(audit.opening);
                bool owes = audit.opening && place.auditor != address(0) && place.at == 0;
                if (owes) assertTrue(audit.seals[j] != 0, "nobody sits down in the opening");
            }
        }
    }

    /// @dev What is owed to auditors is owed for seats that they hold or verdicts that are not paid yet.
    function _pendingFeesAreOwed(IAuditRegistry.AuditView[] memory all) private view {
        for (uint256 i; i < people.length; ++i) {
            uint256 owed;
            uint256 paid;
            for (uint256 j; j < all.length; ++j) {
                IAuditRegistry.AuditView memory audit = all[j];
                bool open_ = audit.outcome == IAuditRegistry.Outcome.Pending;
                for (uint256 k; k < audit.seats.length; ++k) {
                    if (audit.seats[k].auditor != people[i]) continue;
                    if (open_) owed += audit.terms.fee;
                    else if (audit.seats[k].at != 0) paid += audit.terms.fee;
                }
            }
            (uint256 from, uint256 total) = shares.feesOf(people[i], customer, address(paymentToken));
            assertEq(from, total, "one customer's deals alone");
            assertGe(from, owed);
            assertLe(from, owed + paid);
        }
    }

    /// @dev After its deadline somebody can always end an audit, or replace those who hold it up, or have verdicts
    /// opened: three steps at most, whatever its auditors do.
    function invariant_SomethingIsDueAfterTheDeadline() public {
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < ids.length; ++i) {
            if (!_isOpen(ids[i])) continue;
            for (uint256 step; step < 3; ++step) {
                _passDeadline(ids[i]);
                if (!_try(customer, abi.encodeCall(audits.replaceSilent, (ids[i])))) {
                    _try(customer, abi.encodeCall(audits.startOpening, (ids[i])));
                }
            }
            _passDeadline(ids[i]);
            assertTrue(
                _try(address(this), abi.encodeCall(audits.conclude, (ids[i]))), "and nobody can prevent it"
            );
        }
        for (uint256 i; i < people.length; ++i) {
            assertEq(audits.enrolmentOf(people[i]).locked, 0);
            if (audits.enrolmentOf(people[i]).bond == 0) continue;
            assertTrue(_try(people[i], abi.encodeCall(audits.leave, ())), "everybody gets its bond");
        }
        assertTrue(vm.revertToState(snapshot));
    }

    function _passDeadline(uint256 auditId) private {
        uint256 deadline = audits.audit(auditId).deadline;
        if (block.timestamp < deadline) vm.warp(deadline);
    }
}
