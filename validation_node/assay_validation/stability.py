"""Whether a model says the same when only rounding differs.

The same model is run several times, with other rounding errors and with inputs moved by rounding's size. Two
things are compared: the score, and how many rows are answered otherwise, for changes can make up for each
other. The row that changes most is forgiven: among few rows, it alone could move the score by more than any
tolerance.
"""

import numpy as np

from assay.manifests.evaluation import PPM, EvaluationSpec
from assay_validation import tasks
from assay_validation.metrics import Array, Predictions, UndefinedError

_MOVED = 0.01
"""What moves by more is another answer: a probability, a value in spreads of the labels, a part of the
pixels; the tasks say what."""
_FEW, _CANCELLING = 4, 4
"""So many rows may be answered otherwise, or so many times the part of them that the score may move by."""


def instability(spec: EvaluationSpec, truth: Array, one: Predictions, other: Predictions) -> str:
    """What differs by more than the order tolerates between two runs; nothing if all is well.

    Raises:
        UndefinedError: the metric has no value on these rows.
    """
    changes = tasks.TASKS[spec.task].changes(truth, one, other)
    first = tasks.score(spec, truth, one)
    try:
        second = tasks.score(spec, truth, other.with_rows(np.array([changes.argmax()]), one))
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
