// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyCommission, KeyMarket, KeySale} from "./KeyMarkets.sol";

/// @notice `tests/vectors/delivery.json`, on which the SDK agrees: each delivery is taken by a sale and by a
/// commission, and refuted where the deal is about another key; whatever is listed as refused is refused, with the
/// error named.
contract KeyExchangeVectorsTest is Test {
    string private constant FILE = "tests/vectors/delivery.json";

    Deliveries private immutable _deliveries = new Deliveries();
    string private _json;
    KeySale private _sale;

    function setUp() public {
        _json = vm.readFile(FILE);
    }

    function test_deliveries() public {
        uint256 count;
        for (; vm.keyExistsJson(_json, _at(count, "")); ++count) {
            _place(count);
            bytes32 keyHash = _bytes32(count, ".keyHash");
            _checkSale(count, keyHash, KeyMarket.State.Delivered);
            _checkSale(count, ~keyHash, KeyMarket.State.Refuted);
            _checkCommission(count, keyHash);
        }
        assertEq(count, 6);
    }

    function test_agreements() public view {
        for (uint256 i; vm.keyExistsJson(_json, _at(i, "")); ++i) {
            bytes32 word = KeyExchange.agreementOf(
                _bytes32(i, ".keyHash"), _bytes32(i, ".ciphertextSha256"), _bytes32(i, ".commitment")
            );
            assertEq(word, _bytes32(i, ".agreement"));
        }
    }

    function test_refused() public {
        uint256 count;
        for (; vm.keyExistsJson(_json, _refused(count, "")); ++count) {
            uint256 snapshot = vm.snapshotState();
            _place(0);
            if (vm.keyExistsJson(_json, _refused(count, ".recipient"))) _refusesToBuy(count);
            else if (vm.keyExistsJson(_json, _refused(count, ".delivery"))) _refusesToDeliver(count);
            else _refusesToRefute(count);
            vm.revertToState(snapshot);
        }
        assertEq(count, 43);
    }

    function _refusesToBuy(uint256 i) private {
        KeyExchange.Point memory recipient = _point(_refused(i, ".recipient"));
        uint256 deal = _uint(_at(0, ".dealId"));
        _expect(i);
        _sale.buy(deal, address(this), 0, recipient);
    }

    function _refusesToDeliver(uint256 i) private {
        _buy(0, 0);
        KeyExchange.Delivery memory delivery = _delivery(_refused(i, ".delivery"));
        KeyExchange.Possession memory possession = _possession(_refused(i, ".possession"));
        uint256 deal = _uint(_at(0, ".dealId"));
        _expect(i);
        _sale.deliver(deal, delivery, possession);
    }

    function _refusesToRefute(uint256 i) private {
        _buy(0, 0);
        uint256 deal = _uint(_at(0, ".dealId"));
        KeyExchange.Delivery memory delivery = _delivery(_at(0, ".delivery"));
        _sale.deliver(deal, delivery, _possession(_at(0, ".possession")));
        KeyExchange.Refutation memory proof = _refutation(_refused(i, ".refutation"));
        KeyExchange.Point memory recipient = _point(_at(0, ".recipient"));
        _expect(i);
        _sale.refute(deal, recipient, delivery, proof);
    }

    /// @dev At the address and on the chain of the entry.
    function _place(uint256 i) private {
        vm.chainId(vm.parseJsonUint(_json, _at(i, ".chainId")));
        address at = vm.parseJsonAddress(_json, _at(i, ".contract"));
        deployCodeTo("KeyMarkets.sol:KeySale", at);
        _sale = KeySale(at);
    }

    function _buy(uint256 i, bytes32 keyHash) private {
        _sale.buy(_uint(_at(i, ".dealId")), address(this), keyHash, _point(_at(i, ".recipient")));
    }

    function _checkSale(uint256 i, bytes32 keyHash, KeyMarket.State expected) private {
        uint256 snapshot = vm.snapshotState();
        uint256 deal = _uint(_at(i, ".dealId"));
        _buy(i, keyHash);
        assertEq(_kept(deal), _bytes32(i, ".context"));
        KeyExchange.Delivery memory delivery = _delivery(_at(i, ".delivery"));
        _sale.deliver(deal, delivery, _possession(_at(i, ".possession")));
        assertEq(_kept(deal), _bytes32(i, ".commitment"));
        KeyExchange.Refutation memory proof = _refutation(_at(i, ".refutation"));
        KeyExchange.Point memory recipient = _point(_at(i, ".recipient"));
        if (expected == KeyMarket.State.Delivered) {
            vm.expectRevert(abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, keyHash));
        }
        _sale.refute(deal, recipient, delivery, proof);
        (,, KeyMarket.State state,,) = _sale.deals(deal);
        assertEq(uint8(state), uint8(expected));
        vm.revertToState(snapshot);
    }

    /// @dev The word is that of the right key's hash, so a refutation has nothing to say.
    function _checkCommission(uint256 i, bytes32 keyHash) private {
        address at = address(_sale);
        deployCodeTo("KeyMarkets.sol:KeyCommission", abi.encode(_deliveries), at);
        KeyCommission commission = KeyCommission(at);
        uint256 deal = _uint(_at(i, ".dealId"));
        commission.accept(deal, _bytes32(i, ".agreement"));
        _deliverAgreed(i, commission, deal, keyHash);
        (,, KeyMarket.State state, bytes32 word,) = commission.deals(deal);
        assertEq(uint8(state), uint8(KeyMarket.State.Delivered));
        assertEq(word, _bytes32(i, ".agreement"), "the word stays what it was");
        _refusesToRefuteAgreed(i, commission, deal, keyHash);
    }

    function _deliverAgreed(uint256 i, KeyCommission commission, uint256 deal, bytes32 keyHash) private {
        bytes32 ciphertext = _bytes32(i, ".ciphertextSha256");
        KeyExchange.Point memory recipient = _point(_at(i, ".recipient"));
        KeyExchange.Delivery memory delivery = _delivery(_at(i, ".delivery"));
        KeyExchange.Possession memory possession = _possession(_at(i, ".possession"));
        _deliveries.deliverAgreed(commission, deal, recipient, keyHash, ciphertext, delivery, possession);
    }

    function _refusesToRefuteAgreed(uint256 i, KeyCommission commission, uint256 deal, bytes32 keyHash)
        private
    {
        bytes32 ciphertext = _bytes32(i, ".ciphertextSha256");
        KeyExchange.Point memory recipient = _point(_at(i, ".recipient"));
        KeyExchange.Delivery memory delivery = _delivery(_at(i, ".delivery"));
        KeyExchange.Refutation memory proof = _refutation(_at(i, ".refutation"));
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, keyHash));
        _deliveries.refute(commission, deal, recipient, keyHash, ciphertext, delivery, proof);
    }

    function _expect(uint256 i) private {
        string memory error = vm.parseJsonString(_json, _refused(i, ".error"));
        if (_same(error, "InvalidPoint")) {
            vm.expectPartialRevert(KeyExchange.InvalidPoint.selector);
        } else if (_same(error, "PossessionNotProven")) {
            vm.expectPartialRevert(KeyExchange.PossessionNotProven.selector);
        } else if (_same(error, "RefutationNotProven")) {
            vm.expectPartialRevert(KeyExchange.RefutationNotProven.selector);
        } else {
            revert(string.concat("an error that is none: ", error));
        }
    }

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function _kept(uint256 deal) private view returns (bytes32 kept) {
        (,,, kept,) = KeyMarket(address(_sale)).deals(deal);
    }

    /* READING */

    function _at(uint256 i, string memory key) private pure returns (string memory) {
        return string.concat(".deliveries[", vm.toString(i), "]", key);
    }

    function _refused(uint256 i, string memory key) private pure returns (string memory) {
        return string.concat(".refused[", vm.toString(i), "]", key);
    }

    function _bytes32(uint256 i, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, _at(i, key));
    }

    function _uint(string memory path) private view returns (uint256) {
        return uint256(vm.parseJsonBytes32(_json, path));
    }

    function _point(string memory path) private view returns (KeyExchange.Point memory) {
        return KeyExchange.Point(_uint(string.concat(path, ".x")), _uint(string.concat(path, ".y")));
    }

    function _delivery(string memory path) private view returns (KeyExchange.Delivery memory) {
        return KeyExchange.Delivery(
            _point(string.concat(path, ".ephemeral")), bytes32(_uint(string.concat(path, ".masked")))
        );
    }

    function _possession(string memory path) private view returns (KeyExchange.Possession memory) {
        return KeyExchange.Possession(
            _uint(string.concat(path, ".challenge")), _uint(string.concat(path, ".response"))
        );
    }

    function _refutation(string memory path) private view returns (KeyExchange.Refutation memory) {
        return KeyExchange.Refutation({
            shared: _point(string.concat(path, ".shared")),
            challenge: _uint(string.concat(path, ".challenge")),
            response: _uint(string.concat(path, ".response")),
            ephemeralMultiple: _point(string.concat(path, ".ephemeralMultiple")),
            sharedMultiple: _point(string.concat(path, ".sharedMultiple")),
            inverse: _uint(string.concat(path, ".inverse"))
        });
    }
}
