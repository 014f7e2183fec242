// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";

import {IMarketGovernor} from "../interfaces/IMarketGovernor.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {Chambers} from "./Chambers.sol";

/// @title Votes are counted by chamber, and chambers are counted.
abstract contract ChamberCounting is IMarketGovernor, GovernorVotes {
    enum Support {
        Against,
        For,
        Abstain
    }

    uint8 internal constant CHAMBERS = 6; // the roles from Customer to Regulator
    uint256 internal constant PPM = 1_000_000;

    Chambers internal immutable SEATS;
    uint32 internal immutable QUORUM_PPM;
    uint8 internal immutable MIN_CHAMBERS;

    mapping(uint256 proposalId => mapping(IParticipantRegistry.Role chamber => ChamberVote)) private _cast;
    mapping(uint256 proposalId => mapping(address account => bool)) private _hasVoted;
    /// @inheritdoc IMarketGovernor
    mapping(uint256 proposalId => bool) public isAboutPowers;

    constructor(Chambers seats, uint32 quorumPpm, uint8 minChambers) GovernorVotes(seats) {
        if (quorumPpm == 0 || quorumPpm > PPM) revert InvalidSettings("quorumPpm");
        if (minChambers < 2 || minChambers > CHAMBERS) revert InvalidSettings("minChambers");
        SEATS = seats;
        QUORUM_PPM = quorumPpm;
        MIN_CHAMBERS = minChambers;
    }

    /* VIEWS */

    /// @inheritdoc IMarketGovernor
    function chamberVotes(uint256 proposalId) public view returns (ChamberVote[6] memory chambers) {
        uint256 snapshot = proposalSnapshot(proposalId);
        bool taken = snapshot != 0 && snapshot < clock(); // before that, nobody knows how many votes there will be
        for (uint8 i = 0; i < CHAMBERS; ++i) {
            IParticipantRegistry.Role role = IParticipantRegistry.Role(i + 1);
            ChamberVote memory chamber = _cast[proposalId][role];
            // forge-lint: disable-next-line(unsafe-typecast)
            if (taken) chamber.votes = uint32(SEATS.pastVotesIn(role, snapshot)); // at most one for each account
            uint256 turnout = uint256(chamber.against) + chamber.inFavour + chamber.abstain;
            chamber.approves = chamber.votes != 0 && chamber.inFavour > chamber.against
                && turnout * PPM >= uint256(chamber.votes) * QUORUM_PPM;
            chambers[i] = chamber;
        }
    }

    function hasVoted(uint256 proposalId, address account) external view returns (bool) {
        return _hasVoted[proposalId][account];
    }

    /// @notice The fewest votes with which anything can pass: one in each of the fewest chambers.
    function quorum(uint256) public view override returns (uint256) {
        return MIN_CHAMBERS / 2 + 1;
    }

    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() external pure returns (string memory) {
        return "support=bravo&quorum=against,for,abstain&params=chambers";
    }

    /* COUNTING */

    /// @dev An account without a vote at the snapshot has none to cast.
    function _countVote(uint256 proposalId, address account, uint8 support, uint256 weight, bytes memory)
        internal
        override
        returns (uint256)
    {
        uint256 snapshot = proposalSnapshot(proposalId);
        if (weight == 0) revert NoVoteAtSnapshot(account, snapshot);
        if (_hasVoted[proposalId][account]) revert GovernorAlreadyCastVote(account);
        _hasVoted[proposalId][account] = true;

        ChamberVote storage chamber = _cast[proposalId][SEATS.pastChamberOf(account, snapshot)];
        if (support == uint8(Support.For)) ++chamber.inFavour;
        else if (support == uint8(Support.Against)) ++chamber.against;
        else if (support == uint8(Support.Abstain)) ++chamber.abstain;
        else revert GovernorInvalidVoteType();
        return weight;
    }

    /// @dev Enough chambers exist.
    function _quorumReached(uint256 proposalId) internal view override returns (bool) {
        (uint256 constituted,) = _count(proposalId);
        return constituted >= MIN_CHAMBERS;
    }

    /// @dev All of them approve, or more than half if the proposal is about rules.
    function _voteSucceeded(uint256 proposalId) internal view override returns (bool) {
        (uint256 constituted, uint256 approving) = _count(proposalId);
        return isAboutPowers[proposalId] ? approving == constituted : 2 * approving > constituted;
    }

    function _count(uint256 proposalId) private view returns (uint256 constituted, uint256 approving) {
        ChamberVote[6] memory chambers = chamberVotes(proposalId);
        for (uint8 i = 0; i < CHAMBERS; ++i) {
            if (chambers[i].votes != 0) ++constituted;
            if (chambers[i].approves) ++approving;
        }
    }
}
