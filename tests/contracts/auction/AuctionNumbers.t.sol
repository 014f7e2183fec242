// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

/// @notice An auction's number is its opener's own: used once, and nobody else can take it first.
contract AuctionNumbersTest is AuctionFixture {
    function testFuzz_aNumberIsUsedOnce(uint96 number) public {
        IVickreyAuction.Terms memory terms = _terms();
        uint256 id = auctions.open(number, terms);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AuctionExists.selector, id));
        auctions.open(number, terms);
    }

    /// @dev Not even when the first has ended.
    function testFuzz_aNumberIsNotUsedAgain(uint96 number) public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        uint256 id = auctions.open(number, terms);
        vm.warp(terms.revealEnds);
        auctions.close(id, BONDS);
        (terms.commitEnds, terms.revealEnds) = (terms.commitEnds + 7 days, terms.revealEnds + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AuctionExists.selector, id));
        auctions.open(number, terms);
    }

    function testFuzz_othersNumbersAreOthers(address other, uint96 number) public {
        vm.assume(other != address(this) && other != address(0));
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        vm.prank(other);
        uint256 theirs = auctions.open(number, terms);
        uint256 ours = auctions.open(number, terms);
        assertTrue(theirs != ours);
        assertEq(auctions.auction(theirs).opener, other);
        assertEq(auctions.auction(ours).opener, address(this));
        vm.warp(terms.revealEnds);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NotOpener.selector, theirs, address(this)));
        auctions.close(theirs, BONDS);
    }
}
