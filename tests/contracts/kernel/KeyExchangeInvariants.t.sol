// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeyExchangeFixture} from "./DeliveryFixture.sol";
import {KeyMarket} from "./KeyMarkets.sol";

/// @notice Plays buyers who share one delivery key, an honest and a dishonest seller, and a stranger who tries what it
/// has seen in one deal on another.
contract KeyExchangeHandler is KeyExchangeFixture {
    uint256 private constant DEALS = 8;
    uint256 private constant SHARED = 4321; // the delivery key of every second deal

    Exchange[DEALS] private _exchanges;
    bytes32 private immutable KEY_HASH = _keyHash(KEY);

    uint256 public refuted;
    uint256 public wronged; // honest refutations that were refused, or a right key that was refuted

    constructor() {
        for (uint256 i; i < DEALS; ++i) {
            uint256 b = i % 2 == 0 ? SHARED : SHARED + i;
            _exchanges[i] = Exchange(address(sale), i, b, 0, 0);
            sale.buy(i, seller, KEY_HASH, _point(b));
        }
    }

    function deliver(uint256 i, uint256 e, bytes32 key, bool honest) external {
        Exchange storage x = _exchanges[i % DEALS];
        if (_state(x) != KeyMarket.State.Open) return;
        (x.e, x.key) = (_scalar(e), honest ? KEY : key);
        _deliver(x);
    }

    /// @dev As an honest recipient: whatever is wrong is refuted, in time.
    function refute(uint256 i) external {
        Exchange memory x = _exchanges[i % DEALS];
        if (_state(x) != KeyMarket.State.Delivered || _isOver(x)) return;
        KeyExchange.Refutation memory proof = _refutation(x);
        (KeyExchange.Point memory recipient, KeyExchange.Delivery memory delivery) =
            (_point(x.b), _delivery(x));
        try sale.refute(x.deal, recipient, delivery, proof) {
            ++refuted;
            if (x.key == KEY) ++wronged;
        } catch {
            if (x.key != KEY) ++wronged;
        }
    }

    /// @dev Anything else: the proof of one deal for another, or with one number changed.
    function cheat(uint256 i, uint256 from, uint256 field, uint256 change) external {
        Exchange memory x = _exchanges[i % DEALS];
        Exchange memory other = _exchanges[from % DEALS];
        if (x.e == 0 || other.e == 0) return;
        uint256[9] memory numbers = abi.decode(abi.encode(_refutation(other)), (uint256[9]));
        if (x.deal == other.deal) {
            if (numbers[field % 9] == change) return;
            numbers[field % 9] = change;
        }
        KeyExchange.Refutation memory proof = abi.decode(abi.encode(numbers), (KeyExchange.Refutation));
        (KeyExchange.Point memory recipient, KeyExchange.Delivery memory delivery) =
            (_point(x.b), _delivery(x));
        try sale.refute(x.deal, recipient, delivery, proof) {
            ++wronged;
        } catch {} // solhint-disable-line no-empty-blocks
    }

    /// @dev A seller who wants a second deal's recipient to open the first delivery: its point, or one made from it.
    function bait(uint256 i, uint256 from, uint256 t) external {
        Exchange memory x = _exchanges[i % DEALS];
        Exchange memory other = _exchanges[from % DEALS];
        t = bound(t, 0, N - 1);
        uint256 e = addmod(other.e, t, N);
        if (_state(x) != KeyMarket.State.Open || other.e == 0 || e == 0 || t == e) return;
        x.e = e;
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof =
            t == 0 ? _possession(other) : _possession(_context(x), delivery, t, _nonce(x));
        vm.prank(seller);
        try sale.deliver(x.deal, delivery, proof) {
            ++wronged;
        } catch {} // solhint-disable-line no-empty-blocks
    }

    function advance(uint256 i, uint256 time) external {
        vm.warp(block.timestamp + time % 1 days);
        // solhint-disable-next-line no-empty-blocks
        try sale.advance(i % DEALS) {} catch {}
    }

    /// @dev Whether the deal was not refuted, or held a wrong key.
    function isJust(uint256 i) external view returns (bool) {
        Exchange memory x = _exchanges[i];
        return _state(x) != KeyMarket.State.Refuted || x.key != KEY;
    }

    function _isOver(Exchange memory x) private view returns (bool) {
        (, uint40 deadline,,,) = sale.deals(x.deal);
        return block.timestamp >= deadline;
    }
}

/// @notice Whatever the order: no right key is refuted, no wrong one that its recipient refutes in time is paid for.
contract KeyExchangeInvariants is KeyExchangeFixture {
    KeyExchangeHandler private _handler;

    function setUp() public {
        _handler = new KeyExchangeHandler();
        targetContract(address(_handler));
        bytes4[] memory steps = new bytes4[](5);
        (steps[0], steps[1]) = (KeyExchangeHandler.deliver.selector, KeyExchangeHandler.refute.selector);
        (steps[2], steps[3]) = (KeyExchangeHandler.cheat.selector, KeyExchangeHandler.bait.selector);
        steps[4] = KeyExchangeHandler.advance.selector;
        targetSelector(FuzzSelector(address(_handler), steps));
    }

    function invariant_WhoIsRightIsBelieved() public view {
        assertEq(_handler.wronged(), 0);
        for (uint256 i; i < 8; ++i) {
            assertTrue(_handler.isJust(i));
        }
    }
}
