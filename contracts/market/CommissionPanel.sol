// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The panel of a deal: drawing it, granting it the keys, asking it, and what it says of the dataset.
abstract contract CommissionPanel is CommissionBase {
    using CommissionTerms for address;

    /* DRAWING */

    function _advanceDrawing(uint256 id, Deal storage deal) internal {
        Terms memory terms = _termsOf(deal);
        (bool seated,) = _seat(deal);
        if (seated) _enter(id, deal, State.Granting, block.timestamp + terms.rules.timeouts.grant);
        else if (_isOver(deal)) _refund(id, deal, terms, Cause.PanelNotSeated, 0);
        else _arm(id, deal, terms);
    }

    /// @dev Seats the panel if that can be done now; anyone can also do it on the oracle. A draw that ran out of gas gives
    /// no reason. It says nothing of the panel, so nothing may follow: the rest of the step costs far less than the draw,
    /// and whoever calls could else have a deal end whose panel can be seated.
    /// @return seated whether it is seated.
    /// @return now_ whether this call has seated it.
    function _seat(Deal storage deal) internal returns (bool seated, bool now_) {
        if (deal.panelId == 0) return (false, false);
        try ORACLE.seat(deal.panelId) {
            return (true, true);
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            // forge-lint: disable-next-line(unsafe-typecast)
            return (bytes4(reason) == IValidationOracle.AlreadySeated.selector, false); // the selector
        }
    }

    /// @dev Has a draw begin, or begin again: opens a panel where there is none, and names the block to draw from.
    function _arm(uint256 id, Deal storage deal, Terms memory terms) internal {
        if (deal.panelId == 0) _openPanel(id, deal, terms);
        // solhint-disable-next-line no-empty-blocks
        try ORACLE.arm(deal.panelId) {}
        catch {
            _nothingDue(id, deal);
        }
    }

    function _openPanel(uint256 id, Deal storage deal, Terms memory terms) private {
        uint256 panelId = ORACLE.openPanel(
            IValidationOracle.PanelTerms({
                token: terms.request.token,
                customer: terms.customer,
                developer: deal.developer,
                size: terms.rules.panelSize,
                seatStake: terms.rules.stakes.seat,
                silencePpm: terms.rules.stakes.silencePpm,
                withholdPpm: terms.rules.stakes.withholdPpm,
                coolingOff: terms.rules.coolingOff,
                evaluationFee: terms.request.evaluationFee,
                appealBond: terms.rules.appealBond,
                drawWindow: terms.rules.timeouts.draw,
                grantWindow: terms.rules.timeouts.grant
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        deal.panelId = uint48(panelId); // a counter: 2^48 is out of reach
        emit PanelAssigned(id, panelId);
    }

    /* GRANTING */

    /// @inheritdoc ICommissionMarket
    function grant(uint256 id, Artifact artifact, bytes32 grants) external nonReentrant {
        if (grants == 0) revert EmptyGrants();
        Deal storage deal = _dealOf(id);
        if (deal.state < State.Granting || deal.state > State.Delivering) revert WrongState(id, deal.state);
        Terms memory terms = _termsOf(deal);
        bool isCustomer = msg.sender == terms.customer;
        bool isDeveloper = msg.sender == deal.developer;
        bool member = _isMember(deal, msg.sender);
        if (!(isCustomer || isDeveloper || member)) revert NotParty(msg.sender);

        emit KeysGranted(id, msg.sender, artifact, grants);
        if (deal.state == State.Granting && artifact == Artifact.Dataset) {
            // Members who replace others can be granted the key by those who have it.
            if (!(isCustomer || (member && deal.replaced))) revert NotCustomer(msg.sender);
            if (_isOver(deal)) revert DeadlinePassed(id, deal.deadline);
            if (deal.attested) _ask(id, deal, terms, IValidationOracle.Kind.Evaluation, State.Evaluating);
            else _ask(id, deal, terms, IValidationOracle.Kind.Attestation, State.Attesting);
        } else if (_awaitsRedelivery(deal) && artifact == Artifact.Model && isDeveloper) {
            _ask(id, deal, terms, IValidationOracle.Kind.Delivery, State.Delivering);
        }
    }

    function _advanceGranting(uint256 id, Deal storage deal) internal {
        _requireOver(id, deal);
        Terms memory terms = _termsOf(deal);
        _refund(id, deal, terms, Cause.CustomerSilent, terms.request.killFee);
    }

    /// @dev Whether the fresh panel for a delivery has not been asked yet.
    function _awaitsRedelivery(Deal storage deal) internal view returns (bool) {
        return deal.state == State.Delivering && deal.requestId == 0;
    }

    /* ATTESTING */

    function _advanceAttesting(uint256 id, Deal storage deal) internal {
        Terms memory terms = _termsOf(deal);
        IValidationOracle.Outcome outcome = _takeResult(id, deal, terms).outcome;
        if (outcome == IValidationOracle.Outcome.Scored) {
            deal.attested = true;
            _startBuilding(id, deal);
        } else if (_isUndecided(outcome)) {
            _replacePanel(id, deal, terms, outcome);
        } else {
            _announceRefund(id, deal, terms, Cause.BadData);
        }
    }

    /* ASKING */

    /// @dev Gives the panel its next request and enters the state in which it is answered.
    function _ask(uint256 id, Deal storage deal, Terms memory terms, IValidationOracle.Kind kind, State state)
        internal
    {
        bool isEvaluation = kind == IValidationOracle.Kind.Evaluation;
        uint256 requestId = ORACLE.request(
            IValidationOracle.RequestTerms({
                panelId: deal.panelId,
                kind: kind,
                subject: kind == IValidationOracle.Kind.Attestation ? terms.request.dataset : deal.manifest,
                commitWindow: terms.rules.timeouts.commit,
                revealWindow: terms.rules.timeouts.reveal,
                appealWindow: isEvaluation ? terms.rules.timeouts.appeal : 0,
                tolerance: terms.request.tolerance
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        deal.requestId = uint48(requestId); // a counter: 2^48 is out of reach
        emit RequestAssigned(id, requestId);
        _enter(id, deal, state, block.timestamp + terms.rules.timeouts.commit + terms.rules.timeouts.reveal);
    }

    /// @dev The provisional result, worked out by now or by this call, and until when it can be appealed.
    function _tally(uint256 id, Deal storage deal)
        internal
        returns (IValidationOracle.Outcome outcome, uint40 appealEnds)
    {
        (outcome, appealEnds) = ORACLE.standing(deal.requestId);
        if (outcome != IValidationOracle.Outcome.Pending) return (outcome, appealEnds);
        // slither-disable-start unused-return -- `standing` tells what is asked
        // solhint-disable-next-line no-empty-blocks
        try ORACLE.tally(deal.requestId) {}
        catch {
            _nothingDue(id, deal);
        }
        // slither-disable-end unused-return
        return ORACLE.standing(deal.requestId);
    }

    /// @dev The final result, worked out by this call if need be; those who earned their fee get it.
    function _takeResult(uint256 id, Deal storage deal, Terms memory terms)
        internal
        returns (IValidationOracle.Result memory)
    {
        try ORACLE.finalise(deal.requestId) returns (
            IValidationOracle.Result memory result, address[] memory paid
        ) {
            _pay(id, deal, terms.request.token, paid, terms.request.evaluationFee);
            return result;
        } catch {
            _nothingDue(id, deal);
        }
    }

    /// @dev Once in a deal a panel that gave no answer gets new members: for its silent ones, or, where all spoke and could
    /// not agree, for everybody.
    function _replacePanel(
        uint256 id,
        Deal storage deal,
        Terms memory terms,
        IValidationOracle.Outcome outcome
    ) internal {
        if (deal.replaced) {
            _refund(id, deal, terms, Cause.PanelSilent, 0);
            return;
        }
        deal.replaced = true;
        if (outcome == IValidationOracle.Outcome.NoQuorum) ORACLE.replaceSilent(deal.requestId);
        else _dropPanel(deal);
        _enter(id, deal, State.Drawing, block.timestamp + terms.rules.timeouts.draw);
    }

    /// @dev Lets the panel go, so that the next draw opens a fresh one.
    function _dropPanel(Deal storage deal) internal {
        _dissolvePanel(deal);
        (deal.panelId, deal.requestId) = (0, 0);
    }

    function _isUndecided(IValidationOracle.Outcome outcome) internal pure returns (bool) {
        return
            outcome == IValidationOracle.Outcome.NoQuorum || outcome == IValidationOracle.Outcome.Inconclusive;
    }

    /* PARTS IN THE DEAL */

    /// @inheritdoc IAuditClient
    function playsPart(uint256 id, address account) external view returns (bool) {
        Deal storage deal = _dealOf(id);
        return account == deal.terms.customerOf() || account == deal.developer || _isMember(deal, account);
    }

    function _isMember(Deal storage deal, address account) private view returns (bool) {
        return deal.panelId != 0 && ORACLE.isMember(deal.panelId, account);
    }
}
