// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @notice What a module that asks for audits answers.
interface IAuditClient {
    /// @notice Whether `account` plays any part in the deal under audit: customer, developer or panel member. This is
    /// asked at the draw, and not again of those who were drawn, so nobody may take a part while an audit of the deal
    /// is open.
    function playsPart(uint256 dealId, address account) external view returns (bool);
}

/// @title Audits by drawn, bonded, independent auditors, and the append-only record of their verdicts.
/// @notice Blocking auditors are drawn among the bonded ones accredited in the domain, never picked, and decide by
/// majority (a tie rejects). An auditor with a conflict is neither drawn nor heard: no dealing with an audited party
/// within the cooling-off period, no shared organisation, no declared tie, no other role in the deal (Sarbanes–Oxley,
/// section 201, as the model; paper section IV-E). Nor is one drawn that would live off one party (`IFeeShares`), or
/// that is a validator: it may have sat on a panel of the deal that is dissolved. Where a regulator is asked for,
/// nothing is approved before it has spoken. Every verdict earns the fee, whatever it says.
/// Where an audit has several seats, verdicts are sealed until every seat has sealed, or nobody can be drawn any more,
/// and then opened, so that no auditor follows another. What is not opened in time is a vote that was not given.
/// @dev Times are Unix seconds, windows seconds; fees are base units of their token, bonds of the staking token.
interface IAuditRegistry {
    enum Outcome {
        Pending,
        Approved,
        Rejected,
        Unfilled // no majority in time, no regulator's verdict where one is asked for, or no test to be had
    }

    /// @dev Five slots.
    struct AuditTerms {
        bytes32 subject; // digest of the ModelManifest under audit
        address customer;
        uint96 fee; // base units, each auditor's
        address token; // of the fee
        uint96 bond; // of the staking token, lost by silence
        address developer;
        uint8 domain;
        uint8 auditors; // seats, odd or even, 1 to MAX_AUDITORS
        bool regulator; // seat 0 goes to a regulator
        uint32 window; // seconds to give a verdict once seated, and to open it; also to be seated
        uint40 coolingOff; // seconds
        uint32 conformitySet; // of Conformity, that the model must have passed; 0 for none
        uint40 reverifyInterval; // seconds for which that pass counts, 0 for no end
        uint8 scopes; // bitmap of what a report that approves must cover, in the order of the AuditReport's scopes
        uint32 sharePpm; // the most of an auditor's fees that may come from one party, 0 for no cap (`IFeeShares`)
        uint40 sharePeriod; // seconds over which they are counted
        uint96 shareMinVolume; // base units below which that is not asked
    }

    /// @dev A seat, and what its auditor said; one slot, written once with the verdict, when it is open to all. The
    /// report is in `VerdictPosted`.
    struct Verdict {
        address auditor; // zero while the seat is vacant
        uint40 at; // Unix seconds; 0 until the verdict is posted
        uint40 expires; // no longer counts from then on
        bool approved;
        uint8 scopes; // bitmap of what the report covers
    }

    struct AuditView {
        AuditTerms terms;
        address opener;
        uint256 dealId; // of the opener
        uint256 previous; // the audit of the same subject before this one, 0 for none
        Verdict[] seats;
        bytes32[] seals; // of verdicts that are not posted yet, by seat; 0 for none
        bool opening; // sealed verdicts are opened; nobody is drawn any more
        address[] silent; // who let a deadline pass, and lost seat and bond
        uint256 armedBlock; // 0 when no draw is armed
        uint8 draws; // held so far
        uint40 deadline; // of the present phase
        Outcome outcome;
    }

    /// @dev What stands behind an auditor's seats. One slot.
    struct Enrolment {
        uint96 bond; // base units of the bond token
        uint96 locked; // of it, behind seats that are held
        uint24 domains; // whose pools hold the auditor; 0 when not enrolled
        uint32 seats; // held: drawn, and the verdict not posted yet
        bool regulator;
    }

