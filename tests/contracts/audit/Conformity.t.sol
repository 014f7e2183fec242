// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice Assessments from the application to the standing: every step, every exit, who may take it and what is paid.
contract ConformityTest is ConformityFixture {
    uint256 private constant ALL = uint256(PANEL) * FEE;

    /* THE PATH */

    function test_path_passes() public {
        uint256 id = _toDraw();
        IConformity.Assessment memory a = conformity.assessment(id);
        assertEq(a.applicant, applicant);
        assertEq(a.manifest, MODEL);
        assertEq(a.deadline, block.timestamp + times.draw);
        assertEq(escrow.held(address(conformity), address(paymentToken), bytes32(id)), ALL + BODY_FEE);
        assertEq(_paid(applicant), PURSE - ALL - BODY_FEE);
        _assertPanel(a.panelId);

        vm.roll(block.number + 3);
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Granting);
        assertEq(conformity.assessment(id).deadline, block.timestamp + times.grant);

        vm.expectEmit(address(conformity));
        emit IConformity.KeysGranted(id, applicant, NET, "grants");
        _give(id, NET);
        _assertStage(id, IConformity.Stage.Granting);
        _give(id, DATA);
        _assertStage(id, IConformity.Stage.Evaluating);
        a = conformity.assessment(id);
        assertEq(a.deadline, block.timestamp + times.commit + times.reveal);
        assertEq(a.askedAt, block.timestamp);
        _assertRequest(a.requestId);

        _say(id, PANEL, _scored(PASS));
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Appealing);
        assertEq(conformity.assessment(id).deadline, block.timestamp + times.appeal);
        assertEq(conformity.standingOf(setId, MODEL).at, 0, "nothing is certified while it can be appealed");

        vm.warp(conformity.assessment(id).deadline);
        vm.expectEmit(address(conformity));
        emit IConformity.Assessed(id, setId, MODEL, true, PASS, 3, a.askedAt);
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Passed);
        assertTrue(conformity.isCurrent(setId, MODEL, 0));
        _assertPaid(id, ALL, BODY_FEE);
        assertEq(conformity.assessmentCount(), 1);
    }

    /// @dev Under the rules of the opening, and with the parties whose relations do not sit on it.
    function _assertPanel(uint256 panelId) private view {
        IValidationOracle.PanelTerms memory terms = oracle.panel(panelId).terms;
        assertEq(terms.customer, body);
        assertEq(terms.developer, applicant);
        assertEq(terms.token, address(paymentToken));
        assertEq(terms.size, PANEL);
        assertEq(terms.evaluationFee, FEE);
        assertEq(terms.seatStake, SEAT);
        assertEq(terms.appealBond, 50e18);
        assertEq(terms.coolingOff, COOLING_OFF);
        assertEq(terms.silencePpm, 50_000);
        assertEq(terms.withholdPpm, 200_000);
        assertEq(terms.drawWindow, times.draw);
        assertEq(terms.grantWindow, times.grant);
    }

    function _assertRequest(uint256 requestId) private view {
        IValidationOracle.RequestTerms memory terms = oracle.requestOf(requestId).terms;
        assertEq(uint8(terms.kind), uint8(IValidationOracle.Kind.Evaluation));
        assertEq(terms.subject, MODEL);
        assertEq(terms.commitWindow, times.commit);
        assertEq(terms.revealWindow, times.reveal);
        assertEq(terms.appealWindow, times.appeal);
        assertEq(terms.tolerance, 10_000);
    }

    /// @dev The body is paid for its work, whatever comes out.
    function test_path_failsByTheScore() public {
        uint256 id = _assess(_scored(PASS - 1));
        _assertStage(id, IConformity.Stage.Failed);
        assertEq(conformity.standingOf(setId, MODEL).score, PASS - 1);
        _assertPaid(id, ALL, BODY_FEE);
    }

    function test_path_failsByACriterion() public {
        IConformity.TestSet memory set = _set();
        set.requiredCriteria = 4;
        setId = _registerSet(set);
        uint256 id = _assess(_scored(PASS)); // criteria 0 and 1 are met
        _assertStage(id, IConformity.Stage.Failed);
        _assertPaid(id, ALL, BODY_FEE);
    }

    function testFuzz_path_passesFromTheThresholdOn(int64 score, int64 threshold, uint16 required) public {
        IConformity.TestSet memory set = _set();
        (set.threshold, set.requiredCriteria) = (threshold, required);
        setId = _registerSet(set);
        uint256 id = _assess(_scored(score));
        bool passed = score >= threshold && 3 & required == required;
        _assertStage(id, passed ? IConformity.Stage.Passed : IConformity.Stage.Failed);
        assertEq(conformity.isCurrent(setId, MODEL, 0), passed);
        assertEq(conformity.standingOf(setId, MODEL).score, score);
        _assertPaid(id, ALL, BODY_FEE);
    }

    /// @dev No change of Policy touches an assessment that is open.
    function test_path_runsByTheRulesOfItsOpening() public {
        uint256 id = _toDraw();
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 31);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 1e27, 1e27), tiers);
        policy.setTimeouts(IPolicy.Timeouts(60, 60, 60, 60, 60, 60, 60, 60));
        policy.setStakes(IPolicy.Stakes(type(uint96).max, 0, 1_000_000, 1_000_000));
        vm.roll(block.number + 3);
        conformity.advance(id);
        assertEq(conformity.assessment(id).deadline, block.timestamp + times.grant);
        _give(id, DATA);
        _give(id, NET);
        _assertRequest(conformity.assessment(id).requestId);
        _say(id, PANEL, _scored(PASS));
        conformity.advance(id);
        _timeoutStage(id);
        _assertPaid(id, ALL, BODY_FEE);
    }

    /// @dev Not even retiring the module does.
    function test_path_endsAfterRetirement() public {
        uint256 id = _toEvaluate();
        escrow.retire(address(conformity));
        bytes32 role = staking.MODULE_ROLE();
        staking.revokeRole(role, address(conformity));
        staking.revokeRole(role, address(oracle));
        _say(id, PANEL, _scored(PASS));
        conformity.advance(id);
        _timeoutStage(id);
        _assertStage(id, IConformity.Stage.Passed);
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
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 31);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 0, 0), tiers);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, paymentToken));
        _apply(MODEL);
    }

    /// @dev A body that is no longer accredited, or works elsewhere, certifies nothing more.
    function test_open_theBodyHoldsItsRole() public {
        vm.prank(makeAddr("accreditor"));
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
        escrow.withdraw(address(paymentToken), PURSE - ALL - BODY_FEE + 1);
        vm.stopPrank();
        vm.expectPartialRevert(IEscrow.InsufficientBalance.selector);
        _apply(MODEL);
        assertEq(conformity.assessmentCount(), 0);
    }

    /// @dev Validators with a tie to the body, or dealings with the applicant, are passed over.
    function test_open_relationsDoNotSit() public {
        for (uint256 i; i < VALIDATORS - PANEL; ++i) {
            if (i % 2 == 0) {
                vm.prank(validators[i]);
                registry.declareTie(body, type(uint40).max);
            } else {
                registry.recordDealing(validators[i], applicant);
            }
        }
        uint256 id = _toGrant();
        address[] memory members = oracle.panel(conformity.assessment(id).panelId).members;
        for (uint256 i; i < members.length; ++i) {
            for (uint256 j; j < VALIDATORS - PANEL; ++j) {
                assertNotEq(members[i], validators[j]);
            }
        }
    }

    /* DRAWING */

    function test_drawing_isArmedAnewAndThenVoid() public {
        uint256 id = _toDraw();
        vm.expectPartialRevert(IConformity.NoStepDue.selector);
        conformity.advance(id); // the named block is still to come
        vm.roll(block.number + 300); // its hash is gone
        conformity.advance(id);
        uint256 panelId = conformity.assessment(id).panelId;
        assertEq(oracle.panel(panelId).armedBlock, block.number + 2);
        _assertStage(id, IConformity.Stage.Drawing);
        vm.roll(block.number + 300);
        _timeoutStage(id);
        _assertVoid(id, IConformity.Cause.PanelNotSeated);
        _assertPaid(id, 0, 0);
    }

    function test_drawing_missedAgainAndAgain() public {
        uint256 id = _toDraw();
        for (uint256 i; i < 10; ++i) {
            vm.roll(block.number + 300);
            conformity.advance(id);
        }
        vm.roll(block.number + 3);
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Granting);
    }

    /// @dev A panel that somebody seated on the oracle counts, also after the deadline.
    function test_drawing_seatedByAnybody() public {
        uint256 id = _toDraw();
        vm.roll(block.number + 3);
        oracle.seat(conformity.assessment(id).panelId);
        _timeoutStage(id);
        _assertStage(id, IConformity.Stage.Granting);
    }

    /// @dev Whoever calls chooses the gas: no amount of it ends an assessment whose panel can be seated.
    function testFuzz_drawing_tooLittleGas(uint256 gas_) public {
        vm.warp(block.timestamp / EPOCH * EPOCH + EPOCH);
        IPolicy.Timeouts memory short = times;
        short.draw = 60;
        policy.setTimeouts(short);
        uint256 id = _apply(MODEL);
        vm.roll(block.number + 3);
        vm.warp(conformity.assessment(id).deadline);
        gas_ = bound(gas_, 30_000, 1_500_000);
        (bool ok,) = address(conformity).call{gas: gas_}(abi.encodeCall(conformity.advance, (id)));
        _assertStage(id, ok ? IConformity.Stage.Granting : IConformity.Stage.Drawing);
    }

    function test_drawing_saysThatGasLacks() public {
        vm.warp(block.timestamp / EPOCH * EPOCH + EPOCH);
        uint256 id = _apply(MODEL);
        vm.roll(block.number + 3);
        uint256 snapshot = vm.snapshotState();
        uint256 needed = gasleft();
        conformity.advance(id);
        needed -= gasleft();
        assertTrue(vm.revertToState(snapshot));
        vm.expectRevert(IConformity.TooLittleGas.selector);
        conformity.advance{gas: needed * 3 / 4}(id);
    }

    /// @dev Nor does any amount of gas have another step end otherwise than with plenty.
    function testFuzz_steps_anyGas(uint256 gas_, uint8 which) public {
        uint256 id;
        if (which % 4 == 0) {
            id = _toDraw();
            vm.roll(block.number + 300); // to be armed anew
        } else {
            id = _toEvaluate();
            _say(id, which % 4 == 1 ? 2 : PANEL, _scored(PASS)); // no quorum, or a result
        }
        if (which % 4 == 3) {
            conformity.advance(id);
            vm.warp(conformity.assessment(id).deadline);
        }
        bytes32 before = _record(id);
        uint256 snapshot = vm.snapshotState();
        conformity.advance(id);
        bytes32 wanted = _record(id);
        assertTrue(vm.revertToState(snapshot));
        gas_ = bound(gas_, 30_000, 800_000);
        (bool ok,) = address(conformity).call{gas: gas_}(abi.encodeCall(conformity.advance, (id)));
        assertEq(_record(id), ok ? wanted : before);
    }

    function _record(uint256 id) private view returns (bytes32) {
        uint256 held = escrow.held(address(conformity), address(paymentToken), bytes32(id));
        IConformity.Standing memory standing = conformity.standingOf(setId, MODEL);
        return keccak256(abi.encode(conformity.assessment(id), held, _paid(applicant), standing));
    }

    /* GRANTING */

    function test_grant_onlyTheKeysOwner() public {
        uint256 id = _toGrant();
        address member = oracle.panel(conformity.assessment(id).panelId).members[0];
        _expectNotParty(id, body, NET);
        _expectNotParty(id, applicant, DATA);
        _expectNotParty(id, member, DATA);
        _expectNotParty(id, member, NET);
        vm.expectRevert(IConformity.EmptyGrants.selector);
        vm.prank(body);
        conformity.grant(id, DATA, 0);
    }

    function _expectNotParty(uint256 id, address from, IConformity.Artifact artifact) private {
        vm.expectRevert(abi.encodeWithSelector(IConformity.NotParty.selector, from));
        vm.prank(from);
        conformity.grant(id, artifact, "grants");
    }

    /// @dev The same key twice is one key; the panel is asked once.
    function test_grant_againIsNoSecondKey() public {
        uint256 id = _toGrant();
        _give(id, DATA);
        _give(id, DATA);
        _assertStage(id, IConformity.Stage.Granting);
        _give(id, NET);
        uint256 requestId = conformity.assessment(id).requestId;
        _give(id, NET);
        _give(id, DATA);
        assertEq(conformity.assessment(id).requestId, requestId);
        assertEq(oracle.requestCount(), 1);
    }

    /// @dev Once the panel works its members may hand keys on, and nobody else.
    function test_grant_byMembers() public {
        uint256 id = _toEvaluate();
        address member = oracle.panel(conformity.assessment(id).panelId).members[0];
        vm.expectEmit(address(conformity));
        emit IConformity.KeysGranted(id, member, DATA, "for an appeal");
        vm.prank(member);
        conformity.grant(id, DATA, "for an appeal");
        _expectNotParty(id, makeAddr("stranger"), NET);
        _say(id, PANEL, _scored(PASS));
        conformity.advance(id);
        vm.prank(member);
        conformity.grant(id, NET, "for an appeal");
    }

    function test_grant_inNoOtherStage() public {
        uint256 id = _toDraw();
        vm.expectRevert(
            abi.encodeWithSelector(IConformity.WrongStage.selector, id, IConformity.Stage.Drawing)
        );
        _give(id, DATA);
        id = _assess(_scored(PASS));
        vm.expectRevert(abi.encodeWithSelector(IConformity.WrongStage.selector, id, IConformity.Stage.Passed));
        _give(id, DATA);
        vm.expectRevert(abi.encodeWithSelector(IConformity.UnknownAssessment.selector, 9));
        _give(9, DATA);
        vm.expectRevert(abi.encodeWithSelector(IConformity.UnknownAssessment.selector, 9));
        conformity.assessment(9);
        vm.expectRevert(abi.encodeWithSelector(IConformity.UnknownAssessment.selector, 9));
        conformity.advance(9);
    }

    function test_granting_silentBody() public {
        uint256 id = _toGrant();
        _give(id, NET);
        _expireGranting(id);
        _assertVoid(id, IConformity.Cause.BodySilent);
        _assertPaid(id, 0, 0);
    }

    function test_granting_silentApplicant() public {
        uint256 id = _toGrant();
        _give(id, DATA);
        _expireGranting(id);
        _assertVoid(id, IConformity.Cause.ApplicantSilent);
        _assertPaid(id, 0, 0);
    }

    function test_granting_bothSilent() public {
        uint256 id = _toGrant();
        _expireGranting(id);
        _assertVoid(id, IConformity.Cause.BodySilent);
        _assertPaid(id, 0, 0);
    }

    /// @dev Until just before the deadline keys are taken, and nothing else is due.
    function _expireGranting(uint256 id) private {
        IConformity.Assessment memory a = conformity.assessment(id);
        vm.warp(a.deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IConformity.NoStepDue.selector, id, IConformity.Stage.Granting, a.deadline)
        );
        conformity.advance(id);
        vm.warp(a.deadline);
        vm.expectRevert(abi.encodeWithSelector(IConformity.DeadlinePassed.selector, id, a.deadline));
        _give(id, DATA);
        conformity.advance(id);
    }

    /* WHAT THE PANEL SAYS */

    /// @dev Garbage grants, an artifact that does not open, a hostile or unstable model: it says nothing of the model.
    function test_evaluating_onlyAScoreFailsAModel() public {
        IValidationOracle.ReportStatus[3] memory statuses = [
            IValidationOracle.ReportStatus.CannotOpen,
            IValidationOracle.ReportStatus.Unstable,
            IValidationOracle.ReportStatus.Rejected
        ];
        IConformity.Cause[3] memory causes =
            [IConformity.Cause.CannotOpen, IConformity.Cause.Unstable, IConformity.Cause.Rejected];
        for (uint256 i; i < statuses.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _toAppeal(_says(statuses[i]));
            vm.warp(conformity.assessment(id).deadline);
            vm.expectEmit(address(conformity));
            emit IConformity.Voided(id, causes[i]);
            conformity.advance(id);
            _assertVoid(id, causes[i]);
            _assertPaid(id, ALL, 0); // whoever worked is paid, the body is not
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function test_evaluating_noAgreement() public {
        uint256 id = _toEvaluate();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(int64(int256(i * 100_000)));
        }
        _answerEach(conformity.assessment(id).requestId, reports);
        conformity.advance(id);
        _timeoutStage(id);
        _assertVoid(id, IConformity.Cause.Inconclusive);
        _assertPaid(id, ALL, 0);
    }

    /// @dev Those who spoke are paid, the silent fined, and there is nothing to appeal.
    function test_evaluating_noQuorum() public {
        uint256 id = _toEvaluate();
        vm.expectPartialRevert(IConformity.NoStepDue.selector);
        conformity.advance(id); // there is time left
        _say(id, 2, _scored(PASS));
        conformity.advance(id);
        _assertVoid(id, IConformity.Cause.PanelSilent);
        _assertPaid(id, 2 * FEE, 0);
        assertEq(_burnt(stakingToken), 3 * SEAT / 20);
    }

    function test_evaluating_talliedAndFinalByAnybody() public {
        uint256 id = _toEvaluate();
        _say(id, PANEL, _scored(PASS));
        oracle.tally(conformity.assessment(id).requestId);
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Appealing);
        vm.expectPartialRevert(IConformity.NoStepDue.selector);
        conformity.advance(id);
    }

    /// @dev A void assessment leaves an earlier result as it was.
    function test_void_leavesTheStanding() public {
        _assess(_scored(PASS));
        uint256 id = _assess(_says(IValidationOracle.ReportStatus.CannotOpen));
        _assertStage(id, IConformity.Stage.Void);
        assertTrue(conformity.isCurrent(setId, MODEL, 0));
        assertEq(conformity.standingOf(setId, MODEL).at, conformity.assessment(id - 1).askedAt);
    }

    /// @dev Final is final.
    function test_ends_areEnds() public {
        uint256 id = _assess(_scored(PASS));
        vm.expectRevert(
            abi.encodeWithSelector(IConformity.NoStepDue.selector, id, IConformity.Stage.Passed, 0)
        );
        conformity.advance(id);
        id = _toGrant();
        _timeoutStage(id);
        skip(365 days);
        vm.expectRevert(abi.encodeWithSelector(IConformity.NoStepDue.selector, id, IConformity.Stage.Void, 0));
        conformity.advance(id);
    }

    /* APPEALS */

    /// @dev A panel that lies is overruled by a fresh one; only what stands is certified, and who lied is not paid.
    function test_appeal_overturns() public {
        uint256 id = _toAppeal(_scored(PASS));
        uint256 requestId = conformity.assessment(id).requestId;
        address appellant = makeAddr("appellant");
        uint256 deposit = oracle.appealDeposit(requestId);
        _fund(appellant, paymentToken, deposit, address(oracle));
        vm.prank(appellant);
        oracle.appeal(requestId);
        uint256 panelId = oracle.requestOf(requestId).appealPanelId;
        _nextEpoch();
        _seat(panelId);
        vm.warp(conformity.assessment(id).deadline);
        vm.expectPartialRevert(IConformity.NoStepDue.selector);
        conformity.advance(id); // the appeal runs

        uint256 appealId = oracle.requestOf(requestId).appealRequestId;
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](2 * PANEL + 1);
        for (uint256 i; i < reports.length; ++i) {
            reports[i] = _scored(PASS - 100_000);
        }
        _answerEach(appealId, reports);
        conformity.advance(id);
        _assertStage(id, IConformity.Stage.Failed);
        assertEq(conformity.standingOf(setId, MODEL).score, PASS - 100_000);
        assertEq(escrow.held(address(conformity), address(paymentToken), bytes32(id)), 0);
        assertEq(_sum(validators), (2 * PANEL + 1) * FEE, "the appeal panel, from the deposit");
        assertEq(_paid(appellant), deposit - (2 * PANEL + 1) * FEE);
        assertEq(_paid(body), BODY_FEE);
        assertEq(_paid(applicant), PURSE - BODY_FEE);
        assertEq(_burnt(stakingToken), PANEL * SEAT);
    }

    /* ENDING BY TIME */

    /// @dev In whatever stage everybody falls silent, a stranger brings the assessment to its end, and all is paid out.
    function testFuzz_everyStage_endsByTimeAlone(uint8 stage, uint8 reports) public {
        uint256 id = stage % 4 == 0 ? _toDraw() : stage % 4 == 1 ? _toGrant() : _toEvaluate();
        uint256 said = stage % 4 > 1 ? reports % (PANEL + 1) : 0;
        if (stage % 4 > 1) _say(id, said, _scored(PASS));
        if (stage % 4 == 3 && said == PANEL) conformity.advance(id);
        for (uint256 i; i < 6 && conformity.assessment(id).stage < IConformity.Stage.Passed; ++i) {
            skip(61 days);
            vm.roll(block.number + 300);
            conformity.advance(id);
        }
        bool quorum = said >= 4;
        _assertStage(id, quorum ? IConformity.Stage.Passed : IConformity.Stage.Void);
        _assertPaid(id, said * FEE, quorum ? BODY_FEE : 0);
    }

    /// @dev Fees of any size, and several assessments at once: each hold pays its own.
    function testFuzz_money(uint96 fee, uint96 bodyFee, uint8 size) public {
        IConformity.TestSet memory set = _set();
        fee = uint96(bound(fee, 1e18, type(uint96).max / 64));
        (set.bodyFee, set.panelSize) = (uint96(bound(bodyFee, 0, type(uint96).max / 4)), size % 4 * 2 + 3);
        setId = _registerSet(set);
        uint256 total = conformity.quote(setId, fee);
        _fund(applicant, paymentToken, 2 * total, address(conformity));
        uint256 other = _toEvaluate();
        vm.prank(applicant);
        uint256 id = conformity.open(setId, MODEL, fee);
        vm.roll(block.number + 3);
        conformity.advance(id);
        _give(id, DATA);
        _give(id, NET);
        uint256 before = _paid(applicant);
        _say(id, set.panelSize, _scored(PASS));
        conformity.advance(id);
        _timeoutStage(id);
        assertEq(_sum(validators), uint256(fee) * set.panelSize);
        assertEq(_paid(body), set.bodyFee);
        assertEq(_paid(applicant), before, "it paid what was quoted");
        assertEq(escrow.held(address(conformity), address(paymentToken), bytes32(id)), 0);
        uint256 untouched = escrow.held(address(conformity), address(paymentToken), bytes32(other));
        assertEq(untouched, conformity.quote(setId, FEE), "another's hold");
    }
}
