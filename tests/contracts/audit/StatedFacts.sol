// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";

/// @notice A source of whatever a test states; also of the kinds that no deal has yet.
contract StatedFacts is IFactSource {
    mapping(uint256 dealId => Fact[]) private _facts;
    mapping(uint256 dealId => Sale) private _sales;

    function state(uint256 dealId, Fact memory fact) external {
        _facts[dealId].push(fact);
    }

    function state(uint256 dealId, address subject, IReputation.Kind kind, uint8 count) external {
        _facts[dealId].push(Fact(subject, 1, kind, count, 1_000_000));
    }

    function sell(uint256 dealId, Sale memory sale) external {
        _sales[dealId] = sale;
    }

    function factsOf(uint256 dealId) external view returns (Fact[] memory) {
        return _facts[dealId];
    }

    function saleOf(uint256 dealId) external view returns (Sale memory sale) {
        sale = _sales[dealId];
        if (sale.customer == address(0)) revert NotSettled(dealId);
    }
}
