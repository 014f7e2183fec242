"""What is to be done next: a dear delivery does not wait for cheap ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """What goes before what."""

    OWN = 0
    """What this account has ordered itself, so that nobody else can make it much."""
    BONDED = 1
    """What this account has put up a bond for."""
    LATER = 2
    """What can wait."""


@dataclass(frozen=True)
class Duty:
    """A step that is due.

    Attributes:
        what, subject: names of it, which no other duty has.
        step: takes it.
        bond: that is lost without it, in units of its token.
        deadline: Unix seconds; 0 where there is none.
    """

    what: str
    subject: object
    step: Callable[[], None]
    rank: Rank = Rank.LATER
    bond: float = 0.0
    deadline: int = 0

    @property
    def thing(self) -> tuple[str, object]:
        """By which its failures are known."""
        return self.what, self.subject


def in_order(duties: list[Duty]) -> list[Duty]:
    """The greatest bond first, and of the same bond what has the least time."""
    return sorted(duties, key=lambda one: (one.rank, -one.bond, one.deadline))
