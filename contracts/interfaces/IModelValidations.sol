// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Test results and audits of models, as an ERC-8004 validation registry is read.
/// @notice https://eips.ethereum.org/EIPS/eip-8004 (draft), as its registry of August 2026 has it. An agent is a model:
/// `agentId` is its token in ModelRegistry. Nothing is stored here, and nothing can be written: every answer is worked
/// out from the market's contracts, where results are written once. Whoever reads the registry of ERC-8004 reads this
/// in its place.
/// What an answer is about is the model's newest version. A `requestHash` is no hash but a name, see `Kind`. A
/// `response` is 100 for a test that was passed and 0 for one that was failed: scores are in the events, because no
/// number from 0 to 100 tells of an error or a loss. `lastUpdate` is when a test was asked for, so that a result that
/// was held back is not a fresh one, and when a verdict was posted.
/// Trust assumptions: those of the contracts that are read. Anybody may register as a customer, order a test of its own
/// model on its own data, and pass: name the `validatorAddresses` that you trust, such as third parties' test sets.
/// @dev Times are Unix seconds.
interface IModelValidations {
    /// @dev The first byte of a `requestHash`; what follows is right-aligned.
    enum Kind {
        None,
        Order, // 48 bits agentId: the panel's test in the commission, on its customer's data; validator: the market
        TestSet, // 48 bits agentId | 32 bits number of the set: the newest result on it; validator: the set's body
        Audit // 48 bits number of the audit | 8 bits seat: one auditor's verdict; validator: the auditor
    }

    /// @notice No validation has the name {requestHash}.
    /// @custom:hint Ask `getAgentValidations` of a model for the names of its validations.
    error UnknownValidation(bytes32 requestHash);
    /// @notice What {validator} has validated is not listed on-chain.
    /// @custom:hint Ask the market's index, or `getAgentValidations` of a model.
    error NotListed(address validator);

    /// @notice The contract whose tokens are the agents: ModelRegistry.
    function getIdentityRegistry() external view returns (address identityRegistry);

    /// @notice What one validation found; reverts `UnknownValidation` where there is none, or no result yet.
    /// @return validatorAddress see `Kind`.
    /// @return agentId the model.
    /// @return response 100 for passed or approved, 0 for failed or rejected.
    /// @return responseHash of a test the digest of the DatasetManifest: which data, fixed before the test; else zero.
    /// @return tag `order`, `test set` or `audit`.
    /// @return lastUpdate Unix seconds.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        );

    /// @notice How many validations of a model there are that count now, and the mean of their responses.
    /// @param validatorAddresses only theirs; of everybody where it is empty.
    /// @param tag only of this kind; of every kind where it is empty.
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse);

    /// @notice The validations of a model's newest version: of its order; on each of the newest MAX_SETS test sets that
    /// it was tested on; the verdicts in its newest MAX_AUDITS audits that have not expired. Reverts
    /// `IModelRegistry.UnknownModel`.
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory requestHashes);

    /// @notice Reverts `NotListed`: a registry that stores nothing has no list by validators.
    function getValidatorRequests(address validatorAddress)
        external
        view
        returns (bytes32[] memory requestHashes);
}
