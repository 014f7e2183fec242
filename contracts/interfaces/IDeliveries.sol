// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../kernel/KeyExchange.sol";

/// @notice What a market answers whose deals end in the delivery of a content key. Only the market's Deliveries
/// contract makes the two calls that change anything.
interface IDeliveryClient {
    /// @notice The word that a panel agreed on for the deal; once the key is delivered, the word that `onDelivered`
    /// gave.
    /// @return the word, zero where there is none.
    function deliveryWord(uint256 dealId) external view returns (bytes32);

    /// @notice The deal's key has been delivered as agreed. Reverts where the deal awaits no delivery.
    /// @param word what the market keeps for a refutation.
    function onDelivered(uint256 dealId, bytes32 word) external;

    /// @notice Somebody has proven that the delivery holds another key. Reverts where it is too late for that.
    function onRefuted(uint256 dealId) external;
}

/// @title Deliveries of content keys, for every market: made with a proof, and refuted by one.
/// @notice The construction is that of `KeyExchange`, whose errors both functions revert with. Anyone may call, since
/// a proof holds whoever brings it. docs/protocol.md has every encoding.
interface IDeliveries {
    /// @notice The recipient has the deal's content key now, from `delivery` and the secret of its delivery key.
    /// @param keyHash of the content key, as the panel agreed on it.
    /// @param ciphertext the sha2-256 of the sealed artifact.
    /// @param proof that `delivery` was made by its sender, so that the recipient need not trust the node that
    /// reports it.
    event Delivered(
        IDeliveryClient indexed market,
        uint256 indexed dealId,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery delivery,
        KeyExchange.Possession proof
    );

    /// @notice The delivery held another key than the one that the panel agreed on.
    event Refuted(IDeliveryClient indexed market, uint256 indexed dealId);

    /// @notice Delivers a content key as a panel has agreed. Whoever holds the key can work out these values.
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

    /// @notice Proves that the delivery does not hold the key that the panel agreed on.
    /// @param kept the delivery's commitment.
    /// @param keyHash of the content key that was agreed on.
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
