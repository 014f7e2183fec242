// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @notice What a module that asks for audits answers.
interface IAuditClient {
    /// @notice Whether `account` plays any part in the deal under audit (customer, developer, panel member). While an audit
    /// of the deal is open nobody may take a part: it is asked at the draw, and not again of those who were drawn.
    function playsPart(uint256 dealId, address account) external view returns (bool);
}

/// @title Audits by drawn, bonded, independent auditors, and the append-only record of their verdicts.
/// @notice Blocking auditors are drawn among the bonded ones accredited in the domain, never picked, and decide by
/// majority (a tie rejects). An auditor with a conflict is neither drawn nor heard: no dealing with an audited party
/// within the cooling-off period, no shared organisation, no declared tie, no other role in the deal (Sarbanes–Oxley,
/// section 201, as the model; paper section IV-E). Nor is one drawn that would live off one party (`IFeeShares`), or that
/// is a validator: it may have sat on a panel of the deal that is dissolved. Where a regulator is asked for, nothing is
/// approved before it has spoken. Every verdict earns the fee, whatever it says.
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
        uint32 window; // seconds to post a verdict once seated; also to be seated
        uint40 coolingOff; // seconds
        uint32 conformitySet; // of Conformity, that the model must have passed; 0 for none
        uint40 reverifyInterval; // seconds for which that pass counts, 0 for no end
        uint8 scopes; // bitmap of what a report that approves must cover, in the order of the AuditReport's scopes
        uint32 sharePpm; // the most of an auditor's fees that may come from one party, 0 for no cap (`IFeeShares`)
        uint40 sharePeriod; // seconds over which they are counted
        uint96 shareMinVolume; // base units below which that is not asked
    }

    /// @dev A seat, and what its auditor said; one slot, written once with the verdict. The report is in `VerdictPosted`.
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
        address[] silent; // who let the time pass, and lost seat and bond
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

    /// @param bond base units that this enrolment has added to the auditor's bond.
    event AuditorEnrolled(address indexed auditor, uint96 bond);
    /// @param bond base units, all of the auditor's bond from now on.
    event BondAdded(address indexed auditor, uint96 amount, uint96 bond);
    event AuditorLeft(address indexed auditor, uint96 bond);
    event AuditRequested(
        uint256 indexed auditId, address indexed opener, uint256 indexed dealId, AuditTerms terms
    );
    /// @notice A block is named, and the audit has its whole window from now on.
    /// @param draws how often its seats were drawn before.
    event AuditArmed(uint256 indexed auditId, uint256 blockNumber, uint8 draws);
    /// @notice A candidate came out of the draw and was passed over.
    event CandidateRefused(
        uint256 indexed auditId,
        address indexed candidate,
        address indexed party,
        IParticipantRegistry.Conflict conflict
    );
    /// @notice A candidate came out of the draw and was passed over: with the fee, `fromParty` of its `total` in this period would
    /// come from one party.
    event CandidateOverShare(
        uint256 indexed auditId,
        address indexed candidate,
        address indexed party,
        uint256 fromParty,
        uint256 total
    );
    /// @notice A majority approved, and the model had no pass of the test set when time was up.
    event TestSetNotPassed(uint256 indexed auditId, uint32 indexed conformitySet, bytes32 indexed subject);
    event AuditorSeated(
        uint256 indexed auditId, address indexed auditor, uint256 seat, bytes32 encryptionKey
    );
    event AuditorReplaced(uint256 indexed auditId, address indexed auditor, uint256 bondLost);
    event VerdictPosted(
        uint256 indexed auditId,
        bytes32 indexed subject,
        address indexed auditor,
        bool approved,
        bytes32 report,
        uint40 expires,
        uint8 scopes
    );
    event AuditDecided(uint256 indexed auditId, Outcome outcome);

    error UnknownAudit(uint256 auditId);
    error InvalidTerms(uint8 auditors, uint32 window);
    /// @notice The caller holds no money in Escrow for that deal, so it is no module, or the deal is not its own.
    error NoDeal(address opener, uint256 dealId);
    error NotOpener(address caller);
    error NotAccredited(address auditor, uint8 domain);
    error AlreadyEnrolled(address auditor);
    error NotEnrolled(address auditor);
    error SeatsHeld(address auditor, uint256 seats);
    /// @notice The auditor may not judge this deal because of its relation to `party`.
    error ConflictOfInterest(address auditor, address party, IParticipantRegistry.Conflict conflict);
    /// @notice The auditor has another role in the deal.
    error RoleInDeal(address auditor, uint256 dealId);
    error NotSeated(uint256 auditId, address auditor);
    error UnknownSeat(uint256 auditId, uint256 seatNumber);
    error AlreadyPosted(uint256 auditId, address auditor);
    error EmptyReport();
    /// @notice The report does not cover all that the deal's rules ask of one that approves.
    error ScopeMissing(uint256 auditId, uint8 scopes, uint8 required);
    error DrawPending(uint256 auditId, uint256 blockNumber);
    /// @notice The seats were drawn as often as they may be.
    error DrawsExhausted(uint256 auditId);
    /// @notice No block is named, it is not there yet, or its draw was missed: nobody held it within 256 blocks and the epoch of
    /// its naming. A draw that was missed is armed again, at no cost to the audit.
    error SeedUnavailable(uint256 auditId, uint256 blockNumber);
    error NothingToDraw(uint256 auditId);
    error NothingToReplace(uint256 auditId);
    /// @notice Auditors have let the deadline pass; `replaceSilent` comes first.
    error ReplacementDue(uint256 auditId);
    error TooEarly(uint256 auditId, uint40 until);
    error TooLate(uint256 auditId, uint40 deadline);

    /// @notice Enters the caller, accredited as Auditor or Regulator, into the draw for its domains, with Policy's bond
    /// from its escrow balance. It can be drawn from the next epoch on.
    function enrol() external;

    /// @notice Adds to the caller's bond, from its escrow balance; the enrolled only. Every seat locks the bond that its deal asks
    /// for, and whoever has too little left free is passed over: who wants to hold several seats at once bonds for several.
    /// @param amount base units of the bond token.
    function addBond(uint96 amount) external;

    /// @notice Leaves the draw and credits the bond to the caller's escrow balance; not while seated. Also for what is left of
    /// the bond of an auditor that was struck from the draw while it held other seats.
    function leave() external;

    /// @notice Asks for an audit of the caller's deal; it gets the outcome by `conclude`. A module that holds the deal's
    /// money in Escrow was authorised when the deal opened, so retiring it in between does not stop its audits.
    /// @param dealId whose hold `bytes32(dealId)` of `terms.token` pays for the audit; at most 48 bits.
    function request(uint256 dealId, AuditTerms calldata terms) external returns (uint256 auditId);

    /// @notice Names the future block whose seed draws the vacant seats, and gives the audit its whole window from now; anyone,
    /// and again when the draw was missed, any number of times. Reverts once the seats were drawn MAX_DRAWS times.
    function arm(uint256 auditId) external;

    /// @notice Draws the vacant seats, as many as can be filled, from those who were in the pool before the block was named;
    /// anyone, within 256 blocks of it and the epoch of its naming. Candidates come out in an order that the seed and the
    /// pool of that time fix. Whoever has left or has no bond free since, has come by a conflict or has too much of its fees from
    /// a party is passed over.
    function seat(uint256 auditId) external;

    /// @notice Posts the caller's verdict. Independence is checked first, whoever calls, then the seat.
    /// @param seatNumber the caller's, from 0, as `AuditorSeated` says.
    /// @param report digest of the AuditReport manifest.
    /// @param scopes bitmap of what the report covers; all of `terms.scopes` where it approves. To state what the report does not
    /// hold is misconduct, which the deal's parties can dispute.
    function post(uint256 auditId, uint256 seatNumber, bool approve, bytes32 report, uint8 scopes) external;

    /// @notice Unseats the auditors who let the deadline pass, strikes them from the draw and burns the bond of the seat; anyone.
    /// Who lost its accreditation while seated keeps the bond. Their seats can be drawn anew until MAX_DRAWS is reached.
    function replaceSilent(uint256 auditId) external;

    /// @notice Takes the first of `replaceSilent`, `seat` and `arm` that is due; anyone.
    /// @return whether one was.
    function advance(uint256 auditId) external returns (bool);

    /// @notice Writes the outcome for good; the opener only. Reverts `TooEarly` while it is open. Where the terms name a test set,
    /// an approval waits until the deadline for the model's pass of it. Without one it counts as a rejection, or as `Unfilled` where
    /// the set cannot be had: it does not exist, is retired, its body is accredited no more, or Conformity does not answer.
    /// @return outcome the outcome; `Unfilled` when the seats could not be filled in time.
    /// @return paid the auditors who posted.
    function conclude(uint256 auditId) external returns (Outcome outcome, address[] memory paid);

    /// @notice Reverts with the reason when `auditor` has a conflict of interest in the deal of `auditId`. Accreditation, bond
    /// and share of fees are asked at the draw.
    function requireIndependent(uint256 auditId, address auditor) external view;

    function audit(uint256 auditId) external view returns (AuditView memory);

    /// @notice One seat of an audit with its verdict, which is kept for ever.
    function verdict(uint256 auditId, uint256 seatNumber) external view returns (Verdict memory);

    /// @notice The newest audit of a subject, from which `AuditView.previous` leads to the older ones; 0 for none.
    function latestAudit(bytes32 subject) external view returns (uint256 auditId);

    /// @return how many are enrolled for the domain now, those included who can be drawn from the next epoch on.
    function poolSize(uint8 domain, bool regulators) external view returns (uint256);
    function enrolmentOf(address auditor) external view returns (Enrolment memory);
    function auditCount() external view returns (uint256);
}
