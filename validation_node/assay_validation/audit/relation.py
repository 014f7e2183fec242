"""Whether the audit data relates inputs to truth as the training data does (concept drift).

Inputs may drift while the relation stays, and the other way round. A plain model of the training data is
held against the same kind of model of the audit data, both on audit rows that neither has seen: it loses
where the relation is another one, and not where only the inputs lie elsewhere or the noise is larger.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import ttest_1samp
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay_validation.audit import thresholds
from assay_validation.audit.intervals import LEVEL
from assay_validation.audit.section import Interval, Measure, Section, percent
from assay_validation.audit.subject import Array, Subject, Training

_FEW_ROWS, _MAX_ROWS, _MAX_COLUMNS, _FOLDS = 100, 2_000, 300, 5
_SIGNIFICANT = 0.001


def examine(subject: Subject) -> Section:
    """How much a model of the training data loses on the audit rows to one of the audit data itself."""
    section = Section("compliance", "Relation of inputs to truth", "")
    training = subject.training
    if training is None:
        section.limitations.append("Concept drift: without training data it was not looked for.")
        return section
    few = min(len(training.rows), len(subject.rows)) < _FEW_ROWS
    wide = subject.rows.shape[1] > _MAX_COLUMNS
    if few or wide or subject.truth.ndim > 1 or not subject.has_plain_truth:
        section.limitations.append(
            f"Concept drift: only looked for in a class or a number, {_FEW_ROWS} rows on each side, and at "
            f"most {_MAX_COLUMNS} columns."
        )
        return section
    section.prose = (
        "A linear model and a forest of the training data are held against the same of the audit data "
        f"({_FOLDS}-fold cross-validation), on the audit rows. Where those of the training data lose, the "
        "same inputs mean something else now; inputs that merely lie elsewhere cost both alike."
    )
    lost = [_lost(*pair) for pair in _errors(subject, training)]
    least = min(lost, key=lambda one: one.low)
    what = "wrong answers" if subject.is_classification else "squared error, in variances of the truth"
    section.measures += [
        Measure.of(f"{what}, more by a {name} of the training data", one, "share" if subject.is_classification
        else "number")
        for name, one in zip(("linear model", "forest"), lost, strict=True)
    ]  # fmt: skip
    threshold = thresholds.CONCEPT if subject.is_classification else thresholds.CONCEPT_NUMBER
    amount, surely = (
        (percent(one) if subject.is_classification else f"{one:.2f} variances")
        for one in (least.value, least.low)
    )
    section.find(
        threshold.severity(least.low),
        f"The same inputs mean something else than in the training data: {amount} more errors",
        f"Plain models of the training data err more on the audit rows than the same models of the audit "
        f"data itself; at least {surely} more. "
        "What the model has learnt is out of date, or the labels are defined otherwise.",
    )
    return section


def _lost(theirs: Array, own: Array) -> Interval:
    """The mean difference of two errors of each row, and nothing unless it is significant."""
    difference = theirs - own
    if not difference.any():
        return Interval(0.0, 0.0, 0.0)
    test = ttest_1samp(difference, 0)
    ends = test.confidence_interval(LEVEL)
    low = float(ends.low) if test.pvalue < _SIGNIFICANT else min(float(ends.low), 0.0)
    return Interval(float(difference.mean()), low, float(ends.high))


def _errors(subject: Subject, training: Training) -> Iterator[tuple[Array, Array]]:
    """By kind of model the errors [rows] of the one of the training data, and of the audit data's own."""
    seed = int(subject.rng("relation").integers(2**31))
    chosen = subject.sample("relation", _MAX_ROWS)
    rows, truth = subject.filled[chosen], subject.truth[chosen]
    order = np.random.default_rng(seed).permutation(len(training.rows))[:_MAX_ROWS]
    known, told = subject.without_gaps(training.rows[order]), training.truth[order]
    for kind in ("linear", "forest"):
        own = np.empty(len(rows))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged is no matter here
            theirs = _wrong(subject, _build(subject, kind, seed).fit(known, told).predict(rows), truth)
            for fitted, held in KFold(_FOLDS, shuffle=True, random_state=seed).split(rows):
                model = _build(subject, kind, seed).fit(rows[fitted], truth[fitted])
                own[held] = _wrong(subject, model.predict(rows[held]), truth[held])
        yield theirs, own


def _build(subject: Subject, kind: str, seed: int) -> Any:
    forest = {"n_estimators": 60, "min_samples_leaf": 3, "random_state": seed}
    if subject.is_classification:
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
        return linear if kind == "linear" else ExtraTreesClassifier(**forest)
    return make_pipeline(StandardScaler(), Ridge()) if kind == "linear" else ExtraTreesRegressor(**forest)


def _wrong(subject: Subject, found: Array, truth: Array) -> Array:
    if subject.is_classification:
        return np.asarray(found != truth, dtype=np.float64)
    return np.asarray((found - truth) ** 2 / max(float(truth.var()), 1e-300))
