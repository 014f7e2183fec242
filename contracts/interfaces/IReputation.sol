// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A module's finished deals, as facts: an adapter that only reads.
interface IFactSource {
    /// @dev What happened to `subject` in a deal, `count` times. Weights are millionths of a fact, at most
    /// `IReputation.MAX_WEIGHT`: what speaks for somebody weighs by what the deal has paid to others than its two parties,
    /// as a sham deal's price stays in the family.
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

    error NotFinal(uint256 dealId);
    error NotSettled(uint256 dealId);

    /// @notice All facts of a deal, at most `IReputation.MAX_FACTS`, none where nobody did or missed anything. What happened
    /// never changes any more; what it weighs may follow the market's rules. Reverts `NotFinal` while the deal is open.
    function factsOf(uint256 dealId) external view returns (Fact[] memory);

    /// @notice Who may rate whom. Reverts `NotSettled` unless the deal was paid.
    function saleOf(uint256 dealId) external view returns (Sale memory);
}

/// @title What participants have done, from the facts of finished deals, and a score that follows from it.
/// @notice Nothing is pushed here and no deal waits for it: anyone brings in a finished deal (`record`), so that nobody can
/// keep a failure out. Only the customer of a paid deal rates, once. Facts and ratings lose half their weight in
/// `HALF_LIFE`, by whole days. Paper section V-C.
///
/// The score starts at `PRIOR` and is the average, in ppm, of `PRIOR_WEIGHT` facts of that value, of all facts (a good kind
/// is 1,000,000, a bad one 0), each by its own and its kind's weight, and of the ratings (one star 0, five 1,000,000). Ratings
/// weigh a third of prior and facts at most, so a quarter of the whole, however many there are.
/// Trust assumptions: governance names the sources, and a source is believed. A fact counts from the day on which it is
/// recorded. Who buys sham deals buys facts; what that costs is in docs/mechanism.md. No money depends on a score here.
interface IReputation {
    /// @dev Odd ones speak for their subject, even ones against it.
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
        DataSound, // a customer's validation data, as a panel found them
        BadData,
        ConsentHonoured, // requests of the persons behind the data
        ConsentIgnored
    }

    event SourceSet(address indexed source, bool trusted);
    event FactRecorded(
        address indexed source,
        uint256 indexed dealId,
        address indexed subject,
        uint8 domain,
        Kind kind,
        uint8 count,
        uint256 weight
    );
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

    error UnknownSource(address source);
    error AlreadyRecorded(address source, uint256 dealId);
    /// @notice Nobody did or missed anything in that deal.
    error NoFacts(address source, uint256 dealId);
    error TooManyFacts(address source, uint256 count);
    error InvalidFact(address subject, Kind kind);
    error InvalidStars(uint8 stars);
    error NotBuyer(address caller, address buyer);
    error AlreadyRated(address source, uint256 dealId);

    /// @notice Trusts a source, or no longer; governance only. What it has said stays.
    function setSource(IFactSource source, bool trusted) external;

    /// @notice Brings in the facts of a finished deal; anyone, once a deal.
    function record(IFactSource source, uint256 dealId) external;

    /// @notice Rates the developer of a paid deal; its customer only, once. Weighs what the deal has paid to others than the
    /// two.
    /// @param stars 1 to 5.
    /// @param comment digest of a text, 0 for none.
    function rate(IFactSource source, uint256 dealId, uint8 stars, bytes32 comment) external;

    /// @notice The score in a domain, in ppm.
    function scoreOf(address account, uint8 domain) external view returns (uint32);

    /// @notice The score over all domains; for readers: it visits every domain of Policy's list.
    function overall(address account) external view returns (uint32);

    /// @notice What the score is made of, as of today, in millionths of a fact.
    /// @param domain 0 for all of them together, at the cost of `overall`.
    /// @return facts by `Kind`; the first is always 0.
    /// @return ratingWeight of all ratings together.
    /// @return ratingSum of weight × (stars − 1).
    function partsOf(address account, uint8 domain)
        external
        view
        returns (uint256[] memory facts, uint256 ratingWeight, uint256 ratingSum);

    function isSource(IFactSource source) external view returns (bool);
    function isRecorded(IFactSource source, uint256 dealId) external view returns (bool);
    function isRated(IFactSource source, uint256 dealId) external view returns (bool);
}
