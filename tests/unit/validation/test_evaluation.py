"""Honest models on real data: the sandboxed score is scikit-learn's score."""

import json

import numpy as np
import pytest
import unjailed
from sklearn import metrics as sk
from sklearn.ensemble import RandomForestClassifier

from assay.manifests.evaluation import Criterion, CriterionKind, DataMapping, InputMapping, ReportStatus
from assay.manifests.reason import Code
from assay_validation import dataset, gate, model
from assay_validation.errors import MachineFault
from assay_validation.evaluation import evaluate

TRAINING_ROWS = 300  # as in conftest.py


def ppm(value):
    return int(np.floor(value * 1e6 + 1e-8))


def changed(spec, **changes):
    return type(spec).model_validate(spec.model_dump() | changes)


def test_accuracy_is_scikit_learns(cancer, cancer_model, cancer_onnx, cancer_spec, hidden_csv):
    report = evaluate(cancer_onnx, hidden_csv, cancer_spec)
    known = cancer.data[TRAINING_ROWS:].to_numpy(np.float32)
    truth = cancer.target[TRAINING_ROWS:]
    assert report.status is ReportStatus.ANSWERED
    assert report.score == ppm(sk.accuracy_score(truth, cancer_model.predict(known)))
    assert report.rows == len(truth)
    expected = sk.roc_auc_score(truth, cancer_model.predict_proba(known)[:, 1])
    assert report.private.metrics["auroc"] == pytest.approx(expected, abs=1e-6)


def test_the_public_part_reproduces_bit_for_bit(cancer_onnx, cancer_spec, hidden_csv):
    first, second = (evaluate(cancer_onnx, hidden_csv, cancer_spec) for _ in range(2))
    assert first.model_dump(exclude={"private"}) == second.model_dump(exclude={"private"})
    assert first.private.metrics == second.private.metrics


def test_the_public_part_is_integers_and_digests(cancer_onnx, cancer_spec, hidden_csv):
    report = evaluate(cancer_onnx, hidden_csv, cancer_spec)
    public = json.loads(report.model_dump_json(exclude={"private", "reasons", "log"}))
    digests = {public.pop("model_sha256"), public.pop("data_sha256")}
    assert all(len(d) == 64 for d in digests)
    assert all(type(v) is int for v in public.values())


def test_the_score_is_rounded_down_to_its_step(cancer_onnx, cancer_spec, hidden_csv):
    exact = evaluate(cancer_onnx, hidden_csv, cancer_spec).score
    coarse = evaluate(cancer_onnx, hidden_csv, changed(cancer_spec, step=50_000)).score
    assert coarse == exact // 50_000 * 50_000 < exact


def test_each_criterion_is_its_own_bit(cancer_onnx, cancer_spec, hidden_csv):
    generous = [Criterion(kind=kind, bound=10**9) for kind in CriterionKind]
    impossible = [Criterion(kind=CriterionKind.MODEL_SIZE, bound=1)]
    spec = changed(cancer_spec, criteria=[c.model_dump() for c in (*generous, *impossible)])
    report = evaluate(cancer_onnx, hidden_csv, spec)
    assert report.criteria == (1 << len(generous)) - 1
    sizes = [value for name, value in report.private.measurements.items() if name.endswith(" model_size")]
    assert sizes == [cancer_onnx.stat().st_size] * 2


def test_groups_are_scored_apart(cancer, cancer_model, cancer_onnx, cancer_spec, hidden, hidden_csv):
    report = evaluate(cancer_onnx, hidden_csv, cancer_spec)
    for site, rows in hidden.groupby("site"):
        predicted = cancer_model.predict(rows[list(cancer.feature_names)].to_numpy(np.float32))
        assert report.private.groups[site] == ppm(sk.accuracy_score(rows["target"], predicted))


