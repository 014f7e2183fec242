// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Deals} from "../kernel/Deals.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Rules} from "../policy/Rules.sol";
import {Appeals} from "./Appeals.sol";
import {RoundsBase} from "./RoundsBase.sol";

/// @title Rounds
/// @dev The steps of a question: draw, grants, votes. `Appeals` has the steps of an appeal.
contract Rounds is Appeals, AccessControl {
    using Rules for uint256[];
    using SSTORE2 for address;

    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    constructor(address governance, IEscrow escrow, IValidationOracle oracle) RoundsBase(escrow, oracle) {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /* THE MARKET */

    /// @inheritdoc IRounds
    function open(uint256 dealId, Terms calldata terms) external nonReentrant returns (uint256 panelId) {
        if (!hasRole(MODULE_ROLE, msg.sender)) revert NotAuthorised(msg.sender);
        uint256[] memory rules = terms.rules.read();
        _checkWindows(rules);
        panelId = ORACLE.openPanel(
            IValidationOracle.PanelTerms({
                customer: terms.customer,
                seatStake: rules.seatStake(),
                developer: terms.developer,
                size: terms.size,
                silencePpm: rules.silencePpm(),
                withholdPpm: rules.withholdPpm(),
                appellant: address(0),
                coolingOff: rules.coolingOff(),
                reviewed: 0
            })
        );
        Round storage self = _rounds[_roomIdOf(panelId)];
        (self.market, self.generation) = (msg.sender, SafeCast.toUint40(panelId >> 32));
        self.dealId = SafeCast.toUint48(dealId);
        (self.artifacts, self.needed, self.offered, self.held) = (0, 0, 0, 0);
        (self.replaced, self.appealable, self.again) = (false, false, false);
        (self.token, self.fee, self.appealBond) = (terms.token, terms.fee, rules.appealBond());
        (self.drawWindow, self.grantWindow) = (rules.drawWindow(), rules.grantWindow());
        (self.commitWindow, self.revealWindow) = (rules.commitWindow(), rules.revealWindow());
        self.appealWindow = rules.appealWindow();
        (self.request, self.appealPanel, self.appealRequest) = (0, 0, 0);
        emit RoundOpened(panelId, msg.sender, dealId, terms);
        _enter(panelId, self, State.Idle, 0);
    }

    /// @inheritdoc IRounds
    function ask(uint256 panelId, Question calldata question) external nonReentrant {
        Round storage self = _ownRound(panelId);
        self.at.requireState(panelId, uint8(State.Idle));
        _checkQuestion(question);
        (self.kind, self.subjects) = (question.kind, question.subjects);
        (self.tolerance, self.appealable) = (question.tolerance, question.appealable);
        (self.request, self.appealPanel, self.appealRequest) = (0, 0, 0);
        emit Asked(panelId, question);
        self.needed = _noteKeys(panelId, self, question);
        if (ORACLE.isFull(panelId)) _afterDraw(panelId, self);
        else _draw(panelId, self, 0);
    }

    /// @inheritdoc IRounds
    // slither-disable-next-line reentrancy-no-eth -- guarded; ORACLE and ESCROW call nobody back
    function advance(uint256 panelId) external nonReentrant returns (Answer memory answer) {
        Round storage self = _ownRound(panelId);
        State state = _stateOf(self);
        if (state == State.Drawing) answer = _advanceDrawing(panelId, self);
        else if (state == State.Granting) answer = _advanceGranting(panelId, self);
        else if (state == State.Voting) answer = _advanceVoting(panelId, self);
        else if (state == State.AppealDrawing) answer = _advanceAppealDrawing(panelId, self);
        else if (state == State.AppealVoting) answer = _advanceAppealVoting(panelId, self);
        else self.at.nothingDue(panelId);
        answer.moved = answer.outcome != IValidationOracle.Outcome.Pending || _stateOf(self) != state;
        if (answer.outcome == IValidationOracle.Outcome.Pending) return answer;
        emit Answered(panelId, _requestIdOf(panelId, self.request), answer);
        _enter(panelId, self, State.Idle, 0);
    }

    /// @inheritdoc IRounds
    function close(uint256 panelId) external nonReentrant {
        Round storage self = _ownRound(panelId);
        self.at.requireState(panelId, uint8(State.Idle));
        (self.at, self.market) = (Deals.pack(uint8(State.None), 0), address(0));
        emit RoundClosed(panelId);
        ORACLE.dissolve(panelId);
    }

    /* GRANTS */

    /// @inheritdoc IRounds
    /// @dev The granter has its whole time: before it is over, a member's garbage starts no vote, and it keeps out no
    /// other member's grants.
    function grant(uint256 panelId, uint8 artifact, bytes32 grants) external nonReentrant {
        if (grants == 0) revert EmptyGrants();
        Round storage self = _roundOf(panelId);
        if (artifact >= self.artifacts) revert UnknownArtifact(panelId, artifact);
        bool granter = msg.sender == self.granters[artifact];
        if (!granter && !ORACLE.isMember(panelId, msg.sender)) revert NotGranter(panelId, msg.sender);
        emit KeysGranted(panelId, msg.sender, artifact, grants);
        if (_stateOf(self) != State.Granting) return;
        if (!granter) {
            self.offered |= self.held & _bit(artifact);
            return;
        }
        self.at.requireRunning(panelId);
        self.needed &= ~_bit(artifact);
        self.held |= _bit(artifact);
        if (self.needed == 0) _vote(panelId, self);
    }

    /// @return answer that a granter was silent, unless members have granted all that is missing.
    function _advanceGranting(uint256 panelId, Round storage self) private returns (Answer memory answer) {
        self.at.requireOver(panelId);
        uint8 missing = self.needed & ~self.offered;
        if (missing == 0) {
            self.needed = 0;
            _vote(panelId, self);
            return answer;
        }
        answer.outcome = IValidationOracle.Outcome.GranterSilent;
        while (missing >> answer.artifact & 1 == 0) ++answer.artifact;
        answer.paid = ORACLE.membersOf(panelId); // for the time that they have kept free
    }

    /// @return needed bitmap over artifacts whose keys are still to be granted.
    function _noteKeys(uint256 panelId, Round storage self, Question calldata question)
        private
        returns (uint8 needed)
    {
        self.artifacts = uint8(question.artifacts.length);
        uint8 held = self.held & ~question.fresh;
        needed = self.needed | question.fresh;
        for (uint8 i = 0; i < question.artifacts.length; ++i) {
            self.granters[i] = question.granters[i];
            if (question.grants[i] != 0) {
                emit KeysGranted(panelId, question.granters[i], i, question.grants[i]);
                held |= _bit(i);
            }
            if (question.grants[i] != 0 || question.granters[i] == address(0)) needed &= ~_bit(i);
        }
        self.held = held;
        self.offered &= ~question.fresh;
        // forge-lint: disable-next-line(unsafe-typecast)
        needed &= uint8((uint256(1) << question.artifacts.length) - 1); // MAX_ARTIFACTS bits
    }

    /// @dev What the oracle would refuse after the draw is refused at once: the panel could never be asked.
    function _checkQuestion(Question calldata question) private view {
        uint256 count = question.artifacts.length;
        if (question.work == 0) revert InvalidQuestion("work");
        if (count > MAX_ARTIFACTS) revert InvalidQuestion("artifacts");
        if (question.granters.length != count) revert InvalidQuestion("granters");
        if (question.grants.length != count) revert InvalidQuestion("grants");
        bool scored = question.kind == IValidationOracle.Kind.Score;
        if (question.subjects > MAX_SUBJECTS || scored == (question.subjects == 0)) {
            revert InvalidQuestion("subjects");
        }
    }

    /* DRAWING */

    /// @param leaving bitmap over the seats whose members are replaced, beside those that are vacant.
    function _draw(uint256 panelId, Round storage self, uint32 leaving) private {
        ORACLE.vacate(panelId, leaving);
        // If nobody stays, nobody has a key to pass on.
        if (self.held != 0 && ORACLE.membersOf(panelId).length == 0) self.held = 0;
        _enter(panelId, self, State.Drawing, block.timestamp + self.drawWindow);
        ORACLE.arm(panelId);
    }

    function _advanceDrawing(uint256 panelId, Round storage self) private returns (Answer memory answer) {
        Seating seating = _seat(panelId, panelId, self);
        if (seating == Seating.Seated) {
            // Those who joined have no key yet; those who stayed can pass on what they hold.
            if (self.again) (self.needed, self.offered) = (_allArtifacts(self), 0);
            self.again = true;
            _afterDraw(panelId, self);
        } else if (seating == Seating.Unfilled) {
            answer.outcome = IValidationOracle.Outcome.NotSeated;
        }
    }

    function _afterDraw(uint256 panelId, Round storage self) private {
        if (self.needed == 0) _vote(panelId, self);
        else _enter(panelId, self, State.Granting, block.timestamp + self.grantWindow);
    }

    /* VOTING */

    function _vote(uint256 panelId, Round storage self) private {
        uint256 requestId = ORACLE.request(panelId, _requestTerms(self, self.commitWindow));
        // forge-lint: disable-next-line(unsafe-typecast)
        self.request = uint40(requestId >> 32); // the oracle's own counter
        _enter(panelId, self, State.Voting, block.timestamp + self.commitWindow + self.revealWindow);
    }

    function _advanceVoting(uint256 panelId, Round storage self) private returns (Answer memory answer) {
        uint256 requestId = _requestIdOf(panelId, self.request);
        (uint40 revealEnds, uint32 revealed, bool quorum) = ORACLE.ballotOf(requestId);
        if (block.timestamp < revealEnds) self.at.nothingDue(panelId);
        if (self.appealable && quorum) {
            Deals.pack(uint8(State.Voting), revealEnds + self.appealWindow).requireOver(panelId);
        }
        answer = _judged(requestId, requestId);
        bool undecided = answer.outcome == IValidationOracle.Outcome.Undecided && !self.appealable;
        if (self.replaced || (quorum && !undecided)) return answer;
        // New members, once: for the silent, or for all if all spoke and could not agree.
        answer.outcome = IValidationOracle.Outcome.Pending;
        self.replaced = true;
        _draw(panelId, self, undecided ? type(uint32).max : ~revealed);
    }

    /// @dev A panel must be able to commit and reveal; an appeal panel has the time for grants to commit, too.
    function _checkWindows(uint256[] memory rules) private pure {
        (uint256 commit, uint256 grant_) = (rules.commitWindow(), rules.grantWindow());
        bool tooShort = commit == 0 || rules.revealWindow() == 0;
        if (tooShort || commit + grant_ > type(uint32).max) revert InvalidTerms("rules");
    }
}
