// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev The state of a deal and until when it lasts; it shares its slot with whatever stands beside it in a struct.
/// Layout: 40 bits deadline | 8 bits state
type DealState is uint48;

using Deals for DealState global;

/// @title What has a life cycle: a state and a deadline, which change together.
/// @notice For every contract with such things: deals, panels, assessments, disputes, opinions. Its states are an enum
/// of its own, whose first member, 0, is "none": no deal is in it. A state lasts until just before its deadline; a
/// deadline of 0 is over from the start.
library Deals {
    uint48 private constant DEADLINE_OFFSET = 8;

    /// @notice Number `id` has entered a state of its contract, until `deadline` (Unix seconds); 0 for a state without
    /// one.
    event StateChanged(uint256 indexed id, uint8 indexed state, uint40 deadline);

    /// @notice Nothing is due now: number {id} is {state} until {deadline}, or until those act for whom it waits.
    /// @dev `deadline` is in Unix seconds.
    /// @custom:hint See who has to act: `assay commission show {id}`, or `show` of what else it is.
    error NothingDue(uint256 id, uint8 state, uint40 deadline);

    /// @notice Number {id} is {state} and cannot take this step now.
    /// @custom:hint See what is possible now: `assay commission show {id}`, or `show` of what else it is.
    error WrongState(uint256 id, uint8 state);

    /// @notice The time for this step of number {id} ended at {deadline}.
    /// @dev `deadline` is in Unix seconds.
    /// @custom:hint It is too late for it. Anyone can now take the next step.
    error DeadlinePassed(uint256 id, uint40 deadline);

    /// @dev The caller stores what this returns.
    /// @param deadline_ Unix seconds.
    function enter(uint256 id, uint8 state_, uint256 deadline_) internal returns (DealState) {
        // forge-lint: disable-next-line(unsafe-typecast)
        uint40 end = uint40(deadline_); // Unix time, less than 2^34 seconds ahead
        emit StateChanged(id, state_, end);
        return pack(state_, end);
    }

    function pack(uint8 state_, uint40 deadline_) internal pure returns (DealState) {
        return DealState.wrap(uint48(deadline_) << DEADLINE_OFFSET | state_);
    }

    function state(DealState at) internal pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(DealState.unwrap(at)); // the lowest bits
    }

    function deadline(DealState at) internal pure returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(DealState.unwrap(at) >> DEADLINE_OFFSET); // 40 bits are left
    }

    function isOver(DealState at) internal view returns (bool) {
        return block.timestamp >= at.deadline();
    }

    function requireState(DealState at, uint256 id, uint8 wanted) internal pure {
        if (at.state() != wanted) revert WrongState(id, at.state());
    }

    /// @dev For steps that are due once the state is over.
    function requireOver(DealState at, uint256 id) internal view {
        if (!at.isOver()) at.nothingDue(id);
    }

    /// @dev For steps that are possible until the state is over.
    function requireRunning(DealState at, uint256 id) internal view {
        if (at.isOver()) revert DeadlinePassed(id, at.deadline());
    }

    function nothingDue(DealState at, uint256 id) internal pure {
        revert NothingDue(id, at.state(), at.deadline());
    }
}
