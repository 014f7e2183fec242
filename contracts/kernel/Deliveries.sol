// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveries, IDeliveryClient} from "../interfaces/IDeliveries.sol";
import {KeyExchange} from "./KeyExchange.sol";

/// @title Deliveries
/// @dev It stores nothing and has no rights over any deal: a market stores one word for each of its deals, and decides
/// when a delivery or a refutation may come.
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
        bytes32 kept = KeyExchange.deliverAgreed(
            KeyExchange.context(address(market), dealId, recipient),
            market.deliveryWord(dealId),
            keyHash,
            ciphertext,
            delivery,
            proof
        );
        emit Delivered(market, dealId, keyHash, ciphertext, delivery, proof);
        market.onDelivered(dealId, _word(kept, keyHash));
    }

    /// @inheritdoc IDeliveries
    function refute(
        IDeliveryClient market,
        uint256 dealId,
        bytes32 kept,
        bytes32 keyHash,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external {
        (bytes32 word, bytes32 shown) = (market.deliveryWord(dealId), _word(kept, keyHash));
        if (shown != word) revert KeyExchange.OtherDelivery(word, shown);
        KeyExchange.refute(address(market), dealId, kept, keyHash, recipient, delivery, proof);
        emit Refuted(market, dealId);
        market.onRefuted(dealId);
    }

    /// @dev What a market keeps of a delivery.
    function _word(bytes32 kept, bytes32 keyHash) private pure returns (bytes32) {
        return keccak256(abi.encode(kept, keyHash));
    }
}
