"""A market with a tested model that its owner may sell, and people who buy it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from patients import CARD
from stage import Stage

from assay import Market
from assay.markets.offer_plan import OfferPlan
from assay.markets.offers import Offered

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
