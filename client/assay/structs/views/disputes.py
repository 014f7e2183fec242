"""Views of Disputes. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def CHOICES() -> View[int]:
    return View("Disputes", "CHOICES", int)


def OUTSIDE_BOUND() -> View[int]:
    return View("Disputes", "OUTSIDE_BOUND", int)


def dispute_count() -> View[int]:
    return View("Disputes", "disputeCount", int)


def dispute_of(id: int) -> View[structs.Case]:
    return View("Disputes", "disputeOf", structs.Case, id)
