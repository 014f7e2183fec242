// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A module's finished deals as facts: an adapter that only reads.
interface IFactSource {
    /// @dev What happened to `subject` in a deal, `count` times. Weights are millionths of a fact, at most
    /// `IReputation.MAX_WEIGHT`. What speaks for somebody weighs by what the deal has paid to others than its two
    /// parties, because the price of a sham deal stays in the family.
    struct Fact {
        address subject;
        uint8 domain;
        IReputation.Kind kind;
        uint8 count;
        uint256 weight; // of each
    }

    /// @dev A deal that was paid.
    struct Sale {
        address customer;
        address developer;
        uint8 domain;
        uint256 weight; // of a rating
    }

    /// @notice Deal {dealId} is still open.
    /// @custom:hint Wait until it is settled or refunded.
    error NotFinal(uint256 dealId);
    /// @notice Deal {dealId} was not paid.
    /// @custom:hint Only the buyer in a settled deal can rate.
    error NotSettled(uint256 dealId);

    /// @notice All facts of a deal, at most `IReputation.MAX_FACTS`; none where nobody did or missed anything. What
    /// happened never changes any more, but what it weighs may follow the market's rules. Reverts `NotFinal` while
    /// the deal is open.
    function factsOf(uint256 dealId) external view returns (Fact[] memory);

    /// @notice Who may rate whom. Reverts `NotSettled` unless the deal was paid.
    function saleOf(uint256 dealId) external view returns (Sale memory);
}

/// @title What participants have done, from the facts of finished deals, and a score that follows from it.
/// @notice Nothing is pushed here, and no deal waits for it. Anyone brings in a finished deal (`record`), so nobody
/// can keep a failure out. Only the customer of a paid deal rates, once. Facts and ratings lose half their weight in
/// `HALF_LIFE`, by whole days. Paper section V-C.
///
/// The score is an average in ppm, of three things: `PRIOR`, with the weight of `PRIOR_WEIGHT` facts; all facts (a
/// good kind is 1,000,000, a bad one 0), each by its own weight and its kind's; and the ratings (one star is 0, five
/// are 1,000,000). Ratings weigh at most a third of prior and facts, so a quarter of the whole, however many there
/// are.
/// Trust assumptions: governance names the sources, and a source is believed. A fact counts from the day on which it
/// is recorded. Whoever buys sham deals buys facts; what that costs is in docs/mechanism.md. No money depends on a
/// score here.
interface IReputation {
    /// @dev Odd kinds speak for their subject, even ones against it.
    enum Kind {
        None,
        ValidationPassed, // a developer's submissions
        ValidationFailed,
        DeadlineKept, // anyone's
        DeadlineMissed,
        AuditPassed, // a developer's models
        AuditFailed,
        DisputeWon,
        DisputeLost,
        DataSound, // a customer's validation data, as a panel found it
        BadData,
        ConsentHonoured, // requests of the people behind the data
        ConsentIgnored
    }

    /// @notice Governance has trusted a source, or no longer trusts it.
    event SourceSet(address indexed source, bool trusted);
    /// @notice A fact about `subject` counts from today; `weight` is in millionths of a fact, for each of `count`.
    event FactRecorded(
        address indexed source,
        uint256 indexed dealId,
        address indexed subject,
        uint8 domain,
        Kind kind,
        uint8 count,
        uint256 weight
    );
    /// @notice The customer of a paid deal has rated its developer; `weight` is in millionths of a fact.
    /// @param comment digest of a text, 0 for none.
    event Rated(
        address indexed source,
        uint256 indexed dealId,
        address indexed subject,
        address rater,
        uint8 domain,
        uint8 stars,
        uint256 weight,
        bytes32 comment
    );

    /// @notice {source} is not a source of facts that this market trusts.
    /// @custom:hint Use the market's CommissionFacts; governance names the sources.
    error UnknownSource(address source);
    /// @notice The facts of deal {dealId} have been recorded.
    /// @custom:hint There is nothing left to do.
    error AlreadyRecorded(address source, uint256 dealId);
    /// @notice Deal {dealId} says nothing about anybody.
    /// @custom:hint There is nothing to record.
    error NoFacts(address source, uint256 dealId);
    /// @notice {source} states {count} facts about one deal, more than the limit.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error TooManyFacts(address source, uint256 count);
    /// @notice A fact about {subject} (kind: {kind}) has no kind or no domain.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error InvalidFact(address subject, Kind kind);
    /// @notice A rating has one to five stars, not {stars}.
    /// @custom:hint Give one of these.
    error InvalidStars(uint8 stars);
    /// @notice Only {buyer}, the buyer, can rate this deal, not {caller}.
    /// @custom:hint Use the buyer's wallet.
    error NotBuyer(address caller, address buyer);
    /// @notice Deal {dealId} has been rated.
    /// @custom:hint A deal is rated once.
    error AlreadyRated(address source, uint256 dealId);

    /// @notice Trusts a source, or stops trusting it; governance only. What it has said stays.
    function setSource(IFactSource source, bool trusted) external;

    /// @notice Brings in the facts of a finished deal; anyone, once for each deal.
    function record(IFactSource source, uint256 dealId) external;

    /// @notice Rates the developer of a paid deal; its customer only, once. The rating weighs by what the deal has
    /// paid to others than the two.
    /// @param stars 1 to 5.
    /// @param comment digest of a text, 0 for none.
    function rate(IFactSource source, uint256 dealId, uint8 stars, bytes32 comment) external;

    /// @notice An account's score in one domain, in ppm.
    function scoreOf(address account, uint8 domain) external view returns (uint32);

    /// @notice An account's score over all domains, in ppm. For readers: it visits every domain of Policy's list.
    function overall(address account) external view returns (uint32);

    /// @notice What a score is made of, as of today, in millionths of a fact.
    /// @param domain 0 for all of them together, at the cost of `overall`.
    /// @return facts by `Kind`; the first is always 0.
    /// @return ratingWeight of all ratings together.
    /// @return ratingSum of weight × (stars − 1).
    function partsOf(address account, uint8 domain)
        external
        view
        returns (uint256[] memory facts, uint256 ratingWeight, uint256 ratingSum);

    /// @notice Whether the source is trusted now.
    function isSource(IFactSource source) external view returns (bool);
    /// @notice Whether the facts of a deal have been recorded.
    function isRecorded(IFactSource source, uint256 dealId) external view returns (bool);
    /// @notice Whether a deal has been rated.
    function isRated(IFactSource source, uint256 dealId) external view returns (bool);
}
