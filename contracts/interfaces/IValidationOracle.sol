// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Panels of staked validators, their commit–reveal reports, and results written once.
/// @notice A module opens a panel for a deal; anyone arms and seats it; the module then asks it for work. Every request
/// is answered by commit and reveal, so that a lazy validator cannot copy. Two thirds of the seats that were occupied when
/// it began must reveal, and two thirds of what was revealed must agree; else nothing is decided and nobody is slashed for
/// what it said. False scores are slashed only after the time for an appeal to a fresh panel of 2k+1; slashes are burnt. A
/// seat whose locked stake is used up is vacant.
/// Trust assumptions: fewer than a third of a panel collude; panel members see plaintext and may leak it.
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
        uint8 draws; // how often its seats were drawn: 1 once it is seated
        bool seated;
        bool dissolved;
        address[] members; // by seat; zero for a vacant one
    }

    event PanelOpened(uint256 indexed panelId, address indexed opener, PanelTerms terms);
    event PanelArmed(uint256 indexed panelId, uint256 blockNumber, uint8 draws);
    /// @param encryptionKeys the members' X25519 keys, the snapshot that grants for this panel use.
    event PanelSeated(uint256 indexed panelId, address[] members, bytes32[] encryptionKeys);
    event SeatVacated(uint256 indexed panelId, uint256 seat, address indexed member);
    event PanelDissolved(uint256 indexed panelId);
    event ValidationRequested(
        uint256 indexed requestId,
        uint256 indexed panelId,
        Kind kind,
        bytes32 subject,
        uint40 commitEnds,
        uint40 revealEnds
    );
    event VoteCommitted(uint256 indexed requestId, address indexed validator, bytes32 vote);
    event ReportRevealed(uint256 indexed requestId, address indexed validator, Report report);
    event Tallied(uint256 indexed requestId, Result result, uint40 appealEnds);
    event Appealed(
        uint256 indexed requestId, address indexed appellant, uint256 appealPanelId, uint256 deposit
    );
    event Finalised(uint256 indexed requestId, Result result);

    error UnknownPanel(uint256 panelId);
    error UnknownRequest(uint256 requestId);
    error NotOpener(address caller);
    /// @notice The caller does not hold ValidatorStaking's MODULE_ROLE, by which governance lets a module put stake at risk.
    error NotAuthorised(address caller);
    error InvalidPanelSize(uint256 size);
    error ZeroSeatStake();
    /// @notice The time to seat an appeal panel is over.
    error SeatingClosed(uint256 panelId, uint40 at);
    error InvalidWindows(uint32 commitWindow, uint32 revealWindow);
    error AlreadySeated(uint256 panelId);
    error NotSeated(uint256 panelId);
    error PanelIsDissolved(uint256 panelId);
    error DrawPending(uint256 panelId, uint256 blockNumber);
    error SeedUnavailable(uint256 panelId, uint256 blockNumber);
    error RequestOpen(uint256 panelId, uint256 requestId);
    error NotMember(uint256 requestId, address caller, uint256 seat);
    error CommitClosed(uint256 requestId, uint40 at);
    error AlreadyCommitted(uint256 requestId, address validator);
    error EmptyVote();
    error RevealClosed(uint256 requestId, uint40 opensAt, uint40 endsAt);
    error NotCommitted(uint256 requestId, address validator);
    error AlreadyRevealed(uint256 requestId, address validator);
    error VoteMismatch(uint256 requestId, address validator);
    error InvalidReport(uint256 requestId);
    error TooEarly(uint256 requestId, uint40 until);
    error AlreadyTallied(uint256 requestId);
    error AlreadyFinalised(uint256 requestId);
    error QuorumReached(uint256 requestId);
    error NotAppealable(uint256 requestId);
    error AppealRunning(uint256 requestId, uint40 until);

    /* PANELS */

    /// @notice Opens a panel for the calling module; it is to be armed and seated by anyone. The module needs
    /// ValidatorStaking's MODULE_ROLE, here and nowhere else, so that taking it away strands no panel.
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId);

    /// @notice Names the future block whose seed draws the panel; anyone, and again when that seed was not used in its
    /// window or its epoch of stakes, any number of times.
    function arm(uint256 panelId) external;

    /// @notice Draws the vacant seats with the named block's seed; anyone. An appeal panel's request starts with it.
    function seat(uint256 panelId) external;

    /// @notice Unseats those who did not reveal in the panel's last request, which found no quorum, and lets the panel be
    /// armed anew; its opener only. Finalises the request first unless that has been done.
    function replaceSilent(uint256 requestId) external;

    /// @notice Unlocks all seats at the end of a deal; its opener only, not before the last request is finalised. Idempotent.
    function dissolve(uint256 panelId) external;

    /* REQUESTS */

    /// @notice Asks a seated panel for work, one request at a time; its opener only.
    function request(RequestTerms calldata terms) external returns (uint256 requestId);

    /// @notice Commits a report by hash; the member in `seat` only. When the last member commits, revealing opens.
    /// @param vote `keccak256(abi.encode(chainid, oracle, requestId, validator, status, score, criteria, manifest, salt))`.
    function commit(uint256 requestId, uint256 seat, bytes32 vote) external;

    /// @notice Reveals the report committed to.
    function reveal(uint256 requestId, uint256 seat, Report calldata report, bytes32 salt) external;

    /// @notice Works out the provisional result once all have revealed or the time is up; anyone.
    function tally(uint256 requestId) external returns (Result memory);

    /// @notice Takes the appeal to a fresh panel of 2k+1, with a deposit of the appeal bond and that panel's fees from the
    /// caller's escrow balance; anyone, once, within the appeal window. The bond comes back when the result changes or
    /// the appeal panel does not answer.
    function appeal(uint256 requestId) external;

    /// @notice Writes the result for good, slashes, and settles an appeal's deposit; the opener only, once, when neither
    /// the appeal window nor an appeal is open. An appeal panel that does not answer leaves the result as it was and
    /// nobody slashed for its score.
    /// @return result the final one.
    /// @return paid the members who earned the evaluation fee: those who revealed and were not slashed.
    function finalise(uint256 requestId) external returns (Result memory result, address[] memory paid);

    /* VIEWS */

    function panel(uint256 panelId) external view returns (PanelView memory);
    function requestOf(uint256 requestId) external view returns (RequestView memory);
    /// @return outcome provisional until the request is finalised; Pending until it is tallied.
    /// @return appealEnds Unix seconds, 0 until it is tallied.
    function standing(uint256 requestId) external view returns (Outcome outcome, uint40 appealEnds);
    /// @return committed whether the seat has committed.
    /// @return revealed whether it has revealed.
    /// @return report as revealed, as long as the panel has had no other request and is not dissolved; empty after that. Its
    /// `manifest` is kept for deliveries only. The events have every report, whole and for ever.
    function voteOf(uint256 requestId, uint256 seat)
        external
        view
        returns (bool committed, bool revealed, Report memory report);
    /// @notice The hash to commit, for tests and for wallets without an SDK.
    function voteHash(uint256 requestId, address validator, Report calldata report, bytes32 salt)
        external
        view
        returns (bytes32);
    /// @return Whether the account sits on the panel now.
    function isMember(uint256 panelId, address account) external view returns (bool);
    /// @return base units that `appeal` takes. Reverts `PanelIsDissolved` when the panel is gone.
    function appealDeposit(uint256 requestId) external view returns (uint256);
    function panelCount() external view returns (uint256);
    function requestCount() external view returns (uint256);
}
