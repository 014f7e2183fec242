"""LineageClaims: claims that a model was made from another one, and the edges that they add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import LineageClaimState, LineageKind
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on
from assay_indexer.tables import Ancestor, LineageClaim, LineageTerms

MARKET = "LineageClaims"
MARKETS.add(MARKET)


@on(MARKET, "TermsSet")
def _terms(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    good = said["good"].hex()
    book.make(LineageTerms, good, token=said["token"], ppm=said["ppm"], floor=said["floor"], since=book.at)
    book.about_model(good)
    book.about_account(said["owner"])


@on(MARKET, "LineageClaimed")
def _claimed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    number, child = said["id"], said["child"].hex()
    book.make(
        LineageClaim,
        number,
        parent=said["parent"].hex(),
        child=child,
        claimant=said["claimant"],
        respondent=said["respondent"],
        denied=False,
        token=said["token"],
        bond=said["bond"],
        evidence=book.uses("lineage evidence", said["evidence"], "deal", f"{MARKET}/{number}"),
        answer=None,
        claimed_at=book.at,
        state=LineageClaimState.CLAIMED.words,
        deadline=0,
        admitted=None,
        ppm=None,
        floor=None,
    )
    _claim(book, said)


def _claim(book: Book, said: Mapping[str, Any]) -> LineageClaim | None:
    book.about_deal(MARKET, said["id"])
    found = book.change(LineageClaim, said["id"])
    if found is not None:
        book.about_account(found.claimant, found.respondent)
        book.about_model(found.parent)
        book.about_model(found.child)
    return found


@on(MARKET, "StateChanged")
def _state(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if claim := _claim(book, said):
        claim.state, claim.deadline = LineageClaimState(said["state"]).words, said["deadline"]


@on(MARKET, "ClaimDenied")
def _denied(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if claim := _claim(book, said):
        claim.denied, claim.respondent = True, said["respondent"]
        claim.answer = book.uses("lineage evidence", said["evidence"], "deal", f"{MARKET}/{said['id']}")


@on(MARKET, "ClaimUpheld")
def _upheld(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if claim := _claim(book, said):
        claim.admitted, claim.ppm, claim.floor = said["admitted"], said["ppm"], said["floor"]
        model = LineageKind.MODEL.words
        book.fact(Ancestor, place=0, manifest=claim.child, kind=model, ref=claim.parent, claim=said["id"])


@on(MARKET, "ClaimRefused", "ClaimUndecided")
def _ended(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _claim(book, said)
