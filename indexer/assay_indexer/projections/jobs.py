"""JobEvaluator: jobs of other contracts (ERC-8183) that this market evaluates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import JobCause, JobState
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on, plain
from assay_indexer.tables import Deal, Job

MARKET = "JobEvaluator"
MARKETS.add(MARKET)


@on(MARKET, "Enrolled")
def _enrolled(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    terms, number, key = said["terms"], said["id"], f"{MARKET}/{said['id']}"
    people = {"client": said["client"], "provider": said["provider"]}
    book.make(Job, number, contract=said["jobs"], job_id=said["jobId"], **people)
    book.make(
        Deal,
        MARKET,
        number,
        state=JobState.ATTESTING.words,
        deadline=0,
        buyer=said["client"],
        seller=said["provider"],
        token=terms["token"],
        total=said["total"],
        reserve=0,  # the budget is up to the job contract
        opened_at=book.at,
        spec=book.uses("spec", terms["spec"], "deal", key) or "",
        dataset=book.uses("dataset", terms["dataset"], "deal", key),
        domain=0,
        risk_class=0,
        threshold=terms["threshold"],
        attempts=0,
        submission_cap=1,
        passed=False,
        panel_id=said["panelId"],
        terms=plain(terms),
    )
    book.about("panel", said["panelId"])
    book.change_deal(MARKET, said["id"])


@on(MARKET, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.state, deal.deadline = JobState(said["state"]).words, said["deadline"]


@on(MARKET, "Named")
def _named(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.attempts = 1
        deal.manifest = book.uses("model", said["manifest"], "deal", f"{MARKET}/{said['id']}")


@on(MARKET, "Scored")
def _scored(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.score = deal.best_score = said["score"]
        deal.passed = said["passed"]


@on(MARKET, "Decided")
def _decided(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.cause = JobCause(said["cause"]).words


@on(MARKET, "Concluded")
def _concluded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if deal := book.change_deal(MARKET, said["id"]):
        deal.ended_at = book.at
    if job := book.change(Job, said["id"]):
        job.concluded_at = book.at
