// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "../auction/AuctionFixture.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random auctions against `benchmarks/reference/auction.py`: winners, price, refunds, bonds won and burnt.
contract AuctionDifferentialTest is AuctionFixture, CaseFile {
    uint256 private constant BIDDERS = 24;
    uint256 private constant FUNDS = 1e35;

    struct BidCase {
        uint96 price;
        uint40 secondsAfter; // the commit before
        uint8 sealRank; // by which ties within a second are broken
        bool revealed;
    }

    struct AuctionCase {
        uint8 winners;
        uint96 reserve;
        uint96 bond;
        bool sale;
        BidCase[] bids; // in the order of their commits
        uint256[] reveals; // the order
        uint256[] wins; // what follows is expected; bids are named by their place
        uint96 price;
        uint256[] refunds;
        uint256 won;
        uint256 burnt;
    }

    address[] private _bidders;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < BIDDERS; ++i) {
            address bidder = makeAddr(vm.toString(i));
            _fund(bidder, paymentToken, FUNDS, address(auctions));
            _bidders.push(bidder);
        }
    }

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("auction");
    }

    function _play(bytes memory encoded) internal override {
        AuctionCase memory c = abi.decode(encoded, (AuctionCase));
        IVickreyAuction.Terms memory terms = _terms();
        (terms.winners, terms.reserve, terms.bond) = (c.winners, c.reserve, c.bond);
        terms.direction = c.sale ? IVickreyAuction.Direction.Sale : IVickreyAuction.Direction.Procurement;
        uint256 id = _open(terms);
        _bidAndReveal(id, c);
        _toClose(id);
        (address[] memory winners, uint96 price) = auctions.close(id, BONDS);

        assertEq(price, c.price, _says("price"));
        assertEq(winners.length, c.wins.length, _says("number of winners"));
        for (uint256 i; i < winners.length; ++i) {
            assertEq(winners[i], _bidders[c.wins[i]], _says("winner"));
        }
        _checkMoney(id, c);
    }

    function _bidAndReveal(uint256 id, AuctionCase memory c) private {
        bytes32[] memory salts = new bytes32[](c.bids.length);
        for (uint256 i; i < c.bids.length; ++i) {
            skip(c.bids[i].secondsAfter);
            salts[i] = _saltFor(id, _bidders[i], c.bids[i]);
            _bid(id, _bidders[i], c.bids[i].price, salts[i]);
        }
        _toReveal(id);
        for (uint256 i; i < c.reveals.length; ++i) {
            uint256 j = c.reveals[i];
            _reveal(id, _bidders[j], c.bids[j].price, salts[j]);
        }
    }

    /// @dev Looks for a salt whose seal has the rank that the case wants.
    function _saltFor(uint256 id, address bidder, BidCase memory bid) private view returns (bytes32 salt) {
        while (_sealRank(auctions.sealBid(id, bidder, bid.price, salt)) != bid.sealRank) {
            salt = bytes32(uint256(salt) + 1);
        }
    }

    /// @dev A bond that is not back yet is reclaimed, which has to be refused wherever nothing is owed.
    function _checkMoney(uint256 id, AuctionCase memory c) private {
        for (uint256 i; i < c.bids.length; ++i) {
            // solhint-disable-next-line no-empty-blocks
            try auctions.reclaim(id, _bidders[i]) {} catch {}
            uint256 expected = FUNDS - c.bond + c.refunds[i];
            assertEq(_balance(_bidders[i], paymentToken), expected, _says("refund"));
        }
        assertEq(_bondsWon(), c.won, _says("winners' bonds"));
        assertEq(_burnt(paymentToken), c.burnt, _says("burnt"));
        assertEq(_held(id), 0, _says("left in the hold"));
    }
}
