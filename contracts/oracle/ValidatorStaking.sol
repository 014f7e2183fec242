// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {SumTree} from "../kernel/SumTree.sol";

/// @title Validators' stakes, and the draw of panels.
/// @dev A module may lock stake while it holds MODULE_ROLE; what it has locked it may unlock and slash for ever, and
/// nothing else, so taking the role away strands no panel.
contract ValidatorStaking is IValidatorStaking, AccessControl {
    using SumTree for SumTree.Tree;
    using SumTree for SumTree.Draw;

    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /// @notice How many candidates a draw looks at: SPARE_CANDIDATES, and CANDIDATES_PER_SEAT for each seat.
    uint256 public constant SPARE_CANDIDATES = 32;
    uint256 public constant CANDIDATES_PER_SEAT = 3;

    IEscrow public immutable ESCROW;
    IParticipantRegistry public immutable REGISTRY;
    /// @inheritdoc IValidatorStaking
    address public immutable token; // solhint-disable-line immutable-vars-naming
    /// @inheritdoc IValidatorStaking
    uint40 public immutable EPOCH;
    /// @inheritdoc IValidatorStaking
    uint40 public immutable EXIT_COOLDOWN;

    struct Account {
        // one slot, all that a draw touches
        uint96 amount; // base units, as in `Stake`
        uint96 locked;
        uint32 leafPlusOne; // in the tree, 0 before the first stake
        // one slot
        uint96 exiting;
        uint40 exitAt;
    }

    /// @dev One slot.
    struct Locked {
        uint96 amount; // base units
        bool used; // keeps the slot in use when nothing is locked: locking again costs a quarter of the gas
    }

    SumTree.Tree private _tree;
    mapping(uint32 leaf => address) private _validators;
    mapping(address validator => Account) private _accounts;
    mapping(address module => mapping(address validator => Locked)) private _lockedBy;

    constructor(
        address governance,
        IEscrow escrow,
        IParticipantRegistry registry,
        address token_,
        uint40 epoch_,
        uint40 exitCooldown
    ) {
        if (epoch_ == 0) revert ZeroAmount();
        (ESCROW, REGISTRY, token, EPOCH, EXIT_COOLDOWN) = (escrow, registry, token_, epoch_, exitCooldown);
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /* VALIDATORS */

    /// @inheritdoc IValidatorStaking
    function stake(uint96 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (!REGISTRY.holdsRole(msg.sender, IParticipantRegistry.Role.Validator)) {
            revert NotValidator(msg.sender);
        }
        Account storage own = _accounts[msg.sender];
        bool first = own.leafPlusOne == 0;
        if (first) {
            uint32 leaf = _tree.append();
            (_validators[leaf], own.leafPlusOne) = (msg.sender, leaf + 1);
        }
        uint96 total = own.amount += amount;
        _tree.increase(own.leafPlusOne - 1, amount, epoch());
        emit Staked(msg.sender, amount, total);
        if (first) ESCROW.openHold(_hold(msg.sender), token, msg.sender, amount);
        else ESCROW.fund(_hold(msg.sender), token, msg.sender, amount);
    }

    /// @inheritdoc IValidatorStaking
    function requestExit(uint96 amount) external {
        Account storage own = _accounts[msg.sender];
        if (amount == 0) revert ZeroAmount();
        if (own.exiting != 0) revert ExitPending(msg.sender, own.exitAt);
        uint96 free = own.amount < own.locked ? 0 : own.amount - own.locked;
        if (amount > free) revert InsufficientFreeStake(msg.sender, free, amount);
        own.amount -= amount;
        (own.exiting, own.exitAt) = (amount, uint40(block.timestamp) + EXIT_COOLDOWN);
        _tree.decrease(own.leafPlusOne - 1, amount, epoch());
        emit ExitRequested(msg.sender, amount, own.exitAt);
    }

    /// @inheritdoc IValidatorStaking
    function completeExit() external {
        Account storage own = _accounts[msg.sender];
        uint96 amount = own.exiting;
        if (amount == 0) revert NothingToExit(msg.sender);
        if (block.timestamp < own.exitAt) revert ExitPending(msg.sender, own.exitAt);
        own.exiting = 0;
        emit ExitCompleted(msg.sender, amount);
        ESCROW.release(_hold(msg.sender), token, msg.sender, amount);
    }

    /* MODULES */

    /// @inheritdoc IValidatorStaking
    /// @dev A candidate comes out of the draw at most once, seated or not. Neither locked stake nor a limit on seats
    /// keeps anybody out: somebody who could have others' stake locked, or make a draw fail once its seed is known,
    /// could choose the panel.
    function seat(SeatTerms calldata terms)
        external
        onlyRole(MODULE_ROLE)
        returns (address[] memory members)
    {
        members = new address[](terms.count);
        SumTree.Draw memory draw = _tree.begin(epoch(), SPARE_CANDIDATES + CANDIDATES_PER_SEAT * terms.count);
        uint256 found;
        while (found < terms.count && !draw.isOver()) {
            address candidate = _validators[_tree.next(draw, terms.seed)];
            if (_isSuitable(candidate, terms)) {
                members[found++] = candidate;
                _lock(candidate, terms.seatStake);
            }
        }
        if (found < terms.count) revert PanelUnfilled(found, terms.count);
        emit SeatsLocked(msg.sender, members, terms.seatStake);
    }

    /// @inheritdoc IValidatorStaking
    function unlock(Lock[] calldata locks) external {
        for (uint256 i; i < locks.length; ++i) {
            _unlock(locks[i].validator, locks[i].amount);
        }
        emit SeatsUnlocked(msg.sender, locks);
    }

    /// @inheritdoc IValidatorStaking
    function slash(address validator, uint96 amount, bytes32 reason) external {
        if (amount == 0) revert ZeroAmount();
        _unlock(validator, amount);
        Account storage own = _accounts[validator];
        uint96 reachable = _reachable(validator);
        uint96 burnt = amount < reachable ? amount : reachable;
        own.amount -= burnt;
        _tree.decrease(own.leafPlusOne - 1, burnt, epoch());
        emit Slashed(msg.sender, validator, burnt, reason);
        ESCROW.burn(_hold(validator), token, burnt);
    }

    /* VIEWS */

    /// @inheritdoc IValidatorStaking
    function stakeOf(address validator) external view returns (Stake memory) {
        Account storage own = _accounts[validator];
        return Stake(own.amount, own.locked, own.exiting, own.exitAt);
    }

    /// @inheritdoc IValidatorStaking
    function weightOf(address validator) external view returns (uint96) {
        uint32 leafPlusOne = _accounts[validator].leafPlusOne;
        // slither-disable-next-line incorrect-equality -- a place in the tree, not the time beside it in the slot
        return leafPlusOne == 0 ? 0 : SafeCast.toUint96(_tree.weightOf(leafPlusOne - 1, epoch()));
    }

    /// @inheritdoc IValidatorStaking
    function totalWeight() external view returns (uint256) {
        return _tree.total(epoch());
    }

    /// @inheritdoc IValidatorStaking
    function lockedBy(address module, address validator) external view returns (uint96) {
        return _lockedBy[module][validator].amount;
    }

    /// @inheritdoc IValidatorStaking
    function validatorCount() external view returns (uint256) {
        return _tree.leaves;
    }

    /// @inheritdoc IValidatorStaking
    function epoch() public view returns (uint40) {
        return uint40(block.timestamp) / EPOCH;
    }

    /* INTERNAL */

    function _lock(address validator, uint96 amount) private {
        _accounts[validator].locked += amount;
        Locked storage own = _lockedBy[msg.sender][validator];
        (own.amount, own.used) = (own.amount + amount, true);
    }

    function _unlock(address validator, uint96 amount) private {
        Locked storage own = _lockedBy[msg.sender][validator];
        uint96 locked = own.amount;
        if (amount > locked) revert NotLocked(msg.sender, validator, locked, amount);
        own.amount = locked - amount;
        _accounts[validator].locked -= amount;
    }

    /// @dev The stake that the calling module may put at risk: all but what other modules have locked.
    function _reachable(address validator) private view returns (uint96) {
        Account storage own = _accounts[validator];
        (uint96 amount, uint96 locked) = (own.amount, own.locked);
        if (locked == 0) return amount;
        uint96 others = locked - _lockedBy[msg.sender][validator].amount;
        return amount < others ? 0 : amount - others;
    }

    function _isSuitable(address candidate, SeatTerms calldata terms) private view returns (bool) {
        if (_reachable(candidate) < terms.seatStake) return false;
        for (uint256 i; i < terms.taken.length; ++i) {
            if (terms.taken[i] == candidate) return false;
        }
        return
            REGISTRY.mayJudge(candidate, IParticipantRegistry.Role.Validator, terms.parties, terms.coolingOff);
    }

    function _hold(address validator) private pure returns (bytes32) {
        return bytes32(uint256(uint160(validator)));
    }
}
