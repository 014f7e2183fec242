// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The market-wide rules, as data.
/// @notice Governance changes the rules within bounds that the code fixes. Modules read them when a deal opens and
/// keep a copy of what applies, so that no change touches an open deal. This contract holds no money. Amounts are
/// base units of the token they go with, times are Unix seconds, shares ppm. Paper sections IV-E and VI.
interface IPolicy {
    /// @dev One slot. Seconds.
    struct Timeouts {
        uint32 draw; // to draw and seat a panel
        uint32 grant; // for the customer to grant the data key
        uint32 commit; // for a panel to evaluate and commit
        uint32 reveal; // for a panel to reveal
        uint32 appeal; // to appeal a result
        uint32 audit; // for an auditor to post a verdict
        uint32 delivery; // for a fresh panel to receive the key and attest the delivery
        uint32 challenge; // to contest an announced end
    }

    /// @dev What models of a risk class must go through; `reverifyInterval` is seconds.
    struct RiskClass {
        bool defined;
        uint8 audits; // blocking auditors, at most MAX_AUDITS
        bool regulator; // one of them must be a regulator
        bool explainability; // audits must cover it
        uint40 reverifyInterval; // seconds, 0 for never
        bool thirdParty; // models must pass a conformity body's own test set
    }

    /// @dev Stakes and bonds, in base units of the staking token; the lesser offences cost a share of the seat stake,
    /// in ppm.
    struct Stakes {
        uint96 seat; // locked per seat, lost for a false report
        uint96 auditor; // an auditor's standing bond, lost by silence
        uint32 silencePpm; // of the seat stake: never committed
        uint32 withholdPpm; // of the seat stake: committed, never revealed; at least silencePpm
    }

    /// @dev Against concentration. In a domain: who was awarded more than the cap's share of the value in a period
    /// cannot bid until the next, once `minVolume` is reached. Of an auditor's fees: no further one from a party that
    /// would have more than its share.
    struct ShareCap {
        uint32 capPpm; // 0 switches the cap off
        uint40 period; // seconds
        uint96 minVolume; // token base units
    }

    /// @dev The limits within which data deals in a domain have to agree.
    struct DataRule {
        uint40 maxLifetime; // seconds after which access has to end, 0 for no end
        uint32 purposes; // bitmap over purpose ids of what data may be used for, 0 for all
    }

    /// @dev How many seats a panel has, by the deal's reserve price.
    struct PanelTier {
        uint96 below; // reserve prices below this many base units
        uint8 size; // seats, odd, 3 to MAX_PANEL
    }

    /// @dev What applies to deals in one payment token.
    struct TokenRule {
        bool allowed;
        uint96 minEvaluationFee; // base units per validator and request
        uint96 appealBond; // base units, on top of the appeal panel's fees
        uint88 stepFee; // base units to whoever takes a step that anyone may take, at most minEvaluationFee
    }

    /// @dev All rules that apply to a commission opened now; what `CommissionMarket` keeps a copy of.
    struct CommissionTerms {
        address treasury;
        uint32 feePpm;
        uint32 bidBondPpm; // of the reserve price
        uint8 panelSize;
        uint8 audits;
        bool regulator;
        bool explainability;
        uint32 conformitySet; // that models must have passed, 0 for none
        uint40 reverifyInterval; // seconds for which a pass counts, 0 for no end
        uint96 minEvaluationFee;
        uint96 appealBond;
        uint88 stepFee; // base units
        Timeouts timeouts;
        Stakes stakes;
        ShareCap shareCap;
        ShareCap feeShareCap;
        uint40 coolingOff; // seconds for which a dealing is a conflict
        uint256 blockedJurisdictions; // bitmap over jurisdiction ids of developers
    }

