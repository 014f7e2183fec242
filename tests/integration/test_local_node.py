"""A client asks an `assay-validation` process what a panel would say: real processes, real jails."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression

from assay.errors import CheckUnavailable, InvalidInput
from assay.manifests.evaluation import (
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    Reference,
    ReportStatus,
)
from assay.manifests.reason import Code, Reason
from assay.markets import local_program
from assay.markets.local_node import LocalNode

NODE = LocalNode(seconds=300)
MEAN = Reference(name="mean", kind="mean", low=-(10**9), high=0)
CHURN = "age,plan,fee,churn\n41,basic,9.5,yes\n,plus,12,no\n37,basic,,no\n52,,7,yes\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("local node")


@pytest.fixture(scope="module")
def diabetes(folder):
    """A table, a model of it, and the test of that model."""
    frame = load_diabetes(as_frame=True).frame
    frame.to_csv(folder / "diabetes.csv", index=False)
    features = [name for name in frame.columns if name != "target"]
    model = LinearRegression().fit(frame[features].to_numpy(np.float32), frame["target"])
    sample = frame[features][:1].to_numpy(np.float32)
    (folder / "diabetes.onnx").write_bytes(to_onnx(model, sample).SerializeToString())
    mapping = DataMapping(
        format="csv", inputs=(InputMapping(name="X", columns=tuple(features)),), label="target"
    )
    spec = EvaluationSpec(
        task="regression", metric="rmse", data=mapping, output=OutputMapping(values="variable")
    )
    return folder / "diabetes.csv", folder / "diabetes.onnx", spec


def test_a_regression(diabetes):
    data, model, spec = diabetes
    report = NODE.attest(data, spec, DatasetCounts(rows=442), MEAN)
    assert (report.verdict, report.reasons, report.counts.rows) == ("ok", (), 442)
    found = NODE.evaluate(model, data, spec)
    assert found.status is ReportStatus.ANSWERED
    assert -60_000_000 < found.score < -50_000_000
    assert NODE.try_out(model, spec).reasons == ()
    described = NODE.describe(data, "csv")
    assert described.rows == 442
    assert {one.name: one.type for one in described.columns}["target"] == "float"


def test_what_differs_from_the_order_is_all_said_at_once(diabetes):
    data, _, spec = diabetes
    outside = MEAN.model_copy(update={"high": -(10**8)})
    report = NODE.attest(data, spec, DatasetCounts(rows=441), outside)
    assert [one.code for one in report.reasons] == [Code.ROW_COUNT, Code.REFERENCE_OUTSIDE]


def test_images(folder):
    digits = load_digits()
    images = (digits.images[:, None] / 16).astype(np.float32)
    np.savez(folder / "digits.npz", image=images, digit=digits.target)
    flat = images.reshape(len(images), -1)
    model = LogisticRegression(max_iter=200).fit(flat, digits.target)
    exported = to_onnx(model, flat[:1], options={"zipmap": False})
    (folder / "digits.onnx").write_bytes(exported.SerializeToString())
    classes = tuple(map(str, range(10)))
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="npz",
            inputs=(InputMapping(name="X", columns=("image",)),),
            label="digit",
            classes=classes,
        ),
        output=OutputMapping(labels="label"),
    )
    counts = {str(k): int(n) for k, n in enumerate(np.bincount(digits.target))}
    reference = Reference(name="commonest", kind="majority-class", low=0, high=200_000)
    report = NODE.attest(folder / "digits.npz", spec, DatasetCounts(rows=1797, classes=counts), reference)
    assert report.reasons == ()
    described = NODE.describe(folder / "digits.npz", "npz")
    assert {one.name: one.shape for one in described.columns} == {"image": (1, 8, 8), "digit": ()}
    # the model takes rows of 64 numbers, the order feeds images
    found = NODE.evaluate(folder / "digits.onnx", folder / "digits.npz", spec)
    assert (found.status, found.reasons) == (ReportStatus.REJECTED, (Reason(code=Code.DOES_NOT_RUN),))


def test_a_table_with_text_and_gaps_is_refused_with_every_fault(folder):
    data = folder / "churn.csv"
    data.write_text(CHURN)
    spec = EvaluationSpec(
        task="classification",
        metric="auroc",
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=("age", "plan", "fee")),),
            label="churn",
            classes=("no", "yes"),
        ),
        output=OutputMapping(probabilities="p"),
    )
    reference = Reference(name="commonest", kind="majority-class", low=0, high=10**6)
    report = NODE.attest(data, spec, DatasetCounts(rows=4, classes={"no": 2, "yes": 2}), reference)
    assert set(report.reasons) == {
        Reason(code=Code.EMPTY_CELLS, name="age", found=1, row=2),
        Reason(code=Code.NOT_NUMERIC, name="plan", found=3, row=1),
        Reason(code=Code.EMPTY_CELLS, name="plan", found=1, row=4),
        Reason(code=Code.EMPTY_CELLS, name="fee", found=1, row=3),
    }
    described = {one.name: one for one in NODE.describe(data, "csv").columns}
    assert {name: (one.type, one.empty) for name, one in described.items()} == {
        "age": ("integer", 1),
        "plan": ("text", 1),
        "fee": ("float", 1),
        "churn": ("text", 0),
    }
    assert described["churn"].values == {"no": 2, "yes": 2}


def test_a_model_of_another_interface_is_refused_untested(diabetes, folder):
    _, model, spec = diabetes
    fed = spec.data.model_copy(update={"inputs": (InputMapping(name="rows", columns=("age",)),)})
    other = spec.model_copy(update={"data": fed, "output": OutputMapping(values="y")})
    assert set(NODE.try_out(model, other).reasons) == {
        Reason(code=Code.INPUT_MISSING, name="rows"),
        Reason(code=Code.INPUT_UNKNOWN, found=1),
        Reason(code=Code.OUTPUT_MISSING, name="y"),
    }
    fewer = spec.data.model_copy(update={"inputs": (InputMapping(name="X", columns=("age", "sex")),)})
    assert [one.code for one in NODE.try_out(model, spec.model_copy(update={"data": fewer})).reasons] == [
        Code.INPUT_LENGTH
    ]
    (folder / "text.onnx").write_bytes(b"no model")
    assert NODE.try_out(folder / "text.onnx", spec).reasons == (Reason(code=Code.NOT_ONNX),)


def test_what_cannot_be_asked_ends_in_a_sentence(diabetes, folder, monkeypatch):
    data, _, spec = diabetes
    with pytest.raises(InvalidInput, match="There is no file"):
        NODE.attest(folder / "nothing.csv", spec, DatasetCounts(rows=1), MEAN)
    (folder / "empty.onnx").touch()
    with pytest.raises(InvalidInput, match="is empty"):
        NODE.try_out(folder / "empty.onnx", spec)
    with pytest.raises(CheckUnavailable, match=r"^[^:]*diabetes.onnx cannot be described"):
        NODE.describe(folder / "diabetes.onnx", "parquet")
    with pytest.raises(CheckUnavailable, match="longer than"):
        LocalNode(seconds=0.01).describe(data, "csv")
    monkeypatch.setattr(local_program, "program_command", lambda *_, install: [str(folder / "missing")])
    with pytest.raises(CheckUnavailable, match="does not start"):
        NODE.describe(data, "csv")


def test_the_process_gets_nothing_of_a_wallet(diabetes, folder, monkeypatch):
    data, _, _ = diabetes
    program = folder / "spy"
    program.write_text(f'#!{sys.executable}\nimport os, sys\nsys.exit("error: " + " ".join(os.environ))\n')
    program.chmod(0o755)
    monkeypatch.setattr(local_program, "program_command", lambda *_, install: [str(program)])
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", "/secret")
    monkeypatch.setenv("ASSAY_KEYSTORE", "/secret")
    with pytest.raises(CheckUnavailable) as refused:
        NODE.describe(data, "csv")
    assert "ASSAY" not in str(refused.value)
    assert "PATH" in str(refused.value)


@pytest.mark.parametrize("program", ["assay_validation.cli", "assay_oracle.cli"])
def test_a_missing_package_is_named(program, monkeypatch, capsys):
    """Whoever has the client alone has these programs, without what they need."""
    cli = importlib.import_module(program)

    def command():
        raise ModuleNotFoundError(name="pyarrow")

    monkeypatch.setattr(cli, "app", command)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "pyarrow" in told
    assert "pip install 'assay[node]'" in told
