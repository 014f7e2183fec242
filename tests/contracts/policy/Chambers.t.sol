// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

import {IChambers} from "../../../contracts/interfaces/IChambers.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Wallet1271} from "../access/Wallet1271.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @notice Seats: who gets one, when it counts, how it ends.
contract ChambersTest is GovernanceFixture {
    address private _alice;
    address private _bob;

    function setUp() public override {
        super.setUp();
        _deployGovernance();
        _nameSeater();
        _alice = _register("alice", CUSTOMER);
        _bob = _register("bob", CUSTOMER);
    }

    /* JOINING */

    function test_join_countsAfterTheDelayOnly() public {
        uint40 countsFrom = uint40(block.timestamp) + SEAT_DELAY;
        vm.expectEmit();
        emit IChambers.SeatTaken(
            _alice, CUSTOMER, "acme", seater, countsFrom, uint40(block.timestamp + 3650 days)
        );
        _takeSeat(_alice, CUSTOMER, "acme");
        assertEq(chambers.holderOf("acme"), _alice);
        assertEq(chambers.seatOf(_alice).countsFrom, countsFrom);
        assertEq(chambers.getVotes(_alice), 0);

        vm.warp(countsFrom - 1);
        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatTooYoung.selector, _alice, countsFrom));
        chambers.activate(_alice);
        vm.warp(countsFrom);
        vm.expectEmit();
        emit IChambers.SeatActivated(_alice, CUSTOMER);
        chambers.activate(_alice);
        assertEq(chambers.getVotes(_alice), 1);
        assertEq(chambers.votesIn(CUSTOMER), 1);
        assertEq(uint8(chambers.chamberOf(_alice)), uint8(CUSTOMER));

        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatVotes.selector, _alice));
        chambers.activate(_alice);
    }

    function test_join_oneEntityOneSeat() public {
        _takeSeat(_alice, CUSTOMER, "acme");
        bytes memory refusal =
            abi.encodeWithSelector(IChambers.EntitySeated.selector, bytes32("acme"), _alice);
        _refused(_bob, CUSTOMER, "acme", refusal);
        address developer = _register("acme's developer", DEVELOPER);
        _refused(developer, DEVELOPER, "acme", refusal);
    }

    function test_join_oneAddressOneSeat() public {
        _takeSeat(_alice, CUSTOMER, "acme");
        _refused(_alice, CUSTOMER, "other", abi.encodeWithSelector(IChambers.HasSeat.selector, _alice));
    }

    function test_join_onlyItsSubject() public {
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.expectRevert(abi.encodeWithSelector(IChambers.NotSubject.selector, _bob, _alice));
        vm.prank(_bob);
        chambers.join(seat, seater, signature);
    }

    function test_join_onlyRolesThatCount() public {
        _refused(_alice, DEVELOPER, "acme", _roleRequired(_alice, DEVELOPER));
        _refused(
            _alice,
            IParticipantRegistry.Role.None,
            "acme",
            _roleRequired(_alice, IParticipantRegistry.Role.None)
        );
        address validator = _register("validator", VALIDATOR);
        _refused(validator, VALIDATOR, "acme", _roleRequired(validator, VALIDATOR)); // still waits
        address regulator = _register("regulator", REGULATOR);
        skip(TRUSTED_WAIT);
        _refused(regulator, REGULATOR, "acme", _roleRequired(regulator, REGULATOR)); // is not accredited
        _takeSeat(validator, VALIDATOR, "acme");
    }

    function test_join_needsAnEntity() public {
        _refused(_alice, CUSTOMER, 0, abi.encodeWithSelector(IChambers.EmptyEntity.selector));
    }

    function test_join_onlyWhatAnAccreditorSigned() public {
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        bytes memory signature = _signSeat(seat, key);
        vm.startPrank(_alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, stranger));
        chambers.join(seat, stranger, signature);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InvalidSignature.selector, seater));
        chambers.join(seat, seater, signature);
    }

    /// @dev Whatever is changed of what was signed, the signature is not for it.
    function testFuzz_join_everyFieldIsSigned(uint8 field) public {
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        bytes memory signature = _signSeat(seat, seaterKey);
        if (field % 4 == 0) seat.entity = "other";
        if (field % 4 == 1) seat.validUntil += 1;
        if (field % 4 == 2) seat.deadline += 1;
        if (field % 4 == 3) seat.nonce += 1;
        vm.prank(_alice);
        vm.expectPartialRevert(
            field % 4 == 3
                ? Nonces.InvalidAccountNonce.selector
                : IParticipantRegistry.InvalidSignature.selector
        );
        chambers.join(seat, seater, signature);
    }

    function test_join_notAfterItsTime() public {
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.warp(uint256(seat.deadline) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.CredentialExpired.selector, seat.deadline, seat.validUntil
            )
        );
        vm.prank(_alice);
        chambers.join(seat, seater, signature);
    }

    function test_join_aCredentialWorksOnce() public {
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.startPrank(_alice);
        chambers.join(seat, seater, signature);
        chambers.leave();
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, _alice, 1));
        chambers.join(seat, seater, signature);
    }

    function test_join_aContractCanBeTheAccreditor() public {
        (address owner, uint256 key) = makeAddrAndKey("owner");
        address wallet = address(new Wallet1271(owner));
        registry.grantRole(registry.ACCREDITOR_ROLE(), wallet);
        IChambers.ChamberSeat memory seat = _seatCredential(_alice, CUSTOMER, "acme");
        bytes memory signature = _signSeat(seat, key);
        vm.prank(_alice);
        chambers.join(seat, wallet, signature);
        assertEq(chambers.seatOf(_alice).accreditor, wallet);
    }

    /* VOTES THAT STAY */

    function test_votes_cannotBeMoved() public {
        _voting(_alice, "acme");
        bytes memory refusal = abi.encodeWithSelector(IChambers.VoteNotTransferable.selector, _alice, _bob);
        vm.startPrank(_alice);
        vm.expectRevert(refusal);
        chambers.delegate(_bob);
        chambers.delegate(_alice); // says nothing new
        vm.stopPrank();
        assertEq(chambers.getVotes(_alice), 1);
        assertEq(chambers.delegates(_alice), _alice);
    }

    function test_votes_cannotBeMovedBySignature() public {
        (address owner, uint256 key) = makeAddrAndKey("owner");
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)"), _bob, 0, 2e9)
        );
        (, string memory name,,,,,) = chambers.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                address(chambers)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        vm.expectRevert(abi.encodeWithSelector(IChambers.VoteNotTransferable.selector, owner, _bob));
        chambers.delegateBySig(_bob, 0, 2e9, v, r, s);
    }

    function test_votes_areOfTheirTime() public {
        _voting(_alice, "acme");
        uint256 during = block.timestamp;
        skip(1);
        vm.prank(_alice);
        chambers.leave();
        skip(1);
        assertEq(chambers.getVotes(_alice), 0);
        assertEq(chambers.getPastVotes(_alice, during), 1);
        assertEq(uint8(chambers.pastChamberOf(_alice, during)), uint8(CUSTOMER));
        assertEq(uint8(chambers.pastChamberOf(_alice, during + 1)), 0);
        assertEq(chambers.pastVotesIn(CUSTOMER, during), 1);
        assertEq(chambers.pastVotesIn(CUSTOMER, during + 1), 0);
        assertEq(chambers.getPastTotalSupply(during), 1);
        vm.expectPartialRevert(bytes4(keccak256("ERC5805FutureLookup(uint256,uint48)")));
        chambers.pastVotesIn(CUSTOMER, block.timestamp);
    }

    function test_clock_isTime() public view {
        assertEq(IERC5805(address(chambers)).clock(), block.timestamp);
        assertEq(chambers.CLOCK_MODE(), "mode=timestamp");
    }

    /* ENDS */

    function test_leave_freesTheEntity() public {
        _voting(_alice, "acme");
        vm.expectEmit();
        emit IChambers.SeatVacated(_alice, CUSTOMER);
        vm.prank(_alice);
        chambers.leave();
        assertEq(chambers.votesIn(CUSTOMER), 0);
        _takeSeat(_bob, CUSTOMER, "acme");
        assertEq(chambers.getVotes(_bob), 0); // which waits as long as any other

        vm.expectRevert(abi.encodeWithSelector(IChambers.NoSeat.selector, _alice));
        vm.prank(_alice);
        chambers.leave();
    }

    function test_vacate_whatHasExpired() public {
        _voting(_alice, "acme");
        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatStands.selector, _alice));
        chambers.vacate(_alice);
        vm.warp(chambers.seatOf(_alice).validUntil);
        chambers.vacate(_alice);
        assertEq(chambers.getVotes(_alice), 0);
        assertEq(chambers.holderOf("acme"), address(0));
    }

    function test_vacate_whoGaveUpTheRole() public {
        _voting(_alice, "acme");
        vm.prank(_alice);
        registry.changeRoles(DEVELOPER, 0);
        chambers.vacate(_alice);
        assertEq(chambers.votesIn(CUSTOMER), 0);
    }

    function test_activate_notWhatHasLapsed() public {
        _takeSeat(_alice, CUSTOMER, "acme");
        skip(3650 days);
        vm.expectRevert(abi.encodeWithSelector(IChambers.NoSeat.selector, _alice));
        chambers.activate(_alice);
        vm.expectRevert(abi.encodeWithSelector(IChambers.NoSeat.selector, _bob));
        chambers.activate(_bob);
    }

    /* REVOCATION, AND WHAT A CAPTURED ACCREDITOR CAN DO */

    function test_revoke_aVoteStaysForTheDelay() public {
        _voting(_alice, "acme");
        uint40 endsAt = uint40(block.timestamp) + SEAT_DELAY;
        vm.expectEmit();
        emit IChambers.SeatRevoked(_alice, seater, endsAt);
        vm.prank(seater);
        chambers.revoke(_alice);
        vm.expectRevert(abi.encodeWithSelector(IChambers.AlreadyRevoked.selector, _alice, endsAt));
        vm.prank(seater);
        chambers.revoke(_alice);

        vm.warp(endsAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatStands.selector, _alice));
        chambers.vacate(_alice);
        assertEq(chambers.getVotes(_alice), 1);
        vm.warp(endsAt);
        chambers.vacate(_alice);
        assertEq(chambers.getVotes(_alice), 0);
    }

    function test_revoke_whatDoesNotCountYetIsGoneAtOnce() public {
        IChambers.ChamberSeat memory next = _seatCredential(_alice, CUSTOMER, "acme");
        next.nonce = 1;
        bytes memory signature = _signSeat(next, seaterKey);
        _takeSeat(_alice, CUSTOMER, "acme");
        vm.prank(seater);
        chambers.revoke(_alice);
        assertEq(chambers.holderOf("acme"), address(0));
        // nor is a credential of before good for another seat
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, _alice, 2));
        vm.prank(_alice);
        chambers.join(next, seater, signature);
    }

    /// @dev A seat that counts is given time, whether or not anybody has activated it. A captured accreditor could
    /// otherwise keep seats away at the moment in which they begin to vote.
    function testFuzz_revoke_whatCountsHasTheWholeDelay(uint40 age, bool activates) public {
        _takeSeat(_alice, CUSTOMER, "acme");
        skip(SEAT_DELAY + bound(age, 0, SEAT_DELAY));
        uint40 endsAt = uint40(block.timestamp) + SEAT_DELAY;
        vm.prank(seater);
        chambers.revoke(_alice);
        assertEq(chambers.seatOf(_alice).endsAt, endsAt);
        assertEq(chambers.holderOf("acme"), _alice);
        vm.warp(endsAt - 1);
        if (activates) chambers.activate(_alice);
        assertEq(chambers.getVotes(_alice), activates ? 1 : 0);
        vm.warp(endsAt);
        chambers.vacate(_alice);
        assertEq(chambers.getVotes(_alice), 0);
        assertEq(chambers.holderOf("acme"), address(0));
    }

    function test_revoke_onlyAccreditors() public {
        _takeSeat(_alice, CUSTOMER, "acme");
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, _bob));
        vm.prank(_bob);
        chambers.revoke(_alice);
        vm.expectRevert(abi.encodeWithSelector(IChambers.NoSeat.selector, _bob));
        vm.prank(seater);
        chambers.revoke(_bob);
    }

    /// @dev A purge falls with the accreditor that ordered it.
    function test_captured_aPurgeIsVoidOnceTheAccreditorIsRemoved() public {
        _voting(_alice, "acme");
        vm.prank(seater);
        chambers.revoke(_alice);
        registry.revokeRole(registry.ACCREDITOR_ROLE(), seater);
        skip(10 * SEAT_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatStands.selector, _alice));
        chambers.vacate(_alice);
        // and another accreditor's word counts again
        address other = makeAddr("other");
        registry.grantRole(registry.ACCREDITOR_ROLE(), other);
        vm.prank(other);
        chambers.revoke(_alice);
        skip(SEAT_DELAY);
        chambers.vacate(_alice);
        assertEq(chambers.getVotes(_alice), 0);
    }

    /// @dev So do the seats that it gave to its own.
    function test_captured_seatsOfARemovedAccreditorNeverCount() public {
        _takeSeat(_alice, CUSTOMER, "acme");
        registry.revokeRole(registry.ACCREDITOR_ROLE(), seater);
        skip(SEAT_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, seater));
        chambers.activate(_alice);
        chambers.vacate(_alice);
        assertEq(chambers.seatOf(_alice).entity, 0);
    }

    /// @dev Accreditations of the registry end at once; seats do not depend on them.
    function test_captured_endedAccreditationsTakeNoVote() public {
        address auditor = _register("auditor", IParticipantRegistry.Role.Auditor);
        skip(TRUSTED_WAIT);
        vm.mockCall(
            address(registry),
            abi.encodeCall(registry.holdsRole, (auditor, IParticipantRegistry.Role.Auditor)),
            abi.encode(true)
        );
        _takeSeat(auditor, IParticipantRegistry.Role.Auditor, "audits");
        vm.clearMockedCalls(); // as after `revokeAccreditation`
        assertFalse(registry.holdsRole(auditor, IParticipantRegistry.Role.Auditor));
        skip(SEAT_DELAY);
        chambers.activate(auditor);
        vm.expectRevert(abi.encodeWithSelector(IChambers.SeatStands.selector, auditor));
        chambers.vacate(auditor);
        assertEq(chambers.votesIn(IParticipantRegistry.Role.Auditor), 1);
    }

    /* BOOKS */

    /// @dev Whatever anybody does in any order, each chamber's count is the number of its accounts with a vote, and no
    /// entity has two.
    function testFuzz_countsAreTheSeatsThatVote(uint256[24] calldata acts) public {
        IParticipantRegistry.Role[3] memory roles = [CUSTOMER, DEVELOPER, DATA_OWNER];
        address[6] memory people;
        for (uint256 i; i < people.length; ++i) {
            people[i] = _register(string.concat("person ", vm.toString(i)), roles[i % 3]);
        }
        for (uint256 i; i < acts.length; ++i) {
            _act(people[acts[i] % 6], roles[acts[i] % 3], acts[i] / 6);
            uint256 total;
            for (uint256 r; r < 3; ++r) {
                uint256 votes;
                for (uint256 p = r; p < 6; p += 3) {
                    uint256 own = chambers.getVotes(people[p]);
                    assertLe(own, 1);
                    assertEq(own != 0, chambers.chamberOf(people[p]) == roles[r]);
                    votes += own;
                }
                assertEq(chambers.votesIn(roles[r]), votes);
                total += votes;
            }
            assertLe(total, 4, "one vote an entity");
            skip(1 + acts[i] % SEAT_DELAY);
        }
        assertEq(chambers.getPastTotalSupply(block.timestamp - 1), _totalIn(roles));
    }

    function _act(address person, IParticipantRegistry.Role role, uint256 seed) private {
        if (seed % 5 < 2) {
            bytes32 entity = bytes32(1 + seed / 5 % 4);
            IChambers.ChamberSeat memory seat = _seatCredential(person, role, entity);
            bytes memory signature = _signSeat(seat, seaterKey);
            vm.prank(person);
            try chambers.join(seat, seater, signature) {} catch {}
        } else if (seed % 5 == 2) {
            try chambers.activate(person) {} catch {}
        } else if (seed % 5 == 3) {
            vm.prank(seed % 2 == 0 ? person : seater);
            if (seed % 2 == 0) try chambers.leave() {} catch {} else try chambers.revoke(person) {} catch {}
        } else {
            try chambers.vacate(person) {} catch {}
        }
    }

    function _totalIn(IParticipantRegistry.Role[3] memory roles) private view returns (uint256 total) {
        for (uint256 i; i < 3; ++i) {
            total += chambers.votesIn(roles[i]);
        }
    }

    function _voting(address account, bytes32 entity) private {
        _takeSeat(account, CUSTOMER, entity);
        skip(SEAT_DELAY);
        chambers.activate(account);
    }

    function _roleRequired(address account, IParticipantRegistry.Role role)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IParticipantRegistry.RoleRequired.selector, account, uint8(role));
    }

    function _refused(address account, IParticipantRegistry.Role role, bytes32 entity, bytes memory refusal)
        private
    {
        IChambers.ChamberSeat memory seat = _seatCredential(account, role, entity);
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.expectRevert(refusal);
        vm.prank(account);
        chambers.join(seat, seater, signature);
    }
}
