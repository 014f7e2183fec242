// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator} from "./IArbitrator.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";

/// @title The market's own arbitrator (ERC-792): drawn, bonded, independent jurors who vote by commit and reveal.
/// @notice Jurors are accredited auditors and regulators who were enrolled a while before the deal opened, so that
/// nobody becomes a juror for a dispute that it can foresee. Drawn ones without a tie to the parties bond when they
/// accept. Most votes win, a tie is 0. The parties can appeal twice, to 7 and then 15 other jurors; no jury is over a
/// third of the pool as it was when the dispute was opened, so whether there is an appeal is known from then on. By
/// the final ruling those who voted otherwise lose a part of the bond and the silent all of it, to those of their
/// round who voted so and who also share the round's fee. Every state ends by time, and anyone takes the step
/// (`advance`).
/// Trust assumptions: of those who accept, most of a jury judge by the evidence; accreditors accredit only real
/// auditors.
/// @dev Times are Unix seconds. Fees are base units of the deal's token, bonds of the staking token.
interface ICourt is IArbitrator {
    enum State {
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
        State state;
        uint8 round; // the present one, from 0
        uint8 ruling; // the current one
        uint40 deadline; // of the state, Unix seconds
        uint256 armedBlock; // 0 when no draw is armed
        uint8 draws; // held in this round
        uint8 juries; // at most: the last one's ruling cannot be appealed
        Round[] rounds;
    }

    /// @notice `juror` has entered the pool and can be drawn for deals that open a while from now.
    event JurorEnrolled(address indexed juror);
    /// @notice `juror` has left the pool, or was taken out of it.
    event JurorLeft(address indexed juror);
    /// @notice Block `blockNumber` has been named; its seed draws the vacant seats.
    /// @param draws how often the round's seats were drawn before.
    event JuryArmed(uint256 indexed disputeID, uint256 blockNumber, uint8 draws);
    /// @notice `juror` was drawn for a seat and can accept it until the deadline of Seating.
    event JurorDrawn(uint256 indexed disputeID, address indexed juror, uint8 round, uint256 seat);
    /// @notice `juror` has taken its seat; `bond` base units of the staking token are held.
    event JurorAccepted(uint256 indexed disputeID, address indexed juror, uint8 round, uint256 bond);
    /// @notice `juror` has committed a sealed vote.
    event VoteCommitted(uint256 indexed disputeID, address indexed juror, uint8 round, bytes32 sealedVote);
    /// @notice `juror` has revealed its vote; 0 is a refusal to rule.
    event VoteRevealed(uint256 indexed disputeID, address indexed juror, uint8 round, uint8 vote);
    /// @notice A jury has voted, or its time is over.
    /// @param ruling the current ruling after this round.
    /// @param revealed how many jurors have revealed.
    event RoundEnded(uint256 indexed disputeID, uint8 round, uint8 ruling, uint8 revealed);
    /// @notice The fee and the forfeited bonds of a round have been paid out.
    /// @param coherent how many jurors voted for the final ruling and shared fee and forfeits.
    /// @param forfeited base units of the staking token taken from the other jurors' bonds.
    /// @param burnt base units of it that nobody was there to receive.
    event RoundSettled(
        uint256 indexed disputeID, uint8 round, uint256 coherent, uint256 forfeited, uint256 burnt
    );

