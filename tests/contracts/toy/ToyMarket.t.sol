// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";
import {ToyMarket} from "./ToyMarket.sol";

/// @notice A market of fifty lines has panels answer questions of every kind, and pays them.
contract ToyMarketTest is OracleFixture {
    uint256 private constant ALL = uint256(PANEL) * FEE;
    uint256 private constant PURSE = 10 * ALL;

    ToyMarket private _market;
    address private _asker;

    function setUp() public override {
        super.setUp();
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, PANEL);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, APPEAL_BOND, 0), tiers);
        policy.setStakes(IPolicy.Stakes(SEAT, 0, 50_000, 200_000));
        _market = new ToyMarket(escrow, rounds, rulebook, address(paymentToken));
        escrow.authorise(address(_market));
        rounds.grantRole(rounds.MODULE_ROLE(), address(_market));
        _asker = makeAddr("asker");
        _fund(_asker, paymentToken, PURSE, address(_market));
    }

    /// @dev About one sealed artifact whose key the asker grants.
    function _ask(IValidationOracle.Kind kind, uint8 subjects) private returns (uint256 id, uint256 panelId) {
        IRounds.Question memory question;
        (question.kind, question.subjects, question.tolerance) = (kind, subjects, TOLERANCE);
        (question.work, question.fresh, question.appealable) = ("work", 1, true);
        (question.artifacts, question.granters) = (new bytes32[](1), new address[](1));
        (question.artifacts[0], question.granters[0]) = ("artifact", _asker);
        question.grants = new bytes32[](1);
        _nextEpoch();
        vm.prank(_asker);
        id = _market.ask(question);
        (, panelId,,,) = _market.deals(id);
        vm.roll(block.number + 3);
        _market.advance(id);
        vm.prank(_asker);
        rounds.grant(panelId, 0, "grants");
    }

    function _finish(uint256 id, uint256 panelId, IValidationOracle.Report[] memory reports) private {
        _answer(rounds.roundOf(panelId).requestId, reports);
        skip(policy.timeouts().appeal);
        _market.advance(id);
    }

    function _assertDone(
        uint256 id,
        IValidationOracle.Outcome outcome,
        int64 score,
        bytes32 word,
        uint256 spent
    ) private view {
        (,, IValidationOracle.Outcome said, int64 saidScore, bytes32 saidWord) = _market.deals(id);
        _assertOutcome(said, outcome);
        assertEq(saidScore, score);
        assertEq(saidWord, word);
        assertEq(escrow.held(address(_market), address(paymentToken), bytes32(id)), 0);
        assertEq(_balance(_asker, paymentToken), PURSE - spent);
        uint256 paid;
        for (uint256 i; i < validators.length; ++i) {
            paid += _balance(validators[i], paymentToken);
            assertEq(_lockOf(validators[i]), 0);
        }
        assertEq(paid, spent);
    }

    function test_verdict() public {
        (uint256 id, uint256 panelId) = _ask(VERDICT, 0);
        _finish(id, panelId, _statements(PANEL, ANSWERED));
        _assertDone(id, IValidationOracle.Outcome.Answered, 0, WORD, ALL);
        (id, panelId) = _ask(VERDICT, 0);
        _finish(id, panelId, _statements(PANEL, REJECTED));
        _assertDone(id, IValidationOracle.Outcome.Rejected, 0, 0, 2 * ALL);
    }

    function test_score() public {
        (uint256 id, uint256 panelId) = _ask(SCORE, 1);
        _finish(id, panelId, _scores(PANEL, -5));
        _assertDone(id, IValidationOracle.Outcome.Answered, -5, WORD, ALL);
    }

    /// @dev Three models by one panel at once.
    function test_score_ofThreeSubjects() public {
        (uint256 id, uint256 panelId) = _ask(SCORE, 3);
        IValidationOracle.Report memory report = _report(10);
        report.scores = new int64[](3);
        (report.scores[0], report.scores[1], report.scores[2]) = (10, 20, 30);
        IValidationOracle.Report[] memory reports = _same(PANEL, report);
        reports[2].scores[1] = 5_000_000;
        _answer(rounds.roundOf(panelId).requestId, reports);
        skip(policy.timeouts().appeal);
        int64[] memory scores = oracle.resultOf(rounds.roundOf(panelId).requestId).scores;
        assertEq(abi.encode(scores), abi.encode(report.scores));
        _market.advance(id);
        _assertDone(id, IValidationOracle.Outcome.Answered, 10, WORD, ALL - FEE);
        assertEq(_burnt(stakingToken), SEAT);
    }

    function test_digest() public {
        (uint256 id, uint256 panelId) = _ask(DIGEST, 0);
        _finish(id, panelId, _statements(4, ANSWERED));
        _assertDone(id, IValidationOracle.Outcome.Answered, 0, WORD, ALL - FEE);
    }

    /// @dev Silent members are replaced, and the market pays for both panels out of what it took.
    function test_replacement() public {
        (uint256 id, uint256 panelId) = _ask(DIGEST, 0);
        _answer(rounds.roundOf(panelId).requestId, _statements(3, ANSWERED));
        _market.advance(id);
        _nextEpoch();
        for (uint256 i; i < 2; ++i) {
            vm.roll(block.number + 3);
            _market.advance(id);
        }
        vm.prank(_asker);
        rounds.grant(panelId, 0, "grants");
        _finish(id, panelId, _statements(PANEL, ANSWERED));
        _assertDone(id, IValidationOracle.Outcome.Answered, 0, WORD, ALL + 3 * FEE);
    }

    /// @dev A question that no panel could be asked is refused before anything is taken.
    function test_badQuestion() public {
        IRounds.Question memory question;
        (question.kind, question.work) = (SCORE, "work");
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidQuestion.selector, bytes32("subjects")));
        vm.prank(_asker);
        _market.ask(question);
        assertEq(_balance(_asker, paymentToken), PURSE);
    }
}
