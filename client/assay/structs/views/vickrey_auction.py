"""Views of VickreyAuction. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def AGREEMENTS() -> View[str]:
    return View("VickreyAuction", "AGREEMENTS", str)


def CLOSE_WINDOW() -> View[int]:
    return View("VickreyAuction", "CLOSE_WINDOW", int)


def ESCROW() -> View[str]:
    return View("VickreyAuction", "ESCROW", str)


def MAX_COMMIT_WINDOW() -> View[int]:
    return View("VickreyAuction", "MAX_COMMIT_WINDOW", int)


def MAX_REVEAL_WINDOW() -> View[int]:
    return View("VickreyAuction", "MAX_REVEAL_WINDOW", int)


def MAX_WINNERS() -> View[int]:
    return View("VickreyAuction", "MAX_WINNERS", int)


def MIN_REVEAL_WINDOW() -> View[int]:
    return View("VickreyAuction", "MIN_REVEAL_WINDOW", int)


def REGISTRY() -> View[str]:
    return View("VickreyAuction", "REGISTRY", str)


def auction(auction_id: int) -> View[structs.Auction]:
    return View("VickreyAuction", "auction", structs.Auction, auction_id)


def bid_of(auction_id: int, bidder: str) -> View[structs.Bid]:
    return View("VickreyAuction", "bidOf", structs.Bid, auction_id, bidder)


def seal_bid(auction_id: int, bidder: str, price: int, salt: bytes) -> View[bytes]:
    return View("VickreyAuction", "sealBid", bytes, auction_id, bidder, price, salt)
