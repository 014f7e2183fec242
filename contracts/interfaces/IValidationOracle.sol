// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Panels of staked validators, their commit–reveal reports, and results written once.
/// @notice A module opens a panel for a deal; anyone arms and seats it; the module then asks it for work. Every
/// request is answered by commit and reveal, so that a lazy validator cannot copy. Two thirds of the seats that were
/// occupied when it began must reveal, and two thirds of what was revealed must agree; else nothing is decided and
/// nobody is slashed for what it said. False scores are slashed only after the time for an appeal to a fresh panel of
/// 2k+1; slashes are burnt. A seat whose locked stake is used up is vacant.
/// Trust assumptions: fewer than a third of a panel collude; panel members see plaintext and may leak it.
/// @dev Fees and bonds are base units of the deal's token, stakes of the staking token; times are Unix seconds,
/// scores ppm.
interface IValidationOracle {
    enum Kind {
        Attestation, // is the dataset what the customer committed to, and does every grant open?
        Evaluation, // how does the model score?
        Delivery // does the customer's key grant match, and is the ciphertext pinned?
    }

    /// @dev What one validator reports; shared with `assay.manifests.evaluation.ReportStatus`.
    enum ReportStatus {
        None,
        Scored, // evaluated; in an attestation: as committed; in a delivery: attested
        CannotOpen, // a grant, artifact or manifest does not open
        Unstable, // the score does not reproduce
        Rejected // the model is refused by the gate or its limits; the dataset is not as committed
    }

    /// @dev What the panel as a whole says.
    enum Outcome {
        Pending,
        NoQuorum, // too few revealed
        Inconclusive, // no two-thirds agreement
        Scored,
        CannotOpen,
        Unstable,
        Rejected
    }

    /// @dev Four slots, of which a draw reads three.
    struct PanelTerms {
        address token; // for fees and appeal deposits
        uint96 evaluationFee; // base units a validator and request; for an appeal panel's pay
        address customer;
        uint96 seatStake;
        address developer;
        uint96 appealBond;
        uint8 size;
        uint32 silencePpm;
        uint32 withholdPpm;
        uint40 coolingOff;
        uint32 drawWindow; // seconds for an appeal panel to be seated
        uint32 grantWindow; // seconds added to an appeal panel's commit window for key grants
    }

    struct RequestTerms {
        uint256 panelId;
        Kind kind;
        bytes32 subject; // digest of the manifest under test
        uint32 commitWindow; // seconds
        uint32 revealWindow;
        uint32 appealWindow; // 0: no appeal
        uint32 tolerance; // ppm within which scores agree
    }

    struct Report {
        ReportStatus status;
        int64 score; // ppm, greater is better
        uint16 criteria; // bit i: criterion i passed
        bytes32 manifest; // digest of the ValidationReport; in a delivery of the customer's KeyGrants
    }

    struct Result {
        Outcome outcome;
        int64 score; // the median, the lower middle one of an even number
        uint16 criteria; // bitwise majority
        bytes32 manifest; // in a delivery: the agreed digest
        bool appealed; // decided by the appeal panel
    }

    /// @dev Times are Unix seconds; bitmaps are over seats.
    struct RequestView {
        RequestTerms terms;
        uint40 commitEnds; // moved earlier when all have committed
        uint40 revealEnds;
        uint40 appealEnds; // 0 until tallied
        uint32 committed;
        uint32 revealed;
        bool tallied;
        bool finalised;
        Result result; // provisional until finalised
        uint256 appealPanelId; // 0 for none
        uint256 appealRequestId; // 0 until the appeal panel is seated
    }

    /// @dev Of a dissolved panel the opener is left; its terms and members are in the events.
    struct PanelView {
        address opener;
        PanelTerms terms;
        uint256 armedBlock; // 0 when not armed
        uint8 draws; // how often it was armed
        bool seated;
        bool dissolved;
        address[] members; // by seat; zero for a vacant one
    }

