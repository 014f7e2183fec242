"""Views of AuditRegistry. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def BOND_TOKEN() -> View[str]:
    return View("AuditRegistry", "BOND_TOKEN", str)


def EPOCH() -> View[int]:
    return View("AuditRegistry", "EPOCH", int)


def MAX_AUDITORS() -> View[int]:
    return View("AuditRegistry", "MAX_AUDITORS", int)


def MAX_DRAWS() -> View[int]:
    return View("AuditRegistry", "MAX_DRAWS", int)


def VERDICT_LIFE() -> View[int]:
    return View("AuditRegistry", "VERDICT_LIFE", int)


def audit(audit_id: int) -> View[structs.Audit]:
    return View("AuditRegistry", "audit", structs.Audit, audit_id)


def audit_count() -> View[int]:
    return View("AuditRegistry", "auditCount", int)


def enrolment_of(auditor: str) -> View[structs.Enrolment]:
    return View("AuditRegistry", "enrolmentOf", structs.Enrolment, auditor)


def epoch() -> View[int]:
    return View("AuditRegistry", "epoch", int)


def latest_audit(subject: bytes) -> View[int]:
    return View("AuditRegistry", "latestAudit", int, subject)


def pool_size(domain: int, regulators: bool) -> View[int]:
    return View("AuditRegistry", "poolSize", int, domain, regulators)


def require_independent(audit_id: int, auditor: str) -> View[None]:
    return View("AuditRegistry", "requireIndependent", None, audit_id, auditor)


def seal_of(
    audit_id: int, auditor: str, approve: bool, report: bytes, scopes: int, salt: bytes
) -> View[bytes]:
    return View("AuditRegistry", "sealOf", bytes, audit_id, auditor, approve, report, scopes, salt)


def verdict(audit_id: int, seat_number: int) -> View[structs.Verdict]:
    return View("AuditRegistry", "verdict", structs.Verdict, audit_id, seat_number)
