// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IValidationOracle} from "../interfaces/IValidationOracle.sol";

/// @title What a panel as a whole says, from what its members have revealed.
/// @notice Pure. Two thirds of the reports must agree; in an evaluation, two thirds must lie within the tolerance of one
/// another. The score is then the median of all scores, which lies among those two thirds and so cannot be moved out of
/// them by the others; of an even number the lower middle one, as greater is better. A report is *coherent* when its score
/// is within the tolerance of that median; the criteria are the majority of the coherent reports', bit by bit.
library Agreement {
    uint256 private constant CRITERIA = 16;
    uint256 private constant STATUSES = 5;

    /// @notice Two thirds of `count`, rounded up.
    function twoThirds(uint256 count) internal pure returns (uint256) {
        return Math.ceilDiv(2 * count, 3);
    }

    /// @notice The panel's result.
    /// @param reports the revealed ones, at least one.
    /// @param tolerance within which scores agree, ppm.
    function reach(IValidationOracle.Kind kind, IValidationOracle.Report[] memory reports, uint32 tolerance)
        internal
        pure
        returns (IValidationOracle.Result memory)
    {
        if (kind == IValidationOracle.Kind.Attestation) return _attestation(reports);
        if (kind == IValidationOracle.Kind.Delivery) return _delivery(reports);
        return _evaluation(reports, tolerance);
    }

    /// @notice Whether a report's score agrees with the panel's.
    function isCoherent(IValidationOracle.Report memory report, int64 median, uint32 tolerance)
        internal
        pure
        returns (bool)
    {
        if (report.status != IValidationOracle.ReportStatus.Scored) return false;
        int256 distance = int256(report.score) - median;
        return distance <= int256(uint256(tolerance)) && distance >= -int256(uint256(tolerance));
    }

    /// @notice Whether a second result says something else than the first.
    function differs(IValidationOracle.Result memory a, IValidationOracle.Result memory b, uint32 tolerance)
        internal
        pure
        returns (bool)
    {
        int256 distance = int256(a.score) - b.score;
        return a.outcome != b.outcome || a.criteria != b.criteria || a.manifest != b.manifest
            || distance > int256(uint256(tolerance)) || distance < -int256(uint256(tolerance));
    }

    /// @dev As committed, says a two-thirds majority; otherwise, says more than half; or inconclusive.
    function _attestation(IValidationOracle.Report[] memory reports)
        private
        pure
        returns (IValidationOracle.Result memory result)
    {
        uint256[STATUSES] memory counts = _countStatuses(reports);
        uint256 good = counts[uint256(IValidationOracle.ReportStatus.Scored)];
        uint256 closed = counts[uint256(IValidationOracle.ReportStatus.CannotOpen)];
        uint256 bad = reports.length - good;
        if (good >= twoThirds(reports.length)) result.outcome = IValidationOracle.Outcome.Scored;
        else if (2 * bad <= reports.length) result.outcome = IValidationOracle.Outcome.Inconclusive;
        else if (2 * closed > bad) result.outcome = IValidationOracle.Outcome.CannotOpen;
        else result.outcome = IValidationOracle.Outcome.Rejected;
    }

    /// @dev Two thirds attest the same key grants.
    function _delivery(IValidationOracle.Report[] memory reports)
        private
        pure
        returns (IValidationOracle.Result memory result)
    {
        uint256 needed = twoThirds(reports.length);
        result.outcome = IValidationOracle.Outcome.Inconclusive;
        for (uint256 i; i < reports.length; ++i) {
            uint256 same = 0;
            for (uint256 j; j < reports.length; ++j) {
                if (reports[j].manifest == reports[i].manifest) ++same;
            }
            if (same < needed) continue;
            result.manifest = reports[i].manifest;
            result.outcome = result.manifest == 0
                ? IValidationOracle.Outcome.CannotOpen
                : IValidationOracle.Outcome.Scored;
            return result;
        }
    }

    function _evaluation(IValidationOracle.Report[] memory reports, uint32 tolerance)
        private
        pure
        returns (IValidationOracle.Result memory result)
    {
        uint256 needed = twoThirds(reports.length);
        uint256[STATUSES] memory counts = _countStatuses(reports);
        result.outcome = IValidationOracle.Outcome.Inconclusive;
        if (counts[uint256(IValidationOracle.ReportStatus.CannotOpen)] >= needed) {
            result.outcome = IValidationOracle.Outcome.CannotOpen;
        } else if (counts[uint256(IValidationOracle.ReportStatus.Unstable)] >= needed) {
            result.outcome = IValidationOracle.Outcome.Unstable;
        } else if (counts[uint256(IValidationOracle.ReportStatus.Rejected)] >= needed) {
            result.outcome = IValidationOracle.Outcome.Rejected;
        } else {
            uint256[] memory scores =
                _sortedScores(reports, counts[uint256(IValidationOracle.ReportStatus.Scored)]);
            if (_largestCluster(scores, tolerance) < needed) return result;
            result.outcome = IValidationOracle.Outcome.Scored;
            result.score = _unshift(scores[(scores.length - 1) / 2]);
            result.criteria = _majority(reports, result.score, tolerance);
        }
    }

    /// @dev How many of the sorted scores lie within `tolerance` of one another, at best.
    function _largestCluster(uint256[] memory scores, uint32 tolerance) private pure returns (uint256 most) {
        uint256 first = 0;
        for (uint256 last; last < scores.length; ++last) {
            while (scores[last] - scores[first] > tolerance) ++first;
            most = Math.max(most, last - first + 1);
        }
    }

    /// @dev Bit by bit, what more than half of the coherent reports say.
    function _majority(IValidationOracle.Report[] memory reports, int64 median, uint32 tolerance)
        private
        pure
        returns (uint16 criteria)
    {
        uint256 coherent = 0;
        // slither-disable-next-line uninitialized-local -- memory begins as zeros
        uint256[CRITERIA] memory passed;
        for (uint256 i; i < reports.length; ++i) {
            if (!isCoherent(reports[i], median, tolerance)) continue;
            ++coherent;
            uint256 bits = reports[i].criteria;
            for (uint256 bit; bits >> bit != 0; ++bit) {
                passed[bit] += bits >> bit & 1;
            }
        }
        for (uint256 bit; bit < CRITERIA; ++bit) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (2 * passed[bit] > coherent) criteria |= uint16(uint256(1) << bit); // CRITERIA is 16
        }
    }

    function _countStatuses(IValidationOracle.Report[] memory reports)
        private
        pure
        returns (uint256[STATUSES] memory counts)
    {
        for (uint256 i; i < reports.length; ++i) {
            ++counts[uint256(reports[i].status)];
        }
    }

    /// @dev Scores shifted by 2^63, which keeps their order among unsigned integers.
    function _sortedScores(IValidationOracle.Report[] memory reports, uint256 count)
        private
        pure
        returns (uint256[] memory scores)
    {
        scores = new uint256[](count);
        uint256 next = 0;
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].status != IValidationOracle.ReportStatus.Scored) continue;
            scores[next++] = uint256(int256(reports[i].score) - type(int64).min);
        }
        return Arrays.sort(scores);
    }

    function _unshift(uint256 score) private pure returns (int64) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return int64(int256(score) + type(int64).min); // below 2^64 before, so an int64 after
    }
}
