"""Whether a probability means what it says: of all answers given with 80 %, are 80 % right?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit import plots, thresholds
from assay_validation.audit.intervals import bootstrap, wilson
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent
from assay_validation.audit.subject import Subject
from assay_validation.metrics import CALIBRATION_BINS

Array = NDArray[Any]

_CONSISTENT, _CHUNK = 500, 100_000
"""How many sets are drawn, and how many values at once: they fit into a processor's cache."""


@dataclass(frozen=True)
class Claims:
    """[rows]: the probability claimed for each answer, and whether the answer is right.

    Methods that take sets of rows [times, rows] return one value for each set.
    """

    confidence: Array
    right: Array

    @classmethod
    def of(cls, probabilities: Array, truth: Array) -> "Claims":
        """The claims about the most probable class of each row."""
        return cls(probabilities.max(axis=1), probabilities.argmax(axis=1) == truth)

    @property
    def bins(self) -> Array:
        """[rows]: which of the ten bins each row falls into."""
        return np.asarray(
            np.minimum((self.confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
        )

    def error(self, sets: Array) -> Array:
        """The expected calibration error."""
        return np.asarray(np.abs(self._by_bin(sets)).sum(axis=1))

    def over(self, sets: Array) -> Array:
        """The part of the error that is overconfidence."""
        return np.asarray(self._by_bin(sets).clip(0).sum(axis=1))

    def under(self, sets: Array) -> Array:
        """The part of the error that is underconfidence."""
        return np.asarray((-self._by_bin(sets)).clip(0).sum(axis=1))

    def by_chance(self, rng: np.random.Generator, times: int) -> Array:
        """[times]: errors that a perfectly calibrated model would show (Bröcker and Smith 2007)."""
        rows, drawn = len(self.confidence), []
        for start in range(0, times, size := max(1, _CHUNK // rows)):
            right = rng.random((min(size, times - start), rows)) < self.confidence
            surplus = _by_bin(self.bins[None].repeat(len(right), axis=0), self.confidence - right)
            drawn.append(np.abs(surplus).sum(axis=1))
        return np.concatenate(drawn)

    def _by_bin(self, sets: Array) -> Array:
        return _by_bin(self.bins[sets], (self.confidence - self.right)[sets])


def _by_bin(bins: Array, surplus: Array) -> Array:
    """[times, bins]: how much a bin's claims exceed its right answers, as a share of all rows."""
    times, rows = surplus.shape
    cells = np.arange(times)[:, None] * CALIBRATION_BINS + bins
    total = np.bincount(cells.ravel(), surplus.ravel(), times * CALIBRATION_BINS)
    return np.asarray(total.reshape(times, CALIBRATION_BINS) / rows)


def examine(subject: Subject) -> Section:
    """Expected calibration error with its interval, compared with what perfect calibration would show."""
    section = Section("performance", "Calibration", "")
    if subject.answers.probabilities is None or not subject.is_classification:
        what = "the model gives no" if subject.is_classification else "answers are no"
        section.limitations.append(f"Calibration: {what} probabilities of one class among several.")
        return section
    section.prose = (
        "Answers are sorted by the probability of the chosen class into ten equal bins; the calibration "
        "error is the mean distance between that probability and the share that is right (Guo et al. 2017)."
    )
    probabilities = subject.answers.probabilities
    claims, costs = Claims.of(probabilities, subject.truth), _brier(subject.truth, probabilities)
    error, over, under, brier = bootstrap(
        (claims.error, claims.over, claims.under, lambda sets: costs[sets].mean(axis=1)),
        len(costs), subject.rng("calibration"), subject.effort.resamples,
    )  # fmt: skip
    chance = float(np.quantile(claims.by_chance(subject.rng("consistency"), _CONSISTENT), 0.95))
    section.measures += [
        Measure.of("calibration error (ECE)", error),
        Measure("calibration error that a perfect model shows on so few rows (95 %)", chance),
        Measure.of("calibration error, claims too much", over),
        Measure.of("calibration error, claims too little", under),
        Measure.of("Brier score", brier, "number"),
    ]
    if error.value > chance:
        _judge(section, error, over, under, chance)
    section.plots.append(_reliability(claims))
    return section


def _judge(section: Section, error: Interval, over: Interval, under: Interval, chance: float) -> None:
    by_chance = f"A calibrated model shows an error of up to {percent(chance)} on so many rows by chance."
    section.find(
        thresholds.CALIBRATION.severity(over.value),
        f"The probabilities are overconfident: calibration error {percent(error.value)}",
        f"Where the model claims too much, it is {percent(over.value)} of all rows' probability: whoever "
        f"relies on a high probability is let down more often than it says. {by_chance}",
    )
    section.find(
        thresholds.UNDERCONFIDENCE.severity(under.value),
        f"The probabilities are underconfident: calibration error {percent(error.value)}",
        f"Where the model claims too little, it is {percent(under.value)} of all rows' probability: its "
        f"answers are right more often than it says. {by_chance}",
    )


def _brier(truth: Array, probabilities: Array) -> Array:
    """[rows]: squared distances, as in scikit-learn: of one class if there are two, else summed over all."""
    distances = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    return np.asarray(distances / 2 if probabilities.shape[1] == 2 else distances)


def _reliability(claims: Claims) -> Plot:
    confidence, right, bins = claims.confidence, claims.right, claims.bins
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    used = counts > 0
    mean = np.bincount(bins, confidence, CALIBRATION_BINS)[used] / counts[used]
    hits = np.bincount(bins, right, CALIBRATION_BINS)[used]
    kept = hits / counts[used]
    ends = [wilson(int(some), int(rows)) for some, rows in zip(hits, counts[used], strict=True)]
    with plots.canvas(3.6) as drawn:
        left, below = drawn.figure.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=plots.GREY, linewidth=1)
        whiskers = np.clip([kept - [end.low for end in ends], [end.high for end in ends] - kept], 0, None)
        left.errorbar(mean, kept, whiskers, fmt="o-", color=plots.MAIN, ecolor=plots.PALE, capsize=3)
        start = max(0.0, float(mean.min()) - 0.1)
        left.set(xlabel="probability claimed", ylabel="share that is right", xlim=(start, 1.03))
        left.set_ylim(-0.03, 1.03)
        below.bar(
            (np.arange(CALIBRATION_BINS) + 0.5) / CALIBRATION_BINS, counts, width=0.085, color=plots.MAIN
        )
        below.set(xlabel="probability claimed", ylabel="rows")
    return drawn.plot(
        f"Reliability curve over {int(used.sum())} bins.",
        "Reliability: on the grey line a probability means what it says; below it the model is "
        "overconfident. Whiskers are Wilson's 95 % intervals. Right: how often each probability is claimed.",
    )
