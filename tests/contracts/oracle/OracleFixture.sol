// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice A pool of validators, and a panel of five opened by the test contract.
abstract contract OracleFixture is MarketFixture {
    uint96 internal constant STAKE = 10_000e18;
    uint96 internal constant SEAT = 1000e18;
    uint96 internal constant SILENCE = SEAT / 20;
    uint96 internal constant WITHHOLDING = SEAT / 5;
    uint96 internal constant FEE = 10e18;
    uint96 internal constant APPEAL_BOND = 100e18;
    uint32 internal constant TOLERANCE = 1000;
    bytes32 internal constant SALT = keccak256("salt");

    IValidationOracle.Kind internal constant ATTESTATION = IValidationOracle.Kind.Attestation;
    IValidationOracle.Kind internal constant EVALUATION = IValidationOracle.Kind.Evaluation;
    IValidationOracle.Kind internal constant DELIVERY = IValidationOracle.Kind.Delivery;
    IValidationOracle.ReportStatus internal constant SCORED = IValidationOracle.ReportStatus.Scored;
    IValidationOracle.ReportStatus internal constant CLOSED = IValidationOracle.ReportStatus.CannotOpen;

    address internal customer = makeAddr("customer");
    address internal developer = makeAddr("developer");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual override {
        super.setUp();
        _validators(_poolSize(), STAKE);
    }

    /// @dev Enough validators for a panel of five and its appeal panel of eleven.
    function _poolSize() internal pure virtual returns (uint256) {
        return 18;
    }

    function _panelTerms() internal view returns (IValidationOracle.PanelTerms memory) {
        return IValidationOracle.PanelTerms({
            token: address(paymentToken),
            customer: customer,
            developer: developer,
            size: 5,
            seatStake: SEAT,
            silencePpm: 50_000,
            withholdPpm: 200_000,
            coolingOff: COOLING_OFF,
            evaluationFee: FEE,
            appealBond: APPEAL_BOND,
            drawWindow: 6 hours,
            grantWindow: 1 days
        });
    }

    function _requestTerms(uint256 panelId, IValidationOracle.Kind kind)
        internal
        pure
        returns (IValidationOracle.RequestTerms memory)
    {
        return IValidationOracle.RequestTerms({
            panelId: panelId,
            kind: kind,
            subject: "manifest",
            commitWindow: 1 hours,
            revealWindow: 30 minutes,
            appealWindow: 2 hours,
            tolerance: TOLERANCE
        });
    }

    function _seatedPanel() internal returns (uint256 panelId) {
        panelId = oracle.openPanel(_panelTerms());
        _seat(panelId);
    }

    /// @dev A request of the given kind to a fresh panel of five.
    function _request(IValidationOracle.Kind kind) internal returns (uint256 requestId) {
        uint256 panelId = _seatedPanel();
        return oracle.request(_requestTerms(panelId, kind));
    }

    function _members(uint256 requestId) internal view returns (address[] memory) {
        return oracle.panel(oracle.requestOf(requestId).terms.panelId).members;
    }

    function _report(int64 score) internal pure returns (IValidationOracle.Report memory) {
        return IValidationOracle.Report(SCORED, score, 3, "report");
    }

    function _statement(IValidationOracle.ReportStatus status)
        internal
        pure
        returns (IValidationOracle.Report memory)
    {
        return IValidationOracle.Report(status, 0, 0, "report");
    }

    function _commit(uint256 requestId, uint256 seat, IValidationOracle.Report memory report) internal {
        address member = _members(requestId)[seat];
        bytes32 vote = oracle.voteHash(requestId, member, report, SALT);
        vm.prank(member);
        oracle.commit(requestId, seat, vote);
    }

    function _reveal(uint256 requestId, uint256 seat, IValidationOracle.Report memory report) internal {
        address member = _members(requestId)[seat];
        vm.prank(member);
        oracle.reveal(requestId, seat, report, SALT);
    }

    function _toReveal(uint256 requestId) internal {
        vm.warp(oracle.requestOf(requestId).commitEnds);
    }

    function _toTally(uint256 requestId) internal {
        vm.warp(oracle.requestOf(requestId).revealEnds);
    }

    function _pastAppeal(uint256 requestId) internal {
        vm.warp(oracle.requestOf(requestId).appealEnds);
    }

    /// @dev The first seats commit and reveal these reports; the others are silent. Then the time is up.
    function _answer(uint256 requestId, IValidationOracle.Report[] memory reports) internal {
        for (uint256 i; i < reports.length; ++i) {
            _commit(requestId, i, reports[i]);
        }
        _toReveal(requestId);
        for (uint256 i; i < reports.length; ++i) {
            _reveal(requestId, i, reports[i]);
        }
        _toTally(requestId);
    }

    /// @dev `count` reports of one score.
    function _scores(uint256 count, int64 score)
        internal
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            reports[i] = _report(score);
        }
    }

    function _stakeOf(address validator) internal view returns (uint96) {
        return staking.stakeOf(validator).amount;
    }

    function _lockOf(address validator) internal view returns (uint96) {
        return staking.stakeOf(validator).locked;
    }

    function _isIn(address account, address[] memory list) internal pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }

    function _assertOutcome(IValidationOracle.Result memory result, IValidationOracle.Outcome outcome)
        internal
        pure
    {
        assertEq(uint256(result.outcome), uint256(outcome));
    }
}
