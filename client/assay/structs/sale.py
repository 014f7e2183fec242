"""Sales: licences put up for auction. A lot is stored on-chain as its hash."""

from __future__ import annotations

from assay.structs.base import Amount, Struct
from assay.structs.licence import LicenceTerms


class Lot(Struct):
    """What a seller puts up for auction."""

    offer_id: int
    terms: LicenceTerms
    """The offer's terms; its price is the reserve for a seat."""
    seats: int
    """Seats of each licence."""
    licences: int
    exclusive: bool
    """Whether nobody else may buy the model afterwards."""
    deposit: Amount
    """Each bidder's deposit: the most that a licence can cost."""
    commit_ends: int
    """Unix seconds."""
    reveal_ends: int
    """Unix seconds."""

    @property
    def reserve(self) -> int:
        """The lowest price of a licence, base units."""
        return self.terms.offer.price * self.seats

    @property
    def bond(self) -> int:
        """What the seller puts up for all of its licences, base units."""
        return self.terms.offer.bond * self.licences
