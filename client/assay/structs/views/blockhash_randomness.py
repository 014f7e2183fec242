"""Views of BlockhashRandomness. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def seed(number: int) -> View[bytes]:
    return View("BlockhashRandomness", "seed", bytes, number)


def window() -> View[int]:
    return View("BlockhashRandomness", "window", int)
