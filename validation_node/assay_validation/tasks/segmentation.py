"""A class for each pixel. ``truth`` [rows, height, width]: indices of classes (int64), -1 for void."""

from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import numeric
from assay_validation.tasks.rules import Case, Rules


def _read(arrays: dict[str, Array], spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    if "labels" in arrays:
        return Predictions(labels=_places(numeric(arrays["labels"]), spec, truth))
    if "logits" in arrays:
        return Predictions(labels=_most_probable(numeric(arrays["logits"]), spec, truth, 0))
    return Predictions(labels=_most_probable(numeric(arrays["probabilities"]), spec, truth, 0.5))


def _places(labels: Array, spec: EvaluationSpec, truth: Array) -> Array:
    if labels.size != truth.size:
        raise JobError(f"the labels have the shape {labels.shape}, not {truth.shape}", Code.WRONG_SHAPE)
    if not np.isin(labels, np.arange(len(spec.data.classes))).all():
        raise JobError("the model predicts a place of a class that there is not", Code.LABEL_OUTSIDE)
    return labels.astype(np.int64).reshape(truth.shape)


def _most_probable(given: Array, spec: EvaluationSpec, truth: Array, half: float) -> Array:
    """The class of each pixel; in a tie, the earlier one. The axis of classes comes before or after those of
    the pixels. If only the second of two classes is given, *half* is the value at which both are equal."""
    classes, (rows, height, width) = len(spec.data.classes), truth.shape
    if given.shape == (rows, classes, height, width):
        return np.asarray(given.argmax(axis=1))
    if given.shape == (rows, height, width, classes):
        return np.asarray(given.argmax(axis=3))
    if classes == 2 and given.size == truth.size:  # only the second class is given
        return (given.reshape(truth.shape) > half).astype(np.int64)
    raise JobError(
        f"the probabilities have the shape {given.shape}, not one per class and pixel", Code.WRONG_SHAPE
    )


def _simplest(spec: EvaluationSpec, truth: Array) -> Predictions:
    """The commonest class everywhere."""
    commonest = np.bincount(truth[truth >= 0], minlength=len(spec.data.classes)).argmax()
    return Predictions(labels=np.full(truth.shape, commonest))


def _changes(truth: Array, one: Predictions, other: Predictions) -> Array:
    """The share of pixels that differ, among those that are not void."""
    counted = (truth >= 0).reshape(len(truth), -1)
    differs = (np.asarray(one.labels) != np.asarray(other.labels)).reshape(len(truth), -1) & counted
    return np.asarray(differs.sum(axis=1) / np.maximum(1, counted.sum(axis=1)))


def _counts(case: Case) -> tuple[Array, Array, Array]:
    """Pixels of each class in both, in the truth, and in the answers, for classes that occur in either."""
    classes, counted = len(case.spec.data.classes), case.truth >= 0
    truth, labels = case.truth[counted], np.asarray(case.predictions.labels)[counted]
    table = np.bincount(truth * classes + labels, minlength=classes**2).reshape(classes, classes)
    true, answered = table.sum(axis=1), table.sum(axis=0)
    there = true + answered > 0
    return np.diag(table)[there], true[there], answered[there]


def _accuracy(case: Case) -> Any:
    return np.mean((case.truth == np.asarray(case.predictions.labels))[case.truth >= 0])


def _mean_iou(case: Case) -> Any:
    both, true, answered = _counts(case)
    return np.mean(both / (true + answered - both))


def _dice(case: Case) -> Any:
    both, true, answered = _counts(case)
    return np.mean(2 * both / (true + answered))


RULES = Rules(
    metrics={Metric.ACCURACY: _accuracy, Metric.MEAN_IOU: _mean_iou, Metric.DICE: _dice},
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.ACCURACY, Metric.MEAN_IOU, Metric.DICE),
)
