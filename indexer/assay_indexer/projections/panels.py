"""Rounds and ValidationOracle: panels, what they are asked, how they vote, and appeals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.manifests.evaluation import ReportStatus
from assay.structs import Kind, Outcome, RoundState
from assay_indexer.book import Book
from assay_indexer.projections.registry import account, fits, on, plain
from assay_indexer.tables import Appeal, Grant, Panel, Report, Request, Seat

_ROUNDS, _ORACLE = "Rounds", "ValidationOracle"


def _panel(book: Book, panel_id: int) -> Panel | None:
    """The panel that an event changes."""
    _about(book, panel_id)
    return book.change(Panel, panel_id)


def _about(book: Book, panel_id: int) -> None:
    """Record that the event is about a panel, and about the deal for which it sits."""
    book.about("panel", panel_id)
    panel = book.get(Panel, panel_id)
    if panel is not None and panel.appeal_of is not None:
        book.about("panel", panel.appeal_of)
        panel = book.get(Panel, panel.appeal_of)
    if panel is None or panel.market is None or panel.deal_id is None:
        return
    if panel.market == "Conformity":
        book.about("assessment", panel.deal_id)
    else:
        book.about_deal(panel.market, panel.deal_id)


@on(_ORACLE, "PanelOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    terms = said["terms"]
    book.make(
        Panel,
        said["panelId"],
        customer=terms["customer"],
        developer=terms["developer"],
        size=terms["size"],
        seat_stake=terms["seatStake"],
        state=RoundState.DRAWING.words,
        deadline=0,
        opened_at=book.at,
    )
    book.about("panel", said["panelId"])


@on(_ROUNDS, "RoundOpened")
def _round(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["panelId"]):
        panel.market = book.name_of(said["market"])
        panel.deal_id = said["dealId"] if fits(said["dealId"]) else None
        panel.token, panel.fee = said["terms"]["token"], said["terms"]["fee"]
    _about(book, said["panelId"])


@on(_ROUNDS, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["id"]):
        panel.state, panel.deadline = RoundState(said["state"]).words, said["deadline"]


@on(_ROUNDS, "Asked")
def _asked(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    question = said["question"]
    book.uses("work", question["work"], "panel", said["panelId"])
    if panel := _panel(book, said["panelId"]):
        panel.question = plain(question)
        panel.outcome = None


@on(_ROUNDS, "KeysGranted")
def _granted(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about(book, said["panelId"])
    book.fact(
        Grant,
        panel_id=said["panelId"],
        opinion_id=None,
        by=said["by"],
        artifact=said["artifact"],
        grants=said["grants"].hex(),
    )


@on(_ROUNDS, "Answered")
def _answered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["panelId"]):
        panel.outcome = Outcome(said["answer"]["outcome"]).words
    if request := book.change(Request, said["requestId"]):
        request.appealed = said["answer"]["appealed"]


@on(_ROUNDS, "Appealed")
def _appealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about(book, said["panelId"])
    book.make(
        Appeal,
        said["requestId"],
        panel_id=said["panelId"],
        appellant=said["appellant"],
        appeal_panel_id=said["appealPanelId"],
        deposit=said["deposit"],
        at=book.at,
    )
    if panel := book.change(Panel, said["appealPanelId"]):
        panel.appeal_of = said["panelId"]


@on(_ROUNDS, "RoundClosed")
def _closed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["panelId"]):
        panel.closed_at = book.at


@on(_ORACLE, "PanelArmed")
def _armed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["panelId"]):
        panel.armed_block = said["blockNumber"] if fits(said["blockNumber"]) else None


@on(_ORACLE, "PanelSeated")
def _seated(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    """Also emitted when vacant seats are filled: *members* then includes those who stayed."""
    if panel := _panel(book, said["panelId"]):
        panel.seated_at = book.at
    for member in filter(account, said["members"]):
        book.about_account(member)
        seat = book.get(Seat, said["panelId"], member)
        if seat is None or seat.vacated_at is not None:
            book.make(Seat, said["panelId"], member, seated_at=book.at, vacated_at=None)


@on(_ORACLE, "SeatVacated")
def _vacated(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _about(book, said["panelId"])
    if seat := book.change(Seat, said["panelId"], said["member"]):
        seat.vacated_at = book.at


@on(_ORACLE, "PanelDissolved")
def _dissolved(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if panel := _panel(book, said["panelId"]):
        panel.closed_at = book.at


@on(_ORACLE, "VotingBegan")
def _began(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    panel = _panel(book, said["panelId"])
    asked = panel
    if panel is not None and panel.appeal_of is not None:
        asked = book.get(Panel, panel.appeal_of)
    question = (asked.question if asked is not None else None) or {}
    book.make(
        Request,
        said["requestId"],
        panel_id=said["panelId"],
        kind=Kind(said["terms"]["kind"]).words,
        work=question.get("work"),
        artifacts=question.get("artifacts", []),
        asked_at=book.at,
        commit_ends=said["commitEnds"],
        reveal_ends=said["revealEnds"],
        committed=0,
        revealed=0,
        scores=[],
        appealed=False,
    )
    if panel is not None:
        panel.request_id = said["requestId"]
    book.about("request", said["requestId"])


def _request(book: Book, said: Mapping[str, Any]) -> Request | None:
    book.about("request", said["requestId"])
    request = book.change(Request, said["requestId"])
    if request is not None:
        _about(book, request.panel_id)
    return request


@on(_ORACLE, "VoteCommitted")
def _committed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if request := _request(book, said):
        request.committed += 1
    book.make(Report, said["requestId"], said["validator"], committed_at=book.at, scores=[])


@on(_ORACLE, "ReportRevealed")
def _revealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if request := _request(book, said):
        request.revealed += 1
    report = said["report"]
    made = book.change(Report, said["requestId"], said["validator"])
    if made is None:
        made = book.make(Report, said["requestId"], said["validator"])
    made.revealed_at = book.at
    made.status = ReportStatus(report["status"]).name.lower().replace("_", " ")
    made.scores, made.criteria, made.word = list(report["scores"]), report["criteria"], report["word"].hex()
    made.manifest = book.uses("report", report["manifest"], "request", said["requestId"])


@on(_ORACLE, "Judged")
def _judged(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if request := _request(book, said):
        result = said["result"]
        request.judged_at, request.outcome = book.at, Outcome(result["outcome"]).words
        request.scores, request.criteria = list(result["scores"]), result["criteria"]
        request.word = result["word"].hex()
