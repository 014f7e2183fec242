"""Rounding on whatever numbers come."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.manifests.evaluation import PPM, SCORE_LIMIT
from assay_validation import metrics
from assay_validation.metrics import Predictions

steps = st.integers(1, PPM)


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
