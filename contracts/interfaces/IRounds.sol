// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "./IPolicy.sol";
import {IValidationOracle} from "./IValidationOracle.sol";

/// @title Questions to panels, from the draw to the final answer.
/// @notice A market opens a panel for a deal, asks it one question after another, and lets it go. Rounds does what lies between:
/// it draws the panel, waits for keys, has it vote, replaces silent members once, hears an appeal, and judges the members.
/// A question ends in an answer with those who earned a fee, or in a bare reason why there is none.
/// Whoever serves panels follows this contract alone: a question names the manifest that says what is to be done, the
/// artifacts on which, and whose keys are needed, whatever market asks it.
/// Trust assumptions: those of IValidationOracle. A market pays the fees it is told of and calls `advance` for whoever asks it.
interface IRounds {
    enum State {
        None,
        Idle, // no question is open
        Drawing,
        Granting, // a key is needed
        Voting, // and then the time for an appeal
        AppealDrawing,
        AppealVoting
    }

    /// @dev What a panel works for. Fixed while it is open.
    struct Terms {
        address customer; // no member may have a tie to either party
        address developer;
        address token; // of fees and appeal deposits
        uint96 fee; // base units of `token`, for each member and question
        uint8 size; // seats
        address rules; // where Rulebook keeps those of the deal: stakes, windows, appeal bond, cooling-off period
    }

    struct Question {
        IValidationOracle.Kind kind;
        uint8 subjects; // of a score; else 0
        uint32 tolerance; // within which scores agree
        bool appealable; // anyone may appeal; then false answers are slashed too
        uint8 fresh; // bitmap over artifacts whose key this panel has not been granted
        bytes32 work; // digest of the manifest that says what is to be done
        bool delivers; // whether the word delivers the last artifact's key to the delivery key that `work` names
        bytes32[] artifacts; // digests of the manifests of what it is done on, MAX_ARTIFACTS at most
        address[] granters; // of the artifacts' keys; zero where none is needed
        bytes32[] grants; // digests of the KeyGrants that are there already; zero where they are to come
    }

    /// @dev `outcome` is Pending as long as the question is open.
    struct Answer {
        IValidationOracle.Outcome outcome;
        bool moved; // the round is in another state now; a draw that is repeated moves nothing
        bool appealed; // decided by the appeal panel
        uint8 artifact; // whose key was not granted, where a granter was silent
        uint16 criteria;
        bytes32 word;
        int64[] scores;
        address[] paid; // who earned a fee by this step
    }

    /// @dev A panel as it stands.
    struct RoundView {
        address market;
        uint256 dealId;
        State state;
        uint40 deadline; // Unix seconds, of the state; in Voting of the votes
        uint8 needed; // bitmap over artifacts: whose keys are to be granted
        bool replaced; // members have been replaced
        bool appealable;
        uint256 requestId; // 0 until the panel votes
        uint256 appealPanelId; // 0 for none
        uint256 appealRequestId;
        address[] granters;
        address token;
        uint96 fee;
        uint96 appealBond;
        IPolicy.Timeouts timeouts; // those that concern panels
    }

    /// @notice `market` has opened a panel for its deal; it is drawn with the first question.
    event RoundOpened(uint256 indexed panelId, address indexed market, uint256 indexed dealId, Terms terms);
    /// @notice The panel has been asked something.
    event Asked(uint256 indexed panelId, Question question);
    /// @notice The panel has gone on to `state`, which ends at `deadline`; 0 where it has none.
    event StateChanged(uint256 indexed panelId, State indexed state, uint40 deadline);
    /// @notice `by` has published key grants; `grants` is the digest of the KeyGrants manifest.
    /// @param artifact its place in the question.
    event KeysGranted(uint256 indexed panelId, address indexed by, uint8 artifact, bytes32 grants);
    /// @notice `appellant` has paid `deposit` for a fresh panel to review what was said in the request.
    event Appealed(
        uint256 indexed panelId,
        uint256 indexed requestId,
        address indexed appellant,
        uint256 appealPanelId,
        uint256 deposit
    );
    /// @notice The question has ended. `requestId` is 0 when nobody voted.
    event Answered(uint256 indexed panelId, uint256 indexed requestId, Answer answer);
    /// @notice The market has let the panel go.
    event RoundClosed(uint256 indexed panelId);

