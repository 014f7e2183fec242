"""Finds listings by words and facets, and counts how many there are for each facet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select

from assay_indexer.queries import MAX_COUNT, MAX_PAGE, Page, View
from assay_indexer.tables import Listing, ListingTag
from assay_indexer.words import matching

Way = Literal["licence", "trial", "auction"]
Sort = Literal["newest", "score", "price", "reserve", "deadline"]
SORTS: tuple[str, ...] = get_args(Sort)
NO_NUL = r"^[^\x00]*$"
"""No text in the index contains NUL, and Postgres accepts none in a query."""
Text = Field(default=None, max_length=128, pattern=NO_NUL)
COUNTED = ("state", "domain", "jurisdiction", "task", "metric", "licence", "risk_class")
"""Facets for which listings are counted."""
_MAX_CHOICES = 20
_LARGEST = 2**53 - 1  # larger numbers are not exact in JSON


class Query(BaseModel):
    """What somebody looks for. What is left out may be anything; scores and gaps are ppm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: str = Field(
        default="",
        max_length=200,
        pattern=NO_NUL,
        description="All of these words; the last may be unfinished.",
    )
    kind: str = Field(
        default="model",
        pattern=r"^[a-z ]{1,16}$",
        description="order, model, any (of both), job, or a role.",
    )
    state: str | None = Field(
        default=None,
        max_length=40,
        pattern=NO_NUL,
        description="In words, such as bidding; open: it takes bids or reveals.",
    )
    domain: str | None = Text
    jurisdiction: str | None = Text
    task: str | None = Text
    metric: str | None = Text
    licence: str | None = Text
    account: str | None = Field(default=None, max_length=42, pattern=NO_NUL, description="Whose it is.")
    tested_by: str | None = Field(
        default=None, max_length=42, pattern=NO_NUL, description="On whose hidden data."
    )
    auditor: str | None = Field(default=None, max_length=42, pattern=NO_NUL, description="Who has judged it.")
    test_set: int | None = Field(default=None, ge=1, le=_LARGEST, description="A third-party test it passed.")
    purpose: str | None = Text
    contract: str | None = Field(
        default=None, max_length=42, pattern=NO_NUL, description="Of jobs, the contract where they are."
    )
    way: Way | None = Field(default=None, description="How a model can be had now.")
    input: str | None = Field(
        default=None, max_length=128, pattern=NO_NUL, description="Part of an input's name or type."
    )
    output: str | None = Field(
        default=None, max_length=128, pattern=NO_NUL, description="Part of an output's name or type."
    )
    token: str | None = Field(default=None, max_length=42, pattern=NO_NUL, description="What it is paid in.")
    risk_class: int | None = Field(default=None, ge=0, le=255)
    min_score: int | None = Field(default=None, ge=-_LARGEST, le=_LARGEST)
    max_gap: int | None = Field(
        default=None, ge=0, le=_LARGEST, description="A test has found the groups at most this far apart."
    )
    min_price: int | None = Field(default=None, ge=0, lt=10**78, description="Base units of the token.")
    max_price: int | None = Field(default=None, ge=0, lt=10**78, description="Base units of the token.")
    max_size: int | None = Field(default=None, ge=0, le=_LARGEST, description="Bytes of the model.")
    max_age: int | None = Field(
        default=None, ge=0, le=_LARGEST, description="Seconds since its test, or since it came to be."
    )
    max_bids: int | None = Field(default=None, ge=0, le=_LARGEST)
    min_audits: int | None = Field(
        default=None, ge=0, le=_LARGEST, description="So many auditors approve of it."
    )
    disputed: bool | None = Field(default=None, description="Whether anybody has contested its deal.")
    missing: bool | None = Field(default=None, description="Whether its document cannot be had.")
    sort: Sort = "newest"


@dataclass(frozen=True)
class Results:
    """What was found.

    Attributes:
        counts: for each facet, how many listings have which value, among the first
            :data:`~assay_indexer.queries.MAX_COUNT` listings.
    """

    page: Page[Listing]
    counts: Mapping[str, Mapping[str, int]]


