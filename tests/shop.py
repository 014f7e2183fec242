"""A market with a tested model that its owner may sell, and people who buy it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patients import CARD
from stage import DAY, Stage, scored

from assay import Market
from assay.judges.conformity import TestSetPlan
from assay.manifests import ModelManifest
from assay.markets.offer_plan import OfferPlan
from assay.markets.offers import Offered
from assay.seal.delivery import NOBODY, DeliveryContext, agreement, deliver
from assay.selling.daemon import Seller

UNIT = 10**18


class Shop(Stage):
    """A stage on which a commission is settled, so that the hospital owns a tested model."""

    def prepare(self, order: Any, data: Path, model: Path) -> None:
        number = self.to_building(order, data)
        self.pass_test(number, model, CARD)
        self.sell(number)
        self.good = self["hospital"].commissions.get(number).manifest

    def offer(self, **changes: Any) -> Offered:
        """The hospital's offer of its model."""
        offers = self["hospital"].offers
        return offers.make(offers.draft(self.good, self.plan(**changes)))

    def plan(self, **changes: Any) -> OfferPlan:
        return OfferPlan(**{"price": 120 * UNIT, "purposes": ("use", "derive"), **changes})

    def buyer(self, name: str) -> Market:
        """An account that nobody has heard of, with nothing but tokens and gas."""
        self.chain.wallet(name)  # again, where what an earlier test did is undone
        return self[name]

    @contextmanager
    def serving(self, name: str = "hospital") -> Iterator[None]:
        """The seller's daemon of an account is at work."""
        seller = Seller(self[name], confirmations=0, poll_seconds=0.05, patience=DAY)
        stop = threading.Event()
        daemon = threading.Thread(target=seller.run, args=(stop,), daemon=True)
        daemon.start()
        try:
            yield
        finally:
            stop.set()
            daemon.join()

    # MODELS WITHOUT A COMMISSION

    def test_set(self, order: Any, data: Path) -> int:
        """A test set of the conformity body."""
        shared = {name: value for name, value in order if name in TestSetPlan.model_fields}
        return self["body"].conformity.register(TestSetPlan(**shared | {"panel_size": 3}), data).set_id

    def assess(self, name: str, manifest: bytes, set_id: int, score: int = 950_000) -> None:
        """Somebody has a model assessed; the panel scores it and attests its key."""
        applicant = self[name]
        number = applicant.conformity.apply(set_id, manifest).assessment_id
        self.chain.anvil.mine(3)
        self["anyone"].conformity.advance(number)
        applicant.conformity.grant_model(number)
        self["body"].conformity.grant_data(number)
        panel_id = applicant.conformity.get(number).panel_id
        word = self._attested(applicant, number, manifest)
        self.vote(panel_id, applicant.rounds.get(panel_id).request_id, scored(score, word=word))
        self.chain.advance(DAY + 1)
        self["anyone"].conformity.advance(number)

    def _attested(self, applicant: Market, number: int, manifest: bytes) -> bytes:
        artifact = applicant.session.fetch(manifest, ModelManifest).artifact
        context = DeliveryContext(self.chain.deployment.chain_id, self.chain.at("Conformity"), number, NOBODY)
        delivery, _ = deliver(applicant.keys.own(artifact), context)
        return agreement(artifact.key_hash, artifact.ciphertext, delivery, context)
