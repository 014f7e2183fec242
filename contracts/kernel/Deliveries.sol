// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveries, IDeliveryClient} from "../interfaces/IDeliveries.sol";
import {KeyExchange} from "./KeyExchange.sol";

/// @title Deliveries
/// @dev It stores nothing and has no rights over any deal: a market keeps the word that its panel agreed on, compares
/// it with the one that is shown here, and decides when a delivery or a refutation may come.
contract Deliveries is IDeliveries {
    /// @inheritdoc IDeliveries
    function deliverAgreed(
        IDeliveryClient market,
        uint256 dealId,
        KeyExchange.Point calldata recipient,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external {
        bytes32 about = KeyExchange.context(address(market), dealId, recipient);
        bytes32 word = KeyExchange.deliverAgreed(about, keyHash, ciphertext, delivery, proof);
        emit Delivered(market, dealId, keyHash, ciphertext, delivery, proof);
        market.onDelivered(dealId, word);
    }

    /// @inheritdoc IDeliveries
    function refute(
        IDeliveryClient market,
        uint256 dealId,
        KeyExchange.Point calldata recipient,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external {
        bytes32 word = KeyExchange.refuteAgreed(
            address(market), dealId, keyHash, ciphertext, recipient, delivery, proof
        );
        emit Refuted(market, dealId);
        market.onRefuted(dealId, word);
    }
}
