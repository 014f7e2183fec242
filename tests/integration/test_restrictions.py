"""A model made from another keeps what that one forbids, or it is not published."""

from __future__ import annotations

import pytest
from patients import CARD, train

from assay.errors import InvalidInput, StoreError
from assay.manifests import Licence, Lineage


@pytest.fixture
def market(deployed, store):
    with deployed.market("developer", store) as market:
        yield market


def test_a_child_keeps_its_parents_restrictions(market, tmp_path):
    model = train(tmp_path / "model.onnx")
    strict = Licence(spdx="MIT", restrictions=("weapons",), further_restrictions=("to bid in auctions",))
    parent = market.models.publish(model, CARD.model_copy(update={"licence": strict}))
    child = CARD.model_copy(update={"lineage": Lineage(parents=(parent.hex(),))})
    with pytest.raises(InvalidInput, match=r"use to develop, make or use weapons; to bid in auctions"):
        market.models.publish(model, child)
    stricter = strict.model_copy(update={"restrictions": ("surveillance", "weapons")})
    assert market.models.publish(model, child.model_copy(update={"licence": stricter}))
    orphan = CARD.model_copy(update={"lineage": Lineage(parents=("07" * 32,))})
    with pytest.raises(StoreError):
        market.models.publish(model, orphan)
