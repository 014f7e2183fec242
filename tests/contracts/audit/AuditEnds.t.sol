// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {AuditFixture} from "./AuditFixture.sol";

/// @notice An audit ends whatever set the rules name, and whatever Conformity says of it.
contract AuditEndsTest is AuditFixture {
    uint8 private constant THIRD_PARTY = 3;

    /// @dev What Conformity can answer, to each of two questions.
    enum Answer {
        Yes,
        No,
        Reverts,
        RevertsWithoutReason
    }

    /// @dev Approved, and then: with a pass at once, and else when the time is up. Without one it is a rejection only
    /// where the test could be had.
    function testFuzz_conclude_whateverConformitySays(uint8 passed, uint8 testable, uint32 setId) public {
        vm.assume(setId != 0);
        (Answer pass, Answer test) = (Answer(passed % 4), Answer(testable % 4));
        IAuditRegistry.AuditTerms memory terms = _auditTerms(3, false, 1);
        terms.conformitySet = setId;
        uint256 auditId = _request(terms);
        _drawSeats(auditId);
        for (uint256 i; i < 3; ++i) {
            _postVerdict(auditId, i, true);
        }
        _say(abi.encodeCall(conformity.isCurrent, (setId, MODEL, 0)), pass, abi.encode(pass == Answer.Yes));
        IConformity.TestSet memory set;
        (set.body, set.retired) = (regulator, test == Answer.No);
        _say(abi.encodeCall(conformity.testSet, (setId)), test, abi.encode(set));

        if (pass != Answer.Yes) {
            uint40 deadline = audits.audit(auditId).deadline;
            vm.warp(deadline - 1);
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
            audits.conclude(auditId);
            vm.warp(deadline);
        }
        (IAuditRegistry.Outcome outcome, address[] memory paid) = audits.conclude(auditId);
        assertEq(paid.length, 3, "the work is paid whatever comes of it");
        IAuditRegistry.Outcome expected =
            test == Answer.Yes ? IAuditRegistry.Outcome.Rejected : IAuditRegistry.Outcome.Unfilled;
        assertEq(uint8(outcome), uint8(pass == Answer.Yes ? IAuditRegistry.Outcome.Approved : expected));
        assertEq(audits.enrolmentOf(audits.verdict(auditId, 0).auditor).seats, 0);
    }

    /// @dev A verdict is given once.
    function test_conclude_once() public {
        uint256 auditId = _requestAudit(1, false);
        _drawSeats(auditId);
        _postVerdict(auditId, 0, true);
        audits.conclude(auditId);
        uint40 deadline = audits.audit(auditId).deadline;
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooLate.selector, auditId, deadline));
        audits.conclude(auditId);
    }

    /// @dev Whenever the draw is held.
    function test_seat_givesAuditorsTheWholeWindow() public {
        uint256 auditId = _requestAudit(3, false);
        _armAndRoll(auditId);
        skip(1);
        audits.seat(auditId);
        assertEq(audits.audit(auditId).deadline, block.timestamp + WINDOW);
    }

    /// @dev Half of the seats approve nothing, and a tie rejects.
    function test_conclude_halfIsNoMajority() public {
        uint256 auditId = _requestAudit(2, false);
        _drawSeats(auditId);
        _postVerdict(auditId, 0, true);
        uint40 deadline = audits.audit(auditId).deadline;
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        audits.conclude(auditId);
        _postVerdict(auditId, 1, false);
        (IAuditRegistry.Outcome outcome,) = audits.conclude(auditId);
        assertEq(uint8(outcome), uint8(IAuditRegistry.Outcome.Rejected));
    }

    /// @dev Governance names a set that does not exist: the deal ends as one for which no test can be had, and
    /// everybody gets out what is its own.
    function testFuzz_deal_underASetThatDoesNotExist(uint32 setId) public {
        vm.assume(setId != 0);
        policy.setConformitySet(1, setId);
        policy.setRiskClass(THIRD_PARTY, IPolicy.RiskClass(true, AUDITS, true, false, 180 days, true));
        uint256 id = _toAudit(THIRD_PARTY, MODEL);
        address[] memory seats = _seatAuditors(id);
        _postAll(id, true);
        for (uint256 i; i < seats.length; ++i) {
            vm.prank(seats[i]);
            audits.leave(); // whatever becomes of the deal
        }
        vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        market.advance(id);
        _assertRefunded(id, ICommissionMarket.Cause.AuditorsUnavailable, 2 * PANEL * FEE, BOND, 0);
        assertEq(_sum(auditors) + _paid(regulator), AUDITS * AUDIT_FEE);
        for (uint256 i; i < validators.length; ++i) {
            assertEq(staking.stakeOf(validators[i]).locked, 0);
        }
    }

    /* PARTS */

    function _say(bytes memory question, Answer answer, bytes memory data) private {
        if (answer == Answer.Reverts) {
            vm.mockCallRevert(
                address(conformity), question, abi.encodeWithSelector(IConformity.UnknownTestSet.selector, 1)
            );
        } else if (answer == Answer.RevertsWithoutReason) {
            vm.mockCallRevert(address(conformity), question, "");
        } else {
            vm.mockCall(address(conformity), question, data);
        }
    }
}
