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
        uint96 appealBond; // base units of `token`
        uint40 coolingOff; // seconds for which a dealing is a tie
        uint8 size; // seats
        IPolicy.Stakes stakes;
        IPolicy.Timeouts timeouts;
    }

    struct Question {
        IValidationOracle.Kind kind;
        uint8 subjects; // of a score; else 0
        uint32 tolerance; // within which scores agree
        bool appealable; // anyone may appeal; then false answers are slashed too
        uint8 fresh; // bitmap over artifacts whose key this panel has not been granted
        bytes32 work; // digest of the manifest that says what is to be done
        bytes32 delivery; // KeyExchange context to which the word must deliver the last artifact's key; 0 for none
        bytes32[] artifacts; // digests of the manifests of what it is done on, MAX_ARTIFACTS at most
        address[] granters; // of the artifacts' keys; zero where none is needed
        bytes32[] grants; // digests of the KeyGrants that are there already; zero where they are to come
    }

    /// @dev `outcome` is Pending as long as the question is open.
    struct Answer {
        IValidationOracle.Outcome outcome;
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

    event RoundOpened(uint256 indexed panelId, address indexed market, uint256 indexed dealId, Terms terms);
    event Asked(uint256 indexed panelId, Question question);
    event StateChanged(uint256 indexed panelId, State indexed state, uint40 deadline);
    /// @param artifact its place in the question.
    event KeysGranted(uint256 indexed panelId, address indexed by, uint8 artifact, bytes32 grants);
    event Appealed(
        uint256 indexed panelId,
        uint256 indexed requestId,
        address indexed appellant,
        uint256 appealPanelId,
        uint256 deposit
    );
    event Answered(uint256 indexed panelId, uint256 indexed requestId, Answer answer);
    event RoundClosed(uint256 indexed panelId);

    error UnknownRound(uint256 panelId);
    /// @notice The caller does not hold MODULE_ROLE here, by which governance lets a market have panels drawn.
    error NotAuthorised(address caller);
    error NotMarket(address caller);
    error InvalidTerms(bytes32 field);
    error InvalidQuestion(bytes32 field);
    error WrongState(uint256 panelId, State state);
    error EmptyGrants();
    error UnknownArtifact(uint256 panelId, uint8 artifact);
    /// @notice Keys are granted by whoever the question names, and by members of the panel.
    error NotGranter(uint256 panelId, address caller);
    error DeadlinePassed(uint256 panelId, uint40 deadline);
    error NotAppealable(uint256 panelId);
    /// @notice Nothing is due: the state runs until `deadline`, or until members or granters act.
    error NothingDue(uint256 panelId, State state, uint40 deadline);
    /// @notice The gas did not suffice for the draw of a panel.
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
