// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ModelRegistry} from "../../../contracts/market/ModelRegistry.sol";

contract ModelRegistryTest is Test {
    bytes32 private constant MANIFEST = keccak256("manifest");

    address private _governance = makeAddr("governance");
    address private _module = makeAddr("module");
    address private _owner = makeAddr("owner");
    address private _developer = makeAddr("developer");
    ModelRegistry private _registry;

    function setUp() public {
        _registry = new ModelRegistry(_governance);
        bytes32 role = _registry.MODULE_ROLE();
        vm.prank(_governance);
        _registry.grantRole(role, _module);
    }

    /* REGISTERING */

    function testFuzz_RegisterModel(
        address owner,
        address developer,
        uint64 dealId,
        int64 score,
        bytes32 manifest,
        uint40 at
    ) public {
        vm.assume(owner != address(0) && manifest != 0);
        vm.warp(at);
        IModelRegistry.Submission memory submission = _submission(manifest, 2);
        vm.expectEmit(address(_registry));
        emit IModelRegistry.VersionRegistered(1, 1, manifest, _module, dealId, developer, score);
        vm.expectEmit(address(_registry));
        emit IModelRegistry.LineageRecorded(1, submission.lineage);
        vm.prank(_module);
        (uint256 modelId, uint256 versionId) =
            _registry.registerModel(owner, developer, dealId, score, submission);

        assertEq(modelId, 1);
        assertEq(versionId, 1);
        assertEq(_registry.modelCount(), 1);
        assertEq(_registry.versionCount(), 1);
        assertEq(_registry.ownerOf(1), owner);
        assertEq(_registry.latestVersion(1), 1);
        assertEq(_registry.versionByManifest(manifest), 1);
        IModelRegistry.Version memory version = _registry.versionOf(1);
        assertEq(version.manifest, manifest);
        assertEq(version.submissionHash, keccak256(abi.encode(submission)));
        assertEq(version.modelId, 1);
        assertEq(version.dealId, dealId);
        assertEq(version.score, score);
        assertEq(version.registeredAt, at);
        assertEq(version.module, _module);
        assertEq(version.developer, developer);
    }

    function testFuzz_RegisterVersion_FollowsTheFirst(bytes32 manifest, uint64 dealId, int64 score) public {
        vm.assume(manifest != 0 && manifest != MANIFEST);
        _register(MANIFEST);
        IModelRegistry.Version memory first = _registry.versionOf(1);
        vm.prank(_module);
        uint256 versionId = _registry.registerVersion(1, _developer, dealId, score, _submission(manifest, 0));
        assertEq(versionId, 2);
        assertEq(_registry.latestVersion(1), 2);
        assertEq(_registry.modelCount(), 1);
        assertEq(_registry.versionByManifest(manifest), 2);
        assertEq(_registry.versionOf(2).modelId, 1);
        assertEq(_registry.versionOf(2).score, score);
        // What the first version says is what it said.
        assertEq(abi.encode(_registry.versionOf(1)), abi.encode(first));
        assertEq(_registry.versionByManifest(MANIFEST), 1);
    }

    function testFuzz_RegisterVersion_RefusesUnknownModels(uint256 modelId) public {
        vm.assume(modelId != 1);
        _register(MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, modelId));
        vm.prank(_module);
        _registry.registerVersion(modelId, _developer, 1, 1, _submission(keccak256("next"), 0));
    }

    function testFuzz_Registering_IsTheModulesAlone(address stranger) public {
        vm.assume(stranger != _module);
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, _registry.MODULE_ROLE()
        );
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 0);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        _registry.registerModel(_owner, _developer, 1, 1, submission);
        vm.expectRevert(refusal);
        _registry.registerVersion(1, _developer, 1, 1, submission);
    }

    function test_Manifests_AreUnique() public {
        _register(MANIFEST);
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 0);
        bytes memory refusal =
            abi.encodeWithSelector(IModelRegistry.ManifestAlreadyRegistered.selector, MANIFEST, 1);
        vm.startPrank(_module);
        vm.expectRevert(refusal);
        _registry.registerModel(_owner, _developer, 2, 1, submission);
        vm.expectRevert(refusal);
        _registry.registerVersion(1, _developer, 2, 1, submission);
        assertEq(_registry.modelCount(), 1);
    }

    function test_Manifests_AreNotEmpty() public {
        vm.expectRevert(IModelRegistry.EmptyManifest.selector);
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, _submission(0, 0));
    }

    function test_RegisterModel_RefusesNoOwner() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        vm.prank(_module);
        _registry.registerModel(address(0), _developer, 1, 1, _submission(MANIFEST, 0));
    }

    /// @dev The owner is a contract that knows nothing of ERC-721.
    function test_RegisterModel_CannotBeRefusedByItsOwner() public {
        vm.prank(_module);
        _registry.registerModel(address(this), _developer, 1, 1, _submission(MANIFEST, 0));
        assertEq(_registry.ownerOf(1), address(this));
    }

    function testFuzz_RegisterModel_RefusesDealIdsBeyond64Bits(uint256 dealId) public {
        dealId = bound(dealId, uint256(type(uint64).max) + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 64, dealId));
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, dealId, 1, _submission(MANIFEST, 0));
    }

    /* LINEAGE */

    function testFuzz_Lineage_NamesExistingVersions(uint8 versions, uint256 parent) public {
        versions = uint8(bound(versions, 1, 5));
        for (uint256 i = 1; i <= versions; ++i) {
            _register(bytes32(i));
        }
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 1);
        submission.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, bytes32(parent));
        if (parent == 0 || parent > versions) {
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownParent.selector, bytes32(parent)));
        }
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, submission);
    }

    function test_Lineage_NamesAnyExistingVersion() public {
        _register(bytes32(uint256(1)));
        _register(bytes32(uint256(2)));
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 3);
        submission.lineage[1] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, bytes32(uint256(2)));
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, submission);
        // Not of itself: the version that is being registered does not exist yet.
        submission.manifest = keccak256("another");
        submission.lineage[1].ref = bytes32(uint256(4));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownParent.selector, bytes32(uint256(4))));
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, submission);
    }

    function test_Lineage_IsBounded() public {
        vm.startPrank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, _submission(MANIFEST, 64));
        IModelRegistry.Submission memory submission = _submission(keccak256("another"), 65);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.LineageTooLong.selector, 65, 64));
        _registry.registerModel(_owner, _developer, 1, 1, submission);
    }

    /* VIEWS */

    function testFuzz_Views_RefuseUnknown(uint256 id) public {
        vm.assume(id != 1);
        _register(MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownVersion.selector, id));
        _registry.versionOf(id);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, id));
        _registry.latestVersion(id);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, id));
        _registry.tokenURI(id);
    }

    /// @dev sha2-256 of the empty block; the CID is what IPFS calls it, in base 16.
    function test_TokenURI_IsTheLatestManifestsCid() public {
        _register(MANIFEST);
        IModelRegistry.Submission memory submission = _submission(sha256(""), 0);
        vm.prank(_module);
        _registry.registerVersion(1, _developer, 1, 1, submission);
        assertEq(
            _registry.tokenURI(1),
            "ipfs://f01551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    function testFuzz_TokenURI_HasAllDigits(bytes32 manifest) public {
        vm.assume(manifest != 0);
        _register(manifest);
        bytes memory uri = bytes(_registry.tokenURI(1));
        assertEq(uri.length, 7 + 9 + 64);
        uint256 value = 0;
        for (uint256 i = 16; i < uri.length; ++i) {
            uint8 c = uint8(uri[i]);
            value = value << 4 | (c < 58 ? c - 48 : c - 87); // 0-9, a-f
        }
        assertEq(value, uint256(manifest));
    }

    function test_IsAnErc721() public view {
        assertEq(_registry.name(), "Assay Model");
        assertEq(_registry.symbol(), "ASSAY");
        assertTrue(_registry.supportsInterface(type(IERC721).interfaceId));
        assertTrue(_registry.supportsInterface(type(IERC721Metadata).interfaceId));
        assertTrue(_registry.supportsInterface(type(IAccessControl).interfaceId));
        assertFalse(_registry.supportsInterface(0xffffffff));
    }

    /* INTERNAL */

    function _register(bytes32 manifest) private {
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, _submission(manifest, 0));
    }

    /// @dev With `entries` datasets in its lineage.
    function _submission(bytes32 manifest, uint256 entries)
        private
        view
        returns (IModelRegistry.Submission memory submission)
    {
        submission.manifest = manifest;
        submission.grants = keccak256("grants");
        submission.lineage = new IModelRegistry.Lineage[](entries);
        for (uint256 i = 0; i < entries; ++i) {
            submission.lineage[i] = IModelRegistry.Lineage(
                i % 2 == 0 ? IModelRegistry.LineageKind.Dataset : IModelRegistry.LineageKind.TrainingJob,
                bytes32(i)
            );
        }
        submission.payees = new IModelRegistry.Payee[](1);
        submission.payees[0] = IModelRegistry.Payee(_developer, 1_000_000);
    }
}
