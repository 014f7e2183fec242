"""The metrics of many sets of rows at once: row numbers [times, rows] in, a value for each time out.

The definitions are those of :mod:`assay_validation.metrics`; a test holds each against it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

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
"""Metrics of many sets at once; others take milliseconds for each."""


@dataclass(frozen=True)
class Rate:
    """The share of *hits* among the rows that *count* (both [rows], true or false)."""

    hits: Array
    count: Array

    def __call__(self, rows: Array) -> Array:
        """Of each set."""
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
    truth: Array
    probabilities: Array

    def __call__(self, rows: Array) -> Array:
        classes = self.probabilities.shape[1]
        aims = [1] if classes == 2 else range(classes)
        return np.asarray(np.mean([self._of(aim, rows) for aim in aims], axis=0))

    def _of(self, aim: int, rows: Array) -> Array:
        """By ranks (Mann and Whitney 1947)."""
        is_class = self.truth[rows] == aim
        positives = is_class.sum(axis=1)
        ranks = rankdata(self.probabilities[:, aim][rows], axis=1)
        above = (ranks * is_class).sum(axis=1) - positives * (positives + 1) / 2
        return _ratio(above, positives * (rows.shape[1] - positives))


def _ratio(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0))
