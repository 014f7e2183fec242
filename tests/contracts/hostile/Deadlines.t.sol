// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Every deadline of the market to the second: before it the party may act and nobody else may end its turn,
/// from it on the other way round. And what it costs a party whose transaction a full block keeps out at the last
/// moment. forge-config: default.fuzz.runs = 24
contract DeadlinesTest is CommissionFixture {
    /* THE AUCTION */

    function testFuzz_commitABid(int32 offset) public {
        uint256 id = _toBidding();
        uint256 auctionId = lens.commission(id).auctionId;
        bytes32 sealedBid = auctions.sealBid(auctionId, developer, 1, "salt");
        uint40 ends = lens.commission(id).request.commitEnds;
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
        uint256 auctionId = lens.commission(id).auctionId;
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
        if (late) assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.NoBids));
    }

    function testFuzz_notRevealedEarly(int32 offset) public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        uint256 auctionId = lens.commission(id).auctionId;
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

    /// @dev In every state that ends by time alone: one second earlier nothing is due, or at most a block is named
    /// again; at the second it ends.
    function test_statesEndAtTheirSecond() public {
        for (uint256 which; which < 4; ++which) {
            uint256 snapshot = vm.snapshotState();
            uint256 id = _waiting(which);
            uint256 deadline = _deadline(id);
            vm.warp(deadline - 1);
            uint256 early = vm.snapshotState();
            ICommissionMarket.State state = market.stateOf(id);
            (bool ok,) = address(market).call(abi.encodeCall(market.advance, (id)));
            assertEq(ok, which == 2, "a draw that was missed can be repeated");
            _assertState(id, state);
            assertTrue(vm.revertToState(early));
            vm.warp(deadline);
            market.advance(id);
            if (which == 3) _carryOut(id);
            assertEq(uint8(lens.commission(id).cause), uint8(_causeOf(which)));
            _assertAllPaidOut(id);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev Where something is to be drawn, three seeds have been missed.
    function _waiting(uint256 which) private returns (uint256 id) {
        if (which == 0) return _toGranting();
        if (which == 1) return _toBuilding();
        if (which == 3) return _toDelivering();
        id = _toAudit();
        for (uint256 i; i < 3; ++i) {
            market.advance(id);
            vm.roll(block.number + 300);
        }
    }

    function _causeOf(uint256 which) private pure returns (ICommissionMarket.Cause) {
        if (which == 0) return ICommissionMarket.Cause.CustomerSilent;
        if (which == 1) return ICommissionMarket.Cause.DeveloperSilent;
        return
            which == 2 ? ICommissionMarket.Cause.AuditorsUnavailable : ICommissionMarket.Cause.DeliveryFailed;
    }

    function testFuzz_grant(int32 offset) public {
        uint256 id = _toGranting();
        uint256 deadline = _deadline(id);
        bool late = _around(deadline, offset);
        uint256 panelId = _panelOf(id);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, panelId, deadline));
        }
        vm.prank(customer);
        rounds.grant(panelId, 0, "data grants");
        if (late) market.advance(id);
        else _assertRound(id, IRounds.State.Voting);
    }

    function testFuzz_submit(int32 offset) public {
        uint256 id = _toBuilding();
        uint256 deadline = _deadline(id);
        bool late = _around(deadline, offset);
        if (late) _expectLate(id, deadline);
        _submit(id, "model");
        if (late) market.advance(id);
        else _assertState(id, ICommissionMarket.State.Evaluating);
    }

    function testFuzz_settle(int32 offset) public {
        uint256 id = _toChallenge();
        bool due = _around(_deadline(id), offset);
        if (!due) _expectNothingDue();
        market.settle(id, _submission("model"));
        assertEq(lens.commission(id).modelId, due ? 1 : 0);
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

    function testFuzz_takeTheAnswer(int32 offset) public {
        uint256 id = _toAttesting();
        (uint256 requestId, address member) = (_requestOf(id), _membersOf(id)[0]);
        bytes32 vote =
            oracle.voteHash(requestId, member, _says(IValidationOracle.ReportStatus.Answered), "salt");
        vm.prank(member);
        oracle.commit(requestId, 0, vote);
        bool due = _around(oracle.requestOf(requestId).revealEnds, offset);
        if (!due) _expectNothingDue();
        market.advance(id);
    }

    function testFuzz_appeal(int32 offset) public {
        uint256 id = _toAppealing();
        uint256 panelId = _panelOf(id);
        _fund(third, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        bool late = _around(_deadline(id), offset);
        if (late) vm.expectRevert(abi.encodeWithSelector(IRounds.NotAppealable.selector, panelId));
        vm.prank(third);
        rounds.appeal(panelId);
        if (!late) _expectNothingDue();
        market.advance(id);
        if (late) _assertState(id, ICommissionMarket.State.Delivering);
        else _assertRound(id, IRounds.State.AppealDrawing);
    }

    /* AUDITORS, STAKES */

    function testFuzz_sealAVerdict(int32 offset) public {
        (uint256 id, address[] memory seats) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        uint40 deadline = audits.audit(auditId).deadline;
        bool late = _around(deadline, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooLate.selector, auditId, deadline));
        }
        vm.prank(seats[0]);
        audits.sealVerdict(auditId, 0, "seal", "copy");
        if (!late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        }
        audits.replaceSilent(auditId);
    }

    function testFuzz_openAVerdict(int32 offset) public {
        (uint256 id,) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        for (uint256 i; i < AUDITS; ++i) {
            _seal(auditId, i, true);
        }
        uint40 deadline = audits.audit(auditId).deadline;
        assertEq(deadline, block.timestamp + times.audit);
        address auditor = audits.verdict(auditId, 0).auditor;
        bool late = _around(deadline, offset);
        if (late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooLate.selector, auditId, deadline));
        }
        vm.prank(auditor);
        audits.post(auditId, 0, true, AUDIT_REPORT, COVERED, AUDIT_SALT);
        if (!late) {
            vm.expectRevert(abi.encodeWithSelector(IAuditRegistry.TooEarly.selector, auditId, deadline));
        }
        audits.replaceSilent(auditId);
    }

    function testFuzz_drawAuditors(int32 offset) public {
        uint256 id = _toAudit();
        uint256 auditId = lens.commission(id).auditId;
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
        assertEq(lens.commission(id).developer, rival);
        assertEq(lens.commission(id).price, RESERVE, "the only one that was revealed");
        assertEq(lens.commission(id).bond, BOND);
    }

    /// @dev A customer loses the kill fee, and what the panel is paid for its time.
    function test_stuffed_grant() public {
        uint256 id = _toGranting();
        _timeout(id);
        assertEq(_paid(customer), FUNDS - KILL_FEE - PANEL * FEE);
        _assertRefunded(id, ICommissionMarket.Cause.CustomerSilent, PANEL * FEE, BOND + KILL_FEE, 0);
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
        uint256 requestId = _requestOf(id);
        address[] memory members = _membersOf(id);
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
        assertEq(staking.stakeOf(members[0]).locked, 0);
        _assertState(id, ICommissionMarket.State.Delivering);
    }

    /// @dev An auditor loses its bond and its seat, and nothing of other audits.
    function test_stuffed_verdict() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _post(id, seats[0], true);
        uint256 auditId = lens.commission(id).auditId;
        vm.warp(audits.audit(auditId).deadline);
        audits.replaceSilent(auditId);
        assertEq(_burnt(stakingToken), 2 * uint256(AUDITOR_BOND));
        assertEq(_balance(seats[1], stakingToken), 0);
        assertEq(audits.audit(auditId).seats[0].auditor, seats[0]);
    }

    /// @dev Nobody's money waits for a last moment: what is settled late is settled the same.
    function testFuzz_stuffed_settlement(uint32 late) public {
        uint256 id = _toChallenge();
        vm.warp(_deadline(id) + uint256(late));
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
        vm.expectPartialRevert(Deals.NothingDue.selector);
    }

    function _expectLate(uint256 id, uint256 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, id, deadline));
    }

    function _commitEnds(uint256 id) private view returns (uint40) {
        return lens.commission(id).request.commitEnds;
    }

    function _revealEnds(uint256 id) private view returns (uint40) {
        return lens.commission(id).request.revealEnds;
    }

    function _aVote() private returns (uint256 requestId, address member, bytes32 vote) {
        uint256 id = _toEvaluating();
        requestId = _requestOf(id);
        member = _membersOf(id)[0];
        vote = oracle.voteHash(requestId, member, _scored(THRESHOLD), "salt");
    }
}
