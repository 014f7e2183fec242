"""Times and durations as people read them: in the time zone of whoever reads, and how long until then."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_LAST = 32_503_680_000  # the year 3000


def local(seconds: int) -> str:
    """Unix *seconds* as a local time: "2027-03-01 09:30:00 CET"; "no time" for 0 and after the year 2999."""
    if not 0 < seconds < _LAST:
        return "no time"
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def due(seconds: int, now: int) -> str:
    """A local time, with the time left where it is still to come: "2027-03-01 09:30:00 CET, in 2 days"."""
    return f"{local(seconds)}, in {left(seconds - now)}" if now < seconds < _LAST else local(seconds)


def duration(seconds: int) -> str:
    """Such as "1 day 6 hours"; nothing is rounded."""
    return " ".join(_parts(seconds)) or "no time"


def left(seconds: int) -> str:
    """The two greatest units of a duration: "2 days 3 hours"; "no time" below a second."""
    return " ".join(_parts(seconds)[:2]) or "no time"


def _parts(seconds: int) -> list[str]:
    found = []
    for length, name in _UNITS:
        count, seconds = divmod(max(0, seconds), length)
        if count:
            found.append(f"{count:,} {name}{'' if count == 1 else 's'}")
    return found
