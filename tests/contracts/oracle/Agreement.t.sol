// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Agreement} from "../../../contracts/oracle/Agreement.sol";

/// @notice What a panel says, against a count of every subset that could agree.
contract AgreementTest is Test {
    IValidationOracle.Kind private constant EVALUATION = IValidationOracle.Kind.Evaluation;
    IValidationOracle.ReportStatus private constant SCORED = IValidationOracle.ReportStatus.Scored;
    IValidationOracle.ReportStatus private constant CLOSED = IValidationOracle.ReportStatus.CannotOpen;

    function _report(IValidationOracle.ReportStatus status, int64 score, uint16 criteria, bytes32 manifest)
        private
        pure
        returns (IValidationOracle.Report memory)
    {
        return IValidationOracle.Report(status, score, criteria, manifest);
    }

    function _random(uint256 seed, uint256 count, int64 spread)
        private
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        reports = new IValidationOracle.Report[](count);
        uint256 statuses = seed % 5; // 0: all scored, 4: all four statuses alike
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 status = random % 8 < statuses * 2 ? 1 + (random >> 8) % 4 : 1;
            reports[i].status = IValidationOracle.ReportStatus(status);
            if (status != 1) continue;
            reports[i].score = int64(int256((random >> 16) % uint256(uint64(spread)))) - spread / 2;
            reports[i].criteria = uint16(random >> 128);
        }
    }

    function testFuzz_evaluation(uint256 seed, uint8 count, uint32 tolerance, int64 spread) public pure {
        count = uint8(bound(count, 1, 31));
        spread = int64(bound(spread, 1, 1000));
        tolerance = uint32(bound(tolerance, 0, 600));
        IValidationOracle.Report[] memory reports = _random(seed, count, spread);
        IValidationOracle.Result memory result = Agreement.reach(EVALUATION, reports, tolerance);

        // Every status that two thirds share wins; two cannot.
        for (uint256 status = 2; status <= 4; ++status) {
            uint256 same;
            for (uint256 i; i < count; ++i) {
                if (uint256(reports[i].status) == status) ++same;
            }
            if (3 * same >= 2 * uint256(count)) {
                assertEq(uint256(result.outcome), status + 2); // outcomes follow statuses
                return;
            }
        }
        // A cluster begins at one of the scores.
        uint256 most;
        for (uint256 i; i < count; ++i) {
            if (reports[i].status != SCORED) continue;
            uint256 inside;
            for (uint256 j; j < count; ++j) {
                int256 above = int256(reports[j].score) - reports[i].score;
                if (reports[j].status == SCORED && above >= 0 && above <= int256(uint256(tolerance))) {
                    ++inside;
                }
            }
            if (inside > most) most = inside;
        }
        if (3 * most < 2 * uint256(count)) {
            assertEq(uint256(result.outcome), uint256(IValidationOracle.Outcome.Inconclusive));
            return;
        }
        assertEq(uint256(result.outcome), uint256(IValidationOracle.Outcome.Scored));
        _checkMedian(reports, result.score);
        _checkCoherence(reports, result, tolerance);
    }

    /// @dev At most half of the scores are less, and less than half are not more: the lower middle one.
    function _checkMedian(IValidationOracle.Report[] memory reports, int64 median) private pure {
        (uint256 less, uint256 same, uint256 all) = (0, 0, 0);
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].status != SCORED) continue;
            ++all;
            if (reports[i].score < median) ++less;
            if (reports[i].score == median) ++same;
        }
        assertGt(same, 0);
        assertLe(less, (all - 1) / 2);
        assertGt(less + same, (all - 1) / 2);
    }

    /// @dev Two thirds are coherent, so an outlier is never in the majority; and the majority sets each criterion.
    function _checkCoherence(
        IValidationOracle.Report[] memory reports,
        IValidationOracle.Result memory result,
        uint32 tolerance
    ) private pure {
        uint256 coherent;
        uint256[16] memory passed;
        for (uint256 i; i < reports.length; ++i) {
            int256 distance = int256(reports[i].score) - result.score;
            if (distance < 0) distance = -distance;
            bool expected = reports[i].status == SCORED && distance <= int256(uint256(tolerance));
            assertEq(Agreement.isCoherent(reports[i], result.score, tolerance), expected);
            if (!expected) continue;
            ++coherent;
            for (uint256 bit; bit < 16; ++bit) {
                passed[bit] += reports[i].criteria >> bit & 1;
            }
        }
        assertGe(3 * coherent, 2 * reports.length);
        for (uint256 bit; bit < 16; ++bit) {
            assertEq(result.criteria >> bit & 1 == 1, 2 * passed[bit] > coherent);
        }
    }

    function test_evaluation_extremeScores() public pure {
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](3);
        reports[0] = _report(SCORED, type(int64).min, 1, 0);
        reports[1] = _report(SCORED, type(int64).max, 1, 0);
        reports[2] = _report(SCORED, type(int64).max, 0, 0);
        IValidationOracle.Result memory result = Agreement.reach(EVALUATION, reports, type(uint32).max);
        assertEq(uint256(result.outcome), uint256(IValidationOracle.Outcome.Scored));
        assertEq(result.score, type(int64).max);
        assertEq(result.criteria, 0); // one of two is no majority
        assertFalse(Agreement.isCoherent(reports[0], result.score, type(uint32).max));
    }

    function test_evaluation_lowerMiddleOfAnEvenNumber() public pure {
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](4);
        for (uint256 i; i < 4; ++i) {
            reports[i] = _report(SCORED, int64(int256(10 - i)), 0, 0);
        }
        assertEq(Agreement.reach(EVALUATION, reports, 10).score, 8);
    }

    function testFuzz_attestation(uint256 seed, uint8 count) public pure {
        count = uint8(bound(count, 1, 31));
        IValidationOracle.Report[] memory reports = _random(seed, count, 1);
        uint256[5] memory counts;
        for (uint256 i; i < count; ++i) {
            ++counts[uint256(reports[i].status)];
        }
        uint256 bad = count - counts[1];
        IValidationOracle.Outcome expected = IValidationOracle.Outcome.Inconclusive;
        if (3 * counts[1] >= 2 * uint256(count)) expected = IValidationOracle.Outcome.Scored;
        else if (2 * bad > count && 2 * counts[2] > bad) expected = IValidationOracle.Outcome.CannotOpen;
        else if (2 * bad > count) expected = IValidationOracle.Outcome.Rejected;
        IValidationOracle.Result memory result =
            Agreement.reach(IValidationOracle.Kind.Attestation, reports, 0);
        assertEq(uint256(result.outcome), uint256(expected));
    }

    function testFuzz_delivery(uint256 seed, uint8 count) public pure {
        count = uint8(bound(count, 1, 31));
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        uint256[3] memory counts;
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 digest = random % (1 + seed % 9) > 2 ? random >> 8 & 1 : random % 3 % (1 + seed % 3);
            ++counts[digest];
            reports[i] = _report(digest == 0 ? CLOSED : SCORED, 0, 0, bytes32(digest));
        }
        IValidationOracle.Result memory result = Agreement.reach(IValidationOracle.Kind.Delivery, reports, 0);
        IValidationOracle.Outcome expected = IValidationOracle.Outcome.Inconclusive;
        bytes32 manifest;
        for (uint256 digest; digest < 3; ++digest) {
            if (3 * counts[digest] < 2 * uint256(count)) continue;
            manifest = bytes32(digest);
            expected = digest == 0 ? IValidationOracle.Outcome.CannotOpen : IValidationOracle.Outcome.Scored;
        }
        assertEq(uint256(result.outcome), uint256(expected));
        assertEq(result.manifest, manifest);
    }

    function test_differs() public pure {
        IValidationOracle.Result memory a =
            IValidationOracle.Result(IValidationOracle.Outcome.Scored, 100, 3, 0, false);
        IValidationOracle.Result memory b = _copy(a);
        b.appealed = true;
        assertFalse(Agreement.differs(a, b, 0));
        (b = _copy(a)).score = 105;
        assertFalse(Agreement.differs(a, b, 5));
        assertTrue(Agreement.differs(a, b, 4));
        assertTrue(Agreement.differs(b, a, 4));
        (b = _copy(a)).criteria = 1;
        assertTrue(Agreement.differs(a, b, 0));
        (b = _copy(a)).manifest = "other";
        assertTrue(Agreement.differs(a, b, 0));
        (b = _copy(a)).outcome = IValidationOracle.Outcome.Rejected;
        assertTrue(Agreement.differs(a, b, 0));
    }

    function _copy(IValidationOracle.Result memory a) private pure returns (IValidationOracle.Result memory) {
        return IValidationOracle.Result(a.outcome, a.score, a.criteria, a.manifest, a.appealed);
    }
}
