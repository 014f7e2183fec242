"""An opinion: whom somebody asked what, how it stands, and what can be done about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from assay_indexer.tables import Deal, Opinion
from assay_web import opinion_acts
from assay_web.duties import opinion_duty
from assay_web.reading import Reading, reading
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
