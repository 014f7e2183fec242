"""One deal: its states as a line, its money, its bids, what each validator said, and what can be done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from assay_web.deals import LINE, read_deal
from assay_web.pictures.states import state_line
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.safe_text import name
from assay_web.sentences import say

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**96)]


@router.get("/deals/{number}")
def deal(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A commission's page."""
    deal = read_deal(found, number)
    present = deal.commission
    line = state_line(LINE, deal.reached, present.state, present.deadline, deal.now)
    title = name(deal.title) or say("deal.title", number=number)
    return page(request, "deal.html", title=title, deal=deal, line=line, now=deal.now)
