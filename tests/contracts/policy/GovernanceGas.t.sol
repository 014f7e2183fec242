// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IChambers} from "../../../contracts/interfaces/IChambers.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @notice What taking part in governance costs.
contract GovernanceGas is GovernanceFixture {
    address[] private _voters;

    function setUp() public override {
        super.setUp();
        _deployGovernance();
        _nameSeater();
        _voters =
            [_seated("customer", CUSTOMER), _seated("developer", DEVELOPER), _seated("owner", DATA_OWNER)];
        _activate(_voters);
        policy.grantRole(0, address(timelock));
    }

    function test_seats() public {
        address account = _register("another", CUSTOMER);
        IChambers.ChamberSeat memory seat = _seatCredential(account, CUSTOMER, "another");
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.prank(account);
        chambers.join(seat, seater, signature);
        vm.snapshotGasLastCall("Governance", "take a seat");
        skip(SEAT_DELAY);
        chambers.activate(account);
        vm.snapshotGasLastCall("Governance", "activate a seat");
    }

    function test_proposals() public {
        Calls memory c = _feeOf(10_000);
        uint256 id = _propose(_voters[0], c);
        vm.snapshotGasLastCall("Governance", "propose");
        _toVoting(id);
        for (uint256 i; i < _voters.length; ++i) {
            _vote(id, _voters[i], FOR);
        }
        vm.snapshotGasLastCall("Governance", "vote");
        _toVoteEnd(id);
        _queue(c);
        vm.snapshotGasLastCall("Governance", "queue");
        skip(TIMELOCK_DELAY);
        _execute(c);
        vm.snapshotGasLastCall("Governance", "execute");
        assertEq(policy.feePpm(), 10_000);
    }

    function test_brake() public {
        vm.prank(address(governor));
        policy.halt();
        vm.snapshotGasLastCall("Governance", "halt");
        assertGt(policy.haltedUntil(), block.timestamp);
    }
}
