"""Saved searches, and feeds of what searches find."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi import Query as Parameters
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from assay_indexer.api.asked import MISSING, Now
from assay_indexer.api.feed import ATOM, atom
from assay_indexer.api.limits import Allowance, client_of
from assay_indexer.queries import View
from assay_indexer.saved import forget, save, saved_query
from assay_indexer.search import Query, search
from assay_indexer.webhooks import HostRefusedError, WebhookError, checked

router = APIRouter(prefix="/v1")
_PAGE = 50
_WEBHOOK = r"^https://([a-z0-9]{1,30}(-[a-z0-9]{1,30})?\.){1,4}[a-z]{2,20}(/[A-Za-z0-9._~/-]*)?$"
"""What is surely a webhook; the document says it, and `checked` decides."""
Number = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is no JSON."},
    403: {"description": "The webhook's host is not posted to."},
}
UNSIGNED: dict[int | str, dict[str, Any]] = {401: {"description": "The secret is missing."}}
_SECRET = HTTPBearer(scheme_name="secret", description="The secret that came with the search.")
AS_FEED: dict[int | str, dict[str, Any]] = {200: {"content": {ATOM: {}}}}


class Wish(BaseModel):
    """A search to be kept."""

    model_config = ConfigDict(extra="forbid")

    query: Query
    webhook: str | None = Field(
        default=None,
        max_length=500,
        description="An https URL that is told of what is new.",
        json_schema_extra={"pattern": _WEBHOOK},
    )


class Kept(BaseModel):
    """A search that is kept."""

    id: str = Field(description="Reads its feed.")
    secret: str = Field(description="Ends it; the key of the HMAC-SHA256 in X-Assay-Signature.")
    expires: int = Field(description="Unix seconds.")


@router.post("/searches", status_code=201, responses=REFUSED)
def keep(request: Request, wish: Wish) -> Kept:
    """Keep a search for 90 days; so many of each client (20 at once, 4 a day)."""
    allowance: Allowance | None = request.app.state.searches
    if allowance is not None and (wait := allowance.wait_of(client_of(request))):
        headers = {"Retry-After": str(int(wait) + 1)}
        raise HTTPException(429, "You have saved too many searches; a feed needs no saved one.", headers)
    if wish.webhook is not None:
        try:
            checked(wish.webhook, private=request.app.state.private_webhooks)
        except HostRefusedError as error:
            raise HTTPException(403, error.message) from None
        except WebhookError as error:
            wrong = {"type": "webhook", "loc": ("body", "webhook"), "msg": error.message}
            raise RequestValidationError([wrong | {"input": wish.webhook}]) from None
    saved = save(request.app.state.index.engine, wish.query, wish.webhook, int(time.time()))
    return Kept(id=saved.id, secret=saved.secret, expires=saved.expires)


@router.delete("/searches/{number}", status_code=204, responses=MISSING | UNSIGNED)
def end(
    request: Request, number: Number, secret: Annotated[HTTPAuthorizationCredentials, Depends(_SECRET)]
) -> None:
    """End a saved search."""
    if not forget(request.app.state.index.engine, number, secret.credentials):
        raise HTTPException(404, "There is no such search with this secret.")


@router.get("/searches/{number}/feed", response_class=Response, responses=MISSING | AS_FEED)
def saved_feed(request: Request, view: Now, number: Number) -> Response:
    """What a saved search finds, as an Atom feed."""
    query = saved_query(request.app.state.index.engine, number, int(time.time()))
    if query is None:
        raise HTTPException(404, "There is no such search.")
    return _feed(request, view, query)


@router.get("/feed", response_class=Response, responses=AS_FEED)
def feed(request: Request, view: Now, wanted: Annotated[Query, Parameters()]) -> Response:
    """What a search finds, as an Atom feed: nothing needs to be saved for it."""
    return _feed(request, view, wanted)


def _feed(request: Request, view: View, query: Query) -> Response:
    newest = query.model_copy(update={"sort": "newest"})
    found = search(view, newest, limit=_PAGE, counts=False)
    return Response(atom(view, query, found.page.items, str(request.url)), media_type=ATOM)
