"""The rules that apply to what is opened now, in words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from assay.governance.rules import rules_now
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()


@router.get("/rules")
def rules(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """Every rule, from Policy itself."""
    market = found.market
    head = market.session.connection.block_number()
    rows = list(rules_now(market.governance.words))
    return page(request, "rules.html", title=say("rules.title"), rules=rows, block=head)
