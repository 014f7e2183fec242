"""Drawing up an agreement from a template with the names and numbers of a deal; all of its text is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from assay.errors import InvalidInput, ManifestError, StoreError
from assay.manifests import Agreement, CommissionSpec, DatasetManifest
from assay.markets.templates import agreement_templates, template_domains, write_agreement
from assay_web.acts import Act, Field
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.safe_text import name as line
from assay_web.sentences import say

router = APIRouter()
_MOST_CHARACTERS = 400
_FILLED_IN = "chain"
"""Asked for by each template, and known."""


@router.get("/agreements/new")
def new(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    template: Annotated[str, Query(max_length=40)] = "nda",
    domain: Annotated[str, Query(max_length=40)] = "",
    deal: Annotated[int | None, Query(ge=1, lt=2**48)] = None,
) -> HTMLResponse:
    """A template to fill in; once it is, the whole text, and what can be done with it."""
    templates = agreement_templates()
    template = template if template in templates else "nda"
    asked = [one for one in templates[template] if one != _FILLED_IN]
    known, its_domain = _of_deal(found, deal) if deal is not None else ({}, "")
    given = {one: request.query_params.get(one, "").strip()[:_MOST_CHARACTERS] for one in asked}
    written, problem = None, None
    if any(given.values()):
        try:
            chain_id = found.deployment.chain_id
            written = write_agreement(template, given, chain_id=chain_id, domain=domain or None)
        except InvalidInput as error:
            problem = str(error)
    facts: dict[str, Any] = {
        "template": template,
        "templates": {one: say(f"drawing.{one.replace('-', '_')}") for one in templates},
        "domain": domain or its_domain,
        "domains": template_domains(),
        "deal": deal,
        "values": given if any(given.values()) else {one: known.get(one, "") for one in asked},
        "agreement": written,
        "problem": problem,
        "acts": list(_acts(found, written, domain or its_domain)),
    }
    return page(request, "drawing_up.html", title=say("drawing.title"), **facts)


def _of_deal(found: Reading, number: int) -> tuple[Mapping[str, str], str]:
    """What templates ask for, as a commission has it, and its domain."""
    deal = found.market.commissions.get(number)
    with from_storage():
        try:
            session = found.market.session
            spec = session.fetch(deal.request.spec, CommissionSpec)
            dataset = session.fetch(deal.request.dataset, DatasetManifest)
        except (StoreError, ManifestError):
            return {}, ""
    token = found.token(deal.request.token)
    known = {
        "discloser": deal.customer,
        "owner": deal.customer,
        "dataset": line(dataset.name),
        "subject": say("drawing.subject", number=number, dataset=line(dataset.name)).unescape(),
        "purpose": say("drawing.purpose", number=number, title=line(spec.title)).unescape(),
        "penalty": token.format(deal.price or deal.request.reserve),
    }
    return known, found.market.policy.domain_name(deal.request.domain)


def _acts(found: Reading, written: Agreement | None, domain: str) -> Iterator[Act]:
    """Of the text that was written; else of one of somebody's own."""
    text: tuple[Field, ...] = ()
    facts: dict[str, Any] = {"token": found.deployment.tokens.payment}
    if written is None:
        text = (Field("text_title"), Field("text", "file"))
    else:
        facts["agreement"] = written.model_dump(mode="json")
    ways = tuple((one, say(f"drawing.way_{one}")) for one in ("sign", "publish"))
    yield Act("draw_up", "draw-up", facts, (*text, Field("way", "choice", choices=ways)))
    with found.index.view() as view:
        domains = sorted(view.names("domain").items(), key=lambda one: one[1])
    likely = next((str(number) for number, name in domains if name == domain), "")
    bond = (
        Field("pledge_bond", "amount"),
        Field("breach_days", "number", "365"),
        Field("experts", "choice", likely, choices=tuple((str(number), name) for number, name in domains)),
    )
    yield Act("draw_up_bond", "draw-up", facts | {"bonded": True}, (*text, *bond))
