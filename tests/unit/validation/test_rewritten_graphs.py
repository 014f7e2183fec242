"""What the gate makes of a graph: exact products of integers, and rounding errors that can be fed to it."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assay_validation.batches import ERRORS
from assay_validation.jobs import RefusalError
from assay_validation.jobs.integers import make_unsigned
from assay_validation.jobs.predict import Errors, load, predict
from assay_validation.jobs.rounding import take_errors

KINDS = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}


def model_of(nodes, constants, inputs, outputs, opset=17):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def run(model, feed, folder, names=("y",)):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    session = load(os.open(path, os.O_RDONLY), list(feed), names)
    return session.run(list(names), feed)


def extremes(kind, shape, random):
    """Numbers at the ends of their type, where sums of sixteen bits overflow."""
    limits = np.iinfo(kind)
    return random.choice([limits.min, limits.max, limits.max - 1], shape).astype(kind)


@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
@pytest.mark.parametrize("fed", [True, False])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_products_of_integers_are_numpys(left, right, fed, seed, tmp_path_factory):
    random = np.random.default_rng(seed)
    a, b = extremes(left, (3, 32), random), extremes(right, (32, 5), random)
    zero_a, zero_b = left(random.integers(0, 9)), right(random.integers(0, 9))
    expected = (a.astype(np.int64) - int(zero_a)) @ (b.astype(np.int64) - int(zero_b))
    constants = {"za": zero_a, "zb": zero_b} | ({} if fed else {"b": b})
    inputs = [("a", KINDS[left], [3, 32])] + ([("b", KINDS[right], [32, 5])] if fed else [])
    node = helper.make_node("MatMulInteger", ["a", "b", "za", "zb"], ["y"])
    model = model_of([node], constants, inputs, [("y", TensorProto.INT32)])
    make_unsigned(model)
    feed = {"a": a} | ({"b": b} if fed else {})
    assert np.array_equal(run(model, feed, tmp_path_factory.mktemp("m"))[0], expected)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_quantised_products_are_numpys(kind, seed, tmp_path_factory):
    """Signed rows with signed weights, or unsigned with signed; the result has the type of the rows."""
    random = np.random.default_rng(seed)
    a, b = extremes(kind, (3, 32), random), extremes(np.int8, (32, 5), random)
    scale, zero = np.float32(2**14), kind(3)
    constants = {"s": np.float32(1), "za": kind(1), "b": b, "zb": np.int8(-2), "r": scale, "zy": zero}
    node = helper.make_node("QLinearMatMul", ["a", "s", "za", "b", "s", "zb", "r", "zy"], ["y"])
    model = model_of([node], constants, [("a", KINDS[kind], [3, 32])], [("y", KINDS[kind])])
    make_unsigned(model)
    exact = (a.astype(np.int64) - 1) @ (b.astype(np.int64) + 2)
    limits = np.iinfo(kind)
    expected = np.clip(np.round(exact / scale) + zero, limits.min, limits.max)
    found = run(model, {"a": a}, tmp_path_factory.mktemp("m"))[0]
    assert found.dtype == kind
    assert np.abs(found.astype(int) - expected).max() <= 1  # of halves


GRAPHS = {
    "MatMul": (["x", "w"], {"w": (6, 4)}, {}),
    "Gemm": (["x", "w", "c"], {"w": (6, 4), "c": (4,)}, {}),
    "Gemm, turned": (["w", "x"], {"w": (6, 4)}, {"transA": 1, "transB": 1}),
    "Softmax": (["x"], {}, {}),
    "LogSoftmax": (["x"], {}, {}),
    "Sigmoid": (["x"], {}, {}),
    "Exp": (["x"], {}, {}),
    "ReduceMean": (["x"], {}, {"axes": [1]}),
    "LayerNormalization": (["x", "w"], {"w": (6,)}, {}),
    "Einsum": (["x", "w"], {"w": (6, 4)}, {"equation": "ab,bc->ac"}),
}


def rounding(name, opset, random):
    inputs, shapes, attributes = GRAPHS[name]
    constants = {key: random.normal(size=shape).astype(np.float32) for key, shape in shapes.items()}
    node = helper.make_node(name.partition(",")[0], inputs, ["y"], **attributes)
    return model_of(
        [node], constants, [("x", TensorProto.FLOAT, ["n", 6])], [("y", TensorProto.FLOAT)], opset
    )


@pytest.mark.parametrize("opset", range(7, 12))
def test_convolutions_of_old_operator_sets_take_errors(opset, tmp_path):
    """CumSum came with set 11, and a Slice whose ends are computed with set 10."""
    random = np.random.default_rng(1)
    weights = random.normal(size=(3, 1, 2, 2)).astype(np.float32)
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    float_ = TensorProto.FLOAT
    model = model_of([node], {"w": weights}, [("x", float_, ["n", 1, 4, 4])], [("y", float_)], opset)
    rows = random.normal(size=(5, 1, 4, 4)).astype(np.float32)
    (bare,) = run(model, {"x": rows}, tmp_path)
    errors = take_errors(model)
    drawn = [run(model, {"x": rows, errors: random.uniform(-1, 1, ERRORS)}, tmp_path)[0] for _ in range(2)]
    assert not np.array_equal(*drawn)
    assert np.allclose(drawn[0], bare, rtol=1e-4, atol=1e-5)


ALPHA, BETA = {"activation_alpha": 0.3}, {"activation_beta": 0.4}
FUNCTIONS = [  # applied by which operator, with what parameters, from which operator set on
    *(("Gemm", name, {}, 7) for name in ("Relu", "Tanh", "Sigmoid", "Softplus", "Softsign")),
    *(("Gemm", name, ALPHA, 7) for name in ("Elu", "LeakyRelu", "ThresholdedRelu")),
    ("Gemm", "Celu", ALPHA, 12),
    ("Gemm", "HardSigmoid", ALPHA | BETA, 7),
    *(("Conv", name, {}, 7) for name in ("", "Relu", "Tanh", "Sigmoid")),
    ("Conv", "HardSwish", {}, 14),
    ("Conv", "LeakyRelu", {"activation_params": [0.3]}, 7),
    ("Conv", "HardSigmoid", {"activation_params": [0.3, 0.4]}, 7),
    ("Conv", "Clip", {"activation_params": [-0.5, 0.5]}, 7),
]


def fused(product, function, attributes, opset, ends=("c", "z")):
    """A FusedGemm of x [1, 8] or a FusedConv of x [1, 8, 1, 1], with what is added to it; and rows."""
    if function:
        attributes = {"activation": function, **attributes}
    random = np.random.default_rng(4)
    weights, shape = random.normal(size=(8, 3)).astype(np.float32), [1, 8]
    constants = {"w": weights, "c": random.normal(size=3).astype(np.float32)}
    if product == "Conv":
        shape = [1, 8, 1, 1]
        constants |= {"w": weights.T.reshape(3, 8, 1, 1), "z": np.ones((1, 3, 1, 1), np.float32)}
    inputs = ["x", "w", *(end for end in ends if not end or end in constants)]
    node = helper.make_node(f"Fused{product}", inputs, ["y"], domain="com.microsoft", **attributes)
    model = model_of([node], constants, [("x", TensorProto.FLOAT, shape)], [("y", TensorProto.FLOAT)], opset)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model, random.normal(size=shape).astype(np.float32)


def check_split(model, rows, folder):
    (bare,) = run(model, {"x": rows}, folder)
    errors = take_errors(model)
    assert not any(one.op_type.startswith("Fused") for one in model.graph.node)
    drawn = np.random.default_rng(5).uniform(-1, 1, ERRORS)
    assert np.allclose(run(model, {"x": rows, errors: drawn}, folder)[0], bare, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("product", "function", "attributes", "opset"),
    [(*case, opset) for *case, first in FUNCTIONS for opset in {first, 17}],
)
def test_fused_operators_are_split(product, function, attributes, opset, tmp_path):
    """Each step is an operator of its own, and all of them say what the fused one said."""
    check_split(*fused(product, function, attributes, opset), tmp_path)


@pytest.mark.parametrize("ends", [(), ("c",), ("", "z"), ("c", "")])
def test_what_a_fused_convolution_adds_may_be_left_out(ends, tmp_path):
    check_split(*fused("Conv", "Relu", {}, 17, ends), tmp_path)


@pytest.mark.parametrize(
    ("product", "function", "opset"),
    [
        ("Gemm", "ScaledTanh", 17),
        ("Gemm", "ParametricSoftplus", 17),
        ("Gemm", "Celu", 11),
        ("Conv", "HardSwish", 13),
    ],
)
def test_a_fused_function_without_an_operator_is_refused(product, function, opset, tmp_path):
    """The runtime would run it."""
    model, rows = fused(product, function, ALPHA | BETA if product == "Gemm" else {}, opset)
    run(model, {"x": rows}, tmp_path)
    with pytest.raises(RefusalError, match=function):
        take_errors(model)


@pytest.mark.parametrize("further", [0, 60])
def test_no_factor_of_an_einsum_hides_the_others(further, tmp_path):
    """The terms w and -w cancel whatever errors the factors take that all terms share."""
    row, ones = np.array([0.1, -0.7], np.float32), [f"one{i}" for i in range(further)]
    equation = "," * further + "na,jk,kl->nl"
    node = helper.make_node("Einsum", [*ones, "x", "j", "w"], ["y"], equation=equation)
    constants = {"j": np.ones((1, 2), np.float32), "w": np.vstack([row, -row])}
    constants |= dict.fromkeys(ones, np.float32(1))
    model = model_of([node], constants, [("x", TensorProto.FLOAT, ["n", 1])], [("y", TensorProto.FLOAT)])
    errors = take_errors(model)
    random = np.random.default_rng(3)
    feed = {"x": np.ones((4, 1), np.float32), errors: random.uniform(-1, 1, ERRORS)}
    assert np.abs(run(model, feed, tmp_path)[0]).max() > 3e-8  # more than fused products leave over


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("opset", [13, 17, 22])
def test_errors_are_small_and_differ(name, opset, tmp_path):
    if (name == "LayerNormalization" and opset < 17) or (name == "ReduceMean" and opset > 17):
        opset = 17
    random = np.random.default_rng(1)
    model, rows = rounding(name, opset, random), random.normal(size=(5, 6)).astype(np.float32)
    (bare,) = run(model, {"x": rows}, tmp_path)
    errors = take_errors(model)
    (without,) = run(model, {"x": rows, errors: np.zeros(ERRORS)}, tmp_path)
    drawn = [run(model, {"x": rows, errors: random.uniform(-1, 1, ERRORS)}, tmp_path)[0] for _ in range(2)]
    assert np.array_equal(without, bare)
    assert not np.array_equal(*drawn)
    for one in drawn:
        assert np.allclose(one, bare, rtol=1e-4, atol=1e-5)


def test_what_is_exact_takes_no_errors(tmp_path):
    """Whole numbers in matrices of whole numbers, ties of the largest, a sigmoid's half."""
    random = np.random.default_rng(2)
    whole = random.integers(-3, 4, (6, 4)).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        helper.make_node("Sub", ["x", "x"], ["nothing"]),
        helper.make_node("Sigmoid", ["nothing"], ["half"]),
        helper.make_node("Softmax", ["nothing"], ["tied"]),
    ]
    outputs = [(name, TensorProto.FLOAT) for name in ("y", "half", "tied")]
    model = model_of(nodes, {"w": whole}, [("x", TensorProto.FLOAT, ["n", 6])], outputs)
    errors = take_errors(model)
    rows = random.integers(0, 5000, (9, 6)).astype(np.float32)
    feed = {"x": rows, errors: random.uniform(-1, 1, ERRORS)}
    products, half, tied = run(model, feed, tmp_path, ("y", "half", "tied"))
    assert np.array_equal(products, rows @ whole)
    assert (half == 0.5).all()
    assert (tied == tied[:, :1]).all()


