"""What a seller wants to offer, and the lowest price that it can ask."""

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
        price: price of each seat, base units.
        token: the market's payment token by default.
        purposes: the allowed purposes, in the order of the list.
        seats: the most seats in one sale.
        term_seconds: how long a licence lasts; unlimited by default.
        audience: roles, one of which a buyer must hold; everybody by default.
        jurisdictions: where the model may be used; everywhere by default.
        restrictions, further_restrictions: forbidden uses; those of the model's own licence are added.
        agreement: digest of a text that buyers must have signed.
        royalty_ppm, royalty_floor: what is owed on sales of models derived under this licence.
        spdx: a licence from the SPDX list; by default a text is generated from these terms.
        domain: the domain whose section is added to the text, if there is one.
        bond: the bond behind each sale, base units; by default the market's minimum.
        in_flight: how many simultaneous sales the bond should cover.
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
    """What the price of a seat has to cover.

    Attributes:
        least_price, least_bond: base units; a bond is never more than the price.
    """

    fee_ppm: int
    royalties: tuple[Royalty, ...]
    least_price: int
    least_bond: int


def least_price(royalties: Sequence[Royalty], fee_ppm: int) -> int:
    """The lowest price of a seat that covers royalties and the fee, base units."""

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
