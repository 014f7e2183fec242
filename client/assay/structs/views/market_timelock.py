"""Views of MarketTimelock. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from assay.structs.view import View


def CANCELLER_ROLE() -> View[bytes]:
    return View("MarketTimelock", "CANCELLER_ROLE", bytes)


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("MarketTimelock", "DEFAULT_ADMIN_ROLE", bytes)


def EXECUTOR_ROLE() -> View[bytes]:
    return View("MarketTimelock", "EXECUTOR_ROLE", bytes)


def PROPOSER_ROLE() -> View[bytes]:
    return View("MarketTimelock", "PROPOSER_ROLE", bytes)


def get_min_delay() -> View[int]:
    return View("MarketTimelock", "getMinDelay", int)


def get_operation_state(id: bytes) -> View[int]:
    return View("MarketTimelock", "getOperationState", int, id)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("MarketTimelock", "getRoleAdmin", bytes, role)


def get_timestamp(id: bytes) -> View[int]:
    return View("MarketTimelock", "getTimestamp", int, id)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("MarketTimelock", "hasRole", bool, role, account)


def hash_operation(target: str, value: int, data: bytes, predecessor: bytes, salt: bytes) -> View[bytes]:
    return View("MarketTimelock", "hashOperation", bytes, target, value, data, predecessor, salt)


def hash_operation_batch(
    targets: Sequence[str], values: Sequence[int], payloads: Sequence[bytes], predecessor: bytes, salt: bytes
) -> View[bytes]:
    return View("MarketTimelock", "hashOperationBatch", bytes, targets, values, payloads, predecessor, salt)


def is_operation(id: bytes) -> View[bool]:
    return View("MarketTimelock", "isOperation", bool, id)


def is_operation_done(id: bytes) -> View[bool]:
    return View("MarketTimelock", "isOperationDone", bool, id)


def is_operation_pending(id: bytes) -> View[bool]:
    return View("MarketTimelock", "isOperationPending", bool, id)


def is_operation_ready(id: bytes) -> View[bool]:
    return View("MarketTimelock", "isOperationReady", bool, id)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("MarketTimelock", "supportsInterface", bool, interface_id)
