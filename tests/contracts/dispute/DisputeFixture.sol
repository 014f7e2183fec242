// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Jurors, and the steps by which a dispute is driven to its ruling.
abstract contract DisputeFixture is CommissionFixture {
    uint8 internal constant REFUSED = uint8(Side.None);
    uint8 internal constant FOR_CUSTOMER = uint8(Side.Customer);
    uint8 internal constant FOR_DEVELOPER = uint8(Side.Developer);
    uint8 internal constant SILENT = 255; // commits nothing
    uint8 internal constant WITHHELD = 254; // commits and does not reveal
    uint256 internal constant JURY_FEE = 50e18; // of three: the appeal bond of the fixture's rules

    address[] internal jurors;

    /// @dev Enrols jurors, for deals that open from now on.
    function _enlist(uint256 count) internal {
        uint256 first = jurors.length;
        for (uint256 i = first; i < first + count; ++i) {
            jurors.push(_register(string.concat("juror ", vm.toString(i)), IParticipantRegistry.Role.Auditor));
        }
        skip(TRUSTED_WAIT);
        for (uint256 i = first; i < first + count; ++i) {
            _accredit(jurors[i], IParticipantRegistry.Role.Auditor, 0);
            _fund(jurors[i], stakingToken, AUDITOR_BOND, address(court));
            vm.prank(jurors[i]);
            court.enrol();
        }
        skip(ENROLMENT_WAIT);
    }

    /* STEPS */

    /// @dev A party contests; it pays for the jury.
    function _contest(uint256 id, address claimant) internal returns (uint256 disputeId) {
        _fund(claimant, paymentToken, JURY_FEE, address(court));
        vm.prank(claimant);
        disputeId = disputes.open(market, id, IDisputes.Ground.Delivery, "evidence");
    }

    /// @dev Draws, and all who were drawn accept.
    function _seatJury(uint256 disputeId) internal {
        _drawJury(disputeId);
        ICourt.Seat[] memory seats = _jury(disputeId);
        for (uint256 i; i < seats.length; ++i) {
            if (seats[i].juror != address(0)) _accept(disputeId, i);
        }
        court.advance(disputeId);
    }

    function _drawJury(uint256 disputeId) internal {
        court.advance(disputeId);
        vm.roll(block.number + 3);
        court.advance(disputeId);
    }

    function _accept(uint256 disputeId, uint256 seat) internal {
        vm.prank(_jury(disputeId)[seat].juror);
        court.accept(disputeId, seat);
    }

    /// @dev By seat; whoever has none listed keeps silent. To the end of revealing.
    function _ballot(uint256 disputeId, uint8[] memory votes) internal {
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i] != SILENT) _commit(disputeId, i, votes[i]);
        }
        _pass(disputeId);
        for (uint256 i; i < votes.length; ++i) {
            if (votes[i] < WITHHELD) _revealVote(disputeId, i, votes[i]);
        }
        _pass(disputeId);
    }

    function _commit(uint256 disputeId, uint256 seat, uint8 vote) internal {
        address juror = _jury(disputeId)[seat].juror;
        uint8 round = court.dispute(disputeId).round;
        bytes32 sealedVote = court.voteHash(disputeId, round, juror, vote, "salt");
        vm.prank(juror);
        court.commit(disputeId, seat, sealedVote);
    }

    function _revealVote(uint256 disputeId, uint256 seat, uint8 vote) internal {
        vm.prank(_jury(disputeId)[seat].juror);
        court.reveal(disputeId, seat, vote, "salt");
    }

    /// @dev To the end of the phase, at once where all have acted.
    function _pass(uint256 disputeId) internal {
        (bool ok,) = address(court).call(abi.encodeCall(court.advance, (disputeId)));
        if (ok) return;
        vm.warp(court.dispute(disputeId).deadline);
        court.advance(disputeId);
    }

    /// @dev The three of the first jury vote; the ruling stands the time for appeals and is carried out.
    function _judge(uint256 disputeId, uint8 a, uint8 b, uint8 c) internal {
        _seatJury(disputeId);
        _ballot(disputeId, _votes(a, b, c));
        _toRuling(disputeId);
    }

    /// @dev From revealed votes to the end: no appeal, rounds settled, ruling given.
    function _toRuling(uint256 disputeId) internal {
        while (court.dispute(disputeId).state != ICourt.State.Closed) {
            _pass(disputeId);
        }
    }

    function _appealRuling(uint256 disputeId, address by, uint256 fee) internal {
        _fund(by, paymentToken, fee, address(court));
        vm.prank(by);
        disputes.appeal(disputeId);
    }

    function _jury(uint256 disputeId) internal view returns (ICourt.Seat[] memory) {
        return court.seatsOf(disputeId, court.dispute(disputeId).round);
    }

    function _votes(uint8 a, uint8 b, uint8 c) internal pure returns (uint8[] memory votes) {
        votes = new uint8[](3);
        (votes[0], votes[1], votes[2]) = (a, b, c);
    }

    function _unanimous(uint256 count, uint8 vote) internal pure returns (uint8[] memory votes) {
        votes = new uint8[](count);
        for (uint256 i; i < count; ++i) {
            votes[i] = vote;
        }
    }

    function _assertPhase(uint256 disputeId, ICourt.State phase) internal view {
        assertEq(uint8(court.dispute(disputeId).state), uint8(phase), "phase");
    }

    /* DEALS WHOSE END IS ANNOUNCED */

    function _toBadData() internal returns (uint256 id) {
        id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        market.advance(id);
    }

    function _toAttemptsSpent(int64 best) internal returns (uint256 id) {
        id = _toEvaluating();
        _evaluate(id, best);
        _submit(id, "second");
        _evaluate(id, 0);
    }

    function _toDeliveryFailed() internal returns (uint256 id) {
        id = _toDelivering();
        _timeout(id);
    }
}
