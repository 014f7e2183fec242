// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";

import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What a ruling says of the parties' reputation.
contract RulingFactsTest is CommissionFixture {
    function test_paymentLost() public {
        uint256 id = _ruled(_toChallenge(), Side.Customer);
        assertEq(uint8(lens.commission(id).cause), uint8(ICommissionMarket.Cause.DisputeLost));
        _states(id, developer, IReputation.Kind.DisputeLost, 1);
        _states(id, customer, IReputation.Kind.DisputeWon, 1);
        _states(id, developer, IReputation.Kind.ValidationPassed, 1);
        _states(id, developer, IReputation.Kind.ValidationFailed, 0);
        reputation.record(facts, id);
        assertLt(reputation.scoreOf(developer, 1), 500_000);
    }

    /// @dev Nothing that a deal can say of anybody is too much to be recorded: an attempt that failed, an audit in
    /// which nobody was silent, a lost dispute.
    function test_allThereIsToSay() public {
        (uint256 id, address[] memory seats) = _toAuditing();
        _postAll(id, false);
        market.advance(id);
        _submit(id, "better model");
        _evaluate(id, THRESHOLD);
        seats = _seatAuditors(id);
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        _ruled(id, Side.Customer);
        assertEq(facts.factsOf(id).length, 8 + seats.length);
        _states(id, developer, IReputation.Kind.ValidationFailed, 1);
        _states(id, developer, IReputation.Kind.AuditPassed, 1);
        _states(id, developer, IReputation.Kind.DisputeLost, 1);
        _states(id, customer, IReputation.Kind.DisputeWon, 1);
        reputation.record(facts, id);
    }

    /// @dev The panel was wrong about the data: the customer's record is clean.
    function test_badDataOverturned() public {
        uint256 id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Rejected));
        market.advance(id);
        _ruled(id, Side.Customer);
        _states(id, customer, IReputation.Kind.BadData, 0);
        _states(id, customer, IReputation.Kind.DataSound, 1);
        _states(id, customer, IReputation.Kind.DisputeWon, 1);
        _states(id, developer, IReputation.Kind.DisputeLost, 0);
    }

    /// @dev The panel was wrong about the last attempt: it does not count, and the customer lost nothing by it.
    function test_attemptsSpentOverturned() public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _submit(id, "better model");
        _evaluate(id, THRESHOLD - 1);
        _ruled(id, Side.Developer);
        _states(id, developer, IReputation.Kind.ValidationFailed, 1);
        _states(id, developer, IReputation.Kind.DisputeWon, 1);
        _states(id, customer, IReputation.Kind.DisputeLost, 0);
    }

    /// @dev The auditors were wrong: the model had passed, and no failed audit is held against it.
    function test_auditRejectedOverturned() public {
        (uint256 id,) = _toAuditing();
        for (uint256 round; round < 2; ++round) {
            _postAll(id, false);
            market.advance(id);
            if (round == 1) break;
            _submit(id, "better model");
            _evaluate(id, THRESHOLD);
            _seatAuditors(id);
        }
        _ruled(id, Side.Developer);
        _states(id, developer, IReputation.Kind.AuditFailed, 0);
        _states(id, developer, IReputation.Kind.ValidationPassed, 1);
        _states(id, developer, IReputation.Kind.DisputeWon, 1);
    }

    /// @dev Whatever is ruled, the deal can be recorded, and an end that stands says what it says without a dispute.
    function testFuzz_announcedEndStands(uint8 choice) public {
        uint256 id = _toEvaluating();
        _evaluate(id, THRESHOLD - 1);
        _submit(id, "better model");
        _evaluate(id, THRESHOLD - 1);
        Side side = choice % 2 == 0 ? Side.None : Side.Customer;
        _ruled(id, side);
        _states(id, developer, IReputation.Kind.ValidationFailed, 2);
        _states(id, developer, IReputation.Kind.DisputeWon, 0);
        _states(id, developer, IReputation.Kind.DisputeLost, 0);
        reputation.record(facts, id);
    }

    function _ruled(uint256 id, Side side) private returns (uint256) {
        vm.startPrank(address(disputes));
        market.contest(id, uint40(block.timestamp + 1 days));
        market.resolve(id, side, 0);
        vm.stopPrank();
        return id;
    }

    function _states(uint256 id, address who, IReputation.Kind kind, uint256 count) private view {
        IFactSource.Fact[] memory found = facts.factsOf(id);
        uint256 sum;
        for (uint256 i; i < found.length; ++i) {
            if (found[i].subject == who && found[i].kind == kind) sum += found[i].count;
        }
        assertEq(sum, count);
    }
}