    /// @notice Governance has allowed or withdrawn a payment token. Amounts are base units of it.
    event TokenRuleSet(
        address indexed token, bool allowed, uint96 minEvaluationFee, uint96 appealBond, uint88 stepFee
    );
    /// @notice Governance has set the panel sizes for deals in a token.
    event PanelTiersSet(address indexed token, PanelTier[] tiers);
    /// @notice Governance has set the market's fee, in ppm of the price, and who receives it.
    event FeeSet(uint32 feePpm, address treasury);
    /// @notice Governance has set the bond of a bid, in ppm of the reserve price.
    event BidBondSet(uint32 ppm);
    /// @notice Governance has set the times that the steps of a deal may take.
    event TimeoutsSet(Timeouts timeouts);
    /// @notice Governance has set stakes, bonds and what offences cost.
    event StakesSet(Stakes stakes);
    /// @notice Governance has defined or changed a risk class.
    event RiskClassSet(uint8 indexed riskClass, RiskClass rule);
    /// @notice Governance has set the largest share that one developer may be awarded in a domain.
    event ShareCapSet(uint8 indexed domain, ShareCap rule);
    /// @notice Governance has set the largest share of an auditor's fees that may come from one party.
    event FeeShareCapSet(ShareCap rule);
    /// @notice Governance has added a domain to the list.
    event DomainAdded(uint8 indexed domain, bytes32 name);
    /// @notice Governance has added a jurisdiction to the list.
    event JurisdictionAdded(uint8 indexed jurisdiction, bytes2 isoCode);
    /// @notice Governance has added to the list a purpose that data may be used for.
    event PurposeAdded(uint8 indexed purpose, bytes32 name);
    /// @notice Governance has set the limits of data deals in a domain.
    event DataRuleSet(uint8 indexed domain, DataRule rule);
    /// @notice Governance has set which jurisdictions' developers (a bitmap) may not serve customers of one
    /// jurisdiction in a domain.
    event JurisdictionRuleSet(
        uint8 indexed domain, uint8 indexed customerJurisdiction, uint256 blockedDevelopers
    );
    /// @notice Governance has set for how many seconds a dealing between two participants counts as a conflict of
    /// interest.
    event CoolingOffSet(uint40 coolingOff);
    /// @notice Governance has allowed or withdrawn an outside arbitrator.
    event ArbitratorSet(address indexed arbitrator, bool allowed);
    /// @notice Governance has set, in seconds, the wait before a trusted role counts and the time between two changes
    /// of domains.
    event WaitsSet(uint40 trustedWait, uint40 domainCooldown);
    /// @notice Governance has named the third-party test set that counts in a domain; 0 for none.
    event ConformitySetSet(uint8 indexed domain, uint32 setId);
    /// @notice `by` has stopped new deals until `until` (Unix seconds).
    event Halted(uint40 until, address indexed by);
    /// @notice `by` has ended a halt early.
    event Released(address indexed by);

    /// @notice The rule {parameter} cannot be {value}; the contract allows {min} to {max}.
    /// @custom:hint Choose a value within these bounds.
    error OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    /// @notice The market does not accept the token {token}.
    /// @custom:hint Use the deployment's payment token.
    error TokenNotAllowed(address token);
    /// @notice The market has no domain {domain}.
    /// @custom:hint See the list with `assay status`.
    error UnknownDomain(uint8 domain);
    /// @notice The market does not know jurisdiction {jurisdiction}.
    /// @custom:hint Use one that the market's policy lists; governance can add more.
    error UnknownJurisdiction(uint8 jurisdiction);
    /// @notice The market has no risk class {riskClass}.
    /// @custom:hint Use one that the market's policy defines.
    error UnknownRiskClass(uint8 riskClass);
    /// @notice The risk class requires a third party's test, and domain {domain} has no test set yet.
    /// @custom:hint Choose another risk class, or ask a conformity body to register a set and governance to name it.
    error NoConformitySet(uint8 domain);
    /// @notice Not all of the purposes (bitmap {purposes}) are on the market's list.
    /// @custom:hint Use those that the market's policy lists; governance can add more.
    error UnknownPurpose(uint32 purposes);
    /// @notice New deals are stopped until {until}; open deals go on.
    /// @custom:hint Try again then; governance may end the halt earlier.
    error MarketHalted(uint40 until);
    /// @notice The market was halted recently and can be halted again at {haltableFrom}.
    /// @custom:hint Propose a change of the rules in the meantime.
    error HaltedRecently(uint40 haltableFrom);
    /// @notice The market is not halted.
    /// @custom:hint There is nothing left to do.
    error NotHalted();
    /// @notice The panel sizes are not odd, or their price limits do not rise up to the open end.
    /// @custom:hint Name odd sizes and rising limits; the last limit is the largest uint96.
    error InvalidTiers();
    /// @notice An address is missing (zero).
    /// @custom:hint Name the account.
    error ZeroAddress();
    /// @notice The list is full.
    /// @custom:hint Nothing more can be added to it.
    error ListFull();
    /// @notice The name is empty.
    /// @custom:hint Give it a name.
    error EmptyName();

    /* RULES: governance only; every setter reverts `OutOfBounds` outside the bounds of the code */

