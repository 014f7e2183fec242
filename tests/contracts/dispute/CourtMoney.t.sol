// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator} from "../../../contracts/interfaces/IArbitrator.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice Where jurors' bonds and juries' fees go, that every dispute ends by time alone, and that events tell all of
/// it.
contract CourtMoneyTest is DisputeFixture {
    uint256 private constant FINE = AUDITOR_BOND / 5;

    function setUp() public override {
        super.setUp();
        _enlist(21);
    }

    /* ONE ROUND */

    function test_settle_unanimousJuryShareTheFee() public {
        (uint256 disputeId, address[] memory jury) = _judged(FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        for (uint256 i; i < 3; ++i) {
            assertEq(_balance(jury[i], stakingToken), AUDITOR_BOND);
            assertEq(_paid(jury[i]), JURY_FEE / 3);
        }
        assertEq(court.paidBy(disputeId, customer), JURY_FEE);
        _assertNothingHeld(disputeId);
    }

    function test_settle_theIncoherentPayTheCoherent() public {
        (uint256 disputeId, address[] memory jury) = _judged(FOR_CUSTOMER, FOR_DEVELOPER, FOR_CUSTOMER);
        assertEq(_balance(jury[0], stakingToken), AUDITOR_BOND + FINE / 2);
        assertEq(_balance(jury[1], stakingToken), AUDITOR_BOND - FINE);
        assertEq(_balance(jury[2], stakingToken), AUDITOR_BOND + FINE / 2);
        assertEq(_paid(jury[1]), 0);
        assertEq(_paid(jury[0]), JURY_FEE / 2);
        _assertNothingHeld(disputeId);
    }

    /// @dev Silence and withholding cost the whole bond.
    function test_settle_theSilentLoseAll() public {
        (uint256 disputeId, address[] memory jury) = _judged(FOR_DEVELOPER, SILENT, WITHHELD);
        assertEq(_balance(jury[0], stakingToken), 3 * AUDITOR_BOND);
        assertEq(_balance(jury[1], stakingToken), 0);
        assertEq(_balance(jury[2], stakingToken), 0);
        assertEq(_paid(jury[0]), JURY_FEE);
        _assertNothingHeld(disputeId);
    }

    /// @dev Nobody spoke: the fee goes back, the bonds are burnt, the announced end stands.
    function test_settle_nobodyRevealed() public {
        (uint256 disputeId,) = _judged(SILENT, WITHHELD, SILENT);
        assertEq(_burnt(stakingToken), 3 * AUDITOR_BOND);
        assertEq(court.paidBy(disputeId, customer), 0);
        _assertState(1, ICommissionMarket.State.Challenge);
        _assertNothingHeld(disputeId);
    }

    /// @dev A ruling for nobody holds no vote against anybody.
    function test_settle_aTieFinesNobody() public {
        (uint256 disputeId, address[] memory jury) = _judged(FOR_CUSTOMER, FOR_DEVELOPER, SILENT);
        assertEq(court.currentRuling(disputeId), REFUSED);
        assertEq(_balance(jury[0], stakingToken), AUDITOR_BOND + AUDITOR_BOND / 2);
        assertEq(_balance(jury[1], stakingToken), AUDITOR_BOND + AUDITOR_BOND / 2);
        assertEq(_paid(jury[0]), JURY_FEE / 2);
        _assertNothingHeld(disputeId);
    }

    /// @dev Whatever a jury does: bonds and fee are paid out, given back or burnt to the last unit, and nobody gets
    /// more than what the others lost.
    function testFuzz_settle_isAZeroSum(uint256 seed) public {
        uint256 before = _sumOf() + _burnt(stakingToken);
        uint8[] memory votes = new uint8[](3);
        for (uint256 i; i < 3; ++i) {
            votes[i] = _someVote(seed >> (8 * i));
        }
        (uint256 disputeId, address[] memory jury) = _judged(votes[0], votes[1], votes[2]);
        assertEq(_sumOf() + _burnt(stakingToken), before);
        uint256 ruling = court.currentRuling(disputeId);
        for (uint256 i; i < 3; ++i) {
            uint256 bond = _balance(jury[i], stakingToken);
            if (votes[i] >= WITHHELD) assertEq(bond, 0);
            else if (ruling == 0 || votes[i] == ruling) assertGe(bond, AUDITOR_BOND);
            else assertEq(bond, AUDITOR_BOND - FINE);
        }
        assertLe(_sum(jurors), JURY_FEE);
        _assertNothingHeld(disputeId);
    }

    /* SEVERAL ROUNDS */

    /// @dev Each round by the final ruling, each with its own fee.
    function testFuzz_settle_roundsApart(uint256 seed) public {
        uint256 before = _sumOf() + _burnt(stakingToken);
        uint256 disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        ICourt.Seat[] memory first = _jury(disputeId);
        _ballot(disputeId, _votes(FOR_CUSTOMER, FOR_CUSTOMER, FOR_DEVELOPER));
        _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        _seatJury(disputeId);
        uint8[] memory votes = new uint8[](7);
        for (uint256 i; i < 7; ++i) {
            votes[i] = _someVote(seed >> (8 * i));
        }
        _ballot(disputeId, votes);
        _toRuling(disputeId);
        uint256 ruling = court.currentRuling(disputeId);
        assertEq(_sumOf() + _burnt(stakingToken), before);
        if (ruling == FOR_DEVELOPER) {
            assertEq(_balance(first[2].juror, stakingToken), AUDITOR_BOND + 2 * FINE);
        }
        if (ruling == FOR_CUSTOMER) assertEq(_balance(first[2].juror, stakingToken), AUDITOR_BOND - FINE);
        _assertNothingHeld(disputeId);
    }

    /* FEES */

    function testFuzz_juryFee_growsWithTheJury(uint96 fee) public view {
        assertEq(court.juryFee(fee, 0), fee);
        assertEq(court.juryFee(fee, 1), uint256(fee) * 7 / 3);
        assertEq(court.juryFee(fee, 2), uint256(fee) * 5);
    }

    /// @dev What was agreed when the deal opened, whatever governance changes.
    function test_fee_isTheOpenDeals() public {
        uint256 id = _toChallenge();
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 3);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 9000e18, 0), tiers);
        policy.setStakes(IPolicy.Stakes(1, 1, 0, 0));
        _judge(_contest(id, customer), 1, 1, 1);
        assertEq(_sum(jurors), JURY_FEE / 3 * 3);
    }

    /// @dev A claimant who is wrong pays for the jury, and the other party gets what it would have got, later.
    function test_griefer_paysForTheDelay() public {
        uint256 id = _toChallenge();
        uint256 snapshot = vm.snapshotState();
        _settle(id, "model");
        (uint256 developers, uint256 customers) = (_paid(developer), _paid(customer));
        assertTrue(vm.revertToState(snapshot));
        _judge(_contest(id, customer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        market.settle(id, _submission("model"));
        assertEq(_paid(developer), developers);
        assertEq(
            _paid(customer), customers + JURY_FEE % 3, "and the fee that it brought is gone, but for dust"
        );
        assertEq(_sum(jurors), JURY_FEE / 3 * 3);
    }

    /* SILENCE */

    /// @dev From every phase a stranger alone brings a dispute to its end, in bounded steps, and the announced end
    /// stands or what was ruled before.
    function testFuzz_silence_endsByTimeAlone(uint256 seed) public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        uint256 phases = seed % 6;
        if (phases > 0) _drawJury(disputeId);
        if (phases > 1) _accept(disputeId, seed / 6 % 3);
        if (phases > 2) {
            for (uint256 i; i < 3; ++i) {
                if (i != seed / 6 % 3) _accept(disputeId, i);
            }
            court.advance(disputeId);
            _commit(disputeId, 0, FOR_CUSTOMER);
        }
        if (phases > 3) {
            _pass(disputeId);
            _revealVote(disputeId, 0, FOR_CUSTOMER);
        }
        if (phases > 4) {
            _pass(disputeId);
            _appealRuling(disputeId, developer, JURY_FEE * 7 / 3);
        }
        uint256 steps;
        while (court.dispute(disputeId).state != ICourt.State.Closed) {
            (uint256 blocks, uint256 time) =
                court.dispute(disputeId).armedBlock == 0 ? (300, 2 days) : (3, 36);
            vm.roll(block.number + blocks);
            skip(time);
            vm.prank(third);
            court.advance(disputeId);
            assertLt(++steps, 30);
        }
        _assertNothingHeld(disputeId);
        assertTrue(disputes.disputeOf(1).resolved);
        bool lost = phases > 3;
        assertEq(uint8(lens.commission(id).cause) != 0, lost);
        if (!lost) market.settle(id, _submission("model"));
        assertEq(_held(id), 0);
    }

    /// @dev Everybody has left meanwhile: nobody is drawn, and nobody is waited for.
    function test_silence_ofAnEmptyPool() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        for (uint256 i; i < jurors.length; ++i) {
            vm.expectEmit();
            emit ICourt.JurorLeft(jurors[i]);
            vm.prank(jurors[i]);
            court.leave();
        }
        for (uint256 i; i < court.MAX_DRAWS(); ++i) {
            _drawJury(disputeId);
            for (uint256 seat; seat < 3; ++seat) {
                assertEq(_jury(disputeId)[seat].juror, address(0));
            }
            assertEq(court.dispute(disputeId).deadline, block.timestamp);
        }
        vm.expectEmit();
        emit ICourt.RoundEnded(disputeId, 0, REFUSED, 0);
        _expectState(disputeId, ICourt.State.Paying, 0);
        court.advance(disputeId);
        _toRuling(disputeId);
        _assertNothingHeld(disputeId);
    }

    /* CHOICES */

    /// @dev The deals of this market leave two; another arbitrable's question may leave more.
    function test_ruling_amongEightChoices() public {
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.prank(address(disputes));
        uint256 disputeId = court.createDispute(8, abi.encode(market, id, customer));
        _seatJury(disputeId);
        _ballot(disputeId, _votes(8, 7, 8));
        assertEq(court.currentRuling(disputeId), 8);
    }

    /* WHAT IS TOLD */

    /// @dev An indexer rebuilds a dispute from its events; and no step waits for what all have done.
    function test_events_tellADispute() public {
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectEmit();
        emit IArbitrator.DisputeCreation(1, disputes);
        _expectState(1, ICourt.State.Seating, block.timestamp);
        vm.expectEmit();
        emit IDisputes.DisputeOpened(
            1,
            address(market),
            id,
            customer,
            IDisputes.Ground.Breach,
            court,
            1,
            uint40(block.timestamp + court.longest(market, id))
        );
        vm.prank(customer);
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
        vm.expectEmit();
        emit ICourt.JuryArmed(1, block.number + 2, 0);
        court.advance(1);
        vm.roll(block.number + 3);
        _expectState(1, ICourt.State.Seating, block.timestamp + times.grant);
        court.advance(1);
        ICourt.Seat[] memory jury = _jury(1);
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit();
            emit ICourt.JurorAccepted(1, jury[i].juror, 0, AUDITOR_BOND);
            _accept(1, i);
        }
        _expectState(1, ICourt.State.Voting, block.timestamp + times.commit);
        court.advance(1);
        _tellTheVotes(jury);
        _tellTheEnd(jury);
    }

    function _tellTheVotes(ICourt.Seat[] memory jury) private {
        for (uint256 i; i < 3; ++i) {
            bytes32 vote = court.voteHash(1, 0, jury[i].juror, FOR_CUSTOMER, "salt");
            vm.expectEmit();
            emit ICourt.VoteCommitted(1, jury[i].juror, 0, vote);
            _commit(1, i, FOR_CUSTOMER);
        }
        _expectState(1, ICourt.State.Revealing, block.timestamp + times.reveal);
        court.advance(1);
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit();
            emit ICourt.VoteRevealed(1, jury[i].juror, 0, FOR_CUSTOMER);
            _revealVote(1, i, FOR_CUSTOMER);
        }
        vm.expectEmit();
        emit ICourt.RoundEnded(1, 0, FOR_CUSTOMER, 3);
        _expectState(1, ICourt.State.Appealing, block.timestamp + times.appeal);
        vm.expectEmit();
        emit IArbitrator.AppealPossible(1, disputes);
        court.advance(1);
    }

    function _tellTheEnd(ICourt.Seat[] memory jury) private {
        vm.warp(court.dispute(1).deadline);
        _expectState(1, ICourt.State.Paying, 0);
        court.advance(1);
        _expectState(1, ICourt.State.Ruling, 0);
        vm.expectEmit();
        emit ICourt.RoundSettled(1, 0, 3, 0, 0);
        court.advance(1);
        assertEq(_paid(jury[0].juror), JURY_FEE / 3);
        _expectState(1, ICourt.State.Closed, 0);
        vm.expectEmit();
        emit IArbitrable.Ruling(court, 1, FOR_CUSTOMER);
        vm.expectEmit();
        emit IDisputes.DisputeResolved(1, Side.Customer, false);
        court.advance(1);
    }

    function _expectState(uint256 disputeId, ICourt.State state, uint256 deadline) private {
        vm.expectEmit();
        emit Deals.StateChanged(disputeId, uint8(state), uint40(deadline));
    }

    /* PARTS */

    function _judged(uint8 a, uint8 b, uint8 c) private returns (uint256 disputeId, address[] memory jury) {
        disputeId = _contest(_toChallenge(), customer);
        _seatJury(disputeId);
        ICourt.Seat[] memory seats = _jury(disputeId);
        jury = new address[](3);
        for (uint256 i; i < 3; ++i) {
            jury[i] = seats[i].juror;
        }
        _ballot(disputeId, _votes(a, b, c));
        _toRuling(disputeId);
    }

    function _someVote(uint256 seed) private pure returns (uint8) {
        uint8 vote = uint8(seed % 5);
        return vote == 3 ? SILENT : vote == 4 ? WITHHELD : vote;
    }

    function _sumOf() private view returns (uint256 total) {
        for (uint256 i; i < jurors.length; ++i) {
            total += _balance(jurors[i], stakingToken);
        }
    }

    function _assertNothingHeld(uint256 disputeId) private view {
        assertEq(escrow.held(address(court), address(paymentToken), bytes32(disputeId)), 0, "fees");
        assertEq(escrow.held(address(court), address(stakingToken), ~bytes32(disputeId)), 0, "bonds");
    }
}
