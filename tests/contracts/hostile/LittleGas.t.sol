// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whoever takes a step chooses its gas. A call inside gets 63 64ths of what is left, so a caller can have it
/// run out and go on with the rest (EIP-150). At every `try` of the market, with amounts of gas from too little to
/// plenty: the step does what it would have done with plenty, or nothing.
contract LittleGasTest is CommissionFixture {
    uint256 private constant PLENTY = 30_000_000;
    uint256 private constant SAMPLES = 40;

    /* DRAWING */

    function test_award() public {
        _tryAnyGas(_toAward());
    }

    /// @dev Rather than refunding for want of a panel.
    function test_award_tooLittleGas() public {
        uint256 id = _toAward();
        uint256 needed = _gasOf(abi.encodeCall(market.advance, (id)));
        vm.expectRevert(ICommissionMarket.TooLittleGas.selector);
        market.advance{gas: needed / 2}(id);
    }

    function test_drawing_repeatsAMissedDraw() public {
        uint256 id = _toDrawing();
        vm.roll(block.number + 300);
        _tryAnyGas(id);
    }

    /// @dev Rather than naming another block.
    function test_drawing_seats() public {
        uint256 id = _toDrawing();
        _armed(id);
        _tryAnyGas(id);
    }

    /// @dev Rather than refunding, though the time is up.
    function test_drawing_seatsAtTheLastMoment() public {
        _tryAnyGas(_atTheLastMoment());
    }

    /// @dev It says so.
    function test_drawing_tooLittleGas() public {
        uint256 id = _atTheLastMoment();
        uint256 needed = _gasOf(abi.encodeCall(market.advance, (id)));
        vm.expectRevert(IRounds.TooLittleGas.selector);
        market.advance{gas: needed * 3 / 4}(id);
    }

    /// @dev The dearest draw there is: 31 seats, and before they are found all other candidates are looked at in vain.
    function test_drawing_seatsTheLargestPanelAtTheLastMoment() public {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 31);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 50e18, 0), tiers);
        for (uint256 i; i < 31 - VALIDATORS; ++i) {
            _join(string.concat("suitable ", vm.toString(i)), SEAT);
        }
        for (uint256 i; i < 94; ++i) {
            address tied = _join(string.concat("tied ", vm.toString(i)), 1000 * SEAT);
            vm.prank(tied);
            registry.declareTie(developer, type(uint40).max);
            registry.recordDealing(tied, third);
        }
        _tryAnyGas(_atTheLastMoment());
    }

    function _join(string memory name, uint96 stake) private returns (address account) {
        account = _register(name, IParticipantRegistry.Role.Validator);
        skip(TRUSTED_WAIT);
        _stake(account, stake);
    }

    /* ANSWERS OF THE PANEL */

    function test_attesting_takesTheResult() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        _tryAnyGas(id);
    }

    function test_attesting_replacesThePanel() public {
        uint256 id = _toAttesting();
        _answerFirst(id, 2, _says(IValidationOracle.ReportStatus.Answered));
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    function test_attesting_badDataRefunds() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        _tryAnyGas(id);
    }

    function test_evaluating_replacesTheSilent() public {
        uint256 id = _toEvaluating();
        _answerFirst(id, 2, _scored(THRESHOLD));
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    /// @dev With one who lied.
    function test_appealing_accepts() public {
        uint256 id = _toEvaluating();
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(i == 0 ? int64(0) : THRESHOLD);
        }
        _answerEach(_requestOf(id), reports);
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    /// @dev An appeal that was upheld: the step slashes, pays two panels and the appellant.
    function test_appealing_takesTheAppeal() public {
        uint256 id = _toAppealing();
        uint256 panelId = _panelOf(id);
        _fund(third, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        vm.prank(third);
        rounds.appeal(panelId);
        _seatPanel(id);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](2 * PANEL + 1);
        for (uint256 i; i < reports.length; ++i) {
            reports[i] = _scored(EFFORT);
        }
        _answerEach(rounds.roundOf(panelId).appealRequestId, reports);
        _tryAnyGas(id);
    }

    function test_building_forfeits() public {
        uint256 id = _toBuilding();
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    /* AUDITS */

    /// @dev Rather than arming again.
    function test_auditing_seats() public {
        uint256 id = _toAudit();
        market.advance(id);
        vm.roll(block.number + 3);
        _tryAnyGas(id);
    }

    function test_auditing_arms() public {
        _tryAnyGas(_toAudit());
    }

    /// @dev Rather than replacing the one who has not posted yet.
    function test_auditing_concludes() public {
        (uint256 id,) = _toAuditing();
        _postAll(id, true);
        vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        _tryAnyGas(id);
    }

    /// @dev Rather than refunding for want of auditors.
    function test_auditing_replacesTheSilent() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        _tryAnyGas(id);
    }

    /// @dev Rather than going on without those who have sealed.
    function test_auditing_startsTheOpening() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        market.advance(id); // the silent lose their seats
        vm.warp(audits.audit(lens.commission(id).auditId).deadline);
        _tryAnyGas(id);
    }

    function test_auditing_unfilledRefunds() public {
        uint256 id = _toAudit();
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    /* DELIVERIES */

    function test_delivering_refunds() public {
        uint256 id = _toDelivering();
        vm.warp(_deadline(id));
        _tryAnyGas(id);
    }

    /* PARTS */

    /// @dev The winner is known and not yet awarded the deal.
    function _toAward() private returns (uint256 id) {
        id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE / 2);
        vm.warp(lens.commission(id).request.revealEnds);
    }

    /// @dev The time is up, yet the seed is still to be had, of the epoch in which its block was named.
    function _atTheLastMoment() private returns (uint256 id) {
        vm.warp(block.timestamp / EPOCH * EPOCH + EPOCH / 2); // so that no epoch ends with the state
        id = _toDrawing();
        vm.warp(_deadline(id) - 60);
        vm.roll(block.number + 300);
        market.advance(id);
        vm.roll(block.number + 3);
        vm.warp(_deadline(id));
    }

    function _armed(uint256 id) private {
        _nextEpoch();
        vm.roll(block.number + 3);
        market.advance(id);
        vm.roll(block.number + 3);
    }

    function _tryAnyGas(uint256 id) private {
        bytes memory call = abi.encodeCall(market.advance, (id));
        uint256 needed = _gasOf(call);
        bytes32 wanted = _after(id, call, PLENTY);
        assertTrue(wanted != 0, "the step is due");
        uint256 step = needed / SAMPLES + 1;
        bool done;
        for (uint256 gas_ = 30_000; gas_ < needed + needed / 4 + 100_000; gas_ += step) {
            bytes32 got = _after(id, call, gas_);
            if (got == 0) continue;
            done = true;
            assertEq(got, wanted, string.concat("with gas ", vm.toString(gas_)));
        }
        assertTrue(done);
    }

    function _gasOf(bytes memory call) private returns (uint256 used) {
        uint256 snapshot = vm.snapshotState();
        uint256 before = gasleft();
        (bool ok,) = address(market).call{gas: PLENTY}(call);
        used = before - gasleft();
        assertTrue(ok);
        assertTrue(vm.revertToState(snapshot));
    }

    /// @return record what the deal is after the call; 0 when the call failed.
    function _after(uint256 id, bytes memory call, uint256 gas_) private returns (bytes32 record) {
        uint256 snapshot = vm.snapshotState();
        (bool ok,) = address(market).call{gas: gas_}(call);
        if (ok) {
            record = keccak256(
                abi.encode(lens.commission(id), _round(id), _held(id), registry.dealtAt(customer, developer))
            );
        }
        assertTrue(vm.revertToState(snapshot));
    }

    /// @dev The deal's panel as it stands, empty when it has none.
    function _round(uint256 id) private view returns (bytes memory) {
        uint256 panelId = _panelOf(id);
        try rounds.roundOf(panelId) returns (IRounds.RoundView memory round) {
            return abi.encode(round, oracle.panel(panelId));
        } catch {
            return "";
        }
    }
}
