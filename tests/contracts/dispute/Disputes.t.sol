// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {Disputes} from "../../../contracts/dispute/Disputes.sol";
import {IArbitrable, IEvidence} from "../../../contracts/interfaces/IArbitrator.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDisputableMarket, Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {HostileArbitrator, OutsideArbitrator} from "./Arbitrators.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice Says it has a deal; the escrow knows better.
contract SelfMadeMarket {
    IDisputableMarket.DealView private _terms;

    constructor(address party, address token) {
        (_terms.customer, _terms.developer, _terms.token) = (party, party, token);
    }

    function dealOf(uint256) external view returns (IDisputableMarket.DealView memory) {
        return _terms;
    }
}

contract DisputesTest is DisputeFixture {
    OutsideArbitrator private _outside;

    function setUp() public override {
        super.setUp();
        _enlist(9);
        _outside = new OutsideArbitrator();
        policy.setArbitrator(address(_outside), true);
        vm.deal(customer, 10 ether);
        vm.deal(developer, 10 ether);
        vm.deal(third, 10 ether);
    }

    /* OPENING */

    function test_open_records() public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        IDisputes.Case memory self = disputes.disputeOf(disputeId);
        assertEq(address(self.market), address(market));
        assertEq(self.dealId, id);
        assertEq(address(self.arbitrator), address(court));
        assertEq(uint8(self.ground), uint8(IDisputes.Ground.Delivery));
        assertEq(self.deadline, block.timestamp + court.longest(market, id));
        assertFalse(self.resolved);
        assertEq(disputes.disputeCount(), 1);
        assertEq(escrow.held(address(court), address(paymentToken), bytes32(uint256(1))), JURY_FEE);
        assertEq(address(disputes).balance, 0);
    }

    /// @dev ERC-1497: the dispute, its evidence group and the first evidence, with a URI that any IPFS gateway opens.
    function test_open_saysWhatTheStandardsSay() public {
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.expectEmit();
        emit IEvidence.Dispute(court, 1, 0, 1);
        vm.expectEmit();
        emit IEvidence.Evidence(
            court,
            1,
            customer,
            "ipfs://f015512200000000000000000000000000000000000000000000000000000000000000abc"
        );
        vm.prank(customer);
        disputes.open(market, id, IDisputes.Ground.PanelConduct, bytes32(uint256(0xabc)));
    }

    function test_constructor_publishesTheMetaEvidence() public {
        vm.recordLogs();
        new Disputes(escrow, court);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], IEvidence.MetaEvidence.selector);
        string memory uri = abi.decode(logs[0].data, (string));
        assertEq(vm.indexOf(uri, "data:application/json,"), 0);
        string[] memory parts = vm.split(uri, "data:application/json,");
        string[] memory titles = vm.parseJsonStringArray(parts[1], ".rulingOptions.titles");
        assertEq(titles.length, disputes.CHOICES());
    }

    function test_open_onlyParties() public {
        uint256 id = _toChallenge();
        vm.prank(third);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, third));
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
    }

    function test_open_onlyMarketsThatHoldTheMoney() public {
        SelfMadeMarket own = new SelfMadeMarket(customer, address(paymentToken));
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NoDeal.selector, address(own), 1));
        disputes.open(IDisputableMarket(address(own)), 1, IDisputes.Ground.Breach, "evidence");
    }

    function test_open_needsEvidence() public {
        uint256 id = _toChallenge();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.prank(customer);
        vm.expectRevert(IDisputes.EmptyEvidence.selector);
        disputes.open(market, id, IDisputes.Ground.Breach, 0);
    }

    function test_open_notAfterTheWindowAndNotBefore() public {
        uint256 id = _toDelivering();
        _fund(customer, paymentToken, JURY_FEE, address(court));
        vm.prank(customer);
        vm.expectPartialRevert(Deals.WrongState.selector);
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
        _deliver(id);
        vm.warp(_deadline(id));
        vm.prank(customer);
        vm.expectPartialRevert(Deals.DeadlinePassed.selector);
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
    }

    /// @dev At its last second; and the other party cannot open a second one.
    function test_open_atTheLastSecondAndOnce() public {
        uint256 id = _toChallenge();
        vm.warp(_deadline(id) - 1);
        _contest(id, developer);
        vm.prank(customer);
        vm.expectPartialRevert(Deals.WrongState.selector);
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
    }

    /// @dev Who cannot pay for a jury cannot hold a deal up.
    function test_open_withoutTheFee() public {
        uint256 id = _toChallenge();
        vm.prank(developer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.OperatorNotApproved.selector, developer, address(court), address(paymentToken)
            )
        );
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
        _assertState(id, ICommissionMarket.State.Challenge);
    }

    function test_open_courtTakesNoEther() public {
        uint256 id = _toChallenge();
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongPayment.selector, 1, 0));
        disputes.open{value: 1}(market, id, IDisputes.Ground.Breach, "evidence");
    }

    /* EVIDENCE */

    function test_evidence_partiesOnlyUntilTheRuling() public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        vm.expectEmit(true, true, true, false);
        emit IEvidence.Evidence(court, disputeId, developer, "");
        vm.prank(developer);
        disputes.submitEvidence(disputeId, "answer");
        vm.prank(third);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, third));
        disputes.submitEvidence(disputeId, "gossip");
        vm.prank(developer);
        vm.expectRevert(IDisputes.EmptyEvidence.selector);
        disputes.submitEvidence(disputeId, 0);
        _judge(disputeId, FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        vm.prank(developer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AlreadyResolved.selector, disputeId));
        disputes.submitEvidence(disputeId, "too late");
    }

    /* RULING */

    function test_rule_onlyItsArbitratorAndOnce() public {
        uint256 disputeId = _contest(_toChallenge(), customer);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotArbitrator.selector, customer, 1));
        disputes.rule(1, 1);
        vm.prank(address(court));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotArbitrator.selector, address(court), 2));
        disputes.rule(2, 1);
        _judge(disputeId, FOR_CUSTOMER, FOR_CUSTOMER, FOR_CUSTOMER);
        assertTrue(disputes.disputeOf(disputeId).resolved);
        vm.prank(address(court));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AlreadyResolved.selector, disputeId));
        disputes.rule(1, 1);
    }

    function testFuzz_rule_anythingElseIsForNobody(uint256 ruling) public {
        uint256 id = _toChallenge();
        uint256 disputeId = _contest(id, customer);
        ruling = bound(ruling, 3, type(uint256).max);
        vm.expectEmit();
        emit IArbitrable.Ruling(court, 1, ruling);
        vm.expectEmit();
        emit IDisputes.DisputeResolved(disputeId, Side.None, false);
        vm.prank(address(court));
        disputes.rule(1, ruling);
        market.settle(id, _submission("model"));
        _assertState(id, ICommissionMarket.State.Settled);
    }

    /// @dev Silence has a default: the announced end stands.
    function test_expire_whenTheCourtIsSilent() public {
        uint256 id = _toBadData();
        uint256 disputeId = _contest(id, customer);
        uint40 deadline = disputes.disputeOf(disputeId).deadline;
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.TooEarly.selector, disputeId, deadline));
        disputes.expire(disputeId);
        vm.warp(deadline);
        vm.prank(third);
        disputes.expire(disputeId);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.BadData));
        assertEq(_paid(developer), BOND + KILL_FEE);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AlreadyResolved.selector, disputeId));
        disputes.expire(disputeId);
        // The court comes to its end all the same, and the fee comes back.
        while (court.dispute(1).state == ICourt.State.Seating) {
            court.advance(1);
            vm.roll(block.number + 3);
            if (court.dispute(1).armedBlock == 0) skip(2 days);
        }
        while (court.dispute(1).state < ICourt.State.Ruling) court.advance(1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AlreadyResolved.selector, disputeId));
        court.advance(1);
        assertEq(escrow.held(address(court), address(paymentToken), bytes32(uint256(1))), 0);
    }

    function test_unknownDisputes() public {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.UnknownDispute.selector, 9));
        disputes.disputeOf(9);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.UnknownDispute.selector, 9));
        disputes.expire(9);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.UnknownDispute.selector, 9));
        disputes.appeal(9);
    }

    /* AN OUTSIDE ARBITRATOR */

    function test_outside_namedWhenTheDealOpensOrNotAtAll() public {
        vm.startPrank(customer);
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.ArbitratorNotAllowed.selector, third));
        market.openUnder(_request(), third, 0);
        uint256 id = market.commissionCount() + 1;
        vm.expectEmit();
        emit ICommissionMarket.ArbitratorNamed(id, address(_outside));
        market.openUnder(_request(), address(_outside), 0);
        vm.stopPrank();
        assertEq(market.dealOf(id).arbitrator, address(_outside));
        assertEq(market.dealOf(_open(_request())).arbitrator, address(0));
    }

    /// @dev Policy's list is for new deals: what is agreed stays agreed.
    function test_outside_withdrawnFromTheListLater() public {
        uint256 id = _outsideChallenge(_outside);
        policy.setArbitrator(address(_outside), false);
        assertFalse(policy.isArbitrator(address(_outside)));
        uint256 disputeId = _contestOutside(id);
        _outside.give(disputes, 0, FOR_CUSTOMER);
        assertTrue(disputes.disputeOf(disputeId).resolved);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.DisputeLost));
    }

    function test_outside_isPaidExactlyAndRules() public {
        uint256 id = _outsideChallenge(_outside);
        uint256 cost = _outside.COST();
        vm.startPrank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongPayment.selector, cost - 1, cost));
        disputes.open{value: cost - 1}(market, id, IDisputes.Ground.Breach, "evidence");
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongPayment.selector, cost + 1, cost));
        disputes.open{value: cost + 1}(market, id, IDisputes.Ground.Breach, "evidence");
        vm.stopPrank();
        uint256 disputeId = _contestOutside(id);
        assertEq(address(_outside).balance, cost);
        assertEq(address(disputes).balance, 0);
        assertEq(disputes.disputeOf(disputeId).deadline, block.timestamp + disputes.OUTSIDE_BOUND());
        _outside.give(disputes, 0, FOR_CUSTOMER);
        assertEq(_burnt(paymentToken), BOND - 2 * PANEL * FEE, "its cost is in another currency");
    }

    function test_outside_appealIsPassedOn() public {
        uint256 disputeId = _contestOutside(_outsideChallenge(_outside));
        uint256 cost = _outside.appealCost(0, "");
        vm.prank(third);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, third));
        disputes.appeal{value: cost}(disputeId);
        vm.startPrank(developer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongPayment.selector, 0, cost));
        disputes.appeal(disputeId);
        disputes.appeal{value: cost}(disputeId);
        vm.stopPrank();
        assertEq(address(_outside).balance, 3 * _outside.COST());
        assertEq(address(disputes).balance, 0);
    }

    function test_outside_silenceHasADefault() public {
        uint256 id = _outsideChallenge(_outside);
        uint256 disputeId = _contestOutside(id);
        vm.warp(disputes.disputeOf(disputeId).deadline);
        disputes.expire(disputeId);
        market.settle(id, _submission("model"));
        _assertState(id, ICommissionMarket.State.Settled);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AlreadyResolved.selector, disputeId));
        _outside.give(disputes, 0, FOR_CUSTOMER);
    }

    /* A HOSTILE ARBITRATOR */

    /// @dev It was allowed and named, and yet nothing that it does keeps a deal from its end.
    function test_hostile_cannotHoldADealUp() public {
        for (uint256 trick; trick < 5; ++trick) {
            uint256 snapshot = vm.snapshotState();
            HostileArbitrator hostile = new HostileArbitrator(HostileArbitrator.Trick(trick));
            policy.setArbitrator(address(hostile), true);
            uint256 id = _outsideChallenge(hostile);
            vm.prank(customer);
            (bool ok,) = address(disputes).call{gas: 20_000_000}(
                abi.encodeCall(disputes.open, (market, id, IDisputes.Ground.Breach, "evidence"))
            );
            assertEq(ok, trick == uint256(HostileArbitrator.Trick.NumberAllAlike));
            if (ok) {
                vm.warp(disputes.disputeOf(1).deadline);
                disputes.expire(1);
            }
            _settle(id, "model");
            _assertState(id, ICommissionMarket.State.Settled);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    /// @dev A number that stands for one dispute already would let it rule on the other in its place.
    function test_hostile_numbersTwoDisputesAlike() public {
        HostileArbitrator hostile = new HostileArbitrator(HostileArbitrator.Trick.NumberAllAlike);
        policy.setArbitrator(address(hostile), true);
        uint256 first = _outsideChallenge(hostile);
        vm.prank(customer);
        disputes.open(market, first, IDisputes.Ground.Breach, "evidence");
        vm.startPrank(customer);
        uint256 id = market.openUnder(_request(), address(hostile), 0);
        vm.stopPrank();
        _fund(developer, paymentToken, BOND, address(auctions));
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _cannotOpen());
        market.advance(id);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.DisputeIdTaken.selector, address(hostile), 7));
        disputes.open(market, id, IDisputes.Ground.Breach, "evidence");
        _timeout(id);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.BadData));
    }

    /// @dev An arbitrator rules on its own disputes, whatever number it says.
    function testFuzz_hostile_rulesOnlyItsOwn(uint256 number, uint8 ruling) public {
        _contest(_toChallenge(), customer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotArbitrator.selector, address(_outside), number));
        _outside.give(disputes, number, ruling);
    }

    /* POLICY */

    function test_policy_setArbitratorIsGovernances() public {
        vm.expectRevert(IPolicy.ZeroAddress.selector);
        policy.setArbitrator(address(0), true);
        vm.expectEmit();
        emit IPolicy.ArbitratorSet(third, true);
        policy.setArbitrator(third, true);
        assertTrue(policy.isArbitrator(third));
        vm.prank(third);
        vm.expectRevert();
        policy.setArbitrator(third, false);
    }

    /* PARTS */

    function _outsideChallenge(OutsideArbitrator arbitrator) private returns (uint256 id) {
        vm.prank(customer);
        id = market.openUnder(_request(), address(arbitrator), 0);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
    }

    function _contestOutside(uint256 id) private returns (uint256) {
        uint256 cost = _outside.COST();
        vm.prank(customer);
        return disputes.open{value: cost}(market, id, IDisputes.Ground.Breach, "evidence");
    }
}
