"""What loops, branches and ONNX Runtime's own operators cost, where it follows from the shape of a row."""

import numpy as np
import pytest
from graphs import body, constant, model, node
from onnx import TensorProto, helper
from test_contributed import CASES, INTO_THREE, built, run

from assay.manifests.evaluation.target import TARGETS
from assay_validation.contributed import ALLOWED, DOMAIN
from assay_validation.jobs import costs as counting
from assay_validation.jobs.costs import costs
from assay_validation.jobs.folding import MOST_ROUNDS
from assay_validation.jobs.stand_ins import COUNTED

FLOAT, BOOL, INT64 = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
WEIGHTS = np.zeros((4, 4), np.float32)
ROUND = 16 + 4 + 1
"""Operations of the body below: a product, a function, and the condition."""
STEP = [node("MatMul", "v W", "m"), node("Tanh", "m", "w")]


def loop(condition, *, times="times", more="yes", given=(), hands_on="w", steps=STEP, constants=None):
    states = ["x", *given]
    inputs = [
        ("i", INT64, []),
        ("go", BOOL, []),
        ("v", FLOAT, None),
        *((f"{s}_in", INT64, []) for s in given),
    ]
    outputs = [("again", BOOL, []), (hands_on, FLOAT, None), *((f"{s}_out", INT64, []) for s in given)]
    inner = body([*condition, *steps], inputs, outputs)
    made = helper.make_node("Loop", [times, more, *states], ["p", *(f"{s}_last" for s in given)], body=inner)
    fixed = {
        "shape": np.int64([1, 4]),
        "times": np.int64(5),
        "yes": np.array(True),
        "W": WEIGHTS,
        **(constants or {}),
    }
    return model([made], {**fixed, **(constants or {})}, outputs=[("p", FLOAT, None)])


ON = [node("Identity", "go", "again")]
COUNTS = [node("Add", "i one", "next"), node("Less", "next most", "again")]
STATE = [node("Add", "n_in one", "n_out"), node("Less", "n_out most", "again")]
NUMBERS = {"one": np.int64(1), "most": np.int64(7), "n": np.int64(2), "endless": np.int64(2**63 - 1)}
LOOPS = {
    "a constant": (loop(ON), 5 * ROUND),
    "none at all": (loop(ON, constants={"times": np.int64(0)}), 0),
    "a condition that counts rounds": (
        loop(COUNTS, times="endless", constants=NUMBERS),
        7 * (ROUND + 1),
    ),
    "a condition over what is handed on, and no trip count": (
        loop(STATE, times="", given=["n"], constants=NUMBERS),
        5 * (ROUND + 1),
    ),
    "a trip count that comes before the condition": (loop(COUNTS, constants=NUMBERS), 5 * (ROUND + 1)),
    "a condition of data, and a trip count": (
        loop(
            [node("ReduceSum", "v", "sum", keepdims=0), node("Less", "sum zero", "again")],
            constants={"zero": np.float32(0)},
        ),
        5 * (ROUND + 1),
    ),
    "one column after the other": (
        loop(
            ON,
            constants={"one": np.int64([1]), "at": np.int64([0]), "times": np.int64(4)},
            steps=[
                *(node("Unsqueeze", "i at", "from"), node("Add", "from one", "to")),
                *(node("Slice", "v from to one", "column"), node("Expand", "column shape", "w")),
            ],
        ),
        4 * (1 + 1 + 1 + 4 + 1),
    ),
    "what grows": (
        loop(ON, hands_on="w", steps=[node("Concat", "v v", "w", axis=1)], constants={"times": np.int64(3)}),
        8 + 16 + 32 + 3,
    ),
}


@pytest.mark.parametrize("what", LOOPS)
def test_a_loop_counts_as_often_as_it_runs(what, tmp_path):
    written, operations = LOOPS[what]
    assert run(written, {"x": np.ones((1, 4), np.float32)}, tmp_path).ndim == 2
    assert costs(written, {"x": [4]}).get("operations") == operations


