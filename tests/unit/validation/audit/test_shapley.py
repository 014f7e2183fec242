"""Attributions are shap's: recomputed by its own exact methods, on the same background."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from audited import subject
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from assay_validation.audit.attribution import attribute
from assay_validation.audit.effort import FULL
from assay_validation.metrics import Predictions

EFFORT = replace(FULL, explained_rows=12)


def audited(answer, rows, truth):
    model = SimpleNamespace(predict=answer)
    return subject(truth, answer(rows), rows=rows, model=model, effort=EFFORT)


def background(one):
    return one.rows[one.sample("background", EFFORT.background_rows)]


@pytest.mark.slow
def test_of_a_linear_model_they_are_shaps_linear_ones():
    import shap

    rows, truth = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(rows, truth)
    one = audited(lambda asked: Predictions(values=model.predict(asked)), rows, truth)
    found = attribute(one)
    masker = shap.maskers.Independent(background(one), max_samples=EFFORT.background_rows)
    theirs = shap.LinearExplainer(model, masker).shap_values(rows[found.rows])
    assert found.values == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@pytest.mark.slow
def test_of_a_forest_they_are_near_shaps_exact_ones():
    """Permutations estimate what the exact explainer enumerates; each row adds up in both."""
    import shap

    rows, truth = load_breast_cancer(return_X_y=True)
    rows = rows[:, :8]
    model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(rows, truth)

    def answer(asked):
        claimed = model.predict_proba(asked)
        return Predictions(labels=claimed.argmax(axis=1), probabilities=claimed)

    one = audited(answer, rows, truth)
    found = attribute(one)
    masker = shap.maskers.Independent(background(one), max_samples=EFFORT.background_rows)
    exact = shap.explainers.Exact(model.predict_proba, masker)(rows[found.rows]).values
    theirs = exact[np.arange(len(found.rows)), :, found.targets]
    assert found.values.sum(axis=1) == pytest.approx(theirs.sum(axis=1), abs=1e-6)
    assert np.corrcoef(found.values.ravel(), theirs.ravel())[0, 1] > 0.98
    assert found.values == pytest.approx(theirs, abs=0.05)
