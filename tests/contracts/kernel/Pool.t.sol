// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Epochs} from "../../../contracts/kernel/Epochs.sol";
import {Pool} from "../../../contracts/kernel/Pool.sol";

/// @notice The pool against a plain set, through epochs.
contract PoolTest is Test {
    using Pool for Pool.Members;

    uint256 private constant PEOPLE = 12;
    uint256 private constant LOOKED_AT = 32 + 3; // candidates of a draw for one seat

    Pool.Members private _pool;
    mapping(address account => bool) private _inside; // as last written
    mapping(address account => bool) private _drawable; // in the present epoch
    uint48 private _epoch = 5;

    function testFuzz_matchesASet(uint256 seed, uint8 steps) public {
        for (uint256 i; i < steps % 64; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
            uint256 size;
            for (uint256 person; person < PEOPLE; ++person) {
                assertEq(_pool.contains(_person(person)), _inside[_person(person)]);
                if (_inside[_person(person)]) ++size;
            }
            assertEq(_pool.size(), size);
        }
        _assertDraws(_sequence(bytes32(seed)));
    }

    /// @dev Whatever is done in the epoch of the draw, by people inside and outside, the same candidates come out in
    /// the same order.
    function testFuzz_draw_isFixedForTheEpoch(uint256 seed, bytes32 drawSeed, uint8 steps) public {
        for (uint256 i; i < 20; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
        }
        _pass(1);
        address[] memory before = _sequence(drawSeed);
        for (uint256 i; i < steps % 32; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "later", i)));
            _change(random, _person(random % (2 * PEOPLE)));
        }
        assertEq(_sequence(drawSeed), before);
    }

    /// @dev To leave and come back any number of times makes the tree no larger.
    function testFuzz_leaves_oneForEachAccount(uint8 rounds, bool sameEpoch) public {
        for (uint256 i; i < rounds; ++i) {
            for (uint256 person; person < PEOPLE; ++person) {
                assertTrue(_pool.add(_person(person), _epoch));
                assertFalse(_pool.add(_person(person), _epoch), "in the pool already");
            }
            if (!sameEpoch) ++_epoch;
            for (uint256 person; person < PEOPLE; ++person) {
                assertTrue(_pool.remove(_person(person), _epoch));
                assertFalse(_pool.remove(_person(person), _epoch), "not in the pool any more");
            }
        }
        assertLe(_pool.tree.leaves, PEOPLE);
        assertEq(_pool.size(), 0);
        ++_epoch;
        assertEq(_sequence("seed").length, 0);
    }

    function testFuzz_remove_whoWasNeverThere(address account) public {
        assertFalse(_pool.remove(account, _epoch));
        _pool.add(_person(0), _epoch);
        if (account != _person(0)) assertFalse(_pool.remove(account, _epoch));
        assertEq(_pool.size(), 1);
    }

    /// @dev A draw from a large pool looks at no more candidates than it has to, for more seats at more.
    function testFuzz_draw_looksAtABoundedNumber(uint256 people, uint256 seats, bytes32 seed) public {
        people = bound(people, 1, 120);
        seats = bound(seats, 1, 15);
        for (uint256 i; i < people; ++i) {
            _pool.add(_person(i), _epoch);
        }
        Pool.Draw memory draw = _pool.begin(_epoch + 1, seats, seed);
        uint256 found;
        while (_pool.next(draw) != address(0)) ++found;
        uint256 most = 32 + 3 * seats;
        assertEq(found, people < most ? people : most);
        assertEq(_pool.next(draw), address(0), "and stays over");
    }

    /// @dev Everybody is as likely as anybody else to come out first, and second, whatever left around it.
    function test_draw_isUniform() public {
        for (uint256 i; i < 2 * PEOPLE; ++i) {
            _pool.add(_person(i), _epoch);
        }
        for (uint256 i; i < 2 * PEOPLE; i += 2) {
            _pool.remove(_person(i), _epoch);
        }
        ++_epoch;
        uint256[2 * PEOPLE][2] memory counts;
        uint256 draws = 6000;
        for (uint256 i; i < draws; ++i) {
            Pool.Draw memory draw = _pool.begin(_epoch, 1, keccak256(abi.encode(i)));
            for (uint256 place; place < 2; ++place) {
                ++counts[place][uint160(_pool.next(draw)) - 1];
            }
        }
        for (uint256 place; place < 2; ++place) {
            for (uint256 i; i < 2 * PEOPLE; ++i) {
                // 500 each; seven standard deviations
                if (i % 2 == 0) assertEq(counts[place][i], 0);
                else assertApproxEqAbs(counts[place][i], draws / PEOPLE, 150);
            }
        }
    }

    /* PARTS */

    /// @dev Somebody enters or leaves, or an epoch or more pass.
    function _step(uint256 random) private {
        if (random % 4 == 0) _pass(1 + (random >> 8) % 3);
        else _change(random >> 2, _person((random >> 16) % PEOPLE));
    }

    function _change(uint256 random, address account) private {
        if (random % 2 == 0) assertEq(_pool.add(account, _epoch), !_inside[account]);
        else assertEq(_pool.remove(account, _epoch), _inside[account]);
        _inside[account] = random % 2 == 0;
    }

    function _pass(uint256 epochs) private {
        _epoch += uint48(epochs);
        for (uint256 person; person < 2 * PEOPLE; ++person) {
            _drawable[_person(person)] = _inside[_person(person)];
        }
    }

    /// @dev All candidates of a draw, in their order.
    function _sequence(bytes32 seed) private view returns (address[] memory found) {
        Pool.Draw memory draw = _pool.begin(_epoch, 1, seed);
        address[] memory all = new address[](LOOKED_AT);
        uint256 count;
        for (address next = _pool.next(draw); next != address(0); next = _pool.next(draw)) {
            all[count++] = next;
        }
        found = new address[](count);
        for (uint256 i; i < count; ++i) {
            found[i] = all[i];
        }
    }

    /// @dev Those who can be drawn have come out, once each, and nobody else.
    function _assertDraws(address[] memory found) private view {
        uint256 expected;
        for (uint256 person; person < PEOPLE; ++person) {
            uint256 times;
            for (uint256 i; i < found.length; ++i) {
                if (found[i] == _person(person)) ++times;
            }
            assertEq(times, _drawable[_person(person)] ? 1 : 0);
            expected += times;
        }
        assertEq(found.length, expected);
    }

    function _person(uint256 index) private pure returns (address) {
        return address(uint160(index + 1));
    }
}

contract EpochsTest is Test {
    function testFuzz_epoch(uint40 length, uint40 time) public {
        length = uint40(bound(length, 1, type(uint40).max));
        Clock clock = new Clock(length);
        vm.warp(time);
        assertEq(clock.epoch(), uint256(time) / length);
        assertEq(clock.EPOCH(), length);
    }

    function test_epoch_lastsASecondAtLeast() public {
        vm.expectRevert(Epochs.ZeroEpoch.selector);
        new Clock(0);
    }
}

contract Clock is Epochs {
    constructor(uint40 length) Epochs(length) {}
}
