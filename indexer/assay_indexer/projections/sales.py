"""Sales: auctions of licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, fits, on
from assay_indexer.tables import AuctionBidder, LicenceAuction

MARKET = "Sales"
MARKETS.add(MARKET)


@on(MARKET, "SaleOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    lot = said["lot"]
    offer = lot["terms"]["offer"]
    book.make(
        LicenceAuction,
        said["id"],
        good=said["good"].hex(),
        seller=said["seller"],
        auction_id=said["auctionId"],
        offer_id=lot["offerId"] if fits(lot["offerId"]) else 0,
        token=offer["token"],
        reserve=offer["price"] * lot["seats"],
        deposit=lot["deposit"],
        bond=offer["bond"],
        seats=lot["seats"],
        licences=lot["licences"],
        exclusive=lot["exclusive"],
        opened_at=book.at,
        commit_ends=lot["commitEnds"],
        reveal_ends=lot["revealEnds"],
    )
    book.about("auction", said["auctionId"])
    _auction(book, said)


def _auction(book: Book, said: Mapping[str, Any]) -> LicenceAuction | None:
    book.about_deal(MARKET, said["id"])
    found = book.change(LicenceAuction, said["id"])
    if found is not None:
        book.about_account(found.seller)
        book.about_model(found.good)
    return found


def _bidder(book: Book, said: Mapping[str, Any]) -> AuctionBidder:
    found = book.change(AuctionBidder, said["id"], said["bidder"])
    if found is None:
        found = book.make(AuctionBidder, said["id"], said["bidder"], named_at=book.at, refused=False)
    return found


@on(MARKET, "BidderNamed")
def _named(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _auction(book, said)
    _bidder(book, said).named_at = book.at


@on(MARKET, "LicenceSold")
def _sold(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _auction(book, said)
    bidder = _bidder(book, said)
    bidder.licence = said["saleId"] if fits(said["saleId"]) else None
    bidder.price = said["price"]
    book.about("sale", said["saleId"])


@on(MARKET, "WinnerRefused")
def _refused(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _auction(book, said)
    _bidder(book, said).refused = True


@on(MARKET, "SaleClosed")
def _closed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if found := _auction(book, said):
        found.closed_at, found.sold, found.forfeited = book.at, said["sold"], said["forfeited"]
