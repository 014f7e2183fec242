"""What is scored, and how scores become the integers that are published. The metrics are in `tasks`."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import PPM, SCORE_LIMIT

CALIBRATION_BINS = 10
BORDERLINE = 1e-5

Array = NDArray[Any]


class UndefinedError(Exception):
    """The metric is undefined on these rows, for example AUROC if one class is missing."""


@dataclass(frozen=True)
class Predictions:
    """The checked predictions of one pass: depending on the task, some arrays whose first axis is the rows.
    :class:`assay.manifests.evaluation.OutputMapping` documents their shapes."""

    labels: Array | None = None
    probabilities: Array | None = None
    values: Array | None = None
    boxes: Array | None = None
    scores: Array | None = None
    text: Array | None = None

    def take(self, rows: Array) -> "Predictions":
        """The predictions of some rows."""
        return Predictions(*(None if array is None else array[rows] for array in self._arrays()))

    def with_rows(self, rows: Array, source: "Predictions") -> "Predictions":
        """The same predictions, but with those of *source* for *rows*."""
        pairs = zip(self._arrays(), source._arrays(), strict=True)
        return Predictions(*(_with_rows(own, theirs, rows) for own, theirs in pairs))

    def _arrays(self) -> list[Array | None]:
        return [getattr(self, field.name) for field in fields(self)]


def _with_rows(own: Array | None, theirs: Array | None, rows: Array) -> Array | None:
    if own is None or theirs is None:
        return own
    own = own.astype(np.promote_types(own.dtype, theirs.dtype))  # a copy; texts may be longer
    own[rows] = theirs[rows]
    return own


def to_ppm(value: float) -> int:
    """Round down to ppm, allowing 1e-8 ppm for floating-point errors; clip to ±SCORE_LIMIT."""
    if math.isinf(value) or abs(value) * PPM >= SCORE_LIMIT:
        return SCORE_LIMIT if value > 0 else -SCORE_LIMIT
    return math.floor(value * PPM + 1e-8)


def published(score: int, step: int) -> int:
    """*score* clipped to ±SCORE_LIMIT and rounded down to a multiple of *step*, staying inside the limit."""
    lowest = -(SCORE_LIMIT // step) * step
    return max(lowest, min(score, SCORE_LIMIT) // step * step)


def gap(scores: Iterable[int | None]) -> int | None:
    """Best minus worst; None if any is undefined."""
    known = list(scores)
    defined = [s for s in known if s is not None]
    return max(defined) - min(defined) if defined and len(defined) == len(known) else None


def calibration_error(truth: Array, predictions: Predictions) -> float:
    """Expected calibration error of the top label, equal-width bins (Guo et al. 2017, eq. 3). In [0, 1]."""
    probabilities = np.asarray(predictions.probabilities)
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    return binned_error(correct, confidence)


def binned_error(happened: Array, confidence: Array) -> float:
    """The mean distance between how often something *happened* and the *confidence* in it, by bins."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    surplus = np.bincount(bins, weights=happened - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(surplus).sum() / len(confidence))


def borderline_rows(predictions: Predictions) -> int:
    """In how many rows the two best probabilities are closer than BORDERLINE; 0 without probabilities."""
    if predictions.probabilities is None:
        return 0
    best = np.sort(predictions.probabilities, axis=1)
    return int((best[:, -1] - best[:, -2] < BORDERLINE).sum())
