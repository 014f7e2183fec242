// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @notice Who may bid for a customer's deal, and who may judge its parties.
contract EligibilityTest is RegistryFixture {
    address private _developer;
    IParticipantRegistry.Eligibility private _rule;

    function setUp() public override {
        super.setUp();
        _developer = _join("developer", IParticipantRegistry.Role.Developer, 0);
        _rule.customer = alice;
        _rule.domain = 1;
    }

    /* BIDDERS */

    function test_Eligible_ADeveloperOfTheDomain() public view {
        registry.requireEligible(_developer, _rule);
    }

    function testFuzz_Eligible_OtherRolesAreRefused(address account) public {
        vm.assume(account != _developer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.RoleRequired.selector, account, IParticipantRegistry.Role.Developer
            )
        );
        registry.requireEligible(account, _rule);
    }

    function testFuzz_Eligible_InItsDomainsOnly(uint8 domain) public {
        _rule.domain = domain;
        if (!registry.inDomain(_developer, domain)) {
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.OutsideDomain.selector, _developer, domain)
            );
        }
        registry.requireEligible(_developer, _rule);
    }

    function testFuzz_Eligible_BlockedJurisdictionsAreRefused(uint256 blocked) public {
        _rule.blockedJurisdictions = blocked;
        uint8 own = registry.participantOf(_developer).jurisdiction;
        if (blocked >> own & 1 == 1) {
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.JurisdictionBlocked.selector, _developer, own)
            );
        }
        registry.requireEligible(_developer, _rule);
    }

    function test_Eligible_NobodyServesItself() public {
        _rule.customer = _developer;
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.OwnCommission.selector, _developer));
        registry.requireEligible(_developer, _rule);
    }

    function testFuzz_Eligible_NotInTheCustomersOrganisation(bytes32 organisation, uint32 other) public {
        vm.assume(organisation != 0);
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Developer);
        r.organisation = organisation;
        address member = makeAddr("member");
        vm.prank(member);
        registry.register(r);
        uint32 number = registry.participantOf(member).organisation;
        vm.assume(other != number);

        _rule.organisation = other;
        registry.requireEligible(member, _rule);
        _rule.organisation = number;
        _expectTied(member, IParticipantRegistry.Conflict.SameOrganisation);
        registry.requireEligible(member, _rule);
    }

    /// @dev No organisation is not a shared one.
    function test_Eligible_TwoWithoutOrganisationShareNone() public view {
        assertEq(_rule.organisation, registry.participantOf(_developer).organisation);
        registry.requireEligible(_developer, _rule);
    }

    function testFuzz_Eligible_NotWhileTied(uint40 until, uint40 at) public {
        until = uint40(bound(until, block.timestamp, type(uint40).max - 1));
        at = uint40(bound(at, block.timestamp, type(uint40).max));
        vm.prank(_developer);
        registry.declareTie(alice, until);
        vm.warp(at);
        if (at < until) _expectTied(_developer, IParticipantRegistry.Conflict.DeclaredTie);
        registry.requireEligible(_developer, _rule);
    }

    /// @dev A customer cannot keep a developer out by tying itself to it.
    function test_Eligible_TheCustomersTieBindsTheCustomer() public {
        vm.prank(alice);
        registry.declareTie(_developer, type(uint40).max);
        registry.requireEligible(_developer, _rule);
    }

    /* JUDGES */

    /// @dev The same as role and conflict asked one by one, organisations aside.
    function testFuzz_MayJudge_AsTheSingleQuestionsSay(
        uint8 role,
        uint8 first,
        uint8 second,
        uint40 later,
        uint40 coolingOff,
        bool dealt,
        bool tied
    ) public {
        address judge = _join("judge", IParticipantRegistry.Role.Validator, 0);
        address[4] memory everybody = [alice, bob, _developer, judge];
        address[] memory parties = new address[](2);
        (parties[0], parties[1]) = (everybody[first % 4], everybody[second % 4]);
        if (dealt) {
            vm.prank(module);
            registry.recordDealing(alice, judge);
        }
        if (tied) {
            vm.prank(judge);
            registry.declareTie(bob, uint40(block.timestamp) + later / 2);
        }
        vm.warp(block.timestamp + bound(later, 0, 3650 days));

        IParticipantRegistry.Role asked = IParticipantRegistry.Role(role % 7);
        bool expected = registry.holdsRole(judge, asked);
        for (uint256 i; i < 2; ++i) {
            expected = expected
                && registry.conflictOf(judge, parties[i], coolingOff) == IParticipantRegistry.Conflict.None;
        }
        assertEq(registry.mayJudge(judge, asked, parties, coolingOff), expected);
    }

    function test_MayJudge_SharingAnOrganisationIsNoObstacle() public {
        IParticipantRegistry.Registration memory r = _registration(IParticipantRegistry.Role.Customer);
        r.organisation = "clinic";
        address party = makeAddr("party");
        vm.prank(party);
        registry.register(r);
        r.primaryRole = IParticipantRegistry.Role.Validator;
        address judge = makeAddr("judge");
        vm.prank(judge);
        registry.register(r);
        skip(WAIT);
        address[] memory parties = new address[](1);
        parties[0] = party;
        assertEq(
            uint8(registry.conflictOf(judge, party, 0)), uint8(IParticipantRegistry.Conflict.SameOrganisation)
        );
        assertTrue(registry.mayJudge(judge, IParticipantRegistry.Role.Validator, parties, 0));
    }

    /// @dev Somebody may be paid before it joins the market: what it dealt counts all the same.
    function test_MayJudge_DealingsBeforeJoiningCount() public {
        address judge = makeAddr("judge");
        vm.prank(module);
        registry.recordDealing(judge, alice);
        _join("judge", IParticipantRegistry.Role.Validator, 0);
        skip(WAIT);
        address[] memory parties = new address[](1);
        parties[0] = alice;
        assertFalse(registry.mayJudge(judge, IParticipantRegistry.Role.Validator, parties, 365 days));
        assertEq(
            uint8(registry.conflictOf(judge, alice, 365 days)), uint8(IParticipantRegistry.Conflict.Dealing)
        );
        assertTrue(registry.mayJudge(judge, IParticipantRegistry.Role.Validator, parties, 0), "cooled off");
    }

    /* KEYS */

    function testFuzz_EncryptionKeysOf_InTheOrderAsked(bytes32 seed) public {
        address[] memory accounts = new address[](4);
        for (uint256 i; i < accounts.length; ++i) {
            bytes32 key = keccak256(abi.encode(seed, i));
            accounts[i] = _join(vm.toString(key), IParticipantRegistry.Role.DataOwner, 0);
            vm.prank(accounts[i]);
            registry.changeEncryptionKey(key);
        }
        accounts[2] = makeAddr("stranger");
        bytes32[] memory keys = registry.encryptionKeysOf(accounts);
        assertEq(keys.length, 4);
        for (uint256 i; i < accounts.length; ++i) {
            assertEq(keys[i], registry.encryptionKeyOf(accounts[i]));
        }
        assertEq(keys[2], 0);
    }

    function _expectTied(address account, IParticipantRegistry.Conflict conflict) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.TiedToCustomer.selector, account, conflict)
        );
    }
}
