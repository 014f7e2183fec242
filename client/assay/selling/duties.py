"""What to do next, so that a valuable delivery does not wait for cheap ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """The order of priority."""

    OWN = 0
    """What this account has ordered itself, so that nobody else can inflate its amount."""
    BONDED = 1
    """What this account has put up a bond for."""
    LATER = 2
    """What can wait."""


@dataclass(frozen=True)
class Duty:
    """A step that is due.

    Attributes:
        what, subject: together they identify the duty.
        step: performs it.
        bond: the bond that is lost otherwise, in units of its token.
        deadline: Unix seconds; 0 if there is none.
    """

    what: str
    subject: object
    step: Callable[[], None]
    rank: Rank = Rank.LATER
    bond: float = 0.0
    deadline: int = 0

    @property
    def thing(self) -> tuple[str, object]:
        """The key under which its failures are counted."""
        return self.what, self.subject


def in_order(duties: list[Duty]) -> list[Duty]:
    """The largest bond first; with equal bonds, the earliest deadline."""
    return sorted(duties, key=lambda one: (one.rank, -one.bond, one.deadline))
