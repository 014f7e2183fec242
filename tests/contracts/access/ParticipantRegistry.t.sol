// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @notice Registration, roles, domains, keys, dealings and ties.
contract ParticipantRegistryTest is RegistryFixture {
    /* REGISTRATION */

    function testFuzz_Register_WritesWhatWasSaid(
        address account,
        uint8 primary,
        uint8 secondary,
        uint8 jurisdiction,
        bytes32 organisation
    ) public {
        vm.assume(account != alice && account != bob);
        IParticipantRegistry.Registration memory r =
            _registration(IParticipantRegistry.Role(bound(primary, 1, 5)));
        r.secondaryRoles = secondary & 0x3E; // Customer to Validator
        r.jurisdiction = uint8(bound(jurisdiction, 1, 2));
        r.organisation = organisation;
        uint8 roles = r.secondaryRoles | _bit(r.primaryRole);
        bool trusted =
            roles & (_bit(IParticipantRegistry.Role.Auditor) | _bit(IParticipantRegistry.Role.Validator)) != 0;
        uint40 trustedFrom = trusted ? uint40(block.timestamp + WAIT) : 0;

        vm.expectEmit(address(registry));
        emit IParticipantRegistry.Registered(
            account, 3, r.primaryRole, roles, r.jurisdiction, r.domains, organisation, trustedFrom
        );
        vm.prank(account);
        assertEq(registry.register(r), 3);

        IParticipantRegistry.Participant memory p = registry.participantOf(account);
        assertEq(p.index, 3);
        assertEq(uint8(p.primaryRole), uint8(r.primaryRole));
        assertEq(p.roles, roles);
        assertEq(p.jurisdiction, r.jurisdiction);
        assertEq(p.domains, r.domains);
        assertEq(p.trustedFrom, trustedFrom);
        assertEq(p.domainsChangedAt, block.timestamp);
        assertEq(p.accreditedUntil, 0);
        assertEq(registry.organisationOf(account), organisation);
        assertEq(registry.encryptionKeyOf(account), KEY);
    }

    function test_Register_NumbersFromOne() public view {
        assertEq(registry.participantOf(alice).index, 1);
        assertEq(registry.participantOf(bob).index, 2);
        assertEq(registry.participantOf(governance).index, 0);
        assertEq(registry.organisationOf(governance), 0);
    }

    function test_Register_GivesAnOrganisationOneNumber() public {
        address[3] memory accounts = [address(0xA1), address(0xA2), address(0xA3)];
        for (uint256 i = 0; i < 3; ++i) {
            IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Developer);
            r.organisation = i == 2 ? keccak256("another") : keccak256("one");
            vm.prank(accounts[i]);
            registry.register(r);
        }
        uint32 first = registry.participantOf(accounts[0]).organisation;
        assertEq(first, registry.participantOf(accounts[1]).organisation);
        assertNotEq(first, registry.participantOf(accounts[2]).organisation);
    }

    function test_Register_RefusesTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.AlreadyRegistered.selector, alice));
        vm.prank(alice);
        registry.register(_registration(IParticipantRegistry.Role.Developer));
    }

    function testFuzz_Register_RefusesUnknownRoles(uint8 secondary) public {
        vm.assume(secondary & 0x81 != 0);
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Developer);
        r.secondaryRoles = secondary;
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.UnknownRole.selector, secondary & 1 != 0 ? 0 : 7)
        );
        registry.register(r);
    }

    function test_Register_RefusesNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownRole.selector, 0));
        registry.register(_registration(IParticipantRegistry.Role.None));
    }

    function testFuzz_Register_RegulatorIsExclusive(uint8 primary, uint8 secondary) public {
        IParticipantRegistry.Registration memory r =
            _registration(IParticipantRegistry.Role(bound(primary, 1, 6)));
        r.secondaryRoles = (secondary & 0x7E) | _bit(IParticipantRegistry.Role.Regulator);
        uint8 roles = r.secondaryRoles | _bit(r.primaryRole);
        if (roles != _bit(IParticipantRegistry.Role.Regulator)) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RegulatorIsExclusive.selector, roles));
        }
        registry.register(r);
    }

    function testFuzz_Register_RefusesUnknownJurisdictions(uint8 jurisdiction) public {
        vm.assume(jurisdiction == 0 || jurisdiction > 2);
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Customer);
        r.jurisdiction = jurisdiction;
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.UnknownJurisdiction.selector, jurisdiction)
        );
        registry.register(r);
    }

    /// @dev The rule once more, said plainly: ids first, each known, none twice, then zeros.
    function testFuzz_Register_DomainsFollowTheRule(uint8 a, uint8 b, uint8 c) public {
        (a, b, c) = (a % 6, b % 6, c % 6); // five domains exist
        if (c % 2 == 1) c = 0;
        bool valid;
        if (a == 0) valid = b == 0 && c == 0;
        else if (b == 0) valid = c == 0;
        else if (c == 0) valid = a != b;
        else valid = a != b && b != c && a != c;
        _expectDomains(uint24(a) | uint24(b) << 8 | uint24(c) << 16, valid);
    }

    function testFuzz_Register_RefusesUnknownDomains(uint8 unknown, uint8 place) public {
        unknown = uint8(bound(unknown, 6, 255));
        uint24[3] memory packed =
            [uint24(unknown), uint24(1) | uint24(unknown) << 8, uint24(0x0201) | uint24(unknown) << 16];
        _expectDomains(packed[place % 3], false);
    }

    /* BY AN ORDER */

    /// @dev A customer without domains or organisation, as if it had registered so itself.
    function testFuzz_Enlist_IsACustomer(address account, bool elsewhere) public {
        vm.assume(registry.jurisdictionOf(account) == 0);
        uint8 place = elsewhere ? 2 : 1;
        vm.prank(module);
        registry.enlist(account, place, KEY);
        IParticipantRegistry.Participant memory p = registry.participantOf(account);
        assertEq(uint8(p.primaryRole), uint8(IParticipantRegistry.Role.Customer));
        assertEq(p.roles, uint8(1 << uint8(IParticipantRegistry.Role.Customer)));
        assertEq(p.domains, 0);
        assertEq(p.index, 3, "after alice and bob");
        assertEq(registry.jurisdictionOf(account), place);
        assertEq(registry.organisationOf(account), 0);
        assertEq(registry.encryptionKeyOf(account), KEY);
    }

    /// @dev What an account has said of itself is never said anew by a module.
    function test_Enlist_Once() public {
        vm.startPrank(module);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.AlreadyRegistered.selector, alice));
        registry.enlist(alice, 2, KEY);
        address fresh = makeAddr("fresh");
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownJurisdiction.selector, 3));
        registry.enlist(fresh, 3, KEY);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.WeakEncryptionKey.selector, bytes32(0)));
        registry.enlist(fresh, 1, 0);
        vm.stopPrank();
        assertEq(registry.jurisdictionOf(alice), 1);
        assertEq(registry.jurisdictionOf(fresh), 0);
    }

    function testFuzz_Enlist_IsTheModulesAlone(address stranger) public {
        vm.assume(stranger != module);
        bytes32 role = registry.MODULE_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, role)
        );
        vm.prank(stranger);
        registry.enlist(makeAddr("fresh"), 1, KEY);
    }

    /* KEYS */

    function test_WeakKeys_AreRefused() public {
        bytes32[7] memory low = _lowOrderKeys();
        for (uint256 i = 0; i < 14; ++i) {
            bytes32 key = low[i % 7] | bytes32(uint256(i < 7 ? 0 : 0x80)); // receivers ignore the top bit
            IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Customer);
            r.encryptionKey = key;
            bytes memory refusal =
                abi.encodeWithSelector(IParticipantRegistry.WeakEncryptionKey.selector, key);
            vm.expectRevert(refusal);
            registry.register(r);
            vm.expectRevert(refusal);
            vm.prank(alice);
            registry.changeEncryptionKey(key);
        }
        assertEq(registry.encryptionKeyOf(alice), KEY);
    }

    function testFuzz_ChangeEncryptionKey(bytes32 key) public {
        bytes32[7] memory low = _lowOrderKeys();
        for (uint256 i = 0; i < 7; ++i) {
            vm.assume(key & ~bytes32(uint256(0x80)) != low[i]);
        }
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.EncryptionKeyChanged(alice, key);
        vm.prank(alice);
        registry.changeEncryptionKey(key);
        assertEq(registry.encryptionKeyOf(alice), key);
    }

    /* ROLES */

    function test_HoldsRole_TrustedRolesWait() public {
        address carol =
            _join("carol", IParticipantRegistry.Role.Validator, _bit(IParticipantRegistry.Role.Developer));
        assertTrue(registry.holdsRole(carol, IParticipantRegistry.Role.Developer));
        assertFalse(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        vm.warp(block.timestamp + WAIT - 1);
        assertFalse(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        vm.warp(block.timestamp + 1);
        assertTrue(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        assertFalse(registry.holdsRole(carol, IParticipantRegistry.Role.Customer));
    }

    function testFuzz_HoldsRole_NobodyHoldsNone(address account, uint8 role) public view {
        assertFalse(registry.holdsRole(alice, IParticipantRegistry.Role.None));
        vm.assume(account != alice && account != bob);
        assertFalse(registry.holdsRole(account, IParticipantRegistry.Role(role % 7)));
    }

    function testFuzz_ChangeRoles(uint8 primary, uint8 secondary) public {
        IParticipantRegistry.Role role = IParticipantRegistry.Role(bound(primary, 1, 5));
        secondary &= 0x3E;
        uint8 roles = secondary | _bit(role);
        bool trusted =
            roles & (_bit(IParticipantRegistry.Role.Auditor) | _bit(IParticipantRegistry.Role.Validator)) != 0;
        uint40 trustedFrom = trusted ? uint40(block.timestamp + WAIT) : 0;
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.RolesChanged(alice, role, roles, trustedFrom);
        vm.prank(alice);
        registry.changeRoles(role, secondary);
        IParticipantRegistry.Participant memory p = registry.participantOf(alice);
        assertEq(uint8(p.primaryRole), uint8(role));
        assertEq(p.roles, roles);
        assertEq(p.trustedFrom, trustedFrom);
        assertEq(p.index, 1); // and the rest is as it was
        assertEq(p.domains, DOMAINS);
    }

    function test_ChangeRoles_KeepsAWaitedForRole_AndWaitsForAnewOne() public {
        address carol = _join("carol", IParticipantRegistry.Role.Validator, 0);
        vm.warp(block.timestamp + WAIT);
        vm.startPrank(carol);
        registry.changeRoles(IParticipantRegistry.Role.Validator, _bit(IParticipantRegistry.Role.Customer));
        assertTrue(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0);
        assertFalse(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        registry.changeRoles(IParticipantRegistry.Role.Validator, 0); // given up and taken again
        assertFalse(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
        vm.warp(block.timestamp + WAIT);
        assertTrue(registry.holdsRole(carol, IParticipantRegistry.Role.Validator));
    }

    /// @dev So that nobody can say that it was no validator while it was one.
    function testFuzz_ChangeRoles_TrustBeginsAnewWithEachChangeOfIt(uint8 first, uint8 second) public {
        (first, second) = (first & 0x3E, second & 0x3E); // any secondary roles beside a customer's
        uint8 trusted = _bit(IParticipantRegistry.Role.Auditor) | _bit(IParticipantRegistry.Role.Validator);
        vm.startPrank(alice);
        registry.changeRoles(IParticipantRegistry.Role.Customer, first);
        uint40 before = registry.participantOf(alice).trustedFrom;
        vm.warp(block.timestamp + 2 * WAIT);
        registry.changeRoles(IParticipantRegistry.Role.Customer, second);
        bool same = first & trusted == second & trusted;
        assertEq(registry.participantOf(alice).trustedFrom, same ? before : block.timestamp + WAIT);
    }

    function test_ChangeRoles_RefusesWhatRegisterRefuses() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownRole.selector, 0));
        registry.changeRoles(IParticipantRegistry.Role.None, 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownRole.selector, 7));
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0x80);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RegulatorIsExclusive.selector, 0x42));
        registry.changeRoles(IParticipantRegistry.Role.Regulator, _bit(IParticipantRegistry.Role.Customer));
    }

    /* DOMAINS */

    function testFuzz_ChangeDomains_OncePerCooldown(uint256 early) public {
        uint40 until = uint40(block.timestamp + COOLDOWN);
        vm.warp(block.timestamp + bound(early, 0, COOLDOWN - 1));
        bytes memory locked =
            abi.encodeWithSelector(IParticipantRegistry.DomainsLocked.selector, alice, until);
        vm.startPrank(alice);
        vm.expectRevert(locked);
        registry.changeDomains(3);

        vm.warp(until);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.DomainsChanged(alice, 3);
        registry.changeDomains(3);
        assertTrue(registry.inDomain(alice, 3));
        assertFalse(registry.inDomain(alice, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.DomainsLocked.selector, alice, until + COOLDOWN)
        );
        registry.changeDomains(4);
    }

    function test_ChangeDomains_RefusesBadOnes() public {
        vm.warp(block.timestamp + COOLDOWN);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InvalidDomains.selector, 0x0101));
        vm.prank(alice);
        registry.changeDomains(0x0101);
    }

    function testFuzz_InDomain(uint8 domain) public view {
        assertEq(registry.inDomain(alice, domain), domain == 1 || domain == 2); // DOMAINS
        assertFalse(registry.inDomain(governance, domain));
    }

    /* STRANGERS */

    function testFuzz_Strangers_ChangeNothing(address stranger) public {
        vm.assume(stranger != alice && stranger != bob);
        bytes memory refusal = abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0);
        vm.expectRevert(refusal);
        registry.changeDomains(1);
        vm.expectRevert(refusal);
        registry.changeEncryptionKey(KEY);
        vm.expectRevert(refusal);
        registry.declareTie(alice, 1);
    }

    /* DEALINGS, TIES, CONFLICTS */

    function testFuzz_RecordDealing_HasNoDirection(address a, address b, uint40 at) public {
        vm.assume(a != b);
        vm.warp(bound(at, 1, type(uint40).max));
        assertEq(registry.dealtAt(a, b), 0);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.DealingRecorded(a, b);
        vm.prank(module);
        registry.recordDealing(a, b);
        assertEq(registry.dealtAt(a, b), block.timestamp);
        assertEq(registry.dealtAt(b, a), block.timestamp);
    }

    function testFuzz_RecordDealing_IsTheModulesAlone(address stranger) public {
        vm.assume(stranger != module);
        bytes32 role = registry.MODULE_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, role)
        );
        vm.prank(stranger);
        registry.recordDealing(alice, bob);
    }

    function testFuzz_DeclareTie_OnlyGrows(address other, uint40 until, uint40 next) public {
        vm.startPrank(alice);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.TieDeclared(alice, other, until);
        registry.declareTie(other, until);
        if (next < until) {
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.TieShortened.selector, alice, other, until)
            );
        }
        registry.declareTie(other, next);
        assertEq(registry.tiedUntil(alice, other), next < until ? until : next);
        if (other != alice) assertEq(registry.tiedUntil(other, alice), 0); // nobody ties another
    }

    function testFuzz_ConflictOf_ADealingCoolsOff(uint40 coolingOff, uint40 later) public {
        _recordDealing();
        uint256 end = block.timestamp + coolingOff;
        vm.warp(block.timestamp + later);
        bool conflict = block.timestamp < end;
        _assertConflict(
            alice,
            bob,
            coolingOff,
            conflict ? IParticipantRegistry.Conflict.Dealing : IParticipantRegistry.Conflict.None
        );
        _assertConflict(
            bob,
            alice,
            coolingOff,
            conflict ? IParticipantRegistry.Conflict.Dealing : IParticipantRegistry.Conflict.None
        );
    }

    function testFuzz_ConflictOf_ATieBindsItsDeclarer(uint40 until, uint40 at) public {
        vm.prank(alice);
        registry.declareTie(bob, until);
        vm.warp(at);
        _assertConflict(
            alice,
            bob,
            0,
            at < until ? IParticipantRegistry.Conflict.DeclaredTie : IParticipantRegistry.Conflict.None
        );
        _assertConflict(bob, alice, 0, IParticipantRegistry.Conflict.None); // a party cannot disqualify its judge
    }

    function test_ConflictOf_Precedence() public {
        address carol = makeAddr("carol");
        address dave = makeAddr("dave");
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Developer);
        r.organisation = keccak256("clinic");
        vm.prank(carol);
        registry.register(r);
        vm.prank(dave);
        registry.register(r);
        _assertConflict(carol, carol, 0, IParticipantRegistry.Conflict.SameParty);
        _assertConflict(carol, dave, 1 days, IParticipantRegistry.Conflict.SameOrganisation);
        vm.prank(carol);
        registry.declareTie(dave, uint40(block.timestamp + 30 days));
        _assertConflict(carol, dave, 1 days, IParticipantRegistry.Conflict.DeclaredTie);
        vm.prank(module);
        registry.recordDealing(dave, carol);
        _assertConflict(carol, dave, 1 days, IParticipantRegistry.Conflict.Dealing);
        _assertConflict(carol, dave, 0, IParticipantRegistry.Conflict.DeclaredTie);
        // Two without an organisation are not of the same one.
        _assertConflict(alice, bob, 1 days, IParticipantRegistry.Conflict.None);
        _assertConflict(governance, module, 1 days, IParticipantRegistry.Conflict.None);
    }

    function test_EnumsOutOfRange_AreRefused() public {
        bytes memory call = abi.encodeWithSelector(registry.changeRoles.selector, 7, 0);
        vm.prank(alice);
        (bool done,) = address(registry).call(call);
        assertFalse(done);
    }

    /* INTERNAL */

    function _expectDomains(uint24 domains, bool valid) private {
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Customer);
        r.domains = domains;
        if (!valid) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InvalidDomains.selector, domains));
        }
        registry.register(r);
    }

    function _recordDealing() private {
        vm.prank(module);
        registry.recordDealing(alice, bob);
    }

    function _assertConflict(
        address account,
        address party,
        uint40 coolingOff,
        IParticipantRegistry.Conflict expected
    ) private view {
        assertEq(uint8(registry.conflictOf(account, party, coolingOff)), uint8(expected));
    }

    /// @dev RFC 7748's encoding of the u-coordinates of the points of order 1, 2, 4, 8, reduced and not.
    function _lowOrderKeys() private pure returns (bytes32[7] memory keys) {
        uint256 p = 2 ** 255 - 19;
        uint256[7] memory u = [
            0,
            1,
            325_606_250_916_557_431_795_983_626_356_110_631_294_008_115_727_848_805_560_023_387_167_927_233_504,
            39_382_357_235_489_614_581_723_060_781_553_021_112_529_911_719_440_698_176_882_885_853_963_445_705_823,
            p - 1,
            p,
            p + 1
        ];
        for (uint256 i = 0; i < 7; ++i) {
            for (uint256 j = 0; j < 32; ++j) {
                keys[i] |= bytes32((u[i] >> 8 * j & 0xff) << 8 * (31 - j)); // little-endian
            }
        }
    }
}
