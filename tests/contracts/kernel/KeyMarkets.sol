// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";

/// @notice The least that a market keeps of deals whose key is delivered by proof: the two ways of `docs/protocol.md`,
/// without money. For tests only.
abstract contract KeyMarket {
    enum State {
        None,
        Open,
        Delivered,
        Refuted,
        Refunded,
        Collected
    }

    struct Deal {
        address seller;
        uint40 deadline;
        State state;
        bytes32 keyHash; // of a commission: what the panel agreed on
        bytes32 exchange; // the context, then the commitment to the delivery
    }

    uint256 internal constant WINDOW = 1 days;

    mapping(uint256 => Deal) public deals;

    event Delivered(uint256 indexed id, KeyExchange.Delivery delivery, KeyExchange.Possession proof);
    event StateChanged(uint256 indexed id, State state);

    error NotSeller(address caller);
    error NothingDue(uint256 id, State state);

    /// @notice As anyone who shows that the key is wrong, within the window.
    function refute(
        uint256 id,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external {
        Deal storage deal = deals[id];
        if (deal.state != State.Delivered || block.timestamp >= deal.deadline) {
            revert NothingDue(id, deal.state);
        }
        KeyExchange.refute(address(this), id, deal.exchange, deal.keyHash, recipient, delivery, proof);
        deal.state = State.Refuted;
        emit StateChanged(id, State.Refuted);
    }

    /// @notice Anyone: back to the buyer where nothing was delivered, to the seller where nothing was refuted.
    function advance(uint256 id) external {
        Deal storage deal = deals[id];
        bool ends = deal.state == State.Open || deal.state == State.Delivered;
        if (!ends || block.timestamp < deal.deadline) revert NothingDue(id, deal.state);
        deal.state = deal.state == State.Open ? State.Refunded : State.Collected;
        emit StateChanged(id, deal.state);
    }

    function _open(uint256 id, address seller, bytes32 keyHash, KeyExchange.Point calldata recipient)
        internal
    {
        Deal storage deal = deals[id];
        if (deal.state != State.None) revert NothingDue(id, deal.state);
        (deal.seller, deal.deadline, deal.state) = (seller, uint40(block.timestamp + WINDOW), State.Open);
        (deal.keyHash, deal.exchange) = (keyHash, KeyExchange.context(address(this), id, recipient));
    }

    function _deliver(
        uint256 id,
        Deal storage deal,
        bytes32 kept,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) internal {
        (deal.deadline, deal.state) = (uint40(block.timestamp + WINDOW), State.Delivered);
        deal.exchange = kept;
        emit Delivered(id, delivery, proof); // with the proof, so that the recipient need not trust its node
    }
}

/// @notice Only the seller has the key: it delivers, and the buyer refutes a wrong one.
contract KeySale is KeyMarket {
    function buy(uint256 id, address seller, bytes32 keyHash, KeyExchange.Point calldata recipient) external {
        _open(id, seller, keyHash, recipient);
    }

    /// @notice The seller, also after the deadline: whoever reads its calldata has the key, so it fails only if refunded.
    function deliver(
        uint256 id,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external {
        Deal storage deal = deals[id];
        if (msg.sender != deal.seller) revert NotSeller(msg.sender);
        if (deal.state != State.Open) revert NothingDue(id, deal.state);
        _deliver(id, deal, KeyExchange.deliver(deal.exchange, delivery, proof), delivery, proof);
    }
}

/// @notice A panel has agreed on a word: anyone posts the delivery that it binds.
contract KeyCommission is KeyMarket {
    function accept(uint256 id, bytes32 word, KeyExchange.Point calldata recipient) external {
        _open(id, address(0), word, recipient);
    }

    function deliver(
        uint256 id,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external {
        Deal storage deal = deals[id];
        if (deal.state != State.Open) revert NothingDue(id, deal.state);
        bytes32 kept =
            KeyExchange.deliverAgreed(deal.exchange, deal.keyHash, keyHash, ciphertext, delivery, proof);
        deal.keyHash = keyHash;
        _deliver(id, deal, kept, delivery, proof);
    }
}
