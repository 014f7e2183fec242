// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ModelRegistry} from "../../../contracts/market/ModelRegistry.sol";

/// @notice The gas of registering, as transactions of a module of its own. Needs `isolate = true`.
contract ModelRegistryGasTest is Test {
    string private constant GROUP = "ModelRegistry";
    uint256 private constant AIM = 170_000; // with two lineage edges

    address private _module = makeAddr("module");
    address private _owner = makeAddr("owner");
    ModelRegistry private _registry;
    uint256 private _registered;

    function setUp() public {
        _registry = new ModelRegistry(address(this));
        _registry.grantRole(_registry.MODULE_ROLE(), _module);
        _registerModel(_owner, _datasets(2));
        _registerModel(_owner, _datasets(2));
    }

    function test_gas_registerModel() public {
        _registerModel(_owner, _datasets(2));
        assertLt(vm.snapshotGasLastCall(GROUP, "registerModel, two datasets"), AIM);
        _registerModel(_owner, _parents());
        assertLt(vm.snapshotGasLastCall(GROUP, "registerModel, two parents"), AIM);
        _registerModel(makeAddr("new owner"), _parents());
        assertLt(vm.snapshotGasLastCall(GROUP, "registerModel, two parents, the owner's first"), AIM);
        _registerModel(_owner, _datasets(64));
        vm.snapshotGasLastCall(GROUP, "registerModel, 64 datasets");
    }

    /// @dev The registry's very first model sets its counter.
    function test_gas_registerTheFirstModel() public {
        _registry = new ModelRegistry(address(this));
        _registry.grantRole(_registry.MODULE_ROLE(), _module);
        _registerModel(_owner, _datasets(2));
        assertLt(vm.snapshotGasLastCall(GROUP, "registerModel, two datasets, the very first"), AIM);
    }

    function test_gas_registerVersion() public {
        _registerVersion(_datasets(2));
        assertLt(vm.snapshotGasLastCall(GROUP, "registerVersion, two datasets"), AIM);
        _registerVersion(_parents());
        assertLt(vm.snapshotGasLastCall(GROUP, "registerVersion, two parents"), AIM);
        _registerVersion(_datasets(0));
        vm.snapshotGasLastCall(GROUP, "registerVersion, no lineage");
    }

    function _registerModel(address owner, IModelRegistry.Lineage[] memory lineage) private {
        IModelRegistry.Registration memory version = _next();
        vm.prank(_module);
        _registry.registerModel(owner, version, lineage);
    }

    function _registerVersion(IModelRegistry.Lineage[] memory lineage) private {
        IModelRegistry.Registration memory version = _next();
        vm.prank(_module);
        _registry.registerVersion(1, version, lineage);
    }

    function _next() private returns (IModelRegistry.Registration memory) {
        return IModelRegistry.Registration({
            manifest: _digest(++_registered),
            submissionHash: keccak256("submission"),
            developer: makeAddr("developer"),
            dealId: _registered,
            score: 912_345
        });
    }

    function _datasets(uint256 count) private pure returns (IModelRegistry.Lineage[] memory lineage) {
        lineage = new IModelRegistry.Lineage[](count);
        for (uint256 i; i < count; ++i) {
            lineage[i] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Dataset, _digest(1000 + i));
        }
    }

    function _parents() private pure returns (IModelRegistry.Lineage[] memory lineage) {
        lineage = new IModelRegistry.Lineage[](2);
        lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, _digest(1));
        lineage[1] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, _digest(2));
    }

    function _digest(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode(number));
    }
}
