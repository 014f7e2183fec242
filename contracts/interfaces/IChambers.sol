// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @title Who votes on the market's rules: one entity, one seat, one vote, in the chamber of one role.
/// @notice A seat counts only after a delay, and an accreditor's revocation of one that counts takes effect only after the same
/// delay; both fall with the accreditor. So whoever captures an accreditor can neither pack nor purge the chambers before
/// governance has answered. Trust assumptions: accreditors are trusted to know which addresses are one entity. Votes are
/// not transferable and cannot be delegated. Paper sections IV-E and VI.
interface IChambers {
    /// @dev EIP-712 `ChamberSeat(address subject,uint8 role,bytes32 entity,uint40 validUntil,uint256 nonce,uint40 deadline)`;
    /// the nonce is the subject's.
    struct ChamberSeat {
        address subject;
        IParticipantRegistry.Role role; // the chamber
        bytes32 entity; // hash of the entity's identifier, e.g. an LEI
        uint40 validUntil; // Unix seconds at which the seat ends
        uint256 nonce;
        uint40 deadline; // the credential must be presented by then
    }

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

    event SeatTaken(
        address indexed account,
        IParticipantRegistry.Role indexed role,
        bytes32 indexed entity,
        address accreditor,
        uint40 countsFrom,
        uint40 validUntil
    );
    event SeatActivated(address indexed account, IParticipantRegistry.Role indexed role);
    event SeatRevoked(address indexed account, address indexed accreditor, uint40 endsAt);
    event SeatVacated(address indexed account, IParticipantRegistry.Role indexed role);

    error EmptyEntity();
    error NotSubject(address caller, address subject);
    error HasSeat(address account);
    error EntitySeated(bytes32 entity, address account);
    error NoSeat(address account);
    error SeatTooYoung(address account, uint40 countsFrom);
    error SeatVotes(address account);
    error SeatStands(address account);
    error AlreadyRevoked(address account, uint40 endsAt);
    /// @notice A vote stays with the account whose it is.
    error VoteNotTransferable(address account, address delegatee);

    /// @notice Takes a seat in the chamber of one of the caller's roles, with an accreditor's credential; ERC-1271 signers work.
    /// The role has to count now (`holdsRole`). One seat an address, one an entity.
    function join(ChamberSeat calldata credential, address accreditor, bytes calldata signature) external;

    /// @notice Gives a seat its vote, from `countsFrom` on; anyone may call. Refused when the seat has lapsed, or its accreditor is
    /// none any more.
    function activate(address account) external;

    /// @notice Accreditors only. A seat that counts keeps its vote for `SEAT_DELAY`, and for good if the accreditor has lost its role
    /// by then; one that does not count yet is gone at once.
    function revoke(address account) external;

    /// @notice Gives up the caller's own seat at once. Its votes on open proposals stay.
    function leave() external;

    /// @notice Removes a seat that has lapsed: expired, revoked long enough ago, its account without the role any more, or never
    /// activated and without its accreditor. Anyone may call.
    function vacate(address account) external;

    /// @notice Seconds before a seat counts and before a revocation does.
    function SEAT_DELAY() external view returns (uint40);

    function seatOf(address account) external view returns (Seat memory);

    /// @return who has the seat of an entity, zero for nobody.
    function holderOf(bytes32 entity) external view returns (address);

    /// @return the chamber in which an account has a vote now; None for no vote.
    function chamberOf(address account) external view returns (IParticipantRegistry.Role);

    /// @return the chamber in which an account had a vote at a past time (Unix seconds); None for no vote.
    function pastChamberOf(address account, uint256 timepoint)
        external
        view
        returns (IParticipantRegistry.Role);

    /// @return how many votes a chamber has now.
    function votesIn(IParticipantRegistry.Role chamber) external view returns (uint256);

    /// @return how many votes a chamber had at a past time (Unix seconds).
    function pastVotesIn(IParticipantRegistry.Role chamber, uint256 timepoint) external view returns (uint256);
}
