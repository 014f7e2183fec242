// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {SystemRules} from "./SystemRules.sol";

/// @notice What is true of the whole market after anything that anybody does in it.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.fail-on-revert = true
/// forge-config: deep.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.timeout = 360
contract SystemInvariants is SystemRules {
    uint8 private constant MOST_STEPS = 7; // of an assessment

    function setUp() public override {
        super.setUp();
        targetContract(address(this));
        targetSelector(FuzzSelector(address(this), _acts()));
    }

    /* THREE CAMPAIGNS: calling takes most of the time, so rules share one */

    /// @dev No unit is lost, made or somebody else's.
    function invariant_Money() public view {
        _everyTokenIsSomebodys();
        _aHoldGivesNoMoreThanItGot();
        _aDealThatHasEndedHoldsNothing();
        _assessmentsAndOpinionsHoldWhatTheyOwe();
        _anOpenDealCoversAllItCanOwe();
        _whatIsSlashedIsBurnt();
        _stakesAreAsTheyWereStaked();
    }

    /// @dev What is written stays as it was written, and so do the rules of an open deal.
    function invariant_Records() public view {
        _resultsAreWrittenOnce();
        _verdictsAreWrittenOnce();
        _versionsAndLineageAreWrittenOnce();
        _aDealThatHasEndedStaysAsItIs();
        _rulesOfAnOpenDealStay();
    }

    /// @dev Who may do what, how often, and for how long.
    function invariant_Conduct() public view {
        _submissionsStayWithinTheCap();
        _oneRevealAndOnlyAfterItsCommit();
        _stepsArePaidOnce();
        _theWinnerGetsTheSecondPrice();
        _stakesAreBehindTheSeats();
        _roundsPayAndHoldNoMoreThanTheyMay();
        _windowsLast();
        _auditsJuriesAndChambersCountTheirSeats();
        _rolesAreTakenWaitedForAndAccredited();
        _nobodyTrespasses();
    }

    /* MONEY */

    /// @dev Balances and holds together are the tokens held, to the last unit, but for what strayed in.
    function _everyTokenIsSomebodys() private view {
        _assertSolvent(address(paymentToken));
        _assertSolvent(address(stakingToken));
    }

    /// @dev By events alone: what is held is what came less what went.
    function _aHoldGivesNoMoreThanItGot() private view {
        for (uint256 i; i < holdBooks.length; ++i) {
            HoldBook memory book = holdBooks[i];
            assertLe(book.gave, book.got);
            assertEq(escrow.held(book.module, book.token, book.id), book.got - book.gave);
        }
    }

    function _aDealThatHasEndedHoldsNothing() private view {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            if (!_isFinal(id)) continue;
            assertEq(_held(id), 0);
            assertTrue(_panelIsGone(id));
        }
    }

    /// @dev Neither spent nor kept: all that was quoted or offered until the end, and nothing then.
    function _assessmentsAndOpinionsHoldWhatTheyOwe() private view {
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            IConformity.Assessment memory a = conformity.assessment(id);
            uint256 panels = 2 * uint256(conformity.testSet(a.setId).panelSize) - fees[a.panelId].paid;
            uint256 owed = panels * a.evaluationFee + conformity.testSet(a.setId).bodyFee;
            owed = _isAssessed(id) ? 0 : owed + uint256(MOST_STEPS - a.steps) * a.stepFee;
            assertEq(_heldBy(address(conformity), paymentToken, id), owed);
            (bool works,) = _round(a.panelId);
            assertEq(!works, _isAssessed(id));
        }
        for (uint256 id = 1; id <= opinions.opinionCount(); ++id) {
            uint256 owed = _isOpinionOpen(id) ? opinions.opinion(id).offer.fee : 0;
            assertEq(_heldBy(address(opinions), paymentToken, id), owed);
        }
    }

    /// @dev What validators, auditors and keepers are paid never touches what a deal still owes to others.
    function _anOpenDealCoversAllItCanOwe() private view {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            if (_isFinal(id)) continue;
            ICommissionLens.Commission memory c = lens.commission(id);
            uint256 owed = uint256(c.request.reserve) * (1e6 + c.feePpm) / 1e6 + c.bond;
            owed += uint256(c.paidSteps - c.steps) * c.stepFee;
            assertGe(_held(id), owed + c.request.effortFee + c.request.killFee);
        }
    }

    /// @dev Nothing is distributed: whatever a rule takes from a stake or a bond lies at the burn address.
    function _whatIsSlashedIsBurnt() private view {
        assertEq(wronglyForfeited, 0);
        assertEq(_burnt(stakingToken), condemned[address(stakingToken)]);
        assertEq(_burnt(paymentToken), condemned[address(paymentToken)]);
    }

    /// @dev A validator's books are its hold: what it staked less what left and what was burnt.
    function _stakesAreAsTheyWereStaked() private view {
        for (uint256 i; i < validators.length; ++i) {
            address validator = validators[i];
            IValidatorStaking.Stake memory own = staking.stakeOf(validator);
            uint256 books = uint256(own.amount) + own.exiting;
            assertEq(books, stakedBy[validator] - exitedBy[validator] - slashedOf[validator]);
            assertEq(books, _heldBy(address(staking), stakingToken, uint160(validator)));
            assertLe(own.locked, own.amount);
            assertEq(own.locked, staking.lockedBy(address(oracle), validator));
        }
    }

    /* WHAT IS WRITTEN */

    function _resultsAreWrittenOnce() private view {
        assertEq(writtenAgain, 0);
        for (uint256 i; i < requests.length; ++i) {
            (bool known, bytes32 result) = _resultOf(requests[i]);
            bytes32 written = results[requests[i]];
            assertEq(!known || oracle.requestOf(requests[i]).judged, written != 0);
            if (known && written != 0) assertEq(result, written);
        }
    }

    function _verdictsAreWrittenOnce() private view {
        assertEq(writtenAgain, 0);
        for (uint256 auditId = 1; auditId <= audits.auditCount(); ++auditId) {
            IAuditRegistry.AuditView memory audit = audits.audit(auditId);
            IAuditRegistry.Verdict[] memory seats = audit.seats;
            for (uint256 seat; seat < seats.length; ++seat) {
                bytes32 known = verdicts[auditId][seat];
                assertEq(seats[seat].at != 0, known != 0);
                bool seen = known != 0 && seats.length != 1;
                assertTrue(!seen || audit.opening, "sealed until nobody can follow");
                if (known != 0) assertEq(_verdictOf(auditId, seat), known);
            }
        }
    }

    /// @dev Its lineage is in the event that wrote the version, of which there is one.
    function _versionsAndLineageAreWrittenOnce() private view {
        assertEq(writtenAgain, 0);
        for (uint256 i; i < manifests.length; ++i) {
            bytes32 known = versions[uint256(manifests[i])];
            assertEq(models.isRegistered(manifests[i]), known != 0);
            if (known != 0) assertEq(_versionOf(manifests[i]), known);
        }
    }

    function _aDealThatHasEndedStaysAsItIs() private view {
        assertEq(writtenAgain, 0);
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            assertEq(_isFinal(id), endings[id] != 0);
            if (endings[id] != 0) assertEq(_endingOf(id), endings[id]);
        }
    }

    /// @dev Whatever governance has changed meanwhile; the panel's stakes are those of the opening too.
    function _rulesOfAnOpenDealStay() private view {
        assertEq(staleRules, 0, "those of the opening");
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            ICommissionLens.Commission memory c = lens.commission(id);
            assertEq(_termsOf(id), termsAtOpening[id]);
            if (c.developer != address(0)) assertEq(c.bond, bondAtOpening[id]);
            (bool works,) = _round(c.panelId);
            if (!works) continue;
            IValidationOracle.PanelTerms memory terms = oracle.panel(c.panelId).terms;
            assertEq(terms.seatStake, stakesAtOpening[id].seat);
            assertEq(terms.silencePpm, stakesAtOpening[id].silencePpm);
            assertEq(terms.withholdPpm, stakesAtOpening[id].withholdPpm);
        }
    }

    /* WHAT HAPPENS ONCE */

    function _submissionsStayWithinTheCap() private view {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            ICommissionLens.Commission memory c = lens.commission(id);
            assertLe(c.attempts, c.request.submissionCap);
            assertEq(c.attempts, submissionsOf[id]);
        }
    }

    function _oneRevealAndOnlyAfterItsCommit() private view {
        assertEq(repeatedReveals, 0);
        assertEq(repeatedCommits, 0);
        assertEq(revealsWithoutCommit, 0);
        assertEq(commitsAfterReveals, 0);
    }

    /// @dev Every transition of a deal or an assessment, to whoever has brought it about; nothing else.
    function _stepsArePaidOnce() private view {
        assertEq(mispaidSteps, 0);
    }

    function _theWinnerGetsTheSecondPrice() private view {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            ICommissionLens.Commission memory c = lens.commission(id);
            if (c.developer == address(0)) continue;
            (bool found, uint96 bid) = _offerOf(id, c.developer);
            assertTrue(found);
            assertGe(c.price, bid);
            assertLe(c.price, c.request.reserve);
            (uint96 lowest, uint96 price) = _secondPrice(id);
            assertEq(bid, lowest);
            assertEq(c.price, price);
        }
    }

    /* SEATS AND WINDOWS */

    function _roundsPayAndHoldNoMoreThanTheyMay() private view {
        _feesAreBounded();
        _roundsHoldDepositsAlone();
    }

    function _auditsJuriesAndChambersCountTheirSeats() private view {
        _auditorsSeatsAreCounted();
        _jurorsSeatsAreCounted();
        _chambersCountTheirSeats();
    }

    /* WHO MAY */

    function _rolesAreTakenWaitedForAndAccredited() private view {
        for (uint256 i; i < members.length; ++i) {
            assertFalse(_roleRuleBrokenBy(members[i]));
        }
    }

    function _nobodyTrespasses() private view {
        assertEq(trespasses, 0);
    }

    /* THE WAY OUT */

    /// @dev From whatever state was reached a stranger alone brings every deal and assessment to its end, whoever asked
    /// an opinion to its; and all their money is paid out.
    function afterInvariant() public {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            _drain(id);
            assertTrue(_isFinal(id));
        }
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            _drainAssessment(id);
            assertTrue(_isAssessed(id));
        }
        for (uint256 id = 1; id <= opinions.opinionCount(); ++id) {
            _drainOpinion(id);
            assertFalse(_isOpinionOpen(id));
        }
        _readLogs();
        _stakesAreBehindTheSeats();
        _feesAreBounded();
        _roundsHoldDepositsAlone();
        _windowsLast();
        _auditorsSeatsAreCounted();
        _jurorsSeatsAreCounted();
        for (uint256 i; i < holdBooks.length; ++i) {
            HoldBook memory book = holdBooks[i];
            if (book.token == address(stakingToken)) continue; // stakes and bonds, their owners' to take
            assertEq(escrow.held(book.module, book.token, book.id), 0);
        }
        _assertSolvent(address(paymentToken));
        _assertSolvent(address(stakingToken));
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            _recordFacts(id);
        }
    }

    /// @dev However a deal has ended, it says no more than happened, and that can be brought in.
    function _recordFacts(uint256 id) private {
        IFactSource.Fact[] memory found = facts.factsOf(id);
        uint256 submissions;
        for (uint256 i; i < found.length; ++i) {
            if (found[i].kind <= IReputation.Kind.ValidationFailed) submissions += found[i].count;
        }
        assertLe(submissions, lens.commission(id).attempts);
        if (found.length == 0) return;
        vm.prank(stranger);
        reputation.record(facts, id);
        assertLt(reputation.overall(found[0].subject), 1e6);
    }

    function _assertSolvent(address token) private view {
        uint256 owed;
        for (uint256 i; i < accounts.length; ++i) {
            owed += escrow.balanceOf(accounts[i], token);
        }
        for (uint256 i; i < holdBooks.length; ++i) {
            HoldBook memory book = holdBooks[i];
            if (book.token == token) owed += escrow.held(book.module, token, book.id);
        }
        assertEq(owed, deposited[token] - withdrawn[token]);
        assertEq(owed + strayed[token], IERC20(token).balanceOf(address(escrow)));
    }
}

