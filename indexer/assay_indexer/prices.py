"""Comparable prices for an offer or an order: median and range, and what counts as comparable."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Select, select

from assay_indexer import tables as t
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.queries import View

_MOST = 500
"""At most this many of the newest prices are compared."""
AmountText = str


class Prices(BaseModel):
    """Comparable prices: of the same task, in the same domain, paid in the same token."""

    task: str | None
    domain: str | None
    token: str
    count: int = Field(description=f"So many are compared, of the newest {_MOST} at most.")
    lowest: AmountText | None
    middle: AmountText | None = Field(description="The lower one of two. Base units, as the others.")
    highest: AmountText | None


def like_offers(view: View, task: str | None, domain: str | None, token: str, *, but: str = "") -> Prices:
    """The price of a seat under the cheapest licence, for each model that is on sale now.

    Args:
        but: the digest of a model's manifest to leave out.
    """
    like = _like("model", task, domain, token).where(t.Listing.state == "on sale", t.Listing.key != but)
    prices = view.session.scalars(like.with_only_columns(t.Listing.price)).all()
    return _prices(task, domain, token, [price for price in prices if price is not None])


def like_orders(view: View, task: str | None, domain: str | None, token: str, *, but: int = 0) -> Prices:
    """What developers are paid for orders that were awarded.

    Args:
        but: the number of an order to leave out.
    """
    keys = view.session.scalars(_like("order", task, domain, token).with_only_columns(t.Listing.key))
    numbers = [int(key.rpartition("/")[2]) for key in keys]
    deals = view.all(t.Deal, market=MARKET, id=[one for one in numbers if one != but], limit=_MOST)
    return _prices(task, domain, token, [one.price for one in deals if one.price])


def _like(kind: str, task: str | None, domain: str | None, token: str) -> Select[Any]:
    listing = t.Listing
    return (
        select(listing)
        .where(listing.kind == kind, listing.task == task, listing.domain == domain, listing.token == token)
        .order_by(listing.since.desc())
        .limit(_MOST)
    )


def _prices(task: str | None, domain: str | None, token: str, found: Sequence[int]) -> Prices:
    said = [None if not found else str(value(found)) for value in (min, median_low, max)]
    return Prices(
        task=task,
        domain=domain,
        token=token,
        count=len(found),
        lowest=said[0],
        middle=said[1],
        highest=said[2],
    )
