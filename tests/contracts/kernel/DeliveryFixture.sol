// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test, Vm} from "forge-std/Test.sol";

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";

/// @notice Plays all who hold the key of a deal, and the recipient. It knows every point as a multiple of G, so it proves
/// whatever can be proven.
abstract contract DeliveryFixture is Test {
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
        return
            Exchange(market, deal, _scalar("b", deal), _scalar("e", deal), keccak256(abi.encode("key", deal)));
    }

    function _scalar(string memory name, uint256 deal) private pure returns (uint256) {
        return _bound(uint256(keccak256(abi.encode(name, deal))), 1, KeyExchange.N - 1);
    }

    function _point(uint256 scalar) internal returns (KeyExchange.Point memory) {
        Vm.Wallet memory wallet = vm.createWallet(scalar);
        return KeyExchange.Point(wallet.publicKeyX, wallet.publicKeyY);
    }

    function _keyHash(bytes32 key) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("assay content key v1", bytes1(0), key));
    }

    function _context(Exchange memory x) internal returns (bytes32) {
        bytes32 tag = keccak256("assay delivery context v1");
        return keccak256(abi.encode(tag, block.chainid, x.market, x.deal, _point(x.b)));
    }

    function _delivery(Exchange memory x) internal returns (KeyExchange.Delivery memory) {
        bytes32 tag = keccak256("assay delivery mask v1");
        uint256 shared = _point(mulmod(x.b, x.e, KeyExchange.N)).x;
        return KeyExchange.Delivery(_point(x.e), x.key ^ keccak256(abi.encode(tag, _context(x), shared)));
    }

    function _possession(Exchange memory x) internal returns (KeyExchange.Possession memory) {
        uint256 nonce = _scalar("nonce", x.deal);
        bytes32 tag = keccak256("assay delivery possession v1");
        bytes memory said = abi.encode(tag, _context(x), _delivery(x), vm.createWallet(nonce).addr);
        uint256 challenge = uint256(keccak256(said)) % KeyExchange.N;
        return KeyExchange.Possession(challenge, _response(nonce, challenge, x.e));
    }

    /// @dev What the market keeps besides the key's hash.
    function _kept(Exchange memory x) internal returns (bytes32) {
        bytes32 tag = keccak256("assay delivery commitment v1");
        return keccak256(abi.encode(tag, _context(x), _delivery(x)));
    }

    /// @dev The word of a panel that has opened the artifact.
    function _agreement(Exchange memory x) internal returns (bytes32) {
        return _agreement(x, _keyHash(x.key));
    }

    /// @dev The word of a panel that names another key's hash.
    function _agreement(Exchange memory x, bytes32 keyHash) internal returns (bytes32) {
        bytes32 tag = keccak256("assay delivery agreement v1");
        return keccak256(abi.encode(tag, keyHash, CIPHERTEXT, _kept(x)));
    }

    function _refutation(Exchange memory x) internal returns (KeyExchange.Refutation memory proof) {
        uint256 nonce = _scalar("nonce", x.deal);
        uint256 shared = mulmod(x.b, x.e, KeyExchange.N);
        proof.shared = _point(shared);
        proof.challenge = _challenge(x, proof.shared, nonce);
        proof.response = _response(nonce, proof.challenge, x.b);
        proof.ephemeralMultiple = _point(mulmod(proof.response, x.e, KeyExchange.N));
        proof.sharedMultiple = _point(mulmod(proof.challenge, shared, KeyExchange.N));
        uint256 p = KeyExchange.P;
        proof.inverse = _power(addmod(proof.sharedMultiple.x, p - proof.ephemeralMultiple.x, p), p - 2, p);
    }

    function _challenge(Exchange memory x, KeyExchange.Point memory shared, uint256 nonce)
        private
        returns (uint256)
    {
        bytes32 tag = keccak256("assay delivery refutation v1");
        KeyExchange.Point memory sum = _point(mulmod(nonce, x.e, KeyExchange.N));
        bytes memory said =
            abi.encode(tag, _context(x), _point(x.b), _point(x.e), shared, vm.createWallet(nonce).addr, sum);
        return uint256(keccak256(said)) % KeyExchange.N;
    }

    function _response(uint256 nonce, uint256 challenge, uint256 secret) private pure returns (uint256) {
        return addmod(nonce, KeyExchange.N - mulmod(challenge, secret, KeyExchange.N), KeyExchange.N);
    }

    function _power(uint256 base, uint256 exponent, uint256 modulus) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, modulus);
            base = mulmod(base, base, modulus);
        }
    }
}
