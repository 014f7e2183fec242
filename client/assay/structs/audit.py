"""AuditRegistry: audits and verdicts."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class AuditOutcome(Choice):
    """How an audit ended."""

    PENDING = 0
    APPROVED = 1
    REJECTED = 2
    UNFILLED = 3


class AuditTerms(Struct):
    """What is audited, by how many, by when."""

    deal_id: int
    token: Address
    customer: Address
    developer: Address
    subject: Bytes32
    domain: int
    auditors: int
    regulator: bool
    window: int
    cooling_off: int
    bond: Amount


class Audit(Struct):
    """An audit as it stands; bitmaps are over seats."""

    terms: AuditTerms
    opener: Address
    seats: tuple[Address, ...]
    """The zero address for a vacant one."""
    posted: int
    approvals: int
    armed_block: int
    draws: int
    deadline: int
    outcome: AuditOutcome


class Verdict(Struct):
    """One auditor's verdict on one model version, never erased."""

    auditor: Address
    at: int
    expires: int
    approved: bool
    audit_id: int
    report: Bytes32
