"""Questions about finished models: offers, licences, auctions, agreements, pledges, prices."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from assay_indexer import goods
from assay_indexer import tables as t
from assay_indexer.agreements import AgreementParts, agreement
from assay_indexer.api.asked import (
    MISSING,
    At,
    Choice,
    Digest,
    Limit,
    Now,
    Number,
    Offset,
    answer,
    none_such,
    rows_of,
)
from assay_indexer.api.shapes import (
    Answer,
    Rows,
    block_of,
    parts_shape,
    shape_of,
    shown,
    shown_parts,
    sources,
)
from assay_indexer.prices import Prices, like_offers, like_orders
from assay_indexer.queries import Page
from assay_indexer.search import NO_NUL

router = APIRouter(prefix="/v1")
Offer, Licence, LicenceAuction, Pledge = map(shape_of, (t.Offer, t.LicenceSale, t.LicenceAuction, t.Pledge))
LineageClaim = shape_of(t.LineageClaim)
Lot = parts_shape(goods.LicenceAuctionParts)
Good = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$", description="Digest of a manifest.")]
Words = Annotated[str | None, Query(max_length=128, pattern=NO_NUL)]
TokenAddress = Annotated[str, Query(max_length=42, pattern=NO_NUL)]


def _listed(page: Page[Any]) -> dict[str, Any]:
    return rows_of(page, [shown(one) for one in page.items])


@router.get("/offers", response_model=Answer[Rows[Offer]])  # type: ignore[valid-type]
def offers(
    view: At,
    good: Good = None,
    seller: Choice = None,
    agreement: Good = None,
    withdrawn: bool | None = False,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Offers of licences, the newest first."""
    same = {"good": good, "seller": seller, "agreement": agreement, "withdrawn": withdrawn}
    return answer(view, _listed(goods.rows(view, t.Offer, offset, limit, **same)))


@router.get("/offers/{number}", response_model=Answer[parts_shape(goods.OfferParts)], responses=MISSING)  # type: ignore[misc]
def offer(view: At, number: Number) -> Any:
    """An offer: its terms, what is sold, whether it can be tried, and who has bought."""
    found = goods.offer(view, number)
    if found is None:
        raise none_such("such offer")
    return answer(view, shown_parts(found), sources(view, "offer", number))


@router.get("/licences", response_model=Answer[Rows[Licence]])  # type: ignore[valid-type]
def licences(
    view: At,
    good: Good = None,
    seller: Choice = None,
    holder: Choice = None,
    state: Choice = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Licences that were bought, the newest first."""
    same = {"good": good, "seller": seller, "holder": holder, "state": state}
    return answer(view, _listed(goods.rows(view, t.LicenceSale, offset, limit, **same)))


@router.get("/licences/{number}", response_model=Answer[parts_shape(goods.LicenceParts)], responses=MISSING)  # type: ignore[misc]
def licence(view: At, number: Number) -> Any:
    """A licence that was bought."""
    found = goods.licence(view, number)
    if found is None:
        raise none_such("such licence")
    return answer(view, shown_parts(found), sources(view, "sale", number))


@router.get("/auctions", response_model=Answer[Rows[LicenceAuction]])  # type: ignore[valid-type]
def licence_auctions(
    view: At, good: Good = None, seller: Choice = None, offset: Offset = 0, limit: Limit = 50
) -> Any:
    """Auctions of licences, the newest first."""
    return answer(view, _listed(goods.rows(view, t.LicenceAuction, offset, limit, good=good, seller=seller)))


@router.get("/auctions/{number}", response_model=Answer[Lot], responses=MISSING)  # type: ignore[valid-type]
def licence_auction(view: At, number: Number) -> Any:
    """An auction of licences: how it stands, who bids, and who has bought."""
    found = goods.licence_auction(view, number)
    if found is None:
        raise none_such("such auction")
    return answer(view, shown_parts(found), sources(view, "deal", f"{goods.AUCTIONS}/{number}"))


@router.get("/agreements/{name}", response_model=Answer[parts_shape(AgreementParts)], responses=MISSING)  # type: ignore[misc]
def one_agreement(view: At, name: Digest) -> Any:
    """An agreement by its digest or its keeper's name for it: its text, who has signed, bonds."""
    found = agreement(view, name)
    if found is None:
        raise none_such("such agreement")
    return answer(view, shown_parts(found), sources(view, "agreement", name))


@router.get("/lineage-claims", response_model=Answer[Rows[LineageClaim]])  # type: ignore[valid-type]
def lineage_claims(
    view: At,
    parent: Good = None,
    child: Good = None,
    claimant: Choice = None,
    respondent: Choice = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Claims that a model was made from another one and does not say so, the newest first."""
    same = {"parent": parent, "child": child, "claimant": claimant, "respondent": respondent}
    return answer(view, _listed(goods.rows(view, t.LineageClaim, offset, limit, **same)))


@router.get("/pledges", response_model=Answer[Rows[Pledge]])  # type: ignore[valid-type]
def pledges(
    view: At,
    agreement: Good = None,
    party: Choice = None,
    state: Choice = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Pledges, agreements with a bond behind them, the newest first."""
    same = {"agreement": agreement, "party": party, "state": state}
    return answer(view, _listed(goods.rows(view, t.Pledge, offset, limit, **same)))


@router.get("/prices/licences")
def licence_prices(
    view: Now,
    token: TokenAddress,
    task: Words = None,
    domain: Words = None,
) -> Answer[Prices]:
    """What models of a task and domain cost that are on sale in a token."""
    return Answer(block=block_of(view), data=like_offers(view, task, domain, token))


@router.get("/prices/orders")
def order_prices(
    view: Now,
    token: TokenAddress,
    task: Words = None,
    domain: Words = None,
) -> Answer[Prices]:
    """What developers were promised for orders of a task and domain that were awarded."""
    return Answer(block=block_of(view), data=like_orders(view, task, domain, token))
