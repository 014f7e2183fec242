// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDeliveryClient} from "../interfaces/IDeliveries.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IDealMarket, IRounds} from "../interfaces/IRounds.sol";
import {ITrials} from "../interfaces/ITrials.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Rules} from "../policy/Rules.sol";
import {TrialBase} from "./TrialBase.sol";

/// @title Trials
/// @dev Each trial is one question to a panel. What a panel costs is the buyer's, unless the seller is silent.
contract Trials is TrialBase {
    using Rules for uint256[];
    using SSTORE2 for address;

    /// @dev The question's artifacts: the buyer's data, the seller's model.
    uint8 private constant DATA = 0;
    uint8 private constant MODEL = 1;
    uint8 private constant MODEL_BIT = 2;
    uint8 private constant BOTH_KEYS = 3; // bitmap

    struct Cost {
        uint96 price; // of all seats, base units
        uint8 size; // of the panel, by the price
        uint256 total; // that the buyer pays in, base units
    }

    constructor(Modules memory modules) TrialBase(modules) {}

    /* SELLERS */

    /// @inheritdoc ITrials
    function allow(uint256 offerId, ILicences.Terms calldata terms, Allowance calldata allowance) external {
        _requireTerms(offerId, terms);
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        _allowances[offerId] = allowance;
        emit TrialsAllowed(offerId, msg.sender, allowance);
    }

    /* BUYERS */

    /// @inheritdoc ITrials
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function open(Request calldata request) external nonReentrant returns (uint256 id) {
        bytes32 terms = _requireTerms(request.offerId, request.terms);
        Allowance memory allowance = _allowances[request.offerId];
        if (allowance.quota == 0) revert NoTrialAllowed(request.offerId);
        if (allowance.exclusive != request.exclusive || allowance.bond < request.minBond) {
            revert OtherAllowance(request.offerId, allowance.bond, allowance.exclusive);
        }
        _requireSellable(request.terms);
        address rules = RULEBOOK.rulesForToken(request.terms.offer.token);
        Cost memory cost = _check(request, rules.read(), allowance.exposureFee);
        if (cost.total > request.maxTotal) revert TotalExceeded(cost.total, request.maxTotal);

        id = ++trialCount;
        --_allowances[request.offerId].quota;
        Trial storage self = _trials[id];
        _keep(self, request, allowance);
        (self.price, self.terms, self.rules) = (cost.price, terms, rules);
        uint256 panelId = _openPanel(id, self, cost.size);
        emit TrialOpened(id, self.good, msg.sender, panelId, cost.total, allowance.bond, request);
        _enter(id, self, State.Judging, 0);
        ROUNDS.ask(panelId, _question(request));
        if (allowance.exclusive) GOODS.reserve(self.good, id);
        ESCROW.openHold(bytes32(id), self.token, msg.sender, cost.total);
        if (allowance.bond != 0) ESCROW.fund(bytes32(id), self.token, self.seller, allowance.bond);
    }

    function _keep(Trial storage self, Request calldata request, Allowance memory allowance) private {
        ILicences.Terms calldata terms = request.terms;
        (self.buyer, self.seller, self.exclusive) = (msg.sender, terms.seller, allowance.exclusive);
        (self.token, self.evaluationFee) = (terms.offer.token, request.evaluationFee);
        (self.exposureFee, self.bond) = (allowance.exposureFee, allowance.bond);
        (self.offerId, self.seats) = (SafeCast.toUint48(request.offerId), request.seats);
        (self.royalties, self.feePpm, self.treasury) = (terms.royalties, terms.feePpm, terms.treasury);
        (self.threshold, self.requiredCriteria) = (request.threshold, request.requiredCriteria);
        self.good = terms.offer.good;
    }

    /// @return terms their hash.
    function _requireTerms(uint256 offerId, ILicences.Terms calldata shown)
        private
        view
        returns (bytes32 terms)
    {
        terms = keccak256(abi.encode(shown));
        bytes32 kept = LICENCES.offerHash(offerId);
        if (terms != kept) revert OtherTerms(offerId, kept, terms);
    }

    /// @dev Goods lets the market that reserved a good sell it itself. Here that would be another of its trials.
    function _requireSellable(ILicences.Terms calldata terms) private view {
        bytes32 good = terms.offer.good;
        if (terms.offer.agreement != 0) AGREEMENTS.requireSigned(terms.offer.agreement, msg.sender);
        GOODS.requireSellable(
            good, terms.seller, terms.jurisdiction, terms.edition, msg.sender, terms.offer.audience
        );
        (address module, uint96 dealId) = GOODS.reservationOf(good);
        if (module != address(0)) revert IGoods.GoodReserved(good, module, dealId);
    }

    function _check(Request calldata request, uint256[] memory rules, uint96 exposureFee)
        private
        pure
        returns (Cost memory cost)
    {
        ILicences.Offer calldata offer = request.terms.offer;
        if (request.spec == 0) revert InvalidTrial("spec");
        if (request.dataset == 0) revert InvalidTrial("dataset");
        if (request.seats == 0 || request.seats > offer.seats) revert InvalidTrial("seats");
        uint256 price = uint256(offer.price) * request.seats;
        if (price > type(uint96).max) revert InvalidTrial("seats");
        uint96 minimum = rules.minEvaluationFee();
        if (request.evaluationFee < minimum) revert FeeTooLow(request.evaluationFee, minimum);
        // forge-lint: disable-next-line(unsafe-typecast)
        cost.price = uint96(price); // checked above
        cost.size = rules.panelSize(cost.price);
        cost.total = price + exposureFee + 2 * uint256(cost.size) * request.evaluationFee + PAID_STEPS
            * rules.stepFee();
    }

    /// @dev Drawn afresh, though former panels hold the key: decision 0103.
    // slither-disable-next-line reentrancy-no-eth -- `open` is guarded
    function _openPanel(uint256 id, Trial storage self, uint8 size) private returns (uint256 panelId) {
        panelId = ROUNDS.open(
            id,
            IRounds.Terms({
                customer: self.buyer,
                developer: self.seller,
                token: self.token,
                fee: self.evaluationFee,
                size: size,
                rules: self.rules
            })
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        self.panelId = uint72(panelId); // 40 bits and the room's 32
    }

    function _question(Request calldata request) private view returns (IRounds.Question memory question) {
        (question.kind, question.subjects) = (IValidationOracle.Kind.Score, 1);
        (question.tolerance, question.appealable, question.delivers) = (request.tolerance, true, true);
        (question.fresh, question.work) = (BOTH_KEYS, request.spec);
        (question.artifacts, question.granters) = (new bytes32[](2), new address[](2));
        question.grants = new bytes32[](2);
        (question.artifacts[DATA], question.granters[DATA]) = (request.dataset, msg.sender);
        (question.artifacts[MODEL], question.granters[MODEL]) =
        (request.terms.offer.good, request.terms.seller);
    }

    /* STEPS */

    /// @inheritdoc IDealMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function advance(uint256 id) external nonReentrant {
        Trial storage self = _trialOf(id);
        State state = State(self.at.state());
        if (state == State.Judging) {
            _advanceJudging(id, self);
            return;
        }
        if (state != State.Delivering && state != State.Challenge) self.at.nothingDue(id);
        self.at.requireOver(id);
        _pay(id, self, new address[](0));
        if (state == State.Challenge) _sell(id, self);
        else _refund(id, self, Cause.DeliveryFailed, Exposure.Paid, true);
    }

    function _advanceJudging(uint256 id, Trial storage self) private {
        IRounds.Answer memory answer = ROUNDS.advance(self.panelId);
        if (answer.moved) _pay(id, self, answer.paid);
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.Pending) return;
        bool exposed = _isExposed(self.panelId);
        ROUNDS.close(self.panelId);
        if (outcome == IValidationOracle.Outcome.Answered) {
            _judge(id, self, answer);
            return;
        }
        Cause cause = _causeOf(answer);
        Exposure exposure =
            cause == Cause.CannotOpen ? Exposure.Burnt : exposed ? Exposure.Paid : Exposure.Returned;
        _refund(id, self, cause, exposure, cause == Cause.SellerSilent);
    }

    function _judge(uint256 id, Trial storage self, IRounds.Answer memory answer) private {
        uint16 required = self.requiredCriteria;
        bool passed = answer.scores[0] >= self.threshold && answer.criteria & required == required;
        emit Tried(id, answer.scores[0], answer.criteria, passed);
        if (!passed) {
            _refund(id, self, Cause.Failed, Exposure.Paid, false);
        } else if (!_isTested(self.good)) {
            _refund(id, self, Cause.NotTested, Exposure.Paid, false);
        } else {
            self.word = answer.word;
            _enter(id, self, State.Delivering, block.timestamp + self.rules.read().deliveryWindow());
        }
    }

    /// @dev Whether the seller's grant has reached members: the panel has voted, or only the data's key was missing.
    function _isExposed(uint256 panelId) private view returns (bool) {
        IRounds.RoundView memory round = ROUNDS.roundOf(panelId);
        return round.requestId != 0 || round.needed & MODEL_BIT == 0;
    }

    /// @dev A call that ran out of gas gives no reason; a trial must not end because of it.
    function _isTested(bytes32 good) private view returns (bool) {
        try GOODS.requireTested(good) {
            return true;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            return false;
        }
    }

    /// @dev For every outcome but an answer.
    function _causeOf(IRounds.Answer memory answer) private pure returns (Cause) {
        IValidationOracle.Outcome outcome = answer.outcome;
        if (outcome == IValidationOracle.Outcome.GranterSilent) {
            return answer.artifact == DATA ? Cause.BuyerSilent : Cause.SellerSilent;
        }
        if (outcome == IValidationOracle.Outcome.NotSeated) return Cause.PanelNotSeated;
        if (outcome == IValidationOracle.Outcome.PanelSilent) return Cause.PanelSilent;
        if (outcome == IValidationOracle.Outcome.Undecided) return Cause.Undecided;
        if (outcome == IValidationOracle.Outcome.CannotOpen) return Cause.CannotOpen;
        if (outcome == IValidationOracle.Outcome.Unstable) return Cause.Unstable;
        return Cause.Rejected;
    }

    /* DELIVERING */

    /// @inheritdoc IDeliveryClient
    /// @dev Once the calldata of a delivery can be read, the buyer has the key. So this depends on nothing but the
    /// trial's state, not even on the deadline, and calls nobody.
    function onDelivered(uint256 id, bytes32 word) external {
        Trial storage self = _delivered(id);
        self.at.requireState(id, uint8(State.Delivering));
        KeyExchange.requireAgreed(self.word, word);
        _enter(id, self, State.Challenge, block.timestamp + self.rules.read().challengeWindow());
    }

    /// @inheritdoc IDeliveryClient
    function onRefuted(uint256 id, bytes32 word) external nonReentrant {
        Trial storage self = _delivered(id);
        self.at.requireState(id, uint8(State.Challenge));
        self.at.requireRunning(id);
        KeyExchange.requireAgreed(self.word, word);
        _refund(id, self, Cause.DeliveryRefuted, Exposure.Paid, false);
    }

    /// @dev The trial of a call by `DELIVERIES`.
    function _delivered(uint256 id) private view returns (Trial storage) {
        if (msg.sender != DELIVERIES) revert NotDeliveries(msg.sender);
        return _trialOf(id);
    }

    /* VIEWS */

    /// @inheritdoc ITrials
    function quote(Request calldata request) external view returns (uint256 total) {
        ILicences.Terms calldata terms = request.terms;
        IGoods.Good memory good = GOODS.goodOf(terms.offer.good);
        uint256[] memory rules =
            RULEBOOK.rulesNow(terms.offer.token, good.domain, good.riskClass, terms.jurisdiction);
        return _check(request, rules, _allowances[request.offerId].exposureFee).total;
    }

    /// @inheritdoc ITrials
    function allowanceOf(uint256 offerId) external view returns (Allowance memory) {
        return _allowances[offerId];
    }

    /// @inheritdoc ITrials
    function trial(uint256 id) external view returns (Trial memory) {
        return _trialOf(id);
    }
}
