"""Makes untrusted text safe to show: what nodes, contracts and others send must not control a terminal."""

from __future__ import annotations

import re

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def printable(text: str, *, keep: str = "") -> str:
    """*text* without control characters and direction overrides; white space except *keep* becomes a space.

    Exceptions and all output of commands pass through here, so that no caller has to remember to.
    """
    return "".join(c if c.isprintable() or c in keep else " " if c.isspace() else "" for c in text)


def quoted(text: str, *, most: int = 80) -> str:
    """*text* in double quotes, printable, cut after *most* characters."""
    shown = printable(text)
    return f'"{shown[:most]}…"' if len(shown) > most else f'"{shown}"'


def reason_of(error: Exception) -> str:
    """What the system or a library says about a failure, as part of a sentence: "Connection refused"."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _ERRNO.sub("", printable(said))[:200].rstrip(" .") or type(error).__name__
