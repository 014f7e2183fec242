// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {ReputationFixture} from "./ReputationFixture.sol";

/// @notice Sums brought up to date on demand are those of adding up every fact with its own decay; and what no sequence
/// of facts and ratings can do to a score.
contract ReputationDecayTest is ReputationFixture {
    uint256 private constant STEPS = 12;
    uint256 private constant DAILY = 996_156_587_220_575_217_647_424_913_421_553_687; // 2^(-1/180) in units of 1e-36
    uint256 private constant ERROR = 261; // millionths of a fact
    uint256 private constant LEDGERS = 3; // the slot of the mapping

    struct Step {
        uint16 wait; // hours
        uint8 kind;
        uint8 count;
        uint8 stars; // 0 to 5: a rating instead; else a fact
        uint32 weight;
    }

    /* LAZY AND EAGER */

    /// forge-config: default.isolate = false
    function testFuzz_lazyIsEager(Step[STEPS] memory steps, uint16 finalWait) public {
        uint256[STEPS] memory days_;
        for (uint256 i; i < STEPS; ++i) {
            _wait(steps[i].wait);
            days_[i] = block.timestamp / 1 days;
            _record(subject, _kind(steps[i].kind), steps[i].count);
        }
        _wait(finalWait);
        (uint256[] memory parts,,) = reputation.partsOf(subject, 1);
        for (uint8 kind = 1; kind < KINDS; ++kind) {
            uint256 eager;
            for (uint256 i; i < STEPS; ++i) {
                if (_kind(steps[i].kind) != IReputation.Kind(kind)) continue;
                eager += steps[i].count * ONE * _left(block.timestamp / 1 days - days_[i]);
            }
            assertLe(parts[kind] * 1e36, eager + 1e36 / 1e12, "never more, but for the test's own rounding");
            assertLt(eager, (parts[kind] + ERROR) * 1e36, "never less by more than the error");
        }
    }

    /// @dev A sum that is touched every day for four years loses as often as can be.
    /// forge-config: default.isolate = false
    function test_errorOfDailyChanges() public {
        uint256 eager;
        for (uint256 i; i < 4 * 365; ++i) {
            vm.warp(block.timestamp + 1 days);
            _record(subject, IReputation.Kind.ValidationPassed, 1);
            eager = eager * DAILY / 1e36 + ONE * 1e30;
        }
        (uint256[] memory parts,,) = reputation.partsOf(subject, 1);
        assertLe(parts[1] * 1e30, eager);
        assertLt(eager, (parts[1] + ERROR) * 1e30);
    }

    /// forge-config: default.isolate = false
    function testFuzz_orderWithinADayIsOfNoMatter(Step[STEPS] memory steps, uint256 seed, uint16 wait)
        public
    {
        _record(subject, IReputation.Kind.AuditPassed, 200);
        _record(buyer, IReputation.Kind.AuditPassed, 200);
        vm.warp((block.timestamp / 1 days + 1 + uint256(wait)) * 1 days);
        for (uint256 i; i < STEPS; ++i) {
            _take(steps[i], subject);
        }
        vm.warp(block.timestamp + 1 days - 1);
        for (uint256 i = STEPS; i > 0; --i) {
            uint256 picked = uint256(keccak256(abi.encode(seed, i))) % i;
            _take(steps[picked], buyer);
            steps[picked] = steps[i - 1];
        }
        (uint256[] memory ones, uint256 weight, uint256 sum) = reputation.partsOf(subject, 1);
        (uint256[] memory others, uint256 otherWeight, uint256 otherSum) = reputation.partsOf(buyer, 1);
        assertEq(keccak256(abi.encode(ones)), keccak256(abi.encode(others)));
        assertEq(weight, otherWeight);
        assertEq(sum, otherSum);
        assertEq(_score(subject), _score(buyer));
    }

    /* WHAT A SCORE CANNOT DO */

    /// forge-config: default.isolate = false
    function testFuzz_noSequenceFails(Step[STEPS] memory steps) public {
        for (uint256 i; i < STEPS; ++i) {
            _wait(steps[i].wait);
            _take(steps[i], subject);
            assertLt(_score(subject), 1_000_000);
            assertLt(reputation.overall(subject), 1_000_000);
        }
        vm.warp(block.timestamp + 1000 * 365 days);
        assertEq(_score(subject), 500_000, "nothing is left");
    }

    /// @dev Sums at their largest still add, decay and give a score.
    /// forge-config: default.isolate = false
    function testFuzz_fullLedgersSaturate(Step memory step, uint48[14] memory sums) public {
        if (sums[13] / 4 > sums[12]) sums[13] = sums[12]; // no rating has more than five stars
        _fill(sums);
        _take(step, subject);
        assertLt(_score(subject), 1_000_000);
        (uint256[] memory parts, uint256 weight, uint256 sum) = reputation.partsOf(subject, 1);
        for (uint256 kind = 1; kind < KINDS; ++kind) {
            assertGe(parts[kind], sums[kind - 1], "no sum wraps around");
        }
        assertGe(weight, sums[12]);
        assertGe(sum, sums[13]);
    }

    /// forge-config: default.isolate = false
    function testFuzz_factsMoveAScoreTheirWay(Step[STEPS] memory steps, uint256 seed, uint8 count) public {
        for (uint256 i; i < STEPS; ++i) {
            _take(steps[i], subject);
        }
        IReputation.Kind kind = _kind(seed);
        uint256 before = _score(subject);
        _record(subject, kind, count);
        if (uint8(kind) % 2 == 1) assertGe(_score(subject), before, "a good fact");
        else assertLe(_score(subject), before, "a bad one");
    }

    /// forge-config: default.isolate = false
    function testFuzz_extremeStarsMoveAScoreTheirWay(Step[STEPS] memory steps, bool best, uint32 weight)
        public
    {
        for (uint256 i; i < STEPS; ++i) {
            _take(steps[i], subject);
        }
        uint256 before = _score(subject);
        _rate(subject, best ? 5 : 1, weight);
        if (best) assertGe(_score(subject), before, "five stars");
        else assertLe(_score(subject), before, "one star");
    }

    /// @dev Whatever the ratings say, three quarters are facts.
    /// forge-config: default.isolate = false
    function testFuzz_ratingsAreAQuarterAtMost(Step[STEPS] memory steps) public {
        for (uint256 i; i < STEPS; ++i) {
            steps[i].stars = 6;
            _take(steps[i], subject);
        }
        uint256 facts = _score(subject);
        for (uint256 i; i < 2 * STEPS; ++i) {
            _rate(subject, uint8(1 + i % 5), type(uint256).max);
            assertGe(_score(subject), facts * 3 / 4 - 1);
            assertLe(_score(subject), facts * 3 / 4 + 250_000);
        }
    }

    /* INTERNAL */

    function _take(Step memory step, address account) private {
        if (step.stars % 8 == 0 || step.stars % 8 > 5) _record(account, _kind(step.kind), step.count);
        else _rate(account, step.stars % 8, step.weight);
    }

    function _wait(uint256 hours_) private {
        vm.warp(block.timestamp + hours_ * 1 hours);
    }

    /// @dev By one multiplication a day.
    function _left(uint256 elapsed) private pure returns (uint256 left) {
        left = 1e36;
        for (uint256 i; i < elapsed; ++i) {
            left = left * DAILY / 1e36;
        }
    }

    /// @dev Writes the subject's ledger in domain 1 as of today: fifteen numbers of 48 bits, five a slot.
    function _fill(uint48[14] memory sums) private {
        uint256 slot = uint256(keccak256(abi.encode(1, keccak256(abi.encode(subject, LEDGERS)))));
        uint256[3] memory words;
        words[0] = block.timestamp / 1 days;
        for (uint256 i; i < sums.length; ++i) {
            words[(i + 1) / 5] |= uint256(sums[i]) << (48 * ((i + 1) % 5));
        }
        for (uint256 i; i < words.length; ++i) {
            vm.store(address(reputation), bytes32(slot + i), bytes32(words[i]));
        }
    }
}
