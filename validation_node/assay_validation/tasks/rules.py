"""What a task is made of: metrics, how answers are read, the simplest model, and what is another answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay_validation.metrics import Array, Predictions


@dataclass(frozen=True)
class Case:
    """What a metric is computed from. Each task says what its ``truth`` is; the first axis is the rows."""

    spec: EvaluationSpec
    truth: Array
    predictions: Predictions


@dataclass(frozen=True)
class Rules:
    """One task."""

    metrics: Mapping[Metric, Callable[[Case], Any]]
    """Each returns the value in natural units, or raises ValueError where the truth leaves it none. Whatever
    has been read as predictions has a value: otherwise a model could make hidden data look unfit."""
    read: Callable[[dict[str, Array], EvaluationSpec, Array, Array | None], Predictions]
    """From checked arrays, by the fields of OutputMapping, the truth, and the class of each column of the
    probabilities where the graph names it; raises JobError."""
    simplest: Callable[[EvaluationSpec, Array], Predictions]
    """The reference that needs no file."""
    changes: Callable[[Array, Predictions, Predictions], Array]
    """By row, how far the answers of two runs are apart; above 0.01 it is another answer."""
    told: tuple[Metric, ...]
    """The metrics that the customer is told of, beside the order's own."""


def largest(changes: Array) -> Array:
    """By row, the largest of *changes* [rows, ...]."""
    return np.asarray(changes.reshape(len(changes), -1).max(axis=1), dtype=np.float64)


def need(there: Any, what: str) -> None:
    """Raise ValueError where the truth lacks what a metric needs."""
    if not there:
        raise ValueError(f"the truth has no {what}")
