"""Views of Goods. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("Goods", "DEFAULT_ADMIN_ROLE", bytes)


def MODULE_ROLE() -> View[bytes]:
    return View("Goods", "MODULE_ROLE", bytes)


def developer_of(manifest: bytes) -> View[str]:
    return View("Goods", "developerOf", str, manifest)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("Goods", "getRoleAdmin", bytes, role)


def good_of(good: bytes) -> View[structs.Good]:
    return View("Goods", "goodOf", structs.Good, good)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("Goods", "hasRole", bool, role, account)


def key_hash_of(good: bytes) -> View[bytes]:
    return View("Goods", "keyHashOf", bytes, good)


def models() -> View[str]:
    return View("Goods", "models", str)


def owner_of(token_id: int) -> View[str]:
    return View("Goods", "ownerOf", str, token_id)


def require_sellable(
    good: bytes, seller: str, jurisdiction: int, edition: int, buyer: str, audience: int
) -> View[None]:
    return View("Goods", "requireSellable", None, good, seller, jurisdiction, edition, buyer, audience)


def require_tested(good: bytes) -> View[None]:
    return View("Goods", "requireTested", None, good)


def royalties_of(good: bytes) -> View[structs.GoodRoyalties]:
    return View("Goods", "royaltiesOf", structs.GoodRoyalties, good)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("Goods", "supportsInterface", bool, interface_id)
