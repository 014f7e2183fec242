"""Disputes, Court and Deliveries: contested deals, the jury, keys delivered and refuted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import CourtState, Ground, Side
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on, text
from assay_indexer.tables import Case, Deal, Dispute, Evidence, Juror, JurorSeat

_DISPUTES, _COURT, _DELIVERIES = "Disputes", "Court", "Deliveries"


@on(_DISPUTES, "DisputeOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    market = book.name_of(said["market"])
    inside = book.name_of(said["arbitrator"]) == _COURT
    book.make(
        Dispute,
        said["id"],
        market=market,
        deal_id=said["dealId"],
        claimant=said["claimant"],
        ground=Ground(said["ground"]).words,
        arbitrator=said["arbitrator"],
        case_id=said["arbitratorDisputeId"] if inside else None,
        deadline=said["deadline"],
        opened_at=book.at,
        expired=False,
    )
    if inside and (case := book.change(Case, said["arbitratorDisputeId"])):
        case.dispute_id = said["id"]
    _about(book, said["id"])


def _about(book: Book, dispute_id: int) -> Dispute | None:
    book.about("dispute", dispute_id)
    dispute = book.get(Dispute, dispute_id)
    if dispute is not None:
        book.about_deal(dispute.market, dispute.deal_id)
        deal = book.get(Deal, dispute.market, dispute.deal_id)
        if deal is not None:
            book.about_account(deal.buyer, deal.seller)
            book.about_model(deal.manifest)
    return dispute


@on(_DISPUTES, "DisputeResolved")
def _resolved(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about(book, said["id"])
    if dispute := book.change(Dispute, said["id"]):
        dispute.resolved_at, dispute.expired = book.at, said["expired"]
        dispute.side = Side(said["side"]).words


@on(_DISPUTES, "Evidence")
def _evidence(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if fits(said["evidenceGroupID"]):
        _about(book, said["evidenceGroupID"])
        book.fact(
            Evidence, dispute_id=said["evidenceGroupID"], party=said["party"], uri=text(said["evidence"])
        )


@on(_COURT, "JurorEnrolled")
def _enrolled(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.make(Juror, said["juror"], enrolled=True)


@on(_COURT, "JurorLeft")
def _left(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if juror := book.change(Juror, said["juror"]):
        juror.enrolled = False


@on(_COURT, "DisputeCreation")
def _created(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    """The court emits this after the state of the new dispute."""
    _case(book, said["disputeID"])


def _case(book: Book, case_id: int) -> Case:
    book.about("case", case_id)
    found = book.change(Case, case_id)
    if found is not None and found.dispute_id is not None:
        _about(book, found.dispute_id)
    if found is None:
        state = CourtState.SEATING.words
        found = book.make(
            Case, case_id, state=state, deadline=0, round=0, appealable=False, created_at=book.at
        )
    return found


@on(_COURT, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    case = _case(book, said["id"])
    case.state, case.deadline = CourtState(said["state"]).words, said["deadline"]


@on(_COURT, "JuryArmed", "RoundSettled")
def _step(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"])


@on(_COURT, "AppealPossible")
def _appealable(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"]).appealable = True


@on(_COURT, "AppealDecision")
def _appealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"]).appealable = False


@on(_COURT, "JurorDrawn")
def _drawn(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"]).round = said["round"]
    key = said["disputeID"], said["round"], said["juror"]
    book.make(JurorSeat, *key, drawn_at=book.at, bond=None, committed_at=None, vote=None)


@on(_COURT, "JurorAccepted")
def _accepted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"])
    if seat := book.change(JurorSeat, said["disputeID"], said["round"], said["juror"]):
        seat.bond = said["bond"]


@on(_COURT, "VoteCommitted")
def _committed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"])
    if seat := book.change(JurorSeat, said["disputeID"], said["round"], said["juror"]):
        seat.committed_at = book.at


@on(_COURT, "VoteRevealed")
def _revealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _case(book, said["disputeID"])
    if seat := book.change(JurorSeat, said["disputeID"], said["round"], said["juror"]):
        seat.vote = _side(said["vote"])


@on(_COURT, "RoundEnded")
def _round(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    case = _case(book, said["disputeID"])
    case.round, case.ruling = said["round"], _side(said["ruling"])


def _side(number: int) -> str:
    return Side(number).words if number in Side.__members__.values() else str(number)


@on(_DELIVERIES, "Delivered")
def _delivered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    """Anyone can deliver to a contract of their own, so only known deals are recorded."""
    deal = _delivery(book, said)
    if deal is not None:
        deal.delivered_at = book.at


@on(_DELIVERIES, "Refuted")
def _refuted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    deal = _delivery(book, said)
    if deal is not None:
        deal.refuted_at = book.at


def _delivery(book: Book, said: Mapping[str, Any]) -> Deal | None:
    market, deal_id = book.name_of(said["market"]), said["dealId"]
    if not fits(deal_id) or book.get(Deal, market, deal_id) is None:
        return None
    book.about_deal(market, deal_id)
    return book.change(Deal, market, deal_id)
