"""Mistakes are found before they cost: for an order or model that is refused, nothing is stored or sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import pandas as pd
import pytest
from patients import CARD, order_for, train
from sklearn.datasets import load_diabetes
from stage import ATTESTED, Stage
from typer.testing import CliRunner

from assay import Market, Order, State
from assay.cli import app
from assay.errors import InvalidInput
from assay.judges.conformity import TestSetPlan
from assay.store import KuboStore

UNIT = 10**18
BIDS = {"developer": 700 * UNIT, "rival": 800 * UNIT}
CHURN = "age,plan,fee,churn\n41,basic,9.5,yes\n,plus,12,no\n37,basic,,no\n52,,7,yes\n"


@pytest.fixture(scope="module")
def registered(deployed, store, ipfs_node, tmp_path_factory):
    with deployed.undone():
        stage = Stage(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
        yield stage
        stage.close()


@pytest.fixture
def stage(registered):
    with registered.chain.undone():
        yield registered


@pytest.fixture(scope="module")
def order(patients) -> Order:
    return order_for(patients, labels="output_label", reserve="1000.5", effort_fee="10")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx", zipmap=True)


class Account:
    """Runs commands as somebody, and sees whether anything was stored or sent."""

    def __init__(self, stage: Stage, name: str, monkeypatch) -> None:
        self.stage, self.name, self.stored = stage, name, 0
        monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", str(stage.passphrase_file))
        for method in ("put", "put_block"):
            monkeypatch.setattr(KuboStore, method, self._counted(getattr(KuboStore, method)))

    def _counted(self, method: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.stored += 1
            return method(*arguments, **options)

        return counted

    @property
    def sent(self) -> int:
        return self.stage.chain.web3.eth.get_transaction_count(self.stage[self.name].address)

    def run(self, *arguments: str) -> Any:
        stage = self.stage
        connection = ["--rpc", stage.chain.rpc, "--ipfs", stage.ipfs_url]
        market = ["--deployment", str(stage.deployment_file), "--keystore", str(stage.keystore(self.name))]
        return CliRunner().invoke(app, [*connection, *market, *arguments])

    def refusal(self, *arguments: str) -> str:
        """What is said when a command refuses, having stored and sent nothing."""
        before = (self.stored, self.sent)
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert (self.stored, self.sent) == before
        return result.stderr

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def hospital(stage, monkeypatch) -> Account:
    return Account(stage, "hospital", monkeypatch)


@pytest.fixture
def developer(stage, monkeypatch) -> Account:
    return Account(stage, "developer", monkeypatch)


@pytest.fixture
def body(stage, monkeypatch) -> Account:
    return Account(stage, "body", monkeypatch)


@contextmanager
def connected(account: Account, **options: Any) -> Iterator[Market]:
    """The SDK as programs have it, which checks unless it is told not to."""
    chain, name = account.stage.chain, account.name
    with Market.connect(
        chain.rpc,
        deployment=chain.deployment,
        wallet=chain.wallet(name),
        store=account.stage.ipfs_url,
        **options,
    ) as market:
        yield market


def written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def guessing(path: Path) -> Path:
    """A model whose labels are in an output that the order does not name."""
    graph = onnx.load(train(path))
    graph.graph.output[0].name = "guess"
    graph.graph.node.append(onnx.helper.make_node("Identity", ["label"], ["guess"]))
    onnx.save(graph, path)
    return path


def test_a_wrong_order_is_refused_at_once(hospital, order, patients, tmp_path):
    document = json.loads(order.model_dump_json())
    document["dataset"]["counts"]["rows"] += 1
    document["reference"] |= {"low": 900_000, "high": 950_000}
    said = hospital.refusal("commission", "open", written(tmp_path / "a", document), str(patients))
    assert f"the data has {order.dataset.counts.rows:,} rows" in said
    assert "the reference scores 76.923 %, and the order says 90 % to 95 %" in said
    document["threshold"] = 2_000_000
    said = hospital.refusal("commission", "open", written(tmp_path / "b", document), str(patients))
    assert "at least 200 % cannot be reached" in said


def test_a_table_with_text_and_gaps_is_refused_where_the_order_declares_none(hospital, order, tmp_path):
    (tmp_path / "churn.csv").write_text(CHURN)
    document = json.loads(order.model_dump_json())
    document["evaluation"]["data"] |= {
        "inputs": [{"name": "X", "columns": ["age", "plan", "fee"]}],
        "label": "churn",
        "classes": ["no", "yes"],
    }
    arguments = (written(tmp_path / "order", document), str(tmp_path / "churn.csv"))
    said = hospital.refusal("commission", "open", *arguments)
    for words in ('"age" is empty in 1 row', '"plan" holds no number in 3 rows', '"fee" is empty in 1 row'):
        assert words in said
    assert '"plan" holds no number' in hospital.refusal("commission", "open", *arguments, "--dry-run")


def test_a_dry_run_uploads_nothing_and_adds_up(hospital, order, patients, tmp_path):
    path = written(tmp_path / "order", json.loads(order.model_dump_json()))
    before = hospital.sent
    quote = hospital.json("commission", "open", path, str(patients), "--dry-run")
    assert (hospital.stored, hospital.sent) == (0, before)
    amounts = {
        name.removesuffix("_base_units"): int(amount)
        for name, amount in quote.items()
        if name != "threshold_ppm"
    }
    total, first = amounts.pop("total"), amounts.pop("at_most_if_the_first_model_passes")
    assert sum(amounts.values()) == total
    assert amounts["price_at_most"] == 10005 * UNIT // 10
    assert amounts["price_at_most"] < first < total
    opened = hospital.json("commission", "open", path, str(patients))
    assert int(opened["total_base_units"]) == total


def test_a_regression_from_a_file_to_an_open_commission(hospital, tmp_path):
    """Two commands."""
    data = tmp_path / "diabetes.csv"
    load_diabetes(as_frame=True).frame.to_csv(data, index=False)
    path = str(tmp_path / "order.json")
    started = hospital.json("order", "new", str(data), "--domain", "healthcare", "--out", path)
    assert (started["label"], started["rows"], started["score"]) == ("target", 442, "RMSE")
    number = hospital.json("commission", "open", path, str(data))["commission"]
    shown = hospital.run("commission", "show", str(number)).stdout
    assert "RMSE at most 61.6" in shown
    assert 'predict the number "target"' in hospital.run("bid", "show", str(number)).stdout
    listed = {row["commission"]: row for row in hospital.json("commission", "list", "--details")}
    assert listed[number]["title"] == "Predict target"
    deal = hospital.stage["hospital"].commissions.get(number)
    assert (deal.state, deal.request.threshold) == (State.BIDDING, -61_600_000)


def test_a_wrong_model_is_refused_before_it_is_submitted(developer, stage, order, patients, model, tmp_path):
    number = stage.to_granting(order, patients, **BIDS)
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"no model")
    card = written(tmp_path / "card.json", json.loads(CARD.model_dump_json()))
    said = developer.refusal("model", "submit", str(number), str(wrong), card)
    assert "attesting" in said  # what the chain says comes first
    stage["hospital"].commissions.grant_data(number)
    stage.report(number, ATTESTED)
    assert stage.state(number) == State.BUILDING
    said = developer.refusal("model", "submit", str(number), str(wrong), card)
    assert "not a whole ONNX model" in said
    other = guessing(tmp_path / "other.onnx")
    said = developer.refusal("model", "submit", str(number), str(other), card)
    assert 'no output "output_label", which the order scores' in said
    with connected(developer) as market, pytest.raises(InvalidInput, match='no output "output_label"'):
        market.models.submit(number, other, CARD)
    assert stage["developer"].commissions.get(number).attempts == 0

    stored = developer.stored
    said = developer.run("model", "check", str(number), str(model)).stdout
    assert "name rows of your own" in said
    assert not {"score", "passes"} & {line.split(" ")[0] for line in said.splitlines()}
    shown = developer.json("model", "check", str(number), str(model))
    assert (shown["accepted"], shown["score_ppm"], shown["passes"]) == (True, None, None)
    scored = developer.json("model", "check", str(number), str(model), "--rows", str(patients))
    assert (scored["accepted"], scored["passes"]) == (True, True)
    assert scored["score_ppm"] >= order.threshold
    assert developer.stored == stored
    assert developer.json("model", "submit", str(number), str(model), card)["attempt"] == 1


def test_a_program_is_refused_what_a_panel_would_refuse(hospital, order, patients):
    counts = order.dataset.counts.model_copy(update={"rows": order.dataset.counts.rows + 1})
    wrong = order.model_copy(update={"dataset": order.dataset.model_copy(update={"counts": counts})})
    before = (hospital.stored, hospital.sent)
    with connected(hospital) as market:
        for call in (market.commissions.draft, market.commissions.open):
            with pytest.raises(InvalidInput, match="rows, and the order says"):
                call(wrong, patients)
    assert (hospital.stored, hospital.sent) == before
    with connected(hospital, unchecked=True) as market:
        assert market.commissions.open(wrong, patients).commission_id


def test_columns_are_what_the_order_says(hospital, order, patients, tmp_path):
    """Also those that no model is fed: "boolean" is said of two values at most."""
    frame = pd.read_csv(patients)
    frame["ward"] = frame.index % 3
    frame["smokes"] = frame.index % 2
    frame["visited"] = ["often" if one else "never" for one in frame.index % 2]
    frame["note"] = [f"note {one}" for one in frame.index]
    frame.to_csv(data := tmp_path / "more.csv", index=False)
    document = json.loads(order.model_dump_json())
    described = document["dataset"]["columns"]
    described[0]["type"] = "integer"
    described += [{"name": name, "type": "boolean"} for name in ("ward", "smokes", "visited", "note")]
    described.append({"name": "weight", "type": "float"})
    said = hospital.refusal("commission", "open", written(tmp_path / "order", document), str(data))
    for name in (described[0]["name"], "ward", "note"):
        assert f'the column "{name}" holds another type' in said
    assert 'there is no column "weight"' in said
    assert said.count("holds another type") == 3


def test_the_domain_of_a_new_order_is_one_of_the_market(hospital, patients, tmp_path):
    out = tmp_path / "order.json"
    words = ["order", "new", str(patients), "--out", str(out), "--domain", "nonsense"]
    assert 'no domain "nonsense"' in hospital.refusal(*words)
    assert not out.exists()
    result = CliRunner().invoke(app, ["--deployment", str(tmp_path / "none"), *words])
    assert result.exit_code == 0
    assert "The domain was not checked, since no market can be asked." in result.stderr


def test_who_orders_in_a_hurry_is_warned(hospital, order, patients, tmp_path):
    document = json.loads(order.model_dump_json()) | {"building_seconds": 60, "bidding_seconds": 86_400}
    path = written(tmp_path / "order.json", document)
    result = hospital.run("commission", "open", path, str(patients), "--dry-run")
    assert result.exit_code == 0
    assert "Warning: building lasts 1 minute only." in result.stderr
    assert "bidding lasts" not in result.stderr


def test_a_third_party_s_test_is_checked(body, developer, stage, order, patients, model, tmp_path):
    """Its data before it is registered, and a published model before it is assessed or submitted."""
    shared = {name: getattr(order, name) for name in TestSetPlan.model_fields if hasattr(order, name)}
    plan = TestSetPlan(**shared | {"panel_size": 3})
    pd.read_csv(patients).head(9).to_csv(short := tmp_path / "short.csv", index=False)
    before = (body.stored, body.sent)
    with connected(body) as market:
        with pytest.raises(InvalidInput, match="rows, and the order says"):
            market.conformity.register(plan, short)
        assert (body.stored, body.sent) == before
        set_id = market.conformity.register(plan, patients).set_id

    number = stage.to_granting(order, patients, **BIDS)
    stage["hospital"].commissions.grant_data(number)
    stage.report(number, ATTESTED)
    with connected(developer) as market:
        wrong = market.models.publish(guessing(tmp_path / "other.onnx"), CARD)
        right = market.models.publish(model, CARD)
        before = (developer.stored, developer.sent)
        for call in (market.conformity.apply, market.models.submit_published):
            with pytest.raises(InvalidInput, match='no output "output_label"'):
                call(set_id if call == market.conformity.apply else number, wrong)
        assert (developer.stored, developer.sent) == before
        assert market.conformity.apply(set_id, right).assessment_id
        market.models.submit_published(number, right)
    assert stage["developer"].commissions.get(number).attempts == 1


def test_unchecked_is_for_who_insists(hospital, order, patients, tmp_path):
    document = json.loads(order.model_dump_json())
    document["dataset"]["counts"]["rows"] += 1
    path = written(tmp_path / "order", document)
    assert hospital.json("commission", "open", path, str(patients), "--unchecked")["commission"]
