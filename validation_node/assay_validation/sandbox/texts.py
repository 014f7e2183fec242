"""Reads the files that a jailed process writes its output to."""

import os
from typing import IO

_TAIL_BYTES = 1000


def head(file: IO[bytes], size: int) -> bytes:
    """The first *size* bytes."""
    file.seek(0)
    return file.read(size)


def tail(errors: IO[bytes]) -> str:
    """The end of it."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _TAIL_BYTES))
    return errors.read(_TAIL_BYTES).decode("utf-8", "replace")


def last_line(errors: IO[bytes]) -> str:
    """The last line, as far as it can be printed."""
    lines = tail(errors).strip().splitlines()
    return "".join(c for c in lines[-1] if c.isprintable()) if lines else "it said nothing"
