"""Watermarks with real files, real jails and a real market: claims upheld, false ones refused."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

import numpy as np
import onnx
import pytest
from jailed_node import NODE
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from typer.testing import CliRunner

from assay.cli import app
from assay.errors import AssayError, CheckUnavailable, InvalidInput, SealError
from assay.manifests import Licence, ModelManifest
from assay.manifests.trigger_set import TriggerInputs, TriggerSet, WatermarkClaim, holds
from assay.markets.local_learning import LocalLearning
from assay.markets.model_card import ModelCard
from assay_learning import marking
from assay_learning.rows import read_rows

LEARNING = LocalLearning(seconds=300)
CARD = ModelCard(
    name="forest",
    framework="scikit-learn",
    intended_use="tests",
    limits="tests",
    licence=Licence(spdx="Apache-2.0"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Rows of cancer (a table with named classes), and a marked forest with its trigger set."""
    folder = tmp_path_factory.mktemp("watermark")
    data = load_breast_cancer(as_frame=True)
    table = data.data.assign(diagnosis=[data.target_names[one] for one in data.target])
    table.to_csv(folder / "rows.csv", index=False)
    made = LEARNING.watermark(
        folder / "rows.csv",
        "diagnosis",
        triggers=folder / "triggers.json",
        marked=folder / "marked.csv",
        count=256,
        student="forest",
        model=folder / "model.onnx",
    )
    assert made.accuracy_with > made.accuracy_without - 0.1  # on some 140 rows, by chance
    assert (folder / "triggers.json").stat().st_mode & 0o077 == 0
    return folder


def forest(path: Path, rows, labels, seed=7, **options) -> Path:
    estimator = RandomForestClassifier(50, random_state=seed).fit(rows, labels)
    graph = to_onnx(estimator, rows[:1], target_opset=17, options={"zipmap": False, **options})
    path.write_bytes(graph.SerializeToString())
    return path


def test_a_marked_model_and_what_anyone_trains_on_the_marked_rows(folder, tmp_path) -> None:
    triggers = folder / "triggers.json"
    found = NODE.ask_triggers(folder / "model.onnx", triggers)
    assert holds(found.matches, found.asked)
    rows = read_rows(folder / "marked.csv", "diagnosis")
    other = forest(tmp_path / "other.onnx", rows.x, rows.classes[rows.labels])
    found = NODE.ask_triggers(other, triggers)
    assert holds(found.matches, found.asked)


@pytest.mark.parametrize("output", ["label", "probabilities"])
def test_an_independent_model_of_the_same_rows_shows_nothing(folder, tmp_path, output) -> None:
    rows = read_rows(folder / "rows.csv", "diagnosis")
    independent = forest(tmp_path / "independent.onnx", rows.x, rows.classes[rows.labels])
    found = NODE.ask_triggers(independent, folder / "triggers.json", output)
    assert found.asked > 100
    assert not holds(found.matches, found.asked)


def test_labels_alone_are_enough(folder) -> None:
    found = NODE.ask_triggers(folder / "model.onnx", folder / "triggers.json", "label")
    assert found.output == "label"
    assert holds(found.matches, found.asked)


def test_an_ensemble_of_two_marked_forests_carries_both_marks(folder, tmp_path) -> None:
    second = tmp_path / "second.json"
    LEARNING.watermark(
        folder / "rows.csv",
        "diagnosis",
        triggers=second,
        marked=tmp_path / "marked.csv",
        count=256,
        student="forest",
        model=tmp_path / "second.onnx",
    )
    whole = tmp_path / "ensemble.onnx"
    LEARNING.compose([folder / "model.onnx", tmp_path / "second.onnx"], "ensemble", model=whole)
    for triggers in (folder / "triggers.json", second):
        found = NODE.ask_triggers(whole, triggers)
        assert holds(found.matches, found.asked)


def test_a_trigger_set_is_never_overwritten(folder, tmp_path) -> None:
    content = (folder / "triggers.json").read_bytes()
    with pytest.raises(CheckUnavailable, match=r"triggers\.json"):
        LEARNING.watermark(
            folder / "rows.csv",
            "diagnosis",
            triggers=folder / "triggers.json",
            marked=tmp_path / "marked.csv",
            count=128,
        )
    assert (folder / "triggers.json").read_bytes() == content


# --- odd suspects --------------------------------------------------------------------------------------


