"""Views of ValidatorStaking. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def CANDIDATES_PER_SEAT() -> View[int]:
    return View("ValidatorStaking", "CANDIDATES_PER_SEAT", int)


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("ValidatorStaking", "DEFAULT_ADMIN_ROLE", bytes)


def EPOCH() -> View[int]:
    return View("ValidatorStaking", "EPOCH", int)


def ESCROW() -> View[str]:
    return View("ValidatorStaking", "ESCROW", str)


def EXIT_COOLDOWN() -> View[int]:
    return View("ValidatorStaking", "EXIT_COOLDOWN", int)


def MODULE_ROLE() -> View[bytes]:
    return View("ValidatorStaking", "MODULE_ROLE", bytes)


def REGISTRY() -> View[str]:
    return View("ValidatorStaking", "REGISTRY", str)


def SPARE_CANDIDATES() -> View[int]:
    return View("ValidatorStaking", "SPARE_CANDIDATES", int)


def epoch() -> View[int]:
    return View("ValidatorStaking", "epoch", int)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("ValidatorStaking", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("ValidatorStaking", "hasRole", bool, role, account)


def locked_by(module: str, validator: str) -> View[int]:
    return View("ValidatorStaking", "lockedBy", int, module, validator)


def stake_of(validator: str) -> View[structs.Stake]:
    return View("ValidatorStaking", "stakeOf", structs.Stake, validator)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("ValidatorStaking", "supportsInterface", bool, interface_id)


def token() -> View[str]:
    return View("ValidatorStaking", "token", str)


def total_weight() -> View[int]:
    return View("ValidatorStaking", "totalWeight", int)


def validator_count() -> View[int]:
    return View("ValidatorStaking", "validatorCount", int)


def weight_of(validator: str) -> View[int]:
    return View("ValidatorStaking", "weightOf", int, validator)
