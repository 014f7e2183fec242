// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Handing over a content key with a proof in place of a vote.
/// @notice The recipient of a sealed artifact has a delivery key B = b·G on secp256k1, the sender the content key K. A
/// delivery is E = e·G and c = K xor H(context, S.x), where S = e·B = b·E. The sender proves that it knows e; a
/// recipient that finds another key than the one agreed on shows S with a proof that log_G(B) = log_E(S), and the
/// contract unmasks the key and compares its hash. `docs/protocol.md` has every encoding, `docs/decisions/0034` the
/// reasons.
///
/// A market keeps one word for each deal. Where only the seller has K: first what `context` returns, then what
/// `deliver` returns. Where a panel has agreed on the delivery: the agreed word, which never changes. The market
/// decides who may deliver, and until when a refutation is heard.
/// @dev All functions are internal; `Deliveries` calls them for markets whose panels agree on deliveries.
library KeyExchange {
    /// @notice A point of secp256k1 in affine coordinates.
    struct Point {
        uint256 x;
        uint256 y;
    }

    /// @notice What the sender makes public.
    struct Delivery {
        Point ephemeral; // E
        bytes32 masked; // c
    }

    /// @notice A Schnorr proof of knowledge of e. Without it a sender could deliver a point made from another delivery
    /// to the same recipient, and learn that delivery's key from the refutation.
    struct Possession {
        uint256 challenge;
        uint256 response;
    }

    /// @notice A Chaum-Pedersen proof that log_G(B) = log_E(S), with results that spare the contract costly arithmetic.
    struct Refutation {
        Point shared; // S
        uint256 challenge;
        uint256 response;
        Point ephemeralMultiple; // response · E
        Point sharedMultiple; // challenge · S
        uint256 inverse; // of sharedMultiple.x - ephemeralMultiple.x, modulo P
    }

    /// @notice The point ({x}, {y}) is not on secp256k1, or its x-coordinate is not below the group's order.
    /// @custom:hint Make delivery keys and deliveries with Assay's own software.
    error InvalidPoint(uint256 x, uint256 y);
    /// @notice The delivery does not prove that its sender made it for this deal.
    /// @custom:hint Make it again, for this deal and the recipient's delivery key on-chain.
    error PossessionNotProven(bytes32 context, uint256 ephemeralX);
    /// @notice The panel agreed on another delivery ({agreed}) than this one ({shown}).
    /// @custom:hint Make it from the content key, for this deal and the customer's delivery key on-chain; refute it as
    /// it is on-chain.
    error NotAgreedOn(bytes32 agreed, bytes32 shown);
    /// @notice This is not the delivery that was made, or the delivery key is another: the deal keeps {kept}, not
    /// {shown}.
    /// @custom:hint Refute the delivery as it is on-chain, with the key that you named in this deal.
    error OtherDelivery(bytes32 kept, bytes32 shown);
    /// @notice The refutation does not prove what the delivery holds.
    /// @custom:hint Make it again, from the delivery on-chain and the delivery key of this deal.
    error RefutationNotProven(bytes32 context, uint256 sharedX);
    /// @notice The delivery holds the right key, with the hash {keyHash}.
    /// @custom:hint There is nothing to refute: open the artifact with it.
    error KeyIsRight(bytes32 keyHash);

    /// @dev The field's prime and the group's order (SEC 2, section 2.4.1).
    uint256 internal constant P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 internal constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    bytes32 private constant CONTEXT = keccak256("assay delivery context v1");
    bytes32 private constant POSSESSION = keccak256("assay delivery possession v1");
    bytes32 private constant COMMITMENT = keccak256("assay delivery commitment v1");
    bytes32 private constant AGREEMENT = keccak256("assay delivery agreement v1");
    bytes32 private constant REFUTATION = keccak256("assay delivery refutation v1");
    bytes32 private constant MASK = keccak256("assay delivery mask v1");
    bytes private constant CONTENT_KEY = "assay content key v1\x00"; // as the SDK hashes content keys

    /// @notice What ties a delivery to this chain, this market, the deal and the recipient's delivery key.
    /// Reverts with InvalidPoint.
    /// @param market whose deal it is
    /// @param dealId a number that the market gives to one deal only
    /// @param recipient the delivery key B; who names it needs no proof, as a bad one harms nobody else
    function context(address market, uint256 dealId, Point calldata recipient)
        internal
        view
        returns (bytes32)
    {
        _requireUsable(recipient);
        return _context(market, dealId, recipient);
    }

    /// @notice Checks a delivery. Reverts with InvalidPoint or PossessionNotProven. Whether the key is right cannot be
    /// told from it, so a market lets only the seller call this.
    /// @param about the deal's context
    /// @return kept what the market keeps in the context's place
    function deliver(bytes32 about, Delivery calldata delivery, Possession calldata proof)
        internal
        pure
        returns (bytes32 kept)
    {
        Point calldata ephemeral = delivery.ephemeral;
        _requireUsable(ephemeral);
        address witness = _combination(ephemeral, proof.challenge, proof.response);
        bytes32 hash = keccak256(abi.encode(POSSESSION, about, delivery, witness));
        if (witness == address(0) || proof.challenge != uint256(hash) % N) {
            revert PossessionNotProven(about, ephemeral.x);
        }
        return _commitment(about, delivery);
    }

    /// @notice Like `deliver`, for a delivery that a panel has agreed on, so anyone may call it.
    /// @param keyHash of the content key
    /// @param ciphertext the sha2-256 of the sealed artifact
    /// @return word what the panel has to have agreed on: `requireAgreed`
    function deliverAgreed(
        bytes32 about,
        bytes32 keyHash,
        bytes32 ciphertext,
        Delivery calldata delivery,
        Possession calldata proof
    ) internal pure returns (bytes32 word) {
        return _agreement(keyHash, ciphertext, deliver(about, delivery, proof));
    }

    /// @notice The word by which a panel names a content key's hash, the ciphertext that it opens, and a delivery. Who
    /// shows the three for a word that a panel agreed on has shown what the panel has opened.
    /// @param commitment to the delivery; nobody can work it out without the content key.
    function agreementOf(bytes32 keyHash, bytes32 ciphertext, bytes32 commitment)
        internal
        pure
        returns (bytes32 word)
    {
        return _agreement(keyHash, ciphertext, commitment);
    }

    /// @notice Reverts with NotAgreedOn unless `shown` is the word that the panel agreed on.
    function requireAgreed(bytes32 agreed, bytes32 shown) internal pure {
        if (shown != agreed) revert NotAgreedOn(agreed, shown);
    }

    /// @notice Returns only if the proof shows that the delivery holds another key than the one hashed to `keyHash`.
    /// Reverts with OtherDelivery, InvalidPoint, RefutationNotProven or KeyIsRight. Anyone who has such a proof may
    /// bring it.
    /// @param dealId as in the deal's context
    /// @param kept what the market keeps since the delivery
    /// @param keyHash of the content key that the deal is about
    /// @param recipient the delivery key, as in the deal's context
    function refute(
        address market,
        uint256 dealId,
        bytes32 kept,
        bytes32 keyHash,
        Point calldata recipient,
        Delivery calldata delivery,
        Refutation calldata proof
    ) internal view {
        _requireWrong(keyHash, provenKey(market, dealId, kept, recipient, delivery, proof));
    }

    /// @notice The key that the delivery holds, if the proof shows it. Reverts like `refute`, except with KeyIsRight.
    function provenKey(
        address market,
        uint256 dealId,
        bytes32 kept,
        Point calldata recipient,
        Delivery calldata delivery,
        Refutation calldata proof
    ) internal view returns (bytes32) {
        bytes32 about = _context(market, dealId, recipient);
        bytes32 shown = _commitment(about, delivery);
        if (shown != kept) revert OtherDelivery(kept, shown);
        return _provenKey(about, recipient, delivery, proof);
    }

    /// @notice Like `refute`, for a delivery that a panel has agreed on. Reverts with InvalidPoint,
    /// RefutationNotProven or KeyIsRight.
    /// @param keyHash of the content key that the panel agreed on
    /// @param ciphertext the sha2-256 of the sealed artifact
    /// @return word what the panel has to have agreed on, and somebody to have delivered: `requireAgreed`
    function refuteAgreed(
        address market,
        uint256 dealId,
        bytes32 keyHash,
        bytes32 ciphertext,
        Point calldata recipient,
        Delivery calldata delivery,
        Refutation calldata proof
    ) internal view returns (bytes32 word) {
        bytes32 key;
        (key, word) = provenAgreed(market, dealId, keyHash, ciphertext, recipient, delivery, proof);
        _requireWrong(keyHash, key);
    }

    /// @notice The key that the delivery holds, if the proof shows it, and the word of the delivery. Reverts like
    /// `refuteAgreed`, except with KeyIsRight.
    function provenAgreed(
        address market,
        uint256 dealId,
        bytes32 keyHash,
        bytes32 ciphertext,
        Point calldata recipient,
        Delivery calldata delivery,
        Refutation calldata proof
    ) internal view returns (bytes32 key, bytes32 word) {
        bytes32 about = _context(market, dealId, recipient);
        key = _provenKey(about, recipient, delivery, proof);
        word = _agreement(keyHash, ciphertext, _commitment(about, delivery));
    }

    /// @notice The hash by which manifests and contracts name a content key.
    function keyHashOf(bytes32 key) internal pure returns (bytes32) {
        return sha256(bytes.concat(CONTENT_KEY, key));
    }

    /// @dev B and E were checked when they came in: what the market compares says that this is the delivery made.
    function _provenKey(
        bytes32 about,
        Point calldata recipient,
        Delivery calldata delivery,
        Refutation calldata proof
    ) private pure returns (bytes32) {
        _requireUsable(proof.shared);
        if (!_isShared(about, recipient, delivery.ephemeral, proof)) {
            revert RefutationNotProven(about, proof.shared.x);
        }
        return delivery.masked ^ keccak256(abi.encode(MASK, about, proof.shared.x));
    }

    function _requireWrong(bytes32 keyHash, bytes32 key) private pure {
        if (keyHashOf(key) == keyHash) revert KeyIsRight(keyHash);
    }

    /// @dev The challenge is the hash of all that it depends on, so the prover did not choose it.
    function _isShared(
        bytes32 about,
        Point calldata recipient,
        Point calldata ephemeral,
        Refutation calldata proof
    ) private pure returns (bool) {
        address witness = _combination(recipient, proof.challenge, proof.response); // and both scalars are in range
        if (
            witness == address(0) || !_isMultiple(ephemeral, proof.response, proof.ephemeralMultiple)
                || !_isMultiple(proof.shared, proof.challenge, proof.sharedMultiple)
        ) return false;
        (bool added, Point memory sum) = _add(proof.ephemeralMultiple, proof.sharedMultiple, proof.inverse);
        bytes32 hash =
            keccak256(abi.encode(REFUTATION, about, recipient, ephemeral, proof.shared, witness, sum));
        return added && proof.challenge == uint256(hash) % N;
    }

    function _context(address market, uint256 dealId, Point calldata recipient)
        private
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(CONTEXT, block.chainid, market, dealId, recipient));
    }

    function _commitment(bytes32 about, Delivery calldata delivery) private pure returns (bytes32) {
        return keccak256(abi.encode(COMMITMENT, about, delivery));
    }

    function _agreement(bytes32 keyHash, bytes32 ciphertext, bytes32 commitment)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(AGREEMENT, keyHash, ciphertext, commitment));
    }

    /// @dev On the curve, and fit for `ecrecover`, which refuses x-coordinates from N on though the curve has such
    /// points.
    function _requireUsable(Point calldata point) private pure {
        (uint256 x, uint256 y) = (point.x, point.y);
        uint256 cube = mulmod(mulmod(x, x, P), x, P);
        if (x == 0 || x >= N || y >= P || mulmod(y, y, P) != addmod(cube, 7, P)) revert InvalidPoint(x, y);
    }

    /// @dev The address of response · G + challenge · point; zero where a scalar is not in 1…N-1 or the sum is
    /// infinity. `ecrecover(h, v, r, s)` is the address of (s · R - h · G) / r, where R has the x-coordinate r and the
    /// parity v.
    function _combination(Point calldata point, uint256 challenge, uint256 response)
        private
        pure
        returns (address)
    {
        if (challenge == 0 || challenge >= N || response == 0 || response >= N) return address(0);
        bytes32 hash = bytes32(N - mulmod(response, point.x, N)); // point.x is in 1…N-1
        return ecrecover(hash, _parity(point), bytes32(point.x), bytes32(mulmod(challenge, point.x, N)));
    }

    /// @dev Whether `claimed` is scalar · point, for a scalar in 1…N-1. Another point with the same address takes 2^160
    /// attempts: it is not the prover's choice which address is needed (decision 0034).
    function _isMultiple(Point calldata point, uint256 scalar, Point calldata claimed)
        private
        pure
        returns (bool)
    {
        bytes32 hash = keccak256(abi.encode(claimed));
        address multiple = ecrecover(0, _parity(point), bytes32(point.x), bytes32(mulmod(scalar, point.x, N)));
        return multiple == address(uint160(uint256(hash))); // an address is the hash's last 160 bits
    }

    function _parity(Point calldata point) private pure returns (uint8) {
        return point.y & 1 == 0 ? 27 : 28;
    }

    /// @dev The sum of two points of the curve, false unless `inverse` is that of b.x - a.x: not for equal or opposite
    /// ones.
    function _add(Point calldata a, Point calldata b, uint256 inverse)
        private
        pure
        returns (bool added, Point memory sum)
    {
        added = mulmod(addmod(b.x, P - a.x, P), inverse, P) == 1;
        uint256 slope = mulmod(addmod(b.y, P - a.y, P), inverse, P);
        sum.x = addmod(mulmod(slope, slope, P), addmod(P - a.x, P - b.x, P), P);
        sum.y = addmod(mulmod(slope, addmod(a.x, P - sum.x, P), P), P - a.y, P);
    }
}
