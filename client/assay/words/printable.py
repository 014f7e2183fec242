"""Text of strangers, for people: what nodes, contracts and other accounts say may not steer a terminal."""

from __future__ import annotations

import re

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def printable(text: str, *, keep: str = "") -> str:
    """*text* without control characters and overrides of direction; white space but *keep* becomes a space.

    Exceptions and whatever commands print go through here, so that no caller has to remember it.
    """
    return "".join(c if c.isprintable() or c in keep else " " if c.isspace() else "" for c in text)


def quoted(text: str, *, most: int = 80) -> str:
    """*text* in double quotes, printable, cut after *most* characters."""
    shown = printable(text)
    return f'"{shown[:most]}…"' if len(shown) > most else f'"{shown}"'


def reason_of(error: Exception) -> str:
    """What the system or a library says of a failure, as a part of a sentence: "Connection refused"."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _ERRNO.sub("", printable(said))[:200].rstrip(" .") or type(error).__name__
