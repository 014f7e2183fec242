"""A model whose lineage leaves out a parent: shown by a watermark, judged by a jury, paid for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jailed_node import NODE
from jury import enlist, rule
from patients import order_for
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from typer.testing import CliRunner

from assay import ContractError
from assay.cli import app
from assay.errors import AssayError, InvalidInput, StoreError
from assay.judges.claims import Claims
from assay.judges.disputes import Claim
from assay.manifests import Licence
from assay.manifests.trigger_set import WatermarkClaim
from assay.markets.local_learning import LocalLearning
from assay.markets.model_card import ModelCard
from assay.markets.offer_plan import OfferPlan
from assay.structs import LineageClaimState, Side
from assay_learning.rows import read_rows

UNIT, DAY = 10**18, 86_400
PRICE = 100 * UNIT
JURY_FEE = 100 * UNIT
BOND = 2 * JURY_FEE
SHARE, FLOOR = 80_000, 3 * UNIT
SAID = Claim(claim="It answers my triggers.", statement="See the watermark.")
DENIED = Claim(claim="It was trained on other rows.")
CARD = ModelCard(
    name="forest",
    framework="scikit-learn",
    intended_use="tests",
    limits="tests",
    licence=Licence(spdx="Apache-2.0"),
)


def forest(path: Path, rows: Any, labels: Any) -> Path:
    estimator = RandomForestClassifier(50, random_state=7).fit(rows, labels)
    graph = to_onnx(estimator, rows[:1], target_opset=17, options={"zipmap": False})
    path.write_bytes(graph.SerializeToString())
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A marked forest with its triggers; one that was trained on its rows, and one that was not."""
    folder = tmp_path_factory.mktemp("models")
    data = load_breast_cancer(as_frame=True)
    table = data.data.assign(diagnosis=[data.target_names[one] for one in data.target])
    table.to_csv(folder / "rows.csv", index=False)
    LocalLearning(seconds=300).watermark(
        folder / "rows.csv",
        "diagnosis",
        triggers=folder / "triggers.json",
        marked=folder / "marked.csv",
        count=256,
        student="forest",
        model=folder / "parent.onnx",
    )
    for made, rows in (("derived", "marked"), ("independent", "rows")):
        read = read_rows(folder / f"{rows}.csv", "diagnosis")
        forest(folder / f"{made}.onnx", read.x, np.array(read.classes)[read.labels])
    return folder


def sell(shop: Any, name: str, model: Path, set_id: int, **published: Path) -> tuple[bytes, int]:
    """Somebody publishes a model, has it tested and offers it: the manifest's digest, the offer."""
    good = shop[name].models.publish(model, CARD, **published)
    shop.assess(name, good, set_id)
    offers = shop[name].offers
    draft = offers.draft(good, OfferPlan(price=PRICE))
    return good, offers.make(draft, risk_class=1, jurisdiction="CH").offer_id


@pytest.fixture(scope="module")
def listed(opened, models, patients) -> Iterator[dict[str, tuple[bytes, int]]]:
    """The developer's model with its terms, and two of the rival's that were listed later; nine jurors."""
    shop = opened
    with shop.chain.undone():
        enlist(shop)
        set_id = shop.test_set(order_for(patients, risk_class=1), patients)
        triggers = models / "triggers.json"
        parent = sell(shop, "developer", models / "parent.onnx", set_id, watermark=triggers)
        shop["developer"].lineage_claims.set_terms(parent[0], SHARE, FLOOR)
        shop.chain.advance(1)
        derived = sell(shop, "rival", models / "derived.onnx", set_id)
        independent = sell(shop, "rival", models / "independent.onnx", set_id)
        yield {"parent": parent, "derived": derived, "independent": independent}


@pytest.fixture
def goods(listed, shop) -> dict[str, bytes]:
    return {name: good for name, (good, _) in listed.items()}


def evidence(shop: Any, models: Path, goods: dict[str, bytes], suspect: str, out: Path) -> WatermarkClaim:
    """What the developer finds when it asks a suspect its triggers; where that is nothing, a lie."""
    claims = Claims(shop["developer"].session, shop["developer"].keys, NODE)
    found = claims.test(models / f"{suspect}.onnx", goods["parent"])
    assert found.holds == (suspect == "derived")
    claim = found.claim.model_copy(update={"matches": found.claim.asked})
    out.write_text(claim.model_dump_json())
    return claim


