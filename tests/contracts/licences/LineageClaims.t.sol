// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputableMarket, Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {ILineageClaims} from "../../../contracts/interfaces/ILineageClaims.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {LineageClaimsFixture} from "./LineageClaimsFixture.sol";

/// @notice Nothing is added to what a model owes but by its owner's word or a jury's ruling, and a false claim costs
/// its bond.
contract LineageClaimsTest is LineageClaimsFixture {
    uint256 private constant JURY_DUST = 2; // what three jurors leave of a fee
    bytes32 private constant OTHER = keccak256("another parent");

    /* RULINGS */

    function test_upheld_laterSalesPayTheParent_andEarlierBuyersNothing() public {
        _enlist(9);
        ILicences.Terms memory before = _terms(_offerOf(CHILD), third);
        uint256 earlier = _buy(childOffer, before, 1);
        ILicences.Sale memory sale = _bought(earlier, before, buyer, 1);
        _deliverSale(earlier, sale, _sale(earlier));
        uint256 id = _claim();
        _deny(id);
        uint256 had = _paid(customer);
        _judge(_contestClaim(id, customer), FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        _assertClaim(id, ILineageClaims.State.Upheld);
        assertEq(_inClaim(id), 0);
        assertApproxEqAbs(_paid(customer) - had, 2 * CLAIM_BOND, JURY_DUST, "both bonds");
        _assertOwes(CHILD, parentId, SHARE, FLOOR);

        had = _paid(customer);
        vm.warp(sale.at.deadline());
        _collectOne(earlier, sale, before);
        assertEq(_paid(customer), had, "what was sold before owes what it owed");
        // The old terms sell no more; the new ones pay the parent.
        ILicences.Order memory order = _order(childOffer, before, 1);
        vm.expectRevert(abi.encodeWithSelector(IGoods.RoyaltiesChanged.selector, CHILD, 1, 0));
        vm.prank(buyer);
        licences.buy(order);
        vm.prank(third);
        licences.change(childOffer, before, _offerOf(CHILD));
        ILicences.Terms memory t = _terms(_offerOf(CHILD), third);
        uint256 later = _buy(childOffer, t, 2);
        sale = _bought(later, t, buyer, 2);
        _deliverSale(later, sale, _sale(later));
        vm.warp(sale.at.deadline());
        _collectOne(later, sale, t);
        assertEq(_paid(customer) - had, 2 * PRICE * SHARE / 1e6, "the parent's share");
    }

    function test_refused_theBondIsWhosDenied() public {
        _enlist(9);
        uint256 id = _claim();
        _deny(id);
        (uint256 had, uint256 parents) = (_paid(third), _paid(customer));
        _judge(_contestClaim(id, customer), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        _assertClaim(id, ILineageClaims.State.Refused);
        assertEq(_paid(third) - had, 2 * CLAIM_BOND);
        assertApproxEqAbs(_paid(customer), parents, JURY_DUST);
        assertEq(_owedBy(CHILD).length, 0);
        assertEq(_inClaim(id), 0);
        _fund(customer, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.ClaimedBefore.selector, id));
        vm.prank(customer);
        lineageClaims.claim(MODEL, CHILD, "again");
    }

    /// @dev A jury can uphold what nobody has denied, and then no more than the claimant's own bond is there.
    function test_notDenied_isJudgedAllTheSame() public {
        _enlist(9);
        uint256 id = _claim();
        _toChallenged(id);
        uint256 had = _paid(customer);
        _judge(_contestClaim(id, customer), FOR_CUSTOMER, FOR_CUSTOMER, FOR_DEVELOPER);
        _assertClaim(id, ILineageClaims.State.Upheld);
        assertApproxEqAbs(_paid(customer) - had, CLAIM_BOND, JURY_DUST);
        _assertOwes(CHILD, parentId, SHARE, FLOOR);
    }

    /// @dev Whoever puts up nothing against a claim gains nothing by it.
    function test_notDenied_refused_burnsTheBond() public {
        _enlist(9);
        uint256 id = _claim();
        _toChallenged(id);
        uint256 disputeId = _contestClaim(id, customer);
        (uint256 had, uint256 burnt) = (_paid(third), _burnt(paymentToken));
        _judge(disputeId, FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        assertEq(_paid(third), had);
        assertEq(_burnt(paymentToken) - burnt, CLAIM_BOND);
        assertEq(_owedBy(CHILD).length, 0);
    }

    /// @dev A court that comes to no ruling costs nobody its bond, and the pair can be claimed again.
    function testFuzz_noRuling_givesTheBondsBack(bool denied) public {
        _enlist(9);
        uint256 id = _claim();
        uint256 had = _paid(third);
        if (denied) _deny(id);
        else _toChallenged(id);
        uint256 disputeId = _contestClaim(id, customer);
        vm.warp(disputes.disputeOf(disputeId).deadline);
        uint256 parents = _paid(customer);
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.ClaimUndecided(id);
        disputes.expire(disputeId);
        _assertClaim(id, ILineageClaims.State.Undecided);
        assertEq(_paid(customer) - parents, CLAIM_BOND);
        assertEq(_paid(third), denied ? had + CLAIM_BOND : had);
        assertEq(_inClaim(id), 0);
        assertEq(lineageClaims.openClaims(CHILD), 0);
        assertEq(lineageClaims.claimFor(CHILD, parentId), 0);
        assertEq(_claim(), id + 1, "again");
    }

    /* WITHOUT A JURY */

    function testFuzz_admitted_addsTheEdge_andGivesTheBondsBack(bool denied, bool late) public {
        uint256 id = _claim();
        uint256 had = _paid(third);
        if (denied) _deny(id);
        if (late) _toChallenged(id);
        uint256 parents = _paid(customer);
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.ClaimUpheld(id, true, SHARE, FLOOR, CLAIM_BOND);
        vm.prank(third);
        lineageClaims.admit(id);
        _assertClaim(id, ILineageClaims.State.Upheld);
        assertEq(_paid(customer) - parents, CLAIM_BOND);
        assertEq(_paid(third), denied ? had + CLAIM_BOND : had);
        _assertOwes(CHILD, parentId, SHARE, FLOOR);
        assertEq(lineageClaims.openClaims(CHILD), 0);
    }

    /// @dev A claim that nobody takes to a jury ends, whoever says so.
    function testFuzz_notPursued_isRefused(bool denied, address anyone) public {
        uint256 id = _claim();
        if (denied) _deny(id);
        else _toChallenged(id);
        (uint256 had, uint256 burnt) = (_paid(third), _burnt(paymentToken));
        uint40 deadline = lineageClaims.claimOf(id).deadline;
        assertEq(deadline, block.timestamp + times.challenge);
        vm.warp(deadline - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        lineageClaims.settle(id);
        vm.warp(deadline);
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.ClaimRefused(id, denied ? 2 * CLAIM_BOND : 0, denied ? 0 : CLAIM_BOND);
        vm.prank(anyone);
        lineageClaims.settle(id);
        _assertClaim(id, ILineageClaims.State.Refused);
        assertEq(_paid(third) - had, denied ? 2 * CLAIM_BOND : 0);
        assertEq(_burnt(paymentToken) - burnt, denied ? 0 : CLAIM_BOND);
        assertEq(_owedBy(CHILD).length, 0, "silence adds nothing");
        vm.expectPartialRevert(Deals.WrongState.selector);
        lineageClaims.settle(id);
    }

    function test_theOwnerHasItsTimeToAnswer() public {
        uint256 id = _claim();
        assertEq(lineageClaims.claimOf(id).deadline, block.timestamp + times.challenge);
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectPartialRevert(Deals.WrongState.selector);
        vm.prank(customer);
        disputes.open(lineageClaims, id, IDisputes.Ground.Breach, "evidence");
        vm.expectPartialRevert(Deals.WrongState.selector);
        lineageClaims.settle(id);
        _toChallenged(id);
        _fund(third, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.expectPartialRevert(Deals.WrongState.selector);
        vm.prank(third);
        lineageClaims.deny(id, "too late");
    }

    function test_noDispute_afterTheWindow() public {
        _enlist(9);
        uint256 id = _claim();
        _deny(id);
        vm.warp(lineageClaims.claimOf(id).deadline);
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        vm.prank(customer);
        disputes.open(lineageClaims, id, IDisputes.Ground.Breach, "evidence");
    }

    function test_noAnswer_onceAJuryHasIt() public {
        _enlist(9);
        uint256 id = _claim();
        _deny(id);
        _contestClaim(id, customer);
        vm.startPrank(third);
        vm.expectPartialRevert(Deals.WrongState.selector);
        lineageClaims.admit(id);
        vm.expectPartialRevert(Deals.WrongState.selector);
        lineageClaims.deny(id, "again");
        vm.stopPrank();
        vm.expectPartialRevert(Deals.WrongState.selector);
        lineageClaims.settle(id);
    }

    /* WHO MAY */

    function test_onlyTheOwnersAct() public {
        _fund(rival, paymentToken, 2 * CLAIM_BOND, address(lineageClaims));
        vm.startPrank(rival);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, CHILD, rival, third));
        lineageClaims.setTerms(CHILD, address(paymentToken), 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, rival, customer));
        lineageClaims.claim(MODEL, CHILD, "watermark");
        vm.stopPrank();
        uint256 id = _claim();
        vm.startPrank(rival);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, CHILD, rival, third));
        lineageClaims.deny(id, "evidence");
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, CHILD, rival, third));
        lineageClaims.admit(id);
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, rival));
        lineageClaims.contest(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, rival));
        lineageClaims.resolve(id, Side.Customer, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, rival));
        lineageClaims.resolve(id, Side.None, 0);
        vm.expectPartialRevert(bytes4(keccak256("AccessControlUnauthorizedAccount(address,bytes32)")));
        goods.addAncestor(CHILD, address(paymentToken), IGoods.Royalty(parentId, 1, 0));
        vm.stopPrank();
        _deny(id);
        assertTrue(lineageClaims.playsPart(id, customer));
        assertTrue(lineageClaims.playsPart(id, third));
        assertFalse(lineageClaims.playsPart(id, rival));
    }

    /// @dev Whoever has bought the model answers for it; whoever owned it when it was claimed is no party any more.
    function test_aNewOwnerAnswers() public {
        _enlist(9);
        uint256 id = _claim();
        uint256 tokenId = goods.goodOf(CHILD).tokenId;
        vm.prank(third);
        models.transferFrom(third, rival, tokenId);
        vm.startPrank(third);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, CHILD, third, rival));
        lineageClaims.admit(id);
        vm.stopPrank();
        _fund(rival, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.prank(rival);
        lineageClaims.deny(id, "evidence");
        uint256 had = _paid(rival);
        _judge(_contestClaim(id, rival), FOR_DEVELOPER, FOR_DEVELOPER, FOR_DEVELOPER);
        assertApproxEqAbs(_paid(rival) - had, 2 * CLAIM_BOND, JURY_FEE);
        assertFalse(lineageClaims.playsPart(id, third));
    }

    /* TERMS */

    function test_terms_areSetOnce() public {
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.TermsAlreadySet.selector, MODEL));
        vm.prank(customer);
        lineageClaims.setTerms(MODEL, address(paymentToken), 300_000, 0);
        ILineageClaims.Terms memory terms = lineageClaims.termsOf(MODEL);
        assertEq(terms.ppm, SHARE);
        assertEq(terms.floor, FLOOR);
        assertEq(terms.token, address(paymentToken));
    }

    function testFuzz_terms_withinTheCaps(uint32 ppm, uint96 floor) public {
        bool allowed = ppm <= 300_000 && (ppm != 0 || floor != 0);
        vm.startPrank(third);
        if (!allowed) {
            vm.expectRevert(abi.encodeWithSelector(ILineageClaims.InvalidTerms.selector, bytes32("share")));
            lineageClaims.setTerms(CHILD, address(paymentToken), ppm, floor);
            return;
        }
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.TermsSet(CHILD, third, address(paymentToken), ppm, floor);
        lineageClaims.setTerms(CHILD, address(paymentToken), ppm, floor);
        assertEq(lineageClaims.termsOf(CHILD).since, block.timestamp);
    }

    function test_terms_inATokenOfTheMarket() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, address(7)));
        vm.prank(third);
        lineageClaims.setTerms(CHILD, address(7), 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, bytes32("nothing")));
        lineageClaims.setTerms("nothing", address(paymentToken), 1, 0);
    }

    /// @dev Terms bind only whoever could know them.
    function test_whatWasListedBefore_owesNothing() public {
        vm.prank(third);
        lineageClaims.setTerms(CHILD, address(paymentToken), 1, 0);
        ILineageClaims.Terms memory terms = lineageClaims.termsOf(CHILD);
        uint40 listedAt = goods.goodOf(MODEL).listedAt;
        vm.expectRevert(
            abi.encodeWithSelector(ILineageClaims.ListedBefore.selector, CHILD, MODEL, listedAt, terms.since)
        );
        vm.prank(third);
        lineageClaims.claim(CHILD, MODEL, "watermark"); // nor can a child claim its own parent
    }

    /// @dev In the same block as the terms counts as before them.
    function test_whatWasListedInTheSameSecond_owesNothing() public {
        bytes32 twin = keccak256("a twin");
        _publishTested(rival, twin, none, noDerivations, _offerOf(twin));
        vm.startPrank(third);
        lineageClaims.setTerms(CHILD, address(paymentToken), 1, 0);
        vm.expectPartialRevert(ILineageClaims.ListedBefore.selector);
        lineageClaims.claim(CHILD, twin, "watermark");
        vm.stopPrank();
    }

    /* WHAT CAN BE CLAIMED */

    function test_claim_checksEverything() public {
        vm.startPrank(customer);
        vm.expectRevert(ILineageClaims.NoEvidence.selector);
        lineageClaims.claim(MODEL, CHILD, 0);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, bytes32("nothing")));
        lineageClaims.claim("nothing", CHILD, "watermark");
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, bytes32("nothing")));
        lineageClaims.claim(MODEL, "nothing", "watermark");
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.NoTerms.selector, CHILD));
        vm.prank(third);
        lineageClaims.claim(CHILD, MODEL, "watermark");
        uint256 id = _claim();
        vm.expectRevert(ILineageClaims.NoEvidence.selector);
        vm.prank(third);
        lineageClaims.deny(id, 0);
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.UnknownClaim.selector, id + 1));
        lineageClaims.settle(id + 1);
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.UnknownClaim.selector, 0));
        lineageClaims.claimOf(0);
    }

    function test_nobodyClaimsItsOwn() public {
        uint256 tokenId = goods.goodOf(CHILD).tokenId;
        vm.prank(third);
        models.transferFrom(third, customer, tokenId);
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.OwnModel.selector, CHILD, customer));
        vm.prank(customer);
        lineageClaims.claim(MODEL, CHILD, "watermark");
    }

    function test_whatIsOwedAlready_isNotClaimed() public {
        Licence memory licence = _licenceToDerive(MODEL, customer, rival, 0, 50_000, 0);
        bytes32 honest = keccak256("an honest child");
        _publishTested(rival, honest, _lineage(MODEL), _derivations(licence), _offerOf(honest));
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.AlreadyOwed.selector, honest, parentId));
        vm.prank(customer);
        lineageClaims.claim(MODEL, honest, "watermark");
    }

    /// @dev Nor twice by the new owner of the parent: a pair is two models.
    function test_aNewOwnerOfTheParent_cannotClaimAgain() public {
        uint256 id = _claim();
        vm.prank(customer);
        models.transferFrom(customer, rival, parentId);
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.ClaimedBefore.selector, id));
        vm.prank(rival);
        lineageClaims.claim(MODEL, CHILD, "watermark");
    }

    /* NOBODY IS STALLED */

    /// @dev While it is claimed, denied and disputed, the child sells on the terms that it had.
    function test_claims_stopNoSale() public {
        _enlist(9);
        ILicences.Terms memory t = _terms(_offerOf(CHILD), third);
        uint256 id = _claim();
        _buy(childOffer, t, 1);
        _deny(id);
        _buy(childOffer, t, 1);
        _contestClaim(id, customer);
        _buy(childOffer, t, 1);
    }

    /// @dev An accomplice's claim that is admitted cannot take the room of one that is open.
    function test_anAccomplice_doesNotFillTheRoom() public {
        _publishTested(rival, OTHER, none, noDerivations, _offerOf(OTHER));
        vm.prank(rival);
        lineageClaims.setTerms(OTHER, address(paymentToken), 300_000, 0);
        skip(1);
        bytes32 late = keccak256("listed late");
        _publishTested(third, late, none, noDerivations, _offerOf(late));
        _claimAs(customer, MODEL, late);
        uint256 accomplices = _claimAs(rival, OTHER, late);
        vm.expectRevert(abi.encodeWithSelector(ILineageClaims.OtherClaims.selector, late, 2));
        vm.prank(third);
        lineageClaims.admit(accomplices);
    }

    /// @dev The court's ruling goes through although the contract may add nothing any more: the money moves.
    function test_retired_theMoneyMovesAllTheSame() public {
        _enlist(9);
        uint256 id = _claim();
        _deny(id);
        uint256 disputeId = _contestClaim(id, customer);
        goods.revokeRole(goods.MODULE_ROLE(), address(lineageClaims));
        escrow.retire(address(lineageClaims));
        uint256 had = _paid(customer);
        _judge(disputeId, FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        assertApproxEqAbs(_paid(customer) - had, 2 * CLAIM_BOND, JURY_DUST);
        assertEq(_owedBy(CHILD).length, 0);
        assertEq(_inClaim(id), 0);
    }

    /* WHAT IS ADDED */

    /// @dev Whatever is added: ancestors that are there keep what they have, and the caps hold.
    function testFuzz_ancestors_areAddedWithinTheCaps(uint32[12] memory shares, uint96[12] memory floors)
        public
    {
        for (uint256 i; i < shares.length; ++i) {
            IGoods.Royalty[] memory before = _owedBy(CHILD);
            uint16 edition = goods.goodOf(CHILD).edition;
            uint32 ppm = uint32(bound(shares[i], 0, 120_000));
            uint48 tokenId = uint48(1000 + i);
            vm.prank(address(lineageClaims));
            IGoods.Royalty memory added =
                goods.addAncestor(CHILD, address(paymentToken), IGoods.Royalty(tokenId, ppm, floors[i]));
            IGoods.Royalty[] memory owed = _owedBy(CHILD);
            bool grown = added.ppm != 0 || added.floor != 0;
            assertEq(owed.length, before.length + (grown ? 1 : 0));
            assertEq(goods.goodOf(CHILD).edition, edition + (grown ? 1 : 0));
            assertLe(owed.length, 8);
            uint256 sum;
            for (uint256 j; j < owed.length; ++j) {
                sum += owed[j].ppm;
                if (j < before.length) assertEq(abi.encode(owed[j]), abi.encode(before[j]), "kept");
            }
            assertLe(sum, 300_000);
            uint256 room = before.length == 8 ? 0 : 300_000 - (sum - added.ppm);
            assertEq(added.ppm, ppm < room ? ppm : room, "all that there is room for");
            assertEq(added.floor, before.length == 8 ? 0 : floors[i]);
            assertEq(added.tokenId, tokenId);
        }
    }

    /// @dev Floors are in one token: a floor in another one is left out, the share is not.
    function test_aFloorInAnotherToken_isLeftOut() public {
        vm.startPrank(address(lineageClaims));
        goods.addAncestor(CHILD, address(paymentToken), IGoods.Royalty(1, 10, 0));
        (, address token,) = goods.royaltiesOf(CHILD);
        assertEq(token, address(0), "no floor, no token");
        goods.addAncestor(CHILD, address(paymentToken), IGoods.Royalty(2, 10, 5));
        vm.expectEmit(address(goods));
        emit IGoods.AncestorAdded(CHILD, 3, address(paymentToken), IGoods.Royalty(3, 10, 0));
        goods.addAncestor(CHILD, address(stakingToken), IGoods.Royalty(3, 10, 5));
        goods.addAncestor(CHILD, address(stakingToken), IGoods.Royalty(4, 0, 5)); // nothing
        vm.stopPrank();
        (, token,) = goods.royaltiesOf(CHILD);
        assertEq(token, address(paymentToken));
        assertEq(_owedBy(CHILD).length, 3);
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, bytes32("nothing")));
        vm.prank(address(lineageClaims));
        goods.addAncestor("nothing", address(paymentToken), IGoods.Royalty(1, 1, 0));
    }

    /// @dev What is derived from the child afterwards owes the grandparent too; what was derived before does not.
    function test_descendants_oweWhatTheChildOwedWhenTheyWereListed() public {
        Licence memory licence = _licenceToDerive(CHILD, third, rival, 0, 50_000, 0);
        (bytes32 early, bytes32 late) = (keccak256("early"), keccak256("late"));
        _publishTested(rival, early, _lineage(CHILD), _derivations(licence), _offerOf(early));
        uint256 id = _claim();
        vm.prank(third);
        lineageClaims.admit(id);
        ILicences.Offer memory o = _offerOf(late);
        _publishTested(rival, late, _lineage(CHILD), _derivations(licence), o);
        assertEq(_owedBy(early).length, 1);
        IGoods.Royalty[] memory owed = _owedBy(late);
        assertEq(owed.length, 2);
        assertEq(owed[0].tokenId, parentId);
        assertEq(owed[0].ppm, SHARE);
    }

    /* EVENTS AND VIEWS */

    function test_claims_areTold() public {
        _fund(customer, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.LineageClaimed(
            1, MODEL, CHILD, customer, third, "watermark", address(paymentToken), CLAIM_BOND
        );
        vm.prank(customer);
        lineageClaims.claim(MODEL, CHILD, "watermark");
        ILineageClaims.ClaimView memory c = lineageClaims.claimOf(1);
        assertEq(c.claimant, customer);
        assertEq(c.respondent, third);
        assertEq(c.bond, CLAIM_BOND);
        assertFalse(c.denied);
        _fund(third, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.expectEmit(address(lineageClaims));
        emit ILineageClaims.ClaimDenied(1, third, "scratch");
        vm.prank(third);
        lineageClaims.deny(1, "scratch");
        assertTrue(lineageClaims.claimOf(1).denied);
        assertEq(_inClaim(1), 2 * CLAIM_BOND);
        IDisputableMarket.DealView memory deal = lineageClaims.dealOf(1);
        assertEq(deal.customer, customer);
        assertEq(deal.developer, third);
        assertEq(deal.subject, CHILD);
        assertEq(deal.domain, 1);
        assertEq(deal.fee, JURY_FEE);
        assertEq(deal.openedAt, block.timestamp);
        assertEq(deal.arbitrator, address(0));
        assertEq(lineageClaims.claimCount(), 1);
        assertEq(lineageClaims.openClaims(CHILD), 1);
    }
}