UNTOLD = {
    "only data ends it": loop(
        [node("ReduceSum", "v", "sum", keepdims=0), node("Less", "sum zero", "again")],
        times="", constants={"zero": np.float32(0)},
    ),
    "it never ends": loop(ON, times="endless", constants=NUMBERS),
    "it ends after too many rounds to follow": loop(
        COUNTS, times="", constants={**NUMBERS, "most": np.int64(MOST_ROUNDS + 1)}
    ),
    "what a round hands on depends on the data": loop(
        ON, steps=[node("NonZero", "v", "z"), node("Cast", "z", "w", to=FLOAT)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNTOLD)
def test_what_the_data_decides_is_said(what):
    assert costs(UNTOLD[what], {"x": [4]}).keys() == {"untold"}


def test_a_trip_count_follows_from_the_shape_of_a_row():
    """As PyTorch writes ``for step in range(x.shape[1])``."""
    written = loop(ON, times="steps", constants={"place": np.int64(1)})
    written.graph.node.insert(0, node("Gather", "shape place", "steps"))
    written.graph.node.insert(0, node("Shape", "x", "shape"))
    assert costs(written, {"x": [4]})["operations"] == 4 * ROUND + 2 + 1


def test_lengths_follow_from_parts_of_a_shape():
    """As PyTorch's newer exporter writes a batch's size, and its older one a batch of constants."""
    part = [
        helper.make_node("Shape", ["x"], ["rows"], start=0, end=1),
        node("Concat", "rows two", "all", axis=0),
    ]
    steps = [node("Shape", "all", "axes"), node("ConstantOfShape", "axes", "ones", value=constant("", [1]))]
    steps += [node("Mul", "ones all", "size"), node("Expand", "one size", "e"), node("MatMul", "e W", "p")]
    constants = {"two": np.int64([3, 2]), "one": np.float32([[[1, 1]]]), "W": np.zeros((2, 5), np.float32)}
    written = model([*part, *steps], constants, outputs=[("p", FLOAT, None)])
    assert costs(written, {"x": [4]})["operations"] >= 3 * 2 * 5
    huge = [node("ConstantOfShape", "much", "ones"), node("Expand", "one ones", "p")]
    written = model(huge, {"much": np.int64([10**12]), "one": np.float32([1])}, outputs=[("p", FLOAT, None)])
    assert costs(written, {"x": [4]}).keys() == {"untold"}


def test_scans_stack_what_their_bodies_make():
    inner = body(
        [node("Add", "s v", "t"), node("Identity", "t", "o")],
        [("s", FLOAT, [3]), ("v", FLOAT, [3])],
        [("t", FLOAT, [3]), ("o", FLOAT, [3])],
    )
    nodes = [
        node("Scan", "zero x", "last all", body=inner, num_scan_inputs=1, scan_input_axes=[1]),
        node("MatMul", "all W", "p"),
    ]
    constants = {"zero": np.zeros((1, 3), np.float32), "W": np.zeros((3, 2), np.float32)}
    written = model(nodes, constants, inputs=[("x", FLOAT, ["n", 6, 3])], outputs=[("p", FLOAT, None)])
    assert costs(written, {"x": [6, 3]})["operations"] == 6 * (3 + 3) + 6 * 3 * 2


def test_the_costlier_branch_counts_unless_the_shapes_decide():
    small = body([node("Relu", "x", "r")], [], [("r", FLOAT, None)])
    large = body([node("MatMul", "x W", "r")], [], [("r", FLOAT, None)])
    choose = [node("If", "which", "p", then_branch=small, else_branch=large)]
    by_data = [node("ReduceMax", "x", "high", keepdims=0), node("Cast", "high", "which", to=BOOL)]
    by_shape = [
        *(node("Shape", "x", "shape"), node("Gather", "shape one", "width")),
        node("Equal", "width four", "which"),
    ]
    constants = {"W": WEIGHTS, "one": np.int64(1), "four": np.int64(4)}
    for first, expected in ((by_data, 2 + 16), (by_shape, 4 + 4)):
        written = model([*first, *choose], constants, outputs=[("p", FLOAT, None)])
        assert costs(written, {"x": [4]})["operations"] == expected


def test_what_a_body_takes_waits_outside():
    """The memory of a body comes beside what the graph around it keeps."""
    weights = {"W": np.zeros((4, 50), np.float32), "V": np.zeros((50, 4), np.float32)}
    wide = loop(ON, steps=[node("MatMul", "v W", "m"), node("MatMul", "m V", "w")], constants=weights)
    assert 4 * (4 + 50) <= costs(wide, {"x": [4]})["memory"] <= 4 * (4 + 4 + 4 + 50) + 16


@pytest.mark.parametrize("name", sorted(COUNTED & {*CASES, *INTO_THREE}))
def test_the_runtimes_own_operators_make_what_stands_in_for_them(name, tmp_path, monkeypatch):
    """Shapes that costs are counted on are those that the runtime makes."""
    seen = {}
    monkeypatch.setattr(counting, "_operations", lambda _, shapes, inner: seen.update(shapes) or 1)
    shape = (1, 2, 8) if name in INTO_THREE else (1, 8)
    kind = {FLOAT: np.float32, TensorProto.UINT8: np.uint8, TensorProto.INT8: np.int8}
    rows = np.ones(shape, kind[FLOAT if name in INTO_THREE else CASES[name][2]])
    assert costs(built(name), {"x": shape[1:]}).keys() == {"operations", "memory"}
    assert seen["p"] == run(built(name), {"x": rows}, tmp_path).shape


def own(kind, constants, row, **attributes):
    return model(
        [node(kind, " ".join(["x", *constants]), "p", DOMAIN, **attributes)],
        {name: np.zeros(shape, np.float32) for name, shape in constants.items()},
        inputs=[("x", FLOAT, ["n", *row])],
        outputs=[("p", FLOAT, None)],
        domains=[DOMAIN],
    )


OWN = {
    "FusedConv": (
        own("FusedConv", {"w": [5, 3, 3, 3]}, [3, 8, 8], pads=[1, 1, 1, 1]),
        [3, 8, 8],
        5 * 64 * 27,
    ),
    "FusedMatMul": (own("FusedMatMul", {"w": [7, 6]}, [6], transB=1), [6], 42),
    "Attention": (
        own("Attention", {"w": [8, 24], "b": [24]}, [5, 8], num_heads=2),
        [5, 8],
        (5 * 8 * 24, 2 * 5 * 5 * 8),
    ),
    "MatMulNBits": (
        own("MatMulNBits", {"w": [3, 1, 16], "s": [3]}, [8], K=8, N=3, bits=4, block_size=32),
        [8],
        24,
    ),
    "Gelu": (own("Gelu", {}, [9]), [9], 9),
}


@pytest.mark.parametrize("name", OWN)
def test_products_of_the_runtimes_own_operators_are_counted(name):
    written, row, expected = OWN[name]
    found = costs(written, {"x": row})["operations"]
    if name == "Attention":
        products = sum(expected)
        assert products <= found <= products + 20 * 5 * 24  # and what is moved between them
    else:
        assert found == expected


def test_lists_of_the_runtimes_own_operators_agree():
    """What is counted is allowed, and a phone has all of it."""
    assert ALLOWED.keys() >= COUNTED
    assert {*TARGETS["phone"].operators} >= COUNTED - {"Tokenizer"}  # no runtime of a phone has texts


def test_layers_behind_a_scaler_are_counted():
    """Of a usual pipeline: ONNX infers no shapes of its second domain."""
    scaler = node("Scaler", "x", "s", "ai.onnx.ml", offset=[0.0] * 4, scale=[1.0] * 4)
    written = model([scaler, node("MatMul", "s W", "p")], {"W": WEIGHTS}, outputs=[("p", FLOAT, None)])
    assert costs(written, {"x": [4]})["operations"] == 4 + 16
