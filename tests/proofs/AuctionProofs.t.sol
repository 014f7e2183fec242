// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {VickreyAuction} from "../../contracts/auction/VickreyAuction.sol";
import {Escrow} from "../../contracts/escrow/Escrow.sol";
import {IAgreements} from "../../contracts/interfaces/IAgreements.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IVickreyAuction} from "../../contracts/interfaces/IVickreyAuction.sol";

/// @notice Auctions with one winner and four bids of any prices, committed at any times. A bid beyond the reserve is as
/// good as none, so fewer bids are among them.
contract AuctionProofs is Test {
    bytes32 private constant SALT = keccak256("salt");
    uint256 private constant BIDS = 4;
    uint40 private constant OPENED = 1_800_000_000;

    struct Bids {
        uint96 reserve;
        uint96 price0;
        uint96 price1;
        uint96 price2;
        uint96 price3;
        uint16 at0; // seconds after the opening
        uint16 at1;
        uint16 at2;
        uint16 at3;
    }

    VickreyAuction private _auctions;
    uint96 private _opened;

    function setUp() public {
        _auctions = new VickreyAuction(
            new Escrow(address(this)), IParticipantRegistry(address(0)), IAgreements(address(0))
        );
    }

    /* PRICE: the winner bid no more than it is paid, and is paid no more than the reserve; nobody else bid less than the
       price, and it is the reserve or somebody's bid: the second best. In a sale the other way round. */

    /// @dev Planted: the price of an overtaken leader not recorded.
    function check_AuctionPrice_IsSecondBest_Procurement(Bids memory bids) public {
        _checkPrice(bids, IVickreyAuction.Direction.Procurement);
    }

    function check_AuctionPrice_IsSecondBest_Sale(Bids memory bids) public {
        _checkPrice(bids, IVickreyAuction.Direction.Sale);
    }

    /* ORDER: two reveals one after the other, whatever was revealed before, may change places. Any order comes from any
       other by such steps. */

    /// @dev Planted: `_winsTie` letting the bid that is revealed first win.
    function check_AuctionOrder_DoesNotMatter_Procurement(Bids memory bids) public {
        _checkOrder(bids, IVickreyAuction.Direction.Procurement);
    }

    function check_AuctionOrder_DoesNotMatter_Sale(Bids memory bids) public {
        _checkOrder(bids, IVickreyAuction.Direction.Sale);
    }

    function _checkPrice(Bids memory bids, IVickreyAuction.Direction direction) private {
        (bids.at0, bids.at1, bids.at2, bids.at3) = (1, 2, 3, 4); // who of equals wins is not the point here
        uint256 id = _commitAll(bids, direction);
        vm.warp(OPENED + 1 days);
        for (uint256 i; i < BIDS; ++i) {
            _reveal(id, bids, i);
        }
        (address winner, uint96 price) = _close(id);
        if (winner == address(0)) {
            assert(price == bids.reserve);
            return;
        }
        bool buys = direction == IVickreyAuction.Direction.Procurement;
        bool somebodys = price == bids.reserve; // the price is the reserve, or a loser's bid
        assert(buys ? price <= bids.reserve : price >= bids.reserve);
        for (uint256 i; i < BIDS; ++i) {
            uint96 bid = _price(bids, i);
            if (_bidder(i) == winner) {
                assert(buys ? bid <= price : bid >= price);
            } else {
                assert(buys ? bid >= price : bid <= price);
                somebodys = somebodys || bid == price;
            }
        }
        assert(somebodys);
    }

    /// @dev Of two auctions of the same bids. That the first bid is no worse than the second is no loss: both orders
    /// lead to the same books.
    function _checkOrder(Bids memory bids, IVickreyAuction.Direction direction) private {
        vm.assume(
            direction == IVickreyAuction.Direction.Procurement
                ? bids.price0 <= bids.price1
                : bids.price0 >= bids.price1
        );
        _assumeDistinctTimes(bids);
        uint256 id = _commitAll(bids, direction);
        uint256 other = _commitAll(bids, direction);
        vm.warp(OPENED + 1 days);
        for (uint256 i; i < 2; ++i) {
            _reveal(id, bids, i);
            _reveal(other, bids, i);
        }
        _reveal(id, bids, 2);
        _reveal(id, bids, 3);
        _reveal(other, bids, 3);
        _reveal(other, bids, 2);
        (address winner, uint96 price) = _close(id);
        (address otherWinner, uint96 otherPrice) = _close(other);
        assert(winner == otherWinner && price == otherPrice);
    }

    function _commitAll(Bids memory bids, IVickreyAuction.Direction direction) private returns (uint256 id) {
        vm.assume(bids.reserve != 0);
        vm.warp(OPENED);
        id = _auctions.open(
            ++_opened,
            IVickreyAuction.Terms({
                token: address(0),
                bond: 0,
                reserve: bids.reserve,
                commitEnds: OPENED + 1 days,
                revealEnds: OPENED + 2 days,
                winners: 1,
                direction: direction,
                gated: false,
                eligibility: IParticipantRegistry.Eligibility(address(0), 0, 0, 0),
                agreement: 0
            })
        );
        for (uint256 i; i < BIDS; ++i) {
            vm.warp(uint256(OPENED) + _time(bids, i));
            bytes32 sealedBid = _auctions.sealBid(id, _bidder(i), _price(bids, i), SALT);
            vm.prank(_bidder(i));
            _auctions.commit(id, sealedBid);
        }
    }

    function _reveal(uint256 id, Bids memory bids, uint256 i) private {
        vm.prank(_bidder(i));
        _auctions.reveal(id, _price(bids, i), SALT);
    }

    function _close(uint256 id) private returns (address winner, uint96 price) {
        vm.warp(OPENED + 2 days);
        address[] memory winners;
        (winners, price) = _auctions.close(id, 0);
        if (winners.length != 0) winner = winners[0];
    }

    /// @dev Within one second the hash decides, which differs between two auctions.
    function _assumeDistinctTimes(Bids memory bids) private pure {
        vm.assume(bids.at0 != bids.at1 && bids.at0 != bids.at2 && bids.at0 != bids.at3);
        vm.assume(bids.at1 != bids.at2 && bids.at1 != bids.at3 && bids.at2 != bids.at3);
    }

    function _time(Bids memory bids, uint256 i) private pure returns (uint16) {
        if (i == 0) return bids.at0;
        if (i == 1) return bids.at1;
        return i == 2 ? bids.at2 : bids.at3;
    }

    function _bidder(uint256 i) private pure returns (address) {
        return address(uint160(0xB1D0 + i));
    }

    function _price(Bids memory bids, uint256 i) private pure returns (uint96) {
        if (i == 0) return bids.price0;
        if (i == 1) return bids.price1;
        return i == 2 ? bids.price2 : bids.price3;
    }
}
