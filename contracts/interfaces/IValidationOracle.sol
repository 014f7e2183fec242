// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Panels of staked validators: drawn, asked, heard by commit and reveal, judged by what two thirds of them
/// say.
/// @notice Rounds opens a panel, has it drawn, and asks it one question at a time. Every question is answered by
/// commit and reveal, so that a lazy validator cannot copy. Two thirds of all the panel's seats, vacant ones
/// included, must reveal, and as many must agree; of an appeal panel two thirds of those who revealed. Otherwise
/// nothing is decided, and nobody is slashed for an answer. A result follows from the revealed reports: it is worked
/// out whenever it is asked for, and never stored. A panel lives in a *room*, storage that the next panel takes over.
/// Its number, and those of its requests, contain the room's: `panelId = generation << 32 | room`,
/// `requestId = number << 32 | room`. No number is used twice.
/// Trust assumptions: fewer than a third of a panel collude; panel members see plaintext and may leak it.
/// @dev Fees and bonds are base units of the deal's token, stakes of the staking token; times are Unix seconds,
/// scores ppm.
interface IValidationOracle {
    /// @dev How answers agree. Whatever the kind, those who answered must also name the same `word`: it says that they
    /// opened what they were to judge, so nobody guesses an answer.
    enum Kind {
        Verdict, // yes, by two thirds; or no, by more than half
        Score, // numbers within a tolerance of one another, for one subject or several
        Digest // the word is the answer
    }

    /// @dev What one validator reports; shared with `assay.manifests.evaluation.ReportStatus`.
    enum ReportStatus {
        None,
        Answered, // in a verdict: yes
        CannotOpen, // a grant, an artifact or a manifest does not open
        Unstable, // the answer does not reproduce
        Rejected // refused by the gate or its limits; in a verdict: no
    }

    /// @dev What comes of a question.
    enum Outcome {
        Pending,
        PanelSilent, // fewer than two thirds of the seats revealed
        Undecided, // no two thirds agree
        Answered,
        CannotOpen,
        Unstable,
        Rejected,
        NotSeated, // no panel could be drawn; said by Rounds
        GranterSilent // a key was not granted in time; said by Rounds
    }

    /// @dev Three slots.
    struct PanelTerms {
        address customer; // no member may have a tie to or dealing with this party,
        uint96 seatStake; // base units of the staking token
        address developer; // nor this one,
        uint8 size; // seats
        uint32 silencePpm; // of the seat's stake, for no commitment
        uint32 withholdPpm; // for a commitment that is not revealed
        address appellant; // nor this one: zero but for an appeal panel
        uint40 coolingOff; // seconds for which a dealing counts
        uint32 reviewed; // room of the panel under appeal, whose members are not drawn; 0 for none
    }

    struct RequestTerms {
        Kind kind;
        uint8 subjects; // of a score, 1 to MAX_SUBJECTS; else 0
        bool slashable; // whether an answer that differs from the panel's costs the seat's stake
        uint32 tolerance; // within which scores agree, in their unit (ppm where they are shares)
        uint32 commitWindow; // seconds
        uint32 revealWindow;
    }

    struct Report {
        ReportStatus status;
        int64[] scores; // one a subject, greater is better
        uint16 criteria; // of a score; bit i: criterion i passed
        bytes32 word; // on which those who answered must agree
        bytes32 manifest; // digest of the ValidationReport, for readers
    }

    struct Result {
        Outcome outcome;
        int64[] scores; // medians, the lower middle one of an even number
        uint16 criteria; // bitwise majority
        bytes32 word;
    }

    /// @dev Times are Unix seconds; bitmaps are over seats.
    struct RequestView {
        uint256 panelId;
        RequestTerms terms;
        uint40 commitEnds; // moved earlier when all have committed
        uint40 revealEnds; // moved earlier when all who committed have revealed
        uint32 seats; // that may vote
        uint32 committed;
        uint32 revealed;
        bool judged;
        Result result; // Pending until `revealEnds`
    }

    struct PanelView {
        address opener;
        PanelTerms terms;
        uint256 armedBlock; // 0 when not armed
        bool seated;
        address[] members; // by seat; zero for a vacant one
        uint256 requestId; // the last one, 0 for none
    }

