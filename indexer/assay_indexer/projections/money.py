"""Escrow: all money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, fits, on
from assay_indexer.tables import Balance, Hold, Movement

_NAME = "Escrow"
BURNT_TO = "0x000000000000000000000000000000000000dEaD"


def _move(book: Book, kind: str, said: Mapping[str, Any], /, **values: Any) -> None:
    book.fact(
        Movement,
        **{"place": 0, "kind": kind, "token": said["token"], "amount": said.get("amount")}
        | {"payer": None, "payee": None, "module": None, "hold": None}
        | values,
    )


def _credit(book: Book, account: str, token: str, amount: int) -> None:
    if balance := book.change(Balance, account, token):
        balance.amount += amount
    else:
        book.make(Balance, account, token, amount=amount)


def _hold(book: Book, module: str, hold: bytes, token: str, amount: int) -> None:
    """Add to a hold, or subtract from it."""
    key = book.name_of(module), hold.hex(), token
    if row := book.change(Hold, *key):
        row.amount += amount
    else:
        book.make(Hold, *key, amount=amount)
    number = int.from_bytes(hold)
    if key[0] in MARKETS and fits(number):  # markets name their holds after deals
        book.about_deal(key[0], number)


def _held(book: Book, said: Mapping[str, Any]) -> dict[str, str]:
    return {"module": book.name_of(said["module"]), "hold": said["id"].hex()}


@on(_NAME, "Deposited")
def _deposited(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _credit(book, said["account"], said["token"], said["amount"])
    _move(book, "deposit", said, payer=said["from"], payee=said["account"])


@on(_NAME, "Withdrawn")
def _withdrawn(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _credit(book, said["account"], said["token"], -said["amount"])
    _move(book, "withdrawal", said, payer=said["account"], payee=said["to"])


@on(_NAME, "HoldOpened", "HoldFunded")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _credit(book, said["from"], said["token"], -said["amount"])
    _hold(book, said["module"], said["id"], said["token"], said["amount"])
    _move(book, "hold", said, payer=said["from"], **_held(book, said))


@on(_NAME, "Released")
def _released(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _hold(book, said["module"], said["id"], said["token"], -said["amount"])
    _credit(book, said["to"], said["token"], said["amount"])
    _move(book, "release", said, payee=said["to"], **_held(book, said))


@on(_NAME, "ReleasedEach")
def _released_each(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    for place, payment in enumerate(said["payments"]):
        amount, payee = payment["amount"], payment["to"]
        _hold(book, said["module"], said["id"], said["token"], -amount)
        _credit(book, payee, said["token"], amount)
        book.about_account(payee)
        _move(book, "release", said, place=place, amount=amount, payee=payee, **_held(book, said))


@on(_NAME, "HoldMoved")
def _moved(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _hold(book, said["module"], said["id"], said["token"], -said["amount"])
    _hold(book, said["toModule"], said["toId"], said["token"], said["amount"])
    _move(book, "transfer", said, **_held(book, said))


@on(_NAME, "Burnt")
def _burnt(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _hold(book, said["module"], said["id"], said["token"], -said["amount"])
    _credit(book, BURNT_TO, said["token"], said["amount"])
    _move(book, "burn", said, payee=BURNT_TO, **_held(book, said))
