// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whole transactions' gas in a market that has seen a deal before. Needs `isolate = true`.
contract CommissionGasTest is CommissionFixture {
    string private constant GROUP = "CommissionMarket";

    uint256 private _gas; // of the transactions counted so far
    uint256 private _transactions;

    function setUp() public override {
        super.setUp();
        _everybodySits();
        uint256 id = _toBuilding();
        _submit(id, "settled model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _settle(id, "settled model");
        _fund(developer, paymentToken, 2 * BOND, address(auctions));
        _fund(rival, paymentToken, 2 * BOND, address(auctions));
    }

    /// @dev All steps are paid, to somebody who has had money before.
    function _stepFee() internal pure override returns (uint88) {
        return 0.5e18;
    }

    /// @dev All validators have sat on a panel before, though not in this room.
    function _everybodySits() private {
        IValidationOracle.PanelTerms memory terms;
        (terms.size, terms.seatStake) = (uint8(VALIDATORS), SEAT);
        (terms.customer, terms.developer) = (customer, developer);
        vm.startPrank(address(rounds));
        uint256 panelId = oracle.openPanel(terms);
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        oracle.seat(panelId);
        oracle.dissolve(panelId);
        vm.stopPrank();
        _nextEpoch();
    }

    function test_gas_ofADeal() public {
        uint256 id = _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open"), 352_000);
        _bid(id, developer, RESERVE / 4);
        assertLt(vm.snapshotGasLastCall(GROUP, "bid: commit with bond and gate"), 76_000);
        _bid(id, rival, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, rival, RESERVE / 2);
        vm.snapshotGasLastCall(GROUP, "bid: reveal, first leader");
        _reveal(id, developer, RESERVE / 4);
        vm.snapshotGasLastCall(GROUP, "bid: reveal, overtaking");
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: award, open and arm the panel");
        vm.roll(block.number + 3);
        market.advance(id);
        assertLt(vm.snapshotGasLastCall(GROUP, "advance: seat the panel"), 365_000);
        _grantData(id);
        vm.snapshotGasLastCall(GROUP, "grant");
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: attested");
        IModelRegistry.Submission memory submission = _submission("a model");
        submission.lineage = new IModelRegistry.Lineage[](2);
        submission.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, "settled model");
        submission.lineage[1] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Dataset, "training data");
        vm.prank(developer);
        market.submit(id, submission);
        assertLt(vm.snapshotGasLastCall(GROUP, "submit, two lineage edges"), 400_000);
        _answer(id, _scored(THRESHOLD));
        _timeout(id);
        vm.snapshotGasLastCall(GROUP, "advance: passed");
        _deliver(id);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver"), 50_000);
        vm.warp(_deadline(id));
        market.settle(id, submission);
        assertLt(vm.snapshotGasLastCall(GROUP, "settle, two payees"), 200_000);
    }

    /// @dev Every transaction that anybody sends for a deal of risk class 1: two bidders, of whom the second to reveal
    /// overtakes the first, a panel of five, one attempt, two payees.
    function test_gas_ofAllTransactionsOfADeal() public {
        uint256 id = _open(_request());
        _count();
        _biddingCounted(id);
        vm.warp(lens.commission(id).request.revealEnds);
        _advanceCounted(id);
        vm.roll(block.number + 3);
        _advanceCounted(id);
        _grantData(id);
        _count();
        IValidationOracle.Report memory verdict = _says(IValidationOracle.ReportStatus.Answered);
        verdict.word = "the key of the data is held"; // as every member's daemon says
        _answerCounted(id, verdict);
        _advanceCounted(id);
        _submit(id, "a model");
        _count();
        IValidationOracle.Report memory score = _scored(THRESHOLD);
        score.word = _word(id);
        _answerCounted(id, score);
        vm.warp(_deadline(id));
        _advanceCounted(id);
        _deliver(id);
        _count();
        _settle(id, "a model");
        _count();
        assertLe(_transactions, 34);
        vm.snapshotValue(GROUP, "a whole deal, gas", _gas);
        vm.snapshotValue(GROUP, "a whole deal, transactions", _transactions);
    }

    function _biddingCounted(uint256 id) private {
        _bid(id, developer, RESERVE / 4);
        _count();
        _bid(id, rival, RESERVE / 2);
        _count();
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, rival, RESERVE / 2);
        _count();
        _reveal(id, developer, RESERVE / 4);
        _count();
        auctions.reclaim(lens.commission(id).auctionId, rival);
        _count();
    }

    function _advanceCounted(uint256 id) private {
        market.advance(id);
        _count();
    }

    /// @dev Each member's commit and reveal.
    function _answerCounted(uint256 id, IValidationOracle.Report memory report) private {
        uint256 requestId = _requestOf(id);
        address[] memory members = _membersOf(id);
        for (uint256 i; i < members.length; ++i) {
            bytes32 vote = oracle.voteHash(requestId, members[i], report, "salt");
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
            _count();
        }
        vm.warp(oracle.requestOf(requestId).commitEnds);
        for (uint256 i; i < members.length; ++i) {
            vm.prank(members[i]);
            oracle.reveal(requestId, i, report, "salt");
            _count();
        }
    }

    /// @dev The last call was a transaction of the deal.
    function _count() private {
        _gas += vm.lastCallGas().gasTotalUsed;
        ++_transactions;
    }

    /// @dev Where steps are not paid.
    function test_gas_ofStepsWithoutAFee() public {
        IPolicy.PanelTier[] memory tiers = policy.panelTiers(address(paymentToken));
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 50e18, 0), tiers);
        _open(_request()); // copies the rules
        uint256 id = _open(_request());
        _bid(id, developer, RESERVE / 4);
        _bid(id, rival, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, rival, RESERVE / 2);
        _reveal(id, developer, RESERVE / 4);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: award, without a fee for it");
        vm.roll(block.number + 3);
        market.advance(id);
        assertLt(vm.snapshotGasLastCall(GROUP, "advance: seat the panel, without a fee for it"), 340_000);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: attested, without a fee for it");
    }

    function test_gas_ofAnAudit() public {
        _fund(developer, paymentToken, BOND, address(auctions));
        (uint256 id,) = _toAuditing();
        _postAll(id, true);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: approved");
    }
}
