// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Artifact} from "../interfaces/Artifact.sol";
import {Deals} from "../kernel/Deals.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The panel of a deal: drawing it, granting it the keys, asking it, and what it says of the dataset.
abstract contract CommissionPanel is CommissionBase {
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];

    /* DRAWING */

    function _advanceDrawing(uint256 id, Deal storage self) internal {
        Terms memory terms = _termsOf(self);
        (bool seated,) = _seat(self);
        if (seated) _enter(id, self, State.Granting, block.timestamp + terms.rules.grantWindow());
        else if (self.at.isOver()) _refund(id, self, terms, Cause.PanelNotSeated, 0);
        else _arm(id, self, terms);
    }

    /// @dev Seats the panel if that can be done now; anyone can also do it on the oracle. A draw that ran out of gas gives
    /// no reason. It says nothing of the panel, so nothing may follow: the rest of the step costs far less than the draw,
    /// and whoever calls could else have a deal end whose panel can be seated.
    /// @return seated whether it is seated.
    /// @return now_ whether this call has seated it.
    function _seat(Deal storage self) internal returns (bool seated, bool now_) {
        if (self.panelId == 0) return (false, false);
        try ORACLE.seat(self.panelId) {
            return (true, true);
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            // forge-lint: disable-next-line(unsafe-typecast)
            return (bytes4(reason) == IValidationOracle.AlreadySeated.selector, false); // the selector
        }
    }

    /// @dev Has a draw begin, or begin again: opens a panel where there is none, and names the block to draw from.
    function _arm(uint256 id, Deal storage self, Terms memory terms) internal {
        if (self.panelId == 0) _openPanel(id, self, terms);
        // solhint-disable-next-line no-empty-blocks
        try ORACLE.arm(self.panelId) {}
        catch {
            self.at.nothingDue(id);
        }
    }

    function _openPanel(uint256 id, Deal storage self, Terms memory terms) private {
        uint256 panelId = ORACLE.openPanel(
            IValidationOracle.PanelTerms({
                token: terms.token(),
                customer: terms.customer(),
                developer: self.developer,
                size: terms.panelSize(),
                seatStake: terms.rules.seatStake(),
                silencePpm: terms.rules.silencePpm(),
                withholdPpm: terms.rules.withholdPpm(),
                coolingOff: terms.rules.coolingOff(),
                evaluationFee: terms.evaluationFee(),
                appealBond: terms.rules.appealBond(),
                drawWindow: terms.rules.drawWindow(),
                grantWindow: terms.rules.grantWindow()
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        self.panelId = uint48(panelId); // a counter: 2^48 is out of reach
        emit PanelAssigned(id, panelId);
    }

    /* GRANTING */

    /// @inheritdoc ICommissionMarket
    function grant(uint256 id, Artifact artifact, bytes32 grants) external nonReentrant {
        if (grants == 0) revert EmptyGrants();
        Deal storage self = _dealOf(id);
        State state = _stateOf(self);
        if (state < State.Granting || state > State.Delivering) revert Deals.WrongState(id, uint8(state));
        Terms memory terms = _termsOf(self);
        bool isCustomer = msg.sender == terms.customer();
        bool isDeveloper = msg.sender == self.developer;
        bool member = _isMember(self, msg.sender);
        if (!(isCustomer || isDeveloper || member)) revert NotParty(msg.sender);

        emit KeysGranted(id, msg.sender, artifact, grants);
        if (state == State.Granting && artifact == Artifact.Dataset) {
            // Members who replace others can be granted the key by those who have it.
            if (!(isCustomer || (member && self.replaced))) revert NotCustomer(msg.sender);
            self.at.requireRunning(id);
            if (self.attested) _ask(id, self, terms, IValidationOracle.Kind.Evaluation, State.Evaluating);
            else _ask(id, self, terms, IValidationOracle.Kind.Attestation, State.Attesting);
        } else if (_awaitsRedelivery(self) && artifact == Artifact.Model && isDeveloper) {
            _ask(id, self, terms, IValidationOracle.Kind.Delivery, State.Delivering);
        }
    }

    function _advanceGranting(uint256 id, Deal storage self) internal {
        self.at.requireOver(id);
        Terms memory terms = _termsOf(self);
        _refund(id, self, terms, Cause.CustomerSilent, terms.killFee());
    }

    /// @dev Whether the fresh panel for a delivery has not been asked yet.
    function _awaitsRedelivery(Deal storage self) internal view returns (bool) {
        return _stateOf(self) == State.Delivering && self.requestId == 0;
    }

    /* ATTESTING */

    function _advanceAttesting(uint256 id, Deal storage self) internal {
        Terms memory terms = _termsOf(self);
        IValidationOracle.Outcome outcome = _takeResult(id, self, terms).outcome;
        if (outcome == IValidationOracle.Outcome.Scored) {
            self.attested = true;
            _startBuilding(id, self);
        } else if (_isUndecided(outcome)) {
            _replacePanel(id, self, terms, outcome);
        } else {
            _announceRefund(id, self, terms, Cause.BadData);
        }
    }

    /* ASKING */

    /// @dev Gives the panel its next request and enters the state in which it is answered.
    function _ask(uint256 id, Deal storage self, Terms memory terms, IValidationOracle.Kind kind, State state)
        internal
    {
        bool isEvaluation = kind == IValidationOracle.Kind.Evaluation;
        uint256 requestId = ORACLE.request(
            IValidationOracle.RequestTerms({
                panelId: self.panelId,
                kind: kind,
                subject: kind == IValidationOracle.Kind.Attestation ? terms.dataset() : self.manifest,
                commitWindow: terms.rules.commitWindow(),
                revealWindow: terms.rules.revealWindow(),
                appealWindow: isEvaluation ? terms.rules.appealWindow() : 0,
                tolerance: terms.tolerance()
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        self.requestId = uint48(requestId); // a counter: 2^48 is out of reach
        emit RequestAssigned(id, requestId);
        _enter(id, self, state, block.timestamp + terms.rules.commitWindow() + terms.rules.revealWindow());
    }

    /// @dev The provisional result, worked out by now or by this call, and until when it can be appealed.
    function _tally(uint256 id, Deal storage self)
        internal
        returns (IValidationOracle.Outcome outcome, uint40 appealEnds)
    {
        (outcome, appealEnds) = ORACLE.standing(self.requestId);
        if (outcome != IValidationOracle.Outcome.Pending) return (outcome, appealEnds);
        // slither-disable-start unused-return -- `standing` tells what is asked
        // solhint-disable-next-line no-empty-blocks
        try ORACLE.tally(self.requestId) {}
        catch {
            self.at.nothingDue(id);
        }
        // slither-disable-end unused-return
        return ORACLE.standing(self.requestId);
    }

    /// @dev The final result, worked out by this call if need be; those who earned their fee get it.
    function _takeResult(uint256 id, Deal storage self, Terms memory terms)
        internal
        returns (IValidationOracle.Result memory)
    {
        try ORACLE.finalise(self.requestId) returns (
            IValidationOracle.Result memory result, address[] memory paid
        ) {
            _pay(id, self, terms.token(), paid, terms.evaluationFee());
            return result;
        } catch {
            self.at.nothingDue(id);
        }
    }

    /// @dev Once in a deal a panel that gave no answer gets new members: for its silent ones, or, where all spoke and could
    /// not agree, for everybody.
    function _replacePanel(
        uint256 id,
        Deal storage self,
        Terms memory terms,
        IValidationOracle.Outcome outcome
    ) internal {
        if (self.replaced) {
            _refund(id, self, terms, Cause.PanelSilent, 0);
            return;
        }
        self.replaced = true;
        if (outcome == IValidationOracle.Outcome.NoQuorum) ORACLE.replaceSilent(self.requestId);
        else _dropPanel(self);
        _enter(id, self, State.Drawing, block.timestamp + terms.rules.drawWindow());
    }

    /// @dev Lets the panel go, so that the next draw opens a fresh one.
    function _dropPanel(Deal storage self) internal {
        _dissolvePanel(self);
        (self.panelId, self.requestId) = (0, 0);
    }

    function _isUndecided(IValidationOracle.Outcome outcome) internal pure returns (bool) {
        return
            outcome == IValidationOracle.Outcome.NoQuorum || outcome == IValidationOracle.Outcome.Inconclusive;
    }

    /* PARTS IN THE DEAL */

    /// @inheritdoc IAuditClient
    function playsPart(uint256 id, address account) external view returns (bool) {
        Deal storage self = _dealOf(id);
        return account == self.terms.customerOf() || account == self.developer || _isMember(self, account);
    }

    function _isMember(Deal storage self, address account) private view returns (bool) {
        return self.panelId != 0 && ORACLE.isMember(self.panelId, account);
    }
}