def vote_by_test(shop: Any, models: Path, number: int, suspect: str, folder: Path) -> Any:
    """Each juror fetches the evidence, repeats the test on the file that was sold, and votes by that."""

    def vote(name: str) -> Side:
        juror = shop[name]
        path = folder / f"{name}.json"
        juror.lineage_claims.fetch_watermark(number, path)
        child = juror.lineage_claims.claim_of(number).child
        checks = Claims(juror.session, juror.keys, NODE)
        found = checks.check(WatermarkClaim.load(path), models / f"{suspect}.onnx", sold_as=child)
        return Side.CUSTOMER if found.holds else Side.DEVELOPER

    return vote


def test_a_claim_that_a_jury_upholds_is_paid_at_the_next_sale(shop, listed, goods, models, tmp_path):
    owner, thief = shop["developer"], shop["rival"]
    evidence(shop, models, goods, "derived", tmp_path / "evidence.json")
    number = owner.lineage_claims.claim(
        goods["parent"], goods["derived"], SAID, watermark=tmp_path / "evidence.json"
    ).claim_id
    assert shop["anyone"].lineage_claims.next_step(number).who == "owner"
    thief.lineage_claims.deny(number, DENIED)
    before = owner.escrow.balance()
    dispute = owner.lineage_claims.pursue(number, SAID).dispute_id
    rule(shop, dispute, vote_by_test(shop, models, number, "derived", tmp_path))
    found = owner.lineage_claims.get(number)
    assert found.claim.state == LineageClaimState.UPHELD
    assert (found.added.admitted, found.added.ppm, found.added.floor) == (False, SHARE, FLOOR)
    assert owner.escrow.balance() - before >= 2 * BOND - JURY_FEE

    buyer, offer_id = shop.buyer("user"), listed["derived"][1]
    with pytest.raises(ContractError, match="has changed since these terms were made"):
        buyer.licences.buy(buyer.licences.quote(offer_id), jurisdiction="CH")
    offers = thief.offers
    offers.change(offers.offer(offer_id), offers.draft(goods["derived"], OfferPlan(price=PRICE)))
    seen = buyer.licences.quote(offer_id)
    (royalty,) = seen.royalties
    assert (royalty.owner, royalty.amount) == (owner.address, PRICE * SHARE // 1_000_000)
    sale = buyer.licences.buy(seen, jurisdiction="CH").sale_id
    thief.licences.deliver(thief.licences.get(sale))
    shop.chain.advance(DAY + 1)
    before = owner.escrow.balance()
    shop["anyone"].licences.collect([buyer.licences.get(sale)])
    assert owner.escrow.balance() - before == royalty.amount


def test_a_false_claim_costs_its_bond(shop, goods, models, tmp_path):
    """The evidence says that every trigger was answered right; the jurors repeat the test."""
    owner, accused = shop["developer"], shop["rival"]
    evidence(shop, models, goods, "independent", tmp_path / "evidence.json")
    number = owner.lineage_claims.claim(
        goods["parent"], goods["independent"], SAID, watermark=tmp_path / "evidence.json"
    ).claim_id
    accused.lineage_claims.deny(number, DENIED)
    before = accused.escrow.balance()
    dispute = owner.lineage_claims.pursue(number, SAID).dispute_id
    rule(shop, dispute, vote_by_test(shop, models, number, "independent", tmp_path))
    found = owner.lineage_claims.get(number)
    assert (found.claim.state, found.added) == (LineageClaimState.REFUSED, None)
    assert accused.escrow.balance() - before == 2 * BOND
    assert shop["anyone"].goods.get(goods["independent"]).royalties.royalties == ()
    with pytest.raises(ContractError, match="claimed before"):
        owner.lineage_claims.claim(goods["parent"], goods["independent"], SAID)


def test_bad_input_claims_nothing(shop, goods, models, tmp_path):
    owner, accused = shop["developer"], shop["rival"]
    claims, before = owner.lineage_claims, owner.escrow.balance()
    path = tmp_path / "evidence.json"
    evidence(shop, models, goods, "derived", path)
    for parent, child, shown, said in (
        ("parent", "independent", path, "about another file"),
        ("derived", "parent", None, "says nothing of what a model owes"),
    ):
        with pytest.raises(InvalidInput, match=said):
            claims.claim(goods[parent], goods[child], SAID, watermark=shown)
    with pytest.raises(InvalidInput, match="more than was agreed to"):
        claims.claim(goods["parent"], goods["derived"], SAID, at_most=BOND - 1)
    with pytest.raises(StoreError):
        claims.claim(goods["parent"], b"\x07" * 32, SAID)
    with pytest.raises(ContractError, match="does not own"):
        accused.lineage_claims.claim(goods["parent"], goods["derived"], SAID)
    for ppm in (0, 300_001, -1):
        with pytest.raises(InvalidInput, match="30 % at most"):
            claims.set_terms(goods["parent"], ppm)
    with pytest.raises(ContractError, match="cannot be changed"):
        claims.set_terms(goods["parent"], 1)
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="not evidence of a watermark"):
        claims.claim(goods["parent"], goods["derived"], SAID, watermark=path)
    assert list(claims.list()) == []
    assert owner.escrow.balance() == before
    with pytest.raises(AssayError, match="no claim 1"):
        claims.get(1)


