// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Proposals, votes by chamber, the regulators' right to delay, the emergency brake.
/// @notice The rest is OpenZeppelin's Governor behind its timelock. No side of the market can outvote another: each
/// chamber is asked on its own, whatever its size. What a proposal needs to pass is fixed when it is made. Paper
/// sections IV-E and VI.
/// Trust assumptions: those of `IChambers`.
interface IMarketGovernor {
    /// @dev Seconds, except the last two. None of them can change: a market that wants others deploys another
    /// governor.
    struct Settings {
        uint48 votingDelay; // from a proposal to the snapshot of votes
        uint32 votingPeriod;
        uint32 regulatorDelay; // by which a regulator can put off an execution; at most MAX_REGULATOR_DELAY
        uint32 quorumPpm; // share of a chamber's votes that must be cast for it to approve; above 0
        uint8 minChambers; // how many chambers must have a vote; 2 or more
    }

    /// @dev One chamber's vote on a proposal.
    struct ChamberVote {
        uint32 votes; // at the snapshot; a chamber without any is not asked
        uint32 against;
        uint32 inFavour;
        uint32 abstain;
        bool approves; // more in favour than against, and enough cast
    }

    /// @notice The proposal touches powers, so every constituted chamber has to approve it.
    event MatterOfPowers(uint256 indexed proposalId);
    /// @notice `regulator` has put off the execution of a proposal, and says why.
    event Delayed(uint256 indexed proposalId, address indexed regulator, string reason);

    /// @notice The governor's {setting} is not allowed.
    /// @custom:hint Correct it and deploy again.
    error InvalidSettings(bytes32 setting);
    /// @notice Seats would count after {seatDelay} seconds, before governance could have answered, which takes
    /// {needed} seconds.
    /// @custom:hint Let seats wait longer, or make votes shorter.
    error SeatDelayTooShort(uint256 seatDelay, uint256 needed);
    /// @notice {account} had no vote when the votes on this proposal were fixed, at {snapshot}.
    /// @custom:hint Vote on proposals that are made after the seat counts.
    error NoVoteAtSnapshot(address account, uint256 snapshot);
    /// @notice {account} has no vote in the regulators' chamber.
    /// @custom:hint Only its members can do this.
    error NotARegulator(address account);
    /// @notice The proposal has been put off once.
    /// @custom:hint It cannot be put off again.
    error AlreadyDelayed(uint256 proposalId);
    /// @notice The proposal is over.
    /// @custom:hint See `assay governance list`.
    error NothingToDelay(uint256 proposalId);
    /// @notice The proposal can be executed from {executableFrom} on.
    /// @custom:hint Execute it then.
    error NotExecutableYet(uint256 proposalId, uint256 executableFrom);

    /// @notice Puts off the execution of a proposal by `regulatorDelay` seconds beyond the timelock. Accounts with a
    /// vote in the Regulator chamber only, once for each proposal whoever they are, until it is executed or has
    /// failed.
    function delay(uint256 proposalId, string calldata reason) external;

    /// @notice Stops new deals for a while (`IPolicy.halt`); accounts with a vote in the Regulator chamber only.
    function brake() external;

    /// @notice Whether every constituted chamber has to approve the proposal. If not, more than half of them have to:
    /// this is so when every call of it goes to Policy and none gives or takes a role.
    function isAboutPowers(uint256 proposalId) external view returns (bool);

    /// @notice The votes on a proposal so far.
    /// @return one entry for each chamber, in the order of `Role` from Customer on.
    function chamberVotes(uint256 proposalId) external view returns (ChamberVote[6] memory);

    /// @notice From when a queued proposal can be executed.
    /// @return Unix seconds, 0 for a proposal that is not queued.
    function executableFrom(uint256 proposalId) external view returns (uint256);

    /// @notice Whether a regulator has put off the proposal.
    function isDelayed(uint256 proposalId) external view returns (bool);

    /// @notice The governor's settings.
    function settings() external view returns (Settings memory);
}
