"""`order new` for each task that a table can hold: what it writes is an order that a panel accepts."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from unjailed import jobs_in_this_process

from assay.errors import InvalidInput
from assay.manifests.evaluation import Metric
from assay.markets.order import Order
from assay.markets.order_template import new_order
from assay_validation.description import describe
from assay_validation.limits import Limits
from assay_validation.node import LocalValidationNode


class Here(LocalValidationNode):
    """A validation node that answers as the program does, in this process."""

    def describe(self, data, form, declared):
        return describe(data, form, Limits(), declared)


RANDOM = np.random.default_rng(0)
ROWS = 60


@pytest.fixture(scope="module", autouse=True)
def _unjailed():
    with jobs_in_this_process():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    whole = {name: RANDOM.integers(0, 2, ROWS) for name in ("sick", "old", "seen")}
    path = tmp_path_factory.mktemp("orders") / "data.csv"
    pd.DataFrame(
        {
            "x": RANDOM.normal(size=ROWS),
            **whole,
            "query": RANDOM.integers(0, 9, ROWS),
            "stars": RANDOM.integers(0, 4, ROWS),
            "days": RANDOM.exponential(3, ROWS),
            "naive": RANDOM.random(ROWS) + 1,
            "note": [f"text {number % 7}" for number in range(ROWS)],
        }
    ).to_csv(path, index=False)
    return path


ORDERS = {
    "several labels": ({"label": ["sick", "old"]}, "multilabel", "macro_f1"),
    "a ranking": ({"task": "ranking", "label": "stars", "beside": {"query": "query"}}, "ranking", "ndcg"),
    "risks": ({"task": "survival", "label": "days", "beside": {"event": "seen"}}, "survival", "concordance"),
    "a forecast": (
        {"label": ["days", "x"], "metric": Metric.MASE, "beside": {"scale": "naive"}},
        "regression",
        "mase",
    ),
    "embeddings": ({"task": "retrieval", "label": "query"}, "retrieval", "recall_at_k"),
    "texts": ({"task": "generation", "label": "note"}, "generation", "exact_match"),
    "one class": ({"label": "stars", "metric": Metric.RECALL}, "classification", "recall"),
    "five guesses": ({"label": "query", "metric": Metric.TOP_K_ACCURACY}, "classification", "top_k_accuracy"),
}


@pytest.mark.parametrize("what", ORDERS)
def test_an_order_of_a_task_is_accepted(what, data, tmp_path):
    asked, task, metric = ORDERS[what]
    without = ("note",) if asked["label"] != "note" else ()
    document = new_order(data, Here(), domain="healthcare", without=without, **asked)
    path = tmp_path / "order.json"
    path.write_text(json.dumps(document))
    order = Order.load(path)
    assert (order.evaluation.task, order.evaluation.metric.value) == (task, metric)
    found = Here().attest(data, order.evaluation, order.dataset.counts, order.reference)
    assert found.reasons == ()
    assert found.reference_score < order.threshold


def test_the_metric_in_the_guide_can_be_ordered(data, tmp_path, monkeypatch):
    guide = Path(__file__).parents[2] / "docs" / "guides" / "customer.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    asked = {"label": "days", "metric": Metric.CUSTOM_ERROR, "graph": tmp_path / "METRIC.onnx"}
    document = new_order(data, Here(), domain="healthcare", without=("note",), **asked)
    (tmp_path / "order.json").write_text(json.dumps(document))
    order = Order.load(tmp_path / "order.json")
    found = Here().attest(data, order.evaluation, order.dataset.counts, order.reference)
    missing = pd.read_csv(data)["days"] - pd.read_csv(data)["days"].mean()
    expected = np.maximum(3 * missing, -missing).mean()
    assert found.reference_score == pytest.approx(-expected * 10**6, rel=1e-6)
    for changes, said in (
        ({"graph": None}, "a graph of your own"),
        ({"graph": data}, "gives no number"),
    ):
        with pytest.raises(InvalidInput, match=said):
            new_order(data, Here(), domain="healthcare", without=("note",), **asked | changes)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"task": "ranking", "label": "stars"}, "needs a column query"),
        ({"metric": Metric.CONCORDANCE, "label": "days"}, "needs a column event"),
        ({"metric": Metric.MASE, "label": "days"}, "needs a column scale"),
        ({"task": "detection", "label": "stars"}, "Name them in this order"),
        ({"task": "ranking", "metric": Metric.RMSE, "label": "stars"}, "no metric of a ranking"),
        ({"task": "survival", "label": ["days", "x"], "beside": {"event": "seen"}}, "has one label"),
    ],
)
def test_what_is_missing_is_named(asked, said, data):
    with pytest.raises(InvalidInput, match=said):
        new_order(data, Here(), domain="healthcare", without=("note",), **asked)
