// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Models as ERC-721 tokens, their versions, and where each came from.
/// @notice Market modules register; what a version says is written once. Lineage and payee splits are fixed at
/// submission: the version keeps their hashes, the events their contents. Paper sections IV-E and VI-B (traceability).
interface IModelRegistry {
    enum LineageKind {
        Model, // a version id of this registry
        Dataset, // digest of a DatasetManifest
        TrainingJob // digest of a training-job manifest
    }

    struct Lineage {
        LineageKind kind;
        bytes32 ref;
    }

    /// @dev A share of the developer's price, in ppm.
    struct Payee {
        address account;
        uint32 ppm;
    }

    /// @dev What a developer submits; its hash is `keccak256(abi.encode(submission))`.
    struct Submission {
        bytes32 manifest; // digest of the ModelManifest
        bytes32 grants; // digest of the KeyGrants for the panel
        Lineage[] lineage; // at most MAX_LINEAGE
        Payee[] payees; // at most MAX_PAYEES, shares at most 1_000_000 in all; the rest is the developer's
    }

    struct Version {
        bytes32 manifest;
        bytes32 submissionHash;
        uint64 modelId;
        uint64 dealId; // of the module that registered it
        int64 score; // ppm, as validated
        uint40 registeredAt; // Unix seconds
        address module;
        address developer;
    }

    event VersionRegistered(
        uint256 indexed versionId,
        uint256 indexed modelId,
        bytes32 indexed manifest,
        address module,
        uint256 dealId,
        address developer,
        int64 score
    );
    event LineageRecorded(uint256 indexed versionId, Lineage[] lineage);

    error UnknownModel(uint256 modelId);
    error UnknownVersion(uint256 versionId);
    error ManifestAlreadyRegistered(bytes32 manifest, uint256 versionId);
    error UnknownParent(bytes32 versionId);
    error EmptyManifest();
    error LineageTooLong(uint256 length, uint256 max);

    /// @notice Mints a model to `owner` with its first version; authorised modules only.
    function registerModel(
        address owner,
        address developer,
        uint256 dealId,
        int64 score,
        Submission calldata submission
    ) external returns (uint256 modelId, uint256 versionId);

    /// @notice Adds a version to a model; authorised modules only.
    function registerVersion(
        uint256 modelId,
        address developer,
        uint256 dealId,
        int64 score,
        Submission calldata submission
    ) external returns (uint256 versionId);

    function versionOf(uint256 versionId) external view returns (Version memory);
    function latestVersion(uint256 modelId) external view returns (uint256 versionId);
    /// @return versionId 0 when no version has that manifest.
    function versionByManifest(bytes32 manifest) external view returns (uint256 versionId);
    function modelCount() external view returns (uint256);
    function versionCount() external view returns (uint256);
}
