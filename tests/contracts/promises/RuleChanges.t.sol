// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Every parameter of Policy changes while deals are open, and no open deal notices.
contract RuleChangesTest is PromisesFixture {
    uint96 private constant PRICE = RESERVE / 2;

    address private _taxman = makeAddr("taxman");

    /// @dev All at the other end of its bounds, and everything that can be forbidden is.
    function _changeEveryRule() private {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 31);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 1e27, 1e27, 0), tiers);
        policy.setFee(50_000, _taxman);
        policy.setBidBond(1_000_000);
        policy.setTimeouts(
            IPolicy.Timeouts(
                1 minutes, 1 minutes, 1 minutes, 1 minutes, 1 minutes, 1 minutes, 1 minutes, 1 minutes
            )
        );
        policy.setStakes(IPolicy.Stakes(type(uint96).max, type(uint96).max, 1_000_000, 1_000_000));
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, 7, true, true, 1 days, false));
        policy.setRiskClass(AUDITED, IPolicy.RiskClass(false, 0, false, false, 0, false));
        policy.setShareCap(1, IPolicy.ShareCap(1, 1 days, 0));
        policy.setFeeShareCap(IPolicy.ShareCap(1, 1 days, 0));
        policy.setConformitySet(1, 1);
        policy.setCoolingOff(0);
        policy.setWaits(365 days, 365 days);
        policy.setJurisdictionRule(1, 1, type(uint256).max);
    }

    /// @dev From before the first bid: bond, eligibility, panel, stakes, timeouts, audits, fees are those of the
    /// opening.
    function test_fromBidding_theWholeDealRunsByTheOldRules() public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = AUDITED;
        uint256 id = _open(request);
        uint256 total = _held(id);
        ICommissionLens.Commission memory before = lens.commission(id);
        _changeEveryRule();
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(abi.encode(c), abi.encode(before), "what was agreed reads as it did");

        _award(id, PRICE);
        assertEq(_held(id), total + BOND);
        _assertRound(id, IRounds.State.Drawing);
        assertEq(_deadline(id), block.timestamp + times.draw);
        _seatPanel(id);
        assertEq(_membersOf(id).length, PANEL);
        assertEq(oracle.panel(_panelOf(id)).terms.seatStake, SEAT);
        assertEq(_deadline(id), block.timestamp + times.grant);
        _grantData(id);
        assertEq(_deadline(id), block.timestamp + times.commit + times.reveal);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _answer(id, _scored(THRESHOLD));
        assertEq(_deadline(id), block.timestamp + times.appeal);
        _timeout(id);
        address[] memory seats = _seatAuditors(id);
        assertEq(seats.length, AUDITS);
        assertEq(audits.audit(1).deadline, block.timestamp + times.audit);
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        assertEq(_deadline(id), block.timestamp + times.challenge);
        _settle(id, "model");

        uint256 work = 2 * PANEL * FEE;
        assertEq(_paid(treasury), PRICE / 40);
        assertEq(_paid(_taxman), 0);
        assertEq(_paid(developer), BOND + PRICE - _sum(payees));
        assertEq(_sum(validators), work);
        assertEq(_sum(auditors) + _paid(regulator), AUDITS * AUDIT_FEE);
        assertEq(_paid(customer), FUNDS - work - AUDITS * AUDIT_FEE - PRICE - PRICE / 40);
        assertEq(models.ownerOf(lens.commission(id).modelId), customer);
        _assertAllPaidOut(id);
    }

    /// @dev The figure by which a silent member is slashed is the one of the opening.
    function test_slashes_areThoseOfTheOpening() public {
        uint256 id = _toEvaluating();
        _changeEveryRule();
        _answerFirst(id, PANEL - 1, _scored(THRESHOLD));
        _timeout(id);
        assertEq(_burnt(stakingToken), uint256(SEAT) * 50_000 / 1e6);
    }

    /// @dev An appeal against a score of a deal that opened before costs what it did then.
    function test_appeals_costWhatTheyDid() public {
        uint256 id = _toAppealing();
        uint256 panelId = _panelOf(id);
        uint256 deposit = rounds.appealDeposit(panelId);
        _changeEveryRule();
        assertEq(rounds.appealDeposit(panelId), deposit);
        _fund(third, paymentToken, deposit, address(rounds));
        vm.prank(third);
        rounds.appeal(panelId);
        _seatPanel(id);
        assertEq(oracle.panel(rounds.roundOf(panelId).appealPanelId).members.length, 2 * PANEL + 1);
    }

    /// @dev A dealing still keeps an auditor away for as long as the deal was told, though Policy has forgiven all.
    function test_coolingOff_isThatOfTheOpening() public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = AUDITED;
        for (uint256 i; i < AUDITORS; ++i) {
            registry.recordDealing(auditors[i], customer);
        }
        uint256 id = _open(request);
        _award(id, PRICE);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        policy.setCoolingOff(0);
        _evaluate(id, THRESHOLD);
        address[] memory seats = _seatAuditors(id);
        assertEq(seats[0], regulator);
        assertEq(seats[1], address(0));
        assertEq(seats[2], address(0));
    }

    /// @dev The same request would be refused now: the changes are real.
    function test_newDeals_followTheNewRules() public {
        _toBidding();
        _changeEveryRule();
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, address(paymentToken)));
        _open(_request());
    }
}
