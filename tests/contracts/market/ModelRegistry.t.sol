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
        uint48 dealId,
        int64 score,
        bytes32 manifest
    ) public {
        vm.assume(owner != address(0) && manifest != 0);
        assertFalse(_registry.isRegistered(manifest));
        IModelRegistry.Submission memory submission = _submission(manifest, 2);
        _expectVersion(1, developer, dealId, score, submission);
        vm.prank(_module);
        uint256 modelId = _registry.registerModel(owner, developer, dealId, score, submission);

        assertEq(modelId, 1);
        assertEq(_registry.modelCount(), 1);
        assertEq(_registry.ownerOf(1), owner);
        assertEq(_registry.latestVersion(1), manifest);
        assertTrue(_registry.isRegistered(manifest));
        IModelRegistry.Version memory version = _registry.versionOf(manifest);
        assertEq(version.modelId, 1);
        assertEq(version.dealId, dealId);
        assertEq(version.module, _module);
    }

    function testFuzz_RegisterVersion_FollowsTheFirst(
        bytes32 manifest,
        uint48 dealId,
        int64 score,
        uint8 models
    ) public {
        vm.assume(manifest != 0 && uint256(manifest) > type(uint8).max);
        uint256 modelId = bound(models, 1, 5);
        for (uint256 i = 1; i <= 5; ++i) {
            _register(bytes32(i));
        }
        IModelRegistry.Version memory first = _registry.versionOf(bytes32(modelId));
        IModelRegistry.Submission memory submission = _submission(manifest, 0);
        _expectVersion(modelId, _developer, dealId, score, submission);
        vm.prank(_module);
        _registry.registerVersion(modelId, _developer, dealId, score, submission);

        assertEq(_registry.modelCount(), 5);
        assertEq(_registry.versionOf(manifest).modelId, modelId);
        assertEq(_registry.versionOf(manifest).dealId, dealId);
        for (uint256 i = 1; i <= 5; ++i) {
            assertEq(_registry.latestVersion(i), i == modelId ? manifest : bytes32(i));
        }
        // What the first version says is what it said.
        assertEq(abi.encode(_registry.versionOf(bytes32(modelId))), abi.encode(first));
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

    /// @dev Whoever comes second, with whatever model and lineage: the version stays as it is.
    function testFuzz_Manifests_AreUnique(bytes32 manifest, uint48 dealId, int64 score) public {
        vm.assume(manifest != 0);
        _register(manifest);
        bytes memory version = abi.encode(_registry.versionOf(manifest));
        IModelRegistry.Submission memory submission = _submission(manifest, 3);
        bytes memory refusal =
            abi.encodeWithSelector(IModelRegistry.ManifestAlreadyRegistered.selector, manifest);
        bytes32 role = _registry.MODULE_ROLE();
        address other = makeAddr("another module");
        vm.prank(_governance);
        _registry.grantRole(role, other);
        address[2] memory callers = [_module, other];
        for (uint256 i; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            vm.expectRevert(refusal);
            _registry.registerModel(_owner, _developer, dealId, score, submission);
            vm.expectRevert(refusal);
            _registry.registerVersion(1, _developer, dealId, score, submission);
            vm.stopPrank();
        }
        assertEq(_registry.modelCount(), 1);
        assertEq(abi.encode(_registry.versionOf(manifest)), version);
    }

    function test_Manifests_AreNotEmpty() public {
        vm.expectRevert(IModelRegistry.EmptyManifest.selector);
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, _submission(0, 0));
    }

    function test_Versions_NeedAManifestToo() public {
        _register(MANIFEST);
        vm.expectRevert(IModelRegistry.EmptyManifest.selector);
        vm.prank(_module);
        _registry.registerVersion(1, _developer, 1, 1, _submission(0, 0));
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

    function testFuzz_RegisterModel_RefusesDealIdsBeyond48Bits(uint256 dealId) public {
        dealId = bound(dealId, uint256(type(uint48).max) + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 48, dealId));
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, dealId, 1, _submission(MANIFEST, 0));
    }

    /* LINEAGE */

    /// @dev At any place in the lineage, a parent that is no version is refused, the version's own manifest included.
    function testFuzz_Lineage_NamesExistingVersions(uint8 versions, uint8 parent, uint8 place) public {
        versions = uint8(bound(versions, 1, 5));
        for (uint256 i = 1; i <= versions; ++i) {
            _register(bytes32(i));
        }
        bytes32 ref = parent == 7 ? MANIFEST : bytes32(uint256(parent % 8));
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 4);
        submission.lineage[place % 4] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, ref);
        bool known = uint256(ref) != 0 && uint256(ref) <= versions;
        if (known) {
            vm.expectEmit(address(_registry));
            emit IModelRegistry.LineageRecorded(MANIFEST, submission.lineage);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownParent.selector, ref));
        }
        vm.prank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, submission);
        assertEq(_registry.isRegistered(MANIFEST), known);
    }

    /// @dev A parent may be a version that is not its model's latest.
    function test_Lineage_NamesOlderVersions() public {
        _register(bytes32(uint256(1)));
        vm.startPrank(_module);
        _registry.registerVersion(1, _developer, 1, 1, _submission(bytes32(uint256(2)), 0));
        IModelRegistry.Submission memory submission = _submission(MANIFEST, 1);
        submission.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, bytes32(uint256(1)));
        _registry.registerVersion(1, _developer, 1, 1, submission);
        vm.stopPrank();
        assertEq(_registry.latestVersion(1), MANIFEST);
    }

    function test_Lineage_IsBounded() public {
        vm.startPrank(_module);
        _registry.registerModel(_owner, _developer, 1, 1, _submission(MANIFEST, 64));
        IModelRegistry.Submission memory submission = _submission(keccak256("another"), 65);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.LineageTooLong.selector, 65, 64));
        _registry.registerModel(_owner, _developer, 1, 1, submission);
    }

    /* VIEWS */

    function testFuzz_Views_RefuseUnknown(uint256 id, bytes32 manifest) public {
        vm.assume(id != 1 && manifest != MANIFEST);
        _register(MANIFEST);
        assertFalse(_registry.isRegistered(manifest));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownVersion.selector, manifest));
        _registry.versionOf(manifest);
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

    function _expectVersion(
        uint256 modelId,
        address developer,
        uint256 dealId,
        int64 score,
        IModelRegistry.Submission memory submission
    ) private {
        bytes32 manifest = submission.manifest;
        bytes32 submissionHash = keccak256(abi.encode(submission));
        vm.expectEmit(address(_registry));
        emit IModelRegistry.VersionRegistered(
            manifest, modelId, developer, _module, dealId, score, submissionHash
        );
        vm.expectEmit(address(_registry));
        emit IModelRegistry.LineageRecorded(manifest, submission.lineage);
    }

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
