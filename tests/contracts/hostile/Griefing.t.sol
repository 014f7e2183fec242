// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice People who gain nothing, and want others to lose: by mass, by dust, by gifts, by delay. Each has a price,
/// and nobody else pays it.
/// forge-config: default.fuzz.runs = 16
contract GriefingTest is CommissionFixture {
    /// @dev A thousand bids that are never revealed: the close costs the same, the price is the same, and all their
    /// bonds are burnt.
    function test_emptyCommits() public {
        uint256 snapshot = vm.snapshotState();
        uint256 alone = _closeAfter(0);
        uint96 price = lens.commission(1).price;
        assertTrue(vm.revertToState(snapshot));
        uint256 crowded = _closeAfter(1000);
        assertEq(lens.commission(1).developer, developer);
        assertEq(lens.commission(1).price, price);
        assertEq(_burnt(paymentToken), 1000 * uint256(BOND));
        // The burn itself: a balance that is no longer zero, and a release that would not be there.
        assertLt(crowded, alone + 60_000);
        assertLt(crowded, 2 ** 24);
    }

    function _closeAfter(uint256 empty) private returns (uint256 gas_) {
        uint256 id = _toBidding();
        uint256 auctionId = lens.commission(id).auctionId;
        for (uint256 i; i < empty; ++i) {
            address bidder = _newDeveloper(string.concat("empty ", vm.toString(i)));
            vm.prank(bidder);
            auctions.commit(auctionId, keccak256(abi.encode(i)));
        }
        _bid(id, developer, RESERVE / 4);
        _bid(id, rival, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE / 4);
        _reveal(id, rival, RESERVE / 2);
        vm.warp(lens.commission(id).request.revealEnds);
        uint256 before = gasleft();
        market.advance(id);
        return before - gasleft();
    }

    /// @dev Gifts: tokens sent past the door are nobody's and count nowhere; a deposit to another's account is a
    /// present.
    function testFuzz_unsolicitedMoney(uint96 stray, uint96 gift, uint8 whom) public {
        gift = uint96(bound(gift, 1, type(uint96).max));
        uint256 id = _toAppealing();
        uint256 held = _held(id);
        address[4] memory all = [address(market), address(oracle), developer, escrow.BURN_ADDRESS()];
        address to = all[whom % 4];
        paymentToken.mint(address(escrow), stray);
        paymentToken.mint(address(this), gift);
        paymentToken.approve(address(escrow), gift);
        uint256 before = _paid(to);
        escrow.deposit(address(paymentToken), gift, to);
        assertEq(_paid(to) - before, gift);
        assertEq(_held(id), held);
        vm.warp(_deadline(id));
        market.advance(id);
        _deliver(id);
        _settle(id, "model");
        assertEq(_held(id), 0);
        assertEq(_paid(developer), BOND + RESERVE / 2 - _sum(payees) + (to == developer ? gift : 0));
    }

    /// @dev A hold is opened by number: whoever knows the next one cannot take it from the market.
    function test_aHoldOfTheNextNumber() public {
        address squatter = makeAddr("another module");
        bytes32 next = bytes32(market.commissionCount() + 1);
        escrow.authorise(squatter);
        vm.prank(squatter);
        escrow.openHold(next, address(paymentToken), address(0), 0);
        vm.expectPartialRevert(IEscrow.HoldAlreadyOpen.selector);
        vm.prank(squatter);
        escrow.openHold(next, address(paymentToken), address(0), 0);
        _toBidding();
        assertEq(market.commissionCount(), 1);
    }

    /// @dev Three hundred stakes of one unit are drawn as often as they weigh: panels fill as before.
    function test_tinyStakes() public {
        _crowd(300, 1);
        uint256 id = _toGranting();
        assertEq(_membersOf(id).length, PANEL);
    }

    /// @dev Stakes one unit short of a seat weigh, and cannot sit. With as much of them as there is honest stake the
    /// draw still fills its panel among the candidates that it looks at.
    function test_stakesShortOfASeat() public {
        _crowd(5 * VALIDATORS, SEAT - 1);
        uint256 id = _toGranting();
        assertEq(_membersOf(id).length, PANEL);
    }

    function _crowd(uint256 count, uint96 stake) private {
        address[] memory crowd = new address[](count);
        for (uint256 i; i < count; ++i) {
            crowd[i] = _register(string.concat("crowd ", vm.toString(i)), IParticipantRegistry.Role.Validator);
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < count; ++i) {
            _stake(crowd[i], stake);
        }
        _nextEpoch();
    }

    /// @dev One appeal a result: a second is refused, an appeal in vain costs its bond and the panel's fees, and the
    /// deal waits no longer than the appeal panel's time.
    function test_appealsInVain() public {
        uint256 id = _toAppealing();
        uint256 panelId = _panelOf(id);
        uint256 deposit = rounds.appealDeposit(panelId);
        _fund(third, paymentToken, 2 * deposit, address(rounds));
        vm.prank(third);
        rounds.appeal(panelId);
        bytes memory refusal =
            abi.encodeWithSelector(Deals.WrongState.selector, panelId, IRounds.State.AppealDrawing);
        vm.expectRevert(refusal);
        vm.prank(third);
        rounds.appeal(panelId);
        uint256 start = block.timestamp;
        _seatPanel(id);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](2 * PANEL + 1);
        for (uint256 i; i < reports.length; ++i) {
            reports[i] = _scored(THRESHOLD);
        }
        _answerEach(rounds.roundOf(panelId).appealRequestId, reports);
        vm.expectPartialRevert(IRounds.UnknownRound.selector); // an appeal panel's answer
        vm.prank(third);
        rounds.appeal(panelId + 1);
        market.advance(id);
        assertEq(_burnt(paymentToken), 50e18);
        assertEq(_paid(third), BOND + deposit, "the second deposit was not taken, the first is gone");
        assertLe(block.timestamp - start, times.draw + times.grant + times.commit + times.reveal);
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    /// @dev The longest submission that is taken settles within a transaction's gas (EIP-7825), by anybody.
    function test_theLongestSubmission() public {
        uint256 id = _toBuilding();
        IModelRegistry.Submission memory submission = _submission("model");
        submission.lineage = new IModelRegistry.Lineage[](64);
        for (uint256 i; i < 64; ++i) {
            submission.lineage[i] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Dataset, bytes32(i + 1));
        }
        submission.payees = new IModelRegistry.Payee[](50);
        for (uint256 i; i < 50; ++i) {
            submission.payees[i] = IModelRegistry.Payee(address(uint160(0xA000 + i)), 20_000);
        }
        vm.prank(developer);
        market.submit{gas: 2 ** 24}(id, submission);
        _evaluate(id, THRESHOLD);
        _deliver(id);
        vm.warp(_deadline(id));
        market.settle{gas: 2 ** 24}(id, submission);
        _assertState(id, ICommissionMarket.State.Settled);
        assertEq(_paid(developer), BOND, "all of the price is its payees'");
        assertEq(_paid(address(0xA000)), RESERVE / 2 / 50);
    }

    /// @dev A customer that opens deals nobody bids on pays its gas and gets all back; no record of it stands in the
    /// way of the next.
    function testFuzz_emptyDeals(uint8 count) public {
        count = uint8(bound(count, 1, 8));
        for (uint256 i; i < count; ++i) {
            uint256 id = _toBidding();
            vm.warp(lens.commission(id).request.revealEnds);
            market.advance(id);
            assertEq(_paid(customer), FUNDS);
        }
        (uint96 own, uint96 total) = market.awarded(1, developer);
        assertEq(uint256(own) + total, 0);
    }
}
