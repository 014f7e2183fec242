// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test, Vm} from "forge-std/Test.sol";

import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyCommission, KeyMarket, KeySale} from "./KeyMarkets.sol";

/// @notice Plays all who hold the key of a deal, and the recipient. It knows every point as a multiple of G, so it
/// proves whatever can be proven, and states the transcripts by itself.
abstract contract DeliveryFixture is Test {
    uint256 internal constant N = KeyExchange.N;
    uint256 internal constant P = KeyExchange.P;
    bytes32 internal constant CIPHERTEXT = keccak256("ciphertext");

    /// @dev All that the two sides know between them.
    struct Exchange {
        address market;
        uint256 deal;
        uint256 b; // secret of the delivery key
        uint256 e; // of the delivery
        bytes32 key; // that is delivered
    }

    /// @dev The right delivery of a deal's key.
    function _exchange(address market, uint256 deal) internal pure returns (Exchange memory) {
        (uint256 b, uint256 e) = (_scalar("b", deal), _scalar("e", deal));
        return Exchange(market, deal, b, e, keccak256(abi.encode("key", deal)));
    }

    function _scalar(string memory name, uint256 deal) private pure returns (uint256) {
        return _scalar(uint256(keccak256(abi.encode(name, deal))));
    }

    function _point(uint256 scalar) internal returns (KeyExchange.Point memory) {
        Vm.Wallet memory wallet = vm.createWallet(scalar);
        return KeyExchange.Point(wallet.publicKeyX, wallet.publicKeyY);
    }

    function _scalar(uint256 seed) internal pure returns (uint256) {
        return _bound(seed, 1, N - 1);
    }

    function _keyHash(bytes32 key) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("assay content key v1", bytes1(0), key));
    }

    function _context(address market, uint256 deal, KeyExchange.Point memory recipient)
        internal
        view
        returns (bytes32)
    {
        bytes32 tag = keccak256("assay delivery context v1");
        return keccak256(abi.encode(tag, block.chainid, market, deal, recipient.x, recipient.y));
    }

    function _context(Exchange memory x) internal returns (bytes32) {
        return _context(x.market, x.deal, _point(x.b));
    }

    function _mask(Exchange memory x) internal returns (bytes32) {
        bytes32 tag = keccak256("assay delivery mask v1");
        return keccak256(abi.encode(tag, _context(x), _point(mulmod(x.b, x.e, N)).x));
    }

    function _delivery(Exchange memory x) internal returns (KeyExchange.Delivery memory) {
        return KeyExchange.Delivery(_point(x.e), x.key ^ _mask(x));
    }

    function _possession(bytes32 about, KeyExchange.Delivery memory delivery, uint256 e, uint256 nonce)
        internal
        returns (KeyExchange.Possession memory)
    {
        bytes32 tag = keccak256("assay delivery possession v1");
        KeyExchange.Point memory point = delivery.ephemeral;
        address witness = vm.createWallet(nonce).addr;
        uint256 challenge =
            uint256(keccak256(abi.encode(tag, about, point.x, point.y, delivery.masked, witness))) % N;
        return KeyExchange.Possession(challenge, _response(nonce, challenge, e));
    }

    function _possession(Exchange memory x) internal returns (KeyExchange.Possession memory) {
        return _possession(_context(x), _delivery(x), x.e, _nonce(x));
    }

    function _commitment(bytes32 about, KeyExchange.Delivery memory delivery)
        internal
        pure
        returns (bytes32)
    {
        bytes32 tag = keccak256("assay delivery commitment v1");
        return keccak256(abi.encode(tag, about, delivery.ephemeral.x, delivery.ephemeral.y, delivery.masked));
    }

    /// @dev The word of a panel that has opened the artifact.
    function _agreement(Exchange memory x) internal returns (bytes32) {
        return _agreement(x, _keyHash(x.key));
    }

    /// @dev The word of a panel that names another key's hash.
    function _agreement(Exchange memory x, bytes32 keyHash) internal returns (bytes32) {
        bytes32 tag = keccak256("assay delivery agreement v1");
        return keccak256(abi.encode(tag, keyHash, CIPHERTEXT, _commitment(_context(x), _delivery(x))));
    }

    function _refutation(Exchange memory x) internal returns (KeyExchange.Refutation memory) {
        return _refutation(x, mulmod(x.b, x.e, N), _nonce(x));
    }

    /// @dev Of S = shared · G, which is true if shared is b · e.
    function _refutation(Exchange memory x, uint256 shared, uint256 nonce)
        internal
        returns (KeyExchange.Refutation memory proof)
    {
        proof.shared = _point(shared);
        proof.challenge =
            _challenge(x, proof.shared, vm.createWallet(nonce).addr, _point(mulmod(nonce, x.e, N)));
        proof.response = _response(nonce, proof.challenge, x.b);
        _addMultiples(proof, x.e, shared);
    }

    function _challenge(
        Exchange memory x,
        KeyExchange.Point memory shared,
        address witness,
        KeyExchange.Point memory sum
    ) internal returns (uint256) {
        (KeyExchange.Point memory recipient, KeyExchange.Point memory ephemeral) = (_point(x.b), _point(x.e));
        bytes32 tag = keccak256("assay delivery refutation v1");
        bytes memory said = abi.encode(tag, _context(x), recipient, ephemeral, shared, witness, sum);
        return uint256(keccak256(said)) % N;
    }

    function _addMultiples(KeyExchange.Refutation memory proof, uint256 e, uint256 shared) internal {
        proof.ephemeralMultiple = _point(mulmod(proof.response, e, N));
        proof.sharedMultiple = _point(mulmod(proof.challenge, shared, N));
        proof.inverse = _inverse(proof);
    }

    function _inverse(KeyExchange.Refutation memory proof) internal pure returns (uint256) {
        return _power(addmod(proof.sharedMultiple.x, P - proof.ephemeralMultiple.x, P), P - 2, P);
    }

    function _response(uint256 nonce, uint256 challenge, uint256 secret) internal pure returns (uint256) {
        return addmod(nonce, N - mulmod(challenge, secret, N), N);
    }

    function _power(uint256 base, uint256 exponent, uint256 modulus) internal pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, modulus);
            base = mulmod(base, base, modulus);
        }
    }

    function _nonce(Exchange memory x) internal pure returns (uint256) {
        return _scalar(uint256(keccak256(abi.encode("nonce", x))));
    }
}

