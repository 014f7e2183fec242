"""VickreyAuction: sealed-bid second-price auctions."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Choice, Struct


class Direction(Choice):
    """Which prices win."""

    PROCUREMENT = 0
    SALE = 1


class AuctionTerms(Struct):
    """What bidders know beforehand; times are Unix seconds."""

    token: Address
    bond: Amount
    reserve: Amount
    commit_ends: int
    reveal_ends: int
    winners: int
    direction: Direction
    gated: bool


class Auction(Struct):
    """An auction as it stands; ``leader`` is the zero address before the first valid reveal."""

    opener: Address
    terms: AuctionTerms
    closed: bool
    leader: Address
    leading_price: Amount
    price: Amount
