"""Scores, bounds and measurements are shown in the unit of what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli import output
from assay.manifests import AuditReport, Figure
from assay.manifests.audit_report import FigureUnit
from assay.manifests.evaluation import SCORE_LIMIT, CriterionKind, Metric
from assay.words import formatting
from assay_validation.audit.section import Measure

WORSE_THAN_60 = -55_943_509  # an RMSE of 55.94, as the chain keeps it


@pytest.mark.parametrize(
    ("ppm", "text"),
    [
        (0, "0 %"),
        (1, "0.0001 %"),
        (25_000, "2.5 %"),
        (1_000_000, "100 %"),
        (-1, "-0.0001 %"),
        (WORSE_THAN_60, "-5,594.3509 %"),
    ],
)
def test_rates(ppm: int, text: str) -> None:
    assert formatting.percent(ppm) == text
    assert output.ppm(ppm) == output.Cell(ppm, text, "ppm")


@given(st.integers(-(2**63), 2**63 - 1))
def test_no_digit_of_a_rate_is_lost(ppm: int) -> None:
    whole, _, fraction = formatting.percent(ppm).removesuffix(" %").replace(",", "").partition(".")
    assert int(whole + fraction.ljust(4, "0")) == ppm


@pytest.mark.parametrize(
    ("metric", "value", "score", "threshold"),
    [
        (Metric.ACCURACY, 966_000, "96.6 %", "at least 96.6 %"),
        (Metric.MACRO_F1, 500_000, "50 %", "at least 50 %"),
        (Metric.RMSE, WORSE_THAN_60, "RMSE 55.943509", "at most 55.943509"),
        (Metric.LOG_LOSS, -79_700, "log loss 0.0797", "at most 0.0797"),
        (Metric.MAE, 0, "MAE 0", "at most 0"),
        (Metric.R2, 496_000, "R² 0.496", "at least 0.496"),
        (Metric.R2, -1_200_000, "R² -1.2", "at least -1.2"),
        (None, WORSE_THAN_60, "-55.943509", "at least -55.943509"),
    ],
)
def test_scores_and_thresholds(metric: Metric | None, value: int, score: str, threshold: str) -> None:
    assert formatting.score(value, metric) == score
    assert formatting.threshold(value, metric) == threshold
    assert output.score(value, metric) == output.Cell(value, score, "ppm")
    assert output.threshold(value, metric) == output.Cell(value, threshold, "ppm")


@pytest.mark.parametrize(
    ("kind", "value", "metric", "text"),
    [
        (CriterionKind.GROUP_GAP, 100_000, Metric.ACCURACY, "10 %"),
        (CriterionKind.GROUP_GAP, 2_500_000, Metric.RMSE, "2.5"),
        (CriterionKind.NOISE_ROBUSTNESS, 50_000, Metric.R2, "0.05"),
        (CriterionKind.CALIBRATION_ERROR, 50_000, Metric.LOG_LOSS, "5 %"),
        (CriterionKind.MODEL_SIZE, 100_000, Metric.ACCURACY, "100,000 bytes"),
        (CriterionKind.OPERATION_COUNT, 1_000, Metric.ACCURACY, "1,000"),
    ],
)
def test_conditions(kind: CriterionKind, value: int, metric: Metric, text: str) -> None:
    assert formatting.condition(kind, value, metric) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (966_101, "ppm", "96.61 %"),
        (-1, "ppm", "0.00 %"),
        (79_712, "number", "0.07971"),
        (WORSE_THAN_60, "number", "-55.94"),
        (55_943_509_000, "number", "55,944"),
        (0, "number", "0.000"),
        (3, "number", "0.000003"),
        (12_345, "bytes", "12,345 bytes"),
        (12_345, "count", "12,345"),
    ],
)
def test_measurements(value: int, unit: FigureUnit, text: str) -> None:
    assert formatting.figure(value, unit) == text


def test_counts() -> None:
    assert [formatting.count(n, "note") for n in (0, 1, 1_000)] == ["0 notes", "1 note", "1,000 notes"]


def test_an_audit_page_and_its_manifest_say_the_same_of_an_error() -> None:
    measure = Measure("rmse", 55.943509, "number", 51.2, 60.0)
    assert measure.figure() == Figure(
        name="rmse", value=55_943_509, low=51_200_000, high=60_000_000, unit="number"
    )
    assert (measure.text(), measure.interval()) == ("55.94", "51.20 to 60.00")


@given(st.integers(-SCORE_LIMIT, SCORE_LIMIT), st.sampled_from(["ppm", "number", "bytes", "count"]))
def test_every_figure_of_a_manifest_can_be_shown(value: int, unit: FigureUnit) -> None:
    one = Figure.model_validate_json(Figure(name="any", value=value, unit=unit).model_dump_json())
    assert (one.value, one.unit) == (value, unit)
    assert "e" not in formatting.figure(value, unit).removesuffix(" bytes")


def test_a_figure_without_a_unit_is_a_share() -> None:
    assert Figure.model_validate_json('{"name": "accuracy", "value": 951000}').unit == "ppm"
    assert "number" in str(AuditReport.model_json_schema()["$defs"]["Figure"]["properties"]["unit"])
