// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {WindowsFixture} from "../WindowsFixture.sol";

/// @notice Every state of a deal lasts as long as the window that is meant for it, from the step that begins it.
contract CommissionWindowsTest is WindowsFixture {
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_everyState_lastsAsLongAsItsWindow(uint32[8] memory windows) public {
        _setWindows(windows);
        ICommissionMarket.Request memory request = _request();
        request.riskClass = AUDITED;
        uint256 id = _open(request);
        _award(id, RESERVE / 2);
        _assertRoundLasts(id, times.draw);
        _seatPanel(id);
        _assertRoundLasts(id, times.grant);
        _grantData(id);
        _assertRoundLasts(id, times.commit + times.reveal);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertLasts(id, request.buildWindow);
        skip(1 hours);
        _submit(id, "model");
        skip(1 minutes); // the developer's clock stands still
        assertEq(lens.commission(id).buildDeadline, block.timestamp + request.buildWindow - 1 hours);
        rewind(1 minutes);
        _assertRoundLasts(id, times.commit + times.reveal);
        _answer(id, _scored(THRESHOLD));
        vm.warp(block.timestamp + times.appeal - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        skip(1);
        market.advance(id);
        _assertLasts(id, times.audit);
        _audit(id);
        _assertLasts(id, times.delivery);
        _deliver(id);
        _assertLasts(id, times.challenge);
    }

    /// @dev An audit has its whole window from the naming of its block, and again from the draw. Both are in one epoch:
    /// a draw whose epoch has passed is repeated.
    function _audit(uint256 id) private {
        uint256 auditId = lens.commission(id).auditId;
        bool isLastOfEpoch = (block.timestamp + times.audit) % audits.EPOCH() == 0;
        skip(times.audit - (isLastOfEpoch ? 2 : 1));
        market.advance(id);
        assertEq(audits.audit(auditId).deadline, block.timestamp + times.audit);
        vm.roll(block.number + 3);
        skip(1);
        market.advance(id);
        assertEq(audits.audit(auditId).deadline, block.timestamp + times.audit);
        _postAll(id, true);
        market.advance(id);
    }

    function _assertLasts(uint256 id, uint256 window) private view {
        assertEq(lens.commission(id).deadline, block.timestamp + window);
    }

    function _assertRoundLasts(uint256 id, uint256 window) private view {
        assertEq(rounds.roundOf(_panelOf(id)).deadline, block.timestamp + window);
    }
}
