"""VickreyAuction: sealed bids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import Direction
from assay_indexer.book import Book
from assay_indexer.projections.registry import MARKETS, on
from assay_indexer.tables import Auction, Bid, Deal

_NAME = "VickreyAuction"
_OPENERS = 2**48  # a market's deal numbers are lower; the bits above hold the opener's address and zeros


@on(_NAME, "AuctionOpened")
def _opened(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    """An auction's number consists of its opener's address and the opener's own number: a market's deal."""
    terms, market = said["terms"], book.name_of(said["opener"])
    deal_id = said["auctionId"] % _OPENERS if market in MARKETS else None
    if deal_id is not None and (deal := book.change(Deal, market, deal_id)):
        deal.bid_bond = terms["bond"]
    book.make(
        Auction,
        said["auctionId"],
        market=None if deal_id is None else market,
        deal_id=deal_id,
        opener=said["opener"],
        token=terms["token"],
        bond=terms["bond"],
        reserve=terms["reserve"],
        sale=terms["direction"] == Direction.SALE,
        opened_at=book.at,
        commit_ends=terms["commitEnds"],
        reveal_ends=terms["revealEnds"],
        winners=terms["winners"],
        bids=0,
        revealed=0,
    )
    _auction(book, said)


def _auction(book: Book, said: Mapping[str, Any]) -> Auction | None:
    book.about("auction", said["auctionId"])
    found = book.change(Auction, said["auctionId"])
    if found is not None:
        book.about_deal(found.market, found.deal_id)
    return found


@on(_NAME, "BidCommitted")
def _committed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if auction := _auction(book, said):
        if book.get(Bid, auction.id, said["bidder"]) is None:
            auction.bids += 1
        if auction.first_bid_at is None:
            auction.first_bid_at = book.at
        book.make(
            Bid,
            auction.id,
            said["bidder"],
            sealed=said["sealedBid"].hex(),
            committed_at=book.at,
            won=False,
            reclaimed=False,
        )


@on(_NAME, "BidRevealed")
def _revealed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if auction := _auction(book, said):
        auction.revealed += 1
        if bid := book.change(Bid, auction.id, said["bidder"]):
            bid.revealed_at, bid.price = book.at, said["price"]


@on(_NAME, "AuctionClosed")
def _closed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if auction := _auction(book, said):
        auction.closed_at, auction.forfeited = book.at, said["forfeited"]
        auction.price = said["price"] if said["winners"] else None
        for winner in said["winners"]:
            book.about_account(winner)
            if bid := book.change(Bid, auction.id, winner):
                bid.won = True


@on(_NAME, "BondReclaimed")
def _reclaimed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _auction(book, said)
    if bid := book.change(Bid, said["auctionId"], said["bidder"]):
        bid.reclaimed = True
