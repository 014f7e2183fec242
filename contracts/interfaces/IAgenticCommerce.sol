// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a job contract of ERC-8183 (Agentic Commerce, draft) is asked and told.
/// @notice https://eips.ethereum.org/EIPS/eip-8183. The text leaves the getter open; this is the one of its reference
/// implementation (github.com/erc-8183/base-contracts). Nothing of it is trusted by anyone but a job's own parties.
interface IAgenticCommerce {
    enum Status {
        Open,
        Funded,
        Submitted,
        Completed,
        Rejected,
        Expired
    }

    /// @dev Times are Unix seconds, the budget base units of the job's token.
    struct Job {
        uint256 id;
        address client;
        address provider;
        address evaluator;
        string description;
        uint256 budget;
        uint256 expiredAt;
        Status status;
        address hook;
        address paymentToken;
        uint256 providerAgentId;
        uint256 submittedAt;
    }

    /// @notice The job as it stands.
    function getJob(uint256 jobId) external view returns (Job memory);

    /// @notice Releases the budget to the provider; the evaluator only, of a job that is Submitted.
    function complete(uint256 jobId, bytes32 reason, bytes calldata optParams) external;

    /// @notice Refunds the budget to the client; the evaluator only, of a job that is Funded or Submitted.
    function reject(uint256 jobId, bytes32 reason, bytes calldata optParams) external;
}

/// @title The same two of implementations without hooks, which take no `optParams`.
interface IPlainAgenticCommerce {
    /// @notice As `IAgenticCommerce.complete`.
    function complete(uint256 jobId, bytes32 reason) external;

    /// @notice As `IAgenticCommerce.reject`.
    function reject(uint256 jobId, bytes32 reason) external;
}
