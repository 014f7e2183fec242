"""The reference of a panel's draw: by stake, each validator once, and nobody who is barred."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from reference.draw import CANDIDATES_PER_SEAT, SPARE_CANDIDATES, Point, candidates, seat

STAKES = st.lists(st.integers(0, 20), min_size=1, max_size=60) | st.lists(
    st.integers(1, 9), min_size=90, max_size=140
)


def _points(seed: int) -> Point:
    random = Random(seed)
    return lambda _, left: random.randrange(left)


@given(STAKES, st.integers(1, 31), st.integers())
def test_whoever_has_stake_comes_out_once(stakes: list[int], count: int, seed: int) -> None:
    drawn = candidates(stakes, _points(seed), count)
    assert len(set(drawn)) == len(drawn)
    assert all(stakes[place] for place in drawn)
    staked = sum(1 for stake in stakes if stake)
    assert len(drawn) == min(staked, SPARE_CANDIDATES + CANDIDATES_PER_SEAT * count)


@given(STAKES, st.integers(1, 31), st.integers(1, 20), st.sets(st.integers(0, 139)), st.integers())
def test_only_who_may_judge_is_seated(
    stakes: list[int], count: int, seat_stake: int, barred: set[int], seed: int
) -> None:
    drawn = candidates(stakes, _points(seed), count)
    able = [place for place in drawn if place not in barred and stakes[place] >= seat_stake]
    panel = seat(stakes, _points(seed), count, seat_stake, barred)
    assert panel == (able[:count] if len(able) >= count else None)


@given(STAKES.filter(any), st.data())
def test_the_line_of_stakes_is_walked_in_order(stakes: list[int], data: st.DataObject) -> None:
    """The first point draws whose stretch it falls in, the second one with that stretch taken out."""
    first = data.draw(st.integers(0, sum(stakes) - 1))
    line = [place for place, stake in enumerate(stakes) for _ in range(stake)]
    rest = [place for place in line if place != line[first]]
    second = data.draw(st.integers(0, max(len(rest) - 1, 0)))
    drawn = candidates(stakes, lambda n, left: (first, second)[n] if n < 2 else left - 1, 1)
    assert drawn[0] == line[first]
    assert drawn[1:2] == ([rest[second]] if rest else [])
