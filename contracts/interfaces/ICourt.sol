// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator} from "./IArbitrator.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";

/// @title The market's own arbitrator (ERC-792): drawn, bonded, independent jurors who vote by commit and reveal.
/// @notice Jurors are accredited auditors and regulators who were enrolled a while before the deal opened, so that nobody
/// becomes a juror for a dispute that it can foresee. Drawn ones without a tie to the parties bond when they accept. Most
/// votes win, a tie is 0. The parties can appeal twice, to 7 and then 15 other jurors; no jury is over a third of the pool as
/// it was when the dispute was opened, so whether there is an appeal is known from then on. By the final ruling those who
/// voted otherwise lose a part of the bond and the silent all of it, to those of their round who voted so and who also share
/// the round's fee. Every phase ends by time, and anyone takes the step (`advance`).
/// Trust assumptions: of those who accept, most of a jury judge by the evidence; accreditors accredit only real auditors.
interface ICourt is IArbitrator {
    enum Phase {
        None,
        Seating, // jurors are drawn and accept
        Voting, // sealed votes
        Revealing,
        Appealing, // the ruling can be appealed
        Paying, // the ruling is final; rounds are settled next
        Ruling, // the arbitrable is told next
        Closed
    }

    /// @dev Two slots.
    struct Seat {
        address juror; // zero while vacant
        bool accepted; // its bond is in the dispute's hold
        uint8 vote; // the vote plus 1; 0 until it is revealed
        bytes32 sealedVote; // 0 until it is committed
    }

    /// @dev One jury; a dispute has up to three.
    struct Round {
        address payer;
        uint96 fee; // base units of the deal's token; 0 once it went back to the payer
        uint8 size; // seats
        uint8 accepted;
        uint8 committed;
        uint8 revealed;
        bool unfilled; // too few accepted
    }

    struct DisputeView {
        IArbitrable arbitrable;
        IDisputableMarket market;
        uint256 dealId;
        Phase phase;
        uint8 round; // the present one, from 0
        uint8 ruling; // the current one
        uint40 deadline; // of the phase, Unix seconds
        uint256 armedBlock; // 0 when no draw is armed
        uint8 draws; // held in this round
        uint8 juries; // at most: the last one's ruling cannot be appealed
        Round[] rounds;
    }

    event JurorEnrolled(address indexed juror);
    event JurorLeft(address indexed juror);
    event PhaseChanged(uint256 indexed disputeID, Phase indexed phase, uint8 round, uint40 deadline);
    /// @notice A block is named whose seed draws the vacant seats.
    /// @param draws how often the round's seats were drawn before.
    event JuryArmed(uint256 indexed disputeID, uint256 blockNumber, uint8 draws);
    event JurorDrawn(uint256 indexed disputeID, address indexed juror, uint8 round, uint256 seat);
    event JurorAccepted(uint256 indexed disputeID, address indexed juror, uint8 round, uint256 bond);
    event VoteCommitted(uint256 indexed disputeID, address indexed juror, uint8 round, bytes32 sealedVote);
    event VoteRevealed(uint256 indexed disputeID, address indexed juror, uint8 round, uint8 vote);
    /// @param ruling the current ruling after this round.
    event RoundEnded(uint256 indexed disputeID, uint8 round, uint8 ruling, uint8 revealed);
    /// @param coherent jurors who shared fee and forfeits.
    event RoundSettled(
        uint256 indexed disputeID, uint8 round, uint256 coherent, uint256 forfeited, uint256 burnt
    );

    error UnknownDispute(uint256 disputeID);
    /// @notice The caller is not the `disputes` of a market that holds the deal's money.
    error NotArbitrable(address caller);
    /// @notice The fee is taken in the deal's token, from the payer's escrow balance.
    error FeeIsInTokens(uint256 sent);
    error InvalidChoices(uint256 choices);
    error PoolTooSmall(uint256 pool, uint256 needed);
    error NotAccredited(address account);
    /// @notice The account may be a juror, at once or after the wait of its roles.
    error StillAccredited(address account);
    /// @notice Since the draw the juror has left the pool, changed its roles, lost its accreditation or come by a tie.
    error MayNotJudge(uint256 disputeID, address juror);
    error AlreadyEnrolled(address account);
    error NotEnrolled(address account);
    error WrongPhase(uint256 disputeID, Phase phase);
    error DeadlinePassed(uint256 disputeID, uint40 deadline);
    error NotSeated(uint256 disputeID, address caller, uint256 seat);
    error AlreadyAccepted(uint256 disputeID, address juror);
    error AlreadyCommitted(uint256 disputeID, address juror);
    error AlreadyRevealed(uint256 disputeID, address juror);
    error EmptyVote();
    error UnknownChoice(uint8 vote, uint8 choices);
    error VoteMismatch(uint256 disputeID, address juror);
    /// @notice Nothing is due: the phase runs until `deadline` or until its jurors act.
    error NothingDue(uint256 disputeID, Phase phase, uint40 deadline);

    /// @notice Enters the pool; an accredited auditor or regulator. Counts in draws from the next epoch on, for deals that open
    /// after the wait.
    function enrol() external;

    /// @notice Leaves the pool, and drops out of draws that are under way; a seat accepted before stays.
    function leave() external;

    /// @notice Takes an account out of the pool that may be a juror no more: its accreditation has ended, or it is a validator
    /// now. Anyone; so nobody counts for the size of the pool who cannot be drawn.
    function prune(address account) external;

    /// @notice Takes the seat for which the caller was drawn in the present round, with the deal's juror bond from its
    /// escrow balance; before the deadline. From then on the bond answers for the vote, whatever becomes of its roles.
    function accept(uint256 disputeID, uint256 seat) external;

    /// @notice Commits the caller's sealed vote, once, in Voting.
    /// @param sealedVote as `voteHash` says.
    function commit(uint256 disputeID, uint256 seat, bytes32 sealedVote) external;

    /// @notice Reveals the caller's vote, in Revealing.
    /// @param vote 0 to refuse to rule, or one of the choices.
    function reveal(uint256 disputeID, uint256 seat, uint8 vote, bytes32 salt) external;

    /// @notice Takes the next step that is due, whoever calls: names a block (another one where nobody has drawn within 256 blocks
    /// and the epoch of the naming, at no cost to the round), draws, goes on to the next phase when its
    /// time is over or all have acted, settles, tells the arbitrable. Reverts `NothingDue` otherwise.
    function advance(uint256 disputeID) external;

    /// @notice The hash to commit: bound to chain, court, dispute, round and juror, so that a copied one cannot be revealed.
    function voteHash(uint256 disputeID, uint8 round, address juror, uint8 vote, bytes32 salt)
        external
        view
        returns (bytes32);

    function dispute(uint256 disputeID) external view returns (DisputeView memory);
    function seatsOf(uint256 disputeID, uint8 round) external view returns (Seat[] memory);
    function disputeCount() external view returns (uint256);
    /// @return how many are in the pool now, those included who can be drawn from the next epoch on.
    function poolSize() external view returns (uint256);

    /// @return since when the account is in the pool (Unix seconds), 0 when it is not.
    function enrolledAt(address account) external view returns (uint40);

    /// @return base units of the deal's token that a jury of `round` (from 0) costs.
    function juryFee(uint96 feeOfThree, uint8 round) external view returns (uint256);

    /// @return base units that `account` has paid for juries and not got back.
    function paidBy(uint256 disputeID, address account) external view returns (uint256);

    /// @return seconds after which a dispute over that deal has been ruled on, if somebody takes the steps that are due.
    function longest(IDisputableMarket market, uint256 dealId) external view returns (uint256);
}
