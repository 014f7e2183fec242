"""Bodies of If, Loop, Scan and SequenceMap, and a model's own functions: rewritten like everything else."""

import os

import numpy as np
import onnx
import pytest
from graphs import body, model, node, score, spec
from onnx import TensorProto, helper
from sklearn.datasets import load_iris

from assay.manifests.evaluation import ReportStatus
from assay_validation.batches import ERRORS
from assay_validation.jobs import RefusalError
from assay_validation.jobs.functions import inline
from assay_validation.jobs.integers import make_unsigned
from assay_validation.jobs.predict import load
from assay_validation.jobs.rounding import take_errors
from assay_validation.jobs.subgraphs import nodes, sort

FLOAT, BOOL, INT64 = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
WEIGHTS = np.random.default_rng(3).normal(size=(4, 4)).astype(np.float32)
STEP = [node("MatMul", "v W", "m"), node("Tanh", "m", "w")]
"""What the bodies below do with v."""


def loop(steps=STEP, told=FLOAT):
    inputs, outputs = [("i", INT64, []), ("more", BOOL, []), ("v", told, None)], [("again", BOOL, [])]
    inner = body([node("Identity", "more", "again"), *steps], inputs, [*outputs, ("w", FLOAT, None)])
    return [node("Loop", "times yes x", "p", body=inner)]


def branches(steps=STEP):
    """The branches name what they make alike."""
    first = [node("Identity", "x", "v"), *steps, node("Identity", "w", "r")]
    then, other = body(first, [], [("r", FLOAT, None)]), body(first[::-1], [], [("r", FLOAT, None)])
    return [node("If", "yes", "p", then_branch=then, else_branch=other)]


def scan(steps=STEP):
    inner = body([*steps, node("Identity", "w", "out")], [("v", FLOAT, [1, 4])], [("out", FLOAT, [1, 4])])
    nodes = [node("Unsqueeze", "x one", "rows"), node("Scan", "rows", "all", body=inner, num_scan_inputs=1)]
    return [*nodes, node("Squeeze", "all one", "p")]


def sequence(steps=STEP):
    inner = body(steps, [("v", FLOAT, None)], [("w", FLOAT, None)])
    nodes = [node("SplitToSequence", "x", "s", axis=1, keepdims=1)]
    return [*nodes, node("SequenceMap", "s", "t", body=inner), node("ConcatFromSequence", "t", "p", axis=1)]


def deep(steps=STEP):
    """An If in a Loop."""
    then = body([*steps, node("Identity", "w", "r")], [], [("r", FLOAT, None)])
    whole = loop([node("If", "yes", "last", then_branch=then, else_branch=then)])
    whole[0].attribute[0].g.output[1].name = "last"
    return whole


KINDS = {"Loop": loop, "If": branches, "Scan": scan, "an If in a Loop": deep}


def built(kind, **more):
    constants = {"times": np.int64(3), "yes": np.array(True), "W": WEIGHTS, "one": np.array([1])}
    return model(KINDS[kind](**more), constants, outputs=[("p", FLOAT, None)])


def session(written, feed, folder):
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["p"])


def run(written, feed, folder):
    return session(written, feed, folder).run(["p"], feed)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_take_errors(kind, tmp_path):
    random = np.random.default_rng(1)
    rows = random.normal(size=(5, 4)).astype(np.float32)
    written = built(kind)
    sort(written.graph)
    bare = run(written, {"x": rows}, tmp_path)
    errors = take_errors(written)
    assert np.array_equal(run(written, {"x": rows, errors: np.zeros(ERRORS)}, tmp_path), bare)
    drawn = [run(written, {"x": rows, errors: random.uniform(-1, 1, ERRORS)}, tmp_path) for _ in range(2)]
    assert not np.array_equal(*drawn)
    for one in drawn:
        assert np.allclose(one, bare, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("declared", [None, INT64, TensorProto.STRING, 0])
def test_a_body_cannot_hide_what_it_takes(declared, tmp_path):
    """It says nothing of its input's type, or something else: still there are errors, or it is refused."""
    written = built("Loop", told=declared or FLOAT)
    (outer,) = (one for one in written.graph.node if one.op_type == "Loop")
    (value,) = (one for one in outer.attribute[0].g.input if one.name == "v")
    if not declared:
        value.ClearField("type")
    if declared == 0:
        value.type.tensor_type.SetInParent()
    rows = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    try:
        errors = take_errors(written)
        feed = {"x": rows, errors: np.random.default_rng(2).uniform(-1, 1, ERRORS)}
        found = run(written, feed, tmp_path)
    except RefusalError:
        return
    assert not np.array_equal(found, run(built("Loop"), {"x": rows}, tmp_path))


@pytest.mark.parametrize("kind", ["Loop", "If", "Scan"])
def test_products_of_integers_are_exact_in_bodies(kind, tmp_path):
    """255·127 + 255·127 does not overflow."""
    steps = [
        node("Cast", "v", "u", to=TensorProto.UINT8),
        node("MatMulInteger", "u B", "m"),
        node("Cast", "m", "w", to=FLOAT),
    ]
    constants = {"times": np.int64(1), "yes": np.array(True), "one": np.array([1])}
    constants["B"] = np.full((4, 4), 127, np.int8)
    written = model(KINDS[kind](steps), constants, outputs=[("p", FLOAT, None)])
    sort(written.graph)
    make_unsigned(written)
    found = run(written, {"x": np.full((2, 4), 255, np.float32)}, tmp_path)
    assert (found == 4 * 255 * 127).all()
    kinds = [one.op_type for one in nodes(written.graph)]
    assert kinds.count("MatMulInteger") == kinds.count("Cast") // 2


def network(steps, **more):
    """A trained network of flowers, with *steps* from x to v in front."""
    from sklearn.neural_network import MLPClassifier

    loaded = load_iris()
    fitted = MLPClassifier((8,), solver="lbfgs", max_iter=400, random_state=0).fit(loaded.data, loaded.target)
    constants = {"W": fitted.coefs_[0], "b": fitted.intercepts_[0], "V": fitted.coefs_[1]}
    constants["c"] = fitted.intercepts_[1]
    constants = {name: value.astype(np.float32) for name, value in constants.items()}
    layers = [node("Gemm", "v W b", "h"), node("Relu", "h", "r"), node("Gemm", "r V c", "z")]
    return model([*steps, *layers, node("Softmax", "z", "p")], constants | more.pop("constants", {}), **more)


def flowers():
    loaded = load_iris(as_frame=True)
    return loaded.data.set_axis(list("abcd"), axis=1).assign(y=loaded.target)


def called(nodes_of_function, name="F", domain="own", opset=17):
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(domain, 1)]
    return helper.make_function(domain, name, ["v"], ["w"], nodes_of_function, opsets)


