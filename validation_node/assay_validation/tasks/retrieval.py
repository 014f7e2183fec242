"""Embeddings by which each row finds others of its own class. ``truth`` [rows]: numbers of classes (int64).

Rows are compared by the cosine of their embeddings, to six digits. In a tie, rows of other classes count as
nearer. Rows that are alone in their class only act as distractors.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from assay.manifests.evaluation import DEFAULT_K, EvaluationSpec, Metric
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import numeric
from assay_validation.tasks.rules import Case, Rules, need

_BLOCK, _DIGITS = 500, 6
_GRAIN = 2.0**24
"""Embeddings are rounded to multiples of 2^-24. Sums of their products are then exact, in any order."""


def _read(arrays: dict[str, Array], _spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    return Predictions(values=numeric(arrays["values"]).reshape(len(truth), -1))


def _simplest(_spec: EvaluationSpec, truth: Array) -> Predictions:
    return Predictions(values=np.ones((len(truth), 1)))


def _changes(_truth: Array, one: Predictions, other: Predictions) -> Array:
    """One minus the cosine."""
    return np.asarray(((_directions(one) - _directions(other)) ** 2).sum(axis=1) / 2)


def _directions(predictions: Predictions) -> Array:
    """Embeddings scaled to length 1; all-zero ones stay as they are."""
    values = np.asarray(predictions.values)
    greatest = np.abs(values).max(axis=1, keepdims=True)
    values = values / np.where(greatest > 0, greatest, 1.0)  # scaled first, because squares could overflow
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(lengths > 0, lengths, 1.0))


def _neighbours(case: Case) -> Iterator[tuple[Array, Array]]:
    """Which other rows are of a row's own class, and how near all rows are: two arrays [block, rows]."""
    grains, truth = np.round(_directions(case.predictions) * _GRAIN) / _GRAIN, case.truth
    needed = np.flatnonzero(np.bincount(truth)[truth] > 1)
    need(len(needed), "class with two rows or more")
    for start in range(0, len(needed), _BLOCK):
        rows = needed[start : start + _BLOCK]
        near = np.round(grains[rows] @ grains.T, _DIGITS)
        near[np.arange(len(rows)), rows] = -2  # the row itself, farther than anything
        own = truth[rows, None] == truth
        own[np.arange(len(rows)), rows] = False
        yield own, near


def _before_first(own: Array, near: Array) -> Array:
    """How many rows of other classes are no farther than the nearest of the row's own class."""
    best = np.where(own, near, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(((near >= best) & ~own).sum(axis=1))


def _recall_at_k(case: Case) -> Any:
    k = case.spec.options.k or DEFAULT_K
    return np.concatenate([_before_first(*block) < k for block in _neighbours(case)]).mean()


def _mrr(case: Case) -> Any:
    return np.concatenate([1 / (1 + _before_first(*block)) for block in _neighbours(case)]).mean()


def _average_precision(case: Case) -> Any:
    from sklearn import metrics as sk  # imported here because that takes a second

    of_label = sk.label_ranking_average_precision_score
    parts = [(of_label(own, near), len(own)) for own, near in _neighbours(case)]
    return sum(mean * count for mean, count in parts) / sum(count for _, count in parts)


RULES = Rules(
    metrics={
        Metric.RECALL_AT_K: _recall_at_k,
        Metric.MEAN_AVERAGE_PRECISION: _average_precision,
        Metric.MRR: _mrr,
    },
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.RECALL_AT_K, Metric.MRR),
)
