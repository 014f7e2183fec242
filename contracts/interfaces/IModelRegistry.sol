// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Models as ERC-721 tokens, their versions, and where each came from.
/// @notice Market modules register; what a version says is written once. A version is known by the digest of its manifest.
/// The chain keeps to whom it belongs; what was submitted, and how it scored, is in its event and with the module's deal.
/// Lineage and payee splits are fixed at submission. Paper sections IV-E and VI-B (traceability).
interface IModelRegistry {
    enum LineageKind {
        Model, // digest of the ModelManifest of a version of this registry
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

    /// @dev What a module says of a version that it registers.
    struct Registration {
        bytes32 manifest;
        bytes32 submissionHash; // fixes lineage and payees
        address developer;
        uint256 dealId; // the module's, at most 48 bits
        int64 score; // ppm, as validated
    }

    /// @dev One slot.
    struct Version {
        address module; // that registered it
        uint48 dealId; // of that module
        uint48 modelId;
    }

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

    error UnknownModel(uint256 modelId);
    error UnknownVersion(bytes32 manifest);
    error ManifestAlreadyRegistered(bytes32 manifest);
    error UnknownParent(bytes32 manifest);
    error EmptyManifest();
    error LineageTooLong(uint256 length, uint256 max);

    /// @notice Mints a model to `owner` with its first version; authorised modules only.
    function registerModel(address owner, Registration calldata version, Lineage[] calldata lineage)
        external
        returns (uint256 modelId);

    /// @notice Adds a version to a model; authorised modules only.
    function registerVersion(uint256 modelId, Registration calldata version, Lineage[] calldata lineage)
        external;

    function versionOf(bytes32 manifest) external view returns (Version memory);

    /// @notice The model of the version which `module` has registered for its deal; 0 for none.
    function modelOf(address module, uint256 dealId, bytes32 manifest) external view returns (uint256 modelId);

    /// @notice Whether a version has that manifest.
    function isRegistered(bytes32 manifest) external view returns (bool);

    /// @return manifest of the version added last.
    function latestVersion(uint256 modelId) external view returns (bytes32 manifest);

    function modelCount() external view returns (uint256);
}
