"""Who judges: panels with their reports, audits, opinions, third-party tests, disputes and the court."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, Fact, Long, State, Words


class Panel(State):
    """A panel, and where the question to it stands."""

    __tablename__ = "panels"

    id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    market: Mapped[str | None] = mapped_column(String(42))
    """Name of the contract that asks, or its address; None for an appeal's panel."""
    deal_id: Mapped[int | None] = mapped_column(index=True)
    appeal_of: Mapped[int | None] = mapped_column(Long, index=True)
    """The panel whose answer it reviews."""
    customer: Mapped[str] = mapped_column(Account)
    developer: Mapped[str] = mapped_column(Account)
    size: Mapped[int]
    seat_stake: Mapped[int] = mapped_column(Amount)
    token: Mapped[str | None] = mapped_column(Account)
    fee: Mapped[int | None] = mapped_column(Amount)
    """The fee to each member for each question."""
    state: Mapped[str] = mapped_column(Words)
    deadline: Mapped[int]
    opened_at: Mapped[int]
    armed_block: Mapped[int | None]
    """The block whose hash draws the members."""
    seated_at: Mapped[int | None]
    closed_at: Mapped[int | None]
    question: Mapped[dict[str, Any] | None]
    """The last question, with the contract's names for its fields."""
    request_id: Mapped[int | None] = mapped_column(Long)
    outcome: Mapped[str | None] = mapped_column(Words)
    """The outcome of the last question that was answered."""


class Seat(State):
    """A member of a panel."""

    __tablename__ = "seats"

    panel_id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    member: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    seated_at: Mapped[int]
    vacated_at: Mapped[int | None]


class Request(State):
    """A question on which a panel votes."""

    __tablename__ = "requests"

    id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    panel_id: Mapped[int] = mapped_column(Long, index=True)
    kind: Mapped[str] = mapped_column(Words)
    """``verdict``, ``score`` or ``digest``."""
    work: Mapped[str | None] = mapped_column(Digest)
    artifacts: Mapped[list[Any]]
    asked_at: Mapped[int]
    commit_ends: Mapped[int]
    reveal_ends: Mapped[int]
    committed: Mapped[int]
    revealed: Mapped[int]
    judged_at: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(Words)
    scores: Mapped[list[Any]]
    criteria: Mapped[int | None]
    word: Mapped[str | None] = mapped_column(Digest)
    appealed: Mapped[bool]


class Report(State):
    """What a panel member reports."""

    __tablename__ = "reports"

    request_id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    validator: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    committed_at: Mapped[int | None]
    revealed_at: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(Words)
    scores: Mapped[list[Any]]
    criteria: Mapped[int | None]
    word: Mapped[str | None] = mapped_column(Digest)
    manifest: Mapped[str | None] = mapped_column(Digest)
    """The manifest of the ValidationReport, which contains the reason, sealed to the parties."""


class Grant(Fact):
    """Keys that were granted to a panel or to an opinion's auditor."""

    __tablename__ = "grants"

    panel_id: Mapped[int | None] = mapped_column(Long, index=True)
    opinion_id: Mapped[int | None] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(Account)
    artifact: Mapped[int]
    grants: Mapped[str] = mapped_column(Digest)


class Appeal(State):
    """An appeal of a panel's answer."""

    __tablename__ = "appeals"

    request_id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    panel_id: Mapped[int] = mapped_column(Long, index=True)
    appellant: Mapped[str] = mapped_column(Account)
    appeal_panel_id: Mapped[int] = mapped_column(Long)
    deposit: Mapped[int] = mapped_column(Amount)
    at: Mapped[int]


class Audit(State):
    """An audit that can block a model."""

    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opener: Mapped[str] = mapped_column(String(42))
    deal_id: Mapped[int] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(Digest, index=True)
    """Digest of the model's manifest."""
    customer: Mapped[str] = mapped_column(Account)
    developer: Mapped[str] = mapped_column(Account)
    domain: Mapped[int]
    auditors: Mapped[int]
    """The number of seats."""
    regulator: Mapped[bool]
    fee: Mapped[int] = mapped_column(Amount)
    token: Mapped[str] = mapped_column(Account)
    bond: Mapped[int] = mapped_column(Amount)
    window: Mapped[int]
    conformity_set: Mapped[int]
    scopes: Mapped[int]
    requested_at: Mapped[int]
    decided_at: Mapped[int | None]
    opening_until: Mapped[int | None]
    """When sealed verdicts have to be open; None while they are still being sealed."""
    outcome: Mapped[str] = mapped_column(Words)