    /// @notice `opener` has opened a panel for one of its deals; anyone can now arm and seat it.
    event PanelOpened(uint256 indexed panelId, address indexed opener, PanelTerms terms);
    /// @notice Block `blockNumber` has been named; its seed draws the vacant seats. It is the panel's block number
    /// `draws`.
    event PanelArmed(uint256 indexed panelId, uint256 blockNumber, uint8 draws);
    /// @notice The vacant seats have been drawn; `members` is the whole panel by seat.
    /// @param encryptionKeys the members' X25519 keys: grants for this panel are sealed to these.
    event PanelSeated(uint256 indexed panelId, address[] members, bytes32[] encryptionKeys);
    /// @notice `member` has lost its seat, which is to be drawn again.
    event SeatVacated(uint256 indexed panelId, uint256 seat, address indexed member);
    /// @notice The panel has ended with its deal, and its members' stakes are unlocked.
    event PanelDissolved(uint256 indexed panelId);
    /// @notice The panel has been asked for work: to commit by `commitEnds` and to reveal by `revealEnds`.
    event ValidationRequested(
        uint256 indexed requestId,
        uint256 indexed panelId,
        Kind kind,
        bytes32 subject,
        uint40 commitEnds,
        uint40 revealEnds
    );
    /// @notice `validator` has committed its report by hash.
    event VoteCommitted(uint256 indexed requestId, address indexed validator, bytes32 vote);
    /// @notice `validator` has revealed its report.
    event ReportRevealed(uint256 indexed requestId, address indexed validator, Report report);
    /// @notice The result is worked out; it can be appealed until `appealEnds`.
    event Tallied(uint256 indexed requestId, Result result, uint40 appealEnds);
    /// @notice `appellant` has taken the result to a fresh panel, with a deposit in base units of the deal's token.
    event Appealed(
        uint256 indexed requestId, address indexed appellant, uint256 appealPanelId, uint256 deposit
    );
    /// @notice The result is written for good, and offences have been slashed.
    event Finalised(uint256 indexed requestId, Result result);

