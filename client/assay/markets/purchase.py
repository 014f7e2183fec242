"""What a purchase would be: its cost and who gets it, the rights that it gives, the test behind the model."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import InvalidInput
from assay.escrow import Escrow, Token
from assay.manifests import Licence, ModelManifest
from assay.manifests.evaluation import Metric
from assay.manifests.licence import bits_of
from assay.markets.goods import PPM, Goods, Listed, RoyaltyDue
from assay.markets.model_registry import ModelRegistry
from assay.markets.model_status import Standing
from assay.markets.pledges import Pledges
from assay.markets.sales import OfferRecord, Sales
from assay.session import Session
from assay.structs import LicenceTerms, PledgeTerms, views


@dataclass(frozen=True)
class Purchase:
    """An offer as a buyer should see it before it pays. Amounts are base units of the offer's token.

    Attributes:
        offer: as it stands.
        licence: the document behind the terms; it says what the chain says.
        manifest: of the model.
        listed: what a panel has attested of it.
        standing: how it stands, and how fresh its test is.
        seats: to be bought.
        price: of all of them.
        fee: of it, the market's.
        royalties: of it, the ancestors'.
        metric: what the score measures, where that can be had.
        token: that is paid in.
        pledge: the bond that a buyer has to put up, where the offer asks for one, with its token.
    """

    offer: OfferRecord
    licence: Licence
    manifest: ModelManifest
    listed: Listed
    standing: Standing
    seats: int
    price: int
    fee: int
    royalties: tuple[RoyaltyDue, ...]
    metric: Metric | None
    token: Token
    pledge: tuple[PledgeTerms, Token] | None

    @property
    def terms(self) -> LicenceTerms:
        """The offer's terms, by which the chain goes."""
        return self.offer.terms

    @property
    def sellers(self) -> int:
        """What the seller gets of the price."""
        return self.price - self.fee - sum(one.amount for one in self.royalties)


def look_at(session: Session, offer_id: int, seats: int) -> Purchase:
    """Read an offer and everything behind it.

    Raises:
        InvalidInput: no such offer, it is withdrawn or has not so many seats; or what it says in words is not
            what the chain says, or drops what the model's own licence forbids.
        StoreError, ManifestError: licence or model cannot be read, so nobody should buy it.
    """
    offer = Sales(session).offer(offer_id)
    if offer.withdrawn:
        raise InvalidInput(
            f"Offer {offer_id} is withdrawn.", hint="`assay licence offers` lists what is on offer."
        )
    if not 0 < seats <= offer.terms.offer.seats:
        raise InvalidInput(
            f"One sale of offer {offer_id} has 1 to {offer.terms.offer.seats:,} seats, not {seats:,}."
        )
    return look_behind(session, offer, seats, offer.terms.offer.price * seats)


def look_behind(session: Session, offer: OfferRecord, seats: int, price: int) -> Purchase:
    """Read everything behind the terms of an offer, for a sale at *price* (of all seats, base units).

    Raises:
        InvalidInput: what they say in words is not what the chain says, or drops what the model's own licence
            forbids.
        StoreError, ManifestError: licence or model cannot be read, so nobody should buy it.
    """
    terms = offer.terms
    goods, good = Goods(session), terms.offer.good
    licence, manifest = session.fetch(terms.offer.licence, Licence), session.fetch(good, ModelManifest)
    require_same_terms(licence, terms)
    listed = goods.get(good)
    listed.require_same(manifest.artifact)
    _require_restrictions(licence, manifest)
    escrow = Escrow(session)
    standing, dues, metric, token, bond = session.together(
        lambda: ModelRegistry(session).standing_of(listed.good.token_id, good),
        lambda: goods.dues(listed, price, seats),
        lambda: goods.metric(listed),
        lambda: escrow.token(terms.offer.token),
        lambda: Pledges(session, escrow).terms_of(terms.offer.agreement),
    )
    fee, royalties = price * terms.fee_ppm // PPM, tuple(dues)
    pledge = None if bond is None else (bond, escrow.token(bond.token))
    return Purchase(
        offer, licence, manifest, listed, standing, seats, price, fee, royalties, metric, token, pledge
    )


def require_same_terms(licence: Licence, terms: LicenceTerms) -> None:
    """Raise :class:`InvalidInput` where the document says something else than the chain."""
    offer = terms.offer
    pairs = {
        "the purposes": (bits_of(licence.purposes), offer.purposes),
        "the term": (licence.term_seconds or 0, offer.term),
        "the seats": (licence.seats or offer.seats, offer.seats),
        "the agreement": (bytes.fromhex(licence.agreement or "00" * 32), offer.agreement),
    }
    wrong = [name for name, (said, kept) in pairs.items() if said != kept]
    if wrong:
        raise InvalidInput(
            f"Licence document and chain differ in {' and '.join(wrong)}: nobody knows what is sold.",
            hint="Ask the seller to correct the offer.",
        )


def _require_restrictions(licence: Licence, manifest: ModelManifest) -> None:
    missing = manifest.licence.missing_from(licence)
    if missing:
        raise InvalidInput(
            f"The offer allows what the model's own licence forbids: use {'; '.join(missing)}.",
            hint="Ask the seller to correct the offer.",
        )


def is_new(session: Session, account: str) -> bool:
    """Whether *account* has not joined the market, which its first purchase does for it."""
    return session.view(views.participant_registry.participant_of(account)).index == 0
