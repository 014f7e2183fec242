"""Jobs of other contracts (ERC-8183) that this market evaluates."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Long, State


class Job(State):
    """Where an enrolled job is, and whose. How it stands is in its deal, of the market ``JobEvaluator``."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_place", "contract", "job_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the enrolment, and so of the deal."""
    contract: Mapped[str] = mapped_column(Account)
    """The job contract, which belongs to a stranger."""
    job_id: Mapped[int] = mapped_column(Long)
    """The job's number there."""
    client: Mapped[str] = mapped_column(Account, index=True)
    provider: Mapped[str] = mapped_column(Account, index=True)
    concluded_at: Mapped[int | None]
    """When the job contract was told the outcome."""