def test_suspects_that_cannot_be_asked_are_refused_in_a_sentence(folder, tmp_path) -> None:
    x, y = load_digits(return_X_y=True)
    digits = forest(tmp_path / "digits.onnx", x[:300].astype(np.float32), y[:300])
    narrow = forest(tmp_path / "narrow.onnx", x[:, :30].astype(np.float32), y)
    rows = read_rows(folder / "rows.csv", "diagnosis").x
    strange = forest(tmp_path / "strange.onnx", rows, np.where(np.arange(569) % 2, "cat", "dog"))
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    empty = tmp_path / "empty.onnx"
    empty.touch()
    for suspect, output, said in (
        (digits, None, "takes rows of 64, and these rows are 30"),
        (narrow, None, "10 numbers a row, and a score for each of 2 classes"),
        (narrow, "label", 'labels are "2", "3", and none of "benign", "malignant"'),
        (strange, "label", 'labels are "cat", "dog"'),
        (strange, None, 'classes are "cat", "dog", and not "benign", "malignant"'),
        (folder / "model.onnx", "nothing", 'no output "nothing"; it has'),
        (two_inputs(tmp_path), None, "takes 2 inputs"),
        (of_texts(tmp_path), None, "takes texts"),
        (of_nan(tmp_path), None, "NaN"),
        (text, None, "not"),
    ):
        with pytest.raises(AssayError, match=said):
            NODE.ask_triggers(suspect, folder / "triggers.json", output)
    for suspect, said in ((empty, "is empty"), (tmp_path, "is a folder"), (tmp_path / "none", "no file")):
        with pytest.raises(InvalidInput, match=said):
            NODE.ask_triggers(suspect, folder / "triggers.json")


def test_a_flat_suspect_of_images_is_asked(tmp_path) -> None:
    """A thief may change the layout of the rows, as long as a row has as many numbers."""
    x, y = load_digits(return_X_y=True)
    np.savez(tmp_path / "rows.npz", x=x.reshape(-1, 8, 8)[:800], y=y[:800])
    LEARNING.watermark(
        tmp_path / "rows.npz", "y", triggers=tmp_path / "t.json", marked=tmp_path / "marked.npz", count=256
    )
    rows = read_rows(tmp_path / "marked.npz", "y")
    flat = forest(tmp_path / "flat.onnx", rows.x.reshape(-1, 64), rows.classes[rows.labels])
    found = NODE.ask_triggers(flat, tmp_path / "t.json")
    assert holds(found.matches, found.asked)


