"""Enrolling a job of another contract: Assay tests what its provider makes, on the client's hidden data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import Field

from assay.errors import AssayError
from assay.manifests.fields import Address, Uint256
from assay.structs import JobTerms
from assay_web.acts import Act, plain
from assay_web.acts import Field as Written
from assay_web.intake import INTAKE
from assay_web.pages.order import Asked, Drafted, checked, published, read_order
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()


class Wanted(Asked):
    """An order for a job: only what it says of data and score counts."""

    contract: Address
    job: Uint256
    seats: Annotated[int, Field(ge=3, le=31)]


class WantedDraft(Drafted, Wanted):
    """The same once its data is sealed."""


@router.get("/jobs/new")
def new_job(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """The form, and what a job has to look like."""
    fields = (
        Written("job_contract"),
        Written("job_number"),
        Written("order", "file"),
        Written("data", "file"),
        Written("panel_seats", "number", "3"),
    )
    jobs = found.market.jobs
    facts = {
        "evaluator": jobs.evaluator,
        "earliest": jobs.earliest_expiry(),
        "now": found.market.session.now(),
    }
    act = Act("enrol_job", "order", {"job": True}, fields)
    return page(request, "job_new.html", title=say("job.new_title"), act=act, **facts)


@router.post("/jobs/check")
def check_job(wanted: Wanted, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """What is wrong with an order for a job, or what its panel would cost; nothing is stored."""
    try:
        order = read_order(wanted.order)
        terms = found.market.jobs.terms(order, seats=wanted.seats)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse(checked(order, terms.max_total, terms.token))


@router.post("/jobs/draft")
def draft_job(
    request: Request, drafted: WantedDraft, found: Annotated[Reading, Depends(reading)]
) -> JSONResponse:
    """Publish the manifests of a job whose data is sealed; what the page has to check and to sign."""
    INTAKE.count(request, len(drafted.order))
    try:
        order = read_order(drafted.order)
        terms: JobTerms = found.market.jobs.terms(order, seats=drafted.seats)
        spec, dataset = published(found, order, drafted)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse(
        {"request": plain(terms.model_copy(update={"spec": spec, "dataset": dataset}).to_abi())}
    )
