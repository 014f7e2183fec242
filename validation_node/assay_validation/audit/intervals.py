"""Confidence intervals by the bootstrap (Efron 1979): percentiles of resampled rows, seeded."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.section import Interval

LEVEL = 0.95
Rows = NDArray[np.int64]


def bootstrap(
    statistics: Callable[[Rows], list[float]], rows: int, rng: np.random.Generator, times: int
) -> list[Interval]:
    """Value and interval of each of *statistics* of row numbers; a resample's NaN is left out."""
    everything = np.arange(rows)
    values = statistics(everything)
    drawn = np.array([statistics(rng.integers(0, rows, rows)) for _ in range(times)])
    return [percentiles(value, drawn[:, i]) for i, value in enumerate(values)]


def percentiles(value: float, drawn: NDArray[Any]) -> Interval:
    """*value* with the middle 95 % of *drawn*."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(value, value, value)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(min(low, value)), float(max(high, value)))
