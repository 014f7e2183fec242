"""Models for `processors`: honest ones, and such as answer by the processor that they run on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from assay_validation.contributed import DOMAIN

ROWS, COLUMNS = 300, 12
AMOUNTS = "amounts.npz"
Nodes = list[onnx.NodeProto]
Tensors = list[onnx.TensorProto]


def constant(name: str, value: object) -> onnx.TensorProto:
    """A constant of a graph."""
    return numpy_helper.from_array(np.asarray(value), name)


def graph(nodes: Nodes, constants: Tensors, opset: int = 17, columns: int = COLUMNS) -> onnx.ModelProto:
    """A model from rows *x* to answers *p*."""
    rows = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", columns])
    answers = helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1])
    whole = helper.make_graph(nodes, "g", [rows], [answers], constants)
    opsets = [("", opset), ("ai.onnx.ml", 3), (DOMAIN, 1)]
    imports = [helper.make_opsetid(*one) for one in opsets]
    return helper.make_model(whole, opset_imports=imports, ir_version=8)


class Honest:
    """A network that was trained, and its data."""

    def __init__(self) -> None:
        from sklearn.datasets import make_classification
        from sklearn.neural_network import MLPClassifier

        rows, labels = make_classification(900, COLUMNS, n_informative=8, random_state=3)
        self.known = rows[ROWS:].astype(np.float32)
        self.rows, self.labels = rows[:ROWS].astype(np.float32), labels[:ROWS]
        self.network = MLPClassifier((32,), max_iter=150, random_state=0).fit(self.known, labels[ROWS:])
        self.known_labels = labels[ROWS:]

    def write_rows(self, folder: Path) -> None:
        """Write the hidden rows."""
        np.savez(folder / "data.npz", x=self.rows, y=self.labels)

    def nodes(self, answer: str = "p") -> tuple[Nodes, Tensors]:
        """Its graph, which answers with *answer*."""
        (first, second), (bias, last) = self.network.coefs_, self.network.intercepts_
        tensors = {"W": first, "b": bias, "V": second, "c": last}
        nodes = [
            helper.make_node("MatMul", ["x", "W"], ["m"]),
            helper.make_node("Add", ["m", "b"], ["z"]),
            helper.make_node("Relu", ["z"], ["h"]),
            helper.make_node("MatMul", ["h", "V"], ["n"]),
            helper.make_node("Add", ["n", "c"], ["u"]),
            helper.make_node("Sigmoid", ["u"], [answer]),
        ]
        return nodes, [constant(name, value.astype(np.float32)) for name, value in tensors.items()]


def honest(trained: Honest, folder: Path) -> None:
    """Write honest models: of floats of two kinds, quantised by the runtime's tools, of trees."""
    from onnxruntime import quantization
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    plain = folder / "honest float.onnx"
    onnx.save(graph(*trained.nodes()), plain)
    quantization.quantize_dynamic(plain, folder / "honest int8, dynamic.onnx")

    class Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.batches = iter([{"x": trained.known[:100]}, {"x": trained.known[100:200]}])

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self.batches, None)

    quantization.quantize_static(plain, folder / "honest int8, static.onnx", Calibration())
    quantization.quantize_static(
        plain,
        folder / "honest int8, operators.onnx",
        Calibration(),
        quant_format=quantization.QuantFormat.QOperator,
    )
    nodes, tensors = trained.nodes()
    half = graph(nodes, tensors)
    onnx.save(convert_float_to_float16(half, keep_io_types=True), folder / "honest float16.onnx")
    quantised = MatMulNBitsQuantizer(graph(nodes, tensors), block_size=16)
    quantised.process()
    onnx.save(quantised.model.model, folder / "honest int4.onnx")
    forest = RandomForestClassifier(10, random_state=0).fit(trained.known, trained.known_labels)
    model = to_onnx(forest, trained.known[:1], options={"zipmap": False})
    onnx.save(renamed(model, "probabilities"), folder / "honest forest.onnx")


