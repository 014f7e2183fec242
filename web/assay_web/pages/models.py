"""One model: its card, scores with their test, audits, lineage, and the check against the chain."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from assay.dossier.hub import Benchmark, Result, eval_results
from assay.errors import AssayError
from assay.manifests import CommissionSpec, ModelManifest
from assay.manifests.evaluation import Metric
from assay.markets.validations import CONTRACT as VALIDATIONS
from assay_indexer.parts import ModelParts, model_parts
from assay_indexer.prices import Prices, like_offers
from assay_indexer.queries import View
from assay_indexer.tables import Good, LicenceAuction, Listing, TrialAllowance
from assay_web import hub, lineage_acts, selling_acts
from assay_web.pictures.lineage import lineage
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.safe_text import name
from assay_web.sentences import say
from assay_web.verifying import checks

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/models/{number}")
def model(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A model's page."""
    with found.index.view() as view:
        parts = model_parts(view, number)
        if parts is None:
            raise HTTPException(404)
        card = _card(parts)
        spec = view.manifests([deal.spec for deal in parts.deals][:1])
        relatives = view.manifests(
            sorted({one.ref for one in parts.ancestors} | {one.manifest for one in parts.descendants})
        )
        digests = [one.manifest for one in parts.versions]
        offers = [one for one in parts.offers if not one.withdrawn]
        tried = {one.offer_id: one for one in view.all(TrialAllowance, offer_id=[one.id for one in offers])}
        auctions = [one for one in view.all(LicenceAuction, good=digests) if one.closed_at is None]
        goods = {one.digest: one.reservation for one in view.all(Good, digest=digests)}
        listing = view.all(Listing, kind="model", key=parts.model.manifest or "")
        like = _like(view, found, listing)
        scores = hub.results(view, parts, found.deployment.chain_id, "")
        block, now, places = view.block, view.at, view.names("jurisdiction")
        accepted = found.accepted(view)
    names = {one.digest: name(str((one.content or {}).get("name", "")), most=24) for one in relatives}
    title = name(card.name) if card else say("model.title", number=number)
    metric = _metric(spec[0].content if spec and spec[0].content else {})
    picture = lineage(title, parts.ancestors, parts.descendants, names)
    facts: dict[str, Any] = {
        "parts": parts,
        "card": card,
        "metric": metric,
        "scores": scores,
        "picture": picture,
        "offers": offers,
        "tried": tried,
        "reservations": goods,
        "auctions": auctions,
        "like": like,
        "registry": found.deployment.contracts.get(VALIDATIONS),
        "acts": [
            selling_acts.offer(digests[0], parts.model.owner, accepted, places, ordered=bool(parts.deals)),
            *lineage_acts.of_owner(parts, [one for one in digests if one in goods], accepted),
        ],
        "block": block,
        "now": now,
    }
    used = {one.token for one in parts.deals} | {one.token for one in offers}
    used |= {one.token for one in auctions} | {one.token for one in parts.lineage_terms}
    used |= {like.token} if like else set()
    tokens = {one: found.token(one) for one in used}
    return page(request, "model.html", title=title, number=number, tokens=tokens, checks=None, **facts)


@router.get("/models/{number}/verify")
def verify(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """What this market's pages say of a model, held against the chain and storage now."""
    with found.index.view() as view:
        parts = model_parts(view, number)
        if parts is None:
            raise HTTPException(404)
    with from_storage():
        made = list(checks(found, parts))
    return page(request, "verify.html", title=say("verify.title", number=number), number=number, checks=made)


@router.get("/models/{number}/validations")
def validations(
    request: Request, number: Number, found: Annotated[Reading, Depends(reading)]
) -> HTMLResponse:
    """What a reader of ERC-8004 is told of a model now, read from the chain as such a reader does."""
    with found.index.view() as view:
        if model_parts(view, number) is None:
            raise HTTPException(404)
    read = found.market.models.validations(number)
    title = say("validations.title")
    return page(request, "validations.html", title=title, number=number, read=read, nul=b"\0")


def _like(view: View, found: Reading, listed: list[Listing]) -> Prices | None:
    """What models like this one cost, in the token that it is sold in or else in the market's own."""
    if not listed:
        return None
    one = listed[0]
    token = one.token or found.deployment.tokens.payment
    return like_offers(view, one.task, one.domain, token, but=one.key)


@router.get("/models/{number}/card")
def hub_card(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> Response:
    """The model card for the Hugging Face Hub."""
    with found.index.view() as view:
        parts, scores = _scored(view, request, number, found)
        text = hub.card(view, parts, _card(parts), scores)
    return _file(text, "README.md", "text/markdown")


@router.get("/models/{number}/eval-results")
def hub_results(
    request: Request,
    number: Number,
    found: Annotated[Reading, Depends(reading)],
    benchmark: Annotated[str, Query(max_length=200)],
    task: Annotated[str, Query(max_length=100)] = "default",
    test_set: Annotated[int, Query(ge=0, lt=2**32)] = 0,
) -> Response:
    """A score for the Hub's benchmark, a file of the folder `.eval_results/`."""
    listed = Benchmark.parse(benchmark, task)
    with found.index.view() as view:
        _, scores = _scored(view, request, number, found)
    chosen = [one for one in scores if one.test_set == test_set]
    if not chosen:
        raise HTTPException(404)
    return _file(eval_results(chosen[0], listed), "assay.yaml", "application/yaml")


def _scored(view: View, request: Request, number: int, found: Reading) -> tuple[ModelParts, list[Result]]:
    parts = model_parts(view, number)
    if parts is None:
        raise HTTPException(404)
    host = request.headers.get("host", "")
    origin = next(one for one in found.settings.origins if urlsplit(one).netloc == host)
    return parts, hub.results(view, parts, found.deployment.chain_id, f"{origin}/models/{number}")


def _file(text: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=media_type, headers=headers)


def _card(parts: ModelParts) -> ModelManifest | None:
    content = next((one.content for one in parts.manifests if one.digest == parts.model.manifest), None)
    try:
        return ModelManifest.model_validate(content, strict=False) if content else None
    except (AssayError, ValidationError):
        return None


def _metric(spec: dict[str, object]) -> Metric | None:
    try:
        return CommissionSpec.model_validate(spec, strict=False).evaluation.metric
    except ValidationError:
        return None
