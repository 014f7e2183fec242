"""Whether a model says the same when only rounding differs.

The same model is run several times, with other rounding errors and with inputs moved by rounding's size. Two
things are compared: the score, and how many rows are answered otherwise, for changes can make up for each
other. The row that changes most is forgiven: among few rows, it alone could move the score by more than any
tolerance.
"""

from dataclasses import replace

import numpy as np

from assay.manifests.evaluation import PPM, EvaluationSpec
from assay_validation import metrics
from assay_validation.metrics import Array, Predictions, UndefinedError

_MOVED = 0.01
"""A probability, or a value as a part of the labels' spread, that moves by more is another answer."""
_FEW, _CANCELLING = 4, 4
"""So many rows may be answered otherwise, or so many times the part of them that the score may move by."""


def instability(spec: EvaluationSpec, truth: Array, one: Predictions, other: Predictions) -> str:
    """What differs by more than the order tolerates between two runs; nothing if all is well.

    Raises:
        UndefinedError: the metric has no value on these rows.
    """
    changes = _changes(truth, one, other)
    first = metrics.score(spec.metric, truth, one, len(spec.data.classes))
    try:
        mended = _with_row(other, one, int(changes.argmax()))
        second = metrics.score(spec.metric, truth, mended, len(spec.data.classes))
    except UndefinedError:
        return "the score is undefined when only rounding differs"
    moved, most = abs(first - second), _tolerance(spec, first)
    if moved > most:
        return f"the score moves by {moved} ppm when only rounding differs; {most} are allowed"
    rows = int((changes > _MOVED).sum())
    most = max(_FEW, _CANCELLING * len(truth) * spec.noise_tolerance // PPM)
    if rows > most:
        return f"{rows} rows are answered otherwise when only rounding differs; {most} are allowed"
    return ""


def _tolerance(spec: EvaluationSpec, score: int) -> int:
    """How far the score may move (ppm): an error by a part of itself, anything else by parts of the whole."""
    return abs(score) * spec.noise_tolerance // PPM + 1 if spec.metric.is_error else spec.noise_tolerance


def _changes(truth: Array, one: Predictions, other: Predictions) -> Array:
    """By row, how far the answers are apart: more than 1 where the labels differ."""
    changes = np.zeros(len(truth))
    if one.values is not None and other.values is not None:
        changes += np.abs(one.values - other.values) / (float(np.std(truth)) or 1.0)
    if one.probabilities is not None and other.probabilities is not None:
        changes += np.abs(one.probabilities - other.probabilities).max(axis=1)
    if one.labels is not None and other.labels is not None:
        changes += one.labels != other.labels
    return changes


def _with_row(predictions: Predictions, source: Predictions, row: int) -> Predictions:
    """*predictions*, but with one row of *source*."""

    def patched(own: Array | None, theirs: Array | None) -> Array | None:
        if own is None or theirs is None:
            return own
        own = own.copy()
        own[row] = theirs[row]
        return own

    return replace(
        predictions,
        labels=patched(predictions.labels, source.labels),
        probabilities=patched(predictions.probabilities, source.probabilities),
        values=patched(predictions.values, source.values),
    )
