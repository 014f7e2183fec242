"""Bodies of If, Loop, Scan and SequenceMap, and a model's own functions."""

import os

import numpy as np
import onnx
import pytest
from graphs import body, model, node, score, spec
from onnx import TensorProto, helper
from sklearn.datasets import load_iris

from assay.manifests.evaluation import ReportStatus
from assay_validation.jobs import RefusalError
from assay_validation.jobs.functions import inline
from assay_validation.jobs.predict import load

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
