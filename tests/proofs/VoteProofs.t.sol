// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Court} from "../../contracts/dispute/Court.sol";
import {IAuditRegistry} from "../../contracts/interfaces/IAuditRegistry.sol";
import {ICourt} from "../../contracts/interfaces/ICourt.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../../contracts/interfaces/IRandomness.sol";

/// @notice The court with one seat of a first jury in any state, put there without a dispute.
contract CourtInAnyState is Court {
    constructor()
        Court(
            IEscrow(address(1)),
            IParticipantRegistry(address(1)),
            IAuditRegistry(address(1)),
            IRandomness(address(1)),
            address(1),
            1
        )
    {}

    function put(uint256 id, Phase phase, uint40 deadline, uint8 choices, Seat memory seat) external {
        (_cases[id].phase, _cases[id].deadline, _cases[id].choices) = (phase, deadline, choices);
        _cases[id].seats[0][0] = seat;
    }

    function seatOf(uint256 id) external view returns (Seat memory) {
        return _cases[id].seats[0][0];
    }
}

/// @notice Votes of jurors are sealed, then opened once.
contract VoteProofs is Test {
    uint256 private constant ID = 7;
    uint8 private constant CHOICES = 2;

    CourtInAnyState private _court;

    function setUp() public {
        _court = new CourtInAnyState();
    }

    /// @dev Whoever commits or reveals whatever, in any phase: a vote is written by its juror alone, within the time for it,
    /// as it was committed, and never again.
    /// Planted: `AlreadyRevealed` not checked; `VoteMismatch` not checked.
    function check_Vote_IsRevealedOnceAsCommitted(
        ICourt.Phase phase,
        uint40 deadline,
        ICourt.Seat memory seat,
        address sender,
        bool reveals,
        uint256 number,
        uint8 vote,
        bytes32 word
    ) public {
        vm.assume(sender != address(0));
        _court.put(ID, phase, deadline, CHOICES, seat);
        vm.prank(sender);
        if (reveals) _court.reveal(ID, number, vote, word);
        else _court.commit(ID, number, word);

        ICourt.Seat memory later = _court.seatOf(ID);
        assert(later.juror == seat.juror && later.accepted == seat.accepted);
        if (seat.sealedVote != 0) assert(later.sealedVote == seat.sealedVote);
        if (seat.vote != 0) assert(later.vote == seat.vote);
        if (later.vote == seat.vote) return;
        assert(sender == seat.juror && vote <= CHOICES && later.vote == vote + 1);
        assert(phase == ICourt.Phase.Revealing && block.timestamp < deadline);
        assert(seat.sealedVote == _court.voteHash(ID, 0, sender, vote, word));
    }
}
