"""Trials: licences that are bought if the model passes on the buyer's own hidden data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import TrialCause, TrialState
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on, plain
from assay_indexer.tables import Deal, Good, Offer, TrialAllowance

MARKET = "Trials"
MARKETS.add(MARKET)
_ENDS = (TrialState.SOLD, TrialState.REFUNDED)


@on(MARKET, "TrialsAllowed")
def _allowed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    allowance = said["allowance"]
    book.make(
        TrialAllowance,
        said["offerId"],
        exposure_fee=allowance["exposureFee"],
        bond=allowance["bond"],
        quota=allowance["quota"],
        exclusive=allowance["exclusive"],
    )
    _about_offer(book, said["offerId"])


def _about_offer(book: Book, number: int) -> Offer | None:
    book.about("offer", number)
    offer = book.get(Offer, number)
    if offer is not None:
        book.about_model(offer.good)
    return offer


@on(MARKET, "TrialOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    request, number, good = said["request"], said["id"], book.get(Good, said["good"].hex())
    terms, key = request["terms"], f"{MARKET}/{number}"
    price = terms["offer"]["price"] * request["seats"]
    book.make(
        Deal,
        MARKET,
        number,
        state=TrialState.JUDGING.words,
        deadline=0,
        buyer=said["buyer"],
        seller=terms["seller"],
        token=terms["offer"]["token"],
        total=said["total"],
        reserve=price,
        price=price,
        bond=said["bond"],
        opened_at=book.at,
        spec=book.uses("spec", request["spec"], "deal", key) or "",
        dataset=book.uses("dataset", request["dataset"], "deal", key),
        domain=0 if good is None else good.domain,
        risk_class=0 if good is None else good.risk_class,
        threshold=request["threshold"],
        attempts=1,
        submission_cap=1,
        passed=False,
        panel_id=said["panelId"],
        manifest=said["good"].hex(),
        terms=plain(request),
    )
    allowance = book.change(TrialAllowance, request["offerId"])
    if allowance is not None and allowance.quota:
        allowance.quota -= 1
    book.about("panel", said["panelId"])
    book.about_account(terms["seller"])
    _about_offer(book, request["offerId"])
    book.about_deal(MARKET, number)


@on(MARKET, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        state = TrialState(said["state"])
        deal.state, deal.deadline = state.words, said["deadline"]
        if state in _ENDS:
            deal.ended_at = book.at


@on(MARKET, "Tried")
def _tried(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.score = deal.best_score = said["score"]
        deal.passed = said["passed"]


@on(MARKET, "TrialSold")
def _sold(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.fee, deal.to_seller, deal.ended_at = said["fee"], said["toSeller"], book.at
        deal.terms = deal.terms | {"saleId": plain(said["saleId"])}
        book.about_model(deal.manifest)
    book.about("sale", said["saleId"])


@on(MARKET, "TrialRefunded")
def _refunded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.cause, deal.ended_at = TrialCause(said["cause"]).words, book.at
        deal.returned, deal.to_seller, deal.burnt = said["returned"], said["toSeller"], said["burnt"]
