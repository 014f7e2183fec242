"""Text of strangers, for people: what nodes, contracts and other accounts say may not steer a terminal."""

from __future__ import annotations


def printable(text: str, *, keep: str = "") -> str:
    """*text* without control characters and overrides of direction; white space but *keep* becomes a space.

    Exceptions and whatever commands print go through here, so that no caller has to remember it.
    """
    return "".join(c if c.isprintable() or c in keep else " " if c.isspace() else "" for c in text)
