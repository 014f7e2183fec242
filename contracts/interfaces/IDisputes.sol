// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator, IEvidence} from "./IArbitrator.sol";
import {IDisputableMarket, Side} from "./IDisputableMarket.sol";

/// @title Disputes of deals: what is contested, the evidence, and the way to a ruling (ERC-792 arbitrable, ERC-1497
/// evidence).
/// @notice A party contests the announced end of its deal. The arbitrator that the deal named when it opened, or else
/// the market's own court, rules for the customer, for the developer or for neither. Silence has a default: an
/// arbitrator that has not ruled by the dispute's deadline has ruled 0, so the announced end stands. No money rests
/// here: the court's fee goes to the court's hold, and an outside arbitrator's is passed on to the last wei.
/// Trust assumptions: those who open and take deals under an outside arbitrator trust it, and it can move no more
/// than a ruling does. Times are Unix seconds. Paper section IV-E.
interface IDisputes is IArbitrable, IEvidence {
    /// @dev What is wrong, for readers; a ruling does the same whatever the ground.
    enum Ground {
        Delivery, // the key does not open, or the model is not the one tested
        PanelConduct,
        AuditMisconduct,
        Breach // of the terms
    }

    /// @dev Three slots: one dispute.
    struct Case {
        IDisputableMarket market;
        uint48 dealId;
        uint40 deadline; // Unix seconds
        bool resolved;
        IArbitrator arbitrator;
        Ground ground;
        uint256 arbitratorDisputeId;
    }

    /// @notice `claimant` contests the announced end of a deal. `deadline` (Unix seconds) is when the dispute is over
    /// at the latest.
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
    /// @notice The dispute is over, and the deal can end.
    /// @param side whom the ruling is for; also None when the arbitrator kept silent until the deadline.
    /// @param expired whether the arbitrator kept silent until the deadline.
    event DisputeResolved(uint256 indexed id, Side side, bool expired);

    /// @notice There is no dispute {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownDispute(uint256 id);
    /// @notice {market} holds no money in Escrow for deal {dealId}, so it is not a market, or the deal is not its own.
    /// @custom:hint Open the dispute at the market that the deployment file names.
    error NoDeal(address market, uint256 dealId);
    /// @notice {caller} is not a party to this deal.
    /// @custom:hint Use the wallet of the customer or the developer.
    error NotParty(address caller);
    /// @notice {caller} is not the arbitrator of dispute {arbitratorDisputeId}.
    /// @custom:hint Only the arbitrator that the deal named can rule.
    error NotArbitrator(address caller, uint256 arbitratorDisputeId);
    /// @notice Dispute {id} is resolved.
    /// @custom:hint There is nothing left to do.
    error AlreadyResolved(uint256 id);
    /// @notice The digest of the evidence is missing.
    /// @custom:hint Publish the evidence first.
    error EmptyEvidence();
    /// @notice The arbitrator costs {cost} wei, but {sent} wei were sent.
    /// @custom:hint Send exactly that; the market's own court takes none.
    error WrongPayment(uint256 sent, uint256 cost);
    /// @notice {arbitrator} has given the number {arbitratorDisputeId} to an earlier dispute.
    /// @custom:hint This is a fault of the arbitrator; please report it to the market.
    error DisputeIdTaken(IArbitrator arbitrator, uint256 arbitratorDisputeId);
    /// @notice The arbitrator of dispute {id} has until {until} to rule.
    /// @custom:hint Wait until then.
    error TooEarly(uint256 id, uint40 until);

    /// @notice Contests the announced end of a deal. Its customer or developer only, within the challenge window,
    /// once for each deal. The caller pays: a jury's fee from its escrow balance, for which it has approved the
    /// court, or exactly an outside arbitrator's cost, in wei sent with the call.
    /// @param evidence digest of the DisputeEvidence manifest.
    function open(IDisputableMarket market, uint256 dealId, Ground ground, bytes32 evidence)
        external
        payable
        returns (uint256 id);

    /// @notice Publishes further evidence; a party to the deal only, until the ruling.
    /// @param evidence digest of the DisputeEvidence manifest.
    function submitEvidence(uint256 id, bytes32 evidence) external;

    /// @notice Appeals the current ruling where the arbitrator allows it; a party to the deal only, which pays as for
    /// `open`.
    function appeal(uint256 id) external payable;

    /// @notice Rules 0 in place of an arbitrator that has let the deadline pass; anyone may call. Reverts `TooEarly`
    /// before.
    function expire(uint256 id) external;

    /// @notice A dispute as it stands; reverts `UnknownDispute` when there is none.
    function disputeOf(uint256 id) external view returns (Case memory);
    /// @notice How many disputes there have been; their ids are 1 to this number.
    function disputeCount() external view returns (uint256);
}
