// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
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

    /// @dev All validators have sat on a panel before, though not in this room.
    function _everybodySits() private {
        uint256 panelId = oracle.openPanel(
            IValidationOracle.PanelTerms({
                token: address(paymentToken),
                seatStake: SEAT,
                customer: customer,
                evaluationFee: FEE,
                developer: developer,
                appealBond: 0,
                size: uint8(VALIDATORS),
                silencePpm: 0,
                withholdPpm: 0,
                coolingOff: COOLING_OFF,
                drawWindow: 0,
                grantWindow: 0
            })
        );
        _seat(panelId);
        oracle.dissolve(panelId);
        _nextEpoch();
    }

    function test_gas_ofADeal() public {
        uint256 id = _open(_request());
        assertLt(vm.snapshotGasLastCall(GROUP, "open"), 350_000);
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
        vm.snapshotGasLastCall(GROUP, "advance: award");
        _nextEpoch();
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: open and arm the panel");
        vm.roll(block.number + 3);
        market.advance(id);
        assertLt(vm.snapshotGasLastCall(GROUP, "advance: seat the panel"), 300_000);
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
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: tally");
        _timeout(id);
        vm.snapshotGasLastCall(GROUP, "advance: passed");
        _deliver(id);
        vm.snapshotGasLastCall(GROUP, "advance: delivered");
        vm.warp(_deadline(id));
        market.settle(id, submission);
        assertLt(vm.snapshotGasLastCall(GROUP, "settle, two payees"), 200_000);
    }

    /// @dev Every transaction that anybody sends for a deal of risk class 1: two bidders, of whom the second to reveal overtakes
    /// the first, a panel of five, one attempt, two payees.
    function test_gas_ofAllTransactionsOfADeal() public {
        uint256 id = _open(_request());
        _count();
        _biddingCounted(id);
        vm.warp(lens.commission(id).request.revealEnds);
        _advanceCounted(id);
        _nextEpoch();
        _advanceCounted(id);
        vm.roll(block.number + 3);
        _advanceCounted(id);
        _grantData(id);
        _count();
        _answerCounted(id, _says(IValidationOracle.ReportStatus.Scored));
        _advanceCounted(id);
        _submit(id, "a model");
        _count();
        _answerCounted(id, _scored(THRESHOLD));
        _advanceCounted(id);
        vm.warp(lens.commission(id).deadline);
        _advanceCounted(id);
        _answerCounted(id, _attested());
        _advanceCounted(id);
        _settle(id, "a model");
        _count();
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
        uint256 requestId = lens.commission(id).requestId;
        address[] memory members = oracle.panel(oracle.requestOf(requestId).terms.panelId).members;
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

    function test_gas_ofAnAudit() public {
        _fund(developer, paymentToken, BOND, address(auctions));
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], true);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: approved");
    }
}
