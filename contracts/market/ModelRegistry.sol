// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title ModelRegistry
contract ModelRegistry is IModelRegistry, ERC721, AccessControl {
    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /// @notice The most lineage entries of a version.
    uint256 public constant MAX_LINEAGE = 64;

    /// @dev A CID in base 16 without its digest: multibase f, version 1, raw (0x55), sha2-256 (0x12), 32 bytes (0x20).
    string private constant CID_PREFIX = "ipfs://f01551220";

    mapping(bytes32 manifest => Version) private _versions;
    mapping(uint256 modelId => bytes32 manifest) private _latest;

    /// @inheritdoc IModelRegistry
    uint256 public modelCount;

    constructor(address governance) ERC721("Assay Model", "ASSAY") {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /// @inheritdoc IModelRegistry
    /// @dev Not a safe mint: an owner that refuses tokens must not be able to stop a settlement.
    function registerModel(address owner, Registration calldata version, Lineage[] calldata lineage)
        external
        onlyRole(MODULE_ROLE)
        returns (uint256 modelId)
    {
        modelId = ++modelCount;
        _mint(owner, modelId);
        _addVersion(modelId, version, lineage);
    }

    /// @inheritdoc IModelRegistry
    function registerVersion(uint256 modelId, Registration calldata version, Lineage[] calldata lineage)
        external
        onlyRole(MODULE_ROLE)
    {
        if (_latest[modelId] == 0) revert UnknownModel(modelId);
        _addVersion(modelId, version, lineage);
    }

    /// @inheritdoc IModelRegistry
    function versionOf(bytes32 manifest) external view returns (Version memory version) {
        version = _versions[manifest];
        if (version.module == address(0)) revert UnknownVersion(manifest);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(address module, uint256 dealId, bytes32 manifest) external view returns (uint256) {
        Version storage version = _versions[manifest];
        return version.module == module && version.dealId == dealId ? version.modelId : 0;
    }

    /// @inheritdoc IModelRegistry
    function isRegistered(bytes32 manifest) public view returns (bool) {
        return _versions[manifest].module != address(0);
    }

    /// @inheritdoc IModelRegistry
    function latestVersion(uint256 modelId) public view returns (bytes32 manifest) {
        manifest = _latest[modelId];
        if (manifest == 0) revert UnknownModel(modelId);
    }

    /// @notice The latest version's ModelManifest.
    /// @inheritdoc ERC721
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        bytes memory digest = bytes(Strings.toHexString(uint256(latestVersion(modelId)), 32));
        return string.concat(CID_PREFIX, string(Bytes.slice(digest, 2))); // without 0x
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, AccessControl)
        returns (bool)
    {
        return super.supportsInterface(interfaceId);
    }

    function _addVersion(uint256 modelId, Registration calldata version, Lineage[] calldata lineage) private {
        bytes32 manifest = version.manifest;
        if (manifest == 0) revert EmptyManifest();
        if (isRegistered(manifest)) revert ManifestAlreadyRegistered(manifest);
        _checkLineage(lineage);

        _latest[modelId] = manifest;
        _versions[manifest] = Version({
            module: msg.sender,
            dealId: SafeCast.toUint48(version.dealId),
            // forge-lint: disable-next-line(unsafe-typecast)
            modelId: uint48(modelId) // a counter: 2^48 is out of reach
        });
        emit VersionRegistered(
            manifest,
            modelId,
            version.developer,
            msg.sender,
            version.dealId,
            version.score,
            version.submissionHash,
            lineage
        );
    }

    /// @dev A parent model must be a version that exists already, so lineage has no cycles.
    function _checkLineage(Lineage[] calldata lineage) private view {
        if (lineage.length > MAX_LINEAGE) revert LineageTooLong(lineage.length, MAX_LINEAGE);
        for (uint256 i = 0; i < lineage.length; ++i) {
            if (lineage[i].kind == LineageKind.Model && !isRegistered(lineage[i].ref)) {
                revert UnknownParent(lineage[i].ref);
            }
        }
    }
}
