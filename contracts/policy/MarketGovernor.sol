// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {
    GovernorTimelockControl
} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";

import {IMarketGovernor} from "../interfaces/IMarketGovernor.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {ChamberCounting} from "./ChamberCounting.sol";
import {Chambers} from "./Chambers.sol";
import {MarketTimelock} from "./MarketTimelock.sol";

/// @title MarketGovernor
/// @dev The timelock's only proposer, executor and canceller. The timelock does what is to be done, so the governor
/// itself holds no role except the brake.
contract MarketGovernor is ChamberCounting, GovernorTimelockControl {
    /// @notice The longest time, in seconds, by which a regulator can put off an execution.
    uint32 public constant MAX_REGULATOR_DELAY = 30 days;

    IPolicy private immutable POLICY;
    uint48 private immutable VOTING_DELAY;
    uint32 private immutable VOTING_PERIOD;
    uint32 private immutable REGULATOR_DELAY;

    /// @inheritdoc IMarketGovernor
    mapping(uint256 proposalId => bool) public isDelayed;

    constructor(Chambers seats, MarketTimelock timelockAddress, IPolicy policy, Settings memory s)
        Governor("Assay MarketGovernor")
        ChamberCounting(seats, s.quorumPpm, s.minChambers)
        GovernorTimelockControl(timelockAddress)
    {
        if (s.votingPeriod == 0) {
            revert InvalidSettings("votingPeriod");
        }
        if (s.regulatorDelay > MAX_REGULATOR_DELAY) revert InvalidSettings("regulatorDelay");
        uint256 answer =
            uint256(s.votingDelay) + s.votingPeriod + s.regulatorDelay + timelockAddress.getMinDelay();
        if (seats.SEAT_DELAY() <= answer) revert SeatDelayTooShort(seats.SEAT_DELAY(), answer);
        POLICY = policy;
        VOTING_DELAY = s.votingDelay;
        VOTING_PERIOD = s.votingPeriod;
        REGULATOR_DELAY = s.regulatorDelay;
    }

    /* REGULATORS */

    /// @inheritdoc IMarketGovernor
    function delay(uint256 proposalId, string calldata reason) external {
        _requireRegulator();
        ProposalState current = state(proposalId);
        bool over = current == ProposalState.Executed || current == ProposalState.Canceled
            || current == ProposalState.Defeated;
        if (over) revert NothingToDelay(proposalId);
        if (isDelayed[proposalId]) revert AlreadyDelayed(proposalId);
        isDelayed[proposalId] = true;
        emit Delayed(proposalId, msg.sender, reason);
    }

    /// @inheritdoc IMarketGovernor
    function brake() external {
        _requireRegulator();
        POLICY.halt();
    }

    /* VIEWS */

    /// @inheritdoc IMarketGovernor
    function executableFrom(uint256 proposalId) public view returns (uint256) {
        uint256 eta = proposalEta(proposalId);
        return eta != 0 && isDelayed[proposalId] ? eta + REGULATOR_DELAY : eta;
    }

    /// @inheritdoc IMarketGovernor
    function settings() external view returns (Settings memory) {
        return Settings(VOTING_DELAY, VOTING_PERIOD, REGULATOR_DELAY, QUORUM_PPM, MIN_CHAMBERS);
    }

    /// @dev Seconds.
    function votingDelay() public view override returns (uint256) {
        return VOTING_DELAY;
    }

    /// @dev Seconds.
    function votingPeriod() public view override returns (uint256) {
        return VOTING_PERIOD;
    }

    /// @dev Whoever has a vote may propose.
    function proposalThreshold() public pure override returns (uint256) {
        return 1;
    }

    /* PROPOSALS */

    /// @dev Fixes which vote the proposal needs.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (!_isRule(targets[i], calldatas[i])) {
                isAboutPowers[proposalId] = true;
                emit MatterOfPowers(proposalId);
                break;
            }
        }
    }

    /// @dev Policy's own functions, and no others: a selector says what a call does only where the target is known.
    function _isRule(address target, bytes memory data) private view returns (bool) {
        if (target != address(POLICY) || data.length < 4) return false;
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(data); // the first four bytes are the selector
        return selector != IAccessControl.grantRole.selector && selector != IAccessControl.revokeRole.selector
            && selector != IAccessControl.renounceRole.selector;
    }

    function _requireRegulator() private view {
        bool regulates = SEATS.chamberOf(msg.sender) == IParticipantRegistry.Role.Regulator;
        if (!regulates) revert NotARegulator(msg.sender);
    }

    /* BOTH PARENTS OF OPENZEPPELIN */

    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    /// @dev The timelock has its own delay; the regulators' comes on top.
    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        uint256 from = executableFrom(proposalId);
        if (block.timestamp < from) revert NotExecutableYet(proposalId, from);
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
