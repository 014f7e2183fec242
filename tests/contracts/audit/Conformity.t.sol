// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "../../../contracts/interfaces/Artifact.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice Assessments from the application to the standing: what is asked, what is paid, how it ends.
contract ConformityTest is ConformityFixture {
    uint256 private constant ALL = uint256(PANEL) * FEE;
    uint256 private constant TOTAL = 2 * ALL + BODY_FEE;

    /* THE PATH */

    function test_path_passes() public {
        uint256 id = _toDraw();
        IConformity.Assessment memory a = conformity.assessment(id);
        assertEq(a.applicant, applicant);
        assertEq(a.manifest, MODEL);
        assertEq(a.openedAt, block.timestamp);
        _assertState(id, IConformity.State.Judging);
        assertEq(_held(id), TOTAL);
        assertEq(_paid(applicant), PURSE - TOTAL);
        _assertPanel(id);

        _seatPanel(id);
        assertEq(uint8(_round(id).state), uint8(IRounds.State.Granting));
        _give(id, NET);
        _give(id, DATA);
        _assertRequest(id);

        _say(id, PANEL, _report(PASS));
        vm.expectPartialRevert(Deals.NothingDue.selector);
        conformity.advance(id);
        assertEq(conformity.standingOf(setId, MODEL).at, 0, "nothing is certified while it can be appealed");

        _pastAppeal(id);
        vm.expectEmit(address(conformity));
        emit IConformity.Assessed(id, setId, MODEL, true, PASS, 3, a.openedAt);
        vm.prank(stranger); // anyone
        conformity.advance(id);
        _assertState(id, IConformity.State.Passed);
        assertTrue(conformity.isCurrent(setId, MODEL, 0));
        _assertPaid(id, ALL, BODY_FEE);
        assertEq(conformity.assessmentCount(), 1);
    }

    /// @dev Under the rules of the opening, and with the parties whose relations do not sit on it.
    function _assertPanel(uint256 id) private view {
        IValidationOracle.PanelTerms memory terms = oracle.panel(_panelOf(id)).terms;
        IValidationOracle.PanelTerms memory expected = _panelTerms();
        (expected.customer, expected.developer) = (body, applicant);
        assertEq(abi.encode(terms), abi.encode(expected));
        IRounds.RoundView memory round = _round(id);
        assertEq(round.market, address(conformity));
        assertEq(round.dealId, id);
        assertEq(round.token, address(paymentToken));
        assertEq(round.fee, FEE);
        assertEq(round.appealBond, APPEAL_BOND);
        assertEq(round.needed, 3);
        assertTrue(round.appealable);
        assertEq(round.granters[DATA], body);
        assertEq(round.granters[NET], applicant);
    }

    function _assertRequest(uint256 id) private view {
        IValidationOracle.RequestTerms memory terms = oracle.requestOf(_round(id).requestId).terms;
        assertEq(
            abi.encode(terms),
            abi.encode(IValidationOracle.RequestTerms(SCORE, 1, true, 10_000, times.commit, times.reveal))
        );
    }

    /// @dev What validators are told to do, and on what.
    function test_path_theQuestion() public {
        IRounds.Question memory question;
        (question.kind, question.subjects, question.tolerance) = (SCORE, 1, 10_000);
        (question.appealable, question.fresh, question.work) = (true, 3, "spec");
        question.delivers = true; // to nobody: the key is attested
        (question.artifacts, question.granters) = (new bytes32[](2), new address[](2));
        (question.artifacts[DATA], question.artifacts[NET]) = ("dataset", MODEL);
        (question.granters[DATA], question.granters[NET]) = (body, applicant);
        question.grants = new bytes32[](2);
        vm.expectEmit(address(rounds));
        emit IRounds.Asked(1 << 32 | 1, question);
        _toDraw();
    }

    /// @dev The body is paid for its work, whatever comes out.
    function test_path_failsByTheScore() public {
        uint256 id = _assess(_report(PASS - 1));
        _assertState(id, IConformity.State.Failed);
        assertEq(conformity.standingOf(setId, MODEL).score, PASS - 1);
        _assertPaid(id, ALL, BODY_FEE);
    }

    function test_path_failsByACriterion() public {
        IConformity.TestSet memory set = _set();
        set.requiredCriteria = 4;
        setId = _registerSet(set);
        uint256 id = _assess(_report(PASS)); // criteria 0 and 1 are met
        _assertState(id, IConformity.State.Failed);
        _assertPaid(id, ALL, BODY_FEE);
    }

    function testFuzz_path_passesFromTheThresholdOn(int64 score, int64 threshold, uint16 required) public {
        IConformity.TestSet memory set = _set();
        (set.threshold, set.requiredCriteria) = (threshold, required);
        setId = _registerSet(set);
        uint256 id = _assess(_report(score));
        bool passed = score >= threshold && 3 & required == required;
        _assertState(id, passed ? IConformity.State.Passed : IConformity.State.Failed);
        assertEq(conformity.isCurrent(setId, MODEL, 0), passed);
        assertEq(conformity.standingOf(setId, MODEL).score, score);
        _assertPaid(id, ALL, BODY_FEE);
    }

    /// @dev No change of Policy touches an assessment that is open.
    function test_path_runsByTheRulesOfItsOpening() public {
        uint256 id = _toDraw();
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 1e27, 1e27, 0), _tiers());
        policy.setTimeouts(IPolicy.Timeouts(60, 60, 60, 60, 60, 60, 60, 60));
        policy.setStakes(IPolicy.Stakes(type(uint96).max, 0, 1_000_000, 1_000_000));
        _seatPanel(id);
        assertEq(_round(id).deadline, block.timestamp + times.grant);
        _give(id, DATA);
        _give(id, NET);
        _assertRequest(id);
        _assertPanelAfter(id);
        _say(id, PANEL, _report(PASS));
        _pastAppeal(id);
        conformity.advance(id);
        _assertPaid(id, ALL, BODY_FEE);
    }

    function _assertPanelAfter(uint256 id) private view {
        assertEq(oracle.panel(_panelOf(id)).terms.seatStake, SEAT);
        assertEq(_round(id).appealBond, APPEAL_BOND);
    }

    /// @dev Not even retiring the modules does.
    function test_path_endsAfterRetirement() public {
        uint256 id = _toVote();
        escrow.retire(address(conformity));
        escrow.retire(address(rounds));
        staking.revokeRole(staking.MODULE_ROLE(), address(oracle));
        staking.revokeRole(staking.MODULE_ROLE(), address(rounds));
        rounds.revokeRole(rounds.MODULE_ROLE(), address(conformity));
        _say(id, PANEL, _report(PASS));
        _pastAppeal(id);
        conformity.advance(id);
        _assertState(id, IConformity.State.Passed);
        _assertPaid(id, ALL, BODY_FEE);
    }

    /* OPENING */

    function test_open_refusals() public {
        vm.expectRevert(IConformity.EmptyManifest.selector);
        _apply(0);
        vm.expectRevert(abi.encodeWithSelector(IConformity.OwnTestSet.selector, setId));
        vm.prank(body);
        conformity.open(setId, MODEL, FEE);
        vm.expectRevert(abi.encodeWithSelector(IConformity.FeeTooLow.selector, 1e18 - 1, 1e18));
        vm.prank(applicant);
        conformity.open(setId, MODEL, 1e18 - 1);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 0, 0, 0), _tiers());
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, paymentToken));
        _apply(MODEL);
    }

    /// @dev A body that is no longer accredited, or works elsewhere, certifies nothing more.
    function test_open_theBodyHoldsItsRole() public {
        vm.prank(accreditor);
        registry.revokeAccreditation(body);
        uint8 role = uint8(IParticipantRegistry.Role.Regulator);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleRequired.selector, body, role));
        _apply(MODEL);
    }

    function test_open_theBodyWorksInTheDomain() public {
        policy.addDomain("finance");
        skip(91 days);
        vm.prank(body);
        registry.changeDomains(2);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.OutsideDomain.selector, body, 1));
        _apply(MODEL);
    }

    function test_open_takesMoneyOnlyWithLeave() public {
        vm.prank(applicant);
        escrow.setOperator(address(conformity), address(paymentToken), false);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.OperatorNotApproved.selector, applicant, conformity, address(paymentToken)
            )
        );
        _apply(MODEL);
        vm.startPrank(applicant);
        escrow.setOperator(address(conformity), address(paymentToken), true);
        escrow.withdraw(address(paymentToken), PURSE - TOTAL + 1);
        vm.stopPrank();
        vm.expectPartialRevert(IEscrow.InsufficientBalance.selector);
        _apply(MODEL);
        assertEq(conformity.assessmentCount(), 0);
    }

    /// @dev Validators with a tie to the body, or dealings with the applicant, are passed over.
    function test_open_relationsDoNotSit() public {
        uint256 related = validators.length - PANEL;
        for (uint256 i; i < related; ++i) {
            if (i % 2 == 0) {
                vm.prank(validators[i]);
                registry.declareTie(body, type(uint40).max);
            } else {
                registry.recordDealing(validators[i], applicant);
            }
        }
        uint256 id = _toGrant();
        for (uint256 i; i < related; ++i) {
            assertFalse(rounds.isMember(_panelOf(id), validators[i]));
        }
    }

    function test_unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IConformity.UnknownAssessment.selector, 9));
        conformity.assessment(9);
        vm.expectRevert(abi.encodeWithSelector(IConformity.UnknownAssessment.selector, 9));
        conformity.advance(9);
    }

    /* DRAWING */

    /// @dev A draw that nobody seated is repeated; one that finds too few ends the assessment, and costs nothing.
    function test_drawing_isArmedAnewAndThenVoid() public {
        uint256 id = _toDraw();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        conformity.advance(id); // the named block is still to come
        for (uint256 i; i < 5; ++i) {
            vm.roll(block.number + 300); // its hash is gone
            conformity.advance(id);
            assertEq(oracle.panel(_panelOf(id)).armedBlock, block.number + 2);
            _assertState(id, IConformity.State.Judging);
        }
        for (uint256 i; i < validators.length; ++i) {
            vm.prank(validators[i]);
            registry.declareTie(body, type(uint40).max);
        }
        _endByTime(id);
        _assertVoid(id, IConformity.Cause.PanelNotSeated);
        _assertPaid(id, 0, 0);
    }

    /// @dev Whoever calls chooses the gas: no amount of it has a step end otherwise than with plenty.
    function testFuzz_steps_anyGas(uint256 gas_, uint8 which) public {
        uint256 id = which % 6 < 2 ? _toDraw() : _toVote();
        if (which % 6 == 0) vm.roll(block.number + 300); // to be armed anew
        else if (which % 6 == 1) vm.roll(block.number + 3); // to be seated
        else _say(id, which % 6 == 2 ? 2 : PANEL, _report(PASS)); // no quorum, or a result
        if (which % 6 > 2) _pastAppeal(id);
        bytes32 before = _record(id);
        uint256 snapshot = vm.snapshotState();
        conformity.advance(id);
        bytes32 wanted = _record(id);
        assertTrue(vm.revertToState(snapshot));
        gas_ = bound(gas_, 30_000, 1_500_000);
        (bool ok,) = address(conformity).call{gas: gas_}(abi.encodeCall(conformity.advance, (id)));
        assertEq(_record(id), ok ? wanted : before);
    }

    function _record(uint256 id) private view returns (bytes32) {
        IConformity.Standing memory standing = conformity.standingOf(setId, MODEL);
        bytes memory round = _isGone(_panelOf(id)) ? bytes("") : abi.encode(_round(id));
        return keccak256(
            abi.encode(
                conformity.assessment(id), _held(id), _paid(applicant), standing, _sum(validators), round
            )
        );
    }

    /* GRANTING */

    /// @dev Each key is its owner's to grant; Rounds' tests have the rest.
    function test_grant_onlyTheKeysOwner() public {
        uint256 id = _toGrant();
        uint256 panelId = _panelOf(id);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotGranter.selector, panelId, body));
        vm.prank(body);
        rounds.grant(panelId, NET, "grants");
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotGranter.selector, panelId, applicant));
        vm.prank(applicant);
        rounds.grant(panelId, DATA, "grants");
    }

    /// @dev Whoever has a panel drawn pays it, whether or not the keys come: seats are not free.
    function testFuzz_granting_silenceIsPaidFor(bool bodyGrants, bool applicantGrants) public {
        if (bodyGrants && applicantGrants) return;
        uint256 id = _toGrant();
        if (bodyGrants) _give(id, DATA);
        if (applicantGrants) _give(id, NET);
        vm.warp(_round(id).deadline - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        conformity.advance(id);
        skip(1);
        conformity.advance(id);
        _assertVoid(id, bodyGrants ? IConformity.Cause.ApplicantSilent : IConformity.Cause.BodySilent);
        _assertPaid(id, ALL, 0);
    }

    /* WHAT THE PANEL SAYS */

    /// @dev Garbage grants, an artifact that does not open, a hostile or unstable model: it says nothing of the model.
    function test_judging_onlyAScoreFailsAModel() public {
        IValidationOracle.ReportStatus[3] memory statuses =
            [CLOSED, IValidationOracle.ReportStatus.Unstable, REJECTED];
        IConformity.Cause[3] memory causes =
            [IConformity.Cause.CannotOpen, IConformity.Cause.Unstable, IConformity.Cause.Rejected];
        for (uint256 i; i < statuses.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toAppeal(_statement(statuses[i]));
            _pastAppeal(id);
            vm.expectEmit(address(conformity));
            emit IConformity.Voided(id, causes[i]);
            conformity.advance(id);
            _assertVoid(id, causes[i]);
            _assertPaid(id, ALL, 0); // whoever worked is paid, the body is not
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function test_judging_noAgreement() public {
        uint256 id = _toVote();
        IValidationOracle.Report[] memory reports = _scores(PANEL, 0);
        for (uint256 i; i < PANEL; ++i) {
            reports[i].scores[0] = int64(int256(i * 100_000));
        }
        _answer(_round(id).requestId, reports);
        _pastAppeal(id);
        conformity.advance(id);
        _assertVoid(id, IConformity.Cause.Undecided);
        _assertPaid(id, ALL, 0);
    }

    /// @dev The silent are replaced once. Those who spoke are paid each time, the silent fined.
    function testFuzz_judging_silence(uint8 first, uint8 second) public {
        (first, second) = (first % 4, second % (PANEL + 1));
        uint256 id = _toVote();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        conformity.advance(id); // there is time left
        _say(id, first, _report(PASS));
        if (first == 0) vm.warp(_round(id).deadline);
        conformity.advance(id);
        _assertState(id, IConformity.State.Judging);
        assertEq(_held(id), TOTAL - first * FEE);
        assertEq(_burnt(stakingToken), (PANEL - first) * uint256(SILENCE));
        _nextEpoch();
        _seatPanel(id);
        _seatPanel(id);
        _give(id, DATA);
        _give(id, NET);
        _say(id, second, _report(PASS));
        _endByTime(id);
        if (second < 4) _assertVoid(id, IConformity.Cause.PanelSilent);
        else _assertState(id, IConformity.State.Passed);
        _assertPaid(id, (uint256(first) + second) * FEE, second < 4 ? 0 : BODY_FEE);
    }

    /// @dev A void assessment leaves an earlier result as it was.
    function test_void_leavesTheStanding() public {
        uint256 first = _assess(_report(PASS));
        uint256 id = _assess(_statement(CLOSED));
        _assertState(id, IConformity.State.Void);
        assertTrue(conformity.isCurrent(setId, MODEL, 0));
        assertEq(conformity.standingOf(setId, MODEL).at, conformity.assessment(first).openedAt);
    }

    /// @dev Final is final.
    function test_ends_areEnds() public {
        uint256 id = _assess(_report(PASS));
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, id, IConformity.State.Passed, 0));
        conformity.advance(id);
        id = _toGrant();
        _endByTime(id);
        skip(365 days);
        vm.expectRevert(abi.encodeWithSelector(Deals.NothingDue.selector, id, IConformity.State.Void, 0));
        conformity.advance(id);
    }

    /* APPEALS */

    /// @dev A panel that lies is overruled by a fresh one; only what stands is certified, and who lied is not paid.
    function test_appeal_overturns() public {
        uint256 id = _toAppeal(_report(PASS));
        uint256 panelId = _panelOf(id);
        address appellant = makeAddr("appellant");
        uint256 deposit = rounds.appealDeposit(panelId);
        _fund(appellant, paymentToken, deposit, address(rounds));
        _nextEpoch();
        vm.prank(appellant);
        rounds.appeal(panelId);
        _seatPanel(id);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        conformity.advance(id); // the appeal runs
        _answer(_round(id).appealRequestId, _scores(2 * PANEL + 1, PASS - 100_000));
        conformity.advance(id);
        _assertState(id, IConformity.State.Failed);
        assertEq(conformity.standingOf(setId, MODEL).score, PASS - 100_000);
        assertEq(_held(id), 0);
        assertEq(_sum(validators), (2 * PANEL + 1) * FEE, "the appeal panel, from the deposit");
        assertEq(_paid(appellant), deposit - (2 * PANEL + 1) * FEE);
        assertEq(_paid(body), BODY_FEE);
        assertEq(_paid(applicant), PURSE - BODY_FEE);
        assertEq(_burnt(stakingToken), PANEL * uint256(SEAT));
    }

    /* ENDING BY TIME */

    /// @dev In whatever state everybody falls silent, a stranger brings the assessment to its end, and all is paid out.
    function testFuzz_everyState_endsByTimeAlone(uint8 step, uint8 reports) public {
        uint256 id = step % 3 == 0 ? _toDraw() : step % 3 == 1 ? _toGrant() : _toVote();
        uint256 said = step % 3 == 2 ? reports % (PANEL + 1) : 0;
        if (step % 3 == 2) _say(id, said, _report(PASS));
        _endByTime(id);
        bool quorum = said >= 4;
        _assertState(id, quorum ? IConformity.State.Passed : IConformity.State.Void);
        uint256 waited = quorum ? 0 : PANEL; // who waited for keys in vain is paid too, also after a replacement
        _assertPaid(id, (said + waited) * FEE, quorum ? BODY_FEE : 0);
    }

    /// @dev Fees of any size, and several assessments at once: each hold pays its own.
    function testFuzz_money(uint96 fee, uint96 bodyFee, uint8 size) public {
        IConformity.TestSet memory set = _set();
        fee = uint96(bound(fee, 1e18, type(uint96).max / 64));
        (set.bodyFee, set.panelSize) = (uint96(bound(bodyFee, 0, type(uint96).max / 4)), size % 4 * 2 + 3);
        setId = _registerSet(set);
        uint256 total = conformity.quote(setId, fee);
        _fund(applicant, paymentToken, 2 * total, address(conformity));
        uint256 other = _toVote();
        uint256 before = _paid(applicant);
        vm.prank(applicant);
        uint256 id = conformity.open(setId, MODEL, fee);
        assertEq(_paid(applicant), before - total);
        _seatPanel(id);
        _give(id, DATA);
        _give(id, NET);
        _say(id, set.panelSize, _report(PASS));
        _pastAppeal(id);
        conformity.advance(id);
        uint256 spent = uint256(fee) * set.panelSize + set.bodyFee;
        assertEq(_sum(validators), uint256(fee) * set.panelSize);
        assertEq(_paid(body), set.bodyFee);
        assertEq(_paid(applicant), before - spent, "what was not spent comes back");
        assertEq(_held(id), 0);
        assertEq(_held(other), conformity.quote(setId, FEE), "another's hold");
    }
}
