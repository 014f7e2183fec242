"""What a seller can do: offers, trials, auctions of licences: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.manifests.licence import PURPOSES, RESTRICTION_WORDS
from assay.markets.sales import OfferRecord
from assay_web.acts import Act, Field, call, plain
from assay_web.licence_acts import where
from assay_web.reading import Reading
from assay_web.sentences import say


def offer(found: Reading, good: str, owner: str, jurisdictions: Mapping[int, str]) -> Act:
    """An offer of a model, by its owner.

    Args:
        good: digest of its manifest.
        jurisdictions: by their numbers, for an owner that has not joined the market.
    """
    facts = {"good": f"0x{good}", "token": found.deployment.tokens.payment}
    fields = (
        Field("price", "amount"),
        Field("seats", "number", "1"),
        Field("purposes", "several", "use", tuple((one, str(say(f"purpose.{one}"))) for one in PURPOSES)),
        Field("restrictions", "several", choices=tuple(RESTRICTION_WORDS.items())),
        Field("term", "number", "0"),
        Field("in_flight", "number", "10"),
        where(jurisdictions),
    )
    return Act("offer", "offer", facts, fields, (owner,))


def of_offer(record: OfferRecord) -> Iterator[Act]:
    """What the seller of an offer can do about it, as long as its model is not reserved."""
    terms = record.terms
    about, only = {"offer": record.offer_id, "terms": plain(terms.to_abi())}, (terms.seller,)
    exclusive = Field(
        "exclusive", "choice", choices=(("no", str(say("choice.no"))), ("yes", str(say("choice.yes"))))
    )
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
    withdraw = call("Licences", "withdraw", record.offer_id, terms.to_abi())
    yield Act("withdraw_offer", "call", withdraw, only=only)