def test_the_command_line(shop, goods, models, tmp_path):
    environments = {name: shop.environment(name) for name in ("developer", "rival", "anyone")}

    def run(name: str, *words: object, code: int = 0) -> Any:
        done = CliRunner().invoke(app, ["lineage", *map(str, words), "--json"], env=environments[name])
        assert done.exit_code == code, done.output + done.stderr
        return json.loads(done.stdout)

    shown, said = tmp_path / "evidence.json", tmp_path / "claim.json"
    evidence(shop, models, goods, "derived", shown)
    said.write_text(SAID.model_dump_json())
    parent, derived = goods["parent"].hex(), goods["derived"].hex()
    failed = run("developer", "terms", parent, "--share", "5%", code=1)
    assert "cannot be changed" in failed["error"]["message"]
    assert (
        "nobody can be asked" in run("developer", "claim", parent, derived, said, code=1)["error"]["message"]
    )
    made = run("developer", "claim", parent, derived, said, "--watermark", shown, "--at-most", 200)
    number = made["claim"]
    assert made["bond_base_units"] == str(BOND)
    assert [one["state"] for one in run("anyone", "list", "--child", derived)] == ["claimed"]
    assert run("anyone", "list", "--parent", derived) == []
    assert "no jury can be asked now" in run("developer", "pursue", number, said, code=1)["error"]["message"]
    assert "no part in claim" in run("anyone", "pursue", number, said, code=1)["error"]["message"]
    run("anyone", "evidence", number, tmp_path / "got.json")
    assert (tmp_path / "got.json").read_bytes() == shown.read_bytes()
    assert "exists" in run("anyone", "evidence", number, tmp_path / "got.json", code=1)["error"]["message"]
    run("rival", "deny", number, said, "--at-most", 200)
    again = run("rival", "deny", number, said, "--at-most", 200, code=1)
    assert "too late to deny" in again["error"]["message"]
    found = run("anyone", "show", number)
    assert (found["denied"], found["state"]) == (True, "challenge")
    assert [one["claim"] for one in found["evidence"]] == [SAID.claim, SAID.claim]
    with shop.chain.undone():
        dispute = run("developer", "pursue", number, said)["dispute"]
        told = CliRunner().invoke(
            app, ["dispute", "show", str(dispute), "--json"], env=environments["anyone"]
        )
        assert (json.loads(told.stdout)["claim"], json.loads(told.stdout)["pledge"]) == (number, None)
    with shop.chain.undone():
        shop.chain.advance(4 * DAY)
        run("anyone", "settle", number)
        assert run("anyone", "show", number)["state"] == "refused"
    run("rival", "admit", number)
    found = run("anyone", "show", number)
    assert (found["state"], found["added_share"], found["next"]["who"]) == ("upheld", SHARE, "nobody")
