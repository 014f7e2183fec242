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
    uint8 internal constant PANEL = 5;
    bytes32 internal constant SALT = keccak256("salt");
    bytes32 internal constant WORD = keccak256("word");

    IValidationOracle.Kind internal constant VERDICT = IValidationOracle.Kind.Verdict;
    IValidationOracle.Kind internal constant SCORE = IValidationOracle.Kind.Score;
    IValidationOracle.Kind internal constant DIGEST = IValidationOracle.Kind.Digest;
    IValidationOracle.ReportStatus internal constant ANSWERED = IValidationOracle.ReportStatus.Answered;
    IValidationOracle.ReportStatus internal constant CLOSED = IValidationOracle.ReportStatus.CannotOpen;
    IValidationOracle.ReportStatus internal constant REJECTED = IValidationOracle.ReportStatus.Rejected;

    address internal customer = makeAddr("customer");
    address internal developer = makeAddr("developer");
    address internal stranger = makeAddr("stranger");
    address[] internal validators;

    function setUp() public virtual override {
        super.setUp();
        validators = _validators(_poolSize(), STAKE);
    }

    /// @dev Enough validators for a panel of five and its appeal panel of eleven.
    function _poolSize() internal pure virtual returns (uint256) {
        return 18;
    }

    function _panelTerms() internal view returns (IValidationOracle.PanelTerms memory) {
        return IValidationOracle.PanelTerms({
            customer: customer,
            seatStake: SEAT,
            developer: developer,
            size: PANEL,
            silencePpm: 50_000,
            withholdPpm: 200_000,
            appellant: address(0),
            coolingOff: COOLING_OFF,
            reviewed: 0
        });
    }

    function _requestTerms(IValidationOracle.Kind kind)
        internal
        pure
        returns (IValidationOracle.RequestTerms memory)
    {
        return IValidationOracle.RequestTerms({
            kind: kind,
            subjects: kind == SCORE ? 1 : 0,
            slashable: true,
            tolerance: TOLERANCE,
            commitWindow: 1 hours,
            revealWindow: 30 minutes
        });
    }

    function _seatedPanel() internal returns (uint256 panelId) {
        panelId = oracle.openPanel(_panelTerms());
        _seat(panelId);
    }

    /// @dev A request of the given kind to a fresh panel of five.
    function _request(IValidationOracle.Kind kind) internal returns (uint256 requestId) {
        return oracle.request(_seatedPanel(), _requestTerms(kind));
    }

    function _members(uint256 requestId) internal view returns (address[] memory) {
        return oracle.panel(oracle.requestOf(requestId).panelId).members;
    }

    /* REPORTS */

    /// @dev A score of one subject.
    function _report(int64 score) internal pure returns (IValidationOracle.Report memory report) {
        report = _statement(ANSWERED);
        (report.scores, report.criteria) = (new int64[](1), 3);
        report.scores[0] = score;
    }

    /// @dev An answer to a verdict or a digest, or why there is none.
    function _statement(IValidationOracle.ReportStatus status)
        internal
        pure
        returns (IValidationOracle.Report memory report)
    {
        (report.status, report.manifest) = (status, "report");
        if (status == ANSWERED) report.word = WORD;
    }

    /// @dev `count` reports of one score.
    function _scores(uint256 count, int64 score)
        internal
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        return _same(count, _report(score));
    }

    function _statements(uint256 count, IValidationOracle.ReportStatus status)
        internal
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        return _same(count, _statement(status));
    }

    /// @dev Copies, so that one can be changed.
    function _same(uint256 count, IValidationOracle.Report memory report)
        internal
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            reports[i] = abi.decode(abi.encode(report), (IValidationOracle.Report));
        }
    }

    /* VOTES */

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

    function _toResult(uint256 requestId) internal {
        vm.warp(oracle.requestOf(requestId).revealEnds);
    }

    /// @dev The first seats commit and reveal these reports; the others are silent. Then the time is up.
    function _answer(uint256 requestId, IValidationOracle.Report[] memory reports) internal {
        for (uint256 i; i < reports.length; ++i) {
            _commit(requestId, i, reports[i]);
        }
        if (block.timestamp < oracle.requestOf(requestId).commitEnds) _toReveal(requestId);
        for (uint256 i; i < reports.length; ++i) {
            _reveal(requestId, i, reports[i]);
        }
        if (block.timestamp < oracle.requestOf(requestId).revealEnds) _toResult(requestId);
    }

    /* WHAT IS SO */

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

    function _assertOutcome(IValidationOracle.Outcome outcome, IValidationOracle.Outcome expected)
        internal
        pure
    {
        assertEq(uint8(outcome), uint8(expected), "outcome");
    }
}
