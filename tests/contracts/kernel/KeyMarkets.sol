// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveryClient} from "../../../contracts/interfaces/IDeliveries.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
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
        bytes32 word; // the agreed one; of a sale the context, then the commitment to the delivery
        bytes32 keyHash; // of a sale
    }

    uint256 internal constant WINDOW = 1 days;

    mapping(uint256 => Deal) public deals;

    event StateChanged(uint256 indexed id, State state);

    error NotSeller(address caller);
    error NothingDue(uint256 id, State state);

    /// @notice Anyone: back to the buyer where nothing was delivered, to the seller where nothing was refuted.
    function advance(uint256 id) external {
        Deal storage deal = deals[id];
        bool ends = deal.state == State.Open || deal.state == State.Delivered;
        if (!ends || block.timestamp < deal.deadline) revert NothingDue(id, deal.state);
        _enter(id, deal, deal.state == State.Open ? State.Refunded : State.Collected);
    }

    function _open(uint256 id, address seller, bytes32 word) internal returns (Deal storage deal) {
        deal = _in(id, State.None);
        (deal.seller, deal.word) = (seller, word);
        _enter(id, deal, State.Open);
    }

    function _requireWindow(uint256 id) internal view {
        Deal storage deal = _in(id, State.Delivered);
        if (block.timestamp >= deal.deadline) revert NothingDue(id, deal.state);
    }

    function _in(uint256 id, State state) internal view returns (Deal storage deal) {
        deal = deals[id];
        if (deal.state != state) revert NothingDue(id, deal.state);
    }

    function _enter(uint256 id, Deal storage deal, State state) internal {
        (deal.deadline, deal.state) = (uint40(block.timestamp + WINDOW), state);
        emit StateChanged(id, state);
    }
}

/// @notice Only the seller has the key: it delivers, and the buyer refutes a wrong one.
contract KeySale is KeyMarket {
    event Delivered(uint256 indexed id, KeyExchange.Delivery delivery, KeyExchange.Possession proof);

    function buy(uint256 id, address seller, bytes32 keyHash, KeyExchange.Point calldata recipient) external {
        _open(id, seller, KeyExchange.context(address(this), id, recipient)).keyHash = keyHash;
    }

    /// @notice The seller, also after the deadline: whoever reads its calldata has the key, so it fails only if
    /// refunded.
    function deliver(
        uint256 id,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external {
        if (msg.sender != deals[id].seller) {
            revert NotSeller(msg.sender);
        }
        Deal storage deal = _in(id, State.Open);
        deal.word = KeyExchange.deliver(deal.word, delivery, proof);
        _enter(id, deal, State.Delivered);
        emit Delivered(id, delivery, proof); // with the proof, so that the recipient need not trust its node
    }

    /// @notice As anyone who shows that the key is wrong, within the window.
    function refute(
        uint256 id,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external {
        _requireWindow(id);
        Deal storage deal = deals[id];
        KeyExchange.refute(address(this), id, deal.word, deal.keyHash, recipient, delivery, proof);
        _enter(id, deal, State.Refuted);
    }
}

/// @notice A panel has agreed on a word: anyone posts the delivery that it binds, in Deliveries.
contract KeyCommission is KeyMarket, IDeliveryClient {
    Deliveries private immutable DELIVERIES;

    constructor(Deliveries deliveries) {
        DELIVERIES = deliveries;
    }

    function accept(uint256 id, bytes32 word) external {
        _open(id, address(DELIVERIES), word);
    }

    function onDelivered(uint256 id, bytes32 word) external {
        Deal storage deal = _in(id, State.Open);
        _requireAgreed(deal, word);
        _enter(id, deal, State.Delivered);
    }

    function onRefuted(uint256 id, bytes32 word) external {
        _requireWindow(id);
        _requireAgreed(deals[id], word);
        _enter(id, deals[id], State.Refuted);
    }

    function _requireAgreed(Deal storage deal, bytes32 word) private view {
        if (msg.sender != deal.seller) revert NotSeller(msg.sender);
        KeyExchange.requireAgreed(deal.word, word);
    }
}
