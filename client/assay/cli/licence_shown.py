"""Offers, purchases and sales of licences as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.cli.output import Cell, Data, digest, due, moment, money, ppm, score, size
from assay.errors import ManifestError, StoreError
from assay.words import times

if TYPE_CHECKING:
    from assay.escrow import Token
    from assay.market import Market
    from assay.markets.purchase import Purchase
    from assay.markets.sales import OfferRecord, SaleRecord
    from assay.structs import LicenceTerms


def duration(seconds: int) -> Cell:
    """How long something lasts; 0 for no end."""
    return Cell(seconds or None, times.duration(seconds) if seconds else "without end", "seconds")


def rights(terms: LicenceTerms) -> dict[str, Any]:
    """What a licence under the terms lets its holder do."""
    from assay.manifests.licence import PURPOSE_WORDS, purposes_of

    purposes = purposes_of(terms.offer.purposes)
    return {
        "purposes": Cell(list(purposes), "\n".join(f"{one}: {PURPOSE_WORDS[one]}" for one in purposes)),
        "term": duration(terms.offer.term),
    }


def purchase(found: Purchase) -> dict[str, Any]:
    """What a purchase costs, who gets what, what may be done with the model, how fresh its test is."""
    terms, licence, standing = found.terms, found.licence, found.standing
    token = found.token
    return {
        "offer": found.offer.offer_id,
        "model": found.manifest.name,
        "manifest": terms.offer.good,
        "seller": terms.seller,
        "seats": found.seats,
        "price": money(found.price, token),
        "to_the_seller": money(found.sellers, token),
        "market_fee": money(found.fee, token),
        "royalties": [
            {"model": one.model_id, "owner": one.owner, "amount": money(one.amount, token)}
            for one in found.royalties
        ],
        **rights(terms),
        "not_allowed": Cell(list(licence.forbids()), "\n".join(licence.forbids()) or "-"),
        "places": Cell(list(licence.jurisdictions), ", ".join(licence.jurisdictions) or "everywhere"),
        "licence": licence.spdx or licence.text,
        "must_be_signed": digest(terms.offer.agreement),
        "bond_to_put_up": _bond(found),
        "royalty_of_models_made_from_it": ppm(terms.offer.royalty_ppm),
        "score": score(standing.score, found.metric),
        "standing": standing.status,
        "tested": moment(standing.verified_at),
        "test_again_by": moment(standing.due_at),
        "size": size(found.manifest.artifact.plaintext_size),
        "key_delivered_within": duration(terms.delivery_window),
        "time_to_refute_a_wrong_key": duration(terms.challenge_window),
        "sellers_bond": money(min(terms.offer.bond, found.price), token),
    }


def _bond(found: Purchase) -> Cell:
    """What a buyer pledges, beside the price."""
    if found.pledge is None:
        return Cell(None, "none")
    terms, token = found.pledge
    agreement = found.terms.offer.agreement.hex()
    record = {"bond_base_units": str(terms.bond), "token": terms.token, "term_seconds": terms.term}
    return Cell(
        record,
        f"{token.format(terms.bond)}, lost if a jury confirms a breach within {times.duration(terms.term)}: "
        f"`assay pledge make {agreement}`",
    )


def offer(market: Market, record: OfferRecord, token: Token) -> dict[str, Any]:
    """A row of a list of offers."""
    terms = record.terms
    return {
        "offer": record.offer_id,
        "model": model_name(market, terms.offer.good),
        "price": money(terms.offer.price, token),
        "purposes": rights(terms)["purposes"].value,
        "seats": terms.offer.seats,
        "term": duration(terms.offer.term),
        "seller": terms.seller,
        "manifest": Data(terms.offer.good),
    }


def sale(market: Market, record: SaleRecord) -> dict[str, Any]:
    """One sale as it stands."""
    from assay.markets.sale_step import sale_step

    terms = market.licences.terms_of(record)
    token, now = market.session.together(lambda: market.escrow.token(terms.offer.token), market.session.now)
    return {
        "sale": record.sale_id,
        "model": model_name(market, terms.offer.good),
        "manifest": terms.offer.good,
        "state": record.state.words,
        "holder": record.sale.holder,
        "seller": record.sale.seller,
        "seats": record.sale.seats,
        "price": money(record.sale.price, token),
        **rights(terms),
        "expires": moment(record.expires(terms)),
        "offer": record.offer_id,
        "next": due(sale_step(record, now)),
    }


def row(market: Market, record: SaleRecord) -> dict[str, Any]:
    """The same as a row of a list."""
    shown = sale(market, record)
    kept = ("sale", "model", "state", "holder", "seller", "seats", "price", "expires", "next")
    return {name: shown[name] for name in kept} | {"manifest": Data(shown["manifest"])}


def model_name(market: Market, good: bytes) -> str:
    """The model's name; its digest where the manifest cannot be had."""
    from assay.manifests import ModelManifest

    try:
        return market.session.fetch(good, ModelManifest).name
    except (StoreError, ManifestError):
        return good.hex()
