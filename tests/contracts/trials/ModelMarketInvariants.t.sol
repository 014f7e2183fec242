// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {ModelMarketHandler} from "./ModelMarketHandler.sol";

/// @notice What is true of offers, trials and sealed sales together, whatever sellers, buyers, panels, ancestors and
/// the token do.
/// forge-config: default.invariant.runs = 12
/// forge-config: default.invariant.depth = 48
/// forge-config: default.invariant.fail-on-revert = false
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.depth = 64
/// forge-config: deep.invariant.fail-on-revert = false
/// forge-config: deep.invariant.shrink-run-limit = 200
/// forge-config: deep.invariant.timeout = 180
contract ModelMarketInvariants is ModelMarketHandler {
    address[] private _accounts;
    uint256 private _atFirst; // in escrow

    function setUp() public override {
        super.setUp();
        _atFirst = paymentToken.balanceOf(address(escrow));
        _accounts = [customer, developer, rival, trier, treasury, address(this)];
        for (uint256 i; i < ancestors.length; ++i) {
            _accounts.push(ancestors[i]); // third and the address that burns among them
        }
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](25);
        acts[0] = this.transfer.selector;
        acts[1] = this.requireTest.selector;
        acts[2] = this.allow.selector;
        acts[3] = this.wait.selector;
        acts[4] = acts[5] = this.buy.selector;
        acts[6] = acts[7] = this.tryModel.selector;
        acts[8] = acts[9] = acts[10] = acts[11] = this.judge.selector;
        acts[12] = acts[13] = this.deliverKey.selector;
        acts[14] = this.stepTrial.selector;
        acts[15] = this.auction.selector;
        acts[16] = this.bidAndClose.selector;
        acts[17] = this.closeSale.selector;
        acts[18] = this.misbehave.selector;
        acts[19] = this.transferParent.selector;
        acts[20] = this.withdraw.selector;
        acts[21] = this.buyPaid.selector;
        acts[22] = this.deliverLicence.selector;
        acts[23] = acts[24] = this.endLicence.selector;
        targetSelector(FuzzSelector(address(this), acts));
    }

    /// @dev All of what follows, in one campaign.
    function invariant_NobodyIsCheatedByAnyPath() public view {
        assertEq(broken, 0, "what the handler saw");
        _licencesHoldWhatTheyOwe();
        _trialsHoldWhatTheyOwe();
        _reservationsAreOfOpenDeals();
        _allMoneyIsSomebodys();
    }

    /// @dev A trial that has ended holds nothing; a wrong key is never paid for, a right one never refunded as refuted.
    function _trialsHoldWhatTheyOwe() private view {
        for (uint256 id = 1; id <= trials.trialCount(); ++id) {
            ITrials.Trial memory t = trials.trial(id);
            uint256 held = escrow.held(address(trials), address(paymentToken), bytes32(id));
            bool sold = t.at.state() == uint8(ITrials.State.Sold);
            if (sold || t.at.state() == uint8(ITrials.State.Refunded)) assertEq(held, 0, "ended");
            else assertGe(held, uint256(t.price) + t.exposureFee + t.bond, "open");
            if (sold) assertFalse(wrong[id], "a wrong key was paid for");
            if (sold) assertTrue(scored[id], "a model that did not pass was paid for");
            if (t.cause == ITrials.Cause.DeliveryRefuted) assertTrue(wrong[id], "a right key was refuted");
        }
    }

    /// @dev A good is reserved for a deal that is open, or was sold exclusively; else it is free.
    function _reservationsAreOfOpenDeals() private view {
        IGoods.Reservation reservation = goods.goodOf(MODEL).reservation;
        (address module, uint96 deal) = goods.reservationOf(MODEL);
        assertEq(module == address(0), reservation == IGoods.Reservation.Free);
        if (module == address(sales)) {
            assertEq(sales.lotHash(deal) != 0, reservation == IGoods.Reservation.Reserved);
        } else if (module == address(trials)) {
            uint8 state = trials.trial(deal).at.state();
            bool open = state < uint8(ITrials.State.Sold);
            assertEq(open, reservation == IGoods.Reservation.Reserved);
            assertTrue(open || state == uint8(ITrials.State.Sold), "a refund frees the good");
        }
    }

    /// @dev Nothing is lost and nothing made: accounts and holds are what was paid in.
    function _allMoneyIsSomebodys() private view {
        uint256 sum = _sellersHold(customer);
        for (uint256 i; i < _accounts.length; ++i) {
            sum += _paid(_accounts[i]);
        }
        for (uint256 i; i < validators.length; ++i) {
            sum += _paid(validators[i]);
        }
        for (uint256 i; i < payees.length; ++i) {
            sum += _paid(payees[i]);
        }
        for (uint256 id = 1; id <= trials.trialCount(); ++id) {
            sum += escrow.held(address(trials), address(paymentToken), bytes32(id));
        }
        for (uint256 id = 1; id <= sales.saleCount(); ++id) {
            sum += escrow.held(address(sales), address(paymentToken), bytes32(id));
            bytes32 bids = bytes32(uint256(uint160(address(sales))) << 96 | id);
            sum += escrow.held(address(auctions), address(paymentToken), bids);
        }
        assertEq(sum, _atFirst + paidIn - paidOut);
        assertEq(paymentToken.balanceOf(address(escrow)), sum, "and the escrow has it");
    }

    /// @dev At the end of each campaign a stranger ends everything by time alone: nobody holds a sale or a refund up.
    function afterInvariant() external {
        _endAll();
        invariant_NobodyIsCheatedByAnyPath();
        assertEq(inFlight.length, 0);
        for (uint256 id = 1; id <= trials.trialCount(); ++id) {
            assertGe(trials.trial(id).at.state(), uint8(ITrials.State.Sold), "every trial ends");
        }
    }

    /// @dev A block that was named has to be drawn from in its own epoch, so a step is followed by others at once.
    function _endAll() private {
        for (uint256 round; round < 36; ++round) {
            if (round % 3 == 0) skip(3 days);
            vm.roll(block.number + 3);
            for (uint256 id = 1; id <= trials.trialCount(); ++id) {
                _step(id);
            }
        }
        while (inFlight.length != 0 && broken == 0) {
            _end(0);
        }
    }

    /// @dev The handler reaches every end; by hand, so that it does not hang on chance.
    function test_reach() public {
        this.tryModel(0);
        this.judge(0);
        this.judge(8 + 32);
        this.judge(128 * (2 + 8 + 32));
        this.deliverKey(0);
        skip(times.challenge);
        this.stepTrial(0);
        assertEq(trials.trial(1).at.state(), uint8(ITrials.State.Sold));
        this.tryModel(0);
        this.judge(1);
        this.judge(1 + 8 + 32);
        this.judge(128 * 50 + 1);
        this.deliverKey(1);
        assertEq(uint8(trials.trial(2).cause), uint8(ITrials.Cause.DeliveryRefuted));
        this.auction(2);
        this.bidAndClose(1000 * uint256(PRICE));
        this.closeSale();
        assertEq(
            licences.accountOf(customer, address(paymentToken)).sales, 4, "two to derive, a trial, an auction"
        );
        this.buy(0);
        assertEq(inFlight.length, 2, "one by auction");
        this.deliverLicence(64);
        skip(times.challenge);
        this.endLicence(0);
        this.misbehave(2 + 6 * 1000);
        this.buyPaid(0);
        assertEq(inFlight.length, 1, "what arrives is too little");
        this.misbehave(4 + 6 * 3);
        this.withdraw(1, 0);
        assertEq(inFlight.length, 2, "the token has bought");
        invariant_NobodyIsCheatedByAnyPath();
        this.afterInvariant();
    }
}
