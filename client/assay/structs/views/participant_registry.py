"""Views of ParticipantRegistry. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from assay import structs
from assay.structs.view import View


def ACCREDITOR_ROLE() -> View[bytes]:
    return View("ParticipantRegistry", "ACCREDITOR_ROLE", bytes)


def DEFAULT_ADMIN_ROLE() -> View[bytes]:
    return View("ParticipantRegistry", "DEFAULT_ADMIN_ROLE", bytes)


def MODULE_ROLE() -> View[bytes]:
    return View("ParticipantRegistry", "MODULE_ROLE", bytes)


def POLICY() -> View[str]:
    return View("ParticipantRegistry", "POLICY", str)


def conflict_of(account: str, party: str, cooling_off: int) -> View[structs.Conflict]:
    return View("ParticipantRegistry", "conflictOf", structs.Conflict, account, party, cooling_off)


def dealt_at(a: str, b: str) -> View[int]:
    return View("ParticipantRegistry", "dealtAt", int, a, b)


def encryption_key_of(account: str) -> View[bytes]:
    return View("ParticipantRegistry", "encryptionKeyOf", bytes, account)


def encryption_keys_of(accounts: Sequence[str]) -> View[tuple[bytes, ...]]:
    return View("ParticipantRegistry", "encryptionKeysOf", tuple[bytes, ...], accounts)


def get_role_admin(role: bytes) -> View[bytes]:
    return View("ParticipantRegistry", "getRoleAdmin", bytes, role)


def has_role(role: bytes, account: str) -> View[bool]:
    return View("ParticipantRegistry", "hasRole", bool, role, account)


def holds_role(account: str, role: structs.Role) -> View[bool]:
    return View("ParticipantRegistry", "holdsRole", bool, account, role)


def in_domain(account: str, domain: int) -> View[bool]:
    return View("ParticipantRegistry", "inDomain", bool, account, domain)


def jurisdiction_of(account: str) -> View[int]:
    return View("ParticipantRegistry", "jurisdictionOf", int, account)


def may_judge(account: str, role: structs.Role, parties: Sequence[str], cooling_off: int) -> View[bool]:
    return View("ParticipantRegistry", "mayJudge", bool, account, role, parties, cooling_off)


def nonces(owner: str) -> View[int]:
    return View("ParticipantRegistry", "nonces", int, owner)


def organisation_of(account: str) -> View[bytes]:
    return View("ParticipantRegistry", "organisationOf", bytes, account)


def participant_of(account: str) -> View[structs.ParticipantRecord]:
    return View("ParticipantRegistry", "participantOf", structs.ParticipantRecord, account)


def require_eligible(developer: str, rule: structs.Eligibility) -> View[None]:
    return View("ParticipantRegistry", "requireEligible", None, developer, rule)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("ParticipantRegistry", "supportsInterface", bool, interface_id)


def tied_until(account: str, other: str) -> View[int]:
    return View("ParticipantRegistry", "tiedUntil", int, account, other)
