"""Goods and Licences: what may be sold, what is offered, and what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import GoodKind, LicenceSale, Reservation, SaleState
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on
from assay_indexer.tables import Good, Offer
from assay_indexer.tables import LicenceSale as Row

_GOODS, _LICENCES = "Goods", "Licences"
_DIGEST = bytes(32)


@on(_GOODS, "GoodListed")
def _listed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    listed = said["listed"]
    book.make(
        Good,
        said["good"].hex(),
        kind=GoodKind(listed["kind"]).words,
        model_id=said["tokenId"],
        domain=listed["domain"],
        risk_class=listed["riskClass"],
        set_id=listed["setId"],
        listed_at=book.at,
        reservation=Reservation.FREE.words,
        reserved_by=None,
        reserved_for=None,
    )
    book.about_model(said["good"].hex())


@on(_GOODS, "ReservationChanged")
def _reserved(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if good := book.change(Good, said["good"].hex()):
        reservation, number = Reservation(said["reservation"]), said["dealId"]
        free = reservation == Reservation.FREE
        good.reservation = reservation.words
        good.reserved_by = None if free else book.name_of(said["module"])
        good.reserved_for = number if not free and fits(number) else None
    book.about_model(said["good"].hex())


@on(_LICENCES, "Offered")
def _offered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    terms, number = said["terms"], said["offerId"]
    offer = terms["offer"]
    agreement = offer["agreement"]
    if earlier := book.get(Offer, number):
        book.about_model(earlier.good)
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
        agreement=None if agreement == _DIGEST else agreement.hex(),
        bond=offer["bond"],
        audience=offer["audience"],
        royalty_ppm=offer["royaltyPpm"],
        royalty_floor=offer["royaltyFloor"],
        fee_ppm=terms["feePpm"],
        delivery_window=terms["deliveryWindow"],
        challenge_window=terms["challengeWindow"],
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
    """Also covers a sale entered by another market, which may already be delivered and paid."""
    sale, offer = LicenceSale.model_validate(said["sale"]), book.get(Offer, said["offerId"])
    paid = sale.state == SaleState.COLLECTED
    book.make(
        Row,
        said["saleId"],
        offer_id=said["offerId"],
        good=None if offer is None else offer.good,
        seller=sale.seller,
        holder=said["holder"],
        token=None if offer is None else offer.token,
        price=sale.price,
        bond=sale.bond,
        seats=sale.seats,
        term=0 if offer is None else offer.term,
        state=sale.state.words,
        deadline=sale.deadline,
        challenge_window=sale.challenge_window,
        bought_at=book.at,
        delivered_at=sale.deadline - sale.challenge_window if paid else None,
        refuted=False,
    )
    book.about("offer", said["offerId"])
    book.about_account(sale.seller)
    _sale(book, said["saleId"])


def _sale(book: Book, number: int) -> Row | None:
    book.about("sale", number)
    found = book.change(Row, number) if fits(number) else None
    if found is not None:
        book.about_model(found.good)
    return found


@on(_LICENCES, "Delivered")
def _delivered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if sale := _sale(book, said["saleId"]):
        sale.state, sale.delivered_at = SaleState.DELIVERED.words, book.at
        sale.deadline = book.at + sale.challenge_window


@on(_LICENCES, "Refunded")
def _refunded(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if sale := _sale(book, said["saleId"]):
        sale.state, sale.refuted, sale.deadline = SaleState.REFUNDED.words, said["refuted"], 0


@on(_LICENCES, "Collected")
def _collected(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    for number in said["saleIds"]:
        if sale := _sale(book, number):
            sale.state = SaleState.COLLECTED.words
