// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISales} from "../../../contracts/interfaces/ISales.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {SaleFixture} from "./SaleFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract SalesGasTest is SaleFixture {
    function test_gas_exclusive() public {
        ISales.Lot memory lot = _lot(1, true);
        uint256 id = _openSale(lot);
        vm.snapshotGasLastCall("Sales", "open");
        KeyExchange.Point memory key = _keyOf(buyers[4]);
        vm.prank(buyers[4]);
        sales.nameKey(id, key);
        vm.snapshotGasLastCall("Sales", "nameKey");
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        _closeSale(id, lot, _list(buyers[1]));
        vm.snapshotGasLastCall("Sales", "close, one licence");
    }

    function test_gas_two() public {
        ISales.Lot memory lot = _lot(2, false);
        uint256 id = _openSale(lot);
        _bidAll(id, lot, _prices(300e18, 500e18, 400e18));
        _closeSale(id, lot, _list(buyers[1], buyers[2]));
        vm.snapshotGasLastCall("Sales", "close, two licences");
    }
}
