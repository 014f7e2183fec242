// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {ICommissionRules} from "../interfaces/ICommissionRules.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {StepFees} from "../kernel/StepFees.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionTerms} from "./CommissionTerms.sol";

/// @title CommissionRules
/// @dev A contract of its own, which the market deploys, because code is limited to 24 KiB a contract.
contract CommissionRules is ICommissionRules {
    using CommissionTerms for ICommissionMarket.Request;
    using Rules for uint256[];
    using SSTORE2 for address;

    /// @notice The most submissions that a customer can allow. Each tells the developer one score.
    uint8 public constant MAX_SUBMISSIONS = 10;

    /// @notice Seconds: bounds of the developer's own clock.
    uint32 public constant MIN_BUILD_WINDOW = 1 minutes;
    uint32 public constant MAX_BUILD_WINDOW = 365 days;

    /// @notice The most lineage entries and payees of a submission.
    uint256 public constant MAX_LINEAGE = 64;
    uint256 public constant MAX_PAYEES = 50;

    /// @dev Roles that are drawn to judge. Whoever holds one cannot be made a payee: the dealing would keep it from
    /// judging the developer, who could choose its judges by naming all others.
    uint8 private constant JUDGES = (uint8(1) << uint8(IParticipantRegistry.Role.Auditor))
        | (uint8(1) << uint8(IParticipantRegistry.Role.Validator))
        | (uint8(1) << uint8(IParticipantRegistry.Role.Regulator));

    uint256 private constant PPM = 1_000_000;

    /// @dev Rounds of the panel beside the submissions: attestation, and one for members who replace others.
    uint256 private constant OTHER_ROUNDS = 2;

    /// @dev Steps that are paid beside those of submissions: the award, the question about the data, and two that end
    /// the deal.
    uint256 private constant OTHER_STEPS = 3 + StepFees.QUESTION + StepFees.REPLACEMENT;

    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;
    IRulebook private immutable RULEBOOK;
    IModelRegistry private immutable MODELS;
    address private immutable ORACLE; // that seats the panels
    IValidatorStaking private immutable STAKING;

    constructor(
        IParticipantRegistry registry,
        IPolicy policy,
        IRulebook rulebook,
        IModelRegistry models,
        address oracle,
        IValidatorStaking staking
    ) {
        (REGISTRY, POLICY, RULEBOOK) = (registry, policy, rulebook);
        (MODELS, ORACLE, STAKING) = (models, oracle, staking);
    }

    /// @inheritdoc ICommissionRules
    function agree(ICommissionMarket.Request memory request, address arbitrator, address customer)
        external
        returns (address terms, uint256 total, IVickreyAuction.Terms memory auction)
    {
        _checkArbitrator(arbitrator);
        IParticipantRegistry.Participant memory participant = _customer(customer);
        address at =
            RULEBOOK.rulesFor(request.token, request.domain, request.riskClass, participant.jurisdiction);
        uint256[] memory rules = at.read();
        auction = _auction(request, rules, customer, participant.organisation);
        uint8 panelSize;
        uint8 paidSteps;
        (total, panelSize, paidSteps) = _check(request, rules);
        terms = request.write(customer, at, panelSize, paidSteps);
    }

    /// @inheritdoc ICommissionRules
    function quote(ICommissionMarket.Request memory request, address customer)
        external
        view
        returns (uint256 total)
    {
        uint8 jurisdiction = _customer(customer).jurisdiction;
        // slither-disable-next-line unused-return -- the amount alone is asked for
        (total,,) = _check(
            request, RULEBOOK.rulesNow(request.token, request.domain, request.riskClass, jurisdiction)
        );
    }

    /// @inheritdoc ICommissionRules
    function sharePeriod(uint8 domain) external view returns (uint40) {
        return POLICY.shareCap(domain).period;
    }

    /// @inheritdoc ICommissionRules
    function checkSubmission(IModelRegistry.Submission calldata submission) external view {
        bytes32 manifest = submission.manifest;
        if (manifest == 0 || MODELS.isRegistered(manifest)) {
            revert ICommissionMarket.InvalidSubmission("manifest");
        }
        if (submission.grants == 0) revert ICommissionMarket.InvalidSubmission("grants");
        _checkLineage(submission.lineage);
        _checkPayees(submission.payees);
    }

    function _checkArbitrator(address arbitrator) private view {
        if (arbitrator != address(0) && !POLICY.isArbitrator(arbitrator)) {
            revert ICommissionMarket.ArbitratorNotAllowed(arbitrator);
        }
    }

    /// @param organisation the customer's.
    function _auction(
        ICommissionMarket.Request memory request,
        uint256[] memory rules,
        address customer,
        uint32 organisation
    ) private pure returns (IVickreyAuction.Terms memory auction) {
        (auction.token, auction.reserve) = (request.token, request.reserve);
        (auction.commitEnds, auction.revealEnds) = (request.commitEnds, request.revealEnds);
        auction.bond = CommissionTerms.bondOf(request.reserve, rules);
        (auction.winners, auction.gated) = (1, rules.shareCap().capPpm != 0);
        auction.direction = IVickreyAuction.Direction.Procurement;
        auction.eligibility = IParticipantRegistry.Eligibility({
            customer: customer,
            organisation: organisation,
            domain: request.domain,
            blockedJurisdictions: rules.blockedJurisdictions()
        });
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

    /// @dev As `_total`.
    function _check(ICommissionMarket.Request memory request, uint256[] memory rules)
        private
        pure
        returns (uint256 total, uint8 panelSize, uint8 paidSteps)
    {
        _checkRequest(request);
        _checkFees(request, rules);
        return _total(request, rules);
    }

    /// @dev Every submission can pass and then fail its audit.
    /// @return total base units: all that the deal can cost.
    /// @return panelSize seats.
    /// @return paidSteps for how many steps the step fee is paid at most.
    function _total(ICommissionMarket.Request memory request, uint256[] memory rules)
        private
        pure
        returns (uint256 total, uint8 panelSize, uint8 paidSteps)
    {
        uint256 cap = request.submissionCap;
        uint256 audits = rules.audits();
        panelSize = rules.panelSize(request.reserve);
        uint256 each = audits == 0 ? StepFees.QUESTION : StepFees.QUESTION + StepFees.AUDIT;
        unchecked {
            // All amounts have 96 bits at most, all counts and rates 32: 256 bits hold every product and the sum.
            // forge-lint: disable-next-line(unsafe-typecast)
            paidSteps = uint8(OTHER_STEPS + cap * each); // at most 170, for MAX_SUBMISSIONS
            total = uint256(request.reserve) + _ppmUp(request.reserve, rules.feePpm()) + (cap + OTHER_ROUNDS)
                * panelSize * request.evaluationFee + cap * audits * request.auditFee + request.effortFee
                + request.killFee + uint256(paidSteps) * rules.stepFee();
        }
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
        if (request.effortFee > request.reserve) revert ICommissionMarket.InvalidRequest("effortFee");
        if (request.killFee > request.reserve) revert ICommissionMarket.InvalidRequest("killFee");
        if (request.buildWindow < MIN_BUILD_WINDOW || request.buildWindow > MAX_BUILD_WINDOW) {
            revert ICommissionMarket.InvalidRequest("buildWindow");
        }
    }

    /// @dev Those who are drawn cannot refuse, so an auditor must earn at least what a validator does.
    function _checkFees(ICommissionMarket.Request memory request, uint256[] memory rules) private pure {
        uint96 minimum = rules.minEvaluationFee();
        if (request.evaluationFee < minimum) {
            revert ICommissionMarket.FeeTooLow(request.evaluationFee, minimum);
        }
        if (rules.audits() != 0 && request.auditFee < minimum) {
            revert ICommissionMarket.FeeTooLow(request.auditFee, minimum);
        }
    }

    /// @dev Otherwise settlement could meet a parent that does not exist.
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
            ppm += payees[i].ppm;
            address payee = payees[i].account;
            if (payee == address(0) || _judges(payee)) {
                revert ICommissionMarket.InvalidSubmission("payees");
            }
        }
        if (ppm > PPM) revert ICommissionMarket.InvalidSubmission("payees");
    }

    /// @dev Whoever holds a judge's role may be drawn. Whoever has dropped it may still sit on a panel, of this deal or
    /// another one, as long as its stake is locked for a seat.
    function _judges(address account) private view returns (bool) {
        return REGISTRY.participantOf(account).roles & JUDGES != 0 || STAKING.lockedBy(ORACLE, account) != 0;
    }

    function _ppmUp(uint256 amount, uint256 ppm) private pure returns (uint256) {
        return Math.ceilDiv(amount * ppm, PPM);
    }
}
