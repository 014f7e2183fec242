"""What a seller wants to offer, and the least that it can ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.manifests.licence import Purpose, Restriction
from assay.markets.goods import PPM
from assay.structs import Role, Royalty


@dataclass(frozen=True)
class OfferPlan:
    """What a seller wants to offer.

    Attributes:
        price: of each seat, base units.
        token: the market's payment token by default.
        purposes: in the order of their list.
        seats: of one sale, at most.
        term_seconds: how long a licence lasts; no end by default.
        audience: roles, one of which a buyer must hold; everybody by default.
        jurisdictions: where it may be used; everywhere by default.
        restrictions, further_restrictions: for what not; those of the model's own licence are added.
        agreement: digest of a text that a buyer must have signed.
        royalty_ppm, royalty_floor: what sales of models owe that are derived under this licence.
        spdx: a licence of the SPDX list; by default a text is written with these numbers in it.
        domain: whose section the text has, where there is one.
        bond: behind each sale, base units; the least that the market allows by default.
        in_flight: for how many sales at once the bond is to last.
    """

    price: int
    token: str | None = None
    purposes: tuple[Purpose, ...] = ("use",)
    seats: int = 1
    term_seconds: int | None = None
    audience: tuple[Role, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    further_restrictions: tuple[str, ...] = ()
    agreement: bytes | None = None
    royalty_ppm: int = 0
    royalty_floor: int = 0
    spdx: str | None = None
    domain: str | None = None
    bond: int | None = None
    in_flight: int = 10


@dataclass(frozen=True)
class Owed:
    """What a price of a seat has to cover.

    Attributes:
        least_price, least_bond: base units; a bond is never more than the price.
    """

    fee_ppm: int
    royalties: tuple[Royalty, ...]
    least_price: int
    least_bond: int


def least_price(royalties: Sequence[Royalty], fee_ppm: int) -> int:
    """The least price of a seat that covers what ancestors are owed and the fee, base units."""

    def is_enough(price: int) -> bool:
        owed = sum(max(price * one.ppm // PPM, one.floor) for one in royalties)
        return price >= owed + price * fee_ppm // PPM

    low, high = -1, 1
    while not is_enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
