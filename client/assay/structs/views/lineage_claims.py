"""Views of LineageClaims. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def BOND_IN_JURIES() -> View[int]:
    return View("LineageClaims", "BOND_IN_JURIES", int)


def claim_count() -> View[int]:
    return View("LineageClaims", "claimCount", int)


def claim_for(child: bytes, token_id: int) -> View[int]:
    return View("LineageClaims", "claimFor", int, child, token_id)


def claim_of(id: int) -> View[structs.LineageClaim]:
    return View("LineageClaims", "claimOf", structs.LineageClaim, id)


def deal_of(id: int) -> View[structs.DisputableDeal]:
    return View("LineageClaims", "dealOf", structs.DisputableDeal, id)


def disputes() -> View[str]:
    return View("LineageClaims", "disputes", str)


def open_claims(child: bytes) -> View[int]:
    return View("LineageClaims", "openClaims", int, child)


def plays_part(id: int, account: str) -> View[bool]:
    return View("LineageClaims", "playsPart", bool, id, account)


def terms_of(good: bytes) -> View[structs.LineageTerms]:
    return View("LineageClaims", "termsOf", structs.LineageTerms, good)
