"""When to retry what has failed."""

from __future__ import annotations

import random
import time
from collections.abc import Container, Hashable


class Backoff:
    """Pauses (seconds) with jitter that double with each consecutive failure, separately for each thing.

    Args:
        first: the pause after one failure.
        longest: the longest pause.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self._failures: dict[Hashable, tuple[int, float]] = {}

    def is_over(self, thing: Hashable) -> bool:
        """Whether *thing* may be tried now."""
        return thing not in self._failures or time.monotonic() >= self._failures[thing][1]

    def is_any_over(self) -> bool:
        """Whether something that has failed may be tried again now."""
        now = time.monotonic()
        return any(now >= until for _, until in self._failures.values())

    def failed(self, thing: Hashable) -> float:
        """Record a failure; returns the pause until the next attempt."""
        count = self._failures.get(thing, (0, 0.0))[0] + 1
        pause = min(self._longest, self._first * 2.0 ** min(count - 1, 32)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures[thing] = (count, time.monotonic() + pause)
        return pause

    def forget_others(self, things: Container[Hashable]) -> None:
        """Forget the failures of all but *things*."""
        self._failures = {thing: failed for thing, failed in self._failures.items() if thing in things}

    def succeeded(self, thing: Hashable) -> None:
        """Forget the failures of *thing*."""
        self._failures.pop(thing, None)
