"""Which function handles which event; each module next to this one handles those of a few contracts.

A new market is a new module: it writes :class:`~assay_indexer.tables.Deal` rows with its own name in
``market``, and is named in ``projections/__init__.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from assay.chain import Event
from assay.structs import ZERO_ADDRESS
from assay_indexer.book import Book

Taker = Callable[[Book, Event, Mapping[str, Any]], None]
TAKERS: dict[tuple[str, str], Taker] = {}
"""The functions by names of contract and event."""
MARKETS: set[str] = set()
"""The names of the contracts that hold deals; each market's module adds its own."""
MAX_TEXT = 10_000
_ACCOUNT = re.compile("0x[0-9a-fA-F]{40}")
_SAFE = 2**53  # below this, JavaScript's numbers are exact
_LARGEST = 2**63


def on(contract: str, *names: str) -> Callable[[Taker], Taker]:
    """Register a function to be called with each event of *contract* that has one of *names*."""

    def register(taker: Taker) -> Taker:
        for name in names:
            assert (contract, name) not in TAKERS
            TAKERS[contract, name] = taker
        return taker

    return register


def project(book: Book, event: Event) -> None:
    """Bring the tables up to date with *event*."""
    for value in event.arguments.values():
        if isinstance(value, str) and _ACCOUNT.fullmatch(value):
            book.about_account(value)
    taker = TAKERS.get((event.contract, event.name))
    if taker is not None:
        taker(book, event, event.arguments)


def plain(value: Any) -> Any:
    """*value* for JSON: bytes in hex, and numbers that JavaScript would round as text."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SAFE:
        return str(value)
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def text(value: str) -> str:
    """A stranger's text in a form that any database accepts."""
    return value.replace("\0", "")[:MAX_TEXT]


def account(address: str) -> str | None:
    """An address; None for zero."""
    return None if address == ZERO_ADDRESS else address


def fits(*numbers: int) -> bool:
    """Whether a table can hold these numbers as ids; it can hold those that contracts count up."""
    return all(number < _LARGEST for number in numbers)
