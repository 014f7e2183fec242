// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {CourtHandler} from "./CourtHandler.sol";

/// @notice What is true of all disputes together, whatever anybody does.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 64
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.depth = 64
/// forge-config: deep.invariant.fail-on-revert = true
/// forge-config: deep.invariant.shrink-run-limit = 200
contract CourtInvariants is CourtHandler {
    function setUp() public override {
        super.setUp();
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](11);
        acts[0] = this.open.selector;
        acts[1] = acts[2] = acts[3] = this.advance.selector;
        acts[4] = acts[5] = acts[6] = this.serve.selector;
        acts[7] = this.appeal.selector;
        acts[8] = acts[9] = this.belong.selector;
        acts[10] = this.wait.selector;
        targetSelector(FuzzSelector(address(this), acts));
    }

    /// @dev All of what follows, in one campaign.
    function invariant_BooksAndRules() public view {
        assertEq(broken, 0, "what the handler saw");
        _thePoolIsTheEnrolled();
        for (uint256 caseId = 1; caseId <= court.disputeCount(); ++caseId) {
            _countersAreTheSeats(caseId);
            _moneyIsWhatIsOwed(caseId);
            _rulesOnce(caseId);
        }
    }

    function _thePoolIsTheEnrolled() private view {
        uint256 enrolled;
        for (uint256 i; i < jurors.length; ++i) {
            if (court.enrolledAt(jurors[i]) != 0) ++enrolled;
        }
        assertEq(court.poolSize(), enrolled);
    }

    /// @dev Juries have their size, never over a third of the pool; each counter is what the seats say.
    function _countersAreTheSeats(uint256 caseId) private view {
        ICourt.DisputeView memory d = court.dispute(caseId);
        assertLe(d.draws, court.MAX_DRAWS());
        assertLt(d.round, d.juries);
        assertLe(3 * _sizeOf(d.juries - 1), poolAt[caseId]);
        for (uint8 round; round <= d.round; ++round) {
            ICourt.Round memory jury = d.rounds[round];
            ICourt.Seat[] memory seats = court.seatsOf(caseId, round);
            uint256[3] memory counts;
            for (uint256 i; i < seats.length; ++i) {
                if (seats[i].accepted) ++counts[0];
                if (seats[i].sealedVote != 0) ++counts[1];
                if (seats[i].vote != 0) ++counts[2];
                assertTrue(seats[i].sealedVote == 0 || seats[i].accepted || jury.accepted < jury.size);
            }
            assertEq(seats.length, _sizeOf(round));
            assertEq(jury.size, seats.length);
            assertEq(jury.accepted, counts[0]);
            assertEq(jury.committed, counts[1]);
            assertEq(jury.revealed, counts[2]);
            assertEq(jury.unfilled, jury.unfilled && 2 * uint256(jury.accepted) < jury.size);
        }
    }

    /// @dev Until the rounds are settled all bonds and fees are there, and then nothing.
    function _moneyIsWhatIsOwed(uint256 caseId) private view {
        ICourt.DisputeView memory d = court.dispute(caseId);
        uint256 bonds;
        uint256 fees;
        for (uint8 round; round <= d.round && d.state < ICourt.State.Ruling; ++round) {
            bonds += d.rounds[round].accepted * AUDITOR_BOND;
            fees += JURY_FEE * _sizeOf(round) / 3;
        }
        assertEq(escrow.held(address(court), address(stakingToken), ~bytes32(caseId)), bonds);
        assertEq(escrow.held(address(court), address(paymentToken), bytes32(caseId)), fees);
    }

    function _rulesOnce(uint256 caseId) private view {
        assertEq(desk.rulings(caseId), court.dispute(caseId).state == ICourt.State.Closed ? 1 : 0);
    }

    /// @dev Whatever happened, a stranger who takes each step in time brings every dispute to its ruling.
    function afterInvariant() public {
        for (uint256 caseId = 1; caseId <= court.disputeCount(); ++caseId) {
            uint256 steps;
            while (court.dispute(caseId).state != ICourt.State.Closed) {
                if (!_advance(caseId)) {
                    vm.roll(block.number + 3);
                    ICourt.DisputeView memory d = court.dispute(caseId);
                    if (d.armedBlock == 0) vm.warp(d.deadline);
                }
                assertLt(++steps, 60, "in bounded steps");
            }
        }
        invariant_BooksAndRules();
    }
}
