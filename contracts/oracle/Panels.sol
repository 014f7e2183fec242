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
/// @dev A seat is as good as the stake locked in it: a seat with no stake left is vacant, and its former member cannot
/// be drawn into it again. So a member slashed of its whole stake is out, while lesser fines leave it seated. The next
/// panel overwrites its room, at a quarter of the gas that fresh storage costs.
abstract contract Panels is IValidationOracle {
    using FutureBlock for FutureBlock.Draw;
    using Seats for uint32;

    /// @inheritdoc IValidationOracle
    uint8 public constant MIN_PANEL = 3;
    /// @inheritdoc IValidationOracle
    uint8 public constant MAX_PANEL = 31;
    /// @inheritdoc IValidationOracle
    uint8 public constant MAX_SUBJECTS = 32;

    uint256 internal constant SCORES_PER_WORD = 4;

    /// @dev One slot.
    struct Seat {
        address member; // the last one
        uint96 stake; // base units locked, while the seat is occupied
    }

    struct Room {
        PanelTerms terms; // three slots
        // one slot
        address opener; // zero while the room is spare
        uint40 generation; // how many panels have lived here
        uint32 occupied; // seats
        bool seated;
        bool again; // the panel was seated before; else the seats still name members of the previous panel
        bool slashable; // the request
        // one slot
        FutureBlock.Draw draw;
        // one slot, all of the request that a vote touches
        uint40 number; // of the request; counts on over generations
        uint40 commitEnds; // Unix seconds
        uint32 revealWindow; // seconds
        Kind kind;
        uint8 subjects;
        uint32 seats; // occupied when the request began: those who may vote; 0 until the panel is asked
        uint32 committed;
        uint32 revealed;
        bool open; // asked and not judged
        // one slot
        uint32 nextSpare; // a room, while this one is spare
        uint32 tolerance; // of the request
        uint32 commitWindow; // seconds, of the request
        Seat[MAX_PANEL] seatOf;
        // A seat's vote as committed; once revealed, status, criteria and first score. The bitmaps say what counts.
        bytes32[MAX_PANEL] votes;
        bytes32[MAX_PANEL] words;
        // Scores from the second on, four a word.
        uint256[MAX_SUBJECTS / SCORES_PER_WORD][MAX_PANEL] scores;
    }

    /// @dev Why stake was slashed, in ValidatorStaking's `Slashed`.
    bytes32 public constant FALSE_REPORT = "false report";
    bytes32 public constant WITHHELD = "withheld";
    bytes32 public constant SILENT = "silent";

    bytes32 private constant MODULE_ROLE = keccak256("MODULE_ROLE"); // ValidatorStaking's

    IParticipantRegistry public immutable REGISTRY;
    ValidatorStaking public immutable STAKING;
    IRandomness public immutable RANDOMNESS;

    mapping(uint32 roomId => Room) internal _rooms; // room 0 is never used
    // one slot
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
        return _open(terms);
    }

    /// @inheritdoc IValidationOracle
    function openAppealPanel(uint256 panelId, address appellant) external returns (uint256) {
        PanelTerms memory terms = _ownRoom(panelId).terms;
        (terms.appellant, terms.reviewed) = (appellant, _roomIdOf(panelId));
        terms.size = 2 * terms.size + 1 < MAX_PANEL ? 2 * terms.size + 1 : MAX_PANEL;
        return _open(terms);
    }

    /// @inheritdoc IValidationOracle
    function arm(uint256 panelId) external {
        Room storage room = _roomToSeat(panelId);
        // The number of draws is not bounded here: one that finds too few reverts, and one that was missed is repeated.
        if (room.draw.arm(type(uint8).max, STAKING.epoch(), RANDOMNESS) == FutureBlock.Arming.Pending) {
            revert DrawPending(panelId, room.draw.number);
        }
        emit PanelArmed(panelId, room.draw.number);
    }

    /// @inheritdoc IValidationOracle
    function seat(uint256 panelId) external {
        Room storage room = _roomToSeat(panelId);
        address[] memory members = _fill(room, _seedOf(room, panelId));
        emit PanelSeated(panelId, members, REGISTRY.encryptionKeysOf(members));
    }

    /// @inheritdoc IValidationOracle
    function vacate(uint256 panelId, uint32 leaving) external {
        Room storage room = _restingRoom(panelId);
        leaving &= room.occupied;
        room.seated = false;
        room.occupied &= ~leaving;
        delete room.draw;
        for (uint256 i; leaving >> i != 0; ++i) {
            if (leaving.has(i)) emit SeatVacated(panelId, i, room.seatOf[i].member);
        }
        _unlock(room, leaving);
    }

    /// @inheritdoc IValidationOracle
    function dissolve(uint256 panelId) external {
        Room storage room = _restingRoom(panelId);
        uint32 occupied = room.occupied;
        (room.opener, room.occupied, room.seats) = (address(0), 0, 0);
        room.nextSpare = _spareRoom;
        _spareRoom = _roomIdOf(panelId);
        emit PanelDissolved(panelId);
        _unlock(room, occupied);
    }

    /* VIEWS */

    /// @inheritdoc IValidationOracle
    function panel(uint256 panelId) external view returns (PanelView memory view_) {
        Room storage room = _room(panelId);
        (view_.opener, view_.terms, view_.seated) = (room.opener, room.terms, room.seated);
        view_.armedBlock = room.seated ? 0 : room.draw.number;
        view_.members = new address[](room.terms.size);
        for (uint256 i; i < view_.members.length; ++i) {
            if (room.occupied.has(i)) view_.members[i] = room.seatOf[i].member;
        }
        if (room.seats != 0) view_.requestId = _requestIdOf(panelId, room.number);
    }

    /// @inheritdoc IValidationOracle
    function membersOf(uint256 panelId) external view returns (address[] memory members) {
        Room storage room = _room(panelId);
        uint32 occupied = room.occupied;
        members = new address[](occupied.count());
        uint256 next = 0;
        for (uint256 i; next < members.length; ++i) {
            if (occupied.has(i)) members[next++] = room.seatOf[i].member;
        }
    }

    /// @inheritdoc IValidationOracle
    function isFull(uint256 panelId) external view returns (bool) {
        Room storage room = _room(panelId);
        return room.seated && room.occupied == Seats.first(room.terms.size);
    }

    /// @inheritdoc IValidationOracle
    function isMember(uint256 panelId, address account) external view returns (bool) {
        Room storage room = _rooms[_roomIdOf(panelId)];
        if (room.opener == address(0) || room.generation != panelId >> 32) return false;
        uint32 occupied = room.occupied;
        for (uint256 i; occupied >> i != 0; ++i) {
            if (occupied.has(i) && room.seatOf[i].member == account) return true;
        }
        return false;
    }

    /* INTERNAL */

    /// @dev Burns up to `amount` of what is locked in a seat.
    function _slash(uint256 panelId, Room storage room, uint256 i, uint256 amount, bytes32 reason) internal {
        Seat storage s = room.seatOf[i];
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

    function _roomIdOf(uint256 id) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(id); // the low bits of a panel's number and of a request's
    }

    function _requestIdOf(uint256 panelId, uint256 number) internal pure returns (uint256) {
        return number << 32 | _roomIdOf(panelId);
    }

    function _room(uint256 panelId) internal view returns (Room storage room) {
        room = _rooms[_roomIdOf(panelId)];
        if (room.opener == address(0) || room.generation != panelId >> 32) revert UnknownPanel(panelId);
    }

    function _ownRoom(uint256 panelId) internal view returns (Room storage room) {
        room = _room(panelId);
        if (msg.sender != room.opener) revert NotOpener(msg.sender);
    }

    /// @dev The room of the caller's panel, which must have no open request.
    function _restingRoom(uint256 panelId) internal view returns (Room storage room) {
        room = _ownRoom(panelId);
        if (room.open) revert RequestOpen(panelId, _requestIdOf(panelId, room.number));
    }

    function _open(PanelTerms memory terms) private returns (uint256 panelId) {
        uint32 roomId = _spareRoom;
        if (roomId == 0) roomId = ++_roomCount;
        else _spareRoom = _rooms[roomId].nextSpare;
        Room storage room = _rooms[roomId];
        room.terms = terms;
        room.opener = msg.sender;
        delete room.draw;
        (room.seated, room.again) = (false, false);
        panelId = uint256(++room.generation) << 32 | roomId;
        emit PanelOpened(panelId, msg.sender, terms);
    }

    /// @dev Draws the vacant seats, leaving out those who sit on this panel or on the panel under appeal, or were the
    /// last to.
    function _fill(Room storage room, bytes32 seed) private returns (address[] memory members) {
        PanelTerms memory terms = room.terms;
        (bool again, uint32 occupied) = (room.again, room.occupied);
        address[] memory drawn = STAKING.seat(
            IValidatorStaking.SeatTerms({
                seed: seed,
                count: terms.size - occupied.count(),
                taken: _taken(room, again ? terms.size : 0, terms.reviewed),
                parties: _parties(terms),
                coolingOff: terms.coolingOff,
                seatStake: terms.seatStake
            })
        );
        (room.seated, room.again, room.occupied) = (true, true, Seats.first(terms.size));
        members = new address[](terms.size);
        uint256 next = 0;
        for (uint256 i; i < members.length; ++i) {
            if (occupied.has(i)) {
                members[i] = room.seatOf[i].member;
            } else {
                members[i] = drawn[next++];
                Seat storage s = room.seatOf[i];
                (s.member, s.stake) = (members[i], terms.seatStake);
            }
        }
    }

    /// @dev Those who sit in the room's first `size` seats or were the last to, and those on the panel under appeal.
    function _taken(Room storage room, uint256 size, uint32 reviewedId)
        private
        view
        returns (address[] memory taken)
    {
        Room storage reviewed = _rooms[reviewedId];
        taken = new address[](size + reviewed.terms.size);
        for (uint256 i; i < taken.length; ++i) {
            taken[i] = i < size ? room.seatOf[i].member : reviewed.seatOf[i - size].member;
        }
    }

    /// @dev Customer, developer, and the appellant.
    function _parties(PanelTerms memory terms) private pure returns (address[] memory parties) {
        parties = new address[](terms.appellant == address(0) ? 2 : 3);
        (parties[0], parties[1]) = (terms.customer, terms.developer);
        if (parties.length == 3) parties[2] = terms.appellant;
    }

    function _unlock(Room storage room, uint32 leaving) private {
        if (leaving == 0) return;
        IValidatorStaking.Lock[] memory locks = new IValidatorStaking.Lock[](leaving.count());
        uint256 next = 0;
        for (uint256 i; next < locks.length; ++i) {
            if (leaving.has(i)) {
                locks[next++] = IValidatorStaking.Lock(room.seatOf[i].member, room.seatOf[i].stake);
            }
        }
        STAKING.unlock(locks);
    }

    function _roomToSeat(uint256 panelId) private view returns (Room storage room) {
        room = _ownRoom(panelId);
        if (room.seated) revert AlreadySeated(panelId);
    }

    /// @dev Draws only with the stakes of the epoch in which the block was named.
    function _seedOf(Room storage room, uint256 panelId) private returns (bytes32) {
        uint256 number = room.draw.number;
        if (number != 0 && block.number <= number) revert DrawPending(panelId, number);
        bytes32 seed = room.draw.hold(STAKING.epoch(), RANDOMNESS);
        if (seed == 0) revert SeedUnavailable(panelId, number);
        return keccak256(abi.encode(seed, address(this), panelId));
    }
}
