"""Pre-trained models of images: sold after a third party's test, made into others, paid up the lineage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, save
from patients import CARD, order_for
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from assay.errors import InvalidInput
from assay.manifests import Licence, Lineage
from assay.markets.offer_plan import OfferPlan

UNIT = 10**18
DAY = 86_400
PRICE = 40 * UNIT
STRICT = Licence(spdx="Apache-2.0", restrictions=("weapons",))


def train_digits(path: Path, rows: slice) -> Path:
    """A classifier of 8 x 8 images of digits."""
    images, labels = load_digits(return_X_y=True)
    fitted = LogisticRegression(max_iter=200).fit(images[rows], labels[rows])
    parts = {"weights": fitted.coef_.T, "bias": fitted.intercept_}
    held = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in parts.items()]
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 1, 8, 8])
    label = helper.make_tensor_value_info("label", TensorProto.INT64, [None])
    graph = helper.make_graph(nodes, "digits", [image], [label], held)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def accuracy(model: Path) -> float:
    """On the images that no model here was trained on."""
    images, labels = load_digits(return_X_y=True)
    session = onnxruntime.InferenceSession(model)
    (found,) = session.run(None, {"image": images[1400:].astype(np.float32).reshape(-1, 1, 8, 8)})
    return float((found == labels[1400:]).mean())


@pytest.fixture
def set_id(shop, patients) -> int:
    return shop.test_set(order_for(patients, risk_class=1), patients)


def publish(shop: Any, name: str, model: Path, licence: Licence, parents: tuple[bytes, ...] = ()) -> bytes:
    lineage = Lineage(parents=tuple(parent.hex() for parent in parents))
    card = CARD.model_copy(update={"name": f"digits of {name}", "licence": licence, "lineage": lineage})
    return shop[name].models.publish(model, card)


def offer(shop: Any, name: str, good: bytes, **changes: Any) -> int:
    offers = shop[name].offers
    plan = OfferPlan(**{"price": PRICE, **changes})
    return offers.make(offers.draft(good, plan), risk_class=1, jurisdiction="CH").offer_id


def buy(shop: Any, name: str, offer_id: int) -> int:
    buyer = shop.buyer(name)
    return buyer.licences.buy(buyer.licences.quote(offer_id), jurisdiction="CH").sale_id


def deliver(shop: Any, name: str, sale_id: int) -> None:
    shop[name].licences.deliver(shop[name].licences.get(sale_id))


def test_no_untested_model_is_sold(shop, tmp_path):
    good = publish(shop, "developer", train_digits(tmp_path / "m.onnx", slice(200)), STRICT)
    with pytest.raises(InvalidInput, match="no result behind it"):
        offer(shop, "developer", good)


def test_a_model_is_sold_made_into_another_and_paid_for_again(shop, set_id, tmp_path):
    parent = publish(shop, "developer", train_digits(tmp_path / "parent.onnx", slice(300)), STRICT)
    shop.assess("developer", parent, set_id)
    allowed = {"purposes": ("use", "derive"), "royalty_ppm": 50_000, "royalty_floor": 3 * UNIT}
    first = offer(shop, "developer", parent, **allowed)
    child_model = train_digits(tmp_path / "child.onnx", slice(1400))

    child = publish(shop, "rival", child_model, STRICT, (parent,))
    shop.assess("rival", child, set_id)
    bought = buy(shop, "rival", first)
    with pytest.raises(InvalidInput, match="no licence to derive"):
        offer(shop, "rival", child)  # nothing was delivered yet
    deliver(shop, "developer", bought)
    record = shop["rival"].licences.get(bought)
    shop["rival"].licences.open(record, tmp_path / "opened.onnx")
    assert (tmp_path / "opened.onnx").read_bytes() == (tmp_path / "parent.onnx").read_bytes()
    second = offer(shop, "rival", child)

    seen = shop.buyer("user").licences.quote(second)
    (royalty,) = seen.royalties
    assert (royalty.owner, royalty.amount) == (shop["developer"].address, 3 * UNIT)  # more than 5 %
    assert seen.sellers + seen.fee + royalty.amount == seen.price == PRICE
    sale = buy(shop, "user", second)
    deliver(shop, "rival", sale)
    shop["user"].licences.open(shop["user"].licences.get(sale), tmp_path / "used.onnx")
    assert accuracy(tmp_path / "used.onnx") > 0.85
    shop.chain.advance(DAY + 1)
    before = shop["developer"].escrow.balance(), shop["rival"].escrow.balance()
    shop["anyone"].licences.collect([shop["anyone"].licences.get(sale)])
    assert shop["developer"].escrow.balance() - before[0] == royalty.amount
    assert shop["rival"].escrow.balance() - before[1] == seen.sellers


def test_an_offer_keeps_what_the_parent_forbids(shop, set_id, tmp_path):
    """Also where the model's own card has left it out since."""
    good = publish(shop, "developer", train_digits(tmp_path / "m.onnx", slice(300)), STRICT)
    shop.assess("developer", good, set_id)
    seen = shop.buyer("user").licences.quote(offer(shop, "developer", good))
    assert seen.licence.restrictions == ("weapons",)
