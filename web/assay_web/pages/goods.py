"""Finished models for sale: an offer, a licence that was bought, an auction of licences."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from assay.errors import ChainError, ContractError, InvalidInput, ManifestError, SealError, StoreError
from assay.manifests.licence import purposes_of
from assay.structs import Role
from assay_indexer import goods
from assay_indexer.prices import Prices, like_offers
from assay_indexer.queries import View
from assay_indexer.tables import Listing
from assay_web import licence_acts, selling_acts
from assay_web.acts import Act
from assay_web.goods_duties import auction_duty, licence_duty
from assay_web.pictures.states import state_line
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.sentences import say
from assay_web.stories import story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
Found = Annotated[Reading, Depends(reading)]
_LICENCE = ("bought", "delivered", "collected")
_AUCTION = ("bidding", "revealing", "closing", "closed")


@router.get("/offers/{number}")
def offer(request: Request, number: Number, found: Found) -> HTMLResponse:
    """What is offered: what it costs and who gets it, what it allows, the test behind it, how to buy."""
    with found.index.view() as view:
        parts = goods.offer(view, number)
        if parts is None:
            raise HTTPException(404)
        listing, like = _like(view, parts.offer.good, parts.offer.token)
        told, places = story(view, "offer", number), view.names("jurisdiction")
        block, now = view.block, view.at
    purchase, problem, acts = None, None, []
    free = parts.good is None or parts.good.reservation == "free"
    if not parts.offer.withdrawn:
        try:
            with from_storage():
                purchase = found.market.licences.quote(number)
            acts = [licence_acts.buy(found, purchase.offer, places)] if free else []
            if free and parts.trials is not None and parts.trials.quota:
                acts.append(licence_acts.try_out(number))
            acts += selling_acts.of_offer(found, purchase.offer, purchase.licence) if free else []
        except (InvalidInput, ManifestError, SealError, StoreError, ContractError) as error:
            problem = str(error)
    facts: dict[str, Any] = {
        "parts": parts,
        "purchase": purchase,
        "problem": problem,
        "free": free,
        "acts": acts,
        "listing": listing,
        "like": like,
        "token": found.token(parts.offer.token),
        "purposes": purposes_of(parts.offer.purposes),
        "audience": [role.words for role in Role if role and parts.offer.audience >> role & 1],
        "told_events": told,
    }
    title = say("offer.title", number=number)
    return page(request, "offer.html", title=title, number=number, block=block, now=now, **facts)


@router.get("/licences/{number}")
def licence(request: Request, number: Number, found: Found) -> HTMLResponse:
    """A licence that was bought: how it stands, what it waits for, and what can be done."""
    with found.index.view() as view:
        parts = goods.licence(view, number)
        if parts is None:
            raise HTTPException(404)
        told = story(view, "sale", number)
        block, now = view.block, view.at
    sale, token = parts.sale, found.token(parts.sale.token or found.deployment.tokens.payment)
    reached = {
        "bought": sale.bought_at,
        "delivered": sale.delivered_at or 0,
        sale.state: sale.delivered_at or now,
    }
    line = state_line(
        _LICENCE, {state: at for state, at in reached.items() if at}, sale.state, sale.deadline, now,
        ends=("collected", "refunded"),
    )  # fmt: skip
    facts: dict[str, Any] = {
        "parts": parts,
        "token": token,
        "line": line,
        "duty": licence_duty(token, sale, now),
        "acts": _licence_acts(found, number, now),
        "expires": sale.delivered_at + sale.term if sale.delivered_at and sale.term else None,
        "told_events": told,
    }
    title = say("licence.title", number=number)
    return page(request, "licence.html", title=title, number=number, block=block, now=now, **facts)


def _licence_acts(found: Reading, number: int, now: int) -> list[Act]:
    """From the chain, which keeps hashes of what is brought along; none where it cannot be asked."""
    try:
        licences = found.market.licences
        record = licences.get(number)
        return list(licence_acts.of_licence(found, record, licences.terms_of(record), now))
    except (ChainError, InvalidInput):
        return []


@router.get("/auctions/{number}")
def auction(request: Request, number: Number, found: Found) -> HTMLResponse:
    """An auction of licences."""
    with found.index.view() as view:
        parts = goods.licence_auction(view, number)
        if parts is None:
            raise HTTPException(404)
        sale, state = parts.auction, goods.licence_auction_state(view, parts.auction)
        token = found.token(sale.token)
        duty = auction_duty(token, view, sale, list(parts.bids))
        listing, like = _like(view, sale.good, sale.token)
        told = story(view, "deal", f"Sales/{number}")
        block, now = view.block, view.at
    times = {"bidding": sale.opened_at, "revealing": sale.commit_ends, "closing": sale.reveal_ends}
    reached = {one: at for one, at in (times | {"closed": sale.closed_at or 0}).items() if 0 < at <= now}
    acts = list(licence_acts.of_auction(found, sale, state, parts.bids))
    if state == "closing":
        acts.append(licence_acts.close_auction(found, number))
    if state == "closed":
        acts += licence_acts.of_losers(sale, parts.bids)
    ends = {"bidding": sale.commit_ends, "revealing": sale.reveal_ends}
    facts: dict[str, Any] = {
        "parts": parts,
        "state": state,
        "token": token,
        "line": state_line(_AUCTION, reached, state, ends.get(state, 0), now, ends=("closed",)),
        "duty": duty,
        "acts": acts,
        "winners": {one.bidder: one for one in parts.bidders},
        "listing": listing,
        "like": like,
        "told_events": told,
    }
    title = say("auction.title", number=number)
    return page(request, "auction.html", title=title, number=number, block=block, now=now, **facts)


def _like(view: View, good: str, token: str) -> tuple[Listing | None, Prices | None]:
    """The model's listing, and prices of others like it."""
    found = view.all(Listing, kind="model", key=good)
    if not found:
        return None, None
    return found[0], like_offers(view, found[0].task, found[0].domain, token, but=good)
