// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {CommissionTerms, Shares, Terms} from "./CommissionTerms.sol";
import {CommissionPanel} from "./CommissionPanel.sol";

/// @title From a model that passed to payment: audit, delivery, settlement.
abstract contract CommissionDelivery is CommissionPanel {
    using CommissionTerms for address;

    /* AUDITING */

    /// @dev What follows an accepted submission.
    function _accept(uint256 id, Deal storage deal, Terms memory terms) internal {
        if (terms.rules.audits == 0) {
            _ask(id, deal, terms, IValidationOracle.Kind.Delivery, State.Delivering);
            return;
        }
        bytes memory asking = RULES.auditing(id, deal.terms, deal.manifest, deal.developer);
        uint256 auditId = uint256(bytes32(_callFor(address(AUDITS), asking)));
        // forge-lint: disable-next-line(unsafe-typecast)
        deal.auditId = uint48(auditId); // a counter: 2^48 is out of reach
        emit AuditAssigned(id, auditId);
        _enter(id, deal, State.Auditing, block.timestamp + terms.rules.timeouts.audit);
    }

    function _advanceAuditing(uint256 id, Deal storage deal) internal {
        try AUDITS.conclude(deal.auditId) returns (IAuditRegistry.Outcome outcome, address[] memory paid) {
            Terms memory terms = _termsOf(deal);
            _pay(id, deal, terms.request.token, paid, terms.request.auditFee);
            if (outcome == IAuditRegistry.Outcome.Approved) {
                _ask(id, deal, terms, IValidationOracle.Kind.Delivery, State.Delivering);
            } else if (outcome == IAuditRegistry.Outcome.Rejected) {
                _retry(id, deal, terms, Cause.AuditRejected);
            } else {
                _refund(id, deal, terms, Cause.AuditorsUnavailable, 0);
            }
        } catch {
            if (!AUDITS.advance(deal.auditId)) _nothingDue(id, deal);
        }
    }

    /// @dev Back to building after a rejected submission, or the end when the cap is reached.
    function _retry(uint256 id, Deal storage deal, Terms memory terms, Cause cause) internal {
        if (deal.attempts < terms.request.submissionCap) _startBuilding(id, deal);
        else _announceRefund(id, deal, terms, cause);
    }

    /* DELIVERING */

    /// @dev The panel attests; failing that, a fresh panel to which the developer has granted the model's key, or which
    /// somebody else may have granted it when the developer's time is up.
    function _advanceDelivering(uint256 id, Deal storage deal) internal {
        Terms memory terms = _termsOf(deal);
        if (!_awaitsRedelivery(deal)) {
            _takeDelivery(id, deal, terms);
            return;
        }
        (bool seated, bool now_) = _seat(deal);
        if (_isOver(deal)) {
            if (seated) _ask(id, deal, terms, IValidationOracle.Kind.Delivery, State.Delivering);
            else _announceRefund(id, deal, terms, Cause.DeliveryFailed);
        } else if (!seated) {
            _arm(id, deal, terms);
        } else if (!now_) {
            _nothingDue(id, deal);
        }
    }

    function _takeDelivery(uint256 id, Deal storage deal, Terms memory terms) private {
        IValidationOracle.Result memory result = _takeResult(id, deal, terms);
        if (result.outcome == IValidationOracle.Outcome.Scored) {
            deal.deliveredGrants = result.manifest;
            emit DeliveryAttested(id, result.manifest);
            _dissolvePanel(deal);
            _enter(id, deal, State.Challenge, block.timestamp + terms.rules.timeouts.challenge);
        } else if (deal.redelivering) {
            _announceRefund(id, deal, terms, Cause.DeliveryFailed);
        } else {
            deal.redelivering = true;
            _dropPanel(deal);
            _enter(
                id,
                deal,
                State.Delivering,
                block.timestamp + terms.rules.timeouts.draw + terms.rules.timeouts.delivery
            );
        }
    }

    /* SETTLEMENT */

    /// @inheritdoc ICommissionMarket
    /// @dev The model is registered first: a caller who leaves it too little gas has then too little for the payments too.
    function settle(uint256 id, IModelRegistry.Submission calldata submission) external nonReentrant {
        Deal storage deal = _dealOf(id);
        _requireState(id, deal, State.Challenge);
        if (deal.cause != Cause.None) revert RefundIsPending(id, deal.cause);
        _requireOver(id, deal);
        bytes32 submissionHash = _hashOf(submission);
        if (submissionHash != deal.submissionHash) {
            revert SubmissionMismatch(id, deal.submissionHash, submissionHash);
        }
        Shares memory shares = deal.terms.loadShares();
        uint256 modelId = _register(id, deal, shares.customer, submission, submissionHash);

        _enter(id, deal, State.Settled, 0);
        uint256 fee = uint256(deal.price) * shares.feePpm / PPM;
        (IEscrow.Payment[] memory payments, uint256 returned) =
            _split(id, deal, shares, submission.payees, fee);
        emit Settled(id, modelId, deal.price, fee, returned);
        ESCROW.releaseEach(bytes32(id), shares.token, payments);
    }

    /// @dev `keccak256(abi.encode(submission))` for a caller who encodes as everybody does, without encoding it once more:
    /// the hash covers all that is read of the submission, as nothing is read from before it.
    function _hashOf(IModelRegistry.Submission calldata submission) private pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := submission // where it begins in the calldata
        }
        return keccak256(bytes.concat(bytes32(uint256(32)), msg.data[start:]));
    }

    /// @dev Mints the model to the customer. Submission has checked all that the registry asks, so it refuses only a market
    /// that was retired since, or a manifest that another market has registered: then the deal is paid without a token.
    function _register(
        uint256 id,
        Deal storage deal,
        address customer,
        IModelRegistry.Submission calldata submission,
        bytes32 submissionHash
    ) private returns (uint256) {
        IModelRegistry.Registration memory version = IModelRegistry.Registration({
            manifest: submission.manifest,
            submissionHash: submissionHash,
            developer: deal.developer,
            dealId: id,
            score: deal.lastScore
        });
        try MODELS.registerModel(customer, version, submission.lineage) returns (uint256 modelId) {
            return modelId;
        } catch {
            return 0;
        }
    }

    /// @dev All of the hold: payees their shares rounded down, the developer the rest of the price and the bond, the
    /// treasury its fee, the customer what is left.
    function _split(
        uint256 id,
        Deal storage deal,
        Shares memory shares,
        IModelRegistry.Payee[] calldata payees,
        uint256 fee
    ) private view returns (IEscrow.Payment[] memory payments, uint256 returned) {
        payments = new IEscrow.Payment[](payees.length + 3);
        uint256 price = deal.price;
        uint256 toDeveloper = price + shares.bond;
        for (uint256 i = 0; i < payees.length; ++i) {
            uint256 share = price * payees[i].ppm / PPM;
            toDeveloper -= share;
            payments[i + 3] = IEscrow.Payment(payees[i].account, share);
        }
        returned = _held(id, shares.token) - price - shares.bond - fee;
        payments[0] = IEscrow.Payment(deal.developer, toDeveloper);
        payments[1] = IEscrow.Payment(shares.treasury, fee);
        payments[2] = IEscrow.Payment(shares.customer, returned);
    }
}
