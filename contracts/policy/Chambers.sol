// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

import {IChambers} from "../interfaces/IChambers.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";

/// @title Chambers
/// @dev Each subject has its own nonces. A credential uses one, and so does a revocation: a credential that was signed
/// before a revocation cannot be presented after it.
contract Chambers is IChambers, Votes {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice The registry of participants, their roles and the accreditors.
    IParticipantRegistry public immutable REGISTRY;
    /// @inheritdoc IChambers
    uint40 public immutable SEAT_DELAY;

    bytes32 private constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE"); // of the registry
    bytes32 private constant SEAT_TYPEHASH = keccak256(
        "ChamberSeat(address subject,uint8 role,bytes32 entity,uint40 validUntil,uint256 nonce,uint40 deadline)"
    );

    mapping(address account => Seat) private _seats;
    /// @inheritdoc IChambers
    mapping(bytes32 entity => address) public holderOf;
    /// @dev The chamber of an account's vote over time: today's seat does not say where the vote was at a snapshot.
    mapping(address account => Checkpoints.Trace208) private _chambers;
    mapping(IParticipantRegistry.Role chamber => Checkpoints.Trace208) private _counts;

    constructor(IParticipantRegistry registry, uint40 seatDelay) EIP712("Assay Chambers", "1") {
        REGISTRY = registry;
        SEAT_DELAY = seatDelay;
    }

    /* SEATS */

    /// @inheritdoc IChambers
    function join(ChamberSeat calldata credential, address accreditor, bytes calldata signature) external {
        (address subject, bytes32 entity) = (credential.subject, credential.entity);
        if (msg.sender != subject) revert NotSubject(msg.sender, subject);
        _checkCredential(credential, accreditor, signature);
        if (_seats[subject].entity != 0) revert HasSeat(subject);
        if (holderOf[entity] != address(0)) revert EntitySeated(entity, holderOf[entity]);

        Seat memory seat = Seat({
            entity: entity,
            accreditor: accreditor,
            role: credential.role,
            votes: false,
            countsFrom: uint40(clock()) + SEAT_DELAY,
            validUntil: credential.validUntil,
            revokedBy: address(0),
            endsAt: 0
        });
        _seats[subject] = seat;
        holderOf[entity] = subject;
        emit SeatTaken(subject, seat.role, entity, accreditor, seat.countsFrom, seat.validUntil);
    }

    /// @inheritdoc IChambers
    function activate(address account) external {
        Seat storage seat = _seatOf(account);
        if (seat.votes) revert SeatVotes(account);
        if (clock() < seat.countsFrom) revert SeatTooYoung(account, seat.countsFrom);
        _requireAccreditor(seat.accreditor);
        if (_hasLapsed(account, seat)) revert NoSeat(account);

        _delegate(account, account); // moves nothing yet: the seat has no vote before the next line
        seat.votes = true;
        _move(account, seat.role, address(0), account);
        emit SeatActivated(account, seat.role);
    }

    /// @inheritdoc IChambers
    function revoke(address account) external {
        _requireAccreditor(msg.sender);
        Seat storage seat = _seatOf(account);
        bool stands = seat.revokedBy != address(0) && _isAccreditor(seat.revokedBy);
        if (stands) revert AlreadyRevoked(account, seat.endsAt);
        _useNonce(account);

        uint40 time = uint40(clock());
        uint40 endsAt = time < seat.countsFrom ? time : time + SEAT_DELAY;
        (seat.revokedBy, seat.endsAt) = (msg.sender, endsAt);
        emit SeatRevoked(account, msg.sender, endsAt);
        if (endsAt == time) _vacate(account, seat);
    }

    /// @inheritdoc IChambers
    function leave() external {
        _vacate(msg.sender, _seatOf(msg.sender));
    }

    /// @inheritdoc IChambers
    function vacate(address account) external {
        Seat storage seat = _seatOf(account);
        bool orphaned = !seat.votes && !_isAccreditor(seat.accreditor);
        if (!orphaned && !_hasLapsed(account, seat)) revert SeatStands(account);
        _vacate(account, seat);
    }

    /* VIEWS */

    /// @inheritdoc IChambers
    function seatOf(address account) external view returns (Seat memory) {
        return _seats[account];
    }

    /// @inheritdoc IChambers
    function chamberOf(address account) external view returns (IParticipantRegistry.Role) {
        return IParticipantRegistry.Role(_chambers[account].latest());
    }

    /// @inheritdoc IChambers
    function pastChamberOf(address account, uint256 timepoint)
        external
        view
        returns (IParticipantRegistry.Role)
    {
        return IParticipantRegistry.Role(_chambers[account].upperLookupRecent(_validateTimepoint(timepoint)));
    }

    /// @inheritdoc IChambers
    function votesIn(IParticipantRegistry.Role chamber) external view returns (uint256) {
        return _counts[chamber].latest();
    }

    /// @inheritdoc IChambers
    function pastVotesIn(IParticipantRegistry.Role chamber, uint256 timepoint)
        external
        view
        returns (uint256)
    {
        return _counts[chamber].upperLookupRecent(_validateTimepoint(timepoint));
    }

    /// @notice Time, not blocks (ERC-6372), because delays are promises to people.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /* INTERNAL */

    function _checkCredential(ChamberSeat calldata credential, address accreditor, bytes calldata signature)
        private
    {
        if (clock() > credential.deadline || clock() >= credential.validUntil) {
            revert IParticipantRegistry.CredentialExpired(credential.deadline, credential.validUntil);
        }
        if (credential.entity == 0) revert EmptyEntity();
        if (!REGISTRY.holdsRole(credential.subject, credential.role)) {
            revert IParticipantRegistry.RoleRequired(credential.subject, uint8(credential.role));
        }
        _requireAccreditor(accreditor);
        _useCheckedNonce(credential.subject, credential.nonce);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(SEAT_TYPEHASH, credential)));
        if (!SignatureChecker.isValidSignatureNowCalldata(accreditor, digest, signature)) {
            revert IParticipantRegistry.InvalidSignature(accreditor);
        }
    }

    /// @dev The registry's accreditations do not count here: an accreditor can end those at once.
    function _hasLapsed(address account, Seat storage seat) private view returns (bool) {
        if (clock() >= seat.validUntil) return true;
        address revokedBy = seat.revokedBy;
        if (revokedBy != address(0) && clock() >= seat.endsAt && _isAccreditor(revokedBy)) return true;
        return REGISTRY.participantOf(account).roles >> uint8(seat.role) & 1 == 0;
    }

    function _vacate(address account, Seat storage seat) private {
        (IParticipantRegistry.Role role, bool votes) = (seat.role, seat.votes);
        delete holderOf[seat.entity];
        delete _seats[account];
        if (votes) _move(account, role, account, address(0));
        emit SeatVacated(account, role);
    }

    /// @dev Makes (from nobody) or takes (to nobody) the one vote of an account, in all three records.
    function _move(address account, IParticipantRegistry.Role role, address from, address to) private {
        uint208 count = _counts[role].latest();
        bool made = from == address(0);
        // slither-disable-next-line unused-return -- what was before and after
        _counts[role].push(clock(), made ? count + 1 : count - 1);
        // slither-disable-next-line unused-return -- what was before and after
        _chambers[account].push(clock(), made ? uint208(uint8(role)) : 0);
        _transferVotingUnits(from, to, 1);
    }

    /// @dev Votes stay where they are.
    function _delegate(address account, address delegatee) internal override {
        if (account != delegatee) revert VoteNotTransferable(account, delegatee);
        super._delegate(account, delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return _seats[account].votes ? 1 : 0;
    }

    function _seatOf(address account) private view returns (Seat storage seat) {
        seat = _seats[account];
        if (seat.entity == 0) revert NoSeat(account);
    }

    function _isAccreditor(address account) private view returns (bool) {
        return IAccessControl(address(REGISTRY)).hasRole(ACCREDITOR_ROLE, account);
    }

    function _requireAccreditor(address account) private view {
        if (!_isAccreditor(account)) revert IParticipantRegistry.NotAccreditor(account);
    }
}
