"""A market with a tested model that its owner may sell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from patients import CARD, order_for, train
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
        plan = OfferPlan(**{"price": 120 * UNIT, "purposes": ("use", "derive"), **changes})
        offers = self["hospital"].offers
        return offers.make(offers.draft(self.good, plan))

    def buyer(self, name: str) -> Market:
        """An account that nobody has heard of, with nothing but tokens and gas."""
        return self[name]


@pytest.fixture(scope="package")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture(scope="package")
def opened(deployed, store, ipfs_node, patients, model, tmp_path_factory) -> Iterator[Shop]:
    with deployed.undone():
        shop = Shop(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("shop"))
        shop.prepare(order_for(patients, risk_class=1), patients, model)
        yield shop
        shop.close()


@pytest.fixture
def shop(opened: Shop) -> Iterator[Shop]:
    """The market as it is then; what a test does is undone."""
    with opened.chain.undone():
        yield opened
