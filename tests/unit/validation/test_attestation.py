"""A dataset is recounted against its commitment."""

import numpy as np
import pytest
from onnx import TensorProto, helper
from sklearn.dummy import DummyClassifier

from assay.manifests.evaluation import (
    Criterion,
    CriterionKind,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    Reference,
    ReportStatus,
    ResourceLimits,
)
from assay.manifests.reason import Code, Reason
from assay_validation.attestation import attest
from assay_validation.errors import ValidationError
from assay_validation.evaluation import evaluate

EXACT = 10


@pytest.fixture(scope="module")
def counts(hidden):
    return DatasetCounts(
        rows=len(hidden),
        classes={str(k): int(v) for k, v in hidden["target"].value_counts().items()},
        groups={k: int(v) for k, v in hidden["site"].value_counts().items()},
    )


@pytest.fixture(scope="module")
def majority(hidden):
    features = np.zeros((len(hidden), 1))
    score = DummyClassifier().fit(features, hidden["target"]).score(features, hidden["target"])
    middle = int(score * 1e6)
    return Reference(name="majority", kind="majority-class", low=middle - EXACT, high=middle + EXACT)


def test_an_honest_dataset_is_ok(hidden_csv, cancer_spec, counts, majority):
    report = attest(hidden_csv, cancer_spec, counts, majority)
    assert (report.verdict, report.reasons) == ("ok", ())
    assert report.counts == counts
    assert majority.low <= report.reference_score <= majority.high


def test_other_counts_are_a_mismatch_with_every_reason(hidden_csv, cancer_spec, counts, majority):
    claimed = DatasetCounts(
        rows=counts.rows + 1,
        classes=counts.classes | {"1": counts.classes["1"] + 1},
        groups={"north": counts.groups["north"]},
    )
    report = attest(hidden_csv, cancer_spec, claimed, majority)
    assert report.verdict == "mismatch"
    assert len(report.reasons) == 3


def test_shuffled_labels_are_caught_by_a_real_reference(
    hidden, hidden_csv, cancer_onnx, cancer_spec, counts, tmp_path
):
    reference = Reference(name="logistic", kind="onnx", artifact="b" + "a" * 58, low=950_000, high=1_000_000)
    honest = attest(hidden_csv, cancer_spec, counts, reference, cancer_onnx)
    assert honest.verdict == "ok"
    shuffled = tmp_path / "shuffled.csv"
    labels = np.random.default_rng(0).permutation(hidden["target"])
    hidden.assign(target=labels).to_csv(shuffled, index=False)
    report = attest(shuffled, cancer_spec, counts, reference, cancer_onnx)
    assert report.verdict == "mismatch"
    assert [reason.code for reason in report.reasons] == [Code.REFERENCE_OUTSIDE]


def test_the_mean_is_a_regressions_reference(diabetes, diabetes_parquet, diabetes_spec):
    labels = diabetes.target[300:]
    middle = -int(labels.std(ddof=0) * 1e6)
    reference = Reference(name="mean", kind="mean", low=middle - 100, high=middle + 100)
    report = attest(diabetes_parquet, diabetes_spec, DatasetCounts(rows=len(labels)), reference)
    assert report.verdict == "ok"


def test_a_reference_for_another_task_is_a_mismatch(hidden_csv, cancer_spec, counts):
    report = attest(hidden_csv, cancer_spec, counts, Reference(name="m", kind="mean", low=0, high=1))
    assert report.verdict == "mismatch"


def test_an_unreadable_dataset_is_a_mismatch(cancer_spec, counts, majority, tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"\x00garbage")
    report = attest(path, cancer_spec, counts, majority)
    assert report.verdict == "mismatch"
    assert report.counts.rows == 0


def test_an_onnx_reference_needs_its_file(hidden_csv, cancer_spec, counts):
    reference = Reference(name="logistic", kind="onnx", artifact="b" + "a" * 58, low=0, high=1)
    with pytest.raises(ValidationError, match="model file"):
        attest(hidden_csv, cancer_spec, counts, reference)


ROWS, CLASSES = 60_000, ("0", "1")


@pytest.mark.parametrize(("most", "attested"), [(2 << 30, True), (100 << 20, False)])
def test_what_is_attested_can_be_evaluated(most, attested, tmp_path):
    """Data that a test could not be fed with, within the order's limits, is refused before anybody works."""
    data, model = tmp_path / "data.npz", tmp_path / "model.onnx"
    images = np.zeros((ROWS, 1, 28, 28), dtype=np.uint8)
    np.savez(data, image=images, label=np.arange(ROWS) % 2)
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="npz",
            inputs=(InputMapping(name="X", columns=("image",)),),
            label="label",
            classes=CLASSES,
        ),
        output=OutputMapping(labels="label"),
        criteria=(Criterion(kind=CriterionKind.NOISE_ROBUSTNESS, bound=0),),
        limits=ResourceLimits(memory_bytes=1 << 30, file_bytes=most),
    )
    counts = DatasetCounts(rows=ROWS, classes=dict.fromkeys(CLASSES, ROWS // 2))
    reference = Reference(name="majority", kind="majority-class", low=500_000, high=500_000)
    report = attest(data, spec, counts, reference)
    if not attested:
        assert report.reasons == (Reason(code=Code.DATA_TOO_COSTLY),)
        return
    assert report.verdict == "ok"
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["most"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Cast", ["most"], ["label"], to=TensorProto.INT64),
    ]
    rows = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", 1, 28, 28])
    label = helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])
    graph = helper.make_graph(nodes, "g", [rows], [label])
    opset = [helper.make_opsetid("", 17)]
    model.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    found = evaluate(model, data, spec)
    assert (found.status, found.score) == (ReportStatus.ANSWERED, 500_000)


def test_a_gap_between_groups_that_nobody_can_pass_is_refused(cancer_spec, tmp_path):
    """One group has a single class, so AUROC is not defined in it."""
    path = tmp_path / "data.csv"
    path.write_text("x,target,site\n1,0,north\n2,1,north\n3,1,south\n4,1,south\n")
    data = cancer_spec.data.model_copy(update={"inputs": (InputMapping(name="X", columns=("x",)),)})
    gap = Criterion(kind="group_gap", bound=100_000)
    spec = cancer_spec.model_copy(update={"metric": Metric.AUROC, "criteria": (gap,), "data": data})
    counts = DatasetCounts(rows=4, classes={"0": 1, "1": 3}, groups={"north": 2, "south": 2})
    reference = Reference(name="majority", kind="majority-class", low=0, high=10**6)
    report = attest(path, spec, counts, reference)
    assert report.reasons == (Reason(code=Code.GROUP_UNDEFINED, name="south"),)
