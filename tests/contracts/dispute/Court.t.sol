// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrator} from "../../../contracts/interfaces/IArbitrator.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice The pool, the draw, who may judge, votes, appeals.
contract CourtTest is DisputeFixture {
    uint8 private constant VALIDATOR_BIT = uint8(1) << uint8(IParticipantRegistry.Role.Validator);

    function setUp() public override {
        super.setUp();
        _enlist(21); // as many as an appeal to seven asks for
    }

    /* THE POOL */

    function test_enrol_accreditedAuditorsAndRegulators() public {
        assertEq(court.poolSize(), 21);
        vm.prank(regulator);
        court.enrol();
        assertEq(court.enrolledAt(regulator), block.timestamp);
        vm.prank(regulator);
        vm.expectRevert(abi.encodeWithSelector(ICourt.AlreadyEnrolled.selector, regulator));
        court.enrol();
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAccredited.selector, customer));
        court.enrol();
        vm.prank(validators[0]);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAccredited.selector, validators[0]));
        court.enrol();
    }

    /// @dev Its panel is dissolved when a deal is disputed, so nobody could say that it sat on it.
    function test_enrol_noValidatorWhateverElseItIs() public {
        vm.prank(auditors[0]);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_BIT);
        skip(TRUSTED_WAIT);
        vm.prank(auditors[0]);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAccredited.selector, auditors[0]));
        court.enrol();
    }

    function test_leave() public {
        vm.prank(jurors[0]);
        court.leave();
        assertEq(court.poolSize(), 20);
        assertEq(court.enrolledAt(jurors[0]), 0);
        vm.prank(jurors[0]);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotEnrolled.selector, jurors[0]));
        court.leave();
    }

    /// @dev Whoever can be drawn no more counts no more; whoever has only to wait stays.
    function test_prune_whoMayBeAJurorNoMore() public {
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        registry.revokeAccreditation(jurors[0]);
        vm.prank(jurors[1]);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_BIT);
        vm.prank(jurors[2]);
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0);
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit(address(court));
            emit ICourt.JurorLeft(jurors[i]);
            court.prune(jurors[i]);
            assertEq(court.enrolledAt(jurors[i]), 0);
        }
        assertEq(court.poolSize(), 18);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotEnrolled.selector, jurors[0]));
        court.prune(jurors[0]);
    }

    function test_prune_nobodyElse() public {
        vm.startPrank(jurors[0]);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_BIT);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, 0);
        vm.stopPrank();
        assertFalse(registry.holdsRole(jurors[0], IParticipantRegistry.Role.Auditor)); // its wait has begun anew
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICourt.StillAccredited.selector, jurors[i]));
            court.prune(jurors[i]);
        }
    }

    function test_prune_whoseAccreditationLapsed() public {
        skip(3650 days);
        for (uint256 i; i < 21; ++i) {
            court.prune(jurors[i]);
        }
        assertEq(court.poolSize(), 0);
    }

    /* OPENING */

    function test_createDispute_forModulesDealsOnly() public {
        uint256 id = _toChallenge();
        bytes memory extraData = abi.encode(market, id, customer);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotArbitrable.selector, address(this)));
        court.createDispute(2, extraData);
        vm.startPrank(address(disputes));
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidChoices.selector, 0));
        court.createDispute(0, extraData);
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidChoices.selector, 9));
        court.createDispute(9, extraData);
        vm.deal(address(disputes), 1);
        vm.expectRevert(abi.encodeWithSelector(ICourt.FeeIsInTokens.selector, 1));
        court.createDispute{value: 1}(2, extraData);
        vm.expectPartialRevert(ICommissionMarket.UnknownCommission.selector);
        court.createDispute(2, abi.encode(market, id + 1, customer));
    }

    /// @dev A jury of three out of fewer than nine could be known, and bought, before it is drawn.
    function test_createDispute_neverOverAThirdOfThePool() public {
        for (uint256 i; i < 13; ++i) {
            vm.prank(jurors[i]);
            court.leave();
        }
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(ICourt.PoolTooSmall.selector, 8, 9));
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
        _settle(id, "model");
    }

    function test_views_ofTheStandard() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        assertEq(court.arbitrationCost(""), 0);
        assertEq(court.appealCost(disputeId, ""), 0);
        _assertStatus(disputeId, IArbitrator.DisputeStatus.Waiting);
        (uint256 start, uint256 end) = court.appealPeriod(disputeId);
        assertEq(start + end, 0);
        _seatJury(disputeId);
        _ballot(disputeId, _votes(FOR_CUSTOMER, FOR_CUSTOMER, FOR_DEVELOPER));
        _assertStatus(disputeId, IArbitrator.DisputeStatus.Appealable);
        (start, end) = court.appealPeriod(disputeId);
        assertEq(start, block.timestamp);
        assertEq(end, block.timestamp + times.appeal);
        assertEq(court.currentRuling(disputeId), FOR_CUSTOMER);
        _toRuling(disputeId);
        _assertStatus(disputeId, IArbitrator.DisputeStatus.Solved);
        assertEq(court.disputeCount(), 1);
        vm.expectRevert(abi.encodeWithSelector(ICourt.UnknownDispute.selector, 2));
        court.currentRuling(2);
    }

    /* THE DRAW */

    function test_draw_threeJurorsOnceEach() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _expectNothingDue(disputeId, false);
        _drawJury(disputeId);
        ICourt.Seat[] memory seats = _jury(disputeId);
        assertEq(seats.length, 3);
        for (uint256 i; i < 3; ++i) {
            assertTrue(seats[i].juror != address(0));
            assertNotEq(seats[i].juror, seats[(i + 1) % 3].juror);
        }
        assertEq(court.dispute(disputeId).deadline, block.timestamp + times.grant);
        _expectNothingDue(disputeId, true);
    }

    /// @dev Whoever enrols after a deal opened, or too shortly before, may foresee its dispute.
    function test_draw_onlyThoseEnrolledLongBeforeTheDeal() public {
        uint256 id = _toChallenge();
        assertEq(market.dealOf(id).openedAt + ENROLMENT_WAIT > court.enrolledAt(jurors[0]), true);
        for (uint256 i; i < 21; ++i) {
            vm.startPrank(jurors[i]);
            court.leave();
            court.enrol();
            vm.stopPrank();
        }
        uint256 disputeId = _contest(id, customer);
        _drawJury(disputeId);
        _assertNobodyDrawn(disputeId);
    }

    function test_draw_nobodyWithATie() public {
        uint256 id = _toChallenge();
        for (uint256 i; i < 21; ++i) {
            if (i % 3 == 0) registry.recordDealing(jurors[i], developer);
            if (i % 3 == 2) registry.recordDealing(customer, jurors[i]);
            if (i % 3 != 1) continue;
            vm.prank(jurors[i]);
            registry.declareTie(customer, uint40(block.timestamp + 365 days));
        }
        uint256 disputeId = _contest(id, customer);
        _drawJury(disputeId);
        _assertNobodyDrawn(disputeId);
    }

    function test_draw_nobodyWithoutAccreditation() public {
        uint256 id = _toChallenge();
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        for (uint256 i; i < 21; ++i) {
            registry.revokeAccreditation(jurors[i]);
        }
        uint256 disputeId = _contest(id, customer);
        _drawJury(disputeId);
        _assertNobodyDrawn(disputeId);
    }

    function test_draw_nobodyWhoAuditedTheDeal() public {
        _poolOfAuditorsAnd(4);
        (uint256 id, address[] memory seats) = _toAuditing();
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        _assertNeverDrawn(_contest(id, customer), seats);
    }

    /// @dev Its bond was burnt and its seat given to another: neither is the audit's conduct its to judge.
    function test_draw_nobodyWhoWasSilentInTheAudit() public {
        _poolOfAuditorsAnd(4);
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], false);
        vm.warp(audits.audit(1).deadline);
        market.advance(id);
        _post(id, _seatAuditors(id)[2], true);
        market.advance(id);
        _deliver(id);
        assertEq(audits.audit(1).silent[0], seats[2]);
        _assertNeverDrawn(_contest(id, customer), seats);
    }

    /// @dev A panel is dissolved when its deal is disputed: whoever was a validator while it could be drawn may have
    /// sat on it, however long ago it dropped the role.
    function test_draw_nobodyWhoWasAValidatorSinceTheOpening() public {
        _changeRoles(VALIDATOR_BIT);
        skip(TRUSTED_WAIT);
        uint256 id = _toChallenge();
        _changeRoles(0);
        uint256 disputeId = _contest(id, customer);
        skip(TRUSTED_WAIT);
        _drawJury(disputeId);
        _assertNobodyDrawn(disputeId);
    }

    function test_draw_whoWasAValidatorBeforeTheDeal() public {
        _changeRoles(VALIDATOR_BIT);
        _changeRoles(0);
        skip(TRUSTED_WAIT);
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        assertTrue(_jury(disputeId)[0].juror != address(0));
    }

    /// @dev An accreditation that lapsed and came back counts from its return.
    function test_draw_nobodyAccreditedAnewSinceTheOpening() public {
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        for (uint256 i; i < 21; ++i) {
            registry.revokeAccreditation(jurors[i]);
        }
        uint256 id = _toChallenge();
        for (uint256 i; i < 21; ++i) {
            _accredit(jurors[i], IParticipantRegistry.Role.Auditor, 0);
        }
        uint256 disputeId = _contest(id, customer);
        _drawJury(disputeId);
        _assertNobodyDrawn(disputeId);
    }

    /// @dev Those who do not accept are replaced, three times; nobody is asked twice.
    function test_draw_replacesThoseWhoDoNotAccept() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        address[] memory asked = new address[](12);
        for (uint256 i; i < 4; ++i) {
            _drawJury(disputeId);
            ICourt.Seat[] memory seats = _jury(disputeId);
            for (uint256 j; j < 3; ++j) {
                asked[3 * i + j] = seats[j].juror;
                for (uint256 k; k < 3 * i + j; ++k) {
                    assertNotEq(asked[k], asked[3 * i + j]);
                }
            }
            vm.warp(court.dispute(disputeId).deadline);
        }
        assertEq(court.dispute(disputeId).draws, court.MAX_DRAWS());
        court.advance(disputeId);
        assertTrue(court.dispute(disputeId).rounds[0].unfilled);
        _assertPhase(disputeId, ICourt.State.Paying);
        uint256 before = _paid(customer);
        _toRuling(disputeId);
        assertEq(_paid(customer), before + JURY_FEE, "the fee comes back");
        _assertState(1, ICommissionMarket.State.Challenge);
        market.settle(1, _submission("model"));
    }

    /// @dev Nobody seats in time, again and again: the draw is repeated, and a jury sits in the end.
    function testFuzz_draw_missedBlocksDoNotCount(uint8 missed, bool byEpoch) public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        for (uint256 i; i < missed % 32; ++i) {
            court.advance(disputeId);
            if (byEpoch) _nextEpoch();
            else vm.roll(block.number + 300);
        }
        assertEq(court.dispute(disputeId).draws, 0);
        _seatJury(disputeId);
        assertEq(court.dispute(disputeId).draws, 1);
        _assertPhase(disputeId, ICourt.State.Voting);
    }

    /* ACCEPTING */

    function test_accept_bondsAndOnlyTheDrawn() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotSeated.selector, disputeId, address(this), 0));
        court.accept(disputeId, 0);
        address juror = _jury(disputeId)[0].juror;
        _accept(disputeId, 0);
        assertEq(_balance(juror, stakingToken), 0);
        assertEq(escrow.held(address(court), address(stakingToken), ~bytes32(disputeId)), AUDITOR_BOND);
        vm.startPrank(juror);
        vm.expectRevert(abi.encodeWithSelector(ICourt.AlreadyAccepted.selector, disputeId, juror));
        court.accept(disputeId, 0);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotSeated.selector, disputeId, juror, 1));
        court.accept(disputeId, 1);
        vm.stopPrank();
        uint40 deadline = court.dispute(disputeId).deadline;
        juror = _jury(disputeId)[1].juror;
        vm.warp(deadline);
        vm.prank(juror);
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, disputeId, deadline));
        court.accept(disputeId, 1);
    }

    function test_accept_notWithoutTheBond() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        vm.startPrank(_jury(disputeId)[0].juror);
        escrow.withdraw(address(stakingToken), AUDITOR_BOND);
        vm.expectPartialRevert(IEscrow.InsufficientBalance.selector);
        court.accept(disputeId, 0);
    }

    function test_accept_notAfterTheAccreditationEnded() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        address juror = _jury(disputeId)[0].juror;
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        registry.revokeAccreditation(juror);
        _expectMayNotJudge(disputeId, 0);
    }

    /// @dev What has come between the draw and now, also by the juror itself.
    function test_accept_notWithWhatWouldKeepItFromBeingDrawn() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        ICourt.Seat[] memory seats = _jury(disputeId);
        vm.prank(seats[0].juror);
        registry.declareTie(developer, uint40(block.timestamp + 1));
        _expectMayNotJudge(disputeId, 0);
        registry.recordDealing(customer, seats[1].juror);
        _expectMayNotJudge(disputeId, 1);
        vm.prank(seats[2].juror);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_BIT);
        _expectMayNotJudge(disputeId, 2);
    }

    function test_accept_notAfterLeavingThePool() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        vm.prank(_jury(disputeId)[0].juror);
        court.leave();
        _expectMayNotJudge(disputeId, 0);
    }

    /// @dev Two of three sit when the draws are over, one alone does not.
    function test_accept_halfAJurySits() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        _accept(disputeId, 0);
        for (uint256 i; i < 3; ++i) {
            vm.warp(court.dispute(disputeId).deadline);
            _drawJury(disputeId);
        }
        _accept(disputeId, 2);
        vm.warp(court.dispute(disputeId).deadline);
        court.advance(disputeId);
        _assertPhase(disputeId, ICourt.State.Voting);
        assertEq(court.dispute(disputeId).rounds[0].accepted, 2);
    }

    function test_accept_oneAloneDoesNotSitAndGetsItsBondBack() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        _accept(disputeId, 0);
        address juror = _jury(disputeId)[0].juror;
        for (uint256 i; i < 3; ++i) {
            vm.warp(court.dispute(disputeId).deadline);
            _drawJury(disputeId);
        }
        vm.warp(court.dispute(disputeId).deadline);
        court.advance(disputeId);
        _toRuling(disputeId);
        assertEq(_balance(juror, stakingToken), AUDITOR_BOND);
        assertEq(_burnt(stakingToken), 0);
    }

    /* VOTING */

    function test_commit_guards() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        address juror = _jury(disputeId)[0].juror;
        vm.prank(juror);
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, disputeId, ICourt.State.Seating));
        court.commit(disputeId, 0, "vote");
        for (uint256 i; i < 3; ++i) {
            _accept(disputeId, i);
        }
        court.advance(disputeId);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotSeated.selector, disputeId, address(this), 0));
        court.commit(disputeId, 0, "vote");
        vm.startPrank(juror);
        vm.expectRevert(ICourt.EmptyVote.selector);
        court.commit(disputeId, 0, 0);
        court.commit(disputeId, 0, "vote");
        vm.expectRevert(abi.encodeWithSelector(ICourt.AlreadyCommitted.selector, disputeId, juror));
        court.commit(disputeId, 0, "vote");
        vm.stopPrank();
        _expectNothingDue(disputeId, true);
    }

    function test_reveal_guards() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        for (uint256 i; i < 3; ++i) {
            _commit(disputeId, i, FOR_CUSTOMER);
        }
        court.advance(disputeId);
        _assertPhase(disputeId, ICourt.State.Revealing); // at once, as all have committed
        address juror = _jury(disputeId)[0].juror;
        vm.startPrank(juror);
        vm.expectRevert(abi.encodeWithSelector(ICourt.UnknownChoice.selector, 3, 2));
        court.reveal(disputeId, 0, 3, "salt");
        vm.expectRevert(abi.encodeWithSelector(ICourt.VoteMismatch.selector, disputeId, juror));
        court.reveal(disputeId, 0, FOR_DEVELOPER, "salt");
        vm.expectRevert(abi.encodeWithSelector(ICourt.VoteMismatch.selector, disputeId, juror));
        court.reveal(disputeId, 0, FOR_CUSTOMER, "pepper");
        court.reveal(disputeId, 0, FOR_CUSTOMER, "salt");
        vm.expectRevert(abi.encodeWithSelector(ICourt.AlreadyRevealed.selector, disputeId, juror));
        court.reveal(disputeId, 0, FOR_CUSTOMER, "salt");
        vm.stopPrank();
        _expectNothingDue(disputeId, true);
    }

    /// @dev A seat that was accepted is kept whatever becomes of its juror's roles: they neither stop the vote nor the
    /// court.
    function test_voting_aChangeOfRolesStopsNobody() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        _unmakeJurors(_jury(disputeId));
        _ballot(disputeId, _unanimous(3, FOR_CUSTOMER));
        assertEq(court.currentRuling(disputeId), FOR_CUSTOMER);
        address juror = _jury(disputeId)[0].juror;
        _toRuling(disputeId);
        assertEq(_balance(juror, stakingToken), AUDITOR_BOND);
    }

    /// @dev And it is no way out for the silent.
    function test_voting_aChangeOfRolesSavesNoBond() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        _unmakeJurors(_jury(disputeId));
        _ballot(disputeId, _unanimous(3, SILENT));
        _toRuling(disputeId);
        assertEq(_burnt(stakingToken), 3 * AUDITOR_BOND);
    }

    /// @dev A vote copied before it can be read is bound to its juror: the copy cannot be revealed, and costs the bond.
    function test_commit_aCopiedVoteIsWorthless() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        _commit(disputeId, 0, FOR_CUSTOMER);
        _commit(disputeId, 1, FOR_CUSTOMER);
        bytes32 sealedVote = _jury(disputeId)[0].sealedVote;
        address copier = _jury(disputeId)[2].juror;
        vm.prank(copier);
        court.commit(disputeId, 2, sealedVote);
        court.advance(disputeId);
        _revealVote(disputeId, 0, FOR_CUSTOMER);
        _revealVote(disputeId, 1, FOR_CUSTOMER);
        vm.prank(copier);
        vm.expectRevert(abi.encodeWithSelector(ICourt.VoteMismatch.selector, disputeId, copier));
        court.reveal(disputeId, 2, FOR_CUSTOMER, "salt");
        _pass(disputeId);
        _toRuling(disputeId);
        assertEq(_balance(copier, stakingToken), 0);
    }

    /// @dev Of another round, dispute, court or chain neither.
    function testFuzz_voteHash_bindsEverything(
        uint256 id,
        uint8 round,
        address juror,
        uint8 vote,
        bytes32 salt
    ) public view {
        bytes32 hash = court.voteHash(id, round, juror, vote, salt);
        unchecked {
            assertNotEq(hash, court.voteHash(id + 1, round, juror, vote, salt));
            assertNotEq(hash, court.voteHash(id, round + 1, juror, vote, salt));
            assertNotEq(hash, court.voteHash(id, round, address(uint160(juror) + 1), vote, salt));
            assertNotEq(hash, court.voteHash(id, round, juror, vote + 1, salt));
            assertNotEq(hash, court.voteHash(id, round, juror, vote, bytes32(uint256(salt) + 1)));
        }
    }

    /// @dev Most votes win, a tie is for nobody; by brute force over all that three can do.
    function testFuzz_ruling_isThePluralityOfWhatWasRevealed(uint8 a, uint8 b, uint8 c) public {
        uint8[] memory votes = _votes(_someVote(a), _someVote(b), _someVote(c));
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        _ballot(disputeId, votes);
        assertEq(court.currentRuling(disputeId), _plurality(votes));
    }

    /* APPEALS */

    function test_appeal_toSevenOthers() public {
        uint256 disputeId = _toAppealable(FOR_CUSTOMER);
        ICourt.Seat[] memory first = _jury(disputeId);
        vm.warp(court.dispute(disputeId).deadline - 1); // at the last second
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        assertEq(court.dispute(disputeId).round, 1);
        assertEq(court.paidBy(disputeId, developer), JURY_FEE * 7 / 3);
        assertEq(court.paidBy(disputeId, customer), JURY_FEE);
        _seatJury(disputeId);
        ICourt.Seat[] memory second = _jury(disputeId);
        assertEq(second.length, 7);
        for (uint256 i; i < 7; ++i) {
            for (uint256 j; j < 3; ++j) {
                assertNotEq(second[i].juror, first[j].juror);
            }
        }
        _ballot(disputeId, _unanimous(7, FOR_DEVELOPER));
        _assertPhase(disputeId, ICourt.State.Paying); // 15 would be over a third of the pool
        _toRuling(disputeId);
        _assertState(1, ICommissionMarket.State.Challenge);
        // The first jury was wrong by the final ruling, and has nobody to share its fee.
        assertEq(_balance(first[0].juror, stakingToken), AUDITOR_BOND * 8 / 10);
        assertEq(_burnt(stakingToken), 3 * AUDITOR_BOND / 5);
        assertEq(court.paidBy(disputeId, customer), 0, "its fee came back");
        assertEq(_paid(second[0].juror), JURY_FEE * 7 / 3 / 7);
    }

    /// @dev Whether a ruling can be appealed is settled when the dispute is opened: no juror can make its own ruling
    /// final by leaving the pool, and none can take back a final one by joining.
    function test_appeal_isNobodysToTakeAway() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        vm.prank(_jury(disputeId)[0].juror);
        court.leave();
        _ballot(disputeId, _unanimous(3, FOR_CUSTOMER));
        _assertPhase(disputeId, ICourt.State.Appealing);
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        assertEq(court.dispute(disputeId).rounds[1].size, 7);
    }

    /// @dev Where too few are left to be drawn the last ruling stands, and the appellant gets its fee back.
    function test_appeal_withoutJurorsLeft() public {
        uint256 disputeId = _toAppealable(FOR_CUSTOMER);
        for (uint256 i; i < 21; ++i) {
            vm.prank(jurors[i]);
            court.leave();
        }
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        for (uint256 i; i < 4; ++i) {
            _drawJury(disputeId);
        }
        court.advance(disputeId);
        assertTrue(court.dispute(disputeId).rounds[1].unfilled);
        _toRuling(disputeId);
        assertEq(court.currentRuling(disputeId), FOR_CUSTOMER);
        assertEq(_paid(developer), JURY_FEE * 7 / 3);
    }

    function test_appeal_isNobodysToMakePossible() public {
        vm.prank(jurors[0]);
        court.leave();
        uint256 disputeId = _contest(_toChallenge(), customer);
        assertEq(court.dispute(disputeId).juries, 1);
        _enlistMore(1);
        _seatJury(disputeId);
        _ballot(disputeId, _unanimous(3, FOR_CUSTOMER));
        _assertPhase(disputeId, ICourt.State.Paying);
    }

    /// @dev Unfilled: the last ruling stands, and the appellant gets its fee back.
    function test_appeal_unfilledLeavesTheRuling() public {
        uint256 disputeId = _toAppealable(FOR_CUSTOMER);
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        for (uint256 i; i < 4; ++i) {
            _drawJury(disputeId);
            vm.warp(court.dispute(disputeId).deadline);
        }
        court.advance(disputeId);
        assertTrue(court.dispute(disputeId).rounds[1].unfilled);
        assertEq(court.currentRuling(disputeId), FOR_CUSTOMER);
        _toRuling(disputeId);
        assertEq(uint8(lens.commission(1).cause), uint8(ICommissionMarket.Cause.DisputeLost));
        assertEq(_paid(developer), JURY_FEE * 7 / 3);
    }

    function test_appeal_guards() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        vm.prank(developer);
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, disputeId, ICourt.State.Seating));
        disputes.appeal(disputeId);
        _seatJury(disputeId);
        _ballot(disputeId, _votes(1, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotArbitrable.selector, address(this)));
        court.appeal(disputeId, abi.encode(customer));
        vm.prank(developer);
        vm.expectPartialRevert(IEscrow.OperatorNotApproved.selector);
        disputes.appeal(disputeId);
        vm.deal(address(disputes), 1);
        vm.prank(address(disputes));
        vm.expectRevert(abi.encodeWithSelector(ICourt.FeeIsInTokens.selector, 1));
        court.appeal{value: 1}(disputeId, abi.encode(customer));
        uint40 deadline = court.dispute(disputeId).deadline;
        vm.warp(deadline);
        vm.prank(developer);
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, disputeId, deadline));
        disputes.appeal(disputeId);
    }

    /// @dev With a pool for fifteen: twice, and no more.
    function test_appeal_twiceAtMost() public {
        _enlistMore(24);
        uint256 disputeId = _toAppealable(FOR_DEVELOPER);
        _appealRuling(disputeId, customer, JURY_FEE * 7 / 3);
        _seatJury(disputeId);
        _ballot(disputeId, _unanimous(7, FOR_DEVELOPER));
        _appealRuling(disputeId, customer, JURY_FEE * 5);
        _seatJury(disputeId);
        assertEq(_jury(disputeId).length, 15);
        _ballot(disputeId, _unanimous(15, FOR_CUSTOMER));
        _assertPhase(disputeId, ICourt.State.Paying);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, disputeId, ICourt.State.Paying));
        disputes.appeal(disputeId);
        // All that the customer paid for juries and did not get back is part of the damage.
        court.advance(disputeId);
        assertEq(court.paidBy(disputeId, customer), JURY_FEE * 5);
        court.advance(disputeId);
        assertEq(_burnt(paymentToken), BOND - (2 * PANEL * FEE + JURY_FEE * 5));
    }

    /// @dev Whoever is late with every step cannot make a ruling late by that.
    function testFuzz_longest_coversALateCourt(uint256 seed) public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        IPolicy.Timeouts memory t = market.dealOf(id).timeouts;
        uint256 seating = 4 * (uint256(t.draw) + t.grant);
        assertEq(court.longest(market, id), 6 * (seating + t.commit + t.reveal + t.appeal));
        while (court.dispute(disputeId).state != ICourt.State.Closed) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.roll(block.number + (seed % 2 == 0 ? 3 : 300));
            (bool ok,) = address(court).call(abi.encodeCall(court.advance, (disputeId)));
            if (!ok) vm.warp(court.dispute(disputeId).deadline + seed % 1 hours);
        }
        assertLt(block.timestamp, disputes.disputeOf(1).deadline);
    }

    /* PARTS */

    function _enlistMore(uint256 count) private {
        _enlist(count);
    }

    function _poolOfAuditorsAnd(uint256 others) private {
        for (uint256 i; i < 21; ++i) {
            vm.prank(jurors[i]);
            court.leave();
        }
        for (uint256 i; i < AUDITORS; ++i) {
            vm.prank(auditors[i]);
            court.enrol();
        }
        _enlistMore(others);
    }

    /// @dev All jurors stay auditors.
    function _changeRoles(uint8 secondary) private {
        for (uint256 i; i < jurors.length; ++i) {
            vm.prank(jurors[i]);
            registry.changeRoles(IParticipantRegistry.Role.Auditor, secondary);
        }
    }

    /// @dev One drops its role, one becomes a validator and leaves the pool, one is revoked.
    function _unmakeJurors(ICourt.Seat[] memory seats) private {
        vm.prank(seats[0].juror);
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0);
        vm.startPrank(seats[1].juror);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, VALIDATOR_BIT);
        court.leave();
        vm.stopPrank();
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        registry.revokeAccreditation(seats[2].juror);
        court.prune(seats[2].juror);
    }

    function _expectMayNotJudge(uint256 disputeId, uint256 seat) private {
        address juror = _jury(disputeId)[seat].juror;
        vm.prank(juror);
        vm.expectRevert(abi.encodeWithSelector(ICourt.MayNotJudge.selector, disputeId, juror));
        court.accept(disputeId, seat);
    }

    /// @dev In as many draws as there are.
    function _assertNeverDrawn(uint256 disputeId, address[] memory accounts) private {
        for (uint256 i; i < court.MAX_DRAWS(); ++i) {
            _drawJury(disputeId);
            ICourt.Seat[] memory drawn = _jury(disputeId);
            for (uint256 j; j < drawn.length; ++j) {
                for (uint256 k; k < accounts.length; ++k) {
                    assertTrue(drawn[j].juror == address(0) || drawn[j].juror != accounts[k]);
                }
            }
            vm.warp(court.dispute(disputeId).deadline);
        }
    }

    function _toAppealable(uint8 vote) private returns (uint256 disputeId) {
        disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        _ballot(disputeId, _unanimous(3, vote));
        _assertPhase(disputeId, ICourt.State.Appealing);
    }

    function _someVote(uint8 seed) private pure returns (uint8) {
        uint8 vote = seed % 5;
        return vote == 3 ? SILENT : vote == 4 ? WITHHELD : vote;
    }

    function _plurality(uint8[] memory votes) private pure returns (uint256) {
        uint256[3] memory count;
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i] <= FOR_DEVELOPER) ++count[votes[i]];
        }
        if (count[1] > count[0] && count[1] > count[2]) return 1;
        return count[2] > count[0] && count[2] > count[1] ? 2 : 0;
    }

    function _assertNobodyDrawn(uint256 disputeId) private view {
        ICourt.Seat[] memory seats = _jury(disputeId);
        for (uint256 i; i < seats.length; ++i) {
            assertEq(seats[i].juror, address(0));
        }
    }

    function _assertStatus(uint256 disputeId, IArbitrator.DisputeStatus status) private view {
        assertEq(uint8(court.disputeStatus(disputeId)), uint8(status));
    }

    /// @dev Right after the draw was armed, or while those who act have time.
    function _expectNothingDue(uint256 disputeId, bool armed) private {
        uint256 snapshot = vm.snapshotState();
        if (!armed) court.advance(disputeId);
        ICourt.DisputeView memory d = court.dispute(disputeId);
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, disputeId, d.state, d.deadline));
        court.advance(disputeId);
        assertTrue(vm.revertToState(snapshot));
    }
}
