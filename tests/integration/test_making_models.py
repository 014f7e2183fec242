"""`assay model watermark|compose|distil|fine-tune|compare` as people run them, on real rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

from assay.cli import app
from assay.manifests import Licence, ModelManifest
from assay.markets.model_card import ModelCard

pytestmark = pytest.mark.slow

CARD = {
    "name": "ensemble",
    "framework": "scikit-learn 1.9",
    "intended_use": "tests",
    "limits": "tests",
    "licence": {"spdx": "Apache-2.0"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A teacher that had half of the rows, a network that had them too, and few rows of one's own."""
    folder = tmp_path_factory.mktemp("making")
    data = load_breast_cancer(as_frame=True)
    table = data.data.assign(diagnosis=[data.target_names[one] for one in data.target])
    table = table.sample(frac=1, random_state=0)
    rows, labels = table.iloc[:300, :-1].to_numpy(np.float32), table.iloc[:300, -1]
    for name, estimator in (
        ("forest", RandomForestClassifier(60, random_state=0)),
        ("network", make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=40, random_state=0))),
    ):
        estimator.fit(rows, labels)
        final = estimator[-1] if name == "network" else estimator
        graph = to_onnx(estimator, rows[:1], target_opset=17, options={id(final): {"zipmap": False}})
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())
    table.iloc[300:360].to_csv(folder / "few.csv", index=False)
    table.iloc[360:].drop(columns="diagnosis").to_csv(folder / "more.csv", index=False)
    (folder / "card.json").write_text(json.dumps(CARD))
    return folder


def said(*arguments: Any, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*arguments: Any) -> str:
    return str(said(*arguments, code=1)["error"]["message"])


def test_a_watermark_without_a_model_of_ours(folder, tmp_path) -> None:
    out = tmp_path / "mark"
    rows = folder / "more.csv"
    assert 'no "diagnosis"' in refused("model", "watermark", rows, "--target", "diagnosis", "--out", out)
    assert "128 to 4,096" in refused(
        "model", "watermark", folder / "few.csv", "--target", "diagnosis", "--count", "5", "--out", out
    )
    assert "more than the 60 rows" in refused(
        "model", "watermark", folder / "few.csv", "--target", "diagnosis", "--count", "128", "--out", out
    )
    assert not (out / "triggers.json").exists()


@pytest.fixture(scope="module")
def published(folder, deployed, store) -> bytes:
    card = ModelCard(
        name="forest", framework="x 1", intended_use="t", limits="t", licence=Licence(spdx="MIT")
    )
    with deployed.market("teacher", store) as market:
        digest: bytes = market.models.publish(folder / "forest.onnx", card)
    return digest


def test_the_lineage_of_all_parts_is_in_the_manifest(
    folder, published, deployed, store, ipfs_node, tmp_path
) -> None:
    parts = [folder / "forest.onnx", folder / "network.onnx"]
    at = ["--ipfs", ipfs_node.url]
    out, card = tmp_path / "both.onnx", folder / "card.json"
    compose = [*at, "model", "compose", "ensemble", *parts, "--out", out]
    made = said(*compose, "--parent", published.hex(), "--card", card)
    assert made["parts"] == 2
    with deployed.market("composer", store) as market:
        digest = market.models.publish(out, ModelCard.load(tmp_path / "both.card.json"))
        assert market.session.fetch(digest, ModelManifest).lineage.parents == (published.hex(),)
    other = tmp_path / "other.onnx"
    found = refused(
        *at, "model", "compose", "ensemble", folder / "network.onnx", folder / "network.onnx",
        "--out", other, "--parent", published.hex(), "--card", card,
    )  # fmt: skip
    assert "is of none of these files" in found
    assert "written into a model card" in refused(*compose, "--parent", published.hex())
    assert not other.exists()


def test_distilled_beside_its_teacher_and_without_it(folder, tmp_path) -> None:
    out = tmp_path / "student.onnx"
    made = said(
        "model", "distil", folder / "forest.onnx", folder / "few.csv", "--target", "diagnosis",
        "--more", folder / "more.csv", "--student", "forest", "--out", out,
    )  # fmt: skip
    assert made["accuracy"] >= made["accuracy_alone"]
    assert out.stat().st_size == made["size_bytes"]
    assert not said("model", "compare", folder / "forest.onnx", out)["alike"]
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    assert "not" in refused(
        "model", "distil", text, folder / "few.csv", "--target", "diagnosis", "--out", out
    )


def test_fine_tuned_and_recognised_by_its_weights(folder, tmp_path) -> None:
    pytest.importorskip("torch")
    out = tmp_path / "tuned.onnx"
    teach = ["model", "fine-tune", folder / "network.onnx", folder / "few.csv", "--target", "diagnosis"]
    made = said(*teach, "--out", out)
    assert made["accuracy"] > 0.8
    assert said("model", "compare", folder / "network.onnx", out)["alike"]
    teach[2] = folder / "forest.onnx"
    assert "cannot be trained" in refused(*teach, "--out", tmp_path / "none.onnx")
    assert "no weights of the same shape" in refused("model", "compare", folder / "forest.onnx", out)
