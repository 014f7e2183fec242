"""CommissionMarket: custom models, from the order to the payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import Cause, LineageKind, Outcome, State
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on, plain
from assay_indexer.tables import Attempt, Deal, Panel

MARKET = "CommissionMarket"
MARKETS.add(MARKET)
_ENDS = (State.SETTLED, State.REFUNDED)


@on(MARKET, "CommissionOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    request, number = said["request"], said["id"]
    key = f"{MARKET}/{number}"
    book.make(
        Deal,
        MARKET,
        number,
        state=State.BIDDING.words,
        deadline=request["revealEnds"],
        buyer=said["customer"],
        token=request["token"],
        total=said["total"],
        reserve=request["reserve"],
        opened_at=book.at,
        commit_ends=request["commitEnds"],
        reveal_ends=request["revealEnds"],
        spec=book.uses("spec", request["spec"], "deal", key) or "",
        dataset=book.uses("dataset", request["dataset"], "deal", key),
        domain=request["domain"],
        risk_class=request["riskClass"],
        threshold=request["threshold"],
        attempts=0,
        submission_cap=request["submissionCap"],
        passed=False,
        auction_id=said["auctionId"],
        terms=plain(request),
    )
    book.about("auction", said["auctionId"])
    book.about_deal(MARKET, number)


def _deal(book: Book, said: Mapping[str, Any]) -> Deal | None:
    book.about_deal(MARKET, said["id"])
    return book.change(Deal, MARKET, said["id"])


@on(MARKET, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        state = State(said["state"])
        deal.state, deal.deadline = state.words, said["deadline"]
        if state in _ENDS:
            deal.ended_at = book.at


@on(MARKET, "Awarded")
def _awarded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.seller, deal.price, deal.bond = said["developer"], said["price"], said["bond"]


@on(MARKET, "PanelAssigned")
def _panel(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.panel_id = said["panelId"]
    book.about("panel", said["panelId"])


@on(MARKET, "AuditAssigned")
def _audit(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.audit_id = said["auditId"]
    book.about("audit", said["auditId"])


@on(MARKET, "ModelSubmitted")
def _submitted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    submission, key = said["submission"], f"{MARKET}/{said['id']}"
    manifest = book.uses("model", submission["manifest"], "deal", key)
    if deal := _deal(book, said):
        deal.attempts, deal.manifest, deal.passed = said["attempt"], manifest, False
    book.make(
        Attempt,
        MARKET,
        said["id"],
        said["attempt"],
        developer=said["developer"],
        manifest=manifest or "",
        grants=submission["grants"].hex(),
        lineage=[
            {"kind": LineageKind(edge["kind"]).words, "ref": edge["ref"].hex()}
            for edge in submission["lineage"]
        ],
        payees=plain(submission["payees"]),
        submitted_at=book.at,
    )


@on(MARKET, "Evaluated")
def _evaluated(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    deal = _deal(book, said)
    if deal is None:
        return
    panel = None if deal.panel_id is None else book.get(Panel, deal.panel_id)
    scored = panel is not None and panel.outcome == Outcome.ANSWERED.words  # other outcomes' 0 is no score
    deal.passed = said["passed"]
    if scored:
        deal.score = said["score"]
        deal.best_score = max(said["score"], said["score"] if deal.best_score is None else deal.best_score)
    if attempt := book.change(Attempt, MARKET, said["id"], said["attempt"]):
        attempt.evaluated_at, attempt.passed = book.at, said["passed"]
        attempt.score = said["score"] if scored else None
        attempt.criteria = said["criteria"] if scored else None


@on(MARKET, "RefundAnnounced")
def _announced(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.cause = Cause(said["cause"]).words


@on(MARKET, "ArbitratorNamed")
def _arbitrator(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.arbitrator = said["arbitrator"]


@on(MARKET, "Settled")
def _settled(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.model_id, deal.price = said["modelId"], said["price"]
        deal.fee, deal.returned, deal.to_seller = said["fee"], said["returned"], said["price"]
        deal.ended_at, deal.cause = book.at, None
    book.about("model", said["modelId"])


@on(MARKET, "Refunded")
def _refunded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := _deal(book, said):
        deal.cause, deal.ended_at = Cause(said["cause"]).words, book.at
        deal.returned, deal.to_seller, deal.burnt = said["returned"], said["toDeveloper"], said["burnt"]
