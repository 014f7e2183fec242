"""Views of CommissionLens. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def commission(id: int) -> View[structs.Commission]:
    return View("CommissionLens", "commission", structs.Commission, id)


def listings(first: int, count: int) -> View[tuple[structs.Listing, ...]]:
    return View("CommissionLens", "listings", tuple[structs.Listing, ...], first, count)


def quote(request: structs.Request, customer: str) -> View[int]:
    return View("CommissionLens", "quote", int, request, customer)
