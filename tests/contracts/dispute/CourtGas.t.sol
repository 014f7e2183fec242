// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice The gas of a dispute's steps, whole transactions, for a jury of three and for the largest. Needs `isolate =
/// true`.
contract CourtGasTest is DisputeFixture {
    string private constant GROUP = "Court";

    function test_gas_ofADispute() public {
        _enlist(21);
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.prank(customer);
        uint256 disputeId = disputes.open(market, id, IDisputes.Ground.Delivery, keccak256("evidence"));
        vm.snapshotGasLastCall(GROUP, "open");
        vm.prank(developer);
        disputes.submitEvidence(disputeId, keccak256("answer"));
        vm.snapshotGasLastCall(GROUP, "submitEvidence");
        court.advance(disputeId);
        vm.snapshotGasLastCall(GROUP, "advance: arm");
        vm.roll(block.number + 3);
        court.advance(disputeId);
        vm.snapshotGasLastCall(GROUP, "advance: draw 3");
        _vote(disputeId, 3, true);
        _fund(developer, paymentToken, JURY_FEE * 7 / 3, address(court));
        vm.prank(developer);
        disputes.appeal(disputeId);
        vm.snapshotGasLastCall(GROUP, "appeal");
        _drawJury(disputeId);
        _vote(disputeId, 7, false);
        court.advance(disputeId);
        vm.snapshotGasLastCall(GROUP, "advance: settle rounds of 3 and 7");
        court.advance(disputeId);
        vm.snapshotGasLastCall(GROUP, "advance: rule, the customer wins");
    }

    /// @dev Within a block, with jurors who have never held the token.
    function test_gas_ofTheLargestJury() public {
        _enlist(45);
        uint256 disputeId = _contest(_toChallenge(), customer);
        _drawJury(disputeId);
        _vote(disputeId, 3, false);
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        _drawJury(disputeId);
        _vote(disputeId, 7, false);
        _appealRuling(disputeId, developer, JURY_FEE * 5);
        court.advance(disputeId);
        vm.roll(block.number + 3);
        court.advance(disputeId);
        assertLt(vm.snapshotGasLastCall(GROUP, "advance: draw 15"), 10_000_000);
        _vote(disputeId, 15, false);
        court.advance(disputeId);
        assertLt(vm.snapshotGasLastCall(GROUP, "advance: settle rounds of 3, 7 and 15"), 10_000_000);
    }

    function _vote(uint256 disputeId, uint256 size, bool measured) private {
        for (uint256 i; i < size; ++i) {
            _accept(disputeId, i);
            if (measured && i == 1) vm.snapshotGasLastCall(GROUP, "accept");
        }
        court.advance(disputeId);
        for (uint256 i; i < size; ++i) {
            _commit(disputeId, i, FOR_CUSTOMER);
            if (measured && i == 1) vm.snapshotGasLastCall(GROUP, "commit");
        }
        court.advance(disputeId);
        for (uint256 i; i < size; ++i) {
            _revealVote(disputeId, i, FOR_CUSTOMER);
            if (measured && i == 1) vm.snapshotGasLastCall(GROUP, "reveal");
        }
        court.advance(disputeId);
        if (measured) vm.snapshotGasLastCall(GROUP, "advance: tally 3");
    }
}
