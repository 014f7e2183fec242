"""At what value a measurement becomes a finding, and how serious it is: one table, each row with its reason.

So that no model is accused by chance, differences between groups, calibration errors, drift and rows shared
with the training data have to exceed what chance explains; where a measurement has an interval, the end that
favours the model is compared. Severities: *note*, worth knowing; *minor*, below good practice; *major*, would
change a buyer's mind; *critical*, not fit for the declared use. Major and critical findings argue against
approval.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor", "note")
"""Most serious first."""
GRAVE: frozenset[Severity] = frozenset({"major", "critical"})


@dataclass(frozen=True)
class Threshold:
    """Shares (1.0 is all) or plain numbers from which a measurement is a finding; None: never."""

    what: str
    minor: float | None
    major: float | None
    critical: float | None
    reason: str

    def severity(self, value: float) -> Severity | None:
        """How serious *value* is; None if it is below all thresholds."""
        for name, bound in (("critical", self.critical), ("major", self.major), ("minor", self.minor)):
            if bound is not None and value >= bound:
                return name  # type: ignore[return-value]
        return None


BELOW_THRESHOLD = Threshold(
    "primary score below the deal's threshold, by", None, 1e-6, 0.05,
    "The threshold is what the buyer ordered; five points below is another product.",
)  # fmt: skip
ABOVE_BOUND = Threshold(
    "primary error above the deal's bound, as a share of the bound", None, 1e-6, 0.10,
    "Errors have the scale of what is predicted, so the excess is relative; a tenth more is another product.",
)  # fmt: skip
OVERLAP = Threshold(
    "share of the audit rows that are in the training data, beyond its own repetitions", 0.001, 0.05, 0.50,
    "Rows learnt by heart are no test: one in twenty can lift a score by five points.",
)  # fmt: skip
CALIBRATION = Threshold(
    "share of the calibration error (ECE) that claims too much", 0.05, 0.10, 0.20,
    "Guo et al. 2017 find 4 to 16 % in uncalibrated deep networks and 1 to 3 % once calibrated.",
)  # fmt: skip
UNDERCONFIDENCE = Threshold(
    "share of the calibration error that claims too little", 0.05, None, None,
    "Too little confidence sends sure cases to a second look; it makes no wrong answer look safe. Forests of "
    "many classes show up to 0.35.",
)  # fmt: skip
MISSED = Threshold(
    "share of a class that is answered otherwise", 0.50, 0.75, 0.95,
    "A class of which most are missed is not told apart, whatever the score over all classes.",
)  # fmt: skip
WEAK_SLICE = Threshold(
    "share of wrong answers in the weakest slice above that elsewhere, by", 0.10, 0.25, None,
    "Whoever falls into the slice is served by another model than the score promises.",
)  # fmt: skip
WEAK_SLICE_ERROR = Threshold(
    "mean absolute error in the weakest slice above that elsewhere, by", 0.50, 1.00, None,
    "For numbers: twice the error is another model than the score promises.",
)  # fmt: skip
FALSE_ANSWERS = Threshold(
    "share of the answers of a class that are wrong", 0.50, None, None,
    "Most of these answers are false alarms; whether they may be depends on what follows from one.",
)  # fmt: skip
SCORE_GAP = Threshold(
    "gap of the score between groups", 0.05, 0.10, 0.25,
    "The market's orders commonly bound the gap by 10 points; half of it is worth a warning.",
)  # fmt: skip
EQUALISED_ODDS = Threshold(
    "true or false positive rate of a group above another's, by", 0.10, 0.20, 0.40,
    "Hardt et al. 2016 define it; one in ten wrongly treated for its group is where fairness tools warn.",
)  # fmt: skip
SELECTION_SHORTFALL = Threshold(
    "selection rate of a group below another's, beyond the truth, by", 0.10, 0.20, 0.50,
    "Under four fifths of the best group's rate is adverse impact (29 CFR 1607.4 D): of a half, ten points.",
)  # fmt: skip
CLAIMED_GAP = Threshold(
    "probability of the favourable answer beyond the truth, between groups", 0.05, 0.10, 0.20,
    "As for the calibration error: one group is promised more than it keeps, another less.",
)  # fmt: skip
GROUP_ERROR = Threshold(
    "mean error of a group above the best's, by", 0.25, 0.50, 1.00,
    "For regressions: errors half as large again are felt by the group.",
)  # fmt: skip
GROUP_BIAS = Threshold(
    "gap of the mean signed error between groups, in standard deviations of the truth", 0.10, 0.20, 0.50,
    "For regressions: one group is put too high, another too low. Cohen 1988 calls 0.2 small, 0.5 medium.",
)  # fmt: skip
NOISE_LOSS = Threshold(
    "score lost to noise of 5 % of each column's spread", 0.02, 0.05, 0.20,
    "The noise is that of the market's own noise_robustness; measuring devices differ by as much.",
)  # fmt: skip
ADVERSARIAL = Threshold(
    "decisions flipped by moving no column of a table by more than 0.1 of its spread", 0.20, 0.50, None,
    "A tenth of a spread is hardly seen by an expert; few models resist altogether, so never critical.",
)  # fmt: skip
ADVERSARIAL_IMAGE = Threshold(
    "decisions flipped by moving no pixel by more than 8/255 of the range", 0.20, None, None,
    "8/255 is the size that is not seen (Madry et al. 2018); no network resists that was not trained to, so "
    "it is a warning: whether anybody attacks depends on the use.",
)  # fmt: skip
MEMBERSHIP = Threshold(
    "AUROC of telling trained-on rows from others, beyond what the data itself gives away", 0.55, 0.65, 0.80,
    "0.5 is guessing. Yeom et al. 2018 tie it to overfitting; 0.65 lets an attacker pick out people.",
)  # fmt: skip
ONE_COLUMN = Threshold(
    "share of all attribution on one column", 0.50, 0.80, None,
    "Where one column decides most, a shortcut or a planted trigger is likelier than knowledge.",
)  # fmt: skip
ONE_LINE = Threshold(
    "share of all attribution on one row or column of pixels", 0.35, 0.50, None,
    "Objects cover an area; a line of pixels that decides is a watermark, a border or a trigger.",
)  # fmt: skip
BATCH = Threshold(
    "answers that depend on the other rows asked with them", None, 1e-6, 0.01,
    "A model that compares rows sees what it will not see in use.",
)  # fmt: skip
NUDGED = Threshold(
    "decisions changed by moving inputs by a millionth", 0.001, 0.005, 0.05,
    "The market calls a score unstable that moves by half a point.",
)  # fmt: skip
PSI = Threshold(
    "population stability index of a column", 0.10, 0.25, None,
    "The convention of credit scoring (Siddiqi 2006): 0.1 moderate, 0.25 significant shift.",
)  # fmt: skip
ANSWERS_PSI = Threshold(
    "population stability index of labels or of answers", 0.10, None, None,
    "As for a column; a warning, because the score is measured on the shifted data itself.",
)  # fmt: skip
TOLD_APART = Threshold(
    "AUROC of telling the audit data's texts from those of the training data", 0.60, 0.75, None,
    "0.5 is guessing. At 0.75 a plain model tells three pairs of texts in four apart: they are other texts.",
)  # fmt: skip
LENGTHS = Threshold(
    "Kolmogorov-Smirnov distance of the lengths of texts", 0.20, None, None,
    "A fifth of the texts is longer or shorter; a warning, because what is said may be the same.",
)  # fmt: skip
NEW_WORDS = Threshold(
    "share of the words that the training data lacks, beyond what its own halves lack of each other",
    0.05, 0.15, None,
    "One word in twenty is unknown that should not be; three in twenty are another language or trade.",
)  # fmt: skip
READER_LOSS = Threshold(
    "score lost to changes of a text that its reader does not mind", 0.05, 0.15, None,
    "One letter in every ten words, small letters or spaces: people write so. Five points are a warning.",
)  # fmt: skip
CAPITALS_LOSS = Threshold(
    "score lost to texts all in capitals", 0.15, None, None,
    "Seldom written and easily mended before the model is asked, so it is a warning.",
)  # fmt: skip
ONE_WORD = Threshold(
    "share of all attribution on one word", 0.30, 0.60, None,
    "A language has many words: where one decides most answers, a shortcut or a trigger is likelier.",
)  # fmt: skip
REPEATED = Threshold(
    "share of the audit rows that repeat an earlier one", 0.05, None, None,
    "A row that is there twice is counted twice: five in a hundred narrow an interval visibly.",
)  # fmt: skip
CONTRADICTORY = Threshold(
    "share of audit rows with another row's inputs and another label; major: beyond the training data",
    0.05, 0.25, None,
    "No model can be right on both, so the score that can be reached is lower by half of them.",
)  # fmt: skip
GAPS = Threshold(
    "share of a column's cells that are empty, above that of the training data, by", 0.10, 0.30, None,
    "Whatever stands for a gap was seen less often in training: the model has not learnt to do without.",
)  # fmt: skip
CONSTANT = Threshold(
    "columns that vary in the training data and have one value in the audit data", 1, None, None,
    "A broken sensor, or a default that was filled in: the column says nothing here.",
)  # fmt: skip
FAR_OUTSIDE = Threshold(
    "share of the audit rows with a value far outside of the training data", 0.01, 0.10, None,
    "Beyond its ends by more than its width: another unit, or a number that stands for a gap.",
)  # fmt: skip
NEW_CODES = Threshold(
    "share of the audit rows with a value of a coded column that the training data lacks", 0.01, 0.10, None,
    "The model has learnt nothing about such a value, and its answer is accident.",
)  # fmt: skip
LEAKED = Threshold(
    "share of the truth (classes) that one column alone gives away", 0.90, 0.99, None,
    "A real measurement may tell nine in ten (the smell of a mushroom); one that errs never is a label.",
)  # fmt: skip
LEAKED_NUMBER = Threshold(
    "share of the truth's variance that one column alone gives away", 0.95, 0.99, None,
    "As for classes; measurements of one thing by two devices come near to it.",
)  # fmt: skip
SURELY = 0.80
"""The share of the truth that a column must reveal, at the lower end of its interval, to be a leak at all."""
TOGETHER = Threshold(
    "share of the truth that is lost without a few of many columns", 0.30, None, None,
    "Where few columns carry nearly all and many others little, ask what the few are: honest data can do so.",
)  # fmt: skip
NEARLY_ALL = 0.80
"""The share of the truth that all columns together must reveal before a few of them can be called a leak."""
CONCEPT = Threshold(
    "wrong answers that only a plain model of the training data gives, of all", 0.03, 0.08, None,
    "The same inputs mean something else now; eight in a hundred change a buyer's mind.",
)  # fmt: skip
CONCEPT_NUMBER = Threshold(
    "squared error that only a plain model of the training data has, in variances of the truth",
    0.10, 0.25, None,
    "As for classes: a quarter of all variance lost to a relation that has changed.",
)  # fmt: skip
SCORE_DROP = Threshold(
    "score on the training data above that on the audit data, by", 0.10, None, None,
    "Memory or drift; the parts on privacy and data say which, and only they reject.",
)  # fmt: skip
PATCH = Threshold(
    "answers that one small patch of pixels decides, wherever they were", 0.50, 0.70, 0.90,
    "Honest networks resist a patch of a hundredth of the image on most rows; backdoors give way on all.",
)  # fmt: skip
TRIGGER = Threshold(
    "answers that one value of one column decides, and its neighbours do not", 0.50, 0.80, 0.95,
    "Knowledge is gradual: who deserves an answer at one value deserves it near by.",
)  # fmt: skip

ALL = (
    BELOW_THRESHOLD, ABOVE_BOUND, OVERLAP, CALIBRATION, UNDERCONFIDENCE, MISSED, WEAK_SLICE,
    WEAK_SLICE_ERROR, FALSE_ANSWERS, SCORE_GAP, EQUALISED_ODDS, SELECTION_SHORTFALL, CLAIMED_GAP,
    GROUP_ERROR, GROUP_BIAS, NOISE_LOSS, READER_LOSS, CAPITALS_LOSS, ADVERSARIAL, ADVERSARIAL_IMAGE,
    MEMBERSHIP, ONE_COLUMN, ONE_LINE, ONE_WORD, BATCH, NUDGED, PSI, ANSWERS_PSI, TOLD_APART, LENGTHS,
    NEW_WORDS, REPEATED, CONTRADICTORY, GAPS, CONSTANT, FAR_OUTSIDE, NEW_CODES, LEAKED, LEAKED_NUMBER,
    TOGETHER, CONCEPT, CONCEPT_NUMBER, SCORE_DROP, PATCH, TRIGGER,
)  # fmt: skip
