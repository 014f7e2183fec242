"""A model's owner orders its next version from another developer: it inherits lineage and royalties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from patients import CARD, order_for, train
from stage import ATTESTED, scored
from typer.testing import CliRunner

from assay import Role
from assay.cli import app
from assay.errors import InvalidInput
from assay.manifests import Lineage, ModelManifest
from assay.manifests.change_plan import ChangePlan
from assay.markets.offer_plan import OfferPlan
from assay.markets.versions import ModelVersion

UNIT, DAY = 10**18, 86_400
PLAN = ChangePlan(test=("weights", "framework"), audit=("use", "models"))


def make(shop: Any, developer: str, order: Any, data: Path, model: Path, card: Any) -> bytes:
    """A commission of the hospital's, from the order to the registered model."""
    number = shop["hospital"].commissions.open(order, data).commission_id
    shop.award(number, **{developer: 700 * UNIT})
    shop.seat(number)
    shop["hospital"].commissions.grant_data(number)
    shop.report(number, ATTESTED)
    shop[developer].models.submit(number, model, card)
    kept = shop["developer"]
    shop.markets["developer"] = shop[developer]  # whose key it is that the panel attests
    try:
        shop.evaluate(number, scored(950_000))
        shop.sell(number)
    finally:
        shop.markets["developer"] = kept
    return bytes(shop["hospital"].commissions.get(number).manifest)


@pytest.fixture(scope="module")
def maintained(opened, patients, tmp_path_factory):
    """A parent by the rival, whose sales are owed 5 %; a model made from it; its next version by another."""
    shop = opened
    with shop.chain.undone():
        folder = tmp_path_factory.mktemp("versions")
        models = [train(folder / f"{rows}.onnx", rows=rows) for rows in (200, 300, 350)]
        order = order_for(patients, risk_class=1)
        parent = shop["rival"].models.publish(models[0], CARD)
        shop.assess("rival", parent, shop.test_set(order, patients))
        offers = shop["rival"].offers
        plan = OfferPlan(price=40 * UNIT, purposes=("use", "derive"), royalty_ppm=50_000)
        offered = offers.make(offers.draft(parent, plan), risk_class=1).offer_id
        hospital = shop["hospital"]
        bought = hospital.licences.buy(hospital.licences.quote(offered)).sale_id
        shop["rival"].licences.deliver(shop["rival"].licences.get(bought))
        made_of = CARD.model_copy(update={"lineage": Lineage(parents=(parent.hex(),))})
        first = make(
            shop, "developer", order.model_copy(update={"change_plan": PLAN}), patients, models[1], made_of
        )
        sell(shop, first)
        next_order = order.model_copy(update={"maintains": first.hex()})
        shop.chain.wallet("newcomer")
        shop["newcomer"].participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        second = make(shop, "newcomer", next_order, patients, models[2], CARD)
        yield shop, parent, first, second


def sell(shop: Any, good: bytes) -> int:
    offers = shop["hospital"].offers
    return int(offers.make(offers.draft(good, shop.plan())).offer_id)


def test_a_next_version_inherits_lineage_and_royalties(maintained):
    shop, parent, first, second = maintained
    (before, after) = shop["anyone"].versions.chain(second)
    assert before == ModelVersion(
        first, before.model_id, before.commission_id, shop["developer"].address, None, (), None, True
    )
    assert (after.manifest, after.previous, after.developer) == (second, first, shop["newcomer"].address)
    assert (after.changes, after.needs, after.met) == (("weights",), "test", True)
    assert shop["anyone"].versions.chain(first) == [before, after]
    lineage = shop["anyone"].session.fetch(second, ModelManifest).lineage
    assert lineage == Lineage(parents=(first.hex(),), complete=True)
    with shop.chain.undone():
        offered = sell(shop, second)
        dues = shop["anyone"].licences.quote(offered).royalties
        rival = shop["rival"].address
        assert [(due.owner, due.amount) for due in dues] == [(rival, 120 * UNIT * 5 // 100)]
    (only,) = shop["anyone"].versions.chain(parent)
    assert (only.commission_id, only.developer) == (None, shop["rival"].address)


def test_others_order_no_next_version(maintained, patients):
    shop, _, _, second = maintained
    order = order_for(patients, risk_class=1, maintains=second.hex())
    with pytest.raises(InvalidInput, match="who alone orders its next version"):
        shop["rival"].commissions.quote(order)
    unknown = order_for(patients, risk_class=1, maintains="07" * 32)
    with pytest.raises(InvalidInput, match="No model version has the manifest"):
        shop["hospital"].commissions.quote(unknown)
    with pytest.raises(InvalidInput, match="No model version has the manifest"):
        shop["hospital"].versions.chain(b"\x07" * 32)


def test_a_lineage_that_is_not_complete_is_not_published(maintained, model):
    shop, *_ = maintained
    assert "complete" not in Lineage(datasets=("07" * 32,)).model_dump(mode="json")  # digests of before
    card = CARD.model_copy(update={"lineage": Lineage(complete=False)})
    with pytest.raises(InvalidInput, match="not complete"):
        shop["rival"].models.publish(model, card)


def test_versions_at_the_command_line(maintained):
    shop, _, first, second = maintained

    def run(*words: object) -> Any:
        done = CliRunner().invoke(app, [*map(str, words), "--json"], env=shop.environment("hospital"))
        assert done.exit_code == 0, done.output + done.stderr
        return json.loads(done.stdout)

    rows = run("model", "versions", second.hex())
    assert [(row["manifest"], row["follows"], row["needs"], row["met"]) for row in rows] == [
        (first.hex(), None, None, True),
        (second.hex(), first.hex(), "test", True),
    ]
    ordered = run("bid", "show", rows[0]["commission"])
    assert ordered["later_versions_may_change"] == PLAN.model_dump(mode="json")
    assert run("bid", "show", rows[1]["commission"])["next_version_of"] == first.hex()