    /// @notice `auditor` has entered the draw; its `bond`, in base units of the staking token, is held.
    /// @param bond base units that this enrolment has added to the auditor's bond.
    event AuditorEnrolled(address indexed auditor, uint96 bond);
    /// @notice `auditor` has added `amount` to its bond, which is now `bond`; base units of the staking token.
    event BondAdded(address indexed auditor, uint96 amount, uint96 bond);
    /// @notice `auditor` has left the draw, and its `bond` went back to its escrow balance.
    event AuditorLeft(address indexed auditor, uint96 bond);
    /// @notice `opener` has asked for an audit of its deal; anyone can now arm and seat it.
    event AuditRequested(
        uint256 indexed auditId, address indexed opener, uint256 indexed dealId, AuditTerms terms
    );
    /// @notice Block `blockNumber` has been named; its seed draws the vacant seats. The audit has its whole window
    /// from now on.
    /// @param draws how often its seats were drawn before.
    event AuditArmed(uint256 indexed auditId, uint256 blockNumber, uint8 draws);
    /// @notice The draw passed over `candidate`, which has a conflict of interest with `party`.
    event CandidateRefused(
        uint256 indexed auditId,
        address indexed candidate,
        address indexed party,
        IParticipantRegistry.Conflict conflict
    );
    /// @notice The draw passed over `candidate`: with the fee, `fromParty` of its `total` fees in this period (base
    /// units) would come from one party.
    event CandidateOverShare(
        uint256 indexed auditId,
        address indexed candidate,
        address indexed party,
        uint256 fromParty,
        uint256 total
    );
    /// @notice A majority approved, but the model had not passed the test set when time was up.
    event TestSetNotPassed(uint256 indexed auditId, uint32 indexed conformitySet, bytes32 indexed subject);
    /// @notice `auditor` was drawn for a seat; grants are sealed to its X25519 `encryptionKey`.
    event AuditorSeated(
        uint256 indexed auditId, address indexed auditor, uint256 seat, bytes32 encryptionKey
    );
    /// @notice `auditor` did not give its verdict, or not open it, in time: it lost its seat, and `bondLost` base units
    /// of its bond were burnt.
    event AuditorReplaced(uint256 indexed auditId, address indexed auditor, uint256 bondLost);
    /// @notice `auditor` has sealed its verdict, which stays hidden until every seat has sealed.
    /// @param copy digest of the encrypted copy of the report by which the auditor finds it again, 0 for none.
    event VerdictSealed(
        uint256 indexed auditId, address indexed auditor, bytes32 sealedVerdict, bytes32 copy
    );
    /// @notice Sealed verdicts are opened from now on, until `deadline` (Unix seconds); nobody is drawn any more.
    event OpeningStarted(uint256 indexed auditId, uint40 deadline);
    /// @notice `auditor` has posted its verdict, which counts until `expires` (Unix seconds).
    event VerdictPosted(
        uint256 indexed auditId,
        bytes32 indexed subject,
        address indexed auditor,
        bool approved,
        bytes32 report,
        uint40 expires,
        uint8 scopes
    );
    /// @notice The audit is over; its outcome is written for good.
    event AuditDecided(uint256 indexed auditId, Outcome outcome);

