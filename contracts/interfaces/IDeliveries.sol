// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../kernel/KeyExchange.sol";

/// @title What a market answers whose deals end in the delivery of a content key.
/// @notice The two calls come from the market's Deliveries contract only.
interface IDeliveryClient {
    /// @return The word that a panel agreed on for the deal; once the key is delivered, the word that `onDelivered` gave.
    function deliveryWord(uint256 dealId) external view returns (bytes32);

    /// @notice The deal's key has been delivered as agreed. Reverts where the deal awaits no delivery.
    /// @param word what the market keeps for a refutation.
    function onDelivered(uint256 dealId, bytes32 word) external;

    /// @notice The delivery was proven to hold another key. Reverts where it is too late for that.
    function onRefuted(uint256 dealId) external;
}

/// @title Deliveries of content keys, for every market: proven, and refuted by proof.
/// @notice The construction is that of `KeyExchange`, whose errors both functions revert with. Anyone may call: what is
/// proven does not depend on who proves it. docs/protocol.md has every encoding.
interface IDeliveries {
    /// @notice The recipient has the deal's content key now, from `delivery` and the secret of its delivery key.
    /// @param keyHash of the content key, as the panel agreed on it.
    /// @param ciphertext the sha2-256 of the sealed artifact.
    /// @param proof that `delivery` is somebody's own, so that the recipient need not trust the node that tells of it.
    event Delivered(
        IDeliveryClient indexed market,
        uint256 indexed dealId,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery delivery,
        KeyExchange.Possession proof
    );

    /// @notice The delivery held another key than the one with the hash that the panel agreed on.
    event Refuted(IDeliveryClient indexed market, uint256 indexed dealId);

    /// @notice Delivers a content key as a panel has agreed that it is delivered. Whoever holds the key can work out these
    /// values.
    /// @param recipient the delivery key B that the deal's work manifest names.
    /// @param keyHash of the content key.
    /// @param ciphertext the sha2-256 of the sealed artifact.
    function deliverAgreed(
        IDeliveryClient market,
        uint256 dealId,
        KeyExchange.Point calldata recipient,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external;

    /// @notice Proves that the delivered key is not the one with the hash that the panel agreed on.
    /// @param kept the delivery's commitment.
    function refute(
        IDeliveryClient market,
        uint256 dealId,
        bytes32 kept,
        bytes32 keyHash,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external;
}
