// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {SumTree} from "./SumTree.sol";

/// @title Validators' stakes, and the draw of panels.
/// @dev A module may lock stake while it holds MODULE_ROLE; what it has locked it may unlock and slash for ever, and
/// nothing else, so that taking the role away strands no panel.
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

    SumTree.Tree private _tree;
    mapping(uint32 leaf => address) private _validators;
    mapping(address validator => uint32) private _leafPlusOne;
    mapping(address validator => Stake) private _stakes;
    mapping(address module => mapping(address validator => uint96)) private _lockedBy;

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
        bool first = _leafPlusOne[msg.sender] == 0;
        if (first) {
            uint32 leaf = _tree.append();
            (_validators[leaf], _leafPlusOne[msg.sender]) = (msg.sender, leaf + 1);
        }
        uint96 total = _stakes[msg.sender].amount += amount;
        _tree.increase(_leafPlusOne[msg.sender] - 1, amount, epoch());
        emit Staked(msg.sender, amount, total);
        if (first) ESCROW.openHold(_hold(msg.sender), token, msg.sender, amount);
        else ESCROW.fund(_hold(msg.sender), token, msg.sender, amount);
    }

    /// @inheritdoc IValidatorStaking
    function requestExit(uint96 amount) external {
        Stake storage own = _stakes[msg.sender];
        if (amount == 0) revert ZeroAmount();
        if (own.exiting != 0) revert ExitPending(msg.sender, own.exitAt);
        uint96 free = own.amount - own.locked;
        if (amount > free) revert InsufficientFreeStake(msg.sender, free, amount);
        own.amount -= amount;
        (own.exiting, own.exitAt) = (amount, uint40(block.timestamp) + EXIT_COOLDOWN);
        _tree.decrease(_leafPlusOne[msg.sender] - 1, amount, epoch());
        emit ExitRequested(msg.sender, amount, own.exitAt);
    }

    /// @inheritdoc IValidatorStaking
    function completeExit() external {
        Stake storage own = _stakes[msg.sender];
        uint96 amount = own.exiting;
        if (amount == 0) revert NothingToExit(msg.sender);
        if (block.timestamp < own.exitAt) revert ExitPending(msg.sender, own.exitAt);
        own.exiting = 0;
        emit ExitCompleted(msg.sender, amount);
        ESCROW.release(_hold(msg.sender), token, msg.sender, amount);
    }

    /* MODULES */

    /// @inheritdoc IValidatorStaking
    /// @dev A candidate comes out of the draw once at most, seated or not.
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
    }

    /// @inheritdoc IValidatorStaking
    function unlock(address validator, uint96 amount) external {
        _unlock(validator, amount);
    }

    /// @inheritdoc IValidatorStaking
    function slash(address validator, uint96 seatStake, uint96 amount, bytes32 reason) external {
        _unlock(validator, seatStake);
        Stake storage own = _stakes[validator];
        uint96 burnt = uint96(Math.min(amount, seatStake)); // locked until now, so it is there
        own.amount -= burnt;
        _tree.decrease(_leafPlusOne[validator] - 1, burnt, epoch());
        emit Slashed(validator, burnt, reason);
        if (burnt != 0) ESCROW.burn(_hold(validator), token, burnt);
    }

    /* VIEWS */

    /// @inheritdoc IValidatorStaking
    function stakeOf(address validator) external view returns (Stake memory) {
        return _stakes[validator];
    }

    /// @inheritdoc IValidatorStaking
    function weightOf(address validator) external view returns (uint96) {
        uint32 leafPlusOne = _leafPlusOne[validator];
        return leafPlusOne == 0 ? 0 : SafeCast.toUint96(_tree.weightOf(leafPlusOne - 1, epoch()));
    }

    /// @inheritdoc IValidatorStaking
    function totalWeight() external view returns (uint256) {
        return _tree.total(epoch());
    }

    /// @inheritdoc IValidatorStaking
    function lockedBy(address module, address validator) external view returns (uint96) {
        return _lockedBy[module][validator];
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
        _stakes[validator].locked += amount;
        _lockedBy[msg.sender][validator] += amount;
        emit SeatLocked(validator, amount);
    }

    function _unlock(address validator, uint96 amount) private {
        uint96 locked = _lockedBy[msg.sender][validator];
        if (amount > locked) revert NotLocked(msg.sender, validator, locked, amount);
        _lockedBy[msg.sender][validator] = locked - amount;
        _stakes[validator].locked -= amount;
        emit SeatUnlocked(validator, amount);
    }

    function _isSuitable(address candidate, SeatTerms calldata terms) private view returns (bool) {
        Stake storage own = _stakes[candidate];
        if (own.amount - own.locked < terms.seatStake) return false;
        for (uint256 i; i < terms.taken.length; ++i) {
            if (terms.taken[i] == candidate) return false;
        }
        if (!REGISTRY.holdsRole(candidate, IParticipantRegistry.Role.Validator)) return false;
        for (uint256 i; i < terms.parties.length; ++i) {
            // Parties choose their organisation themselves: it must not let them choose their judges.
            IParticipantRegistry.Conflict conflict =
                REGISTRY.conflictOf(candidate, terms.parties[i], terms.coolingOff);
            if (
                conflict != IParticipantRegistry.Conflict.None
                    && conflict != IParticipantRegistry.Conflict.SameOrganisation
            ) return false;
        }
        return true;
    }

    function _hold(address validator) private pure returns (bytes32) {
        return bytes32(uint256(uint160(validator)));
    }
}