    /// @notice There is no audit {auditId}.
    /// @custom:hint Check the number and the chain.
    error UnknownAudit(uint256 auditId);
    /// @notice An audit cannot have {auditors} auditors with {window} seconds each.
    /// @custom:hint Choose at least one auditor, no more than the limit, and a time above zero.
    error InvalidTerms(uint8 auditors, uint32 window);
    /// @notice {opener} holds no money in Escrow for deal {dealId}, so it is not a module, or the deal is not its own.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error NoDeal(address opener, uint256 dealId);
    /// @notice Only the contract that asked for this audit may do this, not {caller}.
    /// @custom:hint Use the market's own functions.
    error NotOpener(address caller);
    /// @notice {auditor} is not accredited as auditor or regulator in domain {domain}.
    /// @custom:hint Present a credential first, and have the domain among yours.
    error NotAccredited(address auditor, uint8 domain);
    /// @notice {auditor} is already enrolled for audits.
    /// @custom:hint There is nothing left to do.
    error AlreadyEnrolled(address auditor);
    /// @notice {auditor} is not enrolled for audits.
    /// @custom:hint Enrol first.
    error NotEnrolled(address auditor);
    /// @notice {auditor} still owes {seats} verdicts in open audits.
    /// @custom:hint Post those verdicts first; a sealed one when it can be opened.
    error SeatsHeld(address auditor, uint256 seats);
    /// @notice {auditor} cannot judge this deal: it has a conflict of interest with {party} ({conflict}).
    /// @custom:hint Another auditor has to be drawn.
    error ConflictOfInterest(address auditor, address party, IParticipantRegistry.Conflict conflict);
    /// @notice {auditor} has another role in deal {dealId} and cannot audit it.
    /// @custom:hint Another auditor has to be drawn.
    error RoleInDeal(address auditor, uint256 dealId);
    /// @notice {auditor} does not hold this seat of audit {auditId}.
    /// @custom:hint Only auditors who were drawn can act; check the number of the seat.
    error NotSeated(uint256 auditId, address auditor);
    /// @notice Audit {auditId} has no seat {seatNumber}.
    /// @custom:hint Seats are numbered from 0.
    error UnknownSeat(uint256 auditId, uint256 seatNumber);
    /// @notice {auditor} has already posted its verdict in audit {auditId}.
    /// @custom:hint A verdict is written once.
    error AlreadyPosted(uint256 auditId, address auditor);
    /// @notice {auditor} has already sealed its verdict in audit {auditId}.
    /// @custom:hint Open it with the same wallet once every seat has sealed.
    error AlreadySealed(uint256 auditId, address auditor);
    /// @notice The seal is empty.
    /// @custom:hint This is a defect in the software that sent it; please report it.
    error EmptySeal();
    /// @notice Audit {auditId} has one seat, so there is nothing to seal.
    /// @custom:hint Post the verdict at once.
    error OnlySeat(uint256 auditId);
    /// @notice Verdicts of audit {auditId} are still being sealed.
    /// @custom:hint Seal your verdict; it can be opened once every seat has sealed.
    error StillSealed(uint256 auditId);
    /// @notice This is not the verdict that {auditor} has sealed in audit {auditId}.
    /// @custom:hint Open exactly what was sealed, with the wallet that sealed it.
    error SealMismatch(uint256 auditId, address auditor);
    /// @notice Audit {auditId} has no sealed verdicts that wait to be opened.
    /// @custom:hint There is nothing left to do.
    error NothingToOpen(uint256 auditId);
    /// @notice Sealed verdicts of audit {auditId} must be opened first.
    /// @custom:hint Advance the commission.
    error OpeningDue(uint256 auditId);
    /// @notice The digest of the audit report is missing.
    /// @custom:hint Publish the report first.
    error EmptyReport();
    /// @notice The report's scopes (bitmap {scopes}) do not cover all that an approval must cover (bitmap
    /// {required}).
    /// @custom:hint Examine what is missing, or reject.
    error ScopeMissing(uint256 auditId, uint8 scopes, uint8 required);
    /// @notice The draw for audit {auditId} waits for the seed of block {blockNumber}.
    /// @custom:hint Seat the audit once that block is there.
    error DrawPending(uint256 auditId, uint256 blockNumber);
    /// @notice The seats of audit {auditId} were drawn as often as is allowed.
    /// @custom:hint Advance the deal.
    error DrawsExhausted(uint256 auditId);
    /// @notice There is no seed for audit {auditId}: block {blockNumber} is not there yet, or its draw was missed.
    /// @dev A draw is missed when nobody holds it within 256 blocks and the epoch of its naming. It is armed again,
    /// at no cost to the audit. The block is 0 when none is named.
    /// @custom:hint Wait for the block, or arm the draw again, which costs the deal nothing.
    error SeedUnavailable(uint256 auditId, uint256 blockNumber);
    /// @notice Audit {auditId} has no vacant seat.
    /// @custom:hint There is nothing left to do.
    error NothingToDraw(uint256 auditId);
    /// @notice No auditor of audit {auditId} is to be replaced.
    /// @custom:hint There is nothing left to do.
    error NothingToReplace(uint256 auditId);
    /// @notice Auditors of audit {auditId} have let the deadline pass and must lose their seats first.
    /// @custom:hint Advance the commission.
    error ReplacementDue(uint256 auditId);
    /// @notice Audit {auditId} cannot take this step before {until}.
    /// @custom:hint Wait until then.
    error TooEarly(uint256 auditId, uint40 until);
    /// @notice The time for this step of audit {auditId} is over; it ended at {deadline} at the latest.
    /// @custom:hint Nothing can be done about it; an auditor that lets the deadline pass loses its seat and its bond.
    error TooLate(uint256 auditId, uint40 deadline);

