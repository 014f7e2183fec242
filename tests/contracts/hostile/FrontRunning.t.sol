// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Somebody sees a transaction on its way and sends one of its own before it.
/// forge-config: default.fuzz.runs = 24
contract FrontRunningTest is CommissionFixture {
    /* BIDS */

    /// @dev A copied seal binds its copier to a bid that it cannot open, even when the true one has been opened.
    function testFuzz_copiedSeal(uint96 price, bytes32 salt) public {
        price = uint96(bound(price, 1, RESERVE));
        uint256 id = _toBidding();
        uint256 auctionId = lens.commission(id).auctionId;
        bytes32 sealedBid = auctions.sealBid(auctionId, developer, price, salt);
        vm.prank(rival);
        auctions.commit(auctionId, sealedBid); // first
        vm.prank(developer);
        auctions.commit(auctionId, sealedBid);
        vm.warp(lens.commission(id).request.commitEnds);
        vm.prank(developer);
        auctions.reveal(auctionId, price, salt);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.SealMismatch.selector, auctionId, rival));
        vm.prank(rival);
        auctions.reveal(auctionId, price, salt);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        assertEq(lens.commission(id).developer, developer);
        assertEq(lens.commission(id).price, RESERVE, "a bid that cannot be opened moves no price");
        assertEq(_burnt(paymentToken), BOND, "the copier's bond");
    }

    /// @dev A reveal that is seen cannot be sent by another, and does not let a bidder change its mind.
    function testFuzz_copiedReveal(uint96 price, uint96 better) public {
        price = uint96(bound(price, 2, RESERVE));
        better = uint96(bound(better, 1, price - 1));
        uint256 id = _toBidding();
        uint256 auctionId = lens.commission(id).auctionId;
        _bid(id, developer, price);
        _bid(id, rival, price);
        vm.warp(lens.commission(id).request.commitEnds);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.SealMismatch.selector, auctionId, rival));
        vm.prank(rival);
        auctions.reveal(auctionId, better, "salt");
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, auctionId, third));
        vm.prank(third);
        auctions.reveal(auctionId, price, "salt");
        _reveal(id, developer, price);
        _reveal(id, rival, price);
    }

    /* VOTES */

    /// @dev A copied vote cannot be opened: whoever was too lazy to evaluate is fined for withholding.
    function testFuzz_copiedVote(int64 score) public {
        uint256 id = _toEvaluating();
        uint256 requestId = _requestOf(id);
        address[] memory members = _membersOf(id);
        bytes32 vote = oracle.voteHash(requestId, members[1], _scored(score), "salt");
        vm.prank(members[0]);
        oracle.commit(requestId, 0, vote);
        for (uint256 i = 1; i < PANEL; ++i) {
            vote = oracle.voteHash(requestId, members[i], _scored(score), "salt");
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        for (uint256 i = 1; i < PANEL; ++i) {
            vm.prank(members[i]);
            oracle.reveal(requestId, i, _scored(score), "salt");
        }
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, members[0])
        );
        vm.prank(members[0]);
        oracle.reveal(requestId, 0, _scored(score), "salt");
        vm.warp(oracle.requestOf(requestId).revealEnds);
        _passAppeal(id);
        assertEq(_burnt(stakingToken), SEAT / 5);
        assertEq(_paid(members[0]), FEE, "of the attestation alone");
        assertEq(_paid(members[1]), 2 * FEE);
    }

    /// @dev Reports are seen when the first is revealed; then it is too late to commit to the same.
    function test_copiedReport() public {
        uint256 id = _toEvaluating();
        uint256 requestId = _requestOf(id);
        address[] memory members = _membersOf(id);
        for (uint256 i = 1; i < PANEL; ++i) {
            bytes32 vote = oracle.voteHash(requestId, members[i], _scored(THRESHOLD), "salt");
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        uint40 ends = oracle.requestOf(requestId).commitEnds;
        vm.warp(ends);
        vm.prank(members[1]);
        oracle.reveal(requestId, 1, _scored(THRESHOLD), "salt");
        bytes32 copy = oracle.voteHash(requestId, members[0], _scored(THRESHOLD), "salt");
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.CommitClosed.selector, requestId, ends));
        vm.prank(members[0]);
        oracle.commit(requestId, 0, copy);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.NotCommitted.selector, requestId, members[0])
        );
        vm.prank(members[0]);
        oracle.reveal(requestId, 0, _scored(THRESHOLD), "salt");
    }

    /* GRANTS */

    /// @dev Nobody starts the attestation in the customer's name, with grants that do not open; not even a party.
    function test_grantInTheCustomersName() public {
        uint256 id = _toGranting();
        (uint256 panelId, address member) = (_panelOf(id), _membersOf(id)[0]);
        address[2] memory others = [developer, rival];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRounds.NotGranter.selector, panelId, others[i]));
            vm.prank(others[i]);
            rounds.grant(panelId, 0, "garbage");
        }
        vm.prank(member);
        rounds.grant(panelId, 0, "garbage");
        _assertRound(id, IRounds.State.Granting);
        _grantData(id);
        _assertRound(id, IRounds.State.Voting);
    }

    /// @dev A member who stayed may pass on a key. Its garbage does not stop the customer's grants, which go to the
    /// same panel.
    function test_grantBeforeAnother() public {
        uint256 id = _toAttesting();
        _answerFirst(id, 2, _says(IValidationOracle.ReportStatus.Answered));
        vm.warp(_deadline(id));
        market.advance(id);
        _seatPanel(id);
        (uint256 panelId, address member) = (_panelOf(id), _membersOf(id)[0]);
        vm.prank(member);
        rounds.grant(panelId, 0, "garbage");
        vm.expectEmit(address(rounds));
        emit IRounds.KeysGranted(panelId, customer, 0, "data grants");
        vm.prank(customer);
        rounds.grant(panelId, 0, "data grants");
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
    }

    /* DELIVERIES */

    /// @dev A delivery that is seen on its way can be posted by another: it is the same delivery.
    function test_deliveredByAnother() public {
        uint256 id = _toDelivering();
        vm.startPrank(rival);
        _deliver(id);
        vm.stopPrank();
        _settle(id, "model");
        assertEq(_paid(developer), BOND + RESERVE / 2 - _sum(payees));
        assertEq(_paid(rival), BOND);
    }

    /* SUBMISSIONS */

    /// @dev A developer of another deal takes a manifest that it sees on its way. That costs it an attempt of its own,
    /// for a model that it cannot open; the true developer seals again, to another digest.
    function test_takenManifest() public {
        uint256 id = _toBuilding();
        uint256 other = _buildingOf(third);
        vm.prank(third);
        market.submit(other, _submission("model"));
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("manifest"))
        );
        vm.prank(developer);
        market.submit(id, _submission("model"));
        assertEq(lens.commission(id).attempts, 0);
        _submit(id, "model, sealed again");
        assertEq(lens.commission(id).attempts, 1);
        assertEq(lens.commission(other).attempts, 1);
    }

    /// @dev Whoever settles, and with whichever gas and payload, settles the same: payees and lineage are those
    /// submitted.
    function testFuzz_settledByAnybody(address by, uint32 ppm) public {
        ppm = uint32(bound(ppm, 100_001, 1e6));
        uint256 id = _toChallenge();
        vm.warp(_deadline(id));
        IModelRegistry.Submission memory bent = _submission("model");
        bent.payees[0].ppm = ppm;
        vm.expectPartialRevert(ICommissionMarket.SubmissionMismatch.selector);
        vm.prank(by);
        market.settle(id, bent);
        bent = _submission("model");
        bent.payees[0].account = by;
        vm.assume(by != payees[0]);
        vm.expectPartialRevert(ICommissionMarket.SubmissionMismatch.selector);
        vm.prank(by);
        market.settle(id, bent);
        vm.prank(by);
        market.settle(id, _submission("model"));
        assertEq(_paid(payees[0]), RESERVE / 2 / 10);
    }

    /* STEPS */

    /// @dev The same step twice in one block: the second finds nothing due, or the next step, and does no harm.
    function test_advancedTwice() public {
        uint256 id = _toAppealing();
        vm.warp(_deadline(id));
        market.advance(id);
        uint256 paid = _sum(validators);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        assertEq(_sum(validators), paid);
    }

    /// @dev Nobody takes a panel's steps past its market, so no answer or fee is lost on the way.
    function test_stepsOnlyByTheMarket() public {
        uint256 id = _toDrawing();
        uint256 panelId = _panelOf(id);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotMarket.selector, address(this)));
        rounds.advance(panelId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotMarket.selector, address(this)));
        rounds.close(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, address(this)));
        oracle.arm(panelId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotOpener.selector, address(this)));
        oracle.seat(panelId);
    }

    /// @dev A second deal, which `who` has won and is building.
    function _buildingOf(address who) private returns (uint256 id) {
        _fund(customer, paymentToken, FUNDS, address(market));
        id = _open(_request());
        _bid(id, who, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, who, RESERVE / 2);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
    }
}