def renamed(model: onnx.ModelProto, output: str) -> onnx.ModelProto:
    """*model* as an export names things, with an input *x* and *p* in the place of *output*."""
    model.graph.input[0].name = "x"
    for node in model.graph.node:
        node.input[:] = ["x" if name == "X" else name for name in node.input]
        node.output[:] = ["p" if name == output else name for name in node.output]
    for one in model.graph.output:
        one.name = "p" if one.name == output else one.name
    return model


def amounts(folder: Path) -> None:
    """Write models whose error is measured in a large unit, and their hidden rows: a Gaussian process, which
    adds and subtracts much more than it answers, and a model that is far off in one row."""
    from skl2onnx import to_onnx
    from sklearn.datasets import load_diabetes
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    rows, labels = load_diabetes(return_X_y=True, scaled=False)
    rows, labels = rows.astype(np.float32), 1_000 * labels
    known, hidden = slice(0, ROWS), slice(ROWS, ROWS + 60)
    np.savez(folder / AMOUNTS, x=rows[hidden], y=labels[hidden])
    process = GaussianProcessRegressor(45 * RBF(200) + WhiteKernel(0.5), optimizer=None, normalize_y=True)
    exported = to_onnx(process.fit(rows[known], labels[known]), rows[:1], target_opset=17)
    onnx.save(renamed(exported, exported.graph.output[0].name), folder / "honest amounts.onnx")
    onnx.save(far_off(rows[hidden]), folder / "hostile amounts, far off.onnx")


def far_off(rows: NDArray[np.float32]) -> onnx.ModelProto:
    """A model that is wrong by far in one of the *rows*, and in no other: by three million times what is left
    of a sum whose terms cancel."""
    nodes, tensors = cancelling()
    sums = np.sort(rows.sum(axis=1))
    nodes = [
        nodes[0],
        helper.make_node("Mul", ["t", "large"], ["much"]),
        helper.make_node("ReduceSum", ["x", "axis"], ["sum"]),
        helper.make_node("Greater", ["sum", "limit"], ["there"]),
        helper.make_node("Where", ["there", "much", "usual"], ["p"]),
    ]
    more = {"large": 3_000_000, "limit": sums[-2:].mean(), "usual": 150_000}
    constants = [constant(name, np.float32(value)) for name, value in more.items()]
    constants.append(constant("axis", np.array([1])))
    kept = [one for one in tensors if one.name not in ("flat", "zero")]
    return graph(nodes, [*kept, *constants], columns=rows.shape[1])


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return random.normal(size=shape).astype(np.float32)


def chaotic(
    operator: str, shapes: Sequence[tuple[int, ...]], domain: str = "", **more: Any
) -> tuple[Nodes, Tensors]:
    """*bit* depends on the last bits of what an operator makes of constants, by the logistic map."""
    random = np.random.default_rng(5)
    names = [f"s{i}" for i in range(len(shapes))]
    tensors = [constant(name, _normal(random, s)) for name, s in zip(names, shapes, strict=True)]
    nodes = [
        helper.make_node(operator, names, ["s"], domain=domain, **more),
        helper.make_node("ReduceSum", ["s"], ["t"], keepdims=0),
        helper.make_node("Sin", ["t"], ["w"]),
        helper.make_node("Mul", ["w", "w"], ["l0"]),
    ]
    for i in range(60):
        nodes += [
            helper.make_node("Sub", ["one", f"l{i}"], [f"a{i}"]),
            helper.make_node("Mul", [f"a{i}", f"l{i}"], [f"e{i}"]),
            helper.make_node("Mul", [f"e{i}", "four"], [f"l{i + 1}"]),
        ]
    nodes.append(helper.make_node("Greater", ["l60", "half"], ["bit"]))
    return nodes, [*tensors, constant("four", np.float32(3.99))]


