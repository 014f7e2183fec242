// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {RoundsBase} from "./RoundsBase.sol";

/// @title Appeals against a panel's answer.
/// @dev A deposit is Rounds' hold `bytes32(requestId)` of the request under appeal.
abstract contract Appeals is RoundsBase {
    /// @inheritdoc IRounds
    function appeal(uint256 panelId) external nonReentrant {
        Round storage self = _roundOf(panelId);
        self.at.requireState(panelId, uint8(State.Voting));
        uint256 requestId = _requestIdOf(panelId, self.request);
        // slither-disable-next-line unused-return -- how many have revealed does not matter
        (uint40 revealEnds,, bool quorum) = ORACLE.ballotOf(requestId); // without one new members are drawn
        bool inTime = block.timestamp >= revealEnds && block.timestamp < revealEnds + self.appealWindow;
        if (!self.appealable || !quorum || !inTime) revert NotAppealable(panelId);
        uint256 appealPanelId = ORACLE.openAppealPanel(panelId, msg.sender);
        uint256 deposit = _deposit(self, ORACLE.panel(appealPanelId).terms.size);
        // forge-lint: disable-next-line(unsafe-typecast)
        (self.appealPanel, self.appellant) = (uint72(appealPanelId), msg.sender); // 40 bits and the room's 32
        emit Appealed(panelId, requestId, msg.sender, appealPanelId, deposit);
        _enter(panelId, self, State.AppealDrawing, block.timestamp + self.drawWindow);
        ORACLE.arm(appealPanelId);
        ESCROW.openHold(bytes32(requestId), self.token, msg.sender, deposit);
    }

    /// @inheritdoc IRounds
    function appealDeposit(uint256 panelId) external view returns (uint256) {
        uint256 size = 2 * uint256(ORACLE.panel(panelId).terms.size) + 1;
        uint256 most = ORACLE.MAX_PANEL();
        return _deposit(_roundOf(panelId), size < most ? size : most);
    }

    /// @dev The drawn members get the keys from the first panel's members during the time for committing.
    function _advanceAppealDrawing(uint256 panelId, Round storage self)
        internal
        returns (Answer memory answer)
    {
        Seating seating = _seat(panelId, self.appealPanel, self);
        if (seating == Seating.Seated) {
            uint32 commitWindow = self.commitWindow + self.grantWindow;
            uint256 requestId = ORACLE.request(self.appealPanel, _requestTerms(self, commitWindow));
            // forge-lint: disable-next-line(unsafe-typecast)
            self.appealRequest = uint40(requestId >> 32); // the oracle's own counter
            _enter(panelId, self, State.AppealVoting, block.timestamp + commitWindow + self.revealWindow);
        } else if (seating == Seating.Unfilled) {
            uint256 requestId = _requestIdOf(panelId, self.request);
            answer = _judged(requestId, requestId);
            _endAppeal(requestId, self, new address[](0), false);
        }
    }

    /// @dev The appeal panel is judged by what it says itself, the first one by the appeal panel if that has decided
    /// anything.
    function _advanceAppealVoting(uint256 panelId, Round storage self)
        internal
        returns (Answer memory answer)
    {
        uint256 requestId = _requestIdOf(panelId, self.request);
        uint256 appealId = _requestIdOf(self.appealPanel, self.appealRequest);
        // slither-disable-next-line unused-return -- `judge` counts the reveals
        (uint40 revealEnds,,) = ORACLE.ballotOf(appealId);
        if (block.timestamp < revealEnds) self.at.nothingDue(panelId);
        (IValidationOracle.Result memory verdict, address[] memory worked) = ORACLE.judge(appealId, appealId);
        bool decided = verdict.outcome > IValidationOracle.Outcome.Undecided;
        bool confirmed = decided && !Agreement.differs(ORACLE.resultOf(requestId), verdict, self.tolerance);
        answer = _judged(requestId, decided ? appealId : requestId);
        answer.appealed = decided;
        _endAppeal(requestId, self, worked, confirmed);
    }

    /// @dev Pays fees to those who worked, burns the bond if the appeal panel said the same, and returns the rest to
    /// the appellant.
    function _endAppeal(uint256 requestId, Round storage self, address[] memory worked, bool confirmed)
        private
    {
        (address token, uint256 fee, uint256 bond) = (self.token, self.fee, self.appealBond);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](worked.length + 1);
        for (uint256 i; i < worked.length; ++i) {
            payments[i] = IEscrow.Payment(worked[i], fee);
        }
        uint256 held = ESCROW.held(address(this), token, bytes32(requestId));
        uint256 unspent = held - fee * worked.length - (confirmed ? bond : 0);
        payments[worked.length] = IEscrow.Payment(self.appellant, unspent);
        ORACLE.dissolve(self.appealPanel);
        ESCROW.releaseEach(bytes32(requestId), token, payments);
        if (confirmed && bond != 0) ESCROW.burn(bytes32(requestId), token, bond);
    }

    function _deposit(Round storage self, uint256 size) private view returns (uint256) {
        return uint256(self.appealBond) + self.fee * size;
    }
}