    /// @notice `opener` has opened a panel.
    event PanelOpened(uint256 indexed panelId, address indexed opener, PanelTerms terms);
    /// @notice Block `blockNumber` has been named; its seed draws the vacant seats.
    event PanelArmed(uint256 indexed panelId, uint256 blockNumber);
    /// @notice The vacant seats have been drawn; `members` are all, by seat.
    /// @param encryptionKeys the members' X25519 keys, the snapshot that grants for this panel use.
    event PanelSeated(uint256 indexed panelId, address[] members, bytes32[] encryptionKeys);
    /// @notice `member` has lost its seat, because the panel is drawn again or for want of stake.
    event SeatVacated(uint256 indexed panelId, uint256 seat, address indexed member);
    /// @notice The panel has ended, and its stakes are free.
    event PanelDissolved(uint256 indexed panelId);
    /// @notice The panel can vote; both deadlines move earlier once all have acted.
    event VotingBegan(
        uint256 indexed requestId,
        uint256 indexed panelId,
        RequestTerms terms,
        uint40 commitEnds,
        uint40 revealEnds
    );
    /// @notice `validator` has committed to a report by its hash.
    event VoteCommitted(uint256 indexed requestId, address indexed validator, bytes32 vote);
    /// @notice `validator` has revealed the report that it committed to.
    event ReportRevealed(uint256 indexed requestId, address indexed validator, Report report);
    /// @notice The panel has been judged, and `paid` have earned their fee.
    /// @param verdictId the request whose result the panel was judged by: its own, or the appeal's.
    event Judged(uint256 indexed requestId, uint256 indexed verdictId, Result result, address[] paid);

    /// @notice There is no panel {panelId}, or it is dissolved.
    /// @custom:hint Check the number and the chain; the events have its answers.
    error UnknownPanel(uint256 panelId);
    /// @notice Request {requestId} is not the last one of any panel.
    /// @custom:hint The events have what was said in it.
    error UnknownRequest(uint256 requestId);
    /// @notice Only the contract that opened this panel can do this, not {caller}.
    /// @custom:hint Advance the deal in its market.
    error NotOpener(address caller);
    /// @notice {caller} is not a module that may put stakes at risk.
    /// @custom:hint Governance admits modules with ValidatorStaking's MODULE_ROLE; check the deployment file.
    error NotAuthorised(address caller);
    /// @notice A panel cannot have {size} members.
    /// @custom:hint The market's policy bounds the size of panels.
    error InvalidPanelSize(uint256 size);
    /// @notice A seat without stake would bind nobody.
    /// @custom:hint Correct the market's policy.
    error ZeroSeatStake();
    /// @notice A panel cannot be asked this: the {field} is not allowed.
    /// @custom:hint This is a defect in the market; please report it.
    error InvalidRequest(bytes32 field);
    /// @notice Panel {panelId} is already seated.
    /// @custom:hint There is nothing left to do.
    error AlreadySeated(uint256 panelId);
    /// @notice Panel {panelId} is not seated yet.
    /// @custom:hint Wait for the draw.
    error NotSeated(uint256 panelId);
    /// @notice The draw for panel {panelId} waits for the seed of block {blockNumber}.
    /// @custom:hint Advance the deal once that block is there.
    error DrawPending(uint256 panelId, uint256 blockNumber);
    /// @notice The seed of block {blockNumber} is not available yet, or no longer.
    /// @custom:hint Wait for the block, or advance the deal, which names another one.
    error SeedUnavailable(uint256 panelId, uint256 blockNumber);
    /// @notice Panel {panelId} is still at work on request {requestId}.
    /// @custom:hint Wait until it is judged.
    error RequestOpen(uint256 panelId, uint256 requestId);
    /// @notice {caller} does not hold seat {seat} in request {requestId}.
    /// @custom:hint Use the wallet that was drawn for the seat.
    error NotMember(uint256 requestId, address caller, uint256 seat);
    /// @notice Reports for request {requestId} could be committed until {at}.
    /// @custom:hint It is too late.
    error CommitClosed(uint256 requestId, uint40 at);
    /// @notice {validator} has already committed a report in request {requestId}.
    /// @custom:hint There is one commitment each, and it cannot be changed.
    error AlreadyCommitted(uint256 requestId, address validator);
    /// @notice The commitment is empty.
    /// @custom:hint Commit through the SDK, which computes it.
    error EmptyVote();
    /// @notice Reports for request {requestId} can be revealed from {opensAt} to {endsAt}.
    /// @custom:hint Reveal within that time.
    error RevealClosed(uint256 requestId, uint40 opensAt, uint40 endsAt);
    /// @notice {validator} has not committed a report in request {requestId}.
    /// @custom:hint Only committed reports count.
    error NotCommitted(uint256 requestId, address validator);
    /// @notice {validator} has already revealed its report in request {requestId}.
    /// @custom:hint There is nothing left to do.
    error AlreadyRevealed(uint256 requestId, address validator);
    /// @notice The revealed report is not the one that {validator} committed to in request {requestId}.
    /// @custom:hint Reveal exactly the committed report, with the same wallet.
    error VoteMismatch(uint256 requestId, address validator);
    /// @notice The report for request {requestId} does not fit the question.
    /// @custom:hint Scores, criteria and a word go with the status Answered only, with one score for each subject.
    error InvalidReport(uint256 requestId);
    /// @notice Request {requestId} can be judged from {until} on.
    /// @custom:hint Wait until then.
    error TooEarly(uint256 requestId, uint40 until);
    /// @notice Request {requestId} is already judged.
    /// @custom:hint There is nothing left to do.
    error AlreadyJudged(uint256 requestId);

