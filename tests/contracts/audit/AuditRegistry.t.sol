// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Audits in commissions: their exits, and that nobody with a conflict is drawn or heard.
contract AuditRegistryTest is CommissionFixture {
    uint8 private constant VALIDATOR_TOO = uint8(1) << uint8(IParticipantRegistry.Role.Validator);

    /* THE POOL */

    function test_enrol_needsAnAccreditation() public {
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotAccredited.selector, developer, 0));
        vm.prank(developer);
        audits.enrol();
        address auditor = _register("unaccredited", IParticipantRegistry.Role.Auditor);
        skip(TRUSTED_WAIT);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotAccredited.selector, auditor, 0));
        vm.prank(auditor);
        audits.enrol();
    }

    function test_enrol_once() public {
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadyEnrolled.selector, auditors[0]));
        vm.prank(auditors[0]);
        audits.enrol();
    }

    function test_leave_returnsTheBondAndAllowsToEnrolAgain() public {
        assertEq(audits.poolSize(1, false), AUDITORS);
        vm.startPrank(auditors[0]);
        audits.leave();
        assertEq(_balance(auditors[0], stakingToken), AUDITOR_BOND);
        assertEq(audits.poolSize(1, false), AUDITORS - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotEnrolled.selector, auditors[0]));
        audits.leave();
        audits.enrol();
        assertEq(audits.poolSize(1, false), AUDITORS);
        assertEq(audits.poolSize(1, true), 1);
        vm.stopPrank();
    }

    function test_leave_notWhileSeated() public {
        (, address[] memory seats) = _toAuditing();
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SeatsHeld.selector, seats[1], 1));
        vm.prank(seats[1]);
        audits.leave();
    }

    /* REQUESTS */

    function test_request_onlyForADealWithMoney() public {
        IAuditRegistry.AuditTerms memory terms;
        (terms.auditors, terms.window, terms.token) = (1, 1 days, address(paymentToken));
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NoDeal.selector, address(this), 1));
        audits.request(1, terms);
        terms.auditors = 10;
        vm.expectPartialRevert(IAuditRegistry.InvalidTerms.selector);
        audits.request(1, terms);
        (terms.auditors, terms.window) = (1, 0);
        vm.expectPartialRevert(IAuditRegistry.InvalidTerms.selector);
        audits.request(1, terms);
    }

    /// @dev A subject's audits are found from the newest to the oldest, whoever asked for them.
    function testFuzz_request_leadsFromTheNewestToTheOldest(uint8 count, bytes32 subject, bytes32 other)
        public
    {
        vm.assume(subject != other);
        count = uint8(bound(count, 1, 6));
        uint256 id = _toBidding();
        IAuditRegistry.AuditTerms memory terms;
        (terms.auditors, terms.window, terms.token) = (1, 1 days, address(paymentToken));
        assertEq(audits.latestAudit(subject), 0);
        for (uint256 i; i < count; ++i) {
            vm.startPrank(address(market));
            terms.subject = subject;
            audits.request(id, terms);
            terms.subject = other;
            audits.request(id, terms);
            vm.stopPrank();
        }
        uint256 found;
        for (uint256 at = audits.latestAudit(subject); at != 0; at = audits.audit(at).previous) {
            assertEq(audits.audit(at).terms.subject, subject);
            assertEq(audits.audit(at).opener, address(market));
            assertEq(audits.audit(at).dealId, id);
            ++found;
        }
        assertEq(found, count);
    }

    /// @dev A hold under a number that does not fit is no way to another deal's audit.
    function testFuzz_request_dealIdsFit40Bits(uint256 dealId) public {
        dealId = bound(dealId, uint256(type(uint40).max) + 1, type(uint256).max);
        escrow.openHold(bytes32(dealId), address(paymentToken), address(this), 0);
        IAuditRegistry.AuditTerms memory terms;
        (terms.auditors, terms.window, terms.token) = (1, 1 days, address(paymentToken));
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 40, dealId));
        audits.request(dealId, terms);
    }

    /// @dev The market is retired while a deal is open: its audit takes place all the same.
    function test_request_byARetiredMarket() public {
        _openAudited();
        escrow.retire(address(market));
        _toPassed(1);
        _assertState(1, ICommissionMarket.State.Auditing);
    }

    function test_request_unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.UnknownAudit.selector, 7));
        audits.arm(7);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.UnknownAudit.selector, 0));
        audits.audit(0);
    }

    function test_conclude_onlyByTheOpener() public {
        (uint256 id,) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotOpener.selector, address(this)));
        audits.conclude(auditId);
    }

    /* THE DRAW */

    function test_draw_seatsAreDistinctAndAccredited() public {
        (, address[] memory seats) = _toAuditing();
        assertEq(seats.length, AUDITS);
        assertEq(seats[0], regulator);
        assertTrue(seats[1] != seats[2] && seats[1] != address(0) && seats[2] != address(0));
        assertTrue(registry.holdsRole(seats[1], IParticipantRegistry.Role.Auditor));
    }

    function test_draw_inItsOwnOrder() public {
        _openAudited();
        _toPassed(1);
        vm.expectPartialRevert(IAuditRegistry.SeedUnavailable.selector);
        audits.seat(1);
        audits.arm(1);
        vm.expectPartialRevert(IAuditRegistry.DrawPending.selector);
        audits.arm(1);
        vm.expectPartialRevert(IAuditRegistry.SeedUnavailable.selector);
        audits.seat(1);
        vm.roll(block.number + 3);
        audits.seat(1);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToDraw.selector, 1));
        audits.arm(1);
    }

    function test_draw_heldAtMostThreeTimes() public {
        _openAudited();
        _toPassed(1);
        vm.prank(regulator);
        audits.leave(); // so that a seat stays vacant
        for (uint256 i; i < 3; ++i) {
            assertEq(audits.audit(1).draws, i);
            audits.arm(1);
            vm.roll(block.number + 3);
            audits.seat(1);
        }
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.DrawsExhausted.selector, 1));
        audits.arm(1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(1);
        vm.warp(audits.audit(1).deadline);
        market.advance(1); // replaces the silent
        vm.warp(audits.audit(1).deadline);
        market.advance(1);
        _assertAuditRefunded(ICommissionMarket.Cause.AuditorsUnavailable, 0, BOND);
    }

    /// @dev Whoever keeps others from seating for a while ends nothing by it: the draw is repeated, with all of its
    /// time.
    function testFuzz_draw_isRepeatedWhenItWasMissed(uint8 missed, bool byEpoch, uint256 wait) public {
        uint256 id = _toAudit();
        for (uint256 i; i < missed % 32; ++i) {
            vm.warp(bound(wait, block.timestamp, audits.audit(1).deadline - 1));
            market.advance(id);
            assertEq(audits.audit(1).deadline, block.timestamp + times.audit);
            if (byEpoch) _nextEpoch();
            else vm.roll(block.number + 300);
            vm.expectPartialRevert(IAuditRegistry.SeedUnavailable.selector);
            audits.seat(1);
        }
        assertEq(audits.audit(1).draws, 0);
        _seatAuditors(id);
        _postAll(id, true);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    function test_draw_passesOverTheRevokedAndTheUnbonded() public {
        _openAudited();
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(uint256(keccak256("accreditor"))));
            registry.revokeAccreditation(auditors[i]);
            vm.prank(auditors[i + 2]);
            audits.leave();
        }
        _toPassed(1);
        address[] memory seats = _seatAuditors(1);
        assertTrue(seats[1] == auditors[4] || seats[2] == auditors[4]);
        assertTrue(seats[1] == address(0) || seats[2] == address(0));
    }

    /* INDEPENDENCE: each relation is refused by the draw, and by `sealVerdict` whoever calls */

    /// @dev Whoever is a validator too may have sat on a panel of the deal that is gone, and is in no draw.
    function test_draw_noValidators() public {
        for (uint256 i; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_TOO);
        }
        skip(TRUSTED_WAIT);
        (uint256 id, address[] memory seats) = _toAuditing();
        assertEq(seats[0], regulator);
        assertEq(seats[1], address(0));
        assertEq(seats[2], address(0));
        assertTrue(id != 0);
    }

    /// @dev However many seats an auditor holds, nobody's draw fails for it.
    function test_draw_seatOfAllTrades() public {
        policy.setRiskClass(3, IPolicy.RiskClass(true, 1, false, false, 0, false));
        for (uint256 i = 1; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        uint256 id = _toAudit(3, "model");
        IAuditRegistry.AuditTerms memory terms = audits.audit(1).terms;
        escrow.openHold(bytes32(uint256(777)), address(paymentToken), address(0), 0); // as a module, and the audits' client
        _addBond(auditors[0], 255 * AUDITOR_BOND);
        for (uint256 i; i < type(uint8).max; ++i) {
            uint256 auditId = audits.request(777, terms);
            audits.arm(auditId);
            vm.roll(block.number + 3);
            audits.seat(auditId);
        }
        assertEq(_seatAuditors(id)[0], auditors[0]);
        assertEq(audits.enrolmentOf(auditors[0]).seats, 256);
    }

    function playsPart(uint256, address) external pure returns (bool) {
        return false;
    }

    function test_conflict_dealing() public {
        _openAudited();
        address auditor = _onlyAuditor();
        registry.recordDealing(auditor, customer);
        _assertRefused(auditor, customer, IParticipantRegistry.Conflict.Dealing);
    }

    function test_conflict_declaredTie() public {
        _openAudited();
        address auditor = _onlyAuditor();
        vm.prank(auditor);
        registry.declareTie(developer, uint40(block.timestamp + 365 days));
        _assertRefused(auditor, developer, IParticipantRegistry.Conflict.DeclaredTie);
    }

    function test_conflict_sameOrganisation() public {
        address clinic = makeAddr("clinic");
        vm.prank(clinic);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: IParticipantRegistry.Role.Customer,
                secondaryRoles: 0,
                jurisdiction: 1,
                domains: 1,
                organisation: "clinic",
                encryptionKey: "key"
            })
        );
        _fund(clinic, paymentToken, FUNDS, address(market));
        customer = clinic;
        _openAudited();
        address auditor = _onlyAuditor();
        _accredit(auditor, IParticipantRegistry.Role.Auditor, "clinic");
        _assertRefused(auditor, clinic, IParticipantRegistry.Conflict.SameOrganisation);
    }

    /// @dev A data owner on the developer's payroll who becomes an auditor.
    function test_conflict_payee() public {
        _openAudited();
        _toSubmitted(1);
        address auditor = payees[0];
        vm.prank(auditor);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, 0);
        skip(TRUSTED_WAIT);
        _enrol(auditor, IParticipantRegistry.Role.Auditor);
        for (uint256 i; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        _evaluate(1, THRESHOLD);
        _assertNotSeated(auditor, developer, IParticipantRegistry.Conflict.Dealing);
    }

    /// @dev Naming the judges as payees would keep them away from the developer.
    function test_conflict_judgesCannotBeMadePayees() public {
        uint256 id = _toBuilding();
        address[3] memory judges = [auditors[0], validators[0], regulator];
        for (uint256 i; i < judges.length; ++i) {
            payees[0] = judges[i];
            vm.expectRevert(
                abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("payees"))
            );
            _submit(id, "model");
        }
    }

    /// @dev A validator of the panel who is also an auditor.
    function test_conflict_panelMember() public {
        _openAudited();
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.prank(validators[i]);
            registry.changeRoles(
                IParticipantRegistry.Role.Validator, uint8(1 << uint8(IParticipantRegistry.Role.Auditor))
            );
        }
        skip(TRUSTED_WAIT);
        _toPassed(1);
        address[] memory members = _membersOf(1);
        for (uint256 i; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        _enrol(members[0], IParticipantRegistry.Role.Auditor);
        address[] memory seats = _seatAuditors(1);
        assertEq(seats[1], address(0));
        assertEq(seats[2], address(0));
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.RoleInDeal.selector, members[0], 1));
        vm.prank(members[0]);
        audits.sealVerdict(1, 1, "seal", "copy");
    }

    /// @dev Why `sealVerdict` need not ask again who plays a part: nobody can take one while an audit is open, whatever
    /// anybody does.
    function testFuzz_conflict_partsAreFixedWhileAuditing(uint256 seed, uint256[8] memory steps) public {
        (uint256 id, address[] memory seats) = _toAuditing();
        ICommissionLens.Commission memory c = lens.commission(id);
        address[] memory everybody = new address[](VALIDATORS + AUDITORS + 6);
        for (uint256 i; i < VALIDATORS; ++i) {
            everybody[i] = validators[i];
        }
        for (uint256 i; i < AUDITORS; ++i) {
            everybody[VALIDATORS + i] = auditors[i];
        }
        uint256 n = VALIDATORS + AUDITORS;
        (everybody[n], everybody[n + 1], everybody[n + 2]) = (customer, developer, rival);
        (everybody[n + 3], everybody[n + 4], everybody[n + 5]) = (third, regulator, payees[0]);
        bool[] memory parts = new bool[](everybody.length);
        for (uint256 i; i < everybody.length; ++i) {
            parts[i] = market.playsPart(id, everybody[i]);
        }
        for (uint256 i; i < steps.length; ++i) {
            if (market.stateOf(id) == ICommissionMarket.State.Auditing) {
                _meddle(
                    id,
                    c,
                    seats,
                    everybody[uint256(keccak256(abi.encode(seed, i))) % everybody.length],
                    steps[i]
                );
            }
        }
        if (market.stateOf(id) != ICommissionMarket.State.Auditing) return;
        for (uint256 i; i < everybody.length; ++i) {
            assertEq(market.playsPart(id, everybody[i]), parts[i]);
        }
    }

    /// @dev One call of somebody's on what a part in the deal depends on.
    function _meddle(
        uint256 id,
        ICommissionLens.Commission memory c,
        address[] memory seats,
        address who,
        uint256 step
    ) private {
        skip(step % 3 hours);
        vm.roll(block.number + step % 7);
        vm.startPrank(who);
        uint256 kind = (step >> 8) % 11;
        if (kind == 0) try oracle.arm(c.panelId) {} catch {}
        if (kind == 1) try oracle.seat(c.panelId) {} catch {}
        if (kind == 2) try rounds.advance(c.panelId) {} catch {}
        if (kind == 3) try oracle.dissolve(c.panelId) {} catch {}
        if (kind == 4) try rounds.appeal(c.panelId) {} catch {}
        if (kind == 5) try rounds.close(c.panelId) {} catch {}
        if (kind == 6) try rounds.grant(c.panelId, 0, "grants") {} catch {}
        if (kind == 7) try market.advance(id) {} catch {}
        if (kind == 8) try market.submit(id, _submission("another")) {} catch {}
        if (kind == 9) try auctions.close(c.auctionId, bytes32(id)) {} catch {}
        vm.stopPrank();
        if (kind == 10 && audits.audit(c.auditId).seals[1] == 0) _post(id, seats[1], true);
    }

    function test_conflict_partiesThemselves() public {
        _toAuditing();
        _assertUnheard(developer, IParticipantRegistry.Conflict.SameParty);
        _assertUnheard(customer, IParticipantRegistry.Conflict.Dealing);
    }

    function _assertUnheard(address party, IParticipantRegistry.Conflict withDeveloper) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAuditRegistry.ConflictOfInterest.selector, party, developer, withDeveloper
            )
        );
        vm.prank(party);
        audits.sealVerdict(1, 0, "seal", "copy");
    }

    /// @dev A tie that comes up after the draw: the verdict is not heard.
    function test_conflict_afterTheDraw() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        registry.recordDealing(seats[1], developer);
        uint256 auditId = lens.commission(id).auditId;
        vm.expectPartialRevert(IAuditRegistry.ConflictOfInterest.selector);
        vm.prank(seats[1]);
        audits.sealVerdict(auditId, 1, "seal", "copy");
        vm.expectPartialRevert(IAuditRegistry.ConflictOfInterest.selector);
        audits.requireIndependent(auditId, seats[1]);
    }

    /* VERDICTS */

    function test_seal_onlyBySeatedOnceInTime() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        address outsider = auditors[0];
        for (uint256 i; outsider == seats[1] || outsider == seats[2]; ++i) {
            outsider = auditors[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotSeated.selector, auditId, outsider));
        vm.prank(outsider);
        audits.sealVerdict(auditId, 1, "seal", "copy");
        vm.expectRevert(IAuditRegistry.EmptySeal.selector);
        vm.prank(seats[1]);
        audits.sealVerdict(auditId, 1, 0, "copy");
        _post(id, seats[1], true);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.AlreadySealed.selector, auditId, seats[1]));
        vm.prank(seats[1]);
        audits.sealVerdict(auditId, 1, "another", "copy");
        vm.warp(audits.audit(auditId).deadline);
        vm.expectPartialRevert(IAuditRegistry.TooLate.selector);
        vm.prank(seats[2]);
        audits.sealVerdict(auditId, 2, "seal", "copy");
    }

    /// @dev Whatever seat it names, nobody judges for another, and those with a conflict hear of it first.
    function testFuzz_seal_onlyOnesOwnSeat(uint256 seatNumber, bytes32 sealedVerdict) public {
        (, address[] memory seats) = _toAuditing();
        vm.assume(seatNumber != 2);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotSeated.selector, 1, seats[2]));
        vm.prank(seats[2]);
        audits.sealVerdict(1, seatNumber, sealedVerdict, 0);
        address member = _membersOf(1)[0];
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.RoleInDeal.selector, member, 1));
        vm.prank(member);
        audits.sealVerdict(1, seatNumber, sealedVerdict, 0);
        vm.expectPartialRevert(IAuditRegistry.ConflictOfInterest.selector);
        vm.prank(customer);
        audits.sealVerdict(1, seatNumber, sealedVerdict, 0);
    }

    function testFuzz_post_keepsTheVerdict(uint8 seatNumber, bool approve, bytes32 report, uint256 wait)
        public
    {
        vm.assume(report != 0);
        (uint256 id, address[] memory seats) = _toAuditing();
        seatNumber %= AUDITS;
        bytes32 own = audits.sealOf(1, seats[seatNumber], approve, report, COVERED, AUDIT_SALT);
        for (uint256 i; i < AUDITS; ++i) {
            vm.prank(seats[i]);
            audits.sealVerdict(1, i, i == seatNumber ? own : bytes32("never opened"), "copy");
        }
        skip(bound(wait, 0, times.audit - 1));
        vm.expectEmit(address(audits));
        emit IAuditRegistry.VerdictPosted(
            1,
            "model",
            seats[seatNumber],
            approve,
            report,
            uint40(block.timestamp) + audits.VERDICT_LIFE(),
            COVERED
        );
        vm.prank(seats[seatNumber]);
        audits.post(1, seatNumber, approve, report, COVERED, AUDIT_SALT);
        bytes memory verdict = abi.encode(
            IAuditRegistry.Verdict({
                auditor: seats[seatNumber],
                at: uint40(block.timestamp),
                expires: uint40(block.timestamp) + audits.VERDICT_LIFE(),
                approved: approve,
                scopes: COVERED
            })
        );
        assertEq(abi.encode(audits.verdict(1, seatNumber)), verdict);
        // The others do not open and lose their seats, another audit of the model follows: the verdict stays.
        vm.warp(audits.audit(1).deadline);
        audits.replaceSilent(1);
        IAuditRegistry.AuditTerms memory terms = audits.audit(1).terms;
        vm.startPrank(address(market));
        audits.conclude(1);
        audits.request(id, terms);
        vm.stopPrank();
        for (uint256 i; i < AUDITS; ++i) {
            if (i == seatNumber) assertEq(abi.encode(audits.verdict(1, i)), verdict);
            else assertEq(audits.verdict(1, i).at, 0);
        }
    }

    function test_verdict_unknownSeat() public {
        _toAuditing();
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.UnknownSeat.selector, 1, AUDITS));
        audits.verdict(1, AUDITS);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.UnknownAudit.selector, 2));
        audits.verdict(2, 0);
    }

    function test_seal_notWithARevokedAccreditation() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        vm.prank(vm.addr(uint256(keccak256("accreditor"))));
        registry.revokeAccreditation(seats[1]);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NotAccredited.selector, seats[1], 1));
        vm.prank(seats[1]);
        audits.sealVerdict(auditId, 1, "seal", "copy");
    }

    /// @dev Verdicts stay when later ones come; nothing is written after the outcome.
    function test_post_verdictsAreAppendOnly() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        _post(id, seats[2], true);
        market.advance(id);
        for (uint256 i; i < AUDITS; ++i) {
            IAuditRegistry.Verdict memory verdict = audits.verdict(1, i);
            assertEq(verdict.auditor, seats[i]);
            assertEq(verdict.approved, i != 1);
            assertEq(verdict.at, block.timestamp);
            assertEq(verdict.expires, block.timestamp + audits.VERDICT_LIFE());
        }
        for (uint256 i; i < AUDITS; ++i) {
            assertEq(_paid(seats[i]), AUDIT_FEE, "paid whatever the verdict");
            assertEq(audits.enrolmentOf(seats[i]).seats, 0);
        }
        vm.expectPartialRevert(IAuditRegistry.TooLate.selector);
        vm.prank(seats[0]);
        audits.sealVerdict(1, 0, "seal", "copy");
    }

    /* EXITS OF AUDITING */

    function test_auditing_rejectedGoesBackToBuilding() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        for (uint256 i; i < AUDITS; ++i) {
            _post(id, seats[i], i == 0);
        }
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(auditors) + _paid(regulator), 3 * AUDIT_FEE);
        // The second submission gets an audit of its own, and the money for it is there.
        _submit(id, "second");
        _evaluate(id, THRESHOLD);
        seats = _seatAuditors(id);
        for (uint256 i; i < AUDITS; ++i) {
            _post(id, seats[i], i == 0);
        }
        market.advance(id);
        _carryOut(id);
        _assertAuditRefunded(ICommissionMarket.Cause.AuditRejected, 6 * AUDIT_FEE, BOND + EFFORT_FEE);
        assertEq(_paid(customer), FUNDS - 3 * PANEL * FEE - 6 * AUDIT_FEE - EFFORT_FEE);
    }

    /// @dev The silent one loses its bond and its place in the draw; another decides.
    function test_auditing_silentAuditorIsReplaced() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        vm.expectPartialRevert(IAuditRegistry.TooEarly.selector);
        audits.replaceSilent(1);
        vm.warp(audits.audit(1).deadline);
        market.advance(id);
        assertEq(_auditorsOf(1)[2], address(0));
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
        assertEq(audits.poolSize(1, false), AUDITORS - 1);
        assertEq(audits.enrolmentOf(seats[2]).seats, 0);
        address[] memory present = _seatAuditors(id);
        assertTrue(present[2] != address(0) && present[2] != seats[2]);
        assertEq(present[1], seats[1]);
        _post(id, present[2], true);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_paid(seats[2]), 0);
        assertEq(_paid(present[2]), AUDIT_FEE);
    }

    /// @dev No accreditor burns a bond: who was revoked while seated could not post.
    function test_auditing_revokedAuditorLosesItsSeatAndNotItsBond() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        uint256 balance = _balance(seats[2], stakingToken);
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        registry.revokeAccreditation(seats[2]);
        vm.prank(seats[2]);
        vm.expectPartialRevert(IAuditRegistry.NotAccredited.selector);
        audits.sealVerdict(1, 2, "seal", "copy");
        _post(id, seats[0], true);
        _post(id, seats[1], false);

        vm.warp(audits.audit(1).deadline);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), 0);
        assertEq(_balance(seats[2], stakingToken), balance + AUDITOR_BOND);
        assertEq(_auditorsOf(1)[2], address(0));
        assertEq(audits.poolSize(1, false), AUDITORS - 1);
    }

    /// @dev To change one's domains is no way out of a seat.
    function test_auditing_silentAuditorOfAnotherDomainLosesItsBond() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        policy.addDomain("finance");
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        vm.warp(block.timestamp + 91 days);
        vm.prank(seats[2]);
        registry.changeDomains(2);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
    }

    /// @dev Nor is it one to take another role, which makes trusted roles wait anew.
    function test_auditing_aChangeOfRolesIsNoWayOut() public {
        vm.prank(_toSilent());
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_TOO);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
        assertEq(audits.audit(1).silent.length, 1);
    }

    /// @dev Nor a tie that one declares oneself.
    function test_auditing_aTieDeclaredWhileSeatedIsNoWayOut() public {
        vm.prank(_toSilent());
        registry.declareTie(customer, type(uint40).max);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
    }

    /// @dev Neither an accreditor nor a party burns a bond: who was put into a party's organisation, or came to deal
    /// with one, could not post.
    function testFuzz_auditing_whoWasBarredLosesItsSeatAndNotItsBond(bool dealing) public {
        if (!dealing) _becomeCorporate();
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        registry.grantRole(registry.MODULE_ROLE(), address(this));
        if (dealing) registry.recordDealing(seats[2], developer);
        else _accredit(seats[2], IParticipantRegistry.Role.Auditor, "corp");
        vm.prank(seats[2]);
        vm.expectPartialRevert(IAuditRegistry.ConflictOfInterest.selector);
        audits.sealVerdict(1, 2, "seal", "copy");
        uint256 balance = _balance(seats[2], stakingToken);
        vm.warp(audits.audit(1).deadline);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), 0);
        assertEq(_balance(seats[2], stakingToken), balance + AUDITOR_BOND);
        assertEq(audits.audit(1).silent.length, 0);
        assertEq(_auditorsOf(1)[2], address(0));
    }

    /// @dev To the deadline of an audit in which two have spoken, one for and one against.
    function _toSilent() private returns (address silent) {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        vm.warp(audits.audit(1).deadline);
        return seats[2];
    }

    function _becomeCorporate() private {
        customer = makeAddr("corporate");
        vm.prank(customer);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: IParticipantRegistry.Role.Customer,
                secondaryRoles: 0,
                jurisdiction: 1,
                domains: 1,
                organisation: "corp",
                encryptionKey: "corporate key"
            })
        );
        _fund(customer, paymentToken, FUNDS, address(market));
    }

    /// @dev Where a regulator is asked for, two of three approve nothing without it, and reject without it.
    function testFuzz_auditing_theRegulatorHasToSpeak(bool vacant, bool approve) public {
        if (vacant) {
            vm.prank(regulator);
            audits.leave();
        }
        (uint256 id, address[] memory seats) = _toAuditing();
        assertEq(seats[0], vacant ? address(0) : regulator);
        _post(id, seats[1], approve);
        _post(id, seats[2], approve);
        vm.prank(address(market));
        vm.expectPartialRevert(IAuditRegistry.TooEarly.selector);
        audits.conclude(1);
        if (!vacant) {
            _post(id, regulator, false); // heard, and perhaps outvoted
        } else {
            vm.warp(audits.audit(1).deadline);
            market.advance(id);
            _openVerdicts(1);
        }
        market.advance(id);
        if (!approve) return _assertState(id, ICommissionMarket.State.Building);
        if (!vacant) return _assertState(id, ICommissionMarket.State.Delivering);
        _assertAuditRefunded(ICommissionMarket.Cause.AuditorsUnavailable, 2 * AUDIT_FEE, BOND);
    }

    /// @dev Nobody else is in the pool: work done is heard and paid, no key, bond back.
    function test_auditing_emptyPoolRefunds() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        for (uint256 i; i < AUDITORS; ++i) {
            if (auditors[i] == seats[1] || auditors[i] == seats[2]) continue;
            vm.prank(auditors[i]);
            audits.leave();
        }
        vm.warp(audits.audit(1).deadline);
        market.advance(id); // replaces
        assertEq(_burnt(stakingToken), 2 * AUDITOR_BOND);
        vm.warp(audits.audit(1).deadline);
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.OpeningDue.selector, 1));
        audits.conclude(1);
        market.advance(id); // nobody else can be drawn: the regulator opens
        _openVerdicts(1);
        market.advance(id);
        _assertAuditRefunded(ICommissionMarket.Cause.AuditorsUnavailable, AUDIT_FEE, BOND);
        assertEq(lens.commission(id).modelId, 0);
        assertEq(_paid(regulator), AUDIT_FEE);
    }

    /// @dev An auditor that is silent in two audits loses two bonds, and is in no draw after the first.
    function test_auditing_silentInTwoAudits() public {
        _addBond(auditors[0], 3 * AUDITOR_BOND / 2); // half a bond backs no seat
        policy.setRiskClass(3, IPolicy.RiskClass(true, 1, false, false, 0, false));
        uint256[2] memory ids;
        for (uint256 i = 1; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        for (uint256 i; i < 2; ++i) {
            ids[i] = _openWith(3);
            _toPassedWith(ids[i], bytes32(i + 1));
            assertEq(_seatAuditors(ids[i])[0], auditors[0]);
            developer = rival; // whose bond comes back from the first auction
            _fund(developer, paymentToken, 2 * BOND, address(auctions));
            rival = third;
        }
        assertEq(audits.enrolmentOf(auditors[0]).seats, 2);
        vm.warp(audits.audit(2).deadline);
        audits.replaceSilent(1);
        assertEq(_burnt(stakingToken), AUDITOR_BOND);
        assertEq(_balance(auditors[0], stakingToken), AUDITOR_BOND / 2, "what backs no seat goes back");
        assertEq(audits.poolSize(1, false), 0);
        vm.prank(auditors[0]);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.SeatsHeld.selector, auditors[0], 1));
        audits.leave();
        audits.replaceSilent(2);
        assertEq(_burnt(stakingToken), 2 * AUDITOR_BOND);
        assertEq(audits.enrolmentOf(auditors[0]).seats, 0);
        assertEq(audits.enrolmentOf(auditors[0]).bond, 0);
        vm.warp(audits.audit(2).deadline);
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.NothingToReplace.selector, 1));
        audits.replaceSilent(1);
    }

    function test_conclude_waitsForTheReplacement() public {
        (uint256 id,) = _toAuditing();
        vm.warp(audits.audit(1).deadline);
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.ReplacementDue.selector, 1));
        audits.conclude(1);
        market.advance(id);
        assertEq(_burnt(stakingToken), 3 * AUDITOR_BOND);
    }

    /* STEPS */

    function _addBond(address auditor, uint96 amount) private {
        _fund(auditor, stakingToken, amount, address(audits));
        vm.prank(auditor);
        audits.addBond(amount);
    }

    function _openAudited() private {
        _openWith(AUDITED);
    }

    function _openWith(uint8 riskClass) private returns (uint256 id) {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = riskClass;
        id = _open(request);
    }

    function _toSubmitted(uint256 id) private {
        _toSubmittedWith(id, "model");
    }

    function _toSubmittedWith(uint256 id, bytes32 manifest) private {
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, manifest);
    }

    /// @dev To Auditing, before the draw.
    function _toPassed(uint256 id) private {
        _toPassedWith(id, "model");
    }

    function _toPassedWith(uint256 id, bytes32 manifest) private {
        _toSubmittedWith(id, manifest);
        _evaluate(id, THRESHOLD);
    }

    /// @dev Leaves one auditor in the pool.
    function _onlyAuditor() private returns (address) {
        for (uint256 i = 1; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            audits.leave();
        }
        return auditors[0];
    }

    function _assertRefused(address auditor, address party, IParticipantRegistry.Conflict conflict) private {
        _toPassed(1);
        _assertNotSeated(auditor, party, conflict);
    }

    function _assertNotSeated(address auditor, address party, IParticipantRegistry.Conflict conflict)
        private
    {
        market.advance(1);
        vm.roll(block.number + 3);
        vm.expectEmit(address(audits));
        emit IAuditRegistry.CandidateRefused(1, auditor, party, conflict);
        market.advance(1);
        address[] memory seats = _auditorsOf(1);
        assertEq(seats[1], address(0));
        assertEq(seats[2], address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IAuditRegistry.ConflictOfInterest.selector, auditor, party, conflict)
        );
        vm.prank(auditor);
        audits.sealVerdict(1, 1, "seal", "copy");
    }

    /// @dev One of arming, seating and replacing at a time, whoever calls, and it says whether one was due.
    function test_advance_takesWhatIsDue() public {
        uint256 auditId = lens.commission(_toAudit()).auditId;
        _assertAdvances(auditId, true, true);
        assertEq(audits.audit(auditId).draws, 0);
        _assertAdvances(auditId, false, false); // the block is not there yet
        vm.roll(block.number + 3);
        _assertAdvances(auditId, true, true);
        assertEq(audits.audit(auditId).draws, 1);
        assertTrue(audits.verdict(auditId, 0).auditor != address(0));
        _assertAdvances(auditId, false, false); // the auditors have time
        vm.warp(audits.audit(auditId).deadline);
        _assertAdvances(auditId, true, true);
        assertEq(audits.verdict(auditId, 0).auditor, address(0));
    }

    /// @dev However often a draw is missed: naming another block gets the audit no further.
    function testFuzz_advance_aMissedDrawMovesNothing(uint8 misses) public {
        uint256 auditId = lens.commission(_toAudit()).auditId;
        _assertAdvances(auditId, true, true);
        for (uint256 i; i < misses % 8; ++i) {
            vm.roll(block.number + 300);
            _assertAdvances(auditId, true, false);
        }
        vm.roll(block.number + 3);
        _assertAdvances(auditId, true, true);
        vm.warp(audits.audit(auditId).deadline);
        _assertAdvances(auditId, true, true); // the silent are replaced
        _assertAdvances(auditId, true, true); // the next draw's first block
    }

    function _assertAdvances(uint256 auditId, bool due, bool moved) private {
        (bool wasDue, bool hasMoved) = audits.advance(auditId);
        assertEq(wasDue, due, "due");
        assertEq(hasMoved, moved, "moved");
    }

    function _assertAuditRefunded(ICommissionMarket.Cause cause, uint256 toAuditors, uint256 toDeveloper)
        private
        view
    {
        assertEq(_sum(auditors) + _paid(regulator), toAuditors, "to auditors");
        _assertRefunded(1, cause, _sum(validators), toDeveloper, 0);
    }
}
