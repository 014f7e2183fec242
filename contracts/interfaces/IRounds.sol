// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "./IPolicy.sol";
import {IValidationOracle} from "./IValidationOracle.sol";

/// @title Questions to panels, from the draw to the final answer.
/// @notice A market opens a panel for a deal, asks it one question after another, and closes it. Rounds does
/// everything in between: it draws the panel, waits for keys, has the panel vote, replaces silent members once, hears
/// an appeal, and judges the members. A question ends in an answer, with those who earned a fee, or in the reason why
/// there is none. Whoever serves panels needs to follow this contract only: a question names the manifest that says
/// what is to be done, the artifacts to do it on, and whose keys are needed, whichever market asks.
/// Trust assumptions: those of IValidationOracle. A market pays the fees that it is told of and calls `advance` for
/// whoever asks it to.
/// @dev Times are Unix seconds, fees and deposits base units of the deal's token.
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
        uint96 fee; // base units of `token`, for each member and question
        uint96 appealBond; // base units of `token`
        IPolicy.Timeouts timeouts; // those that concern panels
    }

    /// @notice `market` has opened a panel for its deal; it is drawn with the first question.
    event RoundOpened(uint256 indexed panelId, address indexed market, uint256 indexed dealId, Terms terms);
    /// @notice The panel has been asked a question.
    event Asked(uint256 indexed panelId, Question question);
    /// @notice `by` has published key grants; `grants` is the digest of the KeyGrants manifest.
    /// @param artifact its place in the question.
    event KeysGranted(uint256 indexed panelId, address indexed by, uint8 artifact, bytes32 grants);
    /// @notice `appellant` has paid `deposit` for a fresh panel to review the answer to the request.
    event Appealed(
        uint256 indexed panelId,
        uint256 indexed requestId,
        address indexed appellant,
        uint256 appealPanelId,
        uint256 deposit
    );
    /// @notice The question has ended. `requestId` is 0 when nobody voted.
    event Answered(uint256 indexed panelId, uint256 indexed requestId, Answer answer);
    /// @notice The market has closed the panel.
    event RoundClosed(uint256 indexed panelId);

    /// @notice There is no panel {panelId}, or it is closed.
    /// @custom:hint Check the number and the chain; the events have its answers.
    error UnknownRound(uint256 panelId);
    /// @notice {caller} is not a market that may have panels drawn.
    /// @custom:hint Governance admits markets with Rounds' MODULE_ROLE; check the deployment file.
    error NotAuthorised(address caller);
    /// @notice Only the market that opened this panel can do this, not {caller}.
    /// @custom:hint Advance the deal in its market.
    error NotMarket(address caller);
    /// @notice No panel can work on these terms: the {field} is not allowed.
    /// @custom:hint This is a defect in the market; please report it.
    error InvalidTerms(bytes32 field);
    /// @notice A panel cannot be asked this: the {field} is not allowed.
    /// @custom:hint This is a defect in the market; please report it.
    error InvalidQuestion(bytes32 field);
    /// @notice The digest of the key grants is missing.
    /// @custom:hint Publish the grants first.
    error EmptyGrants();
    /// @notice The question to panel {panelId} has no artifact {artifact}.
    /// @custom:hint Artifacts are numbered from 0.
    error UnknownArtifact(uint256 panelId, uint8 artifact);
    /// @notice {caller} neither has to grant this key nor sits on panel {panelId}.
    /// @custom:hint Use the wallet that sealed the artifact.
    error NotGranter(uint256 panelId, address caller);
    /// @notice The answer of panel {panelId} cannot be appealed now.
    /// @custom:hint There is one appeal, from the end of the reveals until the time for it is over.
    error NotAppealable(uint256 panelId);
    /// @notice The transaction had too little gas to draw the panel.
    /// @custom:hint Advance again with more gas; the SDK's estimate is enough.
    error TooLittleGas();

    /* THE MARKET */

    /// @notice Opens a panel for the caller's deal; it is drawn with the first question. The caller needs
    /// MODULE_ROLE, here and nowhere else, so taking the role away strands no deal.
    function open(uint256 dealId, Terms calldata terms) external returns (uint256 panelId);

    /// @notice Asks an idle panel; its market only. Vacant seats are drawn and missing keys waited for first.
    function ask(uint256 panelId, Question calldata question) external;

    /// @notice Takes the next step of the open question; its market only, which calls this for anyone. Reverts
    /// `NothingDue` when no step is due. The market pays the fee to those in `paid`: at most the panel's size for
    /// each question, and once more for members of a panel that was replaced. It may pay whoever called it for a step
    /// that has `moved` the round: at most `StepFees.QUESTION` for each question, and once `StepFees.REPLACEMENT`.
    function advance(uint256 panelId) external returns (Answer memory);

    /// @notice Closes an idle panel and frees its stakes; its market only.
    function close(uint256 panelId) external;

    /* GRANTERS, MEMBERS, APPELLANTS */

    /// @notice Publishes key grants; the artifact's granter or a member of the panel only. The question waits for the
    /// granter's. Members' grants, for those who replace others, count once the granter's time is over.
    function grant(uint256 panelId, uint8 artifact, bytes32 grants) external;

    /// @notice Takes an answer to a fresh panel of 2k + 1 members; anyone, once for each question, within the time
    /// for appeals after the votes are in. The deposit, the appeal bond and that panel's fees, comes from the
    /// caller's escrow balance. The bond is burnt when the appeal panel says the same. An appeal that cannot be heard
    /// leaves the answer and its consequences as they were.
    function appeal(uint256 panelId) external;

    /* VIEWS */

    /// @notice A panel as it stands. Reverts `UnknownRound` for one that is closed or never was.
    function roundOf(uint256 panelId) external view returns (RoundView memory);

    /// @notice Whether `account` sits on the panel now.
    /// @return true for a member that has not lost its seat.
    function isMember(uint256 panelId, address account) external view returns (bool);

    /// @notice What `appeal` takes from the caller's escrow balance.
    /// @return base units of the deal's token.
    function appealDeposit(uint256 panelId) external view returns (uint256);
}

/// @notice What keepers call: every market whose deals have panels has this function.
interface IDealMarket {
    /// @notice Takes the next step of a deal that is due, whoever calls. A market may pay the caller the step fee of
    /// the deal's rules for it.
    function advance(uint256 dealId) external;
}
