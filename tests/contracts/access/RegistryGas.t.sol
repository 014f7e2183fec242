// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract RegistryGasTest is RegistryFixture {
    /// @dev SingularityNET's createOrganization costs 188,756, ERC-8004's register up to 183,552.
    function test_register() public {
        _join("carol", IParticipantRegistry.Role.Customer, 0);
        assertLt(vm.snapshotGasLastCall("ParticipantRegistry", "register"), 183_552);
        _join("dave", IParticipantRegistry.Role.Validator, 0);
        vm.snapshotGasLastCall("ParticipantRegistry", "register, trusted role");
        IParticipantRegistry.Registration memory registration =
            _registration(IParticipantRegistry.Role.Customer);
        registration.organisation = keccak256("clinic");
        vm.prank(makeAddr("erin"));
        registry.register(registration);
        vm.snapshotGasLastCall("ParticipantRegistry", "register, new organisation");
    }

    function test_recordDealing() public {
        vm.prank(module);
        registry.recordDealing(alice, bob);
        vm.snapshotGasLastCall("ParticipantRegistry", "recordDealing");
    }
}
