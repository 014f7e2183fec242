"""Jobs of other contracts, as pages and the API show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay_indexer import tables as t
from assay_indexer.parts import deal_parts
from assay_indexer.projections.jobs import MARKET
from assay_indexer.queries import View


@dataclass(frozen=True)
class JobParts:
    """A job with what stands behind it."""

    job: t.Job
    deal: t.Deal
    spec: t.Manifest | None
    dataset: t.Manifest | None
    model: t.Manifest | None
    panels: Sequence[t.Panel]
    seats: Sequence[t.Seat]
    requests: Sequence[t.Request]
    reports: Sequence[t.Report]
    appeals: Sequence[t.Appeal]
    holds: Sequence[t.Hold]
    movements: Sequence[t.Movement]


def job(view: View, number: int) -> JobParts | None:
    """An enrolled job by its number in this market; None if it does not exist."""
    found, parts = view.get(t.Job, number), deal_parts(view, MARKET, number)
    if found is None or parts is None:
        return None
    return JobParts(
        job=found,
        deal=parts.deal,
        spec=parts.spec,
        dataset=parts.dataset,
        model=view.manifest(parts.deal.manifest),
        panels=parts.panels,
        seats=parts.seats,
        requests=parts.requests,
        reports=parts.reports,
        appeals=parts.appeals,
        holds=parts.holds,
        movements=parts.movements,
    )
