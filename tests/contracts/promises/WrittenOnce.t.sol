// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Everybody who had a part in a settled deal, and governance, calls every function of every contract: what the
/// deal has written stays as it is.
contract WrittenOnce is PromisesFixture {
    bytes private _written;
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        address[] memory seats;
        (_id, seats) = _toAuditing();
        address member = _membersOf(_id)[0];
        _postAll(_id, true);
        market.advance(_id);
        _deliver(_id);
        _settle(_id, "model");
        _handOver();
        _written = _records();

        targetContract(address(escrow));
        targetContract(address(auctions));
        targetContract(address(oracle));
        targetContract(address(rounds));
        targetContract(address(deliveries));
        targetContract(address(audits));
        targetContract(address(market));
        targetContract(address(models));
        targetContract(address(registry));
        targetContract(address(policy));
        targetSender(governance);
        targetSender(customer);
        targetSender(developer);
        if (validators[0] != member) targetSender(validators[0]);
        targetSender(member);
        targetSender(seats[0]);
        targetSender(seats[1]);
        targetSender(makeAddr("stranger"));
    }

    /// forge-config: default.invariant.runs = 48
    function invariant_RecordsStayAsTheyWereWritten() public view {
        assertEq(_records(), _written);
    }

    /// @dev Deal, verdicts, model version. A panel's answers are in the events, and in what the deal made of them.
    function _records() private view returns (bytes memory) {
        return abi.encode(
            lens.commission(_id),
            audits.audit(1),
            audits.latestAudit("model"),
            models.versionOf("model"),
            models.latestVersion(1),
            models.ownerOf(1)
        );
    }
}
