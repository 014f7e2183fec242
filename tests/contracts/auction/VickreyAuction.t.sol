// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {AuctionFixture} from "./AuctionFixture.sol";

contract VickreyAuctionTest is AuctionFixture {
    address internal alice;
    address internal bob;
    address internal carol;

    function setUp() public override {
        super.setUp();
        (alice, bob, carol) = (_bidder("alice"), _bidder("bob"), _bidder("carol"));
    }

    /* OPEN */

    function test_open_isReadable() public {
        IVickreyAuction.Terms memory terms = _terms();
        vm.expectEmit(address(auctions));
        emit IVickreyAuction.AuctionOpened(_idOf(1), address(this), terms);
        uint256 id = _open(terms);
        assertEq(id, _idOf(1));
        IVickreyAuction.Auction memory opened = auctions.auction(id);
        assertEq(opened.opener, address(this));
        assertEq(opened.leader, address(0));
        assertEq(opened.price, RESERVE);
        assertFalse(opened.closed);
    }

    function test_open_refusesBadTerms() public {
        uint40 commitEnds = uint40(block.timestamp + 1 days);
        _refuses(0, commitEnds, commitEnds + 1 days, RESERVE);
        _refuses(auctions.MAX_WINNERS() + 1, commitEnds, commitEnds + 1 days, RESERVE);
        _refuses(1, commitEnds, commitEnds + 1 days, 0);
        _refuses(1, uint40(block.timestamp), commitEnds, RESERVE);
        _refuses(1, commitEnds, commitEnds + auctions.MIN_REVEAL_WINDOW() - 1, RESERVE);
        _refuses(1, commitEnds, commitEnds + auctions.MAX_REVEAL_WINDOW() + 1, RESERVE);
        uint40 late = uint40(block.timestamp) + auctions.MAX_COMMIT_WINDOW() + 1;
        _refuses(1, late, late + 1 days, RESERVE);
    }

    function _refuses(uint8 winners, uint40 commitEnds, uint40 revealEnds, uint96 reserve) private {
        IVickreyAuction.Terms memory terms = _terms();
        (terms.winners, terms.commitEnds, terms.revealEnds) = (winners, commitEnds, revealEnds);
        terms.reserve = reserve;
        vm.expectRevert(
            abi.encodeWithSelector(IVickreyAuction.InvalidTerms.selector, commitEnds, revealEnds, winners)
        );
        _open(terms);
    }

    function test_unknownAuction() public {
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.UnknownAuction.selector, 7));
        auctions.auction(7);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.CommitEnded.selector, 7, 0));
        auctions.commit(7, SALT);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.RevealNotOpen.selector, 7, 0, 0));
        auctions.reveal(7, 1, SALT);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NotOpener.selector, 7, address(this)));
        auctions.close(7, BONDS);
    }

    /* COMMIT */

    function test_commit_takesTheBond() public {
        uint256 id = _open(_terms());
        bytes32 sealedBid = auctions.sealBid(id, alice, 700e18, SALT);
        vm.expectEmit(address(auctions));
        emit IVickreyAuction.BidCommitted(id, alice, sealedBid);
        _bid(id, alice, 700e18);
        assertEq(_held(id), BOND);
        assertEq(_balance(alice, paymentToken), 0);
        (uint40 committedAt, bool revealed) = auctions.bidOf(id, alice);
        assertEq(committedAt, block.timestamp);
        assertFalse(revealed);
    }

    function test_commit_onceOnly() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AlreadyCommitted.selector, id, alice));
        vm.prank(alice);
        auctions.commit(id, SALT);
    }

    function test_commit_neverEmptyNorLate() public {
        uint256 id = _open(_terms());
        // Only the low 208 bits are kept.
        vm.expectRevert(IVickreyAuction.EmptySeal.selector);
        vm.prank(alice);
        auctions.commit(id, bytes32(uint256(1) << 208));
        _toReveal(id);
        vm.expectRevert(
            abi.encodeWithSelector(IVickreyAuction.CommitEnded.selector, id, uint40(block.timestamp))
        );
        vm.prank(alice);
        auctions.commit(id, SALT);
    }

    function test_commit_needsBondAndApproval() public {
        uint256 id = _open(_terms());
        address poor = makeAddr("poor");
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.OperatorNotApproved.selector, poor, address(auctions), address(paymentToken)
            )
        );
        vm.prank(poor);
        auctions.commit(id, SALT);
        (uint40 committedAt,) = auctions.bidOf(id, poor);
        assertEq(committedAt, 0);
    }

    function test_commit_asksTheGate() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.gated = true;
        uint256 id = _open(terms);
        _refused[bob] = true;
        _bid(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(Refused.selector, bob));
        vm.prank(bob);
        auctions.commit(id, SALT);
    }

    /// @dev A gate is asked by a static call, so it can change nothing, least of all somebody's bid.
    function test_commit_hostileGateHarmsItsOwnAuctionOnly() public {
        HostileOpener hostile = new HostileOpener();
        IVickreyAuction.Terms memory terms = _terms();
        (terms.gated, terms.bond) = (true, 0);
        uint256 id = hostile.open(auctions, terms);
        vm.expectRevert();
        vm.prank(alice);
        auctions.commit{gas: 1_000_000}(id, SALT);
        _bid(_open(_terms()), alice, 700e18);
    }

    /* REVEAL */

    function test_reveal_outsideItsTime() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        IVickreyAuction.Auction memory opened = auctions.auction(id);
        bytes memory closed = abi.encodeWithSelector(
            IVickreyAuction.RevealNotOpen.selector, id, opened.commitEnds, opened.revealEnds
        );
        vm.expectRevert(closed);
        _reveal(id, alice, 700e18);
        _toClose(id);
        vm.expectRevert(closed);
        _reveal(id, alice, 700e18);
    }

    function test_reveal_needsItsOwnCommit() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _toReveal(id);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, id, bob));
        _reveal(id, bob, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.SealMismatch.selector, id, alice));
        _reveal(id, alice, 700e18 - 1);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.SealMismatch.selector, id, alice));
        vm.prank(alice);
        auctions.reveal(id, 700e18, keccak256("another salt"));
    }

    /// @dev Who copies a commit cannot open it: the bidder's address is inside.
    function test_reveal_copiedCommitDoesNotOpen() public {
        uint256 id = _open(_terms());
        bytes32 sealedBid = auctions.sealBid(id, alice, 700e18, SALT);
        vm.prank(alice);
        auctions.commit(id, sealedBid);
        vm.prank(bob);
        auctions.commit(id, sealedBid);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.SealMismatch.selector, id, bob));
        _reveal(id, bob, 700e18);
    }

    /// @dev Nor does a seal open in another auction, on another contract or another chain.
    function test_sealBid_bindsEverything() public {
        bytes32 sealedBid = auctions.sealBid(1, alice, 700e18, SALT);
        assertEq(
            sealedBid,
            keccak256(abi.encode(block.chainid, address(auctions), uint256(1), alice, uint256(700e18), SALT))
        );
        assertNotEq(sealedBid, auctions.sealBid(2, alice, 700e18, SALT));
        vm.chainId(5);
        assertNotEq(sealedBid, auctions.sealBid(1, alice, 700e18, SALT));
    }

    function test_reveal_twice() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 800e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, id, alice));
        _reveal(id, alice, 700e18);
        _reveal(id, bob, 800e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, id, bob));
        _reveal(id, bob, 800e18);
        assertEq(_balance(bob, paymentToken), BOND);
    }

    function test_reveal_loserGetsItsBondAtOnceAndSetsThePrice() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 800e18);
        _toReveal(id);
        vm.expectEmit(address(auctions));
        emit IVickreyAuction.BidRevealed(id, alice, 700e18, true);
        _reveal(id, alice, 700e18);
        assertEq(auctions.auction(id).price, RESERVE);
        vm.expectEmit(address(auctions));
        emit IVickreyAuction.BidRevealed(id, bob, 800e18, false);
        _reveal(id, bob, 800e18);
        assertEq(_balance(bob, paymentToken), BOND);
        assertEq(auctions.auction(id).price, 800e18);
        assertEq(auctions.auction(id).leader, alice);
        (uint40 committedAt,) = auctions.bidOf(id, bob);
        assertEq(committedAt, 0);
    }

    function test_reveal_beyondTheReserveLoses() public {
        uint256 id = _open(_terms());
        _bid(id, alice, RESERVE + 1);
        _bid(id, bob, RESERVE);
        _toReveal(id);
        _reveal(id, alice, RESERVE + 1);
        assertEq(auctions.auction(id).leader, address(0));
        assertEq(_balance(alice, paymentToken), BOND);
        _reveal(id, bob, RESERVE);
        assertEq(auctions.auction(id).leader, bob);
        assertEq(auctions.auction(id).price, RESERVE);
    }

    function test_reveal_saleSellsToTheHighest() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.direction = IVickreyAuction.Direction.Sale;
        uint256 id = _open(terms);
        _bid(id, alice, RESERVE + 5);
        _bid(id, bob, RESERVE + 9);
        _bid(id, carol, RESERVE - 1);
        _toReveal(id);
        _reveal(id, carol, RESERVE - 1);
        _reveal(id, alice, RESERVE + 5);
        _reveal(id, bob, RESERVE + 9);
        _toClose(id);
        (address[] memory winners, uint96 price) = auctions.close(id, BONDS);
        assertEq(winners[0], bob);
        assertEq(price, RESERVE + 5);
    }

    function test_reveal_tieGoesToTheEarlierCommit() public {
        uint256 id = _open(_terms());
        _bid(id, bob, 700e18);
        skip(1);
        _bid(id, alice, 700e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _reveal(id, bob, 700e18);
        assertEq(auctions.auction(id).leader, bob);
        assertEq(auctions.auction(id).price, 700e18);
    }

    function test_reveal_tieWithinASecondGoesToTheLowerHash() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 700e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _reveal(id, bob, 700e18);
        bool aliceLower = uint208(uint256(auctions.sealBid(id, alice, 700e18, SALT)))
            < uint208(uint256(auctions.sealBid(id, bob, 700e18, SALT)));
        assertEq(auctions.auction(id).leader, aliceLower ? alice : bob);
    }

    /* RECLAIM */

    function test_reclaim_overtakenLeaderOnly() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 600e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, alice));
        auctions.reclaim(id, alice);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, bob));
        auctions.reclaim(id, bob);
        _reveal(id, bob, 600e18);

        vm.expectEmit(address(auctions));
        emit IVickreyAuction.BondReclaimed(id, alice);
        vm.prank(carol); // anyone
        auctions.reclaim(id, alice);
        assertEq(_balance(alice, paymentToken), BOND);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, alice));
        auctions.reclaim(id, alice);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, bob));
        auctions.reclaim(id, bob);
    }

    function test_reclaim_stillPossibleAfterTheClose() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 600e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _reveal(id, bob, 600e18);
        _toClose(id);
        auctions.close(id, BONDS);
        assertEq(_held(id), BOND);
        auctions.reclaim(id, alice);
        assertEq(_held(id), 0);
        assertEq(_balance(alice, paymentToken), BOND);
    }

    function test_reclaim_nothingWithoutABond() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        uint256 id = _open(terms);
        _bid(id, alice, 700e18);
        _bid(id, bob, 600e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _reveal(id, bob, 600e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, alice));
        auctions.reclaim(id, alice);
        _toClose(id);
        vm.expectEmit(address(auctions));
        address[] memory winners = new address[](1);
        winners[0] = bob;
        emit IVickreyAuction.AuctionClosed(id, winners, 700e18, 0);
        auctions.close(id, 0);
    }

    /* CLOSE */

    function test_close_movesTheWinnersBondAndBurnsTheUnrevealed() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 800e18);
        _bid(id, carol, 500e18); // never revealed
        _toReveal(id);
        _reveal(id, bob, 800e18);
        _reveal(id, alice, 700e18);
        _toClose(id);
        address[] memory expected = new address[](1);
        expected[0] = alice;
        vm.expectEmit(address(auctions));
        emit IVickreyAuction.AuctionClosed(id, expected, 800e18, BOND);
        (address[] memory winners, uint96 price) = auctions.close(id, BONDS);
        assertEq(winners, expected);
        assertEq(price, 800e18);
        assertEq(_bondsWon(), BOND);
        assertEq(_burnt(paymentToken), BOND);
        assertEq(_held(id), BOND); // bob's, overtaken
    }

    function test_close_withoutBids() public {
        uint256 id = _open(_terms());
        _toClose(id);
        (address[] memory winners, uint96 price) = auctions.close(id, BONDS);
        assertEq(winners.length, 0);
        assertEq(price, RESERVE);
        assertTrue(auctions.auction(id).closed);
    }

    function test_close_openerOnceAndInTime() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NotOpener.selector, id, bob));
        vm.prank(bob);
        auctions.close(id, BONDS);
        uint40 ends = auctions.auction(id).revealEnds;
        vm.warp(ends - 1);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.RevealNotEnded.selector, id, ends));
        auctions.close(id, BONDS);
        vm.warp(ends);
        auctions.close(id, BONDS);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AlreadyClosed.selector, id));
        auctions.close(id, BONDS);
    }

    /// @dev What an unrevealed bond costs nobody earns, the auctioneer least of all.
    function test_close_shillLosesItsBondAndMovesNoPrice() public {
        uint256 id = _open(_terms());
        _bid(id, alice, 700e18);
        _bid(id, bob, 1); // the shill
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _toClose(id);
        (, uint96 price) = auctions.close(id, BONDS);
        assertEq(price, RESERVE);
        assertEq(_burnt(paymentToken), BOND);
        assertEq(_balance(address(this), paymentToken), 0);
    }
}

/// @notice Opens auctions and burns all gas when asked about a bidder.
contract HostileOpener {
    function open(IVickreyAuction auctions, IVickreyAuction.Terms calldata terms) external returns (uint256) {
        return auctions.open(1, terms);
    }

    function requireEligible(uint256 auctionId, address) external {
        while (true) {
            IVickreyAuction(msg.sender).close(auctionId, 0);
        }
    }
}
