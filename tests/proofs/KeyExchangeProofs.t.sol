// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {KeyExchange} from "../../contracts/kernel/KeyExchange.sol";

/// @notice One deal of a market that uses the library, in any state.
contract AnyDeal {
    uint256 public constant ID = 7;

    bytes32 public kept;
    bytes32 public about;

    function open(KeyExchange.Point calldata recipient) external {
        kept = about = KeyExchange.context(address(this), ID, recipient);
    }

    function deliver(KeyExchange.Delivery calldata delivery, KeyExchange.Possession calldata proof) external {
        kept = KeyExchange.deliver(kept, delivery, proof);
    }

    function deliverAgreed(
        bytes32 agreed,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata proof
    ) external view {
        KeyExchange.requireAgreed(
            agreed, KeyExchange.deliverAgreed(about, keyHash, ciphertext, delivery, proof)
        );
    }

    function provenKey(
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external view returns (bytes32) {
        return KeyExchange.provenKey(address(this), ID, kept, recipient, delivery, proof);
    }

    function provenAgreed(
        bytes32 agreed,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external view {
        (, bytes32 word) = KeyExchange.provenAgreed(
            address(this), ID, keyHash, ciphertext, recipient, delivery, proof
        );
        KeyExchange.requireAgreed(agreed, word);
    }
}

/// @notice Deliveries and refutations of any numbers. halmos takes `ecrecover`, hashes, products and remainders for
/// functions of which it knows nothing (hashes: that they do not collide), so what is proven holds whatever a proof
/// makes of the curve. That the curve's arithmetic is right is for the tests: fuzz, vectors, and the reference in
/// Python.
contract KeyExchangeProofs is Test {
    uint256 private constant G_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    uint256 private constant G_Y = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8;
    /// @dev 2 G, and the inverse of the difference of the two first coordinates.
    uint256 private constant G2_X = 0xc6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5;
    uint256 private constant G2_Y = 0x1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a;
    uint256 private constant INVERSE = 0xac946f7cd9ccebb8d59803e73c7d12aa395b2eb7e59a8ba119742df442fc6604;

    AnyDeal private _deal;

    function setUp() public {
        _deal = new AnyDeal();
    }

    /// @dev The key whose hash `refute` compares is the one delivered, unmasked with the secret that was shown: no
    /// number in a proof makes another of it. The comparison itself is left to the tests, as halmos 0.3.3 cannot follow
    /// sha-256. Planted, and not proven then: the mask of `provenKey` made from `delivery.ephemeral.x`; made without
    /// `about`.
    function check_KeyExchange_TheKeyComparedIsTheOneDelivered(
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata possession,
        KeyExchange.Refutation calldata proof
    ) external {
        _deal.open(recipient);
        _deal.deliver(delivery, possession);
        bytes32 key = _deal.provenKey(recipient, delivery, proof);
        bytes32 tag = keccak256("assay delivery mask v1");
        assert(key == delivery.masked ^ keccak256(abi.encode(tag, _deal.about(), proof.shared.x)));
    }

    /// @dev What is refuted is what was delivered, to whom it was delivered.
    /// Planted, and not proven then: `_commitment` without `delivery.masked`.
    function check_KeyExchange_OnlyTheDeliveryMadeIsRefuted(
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Possession calldata possession,
        KeyExchange.Point calldata otherRecipient,
        KeyExchange.Delivery calldata other,
        KeyExchange.Refutation calldata proof
    ) external {
        _deal.open(recipient);
        _deal.deliver(delivery, possession);
        _deal.provenKey(otherRecipient, other, proof);
        assert(otherRecipient.x == recipient.x && otherRecipient.y == recipient.y);
        assert(_same(other, delivery));
    }

    /// @dev One word lets one delivery pass, of one key and one ciphertext.
    /// Planted, and not proven then: `AGREEMENT` hashed without `ciphertext`.
    function check_KeyExchange_AWordBindsOneDelivery(
        bytes32 word,
        KeyExchange.Point calldata recipient,
        bytes32[2] calldata keyHashes,
        bytes32[2] calldata ciphertexts,
        KeyExchange.Delivery[2] calldata deliveries,
        KeyExchange.Possession[2] calldata proofs
    ) external {
        _deal.open(recipient);
        _deal.deliverAgreed(word, keyHashes[0], ciphertexts[0], deliveries[0], proofs[0]);
        _deal.deliverAgreed(word, keyHashes[1], ciphertexts[1], deliveries[1], proofs[1]);
        assert(keyHashes[0] == keyHashes[1] && ciphertexts[0] == ciphertexts[1]);
        assert(_same(deliveries[0], deliveries[1]));
    }

    /// @dev The word of a delivery lets nothing else be refuted: no other key hash, ciphertext, recipient or delivery.
    /// With the bugs that are planted for the next proof, the solver comes to no end here.
    function check_KeyExchange_OnlyWhatWasAgreedOnIsRefuted(
        bytes32 word,
        KeyExchange.Point[2] calldata recipients,
        bytes32[2] calldata keyHashes,
        bytes32[2] calldata ciphertexts,
        KeyExchange.Delivery[2] calldata deliveries,
        KeyExchange.Possession calldata possession,
        KeyExchange.Refutation calldata proof
    ) external {
        _deal.open(recipients[0]);
        _deal.deliverAgreed(word, keyHashes[0], ciphertexts[0], deliveries[0], possession);
        _deal.provenAgreed(word, keyHashes[1], ciphertexts[1], recipients[1], deliveries[1], proof);
        assert(keyHashes[0] == keyHashes[1] && ciphertexts[0] == ciphertexts[1]);
        assert(recipients[0].x == recipients[1].x && recipients[0].y == recipients[1].y);
        assert(_same(deliveries[0], deliveries[1]));
    }

    /// @dev The same for given points: multiples of G, and scalars that fit any, as `ecrecover` is an unknown function.
    /// Then the solver finds what a bug lets through.
    /// Planted, and a counterexample found then: `provenAgreed` with `ciphertext` in the place of `keyHash`; with
    /// `keyHash` in the place of `ciphertext`.
    function check_KeyExchange_OneDeliveryIsRefutedAsAgreed(
        bytes32 word,
        bytes32[2] calldata keyHashes,
        bytes32[2] calldata ciphertexts,
        bytes32[2] calldata masked
    ) external {
        KeyExchange.Point memory g = KeyExchange.Point(G_X, G_Y);
        KeyExchange.Point memory g2 = KeyExchange.Point(G2_X, G2_Y);
        KeyExchange.Refutation memory proof = KeyExchange.Refutation(g2, 3, 5, g, g2, INVERSE);
        _deal.open(g);
        _deal.deliverAgreed(
            word,
            keyHashes[0],
            ciphertexts[0],
            KeyExchange.Delivery(g2, masked[0]),
            KeyExchange.Possession(3, 5)
        );
        KeyExchange.Delivery memory other = KeyExchange.Delivery(g2, masked[1]);
        _deal.provenAgreed(word, keyHashes[1], ciphertexts[1], g, other, proof);
        assert(keyHashes[0] == keyHashes[1] && ciphertexts[0] == ciphertexts[1] && masked[0] == masked[1]);
    }

    function _same(KeyExchange.Delivery calldata a, KeyExchange.Delivery calldata b)
        private
        pure
        returns (bool)
    {
        return a.ephemeral.x == b.ephemeral.x && a.ephemeral.y == b.ephemeral.y && a.masked == b.masked;
    }
}