class AuditSeat(State):
    """An auditor's seat in an audit, and the verdict."""

    __tablename__ = "audit_seats"

    audit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    auditor: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    seat: Mapped[int]
    seated_at: Mapped[int]
    replaced: Mapped[bool]
    bond_lost: Mapped[int | None] = mapped_column(Amount)
    sealed_at: Mapped[int | None]
    """When the verdict was given, hidden until every auditor had given one; None if it was posted at once."""
    posted_at: Mapped[int | None]
    approved: Mapped[bool | None]
    report: Mapped[str | None] = mapped_column(Digest)
    expires: Mapped[int | None]
    scopes: Mapped[int | None]


class Auditor(State):
    """An auditor in the pool."""

    __tablename__ = "auditors"

    account: Mapped[str] = mapped_column(Account, primary_key=True)
    bond: Mapped[int] = mapped_column(Amount)
    enrolled: Mapped[bool]


class Opinion(State):
    """What an auditor of somebody's own choice is asked, and says."""

    __tablename__ = "opinions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asker: Mapped[str] = mapped_column(Account, index=True)
    auditor: Mapped[str] = mapped_column(Account, index=True)
    market: Mapped[str] = mapped_column(String(42))
    deal_id: Mapped[int]
    subject: Mapped[str] = mapped_column(Digest, index=True)
    token: Mapped[str] = mapped_column(Account)
    fee: Mapped[int] = mapped_column(Amount)
    window: Mapped[int]
    state: Mapped[str] = mapped_column(Words)
    deadline: Mapped[int]
    offered_at: Mapped[int]
    posted_at: Mapped[int | None]
    approved: Mapped[bool | None]
    report: Mapped[str | None] = mapped_column(Digest)
    expires: Mapped[int | None]


class TestSet(State):
    """A third party's test."""

    __tablename__ = "test_sets"
    __test__ = False  # because pytest would take it for a test

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Account, index=True)
    body_fee: Mapped[int] = mapped_column(Amount)
    token: Mapped[str] = mapped_column(Account)
    domain: Mapped[int]
    threshold: Mapped[int]
    tolerance: Mapped[int]
    required_criteria: Mapped[int]
    panel_size: Mapped[int]
    spec: Mapped[str] = mapped_column(Digest)
    dataset: Mapped[str] = mapped_column(Digest)
    registered_at: Mapped[int]
    retired: Mapped[bool]


class Assessment(State):
    """A model's test on a third party's set."""

    __tablename__ = "assessments"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    set_id: Mapped[int] = mapped_column(index=True)
    manifest: Mapped[str] = mapped_column(Digest, index=True)
    applicant: Mapped[str] = mapped_column(Account)
    panel_id: Mapped[int] = mapped_column(Long)
    evaluation_fee: Mapped[int] = mapped_column(Amount)
    total: Mapped[int] = mapped_column(Amount)
    state: Mapped[str] = mapped_column(Words)
    cause: Mapped[str | None] = mapped_column(Words)
    score: Mapped[int | None]
    criteria: Mapped[int | None]
    opened_at: Mapped[int]
    """The time from which a result counts."""
    ended_at: Mapped[int | None]


class Dispute(State):
    """A contested deal."""

    __tablename__ = "disputes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    market: Mapped[str] = mapped_column(String(42))
    deal_id: Mapped[int] = mapped_column(index=True)
    claimant: Mapped[str] = mapped_column(Account, index=True)
    ground: Mapped[str] = mapped_column(Words)
    arbitrator: Mapped[str] = mapped_column(Account)
    case_id: Mapped[int | None] = mapped_column(index=True)
    """The case in the market's own court; None if another arbitrator rules."""
    deadline: Mapped[int]
    opened_at: Mapped[int]
    resolved_at: Mapped[int | None]
    side: Mapped[str | None] = mapped_column(Words)
    """In whose favour it was resolved: ``customer``, ``developer``, or ``none``."""
    expired: Mapped[bool]
    """Whether the arbitrator failed to rule in time."""


class Evidence(Fact):
    """Evidence in a dispute. Its text is a stranger's."""

    __tablename__ = "evidence"

    dispute_id: Mapped[int] = mapped_column(index=True)
    party: Mapped[str] = mapped_column(Account)
    uri: Mapped[str]


class Case(State):
    """A dispute in the market's own court."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dispute_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(Words)
    deadline: Mapped[int]
    round: Mapped[int]
    appealable: Mapped[bool]
    ruling: Mapped[str | None] = mapped_column(Words)
    created_at: Mapped[int]


class JurorSeat(State):
    """A juror in one round of a case."""

    __tablename__ = "juror_seats"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    juror: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    drawn_at: Mapped[int]
    bond: Mapped[int | None] = mapped_column(Amount)
    """The bond of a seat that was accepted."""
    committed_at: Mapped[int | None]
    vote: Mapped[str | None] = mapped_column(Words)


class Juror(State):
    """A juror in the pool."""

    __tablename__ = "jurors"

    account: Mapped[str] = mapped_column(Account, primary_key=True)
    enrolled: Mapped[bool]
