// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./DeliveryFixture.sol";
import {KeyMarket} from "./KeyMarkets.sol";

/// @notice What a hostile sender, panel, recipient or stranger tries.
contract KeyExchangeAttacksTest is KeyExchangeFixture {
    uint256 private constant BAIT = 8;
    bytes32 private constant WRONG = keccak256("wrong key");

    bytes32 private immutable KEY_HASH = _keyHash(KEY); // no precompile between an expectation and its call

    /* A REFUTATION AS AN ORACLE */

    /// @dev The victim has named one delivery key in two deals. The sender of the second wants to learn b · E of the
    /// first, so it delivers E + t·G: from the S of that refutation it could take t·B and would have what it wants. But
    /// nobody who does not know e + t can deliver that point.
    function testFuzz_oracle_blindedPointsCannotBeDelivered(uint256 b, uint256 e, uint256 t) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        _deliver(x);
        t = _scalar(t);
        vm.assume(addmod(x.e, t, N) != 0);
        Exchange memory bait = Exchange(address(sale), BAIT, x.b, addmod(x.e, t, N), WRONG);
        _checkWhatItWouldLearn(x, bait, t);

        sale.buy(BAIT, seller, KEY_HASH, _point(x.b));
        KeyExchange.Delivery memory delivery = _delivery(bait);
        bytes32 about = _context(bait);
        _expectNotPossessed(about, delivery, _possession(about, delivery, t, _nonce(x))); // it knows t
        _expectNotPossessed(about, delivery, _possession(x)); // and the proof of the first
        _expectNotPossessed(about, delivery, _shifted(about, delivery, _possession(x), t));
    }

    function testFuzz_oracle_copiedPointsCannotBeDelivered(uint256 b, uint256 e) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        _deliver(x);
        sale.buy(BAIT, seller, KEY_HASH, _point(x.b));
        Exchange memory bait = Exchange(address(sale), BAIT, x.b, x.e, WRONG);
        KeyExchange.Possession memory copied = _possession(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        _expectNotPossessed(_context(bait), delivery, copied);
        delivery = _delivery(bait);
        _expectNotPossessed(_context(bait), delivery, copied);
    }

    /// @dev Whoever knows e knows S as well and learns nothing: so one key in two deals gives nothing away.
    function testFuzz_oracle_oneKeyInTwoDealsIsSafe(uint256 b, uint256 e, uint256 other) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        _deliver(x);
        Exchange memory bait = Exchange(address(sale), BAIT, x.b, _scalar(other), WRONG);
        sale.buy(BAIT, seller, KEY_HASH, _point(x.b));
        _deliver(bait);
        KeyExchange.Refutation memory proof = _refutation(bait);
        _refute(bait, proof);
        assertEq(uint8(_state(bait)), uint8(KeyMarket.State.Refuted));
        // and neither its proof nor its secret is worth anything in the first deal
        (KeyExchange.Point memory recipient, KeyExchange.Delivery memory delivery) =
            (_point(x.b), _delivery(x));
        vm.assume(x.e != bait.e);
        vm.expectPartialRevert(KeyExchange.RefutationNotProven.selector);
        sale.refute(DEAL, recipient, delivery, proof);
    }

    /* A PANEL THAT WAS CAPTURED */

    /// @dev What an honest panel agreed on is posted by anyone, once, and nothing else is.
    function testFuzz_panel_onlyWhatItAgreedOn(uint256 b, uint256 e, bytes32 change, address anyone) public {
        vm.assume(change != 0);
        Exchange memory x = _accepted(b, e, KEY, KEY_HASH);
        (KeyExchange.Delivery memory delivery, KeyExchange.Possession memory proof) =
            (_delivery(x), _possession(x));

        _expectNotAgreedOn(x, KEY_HASH ^ change, CIPHERTEXT, x.key);
        _expectNotAgreedOn(x, KEY_HASH, CIPHERTEXT ^ change, x.key);
        _expectNotAgreedOn(x, CIPHERTEXT, KEY_HASH, x.key);
        _expectNotAgreedOn(x, KEY_HASH, CIPHERTEXT, x.key ^ change);
        x.e = x.e == N - 1 ? 1 : x.e + 1;
        _expectNotAgreedOn(x, KEY_HASH, CIPHERTEXT, x.key);
        vm.prank(anyone);
        _post(x, KEY_HASH, CIPHERTEXT, delivery, proof);
        vm.expectRevert(
            abi.encodeWithSelector(KeyMarket.NothingDue.selector, DEAL, KeyMarket.State.Delivered)
        );
        _post(x, KEY_HASH, CIPHERTEXT, delivery, proof);
    }

    /// @dev A word that nobody has anything for opens nothing: the customer has its money back when the time is over.
    function testFuzz_panel_wordOfNothing(uint256 b, uint256 e, bytes32 word) public {
        Exchange memory x = Exchange(address(commission), DEAL, _scalar(b), _scalar(e), KEY);
        commission.accept(DEAL, word);
        _expectNotAgreedOn(x, KEY_HASH, CIPHERTEXT, KEY);
        vm.warp(block.timestamp + 1 days);
        commission.advance(DEAL);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Refunded));
    }

    /// @dev A word that binds a wrong key in a well-formed delivery: the customer refutes it, as in a sale.
    function testFuzz_panel_wordOfAWrongKey(uint256 b, uint256 e, bytes32 key) public {
        vm.assume(key != KEY);
        Exchange memory x = _accepted(b, e, key, KEY_HASH);
        (KeyExchange.Delivery memory delivery, KeyExchange.Possession memory proof) =
            (_delivery(x), _possession(x));
        _post(x, KEY_HASH, CIPHERTEXT, delivery, proof);
        KeyExchange.Refutation memory refutation = _refutation(x);
        _refuteAgreed(x, KEY_HASH, CIPHERTEXT, refutation);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Refuted));
    }

    /// @dev Whoever refutes names the key's hash and the ciphertext, so a right key would be wrong under another hash.
    /// But the agreed word binds them, and with them recipient and delivery: nothing else than what was delivered is
    /// refuted.
    function testFuzz_panel_onlyWhatWasDeliveredIsRefuted(uint256 b, uint256 e, bytes32 change) public {
        vm.assume(change != 0);
        Exchange memory x = _accepted(b, e, KEY, KEY_HASH);
        _post(x, KEY_HASH, CIPHERTEXT, _delivery(x), _possession(x));

        _expectOtherRefuted(x, KEY_HASH ^ change, CIPHERTEXT);
        Exchange memory other = Exchange(x.market, DEAL, x.b, x.e, KEY ^ change);
        _expectOtherRefuted(other, KEY_HASH, CIPHERTEXT); // another delivery, which holds a wrong key
        _expectOtherRefuted(other, KEY_HASH ^ change, CIPHERTEXT);
        other.b = x.b == 1 ? 2 : 1; // to somebody whose secret everybody knows
        _expectOtherRefuted(other, KEY_HASH, CIPHERTEXT);
        other = Exchange(x.market, DEAL, x.b, x.e == 1 ? 2 : 1, KEY ^ change);
        _expectOtherRefuted(other, KEY_HASH, CIPHERTEXT);
        other = Exchange(x.market, DEAL, x.b, x.e, KEY ^ change);
        _expectOtherRefuted(other, KEY_HASH, CIPHERTEXT ^ change);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Delivered));
    }

    /// @dev A wrong key too is refuted under the hash and for the ciphertext that the panel named, and in its window.
    function testFuzz_panel_refutedAsAgreedAndInTime(uint256 b, uint256 e, bytes32 change) public {
        vm.assume(change != 0);
        Exchange memory x = _accepted(b, e, WRONG, KEY_HASH);
        KeyExchange.Refutation memory proof = _refutation(x);
        _expectNotDelivered(x, proof, KeyMarket.State.Open); // before it was delivered
        _post(x, KEY_HASH, CIPHERTEXT, _delivery(x), _possession(x));
        vm.assume(KEY_HASH ^ change != _keyHash(WRONG));
        _expectOtherRefuted(x, KEY_HASH ^ change, CIPHERTEXT);
        _expectOtherRefuted(x, KEY_HASH, CIPHERTEXT ^ change);
        vm.warp(block.timestamp + 1 days);
        _expectNotDelivered(x, proof, KeyMarket.State.Delivered);
        vm.warp(block.timestamp - 1);
        _refuteAgreed(x, KEY_HASH, CIPHERTEXT, proof);
        _expectNotDelivered(x, proof, KeyMarket.State.Refuted);
    }

    /// @dev A word that binds a point whose secret nobody has, so that its refutation would be an oracle: nobody can
    /// post it.
    function testFuzz_panel_wordOfABorrowedPoint(uint256 b, uint256 e, uint256 t) public {
        Exchange memory x = _accepted(b, addmod(_scalar(e), _scalar(t), N), WRONG, KEY_HASH);
        KeyExchange.Delivery memory delivery = _delivery(x);
        vm.assume(_scalar(t) != x.e);
        KeyExchange.Possession memory proof = _possession(_context(x), delivery, _scalar(t), _nonce(x));
        vm.expectPartialRevert(KeyExchange.PossessionNotProven.selector);
        _post(x, KEY_HASH, CIPHERTEXT, delivery, proof);
    }

    /// @dev A word that binds another key's hash as well: the key matches it, so arithmetic cannot help. The market has
    /// to compare the hash with one that it knows, or the customer goes to court.
    function testFuzz_panel_wordOfAnotherKeyAndItsHash(uint256 b, uint256 e) public {
        Exchange memory x = _accepted(b, e, WRONG, _keyHash(WRONG));
        (KeyExchange.Delivery memory delivery, KeyExchange.Possession memory proof) =
            (_delivery(x), _possession(x));
        _post(x, _keyHash(WRONG), CIPHERTEXT, delivery, proof);
        KeyExchange.Refutation memory refutation = _refutation(x);
        bytes32 keyHash = _keyHash(WRONG);
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, keyHash));
        _refuteAgreed(x, keyHash, CIPHERTEXT, refutation);
    }

    /* INTERNAL */

    function _accepted(uint256 b, uint256 e, bytes32 key, bytes32 keyHash)
        private
        returns (Exchange memory x)
    {
        vm.assume(e % N != 0);
        x = Exchange(address(commission), DEAL, _scalar(b), _scalar(e), key);
        bytes32 word = _agreement(x, keyHash);
        commission.accept(DEAL, word);
    }

    function _post(
        Exchange memory x,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Possession memory proof
    ) private {
        KeyExchange.Point memory recipient = _point(x.b);
        deliveries.deliverAgreed(commission, x.deal, recipient, keyHash, ciphertext, delivery, proof);
    }

    function _refuteAgreed(
        Exchange memory x,
        bytes32 keyHash,
        bytes32 ciphertext,
        KeyExchange.Refutation memory proof
    ) private {
        (KeyExchange.Point memory recipient, KeyExchange.Delivery memory delivery) =
            (_point(x.b), _delivery(x));
        deliveries.refute(commission, x.deal, recipient, keyHash, ciphertext, delivery, proof);
    }

    function _expectOtherRefuted(Exchange memory x, bytes32 keyHash, bytes32 ciphertext) private {
        KeyExchange.Refutation memory proof = _refutation(x);
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        _refuteAgreed(x, keyHash, ciphertext, proof);
    }

    function _expectNotDelivered(
        Exchange memory x,
        KeyExchange.Refutation memory proof,
        KeyMarket.State state
    ) private {
        vm.expectRevert(abi.encodeWithSelector(KeyMarket.NothingDue.selector, DEAL, state));
        _refuteAgreed(x, KEY_HASH, CIPHERTEXT, proof);
    }

    /// @dev The attack itself: S of the bait less t·B is S of the first deal, whose mask is then known.
    function _checkWhatItWouldLearn(Exchange memory x, Exchange memory bait, uint256 t) private pure {
        uint256 learnt = mulmod(x.b, bait.e, N);
        assertEq(addmod(learnt, N - mulmod(t, x.b, N), N), mulmod(x.b, x.e, N));
    }

    /// @dev What is known of a proof for e, moved to e + t: the challenge of the new point is another.
    function _shifted(
        bytes32 about,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Possession memory proof,
        uint256 t
    ) private returns (KeyExchange.Possession memory) {
        uint256 challenge = _possession(about, delivery, t, _scalar(t)).challenge;
        return KeyExchange.Possession(challenge, addmod(proof.response, N - mulmod(challenge, t, N), N));
    }

    function _expectNotPossessed(
        bytes32 about,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Possession memory proof
    ) private {
        bytes4 selector = KeyExchange.PossessionNotProven.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, about, delivery.ephemeral.x));
        vm.prank(seller);
        sale.deliver(BAIT, delivery, proof);
    }

    function _expectNotAgreedOn(Exchange memory x, bytes32 keyHash, bytes32 ciphertext, bytes32 key) private {
        Exchange memory other = Exchange(x.market, x.deal, x.b, x.e, key);
        (KeyExchange.Delivery memory delivery, KeyExchange.Possession memory proof) =
            (_delivery(other), _possession(other));
        vm.expectPartialRevert(KeyExchange.NotAgreedOn.selector);
        _post(x, keyHash, ciphertext, delivery, proof);
    }
}
