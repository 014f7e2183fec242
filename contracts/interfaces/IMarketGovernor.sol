// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Proposals, votes by chamber, the regulators' right to delay, the emergency brake.
/// @notice The rest is OpenZeppelin's Governor behind its timelock. Nobody can outvote another side of the market: each chamber
/// is asked for itself, whatever its size. Trust assumptions: those of `IChambers`. The vote that a proposal needs is fixed
/// when it is made. Paper sections IV-E and VI.
interface IMarketGovernor {
    /// @dev Seconds, but for the last three. None of them can be changed: a market that wants others makes another governor.
    struct Settings {
        uint48 votingDelay; // from a proposal to the snapshot of votes
        uint32 votingPeriod;
        uint32 regulatorDelay; // what a regulator can put an execution off by; at most MAX_REGULATOR_DELAY
        uint32 quorumPpm; // of a chamber's votes, that have to be cast for it to approve; above 0
        uint8 minChambers; // with a vote at least; 2 or more
    }

    /// @dev One chamber's vote on a proposal.
    struct ChamberVote {
        uint32 votes; // at the snapshot; 0: the chamber is not constituted, and is not asked
        uint32 against;
        uint32 inFavour;
        uint32 abstain;
        bool approves; // more in favour than against, and enough cast
    }

    event MatterOfPowers(uint256 indexed proposalId);
    event Delayed(uint256 indexed proposalId, address indexed regulator, string reason);

    error InvalidSettings(bytes32 setting);
    /// @notice Seats would count before governance could have answered: delay, vote, regulator's delay and timelock take `needed`.
    error SeatDelayTooShort(uint256 seatDelay, uint256 needed);
    error NoVoteAtSnapshot(address account, uint256 snapshot);
    error NotARegulator(address account);
    error AlreadyDelayed(uint256 proposalId);
    error NothingToDelay(uint256 proposalId);
    error NotExecutableYet(uint256 proposalId, uint256 executableFrom);

    /// @notice Puts the execution of a proposal off by `regulatorDelay` after the timelock; accounts with a vote in the Regulator
    /// chamber, once a proposal whoever they are, until it is executed or has failed.
    function delay(uint256 proposalId, string calldata reason) external;

    /// @notice Stops new deals for a while (`IPolicy.halt`); accounts with a vote in the Regulator chamber.
    function brake() external;

    /// @notice Whether every constituted chamber has to approve. Otherwise more than half have to: proposals whose every call is to
    /// Policy and gives or takes no role.
    function isAboutPowers(uint256 proposalId) external view returns (bool);

    /// @return the votes by chamber, in the order of `Role` from Customer on.
    function chamberVotes(uint256 proposalId) external view returns (ChamberVote[6] memory);

    /// @return Unix seconds from which a queued proposal can be executed, 0 for one that is not queued.
    function executableFrom(uint256 proposalId) external view returns (uint256);

    function isDelayed(uint256 proposalId) external view returns (bool);

    function settings() external view returns (Settings memory);
}