    /* PANELS: their opener only */

    /// @notice Opens a panel for the caller, a module with ValidatorStaking's MODULE_ROLE. The role is needed here
    /// and nowhere else, so taking it away strands no panel.
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId);

    /// @notice Opens a panel that reviews what another of the caller's has said, on the same terms: 2k + 1 seats,
    /// MAX_PANEL at most. Neither `appellant` nor anyone who sits or sat on the other panel is drawn.
    function openAppealPanel(uint256 panelId, address appellant) external returns (uint256 appealPanelId);

    /// @notice Names the future block whose seed draws the vacant seats. Another block is named when the seed of the
    /// first was not used within its window and its epoch of stakes. Before that this reverts `DrawPending`.
    function arm(uint256 panelId) external;

    /// @notice Draws the vacant seats with the named block's seed.
    function seat(uint256 panelId) external;

    /// @notice Takes those seats from their members; they are then drawn again, with the vacant ones. Not while a
    /// request is open.
    /// @param seats bitmap.
    function vacate(uint256 panelId, uint32 seats) external;

    /// @notice Unlocks all seats and gives the room to the next panel. Not while a request is open.
    function dissolve(uint256 panelId) external;

    /// @notice Asks a seated panel to vote; one request at a time.
    function request(uint256 panelId, RequestTerms calldata terms) external returns (uint256 requestId);

    /// @notice Judges a panel by the result of `verdictId`, its own request or its appeal's; once, after
    /// `revealEnds`. Slashes silence and withholding and, if the request is slashable, answers that differ from the
    /// verdict's.
    /// @return result the verdict's.
    /// @return paid the members who earned their fee: those who revealed and were not slashed.
    function judge(uint256 requestId, uint256 verdictId)
        external
        returns (Result memory result, address[] memory paid);

    /* VOTES */

    /// @notice Commits a report by its hash; the member in `seat` only. When the last member commits, revealing
    /// begins.
    /// @param vote `keccak256(abi.encode(chainid, oracle, requestId, validator, report, salt))`.
    function commit(uint256 requestId, uint256 seat, bytes32 vote) external;

    /// @notice Reveals the report committed to. When the last of those who committed has revealed, the result is
    /// there.
    function reveal(uint256 requestId, uint256 seat, Report calldata report, bytes32 salt) external;

    /* VIEWS */

    /// @notice A panel as it stands. Reverts `UnknownPanel` when it is dissolved; its terms and members are in the
    /// events.
    function panel(uint256 panelId) external view returns (PanelView memory);

    /// @notice A panel's last request. Reverts `UnknownRequest` for any other.
    function requestOf(uint256 requestId) external view returns (RequestView memory);

    /// @notice What the panel says; Pending until `revealEnds`.
    function resultOf(uint256 requestId) external view returns (Result memory);

    /// @notice What the member in `seat` has done in a request.
    /// @return committed whether the seat has committed.
    /// @return revealed whether it has revealed.
    /// @return report as revealed, without its `manifest`; empty before.
    function voteOf(uint256 requestId, uint256 seat)
        external
        view
        returns (bool committed, bool revealed, Report memory report);

    /// @notice The hash to commit, for tests and for wallets without an SDK.
    function voteHash(uint256 requestId, address validator, Report calldata report, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice Who sits on the panel now.
    /// @return the members by seat, vacant seats left out.
    function membersOf(uint256 panelId) external view returns (address[] memory);

    /// @notice Whether every seat of the panel is taken.
    /// @return Whether every seat is taken.
    function isFull(uint256 panelId) external view returns (bool);

    /// @notice Whether an account sits on a panel now.
    /// @return true for a member that has not lost its seat.
    function isMember(uint256 panelId, address account) external view returns (bool);

    /// @notice How the vote on a request stands.
    /// @return revealEnds Unix seconds: when the votes are or were in.
    /// @return revealed bitmap of those who have revealed.
    /// @return quorum whether they hold two thirds of the panel's seats.
    function ballotOf(uint256 requestId)
        external
        view
        returns (uint40 revealEnds, uint32 revealed, bool quorum);

    /// @notice The fewest seats that a panel can have.
    function MIN_PANEL() external view returns (uint8);
    /// @notice The most seats that a panel can have.
    function MAX_PANEL() external view returns (uint8);
    /// @notice The most scores that one report can have.
    function MAX_SUBJECTS() external view returns (uint8);
}
