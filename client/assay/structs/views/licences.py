"""Views of Licences. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def account_of(seller: str, token: str) -> View[structs.BondAccount]:
    return View("Licences", "accountOf", structs.BondAccount, seller, token)


def goods() -> View[str]:
    return View("Licences", "goods", str)


def offer_count() -> View[int]:
    return View("Licences", "offerCount", int)


def offer_hash(offer_id: int) -> View[bytes]:
    return View("Licences", "offerHash", bytes, offer_id)


def sale_hash(sale_id: int) -> View[bytes]:
    return View("Licences", "saleHash", bytes, sale_id)
