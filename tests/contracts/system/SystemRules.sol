// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IChambers} from "../../../contracts/interfaces/IChambers.sol";
import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {SystemHandler} from "./SystemHandler.sol";

/// @notice Counters against what they count: seats of panels, audits, juries and chambers, fees and deposits of rounds,
/// votes.
abstract contract SystemRules is SystemHandler {
    /* PANELS */

    /// @dev What is locked is what lies behind the seats of panels that live, to the last unit.
    function _stakesAreBehindTheSeats() internal view {
        for (uint256 i; i < validators.length; ++i) {
            assertEq(staking.stakeOf(validators[i]).locked, seatStakes[validators[i]], "locked");
        }
        for (uint256 i; i < roundIds.length; ++i) {
            (bool works, IRounds.RoundView memory r) = _round(roundIds[i]);
            assertEq(works, isLive[roundIds[i]], "a panel lives as long as its round");
            if (!works) continue;
            _membersSit(roundIds[i]);
            bool appealed = r.state == IRounds.State.AppealDrawing || r.state == IRounds.State.AppealVoting;
            if (r.appealPanelId != 0) {
                assertEq(isLive[r.appealPanelId], appealed, "and an appeal's as it runs");
            }
            if (appealed) _membersSit(r.appealPanelId);
        }
    }

    function _membersSit(uint256 panelId) private view {
        address[] memory sitting = oracle.membersOf(panelId);
        assertLe(sitting.length, panelTermsOf[panelId].size);
        for (uint256 i; i < sitting.length; ++i) {
            assertTrue(_sitsIn(panelId, sitting[i]), "a seat without its stake");
            assertNotEq(sitting[i], panelTermsOf[panelId].customer);
            assertNotEq(sitting[i], panelTermsOf[panelId].developer);
        }
    }

    /// @dev A round's fees stay within its seats at each question, and once more for those who were replaced; what a
    /// deal has spent is what its panel's members and its auditors have earned.
    function _feesAreBounded() internal view {
        for (uint256 i; i < roundIds.length; ++i) {
            FeeBook memory book = fees[roundIds[i]];
            assertLe(book.paid, book.size * (book.questions + 1), "fees of a round");
        }
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            ICommissionLens.Commission memory c = lens.commission(id);
            uint256 toPanel = fees[c.panelId].paid * c.request.evaluationFee;
            uint256 most = uint256(c.attempts) * c.audits * c.request.auditFee;
            uint256 toKeepers = uint256(c.steps) * c.stepFee;
            assertGe(c.spent, toPanel + toKeepers, "the panel is paid, and the steps");
            assertLe(c.spent, toPanel + toKeepers + most, "and the auditors");
        }
    }

    /// @dev Rounds holds the deposit of an appeal that runs, and nothing else.
    function _roundsHoldDepositsAlone() internal view {
        for (uint256 i; i < appeals.length; ++i) {
            (uint256 requestId, uint256 panelId) = (appeals[i], roundOfAppeal[appeals[i]]);
            (bool works, IRounds.RoundView memory r) = _round(panelId);
            bool runs = works && r.state >= IRounds.State.AppealDrawing && r.requestId == requestId;
            assertEq(_heldBy(address(rounds), paymentToken, requestId), runs ? depositOf[requestId] : 0);
            if (!runs) continue;
            uint256 size = panelTermsOf[r.appealPanelId].size;
            assertEq(depositOf[requestId], r.appealBond + size * r.fee);
        }
        for (uint256 i; i < holdBooks.length; ++i) {
            if (holdBooks[i].module != address(rounds)) continue;
            assertEq(holdBooks[i].got, depositOf[uint256(holdBooks[i].id)], "a deposit alone");
        }
    }

    /// @dev A vote's windows end early only when all who could use them have.
    function _windowsLast() internal view {
        assertEq(shortened, 0, "opened too short or left too early");
        for (uint256 i; i < requests.length; ++i) {
            try oracle.requestOf(requests[i]) returns (IValidationOracle.RequestView memory r) {
                Ballot memory b = ballots[requests[i]];
                assertEq(r.commitEnds, b.commitEnds);
                assertEq(r.revealEnds, b.revealEnds);
            } catch {} // solhint-disable-line no-empty-blocks -- the room is another's
        }
    }

    /* AUDITS */

    function _auditorsSeatsAreCounted() internal view {
        address[] memory people = new address[](auditors.length + 1);
        for (uint256 i; i < auditors.length; ++i) {
            people[i] = auditors[i];
        }
        people[auditors.length] = regulator;
        (uint256[] memory seats, uint256[] memory bonds) = _burdens(people);
        for (uint256 i; i < people.length; ++i) {
            IAuditRegistry.Enrolment memory own = audits.enrolmentOf(people[i]);
            assertEq(own.seats, seats[i], "seats");
            assertEq(own.locked, bonds[i], "bonds behind them");
            assertGe(own.bond, own.locked);
            assertEq(own.bond, _heldBy(address(audits), stakingToken, uint160(people[i])));
        }
    }

    /// @dev Of seats that are held: drawn, and the verdict not posted yet.
    function _burdens(address[] memory people)
        private
        view
        returns (uint256[] memory seats, uint256[] memory bonds)
    {
        (seats, bonds) = (new uint256[](people.length), new uint256[](people.length));
        for (uint256 auditId = 1; auditId <= audits.auditCount(); ++auditId) {
            IAuditRegistry.AuditView memory audit = audits.audit(auditId);
            if (audit.outcome != IAuditRegistry.Outcome.Pending) continue;
            for (uint256 j; j < audit.seats.length; ++j) {
                if (audit.seats[j].auditor == address(0) || audit.seats[j].at != 0) continue;
                for (uint256 i; i < people.length; ++i) {
                    if (people[i] != audit.seats[j].auditor) continue;
                    ++seats[i];
                    bonds[i] += audit.terms.bond;
                }
            }
        }
    }

    /* JURIES */

    function _jurorsSeatsAreCounted() internal view {
        uint256 enrolled;
        for (uint256 i; i < jurors.length; ++i) {
            if (court.enrolledAt(jurors[i]) != 0) ++enrolled;
        }
        assertEq(court.poolSize(), enrolled, "the pool is the enrolled");
        for (uint256 caseId = 1; caseId <= court.disputeCount(); ++caseId) {
            _juryIsCounted(caseId);
        }
    }

    /// @dev Their bonds are there until the rounds are settled.
    function _juryIsCounted(uint256 caseId) private view {
        ICourt.DisputeView memory d = court.dispute(caseId);
        uint256 accepted;
        for (uint8 round; round <= d.round; ++round) {
            ICourt.Round memory jury = d.rounds[round];
            ICourt.Seat[] memory seats = court.seatsOf(caseId, round);
            uint256[3] memory counts;
            for (uint256 i; i < seats.length; ++i) {
                if (seats[i].accepted) ++counts[0];
                if (seats[i].sealedVote != 0) ++counts[1];
                if (seats[i].vote != 0) ++counts[2];
            }
            assertEq(jury.size, seats.length);
            assertEq(jury.accepted, counts[0]);
            assertEq(jury.committed, counts[1]);
            assertEq(jury.revealed, counts[2]);
            accepted += counts[0];
        }
        uint256 bonds = d.state < ICourt.State.Ruling ? accepted * market.dealOf(d.dealId).bond : 0;
        assertEq(_heldBy(address(court), stakingToken, ~caseId), bonds);
    }

    /* CHAMBERS */

    /// @dev One vote for each seat that counts, in its own chamber, and one seat for each entity.
    function _chambersCountTheirSeats() internal view {
        uint256[] memory votes = new uint256[](ROLES);
        for (uint256 i; i < members.length; ++i) {
            IChambers.Seat memory seat = chambers.seatOf(members[i]);
            IParticipantRegistry.Role chamber = seat.votes ? seat.role : IParticipantRegistry.Role.None;
            if (seat.votes) ++votes[uint8(seat.role)];
            assertEq(uint8(chambers.chamberOf(members[i])), uint8(chamber));
            assertEq(chambers.getVotes(members[i]), seat.votes ? 1 : 0);
            if (seat.entity != 0) assertEq(chambers.holderOf(seat.entity), members[i]);
        }
        for (uint8 role; role < ROLES; ++role) {
            assertEq(chambers.votesIn(IParticipantRegistry.Role(role)), votes[role]);
        }
    }
}
