// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./DeliveryFixture.sol";
import {KeyMarket, KeySale} from "./KeyMarkets.sol";

/// @notice Who is right wins, by every path; and whatever is changed of a delivery or a proof, it is refused.
contract KeyExchangeTest is KeyExchangeFixture {
    bytes32 private constant WRONG = keccak256("wrong key");

    /* SALES */

    function testFuzz_sale_rightKeyIsNotRefuted(uint256 b, uint256 e) public {
        Exchange memory x = _delivered(b, e, KEY);
        KeyExchange.Refutation memory proof = _refutation(x);
        _expectRefused(x, proof, abi.encodeWithSelector(KeyExchange.KeyIsRight.selector, _keyHash(KEY)));
        vm.warp(block.timestamp + 1 days);
        sale.advance(DEAL);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Collected));
    }

    function testFuzz_sale_wrongKeyIsRefuted(uint256 b, uint256 e, bytes32 key, address anyone) public {
        vm.assume(key != KEY);
        Exchange memory x = _delivered(b, e, key);
        KeyExchange.Refutation memory proof = _refutation(x);
        vm.startPrank(anyone);
        _refute(x, proof);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Refuted));
    }

    /// @dev A single bit of the key, and multiples near the ends of the group, where points are equal and opposite.
    function testFuzz_sale_wrongByOneBitWithSmallScalars(int256 b, int256 e, uint8 bit) public {
        Exchange memory x = _delivered(_small(b), _small(e), KEY ^ bytes32(uint256(1) << bit));
        KeyExchange.Refutation memory proof = _refutation(x);
        _refute(x, proof);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Refuted));
    }

    function testFuzz_sale_lateDeliveryDependsOnTheRefundAlone(uint40 late) public {
        Exchange memory x = _sale(1234, 5678, KEY);
        _buy(x);
        vm.warp(block.timestamp + late);
        uint256 snapshot = vm.snapshotState();
        _deliver(x);
        assertEq(uint8(_state(x)), uint8(KeyMarket.State.Delivered));
        vm.revertToState(snapshot);
        vm.assume(late >= 1 days);
        sale.advance(DEAL);
        vm.expectRevert(abi.encodeWithSelector(KeyMarket.NothingDue.selector, DEAL, KeyMarket.State.Refunded));
        vm.prank(seller);
        sale.deliver(DEAL, KeyExchange.Delivery(KeyExchange.Point(0, 0), 0), KeyExchange.Possession(0, 0));
    }

    function testFuzz_sale_onlyTheSellerDelivers(address stranger) public {
        vm.assume(stranger != seller);
        Exchange memory x = _sale(1234, 5678, WRONG);
        _buy(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        vm.expectRevert(abi.encodeWithSelector(KeyMarket.NotSeller.selector, stranger));
        vm.prank(stranger);
        sale.deliver(DEAL, delivery, proof);
    }

    function test_sale_refutedInItsWindowAlone() public {
        Exchange memory x = _delivered(1234, 5678, WRONG);
        KeyExchange.Refutation memory proof = _refutation(x);
        vm.warp(block.timestamp + 1 days);
        _expectRefused(
            x, proof, abi.encodeWithSelector(KeyMarket.NothingDue.selector, DEAL, KeyMarket.State.Delivered)
        );
        vm.warp(block.timestamp - 1);
        _refute(x, proof);
        _expectRefused(
            x, proof, abi.encodeWithSelector(KeyMarket.NothingDue.selector, DEAL, KeyMarket.State.Refuted)
        );
    }

    /* WHAT IS KEPT */

    function testFuzz_context_bindsEverything(uint256 deal, uint64 chain, uint256 b, uint256 other) public {
        KeyExchange.Point memory recipient = _point(_scalar(b));
        sale.buy(deal, seller, 0, recipient);
        assertEq(_keptOf(sale, deal), _context(address(sale), deal, recipient));

        sale.buy(deal ^ 1, seller, 0, recipient);
        assertNotEq(_keptOf(sale, deal), _keptOf(sale, deal ^ 1));

        KeySale elsewhere = new KeySale();
        elsewhere.buy(deal, seller, 0, recipient);
        assertNotEq(_keptOf(sale, deal), _keptOf(elsewhere, deal));

        vm.assume(_scalar(other) != _scalar(b));
        KeySale forAnother = new KeySale();
        forAnother.buy(deal, seller, 0, _point(_scalar(other)));
        assertNotEq(_keptOf(forAnother, deal), _context(address(forAnother), deal, recipient));

        vm.assume(chain != block.chainid && chain != 0);
        vm.chainId(chain);
        sale.buy(deal ^ 2, seller, 0, recipient);
        assertEq(_keptOf(sale, deal ^ 2), _context(address(sale), deal ^ 2, recipient));
    }

    function testFuzz_deliver_keepsTheCommitment(uint256 b, uint256 e, bytes32 key) public {
        Exchange memory x = _delivered(b, e, key);
        assertEq(_kept(x), _commitment(_context(x), _delivery(x)));
    }

    /* POINTS */

    function testFuzz_points_offTheCurve(uint256 px, uint256 py, uint256 scalar) public {
        vm.assume(mulmod(py, py, P) != addmod(mulmod(mulmod(px, px, P), px, P), 7, P));
        _expectUnusable(KeyExchange.Point(px, py));
        KeyExchange.Point memory point = _point(_scalar(scalar));
        _expectUnusable(KeyExchange.Point(point.x, addmod(point.y, 1, P)));
        _expectUnusable(KeyExchange.Point(point.y, point.x));
    }

    function test_points_atTheEdges() public {
        _expectUnusable(KeyExchange.Point(0, 0)); // infinity, as some write it
        _expectUnusable(KeyExchange.Point(P, P));
        _expectUnusable(KeyExchange.Point(type(uint256).max, type(uint256).max));
        // on the curve, but `ecrecover` refuses it, so that nobody could refute such a delivery
        uint256 y = 0x98f66641cb0ae1776b463ebdee3d77fe2658f021db48e2c8ac7ab4c92f83621e;
        assertEq(mulmod(y, y, P), addmod(mulmod(mulmod(N, N, P), N, P), 7, P));
        _expectUnusable(KeyExchange.Point(N, y));
        _expectUnusable(KeyExchange.Point(N, P - y));
    }

    /// @dev The one point, of which one coordinate can be written in two ways.
    function test_points_writtenInOneWayOnly() public {
        uint256 x = 0x1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507;
        sale.buy(DEAL + 1, seller, 0, KeyExchange.Point(x, 1));
        _expectUnusable(KeyExchange.Point(x, P + 1));
    }

    /// @dev So that a point has no coordinate of zero: 7 is no square, and -7 no cube.
    function test_points_haveNoZeroCoordinate() public pure {
        assertEq(_power(7, (P - 1) / 2, P), P - 1);
        assertNotEq(_power(P - 7, (P - 1) / 3, P), 1);
    }

    /* PROOFS OF POSSESSION */

    function testFuzz_possession_ofThisDeliveryAlone(uint256 b, uint256 e, uint256 change) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        (KeyExchange.Delivery memory delivery, KeyExchange.Possession memory proof) =
            (_delivery(x), _possession(x));

        delivery.masked ^= bytes32(uint256(1) << (change % 256));
        _expectNotPossessed(x, delivery, proof);
        delivery = _delivery(x);
        delivery.ephemeral.y = P - delivery.ephemeral.y; // -E
        _expectNotPossessed(x, delivery, proof);
        vm.assume(_scalar(change) != x.e);
        delivery.ephemeral = _point(_scalar(change));
        _expectNotPossessed(x, delivery, proof);
    }

    function testFuzz_possession_everyScalar(uint256 b, uint256 e, uint256 change) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        (uint256 challenge, uint256 response) = (proof.challenge, proof.response);
        vm.assume(change != challenge && change != response);
        _expectNotPossessed(x, delivery, KeyExchange.Possession(change, response));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(challenge, change));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(response, challenge));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(N - challenge, N - response));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(challenge, 0));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(0, response));
    }

    /// @dev `ecrecover` answers zero to what it refuses: a hash over a witness of zero must not pass for a proof.
    function testFuzz_possession_notByAWitnessOfZero(uint256 b, uint256 e, uint256 response) public {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Point memory point = delivery.ephemeral;
        bytes32 tag = keccak256("assay delivery possession v1");
        bytes memory said = abi.encode(tag, _context(x), point.x, point.y, delivery.masked, address(0));
        uint256 challenge = uint256(keccak256(said)) % N;
        _expectNotPossessed(x, delivery, KeyExchange.Possession(challenge, 0));
        _expectNotPossessed(x, delivery, KeyExchange.Possession(challenge, N));
        _expectNotPossessed(
            x, delivery, KeyExchange.Possession(challenge, bound(response, N, type(uint256).max))
        );
        _expectNotPossessed(x, delivery, KeyExchange.Possession(challenge, N - mulmod(challenge, x.e, N))); // infinity
    }

    /// @dev Of the same E, for another deal, market, chain or recipient.
    function testFuzz_possession_inThisContextAlone(uint256 b, uint256 e, uint256 other, uint64 chain)
        public
    {
        Exchange memory x = _sale(b, e, KEY);
        _buy(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        vm.assume(_scalar(other) != x.b && chain != block.chainid && chain != 0);
        bytes32[4] memory contexts = [
            _context(address(sale), DEAL + 1, _point(x.b)),
            _context(address(commission), DEAL, _point(x.b)),
            _context(address(sale), DEAL, _point(_scalar(other))),
            bytes32(0)
        ];
        vm.chainId(chain);
        contexts[3] = _context(x);
        vm.chainId(31_337);
        for (uint256 i; i < contexts.length; ++i) {
            _expectNotPossessed(x, delivery, _possession(contexts[i], delivery, x.e, _nonce(x)));
        }
    }

    /* PROOFS OF A REFUTATION */

    function testFuzz_refutation_ofAnotherSecretIsNone(uint256 b, uint256 e, uint256 shared) public {
        Exchange memory x = _delivered(b, e, KEY);
        vm.assume(_scalar(shared) != mulmod(x.b, x.e, N));
        _expectNotProven(x, _refutation(x, _scalar(shared), _nonce(x)));
        _expectNotProven(x, _refutation(x, N - mulmod(x.b, x.e, N), _nonce(x))); // -S, which has the same x
    }

    /// @dev Every number of a right proof, changed in any way.
    function testFuzz_refutation_everyNumber(uint256 b, uint256 e, uint256 field, uint256 change) public {
        Exchange memory x = _delivered(b, e, WRONG);
        KeyExchange.Refutation memory proof = _refutation(x);
        uint256[9] memory numbers = abi.decode(abi.encode(proof), (uint256[9]));
        vm.assume(numbers[field % 9] != change);
        numbers[field % 9] = change;
        _expectRefused(x, abi.decode(abi.encode(numbers), (KeyExchange.Refutation)), "");
    }

    /// @dev Zero, the order, one more than the right number, its negative, and the right number of another field.
    function test_refutation_everyNumberAtItsEdges() public {
        Exchange memory x = _delivered(1234, 5678, WRONG);
        bytes memory right = abi.encode(_refutation(x));
        for (uint256 i; i < 9; ++i) {
            uint256[9] memory numbers = abi.decode(right, (uint256[9]));
            (uint256 number, uint256 next) = (numbers[i], numbers[(i + 1) % 9]);
            uint256[8] memory edges =
                [0, N, P, type(uint256).max, number ^ 1, N - (number % N), P - (number % P), next];
            for (uint256 j; j < edges.length; ++j) {
                numbers[i] = edges[j];
                _expectRefused(x, abi.decode(abi.encode(numbers), (KeyExchange.Refutation)), "");
            }
        }
        _refute(x, abi.decode(right, (KeyExchange.Refutation)));
    }

    /// @dev Points that have no sum by this formula: equal, and opposite, with any inverse that the caller likes.
    function testFuzz_refutation_equalAndOppositePoints(
        uint256 b,
        uint256 e,
        uint256 challenge,
        uint256 inverse
    ) public {
        Exchange memory x = _delivered(b, e, KEY);
        KeyExchange.Refutation memory proof;
        proof.challenge = _scalar(challenge);
        proof.shared = _point(mulmod(x.b, x.e, N));
        proof.inverse = inverse;
        for (uint256 i; i < 2; ++i) {
            uint256 half = mulmod(proof.challenge, x.b, N);
            proof.response = i == 0 ? half : N - half;
            proof.ephemeralMultiple = _point(mulmod(proof.response, x.e, N));
            proof.sharedMultiple = _point(mulmod(proof.challenge, mulmod(x.b, x.e, N), N));
            _expectNotProven(x, proof);
            // the challenge that the hash would be, were the sum what the formula gives
            proof.challenge =
                _challenge(x, proof.shared, vm.createWallet(_nonce(x)).addr, proof.sharedMultiple);
            _expectNotProven(x, proof);
        }
    }

    /// @dev A transcript that nobody has committed to beforehand: both equations hold and the challenge is free.
    function testFuzz_refutation_challengeIsNotTheProvers(
        uint256 b,
        uint256 e,
        uint256 shared,
        uint256 c,
        uint256 s
    ) public {
        Exchange memory x = _delivered(b, e, KEY);
        KeyExchange.Refutation memory proof;
        proof.shared = _point(_scalar(shared));
        (proof.challenge, proof.response) = (_scalar(c), _scalar(s));
        _addMultiples(proof, x.e, _scalar(shared));
        _expectNotProven(x, proof);
    }

    /// @dev The multiples are what the prover says no more than the challenge is: with one of them free, any S would
    /// do.
    function testFuzz_refutation_multiplesAreNotTheProvers(uint256 b, uint256 e, uint256 shared, uint256 sum)
        public
    {
        Exchange memory x = _delivered(b, e, KEY);
        (shared, sum) = (_scalar(shared), _scalar(sum));
        vm.assume(shared != mulmod(x.b, x.e, N));
        KeyExchange.Refutation memory proof;
        proof.shared = _point(shared);
        proof.challenge = _challenge(x, proof.shared, vm.createWallet(_nonce(x)).addr, _point(sum));
        proof.response = _response(_nonce(x), proof.challenge, x.b);
        (uint256 left, uint256 right) = (mulmod(proof.response, x.e, N), mulmod(proof.challenge, shared, N));

        proof.ephemeralMultiple = _point(addmod(sum, N - right, N));
        proof.sharedMultiple = _point(right);
        proof.inverse = _inverse(proof);
        _expectNotProven(x, proof);
        proof.ephemeralMultiple = _point(left);
        proof.sharedMultiple = _point(addmod(sum, N - left, N));
        proof.inverse = _inverse(proof);
        _expectNotProven(x, proof);
    }

    /// @dev Each equation holds for another secret, or the transcript leaves something out.
    function testFuzz_refutation_bothEquationsAndTheWholeTranscript(uint256 b, uint256 e, uint256 other)
        public
    {
        Exchange memory x = _delivered(b, e, KEY);
        vm.assume(_scalar(other) != x.b);
        uint256 shared = mulmod(_scalar(other), x.e, N);
        // as the owner of `other` would prove it: only the second equation holds
        KeyExchange.Refutation memory proof;
        proof.shared = _point(shared);
        address witness = vm.createWallet(_nonce(x)).addr;
        KeyExchange.Point memory sum = _point(mulmod(_nonce(x), x.e, N));
        proof.challenge = _challenge(x, proof.shared, witness, sum);
        proof.response = _response(_nonce(x), proof.challenge, _scalar(other));
        _addMultiples(proof, x.e, shared);
        _expectNotProven(x, proof);
        // as the owner of b would prove it: only the first holds, whatever second point went into the hash
        proof.response = _response(_nonce(x), proof.challenge, x.b);
        _addMultiples(proof, x.e, shared);
        _expectNotProven(x, proof);
        _expectForgedTranscripts(x);
    }

    /// @dev S made from the challenge, where a transcript that leaves S or a commitment out would let it.
    function _expectForgedTranscripts(Exchange memory x) private {
        bytes32 tag = keccak256("assay delivery refutation v1");
        (KeyExchange.Point memory recipient, KeyExchange.Point memory ephemeral) = (_point(x.b), _point(x.e));
        address witness = vm.createWallet(_nonce(x)).addr;
        KeyExchange.Point memory sum = _point(mulmod(_nonce(x) ^ 1, x.e, N));
        KeyExchange.Refutation memory proof;
        // without S: the second commitment and the challenge come first, then the S that fits them
        proof.challenge =
            uint256(keccak256(abi.encode(tag, _context(x), recipient, ephemeral, witness, sum))) % N;
        proof.response = _response(_nonce(x), proof.challenge, x.b);
        uint256 rest = addmod(_nonce(x) ^ 1, N - proof.response, N); // times e: what challenge · S has to be
        uint256 shared = mulmod(mulmod(rest, x.e, N), _power(proof.challenge, N - 2, N), N);
        proof.shared = _point(shared);
        _addMultiples(proof, x.e, shared);
        _expectNotProven(x, proof);
        // without the second commitment: any S will do
        proof.challenge =
            uint256(keccak256(abi.encode(tag, _context(x), recipient, ephemeral, proof.shared, witness))) % N;
        proof.response = _response(_nonce(x), proof.challenge, x.b);
        _addMultiples(proof, x.e, shared);
        _expectNotProven(x, proof);
    }

    function testFuzz_refutation_inThisContextAlone(uint256 b, uint256 e, uint256 deal) public {
        Exchange memory x = _delivered(b, e, WRONG);
        vm.assume(deal != DEAL);
        Exchange memory other = Exchange(address(sale), deal, x.b, x.e, WRONG);
        KeyExchange.Refutation memory proof = _refutation(other);
        _expectNotProven(x, proof);
        other = Exchange(address(commission), DEAL, x.b, x.e, WRONG);
        proof = _refutation(other);
        _expectNotProven(x, proof);
    }

    function testFuzz_refutation_ofTheDeliveryMadeAlone(uint256 b, uint256 e, uint256 other, bytes32 masked)
        public
    {
        Exchange memory x = _delivered(b, e, KEY);
        vm.assume(_scalar(other) != x.b && _scalar(other) != x.e);
        KeyExchange.Refutation memory proof = _refutation(x);
        KeyExchange.Delivery memory delivery = _delivery(x);
        vm.assume(masked != delivery.masked);

        delivery.masked = masked;
        _expectOther(x, _point(x.b), delivery, proof);
        delivery = _delivery(x);
        delivery.ephemeral = _point(_scalar(other));
        _expectOther(x, _point(x.b), delivery, proof);
        delivery = _delivery(x);
        _expectOther(x, _point(_scalar(other)), delivery, proof);
    }

    /* INTERNAL */

    function _delivered(uint256 b, uint256 e, bytes32 key) private returns (Exchange memory x) {
        x = _sale(b, e, key);
        _buy(x);
        _deliver(x);
    }

    /// @dev One to eight, or as many below the group's order.
    function _small(int256 seed) private pure returns (uint256) {
        uint256 size = uint256(seed) % 8 + 1;
        return seed < 0 ? N - size : size;
    }

    function _keptOf(KeyMarket market, uint256 deal) private view returns (bytes32 kept) {
        (,,, kept,) = market.deals(deal);
    }

    /// @dev As a recipient's key, as the point of a delivery, and as the secret of a refutation.
    function _expectUnusable(KeyExchange.Point memory point) private {
        bytes memory refusal = abi.encodeWithSelector(KeyExchange.InvalidPoint.selector, point.x, point.y);
        vm.expectRevert(refusal);
        sale.buy(DEAL, seller, 0, point);

        uint256 snapshot = vm.snapshotState();
        Exchange memory x = _sale(1234, 5678, WRONG);
        _buy(x);
        KeyExchange.Possession memory possession = _possession(x);
        vm.expectRevert(refusal);
        _deliver(x, KeyExchange.Delivery(point, 0), possession);
        _deliver(x);
        KeyExchange.Refutation memory proof = _refutation(x);
        proof.shared = point;
        _expectRefused(x, proof, refusal);
        vm.revertToState(snapshot);
    }

    function _expectNotPossessed(
        Exchange memory x,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Possession memory proof
    ) private {
        bytes32 about = _context(x);
        vm.expectRevert(
            abi.encodeWithSelector(KeyExchange.PossessionNotProven.selector, about, delivery.ephemeral.x)
        );
        _deliver(x, delivery, proof);
    }

    function _expectNotProven(Exchange memory x, KeyExchange.Refutation memory proof) private {
        bytes32 about = _context(x);
        bytes4 selector = KeyExchange.RefutationNotProven.selector;
        _expectRefused(x, proof, abi.encodeWithSelector(selector, about, proof.shared.x));
    }

    function _expectRefused(Exchange memory x, KeyExchange.Refutation memory proof, bytes memory refusal)
        private
    {
        (KeyExchange.Point memory recipient, KeyExchange.Delivery memory delivery) =
            (_point(x.b), _delivery(x));
        if (refusal.length == 0) vm.expectRevert();
        else vm.expectRevert(refusal);
        sale.refute(x.deal, recipient, delivery, proof);
    }

    function _expectOther(
        Exchange memory x,
        KeyExchange.Point memory recipient,
        KeyExchange.Delivery memory delivery,
        KeyExchange.Refutation memory proof
    ) private {
        bytes32 shown = _commitment(_context(address(sale), DEAL, recipient), delivery);
        vm.expectRevert(abi.encodeWithSelector(KeyExchange.OtherDelivery.selector, _kept(x), shown));
        sale.refute(DEAL, recipient, delivery, proof);
    }
}
