"""How hard each row is: the loss of models that were not trained on it.

A model's loss on the audit data can be larger because it has memorised its training rows, or because the
audit data is harder: drifted, noisier, from elsewhere. Plain models fitted to other rows of the training data
show which: they too find drifted data harder, but they cannot remember the row.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay_validation.audit.subject import Subject, Training
from assay_validation.metrics import Predictions

_FOLDS, _MAX_ROWS, _MAX_COLUMNS, _MAX_TAUGHT = 5, 4_000, 2_000, 3_000

Array = NDArray[Any]


@dataclass(frozen=True)
class Reference:
    """The losses of a plain model on the first of the trained-on rows, and on the audit rows."""

    name: str
    inside: Array
    outside: Array


def references(subject: Subject, training: Training, members: Array) -> Iterator[Reference]:
    """A linear model and a forest, on the training rows *members* (row numbers).

    Members are scored by the model that was not fitted to their fold, audit rows by the mean over all folds.
    With more than 2,000 columns there are no references.
    """
    if subject.rows.shape[1] > _MAX_COLUMNS:
        return
    known = subject.plain(training.rows[members][:_MAX_ROWS])
    truth = training.truth[members][:_MAX_ROWS]
    seed = int(subject.rng("references").integers(2**31))
    for name, build in _builders(subject, seed):
        own, others = np.empty(len(known)), []
        for fitted, held in KFold(_FOLDS, shuffle=True, random_state=seed).split(known):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it does not matter here if it has not converged
                model = build().fit(known[fitted], truth[fitted])
            own[held] = _losses(subject, model, known[held], truth[held])
            others.append(_losses(subject, model, subject.plain_rows, subject.truth))
        yield Reference(name, own, np.mean(others, axis=0))


def expected(subject: Subject, rows: Array) -> Array:
    """[rows]: the classes that a plain model, fitted to the audit rows, predicts for *rows*."""
    forest = ExtraTreesClassifier(60, min_samples_leaf=2, random_state=0)
    forest.fit(subject.plain_rows[:_MAX_TAUGHT], subject.truth[:_MAX_TAUGHT])
    return np.asarray(forest.predict(subject.plain(rows)))


def _builders(subject: Subject, seed: int) -> Iterator[tuple[str, Any]]:
    forest = {"n_estimators": 60, "min_samples_leaf": 3, "random_state": seed}
    if subject.is_classification:
        yield (
            "linear model",
            lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, tol=0.01)),
        )
        yield "forest", lambda: ExtraTreesClassifier(**forest)
    else:
        yield "linear model", lambda: make_pipeline(StandardScaler(), Ridge())
        yield "forest", lambda: ExtraTreesRegressor(**forest)


def _losses(subject: Subject, model: Any, rows: Array, truth: Array) -> Array:
    """Losses computed as for the audited model. So that no class is impossible, all of them share 1 %."""
    if not subject.is_classification:
        return subject.losses(Predictions(values=model.predict(rows)), truth)
    if subject.answers.probabilities is None:
        return subject.losses(Predictions(labels=model.predict(rows)), truth)
    classes = len(subject.spec.data.classes)
    found = np.zeros((len(rows), classes))
    found[:, model.classes_] = model.predict_proba(rows)
    return subject.losses(Predictions(probabilities=0.99 * found + 0.01 / classes), truth)
