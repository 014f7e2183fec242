"""A deal and a model with all that belongs to them, as pages and the API show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay_indexer import tables as t
from assay_indexer.queries import View


@dataclass(frozen=True)
class DealParts:
    """A deal with all that belongs to it."""

    deal: t.Deal
    spec: t.Manifest | None
    dataset: t.Manifest | None
    auction: t.Auction | None
    bids: Sequence[t.Bid]
    attempts: Sequence[t.Attempt]
    panels: Sequence[t.Panel]
    seats: Sequence[t.Seat]
    requests: Sequence[t.Request]
    reports: Sequence[t.Report]
    appeals: Sequence[t.Appeal]
    audits: Sequence[t.Audit]
    audit_seats: Sequence[t.AuditSeat]
    disputes: Sequence[t.Dispute]
    cases: Sequence[t.Case]
    votes: Sequence[t.JurorSeat]
    evidence: Sequence[t.Evidence]
    opinions: Sequence[t.Opinion]
    holds: Sequence[t.Hold]
    movements: Sequence[t.Movement]


@dataclass(frozen=True)
class ModelParts:
    """A model with its versions, newest first, and what is known of each of them."""

    model: t.Model
    versions: Sequence[t.Version]
    manifests: Sequence[t.Manifest]
    ancestors: Sequence[t.Ancestor]
    descendants: Sequence[t.Ancestor]
    deals: Sequence[t.Deal]
    attempts: Sequence[t.Attempt]
    audits: Sequence[t.Audit]
    audit_seats: Sequence[t.AuditSeat]
    opinions: Sequence[t.Opinion]
    assessments: Sequence[t.Assessment]
    offers: Sequence[t.Offer]
    sales: Sequence[t.LicenceSale]
    lineage_claims: Sequence[t.LineageClaim]
    lineage_terms: Sequence[t.LineageTerms]


def deal_parts(view: View, market: str, number: int) -> DealParts | None:
    """A deal with all that belongs to it; None if it does not exist."""
    deal = view.get(t.Deal, market, number)
    if deal is None:
        return None
    panels = view.all(t.Panel, market=market, deal_id=number)
    panels += view.all(t.Panel, appeal_of=[panel.id for panel in panels])
    ids = [panel.id for panel in panels]
    requests = view.all(t.Request, panel_id=ids)
    audits = view.all(t.Audit, opener=market, deal_id=number)
    disputes = view.all(t.Dispute, market=market, deal_id=number)
    cases = [one.case_id for one in disputes if one.case_id is not None]
    hold = number.to_bytes(32).hex()
    auctions = view.all(t.Auction, id=deal.auction_id) if deal.auction_id is not None else []
    return DealParts(
        deal=deal,
        spec=view.manifest(deal.spec),
        dataset=view.manifest(deal.dataset),
        auction=auctions[0] if auctions else None,
        bids=view.all(t.Bid, auction_id=[one.id for one in auctions], limit=1000),
        attempts=view.all(t.Attempt, market=market, deal_id=number),
        panels=panels,
        seats=view.all(t.Seat, panel_id=ids),
        requests=requests,
        reports=view.all(t.Report, request_id=[one.id for one in requests], limit=1000),
        appeals=view.all(t.Appeal, panel_id=ids),
        audits=audits,
        audit_seats=view.all(t.AuditSeat, audit_id=[one.id for one in audits]),
        disputes=disputes,
        cases=view.all(t.Case, id=cases),
        votes=view.all(t.JurorSeat, case_id=cases),
        evidence=view.all(t.Evidence, dispute_id=[one.id for one in disputes]),
        opinions=view.all(t.Opinion, market=market, deal_id=number),
        holds=view.all(t.Hold, module=market, hold=hold),
        movements=view.all(t.Movement, module=market, hold=hold),
    )


def model_parts(view: View, number: int) -> ModelParts | None:
    """A model with its versions; None if it does not exist."""
    model = view.get(t.Model, number)
    if model is None:
        return None
    versions = sorted(view.all(t.Version, model_id=number), key=lambda one: -one.number)
    digests = [one.manifest for one in versions]
    audits = view.all(t.Audit, subject=digests)
    deals = [view.get(t.Deal, one.module, one.deal_id) for one in versions]
    return ModelParts(
        model=model,
        versions=versions,
        manifests=view.manifests(digests),
        ancestors=view.all(t.Ancestor, manifest=digests),
        descendants=view.all(t.Ancestor, ref=digests),
        deals=[deal for deal in deals if deal is not None],
        attempts=view.all(t.Attempt, manifest=digests),
        audits=audits,
        audit_seats=view.all(t.AuditSeat, audit_id=[one.id for one in audits]),
        opinions=view.all(t.Opinion, subject=digests),
        assessments=view.all(t.Assessment, manifest=digests),
        offers=view.all(t.Offer, good=digests),
        sales=view.all(t.LicenceSale, good=digests),
        lineage_claims=[*view.all(t.LineageClaim, child=digests), *view.all(t.LineageClaim, parent=digests)],
        lineage_terms=view.all(t.LineageTerms, good=digests),
    )
