"""A panel's draw by stake: `IValidatorStaking.seat`, by brute force.

All stakes laid end to end form a line. A point on it draws the validator in whose stretch it falls; that
stretch is then taken out of the line. A stake weighs in full whether or not it backs seats already, so that
seats which others have filled change nobody's chance.
"""

from collections.abc import Callable, Collection, Sequence

SPARE_CANDIDATES = 32
CANDIDATES_PER_SEAT = 3

Point = Callable[[int, int], int]  # of the nth draw, below the weight that is left


def candidates(stakes: Sequence[int], point: Point, count: int) -> list[int]:
    """Who comes out of the draw for *count* seats, in order, suitable or not."""
    left = [(place, stake) for place, stake in enumerate(stakes) if stake]
    drawn: list[int] = []
    most = SPARE_CANDIDATES + CANDIDATES_PER_SEAT * count
    while left and len(drawn) < most:
        at = point(len(drawn), sum(stake for _, stake in left))
        for index, (place, stake) in enumerate(left):  # noqa: B007 -- the index of the one that is hit
            if at < stake:
                break
            at -= stake
        drawn.append(place)
        del left[index]
    return drawn


def seat(
    stakes: Sequence[int], point: Point, count: int, seat_stake: int, barred: Collection[int] = ()
) -> list[int] | None:
    """The panel's members in the order of their seats, None where too few can be found.

    Args:
        stakes: base units, by validator.
        point: the seed's.
        count: seats to fill.
        seat_stake: what a member must have staked at least, base units.
        barred: who may not judge this deal, or sits on it already.
    """
    suitable = [
        place
        for place in candidates(stakes, point, count)
        if place not in barred and stakes[place] >= seat_stake
    ]
    return suitable[:count] if len(suitable) >= count else None
