"""Views of Reputation. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("Reputation", "DEFAULT_ADMIN_ROLE", bytes)


def HALF_LIFE() -> View[int]:
    return View("Reputation", "HALF_LIFE", int)


def MAX_FACTS() -> View[int]:
    return View("Reputation", "MAX_FACTS", int)


def MAX_WEIGHT() -> View[int]:
    return View("Reputation", "MAX_WEIGHT", int)


def ONE() -> View[int]:
    return View("Reputation", "ONE", int)


def PRIOR() -> View[int]:
    return View("Reputation", "PRIOR", int)


def PRIOR_WEIGHT() -> View[int]:
    return View("Reputation", "PRIOR_WEIGHT", int)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("Reputation", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("Reputation", "hasRole", bool, role, account)


def is_rated(source: str, deal_id: int) -> View[bool]:
    return View("Reputation", "isRated", bool, source, deal_id)


def is_recorded(source: str, deal_id: int) -> View[bool]:
    return View("Reputation", "isRecorded", bool, source, deal_id)


def is_source(source: str) -> View[bool]:
    return View("Reputation", "isSource", bool, source)


def overall(account: str) -> View[int]:
    return View("Reputation", "overall", int, account)


def parts_of(account: str, domain: int) -> View[structs.ReputationParts]:
    return View("Reputation", "partsOf", structs.ReputationParts, account, domain)


def score_of(account: str, domain: int) -> View[int]:
    return View("Reputation", "scoreOf", int, account, domain)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("Reputation", "supportsInterface", bool, interface_id)


def weight_of(kind: structs.FactKind) -> View[int]:
    return View("Reputation", "weightOf", int, kind)
