"""Views of FeeShares. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from assay import structs
from assay.structs.view import View


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("FeeShares", "DEFAULT_ADMIN_ROLE", bytes)


def MODULE_ROLE() -> View[bytes]:
    return View("FeeShares", "MODULE_ROLE", bytes)


def fees_of(auditor: str, account: str, token: str) -> View[structs.FeesPaid]:
    return View("FeeShares", "feesOf", structs.FeesPaid, auditor, account, token)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("FeeShares", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("FeeShares", "hasRole", bool, role, account)


def require_within(auditor: str, accounts: Sequence[str], token: str, fee: int) -> View[None]:
    return View("FeeShares", "requireWithin", None, auditor, accounts, token, fee)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("FeeShares", "supportsInterface", bool, interface_id)
