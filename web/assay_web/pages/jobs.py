"""Jobs of other contracts (ERC-8183) that Assay evaluates, and one of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests import CommissionSpec
from assay.markets.job_contract import JobHead
from assay_indexer.jobs import JobParts, job
from assay_indexer.projections.jobs import MARKET
from assay_indexer.search import Query as Wanted
from assay_indexer.tables import Listing
from assay_web import job_acts
from assay_web.goods_duties import job_duty
from assay_web.pages.lists import PageNumber, Short, Text, choices, find, listed
from assay_web.pictures.states import state_line
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say
from assay_web.stories import reached, story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
Contract = Annotated[str, Query(max_length=42, pattern="^(0x[0-9a-fA-F]{40})?$")]
_LINE = ("attesting", "ready", "judging", "delivering", "passed", "completed")


@router.get("/jobs")
def jobs(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    q: Text = "",
    task: Short = "",
    contract: Contract = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Enrolled jobs, by words, task and the contract where they are."""
    with found.index.view() as view:
        wanted = Wanted(words=q, kind="job", task=task or None, contract=contract or None)
        rows = find(view, wanted, number=number)
        known = {"task": choices(view, "job", Listing.task)}
    asked = {"q": q, "task": task, "contract": contract}
    return listed(request, found, "jobs.html", say("jobs.title"), rows, known, asked)


@router.get("/jobs/{number}")
def one_job(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A job's page: how it stands here, and what its own contract says."""
    with found.index.view() as view:
        parts = job(view, number)
        if parts is None:
            raise HTTPException(404)
        told = story(view, "deal", f"{MARKET}/{number}")
        times = reached(view, MARKET, number)
        block, now = view.block, view.at
    deal, duty = parts.deal, job_duty(found.market.jobs.next_step(number), parts.deal)
    ends = ("completed", "failed", "rejected")
    facts: dict[str, Any] = {
        "parts": parts,
        "deal": deal,
        "there": _there(found, number),
        "spec": _spec(parts),
        "token": found.token(deal.token),
        "locked": sum(one.amount for one in parts.holds),
        "line": state_line(_LINE, times, deal.state, deal.deadline, now, ends=ends),
        "duty": duty,
        "acts": list(job_acts.of_job(deal, anyone=duty.who == "anyone")),
        "told_events": told,
    }
    title = say("job.title", number=number)
    return page(request, "job.html", title=title, number=number, block=block, now=now, **facts)


def _there(found: Reading, number: int) -> JobHead | None:
    """What the job contract says now; none where it cannot be read."""
    try:
        return found.market.jobs.told(number)
    except InvalidInput:
        return None


def _spec(parts: JobParts) -> CommissionSpec | None:
    content = parts.spec.content if parts.spec is not None else None
    try:
        return CommissionSpec.model_validate(content, strict=False) if content else None
    except ValidationError:
        return None