    /// @notice Enters the caller, accredited as Auditor or Regulator, into the draw for its domains, from the next
    /// epoch on. Policy's bond (base units of the staking token) is taken from its escrow balance.
    function enrol() external;

    /// @notice Adds to the caller's bond, from its escrow balance; enrolled auditors only. Every seat locks the bond
    /// that its deal asks for, and the draw passes over an auditor with too little bond left. To hold several seats
    /// at once, an auditor needs bond for several.
    /// @param amount base units of the bond token.
    function addBond(uint96 amount) external;

    /// @notice Takes the caller out of the draw and credits the bond to its escrow balance. Reverts `SeatsHeld` while
    /// it is seated. Also returns what is left of the bond of an auditor that was struck from the draw while it held
    /// other seats.
    function leave() external;

    /// @notice Asks for an audit of the caller's deal, whose outcome it then gets by `conclude`. A module that holds
    /// the deal's money in Escrow was authorised when the deal opened, so retiring it in between does not stop its
    /// audits.
    /// @param dealId at most 40 bits. Its hold `bytes32(dealId)` of `terms.token` pays for the audit.
    function request(uint256 dealId, AuditTerms calldata terms) external returns (uint256 auditId);

    /// @notice Names the future block whose seed draws the vacant seats, and gives the audit its whole window from
    /// now; anyone may call. A draw that was missed can be armed again, any number of times. Reverts `DrawsExhausted`
    /// once the seats were drawn MAX_DRAWS times.
    function arm(uint256 auditId) external;

    /// @notice Draws the vacant seats, as many as can be filled, from those who were in the pool before the block was
    /// named; anyone may call, within 256 blocks of it and the epoch of its naming. The seed and the pool of that
    /// time fix the order in which candidates come out. The draw passes over candidates who have left since, have no
    /// bond free, have a conflict, or would have too much of their fees from one party.
    function seat(uint256 auditId) external;

    /// @notice Seals the caller's verdict in an audit of several seats, once, before the deadline. Checks independence
    /// first, whoever calls, then seat and accreditation. Once every seat is sealed, the opening starts.
    /// @param seatNumber the caller's, from 0, as `AuditorSeated` says.
    /// @param sealedVerdict `sealOf` the verdict; until it is opened, the salt hides it.
    /// @param copy digest of an encrypted copy of the report, for the auditor itself; 0 for none.
    function sealVerdict(uint256 auditId, uint256 seatNumber, bytes32 sealedVerdict, bytes32 copy) external;

