// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The market-wide rules, as data.
/// @notice Governance changes them, within bounds that the code fixes; modules ask when a deal opens and snapshot what
/// applies, so that no change touches an open deal. Holds no money. Paper sections IV-E and VI.
interface IPolicy {
    /// @dev One slot. Seconds.
    struct Timeouts {
        uint32 draw; // to draw and seat a panel
        uint32 grant; // for the customer to grant the data key
        uint32 commit; // for a panel to evaluate and commit
        uint32 reveal; // for a panel to reveal
        uint32 appeal; // to appeal a result
        uint32 audit; // for an auditor to post a verdict
        uint32 delivery; // for a fresh panel to be granted the key and attest delivery
        uint32 challenge; // to challenge a delivery
    }

    struct RiskClass {
        bool defined;
        uint8 audits; // blocking auditors, at most MAX_AUDITS
        bool regulator; // one of them must be a regulator
        bool explainability; // audits must cover it
        uint40 reverifyInterval; // seconds, 0 for never
        bool thirdParty; // models must pass a conformity body's own test set
    }

    /// @dev Stakes and bonds in the staking token; ppm of the seat stake for the lesser offences.
    struct Stakes {
        uint96 seat; // locked per seat, lost for a false report
        uint96 auditor; // an auditor's standing bond, lost by silence
        uint32 silencePpm; // of the seat stake: never committed
        uint32 withholdPpm; // of the seat stake: committed, never revealed; at least silencePpm
    }

    /// @dev Antitrust: over `cap` of a domain's awarded value in a period no further bids, once `minVolume` is reached. Of an
    /// auditor's fees: no further one from a party that would have more than `cap` of them.
    struct ShareCap {
        uint32 capPpm; // 0 switches the cap off
        uint40 period; // seconds
        uint96 minVolume; // token base units
    }

    /// @dev What data deals in a domain have to agree on.
    struct DataRule {
        uint40 maxLifetime; // seconds after which access has to end, 0 for no end
        uint32 purposes; // bitmap over purpose ids of what data may be used for, 0 for all
    }

    struct PanelTier {
        uint96 below; // reserve prices below this many base units
        uint8 size; // seats, odd, 3 to MAX_PANEL
    }

    struct TokenRule {
        bool allowed;
        uint96 minEvaluationFee; // base units per validator and request
        uint96 appealBond; // base units, on top of the appeal panel's fees
    }

    /// @notice All that applies to a commission opened now; what `CommissionMarket` snapshots.
    struct CommissionTerms {
        address treasury;
        uint32 feePpm;
        uint32 bidBondPpm; // of the reserve price
        uint8 panelSize;
        uint8 audits;
        bool regulator;
        bool explainability;
        uint32 conformitySet; // that models must have passed, 0 for none
        uint40 reverifyInterval; // seconds for which that counts, 0 for no end
        uint96 minEvaluationFee;
        uint96 appealBond;
        Timeouts timeouts;
        Stakes stakes;
        ShareCap shareCap;
        ShareCap feeShareCap;
        uint40 coolingOff; // seconds for which a dealing is a conflict
        uint256 blockedJurisdictions; // bitmap over jurisdiction ids of developers
    }

    event TokenRuleSet(address indexed token, bool allowed, uint96 minEvaluationFee, uint96 appealBond);
    event PanelTiersSet(address indexed token, PanelTier[] tiers);
    event FeeSet(uint32 feePpm, address treasury);
    event BidBondSet(uint32 ppm);
    event TimeoutsSet(Timeouts timeouts);
    event StakesSet(Stakes stakes);
    event RiskClassSet(uint8 indexed riskClass, RiskClass rule);
    event ShareCapSet(uint8 indexed domain, ShareCap rule);
    event FeeShareCapSet(ShareCap rule);
    event DomainAdded(uint8 indexed domain, bytes32 name);
    event JurisdictionAdded(uint8 indexed jurisdiction, bytes2 isoCode);
    event PurposeAdded(uint8 indexed purpose, bytes32 name);
    event DataRuleSet(uint8 indexed domain, DataRule rule);
    event JurisdictionRuleSet(
        uint8 indexed domain, uint8 indexed customerJurisdiction, uint256 blockedDevelopers
    );
    event CoolingOffSet(uint40 coolingOff);
    event ArbitratorSet(address indexed arbitrator, bool allowed);
    event WaitsSet(uint40 trustedWait, uint40 domainCooldown);
    event ConformitySetSet(uint8 indexed domain, uint32 setId);
    event Halted(uint40 until, address indexed by);
    event Released(address indexed by);

    error OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    error TokenNotAllowed(address token);
    error UnknownDomain(uint8 domain);
    error UnknownJurisdiction(uint8 jurisdiction);
    error UnknownRiskClass(uint8 riskClass);
    /// @notice The risk class asks for a third party's test, and the domain has no test set.
    error NoConformitySet(uint8 domain);
    error UnknownPurpose(uint32 purposes);
    /// @notice No deal opens until then (Unix seconds).
    error MarketHalted(uint40 until);
    error HaltedRecently(uint40 haltableFrom);
    error NotHalted();
    error InvalidTiers();
    error ZeroAddress();
    error ListFull();
    error EmptyName();

    /* RULES: governance only; every setter reverts `OutOfBounds` outside the bounds of the code */

