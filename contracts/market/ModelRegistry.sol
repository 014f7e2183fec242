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

    mapping(uint256 versionId => Version) private _versions;
    mapping(uint256 modelId => uint256 versionId) private _latest;
    mapping(bytes32 manifest => uint256 versionId) private _byManifest;

    /// @inheritdoc IModelRegistry
    uint256 public modelCount;
    /// @inheritdoc IModelRegistry
    uint256 public versionCount;

    constructor(address governance) ERC721("Assay Model", "ASSAY") {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /// @inheritdoc IModelRegistry
    /// @dev Not a safe mint: an owner that refuses tokens must not be able to stop a settlement.
    function registerModel(
        address owner,
        address developer,
        uint256 dealId,
        int64 score,
        Submission calldata submission
    ) external onlyRole(MODULE_ROLE) returns (uint256 modelId, uint256 versionId) {
        modelId = ++modelCount;
        _mint(owner, modelId);
        versionId = _addVersion(modelId, developer, dealId, score, submission);
    }

    /// @inheritdoc IModelRegistry
    function registerVersion(
        uint256 modelId,
        address developer,
        uint256 dealId,
        int64 score,
        Submission calldata submission
    ) external onlyRole(MODULE_ROLE) returns (uint256 versionId) {
        if (_latest[modelId] == 0) revert UnknownModel(modelId);
        versionId = _addVersion(modelId, developer, dealId, score, submission);
    }

    /// @inheritdoc IModelRegistry
    function versionOf(uint256 versionId) external view returns (Version memory) {
        if (!_exists(versionId)) revert UnknownVersion(versionId);
        return _versions[versionId];
    }

    /// @inheritdoc IModelRegistry
    function latestVersion(uint256 modelId) public view returns (uint256 versionId) {
        versionId = _latest[modelId];
        if (versionId == 0) revert UnknownModel(modelId);
    }

    /// @inheritdoc IModelRegistry
    function versionByManifest(bytes32 manifest) external view returns (uint256 versionId) {
        return _byManifest[manifest];
    }

    /// @notice The latest version's ModelManifest.
    /// @inheritdoc ERC721
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        bytes32 manifest = _versions[latestVersion(modelId)].manifest;
        bytes memory digest = bytes(Strings.toHexString(uint256(manifest), 32));
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

    function _addVersion(
        uint256 modelId,
        address developer,
        uint256 dealId,
        int64 score,
        Submission calldata submission
    ) private returns (uint256 versionId) {
        bytes32 manifest = submission.manifest;
        if (manifest == 0) revert EmptyManifest();
        if (_byManifest[manifest] != 0) revert ManifestAlreadyRegistered(manifest, _byManifest[manifest]);
        _checkLineage(submission.lineage);

        versionId = ++versionCount;
        _byManifest[manifest] = versionId;
        _latest[modelId] = versionId;
        _versions[versionId] = Version({
            manifest: manifest,
            submissionHash: keccak256(abi.encode(submission)),
            modelId: SafeCast.toUint64(modelId),
            dealId: SafeCast.toUint64(dealId),
            score: score,
            registeredAt: SafeCast.toUint40(block.timestamp),
            module: msg.sender,
            developer: developer
        });
        emit VersionRegistered(versionId, modelId, manifest, msg.sender, dealId, developer, score);
        emit LineageRecorded(versionId, submission.lineage);
    }

    /// @dev A parent model must be a version that exists already, so lineage has no cycles.
    function _checkLineage(Lineage[] calldata lineage) private view {
        if (lineage.length > MAX_LINEAGE) revert LineageTooLong(lineage.length, MAX_LINEAGE);
        for (uint256 i = 0; i < lineage.length; ++i) {
            if (lineage[i].kind == LineageKind.Model && !_exists(uint256(lineage[i].ref))) {
                revert UnknownParent(lineage[i].ref);
            }
        }
    }

    function _exists(uint256 versionId) private view returns (bool) {
        return versionId != 0 && versionId <= versionCount;
    }
}
