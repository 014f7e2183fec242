"""Offering a model: its licence is written and published here, and the seller reads it before it signs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assay.errors import AssayError, InvalidInput
from assay.manifests.fields import Address, Digest, Line, Ppm, Slug
from assay.manifests.licence import PURPOSES, RESTRICTIONS, Country, Purpose, Restriction, SpdxExpression
from assay.markets.offer_plan import OfferPlan
from assay.structs import Role
from assay_web.acts import plain
from assay_web.intake import INTAKE
from assay_web.reading import Reading, from_storage, reading

router = APIRouter()
_DAY = 86_400
BaseUnits = Annotated[str, Field(pattern=r"^[0-9]{1,28}$")]
RoleName = Literal["customer", "developer", "data_owner", "auditor", "validator", "regulator"]


class Wish(BaseModel):
    """What somebody wants to offer; the price of a seat in base units."""

    model_config = ConfigDict(extra="forbid")

    account: Address
    good: Digest
    token: Address
    price: BaseUnits
    seats: Annotated[int, Field(ge=1, lt=2**16)]
    purposes: Annotated[tuple[Purpose, ...], Field(max_length=len(PURPOSES))]
    restrictions: Annotated[tuple[Restriction, ...], Field(max_length=len(RESTRICTIONS))]
    further_restrictions: Annotated[tuple[Line, ...], Field(max_length=16)] = ()
    term_days: Annotated[int, Field(ge=0, le=36_500)]
    audience: Annotated[tuple[RoleName, ...], Field(max_length=len(Role))] = ()
    jurisdictions: Annotated[tuple[Country, ...], Field(max_length=64)] = ()
    agreement: Digest | None = None
    royalty_ppm: Ppm = 0
    royalty_floor: BaseUnits = "0"
    spdx: SpdxExpression | None = None
    domain: Slug | None = None
    bond: BaseUnits | None = None
    risk_class: Annotated[int, Field(ge=0, le=255)] = 0
    listed: bool = False
    """Whether the offer takes the place of another of the same model."""

    def plan(self) -> OfferPlan:
        """The same for the SDK."""
        return OfferPlan(
            price=int(self.price),
            token=self.token,
            seats=self.seats,
            purposes=tuple(one for one in PURPOSES if one in self.purposes),
            restrictions=tuple(one for one in RESTRICTIONS if one in self.restrictions),
            term_seconds=self.term_days * _DAY or None,
            further_restrictions=self.further_restrictions,
            audience=tuple(one for one in Role if one.name.lower() in self.audience),
            jurisdictions=self.jurisdictions,
            agreement=bytes.fromhex(self.agreement) if self.agreement else None,
            royalty_ppm=self.royalty_ppm,
            royalty_floor=int(self.royalty_floor),
            spdx=self.spdx,
            domain=self.domain,
            bond=int(self.bond) if self.bond else None,
        )


@router.post("/offers/draft")
def draft(request: Request, wish: Wish, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Write and publish the licence of an offer; what the page has to check and to sign."""
    offers, good = found.market.offers, bytes.fromhex(wish.good)
    try:
        with from_storage():
            _require_accepted(found, wish.token)
            made = offers.draft(good, wish.plan(), seller=wish.account)
            listing = None
            if not wish.listed:
                listing = offers.shown(good, risk_class=wish.risk_class, seller=wish.account)
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


def _require_accepted(found: Reading, token: str) -> None:
    """Nothing but the market's tokens is asked for its name and decimals."""
    with found.index.view() as view:
        accepted = {one.address for one in found.accepted(view)}
    if token not in accepted:
        raise InvalidInput(f"Nothing is sold for the token {token} here.")
