"""What a purchase would involve: its cost and who gets it, the rights it grants, the model's test."""

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
    """An offer as a buyer should see it before paying. Amounts are base units of the offer's token.

    Attributes:
        offer: the offer as it stands.
        licence: the document behind the terms, which agrees with the chain.
        manifest: the model's manifest.
        listed: what a panel has attested about the model.
        standing: the model's standing, and how recent its test is.
        seats: number of seats to buy.
        price: price of all of them.
        fee: the market's share of the price.
        royalties: the ancestors' shares of the price.
        metric: what the score measures, if that can be fetched.
        token: the token of payment.
        pledge: the bond that a buyer must put up, with its token, if the offer requires one.
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
        """The offer's terms as the chain has them."""
        return self.offer.terms

    @property
    def sellers(self) -> int:
        """What the seller receives of the price."""
        return self.price - self.fee - sum(one.amount for one in self.royalties)


def look_at(session: Session, offer_id: int, seats: int) -> Purchase:
    """Read an offer and everything behind it.

    Raises:
        InvalidInput: no such offer, it is withdrawn or has too few seats, its licence contradicts the chain,
            or it drops a restriction of the model's own licence.
        StoreError, ManifestError: the licence or model cannot be read, so it should not be bought.
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
    """Read everything behind an offer's terms, for a sale at *price* (for all seats, base units).

    Raises:
        InvalidInput: the licence contradicts the chain, or drops a restriction of the model's own licence.
        StoreError, ManifestError: the licence or model cannot be read, so it should not be bought.
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
    """Raise :class:`InvalidInput` if the document contradicts the chain."""
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
    """Whether *account* has not yet joined the market; its first purchase then does so."""
    return session.view(views.participant_registry.participant_of(account)).index == 0
