"""One deal: its states as a line, its money, its bids, what each validator said, and what can be done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from assay_indexer.prices import Prices, like_orders
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.tables import Listing
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
    reached = {state.words: at for state, at in deal.reached.items()}
    states = [state.words for state in LINE]
    line = state_line(states, reached, present.state.words, present.deadline, deal.now)
    title = name(deal.title) or say("deal.title", number=number)
    like = _like(found, number, present.request.token)
    return page(request, "deal.html", title=title, deal=deal, line=line, like=like, now=deal.now)


def _like(found: Reading, number: int, token: str) -> Prices | None:
    """What orders like this one cost; none as long as the index does not have it."""
    with found.index.view() as view:
        listed = view.all(Listing, kind="order", key=f"{MARKET}/{number}")
        return like_orders(view, listed[0].task, listed[0].domain, token, but=number) if listed else None
