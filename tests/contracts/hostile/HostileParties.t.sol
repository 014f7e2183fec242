// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Parties that are contracts which revert, or burn all the gas they are given, whenever they are called.
/// Nothing pushes money or tokens to anybody, so nobody calls them, and every deal ends as it would have.
contract HostilePartiesTest is CommissionFixture {
    bytes private constant REVERTS = hex"5f5ffd"; // PUSH0, PUSH0, REVERT
    bytes private constant BURNS = hex"5b5f56"; // JUMPDEST, PUSH0, JUMP: for ever

    uint96 private constant PRICE = RESERVE / 2;

    /// @dev All of them at once, before the deal settles, or from its very beginning.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_settles(bool burn, bool fromTheBeginning) public {
        bytes memory code = burn ? BURNS : REVERTS;
        if (fromTheBeginning) _etchAll(code);
        (uint256 id,) = _toAuditing();
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        _etchAll(code);
        _settle(id, "model");
        assertEq(models.ownerOf(lens.commission(id).modelId), customer);
        assertEq(_paid(developer), BOND + PRICE - _sum(payees));
        assertEq(_paid(treasury), PRICE / 40);
        assertEq(_paid(payees[0]), PRICE / 10);
        assertEq(_sum(auditors) + _paid(regulator), AUDITS * AUDIT_FEE);
        _assertAllPaidOut(id);
    }

    /// @dev A refund that pays everybody whom a refund can pay.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_refunds(bool burn) public {
        uint256 id = _toAttesting();
        _etchAll(burn ? BURNS : REVERTS);
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        market.advance(id);
        _carryOut(id);
        _assertRefunded(id, ICommissionMarket.Cause.BadData, PANEL * FEE, BOND + KILL_FEE, 0);
    }

    /// @dev The bond goes back to a bidder that cannot be called, before and after the close.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_returnsBonds(bool burn, bool afterwards) public {
        uint256 id = _toBidding();
        uint256 auctionId = lens.commission(id).auctionId;
        address[3] memory all = [third, rival, developer];
        for (uint96 i; i < 3; ++i) {
            vm.etch(all[i], burn ? BURNS : REVERTS);
            _bid(id, all[i], PRICE - i);
        }
        vm.warp(lens.commission(id).request.commitEnds);
        for (uint96 i; i < 3; ++i) {
            _reveal(id, all[i], PRICE - i);
        }
        vm.warp(lens.commission(id).request.revealEnds);
        if (afterwards) market.advance(id);
        auctions.reclaim(auctionId, third);
        auctions.reclaim(auctionId, rival);
        assertEq(_paid(third), BOND);
        assertEq(_paid(rival), BOND);
        if (!afterwards) market.advance(id);
        assertEq(lens.commission(id).developer, developer);
        assertEq(lens.commission(id).price, PRICE - 1);
    }

    /// @dev An appellant, and the appeal panel, that cannot be called.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_appeals(bool burn) public {
        uint256 id = _toAppealing();
        uint256 panelId = _panelOf(id);
        _fund(third, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        vm.prank(third);
        rounds.appeal(panelId);
        _seatPanel(id);
        _etchAll(burn ? BURNS : REVERTS);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](2 * PANEL + 1);
        for (uint256 i; i < reports.length; ++i) {
            reports[i] = _scored(EFFORT);
        }
        _answerEach(rounds.roundOf(panelId).appealRequestId, reports);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        assertEq(lens.commission(id).lastScore, EFFORT, "as the appeal panel says");
        assertEq(_paid(third), BOND + 50e18, "its bond of the bid, and the appeal's");
    }

    /// @dev Stakes and standing bonds leave with owners that cannot be called.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_stakesAndBondsLeave(bool burn, uint96 part) public {
        part = uint96(bound(part, 1, 5 * SEAT));
        _etchAll(burn ? BURNS : REVERTS);
        address validator = validators[0];
        vm.startPrank(validator);
        staking.requestExit(part);
        skip(EXIT_COOLDOWN);
        staking.completeExit();
        vm.stopPrank();
        vm.prank(auditors[0]);
        audits.leave();
        assertEq(_balance(validator, stakingToken), part);
        assertEq(_balance(auditors[0], stakingToken), AUDITOR_BOND);
    }

    /// @dev The model goes to a customer that is a contract without `onERC721Received`; it can pass it on.
    function test_theModelIsTransferable() public {
        uint256 id = _toChallenge();
        vm.etch(customer, REVERTS);
        _settle(id, "model");
        uint256 modelId = lens.commission(id).modelId;
        vm.etch(rival, REVERTS);
        vm.startPrank(customer);
        vm.expectRevert(); // the receiver's own refusal
        models.safeTransferFrom(customer, rival, modelId);
        models.transferFrom(customer, third, modelId);
        vm.stopPrank();
        assertEq(models.ownerOf(modelId), third);
    }

    /// @dev Shares for the very parties of the deal, and twice for one account, add up like any others.
    function testFuzz_payeesAreAnybody(uint32 first, uint32 second) public {
        first = uint32(bound(first, 0, 1e6));
        second = uint32(bound(second, 0, 1e6 - first));
        uint256 id = _toBuilding();
        IModelRegistry.Submission memory submission = _submission("model");
        submission.payees[0] = IModelRegistry.Payee(customer, first);
        submission.payees[1] = IModelRegistry.Payee(customer, second);
        vm.prank(developer);
        market.submit(id, submission);
        _evaluate(id, THRESHOLD);
        _deliver(id);
        vm.warp(_deadline(id));
        uint256 before = _paid(customer);
        uint256 returned = _held(id) - PRICE - BOND - PRICE / 40;
        market.settle(id, submission);
        uint256 shares = uint256(PRICE) * first / 1e6 + uint256(PRICE) * second / 1e6;
        assertEq(_paid(customer) - before, returned + shares);
        assertEq(_paid(developer), BOND + PRICE - shares);
        _assertAllPaidOut(id);
    }

    function _etchAll(bytes memory code) private {
        vm.etch(customer, code);
        vm.etch(developer, code);
        vm.etch(rival, code);
        vm.etch(third, code);
        vm.etch(treasury, code);
        vm.etch(regulator, code);
        vm.etch(escrow.BURN_ADDRESS(), code);
        for (uint256 i; i < validators.length; ++i) {
            vm.etch(validators[i], code);
        }
        for (uint256 i; i < auditors.length; ++i) {
            vm.etch(auditors[i], code);
        }
        for (uint256 i; i < payees.length; ++i) {
            vm.etch(payees[i], code);
        }
    }
}
