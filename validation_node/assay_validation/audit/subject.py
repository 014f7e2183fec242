"""What is being examined: one model, the audit data, and whatever else the auditor was given."""

import warnings
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.dataset import DatasetManifest
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Fairness
from assay.manifests.model import ModelManifest
from assay_validation.audit.effort import Effort
from assay_validation.audit.groups import Grouping
from assay_validation.audit.jailed_model import JailedModel
from assay_validation.audit.layout import Layout
from assay_validation.audit.plain import Feature, Reading
from assay_validation.audit.section import line
from assay_validation.audit.texts import folded
from assay_validation.graph_facts import GraphFacts
from assay_validation.metrics import Predictions

Array = NDArray[Any]


@dataclass(frozen=True)
class Training:
    """Rows that the model was trained on, laid out like the audit data."""

    rows: Array
    truth: Array
    total: int
    """Number of rows in the file; more than in `rows` if they were sampled."""


@dataclass(frozen=True)
class Subject:
    """The inputs of every section. Arrays have one row for each row of audit data."""

    spec: EvaluationSpec
    model_file: Path
    data_file: Path
    model: JailedModel
    graph: GraphFacts
    layout: Layout
    rows: Array
    """[rows, columns], float64; texts are given by their numbers in the layout's book."""
    truth: Array
    groupings: tuple[Grouping, ...]
    """How people are grouped for comparison, one grouping for each column."""
    fairness: Fairness | None
    """The kind of fairness that the order asks for."""
    counts: DatasetCounts
    answers: Predictions
    """The model's answers for `rows`."""
    training: Training | None
    manifest: ModelManifest | None
    dataset: DatasetManifest | None
    threshold: int | None
    """The deal's threshold, ppm of the primary score."""
    favourable: int
    """Index of the class that people hope for."""
    seed: int
    effort: Effort

    @property
    def classes(self) -> tuple[str, ...]:
        """Printable names of the classes; empty for a regression."""
        return tuple(line(name) for name in self.spec.data.classes)

    @property
    def is_classification(self) -> bool:
        """Whether the model predicts classes rather than a number."""
        return self.spec.task == "classification"

    @property
    def is_explainable(self) -> bool:
        """Whether answers are numbers (for each class, perhaps) that an input can raise or lower."""
        return self.spec.task in ("classification", "regression", "multilabel", "ranking", "survival")

    @property
    def has_plain_truth(self) -> bool:
        """Whether the truth is one class or one number per row."""
        return self.spec.task in ("classification", "regression") and self.truth.ndim == 1

    @property
    def filled(self) -> Array:
        """[rows, columns]: `rows` without gaps."""
        return self.without_gaps(self.rows)

    def without_gaps(self, rows: Array) -> Array:
        """*rows* with each gap replaced by the column's median in the audit data."""
        gaps = np.isnan(rows)
        if not gaps.any():
            return rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about columns without any value
            usual = np.nan_to_num(np.nanmedian(self.rows, axis=0))
        return np.where(gaps, usual, rows)

    @cached_property
    def _reading(self) -> Reading:
        return Reading(self.layout, self.rows)

    @property
    def features(self) -> list[Feature]:
        """The features of a row that plain models read."""
        return self._reading.features

    @cached_property
    def plain_rows(self) -> Array:
        """[rows, features]: `rows` as plain models read them."""
        return self.plain(self.rows)

    def plain(self, rows: Array) -> Array:
        """[rows, features]: *rows* as plain models read them, without gaps."""
        return self._reading.read(self.without_gaps(rows))

    def as_read(self, rows: Array) -> Array:
        """*rows* with texts as a reader sees them: case and spacing do not matter, blank texts are gaps."""
        book, texts = self.layout.book, self.layout.texts
        if not texts.any():
            return rows
        seen = rows.copy()
        plain = [folded(text) for text in book.texts(rows[:, texts]).ravel()]
        numbers = np.where([bool(text) for text in plain], book.numbers(plain), np.nan)
        seen[:, texts] = numbers.reshape(len(rows), -1)
        return seen

    @property
    def usual(self) -> Array:
        """[columns]: what replaces an erased value: the mean, the commonest category, or an empty text."""
        usual = self.filled.mean(axis=0)
        for column in np.flatnonzero(self.layout.categories):
            values, times = np.unique(self.rows[:, column], return_counts=True)
            usual[column] = values[times.argmax()]
        usual[self.layout.prose] = self.layout.book.numbers([""])[0]
        return np.asarray(usual)

    @property
    def spread(self) -> Array:
        """[columns]: the unit of small changes: a column's standard deviation; for pixels their whole range;
        0 for columns that must not be changed."""
        if self.layout.image is not None:
            spread = np.full(self.rows.shape[1], np.ptp(self.rows))
        else:
            spread = self.filled.std(axis=0)
            spread[np.ptp(self.filled, axis=0) == 0] = 0  # for equal numbers it is not exactly 0
        return np.where(self.layout.continuous, spread, 0.0)

    def rng(self, purpose: str) -> np.random.Generator:
        """A separate generator for each purpose, so that sections do not affect each other's figures."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

    def sample(self, purpose: str, size: int) -> NDArray[np.int64]:
        """Up to *size* row numbers, in order."""
        chosen = self.rng(purpose).permutation(len(self.rows))[:size]
        return np.sort(chosen)

    def outputs(self, predictions: Predictions) -> Array:
        """[rows, classes]: probabilities (0 or 1 if there are only labels); or [rows, 1]: values, the mean if
        there are several."""
        if predictions.values is not None:
            values = np.asarray(predictions.values)
            return np.asarray(values.reshape(len(values), -1).mean(axis=1, keepdims=True))
        if predictions.probabilities is not None:
            return predictions.probabilities
        if self.spec.task == "multilabel":
            return np.asarray(predictions.labels, dtype=np.float64)
        return np.asarray(np.eye(len(self.spec.data.classes))[np.asarray(predictions.labels)])

    def losses(self, predictions: Predictions, truth: Array) -> Array:
        """[rows]: the loss of each row: log loss, 0 or 1 if there are no probabilities, or absolute error."""
        if predictions.values is not None:
            return np.asarray(np.abs(predictions.values - truth))
        if predictions.probabilities is None:
            return np.asarray(predictions.labels != truth, dtype=np.float64)
        of_truth = predictions.probabilities[np.arange(len(truth)), truth]
        return np.asarray(-np.log(np.maximum(of_truth, 1e-12)))
