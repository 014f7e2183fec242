// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "../../../contracts/interfaces/Artifact.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IDisputableMarket} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOpinions} from "../../../contracts/interfaces/IOpinions.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Deals} from "../../../contracts/kernel/Deals.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Opinions by auditors of one's own choice: paid whatever they say, and none by somebody with a conflict.
contract OpinionsTest is CommissionFixture {
    uint96 private constant PRICE = 60e18;
    uint32 private constant WINDOW = 5 days;

    uint256 private dealId;
    address private auditor;

    function setUp() public override {
        super.setUp();
        dealId = _toChallenge();
        auditor = auditors[0];
        _fund(customer, paymentToken, FUNDS, address(opinions));
        _fund(developer, paymentToken, BOND, address(auctions)); // for another deal
        _fund(rival, paymentToken, BOND, address(auctions));
    }

    /* THE WORK AND ITS FEE */

    /// @dev The fee is the auditor's for what it says, whatever that is, once.
    function testFuzz_post_isPaidWhateverItSays(bool approve, uint96 fee, bytes32 report) public {
        fee = uint96(bound(fee, 0, FUNDS));
        vm.assume(report != 0);
        uint256 id = _accepted(fee);
        uint256 before = _paid(customer);
        vm.expectEmit();
        emit IOpinions.OpinionPosted(
            id, "model", auditor, approve, report, uint40(block.timestamp + 365 days)
        );
        vm.prank(auditor);
        opinions.post(id, approve, report);

        IOpinions.Opinion memory said = opinions.opinion(id);
        assertEq(uint8(said.state), uint8(IOpinions.State.Posted));
        assertEq(said.approved, approve);
        assertEq(said.at, block.timestamp);
        assertEq(said.expires, block.timestamp + opinions.OPINION_LIFE());
        assertEq(_paid(auditor), fee);
        assertEq(_paid(customer), before, "the asker has nothing back");
        assertEq(_fees(id), 0);
        _assertEnded(id);
    }

    function testFuzz_ask_takesTheFee(uint96 fee) public {
        fee = uint96(bound(fee, 0, FUNDS));
        uint256 before = _paid(customer);
        uint256 id = _asked(fee);
        assertEq(_paid(customer), before - fee);
        assertEq(_fees(id), fee);
        assertEq(opinions.opinionCount(), id);
        IOpinions.Opinion memory asked = opinions.opinion(id);
        assertEq(asked.asker, customer);
        assertEq(asked.offer.subject, "model");
        assertEq(asked.at, 0);
    }

    function test_ask_byAnyoneWhoPays() public {
        address stranger = makeAddr("stranger");
        _fund(stranger, paymentToken, PRICE, address(opinions));
        vm.prank(stranger);
        opinions.ask(_offer(PRICE));
        vm.expectPartialRevert(IEscrow.InsufficientBalance.selector);
        vm.prank(stranger);
        opinions.ask(_offer(PRICE));
    }

    function test_ask_aboutADealOfAMarketThatExists() public {
        IOpinions.Offer memory offer = _offer(PRICE);
        offer.market = IDisputableMarket(address(this));
        escrow.retire(address(this));
        vm.expectRevert(abi.encodeWithSelector(IOpinions.UnknownMarket.selector, address(this)));
        opinions.ask(offer);
        offer = _offer(PRICE);
        offer.dealId = 99;
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.UnknownCommission.selector, 99));
        opinions.ask(offer);
    }

    function testFuzz_ask_aboutTheDealsModelOnly(bytes32 subject) public {
        vm.assume(subject != "model");
        IOpinions.Offer memory offer = _offer(PRICE);
        offer.subject = subject;
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotTheModel.selector, dealId, subject));
        opinions.ask(offer);
        offer.dealId = uint48(_toBuilding());
        offer.subject = 0;
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotTheModel.selector, offer.dealId, bytes32(0)));
        opinions.ask(offer);
    }

    function testFuzz_ask_withATimeThatCanBeKept(uint32 window) public {
        IOpinions.Offer memory offer = _offer(PRICE);
        offer.window = window;
        (uint32 min, uint32 max) = (opinions.MIN_WINDOW(), opinions.MAX_WINDOW());
        if (window < min || window > max) {
            vm.expectRevert(abi.encodeWithSelector(IOpinions.InvalidWindow.selector, window, min, max));
        }
        vm.prank(customer);
        opinions.ask(offer);
    }

    /* THE AUDITOR'S PART */

    function test_accept_theNamedAuditorOnceOnly() public {
        uint256 id = _asked(PRICE);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotNamed.selector, id, auditors[1]));
        vm.prank(auditors[1]);
        opinions.accept(id);
        vm.expectEmit();
        emit IOpinions.OpinionAccepted(
            id, auditor, registry.encryptionKeyOf(auditor), uint40(block.timestamp + WINDOW)
        );
        vm.startPrank(auditor);
        opinions.accept(id);
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, id, IOpinions.State.Accepted));
        opinions.accept(id);
    }

    function testFuzz_post_untilTheDeadline(uint256 later) public {
        uint256 id = _accepted(PRICE);
        uint40 deadline = opinions.opinion(id).deadline;
        vm.warp(bound(later, block.timestamp, block.timestamp + 2 * WINDOW));
        if (block.timestamp >= deadline) {
            vm.expectRevert(abi.encodeWithSelector(Deals.DeadlinePassed.selector, id, deadline));
        }
        vm.prank(auditor);
        opinions.post(id, true, "report");
    }

    function test_post_needsAcceptanceAReportAndTheName() public {
        uint256 id = _asked(PRICE);
        vm.expectRevert(abi.encodeWithSelector(Deals.WrongState.selector, id, IOpinions.State.Offered));
        vm.prank(auditor);
        opinions.post(id, true, "report");
        vm.prank(auditor);
        opinions.accept(id);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NoReport.selector, id));
        vm.prank(auditor);
        opinions.post(id, true, 0);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotNamed.selector, id, customer));
        vm.prank(customer);
        opinions.post(id, true, "report");
    }

    /// @dev The market is retired while somebody is at work: the work is paid all the same.
    function test_post_aboutADealOfARetiredMarket() public {
        uint256 id = _accepted(PRICE);
        escrow.retire(address(market));
        escrow.retire(address(opinions));
        vm.prank(auditor);
        opinions.post(id, false, "report");
        assertEq(_paid(auditor), PRICE);
    }

    /* TAKING BACK, AND SOMEBODY ELSE */

    function testFuzz_withdraw_whileNobodyIsAtWork(uint96 fee) public {
        fee = uint96(bound(fee, 0, FUNDS));
        uint256 before = _paid(customer);
        uint256 id = _asked(fee);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotAsker.selector, auditor));
        vm.prank(auditor);
        opinions.withdraw(id);
        vm.expectEmit();
        emit IOpinions.OpinionWithdrawn(id, auditor, fee);
        vm.prank(customer);
        opinions.withdraw(id);
        assertEq(_paid(customer), before);
        _assertEnded(id);
    }

    function testFuzz_withdraw_fromTheSilentAfterTheDeadline(uint256 later) public {
        uint256 before = _paid(customer);
        uint256 id = _accepted(PRICE);
        uint40 deadline = opinions.opinion(id).deadline;
        vm.warp(bound(later, block.timestamp, block.timestamp + 2 * WINDOW));
        bool due = block.timestamp < deadline;
        if (due) {
            vm.expectRevert(
                abi.encodeWithSelector(Deals.NothingDue.selector, id, IOpinions.State.Accepted, deadline)
            );
        }
        vm.prank(customer);
        opinions.withdraw(id);
        assertEq(_paid(customer), due ? before - PRICE : before);
    }

    function test_replace_theSilent() public {
        uint256 id = _accepted(PRICE);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        vm.prank(customer);
        opinions.replace(id, auditors[1]);
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotAsker.selector, auditors[1]));
        vm.prank(auditors[1]);
        opinions.replace(id, auditors[1]);
        vm.expectEmit();
        emit IOpinions.AuditorNamed(id, auditors[1]);
        vm.prank(customer);
        opinions.replace(id, auditors[1]);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotNamed.selector, id, auditor));
        vm.prank(auditor);
        opinions.post(id, true, "too late");

        vm.startPrank(auditors[1]);
        opinions.accept(id);
        assertEq(opinions.opinion(id).deadline, block.timestamp + WINDOW, "a window of its own");
        opinions.post(id, true, "report");
        assertEq(_paid(auditors[1]), PRICE);
        assertEq(_paid(auditor), 0);
    }

    /* INDEPENDENCE: whoever may not judge is neither named nor heard */

    function test_independence_ofWhomItAsks() public {
        address outsider = _register("outsider", IParticipantRegistry.Role.DataOwner);
        _refusedWith(abi.encodeWithSelector(IOpinions.NotQualified.selector, outsider, 1), outsider);
        vm.prank(auditor);
        registry.declareTie(developer, uint40(block.timestamp + 1 days));
        _refusedWith(_conflict(auditor, developer, IParticipantRegistry.Conflict.DeclaredTie), auditor);
        registry.recordDealing(auditors[1], customer);
        _refusedWith(_conflict(auditors[1], customer, IParticipantRegistry.Conflict.Dealing), auditors[1]);
        address member = validators[0];
        _refusedWith(abi.encodeWithSelector(IOpinions.NotQualified.selector, member, 1), member);
    }

    function test_independence_ofTheDeveloperAndItsOrganisation() public {
        bytes32 group = keccak256("group");
        address insider = _insider(group);
        uint256 own = _ownDeal(group);
        IOpinions.Offer memory offer = _offer(PRICE);
        (offer.dealId, offer.subject, offer.auditor) = (uint48(own), "group model", insider);
        address itsDeveloper = lens.commission(own).developer;
        vm.expectRevert(_conflict(insider, itsDeveloper, IParticipantRegistry.Conflict.SameOrganisation));
        opinions.ask(offer);
    }

    /// @dev A relation that comes up after acceptance silences too, and so does a lost accreditation.
    function test_independence_isAskedAgainAtEachStep() public {
        uint256 id = _asked(PRICE);
        vm.prank(auditor);
        registry.declareTie(customer, uint40(block.timestamp + 1 days));
        vm.expectRevert(_conflict(auditor, customer, IParticipantRegistry.Conflict.DeclaredTie));
        vm.prank(auditor);
        opinions.accept(id);

        vm.prank(customer);
        opinions.replace(id, auditors[1]);
        vm.prank(auditors[1]);
        opinions.accept(id);
        vm.prank(makeAddr("accreditor"));
        registry.revokeAccreditation(auditors[1]);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotQualified.selector, auditors[1], 1));
        vm.prank(auditors[1]);
        opinions.post(id, true, "report");
    }

    function test_independence_ofWhoPays() public {
        _fund(auditor, paymentToken, PRICE, address(opinions));
        IParticipantRegistry.Conflict same = IParticipantRegistry.Conflict.SameParty;
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotIndependent.selector, auditor, auditor, same));
        vm.prank(auditor);
        opinions.ask(_offer(PRICE));
    }

    function test_independence_ofWhoPays_whenReplaced() public {
        _fund(third, paymentToken, PRICE, address(opinions));
        vm.prank(third);
        uint256 id = opinions.ask(_offer(PRICE));
        vm.prank(auditors[1]);
        registry.declareTie(third, uint40(block.timestamp + 30 days));
        vm.expectRevert(_conflict(auditors[1], third, IParticipantRegistry.Conflict.DeclaredTie));
        vm.prank(third);
        opinions.replace(id, auditors[1]);
    }

    function test_independence_ofWhoPlaysAPart() public {
        uint256 building = _toBuilding();
        address member = _membersOf(building)[0];
        vm.prank(member);
        registry.changeRoles(
            IParticipantRegistry.Role.Validator, uint8(1) << uint8(IParticipantRegistry.Role.Auditor)
        );
        skip(TRUSTED_WAIT);
        _accredit(member, IParticipantRegistry.Role.Auditor, 0);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.PlaysPart.selector, member, building));
        opinions.requireQualified(market, building, member);
    }

    /* KEYS */

    function test_grant_byTheParties() public {
        uint256 id = _accepted(PRICE);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NotAParty.selector, id, auditor));
        vm.prank(auditor);
        opinions.grant(id, Artifact.Model, "grants");
        vm.expectRevert(abi.encodeWithSelector(IOpinions.NoGrants.selector, id));
        vm.prank(developer);
        opinions.grant(id, Artifact.Model, 0);
        vm.expectEmit();
        emit IOpinions.KeysGranted(id, developer, Artifact.Model, "grants");
        vm.prank(developer);
        opinions.grant(id, Artifact.Model, "grants");
        vm.prank(customer);
        opinions.grant(id, Artifact.Dataset, "grants");
    }

    function testFuzz_unknown(uint256 id) public {
        vm.expectRevert(abi.encodeWithSelector(IOpinions.UnknownOpinion.selector, id));
        opinions.opinion(id);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.UnknownOpinion.selector, id));
        opinions.accept(id);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.UnknownOpinion.selector, id));
        opinions.withdraw(id);
        vm.expectRevert(abi.encodeWithSelector(IOpinions.UnknownOpinion.selector, id));
        opinions.grant(id, Artifact.Model, "grants");
    }

    /* STEPS */

    function _offer(uint96 fee) private view returns (IOpinions.Offer memory) {
        return IOpinions.Offer({
            market: market,
            dealId: uint48(dealId),
            subject: "model",
            auditor: auditor,
            token: address(paymentToken),
            fee: fee,
            window: WINDOW
        });
    }

    function _asked(uint96 fee) private returns (uint256) {
        vm.prank(customer);
        return opinions.ask(_offer(fee));
    }

    function _accepted(uint96 fee) private returns (uint256 id) {
        id = _asked(fee);
        vm.prank(auditor);
        opinions.accept(id);
    }

    function _fees(uint256 id) private view returns (uint256) {
        return escrow.held(address(opinions), address(paymentToken), bytes32(id));
    }

    /// @dev No step leads out of a final state, and nothing is paid twice.
    function _assertEnded(uint256 id) private {
        assertEq(_fees(id), 0);
        IOpinions.State state = opinions.opinion(id).state;
        bytes memory refusal = abi.encodeWithSelector(Deals.WrongState.selector, id, state);
        vm.expectRevert(refusal);
        vm.prank(customer);
        opinions.withdraw(id);
        vm.expectRevert(refusal);
        vm.prank(customer);
        opinions.replace(id, auditors[1]);
        vm.expectRevert(refusal);
        vm.prank(auditor);
        opinions.accept(id);
        vm.expectRevert(refusal);
        vm.prank(auditor);
        opinions.post(id, true, "again");
    }

    function _conflict(address who, address party, IParticipantRegistry.Conflict conflict)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IOpinions.NotIndependent.selector, who, party, conflict);
    }

    function _refusedWith(bytes memory reason, address who) private {
        IOpinions.Offer memory offer = _offer(PRICE);
        offer.auditor = who;
        vm.expectRevert(reason);
        opinions.ask(offer);
    }

    function _insider(bytes32 group) private returns (address insider) {
        insider = _register("insider", IParticipantRegistry.Role.Auditor);
        skip(TRUSTED_WAIT);
        _accredit(insider, IParticipantRegistry.Role.Auditor, group);
    }

    /// @dev A deal whose developer belongs to `group`, at the point where a model was submitted.
    function _ownDeal(bytes32 group) private returns (uint256 id) {
        address member = makeAddr("group developer");
        vm.prank(member);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: IParticipantRegistry.Role.Developer,
                secondaryRoles: 0,
                jurisdiction: 1,
                domains: 1,
                organisation: group,
                encryptionKey: keccak256("group developer")
            })
        );
        _fund(member, paymentToken, BOND, address(auctions));
        developer = member;
        id = _toBuilding();
        _submit(id, "group model");
    }
}
