// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice A commission in which everybody does what was promised.
contract CommissionPathTest is CommissionFixture {
    uint96 private constant PRICE = RESERVE / 2;

    function test_path_settles() public {
        uint256 id = _toBidding();
        uint256 total = lens.quote(_request(), customer);
        assertEq(total, RESERVE + RESERVE / 40 + 4 * PANEL * FEE + EFFORT_FEE + KILL_FEE);
        assertEq(_held(id), total);
        assertEq(_paid(customer), FUNDS - total);
        _assertState(id, ICommissionMarket.State.Bidding);

        _award(id, PRICE);
        _assertState(id, ICommissionMarket.State.Attesting);
        _assertRound(id, IRounds.State.Drawing);
        assertEq(_held(id), total + BOND);
        _seatPanel(id);
        _assertRound(id, IRounds.State.Granting);
        _grantData(id);
        _assertRound(id, IRounds.State.Voting);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        _submit(id, "model");
        _assertState(id, ICommissionMarket.State.Evaluating);
        _answer(id, _scored(THRESHOLD));
        _timeout(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(lens.commission(id).word, _word(id));
        assertTrue(_panelIsGone(id), "nobody's stake waits for the delivery");
        _deliver(id);
        _assertState(id, ICommissionMarket.State.Challenge);
        _settle(id, "model");

        _assertState(id, ICommissionMarket.State.Settled);
        uint256 work = 2 * PANEL * FEE;
        assertEq(_sum(validators), work);
        assertEq(_paid(payees[0]), PRICE / 10);
        assertEq(_paid(payees[1]), uint256(PRICE) * 33_333 / 1e6);
        assertEq(_paid(developer), BOND + PRICE - _sum(payees));
        assertEq(_paid(rival), BOND);
        assertEq(_paid(treasury), PRICE / 40);
        assertEq(_paid(customer), FUNDS - work - PRICE - PRICE / 40);
        _assertAllPaidOut(id);

        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(models.ownerOf(c.modelId), customer);
        assertEq(models.latestVersion(c.modelId), "model");
        IModelRegistry.Version memory version = models.versionOf("model");
        assertEq(version.module, address(market));
        assertEq(version.dealId, id);
        assertEq(version.modelId, c.modelId);
        assertEq(c.spent, work);
        assertEq(staking.stakeOf(validators[0]).locked, 0);
    }

    function test_path_withAudit() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        assertEq(seats[0], regulator);
        _post(id, seats[0], true);
        _post(id, seats[1], true);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id); // whatever the two have sealed
        _post(id, seats[2], false);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_paid(seats[0]), AUDIT_FEE);
        assertEq(_paid(seats[1]), AUDIT_FEE);
        assertEq(_paid(seats[2]), AUDIT_FEE, "outvoted, and paid");
        _deliver(id);
        _settle(id, "model");
        _assertAllPaidOut(id);
        assertEq(_paid(customer), FUNDS - 2 * PANEL * FEE - AUDITS * AUDIT_FEE - PRICE - PRICE / 40);
        uint256 auditId = audits.latestAudit("model");
        assertFalse(audits.verdict(auditId, 2).approved);
        IAuditRegistry.Verdict memory verdict = audits.verdict(auditId, 0);
        assertEq(verdict.auditor, regulator);
        assertTrue(verdict.approved);
        assertEq(verdict.expires, verdict.at + audits.VERDICT_LIFE());
    }

    /// @dev The clock of the developer stands still while the panel works.
    function test_path_secondSubmissionPasses() public {
        uint256 id = _toBuilding();
        uint256 first = _deadline(id);
        skip(4 days);
        _submit(id, "bad model");
        _evaluate(id, THRESHOLD - 1);
        _assertState(id, ICommissionMarket.State.Building);
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(c.deadline, block.timestamp + 6 days);
        assertEq(c.buildDeadline, c.deadline);
        assertGt(c.deadline, first);
        assertEq(c.attempts, 1);
        assertEq(c.bestScore, THRESHOLD - 1);
        _submit(id, "good model");
        _evaluate(id, THRESHOLD + 1);
        _deliver(id);
        vm.expectEmit(address(models));
        emit IModelRegistry.VersionRegistered(
            "good model",
            1,
            developer,
            address(market),
            id,
            THRESHOLD + 1,
            keccak256(abi.encode(_submission("good model"))),
            _submission("good model").lineage
        );
        _settle(id, "good model");
        assertEq(_sum(validators), 3 * PANEL * FEE);
        _assertAllPaidOut(id);
    }

    /// @dev A score is not enough when a required criterion fails.
    function test_path_missingCriterionFails() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report memory report = _scored(THRESHOLD);
        report.criteria = 2;
        _answer(id, report);
        vm.warp(_deadline(id));
        vm.expectEmit(address(market));
        emit ICommissionMarket.Evaluated(id, 1, THRESHOLD, 2, false);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
    }

    /// @dev With no second bid the reserve is paid, and nothing but the unused fees comes back.
    function test_path_singleBidEarnsTheReserve() public {
        uint256 id = _toBidding();
        _bid(id, developer, 1);
        vm.warp(lens.commission(id).request.commitEnds);
        _assertState(id, ICommissionMarket.State.Revealing);
        _reveal(id, developer, 1);
        _timeout(id);
        assertEq(lens.commission(id).price, RESERVE);
        assertEq(lens.commission(id).developer, developer);
    }

    /// @dev One lies: the result stands, it is not paid, and loses its seat's stake once the time for an appeal is
    /// over.
    function test_path_liar() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(i == 0 ? int64(100) : THRESHOLD);
        }
        (uint256 requestId, address[] memory members) = (_requestOf(id), _membersOf(id));
        uint256 before = _sum(validators);
        _answerEach(requestId, reports);
        _passAppeal(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertEq(_sum(validators) - before, 4 * FEE);
        assertEq(staking.stakeOf(members[0]).amount, 4 * SEAT);
        assertEq(staking.stakeOf(members[1]).amount, 5 * SEAT);
    }

    /// @dev One lies and one is silent, so that no two thirds of the panel agree: the attempt has failed, nobody is
    /// slashed for its score, and whoever the result harms can appeal.
    function test_path_liarAndSilentMember() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](4);
        for (uint256 i; i < 4; ++i) {
            reports[i] = _scored(i == 0 ? int64(100) : THRESHOLD);
        }
        (uint256 requestId, address[] memory members) = (_requestOf(id), _membersOf(id));
        uint256 before = _sum(validators);
        _answerEach(requestId, reports);
        _passAppeal(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(_sum(validators) - before, 4 * FEE);
        assertEq(staking.stakeOf(members[0]).amount, 5 * SEAT);
        assertEq(staking.stakeOf(members[4]).amount, 5 * SEAT - SEAT / 20);
    }
}
