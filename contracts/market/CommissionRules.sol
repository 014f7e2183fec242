// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title What requests and submissions must satisfy, what a deal can cost, and the terms that a request makes.
/// @notice A contract of its own, which the market deploys, because code is limited to 24 KiB a contract. It holds nothing
/// but copies of Policy's rules and trusts nobody: whoever calls gets terms that only a market which stores their address
/// would heed.
contract CommissionRules {
    using CommissionTerms for address;
    using CommissionTerms for ICommissionMarket.Request;

    /// @notice The most submissions that a customer can allow. Each tells the developer one score.
    uint8 public constant MAX_SUBMISSIONS = 10;

    /// @notice Seconds: bounds of the developer's own clock.
    uint32 public constant MIN_BUILD_WINDOW = 1 minutes;
    uint32 public constant MAX_BUILD_WINDOW = 365 days;

    /// @notice The most lineage entries and payees of a submission.
    uint256 public constant MAX_LINEAGE = 64;
    uint256 public constant MAX_PAYEES = 50;

    /// @dev Roles that are drawn to judge. Whoever holds one cannot be made a payee: the dealing would keep it from judging
    /// the developer, who could choose its judges by naming all others.
    uint8 private constant JUDGES = (uint8(1) << uint8(IParticipantRegistry.Role.Auditor))
        | (uint8(1) << uint8(IParticipantRegistry.Role.Validator))
        | (uint8(1) << uint8(IParticipantRegistry.Role.Regulator));

    /// @dev The bit of an AuditReport's scope of that name.
    uint8 private constant EXPLAINABILITY = 1 << 5;

    uint256 private constant PPM = 1_000_000;

    /// @dev Rounds of the panel beside the submissions: attestation, two deliveries, one that is done again.
    uint256 private constant OTHER_ROUNDS = 4;

    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;
    IModelRegistry private immutable MODELS;

    /// @dev Where `CommissionTerms` keeps the rules of an edition, a token, a domain, a risk class and a jurisdiction.
    mapping(bytes32 key => address) private _kept;

    constructor(IParticipantRegistry registry, IPolicy policy, IModelRegistry models) {
        REGISTRY = registry;
        POLICY = policy;
        MODELS = models;
    }

    /// @notice Agrees on a request that `customer` may make now as the caller's deal `id`, and writes the terms.
    /// @return terms where `CommissionTerms` keeps them.
    /// @return total all that the deal can cost, in base units.
    /// @return opening the call that opens the deal's auction; made here, where there is room for its code.
    function agree(uint256 id, ICommissionMarket.Request memory request, address customer)
        external
        returns (address terms, uint256 total, bytes memory opening)
    {
        IParticipantRegistry.Participant memory participant = _customer(customer);
        (address at, IPolicy.CommissionTerms memory rules) = _keepRules(request, participant.jurisdiction);
        total = _check(request, rules);
        uint96 bond = uint96(_ppmUp(request.reserve, rules.bidBondPpm)); // Policy keeps the rate under 100 %
        terms = request.store(customer, at, bond, rules.panelSize);
        IVickreyAuction.Terms memory auction = IVickreyAuction.Terms({
            token: request.token,
            bond: bond,
            reserve: request.reserve,
            commitEnds: request.commitEnds,
            revealEnds: request.revealEnds,
            winners: 1,
            direction: IVickreyAuction.Direction.Procurement,
            gated: rules.shareCap.capPpm != 0,
            eligibility: IParticipantRegistry.Eligibility({
                customer: customer,
                organisation: participant.organisation,
                domain: request.domain,
                blockedJurisdictions: rules.blockedJurisdictions
            })
        });
        // forge-lint: disable-next-line(unsafe-typecast)
        opening = abi.encodeCall(IVickreyAuction.open, (uint96(id), auction)); // a counter: 2^96 is out of reach
    }

    /// @notice The call that asks for the audit of a deal's model; made here, where there is room for its code.
    /// @param at where the deal's terms are kept.
    function auditing(uint256 id, address at, bytes32 manifest, address developer)
        external
        view
        returns (bytes memory)
    {
        Terms memory terms = at.load();
        IAuditRegistry.AuditTerms memory audit = IAuditRegistry.AuditTerms({
            subject: manifest,
            customer: terms.customer,
            fee: terms.request.auditFee,
            token: terms.request.token,
            bond: terms.rules.stakes.auditor,
            developer: developer,
            domain: terms.request.domain,
            auditors: terms.rules.audits,
            regulator: terms.rules.regulator,
            window: terms.rules.timeouts.audit,
            coolingOff: terms.rules.coolingOff,
            conformitySet: terms.rules.conformitySet,
            reverifyInterval: terms.rules.reverifyInterval,
            scopes: terms.rules.explainability ? EXPLAINABILITY : 0,
            sharePpm: terms.rules.feeShareCap.capPpm,
            sharePeriod: terms.rules.feeShareCap.period,
            shareMinVolume: terms.rules.feeShareCap.minVolume
        });
        return abi.encodeCall(IAuditRegistry.request, (id, audit));
    }

    /// @notice What `agree` would find that the deal can cost.
    function quote(ICommissionMarket.Request memory request, address customer)
        external
        view
        returns (uint256 total)
    {
        return _check(request, _rulesNow(request, _customer(customer).jurisdiction));
    }

    /// @notice Reverts when a submission could not be settled as it is: what it names must exist, and be new where it must.
    function checkSubmission(IModelRegistry.Submission calldata submission) external view {
        bytes32 manifest = submission.manifest;
        if (manifest == 0 || MODELS.isRegistered(manifest)) {
            revert ICommissionMarket.InvalidSubmission("manifest");
        }
        if (submission.grants == 0) revert ICommissionMarket.InvalidSubmission("grants");
        _checkLineage(submission.lineage);
        _checkPayees(submission.payees);
    }

    function _customer(address account)
        private
        view
        returns (IParticipantRegistry.Participant memory participant)
    {
        participant = REGISTRY.participantOf(account);
        uint8 role = uint8(IParticipantRegistry.Role.Customer);
        if (participant.roles >> role & 1 == 0) revert IParticipantRegistry.RoleRequired(account, role);
    }

    /// @dev The rules that apply now, and where they are kept for all who open under them: Policy counts an edition at
    /// each of its changes, so what was copied once in an edition stays right until the next.
    function _keepRules(ICommissionMarket.Request memory request, uint8 jurisdiction)
        private
        returns (address, IPolicy.CommissionTerms memory)
    {
        bytes32 key = keccak256(
            abi.encode(POLICY.edition(), request.token, request.domain, request.riskClass, jurisdiction)
        );
        address kept = _kept[key];
        if (kept != address(0)) return (kept, kept.loadRules(request.reserve));
        IPolicy.CommissionTerms memory rules = _rulesNow(request, jurisdiction);
        kept = CommissionTerms.storeRules(rules, POLICY.panelTiers(request.token));
        _kept[key] = kept;
        return (kept, rules);
    }

    function _rulesNow(ICommissionMarket.Request memory request, uint8 jurisdiction)
        private
        view
        returns (IPolicy.CommissionTerms memory)
    {
        return POLICY.commissionTerms(
            request.token, request.domain, request.riskClass, jurisdiction, request.reserve
        );
    }

    /// @return What the deal can cost.
    function _check(ICommissionMarket.Request memory request, IPolicy.CommissionTerms memory rules)
        private
        pure
        returns (uint256)
    {
        _checkRequest(request);
        _checkFees(request, rules);
        return _total(request, rules);
    }

    /// @dev All that a deal can cost. Every submission can pass and then fail its audit.
    function _total(ICommissionMarket.Request memory request, IPolicy.CommissionTerms memory rules)
        private
        pure
        returns (uint256)
    {
        uint256 cap = request.submissionCap;
        return uint256(request.reserve) + _ppmUp(request.reserve, rules.feePpm) + (cap + OTHER_ROUNDS)
            * rules.panelSize * request.evaluationFee + cap * rules.audits * request.auditFee
            + request.effortFee + request.killFee;
    }

    /// @dev The auction checks the bidding windows.
    function _checkRequest(ICommissionMarket.Request memory request) private pure {
        if (request.spec == 0) revert ICommissionMarket.InvalidRequest("spec");
        if (request.dataset == 0) revert ICommissionMarket.InvalidRequest("dataset");
        if (request.reserve == 0) revert ICommissionMarket.InvalidRequest("reserve");
        if (request.submissionCap == 0 || request.submissionCap > MAX_SUBMISSIONS) {
            revert ICommissionMarket.InvalidRequest("submissionCap");
        }
        if (request.effortScore > request.threshold) revert ICommissionMarket.InvalidRequest("effortScore");
        if (request.tolerance > PPM) revert ICommissionMarket.InvalidRequest("tolerance");
        if (request.effortFee > request.reserve) revert ICommissionMarket.InvalidRequest("effortFee");
        if (request.killFee > request.reserve) revert ICommissionMarket.InvalidRequest("killFee");
        if (request.buildWindow < MIN_BUILD_WINDOW || request.buildWindow > MAX_BUILD_WINDOW) {
            revert ICommissionMarket.InvalidRequest("buildWindow");
        }
    }

    /// @dev Those who are drawn cannot refuse: an auditor is worth no less than a validator.
    function _checkFees(ICommissionMarket.Request memory request, IPolicy.CommissionTerms memory rules)
        private
        pure
    {
        uint96 minimum = rules.minEvaluationFee;
        if (request.evaluationFee < minimum) {
            revert ICommissionMarket.FeeTooLow(request.evaluationFee, minimum);
        }
        if (rules.audits != 0 && request.auditFee < minimum) {
            revert ICommissionMarket.FeeTooLow(request.auditFee, minimum);
        }
    }

    /// @dev Settlement must not find a parent that does not exist.
    function _checkLineage(IModelRegistry.Lineage[] calldata lineage) private view {
        if (lineage.length > MAX_LINEAGE) revert ICommissionMarket.InvalidSubmission("lineage");
        for (uint256 i = 0; i < lineage.length; ++i) {
            bytes32 ref = lineage[i].ref;
            bool isModel = lineage[i].kind == IModelRegistry.LineageKind.Model;
            if (ref == 0 || (isModel && !MODELS.isRegistered(ref))) {
                revert ICommissionMarket.InvalidSubmission("lineage");
            }
        }
    }

    function _checkPayees(IModelRegistry.Payee[] calldata payees) private view {
        if (payees.length > MAX_PAYEES) revert ICommissionMarket.InvalidSubmission("payees");
        uint256 ppm = 0;
        for (uint256 i = 0; i < payees.length; ++i) {
            address payee = payees[i].account;
            ppm += payees[i].ppm;
            if (payee == address(0) || REGISTRY.participantOf(payee).roles & JUDGES != 0) {
                revert ICommissionMarket.InvalidSubmission("payees");
            }
        }
        if (ppm > PPM) revert ICommissionMarket.InvalidSubmission("payees");
    }

    function _ppmUp(uint256 amount, uint256 ppm) private pure returns (uint256) {
        return Math.ceilDiv(amount * ppm, PPM);
    }
}
