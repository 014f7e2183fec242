"""`market.offers`: offering tested models, changing and withdrawing offers, the seller's bond."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.escrow import Escrow, Token
from assay.governance.policy import Policy
from assay.manifests import Licence, ModelManifest
from assay.manifests.base import problems
from assay.manifests.licence import RESTRICTIONS, bits_of
from assay.markets.goods import Goods
from assay.markets.licences import Licences
from assay.markets.listing import Listing
from assay.markets.model_registry import ModelRegistry
from assay.markets.models import Models
from assay.markets.offer_plan import OfferPlan, Owed, least_price
from assay.markets.pledges import Pledges
from assay.markets.restrictions import require_kept
from assay.markets.sales import CONTRACT, OfferRecord, Sales
from assay.markets.templates import licence_text
from assay.session import Session
from assay.store.cid import cid_of_block
from assay.structs import BondAccount, LicenceOffer, views
from assay.words import formatting


@dataclass(frozen=True)
class Draft:
    """An offer that is not yet made or published.

    Attributes:
        missing: what the seller's bond lacks, base units; it is paid along with the offer.
        text: the licence's text, if one was generated.
    """

    offer: LicenceOffer
    licence: Licence
    token: Token
    missing: int
    text: str | None


@dataclass(frozen=True)
class Offered:
    """An offer that has been made."""

    offer_id: int
    receipt: Receipt


class Offers(Sales):
    """The offers of one account."""

    def __init__(
        self, session: Session, escrow: Escrow, policy: Policy, models: Models, licences: Licences
    ) -> None:
        super().__init__(session)
        self._escrow, self._policy, self._licences = escrow, policy, licences
        self._listing = Listing(session, licences, models)

    def draft(self, good: bytes, plan: OfferPlan, *, seller: str | None = None) -> Draft:
        """Write the licence and calculate the bond. Nothing leaves this machine.

        Args:
            good: the digest of the model's manifest.
            seller: the account by default.

        Raises:
            InvalidInput: invalid terms, or terms that drop a restriction of the model or of its parents.
            StoreError, ManifestError: the model cannot be read.
        """
        manifest = self._session.fetch(good, ModelManifest)
        token = self._escrow.token(plan.token)
        rule, account = self._session.together(
            lambda: self._policy.token_rule(token.address), lambda: self.account(seller, token=token.address)
        )
        least = min(plan.price, rule.min_evaluation_fee)
        bond = least if plan.bond is None else plan.bond
        if bond < least:
            raise InvalidInput(
                f"A bond of {token.format(bond)} is too small.",
                hint=f"Each sale of this offer rests on at least {token.format(least)}.",
            )
        licence, text = self._licence(good, manifest, plan, token, seller)
        require_kept(self._session, licence, (good.hex(), *manifest.lineage.parents))
        offer = LicenceOffer(
            good=good,
            licence=licence.digest(),
            agreement=plan.agreement or bytes(32),
            token=token.address,
            price=plan.price,
            bond=bond,
            term=plan.term_seconds or 0,
            seats=plan.seats,
            purposes=bits_of(plan.purposes),
            audience=sum(1 << role for role in set(plan.audience)),
            royalty_ppm=plan.royalty_ppm,
            royalty_floor=plan.royalty_floor,
        )
        missing = max(0, bond * plan.in_flight - account.free)
        return Draft(offer, licence, token, missing, text)

    def make(self, draft: Draft, *, risk_class: int = 0, jurisdiction: str | None = None) -> Offered:
        """Make an offer in one transaction, which also joins, lists the model and adds bond where needed.

        Args:
            risk_class: the risk class under which a model without a commission is offered.
            jurisdiction: the seller's, if it has not joined the market.

        Raises:
            InvalidInput: no result backs the model, or the seller must name its jurisdiction.
            StoreError: the licence cannot be stored.
            ContractError: not the owner, a price that does not cover royalties, or another rule is broken.
        """
        purpose = _purpose(draft)
        earlier = self._resume(purpose)
        if earlier is not None:
            return earlier
        joining = self._licences.joining(jurisdiction).to_abi()
        self.publish(draft)
        shown = self.shown(draft.offer.good, risk_class=risk_class)
        function = "offer" if shown is None else "publish"
        arguments = [*(shown or ()), draft.offer.to_abi(), joining]
        if not draft.missing:
            return _offered(self._session.send(CONTRACT, function, *arguments, purpose=purpose))
        order = self._session.contract(CONTRACT).call(function, *arguments).data
        token = draft.offer.token
        return _offered(self._escrow.pay(CONTRACT, order, draft.missing, purpose=purpose, token=token))

    def change(self, offer: OfferRecord, draft: Draft) -> Offered:
        """Replace *offer* with another offer of the same good, for later buyers.

        Raises:
            ContractError: not the seller, the offer was changed meanwhile, or a rule is broken.
        """
        self.publish(draft)
        arguments = offer.offer_id, offer.terms.to_abi(), draft.offer.to_abi()
        return _offered(self._session.send(CONTRACT, "change", *arguments))

    def withdraw(self, offer: OfferRecord) -> Receipt:
        """Withdraw an offer. Past sales are not affected."""
        return self._session.send(CONTRACT, "withdraw", offer.offer_id, offer.terms.to_abi())

    def shown(self, good: bytes, *, risk_class: int = 0, seller: str | None = None) -> list[Any] | None:
        """The arguments that list a model with its first offer; empty if it is already listed.

        Args:
            risk_class: the risk class under which a model without a commission is offered.
            seller: the account by default.

        Raises:
            InvalidInput: no result backs it, or the seller may not derive from a parent.
            SealError, WalletError: the model has no commission, and this account does not have its key.
        """
        if Goods(self._session).is_listed(good):
            return None
        return self._listing.shown(good, risk_class, seller)

    def publish(self, draft: Draft) -> None:
        """Store a draft's licence and text, to which its offer refers.

        Raises:
            StoreError: they cannot be stored.
        """
        if draft.text is not None:
            self._session.store.put_block(draft.text.encode())
        self._session.publish(draft.licence)

    def owes(self, good: bytes) -> Owed:
        """What a price has to cover under the present rules.

        Raises:
            InvalidInput: the good is not listed.
        """
        listed, fee_ppm, rule = self._session.together(
            lambda: Goods(self._session).get(good),
            lambda: self._session.view(views.policy.fee_ppm()),
            lambda: self._policy.token_rule(self._session.deployment.tokens.payment),
        )
        royalties = listed.royalties.royalties
        return Owed(fee_ppm, royalties, least_price(royalties, fee_ppm), rule.min_evaluation_fee)

    # THE BOND

    def account(self, seller: str | None = None, *, token: str | None = None) -> BondAccount:
        """A seller's bond in a token (the payment token by default)."""
        address = token or self._session.deployment.tokens.payment
        return self._session.view(views.licences.account_of(seller or self._session.address, address))

    def add_bond(self, amount: int, *, token: str | None = None) -> Receipt:
        """Add to the account's bond; any shortfall in the escrow balance is deposited first.

        Raises:
            InvalidInput, ContractError: as for :meth:`Escrow.deposit`.
        """
        address = token or self._session.deployment.tokens.payment
        call = self._session.contract(CONTRACT).call("addBond", address, amount)
        return self._escrow.send_funded(call, amount, token=address)[0]

    def take_bond(self, amount: int, *, token: str | None = None) -> Receipt:
        """Return bond that backs no sale to the escrow balance."""
        return self._session.send(
            CONTRACT, "takeBond", token or self._session.deployment.tokens.payment, amount
        )

    def _resume(self, purpose: str) -> Offered | None:
        for contract, function in ((CONTRACT, "offer"), (CONTRACT, "publish"), ("Escrow", "pay")):
            receipt = self._session.resume(contract, function, purpose)
            if receipt is not None:
                return _offered(receipt)
        return None

    def _licence(
        self, good: bytes, manifest: ModelManifest, plan: OfferPlan, token: Token, seller: str | None
    ) -> tuple[Licence, str | None]:
        own = manifest.licence
        fields = {
            "purposes": plan.purposes,
            "audience": ", ".join(f"{role.words}s" for role in plan.audience) or None,
            "jurisdictions": plan.jurisdictions,
            "term_seconds": plan.term_seconds,
            "seats": plan.seats,
            "restrictions": tuple(
                one for one in RESTRICTIONS if one in {*own.restrictions, *plan.restrictions}
            ),
            "further_restrictions": tuple(
                dict.fromkeys([*own.further_restrictions, *plan.further_restrictions])
            ),
            "agreement": plan.agreement.hex() if plan.agreement else None,
        }
        if plan.spdx:
            return _valid({"spdx": plan.spdx, **fields}), None
        text = licence_text(
            _valid({"spdx": "NONE", **fields}),
            licensor=seller or self._session.address,
            model=manifest.name,
            manifest=good,
            chain_id=self._session.deployment.chain_id,
            price=f"{token.format(plan.price)} for each seat",
            tested=self._tested(good),
            bond=self._breach_bond(plan.agreement),
            domain=plan.domain,
        )
        return _valid({"text": str(cid_of_block(hashlib.sha256(text.encode()).digest())), **fields}), text

    def _breach_bond(self, agreement: bytes | None) -> str | None:
        """The bond that the agreement requires of a holder, with its token, or None if it requires none."""
        terms = Pledges(self._session, self._escrow).terms_of(agreement) if agreement else None
        return None if terms is None else self._escrow.token(terms.token).format(terms.bond)

    def _tested(self, good: bytes) -> str:
        """A sentence about the test that backs a model."""
        goods, registry = Goods(self._session), ModelRegistry(self._session)
        if not goods.is_listed(good):
            return "A panel has tested it on hidden data; the market's chain has the result."
        listed = goods.get(good)
        score, metric = registry.provenance(good).score, goods.metric(listed)
        said = formatting.score(score, metric)
        return f"A panel scored it {said} on hidden data, as the market's chain shows."


def _purpose(draft: Draft) -> str:
    """The purpose of an offer's transaction; a different price or royalty makes it a different offer.

    The licence's text is left out, because it says more about the test once the model is listed, which a
    first attempt may already have done.
    """
    offer, rights = draft.offer, draft.licence.model_copy(update={"text": None}).digest().hex()
    royalty = f"{offer.royalty_ppm} ppm, at least {offer.royalty_floor}"
    return f"offer of {offer.good.hex()} ({rights}) for {offer.price} of {offer.token}, royalty {royalty}"


def _valid(fields: Mapping[str, object]) -> Licence:
    """A licence; raises :class:`InvalidInput`, saying what is wrong."""
    try:
        return Licence.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(f"These are no terms of a licence: {problems(error)}.") from None


def _offered(receipt: Receipt) -> Offered:
    return Offered(receipt.event("Offered").arguments["offerId"], receipt)
