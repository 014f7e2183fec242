// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {FutureBlock} from "../randomness/FutureBlock.sol";
import {Seats} from "./Seats.sol";
import {ValidatorStaking} from "./ValidatorStaking.sol";

/// @title Panels: drawn, seated, slashed, dissolved.
/// @dev A seat is as good as the stake locked in it: a seat with no stake left is vacant, and its former member cannot be
/// drawn into it again. So a member slashed of its whole stake is out, while lesser fines leave it seated.
/// A panel lives in a *room*: the storage of its terms, seats and votes. When it is dissolved the next panel moves in and
/// writes over what it finds, at a quarter of the gas that fresh storage costs. What outlives a panel is outside the room.
abstract contract Panels is IValidationOracle {
    using FutureBlock for FutureBlock.Draw;
    using Seats for uint32;

    uint8 public constant MIN_PANEL = 3;
    uint8 public constant MAX_PANEL = 31;

    /// @dev One slot, kept for ever.
    struct Panel {
        address opener;
        uint32 room; // 0 once it is dissolved
        uint40 lastRequest;
    }

    /// @dev One slot.
    struct Seat {
        address member; // the last one
        uint96 stake; // base units locked, while the seat is occupied
    }

    struct Room {
        PanelTerms terms; // four slots
        FutureBlock.Draw draw;
        // one slot
        bool seated;
        uint32 occupied; // seats
        uint40 appealOf; // the request under appeal, 0 but for appeal panels
        uint32 nextSpare; // a room, while this one is spare
        Seat[MAX_PANEL] seats;
        // A seat's vote in the last request as committed, and once revealed the report: the manifest in a delivery, else
        // packed. A vote of an earlier request stays until it is written over: the request's bitmaps say what counts.
        bytes32[MAX_PANEL] votes;
    }

    /// @dev One slot.
    struct Appeal {
        address appellant;
        uint40 panelId;
        uint40 seatBy; // Unix seconds
    }

    bytes32 public constant FALSE_REPORT = "false report";
    bytes32 public constant WITHHELD = "withheld";
    bytes32 public constant SILENT = "silent";

    bytes32 private constant MODULE_ROLE = keccak256("MODULE_ROLE"); // ValidatorStaking's

    IParticipantRegistry public immutable REGISTRY;
    ValidatorStaking public immutable STAKING;
    IRandomness public immutable RANDOMNESS;

    mapping(uint256 panelId => Panel) internal _panels;
    mapping(uint256 roomId => Room) internal _rooms; // room 0 is nobody's, and empty
    mapping(uint256 requestId => Appeal) internal _appeals;
    // one slot
    uint40 private _panelCount;
    uint32 private _roomCount; // numbered from 1
    uint32 private _spareRoom; // the last one left, 0 for none

    constructor(IParticipantRegistry registry, ValidatorStaking staking, IRandomness randomness) {
        (REGISTRY, STAKING, RANDOMNESS) = (registry, staking, randomness);
    }

    /// @inheritdoc IValidationOracle
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId) {
        if (!STAKING.hasRole(MODULE_ROLE, msg.sender)) revert NotAuthorised(msg.sender);
        if (terms.size < MIN_PANEL || terms.size > MAX_PANEL) revert InvalidPanelSize(terms.size);
        if (terms.seatStake == 0) revert ZeroSeatStake();
        return _openPanel(terms, msg.sender, 0);
    }

    /// @inheritdoc IValidationOracle
    function arm(uint256 panelId) external {
        Room storage room = _roomToSeat(panelId);
        // A draw that is held fills the panel, or else reverts; so once is all that it is held.
        FutureBlock.Arming arming = room.draw.arm(1, STAKING.epoch(), RANDOMNESS);
        if (arming == FutureBlock.Arming.Pending) revert DrawPending(panelId, room.draw.number);
        emit PanelArmed(panelId, room.draw.number, room.draw.held);
    }

    /// @inheritdoc IValidationOracle
    function seat(uint256 panelId) external {
        Room storage room = _roomToSeat(panelId);
        bytes32 seed = _seedOf(room, panelId);
        bool again = _panels[panelId].lastRequest != 0;
        address[] memory members = _fill(room, again, seed);
        emit PanelSeated(panelId, members, REGISTRY.encryptionKeysOf(members));
        if (room.appealOf != 0) _startAppeal(panelId, room.appealOf);
    }

    /// @inheritdoc IValidationOracle
    function dissolve(uint256 panelId) external {
        Panel storage p = _ownPanel(panelId);
        if (_isRequestOpen(p.lastRequest)) revert RequestOpen(panelId, p.lastRequest);
        _dissolve(panelId);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function panel(uint256 panelId) external view returns (PanelView memory view_) {
        Panel storage p = _panels[panelId];
        if (p.opener == address(0)) revert UnknownPanel(panelId);
        (view_.opener, view_.dissolved) = (p.opener, p.room == 0);
        Room storage room = _rooms[p.room];
        view_.terms = _termsOf(room);
        (view_.seated, view_.draws) = (room.seated, room.draw.held);
        view_.armedBlock = room.seated ? 0 : room.draw.number;
        view_.members = new address[](room.terms.size);
        for (uint256 i; i < view_.members.length; ++i) {
            if (room.occupied.has(i)) view_.members[i] = room.seats[i].member;
        }
    }

    /// @inheritdoc IValidationOracle
    function isMember(uint256 panelId, address account) external view returns (bool) {
        Room storage room = _rooms[_panels[panelId].room];
        uint32 occupied = room.occupied;
        for (uint256 i; occupied >> i != 0; ++i) {
            if (occupied.has(i) && room.seats[i].member == account) return true;
        }
        return false;
    }

    /// @inheritdoc IValidationOracle
    function panelCount() external view returns (uint256) {
        return _panelCount;
    }

    /* WHAT REQUESTS ADD */

    /// @dev Starts the request of an appeal panel that has been seated.
    function _startAppeal(uint256 panelId, uint256 appealOf) internal virtual;

    function _isRequestOpen(uint256 requestId) internal view virtual returns (bool);

    /// @return The room of the panel that answers an open request.
    function _roomOf(uint256 requestId) internal view virtual returns (Room storage);

    /* INTERNAL */

    function _openPanel(PanelTerms memory terms, address opener, uint40 appealOf)
        internal
        returns (uint256 panelId)
    {
        panelId = ++_panelCount;
        uint32 roomId = _spareRoom;
        if (roomId == 0) roomId = ++_roomCount;
        else _spareRoom = _rooms[roomId].nextSpare;
        (_panels[panelId].opener, _panels[panelId].room) = (opener, roomId);

        Room storage room = _rooms[roomId];
        room.terms = terms;
        delete room.draw;
        (room.seated, room.occupied, room.appealOf) = (false, 0, appealOf);
        emit PanelOpened(panelId, opener, terms);
    }

    /// @dev Burns up to `amount` of what is locked in a seat.
    function _slash(uint256 panelId, Room storage room, uint256 i, uint256 amount, bytes32 reason) internal {
        Seat storage s = room.seats[i];
        // forge-lint: disable-next-line(unsafe-typecast)
        uint96 taken = uint96(Math.min(amount, s.stake)); // at most the seat's stake
        if (taken == 0) return;
        s.stake -= taken;
        if (s.stake == 0) {
            room.occupied = room.occupied.without(i);
            emit SeatVacated(panelId, i, s.member);
        }
        STAKING.slash(s.member, taken, reason);
    }

    /// @dev Unlocks those of `leaving` that are occupied, and has the panel drawn anew for them.
    function _vacate(uint256 panelId, uint32 leaving) internal {
        Room storage room = _rooms[_panels[panelId].room];
        leaving &= room.occupied;
        room.seated = false;
        room.occupied &= ~leaving;
        delete room.draw;
        for (uint256 i; leaving >> i != 0; ++i) {
            if (leaving.has(i)) emit SeatVacated(panelId, i, room.seats[i].member);
        }
        _unlock(room, leaving);
    }

    /// @dev The panel leaves its room to the next one.
    function _dissolve(uint256 panelId) internal {
        Panel storage p = _panels[panelId];
        uint32 roomId = p.room;
        if (roomId == 0) return;
        Room storage room = _rooms[roomId];
        (p.room, room.nextSpare, _spareRoom) = (0, _spareRoom, roomId);
        emit PanelDissolved(panelId);
        _unlock(room, room.occupied);
    }

    function _ownPanel(uint256 panelId) internal view returns (Panel storage p) {
        p = _panels[panelId];
        if (p.opener == address(0)) revert UnknownPanel(panelId);
        if (msg.sender != p.opener) revert NotOpener(msg.sender);
    }

    function _roomOfPanel(uint256 panelId) internal view returns (Room storage) {
        uint32 roomId = _panels[panelId].room;
        if (roomId == 0) revert PanelIsDissolved(panelId);
        return _rooms[roomId];
    }

    function _termsOf(Room storage room) internal view returns (PanelTerms memory) {
        return room.terms;
    }

    /// @dev Draws the vacant seats, leaving out whoever sits or sat here, or on the panel under appeal.
    /// @param again whether the panel has been seated before; else the seats still name those of the panel before it.
    function _fill(Room storage room, bool again, bytes32 seed) private returns (address[] memory members) {
        (uint256 size, uint96 seatStake, uint32 occupied) =
            (room.terms.size, room.terms.seatStake, room.occupied);
        address[] memory drawn = STAKING.seat(
            IValidatorStaking.SeatTerms({
                seed: seed,
                count: size - occupied.count(),
                taken: _taken(room, again ? size : 0),
                parties: _parties(room),
                coolingOff: room.terms.coolingOff,
                seatStake: seatStake
            })
        );
        (room.seated, room.occupied) = (true, Seats.first(size));
        members = new address[](size);
        uint256 next = 0;
        for (uint256 i; i < size; ++i) {
            if (occupied.has(i)) {
                members[i] = room.seats[i].member;
            } else {
                members[i] = drawn[next++];
                Seat storage s = room.seats[i];
                (s.member, s.stake) = (members[i], seatStake);
            }
        }
    }

    /// @dev Whoever sits or sat in the room's first `size` seats, or on the panel under appeal.
    function _taken(Room storage room, uint256 size) private view returns (address[] memory taken) {
        Room storage reviewed = room.appealOf == 0 ? room : _roomOf(room.appealOf);
        uint256 reviewedSize = room.appealOf == 0 ? 0 : reviewed.terms.size;
        taken = new address[](size + reviewedSize);
        for (uint256 i; i < taken.length; ++i) {
            taken[i] = i < size ? room.seats[i].member : reviewed.seats[i - size].member;
        }
    }

    /// @dev Customer, developer, and who appeals.
    function _parties(Room storage room) private view returns (address[] memory parties) {
        bool isAppeal = room.appealOf != 0;
        parties = new address[](isAppeal ? 3 : 2);
        (parties[0], parties[1]) = (room.terms.customer, room.terms.developer);
        if (isAppeal) parties[2] = _appeals[room.appealOf].appellant;
    }

    function _unlock(Room storage room, uint32 leaving) private {
        if (leaving == 0) return;
        IValidatorStaking.Lock[] memory locks = new IValidatorStaking.Lock[](leaving.count());
        uint256 next = 0;
        for (uint256 i; next < locks.length; ++i) {
            if (leaving.has(i)) {
                locks[next++] = IValidatorStaking.Lock(room.seats[i].member, room.seats[i].stake);
            }
        }
        STAKING.unlock(locks);
    }

    function _roomToSeat(uint256 panelId) private view returns (Room storage room) {
        if (_panels[panelId].opener == address(0)) revert UnknownPanel(panelId);
        room = _roomOfPanel(panelId);
        if (room.seated) revert AlreadySeated(panelId);
        if (room.appealOf == 0) return room;
        uint40 seatBy = _appeals[room.appealOf].seatBy;
        if (block.timestamp >= seatBy) revert SeatingClosed(panelId, seatBy);
    }

    /// @dev Only with the stakes of the epoch in which the block was named.
    function _seedOf(Room storage room, uint256 panelId) private returns (bytes32) {
        uint256 number = room.draw.number;
        bytes32 seed = room.draw.hold(STAKING.epoch(), RANDOMNESS);
        if (number != 0 && block.number <= number) revert DrawPending(panelId, number);
        if (seed == 0) revert SeedUnavailable(panelId, number);
        return keccak256(abi.encode(seed, address(this), panelId));
    }
}
