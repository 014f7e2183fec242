// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Validators' stakes, and the stake-weighted draw of panels.
/// @notice Stake sits in Escrow, one hold a validator. A change made in one epoch counts for draws from the next, and a
/// draw ends in the epoch in which it was armed, so nobody moves stake knowing a seed. A seat locks part of the stake;
/// an offence is slashed from it and burnt, so that a majority cannot live off a minority.
interface IValidatorStaking {
    struct Stake {
        uint96 amount; // base units of the staking token, exits excluded
        uint96 locked; // of it, in seats
        uint96 exiting;
        uint40 exitAt; // Unix seconds
    }

    event Staked(address indexed validator, uint96 amount, uint96 total);
    event ExitRequested(address indexed validator, uint96 amount, uint40 availableAt);
    event ExitCompleted(address indexed validator, uint96 amount);
    event SeatLocked(address indexed validator, uint96 amount);
    event SeatUnlocked(address indexed validator, uint96 amount);
    event Slashed(address indexed validator, uint96 amount, bytes32 indexed reason);

    error NotValidator(address account);
    error InsufficientFreeStake(address validator, uint96 free, uint96 needed);
    error ExitPending(address validator, uint40 availableAt);
    error NothingToExit(address validator);
    error ZeroAmount();
    error PanelUnfilled(uint256 found, uint256 wanted);

    /// @notice Adds to the caller's stake from its escrow balance; the caller must hold the role Validator.
    function stake(uint96 amount) external;

    /// @notice Takes free stake out of the draw; it can be withdrawn after the cooldown and is slashable until then.
    /// One exit at a time.
    function requestExit(uint96 amount) external;

    /// @notice Credits the caller's escrow balance with an exit whose cooldown has passed.
    function completeExit() external;

    /// @notice Draws `count` validators by stake and locks a seat of each; authorised modules only. O(k log n).
    /// Passed over: those with a party among `parties` by declared tie or recorded dealing, parties themselves, those in
    /// `taken`, and those whose free stake is below `seatStake`. Reverts `PanelUnfilled` when too few are found in a
    /// bounded number of tries.
    function seat(
        bytes32 seed,
        uint256 count,
        address[] calldata taken,
        address[] calldata parties,
        uint40 coolingOff,
        uint96 seatStake
    ) external returns (address[] memory members);

    /// @notice Unlocks a seat; authorised modules only.
    function unlock(address validator, uint96 amount) external;

    /// @notice Unlocks a seat and burns `amount` of its `seatStake`; authorised modules only.
    function slash(address validator, uint96 seatStake, uint96 amount, bytes32 reason) external;

    function stakeOf(address validator) external view returns (Stake memory);

    /// @return The validator's weight in draws of the present epoch.
    function weightOf(address validator) external view returns (uint96);

    function totalWeight() external view returns (uint256);
    function epoch() external view returns (uint40);
    function EPOCH() external view returns (uint40);
    function EXIT_COOLDOWN() external view returns (uint40);
    function token() external view returns (address);
    function validatorCount() external view returns (uint256);
}
