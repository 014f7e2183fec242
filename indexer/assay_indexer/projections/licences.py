"""Goods and Licences: what is on sale, and what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on
from assay_indexer.tables import LicenceSale, Offer

_GOODS, _LICENCES = "Goods", "Licences"


@on(_GOODS, "GoodListed", "ReservationChanged")
def _good(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about_model(said["good"].hex())


@on(_LICENCES, "Offered")
def _offered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    offer, number = said["terms"]["offer"], said["offerId"]
    book.make(
        Offer,
        number,
        good=said["good"].hex(),
        seller=said["seller"],
        licence=book.uses("licence", offer["licence"], "manifest", said["good"].hex()),
        token=offer["token"],
        price=offer["price"],
        seats=offer["seats"],
        term=offer["term"],
        purposes=offer["purposes"],
        offered_at=book.at,
        withdrawn=False,
    )
    book.about("offer", number)
    book.about_model(said["good"].hex())


@on(_LICENCES, "OfferWithdrawn")
def _withdrawn(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about("offer", said["offerId"])
    if offer := book.change(Offer, said["offerId"]):
        offer.withdrawn = True
        book.about_model(offer.good)


@on(_LICENCES, "Bought")
def _bought(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    sale, offer = said["sale"], book.get(Offer, said["offerId"])
    book.make(
        LicenceSale,
        said["saleId"],
        offer_id=said["offerId"],
        good=None if offer is None else offer.good,
        seller=sale["seller"],
        holder=said["holder"],
        price=sale["price"],
        seats=sale["seats"],
        state="bought",
        bought_at=book.at,
    )
    book.about("offer", said["offerId"])
    book.about_account(sale["seller"])
    _sale(book, said["saleId"])


def _sale(book: Book, number: int) -> LicenceSale | None:
    book.about("sale", number)
    found = book.change(LicenceSale, number) if fits(number) else None
    if found is not None:
        book.about_model(found.good)
    return found


@on(_LICENCES, "Delivered")
def _delivered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if sale := _sale(book, said["saleId"]):
        sale.state, sale.delivered_at = "delivered", book.at


@on(_LICENCES, "Refunded")
def _refunded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if sale := _sale(book, said["saleId"]):
        sale.state = "refunded"


@on(_LICENCES, "Collected")
def _collected(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    for number in said["saleIds"]:
        if sale := _sale(book, number):
            sale.state = "collected"
