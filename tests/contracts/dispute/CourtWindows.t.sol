// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {WindowsFixture} from "../WindowsFixture.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice Every state of a dispute lasts as long as the window that is meant for it, whoever has acted before.
contract CourtWindowsTest is DisputeFixture, WindowsFixture {
    function setUp() public override {
        super.setUp();
        _enlist(22); // a jury of three and one of seven
    }

    /// forge-config: default.fuzz.runs = 8
    function testFuzz_everyState_lastsAsLongAsItsWindow(uint32[8] memory windows) public {
        _setWindows(windows);
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        assertEq(disputes.disputeOf(1).deadline, block.timestamp + court.longest(market, id));
        _drawJury(disputeId);
        _accept(disputeId, 0);
        _accept(disputeId, 1);
        _passWindow(disputeId, ICourt.State.Seating, times.grant);
        _drawAgain(disputeId);
        _accept(disputeId, 2);
        court.advance(disputeId);
        _commit(disputeId, 0, FOR_CUSTOMER);
        _commit(disputeId, 1, FOR_CUSTOMER);
        _passWindow(disputeId, ICourt.State.Voting, times.commit);
        _revealVote(disputeId, 0, FOR_CUSTOMER);
        _passWindow(disputeId, ICourt.State.Revealing, times.reveal);
        _passWindow(disputeId, ICourt.State.Appealing, times.appeal);
        assertEq(uint8(court.dispute(disputeId).state), uint8(ICourt.State.Paying));
    }

    /// @dev To the end of a state that began now; nothing is due before.
    function _passWindow(uint256 disputeId, ICourt.State state, uint256 window) private {
        ICourt.DisputeView memory dispute = court.dispute(disputeId);
        assertEq(uint8(dispute.state), uint8(state));
        assertEq(dispute.deadline, block.timestamp + window);
        skip(window - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        court.advance(disputeId);
        skip(1);
        court.advance(disputeId);
    }

    /// @dev The block for the seats of those who did not accept was named; they are drawn.
    function _drawAgain(uint256 disputeId) private {
        vm.roll(block.number + 3);
        court.advance(disputeId);
        assertEq(court.dispute(disputeId).deadline, block.timestamp + times.grant);
    }
}
