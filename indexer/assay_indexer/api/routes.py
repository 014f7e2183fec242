"""The questions that the API answers."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from assay.chain.abi import checksum_address
from assay.structs import JobState, State, TrialState
from assay_indexer import tables as t
from assay_indexer.api.asked import (
    ACCOUNT,
    MISSING,
    Address,
    At,
    Choice,
    Digest,
    Limit,
    Now,
    Number,
    Offset,
    answer,
    none_such,
    rows_of,
)
from assay_indexer.api.shapes import (
    Answer,
    Block,
    Rows,
    block_of,
    parts_shape,
    shape_of,
    shown,
    shown_parts,
    sources,
    told,
)
from assay_indexer.parts import DealParts, ModelParts, deal_parts, model_parts
from assay_indexer.records import Figures, Record, compare, figures, record
from assay_indexer.search import NO_NUL, search, state_now
from assay_indexer.search import Query as Wanted

router = APIRouter(prefix="/v1")

_STATES = sorted({one.words for kind in (State, TrialState, JobState) for one in kind} - {"none"})
DealState = Enum("DealState", {words: words for words in _STATES})  # type: ignore[misc]
"""In words, of the deals of any market."""
Deal, Model, Listing, Manifest = map(shape_of, (t.Deal, t.Model, t.Listing, t.Manifest))


class Status(BaseModel):
    """How far the index is."""

    newest: Block
    final_block: int
    market: str
    """Names the deployment: the sha2-256 of its file's content."""
    reorganisations: int


class WantedPage(Wanted):
    """A page of what somebody looks for."""

    offset: int = Field(default=0, ge=0, le=10_000)
    limit: int = Field(default=20, ge=1, le=200)


class Found(BaseModel):
    """What a search finds."""

    listings: Rows[Listing]  # type: ignore[valid-type]
    counts: dict[str, dict[str, int]]
    """Of some facets, how many of the first 1000 listings have which value."""


class Happened(BaseModel):
    """An event with its arguments, by the names of the contract's ABI; none where they cannot be read."""

    block: int
    log_index: int
    contract: str
    name: str
    tx_hash: str
    time: int
    arguments: dict[str, Any] | None


@router.get("/status")
def status(view: Now) -> Answer[Status]:
    """How far the index is."""
    progress = view.progress
    data = Status(
        newest=block_of(view),
        final_block=progress.final,
        market=progress.market,
        reorganisations=progress.forks,
    )
    return Answer(block=block_of(view), data=data)


@router.get("/search", response_model=Answer[Found])
def find(view: Now, wanted: Annotated[WantedPage, Query()]) -> Any:
    """Orders, models or participants, by words and facets. Scores are those that panels have found."""
    found = search(view, wanted, offset=wanted.offset, limit=wanted.limit)
    items = [shown(one, state=state_now(view, one)) for one in found.page.items]
    return answer(view, {"listings": rows_of(found.page, items), "counts": found.counts})


@router.get("/deals", response_model=Answer[Rows[Deal]])  # type: ignore[valid-type]
def deals(
    view: At,
    state: Annotated[list[DealState], Query(max_length=20)] = [],  # noqa: B006
    market: Choice = None,
    domain: Annotated[int | None, Query(ge=0, le=255)] = None,
    buyer: Choice = None,
    seller: Choice = None,
    sort: Literal["newest", "reserve", "deadline"] = "newest",
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Deals, the newest first."""
    equal: dict[str, Any] = {"market": market, "domain": domain, "buyer": buyer, "seller": seller}
    page = view.deals(states=[one.value for one in state], sort=sort, offset=offset, limit=limit, **equal)
    return answer(view, rows_of(page, [shown(deal, state=view.state(deal)) for deal in page.items]))


@router.get("/deals/{market}/{number}", response_model=Answer[parts_shape(DealParts)], responses=MISSING)  # type: ignore[misc]
def deal(view: At, market: Annotated[str, Path(max_length=40, pattern=NO_NUL)], number: Number) -> Any:
    """A deal with all that belongs to it."""
    found = deal_parts(view, market, number)
    if found is None:
        raise none_such("such deal")
    said = shown_parts(found)
    said["deal"]["state"] = view.state(found.deal)
    return answer(view, said, sources(view, "deal", f"{market}/{number}"))


@router.get("/models/{number}", response_model=Answer[parts_shape(ModelParts)], responses=MISSING)  # type: ignore[misc]
def model(view: At, number: Number) -> Any:
    """A model with its versions, and what is known of each."""
    found = model_parts(view, number)
    if found is None:
        raise none_such("such model")
    return answer(view, shown_parts(found), sources(view, "model", number))


@router.get("/participants/{account}")
def participant(view: At, account: Address) -> Answer[Record]:
    """What somebody has done in the market; all zeros where nobody knows the account."""
    account = checksum_address(account)
    found = record(view, account)
    return Answer(block=block_of(view), data=found, events=sources(view, "account", account))


@router.get("/compare")
def comparison(
    view: At,
    account: Annotated[list[Annotated[str, Query(pattern=ACCOUNT)]], Query(min_length=1, max_length=20)],
) -> Answer[list[Record]]:
    """The records of several participants, side by side; each once."""
    accounts = dict.fromkeys(checksum_address(one) for one in account)
    return Answer(block=block_of(view), data=compare(view, list(accounts)))


@router.get("/manifests/{digest}", response_model=Answer[Manifest], responses=MISSING)  # type: ignore[valid-type]
def manifest(view: Now, digest: Digest) -> Any:
    """What a digest stands for: a stranger's words. A missing manifest is looked for again and again."""
    found = view.manifests([digest])
    if not found:
        raise none_such("such manifest")
    return answer(view, shown(found[0]))


@router.get("/events/{kind}/{key:path}", responses=MISSING)
def events(
    view: At,
    kind: Annotated[str, Path(max_length=16, pattern=NO_NUL)],
    key: Annotated[str, Path(max_length=90, pattern=NO_NUL)],
    offset: Offset = 0,
    limit: Limit = 50,
) -> Answer[Rows[Happened]]:
    """All events about something, the newest first: ``deal/CommissionMarket/7``, ``account/0x...``."""
    if re.match(ACCOUNT, key):
        key = checksum_address(key)
    page = view.events_about(kind, key, offset=offset, limit=limit)
    items = [Happened(**told(one)) for one in page.items]
    return Answer(block=block_of(view), data=Rows(items=items, offset=offset, total=page.total))


@router.get("/figures")
def market_figures(view: At) -> Answer[Figures]:
    """The market in numbers."""
    return Answer(block=block_of(view), data=figures(view))
