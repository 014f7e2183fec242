// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Agreement} from "../../../contracts/oracle/Agreement.sol";

/// @notice What a panel says, against a count of every set of reports that could agree.
contract AgreementTest is Test {
    IValidationOracle.Kind private constant VERDICT = IValidationOracle.Kind.Verdict;
    IValidationOracle.Kind private constant SCORE = IValidationOracle.Kind.Score;
    IValidationOracle.Kind private constant DIGEST = IValidationOracle.Kind.Digest;
    IValidationOracle.ReportStatus private constant ANSWERED = IValidationOracle.ReportStatus.Answered;
    uint256 private constant WORDS = 3; // 0 to 2; words may be zero but in digests

    /// @dev Mostly answers, mostly of one word, whose scores lie close together.
    function _random(uint256 seed, uint256 count, uint256 subjects, uint256 spread)
        private
        pure
        returns (IValidationOracle.Report[] memory reports)
    {
        reports = new IValidationOracle.Report[](count);
        (uint256 others, uint256 strays, uint256 usual) =
            (seed % 5 * 2, (seed >> 8) % 4, 1 + (seed >> 16) % 4);
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 status = random % 8 < others ? 1 + (random >> 8) % 4 : usual > 2 ? 1 : usual;
            reports[i].status = IValidationOracle.ReportStatus(status);
            if (reports[i].status != ANSWERED) continue;
            reports[i].word = bytes32((random >> 16) % 8 < strays ? (random >> 24) % WORDS : 1);
            reports[i].criteria = uint16(random >> 128);
            reports[i].scores = new int64[](subjects);
            for (uint256 j; j < subjects; ++j) {
                random = uint256(keccak256(abi.encode(random)));
                reports[i].scores[j] = int64(int256(random % spread)) - int64(int256(spread / 2));
            }
        }
    }

    function _count(
        IValidationOracle.Report[] memory reports,
        IValidationOracle.ReportStatus status,
        uint256 word
    ) private pure returns (uint256 count) {
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].status != status) continue;
            if (status != ANSWERED || reports[i].word == bytes32(word)) ++count;
        }
    }

    /// @return The word of two thirds of the voters, WORDS for none.
    function _agreedWord(IValidationOracle.Report[] memory reports, uint256 voters)
        private
        pure
        returns (uint256)
    {
        for (uint256 word; word < WORDS; ++word) {
            if (3 * _count(reports, ANSWERED, word) >= 2 * voters) return word;
        }
        return WORDS;
    }

    /// @dev The status of two thirds, if there is one; outcomes follow statuses.
    function _agreedFailure(IValidationOracle.Report[] memory reports, uint256 voters)
        private
        pure
        returns (IValidationOracle.Outcome)
    {
        for (uint256 status = 2; status <= 4; ++status) {
            if (3 * _count(reports, IValidationOracle.ReportStatus(status), 0) >= 2 * voters) {
                return IValidationOracle.Outcome(status + 2);
            }
        }
        return IValidationOracle.Outcome.Undecided;
    }

    function _assertNothingElse(IValidationOracle.Result memory result) private pure {
        assertEq(result.scores.length, 0);
        assertEq(result.criteria, 0);
        assertEq(result.word, 0);
    }

    /* SCORES */

    struct Shape {
        uint256 voters;
        uint256 subjects;
        uint32 tolerance;
    }

    function testFuzz_score(
        uint256 seed,
        uint8 count,
        uint8 silent,
        uint8 subjects,
        uint32 tolerance,
        uint16 spread
    ) public pure {
        count = uint8(bound(count, 1, 31));
        Shape memory shape = Shape({
            voters: count + bound(silent, 0, (31 - count) / (seed % 3 + 1)),
            subjects: subjects % 4 == 0 ? bound(subjects, 1, 32) : subjects % 4,
            tolerance: uint32(bound(tolerance, 0, 600))
        });
        IValidationOracle.Report[] memory reports =
            _random(seed, count, shape.subjects, bound(spread, 1, 1000));
        IValidationOracle.Result memory result =
            Agreement.reach(SCORE, reports, shape.voters, shape.subjects, shape.tolerance);
        uint256 word = _agreedWord(reports, shape.voters);
        if (word == WORDS) {
            assertEq(uint8(result.outcome), uint8(_agreedFailure(reports, shape.voters)));
            _assertNothingElse(result);
            return;
        }
        int64[] memory medians = new int64[](shape.subjects);
        for (uint256 j; j < shape.subjects; ++j) {
            medians[j] = _median(reports, bytes32(word), j);
        }
        if (!_agree(reports, bytes32(word), medians, shape)) {
            assertEq(uint8(result.outcome), uint8(IValidationOracle.Outcome.Undecided));
            _assertNothingElse(result);
            return;
        }
        assertEq(uint8(result.outcome), uint8(IValidationOracle.Outcome.Answered));
        assertEq(result.word, bytes32(word));
        assertEq(abi.encode(result.scores), abi.encode(medians));
        _checkCriteria(reports, result, shape);
    }

    /// @dev By definition: the least score of which more than half of the word's lie at or below.
    function _median(IValidationOracle.Report[] memory reports, bytes32 word, uint256 subject)
        private
        pure
        returns (int64 median)
    {
        uint256 all = _count(reports, ANSWERED, uint256(word));
        median = type(int64).max;
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].status != ANSWERED || reports[i].word != word) continue;
            uint256 atMost;
            for (uint256 j; j < reports.length; ++j) {
                bool counts = reports[j].status == ANSWERED && reports[j].word == word;
                if (counts && reports[j].scores[subject] <= reports[i].scores[subject]) ++atMost;
            }
            if (2 * atMost >= all && reports[i].scores[subject] < median) {
                median = reports[i].scores[subject];
            }
        }
    }

    /// @dev For each subject some window of the tolerance's width holds two thirds, and two thirds are near all the
    /// medians.
    function _agree(
        IValidationOracle.Report[] memory reports,
        bytes32 word,
        int64[] memory medians,
        Shape memory shape
    ) private pure returns (bool) {
        uint256 near;
        for (uint256 i; i < reports.length; ++i) {
            if (_isNear(reports[i], word, medians, shape.tolerance)) ++near;
        }
        for (uint256 subject; subject < medians.length; ++subject) {
            if (3 * _largestWindow(reports, word, subject, shape.tolerance) < 2 * shape.voters) return false;
        }
        return 3 * near >= 2 * shape.voters;
    }

    function _largestWindow(
        IValidationOracle.Report[] memory reports,
        bytes32 word,
        uint256 subject,
        uint32 tolerance
    ) private pure returns (uint256 most) {
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].status != ANSWERED || reports[i].word != word) {
                continue;
            }
            uint256 inside;
            for (uint256 j; j < reports.length; ++j) {
                if (reports[j].status != ANSWERED || reports[j].word != word) continue;
                int256 above = int256(reports[j].scores[subject]) - reports[i].scores[subject];
                if (above >= 0 && above <= int256(uint256(tolerance))) ++inside;
            }
            if (inside > most) most = inside;
        }
    }

    function _isNear(
        IValidationOracle.Report memory report,
        bytes32 word,
        int64[] memory scores,
        uint32 tolerance
    ) private pure returns (bool) {
        if (report.status != ANSWERED || report.word != word) return false;
        for (uint256 j; j < scores.length; ++j) {
            int256 distance = int256(report.scores[j]) - scores[j];
            if (distance < 0) distance = -distance;
            if (distance > int256(uint256(tolerance))) return false;
        }
        return true;
    }

    /// @dev The majority of the coherent ones sets each criterion.
    function _checkCriteria(
        IValidationOracle.Report[] memory reports,
        IValidationOracle.Result memory result,
        Shape memory shape
    ) private pure {
        uint256 coherent;
        uint256[16] memory passed;
        for (uint256 i; i < reports.length; ++i) {
            bool expected = _isNear(reports[i], result.word, result.scores, shape.tolerance);
            assertEq(Agreement.isCoherent(reports[i], result, shape.tolerance), expected);
            if (!expected) continue;
            ++coherent;
            for (uint256 bit; bit < 16; ++bit) {
                passed[bit] += reports[i].criteria >> bit & 1;
            }
        }
        assertGe(3 * coherent, 2 * shape.voters);
        for (uint256 bit; bit < 16; ++bit) {
            assertEq(result.criteria >> bit & 1 == 1, 2 * passed[bit] > coherent);
        }
    }

    /// @dev Whoever names another word moves nothing, whatever the score.
    function testFuzz_score_anotherWordMovesNothing(uint256 seed, int64 score, uint16 criteria) public pure {
        IValidationOracle.Report[] memory reports = _random(seed, 7, 2, 1);
        for (uint256 i; i < 7; ++i) {
            (reports[i].status, reports[i].word, reports[i].scores) = (ANSWERED, "word", new int64[](2));
            reports[i].criteria = 3;
        }
        reports[seed % 7].word = "another";
        reports[seed % 7].scores[1] = score;
        reports[seed % 7].criteria = criteria;
        IValidationOracle.Result memory result = Agreement.reach(SCORE, reports, 7, 2, 10);
        assertEq(uint8(result.outcome), uint8(IValidationOracle.Outcome.Answered));
        assertEq(abi.encode(result.scores), abi.encode(new int64[](2)));
        assertEq(result.criteria, 3);
        assertEq(result.word, "word");
        assertFalse(Agreement.isCoherent(reports[seed % 7], result, type(uint32).max));
    }

    /// @dev Two thirds agree on either subject, but they are not the same two thirds.
    function test_score_theSameTwoThirdsOnEverySubject() public pure {
        IValidationOracle.Report[] memory reports = _random(0, 5, 2, 1);
        for (uint256 i; i < 5; ++i) {
            (reports[i].status, reports[i].word, reports[i].scores) = (ANSWERED, 0, new int64[](2));
        }
        reports[0].scores[0] = 100;
        assertEq(
            uint8(Agreement.reach(SCORE, reports, 5, 2, 10).outcome),
            uint8(IValidationOracle.Outcome.Answered)
        );
        reports[1].scores[1] = 100;
        IValidationOracle.Result memory result = Agreement.reach(SCORE, reports, 5, 2, 10);
        assertEq(uint8(result.outcome), uint8(IValidationOracle.Outcome.Undecided));
        _assertNothingElse(result);
    }

    function test_score_extremes() public pure {
        IValidationOracle.Report[] memory reports = _random(0, 3, 1, 1);
        for (uint256 i; i < 3; ++i) {
            (reports[i].status, reports[i].word, reports[i].scores) = (ANSWERED, 0, new int64[](1));
            (reports[i].scores[0], reports[i].criteria) = (type(int64).max, i == 2 ? 0 : 1);
        }
        reports[0].scores[0] = type(int64).min;
        IValidationOracle.Result memory result = Agreement.reach(SCORE, reports, 3, 1, type(uint32).max);
        assertEq(uint8(result.outcome), uint8(IValidationOracle.Outcome.Answered));
        assertEq(result.scores[0], type(int64).max);
        assertEq(result.criteria, 0); // one of two is no majority
        assertFalse(Agreement.isCoherent(reports[0], result, type(uint32).max));
    }

    function test_score_lowerMiddleOfAnEvenNumber() public pure {
        IValidationOracle.Report[] memory reports = _random(0, 4, 1, 1);
        for (uint256 i; i < 4; ++i) {
            (reports[i].status, reports[i].word, reports[i].scores) = (ANSWERED, 0, new int64[](1));
            reports[i].scores[0] = int64(int256(10 - i));
        }
        assertEq(Agreement.reach(SCORE, reports, 4, 1, 10).scores[0], 8);
    }

    /* OTHER KINDS */

    function testFuzz_verdict(uint256 seed, uint8 count, uint8 silent) public pure {
        count = uint8(bound(count, 1, 31));
        uint256 voters = count + bound(silent, 0, (31 - count) / (seed % 3 + 1));
        IValidationOracle.Report[] memory reports = _random(seed, count, 0, 1);
        IValidationOracle.Result memory result = Agreement.reach(VERDICT, reports, voters, 0, 0);
        (uint256 word, uint256 bad, uint256 closed) = (_agreedWord(reports, voters), 0, 0);
        for (uint256 status = 2; status <= 4; ++status) {
            bad += _count(reports, IValidationOracle.ReportStatus(status), 0);
            if (status == 2) closed = bad;
        }
        IValidationOracle.Outcome expected = IValidationOracle.Outcome.Undecided;
        if (word < WORDS) expected = IValidationOracle.Outcome.Answered;
        else if (2 * bad > voters && 2 * closed > bad) expected = IValidationOracle.Outcome.CannotOpen;
        else if (2 * bad > voters) expected = IValidationOracle.Outcome.Rejected;
        assertEq(uint8(result.outcome), uint8(expected));
        assertEq(result.word, bytes32(word < WORDS ? word : 0));
        assertEq(result.scores.length, 0);
    }

    function testFuzz_digest(uint256 seed, uint8 count, uint8 silent) public pure {
        count = uint8(bound(count, 1, 31));
        uint256 voters = count + bound(silent, 0, (31 - count) / (seed % 3 + 1));
        IValidationOracle.Report[] memory reports = _random(seed, count, 0, 1);
        IValidationOracle.Result memory result = Agreement.reach(DIGEST, reports, voters, 0, 0);
        uint256 word = _agreedWord(reports, voters);
        IValidationOracle.Outcome expected =
            word < WORDS ? IValidationOracle.Outcome.Answered : _agreedFailure(reports, voters);
        assertEq(uint8(result.outcome), uint8(expected));
        assertEq(result.word, bytes32(word < WORDS ? word : 0));
        assertEq(result.scores.length, 0);
    }

    function testFuzz_twoThirds(uint8 count) public pure {
        uint256 needed = Agreement.twoThirds(count);
        assertGe(3 * needed, 2 * uint256(count));
        if (needed != 0) assertLt(3 * (needed - 1), 2 * uint256(count));
    }

    /* DIFFERENCES */

    function test_differs() public pure {
        IValidationOracle.Result memory a =
            IValidationOracle.Result(IValidationOracle.Outcome.Answered, new int64[](2), 3, "word");
        IValidationOracle.Result memory b = _copy(a);
        assertFalse(Agreement.differs(a, b, 0));
        (b = _copy(a)).scores[1] = 5;
        assertFalse(Agreement.differs(a, b, 5));
        assertTrue(Agreement.differs(a, b, 4));
        assertTrue(Agreement.differs(b, a, 4));
        (b = _copy(a)).criteria = 1;
        assertTrue(Agreement.differs(a, b, 0));
        (b = _copy(a)).word = "other";
        assertTrue(Agreement.differs(a, b, 0));
        (b = _copy(a)).outcome = IValidationOracle.Outcome.Rejected;
        assertTrue(Agreement.differs(a, b, 0));
        (b = _copy(a)).scores = new int64[](0);
        assertTrue(Agreement.differs(a, b, 0));
    }

    function _copy(IValidationOracle.Result memory a) private pure returns (IValidationOracle.Result memory) {
        return abi.decode(abi.encode(a), (IValidationOracle.Result));
    }
}