def search(view: View, query: Query, *, offset: int = 0, limit: int = 20, counts: bool = True) -> Results:
    """A page of the listings that *query* describes, as of the newest block."""
    asked = select(Listing.number).where(*_conditions(view, query))
    found = view.page(asked.order_by(*_order(query.sort), Listing.number), offset, min(limit, MAX_PAGE))
    rows = view.session.scalars(select(Listing).where(Listing.number.in_(found.items)))
    by_number = {one.number: one for one in rows}  # texts are read of this page alone, and not to sort all
    page = Page([by_number[number] for number in found.items], found.offset, found.total)
    return Results(page, _counts(view, asked) if counts else {})


def state_now(view: View, listing: Listing) -> str:
    """A listing's state at the view's time, because bidding ends without an event."""
    over = listing.state == "bidding" and listing.deadline is not None and listing.deadline <= view.at
    return "revealing" if over else listing.state


def _state(view: View) -> ColumnElement[str]:
    over = (Listing.state == "bidding") & (Listing.deadline <= view.at)
    return case((over, literal("revealing")), else_=Listing.state)


def _conditions(view: View, query: Query) -> list[ColumnElement[bool]]:
    kinds = ("order", "model") if query.kind == "any" else (query.kind,)
    found: list[ColumnElement[bool]] = [Listing.kind.in_(kinds)]
    words = matching(view.session, query.words)
    if words is not None:
        found.append(words)
    if query.state == "open":
        found += [Listing.state.in_(("bidding", "revealing")), Listing.deadline > view.at]
    elif query.state is not None:
        found.append(_state(view) == query.state)
    for name in ("domain", "jurisdiction", "task", "metric", "licence", "account", "tested_by", "token"):
        if (value := getattr(query, name)) is not None:
            found.append(getattr(Listing, name) == value)
    for name in ("risk_class", "missing"):
        if (value := getattr(query, name)) is not None:
            found.append(getattr(Listing, name) == value)
    for name in ("auditor", "test_set", "purpose", "way", "contract"):
        if (value := getattr(query, name)) is not None:
            found.append(_tagged(name, str(value)))
    return found + _ranges(view, query) + _contents(query)


def _ranges(view: View, query: Query) -> list[ColumnElement[bool]]:
    tested = func.coalesce(Listing.tested_at, Listing.since)
    bounds: list[tuple[Any, Any, bool]] = [
        (Listing.score, query.min_score, True),
        (Listing.gap, query.max_gap, False),
        (Listing.price, query.min_price, True),
        (Listing.price, query.max_price, False),
        (Listing.size, query.max_size, False),
        (Listing.bids, query.max_bids, False),
        (Listing.audits, query.min_audits, True),
        (tested, None if query.max_age is None else max(-_LARGEST, view.at - query.max_age), True),
    ]
    found = [
        column >= bound if least else column <= bound for column, bound, least in bounds if bound is not None
    ]
    if query.min_audits:
        found.append(Listing.approved_until > view.at)
    if query.disputed is not None:
        found.append(Listing.disputes > 0 if query.disputed else Listing.disputes == 0)
    return found


def _contents(query: Query) -> list[ColumnElement[bool]]:
    parts = ((Listing.inputs, query.input), (Listing.outputs, query.output))
    return [column.icontains(part, autoescape=True) for column, part in parts if part]


def _tagged(name: str, value: str) -> ColumnElement[bool]:
    return exists().where(
        ListingTag.listing == Listing.number, ListingTag.name == name, ListingTag.value == value
    )


def _order(sort: str) -> Sequence[Any]:
    orders: dict[str, Sequence[Any]] = {
        "newest": [Listing.since.desc()],
        "score": [Listing.score.is_(None), Listing.score.desc()],
        "price": [Listing.price.is_(None), Listing.price],
        "reserve": [Listing.price.is_(None), Listing.price.desc()],
        "deadline": [Listing.deadline.is_(None), Listing.deadline],
    }
    return orders[sort]


def _counts(view: View, asked: Select[Any]) -> dict[str, dict[str, int]]:
    """For each facet, how many of the results have which value."""
    columns = [_state(view).label("state"), *(getattr(Listing, name) for name in COUNTED[1:])]
    some = asked.with_only_columns(*columns).limit(MAX_COUNT)
    found: dict[str, dict[str, int]] = {name: {} for name in COUNTED}
    for row in view.session.execute(some):
        for name, value in zip(COUNTED, row, strict=True):
            if value is not None:
                found[name][str(value)] = found[name].get(str(value), 0) + 1
    return {
        name: dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_CHOICES])
        for name, values in found.items()
    }
