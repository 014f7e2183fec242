"""Agreements: the text as people read it, who has signed it, and the bonds behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from assay.errors import ManifestError, StoreError
from assay.manifests import Agreement
from assay.structs import PledgeState, views
from assay_indexer.agreements import AgreementParts, agreement
from assay_indexer.tables import Manifest, Pledge
from assay_web import licence_acts
from assay_web.acts import Act
from assay_web.goods_duties import pledge_duty
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.safe_text import name as line
from assay_web.sentences import say
from assay_web.stories import story

router = APIRouter()
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]
_SHOWN = 100
"""Signatures, or pledges, of which there may be many more."""


@router.get("/agreements/{digest}")
def one(
    request: Request,
    digest: Digest,
    found: Annotated[Reading, Depends(reading)],
    number: Annotated[int | None, Query(alias="pledge", ge=1, lt=2**63)] = None,
) -> HTMLResponse:
    """An agreement, by the digest of its text or by its keeper's name for it.

    Args:
        number: of a pledge, of which it is shown what can be done.
    """
    with found.index.view() as view:
        parts = agreement(view, digest) or AgreementParts(None, None, (), (), (), ())
        told = story(view, "agreement", digest)
        chosen = view.get(Pledge, number) if number is not None else None
        if number is not None and (chosen is None or chosen.agreement != digest):
            raise HTTPException(404)
        pledges = [chosen] if chosen is not None else parts.pledges[:_SHOWN]
        duties = {pledge.id: pledge_duty(found, view, pledge) for pledge in pledges}
        block, now = view.block, view.at
    known = any((parts.kept, parts.text, parts.signatures, parts.offers))
    kept, text = parts.kept, _text(parts.text) if known else _published(found, digest)
    if not known and text is None:
        raise HTTPException(404)
    used = {one.token for one in parts.offers} | ({kept.token} if kept is not None and kept.token else set())
    facts: dict[str, Any] = {
        "parts": parts,
        "text": text,
        "pledges": pledges,
        "signatures": parts.signatures[:_SHOWN],
        "duties": duties,
        "acts": list(_acts(found, digest, parts, text, chosen, now)),
        "tokens": {one: found.token(one) for one in used},
        "told_events": told,
    }
    title = line(text.title) if text is not None else say("agreement.title", digest=digest[:10])
    return page(request, "agreement.html", title=title, digest=digest, block=block, now=now, **facts)


@router.get("/pledges/{number}")
def pledge(number: Number, found: Annotated[Reading, Depends(reading)]) -> RedirectResponse:
    """A bond, which is shown with its agreement."""
    with found.index.view() as view:
        row = view.get(Pledge, number)
    if row is None:
        raise HTTPException(404)
    return RedirectResponse(f"/agreements/{row.agreement}?pledge={number}", status_code=303)


def _acts(
    found: Reading,
    digest: str,
    parts: AgreementParts,
    text: Agreement | None,
    pledge: Pledge | None,
    now: int,
) -> Iterator[Act]:
    """Of one pledge at most: each takes a question to the chain, and there may be a thousand."""
    kept = parts.kept
    if kept is None:
        if text is not None:  # nobody signs what cannot be read
            yield licence_acts.sign(digest)
            yield licence_acts.sign_to(digest)
            yield licence_acts.record(digest)
        return
    if kept.token is None or kept.bond is None or kept.beneficiary is None:
        return
    yield licence_acts.pledge(found, digest, kept.token, kept.bond)
    if pledge is None or pledge.state != PledgeState.PLEDGED.words:
        return
    if now >= pledge.deadline:
        yield licence_acts.release(pledge.id)
    else:
        fee = _jury_fee(found, pledge.id)
        yield licence_acts.accuse(found, pledge.id, kept.beneficiary, kept.token, fee)


def _jury_fee(found: Reading, number: int) -> int:
    terms = found.market.session.view(views.pledges.deal_of(number))
    return found.market.court.jury_fee(terms.fee, 0)


def _text(manifest: Manifest | None) -> Agreement | None:
    content = manifest.content if manifest is not None else None
    try:
        return Agreement.model_validate(content, strict=False) if content else None
    except ValidationError:
        return None


def _published(found: Reading, digest: str) -> Agreement | None:
    """A text that somebody has published and nobody has signed yet, so that the index does not know of it."""
    try:
        with from_storage():
            return found.market.agreements.get(bytes.fromhex(digest))
    except (StoreError, ManifestError):
        return None