    /// @notice Allows a payment token or withdraws it, with its fees and panel sizes.
    /// @param tiers 1 to 8, ascending, sizes odd; the last one's `below` is type(uint96).max and has no upper end.
    function setTokenRule(address token, TokenRule calldata rule, PanelTier[] calldata tiers) external;
    /// @notice At most 5 %; of the price, paid by the customer on top to `treasury`.
    function setFee(uint32 feePpm, address treasury) external;
    /// @notice 10 % to 100 % of the reserve price.
    function setBidBond(uint32 ppm) external;
    /// @notice Each 1 minute to 60 days.
    function setTimeouts(Timeouts calldata timeouts) external;
    /// @notice A seat stake above zero; withholding costs at least as much as silence, at most the stake.
    function setStakes(Stakes calldata stakes) external;
    /// @notice At most 7 audits, at least one when a regulator must be among them, when they must cover explainability, and
    /// when a third party's test must be passed, which they wait for.
    function setRiskClass(uint8 riskClass, RiskClass calldata rule) external;
    /// @notice At most 100 %, for an existing domain; a period of 1 day to 5 years unless switched off.
    function setShareCap(uint8 domain, ShareCap calldata rule) external;
    /// @notice The most of an auditor's fees that may come from one party; bounds as for `setShareCap`.
    function setFeeShareCap(ShareCap calldata rule) external;
    /// @notice At most 5 years.
    function setCoolingOff(uint40 coolingOff) external;
    /// @notice Each at most a year: before a trusted role counts, and between two changes of domains.
    function setWaits(uint40 trustedWait, uint40 domainCooldown) external;

    /// @notice Allows an outside arbitrator (ERC-792) to be named by deals that open from now on, or withdraws it.
    function setArbitrator(address arbitrator, bool allowed) external;
    /// @notice Names the third-party test set, by its number in Conformity, that counts in a domain; 0 for none. Risk classes
    /// with `thirdParty` open no deals in a domain without one.
    function setConformitySet(uint8 domain, uint32 setId) external;

    /// @notice At most 100 years, for an existing domain; only purposes of the list.
    function setDataRule(uint8 domain, DataRule calldata rule) external;

    /* BRAKE */

    /// @notice Stops new deals for seven days, after which they open again without anybody's call; holders of `BRAKE_ROLE`,
    /// once in thirty days. Open deals, audits, settlements and withdrawals never ask whether the market is halted.
    function halt() external;
    /// @notice Ends a halt early; governance only. It does not make the next halt possible earlier.
    function release() external;

    /* LISTS: governance only; ids are at most 255 (of purposes 31), then `ListFull` */

    /// @param name a short ASCII name, e.g. "healthcare"; ids count from 1 and are never reused.
    function addDomain(bytes32 name) external returns (uint8 domain);

    /// @param isoCode ISO 3166-1 alpha-2; ids count from 1 and are never reused.
    function addJurisdiction(bytes2 isoCode) external returns (uint8 jurisdiction);

    /// @param name what data may be used for, e.g. "training"; ids count from 1 and are never reused.
    function addPurpose(bytes32 name) external returns (uint8 purpose);

    /// @notice Which jurisdictions' developers may not serve a customer of one jurisdiction in one domain.
    function setJurisdictionRule(uint8 domain, uint8 customerJurisdiction, uint256 blockedDevelopers) external;

    /* VIEWS */

    /// @notice Reverts when the token, domain, jurisdiction or risk class does not exist or is not allowed, when the domain
    /// lacks the test set that the risk class asks for, and while the market is halted.
    function commissionTerms(
        address token,
        uint8 domain,
        uint8 riskClass,
        uint8 customerJurisdiction,
        uint96 reserve
    ) external view returns (CommissionTerms memory);

    /// @notice How many changes governance and the brake have made: while it stays the same, so does every rule. A halt counts
    /// when it begins; nobody can copy the rules during it, so its end need not count.
    function edition() external view returns (uint32);
    function treasury() external view returns (address);
    function feePpm() external view returns (uint32);
    function bidBondPpm() external view returns (uint32);
    function timeouts() external view returns (Timeouts memory);
    function stakes() external view returns (Stakes memory);
    function coolingOff() external view returns (uint40);
    function trustedWait() external view returns (uint40);
    function domainCooldown() external view returns (uint40);
    function tokenRule(address token) external view returns (TokenRule memory);
    function panelTiers(address token) external view returns (PanelTier[] memory);
    function riskClass(uint8 id) external view returns (RiskClass memory);
    function shareCap(uint8 domain) external view returns (ShareCap memory);
    function feeShareCap() external view returns (ShareCap memory);
    /// @return the third-party test set that counts in the domain, 0 for none.
    function conformitySet(uint8 domain) external view returns (uint32);
    function dataRule(uint8 domain) external view returns (DataRule memory);
    function haltedUntil() external view returns (uint40);
    function haltableFrom() external view returns (uint40);
    function domainCount() external view returns (uint8);
    function domainName(uint8 domain) external view returns (bytes32);
    function jurisdictionCount() external view returns (uint8);
    function jurisdictionCode(uint8 jurisdiction) external view returns (bytes2);
    function isArbitrator(address arbitrator) external view returns (bool);
    function purposeCount() external view returns (uint8);
    function purposeName(uint8 purpose) external view returns (bytes32);
    function blockedDevelopers(uint8 domain, uint8 customerJurisdiction) external view returns (uint256);
}
