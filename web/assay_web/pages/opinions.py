"""An opinion: whom somebody asked what, how it stands, and what can be done about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assay.errors import AssayError
from assay.manifests import Assessment
from assay.manifests.fields import Address
from assay_indexer.tables import Deal, Opinion
from assay_web import opinion_acts
from assay_web.duties import opinion_duty
from assay_web.intake import INTAKE
from assay_web.json_text import Document, document_in
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.sentences import say
from assay_web.stories import story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/opinions/{number}")
def opinion(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """An opinion's page."""
    with found.index.view() as view:
        one = view.get(Opinion, number)
        if one is None:
            raise HTTPException(404)
        deal = view.get(Deal, one.market, one.deal_id)
        told = story(view, "opinion", number)
        block, now = view.block, view.at
    facts: dict[str, Any] = {
        "opinion": one,
        "deal": deal,
        "token": found.token(one.token),
        "duty": opinion_duty(found, one, now),
        "acts": list(opinion_acts.of_opinion(one, deal, now)),
        "told_events": told,
    }
    title = say("opinion.title", number=number)
    return page(request, "opinion.html", title=title, number=number, block=block, now=now, **facts)


class Opined(BaseModel):
    """What an auditor wants to post."""

    model_config = ConfigDict(extra="forbid")

    opinion: Annotated[int, Field(ge=1, lt=2**63)]
    account: Address
    approve: bool
    assessment: Document


@router.post("/opinions/draft")
def draft(request: Request, said: Opined, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """The report of an opinion, which the page compares and publishes; nothing is stored."""
    INTAKE.count(request, len(said.assessment))
    try:
        assessment = document_in(said.assessment, Assessment)
        with from_storage():
            report = found.market.opinions.draft(said.opinion, said.approve, assessment, auditor=said.account)
        text = report.to_bytes().decode()
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse({"report": text})
