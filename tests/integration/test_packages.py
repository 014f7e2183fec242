"""`assay model check PACKAGE`: a whole package passes, each gap is named, a hostile one is refused."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jailed_node import NODE
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

from assay.cli import app
from assay.errors import InvalidInput
from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay.markets.package import check_package

REQUIREMENTS = ["model", "signature", "card", "recipe", "environment", "seeds", "change plan", "own test"]
RECIPE = {
    "entry": "train.py",
    "command": ["python", "train.py"],
    "python": "3.11",
    "environment": "requirements.txt",
    "seeds": {"numpy": 0},
    "deterministic": True,
    "data": [{"name": "cancer", "sha256": "ab" * 32}],
    "changes": "Trained again on newer rows: a test. Other inputs: an audit.",
}
CARD = {
    "name": "second reader",
    "framework": "scikit-learn 1.9",
    "intended_use": "A second reader of measurements by trained staff.",
    "limits": "Cells that were prepared in another way than these.",
    "licence": {"spdx": "Apache-2.0"},
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    data = load_breast_cancer(as_frame=True)
    names = tuple(data.data.columns)
    rows = data.data.to_numpy(np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[:400], data.target[:400])
    graph = to_onnx(model, rows[:1], target_opset=17, options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    (folder / "test").mkdir()
    data.frame[400:].to_csv(folder / "test" / "rows.csv", index=False)
    evaluation = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=names),),
            label="target",
            classes=("0", "1"),
        ),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )
    (folder / "test" / "evaluation.json").write_text(evaluation.model_dump_json())
    score = int((model.predict(rows[400:]) == data.target[400:]).mean() * 1e6)
    test = {"rows": "test/rows.csv", "evaluation": "test/evaluation.json", "score": score}
    for name, document in (("card.json", CARD), ("recipe.json", RECIPE), ("test.json", test)):
        (folder / name).write_text(json.dumps(document))
    (folder / "train.py").write_text("print('trains')\n")
    (folder / "requirements.txt").write_text(
        "scikit-learn==1.9.1 \\\n  --hash=sha256:00\nnumpy==2.1.0  # as then\n"
    )
    return folder


@pytest.fixture
def package(whole, tmp_path) -> Path:
    return shutil.copytree(whole, tmp_path / "package")


def gaps(package: Path) -> dict[str, str]:
    found = check_package(package, NODE)
    assert [one.requirement for one in found] == REQUIREMENTS
    return {one.requirement: one.gap for one in found if one.gap}


def zipped(folder: Path, path: Path) -> Path:
    return Path(shutil.make_archive(str(path), "zip", folder))


def test_a_whole_package_has_no_gap(whole, tmp_path) -> None:
    assert gaps(whole) == {}
    assert gaps(zipped(whole, tmp_path / "flat")) == {}
    nested = shutil.copytree(whole, tmp_path / "outer" / "package")
    assert gaps(zipped(nested.parent, tmp_path / "nested")) == {}


def test_an_empty_folder_lacks_everything(tmp_path) -> None:
    assert list(gaps(tmp_path)) == REQUIREMENTS


def edit(package: Path, name: str, **changes) -> None:
    path = package / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


GAPS = {
    "no words of use": (lambda p: edit(p, "card.json", intended_use="tests"), "card", "intended_use"),
    "no limits": (lambda p: edit(p, "card.json", limits=""), "card", "limits"),
    "no version": (lambda p: edit(p, "card.json", framework="torch"), "card", "no version"),
    "no licence": (lambda p: edit(p, "card.json", licence=None), "card", "licence"),
    "another signature": (lambda p: edit(p, "card.json", opset=9), "signature", "opset"),
    "no program": (lambda p: (p / "train.py").unlink(), "recipe", "missing or empty"),
    "another program": (lambda p: edit(p, "recipe.json", command=["make"]), "recipe", "does not start"),
    "no data": (lambda p: edit(p, "recipe.json", data=[]), "recipe", "data"),
    "a way out": (lambda p: edit(p, "recipe.json", entry="../../etc/passwd"), "recipe", "entry"),
    "an absolute path": (lambda p: edit(p, "recipe.json", entry="/etc/passwd"), "recipe", "entry"),
    "no seed": (lambda p: edit(p, "recipe.json", seeds={}, deterministic=False), "seeds", "no seed"),
    "no change plan": (lambda p: edit(p, "recipe.json", changes=""), "change plan", "audit"),
    "loose versions": (
        lambda p: (p / "requirements.txt").write_text("numpy>=2\n"), "environment", "no single version"
    ),
    "starred versions": (
        lambda p: (p / "requirements.txt").write_text("numpy==2.*\n"), "environment", "no single version"
    ),
    "no package": (
        lambda p: (p / "requirements.txt").write_text("# none\n"), "environment", "names no package"
    ),
    "no list": (lambda p: (p / "requirements.txt").unlink(), "environment", "missing or empty"),
    "bytes": (lambda p: (p / "requirements.txt").write_bytes(b"\xff\xfe"), "environment", "as text"),
    "no model": (lambda p: (p / "model.onnx").unlink(), "model", "no model.onnx"),
    "text as model": (lambda p: (p / "model.onnx").write_text("no"), "model", "not an ONNX model"),
    "a lie": (lambda p: edit(p, "test.json", score=500_000), "own test", "and the package says 50"),
    "no rows": (lambda p: (p / "test" / "rows.csv").unlink(), "own test", "is not there"),
    "empty rows": (lambda p: (p / "test" / "rows.csv").write_text(""), "own test", "empty|does not run"),
    "other rows": (lambda p: (p / "test" / "rows.csv").write_text("a\n1\n"), "own test", "does not run"),
    "no test": (lambda p: (p / "test.json").unlink(), "own test", "no test.json"),
    "broken JSON": (lambda p: (p / "test.json").write_text("{"), "own test", "not a valid"),
}  # fmt: skip


@pytest.mark.parametrize("name", GAPS)
def test_each_gap_is_named(package, name) -> None:
    change, requirement, said = GAPS[name]
    change(package)
    found = gaps(package)
    assert requirement in found
    assert any(part in found[requirement] for part in said.split("|")), found[requirement]


def test_a_lock_is_an_environment(package) -> None:
    (package / "uv.lock").write_text("version = 1\n")
    edit(package, "recipe.json", environment="uv.lock")
    assert gaps(package) == {}


def test_the_command_says_it_and_fails(package) -> None:
    (package / "train.py").unlink()
    (package / "test.json").unlink()  # a process of its own would be asked
    result = CliRunner().invoke(app, ["model", "check", str(package), "--json"])
    assert result.exit_code == 1
    rows = {row["requirement"]: row for row in json.loads(result.stdout)}
    assert rows["model"] == {"requirement": "model", "met": True, "gap": None}
    assert "train.py" in rows["recipe"]["gap"]
    for argument, said in (("7", "name the model too"), ("none", "There is no package")):
        result = CliRunner().invoke(app, ["model", "check", argument])
        assert result.exit_code == 1
        assert said in result.output
    assert CliRunner().invoke(app, ["model", "check", "seven", str(package / "model.onnx")]).exit_code == 2


# --- hostile packages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "a\\..\\out", "a//b"])
def test_names_that_lead_out_are_refused(tmp_path, name) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(InvalidInput, match="leads out of it"):
        check_package(path, NODE)
    assert not (tmp_path.parent / "out").exists()


def test_links_are_refused(package, tmp_path) -> None:
    os.symlink("/etc/passwd", package / "notes")
    with pytest.raises(InvalidInput, match="link"):
        check_package(package, NODE)
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("notes")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidInput, match="link"):
        check_package(path, NODE)


def test_bombs_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("assay.markets.package.MAX_BYTES", 1 << 20)
    monkeypatch.setattr("assay.markets.package.MAX_FILES", 10)
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.onnx", bytes(8 << 20))
    with pytest.raises(InvalidInput, match="unpacks to more"):
        check_package(path, NODE)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(11):
            archive.writestr(str(number), "")
    with pytest.raises(InvalidInput, match="more than 10 files"):
        check_package(path, NODE)


@settings(max_examples=30)
@given(damage=st.binary(min_size=1, max_size=40), place=st.floats(0, 1))
def test_damaged_archives_are_refused_or_have_gaps(whole, tmp_path_factory, damage, place) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    small = folder / "small"
    small.mkdir()
    shutil.copy(whole / "card.json", small)
    path = zipped(small, folder / "package")
    content = bytearray(path.read_bytes())
    at = int(place * (len(content) - 1))
    content[at : at + len(damage)] = damage
    path.write_bytes(content)
    with contextlib.suppress(InvalidInput):
        assert "model" in gaps(path)


def test_what_is_no_package_is_refused(tmp_path) -> None:
    path = tmp_path / "package.txt"
    path.write_text("no package")
    with pytest.raises(InvalidInput, match="neither a folder nor a zip file"):
        check_package(path, NODE)