    /// @notice Starts the opening where seats stay vacant: the deadline is over, nobody is silent, and somebody has
    /// sealed; anyone may call. Those who have sealed then have the window once more to post.
    function startOpening(uint256 auditId) external;

    /// @notice Posts the caller's verdict, before the deadline: the one that it has sealed, in the opening. Nothing
    /// that has happened since it was sealed bars it. The only auditor of an audit seals nothing and posts at once; for
    /// it independence, seat and accreditation are checked as in `sealVerdict`.
    /// @param seatNumber the caller's, from 0, as `AuditorSeated` says.
    /// @param report digest of the AuditReport manifest.
    /// @param scopes bitmap of what the report covers; all of `terms.scopes` to approve. To claim a scope that the
    /// report does not cover is misconduct, which the deal's parties can dispute.
    /// @param salt that it was sealed with; not looked at where the audit has one seat.
    function post(
        uint256 auditId,
        uint256 seatNumber,
        bool approve,
        bytes32 report,
        uint8 scopes,
        bytes32 salt
    ) external;

    /// @notice Takes the seats from auditors who let the deadline pass, strikes them from the draw and burns the bond
    /// of the seat; anyone may call. An auditor that lost its accreditation while seated keeps its bond, unless it had
    /// sealed: then it could have opened. The seats can be drawn again until MAX_DRAWS is reached, but not in the
    /// opening, when a replacement could read what the others say.
    function replaceSilent(uint256 auditId) external;

    /// @notice Takes the first of `replaceSilent`, `startOpening`, `seat` and `arm` that is due; anyone may call.
    /// @return due whether one was.
    /// @return moved whether the audit has got further by it. A block that is named because the one before it was
    /// missed is a repetition.
    function advance(uint256 auditId) external returns (bool due, bool moved);

    /// @notice Writes the outcome for good; the opener only. Reverts `TooEarly` while verdicts may still be given or
    /// opened, so that all who work are heard and paid. If the terms name a test set, an approval waits until the
    /// deadline for the model to pass it. Without a pass it counts as a rejection, or as `Unfilled` where the set
    /// cannot be used: it does not exist, is retired, its body is no longer accredited, or Conformity does not answer.
    /// @return outcome the outcome; `Unfilled` when the verdicts that are open make no majority.
    /// @return paid the auditors who posted.
    function conclude(uint256 auditId) external returns (Outcome outcome, address[] memory paid);

    /// @notice Reverts with the reason when `auditor` has a conflict of interest in the deal of `auditId`.
    /// Accreditation, bond and share of fees are checked at the draw instead.
    function requireIndependent(uint256 auditId, address auditor) external view;

    /// @notice An audit as it stands; reverts `UnknownAudit` when there is none.
    function audit(uint256 auditId) external view returns (AuditView memory);

    /// @notice One seat of an audit with its verdict, which is kept for ever.
    function verdict(uint256 auditId, uint256 seatNumber) external view returns (Verdict memory);

    /// @notice The seal of a verdict. It is bound to chain, registry, audit and auditor, so nobody can copy it.
    /// @param salt 32 bytes that nobody else knows.
    function sealOf(
        uint256 auditId,
        address auditor,
        bool approve,
        bytes32 report,
        uint8 scopes,
        bytes32 salt
    ) external view returns (bytes32);

    /// @notice The newest audit of a subject, from which `AuditView.previous` leads to the older ones; 0 for none.
    function latestAudit(bytes32 subject) external view returns (uint256 auditId);

    /// @notice How many auditors, or how many regulators, can be drawn in a domain now.
    /// @return how many are enrolled for the domain now, those included who can be drawn from the next epoch on.
    function poolSize(uint8 domain, bool regulators) external view returns (uint256);
    /// @notice What stands behind an auditor's seats; all zero for an account that is not enrolled.
    function enrolmentOf(address auditor) external view returns (Enrolment memory);
    /// @notice How many audits there have been; their ids are 1 to this number.
    function auditCount() external view returns (uint256);
}
