// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {ICommissionRules} from "../interfaces/ICommissionRules.sol";
import {IDeliveries} from "../interfaces/IDeliveries.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {Endings} from "../kernel/Endings.sol";
import {StepFees} from "../kernel/StepFees.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionRules} from "./CommissionRules.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The storage of commissions, and the one place where their money leaves before settlement.
/// @notice No module below calls back, except views, and Escrow pushes no money out: nothing that an account or a
/// token does can stop a step. The reentrancy guard is a precaution for modules to come.
abstract contract CommissionBase is ICommissionMarket, Endings, ReentrancyGuardTransient {
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];

    struct Modules {
        IEscrow escrow;
        IParticipantRegistry registry;
        IPolicy policy;
        IVickreyAuction auctions;
        IValidationOracle oracle;
        IRounds rounds;
        IDeliveries deliveries;
        IAuditRegistry audits;
        IModelRegistry models;
        address disputes;
        IRulebook rulebook;
        IValidatorStaking staking;
    }

    /// @dev What changes in the course of a deal. `record` returns these slots; opening a deal writes only the first.
    struct Deal {
        // slot 0
        address terms; // where `CommissionTerms` keeps what was agreed on
        DealState at; // a State and its deadline; in Bidding the end of revealing
        Cause cause; // of the refund, pending in Challenge and Disputed or carried out; None for a payment
        uint32 challenge; // seconds for which a payment can be contested, from Delivering on
        // slot 1
        address developer;
        uint96 price; // base units
        // slot 2
        uint96 spent; // base units paid out to validators and auditors, and for steps
        uint72 panelId; // in Rounds
        uint32 clock; // seconds that the developer has left to build, while it stands still
        uint8 attempts; // submissions spent
        bool scored; // `bestScore` counts
        uint8 steps; // that were paid
        // slot 3
        int64 bestScore;
        int64 lastScore;
        uint48 auditId;
        // slots 4 to 6
        bytes32 submissionHash;
        bytes32 manifest; // digest of the ModelManifest last submitted
        bytes32 word; // what the panel agreed on
    }

    IEscrow internal immutable ESCROW;
    IParticipantRegistry internal immutable REGISTRY;
    IVickreyAuction internal immutable AUCTIONS;
    IRounds internal immutable ROUNDS;
    IDeliveries internal immutable DELIVERIES;
    IAuditRegistry internal immutable AUDITS;
    IModelRegistry internal immutable MODELS;
    ICommissionRules internal immutable RULES;

    /// @inheritdoc ICommissionMarket
    uint256 public commissionCount;
    mapping(uint256 id => Deal) internal _deals;
    /// @dev Only of deals that were opened under an outside one.
    mapping(uint256 id => address) internal _arbitrators;

    constructor(Modules memory modules)
        Endings(modules.disputes, uint8(State.Challenge), uint8(State.Disputed))
    {
        ESCROW = modules.escrow;
        REGISTRY = modules.registry;
        AUCTIONS = modules.auctions;
        ROUNDS = modules.rounds;
        DELIVERIES = modules.deliveries;
        AUDITS = modules.audits;
        MODELS = modules.models;
        RULES = new CommissionRules(
            modules.registry,
            modules.policy,
            modules.rulebook,
            modules.models,
            address(modules.oracle),
            modules.staking
        );
    }

    /* STATES */

    function _dealOf(uint256 id) internal view returns (Deal storage found) {
        found = _deals[id];
        if (found.at.state() == uint8(State.None)) revert UnknownCommission(id);
    }

    /// @dev The auction's name for what this market opened as its number `id`.
    function _auctionIdOf(uint256 id) internal view returns (uint256) {
        return uint256(uint160(address(this))) << 96 | id;
    }

    function _termsOf(Deal storage self) internal view returns (Terms memory) {
        return self.terms.load();
    }

    function _stateOf(Deal storage self) internal view returns (State) {
        return State(self.at.state());
    }

    /// @param deadline Unix seconds.
    function _enter(uint256 id, Deal storage self, State state, uint256 deadline) internal {
        self.at = Deals.enter(id, uint8(state), deadline);
    }

    /// @dev Gives the developer its clock back, for the first submission or the next.
    function _startBuilding(uint256 id, Deal storage self) internal {
        _enter(id, self, State.Building, block.timestamp + self.clock);
    }

    /* MONEY */

    /// @dev Pays for a step that has got the deal further: validators or auditors whose work it ends, and the caller.
    /// Before the end that may follow, which empties the hold.
    function _pay(uint256 id, Deal storage self, Terms memory terms, address[] memory workers, uint256 fee)
        internal
    {
        uint256 stepFee = terms.rules.stepFee();
        if (stepFee != 0) {
            if (self.steps < terms.paidSteps()) ++self.steps;
            else stepFee = 0;
        }
        (IEscrow.Payment[] memory payments, uint256 total) = StepFees.paymentsFor(workers, fee, stepFee);
        if (total == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        self.spent += uint96(total); // part of a hold that maxTotal bounds
        ESCROW.releaseEach(bytes32(id), terms.token(), payments);
    }

    /// @dev Of a step that ends nobody's work.
    function _payStep(uint256 id, Deal storage self, Terms memory terms) internal {
        _pay(id, self, terms, new address[](0), 0);
    }

    /// @dev Ends a deal that came to nothing: bond and `fee` to the developer, all that is left to the customer.
    function _refund(uint256 id, Deal storage self, Terms memory terms, Cause cause, uint256 fee) internal {
        uint256 bond = self.developer == address(0) ? 0 : terms.bond();
        _end(id, self, terms, cause, bond + fee, 0);
    }

    /// @dev An end that rests on somebody's judgement waits in Challenge, where a party may contest it. The panel is
    /// closed first, so that nobody's stake is tied up.
    function _announceRefund(uint256 id, Deal storage self, Terms memory terms, Cause cause) internal {
        self.cause = cause;
        emit RefundAnnounced(id, cause);
        _closePanel(self);
        _announce(id, terms.rules.challengeWindow());
    }

    /// @dev Ends a deal whose developer failed: its bond makes good the `damage`, the rest of it is burnt, so that
    /// nobody gains from another's failure.
    function _forfeit(uint256 id, Deal storage self, Terms memory terms, Cause cause, uint256 damage)
        internal
    {
        uint256 bond = terms.bond();
        _end(id, self, terms, cause, 0, bond - Math.min(bond, damage));
    }

    function _end(
        uint256 id,
        Deal storage self,
        Terms memory terms,
        Cause cause,
        uint256 toDeveloper,
        uint256 burnt
    ) private {
        address token = terms.token();
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(self.developer, toDeveloper);
        payments[1] = IEscrow.Payment(terms.customer(), _held(id, token) - toDeveloper - burnt);

        _closePanel(self);
        self.cause = cause;
        _enter(id, self, State.Refunded, 0);
        emit Refunded(id, cause, payments[1].amount, toDeveloper, burnt);
        ESCROW.releaseEach(bytes32(id), token, payments);
        if (burnt != 0) ESCROW.burn(bytes32(id), token, burnt);
    }

    function _held(uint256 id, address token) internal view returns (uint256) {
        return ESCROW.held(address(this), token, bytes32(id));
    }

    /// @dev A deal has a panel from the award until it is delivered or its end is announced.
    function _closePanel(Deal storage self) internal {
        State state = _stateOf(self);
        bool open = state >= State.Attesting && state < State.Delivering;
        if (open && self.panelId != 0) ROUNDS.close(self.panelId);
    }
}