/// @notice What the two sides of a sale or a commission do.
abstract contract KeyExchangeFixture is DeliveryFixture {
    uint256 internal constant DEAL = 7;
    bytes32 internal constant KEY = bytes32(uint256(0x11223344));

    KeySale internal sale = new KeySale();
    Deliveries internal deliveries = new Deliveries();
    KeyCommission internal commission = new KeyCommission(deliveries);
    address internal seller = makeAddr("seller");

    function _sale(uint256 b, uint256 e, bytes32 key) internal view returns (Exchange memory) {
        return Exchange(address(sale), DEAL, _scalar(b), _scalar(e), key);
    }

    function _buy(Exchange memory x) internal {
        sale.buy(x.deal, seller, _keyHash(KEY), _point(x.b));
    }

    function _deliver(Exchange memory x) internal {
        _deliver(x, _delivery(x), _possession(x));
    }

    function _deliver(
        Exchange memory x,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Possession memory proof
    ) internal {
        vm.prank(seller);
        sale.deliver(x.deal, delivery, proof);
    }

    function _refute(Exchange memory x, KeyExchange.Refutation memory proof) internal {
        KeyExchange.Point memory recipient = _point(x.b);
        KeyExchange.Delivery memory delivery = _delivery(x);
        sale.refute(x.deal, recipient, delivery, proof);
    }

    function _state(Exchange memory x) internal view returns (KeyMarket.State state) {
        (,, state,,) = KeyMarket(x.market).deals(x.deal);
    }

    function _kept(Exchange memory x) internal view returns (bytes32 kept) {
        (,,, kept,) = KeyMarket(x.market).deals(x.deal);
    }
}
