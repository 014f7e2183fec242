"""One statistic in several groups, compared pair by pair.

Each group's value rests on its own number of rows (for a true positive rate, the positives), and a pair is
judged by those alone. So a group with hardly any rows does not hide differences between the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom, norm, t

from assay_validation.audit.bulk import Statistic
from assay_validation.audit.groups import Grouping
from assay_validation.audit.intervals import LEVEL
from assay_validation.audit.section import Interval, Unit

ERROR = 0.05
"""The share of audits of fair models that report a gap due to chance."""
FEW = 10
"""A value that rests on fewer rows is shown but not judged."""

Array = NDArray[Any]
_TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class ByGroup:
    """A statistic in each group.

    Attributes:
        values: [groups], NaN where it is undefined.
        counts: [groups], the rows that each value rests on.
        low: [groups], lower ends of the 95 % intervals.
        high: [groups], upper ends.
        test: probabilities that such a difference arises by chance, of groups [pairs] against others [pairs].
        again: resampled values, as the same number of other rows would give: [times, groups].
    """

    name: str
    unit: Unit
    grouping: Grouping
    values: Array
    counts: Array
    low: Array
    high: Array
    test: Callable[[Array, Array], Array]
    again: Callable[[np.random.Generator, int], Array]

    def of(self, group: int) -> Interval:
        """The value of one group."""
        return Interval(float(self.values[group]), float(self.low[group]), float(self.high[group]))

    @property
    def judged(self) -> Array:
        """The groups whose value rests on enough rows."""
        return np.flatnonzero(np.isfinite(self.values) & (self.counts >= FEW))

    @property
    def gap(self) -> float:
        """The greatest value of a group minus the least; NaN where fewer than two groups have one."""
        return float(gaps(self.values[None])[0])


@dataclass(frozen=True)
class Pair:
    """Two groups of a statistic; *high* has the greater value.

    Attributes:
        difference: with its 95 % interval.
        error: the probability that so large a difference arises by chance.
        allowed: the largest error at which it is significant, given everything that is compared.
    """

    statistic: ByGroup
    high: int
    low: int
    difference: Interval
    error: float
    allowed: float

    @property
    def significant(self) -> bool:
        """Whether the difference is more than chance explains."""
        return self.error <= self.allowed


def proportions(grouping: Grouping, name: str, hits: Array, among: Array) -> ByGroup:
    """Shares of *hits* among the rows of *among* (both [rows]): Wilson's intervals, Fisher's exact test."""
    groups, z = len(grouping.names), norm.isf(_TAIL)
    counts = np.bincount(grouping.codes[among], minlength=groups)
    right = np.bincount(grouping.codes[among & hits], minlength=groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = right / counts
        middle = (share + z * z / (2 * counts)) / (1 + z * z / counts)
        half = z * np.sqrt(share * (1 - share) / counts + z * z / (4 * counts**2)) / (1 + z * z / counts)

    def test(one: Array, other: Array) -> Array:
        both, all_right = counts[one] + counts[other], right[one] + right[other]
        upper = hypergeom.sf(right[one] - 1, both, all_right, counts[one])
        lower = hypergeom.cdf(right[one], both, all_right, counts[one])
        return np.asarray(np.minimum(1.0, 2 * np.minimum(upper, lower)))

    def again(rng: np.random.Generator, times: int) -> Array:
        sure = np.nan_to_num(share)
        return np.where(
            counts > 0, rng.binomial(counts, sure, (times, groups)) / np.maximum(counts, 1), np.nan
        )

    low, high = np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)
    return ByGroup(name, "share", grouping, share, counts, low, high, test, again)


def means(grouping: Grouping, name: str, values: Array, unit: Unit = "share") -> ByGroup:
    """Means of *values* [rows]: Student's intervals, Welch's test."""
    groups, codes = len(grouping.names), grouping.codes
    counts = np.bincount(codes, minlength=groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(codes, values, groups) / counts
        spread = np.bincount(codes, (values - mean[codes]) ** 2, groups) / np.maximum(counts - 1, 1)
        error = spread / counts
        half = t.isf(_TAIL, np.maximum(counts - 1, 1)) * np.sqrt(error)

    def test(one: Array, other: Array) -> Array:
        both = error[one] + error[other]
        with np.errstate(divide="ignore", invalid="ignore"):
            freedom = both**2 / (
                error[one] ** 2 / (counts[one] - 1) + error[other] ** 2 / (counts[other] - 1)
            )
            distance = np.abs(mean[one] - mean[other]) / np.sqrt(both)
            found = 2 * t.sf(distance, freedom)
        return np.where(both > 0, found, np.where(mean[one] == mean[other], 1.0, 0.0))

    def again(rng: np.random.Generator, times: int) -> Array:
        return np.asarray(mean + np.sqrt(error) * rng.standard_normal((times, groups)))

    return ByGroup(name, unit, grouping, mean, counts, mean - half, mean + half, test, again)


def of_metric(
    grouping: Grouping, name: str, statistic: Statistic, unit: Unit, rng: np.random.Generator, times: int
) -> ByGroup:
    """Any metric, by *times* bootstrap resamples of each group: normal intervals and test."""
    values, draws, counts = [], [], grouping.sizes
    for group, rows in enumerate(np.flatnonzero(grouping.codes == one) for one in range(len(counts))):
        if not counts[group]:
            values.append(np.nan)
            draws.append(np.full(times, np.nan))
            continue
        values.append(float(statistic(rows[None])[0]))
        draws.append(statistic(rows[rng.integers(0, len(rows), (times, len(rows)))]))
    found, drawn = np.array(values), np.array(draws).T
    error = np.array([np.std(one[np.isfinite(one)]) if np.isfinite(one).any() else np.nan for one in drawn.T])
    half = norm.isf(_TAIL) * error

    def test(one: Array, other: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.abs(found[one] - found[other]) / np.hypot(error[one], error[other])
        return np.where(np.isfinite(distance), 2 * norm.sf(distance), 1.0)

    return ByGroup(
        name,
        unit,
        grouping,
        found,
        counts,
        found - half,
        found + half,
        test,
        lambda rng, times: drawn[:times],
    )


def compare(statistics: Sequence[ByGroup]) -> list[Pair]:
    """Every pair of judged groups of every statistic, by falling lower end of the difference's interval.

    The probability of even one false alarm among all of them is at most ERROR (Bonferroni). Each statistic
    gets the same share of it, divided among its pairs in proportion to the square of how many rows they rest
    on: 1 / (1/n + 1/m). So pairs with few rows take little from the others.
    """
    found = []
    for one in statistics:
        groups = one.judged
        first, second = (groups[side] for side in np.triu_indices(len(groups), 1))
        swapped = one.values[first] < one.values[second]
        high, low = np.where(swapped, second, first), np.where(swapped, first, second)
        weight = (1 / (1 / one.counts[high] + 1 / one.counts[low])) ** 2
        if len(weight):
            found.append((one, high, low, one.test(high, low), weight / weight.sum()))
    pairs = [
        Pair(
            one,
            int(high),
            int(low),
            difference(one, int(high), int(low)),
            float(error),
            ERROR * weight / len(found),
        )
        for one, *parts in found
        for high, low, error, weight in zip(*parts, strict=True)
    ]
    return sorted(pairs, key=lambda pair: -pair.difference.low)


def difference(one: ByGroup, high: int, low: int) -> Interval:
    """The difference of two groups, its interval derived from theirs (Newcombe 1998, Zou and Donner 2008)."""
    gap = one.values[high] - one.values[low]
    down = np.hypot(one.values[high] - one.low[high], one.high[low] - one.values[low])
    up = np.hypot(one.high[high] - one.values[high], one.values[low] - one.low[low])
    return Interval(float(gap), float(gap - down), float(gap + up))


def gaps(values: Array) -> Array:
    """[times]: greatest minus least of *values* [times, groups], like fairlearn's differences."""
    defined = np.isfinite(values)
    high = np.where(defined, values, -np.inf).max(axis=1)
    low = np.where(defined, values, np.inf).min(axis=1)
    return np.where(defined.sum(axis=1) > 1, high - low, np.nan)
