// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

/// @notice Whole transactions' gas, in the best and the worst case, against what was aimed at: for the bare auction
/// what the best of the published ones cost. Needs `isolate = true`.
contract VickreyGasTest is AuctionFixture {
    string private constant GROUP = "VickreyAuction";

    uint256 private _id;
    address private _alice;
    address private _bob;
    address private _carol;

    function setUp() public override {
        super.setUp();
        _burn(); // the burn address has held something before
        (_alice, _bob, _carol) = (_developer("alice"), _developer("bob"), _developer("carol"));
    }

    /* COMMIT */

    function test_commit() public {
        _auction(_bare());
        _bid(_id, _alice, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit"), 51_543);
    }

    function test_commit_withBond() public {
        _auction(_terms());
        _bid(_id, _alice, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit with bond"), 69_000);
    }

    function test_commit_withBondAndEligibility() public {
        _auction(_eligible(0));
        _bid(_id, _alice, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit with bond and eligibility, the first"), 76_000);
        _bid(_id, _bob, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit with bond and eligibility"), 76_000);
        vm.prank(_carol);
        registry.declareTie(makeAddr("somebody"), uint40(block.timestamp + 1 days));
        _bid(_id, _carol, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit with bond and eligibility, declared ties"), 79_000);
        _auction(_eligible(1 << 2));
        _bid(_id, _bob, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "commit with bond and eligibility, blocked lands"), 79_000);
    }

    /* REVEAL */

    function test_reveal() public {
        _auction(_bare());
        _bid(_id, _alice, 700e18);
        _bid(_id, _bob, 600e18);
        _bid(_id, _carol, 600e18);
        _toReveal(_id);
        _reveal(_id, _alice, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, first leader"), 40_305);
        _reveal(_id, _bob, 600e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, overtaking"), 40_305);
        _reveal(_id, _carol, 600e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, a tie"), 46_177);
    }

    function test_reveal_losing() public {
        _auction(_bare());
        _bid(_id, _alice, 600e18);
        _bid(_id, _bob, 700e18);
        _bid(_id, _carol, 800e18);
        _toReveal(_id);
        _reveal(_id, _alice, 600e18);
        _reveal(_id, _bob, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, losing and setting the price"), 40_305);
        _reveal(_id, _carol, 800e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal, losing"), 40_305);
    }

    function test_reveal_withBond() public {
        _auction(_terms());
        _bid(_id, _alice, 700e18);
        _bid(_id, _bob, 600e18);
        _bid(_id, _carol, 650e18);
        _toReveal(_id);
        _reveal(_id, _alice, 700e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal with bond, first leader"), 52_000);
        _reveal(_id, _bob, 600e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal with bond, overtaking"), 52_000);
        _reveal(_id, makeAddr("0"), 900e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal with bond, losing"), 50_000);
        _reveal(_id, _carol, 650e18);
        assertLt(vm.snapshotGasLastCall(GROUP, "reveal with bond, losing and setting the price"), 51_500);
        auctions.reclaim(_id, _alice);
        assertLt(vm.snapshotGasLastCall(GROUP, "reclaim"), 52_000);
    }

    /// @dev Clients send a reveal with a fifth more gas than it takes when they ask, and 25,000 for each winner. That is
    /// enough wherever it is mined: alone, among others of the same price, or too late to win.
    function testFuzz_reveal_whateverIsRevealedMeanwhile(uint8 winners, bool bonded, uint256 seed) public {
        IVickreyAuction.Terms memory terms = bonded ? _terms() : _bare();
        terms.winners = uint8(bound(winners, 1, auctions.MAX_WINNERS()));
        uint256 id = _open(terms);
        uint256 count = uint256(terms.winners) + 3;
        address[] memory bidders = new address[](count);
        uint96[] memory prices = new uint96[](count);
        for (uint256 i; i < count; ++i) {
            bidders[i] = _bidder(vm.toString(i));
            prices[i] = 600e18 + uint96(uint256(keccak256(abi.encode(seed, i))) % 2);
            _bid(id, bidders[i], prices[i]);
            skip(1);
        }
        _toReveal(id);
        uint256 least = type(uint256).max;
        uint256 most;
        for (uint256 i = count; i > 0; --i) {
            _reveal(id, bidders[i - 1], prices[i - 1]); // the earlier bid wins a tie
            uint256 gas = vm.lastCallGas().gasTotalUsed;
            (least, most) = (gas < least ? gas : least, gas > most ? gas : most);
        }
        assertLe(most, least * 120 / 100 + 25_000 * uint256(terms.winners));
    }

    /* OPEN AND CLOSE */

    function test_open() public {
        auctions.open(1000, _bare());
        vm.snapshotGasLastCall(GROUP, "open");
        auctions.open(1001, _eligible(1 << 2));
        vm.snapshotGasLastCall(GROUP, "open with bond and eligibility, blocked lands");
    }

    function test_close_costsTheSameForAnyNumberOfBids() public {
        uint256 few = _closeAfter(1);
        uint256 many = _closeAfter(60);
        assertApproxEqAbs(few, many, 100);
        assertLt(many, 66_000);
        assertLt(_closeAfter(0), 60_000); // nothing to burn
    }

    function _closeAfter(uint256 unrevealed) private returns (uint256) {
        _auction(_terms());
        for (uint256 i; i < unrevealed; ++i) {
            _bid(_id, _bidder(vm.toString(i + 1)), uint96(900e18 + i));
        }
        _bid(_id, _alice, 700e18);
        _toReveal(_id);
        _reveal(_id, makeAddr("0"), 900e18);
        _reveal(_id, _alice, 700e18);
        _toClose(_id);
        auctions.close(_id, BONDS);
        string memory name = string.concat("close, unrevealed ", vm.toString(unrevealed));
        return vm.snapshotGasLastCall(GROUP, name);
    }

    /* INTERNAL */

    function _bare() private view returns (IVickreyAuction.Terms memory terms) {
        terms = _terms();
        terms.bond = 0;
    }

    function _eligible(uint256 blocked) private returns (IVickreyAuction.Terms memory terms) {
        terms = _terms();
        terms.eligibility = IParticipantRegistry.Eligibility(makeAddr("customer"), 7, 1, blocked);
    }

    /// @dev With a bid and its bond in it.
    function _auction(IVickreyAuction.Terms memory terms) private {
        _id = _open(terms);
        if (terms.eligibility.domain == 0) _bid(_id, _bidder("0"), 900e18);
    }

    /// @dev With bonds for several bids, and a balance that remains.
    function _developer(string memory name) private returns (address account) {
        account = _register(name, IParticipantRegistry.Role.Developer);
        _fund(account, paymentToken, 100 * BOND, address(auctions));
    }

    function _burn() private {
        escrow.openHold("to burn", address(paymentToken), address(0), 0);
        _fund(address(this), paymentToken, 2, address(this));
        escrow.fund("to burn", address(paymentToken), address(this), 2);
        escrow.burn("to burn", address(paymentToken), 1);
        escrow.moveHold("to burn", address(paymentToken), address(this), BONDS, 1);
    }
}
