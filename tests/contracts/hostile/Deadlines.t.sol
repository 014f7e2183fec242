// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Every deadline of the market to the second: before it the party may act and nobody else may end its turn, from it
/// on the other way round. And what it costs a party whose transaction a full block keeps out at the last moment.
/// forge-config: default.fuzz.runs = 24
contract DeadlinesTest is CommissionFixture {
    /* THE AUCTION */

    function testFuzz_commitABid(int32 offset) public {
        uint256 id = _toBidding();
        uint256 auctionId = market.commission(id).auctionId;
        bytes32 sealedBid = auctions.sealBid(auctionId, developer, 1, "salt");
        uint40 ends = market.commission(id).request.commitEnds;
        bool late = _around(ends, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.CommitEnded.selector, auctionId, ends));
        }
        vm.prank(developer);
        auctions.commit(auctionId, sealedBid);
    }

    function testFuzz_revealABid(int32 offset) public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        uint256 auctionId = market.commission(id).auctionId;
        (uint40 opens, uint40 ends) = (_commitEnds(id), _revealEnds(id));
        bool late = _around(ends, offset);
        bool closed = late || block.timestamp < opens;
        if (closed) {
            vm.expectRevert(
                abi.encodeWithSelector(IVickreyAuction.RevealNotOpen.selector, auctionId, opens, ends)
            );
        }
        vm.prank(developer);
        auctions.reveal(auctionId, RESERVE / 2, "salt");
        if (!late) _expectNothingDue();
        market.advance(id);
        if (late) assertEq(uint8(market.commission(id).cause), uint8(ICommissionMarket.Cause.NoBids));
    }

    function testFuzz_notRevealedEarly(int32 offset) public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        uint256 auctionId = market.commission(id).auctionId;
        (uint40 opens, uint40 ends) = (_commitEnds(id), _revealEnds(id));
        bool opened = _around(opens, offset);
        bool closed = !opened || block.timestamp >= ends;
        if (closed) {
            vm.expectRevert(
                abi.encodeWithSelector(IVickreyAuction.RevealNotOpen.selector, auctionId, opens, ends)
            );
        }
        vm.prank(developer);
        auctions.reveal(auctionId, RESERVE / 2, "salt");
    }

    /* THE DEAL */

    /// @dev In every state that ends by time alone: one second earlier nothing is due, or at most a block to be named again, at the
    /// second it ends.
    function test_statesEndAtTheirSecond() public {
        for (uint256 which; which < 5; ++which) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _waiting(which);
            uint40 deadline = market.commission(id).deadline;
            ICommissionMarket.State state = market.stateOf(id);
            uint256 early = vm.snapshotState();
            vm.warp(deadline - 1);
            (bool ok,) = address(market).call(abi.encodeCall(market.advance, (id)));
            assertEq(ok, which > 1, "a draw that was missed can be repeated");
            _assertState(id, state);
            assertTrue(vm.revertToState(early));
            vm.warp(deadline);
            market.advance(id);
            if (which == 3) _carryOut(id);
            assertEq(uint8(market.commission(id).cause), uint8(_causeOf(which)));
            _assertAllPaidOut(id);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Where something is to be drawn, three seeds have been missed.
    function _waiting(uint256 which) private returns (uint256 id) {
        if (which == 0) return _toGranting();
        if (which == 1) return _toBuilding();
        if (which == 2) id = _toAudit();
        if (which == 3) id = _toRedelivery();
        if (which == 4) id = _toDrawing();
        for (uint256 i; i < 3; ++i) {
            market.advance(id);
            vm.roll(block.number + 300);
        }
    }

    function _toRedelivery() private returns (uint256 id) {
        id = _toDelivering();
        _answer(id, _cannotOpen());
        market.advance(id);
    }

    function _causeOf(uint256 which) private pure returns (ICommissionMarket.Cause) {
        if (which == 0) return ICommissionMarket.Cause.CustomerSilent;
        if (which == 1) return ICommissionMarket.Cause.DeveloperSilent;
        if (which == 2) return ICommissionMarket.Cause.AuditorsUnavailable;
        return which == 3 ? ICommissionMarket.Cause.DeliveryFailed : ICommissionMarket.Cause.PanelNotSeated;
    }

    function testFuzz_grant(int32 offset) public {
        uint256 id = _toGranting();
        uint40 deadline = market.commission(id).deadline;
        bool late = _around(deadline, offset);
        if (late) _expectLate(id, deadline);
        _grantData(id);
        if (late) market.advance(id);
        else _assertState(id, ICommissionMarket.State.Attesting);
    }

    function testFuzz_submit(int32 offset) public {
        uint256 id = _toBuilding();
        uint40 deadline = market.commission(id).deadline;
        bool late = _around(deadline, offset);
        if (late) _expectLate(id, deadline);
        _submit(id, "model");
        if (late) market.advance(id);
        else _assertState(id, ICommissionMarket.State.Evaluating);
    }

    function testFuzz_settle(int32 offset) public {
        uint256 id = _toChallenge();
        bool due = _around(market.commission(id).deadline, offset);
        if (!due) _expectNothingDue();
        market.settle(id, _submission("model"));
        assertEq(market.commission(id).modelId, due ? 1 : 0);
    }

    /* THE PANEL */

    function testFuzz_commitAVote(int32 offset) public {
        (uint256 requestId, address member, bytes32 vote) = _aVote();
        uint40 ends = oracle.requestOf(requestId).commitEnds;
        bool late = _around(ends, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.CommitClosed.selector, requestId, ends));
        }
        vm.prank(member);
        oracle.commit(requestId, 0, vote);
    }

    function testFuzz_revealAVote(int32 offset, bool atTheEnd) public {
        (uint256 requestId, address member, bytes32 vote) = _aVote();
        vm.prank(member);
        oracle.commit(requestId, 0, vote);
        IValidationOracle.RequestView memory r = oracle.requestOf(requestId);
        _around(atTheEnd ? r.revealEnds : r.commitEnds, offset);
        if (block.timestamp < r.commitEnds || block.timestamp >= r.revealEnds) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IValidationOracle.RevealClosed.selector, requestId, r.commitEnds, r.revealEnds
                )
            );
        }
        vm.prank(member);
        oracle.reveal(requestId, 0, _scored(THRESHOLD), "salt");
    }

    function testFuzz_tally(int32 offset) public {
        (uint256 requestId, address member, bytes32 vote) = _aVote();
        vm.prank(member);
        oracle.commit(requestId, 0, vote);
        uint40 ends = oracle.requestOf(requestId).revealEnds;
        bool due = _around(ends, offset);
        if (!due) {
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.TooEarly.selector, requestId, ends));
        }
        oracle.tally(requestId);
    }

    function testFuzz_appeal(int32 offset) public {
        uint256 id = _toAppealing();
        uint256 requestId = market.commission(id).requestId;
        _fund(third, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        bool late = _around(oracle.requestOf(requestId).appealEnds, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, requestId));
        }
        vm.prank(third);
        oracle.appeal(requestId);
        if (!late) _expectNothingDue();
        market.advance(id);
        assertEq(oracle.requestOf(requestId).finalised, late);
    }

    /// @dev An appeal panel must sit in its time; from that second on the result stands without it.
    function testFuzz_seatAnAppeal(int32 offset) public {
        uint256 id = _toAppealing();
        uint256 requestId = market.commission(id).requestId;
        _fund(third, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        vm.warp(block.timestamp / EPOCH * EPOCH + EPOCH / 2);
        vm.prank(third);
        oracle.appeal(requestId);
        uint256 panelId = oracle.requestOf(requestId).appealPanelId;
        uint256 seatBy = block.timestamp + times.draw;
        vm.warp(seatBy - 10 minutes);
        oracle.arm(panelId);
        vm.roll(block.number + 3);
        bool late = _around(seatBy, int32(bound(offset, -600, 600)));
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IValidationOracle.SeatingClosed.selector, panelId, seatBy));
        }
        oracle.seat(panelId);
        if (late) vm.warp(vm.getBlockTimestamp() + times.appeal);
        if (!late) _expectNothingDue();
        market.advance(id);
    }

    /* AUDITORS, STAKES */

    function testFuzz_postAVerdict(int32 offset) public {
        (uint256 id, address[] memory seats) = _toAuditing();
        uint256 auditId = market.commission(id).auditId;
        uint40 deadline = audits.audit(auditId).deadline;
        bool late = _around(deadline, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooLate.selector, auditId, deadline));
        }
        vm.prank(seats[0]);
        audits.post(auditId, 0, true, "report", COVERED);
        if (!late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        }
        audits.replaceSilent(auditId);
    }

    function testFuzz_drawAuditors(int32 offset) public {
        uint256 id = _toAudit();
        uint256 auditId = market.commission(id).auditId;
        uint40 deadline = audits.audit(auditId).deadline;
        bool late = _around(deadline, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooLate.selector, auditId, deadline));
        }
        audits.arm(auditId);
    }

    function testFuzz_completeAnExit(int32 offset) public {
        address validator = validators[0];
        vm.prank(validator);
        staking.requestExit(SEAT);
        uint40 at = staking.stakeOf(validator).exitAt;
        bool due = _around(at, offset);
        if (!due) {
            vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.ExitPending.selector, validator, at));
        }
        vm.prank(validator);
        staking.completeExit();
    }

    function testFuzz_operatorSignaturesExpire(int32 offset) public {
        uint256 deadline = block.timestamp + 1 days;
        bool late = _around(deadline + 1, offset); // it counts at the deadline itself
        // Too late is said first; in time, the empty signature is what is wrong.
        vm.expectRevert(
            late
                ? abi.encodeWithSelector(IEscrow.SignatureExpired.selector, deadline)
                : abi.encodeWithSelector(IEscrow.InvalidSignature.selector, developer)
        );
        escrow.setOperatorBySig(developer, address(market), address(paymentToken), true, deadline, "");
    }

    /* FULL BLOCKS: what a party loses that could not act */

    /// @dev A bidder loses its bond, never the bond of others, and the deal goes on without it.
    function test_stuffed_reveal() public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 4);
        _bid(id, rival, RESERVE / 2);
        vm.warp(_commitEnds(id));
        _reveal(id, rival, RESERVE / 2);
        vm.warp(_revealEnds(id));
        market.advance(id);
        assertEq(_burnt(paymentToken), BOND);
        assertEq(market.commission(id).developer, rival);
        assertEq(market.commission(id).price, RESERVE, "the only one that was revealed");
        assertEq(market.commission(id).bond, BOND);
    }

    /// @dev A customer loses the kill fee.
    function test_stuffed_grant() public {
        uint256 id = _toGranting();
        _timeout(id);
        assertEq(_paid(customer), FUNDS - KILL_FEE);
        _assertRefunded(id, ICommissionMarket.Cause.CustomerSilent, 0, BOND + KILL_FEE, 0);
    }

    /// @dev A developer loses its bond: to the customer what the panel has cost, the rest to nobody.
    function test_stuffed_submission() public {
        uint256 id = _toBuilding();
        _timeout(id);
        assertEq(_paid(customer), FUNDS);
        _assertRefunded(id, ICommissionMarket.Cause.DeveloperSilent, PANEL * FEE, 0, BOND - PANEL * FEE);
    }

    /// @dev A validator that had committed loses the fine for withholding and its fee, and keeps its seat.
    function test_stuffed_voteReveal() public {
        uint256 id = _toEvaluating();
        uint256 requestId = market.commission(id).requestId;
        address[] memory members = oracle.panel(market.commission(id).panelId).members;
        for (uint256 i; i < PANEL; ++i) {
            bytes32 vote = oracle.voteHash(requestId, members[i], _scored(THRESHOLD), "salt");
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        for (uint256 i = 1; i < PANEL; ++i) {
            vm.prank(members[i]);
            oracle.reveal(requestId, i, _scored(THRESHOLD), "salt");
        }
        vm.warp(oracle.requestOf(requestId).revealEnds);
        _passAppeal(id);
        assertEq(_burnt(stakingToken), SEAT / 5);
        assertEq(_paid(members[0]), FEE, "of the attestation alone");
        assertTrue(oracle.isMember(market.commission(id).panelId, members[0]));
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    /// @dev An auditor loses its bond and its seat, and nothing of other audits.
    function test_stuffed_verdict() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        uint256 auditId = market.commission(id).auditId;
        vm.warp(audits.audit(auditId).deadline);
        audits.replaceSilent(auditId);
        assertEq(_burnt(stakingToken), 2 * uint256(AUDITOR_BOND));
        assertEq(_balance(seats[1], stakingToken), 0);
        assertEq(audits.audit(auditId).seats[0].auditor, seats[0]);
    }

    /// @dev Nobody's money waits for a last moment: what is settled late is settled the same.
    function testFuzz_stuffed_settlement(uint32 late) public {
        uint256 id = _toChallenge();
        vm.warp(market.commission(id).deadline + uint256(late));
        market.settle(id, _submission("model"));
        assertEq(_paid(developer), BOND + RESERVE / 2 - _sum(payees));
        _assertAllPaidOut(id);
    }

    /* PARTS */

    /// @dev Goes to within an hour of a deadline, most often to within three seconds.
    /// @return reached whether it has come.
    function _around(uint256 deadline, int32 offset) private returns (bool reached) {
        int256 by = offset % 2 == 0 ? int256(offset % 4) : int256(offset % 3600);
        vm.warp(uint256(int256(deadline) + by));
        return by >= 0;
    }

    function _expectNothingDue() private {
        vm.expectPartialRevert(ICommissionMarket.NothingDue.selector);
    }

    function _expectLate(uint256 id, uint40 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.DeadlinePassed.selector, id, deadline));
    }

    function _commitEnds(uint256 id) private view returns (uint40) {
        return market.commission(id).request.commitEnds;
    }

    function _revealEnds(uint256 id) private view returns (uint40) {
        return market.commission(id).request.revealEnds;
    }

    function _aVote() private returns (uint256 requestId, address member, bytes32 vote) {
        uint256 id = _toEvaluating();
        requestId = market.commission(id).requestId;
        member = oracle.panel(market.commission(id).panelId).members[0];
        vote = oracle.voteHash(requestId, member, _scored(THRESHOLD), "salt");
    }
}
