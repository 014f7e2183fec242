"""What operators see of a running index: figures for Prometheus, and whether it is healthy."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pydantic import BaseModel
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from assay_indexer.tables import Manifest, Progress

_STALE_SECONDS = 300.0


class Health(BaseModel):
    """Whether the index is being kept up.

    Attributes:
        healthy: it has read the chain not long ago, and its last attempt succeeded.
        cycle_age: seconds since it last did; none before the first time.
        block: the newest block that it has read.
        final_block: the newest that is final.
        lag_seconds: since the time of the newest block, by this machine's clock.
        missing: manifests that were looked for and not found.
    """

    healthy: bool
    cycle_age: float | None
    block: int
    final_block: int
    lag_seconds: float
    missing: int


class Monitor:
    """Collects the figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.head = Gauge("assay_index_head_block", "Newest block that was read", registry=registry)
        self.final = Gauge("assay_index_final_block", "Newest final block", registry=registry)
        self.lag = Gauge("assay_index_lag_seconds", "Age of the newest block", registry=registry)
        self.forks = Gauge("assay_index_forks", "Reorganisations that were met", registry=registry)
        self.cycle = Histogram(
            "assay_index_cycle_seconds", "Duration of a look at the chain", registry=registry
        )
        self.manifests = Gauge("assay_index_manifests", "Manifests", ["status"], registry=registry)
        self.errors = Counter("assay_index_errors", "Failures", ["error"], registry=registry)
        self.requests = Counter("assay_index_requests", "Answers of the API", ["status"], registry=registry)
        self.answer = Histogram("assay_index_answer_seconds", "Duration of an answer", registry=registry)
        self._pulse: float | None = None
        self._succeeded, self._missing = False, 0
        self._block = self._final = self._at = 0

    def beat(self, progress: Progress, seconds: float) -> None:
        """Record a successful look at the chain."""
        self._pulse, self._succeeded = time.monotonic(), True
        self._block, self._final, self._at = progress.head, progress.final, progress.head_at
        self.head.set(progress.head)
        self.final.set(progress.final)
        self.forks.set(progress.forks)
        self.lag.set(time.time() - progress.head_at)
        self.cycle.observe(seconds)

    def failed(self, error: str) -> None:
        """Record a failure."""
        self._succeeded = False
        self.errors.labels(error).inc()

    def collected(self, engine: Engine) -> None:
        """Count the manifests."""
        with Session(engine) as database:
            counts = database.execute(select(Manifest.status, func.count()).group_by(Manifest.status)).all()
        for status, count in counts:
            self.manifests.labels(status).set(count)
        self._missing = next((count for status, count in counts if status == "missing"), 0)

    def health(self) -> Health:
        """How the index is doing."""
        age = None if self._pulse is None else time.monotonic() - self._pulse
        return Health(
            healthy=self._succeeded and age is not None and age < _STALE_SECONDS,
            cycle_age=age,
            block=self._block,
            final_block=self._final,
            lag_seconds=time.time() - self._at,
            missing=self._missing,
        )