def test_honest_control_flow_and_functions_are_scored(tmp_path):
    identity = [node("Identity", "v", "w")]
    constants = {"times": np.int64(3), "yes": np.array(True), "one": np.array([1])}
    fronts = [*(KINDS[kind](identity) for kind in ("Loop", "If", "Scan")), sequence(identity)]
    found = []
    for front in fronts:
        front[-1].output[0] = "v"
        written = network(front, constants=constants)
        found.append(score(written, flowers(), spec("abcd", "012", {"probabilities": "p"}), tmp_path))
    functions = [called(identity), called([node("F", "v", "w", "own")], "G")]
    written = network([node("G", "x", "v", "own")], functions=functions, domains=("own", "never.used"))
    found.append(score(written, flowers(), spec("abcd", "012", {"probabilities": "p"}), tmp_path))
    for report in found:
        assert report.status is ReportStatus.ANSWERED, report.log
        assert report.score > 900_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_decision_by_last_bits_in_a_body_is_unstable(kind, tmp_path):
    """A body blows the last bit of a product up, until it says which answer is given."""
    chaos = [
        node("MatMul", "v W", "m"),
        node("ReduceSum", "m", "s", keepdims=1),
        node("Abs", "s", "a"),
        node("Floor", "a", "f"),
        node("Sub", "a f", "l0"),
    ]
    for i in range(60):
        chaos += [node("Sub", f"unit l{i}", f"c{i}"), node("Mul", f"c{i} l{i}", f"e{i}")]
        chaos += [node("Mul", f"e{i} four", f"l{i + 1}")]
    chaos += [node("Mul", "v nothing", "n"), node("Add", "n l60", "w")]
    constants = {"times": np.int64(1), "yes": np.array(True), "one": np.array([1]), "nothing": np.float32(0)}
    constants |= {"unit": np.float32(1), "four": np.float32(3.99), "half": np.float32(0.5)}
    constants["W"] = np.random.default_rng(1).normal(size=(4, 4)).astype(np.float32)
    front = KINDS[kind](chaos)
    front[-1].output[0] = "bits"
    last = [node("Greater", "bits half", "g"), node("Cast", "g", "d", to=FLOAT)]
    last += [node("ReduceMax", "d", "p", axes=[1], keepdims=1)]
    written = model([*front, *last], constants, outputs=[("p", FLOAT, ["n", 1])])
    frame = flowers().assign(y=(flowers().y > 0).astype(int))
    report = score(written, frame, spec("abcd", "01", {"probabilities": "p"}), tmp_path)
    assert report.status is ReportStatus.UNSTABLE, report.log


def test_functions_are_counted_before_they_are_put_in_place():
    doubled = [called([node("Relu", "v", "w")], "F0")]
    for i in range(1, 40):
        inner = [node(f"F{i - 1}", "v", "m", "own"), node(f"F{i - 1}", "m", "w", "own")]
        doubled.append(called(inner, f"F{i}"))
    written = model([node("F39", "x", "p", "own")], functions=doubled, domains=("own",))
    with pytest.raises(RefusalError, match="more than 1000 operators") as refused:
        inline(written, 1000, 1 << 20)
    assert refused.value.faults[0]["found"] == 2**39


def test_functions_of_another_version_of_the_same_operators_are_put_in_place():
    """As scikit-learn's converter writes them, for missing values."""
    steps = [node("Cast", "v", "truth", to=BOOL), node("Not", "truth", "no"), node("Where", "no v v", "w")]
    written = model([node("F", "x", "p", "own")], functions=[called(steps, opset=18)], domains=("own",))
    assert {one.domain for one in inline(written, 1000, 1 << 20).graph.node} == {""}
    split = [node("Split", "v", "w other", num_outputs=2)]
    other = model([node("F", "x", "p", "own")], functions=[called(split, opset=18)], domains=("own",))
    with pytest.raises(RefusalError, match="'F' has operators of another version") as refused:
        inline(other, 1000, 1 << 20)
    assert refused.value.faults == ({"code": "own_functions"},)


def test_a_function_may_not_take_an_operators_place(tmp_path):
    """Whoever calls it, what counts is what it does."""
    opsets = [helper.make_opsetid("", 17)]
    drawn = helper.make_function("", "Relu", ["v"], ["w"], [node("RandomNormalLike", "v", "w")], opsets)
    written = network([node("Relu", "x", "v")], functions=[drawn])
    report = score(written, flowers(), spec("abcd", "012", {"probabilities": "p"}), tmp_path)
    assert report.status is ReportStatus.REJECTED
    assert isinstance(written, onnx.ModelProto)
