"""A metric of the task with its interval; what is resampled depends on what the rows are."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import norm

from assay.manifests.evaluation import Metric, Task
from assay_validation import tasks
from assay_validation.audit.bulk import AT_ONCE, statistic
from assay_validation.audit.intervals import LEVEL, bootstrap, percentiles, times, widened, wilson
from assay_validation.audit.section import Interval
from assay_validation.audit.subject import Array, Subject
from assay_validation.metrics import Predictions, UndefinedError

SLOW_RESAMPLES = 1_000
_SLOWEST: dict[Task, int] = {"detection": 50, "segmentation": 200, "generation": 200, "retrieval": 200}
"""The number of resamples for tasks whose metrics take a tenth of a second each time."""


def value(metric: Metric, truth: Array, answers: Predictions, subject: Subject) -> float:
    """The metric in natural units; NaN where it is undefined."""
    try:
        return tasks.measure(subject.spec, truth, answers, metric)
    except UndefinedError:
        return np.nan


def resampled(subject: Subject) -> str:
    """What is resampled, in words."""
    queries = "bootstrap resamples of the queries"
    return {"ranking": queries, "retrieval": "halves of the rows"}.get(
        subject.spec.task, "bootstrap resamples of the rows"
    )


def resamples(subject: Subject) -> int:
    """How often the order's own metric is resampled."""
    if subject.spec.metric in AT_ONCE and subject.truth.ndim == 1:
        return times(len(subject.rows), subject.effort.resamples)
    return min(subject.effort.resamples, _SLOWEST.get(subject.spec.task, SLOW_RESAMPLES))


def of_metric(subject: Subject, metric: Metric, truth: Array, answers: Predictions, most: int) -> Interval:
    """*metric* of *answers* with its 95 % interval from at most *most* resamples; NaN if it is undefined."""
    rng = subject.rng(f"performance {metric}")
    if metric in AT_ONCE and truth.ndim == 1:
        one = statistic(subject.spec.model_copy(update={"metric": metric}), truth, answers)
        (found,) = bootstrap([one], len(truth), rng, most)
    else:
        most = min(most, _SLOWEST.get(subject.spec.task, SLOW_RESAMPLES))
        drawn = [
            value(metric, told, answers.take(rows), subject)
            for rows, told in _draws(subject.spec.task, truth, rng, most)
        ]
        whole = value(metric, truth, answers, subject)
        found = (
            _about(whole, drawn) if subject.spec.task == "retrieval" else percentiles(whole, np.array(drawn))
        )
    return _never_certain(subject, metric, found, truth)


def _draws(task: Task, truth: Array, rng: np.random.Generator, most: int) -> Iterator[tuple[Array, Array]]:
    """Row numbers of each resample and their truth. A ranking draws whole queries, and a query that is drawn
    twice counts as two; a retrieval draws half of the rows, so that no row occurs twice."""
    rows = len(truth)
    if task == "ranking":
        queries = truth[:, -1].astype(np.int64)
        members = [np.flatnonzero(queries == one) for one in np.unique(queries)]
        for _ in range(most):
            chosen = [members[one] for one in rng.integers(0, len(members), len(members))]
            some, told = np.concatenate(chosen), truth[np.concatenate(chosen)]
            told[:, -1] = np.repeat(np.arange(len(chosen)), [len(one) for one in chosen])
            yield some, told
        return
    for _ in range(most):
        some = (
            np.sort(rng.permutation(rows)[: max(1, rows // 2)])
            if task == "retrieval"
            else rng.integers(0, rows, rows)
        )
        yield some, truth[some]


def _about(whole: float, drawn: list[float]) -> Interval:
    """A normal interval: a half of the rows deviates from all rows by as much as these do from the truth."""
    known = np.array(drawn)[np.isfinite(drawn)]
    half = float(norm.isf((1 - LEVEL) / 2) * known.std()) if len(known) else 0.0
    return Interval(whole, max(0.0, whole - half), min(1.0, whole + half))


def _never_certain(subject: Subject, metric: Metric, one: Interval, truth: Array) -> Interval:
    """Wilson's interval for shares of rows; a classification's other perfect scores use the rarest class."""
    if not np.isfinite(one.value):
        return one
    if metric is Metric.ACCURACY and subject.spec.task != "segmentation":
        return wilson(round(one.value * len(truth)), len(truth))
    return widened(one, truth) if metric.is_share and subject.is_classification else one
