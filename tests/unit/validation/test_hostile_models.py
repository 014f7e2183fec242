"""Models that attack by functions, bodies and operators of the runtime's own: each costs its own evaluation,
says why, and touches nothing else. Every other kind is in `tests/hostile`.
"""

import itertools
import os
import re

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping, ReportStatus
from assay_validation.evaluation import evaluate

ROWS = 40


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    lines = [f"{i / ROWS},{i % 2}" for i in range(ROWS)]
    path.write_text("\n".join(["x,y", *lines]) + "\n")
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


def model_of(nodes, *, initializers=(), shape=("n", 1), outputs=None, functions=(), domains=("",)):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])],
        outputs or [helper.make_tensor_value_info("p", TensorProto.FLOAT, list(shape))],
        initializer=list(initializers),
    )
    opsets = [helper.make_opsetid(domain, 17 if domain == "" else 1) for domain in domains]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=8)


def constant(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def loop():
    step = helper.make_graph(
        [helper.make_node("Identity", ["more"], ["again"]), helper.make_node("Identity", ["v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("more", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("again", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    node = helper.make_node("Loop", ["times", "yes", "x"], ["p"], body=step)
    return model_of([node], initializers=[constant("times", np.int64(2**62)), constant("yes", True)])


def nested_functions():
    """Each function calls the one before ten times: 10^8 operators in under two kilobytes."""
    functions, opsets = [], [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    for depth in range(8):
        inner, domain = ("Relu", "") if depth == 0 else (f"F{depth - 1}", "evil")
        nodes = [helper.make_node(inner, [f"v{i}"], [f"v{i + 1}"], domain=domain) for i in range(10)]
        functions.append(helper.make_function("evil", f"F{depth}", ["v0"], ["v10"], nodes, opsets))
    call = helper.make_node("F7", ["x"], ["p"], domain="evil")
    return model_of([call], functions=functions, domains=("", "evil"))


def external(location):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return model_of([helper.make_node("MatMul", ["x", "w"], ["p"])], initializers=[tensor])


def nested_bodies():
    """If in If, nine deep."""
    inner = [helper.make_node("Identity", ["x"], ["r0"])]
    for depth in range(1, 11):
        result = helper.make_tensor_value_info(f"r{depth - 1}", TensorProto.FLOAT, None)
        branch = helper.make_graph(inner, "b", [], [result])
        inner = [helper.make_node("If", ["yes"], [f"r{depth}"], then_branch=branch, else_branch=branch)]
    return model_of(
        [*inner, helper.make_node("Identity", ["r10"], ["p"])], initializers=[constant("yes", True)]
    )


def in_a_body(*nodes):
    """*nodes* make r, in both branches of an If."""
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, None)
    branch = helper.make_graph(list(nodes), "b", [], [result])
    node = helper.make_node("If", ["yes"], ["p"], then_branch=branch, else_branch=branch)
    return model_of([node], initializers=[constant("yes", True)])


def calling_itself():
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    again = helper.make_node("F", ["v"], ["w"], domain="evil")
    function = helper.make_function("evil", "F", ["v"], ["w"], [again], opsets)
    call = helper.make_node("F", ["x"], ["p"], domain="evil")
    return model_of([call], functions=[function], domains=("", "evil"))


def heavy_functions():
    """A function with a constant of a megabyte, called a hundred times."""
    opsets = [helper.make_opsetid("", 17)]
    tensor = numpy_helper.from_array(np.zeros(1 << 18, np.float32))
    nodes = [helper.make_node("Constant", [], ["c"], value=tensor), helper.make_node("Relu", ["v"], ["w"])]
    function = helper.make_function("evil", "F", ["v"], ["w"], nodes, opsets)
    names = ["x", *(f"v{i}" for i in range(99)), "p"]
    calls = [helper.make_node("F", [a], [b], domain="evil") for a, b in itertools.pairwise(names)]
    return model_of(calls, functions=[function], domains=("", "evil"))


def outside_in_a_body():
    model = in_a_body(helper.make_node("MatMul", ["x", "w"], ["r"]))
    tensor = external("/etc/passwd").graph.initializer[0]
    for attribute in model.graph.node[0].attribute:
        attribute.g.initializer.append(tensor)
    return model


def microsoft(kind):
    nodes = [helper.make_node(kind, ["x"], ["p"], domain="com.microsoft")]
    return model_of(nodes, domains=("", "com.microsoft"))


GATED = {
    "functions the graph has more than 20000": nested_functions,
    "calls itself": calling_itself,
    "functions the model is larger": heavy_functions,
    "tensors outside": outside_in_a_body,
    "nested deeper": nested_bodies,
    "RandomUniformLike": lambda: in_a_body(helper.make_node("RandomUniformLike", ["x"], ["r"])),
    "domain 'ai.onnx.preview'": lambda: model_of(
        [helper.make_node("Gelu", ["x"], ["p"], domain="ai.onnx.preview")], domains=("", "ai.onnx.preview")
    ),
    "operator Sampling": lambda: microsoft("Sampling"),
    "operator SampleOp": lambda: microsoft("SampleOp"),
}


@pytest.mark.parametrize("reason", GATED)
def test_the_gate_refuses(reason, data, spec, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(GATED[reason]().SerializeToString())
    report = evaluate(path, data, spec)
    assert report.status is ReportStatus.REJECTED
    assert reason in report.log
    assert (report.score, report.criteria, report.rows) == (0, 0, 0)


def test_external_data_by_hard_link_is_refused(data, spec, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(np.float32(1).tobytes())
    os.link(secret, tmp_path / "weights.bin")
    path = tmp_path / "model.onnx"
    path.write_bytes(external("weights.bin").SerializeToString())
    assert evaluate(path, data, spec).status is ReportStatus.REJECTED


def doubling_text():
    """A text that is appended to itself forty times."""
    nodes = [helper.make_node("Cast", ["x"], ["t0"], to=TensorProto.STRING)]
    nodes += [helper.make_node("StringConcat", [f"t{i}", f"t{i}"], [f"t{i + 1}"]) for i in range(40)]
    nodes.append(helper.make_node("Identity", ["t40"], ["p"]))
    model = model_of(nodes, outputs=[helper.make_tensor_value_info("p", TensorProto.STRING, ["n", 1])])
    model.opset_import[0].version = 20
    return model


BEYOND_THE_GATE = {
    "Loop": (loop, "processor time"),
    "doubling text": (doubling_text, "does not run|memory|processor time"),
}


@pytest.mark.parametrize("attack", BEYOND_THE_GATE)
def test_limits_and_checks_stop_what_passes_the_gate(attack, data, spec, small_limits, tmp_path):
    build, reason = BEYOND_THE_GATE[attack]
    path = tmp_path / "model.onnx"
    path.write_bytes(build().SerializeToString())
    report = evaluate(path, data, spec, small_limits)
    assert report.status is ReportStatus.REJECTED
    assert re.search(reason, report.log), report.log
    assert report.score == 0


def scaled(value):
    nodes = [helper.make_node("Mul", ["x", "by"], ["y"]), helper.make_node("Add", ["y", "by"], ["p"])]
    return model_of(nodes, initializers=[constant("by", np.float32([value]))])


def test_only_the_mapped_output_is_scored(data, spec, small_limits, tmp_path):
    """A perfect answer under another name is worth nothing, nor does it hurt."""
    model = scaled(0.25)
    model.graph.node.append(helper.make_node("Identity", ["x"], ["perfect"]))
    alone, both = tmp_path / "alone.onnx", tmp_path / "both.onnx"
    alone.write_bytes(model.SerializeToString())
    model.graph.output.append(helper.make_tensor_value_info("perfect", TensorProto.FLOAT, ["n", 1]))
    both.write_bytes(model.SerializeToString())
    first, second = (evaluate(path, data, spec, small_limits) for path in (alone, both))
    assert first.status is ReportStatus.ANSWERED
    assert (first.score, first.criteria) == (second.score, second.criteria)


def step(nodes, *tensors):
    """A model that says whether *z*, made by *nodes*, is at least 1."""
    nodes = [
        *nodes,
        helper.make_node("GreaterOrEqual", ["z", "one"], ["b"]),
        helper.make_node("Cast", ["b"], ["p"], to=TensorProto.FLOAT),
    ]
    return model_of(nodes, initializers=[constant("one", np.float32([1])), *tensors])


@pytest.fixture
def halves(tmp_path):
    """Everybody has the same value, on which the steps below are."""
    path = tmp_path / "halves.csv"
    path.write_text("x,y\n" + "\n".join(f"0.5,{1 if i < 38 else 0}" for i in range(ROWS)) + "\n")
    return path


def test_a_step_at_the_data_points_is_no_fault(halves, spec, small_limits, tmp_path):
    """Trees put their splits on the values of their data, and comparing is the same everywhere."""
    model = tmp_path / "model.onnx"
    doubled = helper.make_node("Add", ["x", "x"], ["z"])
    model.write_bytes(step([doubled]).SerializeToString())
    report = evaluate(model, halves, spec, small_limits)
    assert report.status is ReportStatus.ANSWERED
    assert report.score == 950_000


def test_a_step_at_a_computed_value_is_where_the_runtime_sees_it(halves, spec, small_limits, tmp_path):
    """0.7·x + 0.7·x + 0.6·x ≥ 1: rounding decides, on every machine alike."""
    model = tmp_path / "model.onnx"
    nodes = [
        helper.make_node("Concat", ["x"] * 3, ["w"], axis=1),
        helper.make_node("MatMul", ["w", "v"], ["z"]),
    ]
    model.write_bytes(step(nodes, constant("v", np.float32([[0.7], [0.7], [0.6]]))).SerializeToString())
    report = evaluate(model, halves, spec, small_limits)
    assert report.status is ReportStatus.ANSWERED


def test_a_decision_by_the_last_digits_of_a_measurement_is_unstable(spec, small_limits, tmp_path):
    """Whether the seventh digit is odd."""
    random = np.random.default_rng(3)
    data, model = tmp_path / "data.csv", tmp_path / "model.onnx"
    data.write_text("x,y\n" + "".join(f"{x!r},{i % 2}\n" for i, x in enumerate(random.random(ROWS).tolist())))
    nodes = [
        helper.make_node("Mul", ["x", "many"], ["m"]),
        helper.make_node("Floor", ["m"], ["f"]),
        helper.make_node("Mod", ["f", "two"], ["z"], fmod=1),
    ]
    constants = [constant("many", np.float32([1e6])), constant("two", np.float32([2]))]
    model.write_bytes(step(nodes, *constants).SerializeToString())
    report = evaluate(model, data, spec, small_limits)
    assert report.status is ReportStatus.UNSTABLE
    assert report.score == 0
    assert "move by a millionth" in report.log
