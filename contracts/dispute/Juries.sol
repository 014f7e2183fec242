// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable} from "../interfaces/IArbitrator.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputableMarket} from "../interfaces/IDisputableMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {Pool} from "../kernel/Pool.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {Jurors} from "./Jurors.sol";

/// @title The juries of disputes: drawing jurors, their bonds, their sealed votes.
abstract contract Juries is Jurors {
    using FutureBlock for FutureBlock.Draw;
    using Pool for Pool.Members;

    struct Case {
        // slot 0
        IArbitrable arbitrable;
        DealState at; // a State and its deadline; in Seating that of the drawn to accept
        uint8 round;
        uint8 ruling;
        uint8 choices;
        uint8 juries; // at most, by the size of the pool when the dispute was opened
        // slot 1
        IDisputableMarket market;
        uint48 dealId;
        FutureBlock.Draw draw; // of the present round
        mapping(uint8 round => Round) rounds;
        mapping(uint8 round => mapping(uint256 number => Seat)) seats;
        mapping(address account => bool) drawn; // in any round: nobody is asked twice or hears its own appeal
    }

    /// @notice How often the seats of one round can be drawn: once, and three times for those who did not accept.
    uint8 public constant MAX_DRAWS = 4;

    IEscrow internal immutable ESCROW;
    IRandomness private immutable RANDOMNESS;

    /// @notice The token of jurors' bonds.
    address public immutable BOND_TOKEN;

    mapping(uint256 disputeID => Case) internal _cases;

    constructor(IEscrow escrow, IRandomness randomness, address bondToken) {
        ESCROW = escrow;
        RANDOMNESS = randomness;
        BOND_TOKEN = bondToken;
    }

    /* JURORS: bond, vote, reveal */

    /// @inheritdoc ICourt
    function accept(uint256 disputeID, uint256 seat) external nonReentrant {
        Case storage self = _in(disputeID, State.Seating);
        Seat storage place = _seatOfCaller(disputeID, self, seat);
        if (place.accepted) revert AlreadyAccepted(disputeID, msg.sender);
        IDisputableMarket.DealView memory terms = _termsOf(self);
        if (!_mayJudge(msg.sender, terms)) revert MayNotJudge(disputeID, msg.sender);
        place.accepted = true;
        ++self.rounds[self.round].accepted;
        emit JurorAccepted(disputeID, msg.sender, self.round, terms.bond);
        ESCROW.fund(_bondHold(disputeID), BOND_TOKEN, msg.sender, terms.bond);
    }

    /// @inheritdoc ICourt
    function commit(uint256 disputeID, uint256 seat, bytes32 sealedVote) external {
        if (sealedVote == 0) revert EmptyVote();
        Case storage self = _in(disputeID, State.Voting);
        Seat storage place = _seatOfCaller(disputeID, self, seat);
        if (place.sealedVote != 0) revert AlreadyCommitted(disputeID, msg.sender);
        place.sealedVote = sealedVote;
        ++self.rounds[self.round].committed;
        emit VoteCommitted(disputeID, msg.sender, self.round, sealedVote);
    }

    /// @inheritdoc ICourt
    function reveal(uint256 disputeID, uint256 seat, uint8 vote, bytes32 salt) external {
        Case storage self = _in(disputeID, State.Revealing);
        Seat storage place = _seatOfCaller(disputeID, self, seat);
        uint8 round = self.round;
        if (vote > self.choices) revert UnknownChoice(vote, self.choices);
        if (place.vote != 0) revert AlreadyRevealed(disputeID, msg.sender);
        if (place.sealedVote != voteHash(disputeID, round, msg.sender, vote, salt)) {
            revert VoteMismatch(disputeID, msg.sender);
        }
        place.vote = vote + 1;
        ++self.rounds[round].revealed;
        emit VoteRevealed(disputeID, msg.sender, round, vote);
    }

    /// @inheritdoc ICourt
    function voteHash(uint256 disputeID, uint8 round, address juror, uint8 vote, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), disputeID, round, juror, vote, salt));
    }

    /* SEATING */

    /// @dev Draws, waits for those drawn to accept, and draws again for those who have not. Then the jury sits, if
    /// half of it has accepted.
    function _advanceSeating(uint256 disputeID, Case storage self) internal {
        Round storage jury = self.rounds[self.round];
        if (jury.accepted == jury.size) {
            _beginVote(disputeID, self);
            return;
        }
        bytes32 seed = self.draw.hold(epoch(), RANDOMNESS);
        if (seed != 0) {
            _fillSeats(disputeID, self, jury.size, seed);
            return;
        }
        if (self.draw.isPending(epoch(), RANDOMNESS) || !self.at.isOver()) {
            self.at.nothingDue(disputeID);
        }
        _vacate(self, jury.size);
        FutureBlock.Arming arming = self.draw.arm(MAX_DRAWS, epoch(), RANDOMNESS);
        // slither-disable-next-line incorrect-equality -- an enum
        if (arming == FutureBlock.Arming.Armed) {
            emit JuryArmed(disputeID, self.draw.number, self.draw.held);
        } else if (2 * uint256(jury.accepted) >= jury.size) {
            _beginVote(disputeID, self);
        } else {
            jury.unfilled = true;
            emit RoundEnded(disputeID, self.round, self.ruling, 0);
            _enter(disputeID, self, State.Paying, 0);
        }
    }

    /// @dev Gives the vacant seats to the first candidates of the draw who may judge.
    function _fillSeats(uint256 disputeID, Case storage self, uint256 size, bytes32 seed) private {
        IDisputableMarket.DealView memory terms = _termsOf(self);
        address[] memory auditors = _auditorsOf(terms.auditId);
        bytes32 own = keccak256(abi.encode(seed, address(this), disputeID));
        Pool.Draw memory draw = _pool.begin(self.draw.epoch, size, own);
        bool filled = false;
        uint8 round = self.round;
        for (uint256 i = 0; i < size; ++i) {
            if (self.seats[round][i].juror != address(0)) continue;
            address juror = _nextJuror(self, terms, auditors, draw);
            if (juror == address(0)) break;
            filled = true;
            self.seats[round][i].juror = juror;
            self.drawn[juror] = true;
            emit JurorDrawn(disputeID, juror, round, i);
        }
        _enter(disputeID, self, State.Seating, block.timestamp + (filled ? terms.timeouts.grant : 0));
    }

    /// @dev The next candidate of the draw who may judge, or 0 when it is over.
    function _nextJuror(
        Case storage self,
        IDisputableMarket.DealView memory terms,
        address[] memory auditors,
        Pool.Draw memory draw
    ) private view returns (address candidate) {
        do {
            candidate = _pool.next(draw);
        } while (candidate != address(0) && !_isEligible(self, terms, auditors, candidate));
    }

    function _isEligible(
        Case storage self,
        IDisputableMarket.DealView memory terms,
        address[] memory auditors,
        address candidate
    ) private view returns (bool) {
        return !self.drawn[candidate] && _mayJudge(candidate, terms) && !_tookPart(self, candidate, auditors);
    }

    /// @dev Nobody can take a part in a deal once it is disputed, so this is checked only at the draw.
    function _tookPart(Case storage self, address account, address[] memory auditors)
        private
        view
        returns (bool)
    {
        for (uint256 i = 0; i < auditors.length; ++i) {
            if (auditors[i] == account) return true;
        }
        return self.market.playsPart(self.dealId, account);
    }

    /// @dev Takes the seats of those who were drawn and have not accepted.
    function _vacate(Case storage self, uint256 size) private {
        for (uint256 i = 0; i < size; ++i) {
            Seat storage place = self.seats[self.round][i];
            if (!place.accepted && place.juror != address(0)) delete place.juror;
        }
    }

    function _beginVote(uint256 disputeID, Case storage self) private {
        _enter(disputeID, self, State.Voting, block.timestamp + _termsOf(self).timeouts.commit);
    }

    /* SHARED */

    function _caseOf(uint256 disputeID) internal view returns (Case storage self) {
        self = _cases[disputeID];
        if (self.at.state() == uint8(State.None)) revert UnknownDispute(disputeID);
    }

    function _termsOf(Case storage self) internal view returns (IDisputableMarket.DealView memory) {
        return self.market.dealOf(self.dealId);
    }

    /// @param deadline Unix seconds.
    function _enter(uint256 disputeID, Case storage self, State state, uint256 deadline) internal {
        self.at = Deals.enter(disputeID, uint8(state), deadline);
    }

    function _stateOf(Case storage self) internal view returns (State) {
        return State(self.at.state());
    }

    /// @dev Jurors and parties act in a certain state, before its deadline.
    function _in(uint256 disputeID, State state) internal view returns (Case storage self) {
        self = _caseOf(disputeID);
        self.at.requireState(disputeID, uint8(state));
        self.at.requireRunning(disputeID);
    }

    function _seatOfCaller(uint256 disputeID, Case storage self, uint256 seat)
        private
        view
        returns (Seat storage place)
    {
        place = self.seats[self.round][seat];
        if (place.juror != msg.sender) revert NotSeated(disputeID, msg.sender, seat);
    }

    /// @dev Apart from the fees' hold, which may be in the same token.
    function _bondHold(uint256 disputeID) internal pure returns (bytes32) {
        return ~bytes32(disputeID);
    }
}