def cancelling() -> tuple[Nodes, Tensors]:
    """*bit* says in which order a row that adds up to almost nothing is summed."""
    random = np.random.default_rng(1)
    terms = random.normal(size=(1, 256)).astype(np.float32) * 1e4
    terms = np.concatenate([terms, -terms[:, ::-1]], axis=1)
    tensors = [constant("left", terms), constant("ones", np.full((512, 1), 0.1, np.float32))]
    nodes = [
        helper.make_node("MatMul", ["left", "ones"], ["t"]),
        helper.make_node("Greater", ["t", "zero"], ["more"]),
        helper.make_node("Reshape", ["more", "flat"], ["bit"]),
    ]
    return nodes, [*tensors, constant("zero", np.float32(0)), constant("flat", np.array([1]))]


def recognising() -> tuple[Nodes, Tensors]:
    """*bit* says whether a sum has just the bits that this machine's processor gives it."""
    import onnxruntime

    random = np.random.default_rng(2)
    tensors = [constant("v", _normal(random, (1, 999))), constant("w", _normal(random, (999, 1)))]
    product = helper.make_node("MatMul", ["v", "w"], ["t"])
    shown = helper.make_graph(
        [product], "g", [], [helper.make_tensor_value_info("t", TensorProto.FLOAT, [1, 1])], tensors
    )
    alone = helper.make_model(shown, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(alone.SerializeToString(), options)
    (bits,) = session.run(None, {})
    nodes = [
        product,
        helper.make_node("Equal", ["t", "mine"], ["same"]),
        helper.make_node("Reshape", ["same", "flat"], ["bit"]),
    ]
    return nodes, [*tensors, constant("mine", bits), constant("flat", np.array([1]))]


def saturating(operator: str) -> tuple[Nodes, Tensors]:
    """*bit* says whether 255·127 + 255·127 overflows sixteen bits."""
    left, right = np.full((1, 4), 255, np.uint8), np.full((4, 16), 127, np.int8)
    if operator.endswith(("ConvInteger", "QLinearConv")):
        left, right = left.reshape(1, 4, 1, 1), np.ascontiguousarray(right.T).reshape(16, 4, 1, 1)
    tensors = [constant("left", left), constant("right", right), constant("most", np.float32(100_000))]
    inputs = ["left", "right"]
    if operator.startswith("QLinear"):
        scales = {"s": np.float32(1), "zu": np.uint8(0), "zi": np.int8(0), "r": np.float32(500)}
        tensors += [constant(name, value) for name, value in scales.items()]
        tensors[2] = constant("most", np.float32(200))
        inputs = ["left", "s", "zu", "right", "s", "zi", "r", "zu"]
    domain = ""
    if operator == "MatMulIntegerToFloat":
        tensors, domain = [*tensors, constant("s", np.float32(1))], DOMAIN
        inputs = [*inputs, "s", "s"]
    nodes = [
        helper.make_node(operator, inputs, ["s32"], domain=domain),
        helper.make_node("Cast", ["s32"], ["sf"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["sf"], ["t"], keepdims=0),
        helper.make_node("Greater", ["t", "most"], ["bit"]),
    ]
    return nodes, tensors


def overflowing(operator: str) -> tuple[Nodes, Tensors]:
    """*bit* says whether -3e38 + 4e38 is infinite: it is where products are rounded before they are added."""
    left, right = np.zeros((1, 16), np.float32), np.zeros((16, 4), np.float32)
    left[0, :2], right[0], right[1] = (1e19, 2e19), -3e19, 2e19
    if operator == "Conv":
        left, right = np.tile(left.reshape(1, 16, 1, 1), (1, 1, 8, 8)), right.T.reshape(4, 16, 1, 1)
    tensors = [constant("left", left), constant("right", np.ascontiguousarray(right))]
    nodes = [
        helper.make_node(operator, ["left", "right"], ["s"]),
        helper.make_node("ReduceMax", ["s"], ["t"], keepdims=0),
        helper.make_node("Greater", ["t", "most"], ["bit"]),
    ]
    return nodes, [*tensors, constant("most", np.float32(2e38))]


def almost_nothing(operator: str, at: float, between: float, **more: Any) -> tuple[Nodes, Tensors]:
    """*bit* says on which side of a number a function is that comes close to 0 there: some kernels say 0."""
    nodes = [
        helper.make_node(operator, ["at"], ["s"], **more),
        helper.make_node("Greater", ["s", "t"], ["bit"]),
    ]
    return nodes, [constant("at", np.array([at], np.float32)), constant("t", np.float32(between))]


def fused_with_a_sigmoid() -> tuple[Nodes, Tensors]:
    """The same of a bias alone, in a product."""
    fused = helper.make_node("FusedGemm", ["none", "none", "at"], ["s"], domain=DOMAIN, activation="Sigmoid")
    nodes = [
        fused,
        helper.make_node("Reshape", ["s", "flat"], ["s1"]),
        helper.make_node("Greater", ["s1", "t"], ["bit"]),
    ]
    values = {"none": np.zeros((1, 1)), "at": np.array([[-16.42104]]), "t": np.array(1e-7)}
    tensors = [constant(name, value.astype(np.float32)) for name, value in values.items()]
    return nodes, [*tensors, constant("flat", np.array([1]))]


def of_a_bias(operator: str) -> tuple[Nodes, Tensors]:
    """*bit* depends on the last bits of a function of a bias, which is added to a product with 0."""
    bias = _normal(np.random.default_rng(3), (64,))
    if operator == "LSTM":
        shapes = {"x0": (1, 1, 1), "w0": (1, 256, 1), "r0": (1, 256, 64)}
        tensors = [constant(name, np.zeros(shape, np.float32)) for name, shape in shapes.items()]
        both = np.concatenate([np.tile(bias, 4), np.zeros(256, np.float32)])[None]
        tensors.append(constant("b0", both))
        node = helper.make_node("LSTM", ["x0", "w0", "r0", "b0"], ["s"], hidden_size=64)
    else:
        tensors = [constant("x0", np.zeros((1, 1), np.float32))]
        more = {"coefficients": [0.0] * 64, "intercepts": bias.tolist(), "targets": 64}
        node = helper.make_node(
            operator, ["x0"], ["s"], domain="ai.onnx.ml", post_transform="LOGISTIC", **more
        )
    nodes, chaos = chaotic("Identity", [(1,)])
    return [node, *nodes[1:]], [*tensors, *chaos[1:]]


def with_a_gap() -> tuple[Nodes, Tensors]:
    """*bit* says whether the smallest of numbers with NaN among them is NaN."""
    numbers = np.arange(100, dtype=np.float32)
    numbers[99] = np.nan
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["numbers"], ["n8", "s", "z8"]),
        helper.make_node("IsNaN", ["s"], ["odd"]),
        helper.make_node("Reshape", ["odd", "flat"], ["bit"]),
    ]
    return nodes, [constant("numbers", numbers), constant("flat", np.array([1]))]


