"""Views of Rounds. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("Rounds", "DEFAULT_ADMIN_ROLE", bytes)


def MAX_ARTIFACTS() -> View[int]:
    return View("Rounds", "MAX_ARTIFACTS", int)


def MODULE_ROLE() -> View[bytes]:
    return View("Rounds", "MODULE_ROLE", bytes)


def appeal_deposit(panel_id: int) -> View[int]:
    return View("Rounds", "appealDeposit", int, panel_id)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("Rounds", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("Rounds", "hasRole", bool, role, account)


def is_member(panel_id: int, account: str) -> View[bool]:
    return View("Rounds", "isMember", bool, panel_id, account)


def round_of(panel_id: int) -> View[structs.Round]:
    return View("Rounds", "roundOf", structs.Round, panel_id)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("Rounds", "supportsInterface", bool, interface_id)