    /// @notice There is no panel {panelId}, or it has been let go.
    /// @custom:hint Check the number and the chain; the events have what it said.
    error UnknownRound(uint256 panelId);
    /// @notice {caller} is no market that may have panels drawn.
    /// @custom:hint Governance lets a market in by MODULE_ROLE; check the deployment file.
    error NotAuthorised(address caller);
    /// @notice Only the market that opened this panel moves it on, not {caller}.
    /// @custom:hint Advance the deal in its market.
    error NotMarket(address caller);
    /// @notice No panel works on these terms: the {field} cannot be right.
    /// @custom:hint This is a defect of the market; please report it.
    error InvalidTerms(bytes32 field);
    /// @notice A panel cannot be asked this: the {field} is not allowed.
    /// @custom:hint This is a defect of the market; please report it.
    error InvalidQuestion(bytes32 field);
    /// @notice Panel {panelId} is {state} and does not take this step now.
    /// @custom:hint Look what it waits for, and advance the deal.
    error WrongState(uint256 panelId, State state);
    /// @notice The key grants are empty.
    /// @custom:hint Publish the grants first.
    error EmptyGrants();
    /// @notice The question to panel {panelId} has no artifact {artifact}.
    /// @custom:hint Artifacts are counted from 0.
    error UnknownArtifact(uint256 panelId, uint8 artifact);
    /// @notice {caller} neither has to grant this key nor sits on panel {panelId}.
    /// @custom:hint Use the wallet that sealed the artifact.
    error NotGranter(uint256 panelId, address caller);
    /// @notice The key had to be granted to panel {panelId} by {deadline}.
    /// @custom:hint It is too late. Advance the deal.
    error DeadlinePassed(uint256 panelId, uint40 deadline);
    /// @notice What panel {panelId} has said cannot be appealed now.
    /// @custom:hint One appeal is possible, from the end of the reveals until the time for it is over.
    error NotAppealable(uint256 panelId);
    /// @notice Nothing is due now: panel {panelId} is {state} until {deadline}, or until members or granters act.
    /// @custom:hint Wait, or look who is expected to act.
    error NothingDue(uint256 panelId, State state, uint40 deadline);
    /// @notice The gas did not suffice to draw the panel.
    /// @custom:hint Advance again with more gas; the SDK's estimate is enough.
    error TooLittleGas();

    /* THE MARKET */

    /// @notice Opens a panel for the caller's deal; it is drawn with the first question. The caller needs MODULE_ROLE, here and
    /// nowhere else, so that taking it away strands no deal.
    function open(uint256 dealId, Terms calldata terms) external returns (uint256 panelId);

    /// @notice Asks an idle panel. Vacant seats are drawn first, keys that are missing waited for.
    function ask(uint256 panelId, Question calldata question) external;

    /// @notice Takes the next step of the open question. Reverts `NothingDue` when there is none. The market calls this for
    /// whoever calls it, and pays the fee to those in `paid`: no more than its panel's size at each question, and once
    /// more for the members of a panel that was replaced.
    function advance(uint256 panelId) external returns (Answer memory);

    /// @notice Lets an idle panel go.
    function close(uint256 panelId) external;

    /* GRANTERS, MEMBERS, APPELLANTS */

    /// @notice Publishes key grants: the named granter of an artifact, or a member of the panel. A granter's are what the
    /// question waits for; members' (to those who replace others) count when the granter's time is over.
    function grant(uint256 panelId, uint8 artifact, bytes32 grants) external;

    /// @notice Takes an answer to a fresh panel of 2k + 1, for a deposit of the appeal bond and that panel's fees from the caller's
    /// escrow balance; anyone, once a question, within the time for appeals after the votes are in. The bond is burnt
    /// when the appeal panel says the same. An appeal that is not heard leaves the answer and its consequences.
    function appeal(uint256 panelId) external;

    /* VIEWS */

    function roundOf(uint256 panelId) external view returns (RoundView memory);

    /// @return Whether the account sits on the panel now.
    function isMember(uint256 panelId, address account) external view returns (bool);

    /// @return base units that `appeal` takes.
    function appealDeposit(uint256 panelId) external view returns (uint256);
}

/// @title What Rounds' keepers call: any market whose deals have panels.
interface IDealMarket {
    /// @notice Takes the next step of a deal that is due, whoever calls.
    function advance(uint256 dealId) external;
}
