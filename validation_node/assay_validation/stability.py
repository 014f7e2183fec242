"""Whether a model gives the same answers when measurements move by a millionth.

The same model is run again with measurements moved by a millionth. Two things are compared: the score,
and how many rows are answered differently, because changes can cancel out in the score. The row that changes
most is ignored in the score: among few rows, it alone could move the score by more than any tolerance.
"""

import numpy as np

from assay.manifests.evaluation import PPM, EvaluationSpec
from assay_validation import tasks
from assay_validation.metrics import Array, Predictions, UndefinedError

_MOVED = 0.01
"""An answer that moves by more is a different one. It is measured in probability, in spreads of the labels,
or as a share of the pixels, depending on the task."""
_FEW, _CANCELLING = 4, 4
"""This many rows may be answered differently, or this many times the share by which the score may move."""


def instability(spec: EvaluationSpec, truth: Array, one: Predictions, other: Predictions) -> str:
    """What differs by more than the order tolerates between two runs; empty if all is well.

    Raises:
        UndefinedError: the metric is undefined on these rows.
    """
    changes = tasks.TASKS[spec.task].changes(truth, one, other)
    first = tasks.score(spec, truth, one)
    try:
        second = tasks.score(spec, truth, other)
        forgiven = tasks.score(spec, truth, other.with_rows(np.array([changes.argmax()]), one))
    except UndefinedError:
        return "the score is undefined when measurements move by a millionth"
    # a row that is taken from the other run is not tied any more with rows that it equals
    moved, most = min(abs(first - second), abs(first - forgiven)), _tolerance(spec, first)
    if moved > most:
        return f"the score moves by {moved} ppm when measurements move by a millionth; {most} are allowed"
    rows = int((changes > _MOVED).sum())
    most = max(_FEW, _CANCELLING * len(truth) * spec.noise_tolerance // PPM)
    if rows > most:
        return f"{rows} rows are answered otherwise when measurements move by a millionth; {most} are allowed"
    return ""


def _tolerance(spec: EvaluationSpec, score: int) -> int:
    """How far the score may move (ppm): for an error, relative to itself; for anything else, absolutely."""
    return abs(score) * spec.noise_tolerance // PPM + 1 if spec.metric.is_error else spec.noise_tolerance
