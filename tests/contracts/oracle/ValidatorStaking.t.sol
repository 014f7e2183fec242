// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {ValidatorStaking} from "../../../contracts/oracle/ValidatorStaking.sol";
import {MarketFixture} from "../MarketFixture.sol";

contract ValidatorStakingTest is MarketFixture {
    uint96 private constant STAKE = 1000e18;
    uint96 private constant SEAT = 400e18;

    address[] private _pool;
    address private _customer = makeAddr("customer");
    address private _developer = makeAddr("developer");

    function setUp() public override {
        super.setUp();
        _pool = _validators(6, STAKE);
    }

    function _seatTerms(uint256 count) private view returns (IValidatorStaking.SeatTerms memory terms) {
        terms.seed = "seed";
        terms.count = count;
        terms.parties = new address[](2);
        (terms.parties[0], terms.parties[1]) = (_customer, _developer);
        terms.coolingOff = COOLING_OFF;
        terms.seatStake = SEAT;
    }

    function _isIn(address account, address[] memory list) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }

    /* STAKE */

    function test_stake_countsFromTheNextEpoch() public {
        assertEq(staking.totalWeight(), 6 * STAKE);
        _stake(_pool[0], 5);
        assertEq(staking.stakeOf(_pool[0]).amount, STAKE + 5);
        assertEq(staking.weightOf(_pool[0]), STAKE);
        assertEq(staking.totalWeight(), 6 * STAKE);
        _nextEpoch();
        assertEq(staking.weightOf(_pool[0]), STAKE + 5);
        assertEq(staking.totalWeight(), 6 * STAKE + 5);
        assertEq(staking.weightOf(_customer), 0);
        assertEq(staking.validatorCount(), 6);
    }

    function test_stake_isHeldInEscrow() public view {
        bytes32 hold = bytes32(uint256(uint160(_pool[0])));
        assertEq(escrow.held(address(staking), address(stakingToken), hold), STAKE);
    }

    function test_stake_refusals() public {
        vm.expectRevert(IValidatorStaking.ZeroAmount.selector);
        vm.prank(_pool[0]);
        staking.stake(0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.NotValidator.selector, _customer));
        vm.prank(_customer);
        staking.stake(1);
        address fresh = _register("fresh", IParticipantRegistry.Role.Validator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.NotValidator.selector, fresh));
        vm.prank(fresh); // its waiting time is not over
        staking.stake(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.InsufficientBalance.selector, _pool[0], address(stakingToken), 0, 1
            )
        );
        vm.prank(_pool[0]);
        staking.stake(1);
    }

    function test_constructor_refusesAnEpochOfZero() public {
        vm.expectRevert(IValidatorStaking.ZeroAmount.selector);
        new ValidatorStaking(address(this), escrow, registry, address(stakingToken), 0, EXIT_COOLDOWN);
    }

    /* EXIT */

    function test_exit_afterTheCooldown() public {
        vm.startPrank(_pool[0]);
        staking.requestExit(STAKE / 4);
        IValidatorStaking.Stake memory stake = staking.stakeOf(_pool[0]);
        assertEq(stake.amount, STAKE - STAKE / 4);
        assertEq(stake.exiting, STAKE / 4);
        assertEq(stake.exitAt, block.timestamp + EXIT_COOLDOWN);
        assertEq(staking.weightOf(_pool[0]), STAKE);

        vm.warp(stake.exitAt - 1);
        assertEq(staking.weightOf(_pool[0]), STAKE - STAKE / 4);
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorStaking.ExitPending.selector, _pool[0], stake.exitAt)
        );
        staking.completeExit();
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorStaking.ExitPending.selector, _pool[0], stake.exitAt)
        );
        staking.requestExit(1);

        vm.warp(stake.exitAt);
        staking.completeExit();
        assertEq(_balance(_pool[0], stakingToken), STAKE / 4);
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.NothingToExit.selector, _pool[0]));
        staking.completeExit();
    }

    function test_exit_refusals() public {
        vm.expectRevert(IValidatorStaking.ZeroAmount.selector);
        vm.prank(_pool[0]);
        staking.requestExit(0);
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorStaking.InsufficientFreeStake.selector, _customer, 0, 1)
        );
        vm.prank(_customer);
        staking.requestExit(1);
        address seated = staking.seat(_seatTerms(1))[0];
        vm.expectRevert(
            abi.encodeWithSelector(
                IValidatorStaking.InsufficientFreeStake.selector, seated, STAKE - SEAT, STAKE - SEAT + 1
            )
        );
        vm.prank(seated);
        staking.requestExit(STAKE - SEAT + 1);
    }

    /* DRAW */

    function test_seat_locksDistinctValidators() public {
        vm.recordLogs();
        address[] memory members = staking.seat(_seatTerms(6));
        assertEq(vm.getRecordedLogs()[0].data, abi.encode(members, SEAT));
        for (uint256 i; i < 6; ++i) {
            assertTrue(_isIn(_pool[i], members));
            assertEq(staking.stakeOf(_pool[i]).locked, SEAT);
            assertEq(staking.lockedBy(address(this), _pool[i]), SEAT);
        }
        assertEq(staking.totalWeight(), 6 * STAKE); // locks are outside the tree
    }

    function test_seat_modulesOnly() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, _pool[0], staking.MODULE_ROLE()
            )
        );
        vm.prank(_pool[0]);
        staking.seat(_seatTerms(1));
    }

    function test_seat_passesOverTheUnsuitable() public {
        // Somebody taken, a party, a tie of the validator's own, a recorded dealing, and a former validator.
        IValidatorStaking.SeatTerms memory terms = _seatTerms(1);
        terms.taken = new address[](1);
        terms.taken[0] = _pool[0];
        terms.parties[1] = _pool[1];
        vm.prank(_pool[2]);
        registry.declareTie(_customer, type(uint40).max);
        registry.recordDealing(_customer, _pool[3]);
        vm.prank(_pool[4]);
        registry.changeRoles(IParticipantRegistry.Role.Customer, 0);
        assertEq(staking.seat(terms)[0], _pool[5]);
        terms.count = 2;
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 1, 2));
        staking.seat(terms);
    }

    /// @dev A party must not be able to choose its judges: neither its ties nor its organisation count.
    function test_seat_partiesDisqualifyNobody() public {
        address party = _pool[0];
        vm.startPrank(party);
        for (uint256 i = 1; i < 6; ++i) {
            registry.declareTie(_pool[i], type(uint40).max);
        }
        vm.stopPrank();
        address friend = makeAddr("same organisation");
        IParticipantRegistry.Registration memory registration = IParticipantRegistry.Registration({
            primaryRole: IParticipantRegistry.Role.Validator,
            secondaryRoles: 0,
            jurisdiction: 1,
            domains: 1,
            organisation: "one house",
            encryptionKey: "a key"
        });
        vm.prank(friend);
        registry.register(registration);
        vm.prank(_customer);
        registry.register(registration);
        skip(TRUSTED_WAIT);
        _stake(friend, STAKE);
        _nextEpoch();
        assertEq(
            uint256(registry.conflictOf(friend, _customer, COOLING_OFF)),
            uint256(IParticipantRegistry.Conflict.SameOrganisation)
        );
        IValidatorStaking.SeatTerms memory terms = _seatTerms(6);
        terms.parties[1] = party;
        address[] memory members = staking.seat(terms);
        assertTrue(_isIn(friend, members));
        assertFalse(_isIn(party, members));
    }

    /// @dev Whatever is locked already, and whoever's it is, the same seed draws the same validators. Whoever has
    /// others' stake locked does not choose who is left.
    function testFuzz_seat_locksChangeNoDraw(bytes32 seed, uint8 decoys, uint8 tied) public {
        IValidatorStaking.SeatTerms memory terms = _seatTerms(3);
        terms.seed = seed;
        uint256 start = vm.snapshotState();
        address[] memory expected = staking.seat(terms);
        vm.revertToState(start);

        // Some declare a tie that keeps them out of the decoys.
        address decoyParty = makeAddr("decoy party");
        for (uint256 i; i < bound(tied, 0, 3); ++i) {
            vm.prank(_pool[i]);
            registry.declareTie(decoyParty, type(uint40).max);
        }
        for (uint256 i; i < bound(decoys, 1, 12); ++i) {
            IValidatorStaking.SeatTerms memory decoy = _seatTerms(3);
            (decoy.seed, decoy.parties[0]) = (keccak256(abi.encode("decoy", i)), decoyParty);
            staking.seat(decoy);
        }
        assertEq(staking.seat(terms), expected);
    }

    function test_seat_needsAWholeSeatsStake() public {
        IValidatorStaking.SeatTerms memory terms = _seatTerms(1);
        terms.seatStake = STAKE + 1;
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 0, 1));
        staking.seat(terms);
        _stake(_pool[3], 1);
        assertEq(staking.seat(terms)[0], _pool[3]); // the amount counts at once, the weight does not
    }

    /// @dev A module does not reach what another has locked, and its own locks leave the rest to that other.
    function test_seat_modulesShareNoStake() public {
        IValidatorStaking.SeatTerms memory terms = _seatTerms(6);
        terms.seatStake = STAKE - SEAT + 1;
        vm.prank(address(oracle));
        staking.seat(terms);
        terms.seatStake = SEAT;
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 0, 6));
        staking.seat(terms);
        terms.seatStake = SEAT - 1;
        assertEq(staking.seat(terms).length, 6);
        terms.seatStake = STAKE - SEAT + 1;
        vm.prank(address(oracle));
        assertEq(staking.seat(terms).length, 6); // its own locks are in nobody's way
    }

    function test_seat_newStakeIsNotDrawnInItsEpoch() public {
        address late = _register("late", IParticipantRegistry.Role.Validator);
        skip(TRUSTED_WAIT);
        _stake(late, 1_000_000 * STAKE);
        IValidatorStaking.SeatTerms memory terms = _seatTerms(7);
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 6, 7));
        staking.seat(terms);
        _nextEpoch();
        assertTrue(_isIn(late, staking.seat(_seatTerms(2))));
    }

    function testFuzz_seat_neverTwiceAndAlwaysFull(bytes32 seed, uint8 count) public {
        IValidatorStaking.SeatTerms memory terms = _seatTerms(bound(count, 1, 6));
        terms.seed = seed;
        address[] memory members = staking.seat(terms);
        for (uint256 i; i < members.length; ++i) {
            for (uint256 j; j < i; ++j) {
                assertNotEq(members[i], members[j]);
            }
            assertTrue(_isIn(members[i], _pool));
        }
    }

    function test_seat_noStakeNoPanel() public {
        ValidatorStaking empty = new ValidatorStaking(
            address(this), escrow, registry, address(stakingToken), EPOCH, EXIT_COOLDOWN
        );
        empty.grantRole(empty.MODULE_ROLE(), address(this));
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.PanelUnfilled.selector, 0, 1));
        empty.seat(_seatTerms(1));
    }

    /* UNLOCK AND SLASH */

    function _lockOf(address validator, uint96 amount)
        private
        pure
        returns (IValidatorStaking.Lock[] memory locks)
    {
        locks = new IValidatorStaking.Lock[](1);
        locks[0] = IValidatorStaking.Lock(validator, amount);
    }

    /// @dev Both are exactly what they say, in any order of their amounts, and the rest stays locked.
    function testFuzz_slash_burnsWhatItUnlocks(uint96 slashed, uint96 unlocked) public {
        slashed = uint96(bound(slashed, 1, SEAT));
        unlocked = uint96(bound(unlocked, 0, SEAT - slashed));
        address member = staking.seat(_seatTerms(1))[0];
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(this), member, slashed, "reason");
        staking.slash(member, slashed, "reason");
        vm.expectEmit(address(staking));
        emit IValidatorStaking.SeatsUnlocked(address(this), _lockOf(member, unlocked));
        staking.unlock(_lockOf(member, unlocked));
        IValidatorStaking.Stake memory stake = staking.stakeOf(member);
        assertEq(stake.amount, STAKE - slashed);
        assertEq(stake.locked, SEAT - slashed - unlocked);
        assertEq(staking.lockedBy(address(this), member), stake.locked);
        assertEq(_burnt(stakingToken), slashed);
        bytes32 hold = bytes32(uint256(uint160(member)));
        assertEq(escrow.held(address(staking), address(stakingToken), hold), stake.amount);
        assertEq(staking.weightOf(member), STAKE);
        _nextEpoch();
        assertEq(staking.weightOf(member), STAKE - slashed);
    }

    /// @dev Whatever several modules lock, each can take back its own and no more.
    function testFuzz_onlyWhatTheModuleHasLocked(uint8 own, uint8 others, uint96 excess) public {
        address member = _pool[0];
        IValidatorStaking.SeatTerms memory terms = _seatTerms(1);
        terms.seatStake = STAKE / 16;
        terms.taken = new address[](5);
        for (uint256 i; i < 5; ++i) {
            terms.taken[i] = _pool[i + 1];
        }
        uint256 mine = bound(own, 0, 8) * terms.seatStake;
        uint256 theirs = bound(others, 1, 8) * terms.seatStake;
        for (uint256 i; i < mine; i += terms.seatStake) {
            assertEq(staking.seat(terms)[0], member);
        }
        for (uint256 i; i < theirs; i += terms.seatStake) {
            vm.prank(address(oracle));
            staking.seat(terms);
        }
        assertEq(staking.lockedBy(address(this), member), mine);
        assertEq(staking.lockedBy(address(oracle), member), theirs);

        uint96 tooMuch = uint96(mine + bound(excess, 1, type(uint96).max - mine));
        bytes memory refused = abi.encodeWithSelector(
            IValidatorStaking.NotLocked.selector, address(this), member, mine, tooMuch
        );
        vm.expectRevert(refused);
        staking.unlock(_lockOf(member, tooMuch));
        vm.expectRevert(refused);
        staking.slash(member, tooMuch, "reason");
        staking.unlock(_lockOf(member, uint96(mine)));
        assertEq(staking.lockedBy(address(this), member), 0);
        assertEq(staking.stakeOf(member).locked, theirs);
    }

    /// @dev Several seats on one stake: slashes take it in turn, the last ones what is left, and nothing stays locked.
    function testFuzz_slash_takesWhatIsLeft(uint96 first, uint96 second, uint96 third) public {
        IValidatorStaking.SeatTerms memory terms = _seatTerms(6);
        terms.seatStake = STAKE;
        for (uint256 i; i < 3; ++i) {
            staking.seat(terms);
        }
        address member = _pool[0];
        uint96[3] memory amounts =
            [uint96(bound(first, 1, STAKE)), uint96(bound(second, 1, STAKE)), uint96(bound(third, 1, STAKE))];
        uint256 due = 0;
        for (uint256 i; i < 3; ++i) {
            staking.slash(member, amounts[i], "reason");
            due += amounts[i];
            assertEq(_burnt(stakingToken), due < STAKE ? due : STAKE);
            assertEq(staking.stakeOf(member).amount, STAKE - _burnt(stakingToken));
        }
        assertEq(staking.stakeOf(member).locked, 3 * STAKE - due);
        // Nothing can leave while more is locked than there is.
        uint96 left = staking.stakeOf(member).amount;
        uint96 locked = uint96(3 * STAKE - due);
        uint96 free = left > locked ? left - locked : 0;
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorStaking.InsufficientFreeStake.selector, member, free, free + 1)
        );
        vm.prank(member);
        staking.requestExit(free + 1);
        staking.unlock(_lockOf(member, locked));
        assertEq(staking.stakeOf(member).locked, 0);
    }

    function test_slash_ofNothingIsRefused() public {
        address member = staking.seat(_seatTerms(1))[0];
        vm.expectRevert(IValidatorStaking.ZeroAmount.selector);
        staking.slash(member, 0, "reason");
    }

    /// @dev Either all is unlocked or nothing.
    function test_unlock_severalAtOnce() public {
        address[] memory members = staking.seat(_seatTerms(3));
        IValidatorStaking.Lock[] memory locks = new IValidatorStaking.Lock[](3);
        for (uint256 i; i < 3; ++i) {
            locks[i] = IValidatorStaking.Lock(members[i], uint96(i) * 10e18);
        }
        staking.unlock(locks);
        for (uint256 i; i < 3; ++i) {
            assertEq(staking.stakeOf(members[i]).locked, SEAT - i * 10e18);
        }
        locks[0].amount = 1;
        locks[2].amount = SEAT;
        vm.expectRevert(
            abi.encodeWithSelector(
                IValidatorStaking.NotLocked.selector, address(this), members[2], SEAT - 20e18, SEAT
            )
        );
        staking.unlock(locks);
        assertEq(staking.stakeOf(members[0]).locked, SEAT);
    }

    /// @dev Taking the role away strands no seat.
    function test_retiredModuleStillUnlocksAndSlashes() public {
        address[] memory members = staking.seat(_seatTerms(2));
        staking.revokeRole(staking.MODULE_ROLE(), address(this));
        escrow.retire(address(staking));
        staking.unlock(_lockOf(members[0], SEAT));
        assertEq(staking.stakeOf(members[0]).locked, 0);
        staking.slash(members[1], SEAT, "reason");
        assertEq(_burnt(stakingToken), SEAT);
    }

    /* WHAT AN INDEXER SEES */

    function testFuzz_stakeAndExit_areTold(uint96 more, uint96 exits) public {
        address validator = _pool[0];
        more = uint96(bound(more, 1, 1e27));
        exits = uint96(bound(exits, 1, STAKE + more)); // all of the free stake, too
        _fund(validator, stakingToken, more, address(staking));
        vm.startPrank(validator);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Staked(validator, more, STAKE + more);
        staking.stake(more);
        uint40 exitAt = uint40(block.timestamp) + EXIT_COOLDOWN;
        vm.expectEmit(address(staking));
        emit IValidatorStaking.ExitRequested(validator, exits, exitAt);
        staking.requestExit(exits);
        vm.warp(exitAt);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.ExitCompleted(validator, exits);
        staking.completeExit();
        vm.stopPrank();
    }

    /// @dev A large panel looks at more candidates than a small one: 31 that are tied stand in the way of eleven that
    /// are not.
    function test_seat_looksAtMoreCandidatesForMoreSeats() public {
        for (uint256 i; i < 36; ++i) {
            address validator =
                _register(string.concat("late ", vm.toString(i)), IParticipantRegistry.Role.Validator);
            skip(TRUSTED_WAIT);
            _stake(validator, STAKE);
            if (i >= 31) continue;
            vm.prank(validator);
            registry.declareTie(_customer, type(uint40).max);
        }
        _nextEpoch();
        address[] memory members = staking.seat(_seatTerms(11));
        assertEq(members.length, 11);
        for (uint256 i; i < members.length; ++i) {
            assertEq(registry.tiedUntil(members[i], _customer), 0);
        }
    }

    function test_requestExit_ofAllThatIsFree() public {
        vm.prank(_pool[0]);
        staking.requestExit(STAKE);
        assertEq(staking.stakeOf(_pool[0]).amount, 0);
    }
}