    /// @notice There is no panel {panelId}.
    /// @custom:hint Check the number and the chain.
    error UnknownPanel(uint256 panelId);
    /// @notice There is no validation request {requestId}.
    /// @custom:hint Check the number and the chain.
    error UnknownRequest(uint256 requestId);
    /// @notice Only the contract that opened this panel may do this, not {caller}.
    /// @custom:hint Use the market's own functions.
    error NotOpener(address caller);
    /// @notice {caller} is not a contract that may put validators' stake at risk.
    /// @custom:hint Check the deployment file; governance authorises modules.
    error NotAuthorised(address caller);
    /// @notice A panel cannot have {size} members.
    /// @custom:hint The market's policy sets the bounds.
    error InvalidPanelSize(uint256 size);
    /// @notice A panel's seats must lock some stake, or nothing binds its members.
    /// @custom:hint Correct the market's policy.
    error ZeroSeatStake();
    /// @notice Appeal panel {panelId} had to be seated by {at}.
    /// @custom:hint The first result stands.
    error SeatingClosed(uint256 panelId, uint40 at);
    /// @notice A panel cannot have {commitWindow} seconds to commit and {revealWindow} to reveal: neither may be
    /// zero.
    /// @custom:hint Choose longer times.
    error InvalidWindows(uint32 commitWindow, uint32 revealWindow);
    /// @notice Panel {panelId} is already seated.
    /// @custom:hint There is nothing left to do.
    error AlreadySeated(uint256 panelId);
    /// @notice Panel {panelId} has vacant seats.
    /// @custom:hint Arm and seat it first; advancing the deal does both.
    error NotSeated(uint256 panelId);
    /// @notice Panel {panelId} has ended with its deal.
    /// @custom:hint There is nothing left to do.
    error PanelIsDissolved(uint256 panelId);
    /// @notice The draw for panel {panelId} waits for the seed of block {blockNumber}.
    /// @custom:hint Seat the panel once that block is there.
    error DrawPending(uint256 panelId, uint256 blockNumber);
    /// @notice The draw for panel {panelId} has been repeated as often as is allowed.
    /// @custom:hint Advance the deal; it ends with a refund.
    error DrawsExhausted(uint256 panelId);
    /// @notice The seed of block {blockNumber} is not available yet, or no longer.
    /// @custom:hint Wait for the block, or arm the draw again.
    error SeedUnavailable(uint256 panelId, uint256 blockNumber);
    /// @notice Panel {panelId} is still at work on request {requestId}.
    /// @custom:hint Wait until that is finished.
    error RequestOpen(uint256 panelId, uint256 requestId);
    /// @notice {caller} does not hold seat {seat} in request {requestId}.
    /// @custom:hint Use the wallet of the seat's member.
    error NotMember(uint256 requestId, address caller, uint256 seat);
    /// @notice Reports of request {requestId} could be committed until {at}.
    /// @custom:hint It is too late; a silent member loses part of its seat stake.
    error CommitClosed(uint256 requestId, uint40 at);
    /// @notice {validator} has already committed a report in request {requestId}.
    /// @custom:hint There is one report each, and it cannot be changed.
    error AlreadyCommitted(uint256 requestId, address validator);
    /// @notice The committed hash is empty.
    /// @custom:hint Commit through the SDK, which computes it.
    error EmptyVote();
    /// @notice Reports of request {requestId} can be revealed from {opensAt} to {endsAt}.
    /// @custom:hint Reveal within that time; withholding a report costs stake.
    error RevealClosed(uint256 requestId, uint40 opensAt, uint40 endsAt);
    /// @notice {validator} has committed nothing in request {requestId}.
    /// @custom:hint Only committed reports count.
    error NotCommitted(uint256 requestId, address validator);
    /// @notice {validator} has already revealed its report in request {requestId}.
    /// @custom:hint There is nothing left to do.
    error AlreadyRevealed(uint256 requestId, address validator);
    /// @notice The report and salt are not those that {validator} committed to in request {requestId}.
    /// @custom:hint Reveal exactly the committed report, with the same wallet.
    error VoteMismatch(uint256 requestId, address validator);
    /// @notice The report of request {requestId} contradicts itself.
    /// @custom:hint Only an evaluation that scored has a score and criteria; a delivery attests grants or says that
    /// it cannot open.
    error InvalidReport(uint256 requestId);
    /// @notice Request {requestId} cannot take this step before {until}.
    /// @custom:hint Wait until then.
    error TooEarly(uint256 requestId, uint40 until);
    /// @notice Request {requestId} has been tallied.
    /// @custom:hint There is nothing left to do.
    error AlreadyTallied(uint256 requestId);
    /// @notice Request {requestId} is final.
    /// @custom:hint A result is written once.
    error AlreadyFinalised(uint256 requestId);
    /// @notice Enough members have answered request {requestId}.
    /// @custom:hint Nobody is to be replaced.
    error QuorumReached(uint256 requestId);
    /// @notice The result of request {requestId} cannot be appealed.
    /// @custom:hint The time for it is over, or it has been appealed before.
    error NotAppealable(uint256 requestId);
    /// @notice An appeal of request {requestId} can run until {until}.
    /// @custom:hint Wait until it is decided.
    error AppealRunning(uint256 requestId, uint40 until);

    /* PANELS */

