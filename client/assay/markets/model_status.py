"""How a model stands: its score, which verdicts on it count, and whether it has to be verified again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assay.structs import AuditOutcome

Status = Literal["current", "due", "lapsed"]
_NOTICE = 10  # the last tenth of the interval is the time to have it done


@dataclass(frozen=True)
class Ruling:
    """One audit of a version, decided or not.

    Attributes:
        opinions: of its auditors: who, approved or not, when, until when it counts (Unix seconds).
    """

    audit_id: int
    outcome: AuditOutcome
    opinions: tuple[tuple[str, bool, int, int], ...]


@dataclass(frozen=True)
class Heard:
    """One verdict as it counts at a time.

    Attributes:
        expires: Unix seconds; it no longer counts from then on.
        state: "superseded" when a later audit of the same version has been decided.
    """

    audit_id: int
    auditor: str
    approved: bool
    expires: int
    state: Literal["counts", "expired", "superseded"]


@dataclass(frozen=True)
class ThirdPartyResult:
    """How a version stands on the third party's test set that its risk class asks it to have passed.

    Attributes:
        set_id: the set that counts in the domain now; 0 when there is none yet.
        at: when it was tested last (Unix seconds), 0 for never.
        score: ppm.
    """

    set_id: int
    at: int
    passed: bool
    score: int


@dataclass(frozen=True)
class Standing:
    """How the newest version of a model stands.

    Attributes:
        manifest: the version's digest.
        score: ppm, as the panel found it.
        verdicts: all on this version, the newest audit's first.
        reverify_interval: seconds that Policy's rule for the risk class allows between verifications, 0 for
            no end.
        tested: on a third party's test set, where its risk class asks for that; what verifies it again.
        verified_at: that test, else the last approval, or the registration where no audit was asked for; Unix
            seconds.
        due_at: until when it has to be verified again, 0 for never.
        status: "due" in the last tenth of the interval; "lapsed" after it, when the newest audit did not
            approve, and when the newest test was failed or has not taken place.
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
    """Judge a version at the time *now* by the audits of it, the newest first, and a third party's test."""
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
