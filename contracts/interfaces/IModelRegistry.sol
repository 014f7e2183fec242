// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Models as ERC-721 tokens, their versions, and where each came from.
/// @notice Market modules register models and versions; what is said of a version is written once. A version is known
/// by the digest of its manifest. The chain keeps to whom it belongs; what was submitted, and how it scored, is in
/// its event and in the module's deal. Lineage and the split among payees are fixed at submission. Scores are ppm.
/// Paper sections IV-E and VI-B (traceability).
interface IModelRegistry {
    enum LineageKind {
        Model, // digest of the ModelManifest of a version of this registry
        Dataset, // digest of a DatasetManifest
        TrainingJob // digest of a training-job manifest
    }

    /// @dev One thing that a model was made from.
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

    /// @dev What a module states about a version that it registers.
    struct Registration {
        bytes32 manifest;
        bytes32 submissionHash; // fixes lineage and payees
        address developer;
        uint256 dealId; // the module's, at most 48 bits
        int64 score; // ppm, as validated
    }

    /// @dev One slot: where a version came from.
    struct Version {
        address module; // that registered it
        uint48 dealId; // of that module
        uint48 modelId;
    }

    /// @notice `module` has registered a version of a model, for its deal `dealId`, with the validated `score` in
    /// ppm.
    event VersionRegistered(
        bytes32 indexed manifest,
        uint256 indexed modelId,
        address indexed developer,
        address module,
        uint256 dealId,
        int64 score,
        bytes32 submissionHash,
        Lineage[] lineage
    );

    /// @notice There is no model {modelId}.
    /// @custom:hint Check the number and the chain.
    error UnknownModel(uint256 modelId);
    /// @notice No model version has the manifest {manifest}.
    /// @custom:hint Check the digest and the chain.
    error UnknownVersion(bytes32 manifest);
    /// @notice The model manifest {manifest} is already registered.
    /// @custom:hint Submit a manifest of its own for each version.
    error ManifestAlreadyRegistered(bytes32 manifest);
    /// @notice The lineage names the manifest {manifest}, which no registered model version has.
    /// @custom:hint Correct the lineage.
    error UnknownParent(bytes32 manifest);
    /// @notice The digest of the model manifest is missing.
    /// @custom:hint Publish the manifest first.
    error EmptyManifest();
    /// @notice The lineage has {length} entries; at most {max} are allowed.
    /// @custom:hint Shorten it.
    error LineageTooLong(uint256 length, uint256 max);

    /// @notice Mints a model to `owner` with its first version; authorised modules only. Reverts
    /// `ManifestAlreadyRegistered`, `UnknownParent` and `LineageTooLong` for what their names say.
    function registerModel(address owner, Registration calldata version, Lineage[] calldata lineage)
        external
        returns (uint256 modelId);

    /// @notice Adds a version to a model; authorised modules only.
    function registerVersion(uint256 modelId, Registration calldata version, Lineage[] calldata lineage)
        external;

    /// @notice Where the version with a manifest came from; reverts `UnknownVersion` when there is none.
    function versionOf(bytes32 manifest) external view returns (Version memory);

    /// @notice The model of the version that `module` registered for its deal; 0 for none.
    function modelOf(address module, uint256 dealId, bytes32 manifest) external view returns (uint256 modelId);

    /// @notice Whether a version has this manifest.
    function isRegistered(bytes32 manifest) external view returns (bool);

    /// @notice The version of a model that was added last; reverts `UnknownModel` when there is no such model.
    /// @return manifest its digest.
    function latestVersion(uint256 modelId) external view returns (bytes32 manifest);

    /// @notice How many models there are; their ids are 1 to this number.
    function modelCount() external view returns (uint256);
}
