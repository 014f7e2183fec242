"""Scores and criteria. Definitions are scikit-learn's and fairlearn's; the integers are ours.

Arrays: ``truth`` is [rows], class indices (int64) or numbers (float64).
"""

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import PPM, SCORE_LIMIT, Metric

CALIBRATION_BINS = 10
BORDERLINE = 1e-5

Array = NDArray[Any]


class UndefinedError(Exception):
    """The metric has no value on these rows, say AUROC where one class is missing."""


@dataclass(frozen=True)
class Predictions:
    """One pass of a model: labels [rows] and perhaps probabilities [rows, classes], or values [rows]."""

    labels: Array | None = None
    probabilities: Array | None = None
    values: Array | None = None

    def take(self, rows: Array) -> "Predictions":
        """The predictions of some rows."""
        return Predictions(
            *(None if a is None else a[rows] for a in (self.labels, self.probabilities, self.values))
        )


def measure(metric: Metric, truth: Array, predictions: Predictions, classes: int) -> float:
    """The metric in natural units (not negated).

    Raises:
        UndefinedError: it has no value on these rows.
    """
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = float(_compute(metric, truth, predictions, classes))
        except ValueError as error:
            raise UndefinedError(f"{metric.value} is undefined: {error}") from None
    if math.isnan(value):
        raise UndefinedError(f"{metric.value} is undefined on these rows")
    return value


def _compute(metric: Metric, truth: Array, predictions: Predictions, classes: int) -> Any:
    from sklearn import metrics as sk  # here because it takes a second to import

    labels, probabilities, values = predictions.labels, predictions.probabilities, predictions.values
    every = np.arange(classes)
    match metric:
        case Metric.ACCURACY:
            return sk.accuracy_score(truth, labels)
        case Metric.BALANCED_ACCURACY:
            return sk.balanced_accuracy_score(truth, labels)
        case Metric.MACRO_F1:
            return sk.f1_score(truth, labels, average="macro", zero_division=0)
        case Metric.AUROC if classes == 2:
            return sk.roc_auc_score(truth, np.asarray(probabilities)[:, 1])
        case Metric.AUROC:
            return sk.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=every)
        case Metric.LOG_LOSS:
            return sk.log_loss(truth, probabilities, labels=every)
        case Metric.RMSE:
            return sk.root_mean_squared_error(truth, values)
        case Metric.MAE:
            return sk.mean_absolute_error(truth, values)
        case Metric.R2:
            return sk.r2_score(truth, values)


def score(metric: Metric, truth: Array, predictions: Predictions, classes: int) -> int:
    """The metric as a score: ppm, errors negated, clipped to ±SCORE_LIMIT.

    Raises:
        UndefinedError: it has no value on these rows.
    """
    value = measure(metric, truth, predictions, classes)
    return to_ppm(-value if metric.is_error else value)


def to_ppm(value: float) -> int:
    """Round down to ppm, forgiving 1e-8 of one for floating-point error; clip to ±SCORE_LIMIT."""
    if math.isinf(value) or abs(value) * PPM >= SCORE_LIMIT:
        return SCORE_LIMIT if value > 0 else -SCORE_LIMIT
    return math.floor(value * PPM + 1e-8)


def published(score: int, step: int) -> int:
    """*score* clipped to ±SCORE_LIMIT and rounded down to a multiple of *step*, staying inside the limit."""
    lowest = -(SCORE_LIMIT // step) * step
    return max(lowest, min(score, SCORE_LIMIT) // step * step)


def group_scores(
    metric: Metric, truth: Array, predictions: Predictions, classes: int, groups: Array
) -> dict[int, int | None]:
    """The score by group index; None where it is undefined."""
    # here because it takes a second to import
    from fairlearn.metrics import MetricFrame

    def of_rows(truth: Array, rows: Array) -> float:
        try:
            return score(metric, truth, predictions.take(np.asarray(rows, dtype=np.int64)), classes)
        except UndefinedError:
            return math.nan

    frame = MetricFrame(
        metrics=of_rows, y_true=truth, y_pred=np.arange(len(truth)), sensitive_features=groups
    )
    return {int(g): None if math.isnan(s) else int(s) for g, s in frame.by_group.items()}


def gap(scores: Iterable[int | None]) -> int | None:
    """Best minus worst; None where any is undefined."""
    known = list(scores)
    defined = [s for s in known if s is not None]
    return max(defined) - min(defined) if defined and len(defined) == len(known) else None


def calibration_error(truth: Array, predictions: Predictions) -> float:
    """Expected calibration error of the top label, equal-width bins (Guo et al. 2017, eq. 3). In [0, 1]."""
    probabilities = np.asarray(predictions.probabilities)
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    surplus = np.bincount(bins, weights=correct - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(surplus).sum() / len(truth))


def borderline_rows(predictions: Predictions) -> int:
    """How many rows' two best probabilities are closer than BORDERLINE; 0 without probabilities."""
    if predictions.probabilities is None:
        return 0
    best = np.sort(predictions.probabilities, axis=1)
    return int((best[:, -1] - best[:, -2] < BORDERLINE).sum())
