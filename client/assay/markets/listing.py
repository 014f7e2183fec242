"""What listing a model requires: proof that a panel attested its key, and the right to derive it."""

from __future__ import annotations

from typing import Any

from assay.deal.deliveries import Deliveries
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, ModelManifest, SealedArtifact
from assay.manifests.licence import purposes_of
from assay.markets.commission_reader import CommissionReader
from assay.markets.licences import Licences
from assay.markets.lineage import lineage_edges
from assay.markets.models import Models
from assay.seal.delivery import NOBODY, DeliveryContext, agreement, commitment, deliver
from assay.session import Session
from assay.structs import (
    ZERO_ADDRESS,
    Derivation,
    GoodProof,
    LicenceOffer,
    LicenceSale,
    LicenceTerms,
    LineageKind,
    Submission,
    Version,
    views,
)

_MARKET = "CommissionMarket"
_NO_OFFER = LicenceOffer(
    good=bytes(32),
    licence=bytes(32),
    agreement=bytes(32),
    token=ZERO_ADDRESS,
    price=0,
    bond=0,
    term=0,
    seats=0,
    purposes=0,
    audience=0,
    royalty_ppm=0,
    royalty_floor=0,
)
_NO_TERMS = LicenceTerms(
    offer=_NO_OFFER,
    seller=ZERO_ADDRESS,
    jurisdiction=0,
    edition=0,
    royalties=ZERO_ADDRESS,
    treasury=ZERO_ADDRESS,
    fee_ppm=0,
    delivery_window=0,
    challenge_window=0,
)
_NO_SALE = LicenceSale(
    terms=bytes(32),
    seller=ZERO_ADDRESS,
    holder=ZERO_ADDRESS,
    price=0,
    bond=0,
    seats=0,
    challenge_window=0,
    at=0,
    kept=bytes(32),
)
_OWN = Derivation(sale_id=0, sale=_NO_SALE, terms=_NO_TERMS)


class Listing:
    """Collects this from the chain and from the account's own keys and licences."""

    def __init__(self, session: Session, licences: Licences, models: Models) -> None:
        self._session, self._licences, self._models = session, licences, models

    def shown(self, good: bytes, risk_class: int, seller: str | None = None) -> list[Any]:
        """Proof, submission and derivations, as ``publish`` takes them.

        Args:
            risk_class: the risk class under which a model without a commission is offered.
            seller: the account by default.

        Raises:
            InvalidInput: no result backs it, or the seller may not derive from a parent.
            SealError: the account does not have the model's key.
        """
        manifest = self._session.fetch(good, ModelManifest)
        version = self._version(good)
        if version is None:
            proof, submission = self._of_assessment(good, manifest, risk_class)
        else:
            proof, submission = self._of_commission(version.deal_id, manifest.artifact)
        derivations = [
            self._derivation(edge.ref, seller or self._session.address)
            for edge in submission.lineage
            if edge.kind == LineageKind.MODEL
        ]
        return [proof.to_abi(), submission.to_abi(), [one.to_abi() for one in derivations]]

    def _version(self, good: bytes) -> Version | None:
        if not self._session.view(views.model_registry.is_registered(good)):
            return None
        return self._session.view(views.model_registry.version_of(good))

    def _of_commission(self, deal_id: int, artifact: SealedArtifact) -> tuple[GoodProof, Submission]:
        reader = CommissionReader(self._session)
        recipient = self._session.fetch(reader.get(deal_id).request.spec, CommissionSpec).recipient
        delivered = Deliveries(self._session).find(deal_id)
        if delivered is None:
            raise InvalidInput(f"The model of commission {deal_id} has not been delivered.")
        address = self._session.deployment.address(_MARKET)
        context = DeliveryContext(self._session.deployment.chain_id, address, deal_id, recipient)
        proof = _proof(artifact, commitment(delivered.delivery, context), 0, 0)
        return proof, reader.submission(deal_id)

    def _of_assessment(
        self, good: bytes, manifest: ModelManifest, risk_class: int
    ) -> tuple[GoodProof, Submission]:
        submission = Submission(manifest=good, grants=bytes(32), lineage=lineage_edges(manifest.lineage))
        opened = self._session.events.find("Conformity", "AssessmentOpened", newest_first=True, manifest=good)
        for event in opened:
            proof = self._attested(
                event.arguments["id"], event.arguments["setId"], good, manifest, risk_class
            )
            if proof is not None:
                return proof, submission
        raise InvalidInput(
            f"The model {good.hex()} has no result behind it, and no untested model is sold.",
            hint="Have it assessed on a third party's test set: `assay conformity apply SET MANIFEST`.",
        )

    def _attested(
        self, assessment_id: int, set_id: int, good: bytes, manifest: ModelManifest, risk_class: int
    ) -> GoodProof | None:
        """The proof, if this assessment's panel attested the model."""
        word = self._session.view(views.conformity.attested(set_id, good))
        if word == bytes(32):
            return None
        artifact, address = manifest.artifact, self._session.deployment.address("Conformity")
        context = DeliveryContext(self._session.deployment.chain_id, address, assessment_id, NOBODY)
        delivery, _ = deliver(self._models.key_of(good), context)
        if agreement(artifact.key_hash, artifact.ciphertext, delivery, context) != word:
            return None
        return _proof(artifact, commitment(delivery, context), set_id, risk_class)

    def _derivation(self, parent: bytes, seller: str) -> Derivation:
        """The seller's licence to derive from a parent, or the fact that the parent is its own."""
        good = self._session.view(views.goods.good_of(parent))
        if good.token_id and self._session.view(views.goods.owner_of(good.token_id)) == seller:
            return _OWN
        for record in self._licences.held_by(seller):
            terms = self._licences.terms_of(record)
            if terms.offer.good != parent or not record.is_licence:
                continue
            if "derive" in purposes_of(terms.offer.purposes):
                return Derivation(sale_id=record.sale_id, sale=record.sale, terms=terms)
        raise InvalidInput(
            f"The lineage names the model {parent.hex()}; {seller} has no licence to derive from it.",
            hint="Buy one: `assay licence offers --model MANIFEST` lists what is on offer.",
        )


def _proof(artifact: SealedArtifact, committed: bytes, set_id: int, risk_class: int) -> GoodProof:
    return GoodProof(
        key_hash=bytes.fromhex(artifact.key_hash),
        ciphertext=bytes.fromhex(artifact.ciphertext),
        commitment=committed,
        set_id=set_id,
        risk_class=risk_class,
    )
