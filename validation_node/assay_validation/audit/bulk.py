"""The metrics of many sets of rows at once: row numbers [times, rows] in, a value for each time out.

The definitions are those of :mod:`assay_validation.metrics`; a test compares each with the original.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay_validation import tasks
from assay_validation.metrics import Predictions, UndefinedError

Array = NDArray[Any]
Statistic = Callable[[Array], Array]
"""NaN where it is undefined."""
AT_ONCE = frozenset({
    Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.MACRO_F1, Metric.AUROC, Metric.LOG_LOSS, Metric.RMSE,
    Metric.MAE, Metric.R2,
})  # fmt: skip
"""Metrics that can be computed for many sets at once; the others take milliseconds for each set."""
_CELLS = 500_000
"""How many numbers are held in memory at once."""


@dataclass(frozen=True)
class Rate:
    """The share of *hits* among the rows selected by *count* (both boolean, [rows])."""

    hits: Array
    count: Array

    def __call__(self, rows: Array) -> Array:
        """The share in each set."""
        return _ratio((self.hits & self.count)[rows].sum(axis=1), self.count[rows].sum(axis=1))


def statistic(spec: EvaluationSpec, truth: Array, answers: Predictions) -> Statistic:
    """The order's metric as a function of sets of rows of *truth* and *answers*."""
    labels, metric, classes = answers.labels, spec.metric, len(spec.data.classes)

    def one_by_one(rows: Array) -> Array:
        return np.array([_measured(spec, truth[some], answers.take(some)) for some in rows])

    if truth.ndim > 1:
        return one_by_one
    match metric:
        case Metric.ACCURACY:
            return Rate(np.asarray(labels == truth), np.ones(len(truth), dtype=bool))
        case Metric.BALANCED_ACCURACY | Metric.MACRO_F1:
            return _Confusion(metric, truth, np.asarray(labels), classes)
        case Metric.AUROC:
            return _Auroc(truth, np.asarray(answers.probabilities))
        case Metric.LOG_LOSS:
            of_truth = np.asarray(answers.probabilities)[np.arange(len(truth)), truth]
            losses = -np.log(np.maximum(of_truth, np.finfo(of_truth.dtype).eps))
            return lambda rows: np.asarray(losses[rows].mean(axis=1))
        case Metric.RMSE | Metric.MAE | Metric.R2:
            return _of_errors(metric, truth, np.asarray(answers.values) - truth)
    return one_by_one


def area(truth: Array, claimed: Array) -> Statistic:
    """The AUROC of *claimed* probabilities [rows, classes]."""
    return _Auroc(truth, claimed)


def _measured(spec: EvaluationSpec, truth: Array, answers: Predictions) -> float:
    try:
        return tasks.measure(spec, truth, answers)
    except UndefinedError:
        return np.nan


def _of_errors(metric: Metric, truth: Array, errors: Array) -> Statistic:
    match metric:
        case Metric.RMSE:
            return lambda rows: np.asarray(np.sqrt((errors[rows] ** 2).mean(axis=1)))
        case Metric.MAE:
            return lambda rows: np.asarray(np.abs(errors[rows]).mean(axis=1))
    return lambda rows: np.asarray(1 - _ratio((errors[rows] ** 2).mean(axis=1), truth[rows].var(axis=1)))


@dataclass(frozen=True)
class _Confusion:
    metric: Metric
    truth: Array
    labels: Array
    classes: int

    def __call__(self, rows: Array) -> Array:
        true, given = self._counts(self.truth, rows), self._counts(self.labels, rows)
        right = self._counts(self.truth, rows, self.truth == self.labels)
        if self.metric is Metric.BALANCED_ACCURACY:
            return np.asarray(np.nanmean(_ratio(right, true), axis=1))
        return np.asarray(np.nanmean(_ratio(2 * right, true + given), axis=1))

    def _counts(self, values: Array, rows: Array, weights: Array | None = None) -> Array:
        """[times, classes]: how often each class occurs in each set."""
        times = len(rows)
        cells = np.arange(times)[:, None] * self.classes + values[rows]
        chosen = None if weights is None else weights[rows].ravel()
        return np.bincount(cells.ravel(), chosen, times * self.classes).reshape(times, self.classes)


@dataclass(frozen=True)
class _Auroc:
    """AUROC by ranks (Mann and Whitney 1947). Rows are sorted once; a set says how often each row occurs."""

    truth: Array
    probabilities: Array

    def __call__(self, rows: Array) -> Array:
        classes = self.probabilities.shape[1]
        aims = [self._places(aim) for aim in ([1] if classes == 2 else range(classes))]
        size = max(1, _CELLS // len(self.truth))
        return np.concatenate([
            np.mean([_area(often, *aim) for aim in aims], axis=0)
            for often in (self._often(rows[start : start + size]) for start in range(0, len(rows), size))
        ])  # fmt: skip

    def _often(self, rows: Array) -> Array:
        """[times, all rows]: how often each row is in each set."""
        times, count = len(rows), len(self.truth)
        cells = np.arange(times)[:, None] * count + rows
        return np.bincount(cells.ravel(), minlength=times * count).reshape(times, count)

    def _places(self, aim: int) -> tuple[Array, Array, Array]:
        """Rows sorted by probability, where each new probability begins, and whether each is of the class."""
        claimed = self.probabilities[:, aim]
        order = np.argsort(claimed, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(claimed[order]) > 0))
        return order, starts, self.truth[order] == aim


def _area(often: Array, order: Array, starts: Array, is_class: Array) -> Array:
    sorted_by = often[:, order]
    positives = np.add.reduceat(sorted_by * is_class, starts, axis=1)
    negatives = np.add.reduceat(sorted_by * ~is_class, starts, axis=1)
    below = negatives.cumsum(axis=1) - negatives / 2
    all_pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return _ratio((positives * below).sum(axis=1), all_pairs)


def _ratio(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0))