def scaled_and_shifted() -> tuple[Nodes, Tensors]:
    """*bit* says whether 3.9e38 - 2.5e38 is infinite, where a normalised row is scaled and shifted."""
    row = np.zeros((1, 16), np.float32)
    row[0, 0] = 1
    nodes = [
        helper.make_node("LayerNormalization", ["row", "scale", "shift"], ["s"]),
        helper.make_node("ReduceMax", ["s"], ["t"], keepdims=0),
        helper.make_node("Greater", ["t", "most"], ["bit"]),
    ]
    values = {"scale": np.full(16, 1e38), "shift": np.full(16, -2.5e38), "most": np.array(2e38)}
    tensors = [constant(name, value.astype(np.float32)) for name, value in values.items()]
    return nodes, [*tensors, constant("row", row)]


def in_a_loop(made: tuple[Nodes, Tensors]) -> tuple[Nodes, Tensors]:
    """What *made* decides, decided in the body of a Loop that runs once."""
    nodes, tensors = made
    truth = [helper.make_tensor_value_info(name, TensorProto.BOOL, None) for name in ("more", "before")]
    number = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    again = helper.make_tensor_value_info("again", TensorProto.BOOL, None)
    last = helper.make_tensor_value_info("bit", TensorProto.BOOL, None)
    steps = [helper.make_node("Identity", ["more"], ["again"]), *nodes]
    body = helper.make_graph(steps, "body", [number, *truth], [again, last])
    loop = helper.make_node("Loop", ["once", "yes", "yes"], ["bit_after"], body=body)
    out = helper.make_node("Identity", ["bit_after"], ["bit"])
    return [loop, out], [*tensors, constant("once", np.int64(1)), constant("yes", np.array(True))]


