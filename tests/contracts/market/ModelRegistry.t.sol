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

    function testFuzz_RegisterModel(address owner, IModelRegistry.Registration memory said, uint8 edges)
        public
    {
        vm.assume(owner != address(0) && said.manifest != 0);
        said.dealId %= 1 << 48;
        IModelRegistry.Lineage[] memory lineage = _lineage(edges % 65);
        assertFalse(_registry.isRegistered(said.manifest));
        _expectVersion(1, said, lineage);
        vm.prank(_module);
        uint256 modelId = _registry.registerModel(owner, said, lineage);

        assertEq(modelId, 1);
        assertEq(_registry.modelCount(), 1);
        assertEq(_registry.ownerOf(1), owner);
        assertEq(_registry.latestVersion(1), said.manifest);
        assertTrue(_registry.isRegistered(said.manifest));
        IModelRegistry.Version memory version = _registry.versionOf(said.manifest);
        assertEq(version.modelId, 1);
        assertEq(version.dealId, said.dealId);
        assertEq(version.module, _module);
        assertEq(_registry.modelOf(_module, said.dealId, said.manifest), 1);
    }

    /// @dev Only the module that registered a version, and only its deal, can call the model its own.
    function testFuzz_ModelOf_IsThatOfModuleAndDeal(address module, uint256 dealId, bytes32 manifest) public {
        bool own = module == _module && dealId == 1 && manifest == MANIFEST;
        _register(keccak256("a model before"));
        _register(MANIFEST);
        assertEq(_registry.modelOf(module, dealId, manifest), own ? 2 : 0);
        assertEq(_registry.modelOf(_module, 1, MANIFEST), 2);
        assertEq(_registry.modelOf(module, 1, MANIFEST), module == _module ? 2 : 0);
        assertEq(_registry.modelOf(_module, dealId, MANIFEST), dealId == 1 ? 2 : 0);
        vm.assume(manifest != keccak256("a model before"));
        assertEq(_registry.modelOf(_module, 1, manifest), manifest == MANIFEST ? 2 : 0);
    }

    function testFuzz_RegisterVersion_FollowsTheFirst(
        IModelRegistry.Registration memory said,
        uint8 edges,
        uint256 modelId
    ) public {
        bytes32 manifest = said.manifest;
        vm.assume(uint256(manifest) > 5);
        said.dealId %= 1 << 48;
        IModelRegistry.Lineage[] memory lineage = _lineage(edges % 65);
        modelId = bound(modelId, 1, 5);
        for (uint256 i = 1; i <= 5; ++i) {
            _register(bytes32(i));
        }
        IModelRegistry.Version memory first = _registry.versionOf(bytes32(modelId));
        _expectVersion(modelId, said, lineage);
        vm.prank(_module);
        _registry.registerVersion(modelId, said, lineage);

        assertEq(_registry.modelCount(), 5);
        assertEq(_registry.versionOf(manifest).modelId, modelId);
        assertEq(_registry.versionOf(manifest).dealId, said.dealId);
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
        _registry.registerVersion(modelId, _version(keccak256("next")), _lineage(0));
    }

    function testFuzz_Registering_IsTheModulesAlone(address stranger) public {
        vm.assume(stranger != _module);
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, _registry.MODULE_ROLE()
        );
        IModelRegistry.Registration memory said = _version(MANIFEST);
        IModelRegistry.Lineage[] memory lineage = _lineage(0);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        _registry.registerModel(_owner, said, lineage);
        vm.expectRevert(refusal);
        _registry.registerVersion(1, said, lineage);
    }

    /// @dev Whoever comes second, with whatever model and lineage: the version stays as it is.
    function testFuzz_Manifests_AreUnique(IModelRegistry.Registration memory said, uint8 edges) public {
        bytes32 manifest = said.manifest;
        vm.assume(manifest != 0);
        IModelRegistry.Lineage[] memory lineage = _lineage(edges % 65);
        _register(manifest);
        bytes memory version = abi.encode(_registry.versionOf(manifest));
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
            _registry.registerModel(_owner, said, lineage);
            vm.expectRevert(refusal);
            _registry.registerVersion(1, said, lineage);
            vm.stopPrank();
        }
        assertEq(_registry.modelCount(), 1);
        assertEq(abi.encode(_registry.versionOf(manifest)), version);
    }

    function test_Manifests_AreNotEmpty() public {
        vm.expectRevert(IModelRegistry.EmptyManifest.selector);
        vm.prank(_module);
        _registry.registerModel(_owner, _version(0), _lineage(0));
    }

    function test_Versions_NeedAManifestToo() public {
        _register(MANIFEST);
        vm.expectRevert(IModelRegistry.EmptyManifest.selector);
        vm.prank(_module);
        _registry.registerVersion(1, _version(0), _lineage(0));
    }

    function test_RegisterModel_RefusesNoOwner() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        vm.prank(_module);
        _registry.registerModel(address(0), _version(MANIFEST), _lineage(0));
    }

    /// @dev The owner is a contract that knows nothing of ERC-721.
    function test_RegisterModel_CannotBeRefusedByItsOwner() public {
        vm.prank(_module);
        _registry.registerModel(address(this), _version(MANIFEST), _lineage(0));
        assertEq(_registry.ownerOf(1), address(this));
    }

    function testFuzz_RegisterModel_RefusesDealIdsBeyond48Bits(uint256 dealId) public {
        dealId = bound(dealId, uint256(type(uint48).max) + 1, type(uint256).max);
        IModelRegistry.Registration memory said = _version(MANIFEST);
        IModelRegistry.Lineage[] memory lineage = _lineage(0);
        said.dealId = dealId;
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 48, dealId));
        vm.prank(_module);
        _registry.registerModel(_owner, said, lineage);
    }

    /* LINEAGE */

    /// @dev At any place in the lineage, a parent that is no version is refused, the version's own manifest included.
    function testFuzz_Lineage_NamesExistingVersions(uint8 versions, uint8 parent, uint8 place) public {
        versions = uint8(bound(versions, 1, 5));
        for (uint256 i = 1; i <= versions; ++i) {
            _register(bytes32(i));
        }
        bytes32 ref = parent == 7 ? MANIFEST : bytes32(uint256(parent % 8));
        IModelRegistry.Registration memory said = _version(MANIFEST);
        IModelRegistry.Lineage[] memory lineage = _lineage(4);
        lineage[place % 4] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, ref);
        bool known = uint256(ref) != 0 && uint256(ref) <= versions;
        if (known) {
            _expectVersion(versions + 1, said, lineage);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownParent.selector, ref));
        }
        vm.prank(_module);
        _registry.registerModel(_owner, said, lineage);
        assertEq(_registry.isRegistered(MANIFEST), known);
    }

    /// @dev A parent may be a version that is not its model's latest.
    function test_Lineage_NamesOlderVersions() public {
        _register(bytes32(uint256(1)));
        vm.startPrank(_module);
        _registry.registerVersion(1, _version(bytes32(uint256(2))), _lineage(0));
        IModelRegistry.Registration memory said = _version(MANIFEST);
        IModelRegistry.Lineage[] memory lineage = _lineage(1);
        lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, bytes32(uint256(1)));
        _registry.registerVersion(1, said, lineage);
        vm.stopPrank();
        assertEq(_registry.latestVersion(1), MANIFEST);
    }

    function test_Lineage_IsBounded() public {
        vm.startPrank(_module);
        _registry.registerModel(_owner, _version(MANIFEST), _lineage(64));
        IModelRegistry.Registration memory said = _version(keccak256("another"));
        IModelRegistry.Lineage[] memory lineage = _lineage(65);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.LineageTooLong.selector, 65, 64));
        _registry.registerModel(_owner, said, lineage);
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
        IModelRegistry.Registration memory said = _version(sha256(""));
        IModelRegistry.Lineage[] memory lineage = _lineage(0);
        vm.prank(_module);
        _registry.registerVersion(1, said, lineage);
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
        IModelRegistry.Registration memory said,
        IModelRegistry.Lineage[] memory lineage
    ) private {
        vm.expectEmit(address(_registry));
        emit IModelRegistry.VersionRegistered(
            said.manifest,
            modelId,
            said.developer,
            _module,
            said.dealId,
            said.score,
            said.submissionHash,
            lineage
        );
    }

    function _register(bytes32 manifest) private {
        vm.prank(_module);
        _registry.registerModel(_owner, _version(manifest), _lineage(0));
    }

    function _version(bytes32 manifest) private view returns (IModelRegistry.Registration memory) {
        return IModelRegistry.Registration({
            manifest: manifest,
            submissionHash: keccak256("submission"),
            developer: _developer,
            dealId: 1,
            score: 1
        });
    }

    /// @dev Datasets and training jobs.
    function _lineage(uint256 entries) private pure returns (IModelRegistry.Lineage[] memory lineage) {
        lineage = new IModelRegistry.Lineage[](entries);
        for (uint256 i = 0; i < entries; ++i) {
            lineage[i] = IModelRegistry.Lineage(
                i % 2 == 0 ? IModelRegistry.LineageKind.Dataset : IModelRegistry.LineageKind.TrainingJob,
                bytes32(i)
            );
        }
    }
}
