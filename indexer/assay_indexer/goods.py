"""Finished models on sale: offers, licences that were bought, and auctions of licences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from assay_indexer import tables as t
from assay_indexer.queries import Page, View

AUCTIONS = "Sales"
"""Name of the contract."""


@dataclass(frozen=True)
class OfferParts:
    """An offer with what stands behind it; the newest licences that were bought under it."""

    offer: t.Offer
    good: t.Good | None
    model: t.Manifest | None
    licence: t.Manifest | None
    trials: t.TrialAllowance | None
    sales: Sequence[t.LicenceSale]


@dataclass(frozen=True)
class LicenceParts:
    """A licence that was bought, and the offer under which; its terms may have changed since."""

    sale: t.LicenceSale
    offer: t.Offer | None
    good: t.Good | None
    model: t.Manifest | None
    licence: t.Manifest | None
    holds: Sequence[t.Hold]


@dataclass(frozen=True)
class LicenceAuctionParts:
    """An auction of licences, with its bids and who takes part."""

    auction: t.LicenceAuction
    good: t.Good | None
    model: t.Manifest | None
    bidding: t.Auction | None
    bids: Sequence[t.Bid]
    bidders: Sequence[t.AuctionBidder]
    licences: Sequence[t.LicenceSale]
    holds: Sequence[t.Hold]


def offer(view: View, number: int) -> OfferParts | None:
    """An offer; None if it does not exist."""
    found = view.get(t.Offer, number)
    if found is None:
        return None
    return OfferParts(
        offer=found,
        good=view.get(t.Good, found.good),
        model=view.manifest(found.good),
        licence=view.manifest(found.licence),
        trials=view.get(t.TrialAllowance, number),
        sales=rows(view, t.LicenceSale, 0, 50, offer_id=number).items,
    )


def licence(view: View, number: int) -> LicenceParts | None:
    """A licence that was bought; None if it does not exist."""
    sale = view.get(t.LicenceSale, number)
    if sale is None:
        return None
    found = view.get(t.Offer, sale.offer_id)
    return LicenceParts(
        sale=sale,
        offer=found,
        good=view.get(t.Good, sale.good) if sale.good else None,
        model=view.manifest(sale.good),
        licence=view.manifest(found.licence) if found is not None else None,
        holds=view.all(t.Hold, module="Licences", hold=bytes.fromhex(sale.seller[2:]).rjust(32, b"\0").hex()),
    )


def licence_auction(view: View, number: int) -> LicenceAuctionParts | None:
    """An auction of licences; None if it does not exist."""
    found = view.get(t.LicenceAuction, number)
    if found is None:
        return None
    auctions = view.all(t.Auction, id=found.auction_id)
    bidders = view.all(t.AuctionBidder, auction=number, limit=1000)
    bought = [one.licence for one in bidders if one.licence is not None]
    return LicenceAuctionParts(
        auction=found,
        good=view.get(t.Good, found.good),
        model=view.manifest(found.good),
        bidding=auctions[0] if auctions else None,
        bids=view.all(t.Bid, auction_id=found.auction_id, limit=1000),
        bidders=bidders,
        licences=view.all(t.LicenceSale, id=bought),
        holds=view.all(t.Hold, module=AUCTIONS, hold=number.to_bytes(32).hex()),
    )


def licence_auction_state(view: View, found: t.LicenceAuction) -> str:
    """The state of an auction of licences, which depends on the time: deadlines pass without an event."""
    if found.closed_at is not None:
        return "closed"
    if view.at < found.commit_ends:
        return "bidding"
    return "revealing" if view.at < found.reveal_ends else "closing"


def rows(view: View, kind: type[Any], offset: int, limit: int, **same: Any) -> Page[Any]:
    """Rows of a table, newest first; a condition that is None matches anything."""
    table: Any = view.rows(kind)
    where = [getattr(table, name) == value for name, value in same.items() if value is not None]
    return view.page(select(table).where(*where).order_by(table.id.desc()), offset, limit)
