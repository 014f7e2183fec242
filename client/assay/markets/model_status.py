"""A model's standing: its score, which verdicts on it are in force, and whether it must be verified again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assay.structs import AuditOutcome

Status = Literal["current", "due", "lapsed"]
_NOTICE = 10  # it is due in the last tenth of the interval


@dataclass(frozen=True)
class Ruling:
    """One audit of a version, whether decided or not.

    Attributes:
        opinions: its auditors' opinions: who, approved or not, when, and until when it holds (Unix seconds).
    """

    audit_id: int
    outcome: AuditOutcome
    opinions: tuple[tuple[str, bool, int, int], ...]


@dataclass(frozen=True)
class Heard:
    """One verdict, with its state at a given time.

    Attributes:
        expires: Unix seconds from which it no longer holds.
        state: "superseded" once a later audit of the same version has been decided.
    """

    audit_id: int
    auditor: str
    approved: bool
    expires: int
    state: Literal["counts", "expired", "superseded"]


@dataclass(frozen=True)
class ThirdPartyResult:
    """A version's result on the third-party test set that its risk class requires it to pass.

    Attributes:
        set_id: the set now in force in the domain; 0 if there is none yet.
        at: when it was last tested (Unix seconds), 0 for never.
        score: ppm.
    """

    set_id: int
    at: int
    passed: bool
    score: int


@dataclass(frozen=True)
class Standing:
    """The standing of a model's newest version.

    Attributes:
        manifest: the version's digest.
        score: ppm, as the panel found it.
        verdicts: all verdicts on this version, those of the newest audit first.
        reverify_interval: seconds that Policy's rule for the risk class allows between verifications; 0
            for no limit.
        tested: its result on a third-party test set, if its risk class requires one; this renews it.
        verified_at: time of that test, else of the last approval, or of the registration if no audit was
            requested; Unix seconds.
        due_at: when it must be verified again at the latest, Unix seconds; 0 for never.
        status: "due" in the last tenth of the interval; "lapsed" after it, if the newest audit did not
            approve, or if the newest test was failed or not taken.
    """

    model_id: int
    manifest: bytes
    score: int
    verdicts: tuple[Heard, ...]
    tested: ThirdPartyResult | None
    reverify_interval: int
    verified_at: int
    due_at: int
    status: Status


def stand(
    model_id: int,
    manifest: bytes,
    score: int,
    *,
    registered_at: int,
    rulings: Sequence[Ruling],
    tested: ThirdPartyResult | None = None,
    reverify_interval: int,
    now: int,
) -> Standing:
    """Judge a version at the time *now* by its audits, newest first, and a third-party test."""
    decided = [
        ruling for ruling in rulings if ruling.outcome in (AuditOutcome.APPROVED, AuditOutcome.REJECTED)
    ]
    newest = decided[0] if decided else None
    verdicts = tuple(
        Heard(ruling.audit_id, auditor, approved, expires, _state(ruling, newest, expires, now))
        for ruling in rulings
        for auditor, approved, _, expires in ruling.opinions
    )
    verified_at = registered_at if newest is None else max(at for _, _, at, _ in newest.opinions)
    if tested is not None:
        verified_at = tested.at
    due_at = verified_at + reverify_interval if reverify_interval and verified_at else 0
    rejected = newest is not None and newest.outcome == AuditOutcome.REJECTED
    failed = tested is not None and not tested.passed
    status: Status = "lapsed" if rejected or failed else _status(due_at, reverify_interval, now)
    return Standing(
        model_id, manifest, score, verdicts, tested, reverify_interval, verified_at, due_at, status
    )


def _state(
    ruling: Ruling, newest: Ruling | None, expires: int, now: int
) -> Literal["counts", "expired", "superseded"]:
    if newest is not None and ruling.audit_id < newest.audit_id:
        return "superseded"
    return "expired" if expires <= now else "counts"


def _status(due_at: int, interval: int, now: int) -> Status:
    if not due_at or now < due_at - interval // _NOTICE:
        return "current"
    return "due" if now < due_at else "lapsed"
