"""A trial: a licence that is bought if the model passes on the buyer's own hidden data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from assay.manifests import CommissionSpec
from assay_indexer.parts import DealParts, deal_parts
from assay_web import licence_acts
from assay_web.goods_duties import trial_duty
from assay_web.pictures.states import state_line
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say
from assay_web.stories import reached, story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
_LINE = ("judging", "delivering", "challenge", "sold")


@router.get("/trials/{number}")
def trial(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A trial's page."""
    with found.index.view() as view:
        parts = deal_parts(view, "Trials", number)
        if parts is None:
            raise HTTPException(404)
        model = view.manifest(parts.deal.manifest)
        told = story(view, "deal", f"Trials/{number}")
        times = reached(view, "Trials", number)
        block, now = view.block, view.at
    deal, duty = parts.deal, trial_duty(found, parts.deal, found.market.trials.next_step(number))
    line = state_line(_LINE, times, deal.state, deal.deadline, now, ends=("sold", "refunded"))
    chain = found.market.trials.get(number)
    facts: dict[str, Any] = {
        "parts": parts,
        "deal": deal,
        "model": model,
        "spec": _spec(parts),
        "token": found.token(deal.token),
        "locked": sum(one.amount for one in parts.holds),
        "line": line,
        "duty": duty,
        "acts": list(licence_acts.of_trial(number, chain, now, anyone=duty.who == "anyone")),
        "told_events": told,
    }
    title = say("trial.title", number=number)
    return page(request, "trial.html", title=title, number=number, block=block, now=now, **facts)


def _spec(parts: DealParts) -> CommissionSpec | None:
    content = parts.spec.content if parts.spec is not None else None
    try:
        return CommissionSpec.model_validate(content, strict=False) if content else None
    except ValidationError:
        return None
