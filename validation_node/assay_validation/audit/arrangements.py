"""Groups of rows as they are, resampled, and shuffled: how sure a gap is, and whether chance explains it.

An arrangement is a row number for each place; places are sorted by group, so that a group is one slice of
them. Many are judged at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.bulk import Statistic

ERROR = 0.05
"""How many audits of fair models find a gap that is chance."""
_LEAST, _MOST_CELLS, _CHUNK = 199, 4_000_000, 1_000_000

Array = NDArray[Any]
Judge = Callable[[Array], Array]
"""Of the values [times, groups] of a statistic: one number for each time."""


def gap(values: Array) -> Array:
    """Greatest minus least value of the groups that have one."""
    defined = np.isfinite(values)
    high = np.where(defined, values, -np.inf).max(axis=1)
    low = np.where(defined, values, np.inf).min(axis=1)
    return np.where(defined.sum(axis=1) > 1, high - low, np.nan)


@dataclass(frozen=True)
class Chance:
    """A gap beside those of shuffled groups.

    Attributes:
        usual: the median of theirs.
        level: what the gap has to exceed, so that chance accuses nobody.
    """

    found: float
    usual: float
    level: float

    @property
    def excess(self) -> float:
        """How much of the gap is more than usual; 0 where chance explains it."""
        return self.found - self.usual if self.found > self.level else 0.0


class Arrangements:
    """The rows of the *judged* groups ([rows] indices)."""

    def __init__(self, groups: Array, judged: list[int]) -> None:
        members = [np.flatnonzero(groups == group) for group in judged]
        ends = np.cumsum([len(one) for one in members])
        self.rows = np.concatenate(members)
        """As they are."""
        self._places = [slice(end - len(one), end) for end, one in zip(ends, members, strict=True)]

    def of_groups(self, statistic: Statistic, arranged: Array) -> Array:
        """[times, groups]: its values."""
        return np.stack([statistic(arranged[:, place]) for place in self._places], axis=1)

    def resampled(self, rng: np.random.Generator, times: int) -> Iterator[Array]:
        """[some, places] until there are *times*: each group's rows drawn anew among its own."""
        starts = np.repeat([p.start for p in self._places], [p.stop - p.start for p in self._places])
        sizes = np.repeat([p.stop - p.start for p in self._places], [p.stop - p.start for p in self._places])
        for some in self._portions(times):
            yield self.rows[starts + rng.integers(0, sizes, (some, len(sizes)))]

    def shuffled(self, rng: np.random.Generator, times: int, among: Array) -> Iterator[Array]:
        """[some, places] until there are *times*: rows of the same kind (*among* [rows]) change groups."""
        places = [np.flatnonzero(among[self.rows] == kind) for kind in np.unique(among[self.rows])]
        for some in self._portions(times):
            arranged = np.tile(self.rows, (some, 1))
            for alike in places:
                arranged[:, alike] = rng.permuted(arranged[:, alike], axis=1)
            yield arranged

    def chances(
        self,
        looks: dict[str, tuple[Statistic, Judge]],
        rng: np.random.Generator,
        times: int,
        among: Array,
        in_all: int,
    ) -> dict[str, Chance]:
        """Each look beside what it shows when groups are shuffled, for an audit of *in_all* looks."""
        drawn: dict[str, list[Array]] = {name: [] for name in looks}
        for arranged in self.shuffled(rng, max(_LEAST, min(times, _MOST_CELLS // len(self.rows))), among):
            for name, (statistic, judge) in looks.items():
                drawn[name].append(judge(self.of_groups(statistic, arranged)))
        return {
            name: _chance(
                float(judge(self.of_groups(statistic, self.rows[None]))[0]),
                np.concatenate(drawn[name]),
                in_all,
            )
            for name, (statistic, judge) in looks.items()
        }

    def _portions(self, times: int) -> Iterator[int]:
        size = max(1, _CHUNK // len(self.rows))
        return (min(size, times - start) for start in range(0, times, size))


def _chance(found: float, drawn: Array, in_all: int) -> Chance:
    """By ranks, so exact for any number of shuffles; the error is shared out among all looks (Bonferroni)."""
    falling = np.sort(drawn[np.isfinite(drawn)])[::-1]
    above = int(ERROR / in_all * (1 + len(falling))) - 1  # shuffled gaps that may reach the one that counts
    if above < 0:
        return Chance(found, np.inf, np.inf)
    return Chance(found, float(np.median(falling)), float(falling[above]))
