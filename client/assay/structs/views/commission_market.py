"""Views of CommissionMarket. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def awarded(domain: int, developer: str) -> View[structs.Awarded]:
    return View("CommissionMarket", "awarded", structs.Awarded, domain, developer)


def commission_count() -> View[int]:
    return View("CommissionMarket", "commissionCount", int)


def deal_of(id: int) -> View[structs.DisputableDeal]:
    return View("CommissionMarket", "dealOf", structs.DisputableDeal, id)


def deal_of_manifest(manifest: bytes) -> View[int]:
    return View("CommissionMarket", "dealOfManifest", int, manifest)


def disputes() -> View[str]:
    return View("CommissionMarket", "disputes", str)


def plays_part(id: int, account: str) -> View[bool]:
    return View("CommissionMarket", "playsPart", bool, id, account)


def record(id: int) -> View[tuple[int, ...]]:
    return View("CommissionMarket", "record", tuple[int, ...], id)


def request_rules() -> View[str]:
    return View("CommissionMarket", "requestRules", str)


def require_eligible(auction_id: int, bidder: str) -> View[None]:
    return View("CommissionMarket", "requireEligible", None, auction_id, bidder)


def state_of(id: int) -> View[structs.State]:
    return View("CommissionMarket", "stateOf", structs.State, id)
