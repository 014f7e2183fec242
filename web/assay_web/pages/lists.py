"""Lists with filters: open work, models, people, and the search over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import case, func, select

from assay.manifests.evaluation import Metric
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.queries import View
from assay_indexer.search import Query as Wanted
from assay_indexer.search import search
from assay_indexer.tables import Bid, Deal, Listing, Version
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Short = Annotated[str, Query(max_length=64)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=1000)]
_PAGE = 50
_MOST_CHOICES = 100


@dataclass(frozen=True)
class Found:
    """A page of listings."""

    rows: Sequence[Listing]
    more: bool
    number: int
    now: int
    block: int

    def metric(self, row: Listing) -> Metric | None:
        """What a row's score measures."""
        return Metric(row.metric) if row.metric in set(Metric) else None


def find(view: View, wanted: Wanted, *, number: int = 1, size: int = _PAGE) -> Found:
    """The page *number* of what a search finds."""
    found = search(view, wanted, offset=(number - 1) * size, limit=size + 1, counts=False)
    rows = found.page.items
    return Found(rows[:size], len(rows) > size, number, view.at, view.block)


def choices(view: View, kind: str, column: Any) -> list[str]:
    """The values that listings of a kind have in a column."""
    asked = select(column).where(Listing.kind == kind, column.is_not(None)).distinct().order_by(column)
    return [str(one) for one in view.session.scalars(asked.limit(_MOST_CHOICES))]


@router.get("/work")
def work(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    q: Text = "",
    domain: Short = "",
    task: Short = "",
    state: Literal["open", "all"] = "open",
    sort: Literal["newest", "deadline", "reserve"] = "newest",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Orders, those that take bids first of all."""
    with found.index.view() as view:
        wanted = Wanted(
            words=q,
            kind="order",
            domain=domain or None,
            task=task or None,
            state="open" if state == "open" else None,
            sort=sort,
        )
        rows = find(view, wanted, number=number)
        known = {
            "domain": choices(view, "order", Listing.domain),
            "task": choices(view, "order", Listing.task),
        }
    asked = {"q": q, "domain": domain, "task": task, "state": state, "sort": sort}
    return listed(request, found, "work.html", say("work.title"), rows, known, asked)


@router.get("/models")
def models(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    q: Text = "",
    domain: Short = "",
    task: Short = "",
    metric: Short = "",
    licence: Short = "",
    way: Literal["", "licence", "trial", "auction"] = "",
    audited: Literal["", "yes"] = "",
    sort: Literal["newest", "score", "price"] = "newest",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Registered models, by tested facts."""
    with found.index.view() as view:
        equal = {"domain": domain, "task": task, "metric": metric, "licence": licence, "way": way}
        facets: dict[str, Any] = {name: value for name, value in equal.items() if value}
        wanted = Wanted(words=q, kind="model", min_audits=1 if audited else None, sort=sort, **facets)
        rows = find(view, wanted, number=number)
        columns = {
            "domain": Listing.domain,
            "task": Listing.task,
            "metric": Listing.metric,
            "licence": Listing.licence,
        }
        known = {name: choices(view, "model", column) for name, column in columns.items()}
        ids = models_of(view, [row.key for row in rows.rows])
    asked = {"q": q, **equal, "audited": audited, "sort": sort}
    return listed(request, found, "models.html", say("models.title"), rows, known, asked, ids=ids)


@router.get("/people")
def people(
    request: Request,
    found: Annotated[Reading, Depends(reading)],
    role: Literal["developer", "validator", "auditor", "customer", "regulator", "data owner"] = "developer",
    domain: Short = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Participants of a role, with what they have done."""
    with found.index.view() as view:
        rows = find(view, Wanted(kind=role, domain=domain or None), number=number)
        done = record_of(view, [row.account for row in rows.rows])
        known = {"domain": choices(view, role, Listing.domain)}
    asked = {"role": role, "domain": domain}
    return listed(request, found, "people.html", say("people.title"), rows, known, asked, done=done)


@router.get("/search")
def everything(
    request: Request, found: Annotated[Reading, Depends(reading)], q: Text = "", number: PageNumber = 1
) -> HTMLResponse:
    """All kinds of listings by their words."""
    with found.index.view() as view:
        rows = find(view, Wanted(kind="any", words=q), number=number)
        ids = models_of(view, [row.key for row in rows.rows if row.kind == "model"])
    return listed(request, found, "search.html", say("search.title"), rows, {}, {"q": q}, ids=ids)


def record_of(view: View, accounts: Sequence[str]) -> dict[str, dict[str, int]]:
    """By account what came of its deals as a developer or customer, and how often it has bid."""
    found: dict[str, dict[str, int]] = {
        one: dict.fromkeys(("settled", "failed", "ordered", "bids"), 0) for one in accounts
    }
    ended = (
        select(
            Deal.seller,
            func.sum(case((Deal.state == "settled", 1), else_=0)),
            func.sum(case((Deal.state == "refunded", 1), else_=0)),
        )
        .where(Deal.market == MARKET, Deal.seller.in_(accounts))
        .group_by(Deal.seller)
    )
    for account, settled, failed in view.session.execute(ended):
        found[account] |= {"settled": settled, "failed": failed}
    counted = {"ordered": (Deal, Deal.buyer), "bids": (Bid, Bid.bidder)}
    for name, (_, column) in counted.items():
        grouped = select(column, func.count()).where(column.in_(accounts)).group_by(column)
        grouped = grouped.where(Deal.market == MARKET) if name == "ordered" else grouped
        for account, count in view.session.execute(grouped):
            found[account][name] = count
    return found


def models_of(view: View, digests: Sequence[str]) -> dict[str, int]:
    """The numbers of models by their versions' manifests."""
    asked = select(Version.manifest, Version.model_id).where(Version.manifest.in_(digests))
    return {manifest: number for manifest, number in view.session.execute(asked)}


def listed(
    request: Request,
    found: Reading,
    template: str,
    title: object,
    rows: Found,
    known: dict[str, list[str]],
    asked: dict[str, str],
    **facts: Any,
) -> HTMLResponse:
    """A page of listings, with what its filters offer and what was asked."""
    tokens = {row.token: found.token(row.token) for row in rows.rows if row.token}
    facts |= {
        "found": rows,
        "known": known,
        "asked": asked,
        "tokens": tokens,
        "now": rows.now,
        "block": rows.block,
    }
    return page(request, template, title=title, **facts)
