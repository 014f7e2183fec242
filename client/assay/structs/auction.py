"""VickreyAuction: sealed-bid second-price auctions."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Choice, Struct


class Direction(Choice):
    """Which prices win."""

    PROCUREMENT = 0
    SALE = 1


class Eligibility(Struct):
    """Whom the registry lets bid; everybody if ``domain`` is 0."""

    customer: Address
    organisation: int
    domain: int
    blocked_jurisdictions: int
    """Bitmap."""


class Auction(Struct):
    """An auction as it stands; times are Unix seconds.

    ``leader`` is the zero address before the first valid reveal.
    """

    opener: Address
    token: Address
    bond: Amount
    commit_ends: int
    reveal_ends: int
    winners: int
    direction: Direction
    gated: bool
    """Whether the opener is also asked who may bid."""
    eligibility: Eligibility
    agreement: bytes
    """Digest of the text that bidders must have signed; zero if there is none."""
    closed: bool
    leader: Address
    leading_price: Amount
    """The reserve while there is no leader."""
    price: Amount
    """The reserve until the first bid that does not win."""


class Bid(Struct):
    """What the chain shows about one account's bid."""

    committed_at: int
    """Unix seconds; 0 if there is no bid, or its bond has been returned."""
    revealed: bool
    """Whether it was revealed and led."""