def test_trees_take_no_errors():
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    forest = RandomForestClassifier(3, random_state=0).fit(rows, rows[:, 0] > 0)
    assert take_errors(to_onnx(forest, rows, options={"zipmap": False})) == ""


def test_names_of_the_model_are_left_alone(tmp_path):
    """A graph that has our names already gets others."""
    nodes = [helper.make_node("Exp", ["x"], ["assay_1"]), helper.make_node("Exp", ["assay_1"], ["y"])]
    model = model_of(nodes, {}, [("x", TensorProto.FLOAT, ["n", 1])], [("y", TensorProto.FLOAT)])
    errors = take_errors(model)
    feed = {"x": np.zeros((2, 1), np.float32), errors: np.zeros(ERRORS)}
    assert np.allclose(run(model, feed, tmp_path)[0], np.e)


def test_each_batch_draws_errors_of_its_own(tmp_path):
    model = model_of(
        [helper.make_node("Exp", ["x"], ["y"])],
        {},
        [("x", TensorProto.FLOAT, ["n", 1])],
        [("y", TensorProto.FLOAT)],
    )
    name = take_errors(model)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    session = load(os.open(path, os.O_RDONLY), ["x", name], ["y"])
    rows = np.ones((2048, 1), np.float32)
    first, again = (predict(session, {"x": rows}, ["y"], Errors(name, 5))[0] for _ in range(2))
    (other,) = predict(session, {"x": rows}, ["y"], Errors(name, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:1024], first[1024:])
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_numbers_of_sixteen_bits_are_computed_in_32(kind, tmp_path):
    """Numbers move by one step at most; the runtime itself has no kernels of bfloat16."""
    random = np.random.default_rng(7)
    weights = random.normal(size=(64, 64)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["x"], ["h"], to=kind),
        helper.make_node("Cast", ["w"], ["v"], to=kind),
        helper.make_node("MatMul", ["h", "v"], ["m"]),
        helper.make_node("Relu", ["m"], ["r"]),
        helper.make_node("Add", ["r", "r"], ["a"]),
        helper.make_node("Cast", ["a"], ["y"], to=TensorProto.FLOAT),
    ]
    model = model_of(nodes, {"w": weights}, [("x", TensorProto.FLOAT, ["n", 64])], [("y", TensorProto.FLOAT)])
    errors = take_errors(model)
    rows = random.normal(size=(200, 64)).astype(np.float32)
    drawn = [run(model, {"x": rows, errors: random.uniform(-1, 1, ERRORS)}, tmp_path)[0] for _ in range(2)]
    assert not np.array_equal(*drawn)
    step = 2.0**-10 if kind == TensorProto.FLOAT16 else 2.0**-7
    assert (np.abs(drawn[0] - drawn[1]) <= 1.01 * step * np.abs(drawn[0]) + 1e-3).all()
    assert np.allclose(drawn[0], 2 * np.maximum(rows @ weights, 0), rtol=0.1, atol=0.5)
