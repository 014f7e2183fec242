// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Validators' stakes, and the stake-weighted draw of panels.
/// @notice Stake sits in Escrow, one hold a validator. A change made in one epoch counts for draws from the next, and
/// a draw ends in the epoch in which it was armed, so nobody moves stake knowing a seed. An offence is slashed from
/// the stake and burnt, so that a majority cannot live off a minority. The same stake may stand for several seats of
/// one module. Locks bar exits and other modules only: a module draws stake that it has locked itself like any other,
/// so nobody changes a draw by having others' stake locked. If slashes come to more than the stake, the last ones
/// take what is left.
/// @dev Amounts are base units of the staking token, times Unix seconds.
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

    /// @notice `validator` has added `amount` to its stake, which is now `total`.
    event Staked(address indexed validator, uint96 amount, uint96 total);
    /// @notice `validator` has taken `amount` out of the draw and can withdraw it from `availableAt` on.
    event ExitRequested(address indexed validator, uint96 amount, uint40 availableAt);
    /// @notice An exit is complete: `amount` was credited to the validator's escrow balance.
    event ExitCompleted(address indexed validator, uint96 amount);
    /// @notice `module` has seated `validators`, and `amount` of each one's stake is locked.
    /// @param amount locked of each.
    event SeatsLocked(address indexed module, address[] validators, uint96 amount);
    /// @notice `module` has unlocked the stakes of seats.
    event SeatsUnlocked(address indexed module, Lock[] locks);
    /// @notice `module` has slashed `validator` for the offence that `reason` names.
    /// @param amount base units that were burnt: what was to be slashed, or what was left of the stake.
    event Slashed(address indexed module, address indexed validator, uint96 amount, bytes32 indexed reason);

    /// @notice {account} does not hold the role Validator, or its waiting time has not passed.
    /// @custom:hint Register with the role, and wait.
    error NotValidator(address account);
    /// @notice {validator} has {free} base units of free stake, but {needed} are needed.
    /// @custom:hint Add stake, or wait for seats to end.
    error InsufficientFreeStake(address validator, uint96 free, uint96 needed);
    /// @notice {validator} is already leaving; its exit can be completed at {availableAt}.
    /// @custom:hint Wait until then.
    error ExitPending(address validator, uint40 availableAt);
    /// @notice {validator} has no exit to complete.
    /// @custom:hint Request an exit first.
    error NothingToExit(address validator);
    /// @notice The amount is zero.
    /// @custom:hint Name an amount above zero.
    error ZeroAmount();
    /// @notice {module} has locked {locked} base units of {validator}'s stake, not {needed}.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error NotLocked(address module, address validator, uint96 locked, uint96 needed);
    /// @notice Only {found} of {wanted} validators could be drawn who may judge this deal.
    /// @custom:hint The market needs more validators; the draw can be repeated.
    error PanelUnfilled(uint256 found, uint256 wanted);

    /// @notice Adds to the caller's stake from its escrow balance; the caller must hold the role Validator.
    function stake(uint96 amount) external;

    /// @notice Takes free stake of the caller out of the draw; it can be withdrawn after `EXIT_COOLDOWN`. One exit at
    /// a time. As much as is locked for seats has to stay.
    function requestExit(uint96 amount) external;

    /// @notice Credits the caller's escrow balance with an exit whose cooldown has passed.
    function completeExit() external;

    /// @notice Draws `terms.count` validators by stake and locks a seat's stake of each; authorised modules only. O(k
    /// log n). Passed over are the parties, those who declared a tie to a party or have a recorded dealing with one,
    /// those in `taken`, those who no longer hold the role Validator, and those whose stake, without what other
    /// modules have locked, is below `seatStake`. Reverts `PanelUnfilled` when too few are found among a bounded
    /// number of candidates.
    function seat(SeatTerms calldata terms) external returns (address[] memory members);

    /// @notice Unlocks stake that the calling module has locked, or part of it.
    function unlock(Lock[] calldata locks) external;

    /// @notice Unlocks `amount` of the stake that the calling module has locked, and burns as much of the stake, or
    /// what is left of it.
    function slash(address validator, uint96 amount, bytes32 reason) external;

    /// @notice A validator's stake.
    function stakeOf(address validator) external view returns (Stake memory);

    /// @notice A validator's weight in draws of the present epoch.
    /// @return base units of the staking token.
    function weightOf(address validator) external view returns (uint96);

    /// @notice How much of a validator's stake `module` has locked.
    /// @return base units of the staking token.
    function lockedBy(address module, address validator) external view returns (uint96);

    /// @notice The weight of all validators together in draws of the present epoch, in base units of the staking
    /// token.
    function totalWeight() external view returns (uint256);
    /// @notice The number of the present epoch. A change of stake counts for draws from the next one on.
    /// @return epochs of `EPOCH` seconds since 1970.
    function epoch() external view returns (uint40);
    /// @notice The length of an epoch in seconds.
    function EPOCH() external view returns (uint40);
    /// @notice Seconds between the request of an exit and its completion.
    function EXIT_COOLDOWN() external view returns (uint40);
    /// @notice The staking token.
    function token() external view returns (address);
    /// @notice How many validators have ever staked.
    function validatorCount() external view returns (uint256);
}
