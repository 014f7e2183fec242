// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {LicenceFixture} from "../licences/LicenceFixture.sol";

/// @notice An offer whose seller allows trials, a buyer with data of its own, and the steps of a trial.
abstract contract TrialFixture is LicenceFixture {
    uint96 internal constant EXPOSURE = 5e18;
    uint96 internal constant TRIAL_BOND = 120e18; // more than a panel costs
    uint16 internal constant QUOTA = 3;

    uint256 internal offerId;
    ILicences.Terms internal terms;
    address internal trier;

    function setUp() public virtual override {
        super.setUp();
        offerId = _publish(_offerOf(MODEL));
        terms = _terms(_offerOf(MODEL), customer);
        trier = _register("trier", IParticipantRegistry.Role.Customer);
        _fund(trier, paymentToken, FUNDS, address(trials));
        _fund(customer, paymentToken, FUNDS, address(trials));
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, false));
    }

    /// @dev `customer` sells.
    function _allow(ITrials.Allowance memory allowance) internal {
        vm.prank(customer);
        trials.allow(offerId, terms, allowance);
    }

    function _trialRequest() internal view returns (ITrials.Request memory r) {
        (r.offerId, r.terms, r.seats) = (offerId, terms, 2);
        (r.spec, r.dataset, r.evaluationFee) = ("own spec", "own data", FEE);
        (r.maxTotal, r.threshold) = (type(uint96).max, THRESHOLD);
        (r.tolerance, r.requiredCriteria) = (10_000, 1);
        ITrials.Allowance memory allowance = trials.allowanceOf(offerId);
        (r.exclusive, r.minBond) = (allowance.exclusive, allowance.bond);
    }

    function _openTrial() internal returns (uint256) {
        return _openTrial(_trialRequest());
    }

    function _openTrial(ITrials.Request memory request) internal returns (uint256) {
        vm.prank(trier);
        return trials.open(request);
    }

    function _panelOfTrial(uint256 id) internal view returns (uint256) {
        return trials.trial(id).panelId;
    }

    /// @dev The block that was named at the opening may belong to another epoch: one more is named.
    function _seatTrial(uint256 id) internal {
        _nextEpoch();
        uint256 panelId = _panelOfTrial(id);
        while (rounds.roundOf(panelId).state == IRounds.State.Drawing) {
            vm.roll(block.number + 3);
            trials.advance(id);
        }
    }

    function _grantTrial(uint256 id, address by, uint8 artifact) internal {
        uint256 panelId = _panelOfTrial(id);
        vm.prank(by);
        rounds.grant(panelId, artifact, "grants");
    }

    /// @dev Opened, seated, both keys granted.
    function _toVotes() internal returns (uint256 id) {
        id = _openTrial();
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        _grantTrial(id, customer, 1);
    }

    function _trialExchange(uint256 id) internal view returns (Exchange memory x) {
        x = _exchange(address(trials), id);
        x.key = _delivered(commissionId).key;
    }

    /// @dev The first `count` members report; the votes are in.
    function _voteTrial(uint256 id, uint256 count, IValidationOracle.Report memory report) internal {
        if (report.scores.length != 0 && report.word == 0) report.word = _agreement(_trialExchange(id));
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            reports[i] = report;
        }
        _answerEach(rounds.roundOf(_panelOfTrial(id)).requestId, reports);
    }

    function _judgeTrial(uint256 id, IValidationOracle.Report memory report) internal {
        _voteTrial(id, PANEL, report);
        skip(times.appeal);
        trials.advance(id);
    }

    function _deliverTrial(uint256 id, Exchange memory x, bytes32 keyHash) internal {
        deliveries.deliverAgreed(trials, id, _point(x.b), keyHash, CIPHERTEXT, _delivery(x), _possession(x));
    }

    function _deliverTrial(uint256 id) internal {
        Exchange memory x = _trialExchange(id);
        _deliverTrial(id, x, _keyHash(x.key));
    }

    /// @dev Passed, and the key is delivered.
    function _toTrialChallenge() internal returns (uint256 id) {
        id = _toVotes();
        _judgeTrial(id, _scored(THRESHOLD));
        _deliverTrial(id);
    }

    function _assertTrial(uint256 id, ITrials.State state, ITrials.Cause cause) internal view {
        assertEq(trials.trial(id).at.state(), uint8(state));
        assertEq(uint8(trials.trial(id).cause), uint8(cause));
    }

    /// @dev Of the offer, in Licences.
    function _lastSale() internal view returns (uint256) {
        return _nextSale(offerId, terms) - 1;
    }

    /// @dev As it is recorded when the trial is a sale.
    function _soldAs(uint256 id) internal view returns (ILicences.Sale memory sale) {
        ITrials.Trial memory t = trials.trial(id);
        (sale.terms, sale.seller, sale.holder) = (t.terms, t.seller, t.buyer);
        (sale.price, sale.seats, sale.kept) = (t.price, t.seats, t.word);
        sale.challengeWindow = times.challenge;
    }
}
