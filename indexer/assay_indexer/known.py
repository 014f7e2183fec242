"""What a page of listings is made from, read at once: one query for each table, not for each listing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from assay_indexer.projections.jobs import MARKET as JOBS
from assay_indexer.tables import (
    Assessment,
    Attempt,
    Auction,
    Audit,
    AuditSeat,
    Base,
    Deal,
    Dispute,
    Good,
    Job,
    Kept,
    LicenceAuction,
    Manifest,
    Name,
    Offer,
    Opinion,
    Participant,
    TrialAllowance,
    Version,
)

R = TypeVar("R", bound=Base | Kept)
Verdict = tuple[str, bool | None, int | None]
"""Who gave it, whether it approves, and until when it is valid."""


class Known:
    """What the tables say about *stale* listings, given by kind and key.

    Attributes:
        disputes: number of disputes, by market and deal.
        disputed: number of disputes, by account of either party.
        passed: third-party tests that models have passed.
        offers: offers of models, the cheapest first.
        jobs: jobs of other contracts, by the number of their deal.
        goods: models that may be sold, by manifest.
        tried: offers under which the model can be tried first.
        auctioned: models whose licences are being auctioned.
    """

    def __init__(self, session: Session, stale: Sequence[tuple[str, str]]) -> None:
        self._session = session
        keys: dict[str, list[str]] = {}
        for kind, key in stale:
            keys.setdefault(kind, []).append(key)
        models, accounts = keys.get("manifest", []), keys.get("account", [])
        self.versions = {one.manifest: one for one in self._rows(Version, Version.manifest, models)}
        self.deals = self._deals(keys.get("deal", []))
        deals = self.deals.values()
        auctions = [deal.auction_id for deal in deals if deal.auction_id is not None]
        self.auctions = {one.id: one for one in self._rows(Auction, Auction.id, auctions)}
        numbers = [number for market, number in self.deals if market == JOBS]
        self.jobs = {one.id: one for one in self._rows(Job, Job.id, numbers)}
        digests = {*models, *(deal.spec for deal in deals)}
        self._manifests = {one.digest: one for one in self._rows(Manifest, Manifest.digest, digests)}
        people = {*accounts, *(deal.buyer for deal in deals)}
        people |= {version.developer for version in self.versions.values()}
        self.participants = {one.account: one for one in self._rows(Participant, Participant.account, people)}
        self._names = {(one.kind, one.id): one.name for one in session.scalars(select(Name))}
        self.attempts = self._attempts(models)
        self.disputes = self._disputes()
        self.disputed = self._disputed(accounts)
        self.verdicts = self._verdicts(models)
        self.passed = self._passed(models)
        self.offers = self._offers(models)
        self.goods = {one.digest: one for one in self._rows(Good, Good.digest, models)}
        offered = [offer.id for offers in self.offers.values() for offer in offers]
        allowed = self._rows(TrialAllowance, TrialAllowance.offer_id, offered)
        self.tried = {one.offer_id for one in allowed if one.quota}
        lots = self._rows(LicenceAuction, LicenceAuction.good, models)
        self.auctioned = {one.good for one in lots if one.closed_at is None}

    def content(self, digest: str, kind: str) -> dict[str, Any]:
        """A manifest's content; empty if it is missing or of the wrong kind."""
        found = self._manifests.get(digest)
        return (found.content or {}) if found is not None and found.kind == kind else {}

    def name(self, kind: str, number: int) -> str | None:
        """The name of a domain or jurisdiction."""
        return self._names.get((kind, number))

    def jurisdiction(self, account: str) -> str | None:
        """The jurisdiction of a participant."""
        found = self.participants.get(account)
        return None if found is None else self.name("jurisdiction", found.jurisdiction)

    def _rows(self, kind: type[R], column: Any, values: Collection[Any]) -> Iterable[R]:
        return self._session.scalars(select(kind).where(column.in_(values))) if values else ()

    def _deals(self, keys: Sequence[str]) -> dict[tuple[str, int], Deal]:
        places = {(key.rpartition("/")[0], int(key.rpartition("/")[2])) for key in keys}
        places |= {(version.module, version.deal_id) for version in self.versions.values()}
        found = self._rows(Deal, tuple_(Deal.market, Deal.id), sorted(places))
        return {(deal.market, deal.id): deal for deal in found}

    def _attempts(self, models: Collection[str]) -> dict[tuple[str, int, str], Attempt]:
        """The last attempt that passed, for each deal and model."""
        passed = [one for one in self._rows(Attempt, Attempt.manifest, models) if one.passed]
        passed.sort(key=lambda one: one.number)
        return {(one.market, one.deal_id, one.manifest): one for one in passed}

    def _disputes(self) -> dict[tuple[str, int], int]:
        if not self.deals:
            return {}
        place = tuple_(Dispute.market, Dispute.deal_id)
        asked = select(Dispute.market, Dispute.deal_id, func.count()).where(place.in_(sorted(self.deals)))
        rows = self._session.execute(asked.group_by(Dispute.market, Dispute.deal_id))
        return {(row[0], row[1]): row[2] for row in rows}

    def _disputed(self, accounts: Collection[str]) -> dict[str, int]:
        if not accounts:
            return {}
        of_them: ColumnElement[bool] = or_(Deal.buyer.in_(accounts), Deal.seller.in_(accounts))
        same = and_(Deal.market == Dispute.market, Deal.id == Dispute.deal_id)
        found: dict[str, int] = {}
        for row in self._session.execute(select(Deal.buyer, Deal.seller).join(Dispute, same).where(of_them)):
            for party in {str(row[0]), str(row[1])}:
                found[party] = found.get(party, 0) + 1
        return found

    def _verdicts(self, models: Collection[str]) -> dict[str, list[Verdict]]:
        if not models:
            return {}
        seat, opinion = AuditSeat, Opinion
        drawn = (
            select(Audit.subject, seat.auditor, seat.approved, seat.expires)
            .join(Audit, Audit.id == seat.audit_id)
            .where(Audit.subject.in_(models), seat.posted_at.is_not(None))
        )
        chosen = select(opinion.subject, opinion.auditor, opinion.approved, opinion.expires).where(
            opinion.subject.in_(models), opinion.posted_at.is_not(None)
        )
        found: dict[str, list[Verdict]] = {}
        for asked in (drawn, chosen):
            for row in self._session.execute(asked):
                found.setdefault(row[0], []).append((row[1], row[2], row[3]))
        return found

    def _offers(self, models: Collection[str]) -> dict[str, list[Offer]]:
        found: dict[str, list[Offer]] = {}
        for one in sorted(self._rows(Offer, Offer.good, models), key=lambda one: (one.price, one.id)):
            if not one.withdrawn:
                found.setdefault(one.good, []).append(one)
        return found

    def _passed(self, models: Collection[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for one in self._rows(Assessment, Assessment.manifest, models):
            if one.state == "passed":
                found.setdefault(one.manifest, []).append(one.set_id)
        return found
