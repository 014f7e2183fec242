"""What a seller can do: offers, trials, auctions of licences: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from assay.escrow import Token
from assay.manifests import Licence
from assay.manifests.licence import PURPOSES, RESTRICTION_WORDS, purposes_of
from assay.markets.sales import OfferRecord
from assay.markets.templates import template_domains
from assay.structs import LicenceOffer, Role
from assay.words.amounts import format_amount
from assay_web.acts import Act, Field, call, plain, written
from assay_web.licence_acts import where
from assay_web.reading import Reading
from assay_web.safe_text import name as line
from assay_web.sentences import say

Fields = tuple[Field, ...]
_DAY = 86_400


def offer(
    good: str, owner: str, tokens: Sequence[Token], jurisdictions: Mapping[int, str], *, ordered: bool
) -> Act:
    """An offer of a model, by its owner.

    Args:
        good: digest of its manifest.
        tokens: in which deals may be paid.
        jurisdictions: by their numbers, for an owner that has not joined the market.
        ordered: whether a commission says which rules apply to it.
    """
    fields = (*_terms(tokens), where(jurisdictions))
    risk = () if ordered else (Field("risk_class", "number", "0", more=True),)
    return Act("offer", "offer", {"good": f"0x{good}"}, (*fields, *risk), (owner,))


def _terms(
    tokens: Sequence[Token], old: LicenceOffer | None = None, licence: Licence | None = None
) -> Fields:
    """What an offer says, as in *old* with *licence* where it is to take the place of that."""

    def amount(name: str, value: int | None, *, more: bool = True, required: bool = True) -> Field:
        written = "" if value is None else format_amount(value, tokens[0].decimals).replace(",", "")
        return Field(name, "amount", written, required=required, more=more)

    purposes = purposes_of(old.purposes) if old else ("use",)
    roles = tuple((role.name.lower(), say(f"role.{role.name.lower()}")) for role in Role if role)
    audience = [role.name.lower() for role in Role if role and old and old.audience >> role & 1]
    agreement = old.agreement.hex() if old and any(old.agreement) else ""
    sections = (("", say("drawing.no_domain")), *((one, one) for one in template_domains()))
    return (
        amount("price", old.price if old else None, more=False),
        Field("token", "choice", choices=tuple((one.address, line(one.symbol)) for one in tokens)),
        Field("seats", "number", str(old.seats if old else 1)),
        Field(
            "purposes",
            "several",
            " ".join(purposes),
            tuple((one, say(f"purpose.{one}")) for one in PURPOSES),
        ),
        Field(
            "restrictions",
            "several",
            " ".join(licence.restrictions if licence else ()),
            tuple(RESTRICTION_WORDS.items()),
        ),
        Field("term", "number", str(old.term // _DAY if old else 0)),
        Field("in_flight", "number", "10"),
        Field("audience", "several", " ".join(audience), roles, more=True),
        Field("places", value=" ".join(licence.jurisdictions if licence else ()), required=False, more=True),
        Field("agreement", value=agreement, required=False, more=True),
        Field("royalty", value=f"{Decimal(old.royalty_ppm if old else 0) / 10_000:f}", more=True),
        amount("royalty_floor", old.royalty_floor if old else 0),
        Field(
            "further",
            "long",
            "\n".join(licence.further_restrictions if licence else ()),
            required=False,
            more=True,
        ),
        Field("section", "choice", choices=sections, more=True),
        Field("spdx", value=(licence.spdx or "") if licence else "", required=False, more=True),
        amount("sale_bond", None, required=False),
    )


def of_bond(found: Reading, seller: str, token: str) -> Act:
    """What of a seller's bond is behind no sale, back to its escrow balance."""
    told = {"symbol": found.token(token).symbol}
    facts = call("Licences", "takeBond", token, written("amount", "amount", token=token))
    return Act("take_bond", "call", facts, (Field("amount", "amount"),), (seller,), told)


def of_offer(found: Reading, record: OfferRecord, licence: Licence) -> Iterator[Act]:
    """What the seller of an offer can do about it, as long as its model is not reserved."""
    terms = record.terms
    about, only = {"offer": record.offer_id, "terms": plain(terms.to_abi())}, (terms.seller,)
    exclusive = Field("exclusive", "choice", choices=(("no", say("choice.no")), ("yes", say("choice.yes"))))
    auction = (
        Field("deposit", "amount"),
        Field("licences", "number", "1"),
        Field("seats", "number", "1"),
        exclusive,
        Field("bidding_hours", "number", "72"),
        Field("revealing_hours", "number", "24"),
    )
    yield Act("open_auction", "open-auction", about, auction, only)
    trials = (
        Field("quota", "number", "1"),
        Field("exposure_fee", "amount", "0"),
        Field("bond", "amount", "0"),
        exclusive,
    )
    yield Act("allow_trials", "allow-trials", about, trials, only)
    good = f"0x{terms.offer.good.hex()}"
    written = _terms([found.token(terms.offer.token)], terms.offer, licence)
    yield Act("change_offer", "offer", {"good": good, "change": about}, written, only)
    withdraw = call("Licences", "withdraw", record.offer_id, terms.to_abi())
    yield Act("withdraw_offer", "call", withdraw, only=only)
