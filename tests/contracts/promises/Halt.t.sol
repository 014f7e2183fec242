// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IMarketGovernor} from "../../../contracts/interfaces/IMarketGovernor.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionBase} from "../../../contracts/market/CommissionBase.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice The emergency brake stops new deals for a bounded time, and nothing else.
contract HaltTest is PromisesFixture {
    uint40 private constant HALT_TIME = 7 days;
    uint40 private constant HALT_COOLDOWN = 30 days;

    function setUp() public override {
        super.setUp();
        _nameSeater();
        _takeSeat(regulator, REGULATOR, "regulator");
        _takeSeat(customer, CUSTOMER, "customer");
        skip(SEAT_DELAY);
        chambers.activate(regulator);
        chambers.activate(customer);
    }

    /* WHO, HOW LONG, HOW OFTEN */

    function test_brake_regulatorsWithAVoteOnly() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketGovernor.NotARegulator.selector, customer));
        vm.prank(customer);
        governor.brake();
        bytes32 role = policy.BRAKE_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, regulator, role)
        );
        vm.prank(regulator); // not past the governor
        policy.halt();
        vm.expectEmit(address(policy));
        emit IPolicy.Halted(uint40(block.timestamp) + HALT_TIME, address(governor));
        _brake();
    }

    /// @dev However often it is tried, of any thirty days at most seven are without new deals.
    function testFuzz_brake_isBounded(uint24[16] calldata waits) public {
        uint256 last;
        uint256 halted;
        uint256 start = block.timestamp;
        for (uint256 i; i < waits.length; ++i) {
            skip(waits[i]);
            if (last == 0 || block.timestamp >= last + HALT_COOLDOWN) {
                _brake();
                (last, halted) = (block.timestamp, halted + HALT_TIME);
                assertEq(policy.haltedUntil(), last + HALT_TIME);
            } else {
                vm.expectRevert(abi.encodeWithSelector(IPolicy.HaltedRecently.selector, last + HALT_COOLDOWN));
                _brake();
            }
            assertLe(halted, ((block.timestamp - start) / HALT_COOLDOWN + 1) * HALT_TIME);
            assertEq(_opens(), block.timestamp >= policy.haltedUntil());
        }
    }

    /// @dev Governance ends it early; the next pull is not earlier for that.
    function test_release_byGovernanceOnly() public {
        vm.expectRevert(IPolicy.NotHalted.selector);
        policy.release();
        _brake();
        uint40 haltableFrom = policy.haltableFrom();
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(regulator);
        policy.release();
        vm.expectEmit(address(policy));
        emit IPolicy.Released(address(this));
        policy.release();
        assertTrue(_opens());
        vm.expectRevert(abi.encodeWithSelector(IPolicy.HaltedRecently.selector, haltableFrom));
        _brake();
    }

    /* WHAT IT STOPS */

    /// @dev Neither rules that were copied before, nor other classes, nor another market of the same Policy let a deal
    /// through.
    function test_halt_stopsEveryNewDeal() public {
        _open(_request()); // leaves a copy of the rules
        _brake();
        bytes memory refusal = _refusal();
        ICommissionMarket.Request memory audited = _request();
        audited.riskClass = AUDITED;
        vm.startPrank(customer);
        vm.expectRevert(refusal);
        market.open(_request());
        vm.expectRevert(refusal);
        market.open(audited);
        vm.expectRevert(refusal);
        lens.quote(_request(), customer);
        vm.expectRevert(refusal);
        policy.commissionTerms(address(paymentToken), 1, UNAUDITED, 1, RESERVE);

        CommissionMarket second = new CommissionMarket(_marketModules());
        vm.expectRevert(refusal);
        second.open(_request());
        vm.stopPrank();
    }

    /// @dev Changing a rule meanwhile makes a new edition, which nobody can copy either.
    function test_halt_outlastsChangesOfRules() public {
        _brake();
        bytes memory refusal = _refusal();
        for (uint32 i; i < 3; ++i) {
            policy.setFee(i, treasury);
            vm.expectRevert(refusal);
            _open(_request());
        }
    }

    /// @dev It ends by itself, in the second it says.
    function test_halt_endsWithoutATransaction() public {
        _open(_request());
        _brake();
        uint256 until = policy.haltedUntil();
        vm.warp(until - 1);
        vm.expectRevert(_refusal());
        _open(_request());
        vm.warp(until);
        assertEq(market.stateOf(_open(_request())) == ICommissionMarket.State.Bidding, true);
    }

    /* WHAT GOES ON */

    /// @dev A deal that is open when the brake is pulled, with bids, panel, appeal time and delivery, to its payment.
    function test_halt_openDealsSettle() public {
        uint256 id = _toBidding();
        _brake();
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
        assertLt(block.timestamp, policy.haltedUntil() + HALT_TIME, "most of it was during the halt");
        _settle(id, "model");
        _assertState(id, ICommissionMarket.State.Settled);
        assertEq(models.ownerOf(lens.commission(id).modelId), customer);
        _assertAllPaidOut(id);
    }

    /// @dev From every state on, with the brake pulled there, the next step is taken all the same.
    function test_halt_everyPanelAnswersDuringIt() public {
        uint256 id = _toAttesting();
        _brake();
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Building);
        _submit(id, "model");
        _answer(id, _scored(THRESHOLD));
        assertLt(block.timestamp, policy.haltedUntil());
        uint256 panelId = _panelOf(id);
        _fund(third, paymentToken, rounds.appealDeposit(panelId), address(rounds));
        vm.prank(third);
        rounds.appeal(panelId);
        assertLt(block.timestamp, policy.haltedUntil());
    }

    function test_halt_auditsGoOn() public {
        uint256 id = _toAudit();
        _brake();
        _seatAuditors(id);
        _postAll(id, true);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Delivering);
        assertLt(block.timestamp, policy.haltedUntil());
    }

    /// @dev Settling, leaving, staking, enrolling, withdrawing.
    function test_halt_moneyGoesHome() public {
        uint256 id = _toChallenge();
        _brake();
        _settle(id, "model");
        assertLt(block.timestamp, policy.haltedUntil());
        uint256 balance = _balance(developer, paymentToken);
        vm.prank(developer);
        escrow.withdraw(address(paymentToken), balance);
        assertEq(paymentToken.balanceOf(developer), balance);
        vm.prank(validators[0]);
        staking.requestExit(SEAT);
        vm.startPrank(auditors[0]);
        audits.leave();
        escrow.withdraw(address(stakingToken), AUDITOR_BOND);
        vm.stopPrank();
        assertEq(stakingToken.balanceOf(auditors[0]), AUDITOR_BOND);
        _stake(validators[1], SEAT);
        _register("newcomer", CUSTOMER);
    }

    /// @dev A deal that nobody bids for is refunded.
    function test_halt_refundsGoOn() public {
        uint256 id = _toBidding();
        _brake();
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        _assertState(id, ICommissionMarket.State.Refunded);
        assertEq(_paid(customer), FUNDS);
    }

    function _brake() private {
        vm.prank(regulator);
        governor.brake();
    }

    function _refusal() private view returns (bytes memory) {
        return abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil());
    }

    function _opens() private view returns (bool) {
        try lens.quote(_request(), customer) returns (uint256) {
            return true;
        } catch {
            return false;
        }
    }
}