    /// @notice Allows a payment token or withdraws it, with its fees (base units of it) and panel sizes. The step fee
    /// is 0 or more, and at most the least evaluation fee.
    /// @param tiers 1 to 8, with rising limits and odd sizes; the last one's `below` is type(uint96).max, which means
    /// no limit.
    function setTokenRule(address token, TokenRule calldata rule, PanelTier[] calldata tiers) external;
    /// @notice Sets the market's fee, which the customer pays to `treasury` on top of the price.
    /// @param feePpm ppm of the price, at most 50,000 (5 %).
    function setFee(uint32 feePpm, address treasury) external;
    /// @notice Sets the bond of a bid.
    /// @param ppm of the reserve price, 100,000 to 1,000,000 (10 % to 100 %).
    function setBidBond(uint32 ppm) external;
    /// @notice Sets the times that the steps of a deal may take, each 1 minute to 60 days.
    function setTimeouts(Timeouts calldata timeouts) external;
    /// @notice Sets stakes, bonds and what offences cost. The seat stake is above zero; withholding costs at least as
    /// much as silence and at most the stake.
    function setStakes(Stakes calldata stakes) external;
    /// @notice Defines or changes a risk class: at most 7 audits. It needs at least one where a regulator must be
    /// among the auditors, where audits must cover explainability, and where a third party's test must be passed, for
    /// which audits wait.
    function setRiskClass(uint8 riskClass, RiskClass calldata rule) external;
    /// @notice Sets the largest share that one developer may be awarded in an existing domain: at most 100 %, over a
    /// period of 1 day to 5 years unless the cap is switched off.
    function setShareCap(uint8 domain, ShareCap calldata rule) external;
    /// @notice Sets the largest share of an auditor's fees that may come from one party; the bounds are those of
    /// `setShareCap`.
    function setFeeShareCap(ShareCap calldata rule) external;
    /// @notice Sets for how long a dealing between two participants counts as a conflict of interest.
    /// @param coolingOff seconds, at most 5 years.
    function setCoolingOff(uint40 coolingOff) external;
    /// @notice Sets the wait before a trusted role counts, and the time between two changes of domains.
    /// @param trustedWait seconds, at most a year.
    /// @param domainCooldown seconds, at most a year.
    function setWaits(uint40 trustedWait, uint40 domainCooldown) external;

    /// @notice Allows an outside arbitrator (ERC-792), which deals that open from now on can name, or withdraws it.
    function setArbitrator(address arbitrator, bool allowed) external;
    /// @notice Names the third-party test set, by its number in Conformity, that counts in a domain; 0 for none.
    /// Without one, no deal of a risk class with `thirdParty` opens in the domain.
    function setConformitySet(uint8 domain, uint32 setId) external;

    /// @notice Sets the limits of data deals in an existing domain: access for at most 100 years, only for purposes
    /// of the list.
    function setDataRule(uint8 domain, DataRule calldata rule) external;

    /* BRAKE */

    /// @notice Stops new deals for seven days, after which they open again without anybody's call. Holders of
    /// `BRAKE_ROLE` only, once in thirty days. Open deals, audits, settlements and withdrawals never ask whether the
    /// market is halted.
    function halt() external;
    /// @notice Ends a halt early; governance only. The next halt does not become possible any earlier.
    function release() external;

    /* LISTS: governance only; ids are at most 255 (of purposes 31), then `ListFull` */

    /// @notice Adds a domain to the list. Ids count from 1 and are never reused.
    /// @param name a short ASCII name, such as "healthcare".
    function addDomain(bytes32 name) external returns (uint8 domain);

    /// @notice Adds a jurisdiction to the list. Ids count from 1 and are never reused.
    /// @param isoCode ISO 3166-1 alpha-2.
    function addJurisdiction(bytes2 isoCode) external returns (uint8 jurisdiction);

    /// @notice Adds to the list a purpose that data may be used for. Ids count from 1 and are never reused.
    /// @param name a short ASCII name, such as "training".
    function addPurpose(bytes32 name) external returns (uint8 purpose);

    /// @notice Sets which jurisdictions' developers may not serve customers of one jurisdiction in one domain.
    /// @param blockedDevelopers bitmap over jurisdiction ids.
    function setJurisdictionRule(uint8 domain, uint8 customerJurisdiction, uint256 blockedDevelopers) external;

    /* VIEWS */

    /// @notice The rules for a commission that opens now. Reverts when the token, domain, jurisdiction or risk class
    /// does not exist or is not allowed, when the domain lacks the test set that the risk class requires, and while
    /// the market is halted.
    /// @param reserve base units of `token`.
    function commissionTerms(
        address token,
        uint8 domain,
        uint8 riskClass,
        uint8 customerJurisdiction,
        uint96 reserve
    ) external view returns (CommissionTerms memory);

