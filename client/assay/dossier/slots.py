"""Compares contract storage with the contracts' events, and shows what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.deal.history import word
from assay.deal.keys import Keys
from assay.deal.rounds import Rounds
from assay.dossier.compare import Claim
from assay.dossier.document import Dossier
from assay.dossier.judgements import AuditRecord, DisputeRecord, OpinionRecord
from assay.dossier.parts import (
    Deal,
    ModelVersion,
)
from assay.escrow import Escrow
from assay.markets.models import Models
from assay.session import Session
from assay.structs import (
    AuditOutcome,
    Side,
    State,
    views,
)

_GROUP, _SINCE = "Storage", "Since then"


def claims_of_slots(session: Session, found: Dossier) -> Iterator[Claim]:
    """Claims that registry, market, oracle, audits and escrow agree with their events."""
    for version in (*found.versions, *found.ancestry):
        yield _registered(session, version)
    for deal in found.deals:
        yield _settled(session, deal)
        yield _paid_out(session, deal)
        yield _adds_up(deal)
    for audit in found.audits:
        yield _verdicts(session, audit)
    for opinion in found.opinions:
        yield _opinion(session, opinion)
    for dispute in found.disputes:
        yield _dispute(session, dispute)
        if not dispute.outside:
            yield _votes(session, dispute)


def claims_since(session: Session, found: Dossier) -> Iterator[Claim]:
    """The present state, where a reader might assume that it has not changed."""
    keys = Keys(session)
    models = Models(session, keys, Rounds(session, Escrow(session), keys))
    owner, then = models.owner_of(found.model), found.owners[-1].account
    yield _since(f"Owned by {then}", then, owner)
    uri = session.view(views.model_registry.token_uri(found.model))
    yield _since("No newer version", found.token_uri, uri)
    now = models.standing(found.model)
    yield _since(f"Standing: {found.standing.status}", found.standing.status, now.status)
    states = {(one.audit_id, one.auditor): one.state for one in now.verdicts}
    for verdict in found.standing.verdicts:
        state = states.get((verdict.audit, verdict.auditor), "superseded")
        yield _since(
            f"Verdict of {verdict.auditor} in audit {verdict.audit} {verdict.state}", verdict.state, state
        )


def _registered(session: Session, version: ModelVersion) -> Claim:
    slot = session.view(views.model_registry.version_of(bytes.fromhex(version.manifest)))
    return _agrees(
        f"ModelRegistry keeps version {version.manifest}",
        (version.module, version.deal, version.model),
        (slot.module, slot.deal_id, slot.model_id),
    )


def _settled(session: Session, deal: Deal) -> Claim:
    kept = session.view(views.commission_lens.commission(deal.number))
    return _agrees(
        f"CommissionMarket keeps deal {deal.number}: settled, its parties, price, submission and score",
        (State.SETTLED, deal.customer, deal.developer, deal.bids.price, deal.attempts[-1].manifest,
         deal.attempts[-1].score, len(deal.attempts)),
        (kept.state, kept.customer, kept.developer, kept.price, kept.manifest.hex(),
         kept.last_score, kept.attempts),
    )  # fmt: skip


def _paid_out(session: Session, deal: Deal) -> Claim:
    market = session.deployment.address("CommissionMarket")
    held = session.view(views.escrow.held(market, deal.request.token, word(deal.number)))
    return _agrees(f"Escrow holds nothing any more for deal {deal.number}", 0, held)


def _adds_up(deal: Deal) -> Claim:
    sums: dict[str, int] = {}
    for entry in deal.payments:
        sums[entry.token] = sums.get(entry.token, 0) + entry.amount
    return _agrees(
        f"The payments of deal {deal.number} add up to nothing in each token", {0}, set(sums.values())
    )


def _verdicts(session: Session, record: AuditRecord) -> Claim:
    audit = session.view(views.audit_registry.audit(record.number))
    kept = {(one.auditor, one.approved, one.at, one.expires) for one in audit.verdicts}
    claimed = {(one.auditor, one.approved, one.posted.at, one.expires) for one in record.opinions}
    if record.decided is None:  # more verdicts may have been posted since
        kept &= claimed
        return _agrees(f"AuditRegistry keeps the verdicts of audit {record.number}", claimed, kept)
    return _agrees(
        f"AuditRegistry keeps the outcome and verdicts of audit {record.number}",
        (record.outcome, claimed),
        (AuditOutcome(audit.outcome).words, kept),
    )


def _opinion(session: Session, record: OpinionRecord) -> Claim:
    """Asker, fee and subject are written once, and so is what was posted; the rest may change."""
    kept = session.view(views.opinions.opinion(record.number))
    offer, said = kept.offer, record.posted
    ordered = (offer.market, offer.deal_id, offer.subject.hex(), offer.token, offer.fee, kept.asker)
    posted = (offer.auditor, kept.approved, kept.at, kept.expires)
    return _agrees(
        f"Opinions keeps opinion {record.number}",
        ((record.market, record.deal, record.subject, record.token, record.fee, record.asker),
         (said.auditor, said.approved, said.posted.at, said.expires) if said else None),
        (ordered, posted if said else None),
    )  # fmt: skip


def _dispute(session: Session, record: DisputeRecord) -> Claim:
    kept = session.view(views.disputes.dispute_of(record.number))
    return _agrees(
        f"Disputes keeps dispute {record.number}: its deal, question and arbitrator, resolved",
        (record.deal, record.question, record.arbitrator, record.arbitrator_dispute, record.deadline, True),
        (kept.deal_id, kept.ground.words, kept.arbitrator, kept.arbitrator_dispute_id, kept.deadline,
         kept.resolved),
    )  # fmt: skip


def _votes(session: Session, record: DisputeRecord) -> Claim:
    case_id = record.arbitrator_dispute
    claimed, kept = [], []
    for jury in record.rounds:
        claimed.append({(one.account, one.vote) for one in jury.jurors if one.vote})
        found = session.view(views.court.seats_of(case_id, jury.number - 1))
        kept.append({(seat.juror, Side(seat.vote - 1).words) for seat in found if seat.vote})
    return _agrees(f"Court keeps the votes in dispute {record.number}", claimed, kept)


def _agrees(text: str, said: Any, kept: Any) -> Claim:
    if said == kept:
        return Claim(_GROUP, text, "holds")
    return Claim(_GROUP, text, "differs", f"events say {said}, storage {kept}"[:400])


def _since(text: str, then: str, now: str) -> Claim:
    if then == now:
        return Claim(_SINCE, text, "holds", "as then")
    return Claim(_SINCE, text, "note", f"now {now}")
