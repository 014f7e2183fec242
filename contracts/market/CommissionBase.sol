// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {CommissionRules} from "./CommissionRules.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title The storage of commissions, and the one place where their money leaves before settlement.
/// @notice No module below calls back, but for views, and Escrow pushes no money out: nothing that an account or a token
/// does can stop a step. The guard is there for the day when that is no longer so.
abstract contract CommissionBase is ICommissionMarket, ReentrancyGuardTransient {
    using CommissionTerms for address;

    struct Modules {
        IEscrow escrow;
        IParticipantRegistry registry;
        IPolicy policy;
        IVickreyAuction auctions;
        IValidationOracle oracle;
        IAuditRegistry audits;
        IModelRegistry models;
        address disputes;
    }

    /// @dev What changes in the course of a deal; the first slot is all that an opened deal writes.
    struct Deal {
        // slot 0
        address terms; // where `CommissionTerms` keeps them
        uint40 deadline; // of the present state; in Bidding the end of revealing
        State state;
        Cause cause; // of the refund that is pending in Challenge and Disputed, None for a payment; then of the one that was
        uint40 openedAt; // Unix seconds
        // slot 1
        address developer;
        uint96 price;
        // slot 2
        uint96 spent;
        uint48 panelId;
        uint48 requestId;
        uint32 clock; // seconds that the developer has left to build, while it stands still
        uint8 attempts;
        bool attested; // the dataset is as committed
        bool replaced;
        // slot 3
        int64 bestScore;
        int64 lastScore;
        uint48 auditId;
        bool scored; // `bestScore` counts
        bool redelivering;
        // slots 4 to 6
        bytes32 submissionHash;
        bytes32 manifest;
        bytes32 deliveredGrants;
    }

    uint256 internal constant PPM = 1_000_000;

    IEscrow internal immutable ESCROW;
    IParticipantRegistry internal immutable REGISTRY;
    IPolicy internal immutable POLICY;
    IVickreyAuction internal immutable AUCTIONS;
    IValidationOracle internal immutable ORACLE;
    IAuditRegistry internal immutable AUDITS;
    IModelRegistry internal immutable MODELS;
    address internal immutable DISPUTES;
    CommissionRules internal immutable RULES;

    /// @inheritdoc ICommissionMarket
    uint256 public commissionCount;
    mapping(uint256 id => Deal) internal _deals;
    /// @dev Only of deals that were opened under an outside one.
    mapping(uint256 id => address) internal _arbitrators;

    constructor(Modules memory modules) {
        ESCROW = modules.escrow;
        REGISTRY = modules.registry;
        POLICY = modules.policy;
        AUCTIONS = modules.auctions;
        ORACLE = modules.oracle;
        AUDITS = modules.audits;
        MODELS = modules.models;
        DISPUTES = modules.disputes;
        RULES = new CommissionRules(modules.registry, modules.policy, modules.models);
    }

    /* STATES */

    function _dealOf(uint256 id) internal view returns (Deal storage deal) {
        deal = _deals[id];
        if (deal.state == State.None) revert UnknownCommission(id);
    }

    /// @dev The auction's name for what this market opened as its number `id`.
    function _auctionIdOf(uint256 id) internal view returns (uint256) {
        return uint256(uint160(address(this))) << 96 | id;
    }

    function _termsOf(Deal storage deal) internal view returns (Terms memory) {
        return deal.terms.load();
    }

    function _enter(uint256 id, Deal storage deal, State state, uint256 deadline) internal {
        // forge-lint: disable-next-line(unsafe-typecast)
        uint40 end = uint40(deadline); // Unix time, less than 2^34 seconds ahead
        (deal.state, deal.deadline) = (state, end);
        emit StateChanged(id, state, end);
    }

    function _requireState(uint256 id, Deal storage deal, State state) internal view {
        if (deal.state != state) revert WrongState(id, deal.state);
    }

    /// @dev A state lasts until just before its deadline.
    function _isOver(Deal storage deal) internal view returns (bool) {
        return block.timestamp >= deal.deadline;
    }

    function _requireOver(uint256 id, Deal storage deal) internal view {
        if (!_isOver(deal)) _nothingDue(id, deal);
    }

    function _nothingDue(uint256 id, Deal storage deal) internal view {
        revert NothingDue(id, deal.state, deal.deadline);
    }

    /// @dev Gives the developer its clock back, for the first submission or the next.
    function _startBuilding(uint256 id, Deal storage deal) internal {
        _enter(id, deal, State.Building, block.timestamp + deal.clock);
    }

    /* MONEY */

    /// @dev Pays validators or auditors for work done.
    function _pay(uint256 id, Deal storage deal, address token, address[] memory workers, uint256 fee)
        internal
    {
        if (workers.length == 0 || fee == 0) return;
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](workers.length);
        for (uint256 i = 0; i < workers.length; ++i) {
            payments[i] = IEscrow.Payment(workers[i], fee);
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        deal.spent += uint96(fee * workers.length); // part of a hold that maxTotal bounds
        ESCROW.releaseEach(bytes32(id), token, payments);
    }

    /// @dev Ends a deal that came to nothing: bond and `fee` to the developer, all that is left to the customer.
    function _refund(uint256 id, Deal storage deal, Terms memory terms, Cause cause, uint256 fee) internal {
        uint256 bond = deal.developer == address(0) ? 0 : terms.bond;
        _end(id, deal, terms, cause, bond + fee, 0);
    }

    /// @dev An end that rests on what somebody has judged: it waits in Challenge, where a party may contest it. The panel is
    /// let go first, so that nobody's stake waits with it.
    function _announceRefund(uint256 id, Deal storage deal, Terms memory terms, Cause cause) internal {
        deal.cause = cause;
        emit RefundAnnounced(id, cause);
        _dissolvePanel(deal);
        _enter(id, deal, State.Challenge, block.timestamp + terms.rules.timeouts.challenge);
    }

    /// @dev Ends a deal whose developer failed: its bond makes good the `damage`, the rest of it is burnt, so that nobody gains
    /// by another's failure.
    function _forfeit(uint256 id, Deal storage deal, Terms memory terms, Cause cause, uint256 damage)
        internal
    {
        _end(id, deal, terms, cause, 0, terms.bond - Math.min(terms.bond, damage));
    }

    function _end(
        uint256 id,
        Deal storage deal,
        Terms memory terms,
        Cause cause,
        uint256 toDeveloper,
        uint256 burnt
    ) private {
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(deal.developer, toDeveloper);
        payments[1] = IEscrow.Payment(terms.customer, _held(id, terms.request.token) - toDeveloper - burnt);

        bool announced = deal.state >= State.Challenge; // and so has no panel any more
        deal.cause = cause;
        _enter(id, deal, State.Refunded, 0);
        emit Refunded(id, cause, payments[1].amount, toDeveloper, burnt);
        if (!announced) _dissolvePanel(deal);
        ESCROW.releaseEach(bytes32(id), terms.request.token, payments);
        if (burnt != 0) ESCROW.burn(bytes32(id), terms.request.token, burnt);
    }

    /// @dev A call to a module that RULES has encoded, as the market has no room for it. What the module reverts with goes on
    /// to the caller.
    function _callFor(address module, bytes memory data) internal returns (bytes memory answer) {
        bool ok;
        // solhint-disable-next-line avoid-low-level-calls
        (ok, answer) = module.call(data);
        if (ok) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    function _held(uint256 id, address token) internal view returns (uint256) {
        return ESCROW.held(address(this), token, bytes32(id));
    }

    function _dissolvePanel(Deal storage deal) internal {
        if (deal.panelId != 0) ORACLE.dissolve(deal.panelId);
    }
}
