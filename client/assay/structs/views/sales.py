"""Views of Sales. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def MAX_COMMIT_WINDOW() -> View[int]:
    return View("Sales", "MAX_COMMIT_WINDOW", int)


def MAX_REVEAL_WINDOW() -> View[int]:
    return View("Sales", "MAX_REVEAL_WINDOW", int)


def lot_hash(id: int) -> View[bytes]:
    return View("Sales", "lotHash", bytes, id)


def require_eligible(auction_id: int, bidder: str) -> View[None]:
    return View("Sales", "requireEligible", None, auction_id, bidder)


def sale_count() -> View[int]:
    return View("Sales", "saleCount", int)