    /// @notice Opens a panel for the calling module, which anyone can then arm and seat. The module needs
    /// ValidatorStaking's MODULE_ROLE for this call only, so that taking the role away strands no panel.
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId);

    /// @notice Names the future block whose seed draws the panel; anyone may call, at most MAX_DRAWS times in all.
    /// Again only when the seed was not used within its window or its epoch of stakes.
    function arm(uint256 panelId) external;

    /// @notice Draws the vacant seats with the named block's seed; anyone may call. An appeal panel's request starts
    /// with it.
    function seat(uint256 panelId) external;

    /// @notice Takes the seats from those who did not reveal in the panel's last request, which found no quorum, and
    /// lets the panel be armed again; its opener only. Finalises the request first unless that has been done.
    function replaceSilent(uint256 requestId) external;

    /// @notice Unlocks all seats at the end of a deal; its opener only, not before the last request is final. Calling
    /// it again does nothing.
    function dissolve(uint256 panelId) external;

    /* REQUESTS */

    /// @notice Asks a seated panel for work, one request at a time; its opener only.
    function request(RequestTerms calldata terms) external returns (uint256 requestId);

    /// @notice Commits a report by hash; the member in `seat` only, until `commitEnds`. When the last member commits,
    /// revealing opens.
    /// @param vote `keccak256(abi.encode(chainid, oracle, requestId, validator, status, score, criteria, manifest,
    /// salt))`.
    function commit(uint256 requestId, uint256 seat, bytes32 vote) external;

    /// @notice Reveals the report that the caller committed to; the member in `seat` only, until `revealEnds`.
    function reveal(uint256 requestId, uint256 seat, Report calldata report, bytes32 salt) external;

    /// @notice Works out the provisional result once all have revealed or the time is up; anyone may call.
    function tally(uint256 requestId) external returns (Result memory);

    /// @notice Takes the result to a fresh panel of 2k+1 members; anyone, once, within the appeal window. A deposit
    /// of the appeal bond and that panel's fees is taken from the caller's escrow balance. The bond comes back when
    /// the result changes or the appeal panel does not answer.
    function appeal(uint256 requestId) external;

    /// @notice Writes the result for good, slashes offences and settles an appeal's deposit; the opener only, once,
    /// when the appeal window is over and no appeal is open. If an appeal panel does not answer, the result stands
    /// and nobody is slashed for its score.
    /// @return result the final one.
    /// @return paid the members who earned the evaluation fee: those who revealed and were not slashed.
    function finalise(uint256 requestId) external returns (Result memory result, address[] memory paid);

    /* VIEWS */

    /// @notice A panel as it stands; reverts `UnknownPanel` when there is none.
    function panel(uint256 panelId) external view returns (PanelView memory);
    /// @notice A request as it stands; reverts `UnknownRequest` when there is none.
    function requestOf(uint256 requestId) external view returns (RequestView memory);
    /// @notice What the panel as a whole says so far.
    /// @return outcome provisional until the request is finalised; Pending until it is tallied.
    /// @return appealEnds Unix seconds, 0 until it is tallied.
    function standing(uint256 requestId) external view returns (Outcome outcome, uint40 appealEnds);
    /// @notice What the member in `seat` has done in a request.
    /// @return committed whether the seat has committed.
    /// @return revealed whether it has revealed.
    /// @return report as revealed, as long as the panel has had no other request and is not dissolved; empty after
    /// that. Its `manifest` is kept for deliveries only. The events have every report, whole and for ever.
    function voteOf(uint256 requestId, uint256 seat)
        external
        view
        returns (bool committed, bool revealed, Report memory report);
    /// @notice The hash to commit, for tests and for wallets without an SDK.
    function voteHash(uint256 requestId, address validator, Report calldata report, bytes32 salt)
        external
        view
        returns (bytes32);
    /// @notice Whether an account sits on a panel now.
    /// @return true for a member that has not lost its seat.
    function isMember(uint256 panelId, address account) external view returns (bool);
    /// @notice What `appeal` takes now. Reverts `PanelIsDissolved` when the panel is gone.
    /// @return base units of the deal's token.
    function appealDeposit(uint256 requestId) external view returns (uint256);
    /// @notice How many panels there have been; their ids are 1 to this number.
    function panelCount() external view returns (uint256);
    /// @notice How many requests there have been; their ids are 1 to this number.
    function requestCount() external view returns (uint256);
}
