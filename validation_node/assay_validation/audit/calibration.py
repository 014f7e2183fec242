"""Whether a probability means what it says: of all answers given with 80 %, are 80 % right?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit import plots, thresholds
from assay_validation.audit.intervals import bootstrap, wilson
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent
from assay_validation.audit.subject import Subject
from assay_validation.metrics import CALIBRATION_BINS, Predictions, calibration_error

Array = NDArray[Any]

_CONSISTENT = 500


def examine(subject: Subject) -> Section:
    """Expected calibration error with its interval, against what perfect calibration would show."""
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
    confidence = probabilities.max(axis=1)

    rows = len(confidence)
    right = probabilities.argmax(axis=1) == subject.truth
    surplus = confidence - right
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    costs = _brier(subject.truth, probabilities)

    def by_bin(sets: Array) -> Array:
        """[times, bins]: by how much of all rows' probability a bin claims more than it keeps."""
        cells = np.arange(len(sets))[:, None] * CALIBRATION_BINS + bins[sets]
        total = np.bincount(cells.ravel(), surplus[sets].ravel(), len(sets) * CALIBRATION_BINS)
        return total.reshape(len(sets), CALIBRATION_BINS) / rows

    error, over, under, brier = bootstrap(
        (
            lambda sets: np.abs(by_bin(sets)).sum(axis=1),
            lambda sets: by_bin(sets).clip(0).sum(axis=1),
            lambda sets: (-by_bin(sets)).clip(0).sum(axis=1),
            lambda sets: costs[sets].mean(axis=1),
        ),
        rows, subject.rng("calibration"), subject.effort.resamples,
    )  # fmt: skip
    chance = _by_chance(subject)
    section.measures += [
        Measure.of("calibration error (ECE)", error),
        Measure("calibration error that a perfect model shows on so few rows (95 %)", chance),
        Measure.of("calibration error, claims too much", over),
        Measure.of("calibration error, claims too little", under),
        Measure.of("Brier score", brier, "number"),
    ]
    if error.value > chance:
        _judge(section, error, over, under, chance)
    section.plots.append(_reliability(subject, confidence))
    return section


def _judge(section: Section, error: Interval, over: Interval, under: Interval, chance: float) -> None:
    by_chance = f"A calibrated model shows an error of up to {percent(chance)} on so many rows by chance."
    section.find(
        thresholds.CALIBRATION.severity(over.value),
        f"The probabilities are overconfident: calibration error {percent(error.value)}",
        f"Where the model claims too much, it is {percent(over.value)} of all rows' probability. {by_chance}",
    )
    section.find(
        thresholds.UNDERCONFIDENCE.severity(under.value),
        f"The probabilities are underconfident: calibration error {percent(error.value)}",
        f"Where the model claims too little, it is {percent(under.value)} of all rows' probability: its "
        f"answers are right more often than it says. {by_chance}",
    )


def _brier(truth: Array, probabilities: Array) -> Array:
    """[rows]: squared distances, as in scikit-learn: of two classes one, of more the sum over all."""
    distances = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    return np.asarray(distances / 2 if probabilities.shape[1] == 2 else distances)


def _by_chance(subject: Subject) -> float:
    """95 % quantile of the error when the probabilities are exactly right (Bröcker and Smith 2007): truth is
    drawn from them."""
    probabilities = np.asarray(subject.answers.probabilities)
    rng, edges = subject.rng("consistency"), probabilities.cumsum(axis=1)
    drawn = []
    for _ in range(_CONSISTENT):
        ticket = rng.random((len(edges), 1))
        truth = np.minimum((edges < ticket).sum(axis=1), probabilities.shape[1] - 1)
        drawn.append(calibration_error(truth, Predictions(probabilities=probabilities)))
    return float(np.quantile(drawn, 0.95))


def _reliability(subject: Subject, confidence: Array) -> Plot:
    right = np.asarray(subject.answers.probabilities).argmax(axis=1) == subject.truth
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
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
