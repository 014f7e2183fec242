"""Offering a model: its licence is written and published here, and the seller reads it before it signs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assay.errors import AssayError
from assay.manifests.fields import Address, Digest
from assay.manifests.licence import PURPOSES, RESTRICTIONS, Purpose, Restriction
from assay.markets.offer_plan import OfferPlan
from assay_web.acts import plain
from assay_web.intake import INTAKE
from assay_web.reading import Reading, from_storage, reading

router = APIRouter()
_DAY = 86_400


class Wish(BaseModel):
    """What somebody wants to offer; the price of a seat in base units."""

    model_config = ConfigDict(extra="forbid")

    account: Address
    good: Digest
    price: Annotated[str, Field(pattern=r"^[0-9]{1,28}$")]
    seats: Annotated[int, Field(ge=1, lt=2**16)]
    purposes: Annotated[tuple[Purpose, ...], Field(max_length=len(PURPOSES))]
    restrictions: Annotated[tuple[Restriction, ...], Field(max_length=len(RESTRICTIONS))]
    term_days: Annotated[int, Field(ge=0, le=36_500)]

    def plan(self) -> OfferPlan:
        """The same for the SDK."""
        return OfferPlan(
            price=int(self.price),
            seats=self.seats,
            purposes=tuple(one for one in PURPOSES if one in self.purposes),
            restrictions=tuple(one for one in RESTRICTIONS if one in self.restrictions),
            term_seconds=self.term_days * _DAY or None,
        )


@router.post("/offers/draft")
def draft(request: Request, wish: Wish, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Write and publish the licence of an offer; what the page has to check and to sign."""
    offers, good = found.market.offers, bytes.fromhex(wish.good)
    try:
        with from_storage():
            made = offers.draft(good, wish.plan(), seller=wish.account)
            listing = offers.shown(good, seller=wish.account)
            INTAKE.count(request, len(made.text or ""))
            offers.publish(made)
    except AssayError as error:
        return JSONResponse({"text": str(error)}, status_code=422)
    known = {
        "licence": made.offer.licence,
        "bond": str(made.offer.bond),
        "text": made.text,
        "listing": listing,
    }
    return JSONResponse(plain(known))
