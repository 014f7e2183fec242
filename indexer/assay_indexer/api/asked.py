"""What questions to the API have in common: parameters, the view that they are answered from, answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Query, Request

from assay_indexer.api.shapes import Source, block_of
from assay_indexer.queries import Index, Page, View
from assay_indexer.search import NO_NUL

ACCOUNT = "^0x[0-9a-fA-F]{40}$"
Address = Annotated[str, Path(pattern=ACCOUNT)]
Number = Annotated[int, Path(ge=0, lt=2**63)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Offset = Annotated[int, Query(ge=0, le=10_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
Choice = Annotated[str | None, Query(max_length=42, pattern=NO_NUL)]
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "There is none."}}


def _view(request: Request, final: bool = False) -> Iterator[View]:
    """What the index says now, or as of the newest final block."""
    index: Index = request.app.state.index
    with index.view(final=final) as view:
        yield view


def _newest(request: Request) -> Iterator[View]:
    """What the index says now."""
    yield from _view(request)


At = Annotated[View, Depends(_view)]
Now = Annotated[View, Depends(_newest)]


def answer(view: View, data: Any, events: list[Source] | None = None) -> dict[str, Any]:
    """What is answered, with the block that it holds for."""
    return {"block": block_of(view), "data": data, "events": events or []}


def rows_of(page: Page[Any], items: list[Any]) -> dict[str, Any]:
    """A page of a list, as :class:`~assay_indexer.api.shapes.Rows` has it."""
    return {"items": items, "offset": page.offset, "total": page.total}


def none_such(what: str) -> HTTPException:
    """That something is not there."""
    return HTTPException(404, f"There is no {what}.")
