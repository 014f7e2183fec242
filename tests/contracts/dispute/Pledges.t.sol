// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {IDisputableMarket, Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPledges} from "../../../contracts/interfaces/IPledges.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice A breach of an agreement that a jury confirms costs the bond that the agreement names, and nothing else
/// does.
contract PledgesTest is DisputeFixture {
    uint96 private constant LICENCE_BOND = 200e18;
    uint32 private constant TERM = 365 days;

    bytes32 private _deal;
    address private _licensee;

    function setUp() public override {
        super.setUp();
        _enlist(9);
        _licensee = _register("licensee", IParticipantRegistry.Role.Customer);
        _fund(_licensee, paymentToken, FUNDS, address(pledges));
        vm.prank(customer); // sells licences
        _deal = pledges.drawUp("licence", address(paymentToken), LICENCE_BOND, TERM, 1);
    }

    function _pledge() private returns (uint256) {
        vm.prank(_licensee);
        return pledges.pledge(_deal);
    }

    function _accuse(uint256 id, address by) private returns (uint256 disputeId) {
        _fund(by, paymentToken, JURY_FEE, address(court));
        vm.prank(by);
        disputeId = disputes.open(pledges, id, IDisputes.Ground.Breach, "evidence");
    }

    /// @dev To the ruling that all jurors vote for; nobody appeals.
    function _ruleOn(uint256 disputeId, uint8 vote) private {
        _seatJury(disputeId);
        uint8[] memory votes = new uint8[](3);
        (votes[0], votes[1], votes[2]) = (vote, vote, vote);
        _ballot(disputeId, votes);
        for (uint256 i; i < 4 && !disputes.disputeOf(disputeId).resolved; ++i) {
            _pass(disputeId);
        }
    }

    function _assertState(uint256 id, IPledges.State state) private view {
        (IPledges.State now_,) = pledges.stateOf(id);
        assertEq(uint8(now_), uint8(state));
    }

    function _inHold(uint256 id) private view returns (uint256) {
        return escrow.held(address(pledges), address(paymentToken), bytes32(id));
    }

    /* BREACHES */

    function test_aConfirmedBreach_costsTheBond() public {
        uint256 id = _pledge();
        assertEq(_inHold(id), LICENCE_BOND);
        skip(100 days);
        uint256 before = _paid(customer);
        uint256 burnt = _burnt(paymentToken);
        _ruleOn(_accuse(id, customer), FOR_CUSTOMER);
        _assertState(id, IPledges.State.Forfeited);
        assertEq(_inHold(id), 0);
        assertEq(_paid(_licensee), FUNDS - LICENCE_BOND);
        assertApproxEqAbs(_paid(customer), before + JURY_FEE, 10, "its costs are made good");
        assertEq(_burnt(paymentToken) - burnt, LICENCE_BOND - JURY_FEE, "nobody gains");
        vm.expectRevert(abi.encodeWithSelector(IPledges.NotPledged.selector, _deal, _licensee));
        agreements.requireSigned(_deal, _licensee);
    }

    function test_aFalseAccusation_costsNothing() public {
        uint256 id = _pledge();
        (, uint40 until) = pledges.stateOf(id);
        _ruleOn(_accuse(id, customer), FOR_DEVELOPER);
        (IPledges.State state, uint40 deadline) = pledges.stateOf(id);
        assertEq(uint8(state), uint8(IPledges.State.Pledged));
        assertEq(deadline, until);
        assertEq(_inHold(id), LICENCE_BOND);
        vm.warp(until);
        pledges.release(id);
        assertEq(_paid(_licensee), FUNDS);
    }

    /// @dev At once, though it was made a moment ago.
    function test_forfeited_countsNoMore() public {
        uint256 id = _pledge();
        agreements.requireSigned(_deal, _licensee);
        _accuse(id, customer);
        vm.expectRevert(abi.encodeWithSelector(IPledges.NotPledged.selector, _deal, _licensee));
        agreements.requireSigned(_deal, _licensee); // nor while it is disputed
        vm.prank(address(disputes));
        pledges.resolve(id, Side.Customer, 0);
        _assertState(id, IPledges.State.Forfeited);
        vm.expectRevert(abi.encodeWithSelector(IPledges.NotPledged.selector, _deal, _licensee));
        agreements.requireSigned(_deal, _licensee);
    }

    /// @dev A licensee cannot get rid of its pledge by a dispute of its own: it can be accused again.
    function test_ownDispute_endsNothing() public {
        uint256 id = _pledge();
        _ruleOn(_accuse(id, _licensee), FOR_DEVELOPER);
        _assertState(id, IPledges.State.Pledged);
        _ruleOn(_accuse(id, customer), FOR_CUSTOMER);
        _assertState(id, IPledges.State.Forfeited);
    }

    /// @dev Nor by one at its very end, which outlasts it.
    function test_ownDispute_atTheEnd() public {
        uint256 id = _pledge();
        skip(TERM - 1);
        _ruleOn(_accuse(id, _licensee), FOR_DEVELOPER);
        (IPledges.State state, uint40 deadline) = pledges.stateOf(id);
        assertEq(uint8(state), uint8(IPledges.State.Pledged));
        assertEq(deadline, block.timestamp + times.challenge);
        _ruleOn(_accuse(id, customer), FOR_CUSTOMER);
        _assertState(id, IPledges.State.Forfeited);
    }

    /// @dev Nor does a beneficiary keep the bond by one dispute after the other: the first that outlasts the pledge
    /// leaves time for another one, and that is the last.
    function test_repeatedAccusations_comeToAnEnd() public {
        uint256 id = _pledge();
        skip(TERM - 1);
        _ruleOn(_accuse(id, customer), FOR_DEVELOPER);
        _ruleOn(_accuse(id, customer), FOR_DEVELOPER);
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        vm.prank(customer);
        disputes.open(pledges, id, IDisputes.Ground.Breach, "evidence");
        pledges.release(id);
        assertEq(_paid(_licensee), FUNDS);
    }

    /// @dev Whatever comes of its disputes but a breach. A renewal begins anew.
    function testFuzz_disputes_prolongAPledgeOnce(uint256 lasting, bool renewed) public {
        lasting = bound(lasting, 1, 60 days);
        uint256 id = _pledge();
        if (renewed) {
            _disputeAtTheEnd(id, lasting);
            _pledge();
        }
        _disputeAtTheEnd(id, lasting);
        (, uint40 deadline) = pledges.stateOf(id);
        assertEq(deadline, block.timestamp + times.challenge, "it can be contested once more");
        _disputeAtTheEnd(id, lasting);
        pledges.release(id);
        assertEq(_paid(_licensee), FUNDS);
    }

    function _disputeAtTheEnd(uint256 id, uint256 lasting) private {
        (, uint40 deadline) = pledges.stateOf(id);
        vm.warp(deadline - 1);
        vm.prank(address(disputes));
        pledges.contest(id, uint40(block.timestamp + lasting));
        skip(lasting);
        vm.prank(address(disputes));
        pledges.resolve(id, Side.None, 0);
    }

    /// @dev A court that does not rule leaves the bond where it is.
    function test_expiredDispute_endsNothing() public {
        uint256 id = _pledge();
        uint256 disputeId = _accuse(id, customer);
        vm.warp(disputes.disputeOf(disputeId).deadline);
        disputes.expire(disputeId);
        _assertState(id, IPledges.State.Pledged);
        assertEq(_inHold(id), LICENCE_BOND);
    }

    function test_onlyParties_accuse() public {
        uint256 id = _pledge();
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, rival));
        vm.prank(rival);
        disputes.open(pledges, id, IDisputes.Ground.Breach, "evidence");
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, customer));
        vm.prank(customer);
        pledges.contest(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputableMarket.NotDisputes.selector, customer));
        vm.prank(customer);
        pledges.resolve(id, Side.Customer, 0);
    }

    function test_noAccusation_afterTheEnd() public {
        uint256 id = _pledge();
        skip(TERM);
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        vm.prank(customer);
        disputes.open(pledges, id, IDisputes.Ground.Breach, "evidence");
        pledges.release(id);
        vm.expectPartialRevert(Deals.WrongState.selector);
        pledges.release(id);
    }

    function test_noRelease_whileItRunsOrIsDisputed() public {
        uint256 id = _pledge();
        vm.expectPartialRevert(Deals.NothingDue.selector);
        pledges.release(id);
        skip(TERM - 1);
        _accuse(id, customer);
        skip(1);
        vm.expectPartialRevert(Deals.WrongState.selector);
        pledges.release(id);
        vm.expectPartialRevert(Deals.WrongState.selector);
        _pledge();
    }

    /* WHAT REQUIRES A PLEDGE */

    function test_requiredLikeAnySignature() public {
        bytes memory missing = abi.encodeWithSelector(IPledges.NotPledged.selector, _deal, _licensee);
        vm.expectRevert(missing);
        agreements.requireSigned(_deal, _licensee);
        vm.prank(_licensee);
        agreements.sign(_deal); // a signature alone does not count
        vm.expectRevert(missing);
        agreements.requireSigned(_deal, _licensee);
        uint256 id = _pledge();
        agreements.requireSigned(_deal, _licensee);
        // Whoever buys later has to renew: its bond could be about to leave.
        skip(7 days);
        vm.expectRevert(missing);
        agreements.requireSigned(_deal, _licensee);
        assertEq(_pledge(), id, "the same bond");
        agreements.requireSigned(_deal, _licensee);
        assertEq(_paid(_licensee), FUNDS - LICENCE_BOND);
        (, uint40 until) = pledges.stateOf(id);
        assertEq(until, block.timestamp + TERM);
        skip(TERM);
        pledges.release(id);
        assertEq(_pledge(), id + 1, "a new one");
    }

    /// @dev An order can require it too: a developer bids only with the bond behind its word.
    function test_bid_needsThePledge() public {
        vm.prank(customer);
        uint256 id = market.openUnder(_request(), address(0), _deal);
        uint256 auctionId = lens.commission(id).auctionId;
        vm.expectRevert(abi.encodeWithSelector(IPledges.NotPledged.selector, _deal, developer));
        vm.prank(developer);
        auctions.commit(auctionId, bytes32(uint256(7)));
        _fund(developer, paymentToken, LICENCE_BOND, address(pledges));
        vm.prank(developer);
        pledges.pledge(_deal);
        vm.prank(developer);
        auctions.commit(auctionId, bytes32(uint256(7)));
    }

    /// @dev Nobody keeps another's agreement.
    function testFuzz_keep_isTheKeepersOwn(address keeper, bytes32 name) public {
        vm.assume(keeper != address(pledges));
        vm.prank(keeper);
        bytes32 kept = agreements.keep(name);
        assertNotEq(kept, _deal);
        assertEq(agreements.keeperOf(kept), keeper);
        assertEq(agreements.keeperOf(_deal), address(pledges));
        assertEq(agreements.keeperOf("plain text"), address(0));
    }

    /// @dev Each party has its own pledge of an agreement, and the last one is what counts.
    function test_pledges_areFoundByParty() public {
        assertEq(pledges.pledgeOf(_deal, _licensee), 0);
        uint256 id = _pledge();
        address other = _register("another licensee", IParticipantRegistry.Role.Customer);
        _fund(other, paymentToken, LICENCE_BOND, address(pledges));
        vm.prank(other);
        uint256 otherId = pledges.pledge(_deal);
        assertEq(pledges.pledgeOf(_deal, _licensee), id);
        assertEq(pledges.pledgeOf(_deal, other), otherId);
        assertEq(pledges.pledgeCount(), 2);
        assertEq(pledges.pledgeOf("another", other), 0);
        skip(TERM);
        pledges.release(id);
        assertEq(_pledge(), 3);
        assertEq(pledges.pledgeOf(_deal, _licensee), 3);
        assertEq(pledges.pledgeOf(_deal, other), otherId, "nobody renews another's");
    }

    /* DRAWING UP */

    function test_drawUp_checksEveryField() public {
        _expectInvalid(0, 1, TERM, 1, "text");
        _expectInvalid("text", 0, TERM, 1, "bond");
        _expectInvalid("text", 1, 30 days - 1, 1, "term");
        _expectInvalid("text", 1, 3 * 365 days + 1, 1, "term");
        _expectInvalid("text", 1, TERM, 0, "domain");
        vm.expectRevert(abi.encodeWithSelector(IPledges.OwnAgreement.selector, customer));
        vm.prank(customer);
        pledges.pledge(_deal);
        vm.expectRevert(abi.encodeWithSelector(IPledges.UnknownAgreement.selector, bytes32("no")));
        pledges.pledge("no");
        vm.expectRevert(abi.encodeWithSelector(IPledges.UnknownPledge.selector, 5));
        pledges.release(5);
    }

    function _expectInvalid(bytes32 text, uint96 bond, uint32 term, uint8 domain, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(IPledges.InvalidAgreement.selector, field));
        pledges.drawUp(text, address(paymentToken), bond, term, domain);
    }

    /// @dev The shortest and the longest term count; whoever reads the event can hold the agreement to it.
    function testFuzz_drawUp_saysWhatIsAgreed(uint96 bond, uint32 term, uint8 domain) public {
        bond = uint96(bound(bond, 1, type(uint96).max));
        domain = uint8(bound(domain, 1, 255));
        uint32[3] memory inside = [30 days, uint32(bound(term, 30 days, 3 * 365 days)), 3 * 365 days];
        for (uint256 i; i < 3; ++i) {
            IPledges.Terms memory terms =
                IPledges.Terms("text", rival, address(paymentToken), bond, inside[i], domain);
            bytes32 agreement = keccak256(abi.encode(pledges, keccak256(abi.encode(terms))));
            vm.expectEmit(address(pledges));
            emit IPledges.DrawnUp(agreement, "text", terms);
            vm.prank(rival);
            assertEq(pledges.drawUp("text", terms.token, bond, inside[i], domain), agreement);
            assertEq(abi.encode(pledges.termsOf(agreement)), abi.encode(terms));
        }
    }

    /// @dev An index follows pledges by their events.
    function test_pledges_areTold() public {
        vm.expectEmit(address(pledges));
        emit IPledges.Pledged(1, _deal, _licensee, uint40(block.timestamp + TERM));
        uint256 id = _pledge();
        skip(TERM);
        vm.expectEmit(address(pledges));
        emit IPledges.BondReturned(id);
        pledges.release(id);
        id = _pledge();
        _accuse(id, customer);
        vm.expectEmit(address(pledges));
        emit IPledges.BondForfeited(id, 7, LICENCE_BOND - 7);
        vm.prank(address(disputes));
        pledges.resolve(id, Side.Customer, 7);
    }

    /// @dev Terms cannot be changed under those who agreed: others are another agreement.
    function test_drawUp_isOneAgreement() public {
        vm.startPrank(customer);
        assertEq(pledges.drawUp("licence", address(paymentToken), LICENCE_BOND, TERM, 1), _deal);
        assertNotEq(pledges.drawUp("licence", address(paymentToken), 1, TERM, 1), _deal);
        vm.stopPrank();
        vm.prank(rival);
        assertNotEq(pledges.drawUp("licence", address(paymentToken), LICENCE_BOND, TERM, 1), _deal);
        assertEq(pledges.termsOf(_deal).beneficiary, customer);
    }
}
