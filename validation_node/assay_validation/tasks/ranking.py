"""Rows ranked against the others of their query. ``truth`` [rows, 2]: relevance and query (float64)."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import check_predictions
from assay_validation.tasks.rules import Case, Rules, need


def read_values(
    arrays: dict[str, Array], _spec: EvaluationSpec, _truth: Array, _order: Array | None
) -> Predictions:
    """One number for each row."""
    return check_predictions(arrays, ())


def equal_values(_spec: EvaluationSpec, truth: Array) -> Predictions:
    """The same value for all rows."""
    return Predictions(values=np.zeros(len(truth)))


def changes_of_values(_truth: Array, one: Predictions, other: Predictions) -> Array:
    """Changes in spreads of the model's own values, which have no unit."""
    ours, theirs = np.asarray(one.values), np.asarray(other.values)
    return np.asarray(np.abs(ours - theirs) / (float(np.std(ours)) or 1.0))


def _queries(case: Case) -> Iterator[tuple[Array, Array]]:
    """Relevance and values [queries, rows] of all queries of one length, without uninformative queries."""
    relevance, queries = case.truth.T
    need((relevance >= 0).all(), "order where a relevance is below 0")
    order = np.argsort(queries, kind="stable")
    _, starts, lengths = np.unique(queries[order], return_index=True, return_counts=True)
    for length in np.unique(lengths[lengths > 1]):
        rows = order[starts[lengths == length][:, None] + np.arange(length)]
        rows = rows[(relevance[rows] > 0).any(axis=1)]
        if len(rows):
            yield relevance[rows], np.asarray(case.predictions.values)[rows]


def _mean(parts: list[tuple[float, int]]) -> float:
    """The mean over all queries, given means and the number of queries behind each."""
    need(parts, "query with two rows or more of which one is relevant")
    return sum(mean * count for mean, count in parts) / sum(count for _, count in parts)


def _ndcg(case: Case) -> Any:
    from sklearn import metrics as sk  # here, as in all of these, because it takes a second to import

    k = case.spec.options.k
    return _mean([(sk.ndcg_score(truth, values, k=k), len(truth)) for truth, values in _queries(case)])


def _average_precision(case: Case) -> Any:
    """For one query, scikit-learn's label ranking average precision; all equal values count as ahead."""
    from sklearn import metrics as sk

    of_label = sk.label_ranking_average_precision_score
    return _mean([(of_label(truth > 0, values), len(truth)) for truth, values in _queries(case)])


def _mrr(case: Case) -> Any:
    return _mean([(_of_first(truth > 0, values).mean(), len(truth)) for truth, values in _queries(case)])


def _of_first(relevant: Array, values: Array) -> Array:
    """The reciprocal rank of the first relevant row; rows with equal values count as ahead."""
    best = np.where(relevant, values, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(1 / (1 + ((values >= best) & ~relevant).sum(axis=1)))


RULES = Rules(
    metrics={Metric.NDCG: _ndcg, Metric.MEAN_AVERAGE_PRECISION: _average_precision, Metric.MRR: _mrr},
    read=read_values,
    simplest=equal_values,
    changes=changes_of_values,
    told=(Metric.NDCG, Metric.MEAN_AVERAGE_PRECISION, Metric.MRR),
)
