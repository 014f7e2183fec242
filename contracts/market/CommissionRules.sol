// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {CommissionTerms, Gate, Terms} from "./CommissionTerms.sol";

/// @title What requests and submissions must satisfy, what a deal can cost, and the terms that a request makes.
/// @notice A contract of its own, which the market deploys, because code is limited to 24 KiB a contract. It holds nothing
/// and trusts nobody: whoever calls gets terms that only a market which stores their address would heed.
contract CommissionRules {
    using CommissionTerms for Terms;

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

    uint256 private constant PPM = 1_000_000;

    /// @dev Rounds of the panel beside the submissions: attestation, two deliveries, one that is done again.
    uint256 private constant OTHER_ROUNDS = 4;

    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;
    IModelRegistry private immutable MODELS;

    constructor(IParticipantRegistry registry, IPolicy policy, IModelRegistry models) {
        REGISTRY = registry;
        POLICY = policy;
        MODELS = models;
    }

    /// @notice Agrees on a request that `customer` may make now, and writes the terms.
    /// @return terms where `CommissionTerms` keeps them.
    /// @return total all that the deal can cost, in base units.
    /// @return bond a bidder's, in base units.
    function agree(ICommissionMarket.Request calldata request, address customer)
        external
        returns (address terms, uint256 total, uint96 bond)
    {
        Terms memory drawn;
        (drawn, total) = _draw(request, customer);
        return (drawn.store(), total, drawn.bond);
    }

    /// @notice What `agree` would find that the deal can cost.
    function quote(ICommissionMarket.Request calldata request, address customer)
        external
        view
        returns (uint256 total)
    {
        (, total) = _draw(request, customer);
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

    /// @dev Asks registry and policy, now and never again for this deal.
    function _draw(ICommissionMarket.Request calldata request, address customer)
        private
        view
        returns (Terms memory terms, uint256 total)
    {
        IParticipantRegistry.Participant memory participant = REGISTRY.participantOf(customer);
        uint8 role = uint8(IParticipantRegistry.Role.Customer);
        if (participant.roles >> role & 1 == 0) revert IParticipantRegistry.RoleRequired(customer, role);
        _checkRequest(request);
        IPolicy.CommissionTerms memory rules = POLICY.commissionTerms(
            request.token, request.domain, request.riskClass, participant.jurisdiction, request.reserve
        );
        _checkFees(request, rules);

        terms.gate = Gate({
            customer: customer,
            organisation: participant.organisation,
            domain: request.domain,
            blockedJurisdictions: rules.blockedJurisdictions,
            shareCap: rules.shareCap
        });
        terms.request = request;
        terms.treasury = POLICY.treasury();
        terms.bond = uint96(_ppmUp(request.reserve, rules.bidBondPpm)); // Policy keeps the rate under 100 %
        terms.appealBond = rules.appealBond;
        terms.feePpm = rules.feePpm;
        terms.panelSize = rules.panelSize;
        terms.audits = rules.audits;
        terms.regulator = rules.regulator;
        terms.coolingOff = rules.coolingOff;
        terms.timeouts = rules.timeouts;
        terms.stakes = rules.stakes;
        total = _total(request, rules);
    }

    /// @dev All that a deal can cost. Every submission can pass and then fail its audit.
    function _total(ICommissionMarket.Request calldata request, IPolicy.CommissionTerms memory rules)
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
    function _checkRequest(ICommissionMarket.Request calldata request) private pure {
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
    function _checkFees(ICommissionMarket.Request calldata request, IPolicy.CommissionTerms memory rules)
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
