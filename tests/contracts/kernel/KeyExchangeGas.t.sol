// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveryClient} from "../../../contracts/interfaces/IDeliveries.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./KeyExchangeFixture.sol";
import {KeyMarket} from "./KeyMarkets.sol";

/// @notice A market that keeps the word of a deal, and nothing else.
contract WordKeeper is IDeliveryClient {
    mapping(uint256 dealId => bytes32) public deliveryWord;

    function onDelivered(uint256 dealId, bytes32 word) public {
        deliveryWord[dealId] = word;
    }

    function onRefuted(uint256 dealId) external {
        delete deliveryWord[dealId];
    }
}

/// @notice Whole transactions' gas, in a market that keeps what a sale keeps, against what was aimed at. Needs
/// `isolate = true`.
contract KeyExchangeGasTest is KeyExchangeFixture {
    string private constant GROUP = "KeyExchange";

    function test_sale() public {
        Exchange memory x = _sale(1234, 5678, keccak256("wrong key"));
        _buy(x);
        vm.snapshotGasLastCall(GROUP, "buy");
        _deliver(x);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver"), 50_000);
        KeyExchange.Refutation memory proof = _refutation(x);
        _refute(x, proof);
        assertLe(vm.snapshotGasLastCall(GROUP, "refute"), 75_000);
    }

    /// @dev Through the contract that serves all markets; what the market does beside is its own.
    function test_commission() public {
        (Deliveries deliveries, WordKeeper keeper) = (new Deliveries(), new WordKeeper());
        Exchange memory x = Exchange(KeyMarket(address(keeper)), DEAL, 1234, 5678, KEY);
        KeyExchange.Delivery memory delivery = _delivery(x);
        keeper.onDelivered(DEAL, _agreement(_keyHash(KEY), _commitment(_context(x), delivery)));
        KeyExchange.Possession memory possession = _possession(x);
        deliveries.deliverAgreed(keeper, DEAL, _point(x.b), _keyHash(KEY), CIPHERTEXT, delivery, possession);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver, agreed on by a panel"), 54_000);
    }
}
