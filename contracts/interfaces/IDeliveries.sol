// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../kernel/KeyExchange.sol";

/// @notice A market whose deals end in the delivery of a content key that a panel has agreed on. Only the market's
/// Deliveries contract may call. It has checked the proof; the market compares the word with the one that the panel
/// agreed on (`KeyExchange.requireAgreed`).
interface IDeliveryClient {
    /// @notice The deal's key has been delivered. Reverts where the deal awaits no delivery.
    /// @param word what the panel has to have agreed on for this delivery.
    function onDelivered(uint256 dealId, bytes32 word) external;

    /// @notice Somebody has proven that the delivery with this word holds another key. Reverts where none was
    /// delivered, and where it is too late.
    function onRefuted(uint256 dealId, bytes32 word) external;
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

    /// @notice Proves that the delivery does not hold the key that the panel agreed on. All but the proof as in the
    /// event `Delivered`, and the recipient as in the call that delivered.
    /// @param keyHash of the content key that was agreed on.
    /// @param ciphertext the sha2-256 of the sealed artifact.
    function refute(
        IDeliveryClient market,
        uint256 dealId,
        KeyExchange.Point calldata recipient,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external;
}
