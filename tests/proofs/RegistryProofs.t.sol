// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ParticipantRegistry} from "../../contracts/access/ParticipantRegistry.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Policy} from "../../contracts/policy/Policy.sol";

/// @notice Roles: whatever a participant asks for, at registration and later.
contract RegistryProofs is Test {
    address private constant ALICE = address(0xA11CE);
    uint8 private constant REGULATOR = uint8(1) << uint8(IParticipantRegistry.Role.Regulator);

    ParticipantRegistry private _registry;

    function setUp() public {
        Policy policy = new Policy(address(this));
        _registry = new ParticipantRegistry(address(this), policy);
        policy.addDomain("healthcare");
        policy.addJurisdiction("US");
    }

    /// @dev One primary role, which the participant holds; a regulator holds no other.
    /// Planted: `roles != REGULATOR` of `_bitmap` as `roles == REGULATOR`.
    function check_RegistryRoles_AreExclusive(
        IParticipantRegistry.Role primary,
        uint8 secondary,
        bool changes,
        IParticipantRegistry.Role newPrimary,
        uint8 newSecondary
    ) public {
        _register(ALICE, primary, secondary);
        if (changes) {
            vm.prank(ALICE);
            _registry.changeRoles(newPrimary, newSecondary);
        }
        IParticipantRegistry.Participant memory participant = _registry.participantOf(ALICE);
        assert(participant.primaryRole == (changes ? newPrimary : primary));
        assert(participant.primaryRole != IParticipantRegistry.Role.None);
        assert(participant.roles & (uint8(1) << uint8(participant.primaryRole)) != 0);
        assert(participant.roles & REGULATOR == 0 || participant.roles == REGULATOR);
    }

    /// @dev Nobody else's registration, change of roles or tie touches a participant's roles.
    /// Planted: `changeRoles` writing `_participants[tx.origin]`.
    function check_RegistryRoles_AreOnesOwn(
        address other,
        IParticipantRegistry.Role primary,
        uint8 secondary,
        IParticipantRegistry.Role newPrimary,
        uint8 newSecondary
    ) public {
        vm.assume(other != ALICE);
        _register(ALICE, IParticipantRegistry.Role.Customer, 0);
        _register(other, primary, secondary);
        vm.prank(other, ALICE);
        _registry.changeRoles(newPrimary, newSecondary);
        IParticipantRegistry.Participant memory participant = _registry.participantOf(ALICE);
        assert(participant.primaryRole == IParticipantRegistry.Role.Customer);
        assert(participant.roles == uint8(1) << uint8(IParticipantRegistry.Role.Customer));
    }

    function _register(address account, IParticipantRegistry.Role primary, uint8 secondary) private {
        vm.prank(account);
        _registry.register(
            IParticipantRegistry.Registration({
                primaryRole: primary,
                secondaryRoles: secondary,
                jurisdiction: 1,
                domains: 1,
                organisation: 0,
                encryptionKey: keccak256("key")
            })
        );
    }
}
