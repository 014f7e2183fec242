// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ParticipantRegistry} from "../../../contracts/access/ParticipantRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";

/// @notice A registry with five domains, two jurisdictions, and alice and bob as customers.
abstract contract RegistryFixture is Test {
    uint40 internal constant WAIT = 3 days;
    uint40 internal constant COOLDOWN = 30 days;
    uint24 internal constant DOMAINS = 0x0201; // 1 and 2
    bytes32 internal constant KEY = 0x8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a;

    address internal governance = makeAddr("governance");
    address internal module = makeAddr("module");
    address internal alice;
    address internal bob;
    ParticipantRegistry internal registry;

    function setUp() public virtual {
        Policy policy = new Policy(governance);
        registry = new ParticipantRegistry(governance, policy);
        vm.startPrank(governance);
        for (uint256 i = 0; i < 5; ++i) {
            policy.addDomain("domain");
        }
        policy.addJurisdiction("DE");
        policy.addJurisdiction("FR");
        policy.setWaits(WAIT, COOLDOWN);
        registry.grantRole(registry.MODULE_ROLE(), module);
        vm.stopPrank();
        alice = _join("alice", IParticipantRegistry.Role.Customer, 0);
        bob = _join("bob", IParticipantRegistry.Role.Customer, 0);
    }

    function _join(string memory name, IParticipantRegistry.Role primary, uint8 secondary)
        internal
        returns (address account)
    {
        account = makeAddr(name);
        IParticipantRegistry.Registration memory registration = _registration(primary);
        registration.secondaryRoles = secondary;
        vm.prank(account);
        registry.register(registration);
    }

    function _registration(IParticipantRegistry.Role primary)
        internal
        pure
        returns (IParticipantRegistry.Registration memory registration)
    {
        registration.primaryRole = primary;
        registration.jurisdiction = 1;
        registration.domains = DOMAINS;
        registration.encryptionKey = KEY;
    }

    function _bit(IParticipantRegistry.Role role) internal pure returns (uint8) {
        return uint8(1) << uint8(role);
    }
}
