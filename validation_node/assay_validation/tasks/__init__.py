"""What can be ordered: a task is a kind of truth and answers, with its metrics. `TASKS` lists them all."""

import math
import warnings

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric, Task
from assay_validation.metrics import Array, Predictions, UndefinedError, to_ppm
from assay_validation.tasks import (
    classification,
    custom,
    detection,
    generation,
    multilabel,
    ranking,
    regression,
    retrieval,
    segmentation,
    survival,
)
from assay_validation.tasks.rules import Case, Rules

TASKS: dict[Task, Rules] = {
    "classification": classification.RULES,
    "regression": regression.RULES,
    "multilabel": multilabel.RULES,
    "ranking": ranking.RULES,
    "retrieval": retrieval.RULES,
    "segmentation": segmentation.RULES,
    "detection": detection.RULES,
    "generation": generation.RULES,
    "survival": survival.RULES,
}


def measure(
    spec: EvaluationSpec, truth: Array, predictions: Predictions, metric: Metric | None = None
) -> float:
    """The order's metric, or another metric of its task, in natural units (not negated).

    Raises:
        UndefinedError: it is undefined on these rows.
    """
    metric = metric or spec.metric
    compute = custom.measure if metric.option == "graph" else TASKS[spec.task].metrics[metric]
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = float(compute(Case(spec, truth, predictions)))
        except ValueError as error:
            raise UndefinedError(f"{metric.value} is undefined: {error}") from None
    if math.isnan(value):
        raise UndefinedError(f"{metric.value} is undefined on these rows")
    return value


def score(spec: EvaluationSpec, truth: Array, predictions: Predictions) -> int:
    """The order's metric as a score: ppm, errors negated, clipped to ±SCORE_LIMIT.

    Raises:
        UndefinedError: it is undefined on these rows.
    """
    value = measure(spec, truth, predictions)
    return to_ppm(-value if spec.metric.is_error else value)


def group_scores(
    spec: EvaluationSpec, truth: Array, predictions: Predictions, groups: Array
) -> dict[int, int | None]:
    """The score by group index; None where it is undefined."""
    # imported here because that takes a second
    from fairlearn.metrics import MetricFrame

    def of_rows(_truth: Array, rows: Array) -> float:
        chosen = np.asarray(rows, dtype=np.int64)
        try:
            return score(spec, truth[chosen], predictions.take(chosen))
        except UndefinedError:
            return math.nan

    numbers = np.arange(len(truth))
    frame = MetricFrame(metrics=of_rows, y_true=numbers, y_pred=numbers, sensitive_features=groups)
    return {int(g): None if math.isnan(s) else int(s) for g, s in frame.by_group.items()}


def told(spec: EvaluationSpec, truth: Array, predictions: Predictions) -> dict[str, float]:
    """What the customer is shown besides the score: the usual metrics of the task, in natural units."""
    found = {}
    for metric in dict.fromkeys((*TASKS[spec.task].told, spec.metric)):
        if metric.needs_probabilities and predictions.probabilities is None:
            continue
        try:
            value = measure(spec, truth, predictions, metric)
        except UndefinedError:
            continue
        found[metric.value] = float(np.clip(value, -1e300, 1e300))  # JSON has no infinity
    return found


def read(
    spec: EvaluationSpec, arrays: dict[str, Array], truth: Array, order: Array | None = None
) -> Predictions:
    """Predictions from checked *arrays* by the fields of OutputMapping, with as many rows as the *truth*.

    *order* is the class of each column of the probabilities, if the graph names it.

    Raises:
        JobError: shapes, labels or probabilities are not what the spec promises.
    """
    return TASKS[spec.task].read(arrays, spec, truth, order)
