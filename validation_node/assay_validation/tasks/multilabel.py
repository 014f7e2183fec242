"""Any number of labels for each row. ``truth`` [rows, labels]: 0 or 1 (int64)."""

from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import TOLERANCE, numeric, sigmoid
from assay_validation.tasks.rules import Case, Rules, largest, need


def _read(arrays: dict[str, Array], _spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    """If there are no labels, a label is given where its probability is at least one half."""
    probabilities = None
    if "probabilities" in arrays:
        probabilities = _shaped("probabilities", arrays, truth)
        if (probabilities < -TOLERANCE).any() or (probabilities > 1 + TOLERANCE).any():
            raise JobError("the probabilities are not between 0 and 1", Code.NO_DISTRIBUTION)
        probabilities = probabilities.clip(0, 1)
    elif "logits" in arrays:
        probabilities = sigmoid(_shaped("logits", arrays, truth))
    if "labels" not in arrays:
        return Predictions(
            labels=(np.asarray(probabilities) >= 0.5).astype(np.int64), probabilities=probabilities
        )
    labels = _shaped("labels", arrays, truth)
    if not np.isin(labels, (0, 1)).all():
        raise JobError("the model predicts labels that are neither 0 nor 1", Code.LABEL_OUTSIDE)
    return Predictions(labels=labels.astype(np.int64), probabilities=probabilities)


def _shaped(name: str, arrays: dict[str, Array], truth: Array) -> Array:
    array = numeric(arrays[name])
    if array.shape != truth.shape:
        message = f"the {name} have the shape {array.shape}, not one per row and label"
        raise JobError(message, Code.WRONG_SHAPE)
    return array


def _simplest(_spec: EvaluationSpec, truth: Array) -> Predictions:
    """Give each label that most rows have, with the labels' frequencies as probabilities."""
    frequencies = np.broadcast_to(truth.mean(axis=0), truth.shape)
    return Predictions((frequencies >= 0.5).astype(np.int64), frequencies)


def _changes(_truth: Array, one: Predictions, other: Predictions) -> Array:
    changes = largest(np.asarray(one.labels) != np.asarray(other.labels))
    if one.probabilities is not None and other.probabilities is not None:
        changes = changes + largest(np.abs(one.probabilities - other.probabilities))
    return changes


def _accuracy(case: Case) -> Any:
    from sklearn import metrics as sk  # here, as in all of these, because it takes a second to import

    return sk.accuracy_score(case.truth, case.predictions.labels)


def _micro_f1(case: Case) -> Any:
    return _f1(case, "micro")


def _macro_f1(case: Case) -> Any:
    return _f1(case, "macro")


def _weighted_f1(case: Case) -> Any:
    return _f1(case, "weighted")


def _f1(case: Case, average: str) -> Any:
    from sklearn import metrics as sk

    need(case.truth.any(), "label at all")
    return sk.f1_score(case.truth, case.predictions.labels, average=average, zero_division=0)


def _hamming_loss(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.hamming_loss(case.truth, case.predictions.labels)


def _average_precision(case: Case) -> Any:
    from sklearn import metrics as sk

    need(case.truth.any(axis=0).all(), "row of some label")
    return sk.average_precision_score(case.truth, case.predictions.probabilities, average="macro")


def _auroc(case: Case) -> Any:
    from sklearn import metrics as sk

    need(case.truth.any(axis=0).all(), "row of some label")
    need(not case.truth.all(axis=0).any(), "row without some label")
    return sk.roc_auc_score(case.truth, case.predictions.probabilities, average="macro")


RULES = Rules(
    metrics={
        Metric.ACCURACY: _accuracy,
        Metric.MICRO_F1: _micro_f1,
        Metric.MACRO_F1: _macro_f1,
        Metric.WEIGHTED_F1: _weighted_f1,
        Metric.HAMMING_LOSS: _hamming_loss,
        Metric.AVERAGE_PRECISION: _average_precision,
        Metric.AUROC: _auroc,
    },
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.ACCURACY, Metric.MICRO_F1, Metric.MACRO_F1, Metric.HAMMING_LOSS, Metric.AVERAGE_PRECISION),
)
