"""The sealed-bid second-price auction: `IVickreyAuction`, by sorting all bids."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """Amounts in base units. `winners` is k. The highest prices win a sale, the lowest a procurement."""

    winners: int
    reserve: int
    bond: int
    sale: bool


@dataclass(frozen=True)
class Bid:
    """A committed bid: its time in seconds, and its seal as a number, by which ties are broken."""

    price: int
    committed_at: int
    seal: int
    revealed: bool


@dataclass(frozen=True)
class Award:
    """How an auction ends; bids are named by their place in the list.

    Attributes:
        winners: best first.
        refunds: base units that go back to each bidder.
        won: base units of winners' bonds that move to the opener.
        burnt: base units of unrevealed bonds.
    """

    winners: tuple[int, ...]
    price: int
    refunds: tuple[int, ...]
    won: int
    burnt: int


def award(terms: Terms, bids: Sequence[Bid]) -> Award:
    """The first k of the revealed bids within the reserve, at the (k+1)-th's price or at the reserve."""

    def rank(place: int) -> tuple[int, int, int]:
        bid = bids[place]
        return (-bid.price if terms.sale else bid.price, bid.committed_at, bid.seal)

    def is_valid(bid: Bid) -> bool:
        within = bid.price >= terms.reserve if terms.sale else bid.price <= terms.reserve
        return bid.revealed and within

    ranked = sorted((place for place, bid in enumerate(bids) if is_valid(bid)), key=rank)
    winners, losers = ranked[: terms.winners], ranked[terms.winners :]
    return Award(
        winners=tuple(winners),
        price=bids[losers[0]].price if losers else terms.reserve,
        refunds=tuple(
            terms.bond if bid.revealed and place not in winners else 0 for place, bid in enumerate(bids)
        ),
        won=terms.bond * len(winners),
        burnt=terms.bond * sum(not bid.revealed for bid in bids),
    )
