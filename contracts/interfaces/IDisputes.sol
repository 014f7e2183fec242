// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator, IEvidence} from "./IArbitrator.sol";
import {IDisputableMarket, Side} from "./IDisputableMarket.sol";

/// @title Disputes of deals: what is contested, the evidence, and the way to a ruling (ERC-792 arbitrable, ERC-1497 evidence).
/// @notice A party contests the announced end of its deal; the arbitrator that the deal named when it opened, or else the
/// market's own court, rules for the customer, for the developer or not at all. Silence has a default: an arbitrator that
/// has not ruled by the dispute's deadline has ruled 0, so the announced end stands. No money rests here: the court's fee goes to
/// the court's hold, an outside arbitrator's is passed on to the last wei.
/// Trust assumptions: an outside arbitrator is trusted by those who open and take deals under it, and can move no more than a
/// ruling does. Paper section IV-E.
interface IDisputes is IArbitrable, IEvidence {
    /// @dev What is wrong, for the reader; a ruling does the same whatever the ground.
    enum Ground {
        Delivery, // the key does not open, or the model is not the one tested
        PanelConduct,
        AuditMisconduct,
        Breach // of the terms
    }

    /// @dev Three slots.
    struct Case {
        IDisputableMarket market;
        uint48 dealId;
        uint40 deadline; // Unix seconds
        bool resolved;
        IArbitrator arbitrator;
        Ground ground;
        uint256 arbitratorDisputeId;
    }

    event DisputeOpened(
        uint256 indexed id,
        address indexed market,
        uint256 indexed dealId,
        address claimant,
        Ground ground,
        IArbitrator arbitrator,
        uint256 arbitratorDisputeId,
        uint40 deadline
    );
    /// @param side who the ruling is for; None too when the arbitrator kept silent until the deadline.
    event DisputeResolved(uint256 indexed id, Side side, bool expired);

    error UnknownDispute(uint256 id);
    /// @notice The market holds no money in Escrow for that deal, so it is no market, or the deal is not its own.
    error NoDeal(address market, uint256 dealId);
    error NotParty(address caller);
    error NotArbitrator(address caller, uint256 arbitratorDisputeId);
    error AlreadyResolved(uint256 id);
    error EmptyEvidence();
    error WrongPayment(uint256 sent, uint256 cost);
    /// @notice The arbitrator has numbered two disputes alike.
    error DisputeIdTaken(IArbitrator arbitrator, uint256 arbitratorDisputeId);
    error TooEarly(uint256 id, uint40 until);

    /// @notice Contests the announced end of a deal; its customer or developer, within the challenge window, once in a deal.
    /// The caller pays: a jury's fee from its escrow balance, for which it has approved the court, or an outside
    /// arbitrator's cost with the call, exactly.
    /// @param evidence digest of the DisputeEvidence manifest.
    function open(IDisputableMarket market, uint256 dealId, Ground ground, bytes32 evidence)
        external
        payable
        returns (uint256 id);

    /// @notice Publishes further evidence; a party to the deal, until the ruling.
    /// @param evidence digest of the DisputeEvidence manifest.
    function submitEvidence(uint256 id, bytes32 evidence) external;

    /// @notice Appeals the current ruling where the arbitrator allows it; a party to the deal, which pays as for `open`.
    function appeal(uint256 id) external payable;

    /// @notice Rules 0 in place of an arbitrator that has let the deadline pass; anyone.
    function expire(uint256 id) external;

    function disputeOf(uint256 id) external view returns (Case memory);
    function disputeCount() external view returns (uint256);
}
