"""A proposal to change the rules: what it would do, how its vote stands, and what follows it; a new one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from assay_indexer.tables import Proposal
from assay_web import governance_acts
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say
from assay_web.stories import story

router = APIRouter()
Identifier = Annotated[str, Path(pattern=r"^[1-9][0-9]{0,77}$")]


@router.get("/proposals/new")
def new_proposal(request: Request) -> HTMLResponse:
    """The form."""
    return page(request, "proposal_new.html", title=say("proposal.new_title"), act=governance_acts.propose())


@router.get("/proposals/{identifier}")
def proposal(
    request: Request, identifier: Identifier, found: Annotated[Reading, Depends(reading)]
) -> HTMLResponse:
    """A proposal, by the governor's id; its changes in words are read from the chain."""
    with found.index.view() as view:
        if view.get(Proposal, identifier) is None:
            raise HTTPException(404)
        told = story(view, "proposal", identifier)
        block, now = view.block, view.at
    governance = found.market.governance
    standing = governance.get(governance.number_of(int(identifier)))
    facts: dict[str, Any] = {
        "proposal": standing,
        "acts": list(governance_acts.of_proposal(standing, now)),
        "told_events": told,
    }
    title = say("proposal.title", number=standing.number)
    return page(request, "proposal.html", title=title, block=block, now=now, **facts)
