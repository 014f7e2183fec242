// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Panels of staked validators: drawn, asked, heard by commit and reveal, judged by what two thirds of them say.
/// @notice Rounds opens a panel, draws it, and asks it one question at a time. Every question is answered by commit and
/// reveal, so that a lazy validator cannot copy. Two thirds of all the panel's seats, vacant ones included, must reveal,
/// and two thirds of what was revealed must agree; else nothing is decided and nobody is slashed for what it said.
/// A result is a function of the revealed reports: it is worked out whenever it is asked for, and never stored.
/// A panel lives in a *room*, storage that the next panel takes over; so its number and its questions' carry the room's:
/// `panelId = generation << 32 | room`, `requestId = number << 32 | room`. No number is used twice.
/// Trust assumptions: fewer than a third of a panel collude; panel members see plaintext and may leak it.
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
    /// @notice The seed of block `blockNumber` decides the draw.
    event PanelArmed(uint256 indexed panelId, uint256 blockNumber);
    /// @notice The vacant seats have been drawn; `members` are all, by seat.
    /// @param encryptionKeys the members' X25519 keys, the snapshot that grants for this panel use.
    event PanelSeated(uint256 indexed panelId, address[] members, bytes32[] encryptionKeys);
    /// @notice `member` has left its seat, by the draw being repeated or for want of stake.
    event SeatVacated(uint256 indexed panelId, uint256 seat, address indexed member);
    /// @notice The panel has ended and its stakes are free.
    event PanelDissolved(uint256 indexed panelId);
    /// @notice The panel votes; both ends move earlier once all have acted.
    event VotingBegan(
        uint256 indexed requestId,
        uint256 indexed panelId,
        RequestTerms terms,
        uint40 commitEnds,
        uint40 revealEnds
    );
    /// @notice `validator` has committed to a report by its hash.
    event VoteCommitted(uint256 indexed requestId, address indexed validator, bytes32 vote);
    /// @notice `validator` has revealed its report.
    event ReportRevealed(uint256 indexed requestId, address indexed validator, Report report);
    /// @notice The panel has been judged, and `paid` have earned their fee.
    /// @param verdictId the request whose result the panel was judged by: its own, or the appeal's.
    event Judged(uint256 indexed requestId, uint256 indexed verdictId, Result result, address[] paid);

    /// @notice There is no panel {panelId}, or it is dissolved.
    /// @custom:hint Check the number and the chain; the events have what it said.
    error UnknownPanel(uint256 panelId);
    /// @notice Request {requestId} is not what its panel was asked last.
    /// @custom:hint The events have what was said in it.
    error UnknownRequest(uint256 requestId);
    /// @notice Only the module that opened this panel moves it on, not {caller}.
    /// @custom:hint Advance the deal.
    error NotOpener(address caller);
    /// @notice {caller} is no module that may put stakes at risk.
    /// @custom:hint Governance lets a module in by ValidatorStaking's MODULE_ROLE; check the deployment file.
    error NotAuthorised(address caller);
    /// @notice A panel cannot have {size} members.
    /// @custom:hint This is bounded by the market's policy.
    error InvalidPanelSize(uint256 size);
    /// @notice A seat without stake binds nobody.
    /// @custom:hint Correct the market's policy.
    error ZeroSeatStake();
    /// @notice A panel cannot be asked this: the {field} is not allowed.
    /// @custom:hint This is a defect of the market; please report it.
    error InvalidRequest(bytes32 field);
    /// @notice Panel {panelId} is seated.
    /// @custom:hint Nothing is to be done.
    error AlreadySeated(uint256 panelId);
    /// @notice Panel {panelId} is not seated yet.
    /// @custom:hint Wait for the draw.
    error NotSeated(uint256 panelId);
    /// @notice The draw waits for the seed of block {blockNumber}.
    /// @custom:hint Advance the deal once that block is there.
    error DrawPending(uint256 panelId, uint256 blockNumber);
    /// @notice The seed of block {blockNumber} is not there yet, or no longer.
    /// @custom:hint Advance the deal: it names another block.
    error SeedUnavailable(uint256 panelId, uint256 blockNumber);
    /// @notice Panel {panelId} is still at work on request {requestId}.
    /// @custom:hint Wait until that is judged.
    error RequestOpen(uint256 panelId, uint256 requestId);
    /// @notice {caller} does not hold seat {seat} in request {requestId}.
    /// @custom:hint Use the seat's own wallet.
    error NotMember(uint256 requestId, address caller, uint256 seat);
    /// @notice Reports of request {requestId} could be committed until {at}.
    /// @custom:hint It is too late.
    error CommitClosed(uint256 requestId, uint40 at);
    /// @notice {validator} has already committed in request {requestId}.
    /// @custom:hint There is one commitment each, which cannot be changed.
    error AlreadyCommitted(uint256 requestId, address validator);
    /// @notice The vote is empty.
    /// @custom:hint Commit through the SDK, which computes it.
    error EmptyVote();
    /// @notice Reports of request {requestId} are revealed from {opensAt} to {endsAt}.
    /// @custom:hint Mind the times.
    error RevealClosed(uint256 requestId, uint40 opensAt, uint40 endsAt);
    /// @notice {validator} has committed nothing in request {requestId}.
    /// @custom:hint Only committed reports count.
    error NotCommitted(uint256 requestId, address validator);
    /// @notice {validator} has already revealed in request {requestId}.
    /// @custom:hint Nothing is to be done.
    error AlreadyRevealed(uint256 requestId, address validator);
    /// @notice What is revealed is not what {validator} committed to.
    /// @custom:hint Reveal exactly that, with the same wallet.
    error VoteMismatch(uint256 requestId, address validator);
    /// @notice The report of request {requestId} does not fit the question.
    /// @custom:hint Scores, criteria and words go with the status Answered, one score for each subject.
    error InvalidReport(uint256 requestId);
    /// @notice Request {requestId} is judged from {until} on.
    /// @custom:hint Wait until then.
    error TooEarly(uint256 requestId, uint40 until);
    /// @notice Request {requestId} has been judged.
    /// @custom:hint Nothing is to be done.
    error AlreadyJudged(uint256 requestId);

    /* PANELS: their opener only */

    /// @notice Opens a panel for the caller, a module with ValidatorStaking's MODULE_ROLE. The role is needed here and nowhere
    /// else, so that taking it away strands no panel.
    function openPanel(PanelTerms calldata terms) external returns (uint256 panelId);

    /// @notice Opens a panel that reviews what another of the caller's has said: 2k + 1 seats, MAX_PANEL at most, on the same
    /// terms. Neither `appellant` nor anybody who sits or sat on the other panel is drawn.
    function openAppealPanel(uint256 panelId, address appellant) external returns (uint256 appealPanelId);

    /// @notice Names the future block whose seed draws the vacant seats. A block is named anew when its seed was not used in
    /// its window or in its epoch of stakes; reverts `DrawPending` before that.
    function arm(uint256 panelId) external;

    /// @notice Draws the vacant seats with the named block's seed.
    function seat(uint256 panelId) external;

    /// @notice Takes those seats from their members, and has these and the vacant ones drawn anew. Not while a request is open.
    /// @param seats bitmap.
    function vacate(uint256 panelId, uint32 seats) external;

    /// @notice Unlocks all seats and gives the room to the next panel. Not while a request is open.
    function dissolve(uint256 panelId) external;

    /// @notice Has a seated panel vote, on one request at a time.
    function request(uint256 panelId, RequestTerms calldata terms) external returns (uint256 requestId);

    /// @notice Judges a panel by the result of `verdictId`, its own request or its appeal's: slashes silence, withholding, and
    /// where the request is slashable answers that differ from the verdict's. Once, after `revealEnds`.
    /// @return result the verdict's.
    /// @return paid the members who earned their fee: those who revealed and were not slashed.
    function judge(uint256 requestId, uint256 verdictId)
        external
        returns (Result memory result, address[] memory paid);

    /* VOTES */

    /// @notice Commits a report by hash; the member in `seat` only. When the last member commits, revealing begins.
    /// @param vote `keccak256(abi.encode(chainid, oracle, requestId, validator, report, salt))`.
    function commit(uint256 requestId, uint256 seat, bytes32 vote) external;

    /// @notice Reveals the report committed to. When the last of those who committed reveals, the result is there.
    function reveal(uint256 requestId, uint256 seat, Report calldata report, bytes32 salt) external;

    /* VIEWS */

    /// @notice A panel as it stands. Reverts `UnknownPanel` when it is dissolved: its terms and members are in the events.
    function panel(uint256 panelId) external view returns (PanelView memory);

    /// @notice A panel's last request. Reverts `UnknownRequest` for any other.
    function requestOf(uint256 requestId) external view returns (RequestView memory);

    /// @notice What the panel says, Pending until `revealEnds`.
    function resultOf(uint256 requestId) external view returns (Result memory);

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

    /// @return Those who sit on the panel now, vacant seats left out.
    function membersOf(uint256 panelId) external view returns (address[] memory);

    /// @return Whether every seat is taken.
    function isFull(uint256 panelId) external view returns (bool);

    /// @return Whether the account sits on the panel now.
    function isMember(uint256 panelId, address account) external view returns (bool);

    /// @return revealEnds Unix seconds: when the votes are or were in.
    /// @return revealed bitmap of those who have revealed.
    /// @return quorum whether these are two thirds of the panel's seats.
    function ballotOf(uint256 requestId)
        external
        view
        returns (uint40 revealEnds, uint32 revealed, bool quorum);

    function MIN_PANEL() external view returns (uint8);
    function MAX_PANEL() external view returns (uint8);
    function MAX_SUBJECTS() external view returns (uint8);
}
