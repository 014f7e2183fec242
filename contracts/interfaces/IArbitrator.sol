// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title ERC-792: who asks for a ruling and is bound by it.
interface IArbitrable {
    event Ruling(IArbitrator indexed arbitrator, uint256 indexed disputeID, uint256 ruling);

    /// @notice Gives the ruling for a dispute; its arbitrator only. 0 is a refusal to rule.
    function rule(uint256 disputeID, uint256 ruling) external;
}

/// @title ERC-792: who rules. Costs are in the chain's currency.
interface IArbitrator {
    enum DisputeStatus {
        Waiting,
        Appealable,
        Solved
    }

    event DisputeCreation(uint256 indexed disputeID, IArbitrable indexed arbitrable);
    event AppealPossible(uint256 indexed disputeID, IArbitrable indexed arbitrable);
    event AppealDecision(uint256 indexed disputeID, IArbitrable indexed arbitrable);

    /// @notice Opens a dispute of the caller, an `IArbitrable`, for `arbitrationCost(extraData)`.
    /// @param choices rulings that can be given beside 0.
    function createDispute(uint256 choices, bytes calldata extraData)
        external
        payable
        returns (uint256 disputeID);

    /// @notice Appeals the current ruling for `appealCost`; the arbitrable only.
    function appeal(uint256 disputeID, bytes calldata extraData) external payable;

    function arbitrationCost(bytes calldata extraData) external view returns (uint256 cost);
    function appealCost(uint256 disputeID, bytes calldata extraData) external view returns (uint256 cost);

    /// @return start Unix seconds; 0 and 0 when the dispute cannot be appealed.
    /// @return end Unix seconds.
    function appealPeriod(uint256 disputeID) external view returns (uint256 start, uint256 end);
    function disputeStatus(uint256 disputeID) external view returns (DisputeStatus status);
    function currentRuling(uint256 disputeID) external view returns (uint256 ruling);
}

/// @title ERC-1497: where arbitrators and their tools find what a dispute is about.
interface IEvidence {
    event MetaEvidence(uint256 indexed metaEvidenceID, string evidence);
    event Evidence(
        IArbitrator indexed arbitrator,
        uint256 indexed evidenceGroupID,
        address indexed party,
        string evidence
    );
    event Dispute(
        IArbitrator indexed arbitrator,
        uint256 indexed disputeID,
        uint256 metaEvidenceID,
        uint256 evidenceGroupID
    );
}
