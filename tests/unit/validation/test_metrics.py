"""Rounding and metrics on whatever numbers come."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from assay.manifests.evaluation import PPM, SCORE_LIMIT, Metric
from assay_validation import metrics
from assay_validation.metrics import Predictions, UndefinedError

steps = st.integers(1, PPM)
finite = st.floats(-1e6, 1e6)


@given(st.integers(-(2**80), 2**80), steps)
def test_a_published_score_is_a_bounded_multiple_never_above_the_score(score, step):
    found = metrics.published(score, step)
    assert found % step == 0
    assert abs(found) <= SCORE_LIMIT
    if abs(score) <= SCORE_LIMIT - step:
        assert found <= score < found + step


@given(st.integers(-(2**60), 2**60), st.integers(-(2**60), 2**60), steps)
def test_publishing_keeps_the_order(a, b, step):
    low, high = sorted((a, b))
    assert metrics.published(low, step) <= metrics.published(high, step)


@given(st.floats(allow_nan=False))
def test_ppm_is_clipped_and_rounded_down(value):
    found = metrics.to_ppm(value)
    assert abs(found) <= SCORE_LIMIT
    if abs(value) < 1e5:
        assert found <= value * PPM + 2e-3
        assert value * PPM - found < 1.001


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_a_fraction_is_exactly_its_integer_quotient(correct, rows):
    """What a contract would compute from the counts."""
    correct = min(correct, rows)
    assert metrics.to_ppm(correct / rows) == correct * PPM // rows


@st.composite
def classifications(draw):
    classes = draw(st.integers(2, 4))
    rows = draw(st.integers(classes, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth = np.concatenate([np.arange(classes), generator.integers(0, classes, rows - classes)])
    raw = generator.random((rows, classes)) + 1e-3
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    return classes, truth, Predictions(probabilities.argmax(axis=1), probabilities)


@settings(max_examples=40)
@given(classifications())
def test_classification_scores_are_scikit_learns(case):
    classes, truth, predictions = case
    labels, probabilities = predictions.labels, predictions.probabilities
    second = probabilities[:, 1] if classes == 2 else probabilities
    expected = {
        Metric.ACCURACY: sk.accuracy_score(truth, labels),
        Metric.BALANCED_ACCURACY: sk.balanced_accuracy_score(truth, labels),
        Metric.MACRO_F1: sk.f1_score(truth, labels, average="macro"),
        Metric.AUROC: sk.roc_auc_score(truth, second, multi_class="ovr"),
        Metric.LOG_LOSS: -sk.log_loss(truth, probabilities),
    }
    for metric, value in expected.items():
        assert metrics.score(metric, truth, predictions, classes) == pytest.approx(value * PPM, abs=1)


@settings(max_examples=60)
@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=30))
def test_regression_scores_are_scikit_learns_and_never_above_perfect(pairs):
    truth, values = np.array(pairs).T
    predictions = Predictions(values=values)
    expected = {
        Metric.RMSE: -sk.root_mean_squared_error(truth, values),
        Metric.MAE: -sk.mean_absolute_error(truth, values),
        Metric.R2: sk.r2_score(truth, values),
    }
    for metric, value in expected.items():
        found = metrics.score(metric, truth, predictions, 0)
        clipped = max(-SCORE_LIMIT, value * PPM)
        assert found == pytest.approx(clipped, rel=1e-9, abs=1)
        assert found <= metrics.score(metric, truth, Predictions(values=truth), 0)


def test_absurd_errors_are_clipped_not_overflowed():
    found = metrics.score(Metric.RMSE, np.zeros(3), Predictions(values=np.full(3, 1e300)), 0)
    assert found == -SCORE_LIMIT


def test_auroc_of_one_class_is_undefined():
    predictions = Predictions(np.zeros(3, int), np.full((3, 2), 0.5))
    with pytest.raises(UndefinedError):
        metrics.score(Metric.AUROC, np.zeros(3, int), predictions, 2)


def test_a_group_without_a_score_makes_the_gap_undefined():
    truth = np.array([0, 1, 0, 1, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]] * 3)
    predictions = Predictions(probabilities.argmax(1), probabilities)
    groups = np.array([0, 0, 0, 0, 1, 1])
    scores = metrics.group_scores(Metric.AUROC, truth, predictions, 2, groups)
    assert scores == {0: PPM, 1: None}
    assert metrics.gap(scores.values()) is None


def test_calibration_error_of_known_cases():
    truth = np.array([0] * 8 + [1] * 2)
    honest = Predictions(probabilities=np.tile([0.8, 0.2], (10, 1)))
    boastful = Predictions(probabilities=np.tile([1.0, 0.0], (10, 1)))
    assert math.isclose(metrics.calibration_error(truth, honest), 0, abs_tol=1e-12)
    assert math.isclose(metrics.calibration_error(truth, boastful), 0.2)


def test_borderline_rows_are_those_within_the_margin():
    near, far = [0.5 + 4e-6, 0.5 - 4e-6], [0.5 + 6e-6, 0.5 - 6e-6]
    assert metrics.borderline_rows(Predictions(probabilities=np.array([near, far, near]))) == 2
    assert metrics.borderline_rows(Predictions(labels=np.array([0]))) == 0
