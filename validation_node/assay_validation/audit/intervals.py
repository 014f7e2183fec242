"""95 % confidence intervals: Wilson's (1927) for shares of rows, otherwise the percentile bootstrap (Efron
1979) over resampled rows, seeded."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from assay_validation.audit.section import Interval

LEVEL = 0.95
_CELLS, _LEAST, _CHUNK = 5_000_000, 1_000, 100_000
"""How many row numbers are drawn in all, of how many resamples at least, and how many at once: these fit into
a processor's cache."""
Rows = NDArray[np.int64]


def times(rows: int, most: int) -> int:
    """How many resamples: *most* for few rows; for many rows, whose intervals are narrow, down to 1,000."""
    return min(most, max(_LEAST, _CELLS // max(rows, 1)))


def bootstrap(
    statistics: Sequence[Callable[[Rows], NDArray[Any]]], rows: int, rng: np.random.Generator, most: int
) -> list[Interval]:
    """Value and interval of each of *statistics*, functions of row numbers [times, rows]; NaN is left out."""
    everything = np.arange(rows)[None]
    values = [float(one(everything)[0]) for one in statistics]
    drawn: list[list[NDArray[Any]]] = [[] for _ in statistics]
    left, size = times(rows, most), max(1, _CHUNK // rows)
    while left > 0:
        again = rng.integers(0, rows, (min(size, left), rows))
        left -= len(again)
        for one, some in zip(statistics, drawn, strict=True):
            some.append(one(again))
    return [percentiles(value, np.concatenate(some)) for value, some in zip(values, drawn, strict=True)]


def percentiles(value: float, drawn: NDArray[Any]) -> Interval:
    """*value* with the middle 95 % of *drawn* as its interval."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(value, value, value)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(min(low, value)), float(max(high, value)))


def reflected(gap: float, drawn: NDArray[Any]) -> Interval:
    """*gap* between groups with the middle 95 % of *drawn*, reflected about it (the basic bootstrap).

    Chance inflates the difference between the greatest and the least value: resampled gaps exceed *gap* by
    about as much as *gap* exceeds the truth. With many small groups, reflecting removes most of that excess,
    but not all.
    """
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(gap, gap, gap)
    low, high = 2 * gap - np.quantile(drawn, [(1 + LEVEL) / 2, (1 - LEVEL) / 2])
    return Interval(gap, max(0.0, min(float(low), gap)), max(float(high), gap))


def wilson(hits: int, rows: int) -> Interval:
    """The share of *hits* among *rows* (at least one). Its interval has a width even at 0 and 1."""
    found = binomtest(hits, rows).proportion_ci(LEVEL, method="wilson")
    return Interval(hits / rows, float(found.low), float(found.high))


def widened(one: Interval, truth: NDArray[Any]) -> Interval:
    """*one*, for a metric from 0 to 1; if it has no width, Wilson's interval for the rarest class of *truth*.

    If all rows are right, every resample is too, which would make any few rows look like proof of perfection.
    """
    if one.low != one.high or one.value not in (0, 1):
        return one
    rarest = int(np.unique(truth, return_counts=True)[1].min())
    return wilson(int(one.value) * rarest, rarest)
