"""What defines a task: its metrics, how answers are read, the simplest model, and when answers differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay_validation.metrics import Array, Predictions


@dataclass(frozen=True)
class Case:
    """What a metric is computed from. Each task defines its ``truth``, whose first axis is the rows."""

    spec: EvaluationSpec
    truth: Array
    predictions: Predictions


@dataclass(frozen=True)
class Rules:
    """The rules of one task."""

    metrics: Mapping[Metric, Callable[[Case], Any]]
    """Each returns the value in natural units, or raises ValueError if the truth leaves it undefined. All
    predictions that were read must have a value: otherwise a model could make hidden data look unfit."""
    read: Callable[[dict[str, Array], EvaluationSpec, Array, Array | None], Predictions]
    """Makes predictions from checked arrays by the fields of OutputMapping, the spec, the truth, and the
    class of each column of the probabilities if the graph names it; raises JobError."""
    simplest: Callable[[EvaluationSpec, Array], Predictions]
    """The predictions of the reference that needs no file."""
    changes: Callable[[Array, Predictions, Predictions], Array]
    """For each row, how far apart the answers of two runs are; above 0.01 they are different answers."""
    told: tuple[Metric, ...]
    """The metrics that the customer is shown besides the order's own."""


def largest(changes: Array) -> Array:
    """For each row, the largest of *changes* [rows, ...]."""
    return np.asarray(changes.reshape(len(changes), -1).max(axis=1), dtype=np.float64)


def need(there: Any, what: str) -> None:
    """Raise ValueError if the truth lacks what a metric needs."""
    if not there:
        raise ValueError(f"the truth has no {what}")
