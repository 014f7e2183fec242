// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Court} from "../../contracts/dispute/Court.sol";
import {IAuditRegistry} from "../../contracts/interfaces/IAuditRegistry.sol";
import {ICourt} from "../../contracts/interfaces/ICourt.sol";
import {IDisputableMarket} from "../../contracts/interfaces/IDisputableMarket.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../../contracts/interfaces/IRandomness.sol";
import {Deals} from "../../contracts/kernel/Deals.sol";

/// @notice The escrow, which adds up what leaves it, and a market of any bond.
contract Till {
    uint96 private immutable BOND;
    mapping(bytes32 hold => uint256) public paid;

    constructor(uint96 bond) {
        BOND = bond;
    }

    function releaseEach(bytes32 hold, address, IEscrow.Payment[] calldata payments) external {
        for (uint256 i; i < payments.length; ++i) {
            paid[hold] += payments[i].amount;
        }
    }

    function burn(bytes32 hold, address, uint256 amount) external {
        paid[hold] += amount;
    }

    function dealOf(uint256) external view returns (IDisputableMarket.DealView memory terms) {
        terms.bond = BOND;
    }
}

/// @notice The court with one seat of a first jury in any state, put there without a dispute.
contract CourtInAnyState is Court {
    constructor(address till)
        Court(
            IEscrow(till),
            IParticipantRegistry(address(1)),
            IAuditRegistry(address(1)),
            IRandomness(address(1)),
            address(1),
            1,
            1
        )
    {}

    function put(uint256 id, State state, uint40 deadline, uint8 choices, Seat memory seat) external {
        (_cases[id].at, _cases[id].choices) = (Deals.pack(uint8(state), deadline), choices);
        _cases[id].seats[0][0] = seat;
    }

    /// @dev A jury of three is to be paid.
    function putJury(uint256 id, address market, uint8 ruling, Round memory jury, Seat[3] memory seats)
        external
    {
        (_cases[id].at, _cases[id].ruling) = (Deals.pack(uint8(State.Paying), 0), ruling);
        _cases[id].market = IDisputableMarket(market);
        _cases[id].rounds[0] = jury;
        for (uint256 i; i < 3; ++i) {
            _cases[id].seats[0][i] = seats[i];
        }
    }

    function seatOf(uint256 id) external view returns (Seat memory) {
        return _cases[id].seats[0][0];
    }
}

/// @notice Votes of jurors are sealed, then opened once; a jury is paid what came in for it.
contract CourtProofs is Test {
    uint256 private constant ID = 7;
    uint8 private constant CHOICES = 2;

    uint96 private constant BOND = 500e18 + 1;

    Till private _till;
    CourtInAnyState private _court;

    function setUp() public {
        _till = new Till(BOND);
        _court = new CourtInAnyState(address(_till));
    }

    /// @dev Whoever commits or reveals whatever, in any state: a vote is written by its juror alone, within the time
    /// for it, as it was committed, and never again.
    /// Planted: `AlreadyRevealed` not checked; `VoteMismatch` not checked.
    function check_Vote_IsRevealedOnceAsCommitted(
        ICourt.State state,
        uint40 deadline,
        ICourt.Seat memory seat,
        address sender,
        bool reveals,
        uint256 number,
        uint8 vote,
        bytes32 word
    ) public {
        vm.assume(sender != address(0));
        _court.put(ID, state, deadline, CHOICES, seat);
        vm.prank(sender);
        if (reveals) _court.reveal(ID, number, vote, word);
        else _court.commit(ID, number, word);

        ICourt.Seat memory later = _court.seatOf(ID);
        assert(later.juror == seat.juror && later.accepted == seat.accepted);
        if (seat.sealedVote != 0) assert(later.sealedVote == seat.sealedVote);
        if (seat.vote != 0) assert(later.vote == seat.vote);
        if (later.vote == seat.vote) return;
        assert(sender == seat.juror && vote <= CHOICES && later.vote == vote + 1);
        assert(state == ICourt.State.Revealing && block.timestamp < deadline);
        assert(seat.sealedVote == _court.voteHash(ID, 0, sender, vote, word));
    }

    /// @dev Whoever accepted, voted and kept silent, and whatever was ruled: fee and bonds leave their holds to the
    /// last unit. For one bond that a fine does not divide, and any fee.
    /// Planted: `rest -= share` left out.
    function check_Jury_IsPaidWhatItHolds(
        uint96 fee,
        bool unfilled,
        uint8 ruling,
        bool[3] memory accepted,
        uint8[3] memory votes
    ) public {
        vm.assume(ruling <= CHOICES);
        ICourt.Round memory jury;
        (jury.payer, jury.fee, jury.size, jury.unfilled) = (address(9), fee, 3, unfilled);
        ICourt.Seat[3] memory seats;
        uint256 bonds;
        for (uint256 i; i < 3; ++i) {
            vm.assume(votes[i] <= CHOICES + 1);
            (seats[i].juror, seats[i].accepted) = (address(uint160(i + 1)), accepted[i]);
            if (accepted[i]) (seats[i].vote, bonds) = (votes[i], bonds + BOND);
        }
        _court.putJury(ID, address(_till), ruling, jury, seats);
        _court.advance(ID);
        assert(_till.paid(bytes32(ID)) == fee);
        assert(_till.paid(~bytes32(ID)) == bonds);
    }
}
