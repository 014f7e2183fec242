// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IDeliveryClient} from "../interfaces/IDeliveries.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {DealState} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {Splits} from "../kernel/Splits.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";
import {CommissionPanel} from "./CommissionPanel.sol";

/// @title From a model that passed to payment: audit, delivery, settlement.
abstract contract CommissionDelivery is CommissionPanel {
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];

    /// @dev The bit of an AuditReport's scope of that name.
    uint8 private constant EXPLAINABILITY = 1 << 5;

    /* AUDITING */

    /// @dev What follows an accepted submission.
    function _accept(uint256 id, Deal storage self, Terms memory terms) internal {
        if (terms.rules.audits() == 0) {
            _awaitDelivery(id, self, terms);
            return;
        }
        uint256 auditId = AUDITS.request(id, _auditTerms(self, terms));
        // forge-lint: disable-next-line(unsafe-typecast)
        self.auditId = uint48(auditId); // a counter: 2^48 is out of reach
        emit AuditAssigned(id, auditId);
        _enter(id, self, State.Auditing, block.timestamp + terms.rules.auditWindow());
    }

    function _auditTerms(Deal storage self, Terms memory terms)
        private
        view
        returns (IAuditRegistry.AuditTerms memory)
    {
        IPolicy.ShareCap memory share = terms.rules.feeShareCap();
        return IAuditRegistry.AuditTerms({
            subject: self.manifest,
            customer: terms.customer(),
            fee: terms.auditFee(),
            token: terms.token(),
            bond: terms.rules.auditorBond(),
            developer: self.developer,
            domain: terms.domain(),
            auditors: terms.rules.audits(),
            regulator: terms.rules.regulator(),
            window: terms.rules.auditWindow(),
            coolingOff: terms.rules.coolingOff(),
            conformitySet: terms.rules.conformitySet(),
            reverifyInterval: terms.rules.reverifyInterval(),
            scopes: terms.rules.explainability() ? EXPLAINABILITY : 0,
            sharePpm: share.capPpm,
            sharePeriod: share.period,
            shareMinVolume: share.minVolume
        });
    }

    function _advanceAuditing(uint256 id, Deal storage self, Terms memory terms) internal {
        try AUDITS.conclude(self.auditId) returns (IAuditRegistry.Outcome outcome, address[] memory paid) {
            _pay(id, self, terms, paid, terms.auditFee());
            if (outcome == IAuditRegistry.Outcome.Approved) {
                _awaitDelivery(id, self, terms);
            } else if (outcome == IAuditRegistry.Outcome.Rejected) {
                _retry(id, self, terms, Cause.AuditRejected);
            } else {
                _refund(id, self, terms, Cause.AuditorsUnavailable, 0);
            }
        } catch {
            (bool due, bool moved) = AUDITS.advance(self.auditId);
            if (!due) self.at.nothingDue(id);
            if (moved) _payStep(id, self, terms);
        }
    }

    /// @dev Back to building after a rejected submission, or the end when the cap is reached.
    function _retry(uint256 id, Deal storage self, Terms memory terms, Cause cause) internal {
        if (self.attempts < terms.submissionCap()) _startBuilding(id, self);
        else _announceRefund(id, self, terms, cause);
    }

    /* DELIVERING */

    /// @dev The challenge's length is taken down here: the delivery then reads no terms.
    function _awaitDelivery(uint256 id, Deal storage self, Terms memory terms) private {
        _closePanel(self);
        self.challenge = terms.rules.challengeWindow();
        _enter(id, self, State.Delivering, block.timestamp + terms.rules.deliveryWindow());
    }

    /// @inheritdoc IDeliveryClient
    /// @dev Once the calldata of a delivery can be read, the customer has the key. So this depends on nothing but the
    /// deal's state, not even on the deadline. It calls nobody, so it needs no guard.
    function onDelivered(uint256 id, bytes32 word) external {
        Deal storage self = _delivered(id);
        self.at.requireState(id, uint8(State.Delivering));
        KeyExchange.requireAgreed(self.word, word);
        _announce(id, self.challenge);
    }

    /// @inheritdoc IDeliveryClient
    /// @dev Possible while the deal is disputed too: otherwise its developer could keep a refutation out with a
    /// dispute of its own. Only a delivery leads to an end without a cause.
    function onRefuted(uint256 id, bytes32 word) external nonReentrant {
        Deal storage self = _delivered(id);
        if (_stateOf(self) != State.Disputed) {
            self.at.requireState(id, uint8(State.Challenge));
            self.at.requireRunning(id);
        }
        if (self.cause != Cause.None) revert RefundIsPending(id, self.cause);
        KeyExchange.requireAgreed(self.word, word);
        _refund(id, self, _termsOf(self), Cause.DeliveryRefuted, 0);
    }

    /// @dev The deal of a call by `DELIVERIES`.
    function _delivered(uint256 id) private view returns (Deal storage) {
        if (msg.sender != address(DELIVERIES)) revert NotDeliveries(msg.sender);
        return _dealOf(id);
    }

    /* SETTLEMENT */

    /// @inheritdoc ICommissionMarket
    /// @dev The model is registered first: a caller who gives it too little gas then has too little left for the
    /// payments.
    function settle(uint256 id, IModelRegistry.Submission calldata submission) external nonReentrant {
        Deal storage self = _dealOf(id);
        (DealState at, Cause cause) = (self.at, self.cause);
        at.requireState(id, uint8(State.Challenge));
        if (cause != Cause.None) revert RefundIsPending(id, cause);
        at.requireOver(id);
        bytes32 submissionHash = _hashOf(submission);
        if (submissionHash != self.submissionHash) {
            revert SubmissionMismatch(id, self.submissionHash, submissionHash);
        }
        Terms memory terms = _termsOf(self);
        uint256 modelId = _register(id, self, terms.customer(), submission, submissionHash);

        _enter(id, self, State.Settled, 0);
        Splits.Hold memory hold = _holdOf(id, self, terms);
        IEscrow.Payment[] memory payments =
            Splits.divide(hold, new IModelRegistry.Payee[](0), submission.payees);
        // forge-lint: disable-next-line(unsafe-typecast)
        emit Settled(id, modelId, uint96(hold.price), hold.fee, payments[2].amount);
        ESCROW.releaseEach(bytes32(id), terms.token(), payments);
    }

    /// @dev `keccak256(abi.encode(submission))` for a caller who encodes as everybody does, without encoding it again.
    /// The hash covers all that is read of the submission, because nothing before it is read.
    function _hashOf(IModelRegistry.Submission calldata submission) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // In free memory, which is not kept: the offset with which `abi.encode` begins, then all of the calldata
            // from where the submission begins.
            let free := mload(0x40)
            let size := sub(calldatasize(), submission)
            mstore(free, 32)
            calldatacopy(add(free, 32), submission, size)
            hash := keccak256(free, add(size, 32))
        }
    }

    /// @dev Mints the model to the customer. Submission has checked all that the registry asks, so it refuses only a
    /// market that was retired since, or a manifest that another market has registered: then the deal is paid without
    /// a token.
    function _register(
        uint256 id,
        Deal storage self,
        address customer,
        IModelRegistry.Submission calldata submission,
        bytes32 submissionHash
    ) private returns (uint256) {
        IModelRegistry.Registration memory version = IModelRegistry.Registration({
            manifest: submission.manifest,
            submissionHash: submissionHash,
            developer: self.developer,
            dealId: id,
            score: self.lastScore
        });
        try MODELS.registerModel(customer, version, submission.lineage) returns (uint256 modelId) {
            return modelId;
        } catch {
            return 0;
        }
    }

    function _holdOf(uint256 id, Deal storage self, Terms memory terms)
        private
        view
        returns (Splits.Hold memory)
    {
        (address seller, uint256 price) = (self.developer, self.price); // one slot
        return Splits.Hold({
            amount: _held(id, terms.token()),
            price: price,
            bond: terms.bond(),
            fee: price * terms.rules.feePpm() / Splits.PPM,
            seller: seller,
            treasury: terms.rules.treasury(),
            buyer: terms.customer()
        });
    }
}
