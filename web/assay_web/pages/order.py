"""Ordering a model: the order is checked and published here, its data is sealed in the browser."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assay.errors import AssayError, ContractError, InvalidInput
from assay.manifests import SealedArtifact
from assay.manifests.commission import DeliveryPoint
from assay.manifests.fields import Address, Digest
from assay.markets.draft import fee_named, request_of
from assay.markets.order import Order
from assay.markets.order_file import load_written
from assay.structs import Request as Terms
from assay.structs import views
from assay.wallet.secp256k1 import Point
from assay_web.acts import Act, plain
from assay_web.acts import Field as Written
from assay_web.intake import INTAKE
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()
_ANY_DIGEST = b"\x01" * 32
OrderText = Annotated[str, Field(max_length=1_000_000)]


class Asked(BaseModel):
    """An order as somebody has written it."""

    model_config = ConfigDict(extra="forbid")

    order: OrderText
    account: Address


class Drafted(Asked):
    """The same once its data is sealed."""

    artifact: SealedArtifact
    customer_key: Digest
    delivery_key: DeliveryPoint


@router.get("/order")
def new_order(request: Request) -> HTMLResponse:
    """The form."""
    fields = (Written("order", "file"), Written("data", "file"))
    return page(request, "order.html", title=say("order.title"), act=Act("order", "order", {}, fields))


@router.post("/order/check")
def check(asked: Asked, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """What is wrong with an order, or what it would lock; nothing is stored."""
    try:
        order = _read(asked.order)
        terms = _terms(found, order, asked.account, _ANY_DIGEST, _ANY_DIGEST)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    data = order.evaluation.data
    columns = [one.name for one in order.dataset.columns]
    return JSONResponse(
        {
            "total": str(terms.max_total),
            "token": terms.token,
            "format": data.format,
            "csv": data.csv.model_dump(mode="json") if data.format == "csv" else None,
            "columns": columns,
            "rows": order.dataset.counts.rows,
            "title": order.title,
        }
    )


@router.post("/order/draft")
def draft(request: Request, drafted: Drafted, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Publish the manifests of an order whose data is sealed; what the page has to check and to sign."""
    INTAKE.count(request, len(drafted.order))
    try:
        order, session = _read(drafted.order), found.market.session
        dataset = order.dataset_manifest(drafted.artifact)
        dataset_digest = session.publish(dataset)
        point = Point.parse(drafted.delivery_key)
        spec = order.spec(dataset_digest, bytes.fromhex(drafted.customer_key), point)
        terms = _terms(found, order, drafted.account, session.publish(spec), dataset_digest)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse({"request": plain(terms.to_abi()), "bidding_seconds": order.bidding_seconds})


def _read(text: str) -> Order:
    with tempfile.TemporaryDirectory(prefix="assay-web-") as folder:
        path = Path(folder) / "order.json"
        path.write_text(text)
        try:
            return load_written(path, Order)
        except InvalidInput as error:
            raise InvalidInput(error.message.replace(str(path), "The order"), hint=error.hint) from None


def _terms(found: Reading, order: Order, account: str, spec: bytes, dataset: bytes) -> Terms:
    """What the chain is asked for, with the most that it may take, as the market quotes it."""
    market, session = found.market, found.market.session
    token, domain = market.escrow.token(order.token), market.policy.domain_id(order.domain)
    terms = request_of(order, spec, dataset, token=token, domain=domain, now=session.now())
    try:
        total = session.view(views.commission_lens.quote(terms, account))
    except ContractError as error:
        raise fee_named(error, terms, token) from error
    return terms.model_copy(update={"max_total": total})
