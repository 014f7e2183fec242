// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Validators' stakes, and the stake-weighted draw of panels.
/// @notice Stake sits in Escrow, one hold a validator. A change made in one epoch counts for draws from the next, and a
/// draw ends in the epoch in which it was armed, so nobody moves stake knowing a seed. An offence is slashed from the
/// stake and burnt, so that a majority cannot live off a minority.
/// The same stake may stand for several seats of one module. Locks bar exits and other modules: a module draws the stake
/// that it has locked as it draws any other, so nobody changes a draw by having others' stake locked. Where slashes exceed
/// the stake, the last ones take what is left.
interface IValidatorStaking {
    struct Stake {
        uint96 amount; // base units of the staking token, exits excluded
        uint96 locked; // for seats; more than `amount` where the same stake stands for several
        uint96 exiting;
        uint40 exitAt; // Unix seconds
    }

    struct SeatTerms {
        bytes32 seed;
        uint256 count;
        address[] taken; // accounts that may not be drawn
        address[] parties; // accounts with which a drawn one may have no tie or dealing
        uint40 coolingOff; // seconds for which a dealing counts
        uint96 seatStake; // base units locked a seat
    }

    /// @dev A seat's stake.
    struct Lock {
        address validator;
        uint96 amount; // base units
    }

    event Staked(address indexed validator, uint96 amount, uint96 total);
    event ExitRequested(address indexed validator, uint96 amount, uint40 availableAt);
    event ExitCompleted(address indexed validator, uint96 amount);
    /// @param amount locked of each.
    event SeatsLocked(address indexed module, address[] validators, uint96 amount);
    event SeatsUnlocked(address indexed module, Lock[] locks);
    /// @param amount burnt: what was to be slashed, or what was left of the stake.
    event Slashed(address indexed module, address indexed validator, uint96 amount, bytes32 indexed reason);

    error NotValidator(address account);
    error InsufficientFreeStake(address validator, uint96 free, uint96 needed);
    error ExitPending(address validator, uint40 availableAt);
    error NothingToExit(address validator);
    error ZeroAmount();
    /// @notice A module unlocks and slashes only what it has locked itself.
    error NotLocked(address module, address validator, uint96 locked, uint96 needed);
    /// @notice Too few validators could be found who may judge this deal.
    error PanelUnfilled(uint256 found, uint256 wanted);

    /// @notice Adds to the caller's stake from its escrow balance; the caller must hold the role Validator.
    function stake(uint96 amount) external;

    /// @notice Takes free stake out of the draw; it can be withdrawn after the cooldown. One exit at a time. As much as is
    /// locked for seats has to stay.
    function requestExit(uint96 amount) external;

    /// @notice Credits the caller's escrow balance with an exit whose cooldown has passed.
    function completeExit() external;

    /// @notice Draws `terms.count` validators by stake and locks a seat of each; authorised modules only. O(k log n).
    /// Passed over: those who declared a tie to a party or have a recorded dealing with one, parties themselves, those in
    /// `taken`, those who no longer hold the role Validator, and those whose stake is below `seatStake` when what other
    /// modules have locked is left out. Reverts `PanelUnfilled` when too few are found among a bounded number of candidates.
    function seat(SeatTerms calldata terms) external returns (address[] memory members);

    /// @notice Unlocks what the caller has locked, or part of it.
    function unlock(Lock[] calldata locks) external;

    /// @notice Unlocks `amount` of what the caller has locked, and burns as much of the stake, or what is left of it.
    function slash(address validator, uint96 amount, bytes32 reason) external;

    function stakeOf(address validator) external view returns (Stake memory);

    /// @return The validator's weight in draws of the present epoch.
    function weightOf(address validator) external view returns (uint96);

    /// @return Of the validator's locked stake, what `module` has locked.
    function lockedBy(address module, address validator) external view returns (uint96);

    function totalWeight() external view returns (uint256);
    function epoch() external view returns (uint40);
    function EPOCH() external view returns (uint40);
    function EXIT_COOLDOWN() external view returns (uint40);
    function token() external view returns (address);
    function validatorCount() external view returns (uint256);
}
