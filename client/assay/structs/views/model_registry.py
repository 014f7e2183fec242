"""Views of ModelRegistry. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("ModelRegistry", "DEFAULT_ADMIN_ROLE", bytes)


def MAX_LINEAGE() -> View[int]:
    return View("ModelRegistry", "MAX_LINEAGE", int)


def MODULE_ROLE() -> View[bytes]:
    return View("ModelRegistry", "MODULE_ROLE", bytes)


def balance_of(owner: str) -> View[int]:
    return View("ModelRegistry", "balanceOf", int, owner)


def get_approved(token_id: int) -> View[str]:
    return View("ModelRegistry", "getApproved", str, token_id)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("ModelRegistry", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("ModelRegistry", "hasRole", bool, role, account)


def is_approved_for_all(owner: str, operator: str) -> View[bool]:
    return View("ModelRegistry", "isApprovedForAll", bool, owner, operator)


def is_registered(manifest: bytes) -> View[bool]:
    return View("ModelRegistry", "isRegistered", bool, manifest)


def latest_version(model_id: int) -> View[bytes]:
    return View("ModelRegistry", "latestVersion", bytes, model_id)


def model_count() -> View[int]:
    return View("ModelRegistry", "modelCount", int)


def model_of(module: str, deal_id: int, manifest: bytes) -> View[int]:
    return View("ModelRegistry", "modelOf", int, module, deal_id, manifest)


def name() -> View[str]:
    return View("ModelRegistry", "name", str)


def owner_of(token_id: int) -> View[str]:
    return View("ModelRegistry", "ownerOf", str, token_id)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("ModelRegistry", "supportsInterface", bool, interface_id)


def symbol() -> View[str]:
    return View("ModelRegistry", "symbol", str)


def token_uri(model_id: int) -> View[str]:
    return View("ModelRegistry", "tokenURI", str, model_id)


def version_of(manifest: bytes) -> View[structs.Version]:
    return View("ModelRegistry", "versionOf", structs.Version, manifest)
