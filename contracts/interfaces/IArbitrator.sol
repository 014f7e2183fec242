// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title ERC-792: the contract that asks for a ruling and is bound by it.
interface IArbitrable {
    /// @notice `arbitrator` has ruled on its dispute `disputeID`; 0 is a refusal to rule.
    event Ruling(IArbitrator indexed arbitrator, uint256 indexed disputeID, uint256 ruling);

    /// @notice Gives the ruling on a dispute; only its arbitrator may call. 0 is a refusal to rule.
    function rule(uint256 disputeID, uint256 ruling) external;
}

/// @title ERC-792: the contract that rules. Costs are in wei of the chain's currency.
interface IArbitrator {
    enum DisputeStatus {
        Waiting,
        Appealable,
        Solved
    }

    /// @notice `arbitrable` has opened a dispute here.
    event DisputeCreation(uint256 indexed disputeID, IArbitrable indexed arbitrable);
    /// @notice The current ruling can be appealed from now on.
    event AppealPossible(uint256 indexed disputeID, IArbitrable indexed arbitrable);
    /// @notice The current ruling has been appealed.
    event AppealDecision(uint256 indexed disputeID, IArbitrable indexed arbitrable);

    /// @notice Opens a dispute of the caller, an `IArbitrable`, which pays `arbitrationCost(extraData)`.
    /// @param choices how many rulings can be given besides 0.
    function createDispute(uint256 choices, bytes calldata extraData)
        external
        payable
        returns (uint256 disputeID);

    /// @notice Appeals the current ruling for `appealCost`; only the arbitrable may call.
    function appeal(uint256 disputeID, bytes calldata extraData) external payable;

    /// @notice What opening a dispute costs, in wei.
    function arbitrationCost(bytes calldata extraData) external view returns (uint256 cost);
    /// @notice What an appeal costs now, in wei.
    function appealCost(uint256 disputeID, bytes calldata extraData) external view returns (uint256 cost);

    /// @notice When the current ruling can be appealed.
    /// @return start Unix seconds; 0 and 0 when the dispute cannot be appealed.
    /// @return end Unix seconds.
    function appealPeriod(uint256 disputeID) external view returns (uint256 start, uint256 end);
    /// @notice Where a dispute stands.
    function disputeStatus(uint256 disputeID) external view returns (DisputeStatus status);
    /// @notice The ruling that would become final if nobody appealed.
    function currentRuling(uint256 disputeID) external view returns (uint256 ruling);
}

/// @title ERC-1497: where arbitrators and their tools find what a dispute is about.
interface IEvidence {
    /// @notice What disputes with this `metaEvidenceID` are about, as a link to a file.
    event MetaEvidence(uint256 indexed metaEvidenceID, string evidence);
    /// @notice `party` has published evidence, as a link to a file.
    event Evidence(
        IArbitrator indexed arbitrator,
        uint256 indexed evidenceGroupID,
        address indexed party,
        string evidence
    );
    /// @notice A dispute at `arbitrator` belongs to this meta-evidence and this group of evidence.
    event Dispute(
        IArbitrator indexed arbitrator,
        uint256 indexed disputeID,
        uint256 metaEvidenceID,
        uint256 evidenceGroupID
    );
}
