// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @title Who votes on the market's rules: one entity, one seat, one vote, in the chamber of one role.
/// @notice A seat counts only after a delay, and an accreditor's revocation of a seat that counts takes effect only
/// after the same delay. Both are void if the accreditor loses its role by then. So whoever captures an accreditor
/// can neither pack nor purge the chambers before governance has answered. Votes are not transferable and cannot be
/// delegated. Times are Unix seconds.
/// Trust assumptions: accreditors are trusted to know which addresses belong to one entity. Paper sections IV-E and
/// VI.
interface IChambers {
    /// @dev The nonce is the subject's. EIP-712:
    /// `ChamberSeat(address subject,uint8 role,bytes32 entity,uint40 validUntil,uint256 nonce,uint40 deadline)`.
    struct ChamberSeat {
        address subject;
        IParticipantRegistry.Role role; // the chamber
        bytes32 entity; // hash of the entity's identifier, e.g. an LEI
        uint40 validUntil; // Unix seconds at which the seat ends
        uint256 nonce;
        uint40 deadline; // the credential must be presented by then
    }

    /// @dev Three slots: who has a vote, from when and until when.
    struct Seat {
        // slot 0
        bytes32 entity; // 0 for no seat
        // slot 1
        address accreditor; // who signed for it
        IParticipantRegistry.Role role;
        bool votes; // it has been activated
        uint40 countsFrom;
        uint40 validUntil;
        // slot 2
        address revokedBy; // 0 for nobody
        uint40 endsAt; // when the revocation takes effect
    }

    /// @notice `account` has taken a seat for `entity`. It can have its vote from `countsFrom` on and keeps it until
    /// `validUntil`.
    event SeatTaken(
        address indexed account,
        IParticipantRegistry.Role indexed role,
        bytes32 indexed entity,
        address accreditor,
        uint40 countsFrom,
        uint40 validUntil
    );
    /// @notice The seat of `account` has its vote from now on.
    event SeatActivated(address indexed account, IParticipantRegistry.Role indexed role);
    /// @notice `accreditor` has revoked the seat of `account`, which ends at `endsAt`.
    event SeatRevoked(address indexed account, address indexed accreditor, uint40 endsAt);
    /// @notice The seat of `account` is gone: given up, lapsed or revoked.
    event SeatVacated(address indexed account, IParticipantRegistry.Role indexed role);

    /// @notice The credential names no entity.
    /// @custom:hint Ask the accreditor for one that does.
    error EmptyEntity();
    /// @notice The credential is for {subject}, not for {caller}.
    /// @custom:hint Use the subject's wallet.
    error NotSubject(address caller, address subject);
    /// @notice {account} already has a seat.
    /// @custom:hint Leave it before taking another.
    error HasSeat(address account);
    /// @notice The entity already has a seat, held by {account}.
    /// @custom:hint An entity has one vote; it can leave that seat first.
    error EntitySeated(bytes32 entity, address account);
    /// @notice {account} has no seat, or its seat has lapsed.
    /// @custom:hint Ask an accreditor for a credential.
    error NoSeat(address account);
    /// @notice The seat of {account} counts from {countsFrom} on.
    /// @custom:hint Activate it then.
    error SeatTooYoung(address account, uint40 countsFrom);
    /// @notice The seat of {account} already has its vote.
    /// @custom:hint There is nothing left to do.
    error SeatVotes(address account);
    /// @notice The seat of {account} has not lapsed.
    /// @custom:hint A seat ends with its time, or a while after an accreditor revoked it.
    error SeatStands(address account);
    /// @notice The seat of {account} has been revoked and ends at {endsAt}.
    /// @custom:hint There is nothing left to do.
    error AlreadyRevoked(address account, uint40 endsAt);
    /// @notice The vote of {account} cannot be given to {delegatee}.
    /// @custom:hint Only the holder of a seat votes.
    error VoteNotTransferable(address account, address delegatee);

    /// @notice Takes a seat in the chamber of one of the caller's roles, with an accreditor's credential; smart
    /// accounts (ERC-1271) can sign too. The role has to count now (`holdsRole`). One seat for an address, one for an
    /// entity.
    function join(ChamberSeat calldata credential, address accreditor, bytes calldata signature) external;

    /// @notice Gives a seat its vote, from its `countsFrom` on; anyone may call. Refused when the seat has lapsed or
    /// its accreditor has lost its role.
    function activate(address account) external;

    /// @notice Revokes a seat; accreditors only. A seat that has its vote keeps it for `SEAT_DELAY`, and for good if
    /// the accreditor has lost its role by then. A seat without a vote is gone at once.
    function revoke(address account) external;

    /// @notice Gives up the caller's own seat at once. Its votes on open proposals stay.
    function leave() external;

    /// @notice Removes a seat that has lapsed; anyone may call. A seat lapses when it expires, when its revocation
    /// takes effect, when its account loses the role, or when its accreditor loses its role before it was activated.
    function vacate(address account) external;

    /// @notice Seconds before a seat counts, and before a revocation takes effect.
    function SEAT_DELAY() external view returns (uint40);

    /// @notice The seat of an account; `entity` is 0 for none.
    function seatOf(address account) external view returns (Seat memory);

    /// @notice Who has the seat of an entity.
    /// @return the account, zero for nobody.
    function holderOf(bytes32 entity) external view returns (address);

    /// @notice Where an account has a vote now.
    /// @return the chamber, None for no vote.
    function chamberOf(address account) external view returns (IParticipantRegistry.Role);

    /// @notice Where an account had a vote at a past time.
    /// @param timepoint Unix seconds.
    /// @return the chamber, None for no vote.
    function pastChamberOf(address account, uint256 timepoint)
        external
        view
        returns (IParticipantRegistry.Role);

    /// @notice How many votes a chamber has now.
    /// @return how many votes a chamber has now.
    function votesIn(IParticipantRegistry.Role chamber) external view returns (uint256);

    /// @notice How many votes a chamber had at a past time.
    /// @param timepoint Unix seconds.
    /// @return how many votes a chamber had at a past time (Unix seconds).
    function pastVotesIn(IParticipantRegistry.Role chamber, uint256 timepoint) external view returns (uint256);
}
