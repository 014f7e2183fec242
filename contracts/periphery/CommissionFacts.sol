// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IFactSource, IReputation} from "../interfaces/IReputation.sol";
import {CommissionTerms, Terms} from "../market/CommissionTerms.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionRecord} from "./CommissionRecord.sol";

/// @title CommissionFacts
/// @notice What a finished commission says about its customer, its developer and its auditors.
/// @dev Read from what the market keeps of a deal: the number of attempts, the last audit and how the deal ended. So
/// where several attempts passed and failed their audits, all but the last count as having failed their validation; an
/// attempt that a panel could not agree on does too.
contract CommissionFacts is IFactSource {
    using CommissionRecord for uint256[];
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];

    /// @notice A deal weighs as much as one fact when it pays this many times its token's least evaluation fee to
    /// others than its two parties.
    uint256 public constant FEES_PER_FACT = 20;

    uint256 private constant ONE = 1_000_000; // a fact, in millionths; also ppm
    /// @dev Questions that a panel answers at least: attestation and evaluation.
    uint256 private constant ROUNDS = 2;
    /// @dev At most: passed, failed and in time, an audit and a lost dispute of the developer; in time, sound data and
    /// a won dispute of the customer. Auditors come to these.
    uint256 private constant OF_PARTIES = 8;

    ICommissionMarket private immutable MARKET;
    IAuditRegistry private immutable AUDITS;
    IPolicy private immutable POLICY;

    constructor(ICommissionMarket market, IAuditRegistry audits, IPolicy policy) {
        MARKET = market;
        AUDITS = audits;
        POLICY = policy;
    }

    /// @dev What the facts about a deal rest on.
    struct Ended {
        ICommissionMarket.State state;
        ICommissionMarket.Cause cause;
        address customer;
        address developer;
        address token;
        uint8 domain;
        uint8 attempts;
        uint8 panelSize;
        uint8 audits;
        uint32 feePpm;
        uint96 price;
        uint256 earned; // base units paid out to validators and auditors
        uint96 evaluationFee;
        uint96 auditFee;
        uint48 auditId;
    }

    /// @dev The facts found so far, in an array with room for more.
    struct Found {
        Fact[] facts;
        uint256 length;
        uint256 paid; // weight of facts in somebody's favour
        uint256 atStake; // and of facts against somebody
    }

    /* THE SOURCE */

    /// @inheritdoc IFactSource
    function factsOf(uint256 dealId) external view returns (Fact[] memory facts) {
        Ended memory c = _ended(dealId);
        if (!_isSettled(c) && c.state != ICommissionMarket.State.Refunded) revert NotFinal(dealId);
        IAuditRegistry.AuditView memory audit = _auditOf(c);
        uint256 room = OF_PARTIES + audit.seats.length + audit.silent.length;
        Found memory found = Found(new Fact[](room), 0, _weightOf(c, _paid(c)), 0);
        found.atStake = Math.max(ONE, _weightOf(c, _atStake(c)));
        _addOfDeveloper(found, c);
        _addOfCustomer(found, c);
        _addOfDispute(found, c);
        _addOfAudit(found, c, audit);
        return _trimmed(found);
    }

    /// @inheritdoc IFactSource
    function saleOf(uint256 dealId) external view returns (Sale memory) {
        Ended memory c = _ended(dealId);
        if (!_isSettled(c)) revert NotSettled(dealId);
        return Sale(c.customer, c.developer, c.domain, _weightOf(c, _paid(c)));
    }

    function _ended(uint256 dealId) private view returns (Ended memory c) {
        uint256[] memory record = MARKET.record(dealId);
        Terms memory terms = record.terms().load();
        (c.state, c.cause, c.attempts) = (record.state(), record.cause(), record.attempts());
        (c.customer, c.developer, c.auditId) = (terms.customer(), record.developer(), record.auditId());
        (c.token, c.domain, c.panelSize) = (terms.token(), terms.domain(), terms.panelSize());
        (c.audits, c.feePpm) = (terms.rules.audits(), terms.rules.feePpm());
        c.price = record.price();
        c.earned = record.spent() - uint256(record.steps()) * terms.rules.stepFee();
        (c.evaluationFee, c.auditFee) = (terms.evaluationFee(), terms.auditFee());
    }

    /* WEIGHTS */

    /// @dev To validators, auditors and the treasury. The developer's payees may be its own, and a party can take steps
    /// itself.
    function _paid(Ended memory c) private pure returns (uint256) {
        return _isSettled(c) ? c.earned + _fee(c) : c.earned;
    }

    /// @dev What the deal would have paid had its first attempt passed; so failing early in a large deal weighs as
    /// much as failing late.
    function _atStake(Ended memory c) private pure returns (uint256) {
        uint256 panel = ROUNDS * c.panelSize * c.evaluationFee;
        return panel + uint256(c.audits) * c.auditFee + _fee(c);
    }

    function _fee(Ended memory c) private pure returns (uint256) {
        return uint256(c.price) * c.feePpm / ONE;
    }

    /// @dev By the token's present rule, so that tokens of any worth compare; one fact where governance asks for no
    /// fee.
    function _weightOf(Ended memory c, uint256 amount) private view returns (uint256) {
        uint256 unit = FEES_PER_FACT * POLICY.tokenRule(c.token).minEvaluationFee;
        return unit == 0 ? ONE : amount * ONE / unit;
    }

    /* FACTS */

    /// @dev A model that was audited, delivered or paid for has passed; the market does not store whether several have.
    /// If the deal ended before the panel answered, nothing is said about the last attempt. The deadline is that of the
    /// developer's clock.
    function _addOfDeveloper(Found memory found, Ended memory c) private pure {
        uint8 passed = _hasPassed(c) ? 1 : 0;
        uint8 untested = c.attempts != 0 && _endedBeforeItsPanelSpoke(c.cause) ? 1 : 0;
        _add(found, c, c.developer, IReputation.Kind.ValidationPassed, passed);
        uint256 failed = Math.saturatingSub(c.attempts - passed, untested);
        // forge-lint: disable-next-line(unsafe-typecast)
        _add(found, c, c.developer, IReputation.Kind.ValidationFailed, uint8(failed)); // at most the attempts
        if (c.cause == ICommissionMarket.Cause.DeveloperSilent) {
            _add(found, c, c.developer, IReputation.Kind.DeadlineMissed, 1);
        } else if (_isSettled(c) || _endedByItsSubmissions(c.cause)) {
            _add(found, c, c.developer, IReputation.Kind.DeadlineKept, 1);
        }
    }

    /// @dev The deadline is that for the grant of the data's key. Building begins when a panel has found the data as
    /// committed.
    function _addOfCustomer(Found memory found, Ended memory c) private pure {
        bool sound = c.attempts != 0 || c.cause == ICommissionMarket.Cause.DeveloperSilent
            || c.cause == ICommissionMarket.Cause.Overturned;
        bool bad = c.cause == ICommissionMarket.Cause.BadData;
        if (c.cause == ICommissionMarket.Cause.CustomerSilent) {
            _add(found, c, c.customer, IReputation.Kind.DeadlineMissed, 1);
        } else if (sound) {
            _add(found, c, c.customer, IReputation.Kind.DeadlineKept, 1);
        }
        if (sound) _add(found, c, c.customer, IReputation.Kind.DataSound, 1);
        if (bad) _add(found, c, c.customer, IReputation.Kind.BadData, 1);
    }

    /// @dev About a ruling that changed the announced end. A customer wins against it before there is a submission, a
    /// developer after; the panel or the auditors whose work was overturned are no parties. Whoever contested in vain
    /// has paid for the jury.
    function _addOfDispute(Found memory found, Ended memory c) private pure {
        bool lost = c.cause == ICommissionMarket.Cause.DisputeLost;
        if (!lost && c.cause != ICommissionMarket.Cause.Overturned) return;
        bool customerWon = lost || c.attempts == 0;
        _add(found, c, customerWon ? c.customer : c.developer, IReputation.Kind.DisputeWon, 1);
        if (lost) _add(found, c, c.developer, IReputation.Kind.DisputeLost, 1);
    }

    /// @dev The deal's last audit, empty where it had none.
    function _auditOf(Ended memory c) private view returns (IAuditRegistry.AuditView memory audit) {
        if (c.auditId != 0) audit = AUDITS.audit(c.auditId);
    }

    function _addOfAudit(Found memory found, Ended memory c, IAuditRegistry.AuditView memory audit)
        private
        pure
    {
        if (audit.outcome == IAuditRegistry.Outcome.Approved) {
            _add(found, c, c.developer, IReputation.Kind.AuditPassed, 1);
        } else if (
            audit.outcome == IAuditRegistry.Outcome.Rejected && c.cause != ICommissionMarket.Cause.Overturned
        ) {
            _add(found, c, c.developer, IReputation.Kind.AuditFailed, 1);
        }
        for (uint256 i = 0; i < audit.seats.length; ++i) {
            if (audit.seats[i].at == 0) continue;
            _add(found, c, audit.seats[i].auditor, IReputation.Kind.DeadlineKept, 1);
        }
        for (uint256 i = 0; i < audit.silent.length; ++i) {
            _add(found, c, audit.silent[i], IReputation.Kind.DeadlineMissed, 1);
        }
    }

    /* HOW A DEAL ENDED */

    function _isSettled(Ended memory c) private pure returns (bool) {
        return c.state == ICommissionMarket.State.Settled;
    }

    function _hasPassed(Ended memory c) private pure returns (bool) {
        return _isSettled(c) || c.auditId != 0 || c.cause == ICommissionMarket.Cause.DeliveryFailed
            || c.cause == ICommissionMarket.Cause.DeliveryRefuted
            || c.cause == ICommissionMarket.Cause.DisputeLost;
    }

    function _endedBeforeItsPanelSpoke(ICommissionMarket.Cause cause) private pure returns (bool) {
        return cause == ICommissionMarket.Cause.PanelNotSeated
            || cause == ICommissionMarket.Cause.CustomerSilent || cause == ICommissionMarket.Cause.PanelSilent
            || cause == ICommissionMarket.Cause.Overturned;
    }

    function _endedByItsSubmissions(ICommissionMarket.Cause cause) private pure returns (bool) {
        return cause == ICommissionMarket.Cause.AttemptsSpent
            || cause == ICommissionMarket.Cause.AuditRejected || cause == ICommissionMarket.Cause.DisputeLost;
    }

    /* FOUND */

    function _add(Found memory found, Ended memory c, address subject, IReputation.Kind kind, uint8 count)
        private
        pure
    {
        if (count == 0) return;
        uint256 weight = uint8(kind) % 2 == 1 ? found.paid : found.atStake;
        found.facts[found.length++] = Fact(subject, c.domain, kind, count, weight);
    }

    function _trimmed(Found memory found) private pure returns (Fact[] memory facts) {
        facts = new Fact[](found.length);
        for (uint256 i = 0; i < facts.length; ++i) {
            facts[i] = found.facts[i];
        }
    }
}
