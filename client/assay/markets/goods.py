"""`market.goods`: what may be sold, what a panel has attested about it, and what is owed on its sales."""

from __future__ import annotations

from dataclasses import dataclass

from assay.deal.metric import metric_of
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, ConformitySpec, SealedArtifact
from assay.manifests.evaluation import Metric
from assay.session import Session
from assay.structs import Good, GoodEvidence, GoodKind, GoodProof, GoodRoyalties, views

_NAME = "Goods"
PPM = 1_000_000


@dataclass(frozen=True)
class RoyaltyDue:
    """What one ancestor receives from a sale.

    Attributes:
        model_id: the ancestor's model id.
        owner: its present owner, who is paid unless ownership changes first.
        amount: base units.
    """

    model_id: int
    owner: str
    amount: int


@dataclass(frozen=True)
class Listed:
    """A good, with the evidence presented when it was listed.

    Attributes:
        proof: hash of the content key and of the ciphertext, as attested by a panel.
    """

    digest: bytes
    good: Good
    proof: GoodProof
    royalties: GoodRoyalties

    def require_same(self, artifact: SealedArtifact) -> None:
        """Raise :class:`InvalidInput` unless *artifact* is the one that was attested."""
        shown = bytes.fromhex(artifact.key_hash), bytes.fromhex(artifact.ciphertext)
        if shown != (self.proof.key_hash, self.proof.ciphertext):
            raise InvalidInput(
                f"The manifest {self.digest.hex()} names another sealed file than a panel has attested.",
                hint="Do not buy it; ask another node of the chain if you think that this one is wrong.",
            )


class Goods:
    """Reads what may be sold."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def is_listed(self, digest: bytes) -> bool:
        """Whether the good with this manifest digest can already be offered."""
        return self._session.view(views.goods.good_of(digest)).kind != GoodKind.NONE

    def get(self, digest: bytes) -> Listed:
        """A good as it stands.

        Raises:
            InvalidInput: it is not listed.
        """
        good, royalties, event = self._session.together(
            lambda: self._session.view(views.goods.good_of(digest)),
            lambda: self._session.view(views.goods.royalties_of(digest)),
            lambda: next(self._session.events.find(_NAME, "GoodListed", good=digest), None),
        )
        if good.kind == GoodKind.NONE or event is None:
            raise InvalidInput(
                f"{digest.hex()} is not listed.",
                hint="Its owner lists it with the first offer: `assay sell`.",
            )
        return Listed(digest, good, GoodProof.model_validate(event.arguments["proof"]), royalties)

    def metric(self, listed: Listed) -> Metric | None:
        """What its score measures, from storage, or None if that cannot be fetched."""
        if listed.good.evidence == GoodEvidence.ASSESSMENT:
            spec = self._session.view(views.conformity.test_set(listed.good.set_id)).spec
            return metric_of(self._session, spec, ConformitySpec)
        version = self._session.view(views.model_registry.version_of(listed.digest))
        spec = self._session.view(views.commission_lens.commission(version.deal_id)).request.spec
        return metric_of(self._session, spec, CommissionSpec)

    def dues(self, listed: Listed, price: int, seats: int) -> list[RoyaltyDue]:
        """What a sale at *price* (for all *seats*, base units) owes the ancestors, oldest first."""
        owed = listed.royalties.royalties
        owners = self._session.each(lambda one: self._session.view(views.goods.owner_of(one.token_id)), owed)
        return [
            RoyaltyDue(one.token_id, owner, max(price * one.ppm // PPM, one.floor * seats))
            for one, owner in zip(owed, owners, strict=True)
        ]
