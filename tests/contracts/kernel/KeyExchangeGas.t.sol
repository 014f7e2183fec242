// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./DeliveryFixture.sol";

/// @notice Whole transactions' gas, in markets that keep a deal's state and its word, against what was aimed at. Needs
/// `isolate = true`.
contract KeyExchangeGasTest is KeyExchangeFixture {
    string private constant GROUP = "KeyExchange";
    bytes32 private constant WRONG = keccak256("wrong key");

    function test_sale() public {
        Exchange memory x = _sale(1234, 5678, WRONG);
        _buy(x);
        vm.snapshotGasLastCall(GROUP, "buy");
        _deliver(x);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver"), 50_000);
        KeyExchange.Refutation memory proof = _refutation(x);
        _refute(x, proof);
        assertLe(vm.snapshotGasLastCall(GROUP, "refute"), 75_000);
    }

    /// @dev Through the contract that serves all markets.
    function test_commission() public {
        Exchange memory x = Exchange(address(commission), DEAL, 1234, 5678, WRONG);
        (KeyExchange.Point memory recipient, bytes32 keyHash) = (_point(x.b), _keyHash(KEY));
        KeyExchange.Delivery memory delivery = _delivery(x);
        commission.accept(DEAL, _agreement(x, keyHash));
        KeyExchange.Possession memory possession = _possession(x);
        deliveries.deliverAgreed(commission, DEAL, recipient, keyHash, CIPHERTEXT, delivery, possession);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver, agreed on by a panel"), 50_000);
        KeyExchange.Refutation memory proof = _refutation(x);
        deliveries.refute(commission, DEAL, recipient, keyHash, CIPHERTEXT, delivery, proof);
        assertLe(vm.snapshotGasLastCall(GROUP, "refute, agreed on by a panel"), 75_000);
    }
}
