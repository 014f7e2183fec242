// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Agreements} from "../../../contracts/access/Agreements.sol";
import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract AgreementsGasTest is Test {
    Agreements private _agreements;

    function setUp() public {
        vm.warp(1_800_000_000);
        _agreements = new Agreements();
    }

    function _signed(uint256 count) private returns (IAgreements.Signature[] memory list) {
        list = new IAgreements.Signature[](count);
        for (uint256 i; i < count; ++i) {
            (address party, uint256 key) = makeAddrAndKey(vm.toString(i));
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _agreements.hashToSign("text", party));
            list[i] = IAgreements.Signature("text", party, abi.encodePacked(r, s, v));
        }
    }

    function test_gas_record() public {
        _agreements.record(_signed(1));
        assertLt(vm.snapshotGasLastCall("Agreements", "record"), 65_000);
    }

    function test_gas_recordTen() public {
        _agreements.record(_signed(10));
        assertLt(vm.snapshotGasLastCall("Agreements", "record ten"), 400_000);
    }

    function test_gas_sign() public {
        _agreements.sign("text");
        assertLt(vm.snapshotGasLastCall("Agreements", "sign"), 50_000);
    }
}