def test_regression_from_parquet(
    diabetes, diabetes_regressor, diabetes_onnx, diabetes_spec, diabetes_parquet
):
    report = evaluate(diabetes_onnx, diabetes_parquet, diabetes_spec)
    known = diabetes.data[TRAINING_ROWS:].to_numpy(np.float32)
    expected = sk.root_mean_squared_error(diabetes.target[TRAINING_ROWS:], diabetes_regressor.predict(known))
    assert report.status is ReportStatus.ANSWERED
    assert report.score == pytest.approx(-expected * 1e6, abs=100)
    assert set(report.private.metrics) == {"rmse", "mae", "r2"}


def test_a_torch_network_on_npz(cancer, cancer_spec, tmp_path):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    features = cancer.data.to_numpy(np.float32)
    features = (features - features.mean(0)) / features.std(0)
    logits = torch.nn.Sequential(torch.nn.Linear(30, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    network = torch.nn.Sequential(logits, torch.nn.Softmax(dim=1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    x, y = torch.tensor(features), torch.tensor(cancer.target.to_numpy())
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits(x[:TRAINING_ROWS]), y[:TRAINING_ROWS]).backward()
        optimizer.step()
    model = tmp_path / "network.onnx"
    torch.onnx.export(
        network,
        (x[:2],),
        model,
        input_names=["patients"],
        output_names=["risk"],
        dynamic_axes={"patients": {0: "n"}},
        dynamo=False,
    )
    data = tmp_path / "data.npz"
    np.savez(data, patients=features[TRAINING_ROWS:], diagnosis=cancer.target[TRAINING_ROWS:])
    mapping = DataMapping(
        format="npz",
        inputs=(InputMapping(name="patients", columns=("patients",)),),
        label="diagnosis",
        classes=("0", "1"),
    )
    spec = changed(cancer_spec, data=mapping.model_dump(), output={"probabilities": "risk"})
    report = evaluate(model, data, spec)
    predicted = network(x[TRAINING_ROWS:]).argmax(1).numpy()
    assert report.status is ReportStatus.ANSWERED
    assert report.score == ppm(sk.accuracy_score(cancer.target[TRAINING_ROWS:], predicted)) > 900_000


def test_a_forest_with_named_classes_in_batches(cancer, cancer_spec, tmp_path):
    """More rows than a batch, and a last batch that is not full. An odd number of trees cannot tie."""
    from skl2onnx import to_onnx

    names = np.array(["malignant", "benign"])
    features = cancer.data.to_numpy(np.float32)
    forest = RandomForestClassifier(21, random_state=0).fit(features[:300], names[cancer.target[:300]])
    model = tmp_path / "forest.onnx"
    model.write_bytes(to_onnx(forest, features[:1], options={"zipmap": False}).SerializeToString())
    frame = cancer.data.sample(1500, replace=True, random_state=0)
    truth = names[cancer.target[frame.index]]
    data = tmp_path / "data.csv"
    frame.assign(diagnosis=truth).to_csv(data, index=False)
    mapping = cancer_spec.data.model_dump() | {
        "label": "diagnosis",
        "classes": ("benign", "malignant"),
        "group": None,
    }
    report = evaluate(model, data, changed(cancer_spec, data=mapping))
    expected = sk.accuracy_score(truth, forest.predict(frame.to_numpy(np.float32)))
    assert report.rows == 1500
    assert report.score == ppm(expected)


GARBAGE = {
    "empty": (b"", "cannot be read"),
    "binary": (b"\x00\xff" * 100, "NUL character"),
    "header only": (b"x,y\n", "0 rows"),
    "missing column": (b"x\n1\n", "no column named 'y'"),
    "doubled column": (b"x,y,x\n1,0,1\n", "2 columns named 'x'"),
    "NaN": (b"x,y\nnan,0\n1,1\n", "NaN"),
    "infinity": (b"x,y\ninf,0\n1,1\n", "infinite"),
    "beyond float32": (b"x,y\n1e300,0\n1,1\n", "infinite"),
    "text": (b"x,y\nhello,0\n", "not numeric"),
    "empty cell": (b"x,y\n,0\n", "empty cells"),
    "another class": (b"x,y\n1,2\n", "outside its classes, such as '2'"),
    "ragged": (b"x,y\n1,0\n1,0,5\n", "row 3 has 3 cells, not 2"),
    "too many rows": (b"x,y\n" + b"1,0\n" * 101, "101 rows"),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_data_is_a_finding(kind, one_column_onnx, cancer_spec, tmp_path):
    content, reason = GARBAGE[kind]
    data = tmp_path / "data.csv"
    data.write_bytes(content)
    mapping = DataMapping(
        format="csv",
        inputs=(InputMapping(name="X", columns=("x",)),),
        label="y",
        classes=("0", "1"),
        max_rows=100,
    )
    report = evaluate(one_column_onnx, data, changed(cancer_spec, data=mapping.model_dump()))
    assert report.status is ReportStatus.CANNOT_OPEN
    assert reason in report.log
    assert report.score == 0


@pytest.mark.parametrize("form", ["parquet", "npz"])
@pytest.mark.parametrize("content", [b"", b"PAR1 not really PAR1", b"PK\x03\x04 nor a zip file"])
def test_garbage_in_binary_formats_is_a_finding(form, content, cancer_onnx, cancer_spec, tmp_path):
    data = tmp_path / "data"
    data.write_bytes(content)
    mapping = DataMapping(
        format=form, inputs=(InputMapping(name="X", columns=("x",)),), label="y", classes=("0", "1")
    )
    report = evaluate(cancer_onnx, data, changed(cancer_spec, data=mapping.model_dump()))
    assert report.status is ReportStatus.CANNOT_OPEN


def test_pickles_in_npz_are_never_opened(cancer_onnx, cancer_spec, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    data = tmp_path / "data.npz"
    np.savez(data, x=np.array([Bomb()], dtype=object), y=np.array([0]))
    mapping = DataMapping(
        format="npz", inputs=(InputMapping(name="X", columns=("x",)),), label="y", classes=("0", "1")
    )
    report = evaluate(cancer_onnx, data, changed(cancer_spec, data=mapping.model_dump()))
    assert report.status is ReportStatus.CANNOT_OPEN
    assert not (tmp_path / "exploded").exists()


def test_a_metric_undefined_on_the_data_is_a_finding(cancer_onnx, cancer_spec, hidden, tmp_path):
    data = tmp_path / "one-class.csv"
    hidden[hidden["target"] == 1].to_csv(data, index=False)
    report = evaluate(cancer_onnx, data, changed(cancer_spec, metric="auroc"))
    assert report.status is ReportStatus.CANNOT_OPEN
    assert "auroc" in report.log


def test_a_missing_file_is_an_error_not_a_report(cancer_onnx, cancer_spec, tmp_path):
    with pytest.raises(FileNotFoundError):
        evaluate(cancer_onnx, tmp_path / "nothing.csv", cancer_spec)


@pytest.mark.parametrize("job", ["inspect_model", "prepare_data", "predict"])
def test_this_machines_failures_are_no_report(job, cancer_onnx, cancer_spec, hidden_csv, monkeypatch):
    def failing(asked, limits):
        if asked.module.endswith(job):
            raise MachineFault("The disk is full.")
        return unjailed.run(asked, limits)

    monkeypatch.setattr(dataset, "run", failing)
    monkeypatch.setattr(model, "run", failing)
    monkeypatch.setattr(gate, "run", failing)
    with pytest.raises(MachineFault):
        evaluate(cancer_onnx, hidden_csv, cancer_spec)


def test_the_limits_are_the_orders(cancer_onnx, cancer_spec, hidden_csv):
    """Whoever tests, and with whatever machine."""
    limits = {"model_bytes": cancer_onnx.stat().st_size - 1}
    report = evaluate(cancer_onnx, hidden_csv, changed(cancer_spec, limits=limits))
    assert [reason.code for reason in report.reasons] == [Code.MODEL_TOO_LARGE]
