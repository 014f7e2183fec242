// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whole transactions' gas in a market that has seen a deal before. Needs `isolate = true`.
contract CommissionGasTest is CommissionFixture {
    string private constant GROUP = "CommissionMarket";

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

    function test_gas_ofAnAudit() public {
        _fund(developer, paymentToken, BOND, address(auctions));
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        _post(id, seats[1], true);
        market.advance(id);
        vm.snapshotGasLastCall(GROUP, "advance: approved");
    }
}