    /// @notice What applies when something finished is sold: the risk class's rules, and whose sellers may not serve
    /// the buyer. Reverts `UnknownRiskClass`, and `MarketHalted` while the market is halted.
    /// @param jurisdiction the buyer's.
    /// @return audits how many the class asks for.
    /// @return thirdParty whether a third party's test must be passed.
    /// @return interval seconds for which a test counts, 0 for no end.
    /// @return blocked bitmap over the jurisdictions of sellers.
    function purchaseRules(uint8 riskClass, uint8 domain, uint8 jurisdiction)
        external
        view
        returns (uint8 audits, bool thirdParty, uint40 interval, uint256 blocked);

    /// @notice What an offer in a token keeps. Reverts `TokenNotAllowed`.
    /// @return receiver of the market's fee.
    /// @return ppm the fee, of the price.
    /// @return delivery seconds to deliver.
    /// @return challenge seconds to refute a delivery.
    /// @return minEvaluationFee base units.
    function offerRules(address token)
        external
        view
        returns (address receiver, uint32 ppm, uint32 delivery, uint32 challenge, uint96 minEvaluationFee);

    /// @notice How many changes governance and the brake have made: while this stays the same, so does every rule. A
    /// halt counts when it begins. Nobody can copy the rules while it lasts, so its end need not count.
    function edition() external view returns (uint32);
    /// @notice Who receives the market's fee.
    function treasury() external view returns (address);
    /// @notice The market's fee, in ppm of the price.
    function feePpm() external view returns (uint32);
    /// @notice The bond of a bid, in ppm of the reserve price.
    function bidBondPpm() external view returns (uint32);
    /// @notice The times that the steps of a deal may take.
    function timeouts() external view returns (Timeouts memory);
    /// @notice Stakes, bonds and what offences cost.
    function stakes() external view returns (Stakes memory);
    /// @notice For how many seconds a dealing between two participants counts as a conflict of interest.
    function coolingOff() external view returns (uint40);
    /// @notice The wait, in seconds, before a trusted role counts.
    function trustedWait() external view returns (uint40);
    /// @notice The time, in seconds, between two changes of a participant's domains.
    function domainCooldown() external view returns (uint40);
    /// @notice What applies to deals in a token.
    function tokenRule(address token) external view returns (TokenRule memory);
    /// @notice The panel sizes for deals in a token, by reserve price.
    function panelTiers(address token) external view returns (PanelTier[] memory);
    /// @notice What models of a risk class must go through.
    function riskClass(uint8 id) external view returns (RiskClass memory);
    /// @notice The largest share that one developer may be awarded in a domain.
    function shareCap(uint8 domain) external view returns (ShareCap memory);
    /// @notice The largest share of an auditor's fees that may come from one party.
    function feeShareCap() external view returns (ShareCap memory);
    /// @notice The third-party test set that counts in the domain, 0 for none.
    /// @return its number in Conformity.
    function conformitySet(uint8 domain) external view returns (uint32);
    /// @notice The limits of data deals in a domain.
    function dataRule(uint8 domain) external view returns (DataRule memory);
    /// @notice Until when no deal opens, in Unix seconds; the past when the market is not halted.
    function haltedUntil() external view returns (uint40);
    /// @notice From when the market can be halted again, in Unix seconds.
    function haltableFrom() external view returns (uint40);
    /// @notice How many domains there are; their ids are 1 to this number.
    function domainCount() external view returns (uint8);
    /// @notice The name of a domain, 0 where there is none.
    function domainName(uint8 domain) external view returns (bytes32);
    /// @notice How many jurisdictions there are; their ids are 1 to this number.
    function jurisdictionCount() external view returns (uint8);
    /// @notice The ISO 3166-1 alpha-2 code of a jurisdiction, 0 where there is none.
    function jurisdictionCode(uint8 jurisdiction) external view returns (bytes2);
    /// @notice Whether deals that open now may name this outside arbitrator.
    function isArbitrator(address arbitrator) external view returns (bool);
    /// @notice How many purposes there are; their ids are 1 to this number.
    function purposeCount() external view returns (uint8);
    /// @notice The name of a purpose, 0 where there is none.
    function purposeName(uint8 purpose) external view returns (bytes32);
    /// @notice Which jurisdictions' developers, as a bitmap, may not serve customers of one jurisdiction in a domain.
    function blockedDevelopers(uint8 domain, uint8 customerJurisdiction) external view returns (uint256);
}
