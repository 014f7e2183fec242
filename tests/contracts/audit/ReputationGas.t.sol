// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The gas of bringing in a finished deal and of rating it, whole transactions. Needs `isolate = true`.
contract ReputationGasTest is CommissionFixture {
    string private constant GROUP = "Reputation";

    function test_gas_ofADealWithoutAudit() public {
        _recordSettled("record, the first deal of its parties");
        _rate("rate, the first of a developer");
        skip(30 days);
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        _recordSettled("record");
        _rate("rate");
    }

    function test_gas_ofAnAuditedDeal() public {
        (uint256 id,) = _toAuditing();
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        _settle(id, "model");
        reputation.record(facts, id);
        vm.snapshotGasLastCall(GROUP, "record, the first of its parties and of 3 auditors");
    }

    function _recordSettled(string memory name) private {
        uint256 id = _toBuilding();
        bytes32 manifest = keccak256(abi.encode(id));
        _submit(id, manifest);
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _settle(id, manifest);
        reputation.record(facts, id);
        vm.snapshotGasLastCall(GROUP, name);
    }

    function _rate(string memory name) private {
        uint256 id = market.commissionCount();
        vm.prank(customer);
        reputation.rate(facts, id, 5, keccak256("comment"));
        vm.snapshotGasLastCall(GROUP, name);
    }
}
