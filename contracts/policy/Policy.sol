// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../interfaces/IPolicy.sol";
import {PolicyLists} from "./PolicyLists.sol";

/// @title Policy
/// @notice Starts with moderate rules, but no token, domain, jurisdiction or risk class: governance adds those.
contract Policy is PolicyLists {
    /// @notice The role of those who may stop new deals for a while.
    bytes32 public constant BRAKE_ROLE = keccak256("BRAKE_ROLE");

    /// @inheritdoc IPolicy
    uint40 public haltedUntil; // these five share the slot of the edition
    /// @inheritdoc IPolicy
    uint40 public haltableFrom;
    /// @inheritdoc IPolicy
    uint40 public coolingOff;
    /// @inheritdoc IPolicy
    uint40 public trustedWait;
    /// @inheritdoc IPolicy
    uint40 public domainCooldown;

    /// @inheritdoc IPolicy
    address public treasury; // what an offer of a licence is made with is one slot
    /// @inheritdoc IPolicy
    uint32 public feePpm;
    uint32 private _delivery;
    uint32 private _challenge;

    /// @inheritdoc IPolicy
    uint32 public bidBondPpm; // and the other timeouts are another
    uint32 private _draw;
    uint32 private _grant;
    uint32 private _commit;
    uint32 private _reveal;
    uint32 private _appeal;
    uint32 private _audit;

    Stakes private _stakes;
    ShareCap private _feeShareCap;

    mapping(address token => TokenRule) private _tokenRules;
    mapping(address token => PanelTier[]) private _panelTiers;
    mapping(uint8 riskClass => RiskClass) private _riskClasses;
    mapping(uint8 domain => ShareCap) private _shareCaps;
    mapping(uint8 domain => DataRule) private _dataRules;
    mapping(uint8 domain => mapping(uint8 customerJurisdiction => uint256 bitmap)) private _blocked;

    /// @inheritdoc IPolicy
    mapping(address arbitrator => bool) public isArbitrator;
    /// @inheritdoc IPolicy
    mapping(uint8 domain => uint32 setId) public conformitySet;

    /// @dev Stakes are sized for a staking token with 18 decimals.
    constructor(address governance) {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
        _setFee(25_000, governance);
        _setBidBond(100_000);
        _setTimeouts(
            Timeouts({
                draw: 6 hours,
                grant: 2 days,
                commit: 1 days,
                reveal: 12 hours,
                appeal: 2 days,
                audit: 7 days,
                delivery: 2 days,
                challenge: 3 days
            })
        );
        _setStakes(Stakes({seat: 1000e18, auditor: 1000e18, silencePpm: 50_000, withholdPpm: 200_000}));
        _setCoolingOff(365 days);
        _setWaits(7 days, 90 days);
    }

    /* RULES: governance only */

    /// @inheritdoc IPolicy
    function setTokenRule(address token, TokenRule calldata rule, PanelTier[] calldata tiers)
        external
        byGovernance
    {
        if (token == address(0)) revert ZeroAddress();
        _within("stepFee", rule.stepFee, 0, rule.minEvaluationFee);
        _checkTiers(tiers);
        _tokenRules[token] = rule;
        delete _panelTiers[token];
        for (uint256 i = 0; i < tiers.length; ++i) {
            _panelTiers[token].push(tiers[i]);
        }
        emit TokenRuleSet(token, rule.allowed, rule.minEvaluationFee, rule.appealBond, rule.stepFee);
        emit PanelTiersSet(token, tiers);
    }

    /// @inheritdoc IPolicy
    function setFee(uint32 ppm, address receiver) external byGovernance {
        _setFee(ppm, receiver);
    }

    /// @inheritdoc IPolicy
    function setBidBond(uint32 ppm) external byGovernance {
        _setBidBond(ppm);
    }

    /// @inheritdoc IPolicy
    function setTimeouts(Timeouts calldata values) external byGovernance {
        _setTimeouts(values);
    }

    /// @inheritdoc IPolicy
    function setStakes(Stakes calldata values) external byGovernance {
        _setStakes(values);
    }

    /// @inheritdoc IPolicy
    function setRiskClass(uint8 id, RiskClass calldata rule) external byGovernance {
        bool needsAudit = rule.regulator || rule.explainability || rule.thirdParty;
        _within("audits", rule.audits, needsAudit ? 1 : 0, MAX_AUDITS);
        _riskClasses[id] = rule;
        emit RiskClassSet(id, rule);
    }

    /// @inheritdoc IPolicy
    function setShareCap(uint8 domain, ShareCap calldata rule) external byGovernance {
        _checkDomain(domain);
        _checkShareCap(rule);
        _shareCaps[domain] = rule;
        emit ShareCapSet(domain, rule);
    }

    /// @inheritdoc IPolicy
    function setFeeShareCap(ShareCap calldata rule) external byGovernance {
        _checkShareCap(rule);
        _feeShareCap = rule;
        emit FeeShareCapSet(rule);
    }

    /// @inheritdoc IPolicy
    function setCoolingOff(uint40 value) external byGovernance {
        _setCoolingOff(value);
    }

    /// @inheritdoc IPolicy
    function setWaits(uint40 trusted, uint40 domainChange) external byGovernance {
        _setWaits(trusted, domainChange);
    }

    /// @inheritdoc IPolicy
    function setArbitrator(address arbitrator, bool allowed) external byGovernance {
        if (arbitrator == address(0)) revert ZeroAddress();
        isArbitrator[arbitrator] = allowed;
        emit ArbitratorSet(arbitrator, allowed);
    }

    /// @inheritdoc IPolicy
    function setConformitySet(uint8 domain, uint32 setId) external byGovernance {
        _checkDomain(domain);
        conformitySet[domain] = setId;
        emit ConformitySetSet(domain, setId);
    }

    /// @inheritdoc IPolicy
    function setJurisdictionRule(uint8 domain, uint8 customerJurisdiction, uint256 blocked)
        external
        byGovernance
    {
        _checkPlace(domain, customerJurisdiction);
        _blocked[domain][customerJurisdiction] = blocked;
        emit JurisdictionRuleSet(domain, customerJurisdiction, blocked);
    }

    /// @inheritdoc IPolicy
    function setDataRule(uint8 domain, DataRule calldata rule) external byGovernance {
        _checkDomain(domain);
        _within("maxLifetime", rule.maxLifetime, 0, MAX_DATA_LIFETIME);
        _checkPurposes(rule.purposes);
        _dataRules[domain] = rule;
        emit DataRuleSet(domain, rule);
    }

    /* BRAKE */

    /// @inheritdoc IPolicy
    /// @dev Begins a new edition: nobody has a copy of its rules, so every opening asks here and is refused.
    function halt() external onlyRole(BRAKE_ROLE) {
        uint40 time = uint40(block.timestamp);
        if (time < haltableFrom) revert HaltedRecently(haltableFrom);
        ++edition;
        haltedUntil = time + HALT_TIME;
        haltableFrom = time + HALT_COOLDOWN;
        emit Halted(time + HALT_TIME, msg.sender);
    }

    /// @inheritdoc IPolicy
    function release() external byGovernance {
        if (block.timestamp >= haltedUntil) revert NotHalted();
        haltedUntil = 0;
        emit Released(msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IPolicy
    function commissionTerms(
        address token,
        uint8 domain,
        uint8 riskClassId,
        uint8 customerJurisdiction,
        uint96 reserve
    ) external view returns (CommissionTerms memory) {
        if (block.timestamp < haltedUntil) revert MarketHalted(haltedUntil);
        TokenRule memory tokenTerms = _tokenRules[token];
        if (!tokenTerms.allowed) revert TokenNotAllowed(token);
        RiskClass storage risk = _riskClasses[riskClassId];
        if (!risk.defined) revert UnknownRiskClass(riskClassId);
        _checkPlace(domain, customerJurisdiction);
        uint32 testSet = risk.thirdParty ? conformitySet[domain] : 0;
        if (risk.thirdParty && testSet == 0) revert NoConformitySet(domain);

        return CommissionTerms({
            treasury: treasury,
            feePpm: feePpm,
            bidBondPpm: bidBondPpm,
            panelSize: _panelSize(token, reserve),
            audits: risk.audits,
            regulator: risk.regulator,
            explainability: risk.explainability,
            conformitySet: testSet,
            reverifyInterval: risk.reverifyInterval,
            minEvaluationFee: tokenTerms.minEvaluationFee,
            appealBond: tokenTerms.appealBond,
            stepFee: tokenTerms.stepFee,
            timeouts: timeouts(),
            stakes: _stakes,
            shareCap: _shareCaps[domain],
            feeShareCap: _feeShareCap,
            coolingOff: coolingOff,
            blockedJurisdictions: _blocked[domain][customerJurisdiction]
        });
    }

    /// @inheritdoc IPolicy
    function purchaseRules(uint8 riskClassId, uint8 domain, uint8 jurisdiction)
        external
        view
        returns (uint8 audits, bool thirdParty, uint40 interval, uint256 blocked)
    {
        if (block.timestamp < haltedUntil) revert MarketHalted(haltedUntil);
        RiskClass storage risk = _riskClasses[riskClassId];
        if (!risk.defined) revert UnknownRiskClass(riskClassId);
        (audits, thirdParty, interval) = (risk.audits, risk.thirdParty, risk.reverifyInterval);
        blocked = _blocked[domain][jurisdiction];
    }

    /// @inheritdoc IPolicy
    function offerRules(address token)
        external
        view
        returns (address receiver, uint32 ppm, uint32 delivery, uint32 challenge, uint96 minEvaluationFee)
    {
        TokenRule storage rule = _tokenRules[token];
        if (!rule.allowed) revert TokenNotAllowed(token);
        (receiver, ppm, minEvaluationFee) = (treasury, feePpm, rule.minEvaluationFee);
        (delivery, challenge) = (_delivery, _challenge);
    }

    /// @inheritdoc IPolicy
    function timeouts() public view returns (Timeouts memory) {
        return Timeouts({
            draw: _draw,
            grant: _grant,
            commit: _commit,
            reveal: _reveal,
            appeal: _appeal,
            audit: _audit,
            delivery: _delivery,
            challenge: _challenge
        });
    }

    /// @inheritdoc IPolicy
    function stakes() external view returns (Stakes memory) {
        return _stakes;
    }

    /// @inheritdoc IPolicy
    function tokenRule(address token) external view returns (TokenRule memory) {
        return _tokenRules[token];
    }

    /// @inheritdoc IPolicy
    function panelTiers(address token) external view returns (PanelTier[] memory) {
        return _panelTiers[token];
    }

    /// @inheritdoc IPolicy
    function riskClass(uint8 id) external view returns (RiskClass memory) {
        return _riskClasses[id];
    }

    /// @inheritdoc IPolicy
    function shareCap(uint8 domain) external view returns (ShareCap memory) {
        return _shareCaps[domain];
    }

    /// @inheritdoc IPolicy
    function feeShareCap() external view returns (ShareCap memory) {
        return _feeShareCap;
    }

    /// @inheritdoc IPolicy
    function dataRule(uint8 domain) external view returns (DataRule memory) {
        return _dataRules[domain];
    }

    /// @inheritdoc IPolicy
    function blockedDevelopers(uint8 domain, uint8 customerJurisdiction) external view returns (uint256) {
        return _blocked[domain][customerJurisdiction];
    }

    /* INTERNAL */

    function _setFee(uint32 ppm, address receiver) private {
        _within("feePpm", ppm, 0, MAX_FEE_PPM);
        if (receiver == address(0)) revert ZeroAddress();
        feePpm = ppm;
        treasury = receiver;
        emit FeeSet(ppm, receiver);
    }

    function _setBidBond(uint32 ppm) private {
        _within("bidBondPpm", ppm, MIN_BID_BOND_PPM, MAX_PPM);
        bidBondPpm = ppm;
        emit BidBondSet(ppm);
    }

    function _setTimeouts(Timeouts memory values) private {
        _checkTimeouts(values);
        (_draw, _grant, _commit) = (values.draw, values.grant, values.commit);
        (_reveal, _appeal, _audit) = (values.reveal, values.appeal, values.audit);
        (_delivery, _challenge) = (values.delivery, values.challenge);
        emit TimeoutsSet(values);
    }

    function _setStakes(Stakes memory values) private {
        _checkStakes(values);
        _stakes = values;
        emit StakesSet(values);
    }

    function _setCoolingOff(uint40 value) private {
        _within("coolingOff", value, 0, MAX_COOLING_OFF);
        coolingOff = value;
        emit CoolingOffSet(value);
    }

    function _setWaits(uint40 trusted, uint40 domainChange) private {
        _within("trustedWait", trusted, 0, MAX_WAIT);
        _within("domainCooldown", domainChange, 0, MAX_WAIT);
        trustedWait = trusted;
        domainCooldown = domainChange;
        emit WaitsSet(trusted, domainChange);
    }

    /// @dev The last tier has no upper end, so every reserve price has a panel size.
    function _panelSize(address token, uint96 reserve) private view returns (uint8) {
        PanelTier[] storage tiers = _panelTiers[token];
        uint256 last = tiers.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (reserve < tiers[i].below) return tiers[i].size;
        }
        return tiers[last].size;
    }
}
