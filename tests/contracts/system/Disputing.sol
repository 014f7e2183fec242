// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {Judging} from "./Judging.sol";

/// @notice Parties contest and appeal, jurors accept, vote, err, keep silent; an outside arbitrator rules or does not.
abstract contract Disputing is Judging {
    mapping(uint256 id => uint256 disputeId) internal disputeOf;

    function _contestDeal(uint256 id, address by, uint256 seed) internal {
        _refill(by, paymentToken, JURY_FEE * 5, address(court));
        uint256 value = market.dealOf(id).arbitrator == address(0) ? 0 : outside.COST();
        vm.deal(by, value);
        _readLogs();
        vm.prank(by);
        (bool ok,) = address(disputes).call{value: value}(
            abi.encodeCall(disputes.open, (market, id, IDisputes.Ground(seed % 4), "evidence"))
        );
        if (ok) disputeOf[id] = disputes.disputeCount();
        else vm.getRecordedLogs(); // as `_attempt` does
    }

    /// @dev The next step of a dispute, taken by whoever has to, or by nobody.
    function _judgeDeal(uint256 id, uint256 seed) internal {
        IDisputes.Case memory self = disputes.disputeOf(disputeOf[id]);
        if (seed % 16 == 0) _until(self.deadline);
        bool over = block.timestamp >= self.deadline;
        bytes memory expiry = abi.encodeCall(disputes.expire, (disputeOf[id]));
        if (_tried(stranger, address(disputes), expiry) && !over) ++trespasses;
        if (address(self.arbitrator) == address(court)) {
            for (uint256 i; i < 3; ++i) {
                _courtTurn(id, self.arbitratorDisputeId, _hash(seed, i));
            }
        } else if (seed % 4 != 0) {
            bytes memory data =
                abi.encodeCall(outside.give, (disputes, self.arbitratorDisputeId, seed / 4 % 4));
            _tried(stranger, address(outside), data);
        }
    }

    function _courtTurn(uint256 id, uint256 caseId, uint256 seed) private {
        ICourt.DisputeView memory d = court.dispute(caseId);
        ICourt.Seat[] memory seats = court.seatsOf(caseId, d.round);
        uint8 common = uint8(seed / 16 % 3);
        for (uint256 i; i < seats.length; ++i) {
            // One in eight is silent, one in eight of another mind.
            uint256 mood = _hash(seed, i) % 8;
            if (seats[i].juror == address(0) || mood == 0) continue;
            if (d.state == ICourt.State.Seating) _acceptSeat(caseId, i, seats[i].juror);
            uint8 vote = mood == 1 ? uint8(i % 3) : common;
            if (d.state == ICourt.State.Voting) _voteAs(caseId, i, d.round, seats[i].juror, vote);
            if (d.state == ICourt.State.Revealing) _revealAny(caseId, i, seats[i].juror);
        }
        if (d.state == ICourt.State.Appealing && seed % 3 == 0) {
            ICommissionLens.Commission memory c = lens.commission(id);
            address by = seed / 3 % 2 == 0 ? c.customer : c.developer;
            _refill(by, paymentToken, JURY_FEE * 5, address(court));
            _tried(by, address(disputes), abi.encodeCall(disputes.appeal, (disputeOf[id])));
        }
        _advanceCase(caseId);
        vm.roll(block.number + 3);
        if (!_advanceCase(caseId) && seed % 2 == 0) _until(d.deadline);
        _advanceCase(caseId);
    }

    function _acceptSeat(uint256 caseId, uint256 seat, address juror) private {
        _refill(juror, stakingToken, AUDITOR_BOND, address(court));
        _tried(juror, address(court), abi.encodeCall(court.accept, (caseId, seat)));
    }

    function _voteAs(uint256 caseId, uint256 seat, uint8 round, address juror, uint8 vote) private {
        bytes32 sealedVote = court.voteHash(caseId, round, juror, vote, "salt");
        _tried(juror, address(court), abi.encodeCall(court.commit, (caseId, seat, sealedVote)));
    }

    /// @dev With whichever vote was committed; a second reveal, or another's, would be a trespass.
    function _revealAny(uint256 caseId, uint256 seat, address juror) private {
        uint256 revealed;
        for (uint8 vote; vote < 3; ++vote) {
            bytes memory data = abi.encodeCall(court.reveal, (caseId, seat, vote, "salt"));
            if (_tried(stranger, address(court), data)) ++trespasses;
            if (_tried(juror, address(court), data)) ++revealed;
        }
        if (revealed > 1) ++trespasses;
    }

    function _advanceCase(uint256 caseId) internal returns (bool) {
        return _tried(stranger, address(court), abi.encodeCall(court.advance, (caseId)));
    }

    /// @dev By time and a stranger alone; the deal by its arbitrator's silence at the latest.
    function _drainDispute(uint256 id) internal {
        IDisputes.Case memory self = disputes.disputeOf(disputeOf[id]);
        bool inside = address(self.arbitrator) == address(court);
        for (uint256 i; i < 120 && inside; ++i) {
            if (_advanceCase(self.arbitratorDisputeId)) continue;
            ICourt.DisputeView memory d = court.dispute(self.arbitratorDisputeId);
            if (d.state == ICourt.State.Closed) break;
            vm.roll(block.number + 3);
            if (d.armedBlock == 0) _until(d.deadline);
        }
        _until(self.deadline);
        _tried(stranger, address(disputes), abi.encodeCall(disputes.expire, (disputeOf[id])));
    }

    /// @inheritdoc Judging
    function _turnOfDispute(uint256 id, uint256 seed) internal override {
        if (market.stateOf(id) == ICommissionMarket.State.Disputed) {
            _judgeDeal(id, seed);
        } else if (seed % 2 == 0) {
            ICommissionLens.Commission memory c = lens.commission(id);
            _contestDeal(id, seed / 2 % 2 == 0 ? c.customer : c.developer, seed / 4);
        }
    }
}