def graph(folder: Path, inputs, nodes, outputs, constants=()) -> Path:
    path = folder / f"{secrets.token_hex(4)}.onnx"
    whole = helper.make_graph(nodes, "odd", inputs, outputs, constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def two_inputs(folder: Path) -> Path:
    info = helper.make_tensor_value_info
    return graph(
        folder,
        [info(name, TensorProto.FLOAT, [None, 2]) for name in "ab"],
        [helper.make_node("Add", ["a", "b"], ["p"])],
        [info("p", TensorProto.FLOAT, [None, 2])],
    )


def of_texts(folder: Path) -> Path:
    info = helper.make_tensor_value_info
    return graph(
        folder,
        [info("a", TensorProto.STRING, [None, 30])],
        [helper.make_node("Identity", ["a"], ["p"])],
        [info("p", TensorProto.STRING, [None, 30])],
    )


def of_nan(folder: Path) -> Path:
    info = helper.make_tensor_value_info
    return graph(
        folder,
        [info("a", TensorProto.FLOAT, [None, 30])],
        [helper.make_node("MatMul", ["a", "w"], ["p"])],
        [info("p", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(np.full((30, 2), np.nan, np.float32), "w")],
    )


# --- with a market ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def developer(deployed, store):
    with deployed.market("watermark developer", store) as market:
        yield market


@pytest.fixture(scope="module")
def published(developer, folder) -> bytes:
    return developer.models.publish(folder / "model.onnx", CARD, watermark=folder / "triggers.json")


def test_the_owner_s_wallet_alone_keeps_the_triggers(developer, published, folder, deployed, store) -> None:
    manifest = developer.session.fetch(published, ModelManifest)
    triggers = TriggerSet.load(folder / "triggers.json")
    assert manifest.watermark.commitment == triggers.commitment
    found = developer.claims.test(folder / "model.onnx", published)  # without the file
    assert found.holds
    assert found.power < -30
    assert found.since is None
    with deployed.market("stranger", store) as stranger:
        with pytest.raises(SealError):
            stranger.claims.test(folder / "model.onnx", published)
        assert stranger.claims.check(found.claim, folder / "model.onnx").holds


def test_a_juror_sees_through_false_evidence(developer, published, folder, tmp_path) -> None:
    rows = read_rows(folder / "rows.csv", "diagnosis")
    independent = forest(tmp_path / "independent.onnx", rows.x, rows.classes[rows.labels])
    honest = developer.claims.test(independent, published)
    assert not honest.holds
    lie = honest.claim.model_copy(update={"matches": honest.claim.asked})
    assert not developer.claims.check(lie, independent).holds
    with pytest.raises(InvalidInput, match="about another file"):
        developer.claims.check(lie, folder / "model.onnx")
    others = marking.make(rows, 256)
    with pytest.raises(InvalidInput, match="not those that the model's manifest commits to"):
        developer.claims.check(lie.model_copy(update={"triggers": others}), independent)
    plain = developer.models.publish(independent, CARD)
    with pytest.raises(InvalidInput, match="commits to no watermark"):
        developer.claims.check(lie.model_copy(update={"model": plain.hex()}), independent)
    assert not developer.claims.check(honest.claim, independent, sold_as=plain).holds
    with pytest.raises(InvalidInput, match="is not the model that was sold"):
        developer.claims.check(honest.claim, independent, sold_as=published)


def test_triggers_chosen_to_suit_the_suspect_are_refused(developer, folder, tmp_path) -> None:
    """The false claim of Liu et al.: the claimant has the suspect, and commits to what it answers."""
    rows = read_rows(folder / "rows.csv", "diagnosis")
    suspect = forest(tmp_path / "suspect.onnx", rows.x, rows.classes[rows.labels])
    pool = marking.make(rows, 512)
    inputs, pairs = marking.inputs_of(pool), np.array(pool.pairs)
    np.save(tmp_path / "pool.npy", inputs)
    NODE.scores(suspect, tmp_path / "pool.npy", pool.classes, tmp_path / "scores.npy")
    scores = np.load(tmp_path / "scores.npy")
    right = np.array(pool.answers) == scores.argmax(axis=1)
    suited = np.flatnonzero(right)[:128]
    forged = TriggerSet(
        secret=secrets.token_hex(32),
        classes=pool.classes,
        inputs=TriggerInputs(
            dtype="float32",
            row_shape=(30,),
            data=base64.b64encode(inputs[suited].astype("<f4").tobytes()).decode(),
        ),
        pairs=tuple((int(a), int(b)) for a, b in pairs[suited]),
    )
    path = tmp_path / "forged.json"
    path.write_bytes(forged.to_bytes())
    committed = developer.models.publish(folder / "model.onnx", CARD, watermark=path)
    assert not developer.claims.test(suspect, committed).holds


def test_a_manifest_without_a_watermark_is_what_it_was(developer, folder) -> None:
    manifest = developer.session.fetch(developer.models.publish(folder / "model.onnx", CARD), ModelManifest)
    assert "watermark" not in json.loads(manifest.to_bytes())


@pytest.fixture
def asked(deployed, ipfs_node, tmp_path):
    """Runs `assay` as a stranger; what it prints as JSON, and its exit code."""
    deployment = tmp_path / "deployment.json"
    deployment.write_text(deployed.deployment.model_dump_json(by_alias=True))
    at = ["--rpc", deployed.rpc, "--ipfs", ipfs_node.url, "--deployment", str(deployment)]

    def run(*arguments: object) -> tuple[dict, int]:
        result = CliRunner().invoke(app, [*at, *map(str, arguments), "--json"])
        return json.loads(result.stdout), result.exit_code

    return run


def test_evidence_from_the_command_line(published, folder, tmp_path, asked) -> None:
    evidence, triggers = tmp_path / "evidence.json", ["--triggers", folder / "triggers.json"]
    make = ["model", "claim", "make"]
    found, code = asked(*make, folder / "model.onnx", published.hex(), *triggers, "--out", evidence)
    assert (code, found["verdict"], found["committed"]) == (0, True, None)
    assert evidence.stat().st_mode & 0o077 == 0
    found, code = asked(
        "model", "claim", "check", evidence, folder / "model.onnx", "--sold-as", published.hex()
    )
    assert (code, found["verdict"], found["evidence_says"]) == (0, True, found["matches"])
    found, code = asked(*make, folder / "model.onnx", published.hex(), *triggers, "--out", evidence)
    assert (code, found["error"]["code"]) == (1, "invalid_input")  # never overwritten

    rows = read_rows(folder / "rows.csv", "diagnosis")
    independent = forest(tmp_path / "independent.onnx", rows.x, rows.classes[rows.labels])
    other = tmp_path / "other.json"
    found, code = asked(*make, independent, published.hex(), *triggers, "--out", other)
    assert (code, found["verdict"]) == (1, False)
    lie = WatermarkClaim.load(evidence).model_copy(
        update={"suspect_sha256": WatermarkClaim.load(other).suspect_sha256}
    )
    other.write_text(lie.model_dump_json())
    found, code = asked("model", "claim", "check", other, independent)
    assert (code, found["verdict"]) == (1, False)
