"""`assay audit run` on files: what it writes, says and refuses. Needs no chain."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

from assay.cli import app
from assay.manifests import Assessment, AuditReport, parse
from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A model, data and a spec."""
    folder = tmp_path_factory.mktemp("audited")
    data = load_breast_cancer(as_frame=True)
    known = data.data[:300].to_numpy(np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(known, data.target[:300])
    graph = to_onnx(model, known[:1], options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    data.frame[300:].to_csv(folder / "data.csv", index=False)
    mapping = DataMapping(
        format="csv",
        inputs=(InputMapping(name="X", columns=tuple(data.feature_names)),),
        label="target",
        classes=("0", "1"),
    )
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=mapping,
        output=OutputMapping(probabilities="probabilities"),
    )
    (folder / "spec.json").write_text(spec.model_dump_json())
    return folder


def run(*arguments: object):
    return CliRunner().invoke(app, ["audit", "run", *map(str, arguments)])


def given(files: Path) -> tuple[object, ...]:
    return files / "model.onnx", files / "data.csv", "--spec", files / "spec.json", "--quick"


def test_it_writes_a_page_a_manifest_and_an_assessment(files, tmp_path):
    ran = run(*given(files), "--scope", "performance", "--threshold", "90 %", "--out", tmp_path, "--json")
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert answer["proposes"] == "approve"
    assert answer["scopes"] == ["performance"]
    report = parse((tmp_path / "report.json").read_bytes(), AuditReport)
    page = (tmp_path / "report.html").read_bytes()
    assert report.examination is not None
    assert report.examination.page == hashlib.sha256(page).hexdigest()
    assert report.examination.model_sha256 == hashlib.sha256((files / "model.onnx").read_bytes()).hexdigest()
    assert report.examination.rows == 269
    assert (report.chain_id, report.model, report.verdict) == (None, None, "approved")
    assessment = Assessment.load(tmp_path / "assessment.json")
    assert assessment.figures == report.figures
    assert "Not asked for: fairness" in assessment.limitations


NO_THRESHOLDS = {
    "accuracy": [("930000", "No model has accuracy 930000."), ("-5%", "No model"), ("x", '"93 %"')],
    "log_loss": [("-1", "No model has log loss -1."), ("much", "Write it like 60.")],
}


@pytest.mark.parametrize("metric", NO_THRESHOLDS)
def test_a_threshold_is_written_in_the_metric_s_unit(files, tmp_path, metric):
    spec = json.loads((files / "spec.json").read_text()) | {"metric": metric}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    words = files / "model.onnx", files / "data.csv", "--spec", tmp_path / "spec.json", "--out", tmp_path
    for threshold, said in NO_THRESHOLDS[metric]:
        ran = run(*words, "--threshold", threshold)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert said in ran.stderr


def test_the_threshold_of_an_error_is_the_most_that_is_allowed(files, tmp_path):
    spec = json.loads((files / "spec.json").read_text()) | {"metric": "log_loss"}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    words = files / "model.onnx", files / "data.csv", "--spec", tmp_path / "spec.json", "--quick"
    ran = run(*words, "--scope", "performance", "--out", tmp_path, "--threshold", "0.001")
    assert "at most 0.001 asked" in ran.stdout, ran.output


def test_people_get_findings_and_paths(files, tmp_path):
    ran = run(*given(files), "--scope", "performance", "--threshold", "99.9999%", "--out", tmp_path)
    assert ran.exit_code == 0, ran.output
    assert "Below the deal's threshold" in ran.stdout
    assert "to reject; the verdict is yours" in ran.stdout
    assert str(tmp_path / "report.html") in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (lambda f: [f / "model.onnx"], "name the data"),
        (lambda f: [f / "model.onnx", f / "data.csv"], "--spec"),
        (lambda f: [*given(f), "--scope", "beauty"], '"beauty" is not a scope'),
        (lambda f: [*given(f), "--favourable", "2"], "not a class"),
        (lambda f: [*given(f), "--training", f / "none.csv"], "is not a file"),
        (lambda f: [f / "none.onnx", *given(f)[1:]], "is not a file"),
        (
            lambda f: [f / "model.onnx", f / "data.csv", "--spec", f / "data.csv"],
            "not a valid evaluation spec",
        ),
        (lambda f: [f / "model.onnx", f / "spec.json", *given(f)[2:]], "has no line of names|columns named"),
        (lambda f: ["7"], "--folder"),
        (lambda f: ["7", "--folder", f], "holds no material"),
        (lambda f: [f / "model.onnx", "--folder", f], "goes with the number"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, said, files):
    import re

    ran = run(*arguments(files))
    assert ran.exit_code == 1
    assert re.search(said, " ".join(ran.stderr.split())), ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_model_that_is_none_is_a_finding(files, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    ran = run(tmp_path / "model.onnx", *given(files)[1:], "--out", tmp_path, "--json")
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert answer["proposes"] == "reject"
    assert "gate refuses" in answer["findings"][0]["finding"]
    assert parse((tmp_path / "report.json").read_bytes(), AuditReport).verdict == "rejected"


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nowhere", "report.html"])
def test_a_folder_that_takes_no_files_is_said_before_the_work(files, tmp_path, out):
    (tmp_path / "file").touch()
    (tmp_path / "report.html").mkdir()
    target = tmp_path if out == "report.html" else tmp_path / out
    ran = run(*given(files), "--scope", "performance", "--out", target)
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"Cannot write {'' if target == tmp_path else 'to '}{tmp_path / out}")


def test_without_the_validation_node_it_says_what_to_install(files, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    ran = run(*given(files))
    assert ran.exit_code == 1
    assert "needs the program assay-validation, which is not installed" in ran.stderr
    assert "pip install" in ran.stderr


@pytest.mark.parametrize("says", ["", "not JSON\n", '{"step": "Opening"}\n', "{}\n", "[]\n", '{"done": 7}\n'])
def test_a_validation_node_that_dies_or_babbles_is_one_sentence(files, tmp_path, monkeypatch, says):
    script = f"import sys; sys.stdout.write({says!r}); sys.exit(3)"
    command = [sys.executable, "-c", script]
    monkeypatch.setattr("assay.markets.local_node.validation_command", lambda _, install: command)
    ran = run(*given(files), "--out", tmp_path)
    assert ran.exit_code == 1
    assert "ended without a result" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []
