// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {ReputationFixture} from "../audit/ReputationFixture.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random facts and ratings over years against `benchmarks/reference/reputation.py`: the score after each, and
/// all sums at the end.
contract ReputationDifferentialTest is ReputationFixture, CaseFile {
    struct Step {
        uint32 wait; // seconds
        uint8 kind; // 0 for a rating
        uint8 count; // of facts
        uint8 stars;
        uint256 weight;
        uint32 score; // expected
    }

    struct ReputationCase {
        Step[] steps;
        uint32 wait; // after the last step; what follows is expected
        uint256[] facts;
        uint256 ratingWeight;
        uint256 ratingSum;
        uint32 score;
    }

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("reputation");
    }

    function _play(bytes memory encoded) internal override {
        ReputationCase memory c = abi.decode(encoded, (ReputationCase));
        for (uint256 i; i < c.steps.length; ++i) {
            Step memory step = c.steps[i];
            skip(step.wait);
            if (step.kind == 0) _rate(subject, step.stars, step.weight);
            else _recordHeavy(subject, 1, IReputation.Kind(step.kind), step.count, step.weight);
            assertEq(_score(subject), step.score, _says("score"));
        }
        skip(c.wait);
        (uint256[] memory facts, uint256 ratingWeight, uint256 ratingSum) = reputation.partsOf(subject, 1);
        assertEq(abi.encode(facts), abi.encode(c.facts), _says("facts"));
        assertEq(ratingWeight, c.ratingWeight, _says("weight of the ratings"));
        assertEq(ratingSum, c.ratingSum, _says("sum of the ratings"));
        assertEq(_score(subject), c.score, _says("score at the end"));
        assertEq(reputation.overall(subject), c.score, _says("overall"));
    }
}
