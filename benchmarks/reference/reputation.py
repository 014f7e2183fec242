"""Reputation: `IReputation` to the last digit, for the simulation and to hold the contract against.

Sums are whole millionths of a fact, rounded down once on each day on which something is added.
"""

from dataclasses import dataclass, field
from enum import IntEnum

ONE = 1_000_000
HALF_LIFE_DAYS = 180
PRIOR, PRIOR_WEIGHT = 500_000, 10 * ONE
MAX_WEIGHT = 4 * ONE
FACTS_PER_RATING = 3
LARGEST = 2**48 - 1
UNIT = 2**128
DAILY = 338_974_521_323_301_615_745_866_353_806_445_431_523  # 2^(-1/180) in units of 2^-128, rounded down


class Kind(IntEnum):
    """What happened; odd ones speak for their subject."""

    VALIDATION_PASSED = 1
    VALIDATION_FAILED = 2
    DEADLINE_KEPT = 3
    DEADLINE_MISSED = 4
    AUDIT_PASSED = 5
    AUDIT_FAILED = 6
    DISPUTE_WON = 7
    DISPUTE_LOST = 8
    DATA_SOUND = 9
    BAD_DATA = 10
    CONSENT_HONOURED = 11
    CONSENT_IGNORED = 12


WEIGHTS = {kind: weight for kind, weight in zip(Kind, (1, 1, 1, 2, 2, 2, 1, 4, 1, 3, 2, 4), strict=True)}


def factor(days: int) -> int:
    """What is left of one after *days*, in units of 2^-128: by squaring, each product rounded down."""
    power, square, rest = UNIT, DAILY, days % HALF_LIFE_DAYS
    while rest:
        if rest & 1:
            power = power * square // UNIT
        square = square * square // UNIT
        rest >>= 1
    return power >> days // HALF_LIFE_DAYS


@dataclass
class Ledger:
    """One participant in one domain; `day` is the day of the last change."""

    day: int = 0
    facts: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    rating_weight: int = 0
    rating_sum: int = 0

    def record(self, day: int, kind: Kind, weight: int, count: int = 1) -> None:
        """Add facts on a day that is not before the last one; *weight* of each, in millionths."""
        self._move_to(day)
        self.facts[kind] = min(self.facts[kind] + count * min(weight, MAX_WEIGHT), LARGEST)

    def rate(self, day: int, stars: int, weight: int) -> None:
        """Add a rating of 1 to 5 stars; *weight* in millionths."""
        self._move_to(day)
        weight = min(weight, MAX_WEIGHT)
        self.rating_weight = min(self.rating_weight + weight, LARGEST)
        self.rating_sum = min(self.rating_sum + weight * (stars - 1), LARGEST)

    def at(self, day: int) -> "Ledger":
        """As of a day, itself unchanged."""
        ledger = Ledger(self.day, dict(self.facts), self.rating_weight, self.rating_sum)
        ledger._move_to(day)
        return ledger

    def score(self, day: int) -> int:
        """The score of a day, ppm."""
        now = self.at(day)
        total, value = PRIOR_WEIGHT, PRIOR_WEIGHT * PRIOR
        for kind, amount in now.facts.items():
            total += WEIGHTS[kind] * amount
            value += WEIGHTS[kind] * amount * ONE * (kind % 2)
        weight, stars = now.rating_weight, now.rating_sum * ONE // 4
        if FACTS_PER_RATING * weight <= total:
            return (value + stars) // (total + weight)
        scaled = FACTS_PER_RATING * weight * value + total * stars
        return scaled // ((FACTS_PER_RATING + 1) * total * weight)

    def _move_to(self, day: int) -> None:
        if day != self.day:
            left = factor(day - self.day)
            self.facts = {kind: amount * left // UNIT for kind, amount in self.facts.items()}
            self.rating_weight = self.rating_weight * left // UNIT
            self.rating_sum = self.rating_sum * left // UNIT
            self.day = day
