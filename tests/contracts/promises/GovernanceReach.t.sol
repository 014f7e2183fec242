// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Whoever holds every key of the market calls every function of every contract, in any order and with any
/// arguments, while deals are open, and moves nothing; the deal then ends as it would have.
contract GovernanceReach is PromisesFixture {
    uint256[] private _before;
    uint256 private _building;

    function setUp() public override {
        super.setUp();
        _building = _toEvaluating();
        _fund(rival, paymentToken, BOND, address(auctions));
        _fund(customer, paymentToken, FUNDS, address(market));
        uint256 bidding = _toBidding();
        _bid(bidding, rival, RESERVE / 3);
        _bid(bidding, third, RESERVE / 4);
        _handOver();
        _before = _books();

        address[19] memory contracts = [
            address(policy),
            address(registry),
            address(escrow),
            address(staking),
            address(models),
            address(auctions),
            address(oracle),
            address(rounds),
            address(deliveries),
            address(audits),
            address(conformity),
            address(market),
            address(chambers),
            address(timelock),
            address(governor),
            address(court),
            address(disputes),
            address(reputation),
            address(shares)
        ];
        for (uint256 i; i < contracts.length; ++i) {
            targetContract(contracts[i]);
        }
        targetSender(governance);
    }

    /// forge-config: default.invariant.runs = 48
    function invariant_NoKeyMovesMoney() public view {
        assertEq(_books(), _before);
    }

    /// @dev The panel answers and the developer is paid, whatever governance has done.
    function afterInvariant() public {
        uint256 id = _building;
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _settle(id, "model");
        _assertState(id, ICommissionMarket.State.Settled);
        assertEq(_paid(developer), BOND + RESERVE / 2 - _sum(payees));
        assertEq(_paid(treasury), RESERVE / 2 / 40);
        assertEq(_sum(validators), 2 * PANEL * FEE);
        assertEq(_held(id), 0);
    }
}
