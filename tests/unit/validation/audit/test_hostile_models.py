"""Models that attack the audit: each ends in a finding, none in a hang or a traceback."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay_validation.audit.conduct import conduct
from assay_validation.audit.order import Order
from assay_validation.errors import JobError, SandboxUnavailable
from assay_validation.limits import Limits
from assay_validation.sandbox.session import SessionLimits

ROWS = 60
LIMITS = SessionLimits(
    Limits(cpu_seconds=4, wall_seconds=40, memory_bytes=3 << 30, file_bytes=1 << 20), answer_seconds=10
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    path.write_text("x,y\n" + "".join(f"{i / ROWS},{int(i >= ROWS / 2)}\n" for i in range(ROWS)))
    return path


@pytest.fixture(scope="module")
def spec():
    return EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="csv", inputs=(InputMapping(name="x", columns=("x",)),), label="y", classes=("0", "1")
        ),
        output=OutputMapping(probabilities="p"),
    )


@pytest.fixture
def audit(data, spec, tmp_path):
    def run(nodes, constants=(), shape=("n", 1), **changes):
        output = helper.make_tensor_value_info("p", TensorProto.FLOAT, list(shape))
        graph = helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])],
            [output],
            initializer=[numpy_helper.from_array(np.asarray(v), name) for name, v in constants],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return conduct(Order(path, data, spec, quick=True, limits=LIMITS, **changes))

    return run


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs, outputs, **attributes)


def spin():
    """Two hundred products of 4096 x 4096 matrices: minutes, if they were allowed."""
    nodes = [node("Expand", ["one", "shape"], ["m0"])]
    nodes += [node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(200)]
    nodes += [node("ReduceMean", ["m200"], ["mean"], keepdims=0), node("Add", ["x", "mean"], ["p"])]
    return nodes, [("one", np.zeros((1, 1), np.float32)), ("shape", np.int64([4096, 4096]))]


ATTACKS = {
    "NaN": ([node("Mul", ["x", "by"], ["p"])], [("by", np.float32([np.nan]))]),
    "between 0 and 1": ([node("Add", ["x", "by"], ["p"])], [("by", np.float32([5]))]),
    "wrong shape": ([node("ReduceMean", ["x"], ["p"], axes=[0], keepdims=1)], []),
    "processor time|did not answer": spin(),
    "gate refuses": ([node("RandomNormalLike", ["x"], ["p"])], []),
}


@pytest.mark.parametrize("reason", ATTACKS)
def test_it_ends_in_a_critical_finding(reason, audit):
    import re

    nodes, constants = ATTACKS[reason]
    outcome = audit(nodes, constants)
    (finding,) = outcome.findings
    assert finding.severity == "critical"
    assert re.search(reason, finding.summary), finding.summary
    assert not outcome.approved
    assert outcome.scopes == ("security",)
    assert any("Nothing else was examined" in text for text in outcome.limitations)


def test_what_breaks_later_is_a_finding_of_that_part(audit):
    """Right on the data, and no probability as soon as an input leaves its range."""
    nodes = [node("Mul", ["x", "x"], ["p"])]
    outcome = audit(nodes, scopes=("performance", "robustness", "security"))
    assert outcome.scopes == ("performance", "robustness", "security")
    assert any("fails on valid input" in f.summary and f.scope == "robustness" for f in outcome.findings)
    assert any("Far outside the data" in f.summary for f in outcome.findings)


def test_a_model_that_looks_at_its_neighbours(audit):
    """Its answer is a row's place between the least and the greatest of the batch."""
    nodes = [
        node("ReduceMin", ["x"], ["low"], axes=[0], keepdims=1),
        node("ReduceMax", ["x"], ["high"], axes=[0], keepdims=1),
        node("Sub", ["x", "low"], ["above"]),
        node("Sub", ["high", "low"], ["range"]),
        node("Add", ["range", "little"], ["wide"]),
        node("Div", ["above", "wide"], ["p"]),
    ]
    outcome = audit(nodes, [("little", np.float32([1e-3]))], scopes=("security",))
    assert any("depend on the other rows" in f.summary for f in outcome.findings if f.severity == "critical")


def test_a_model_that_ignores_its_input(audit):
    nodes = [node("Mul", ["x", "nought"], ["y"]), node("Add", ["y", "most"], ["p"])]
    constants = [("nought", np.float32([0])), ("most", np.float32([0.9]))]
    outcome = audit(nodes, constants, scopes=("performance", "explainability"))
    said = [f.summary for f in outcome.findings if f.severity in ("major", "critical")]
    assert any("ignores what it is given" in text for text in said)
    assert any("no better than guessing" in text for text in said)


def test_bad_data_is_an_error_and_not_the_models_fault(audit, tmp_path, spec):
    (tmp_path / "bad.csv").write_text("x,y\nfoo,1\n")
    model = tmp_path / "model.onnx"
    audit([node("Identity", ["x"], ["p"])], scopes=("security",))
    with pytest.raises(JobError, match="not numeric"):
        conduct(Order(model, tmp_path / "bad.csv", spec, quick=True))


def test_without_a_jail_nothing_is_run(monkeypatch, audit):
    def none():
        raise SandboxUnavailable("none here")

    monkeypatch.setattr("assay_validation.audit.conduct.jail", none)
    with pytest.raises(SandboxUnavailable):
        audit([node("Identity", ["x"], ["p"])])