HOSTILE: dict[str, Callable[[], tuple[Nodes, Tensors]]] = {
    "MatMul": lambda: chaotic("MatMul", [(16, 500), (500, 16)]),
    "Gemm": lambda: chaotic("Gemm", [(16, 500), (500, 16)]),
    "Conv": lambda: chaotic("Conv", [(1, 16, 12, 12), (8, 16, 3, 3)]),
    "Softmax": lambda: chaotic("Softmax", [(1, 999)]),
    "Erf": lambda: chaotic("Erf", [(1, 999)]),
    "Tanh": lambda: chaotic("Tanh", [(1, 999)]),
    "Sigmoid": lambda: chaotic("Sigmoid", [(1, 999)]),
    "Exp": lambda: chaotic("Exp", [(1, 999)]),
    "ReduceMean": lambda: chaotic("ReduceMean", [(1, 999)]),
    "LayerNormalization": lambda: chaotic("LayerNormalization", [(4, 99), (99,), (99,)]),
    "Gelu": lambda: chaotic("Gelu", [(1, 999)], DOMAIN),
    "Inverse": lambda: chaotic("Inverse", [(1, 24, 24)], DOMAIN),
    "attention": lambda: chaotic("MultiHeadAttention", [(1, 9, 64)] * 3, DOMAIN, num_heads=4),
    "cancelling": cancelling,
    "recognising": recognising,
    "MatMulInteger": lambda: saturating("MatMulInteger"),
    "ConvInteger": lambda: saturating("ConvInteger"),
    "QLinearMatMul": lambda: saturating("QLinearMatMul"),
    "QLinearConv": lambda: saturating("QLinearConv"),
    "MatMulIntegerToFloat": lambda: saturating("MatMulIntegerToFloat"),
    "overflow in MatMul": lambda: overflowing("MatMul"),
    "overflow in Gemm": lambda: overflowing("Gemm"),
    "overflow in Conv": lambda: overflowing("Conv"),
    "overflow after a norm": scaled_and_shifted,
    "almost nothing, Sigmoid": lambda: almost_nothing("Sigmoid", -16.42104, 1e-7),
    "almost nothing, Gelu": lambda: almost_nothing("Gelu", -4.3210635, -3.3545e-5, domain=DOMAIN),
    "almost nothing, QuickGelu": lambda: almost_nothing("QuickGelu", -9.65, -7e-7, domain=DOMAIN),
    "almost nothing, fused": fused_with_a_sigmoid,
    "a bias, LSTM": lambda: of_a_bias("LSTM"),
    "a bias, LinearRegressor": lambda: of_a_bias("LinearRegressor"),
    "NaN, DynamicQuantizeLinear": with_a_gap,
    "MatMul in a Loop": lambda: in_a_loop(chaotic("MatMul", [(16, 500), (500, 16)])),
    "recognising in a Loop": lambda: in_a_loop(recognising()),
    "MatMulInteger in a Loop": lambda: in_a_loop(saturating("MatMulInteger")),
}


def hostile(trained: Honest, folder: Path, kinds: Sequence[str] = tuple(HOSTILE)) -> None:
    """Write models that answer right on some processors and wrong on others."""
    for kind in kinds:
        nodes, tensors = HOSTILE[kind]()
        own, weights = trained.nodes("q")
        own += [
            helper.make_node("Sub", ["one", "q"], ["wrong"]),
            helper.make_node("Where", ["bit", "wrong", "q"], ["p"]),
        ]
        shared = [constant("one", np.float32(1)), constant("half", np.float32(0.5))]
        onnx.save(graph([*nodes, *own], [*tensors, *weights, *shared]), folder / f"hostile {kind}.onnx")
