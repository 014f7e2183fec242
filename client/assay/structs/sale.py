"""Sales: licences that are put to auction. What is put is kept on-chain as the hash of a lot."""

from __future__ import annotations

from assay.structs.base import Amount, Struct
from assay.structs.licence import LicenceTerms


class Lot(Struct):
    """What a seller puts to auction."""

    offer_id: int
    terms: LicenceTerms
    """Of the offer; its price is the reserve of a seat."""
    seats: int
    """Of each licence."""
    licences: int
    exclusive: bool
    """Nobody else may buy the model afterwards."""
    deposit: Amount
    """Of each bidder: the most that a licence can cost."""
    commit_ends: int
    """Unix seconds."""
    reveal_ends: int
    """Unix seconds."""

    @property
    def reserve(self) -> int:
        """The least that a licence costs, base units."""
        return self.terms.offer.price * self.seats

    @property
    def bond(self) -> int:
        """What the seller puts up for all of its licences, base units."""
        return self.terms.offer.bond * self.licences
