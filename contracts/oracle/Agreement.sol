// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IValidationOracle} from "../interfaces/IValidationOracle.sol";

/// @title What a panel as a whole answers, from what its members have revealed.
/// @notice Pure. Two thirds of the voters must agree on the word; of a score, two thirds must also lie within the
/// tolerance of one another. A score is then the median of those who named that word, which lies among these two
/// thirds and so cannot be moved out of them by the others; of an even number the lower middle one, as greater is
/// better. A report is *coherent* when it names the word and all of its scores are within the tolerance of the
/// medians; the criteria are the majority of the coherent reports', bit by bit.
library Agreement {
    uint256 private constant CRITERIA = 16;
    uint256 private constant STATUSES = 5;

    /// @notice Two thirds of `count`, rounded up.
    function twoThirds(uint256 count) internal pure returns (uint256) {
        return Math.ceilDiv(2 * count, 3);
    }

    /// @notice The panel's result.
    /// @param reports the revealed ones, at least one.
    /// @param voters the number of which two thirds must agree: at least the number of reports.
    /// @param subjects how many scores each answer has.
    /// @param tolerance within which scores agree.
    function reach(
        IValidationOracle.Kind kind,
        IValidationOracle.Report[] memory reports,
        uint256 voters,
        uint256 subjects,
        uint32 tolerance
    ) internal pure returns (IValidationOracle.Result memory result) {
        (uint256 needed, uint256 same) = (twoThirds(voters), 0);
        (result.word, same) = _commonWord(reports);
        if (same < needed) {
            uint256[STATUSES] memory counts = _countStatuses(reports);
            result.word = 0;
            result.outcome = kind == IValidationOracle.Kind.Verdict
                ? _refusal(counts, voters)
                : _commonStatus(counts, needed);
        } else {
            result.outcome = IValidationOracle.Outcome.Answered;
            if (kind == IValidationOracle.Kind.Score) {
                result.scores = new int64[](subjects);
                _score(result, reports, same, needed, tolerance);
            }
        }
    }

    /// @notice Whether an answer agrees with the panel's.
    function isCoherent(
        IValidationOracle.Report memory report,
        IValidationOracle.Result memory result,
        uint32 tolerance
    ) internal pure returns (bool) {
        return _names(report, result.word) && _isNear(report.scores, result.scores, tolerance);
    }

    /// @notice Whether a second result says something else than the first.
    function differs(IValidationOracle.Result memory a, IValidationOracle.Result memory b, uint32 tolerance)
        internal
        pure
        returns (bool)
    {
        return a.outcome != b.outcome || a.criteria != b.criteria || a.word != b.word
            || !_isNear(a.scores, b.scores, tolerance);
    }

    /* WORDS AND STATUSES */

    /// @dev The word that answers name most often, and how often; of several such words the first.
    function _commonWord(IValidationOracle.Report[] memory reports)
        private
        pure
        returns (bytes32 word, uint256 most)
    {
        for (uint256 i; i < reports.length && most < reports.length - i; ++i) {
            uint256 same = 0;
            for (uint256 j = i; j < reports.length; ++j) {
                if (_isAnswer(reports[i]) && _names(reports[j], reports[i].word)) ++same;
            }
            if (same > most) (word, most) = (reports[i].word, same);
        }
    }

    /// @dev A verdict that is not a yes: a no if more than half say so, else undecided. Answers with another word
    /// count for neither.
    function _refusal(uint256[STATUSES] memory counts, uint256 voters)
        private
        pure
        returns (IValidationOracle.Outcome)
    {
        uint256 closed = counts[uint256(IValidationOracle.ReportStatus.CannotOpen)];
        uint256 bad = closed + counts[uint256(IValidationOracle.ReportStatus.Unstable)]
            + counts[uint256(IValidationOracle.ReportStatus.Rejected)];
        if (2 * bad <= voters) return IValidationOracle.Outcome.Undecided;
        return 2 * closed > bad ? IValidationOracle.Outcome.CannotOpen : IValidationOracle.Outcome.Rejected;
    }

    function _commonStatus(uint256[STATUSES] memory counts, uint256 needed)
        private
        pure
        returns (IValidationOracle.Outcome)
    {
        if (counts[uint256(IValidationOracle.ReportStatus.CannotOpen)] >= needed) {
            return IValidationOracle.Outcome.CannotOpen;
        }
        if (counts[uint256(IValidationOracle.ReportStatus.Unstable)] >= needed) {
            return IValidationOracle.Outcome.Unstable;
        }
        if (counts[uint256(IValidationOracle.ReportStatus.Rejected)] >= needed) {
            return IValidationOracle.Outcome.Rejected;
        }
        return IValidationOracle.Outcome.Undecided;
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

    function _isAnswer(IValidationOracle.Report memory report) private pure returns (bool) {
        return report.status == IValidationOracle.ReportStatus.Answered;
    }

    function _names(IValidationOracle.Report memory report, bytes32 word) private pure returns (bool) {
        return _isAnswer(report) && report.word == word;
    }

    /* SCORES */

    /// @dev Works out scores and criteria from the `same` reports that name the result's word, or leaves it undecided.
    function _score(
        IValidationOracle.Result memory result,
        IValidationOracle.Report[] memory reports,
        uint256 same,
        uint256 needed,
        uint32 tolerance
    ) private pure {
        int64[][] memory answers = _answers(reports, result.word, same);
        bool agreed = true;
        for (uint256 subject; agreed && subject < result.scores.length; ++subject) {
            uint256[] memory scores = _sortedScores(answers, subject);
            agreed = _largestCluster(scores, tolerance) >= needed;
            result.scores[subject] = _unshift(scores[(same - 1) / 2]);
        }
        uint256 coherent = 0;
        if (agreed) (coherent, result.criteria) = _majority(reports, result, tolerance);
        // Of several subjects, it has to be the same two thirds that agree on each of them.
        if (coherent >= needed) return;
        result.outcome = IValidationOracle.Outcome.Undecided;
        (result.scores, result.criteria, result.word) = (new int64[](0), 0, 0);
    }

    /// @dev The scores of those who name the word.
    function _answers(IValidationOracle.Report[] memory reports, bytes32 word, uint256 count)
        private
        pure
        returns (int64[][] memory answers)
    {
        answers = new int64[][](count);
        uint256 next = 0;
        for (uint256 i; i < reports.length; ++i) {
            if (_names(reports[i], word)) answers[next++] = reports[i].scores;
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

    /// @return coherent how many reports are.
    /// @return criteria bit by bit, what more than half of these say.
    function _majority(
        IValidationOracle.Report[] memory reports,
        IValidationOracle.Result memory result,
        uint32 tolerance
    ) private pure returns (uint256 coherent, uint16 criteria) {
        // slither-disable-next-line uninitialized-local -- memory begins as zeros
        uint256[CRITERIA] memory passed;
        for (uint256 i; i < reports.length; ++i) {
            if (!isCoherent(reports[i], result, tolerance)) continue;
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

    /// @dev Scores of one subject shifted by 2^63, which keeps their order among unsigned integers.
    function _sortedScores(int64[][] memory answers, uint256 subject)
        private
        pure
        returns (uint256[] memory scores)
    {
        scores = new uint256[](answers.length);
        for (uint256 i; i < scores.length; ++i) {
            scores[i] = uint256(int256(answers[i][subject]) - type(int64).min);
        }
        return Arrays.sort(scores);
    }

    function _unshift(uint256 score) private pure returns (int64) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return int64(int256(score) + type(int64).min); // below 2^64 before, so an int64 after
    }

    /// @dev Whether all scores of two lists are within `tolerance` of one another.
    function _isNear(int64[] memory a, int64[] memory b, uint32 tolerance) private pure returns (bool) {
        if (a.length != b.length) return false;
        for (uint256 i; i < a.length; ++i) {
            int256 distance = int256(a[i]) - b[i];
            if (distance > int256(uint256(tolerance)) || distance < -int256(uint256(tolerance))) {
                return false;
            }
        }
        return true;
    }
}
