"""Scores, bounds and measurements as people read them: per cent for shares, plain numbers for the rest.

On-chain and in JSON they are whole millionths and greater is better, so errors are negated (see
:mod:`assay.manifests.evaluation`). People see the error itself: "RMSE 55.94" where "at most 60" is required.
"""

from __future__ import annotations

import math

from assay.manifests.audit_report import FigureUnit
from assay.manifests.evaluation import PPM, CriterionKind, Metric
from assay.words.amounts import format_amount

_DIGITS = 4  # significant digits of a measured number; more are noise


def percent(ppm: int) -> str:
    """A share or rate, exact: "2.5 %"."""
    return f"{format_amount(ppm, 4)} %"


def score(value: int, metric: Metric | None) -> str:
    """A score of *metric*, exact: "96.6 %", "RMSE 55.94"; a plain number if the metric is unknown."""
    if metric is None or metric.is_share:
        return _in_unit(value, metric)
    return f"{metric.words} {_in_unit(value, metric)}"


def threshold(value: int, metric: Metric | None) -> str:
    """What a score has to reach, exact: "at least 90 %", "at most 60"."""
    bound = "at most" if metric is not None and metric.is_error else "at least"
    return f"{bound} {_in_unit(value, metric)}"


def condition(kind: CriterionKind, value: int, metric: Metric | None) -> str:
    """What a criterion measured, or its bound, exact."""
    match kind:
        case CriterionKind.MODEL_SIZE:
            return f"{value:,} bytes"
        case CriterionKind.OPERATION_COUNT | CriterionKind.COMPUTATION:
            return f"{value:,}"
        case CriterionKind.CALIBRATION_ERROR | CriterionKind.CLASS_CALIBRATION_ERROR:
            return percent(value)
    return difference(value, metric)


def difference(value: int, metric: Metric | None) -> str:
    """How far two scores of *metric* are apart, exact: "0.2 %", "0.05"."""
    return percent(value) if metric is not None and metric.is_share else format_amount(value, 6)


def figure(value: int, unit: FigureUnit) -> str:
    """A measurement in an audit report's unit, rounded."""
    match unit:
        case "ppm":
            return f"{value / 10_000:z,.2f} %"
        case "number":
            return _number(value / PPM)
        case "bytes":
            return f"{value:,} bytes"
    return f"{value:,}"


def interval(low: int | None, high: int | None, unit: FigureUnit) -> str:
    """The interval of a measurement; empty if it has none."""
    return "" if low is None or high is None else f"{figure(low, unit)} to {figure(high, unit)}"


def count(number: int, what: str) -> str:
    """A count with its noun, such as "1 note", "3 notes"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def natural(value: int, metric: Metric) -> int:
    """The metric itself in millionths, with errors not negated."""
    return -value if metric.is_error else value


def _in_unit(value: int, metric: Metric | None) -> str:
    if metric is None:
        return format_amount(value, 6)
    return percent(value) if metric.is_share else format_amount(natural(value, metric), 6)


def _number(value: float) -> str:
    """Significant digits, without an exponent."""
    whole = math.floor(math.log10(abs(value))) + 1 if value else 1
    return f"{value:z,.{min(6, max(0, _DIGITS - whole))}f}"