    /// @notice There is no dispute {disputeID}.
    /// @custom:hint Check the number and the chain.
    error UnknownDispute(uint256 disputeID);
    /// @notice {caller} is not the disputes contract of a market that holds the deal's money.
    /// @custom:hint Open a dispute of the deal at the market's own disputes contract.
    error NotArbitrable(address caller);
    /// @notice The court takes its fee in the deal's token, not in the chain's currency, of which {sent} wei were
    /// sent.
    /// @custom:hint Send none, and deposit the fee in escrow.
    error FeeIsInTokens(uint256 sent);
    /// @notice A dispute cannot have {choices} choices.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error InvalidChoices(uint256 choices);
    /// @notice The pool has {pool} jurors to draw from, but {needed} are needed.
    /// @custom:hint No jury may be more than a third of the pool, so the current ruling or the announced end stands.
    error PoolTooSmall(uint256 pool, uint256 needed);
    /// @notice {account} is not accredited as auditor or regulator.
    /// @custom:hint Present a credential first.
    error NotAccredited(address account);
    /// @notice {account} can still be a juror, now or once the waiting time of its roles is over.
    /// @custom:hint There is nothing left to do.
    error StillAccredited(address account);
    /// @notice {juror} can no longer judge dispute {disputeID}: since the draw it has left the pool, changed its
    /// roles, lost its accreditation or acquired a tie.
    /// @custom:hint Another juror is drawn when the time to accept is over.
    error MayNotJudge(uint256 disputeID, address juror);
    /// @notice {account} is already enrolled as a juror.
    /// @custom:hint There is nothing left to do.
    error AlreadyEnrolled(address account);
    /// @notice {account} is not enrolled as a juror.
    /// @custom:hint Enrol first.
    error NotEnrolled(address account);
    /// @notice {caller} was not drawn for seat {seat} of dispute {disputeID}.
    /// @custom:hint Only jurors who were drawn can act; see `assay dispute show {disputeID}`.
    error NotSeated(uint256 disputeID, address caller, uint256 seat);
    /// @notice {juror} has already accepted its seat in dispute {disputeID}.
    /// @custom:hint There is nothing left to do.
    error AlreadyAccepted(uint256 disputeID, address juror);
    /// @notice {juror} has already committed a vote in dispute {disputeID}.
    /// @custom:hint There is one vote each, and it cannot be changed.
    error AlreadyCommitted(uint256 disputeID, address juror);
    /// @notice {juror} has already revealed its vote in dispute {disputeID}.
    /// @custom:hint There is nothing left to do.
    error AlreadyRevealed(uint256 disputeID, address juror);
    /// @notice The sealed vote is empty.
    /// @custom:hint Commit through the SDK, which computes it.
    error EmptyVote();
    /// @notice There is no choice {vote}; the choices are 0 to {choices}.
    /// @custom:hint Vote for the customer, the developer or neither.
    error UnknownChoice(uint8 vote, uint8 choices);
    /// @notice The vote and salt are not those that {juror} committed to in dispute {disputeID}.
    /// @custom:hint Reveal exactly the committed vote, with the same wallet.
    error VoteMismatch(uint256 disputeID, address juror);

    /// @notice Enters the caller, an accredited auditor or regulator, into the pool. It counts in draws from the next
    /// epoch on, for deals that open after the wait.
    function enrol() external;

    /// @notice Takes the caller out of the pool and out of draws that are under way; a seat accepted before stays.
    function leave() external;

    /// @notice Takes an account out of the pool that can no longer be a juror: its accreditation has ended, or it is
    /// a validator now. Anyone may call, so nobody who cannot be drawn counts towards the size of the pool. Reverts
    /// `StillAccredited` otherwise.
    function prune(address account) external;

    /// @notice Takes the seat for which the caller was drawn in the present round, before the deadline, with the
    /// deal's juror bond (base units of the staking token) from its escrow balance. From then on the bond answers for
    /// the vote, whatever becomes of the caller's roles.
    function accept(uint256 disputeID, uint256 seat) external;

    /// @notice Commits the caller's sealed vote, once, while the dispute is Voting.
    /// @param sealedVote as `voteHash` returns it.
    function commit(uint256 disputeID, uint256 seat, bytes32 sealedVote) external;

    /// @notice Reveals the caller's vote, once, while the dispute is Revealing.
    /// @param vote 0 to refuse to rule, or one of the choices.
    function reveal(uint256 disputeID, uint256 seat, uint8 vote, bytes32 salt) external;

    /// @notice Takes the next step that is due, whoever calls: names a block (another one where nobody has drawn within
    /// 256 blocks and the epoch of the naming, at no cost to the round), draws, goes on to the next state when its time
    /// is over or all have acted, settles, or tells the arbitrable. Reverts `NothingDue` otherwise.
    function advance(uint256 disputeID) external;

    /// @notice The hash to commit. It is bound to chain, court, dispute, round and juror, so that a copied one cannot
    /// be revealed.
    function voteHash(uint256 disputeID, uint8 round, address juror, uint8 vote, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice A dispute as it stands; reverts `UnknownDispute` when there is none.
    function dispute(uint256 disputeID) external view returns (DisputeView memory);
    /// @notice The seats of one round's jury, as far as they have been drawn.
    function seatsOf(uint256 disputeID, uint8 round) external view returns (Seat[] memory);
    /// @notice How many disputes there have been; their ids are 1 to this number.
    function disputeCount() external view returns (uint256);
    /// @notice How many accounts are in the pool now, including those who can be drawn from the next epoch on.
    function poolSize() external view returns (uint256);

    /// @notice Since when an account is in the pool.
    /// @return Unix seconds, 0 when it is not in the pool.
    function enrolledAt(address account) external view returns (uint40);

    /// @notice What the jury of a round costs.
    /// @param feeOfThree base units of the deal's token that a jury of three costs.
    /// @param round from 0.
    /// @return base units of the deal's token.
    function juryFee(uint96 feeOfThree, uint8 round) external view returns (uint256);

    /// @notice What `account` has paid for juries and not received back.
    /// @return base units of the deal's token.
    function paidBy(uint256 disputeID, address account) external view returns (uint256);

    /// @notice How long a dispute of that deal takes at most, if somebody takes the steps that are due.
    /// @return seconds.
    function longest(IDisputableMarket market, uint256 dealId) external view returns (uint256);
}
