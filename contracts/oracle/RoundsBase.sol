// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Deals, DealState} from "../kernel/Deals.sol";

/// @title The storage of rounds, and what their steps share.
/// @dev A round is stored under its panel's room, and overwritten by the next one.
abstract contract RoundsBase is IRounds, ReentrancyGuardTransient {
    /// @notice Artifacts of one question at most.
    uint8 public constant MAX_ARTIFACTS = 8;
    uint8 internal immutable MAX_SUBJECTS; // the oracle's

    struct Round {
        // slot 0
        address market; // zero while the room is spare
        DealState at; // a State and its deadline; in Voting the end of the votes
        uint8 artifacts; // of the question
        uint8 needed; // bitmap over artifacts whose keys are to be granted
        uint8 offered; // of these, granted by members
        uint8 held; // whose keys the members who stay have had
        bool replaced;
        bool appealable;
        // slot 1
        uint40 generation; // the panel's
        uint48 dealId;
        uint40 request; // number of the panel's request, 0 for none
        uint72 appealPanel; // 0 for none
        uint40 appealRequest;
        IValidationOracle.Kind kind;
        uint8 subjects;
        // slot 2
        address token;
        uint96 fee;
        // slot 3
        uint96 appealBond;
        uint32 drawWindow; // seconds
        uint32 grantWindow;
        uint32 commitWindow;
        uint32 revealWindow;
        uint32 appealWindow;
        // slot 4
        address appellant;
        uint32 tolerance;
        bool again; // the panel was seated before
        address[MAX_ARTIFACTS] granters;
    }

    /// @dev What came of an attempt to seat a panel.
    enum Seating {
        Waiting, // a block was named
        Seated,
        Unfilled // too few could be found, and the time is over
    }

    IEscrow internal immutable ESCROW;
    IValidationOracle internal immutable ORACLE;

    mapping(uint32 roomId => Round) internal _rounds;

    constructor(IEscrow escrow, IValidationOracle oracle) {
        (ESCROW, ORACLE, MAX_SUBJECTS) = (escrow, oracle, oracle.MAX_SUBJECTS());
    }

    /* VIEWS */

    /// @inheritdoc IRounds
    function roundOf(uint256 panelId) external view returns (RoundView memory view_) {
        Round storage self = _roundOf(panelId);
        (view_.market, view_.dealId) = (self.market, self.dealId);
        (view_.state, view_.deadline) = (_stateOf(self), self.at.deadline());
        (view_.needed, view_.replaced) = (self.needed & ~self.offered, self.replaced);
        view_.appealable = self.appealable;
        if (self.request != 0) view_.requestId = _requestIdOf(panelId, self.request);
        view_.appealPanelId = self.appealPanel;
        if (self.appealRequest != 0) {
            view_.appealRequestId = _requestIdOf(self.appealPanel, self.appealRequest);
        }
        view_.granters = new address[](self.artifacts);
        for (uint256 i; i < view_.granters.length; ++i) {
            view_.granters[i] = self.granters[i];
        }
        (view_.token, view_.fee, view_.appealBond) = (self.token, self.fee, self.appealBond);
        IPolicy.Timeouts memory times = view_.timeouts;
        (times.draw, times.grant, times.commit) = (self.drawWindow, self.grantWindow, self.commitWindow);
        (times.reveal, times.appeal) = (self.revealWindow, self.appealWindow);
    }

    /// @inheritdoc IRounds
    function isMember(uint256 panelId, address account) external view returns (bool) {
        return ORACLE.isMember(panelId, account);
    }

    /* STATES */

    function _roundOf(uint256 panelId) internal view returns (Round storage self) {
        self = _rounds[_roomIdOf(panelId)];
        if (self.market == address(0) || self.generation != panelId >> 32) revert UnknownRound(panelId);
    }

    function _ownRound(uint256 panelId) internal view returns (Round storage self) {
        self = _roundOf(panelId);
        if (msg.sender != self.market) revert NotMarket(msg.sender);
    }

    function _enter(uint256 panelId, Round storage self, State state, uint256 deadline) internal {
        self.at = Deals.enter(panelId, uint8(state), deadline);
    }

    function _stateOf(Round storage self) internal view returns (State) {
        return State(self.at.state());
    }

    /* SHARED STEPS */

    /// @dev Seats a panel that is drawn for a round: the round's own, or its appeal's. A draw that nobody held in time
    /// is repeated, also after the deadline: only a draw that finds too few ends the wait. A draw that ran out of gas
    /// gives no reason and proves nothing about the panel, so it must have no consequences: otherwise a caller could
    /// end a question whose panel can be seated.
    function _seat(uint256 panelId, uint256 drawn, Round storage self) internal returns (Seating) {
        try ORACLE.seat(drawn) {
            return Seating.Seated;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes4 refusal = bytes4(reason); // the selector
            if (refusal == IValidationOracle.DrawPending.selector) self.at.nothingDue(panelId);
            if (refusal != IValidationOracle.SeedUnavailable.selector) {
                self.at.requireOver(panelId);
                return Seating.Unfilled;
            }
        }
        ORACLE.arm(drawn);
        return Seating.Waiting;
    }

    /// @dev Judges a panel by a verdict, its own or its appeal's.
    function _judged(uint256 requestId, uint256 verdictId) internal returns (Answer memory answer) {
        IValidationOracle.Result memory result;
        (result, answer.paid) = ORACLE.judge(requestId, verdictId);
        (answer.outcome, answer.scores) = (result.outcome, result.scores);
        (answer.criteria, answer.word) = (result.criteria, result.word);
    }

    function _requestTerms(Round storage self, uint32 commitWindow)
        internal
        view
        returns (IValidationOracle.RequestTerms memory)
    {
        return IValidationOracle.RequestTerms({
            kind: self.kind,
            subjects: self.subjects,
            slashable: self.appealable,
            tolerance: self.tolerance,
            commitWindow: commitWindow,
            revealWindow: self.revealWindow
        });
    }

    /* NUMBERS: a panel's and a request's carry the room's in their low bits */

    function _roomIdOf(uint256 panelId) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(panelId);
    }

    function _requestIdOf(uint256 panelId, uint256 number) internal pure returns (uint256) {
        return number == 0 ? 0 : number << 32 | _roomIdOf(panelId);
    }

    /* BITMAPS OVER ARTIFACTS */

    function _bit(uint8 artifact) internal pure returns (uint8) {
        return uint8(1) << artifact; // below MAX_ARTIFACTS
    }

    /// @dev Those that have a key.
    function _allArtifacts(Round storage self) internal view returns (uint8 all) {
        for (uint8 i = 0; i < self.artifacts; ++i) {
            if (self.granters[i] != address(0)) all |= _bit(i);
        }
    }
}
