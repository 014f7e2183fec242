// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IPolicy} from "../interfaces/IPolicy.sol";
import {IFactSource, IReputation} from "../interfaces/IReputation.sol";
import {Decay} from "./Decay.sol";

/// @title Reputation
contract Reputation is IReputation, AccessControl {
    /// @notice A fact, in the millionths in which they are kept.
    uint256 public constant ONE = 1_000_000;
    /// @notice Seconds in which a fact loses half its weight.
    uint256 public constant HALF_LIFE = Decay.HALF_LIFE_DAYS * 1 days;
    /// @notice The score of an account that has done nothing, in ppm.
    uint256 public constant PRIOR = 500_000;
    /// @notice How many facts the prior is worth, in millionths.
    uint256 public constant PRIOR_WEIGHT = 10 * ONE;
    /// @notice The most that one fact or rating weighs, in millionths.
    uint256 public constant MAX_WEIGHT = 4 * ONE;
    /// @notice Facts of one deal at most.
    uint256 public constant MAX_FACTS = 40;

    uint256 private constant PPM = 1_000_000;
    uint256 private constant STAR = PPM / 4; // from one star to the next
    /// @dev What prior and facts weigh at least, in shares of the ratings.
    uint256 private constant FACTS_PER_RATING = 3;

    /// @dev A byte for each kind: what one of them counts. What speaks against somebody counts no less than what
    /// speaks for.
    bytes13 private constant WEIGHTS = hex"00010101020202010401030204";

    /// @dev Places of a ledger: the day of its last change (days since 1970), the facts by kind, the ratings. The kinds
    /// that most deals end with share a slot with the day.
    uint256 private constant DAY = 0;
    uint256 private constant KINDS = 13; // with None, whose place is the day's
    uint256 private constant RATING_WEIGHT = 13;
    uint256 private constant RATING_SUM = 14;

    /// @dev What has been recorded of a deal.
    struct Seen {
        bool recorded;
        bool rated;
    }

    IPolicy private immutable POLICY;

    /// @inheritdoc IReputation
    mapping(IFactSource source => bool) public isSource;
    mapping(IFactSource source => mapping(uint256 dealId => Seen)) private _seen;
    /// @dev Three slots each.
    mapping(address account => mapping(uint8 domain => uint48[15])) private _ledgers;

    constructor(address governance, IPolicy policy) {
        POLICY = policy;
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /* SOURCES */

    /// @inheritdoc IReputation
    function setSource(IFactSource source, bool trusted) external onlyRole(DEFAULT_ADMIN_ROLE) {
        isSource[source] = trusted;
        emit SourceSet(address(source), trusted);
    }

    /* FACTS AND RATINGS */

    /// @inheritdoc IReputation
    function record(IFactSource source, uint256 dealId) external {
        _requireSource(source);
        if (_seen[source][dealId].recorded) revert AlreadyRecorded(address(source), dealId);
        _seen[source][dealId].recorded = true;
        IFactSource.Fact[] memory facts = source.factsOf(dealId);
        if (facts.length == 0) revert NoFacts(address(source), dealId);
        if (facts.length > MAX_FACTS) revert TooManyFacts(address(source), facts.length);
        _enter(source, dealId, facts);
    }

    /// @inheritdoc IReputation
    function rate(IFactSource source, uint256 dealId, uint8 stars, bytes32 comment) external {
        _requireSource(source);
        if (_seen[source][dealId].rated) revert AlreadyRated(address(source), dealId);
        if (stars == 0 || stars > 5) revert InvalidStars(stars);
        _seen[source][dealId].rated = true;
        IFactSource.Sale memory sale = source.saleOf(dealId);
        if (msg.sender != sale.customer) revert NotBuyer(msg.sender, sale.customer);

        uint256 weight = Math.min(sale.weight, MAX_WEIGHT);
        uint48[15] memory ledger = _upToDate(sale.developer, sale.domain);
        ledger[RATING_WEIGHT] = _sum(ledger[RATING_WEIGHT], weight);
        ledger[RATING_SUM] = _sum(ledger[RATING_SUM], weight * (stars - 1));
        _ledgers[sale.developer][sale.domain] = ledger;
        emit Rated(address(source), dealId, sale.developer, msg.sender, sale.domain, stars, weight, comment);
    }

    /* VIEWS */

    /// @inheritdoc IReputation
    function scoreOf(address account, uint8 domain) external view returns (uint32) {
        return _score(_partsOf(account, domain));
    }

    /// @inheritdoc IReputation
    function overall(address account) external view returns (uint32) {
        return _score(_partsOf(account, 0));
    }

    /// @inheritdoc IReputation
    function partsOf(address account, uint8 domain)
        external
        view
        returns (uint256[] memory facts, uint256 ratingWeight, uint256 ratingSum)
    {
        uint256[15] memory parts = _partsOf(account, domain);
        facts = new uint256[](KINDS);
        for (uint256 kind = 1; kind < KINDS; ++kind) {
            facts[kind] = parts[kind];
        }
        (ratingWeight, ratingSum) = (parts[RATING_WEIGHT], parts[RATING_SUM]);
    }

    /// @inheritdoc IReputation
    function isRecorded(IFactSource source, uint256 dealId) external view returns (bool) {
        return _seen[source][dealId].recorded;
    }

    /// @inheritdoc IReputation
    function isRated(IFactSource source, uint256 dealId) external view returns (bool) {
        return _seen[source][dealId].rated;
    }

    /// @notice What one fact of a kind counts.
    function weightOf(Kind kind) public pure returns (uint8) {
        return uint8(WEIGHTS[uint8(kind)]);
    }

    /* LEDGERS */

    function _requireSource(IFactSource source) private view {
        if (!isSource[source]) revert UnknownSource(address(source));
    }

    /// @dev Facts of one subject that follow each other are written together.
    function _enter(IFactSource source, uint256 dealId, IFactSource.Fact[] memory facts) private {
        uint48[15] memory ledger = _upToDate(facts[0].subject, facts[0].domain);
        for (uint256 i = 0; i < facts.length; ++i) {
            IFactSource.Fact memory fact = facts[i];
            if (fact.kind == Kind.None || fact.domain == 0) revert InvalidFact(fact.subject, fact.kind);
            if (i != 0 && !_shareLedger(fact, facts[i - 1])) ledger = _upToDate(fact.subject, fact.domain);
            uint256 place = uint8(fact.kind);
            uint256 weight = Math.min(fact.weight, MAX_WEIGHT);
            ledger[place] = _sum(ledger[place], fact.count * weight);
            bool isLast = i + 1 == facts.length || !_shareLedger(fact, facts[i + 1]);
            if (isLast) _ledgers[fact.subject][fact.domain] = ledger;
            emit FactRecorded(
                address(source), dealId, fact.subject, fact.domain, fact.kind, fact.count, weight
            );
        }
    }

    function _shareLedger(IFactSource.Fact memory a, IFactSource.Fact memory b) private pure returns (bool) {
        return a.subject == b.subject && a.domain == b.domain;
    }

    /// @dev A ledger as of today.
    function _upToDate(address account, uint8 domain) private view returns (uint48[15] memory ledger) {
        ledger = _ledgers[account][domain];
        // forge-lint: disable-next-line(unsafe-typecast)
        uint48 today = uint48(block.timestamp / 1 days); // days since 1970
        if (ledger[DAY] != today) {
            uint256 factor = Decay.factor(today - ledger[DAY]);
            for (uint256 i = DAY + 1; i < ledger.length; ++i) {
                // forge-lint: disable-next-line(unsafe-typecast)
                ledger[i] = uint48(Decay.left(ledger[i], factor)); // no more than it was
            }
            ledger[DAY] = today;
        }
    }

    /// @dev Saturates: 281 million times ONE are out of reach, but no sum may ever stop a deal from being recorded.
    function _sum(uint48 sum, uint256 added) private pure returns (uint48) {
        return uint48(Math.min(sum + added, type(uint48).max));
    }

    /* THE SCORE */

    /// @dev A ledger as of today, or the sum of all domains' ledgers.
    function _partsOf(address account, uint8 domain) private view returns (uint256[15] memory parts) {
        (uint256 first, uint256 last) = domain == 0 ? (1, POLICY.domainCount()) : (domain, domain);
        for (uint256 i = first; i <= last; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint48[15] memory ledger = _upToDate(account, uint8(i)); // no more than the last domain
            for (uint256 place = DAY + 1; place < parts.length; ++place) {
                parts[place] += ledger[place];
            }
        }
    }

    /// @dev One rounding, at the end, so that a good fact never lowers a score and a bad one never raises it. `total`
    /// is less than 2^64, so no product reaches 2^160.
    function _score(uint256[15] memory parts) private pure returns (uint32) {
        (uint256 total, uint256 value) = (PRIOR_WEIGHT, PRIOR_WEIGHT * PRIOR);
        for (uint256 kind = 1; kind < KINDS; ++kind) {
            uint256 weighed = parts[kind] * uint8(WEIGHTS[kind]);
            total += weighed;
            if (kind % 2 == 1) value += weighed * PPM;
        }
        (uint256 ratings, uint256 stars) = (parts[RATING_WEIGHT], parts[RATING_SUM] * STAR);
        if (ratings * FACTS_PER_RATING <= total) return _ppm((value + stars) / (total + ratings));
        // Scaled down to a third of `total`, both sides of the fraction times `ratings`.
        uint256 scaled = FACTS_PER_RATING * ratings * value + total * stars;
        return _ppm(scaled / ((FACTS_PER_RATING + 1) * total * ratings));
    }

    /// @dev The prior keeps every average below a million.
    function _ppm(uint256 value) private pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(value);
    }
}
