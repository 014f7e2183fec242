"""Views of Escrow. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def BURN_ADDRESS() -> View[str]:
    return View("Escrow", "BURN_ADDRESS", str)


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("Escrow", "DEFAULT_ADMIN_ROLE", bytes)


def MAX_MODULES() -> View[int]:
    return View("Escrow", "MAX_MODULES", int)


def balance_of(account: str, token: str) -> View[int]:
    return View("Escrow", "balanceOf", int, account, token)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("Escrow", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("Escrow", "hasRole", bool, role, account)


def held(module: str, token: str, id: bytes) -> View[int]:
    return View("Escrow", "held", int, module, token, id)


def is_authorised(module: str) -> View[bool]:
    return View("Escrow", "isAuthorised", bool, module)


def is_open(module: str, token: str, id: bytes) -> View[bool]:
    return View("Escrow", "isOpen", bool, module, token, id)


def is_operator(account: str, module: str, token: str) -> View[bool]:
    return View("Escrow", "isOperator", bool, account, module, token)


def nonces(owner: str) -> View[int]:
    return View("Escrow", "nonces", int, owner)


def order_nonce(module: str, order: bytes) -> View[bytes]:
    return View("Escrow", "orderNonce", bytes, module, order)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("Escrow", "supportsInterface", bool, interface_id)
