// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {IArbitrable, IArbitrator} from "../interfaces/IArbitrator.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputableMarket} from "../interfaces/IDisputableMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {Juries} from "./Juries.sol";
import {Jurors} from "./Jurors.sol";

/// @title Court
/// @dev Fees are in the hold `bytes32(disputeID)` of the deal's token, bonds in `_bondHold` of the bond token.
// slither-disable-next-line locked-ether -- ERC-792 has them payable; both refuse any ether
contract Court is Juries {
    /// @notice Juries of one dispute at most.
    uint8 public constant MAX_ROUNDS = 3;

    /// @notice Choices of a dispute at most.
    uint8 public constant MAX_CHOICES = 8;

    /// @notice What a vote against the final ruling costs, in ppm of the bond.
    uint256 public constant FINE_PPM = 200_000;

    uint256 private constant PPM = 1_000_000;

    /// @inheritdoc ICourt
    uint256 public disputeCount;

    struct Sums {
        uint256 coherent;
        uint256 forfeited;
        uint256 bond;
        uint256 fine;
    }

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        IAuditRegistry audits,
        IRandomness randomness,
        address bondToken,
        uint40 enrolmentWait,
        uint40 epoch_
    ) Jurors(registry, audits, enrolmentWait, epoch_) Juries(escrow, randomness, bondToken) {}

    /* ARBITRATOR */

    /// @inheritdoc IArbitrator
    /// @param extraData `abi.encode(market, dealId, payer)`; the caller answers for the payer.
    function createDispute(uint256 choices, bytes calldata extraData)
        external
        payable
        nonReentrant
        returns (uint256 disputeID)
    {
        if (msg.value != 0) revert FeeIsInTokens(msg.value);
        if (choices == 0 || choices > MAX_CHOICES) revert InvalidChoices(choices);
        (IDisputableMarket market, uint48 dealId, address payer) =
            abi.decode(extraData, (IDisputableMarket, uint48, address));
        IDisputableMarket.DealView memory terms = market.dealOf(dealId);
        // A market that holds the deal's money was authorised when the deal opened, and it knows its only arbitrable.
        if (
            !ESCROW.isOpen(address(market), terms.token, bytes32(uint256(dealId)))
                || market.disputes() != msg.sender
        ) revert NotArbitrable(msg.sender);

        uint8 juries = _juriesFor(poolSize());
        if (juries == 0) revert PoolTooSmall(poolSize(), 3 * uint256(_sizeOf(0)));

        disputeID = ++disputeCount;
        Case storage self = _cases[disputeID];
        (self.arbitrable, self.market, self.dealId) = (IArbitrable(msg.sender), market, dealId);
        // forge-lint: disable-next-line(unsafe-typecast)
        (self.choices, self.juries) = (uint8(choices), juries); // at most MAX_CHOICES
        emit DisputeCreation(disputeID, IArbitrable(msg.sender));
        uint256 fee = _beginRound(disputeID, self, 0, terms.fee, payer);
        ESCROW.openHold(bytes32(disputeID), terms.token, payer, fee);
        ESCROW.openHold(_bondHold(disputeID), BOND_TOKEN, payer, 0);
    }

    /// @inheritdoc IArbitrator
    /// @param extraData `abi.encode(payer)`; the caller answers for it.
    function appeal(uint256 disputeID, bytes calldata extraData) external payable nonReentrant {
        if (msg.value != 0) revert FeeIsInTokens(msg.value);
        if (msg.sender != address(_caseOf(disputeID).arbitrable)) revert NotArbitrable(msg.sender);
        Case storage self = _in(disputeID, State.Appealing);
        address payer = abi.decode(extraData, (address));
        IDisputableMarket.DealView memory terms = _termsOf(self);
        emit AppealDecision(disputeID, self.arbitrable);
        uint256 fee = _beginRound(disputeID, self, self.round + 1, terms.fee, payer);
        ESCROW.fund(bytes32(disputeID), terms.token, payer, fee);
    }

    /// @inheritdoc ICourt
    // slither-disable-next-line reentrancy-no-eth -- guarded
    function advance(uint256 disputeID) external nonReentrant {
        Case storage self = _caseOf(disputeID);
        State state = _stateOf(self);
        if (state == State.Seating) _advanceSeating(disputeID, self);
        else if (state == State.Voting) _advanceVoting(disputeID, self);
        else if (state == State.Revealing) _advanceRevealing(disputeID, self);
        else if (state == State.Appealing) _advanceAppealing(disputeID, self);
        else if (state == State.Paying) _advancePaying(disputeID, self);
        else if (state == State.Ruling) _advanceRuling(disputeID, self);
        else self.at.nothingDue(disputeID);
    }

    /* ROUNDS */

    /// @return fee base units of the deal's token.
    function _beginRound(uint256 disputeID, Case storage self, uint8 round, uint96 feeOfThree, address payer)
        private
        returns (uint256 fee)
    {
        uint8 size = _sizeOf(round);
        fee = juryFee(feeOfThree, round);
        Round storage jury = self.rounds[round];
        (jury.payer, jury.fee, jury.size) = (payer, SafeCast.toUint96(fee), size);
        self.round = round;
        delete self.draw;
        _enter(disputeID, self, State.Seating, block.timestamp);
    }

    function _advanceVoting(uint256 disputeID, Case storage self) private {
        Round storage jury = self.rounds[self.round];
        if (jury.committed < jury.accepted) self.at.requireOver(disputeID);
        _enter(disputeID, self, State.Revealing, block.timestamp + _termsOf(self).timeouts.reveal);
    }

    function _advanceRevealing(uint256 disputeID, Case storage self) private {
        (uint8 round, Round storage jury) = (self.round, self.rounds[self.round]);
        if (jury.revealed < jury.committed) self.at.requireOver(disputeID);
        if (jury.revealed != 0) self.ruling = _mostVoted(self, round, jury.size);
        emit RoundEnded(disputeID, round, self.ruling, jury.revealed);
        if (round + 1 == self.juries) {
            _enter(disputeID, self, State.Paying, 0);
        } else {
            _enter(disputeID, self, State.Appealing, block.timestamp + _termsOf(self).timeouts.appeal);
            emit AppealPossible(disputeID, self.arbitrable);
        }
    }

    function _advanceAppealing(uint256 disputeID, Case storage self) private {
        self.at.requireOver(disputeID);
        _enter(disputeID, self, State.Paying, 0);
    }

    /// @dev The rounds come before the ruling, so that jurors are paid whatever the arbitrable does.
    function _advancePaying(uint256 disputeID, Case storage self) private {
        _enter(disputeID, self, State.Ruling, 0);
        IDisputableMarket.DealView memory terms = _termsOf(self);
        for (uint8 round = 0; round <= self.round; ++round) {
            _settle(disputeID, self, round, terms);
        }
    }

    function _advanceRuling(uint256 disputeID, Case storage self) private {
        _enter(disputeID, self, State.Closed, 0);
        self.arbitrable.rule(disputeID, self.ruling);
    }

    /// @dev The vote with most jurors, 0 when two have as many.
    function _mostVoted(Case storage self, uint8 round, uint256 size) private view returns (uint8 best) {
        uint256[] memory votes = new uint256[](uint256(self.choices) + 1);
        for (uint256 i = 0; i < size; ++i) {
            uint8 vote = self.seats[round][i].vote;
            if (vote != 0) ++votes[vote - 1];
        }
        bool tied = false;
        for (uint8 vote = 1; vote < votes.length; ++vote) {
            if (votes[vote] == votes[best]) tied = true;
            if (votes[vote] > votes[best]) (best, tied) = (vote, false);
        }
        if (tied) best = 0;
    }

    /* SETTLEMENT OF ROUNDS */

    /// @dev Of a round that sat: the silent lose the bond, those who voted against the final ruling a fine of it, both
    /// to those who voted for it, who share the fee too. Where the final ruling is 0 no vote is held against anybody.
    /// Where nobody was coherent the fee goes back and the forfeits are burnt. Of a round that did not sit all goes
    /// back.
    function _settle(
        uint256 disputeID,
        Case storage self,
        uint8 round,
        IDisputableMarket.DealView memory terms
    ) private {
        Round storage jury = self.rounds[round];
        Seat[] memory seats = _seats(self, round);
        Sums memory sums = _sum(seats, jury.unfilled, self.ruling, terms.bond);
        IEscrow.Payment[] memory bonds = new IEscrow.Payment[](seats.length);
        IEscrow.Payment[] memory fees = new IEscrow.Payment[](seats.length + 1);
        uint256 rest = sums.forfeited;
        uint256 fee = jury.fee;
        for (uint256 i = 0; i < seats.length; ++i) {
            if (!seats[i].accepted) continue;
            bool silent = seats[i].vote == 0 && !jury.unfilled;
            bool coherent = !jury.unfilled && _isCoherent(seats[i], self.ruling);
            uint256 share = coherent ? sums.forfeited / sums.coherent : 0;
            uint256 fine = silent ? sums.bond : coherent || jury.unfilled ? 0 : sums.fine;
            rest -= share;
            bonds[i] = IEscrow.Payment(seats[i].juror, sums.bond - fine + share);
            if (coherent) fees[i] = IEscrow.Payment(seats[i].juror, jury.fee / sums.coherent);
            fee -= fees[i].amount;
        }
        fees[seats.length] = IEscrow.Payment(jury.payer, fee);
        if (sums.coherent == 0) jury.fee = 0;
        emit RoundSettled(disputeID, round, sums.coherent, sums.forfeited, rest);
        ESCROW.releaseEach(bytes32(disputeID), terms.token, fees);
        ESCROW.releaseEach(_bondHold(disputeID), BOND_TOKEN, bonds);
        if (rest != 0) ESCROW.burn(_bondHold(disputeID), BOND_TOKEN, rest);
    }

    function _sum(Seat[] memory seats, bool unfilled, uint8 ruling, uint256 bond)
        private
        pure
        returns (Sums memory sums)
    {
        (sums.bond, sums.fine) = (bond, bond * FINE_PPM / PPM);
        if (unfilled) return sums;
        for (uint256 i = 0; i < seats.length; ++i) {
            if (!seats[i].accepted) continue;
            if (seats[i].vote == 0) sums.forfeited += bond;
            else if (_isCoherent(seats[i], ruling)) ++sums.coherent;
            else sums.forfeited += sums.fine;
        }
    }

    function _isCoherent(Seat memory seat, uint8 ruling) private pure returns (bool) {
        return seat.vote != 0 && (ruling == 0 || seat.vote == ruling + 1);
    }

    /* VIEWS */

    /// @inheritdoc IArbitrator
    function arbitrationCost(bytes calldata) external pure returns (uint256) {
        return 0; // `juryFee` is in tokens
    }

    /// @inheritdoc IArbitrator
    function appealCost(uint256, bytes calldata) external pure returns (uint256) {
        return 0; // `juryFee` is in tokens
    }

    /// @inheritdoc IArbitrator
    function appealPeriod(uint256 disputeID) external view returns (uint256 start, uint256 end) {
        Case storage self = _caseOf(disputeID);
        if (_stateOf(self) != State.Appealing) return (0, 0);
        end = self.at.deadline();
        start = end - _termsOf(self).timeouts.appeal;
    }

    /// @inheritdoc IArbitrator
    function disputeStatus(uint256 disputeID) external view returns (DisputeStatus) {
        State state = _stateOf(_caseOf(disputeID));
        if (state == State.Appealing) return DisputeStatus.Appealable;
        return state > State.Appealing ? DisputeStatus.Solved : DisputeStatus.Waiting;
    }

    /// @inheritdoc IArbitrator
    function currentRuling(uint256 disputeID) external view returns (uint256) {
        return _caseOf(disputeID).ruling;
    }

    /// @inheritdoc ICourt
    function dispute(uint256 disputeID) external view returns (DisputeView memory view_) {
        Case storage self = _caseOf(disputeID);
        (view_.arbitrable, view_.market, view_.dealId) = (self.arbitrable, self.market, self.dealId);
        (view_.state, view_.round, view_.ruling) = (_stateOf(self), self.round, self.ruling);
        (view_.deadline, view_.armedBlock) = (self.at.deadline(), self.draw.number);
        (view_.draws, view_.juries) = (self.draw.held, self.juries);
        view_.rounds = new Round[](uint256(self.round) + 1);
        for (uint8 i = 0; i <= self.round; ++i) {
            view_.rounds[i] = self.rounds[i];
        }
    }

    /// @inheritdoc ICourt
    function seatsOf(uint256 disputeID, uint8 round) external view returns (Seat[] memory) {
        return _seats(_caseOf(disputeID), round);
    }

    /// @inheritdoc ICourt
    function paidBy(uint256 disputeID, address account) external view returns (uint256 paid) {
        Case storage self = _caseOf(disputeID);
        for (uint8 i = 0; i <= self.round; ++i) {
            if (self.rounds[i].payer == account) paid += self.rounds[i].fee;
        }
    }

    /// @inheritdoc ICourt
    function juryFee(uint96 feeOfThree, uint8 round) public pure returns (uint256) {
        return uint256(feeOfThree) * _sizeOf(round) / 3;
    }

    /// @inheritdoc ICourt
    /// @dev Twice the sum of all windows: being late with a step does not make the ruling late.
    function longest(IDisputableMarket market, uint256 dealId) external view returns (uint256) {
        IPolicy.Timeouts memory times = market.dealOf(dealId).timeouts;
        uint256 seating = uint256(MAX_DRAWS) * (uint256(times.draw) + times.grant);
        uint256 round = seating + times.commit + times.reveal + times.appeal;
        return 2 * MAX_ROUNDS * round;
    }

    function _seats(Case storage self, uint8 round) private view returns (Seat[] memory seats) {
        seats = new Seat[](self.rounds[round].size);
        for (uint256 i = 0; i < seats.length; ++i) {
            seats[i] = self.seats[round][i];
        }
    }

    /// @dev A jury is never more than a third of the pool; otherwise its members would be known before they are drawn.
    function _juriesFor(uint256 pool) private pure returns (uint8 juries) {
        while (juries < MAX_ROUNDS && 3 * uint256(_sizeOf(juries)) <= pool) ++juries;
    }

    /// @dev 3, 7, 15.
    function _sizeOf(uint8 round) private pure returns (uint8) {
        return uint8(2 ** (uint256(round) + 2) - 1);
    }
}
