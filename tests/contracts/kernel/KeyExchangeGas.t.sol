// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./KeyExchangeFixture.sol";

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

    function test_commission() public {
        Exchange memory x = Exchange(commission, DEAL, 1234, 5678, KEY);
        KeyExchange.Delivery memory delivery = _delivery(x);
        bytes32 word = _agreement(_keyHash(KEY), _commitment(_context(x), delivery));
        commission.accept(DEAL, word, _point(x.b));
        KeyExchange.Possession memory possession = _possession(x);
        commission.deliver(DEAL, _keyHash(KEY), CIPHERTEXT, delivery, possession);
        assertLe(vm.snapshotGasLastCall(GROUP, "deliver, agreed on by a panel"), 50_000);
    }
}
