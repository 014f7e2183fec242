"""Submitting a model: its manifest is written here from the card; the page compares it and publishes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assay.errors import AssayError
from assay.manifests import CommissionSpec, ModelManifest, Part, SealedArtifact, Watermark
from assay.manifests.model import Tensors
from assay.markets.lineage import stated_complete
from assay.markets.model_card import ModelCard, manifest_of
from assay.markets.restrictions import require_kept
from assay.markets.versions import with_previous
from assay_web.intake import INTAKE
from assay_web.json_text import Document, document_in
from assay_web.reading import Reading, from_storage, reading

router = APIRouter()


class Graph(Part):
    """What the page has read in the model's file."""

    opset: Annotated[int, Field(ge=1, le=1000)]
    inputs: Tensors
    outputs: Tensors


class Sealed(BaseModel):
    """A model that is sealed in a browser.

    Attributes:
        commission: for which it is submitted; none where it is for a job, or published to be assessed first.
        graph, watermark: as JSON, for their strict readers.
    """

    model_config = ConfigDict(extra="forbid")

    commission: Annotated[int, Field(ge=1, lt=2**48)] | None
    card: Document
    graph: Document
    artifact: SealedArtifact
    watermark: Document | None = None


@router.post("/models/draft")
def draft(request: Request, sealed: Sealed, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """The manifest of a sealed model; nothing is stored."""
    INTAKE.count(request, len(sealed.card))
    try:
        manifest = _manifest(found, sealed).to_bytes().decode()
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse({"manifest": manifest})


def _manifest(found: Reading, sealed: Sealed) -> ModelManifest:
    card, graph = document_in(sealed.card, ModelCard), document_in(sealed.graph, Graph)
    mark = document_in(sealed.watermark, Watermark) if sealed.watermark is not None else None
    lineage, session = stated_complete(card.lineage), found.market.session
    with from_storage():
        require_kept(session, card.licence, lineage.parents)
        maintains = _maintained(found, sealed.commission) if sealed.commission is not None else None
    whole = with_previous(card.model_copy(update={"lineage": lineage}), maintains)
    declared = {name: getattr(card, name) or getattr(graph, name) for name in Graph.model_fields}
    return manifest_of(whole, declared, sealed.artifact, lineage=whole.lineage, watermark=mark)


def _maintained(found: Reading, number: int) -> str | None:
    """The model whose next version a commission orders."""
    spec = found.market.commissions.get(number).request.spec
    return found.market.session.fetch(spec, CommissionSpec).maintains
