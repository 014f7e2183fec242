// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {ValidatorStaking} from "./ValidatorStaking.sol";

/// @title Panels: drawn, seated, slashed, dissolved.
/// @dev A seat is as good as the stake locked in it: a seat with no stake left is vacant, and its former member cannot be
/// drawn into it again. So a member slashed of its whole stake is out, while lesser fines leave it seated.
abstract contract Panels is IValidationOracle {
    using FutureBlock for FutureBlock.Draw;

    uint8 public constant MIN_PANEL = 3;
    uint8 public constant MAX_PANEL = 31;
    uint8 public constant MAX_DRAWS = 3;

    enum Stage {
        Drawing,
        Seated,
        Dissolved
    }

    /// @dev One slot.
    struct Seat {
        address member; // the last one
        uint96 stake; // base units still locked, 0 when vacant
    }

    struct Panel {
        PanelTerms terms;
        FutureBlock.Draw draw;
        // one slot
        address opener;
        uint48 lastRequest;
        uint40 armedEpoch; // of the stakes
        Stage stage;
        // one slot, zero but for appeal panels
        address appellant;
        uint48 appealOf; // the request under appeal
        uint40 seatBy; // Unix seconds
        Seat[MAX_PANEL] seats;
    }

    bytes32 public constant FALSE_REPORT = "false report";
    bytes32 public constant WITHHELD = "withheld";
    bytes32 public constant SILENT = "silent";

    IParticipantRegistry public immutable REGISTRY;
    ValidatorStaking public immutable STAKING;
    IRandomness public immutable RANDOMNESS;

    /// @inheritdoc IValidationOracle
    uint256 public panelCount;
    mapping(uint256 panelId => Panel) internal _panels;

    constructor(IParticipantRegistry registry, ValidatorStaking staking, IRandomness randomness) {
        (REGISTRY, STAKING, RANDOMNESS) = (registry, staking, randomness);
    }

    /// @inheritdoc IValidationOracle
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId) {
        if (!STAKING.hasRole(STAKING.MODULE_ROLE(), msg.sender)) revert NotAuthorised(msg.sender);
        if (terms.size < MIN_PANEL || terms.size > MAX_PANEL) revert InvalidPanelSize(terms.size);
        if (terms.seatStake == 0) revert ZeroSeatStake();
        return _openPanel(terms, msg.sender);
    }

    /// @inheritdoc IValidationOracle
    function arm(uint256 panelId) external {
        Panel storage p = _panelToSeat(panelId);
        uint40 epoch = STAKING.epoch();
        // Stakes have moved since the block was named, perhaps by somebody who knew its seed.
        if (p.armedEpoch != epoch) p.draw.clear();
        FutureBlock.Arming arming = p.draw.arm(MAX_DRAWS, RANDOMNESS);
        if (arming == FutureBlock.Arming.Pending) revert DrawPending(panelId, p.draw.number);
        if (arming == FutureBlock.Arming.Exhausted) revert DrawsExhausted(panelId);
        p.armedEpoch = epoch;
        emit PanelArmed(panelId, p.draw.number, p.draw.attempts);
    }

    /// @inheritdoc IValidationOracle
    function seat(uint256 panelId) external {
        Panel storage p = _panelToSeat(panelId);
        bytes32 seed = _seedOf(p, panelId);
        p.draw.clear();
        p.stage = Stage.Seated;
        _fill(p, seed);

        (address[] memory members, bytes32[] memory keys) = (_membersOf(p), new bytes32[](p.terms.size));
        for (uint256 i; i < members.length; ++i) {
            keys[i] = REGISTRY.encryptionKeyOf(members[i]);
        }
        emit PanelSeated(panelId, members, keys);
        if (p.appealOf != 0) _startAppeal(panelId);
    }

    /// @inheritdoc IValidationOracle
    function dissolve(uint256 panelId) external {
        Panel storage p = _ownPanel(panelId);
        if (_isRequestOpen(p.lastRequest)) revert RequestOpen(panelId, p.lastRequest);
        _dissolve(panelId);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function panel(uint256 panelId) external view returns (PanelView memory) {
        Panel storage p = _panels[panelId];
        if (p.opener == address(0)) revert UnknownPanel(panelId);
        return PanelView({
            opener: p.opener,
            terms: p.terms,
            armedBlock: p.draw.number,
            draws: p.draw.attempts,
            seated: p.stage == Stage.Seated,
            dissolved: p.stage == Stage.Dissolved,
            members: _membersOf(p)
        });
    }

    /// @inheritdoc IValidationOracle
    function isMember(uint256 panelId, address account) external view returns (bool) {
        Panel storage p = _panels[panelId];
        for (uint256 i; i < p.terms.size; ++i) {
            if (p.seats[i].member == account && p.seats[i].stake != 0) return true;
        }
        return false;
    }

    /* WHAT REQUESTS ADD */

    /// @dev Starts the request of an appeal panel that has been seated.
    function _startAppeal(uint256 panelId) internal virtual;

    function _isRequestOpen(uint256 requestId) internal view virtual returns (bool);

    /// @return The panel that answered the request.
    function _panelOf(uint256 requestId) internal view virtual returns (uint256);

    /* INTERNAL */

    function _openPanel(PanelTerms memory terms, address opener) internal returns (uint256 panelId) {
        panelId = ++panelCount;
        (_panels[panelId].terms, _panels[panelId].opener) = (terms, opener);
        emit PanelOpened(panelId, opener, terms);
    }

    /// @dev Burns up to `amount` of what is locked in a seat.
    function _slash(uint256 panelId, uint256 i, uint256 amount, bytes32 reason) internal {
        Seat storage s = _panels[panelId].seats[i];
        uint96 taken = uint96(Math.min(amount, s.stake));
        if (taken == 0) return;
        s.stake -= taken;
        if (s.stake == 0) emit SeatVacated(panelId, i, s.member);
        STAKING.slash(s.member, taken, taken, reason);
    }

    /// @dev Unlocks the seats whose bit is set, and has the panel drawn anew for them.
    function _vacate(uint256 panelId, uint256 bitmap) internal {
        Panel storage p = _panels[panelId];
        p.stage = Stage.Drawing;
        delete p.draw;
        for (uint256 i; i < p.terms.size; ++i) {
            Seat storage s = p.seats[i];
            if (s.stake == 0 || bitmap >> i & 1 == 0) continue;
            emit SeatVacated(panelId, i, s.member);
            _unlock(s);
        }
    }

    function _dissolve(uint256 panelId) internal {
        Panel storage p = _panels[panelId];
        if (p.stage == Stage.Dissolved) return;
        p.stage = Stage.Dissolved;
        emit PanelDissolved(panelId);
        for (uint256 i; i < p.terms.size; ++i) {
            if (p.seats[i].stake != 0) _unlock(p.seats[i]);
        }
    }

    function _ownPanel(uint256 panelId) internal view returns (Panel storage p) {
        p = _panels[panelId];
        if (p.opener == address(0)) revert UnknownPanel(panelId);
        if (msg.sender != p.opener) revert NotOpener(msg.sender);
    }

    function _occupied(Panel storage p) internal view returns (uint8 count) {
        for (uint256 i; i < p.terms.size; ++i) {
            if (p.seats[i].stake != 0) ++count;
        }
    }

    /// @dev Draws the vacant seats, leaving out whoever sits or sat here, or on the panel under appeal.
    function _fill(Panel storage p, bytes32 seed) private {
        uint256 size = p.terms.size;
        Panel storage reviewed = _panels[p.appealOf == 0 ? 0 : _panelOf(p.appealOf)];
        address[] memory taken = new address[](size + reviewed.terms.size);
        for (uint256 i; i < taken.length; ++i) {
            taken[i] = i < size ? p.seats[i].member : reviewed.seats[i - size].member;
        }
        address[] memory parties = new address[](p.appealOf == 0 ? 2 : 3);
        (parties[0], parties[1]) = (p.terms.customer, p.terms.developer);
        if (p.appealOf != 0) parties[2] = p.appellant;

        uint96 seatStake = p.terms.seatStake;
        address[] memory drawn = STAKING.seat(
            IValidatorStaking.SeatTerms({
                seed: seed,
                count: size - _occupied(p),
                taken: taken,
                parties: parties,
                coolingOff: p.terms.coolingOff,
                seatStake: seatStake
            })
        );
        uint256 next;
        for (uint256 i; i < size; ++i) {
            if (p.seats[i].stake == 0) p.seats[i] = Seat(drawn[next++], seatStake);
        }
    }

    function _unlock(Seat storage s) private {
        uint96 stake = s.stake;
        s.stake = 0;
        STAKING.unlock(s.member, stake);
    }

    function _panelToSeat(uint256 panelId) private view returns (Panel storage p) {
        p = _panels[panelId];
        if (p.opener == address(0)) revert UnknownPanel(panelId);
        if (p.stage == Stage.Seated) revert AlreadySeated(panelId);
        if (p.stage == Stage.Dissolved) revert PanelIsDissolved(panelId);
        if (p.appealOf != 0 && block.timestamp >= p.seatBy) revert SeatingClosed(panelId, p.seatBy);
    }

    /// @dev Only with the stakes of the epoch in which the block was named.
    function _seedOf(Panel storage p, uint256 panelId) private view returns (bytes32) {
        uint256 number = p.draw.number;
        bytes32 seed = p.draw.seed(RANDOMNESS);
        if (number != 0 && block.number <= number) revert DrawPending(panelId, number);
        if (seed == 0 || p.armedEpoch != STAKING.epoch()) revert SeedUnavailable(panelId, number);
        return keccak256(abi.encode(seed, address(this), panelId));
    }

    function _membersOf(Panel storage p) private view returns (address[] memory members) {
        members = new address[](p.terms.size);
        for (uint256 i; i < members.length; ++i) {
            if (p.seats[i].stake != 0) members[i] = p.seats[i].member;
        }
    }
}
