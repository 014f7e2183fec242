// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AuditRegistry} from "../../../contracts/audit/AuditRegistry.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {StepFees} from "../../../contracts/kernel/StepFees.sol";
import {AuditFixture} from "./AuditFixture.sol";

/// @notice Verdicts of one audit are sealed until all are in: nobody copies one, reads one before its own is fixed, or
/// takes one back for less than its bond.
contract SealedVerdictsTest is AuditFixture {
    /// @dev A verdict with its salt, as its auditor would open it.
    struct Said {
        uint256 auditId;
        address auditor;
        bool approve;
        bytes32 report;
        uint8 scopes;
        bytes32 salt;
    }

    function setUp() public override {
        super.setUp();
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        registry.grantRole(registry.MODULE_ROLE(), address(this));
    }

    /* THE SEAL */

    /// @dev Whatever is another about a verdict, its seal is another one: on another chain and in another registry too.
    function testFuzz_sealOf_bindsAllOfIt(Said memory said) public {
        bytes32 own = _sealOf(said);
        for (uint8 which = 0; which < 6; ++which) {
            _turn(said, which);
            assertNotEq(_sealOf(said), own);
            _turn(said, which);
        }
        assertEq(_sealOf(said), own);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        assertNotEq(_sealOf(said), own);
        vm.chainId(chain);
        audits = new AuditRegistry(
            escrow, registry, policy, randomness, conformity, shares, address(stakingToken), EPOCH
        );
        assertNotEq(_sealOf(said), own);
    }

    /// @dev The events and the state of a sealed verdict are the seal and the digest of the copy, and nothing else of
    /// it; what has been opened leaves no seal behind.
    function test_seal_isAllThatIsSeen() public {
        (uint256 auditId, address[] memory seats) = _seated(2);
        bytes32 own = audits.sealOf(auditId, seats[0], true, AUDIT_REPORT, COVERED, AUDIT_SALT);
        vm.expectEmit(address(audits));
        emit IAuditRegistry.VerdictSealed(auditId, seats[0], own, "copy");
        _seal(auditId, 0, true);
        assertEq(audits.audit(auditId).seals[0], own);
        IAuditRegistry.Verdict memory place = audits.verdict(auditId, 0);
        assertEq(place.at + place.expires + place.scopes, 0);
        assertFalse(place.approved);
        _seal(auditId, 1, true);
        _openVerdicts(auditId);
        assertEq(audits.audit(auditId).seals[0], 0);
        assertTrue(audits.verdict(auditId, 0).approved);
    }

    /// @dev Who copies a seal cannot open it, even with what the other then says, and loses its bond.
    function test_seal_cannotBeCopied() public {
        (uint256 auditId, address[] memory seats) = _seated(2);
        _seal(auditId, 0, false);
        bytes32 copied = audits.audit(auditId).seals[0];
        vm.prank(seats[1]);
        audits.sealVerdict(auditId, 1, copied, "copy");
        _openSealed(auditId, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SealMismatch.selector, auditId, seats[1]));
        vm.prank(seats[1]);
        audits.post(auditId, 1, false, AUDIT_REPORT, COVERED, AUDIT_SALT);
        _skipToDeadline(auditId);
        audits.replaceSilent(auditId);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Rejected), "one of two");
    }

    /// @dev Nothing but what was sealed can be opened.
    function testFuzz_post_onlyWhatWasSealed(bool approve, bytes32 report, uint8 scopes, bytes32 salt)
        public
    {
        (uint256 auditId, address[] memory seats) = _seated(2);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        bool same = approve && report == AUDIT_REPORT && scopes == COVERED && salt == AUDIT_SALT;
        vm.assume(!same);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SealMismatch.selector, auditId, seats[0]));
        vm.prank(seats[0]);
        audits.post(auditId, 0, approve, report, scopes, salt);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotSeated.selector, auditId, seats[1]));
        vm.prank(seats[1]);
        audits.post(auditId, 0, true, AUDIT_REPORT, COVERED, AUDIT_SALT);
        _openSealed(auditId, 0);
    }

    /// @dev What could not be posted openly cannot be opened: no report, or an approval that leaves out a scope.
    function testFuzz_post_checksWhatWasSealed(bool approve, uint8 scopes, bool hasReport) public {
        IAuditRegistry.AuditTerms memory terms = _auditTerms(2, false, 1);
        terms.scopes = COVERED;
        uint256 auditId = _request(terms);
        address[] memory seats = _drawSeats(auditId);
        bytes32 report = hasReport ? AUDIT_REPORT : bytes32(0);
        for (uint256 i; i < 2; ++i) {
            bytes32 own = audits.sealOf(auditId, seats[i], approve, report, scopes, AUDIT_SALT);
            vm.prank(seats[i]);
            audits.sealVerdict(auditId, i, own, 0);
        }
        bool missing = approve && scopes & COVERED != COVERED;
        if (!hasReport) {
            vm.expectRevert(IAuditRegistry.EmptyReport.selector);
        } else if (missing) {
            vm.expectRevert(
                abi.encodeWithSelector(IAuditRegistry.ScopeMissing.selector, auditId, scopes, COVERED)
            );
        }
        vm.prank(seats[0]);
        audits.post(auditId, 0, approve, report, scopes, AUDIT_SALT);
        assertEq(audits.verdict(auditId, 0).at != 0, hasReport && !missing);
    }

    /* ONE SEAT */

    /// @dev There is nobody to follow.
    function test_oneSeat_postsAtOnce() public {
        (uint256 auditId, address[] memory seats) = _seated(1);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.OnlySeat.selector, auditId));
        vm.prank(seats[0]);
        audits.sealVerdict(auditId, 0, "seal", "copy");
        vm.prank(seats[0]);
        audits.post(auditId, 0, true, AUDIT_REPORT, COVERED, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadyPosted.selector, auditId, seats[0]));
        vm.prank(seats[0]);
        audits.post(auditId, 0, false, AUDIT_REPORT, COVERED, 0);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Approved));
        vm.expectPartialRevert(IAuditRegistry.TooLate.selector);
        vm.prank(seats[0]);
        audits.post(auditId, 0, false, AUDIT_REPORT, COVERED, 0);
    }

    /// @dev It is held to what sealing asks for: it has to be seated, independent, accredited and in time.
    function testFuzz_oneSeat_isCheckedWhenItPosts(uint8 which) public {
        (uint256 auditId, address[] memory seats) = _seated(1);
        which %= 4;
        address by = which == 0 ? rival : seats[0];
        if (which == 1) registry.recordDealing(by, customer);
        if (which == 2) registry.revokeAccreditation(by);
        if (which == 3) _skipToDeadline(auditId);
        bytes4[4] memory errors = [
            IAuditRegistry.NotSeated.selector,
            IAuditRegistry.ConflictOfInterest.selector,
            IAuditRegistry.NotAccredited.selector,
            IAuditRegistry.TooLate.selector
        ];
        vm.expectPartialRevert(errors[which]);
        vm.prank(by);
        audits.post(auditId, 0, true, AUDIT_REPORT, COVERED, 0);
    }

    /* UNTIL ALL ARE IN */

    function test_opening_startsWithTheLastSeal() public {
        (uint256 auditId, address[] memory seats) = _seated(3);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        skip(WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.StillSealed.selector, auditId));
        vm.prank(seats[0]);
        audits.post(auditId, 0, true, AUDIT_REPORT, COVERED, AUDIT_SALT);
        assertFalse(audits.audit(auditId).opening);
        uint40 deadline = uint40(block.timestamp) + WINDOW;
        vm.expectEmit(address(audits));
        emit IAuditRegistry.OpeningStarted(auditId, deadline);
        _seal(auditId, 2, false);
        assertTrue(audits.audit(auditId).opening);
        assertEq(audits.audit(auditId).deadline, deadline, "a whole window to open");
        _assertNothingDue(auditId);

        _openSealed(auditId, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadyPosted.selector, auditId, seats[2]));
        vm.prank(seats[2]);
        audits.post(auditId, 2, false, AUDIT_REPORT, COVERED, AUDIT_SALT);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadyPosted.selector, auditId, seats[2]));
        vm.prank(seats[2]);
        audits.sealVerdict(auditId, 2, "again", 0);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadySealed.selector, auditId, seats[0]));
        vm.prank(seats[0]);
        audits.sealVerdict(auditId, 0, "again", 0);
        _openSealed(auditId, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        audits.conclude(auditId);
        _openSealed(auditId, 1);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Approved));
    }

    /// @dev Not before the time is over, not past the silent, not where nobody has sealed.
    function test_startOpening_whereSeatsStayVacant() public {
        _keepAuditors(2);
        (uint256 auditId, address[] memory seats) = _seated(3);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToOpen.selector, auditId));
        audits.startOpening(auditId);
        _seal(auditId, 0, true);
        uint40 deadline = audits.audit(auditId).deadline;
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        audits.startOpening(auditId);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.ReplacementDue.selector, auditId));
        audits.startOpening(auditId);
        audits.replaceSilent(auditId);
        vm.expectPartialRevert(IAuditRegistry.TooEarly.selector);
        audits.startOpening(auditId);
        _skipToDeadline(auditId);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.OpeningDue.selector, auditId));
        audits.conclude(auditId);
        vm.prank(makeAddr("stranger"));
        audits.startOpening(auditId);
        assertEq(audits.audit(auditId).deadline, block.timestamp + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToOpen.selector, auditId));
        audits.startOpening(auditId);
        _openVerdicts(auditId);
        (IAuditRegistry.Outcome outcome, address[] memory paid) = audits.conclude(auditId);
        assertEq(uint8(outcome), uint8(IAuditRegistry.Outcome.Unfilled), "one of three");
        assertEq(paid.length, 1, "the work is heard and paid");
        assertEq(paid[0], seats[0]);
    }

    /// @dev Where nobody seals there is nothing to open: the audit ends as it always did.
    function test_conclude_whereNobodySealed() public {
        (uint256 auditId,) = _seated(2);
        _skipToDeadline(auditId);
        audits.replaceSilent(auditId);
        _skipToDeadline(auditId);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToOpen.selector, auditId));
        audits.startOpening(auditId);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Unfilled));
    }

    /// @dev Who does not seal is replaced, and those who have sealed wait without losing anything.
    function test_silence_isReplacedBeforeTheOpening() public {
        _enrolMore(2);
        (uint256 auditId, address[] memory seats) = _seated(3);
        _seal(auditId, 0, true);
        _seal(auditId, 2, true);
        _skipToDeadline(auditId);
        audits.replaceSilent(auditId);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
        assertEq(audits.audit(auditId).silent[0], seats[1]);
        address[] memory present = _drawSeats(auditId);
        assertTrue(present[1] != seats[1] && present[1] != address(0));
        assertEq(present[0], seats[0]);
        _postVerdict(auditId, 1, false);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Approved));
    }

    /* WHO HAS SEALED */

    /// @dev Whatever others bring about after the seal, it can be opened and counts.
    function testFuzz_post_nothingBarsWhoHasSealed(uint8 which) public {
        (uint256 auditId, address[] memory seats) = _seated(2);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        if (which % 4 == 0) registry.revokeAccreditation(seats[0]);
        if (which % 4 == 1) registry.recordDealing(seats[0], developer);
        if (which % 4 == 2) _accredit(seats[0], IParticipantRegistry.Role.Auditor, "elsewhere");
        if (which % 4 == 3) {
            vm.prank(seats[0]);
            registry.declareTie(customer, uint40(block.timestamp + 1 days));
        }
        _openVerdicts(auditId);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Approved));
    }

    /// @dev So nothing excuses who does not open.
    function testFuzz_post_nothingExcusesWhoHasSealed(bool revoked) public {
        (uint256 auditId, address[] memory seats) = _seated(2);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        if (revoked) registry.revokeAccreditation(seats[0]);
        else registry.recordDealing(seats[0], developer);
        _openSealed(auditId, 1);
        _skipToDeadline(auditId);
        vm.expectEmit(address(audits));
        emit IAuditRegistry.AuditorReplaced(auditId, seats[0], AUDITOR_BOND);
        audits.replaceSilent(auditId);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
    }

    /// @dev Whatever anybody has sealed, and whoever opens it: the majority of all seats decides, whoever stays away
    /// pays with its bond, changes nothing on which a majority agrees, and is replaced by nobody.
    function testFuzz_opening_aVoteNotGivenIsNoVote(uint8 count, uint16 approves, uint16 opens) public {
        count = uint8(bound(count, 2, 5));
        (uint256 auditId, address[] memory seats) = _seated(count);
        for (uint256 i; i < count; ++i) {
            _seal(auditId, i, approves >> i & 1 == 1);
        }
        uint256[2] memory votes;
        for (uint256 i; i < count; ++i) {
            if (opens >> i & 1 == 0) continue;
            _openSealed(auditId, i);
            ++votes[approves >> i & 1];
        }
        uint256 away = count - votes[0] - votes[1];
        _skipToDeadline(auditId);
        if (away != 0) audits.replaceSilent(auditId);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToDraw.selector, auditId));
        audits.arm(auditId);
        (IAuditRegistry.Outcome outcome, address[] memory paid) = audits.conclude(auditId);
        IAuditRegistry.Outcome expected = 2 * votes[0] >= count
            ? IAuditRegistry.Outcome.Rejected
            : 2 * votes[1] > count ? IAuditRegistry.Outcome.Approved : IAuditRegistry.Outcome.Unfilled;
        assertEq(uint8(outcome), uint8(expected));
        assertEq(paid.length, count - away);
        assertEq(_burnt(stakingToken), away * AUDITOR_BOND);
        assertEq(audits.audit(auditId).silent.length, away);
        for (uint256 i; i < count; ++i) {
            bool opened = opens >> i & 1 == 1;
            assertEq(audits.verdict(auditId, i).auditor, opened ? seats[i] : address(0));
            assertEq(audits.enrolmentOf(seats[i]).domains != 0, opened);
            assertEq(audits.enrolmentOf(seats[i]).locked, 0);
        }
    }

    function test_opening_halfOfTheSeatsApproveNothing() public {
        (uint256 auditId,) = _seated(2);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        _openSealed(auditId, 0);
        _skipToDeadline(auditId);
        audits.replaceSilent(auditId);
        assertEq(uint8(_outcome(auditId)), uint8(IAuditRegistry.Outcome.Unfilled));
    }

    /// @dev A draw that was named before the opening seats nobody in it.
    function test_opening_nobodyIsDrawn() public {
        _keepAuditors(2);
        (uint256 auditId,) = _seated(3);
        _seal(auditId, 0, true);
        _seal(auditId, 1, true);
        audits.arm(auditId);
        vm.roll(block.number + 3);
        _skipToDeadline(auditId);
        audits.startOpening(auditId);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToDraw.selector, auditId));
        audits.seat(auditId);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToDraw.selector, auditId));
        audits.arm(auditId);
        _assertNothingDue(auditId);
    }

    /* STEPS */

    /// @dev Whoever seals, opens or stays away: an audit takes at most the steps that a market pays for, and ends.
    function testFuzz_advance_atMostThePaidSteps(uint256 seed) public {
        _enrolMore(6);
        assertLe(_stepsUntilTheEnd(_requestAudit(3, false), seed), StepFees.AUDIT);
    }

    /// @dev And at most no less: in each draw one seals and the others are silent, and nobody opens.
    function test_advance_canTakeAllPaidSteps() public {
        _enrolMore(8);
        assertEq(_stepsUntilTheEnd(_requestAudit(4, false), 0), StepFees.AUDIT);
    }

    /// @dev What has moved the audit, and its end.
    function _stepsUntilTheEnd(uint256 auditId, uint256 seed) private returns (uint256 steps) {
        for (uint256 i; i < 64; ++i) {
            (bool due, bool moved) = audits.advance(auditId);
            if (moved) ++steps;
            vm.roll(block.number + 3);
            if (due) continue;
            try audits.conclude(auditId) {
                return steps + 1;
            } catch {}
            _act(auditId, uint256(keccak256(abi.encode(seed, i))), seed == 0);
            if (!audits.audit(auditId).opening || seed % 3 == 0) _skipToDeadline(auditId);
        }
        revert("it does not end");
    }

    /// @dev At worst the first who could seal does, and nobody else does anything.
    function _act(uint256 auditId, uint256 luck, bool worst) private {
        IAuditRegistry.AuditView memory audit = audits.audit(auditId);
        if (block.timestamp >= audit.deadline) return;
        for (uint256 i; i < audit.seats.length; ++i) {
            if (audit.seats[i].auditor == address(0) || (!worst && luck >> i & 1 == 0)) continue;
            if (!audit.opening && audit.seals[i] == 0) {
                _seal(auditId, i, luck >> 8 & 1 == 1);
                if (worst) return;
            } else if (audit.opening && audit.seals[i] != 0 && !worst) {
                _openSealed(auditId, i);
            }
        }
    }

    /* PARTS */

    function _seated(uint8 count) private returns (uint256 auditId, address[] memory seats) {
        auditId = _requestAudit(count, false);
        seats = _drawSeats(auditId);
    }

    function _outcome(uint256 auditId) private returns (IAuditRegistry.Outcome outcome) {
        (outcome,) = audits.conclude(auditId);
    }

    function _skipToDeadline(uint256 auditId) private {
        if (block.timestamp < audits.audit(auditId).deadline) vm.warp(audits.audit(auditId).deadline);
    }

    function _assertNothingDue(uint256 auditId) private {
        (bool due, bool moved) = audits.advance(auditId);
        assertFalse(due || moved);
    }

    /// @dev Leaves so many auditors in the draw.
    function _keepAuditors(uint256 count) private {
        for (uint256 i = count; i < auditors.length; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
    }

    /// @dev Turns a bit of one part of a verdict; twice, and it is what it was.
    function _turn(Said memory said, uint8 which) private pure {
        if (which == 0) said.auditId ^= 1;
        if (which == 1) said.auditor = address(uint160(said.auditor) ^ 1);
        if (which == 2) said.approve = !said.approve;
        if (which == 3) said.report ^= bytes32(uint256(1));
        if (which == 4) said.scopes ^= 1;
        if (which == 5) said.salt ^= bytes32(uint256(1));
    }

    function _sealOf(Said memory said) private view returns (bytes32) {
        return audits.sealOf(said.auditId, said.auditor, said.approve, said.report, said.scopes, said.salt);
    }
}
