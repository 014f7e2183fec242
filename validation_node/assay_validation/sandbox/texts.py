"""Reads the files in which a jailed process leaves its words."""

import os
from typing import IO


def head(file: IO[bytes], size: int) -> bytes:
    """The first *size* bytes."""
    file.seek(0)
    return file.read(size)


def last_line(errors: IO[bytes]) -> str:
    """The last line, as far as it can be printed."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - 1000))
    lines = errors.read(1000).decode("utf-8", "replace").strip().splitlines()
    return "".join(c for c in lines[-1] if c.isprintable()) if lines else "it said nothing"
