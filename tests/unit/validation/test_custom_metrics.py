"""A metric of the customer's own counts as it computes, and can do nothing else."""

import base64

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from ordered import case, spec_of
from sklearn import metrics as sk
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import PPM, SCORE_LIMIT, DatasetCounts, Reference
from assay_validation import tasks
from assay_validation.attestation import attest
from assay_validation.metrics import Predictions
from assay_validation.stability import instability

TRUTH = np.array([1.0, 2, 4, 8, 16])
VALUES = Predictions(values=np.array([1.5, 2, 3, 9, 12]))


def graph(nodes, inputs=("truth", "values"), output=(), constants=(), kind=TensorProto.DOUBLE):
    """An ONNX file in base64; *nodes* end in ``out``."""
    fed = [helper.make_tensor_value_info(name, kind, ["rows"]) for name in inputs]
    told = [helper.make_tensor_value_info("out", kind, list(output))]
    made = helper.make_graph(nodes, "g", fed, told, list(constants))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return base64.b64encode(model.SerializeToString()).decode()


def node(kind, inputs, output="out", **attributes):
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def constant(name, value, kind=TensorProto.DOUBLE):
    return helper.make_tensor(name, kind, [], [value])


DIFFERENCE = [node("Sub", "truth values", "d"), node("Abs", "d", "a")]
MEAN = graph([*DIFFERENCE, node("ReduceMean", "a", keepdims=0)])
OF_ROWS = graph([*DIFFERENCE, node("Identity", "a")], output=["rows"])
SINGLE = graph([*DIFFERENCE, node("ReduceMean", "a", keepdims=0)], kind=TensorProto.FLOAT)


def score(written, predictions=VALUES, metric="custom_error", **more):
    spec = spec_of(metric, "regression", options={"graph": written}, **more)
    return tasks.score(spec, TRUTH, predictions)


@pytest.fixture
def _here():
    with jobs_in_this_process():
        yield


@pytest.mark.parametrize("written", [MEAN, OF_ROWS, SINGLE])
@pytest.mark.usefixtures("_here")
def test_a_graph_says_the_score_or_one_of_each_row(written):
    expected = sk.mean_absolute_error(TRUTH, VALUES.values)
    assert score(written) == pytest.approx(-expected * PPM, abs=2)
    assert score(written, Predictions(values=TRUTH)) == 0


def test_it_runs_in_a_jail():
    expected = sk.mean_absolute_error(TRUTH, VALUES.values)
    assert score(MEAN) == pytest.approx(-expected * PPM, abs=2)


@pytest.mark.usefixtures("_here")
def test_scores_stay_within_their_bounds():
    two, less = ([constant("c", number)] for number in (2.0, -2.0))
    forward = [node("Identity", "c")]
    assert score(graph(forward, (), constants=two), metric="custom_score") == PPM
    assert score(graph(forward, (), constants=less), metric="custom_score") == -2 * PPM
    assert score(graph(forward, (), constants=less)) == 0


FAILS = {
    "no number": graph([node("Div", "zero zero")], (), constants=[constant("zero", 0.0)]),
    "too many numbers": graph([node("Concat", "truth values", axis=0)], output=["twice"]),
    "an input that nobody feeds": graph([node("ReduceMean", "weights", keepdims=0)], ("weights",)),
    "an operator without its like": graph([node("ReduceMean", "values", keepdims=0)], ("values",))[:-8],
    "chance": graph([node("RandomUniform", "", shape=[1])], (), output=[1]),
    "no file at all": "AAAA",
}


@pytest.mark.parametrize("what", FAILS)
@pytest.mark.usefixtures("_here")
def test_what_fails_counts_as_the_worst(what):
    for metric in ("custom_score", "custom_error"):
        assert score(FAILS[what], metric=metric) == -SCORE_LIMIT


@pytest.mark.usefixtures("_here")
def test_a_graph_that_fails_is_found_before_the_order_is_opened(tmp_path):
    np.savez(tmp_path / "data.npz", x=TRUTH, y=TRUTH)
    reference = Reference(name="mean", kind="mean", low=-6_000_000, high=0)
    for written, reasons in ((MEAN, []), (FAILS["no file at all"], ["reference_outside"])):
        spec = spec_of("custom_error", "regression", options={"graph": written})
        report = attest(tmp_path / "data.npz", spec, DatasetCounts(rows=len(TRUTH)), reference)
        assert [one.code for one in report.reasons] == reasons


@pytest.mark.usefixtures("_here")
def test_rows_answered_otherwise_are_seen_whatever_the_metric_says():
    blind = graph([node("Identity", "c")], (), constants=[constant("c", 0.5)])
    spec = spec_of("custom_score", "regression", options={"graph": blind})
    other = Predictions(values=VALUES.values + 5)
    assert "answered otherwise" in instability(spec, TRUTH, VALUES, other)


@pytest.mark.parametrize("task", ["classification", "multilabel", "segmentation", "ranking"])
@pytest.mark.usefixtures("_here")
def test_every_task_can_have_one(task):
    truth, outputs = case(task, 0)
    name = next(iter(outputs))
    ends = {"classification": ("rows", 3), "multilabel": ("rows", 3), "segmentation": ("rows", 5, 6)}
    fed = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ends.get(task, ("rows",)))]
    told = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [])]
    made = helper.make_graph([node("ReduceMean", name, keepdims=0)], "g", fed, told)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    written = base64.b64encode(model.SerializeToString()).decode()
    spec = spec_of("custom_score", task, output={name: name}, options={"graph": written})
    found = tasks.read(spec, outputs, truth)
    expected = min(1.0, getattr(found, name).mean())
    assert tasks.score(spec, truth, found) == pytest.approx(expected * PPM, abs=3)
