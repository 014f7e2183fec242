// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
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
        assertEq(opened.token, address(paymentToken));
        assertEq(opened.bond, BOND);
        assertEq(opened.commitEnds, terms.commitEnds);
        assertEq(opened.revealEnds, terms.revealEnds);
        assertEq(opened.winners, 1);
        assertEq(opened.leadingPrice, RESERVE);
        assertEq(opened.leader, address(0));
        assertEq(opened.price, RESERVE);
        assertFalse(opened.closed);
    }

    /// @dev All that an opener can choose reads back, in its bounds.
    function testFuzz_open_isReadable(
        uint96 number,
        uint96 bond,
        uint8 winners,
        uint40[2] memory windows,
        bool[2] memory choices,
        IParticipantRegistry.Eligibility memory rule,
        bytes32 agreement
    ) public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.agreement = agreement;
        (terms.bond, terms.gated, terms.eligibility) = (bond, choices[0], rule);
        if (choices[1]) terms.direction = IVickreyAuction.Direction.Sale;
        terms.winners = uint8(bound(winners, 1, auctions.MAX_WINNERS()));
        terms.commitEnds = uint40(block.timestamp + bound(windows[0], 1, auctions.MAX_COMMIT_WINDOW()));
        terms.revealEnds = uint40(
            terms.commitEnds + bound(windows[1], auctions.MIN_REVEAL_WINDOW(), auctions.MAX_REVEAL_WINDOW())
        );
        uint256 id = auctions.open(number, terms);
        IVickreyAuction.Auction memory a = auctions.auction(id);
        assertEq(a.bond, terms.bond);
        assertEq(a.commitEnds, terms.commitEnds);
        assertEq(a.revealEnds, terms.revealEnds);
        assertEq(a.winners, terms.winners);
        assertEq(uint8(a.direction), uint8(terms.direction));
        assertEq(a.gated, terms.gated);
        assertEq(abi.encode(a.eligibility), abi.encode(terms.eligibility));
        assertEq(a.agreement, agreement);
        assertEq(a.price, terms.reserve);
        assertEq(a.leadingPrice, terms.reserve);
    }

    /// @dev A number is its opener's, once: nobody else can take it, and it names nobody else's auction.
    function testFuzz_open_numbersAreTheOpeners(uint96 number, address other) public {
        vm.assume(other != address(this));
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        vm.prank(other);
        uint256 theirs = auctions.open(number, terms);
        uint256 id = auctions.open(number, terms);
        assertNotEq(theirs, id);
        assertEq(auctions.auction(theirs).opener, other);
        assertEq(auctions.auction(id).opener, address(this));
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AuctionExists.selector, id));
        auctions.open(number, terms);
        _toClose(id);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NotOpener.selector, theirs, address(this)));
        auctions.close(theirs, 0);
        auctions.close(id, 0);
        terms = _terms();
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.AuctionExists.selector, id));
        auctions.open(number, terms);
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

    function test_open_longestWindows() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.commitEnds = uint40(block.timestamp) + auctions.MAX_COMMIT_WINDOW();
        terms.revealEnds = terms.commitEnds + auctions.MAX_REVEAL_WINDOW();
        assertEq(auctions.auction(_open(terms)).revealEnds, terms.revealEnds);
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
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.UnknownAuction.selector, _idOf(7)));
        auctions.close(_idOf(7), BONDS);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, 7, alice));
        auctions.reclaim(7, alice);
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

    /// @dev Only who has signed the text that the auction names can bid, and need not have signed any other.
    function testFuzz_commit_asksForTheAgreement(bytes32 text, bytes32 other, bool gated) public {
        vm.assume(text != 0 && other != 0 && text != other);
        IVickreyAuction.Terms memory terms = _terms();
        (terms.agreement, terms.gated) = (text, gated);
        uint256 id = _open(terms);
        vm.startPrank(bob);
        agreements.sign(other);
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotSigned.selector, text, bob));
        auctions.commit(id, SALT);
        agreements.sign(text);
        auctions.commit(id, SALT);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotSigned.selector, text, alice));
        vm.prank(alice);
        auctions.commit(id, SALT);
        assertEq(escrow.held(address(auctions), address(paymentToken), bytes32(id)), BOND);
    }

    /// @dev The auction itself asks the registry, by the rule of its terms, where that names a domain.
    function test_commit_asksTheRegistry() public {
        address developer = _register("developer", IParticipantRegistry.Role.Developer);
        address seller = _register("customer", IParticipantRegistry.Role.Customer);
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        terms.eligibility = IParticipantRegistry.Eligibility(seller, 0, 1, 0);
        uint256 id = _open(terms);
        _expectRefused(id, alice, IParticipantRegistry.RoleRequired.selector);
        _bid(id, developer, 700e18);

        terms.eligibility.domain = 2;
        _expectRefused(_open(terms), developer, IParticipantRegistry.OutsideDomain.selector);
        (terms.eligibility.domain, terms.eligibility.customer) = (1, developer);
        _expectRefused(_open(terms), developer, IParticipantRegistry.OwnCommission.selector);
        vm.prank(developer);
        registry.declareTie(seller, uint40(block.timestamp + 1));
        terms.eligibility.customer = seller;
        _expectRefused(_open(terms), developer, IParticipantRegistry.TiedToCustomer.selector);
    }

    /// @dev Jurisdiction 1 is the bidder's. Nothing is asked where no domain is named.
    function testFuzz_commit_blockedJurisdictions(uint256 blocked, bool named) public {
        address developer = _register("developer", IParticipantRegistry.Role.Developer);
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        terms.eligibility = IParticipantRegistry.Eligibility(address(1), 0, named ? 1 : 0, blocked);
        uint256 id = _open(terms);
        if (named && blocked >> 1 & 1 != 0) {
            _expectRefused(id, developer, IParticipantRegistry.JurisdictionBlocked.selector);
        } else {
            _bid(id, developer, 700e18);
        }
    }

    /// @dev Where both are to be asked, either can refuse.
    function test_commit_asksRegistryAndGate() public {
        address developer = _register("developer", IParticipantRegistry.Role.Developer);
        IVickreyAuction.Terms memory terms = _terms();
        (terms.bond, terms.gated) = (0, true);
        terms.eligibility = IParticipantRegistry.Eligibility(address(1), 0, 1, 0);
        uint256 id = _open(terms);
        _expectRefused(id, alice, IParticipantRegistry.RoleRequired.selector);
        _refused[developer] = true;
        _expectRefused(id, developer, Refused.selector);
        _refused[developer] = false;
        _bid(id, developer, 700e18);
    }

    function _expectRefused(uint256 id, address bidder, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        vm.prank(bidder);
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

    /// @dev Nobody reveals twice, whoever leads by then: no price moves, no bond goes out, no event tells of it.
    function testFuzz_reveal_twice(uint96[3] memory prices, bool bonded, bool sale, uint8 k, uint8 again)
        public
    {
        IVickreyAuction.Terms memory terms = _terms();
        (terms.bond, terms.winners) = (bonded ? BOND : 0, uint8(bound(k, 1, 3)));
        if (sale) terms.direction = IVickreyAuction.Direction.Sale;
        uint256 id = _open(terms);
        address[3] memory bidders = [alice, bob, carol];
        for (uint256 i; i < 3; ++i) {
            prices[i] = uint96(bound(prices[i], RESERVE - 2, RESERVE + 2));
            _bid(id, bidders[i], prices[i]);
        }
        _toReveal(id);
        for (uint256 i; i < 3; ++i) {
            _reveal(id, bidders[i], prices[i]);
            uint256 who = again % (i + 1);
            bytes memory before = abi.encode(auctions.auction(id), _held(id));
            bytes memory refusal =
                abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, id, bidders[who]);
            vm.expectRevert(refusal);
            _reveal(id, bidders[who], prices[who]);
            assertEq(abi.encode(auctions.auction(id), _held(id)), before);
        }
    }

    /// @dev Without a bond an overtaken bid is gone, as a losing one is: nothing is left to reveal or to reclaim.
    function test_reveal_bareBidsLeaveNothingBehind() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        uint256 id = _open(terms);
        _bid(id, alice, 700e18);
        _bid(id, bob, 600e18);
        _bid(id, carol, 650e18);
        _toReveal(id);
        _reveal(id, alice, 700e18);
        _assertBid(id, alice, true, true);
        _reveal(id, bob, 600e18);
        _assertBid(id, alice, false, false);
        _assertBid(id, bob, true, true);
        _assertBid(id, carol, true, false);
        _reveal(id, carol, 650e18);
        _assertBid(id, carol, false, false);
        assertEq(auctions.auction(id).price, 650e18);
    }

    function _assertBid(uint256 id, address bidder, bool there, bool revealed_) private view {
        (uint40 committedAt, bool revealed) = auctions.bidOf(id, bidder);
        assertEq(committedAt != 0, there);
        assertEq(revealed, revealed_);
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

    /// @dev Every one of several winners, not only the weakest, leaves its bond until the close.
    function test_reclaim_noneOfTheWinners() public {
        IVickreyAuction.Terms memory terms = _terms();
        terms.winners = 3;
        uint256 id = _open(terms);
        address[4] memory bidders = [alice, bob, carol, _bidder("dora")];
        uint96[4] memory prices = [uint96(700e18), 600e18, 500e18, 400e18];
        for (uint256 i; i < bidders.length; ++i) {
            _bid(id, bidders[i], prices[i]);
        }
        _toReveal(id);
        for (uint256 i; i < bidders.length; ++i) {
            _reveal(id, bidders[i], prices[i]);
        }
        for (uint256 i = 1; i < bidders.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReclaim.selector, id, bidders[i]));
            auctions.reclaim(id, bidders[i]);
        }
        auctions.reclaim(id, alice);
        assertEq(_balance(alice, paymentToken), BOND);
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

    /// @dev An opener without a gate, which could not answer, is not asked.
    function testFuzz_commit_anOpenerWithoutAGateIsNotAsked(address opener) public {
        vm.assume(opener.code.length == 0);
        IVickreyAuction.Terms memory terms = _terms();
        terms.bond = 0;
        vm.prank(opener);
        uint256 id = auctions.open(1, terms);
        _bid(id, makeAddr("alice"), 700e18);
        (uint40 committedAt,) = auctions.bidOf(id, makeAddr("alice"));
        assertEq(committedAt, block.timestamp);
    }

    /// @dev While nobody leads, nobody has revealed: the zero address neither.
    function test_bidOf_nobody() public {
        uint256 id = _open(_terms());
        (uint40 committedAt, bool revealed) = auctions.bidOf(id, address(0));
        assertEq(committedAt, 0);
        assertFalse(revealed);
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
