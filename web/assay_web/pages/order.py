"""Ordering a model: the order is checked and published here, its data is sealed in the browser."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

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


class Tried(Asked):
    """An order for a trial: only what it says of data and score counts."""

    offer: Annotated[int, Field(ge=1, lt=2**48)]


class TriedDraft(Drafted, Tried):
    """The same once its data is sealed."""


@router.post("/trials/check")
def check_trial(tried: Tried, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """What is wrong with an order for a trial, or what the trial would lock; nothing is stored."""
    try:
        order = read_order(tried.order)
        request = found.market.trials.request(tried.offer, order, _ANY_DIGEST, _ANY_DIGEST)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse(checked(order, request.max_total, request.terms.offer.token))


@router.post("/trials/draft")
def draft_trial(
    request: Request, drafted: TriedDraft, found: Annotated[Reading, Depends(reading)]
) -> JSONResponse:
    """Publish the manifests of a trial whose data is sealed; what the page has to check and to sign."""
    INTAKE.count(request, len(drafted.order))
    try:
        order = read_order(drafted.order)
        spec, dataset = published(found, order, drafted)
        terms = found.market.trials.request(drafted.offer, order, spec, dataset)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse({"request": plain(terms.to_abi())})


@router.get("/order")
def new_order(request: Request) -> HTMLResponse:
    """The form."""
    fields = (Written("order", "file"), Written("data", "file"))
    return page(request, "order.html", title=say("order.title"), act=Act("order", "order", {}, fields))


@router.post("/order/check")
def check(asked: Asked, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """What is wrong with an order, or what it would lock; nothing is stored."""
    try:
        order = read_order(asked.order)
        terms = _terms(found, order, asked.account, _ANY_DIGEST, _ANY_DIGEST)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse(checked(order, terms.max_total, terms.token))


@router.post("/order/draft")
def draft(request: Request, drafted: Drafted, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Publish the manifests of an order whose data is sealed; what the page has to check and to sign."""
    INTAKE.count(request, len(drafted.order))
    try:
        order = read_order(drafted.order)
        terms = _terms(found, order, drafted.account, *published(found, order, drafted))
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    return JSONResponse({"request": plain(terms.to_abi()), "bidding_seconds": order.bidding_seconds})


def checked(order: Order, total: int, token: str) -> dict[str, Any]:
    """What the page checks the data by, and what would be locked."""
    data = order.evaluation.data
    return {
        "total": str(total),
        "token": token,
        "format": data.format,
        "csv": data.csv.model_dump(mode="json") if data.format == "csv" else None,
        "columns": [one.name for one in order.dataset.columns],
        "rows": order.dataset.counts.rows,
        "title": order.title,
    }


def published(found: Reading, order: Order, drafted: Drafted) -> tuple[bytes, bytes]:
    """The digests of the order's spec and dataset, whose data is sealed."""
    session = found.market.session
    dataset = session.publish(order.dataset_manifest(drafted.artifact))
    point = Point.parse(drafted.delivery_key)
    return session.publish(order.spec(dataset, bytes.fromhex(drafted.customer_key), point)), dataset


def read_order(text: str) -> Order:
    """The order as it was written; raises :class:`InvalidInput` with all that is wrong."""
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
