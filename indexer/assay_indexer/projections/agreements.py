"""Agreements and Pledges: who has signed which text, and the bonds that back them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import PledgeState
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on
from assay_indexer.tables import KeptAgreement, Pledge, Signature

_AGREEMENTS, MARKET = "Agreements", "Pledges"
MARKETS.add(MARKET)


@on(_AGREEMENTS, "Signed")
def _signed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    text = said["text"].hex()
    book.uses("agreement", said["text"], "agreement", text)
    book.make(Signature, text, said["party"], signed_at=book.at)
    book.about("agreement", text)


@on(_AGREEMENTS, "Kept")
def _kept(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    name = said["agreement"].hex()
    if book.get(KeptAgreement, name) is None:
        book.make(KeptAgreement, name, keeper=book.name_of(said["keeper"]), kept_at=book.at)
    book.about("agreement", name)


@on(MARKET, "DrawnUp")
def _drawn_up(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    name, terms = said["agreement"].hex(), said["terms"]
    kept = book.change(KeptAgreement, name) or book.make(KeptAgreement, name, keeper=MARKET, kept_at=book.at)
    kept.text = book.uses("agreement", said["text"], "agreement", name)
    kept.beneficiary, kept.token, kept.bond = terms["beneficiary"], terms["token"], terms["bond"]
    kept.term, kept.domain = terms["term"], terms["domain"]
    book.about("agreement", name)
    book.about_account(terms["beneficiary"])


@on(MARKET, "Pledged")
def _pledged(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.make(
        Pledge,
        said["id"],
        agreement=said["agreement"].hex(),
        party=said["party"],
        pledged_at=book.at,
        until=said["until"],
        state=PledgeState.PLEDGED.words,
        deadline=said["until"],
    )
    _pledge(book, said)


def _pledge(book: Book, said: Mapping[str, Any]) -> Pledge | None:
    book.about_deal(MARKET, said["id"])
    found = book.change(Pledge, said["id"])
    if found is not None:
        book.about("agreement", found.agreement)
        kept = book.get(KeptAgreement, found.agreement)
        book.about_account(found.party, kept.beneficiary if kept is not None else None)
    return found


@on(MARKET, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if pledge := _pledge(book, said):
        pledge.state, pledge.deadline = PledgeState(said["state"]).words, said["deadline"]


@on(MARKET, "BondReturned")
def _returned(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if pledge := _pledge(book, said):
        pledge.state = PledgeState.RETURNED.words


@on(MARKET, "BondForfeited")
def _forfeited(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if pledge := _pledge(book, said):
        pledge.state = PledgeState.FORFEITED.words
        pledge.to_beneficiary, pledge.burnt = said["toBeneficiary"], said["burnt"]
