"""Claims that a model was made from another one and does not say so: all of them, one, and its watermark."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import ValidationError
from sqlalchemy import or_, select
from starlette.concurrency import run_in_threadpool

from assay.errors import AssayError
from assay.manifests import LineageEvidence
from assay.manifests.trigger_set import WatermarkClaim
from assay.store.cid import Cid, unixfs_cid
from assay_indexer.queries import View
from assay_indexer.tables import Dispute, LineageClaim, LineageTerms, Manifest, Version
from assay_web import lineage_acts
from assay_web.intake import INTAKE
from assay_web.lineage_duties import MARKET, claim_duty, owner_of
from assay_web.pages.lists import PageNumber, models_of
from assay_web.pictures.states import state_line
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.safe_text import name
from assay_web.sentences import say
from assay_web.stories import reached, story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
ModelNumber = Annotated[int | None, Query(ge=1, lt=2**63)]
_PAGE = 50
_LINE = ("claimed", "challenge", "upheld")
_ENDS = ("upheld", "refused", "undecided")
_MOST_BYTES = 16 << 20
"""Of a watermark that pages take and hand out; the commands take larger ones."""


@dataclass(frozen=True)
class Found:
    """A page of claims."""

    rows: list[LineageClaim]
    more: bool
    number: int


@router.get("/lineage-claims")
def claims(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    model: ModelNumber = None,
    number: PageNumber = 1,
) -> HTMLResponse:
    """Claims, the newest first: all, or those by and about a model."""
    with found.index.view() as view:
        table: Any = view.rows(LineageClaim)
        asked = select(table).order_by(table.id.desc())
        if model is not None:
            digests = [one.manifest for one in view.all(Version, model_id=model)]
            asked = asked.where(or_(table.child.in_(digests), table.parent.in_(digests)))
        rows = list(view.page(asked, (number - 1) * _PAGE, _PAGE + 1).items)
        shown = Found(rows[:_PAGE], len(rows) > _PAGE, number)
        names, ids = _named(view, [one for row in shown.rows for one in (row.parent, row.child)])
        block, now = view.block, view.at
    facts: dict[str, Any] = {
        "found": shown,
        "names": names,
        "ids": ids,
        "tokens": {one.token: found.token(one.token) for one in shown.rows},
        "asked": {"model": model} if model is not None else {},
    }
    title = say("lineage.list_title")
    return page(request, "lineage_claims.html", title=title, block=block, now=now, **facts)


@router.get("/lineage-claims/{number}")
def claim(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A claim: what both sides say, how it stands, and what can be done."""
    with found.index.view() as view:
        row = view.get(LineageClaim, number)
        if row is None:
            raise HTTPException(404)
        names, ids = _named(view, [row.parent, row.child])
        said = [(digest, view.manifest(digest)) for digest in (row.evidence, row.answer) if digest]
        terms = view.get(LineageTerms, row.parent)
        disputes = view.all(Dispute, market=MARKET, deal_id=number)
        owner = owner_of(view, row)
        told, times = story(view, "deal", f"{MARKET}/{number}"), reached(view, MARKET, number)
        block, now = view.block, view.at
    chain = found.market.lineage_claims.claim_of(number)
    facts: dict[str, Any] = {
        "claim": row,
        "state": chain.state.words,
        "names": names,
        "ids": ids,
        "sides": [(digest, _evidence(found, row, manifest)) for digest, manifest in said],
        "terms": terms,
        "disputes": disputes,
        "owner": owner,
        "token": found.token(row.token),
        "line": state_line(_LINE, times, chain.state.words, chain.deadline, now, ends=_ENDS),
        "duty": claim_duty(found, number, chain, owner, now),
        "acts": list(lineage_acts.of_claim(found, number, chain, owner, now)),
        "told_events": told,
    }
    title = say("lineage.claim_title", number=number)
    return page(request, "lineage_claim.html", title=title, number=number, block=block, now=now, **facts)


@router.get("/lineage-claims/{number}/watermark")
def watermark(number: Number, found: Annotated[Reading, Depends(reading)]) -> Response:
    """The watermark that a claimant shows, for `assay model claim check`."""
    with found.index.view() as view:
        row = view.get(LineageClaim, number)
        said = _evidence(found, row, view.manifest(row.evidence)) if row else None
    if said is None or said.watermark is None:
        raise HTTPException(404)
    with from_storage():
        pieces = found.market.session.store.get(Cid.parse(said.watermark), max_bytes=_MOST_BYTES)
        content = b"".join(pieces)
    if not _is_watermark(content):
        raise HTTPException(404)
    headers = {"Content-Disposition": f'attachment; filename="watermark-{number}.json"'}
    return Response(content, media_type="application/json", headers=headers)


@router.post("/watermarks")
async def keep_watermark(
    request: Request,
    cid: Annotated[str, Query(pattern=r"^baf[a-z2-7]{56}$")],
    found: Annotated[Reading, Depends(reading)],
) -> JSONResponse:
    """Keep the watermark that a claimant shows; it has to be the file with this CID."""
    with tempfile.SpooledTemporaryFile(max_size=_MOST_BYTES) as file:
        await INTAKE.take(request, file, most=_MOST_BYTES)
        content = file.read()

    def keep() -> JSONResponse:
        try:
            with from_storage():
                if not _is_watermark(content) or unixfs_cid([content]) != Cid.parse(cid):
                    return JSONResponse({"text": say("lineage.no_watermark").unescape()}, status_code=422)
                kept = found.market.session.store.put([content], expected=Cid.parse(cid))
        except AssayError as error:
            return JSONResponse({"text": str(error)}, status_code=422)
        return JSONResponse({"cid": str(kept)})

    return await run_in_threadpool(keep)


def _is_watermark(content: bytes) -> bool:
    try:
        WatermarkClaim.model_validate_json(content)
    except ValidationError:
        return False
    return True


def _named(view: View, digests: list[str]) -> tuple[dict[str, str], dict[str, int]]:
    """What models are called, and their numbers, by digests of manifests."""
    documents = {one.digest: one.content or {} for one in view.manifests(sorted(set(digests)))}
    ids = models_of(view, digests)
    unnamed = say("goods.unnamed")
    names = {
        one: name(str(documents[one]["name"])) if documents.get(one, {}).get("name") else unnamed
        for one in digests
    }
    return names, ids


def _evidence(found: Reading, row: LineageClaim, manifest: Manifest | None) -> LineageEvidence | None:
    """What a side says, where it is about these models and can be read."""
    content = manifest.content if manifest is not None else None
    if not content:
        return None
    try:
        said = LineageEvidence.model_validate_json(json.dumps(content))
    except ValidationError:
        return None
    about = (said.chain_id, said.parent, said.child)
    return said if about == (found.deployment.chain_id, row.parent, row.child) else None
