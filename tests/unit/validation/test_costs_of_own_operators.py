"""Of ONNX Runtime's own operators, of attention and of Einsum: costs are counted on the shapes that the
runtime makes, and each operator that it has is counted or refused by name."""

import numpy as np
import onnxruntime
import pytest
from graphs import constant, model, node, score, spec
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_contributed import KERNELS, SCHEMAS

from assay.manifests.reason import Code
from assay_validation.contributed import ALLOWED, DOMAIN, REFUSED
from assay_validation.jobs import costs as counting
from assay_validation.jobs.costs import costs
from assay_validation.jobs.stand_ins import COUNTED
from assay_validation.reasons import _operators

FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8
RANDOM = np.random.default_rng(8)
WORDS, EARLIER, HEADS, WIDTH = 3, 5, 2, 8
PAIRS = HEADS * WORDS * WIDTH
"""Multiplications of a head's width for each word that all words of a row meet."""
ONE, MID = np.float32(1), np.uint8(128)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def bytes_of(*shape):
    return RANDOM.integers(0, 255, shape).astype(np.uint8)


def case(kind, first, rest=None, *, outputs="p", products=None, domain=DOMAIN, opset=17, **attributes):
    """An operator that takes x, like *first*, and the constants *rest* ("" where there is none)."""
    rest = dict(rest or {})
    inputs = ["x", *("" if name.startswith("_") else name for name in rest)]
    made = helper.make_node(kind, inputs, outputs.split(), domain=domain, **attributes)
    written = model(
        [made],
        {name: value for name, value in rest.items() if value is not None},
        inputs=[("x", helper.np_dtype_to_tensor_dtype(first.dtype), list(first.shape))],
        outputs=[(name, 0, None) for name in outputs.split()],
        opset=opset,
        domains=[DOMAIN],
    )
    written.ir_version = 10 if opset > 21 else 8
    for output in written.graph.output:
        output.ClearField("type")
    return written, first, products


def past(heads=HEADS, words=EARLIER):
    return normal(1, heads, words, WIDTH)


ROW = normal(1, WORDS, HEADS * WIDTH)
WEIGHTS = {"w": normal(HEADS * WIDTH, 3 * HEADS * WIDTH), "b": normal(3 * HEADS * WIDTH)}
SEVEN = {"k": ROW, "v": ROW}
NO = {"_1": None, "_2": None}
FRESH = {"seen": np.int32([WORDS - 1]), "total": np.int32([WORDS])}
IMAGES, BYTES = normal(1, 7, 9, 2), bytes_of(1, 7, 9, 2)
SCALES = {"s": ONE, "z": MID}
MEMORY = {"pk": past(), "pv": past()}
SEEN = {"seen": np.int32([EARLIER + WORDS - 1]), "total": np.int32([EARLIER + WORDS])}
GROUPED = {"k": normal(1, WORDS, WIDTH), "v": normal(1, WORDS, WIDTH)}
MET = 2 * PAIRS * (EARLIER + WORDS)
CASES = {
    "MultiHeadAttention with a past": case(
        "MultiHeadAttention", ROW, {**SEVEN, "_3": None, "_4": None, "_5": None, **MEMORY},
        outputs="p q r", num_heads=HEADS, products=MET,
    ),
    "MultiHeadAttention over another text": case(
        "MultiHeadAttention", ROW, {"k": past(words=6), "v": past(words=6)}, num_heads=HEADS,
        products=2 * PAIRS * 6,
    ),
    "DecoderMaskedMultiHeadAttention": case(
        "DecoderMaskedMultiHeadAttention", normal(1, 1, HEADS * WIDTH),
        {"k": normal(1, 1, HEADS * WIDTH), "v": normal(1, 1, HEADS * WIDTH), "_3": None, "_4": None,
         "pk": past(words=9), "pv": past(words=9), "length": np.int32([4])},
        outputs="p q r", num_heads=HEADS, past_present_share_buffer=1, products=2 * HEADS * WIDTH * 9,
    ),
    "Attention with a past": case(
        "Attention", ROW, {**WEIGHTS, "_3": None, "past": normal(2, 1, HEADS, EARLIER, WIDTH)},
        outputs="p q", num_heads=HEADS, products=WORDS * 16 * 48 + MET,
    ),
    "Attention of three sizes": case(
        "Attention", ROW, {"w": normal(16, 16 + 16 + 12), "b": normal(44)}, num_heads=HEADS,
        qkv_hidden_sizes=[16, 16, 12], products=WORDS * 16 * 44 + PAIRS * WORDS + HEADS * WORDS * WORDS * 6,
    ),
    "QAttention with a past": case(
        "QAttention", bytes_of(*ROW.shape),
        {"w": bytes_of(16, 48), "b": normal(48), "s": ONE, "t": ONE, "_5": None, "z": MID, "y": MID,
         "past": normal(2, 1, HEADS, EARLIER, WIDTH)},
        outputs="p q", num_heads=HEADS, products=WORDS * 16 * 48 + MET,
    ),
    "GroupQueryAttention": case(
        "GroupQueryAttention", ROW, {**GROUPED, **NO, **FRESH},
        outputs="p q r", num_heads=HEADS, kv_num_heads=1, products=2 * PAIRS * WORDS,
    ),
    "GroupQueryAttention with a past": case(
        "GroupQueryAttention", ROW, {**GROUPED, "pk": past(1), "pv": past(1), **SEEN},
        outputs="p q r", num_heads=HEADS, kv_num_heads=1, products=MET,
    ),
    "GroupQueryAttention of one tensor": case(
        "GroupQueryAttention", normal(1, WORDS, (HEADS + 2) * WIDTH),
        {**NO, "pk": past(1), "pv": past(1), **SEEN},
        outputs="p q r", num_heads=HEADS, kv_num_heads=1, products=MET,
    ),
    "ONNX's attention with a past": case(
        "Attention", ROW, {**GROUPED, "_3": None, "pk": past(1), "pv": past(1)}, outputs="p q r", domain="",
        opset=23, q_num_heads=HEADS, kv_num_heads=1, products=MET,
    ),
    "ONNX's attention of four axes": case(
        "Attention", past(words=WORDS), {"k": past(1, 7), "v": past(1, 7)}, domain="", opset=23,
        products=2 * PAIRS * 7,
    ),
    "NhwcMaxPool": case(
        "NhwcMaxPool", BYTES, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 0], ceil_mode=1, products=0
    ),
    "QLinearConv with channels last": case(
        "QLinearConv", BYTES, {**SCALES, "w": bytes_of(5, 2, 3, 3), "t": ONE, "y": MID, "r": ONE, "q": MID},
        channels_last=1, strides=[2, 1], auto_pad="SAME_UPPER", products=4 * 9 * 5 * 18,
    ),
    "QLinearAveragePool with channels last": case(
        "QLinearAveragePool", BYTES, {**SCALES, "r": ONE, "q": MID}, channels_last=1, kernel_shape=[2, 3],
        strides=[2, 2], products=0,
    ),
    "QLinearGlobalAveragePool with channels last": case(
        "QLinearGlobalAveragePool", BYTES, {**SCALES, "r": ONE, "q": MID}, channels_last=1, products=0
    ),
    "GridSample": case("GridSample", IMAGES, {"grid": normal(1, 3, 4, 2)}, products=0),
    "CropAndResize": case(
        "CropAndResize", IMAGES,
        {"rois": np.float32([[0, 0, 1, 1]] * 3), "which": np.int32([0, 0, 0]), "size": np.int32([4, 5])},
        products=0,
    ),
    "ExpandDims": case("ExpandDims", ROW, {"axis": np.int32([-2])}, products=0),
    "UnfoldTensor": case("UnfoldTensor", ROW, dim=-1, size=3, step=2, products=0),
    "Inverse": case("Inverse", normal(1, 4, 4), products=0),
    "MurmurHash3": case("MurmurHash3", np.int32([[1, 2, 3]]), positive=0, products=0),
    "GatherBlockQuantized": case(
        "GatherBlockQuantized", np.int64([[3, 1]]), products=0, block_size=16, gather_axis=0, quantize_axis=1
    ),
    "QEmbedLayerNormalization": case(
        "QEmbedLayerNormalization", np.int32([[1, 2]]),
        {"_1": None, "a": bytes_of(9, 4), "c": bytes_of(3, 4), "_4": None, "g": bytes_of(4), "h": bytes_of(4),
         "_7": None, "s": ONE, "t": ONE, "_10": None, "u": ONE, "o": ONE, "z": MID, "y": MID, "_15": None,
         "zg": MID, "zh": MID},
        outputs="p q", products=0,
    ),
    "an ellipsis": case(
        "Einsum", normal(1, 3, 4, 5), {"w": normal(1, 1, 5, 6)}, domain="", equation="...ij,...jk->...ik",
        products=3 * 4 * 5 * 6,
    ),
    "an ellipsis that broadcasts": case(
        "Einsum", normal(1, 3, 4), {"w": normal(2, 1, 4)}, domain="", equation="i...j, k...j",
        products=3 * 2 * 4,
    ),
}  # fmt: skip
# the table comes first, and then the places
TABLE = CASES["GatherBlockQuantized"][0]
TABLE.graph.initializer.extend([constant("table", bytes_of(7, 16)), constant("s", normal(7, 2))])
TABLE.graph.node[0].input[:] = ["table", "x", "s"]


@pytest.mark.parametrize("what", CASES)
def test_what_is_counted_has_the_shapes_of_what_is_made(what, monkeypatch):
    written, first, products = CASES[what]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(written.SerializeToString(), options)
    made = dict(zip(written.graph.node[0].output, session.run(None, {"x": first}), strict=True))
    seen = {}
    count = counting._operations
    monkeypatch.setattr(counting, "_operations", lambda g, s, inner: seen.update(s) or count(g, s, inner))
    found = costs(written, {"x": first.shape[1:]})
    assert {name: seen[name] for name in made} == {name: value.shape for name, value in made.items()}
    moved = sum(value.size for value in made.values())
    most = products + 20 * (moved + sum(map(np.size, (first, *_constants(written)))))
    assert max(products, 1) <= found["operations"] <= most


def _constants(written):
    return [np.empty(one.dims) for one in written.graph.initializer]


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes"),
    [
        ("GroupQueryAttention", "x x x _ _ _ total", {"num_heads": 1, "kv_num_heads": 1}),
        ("GroupQueryAttention", "x x x _ _ _ total", {"num_heads": 2**40, "kv_num_heads": 2**40}),
        ("Attention", "x x x", {"num_heads": 1, "qkv_hidden_sizes": [2**40] * 3}),
        ("NhwcMaxPool", "x", {"kernel_shape": [2], "strides": [0]}),
        ("UnfoldTensor", "x", {"dim": 1, "size": 1, "step": 0}),
        ("Unique", "x", {}),
    ],
)
def test_what_the_data_decides_is_told_by_the_operators_own_name(kind, inputs, attributes):
    """Also where others stand in for it, and where its attributes are absurd."""
    names = ["" if name == "_" else name for name in inputs.split()]
    made = helper.make_node(kind, names, ["p"], domain=DOMAIN, name="a name of the model's", **attributes)
    before = [node("ReduceMax", "x", "m", keepdims=0), node("Cast", "m", "total", to=TensorProto.INT32)]
    written = model([*before, made], inputs=[("x", FLOAT, ["n", 3, 4])], domains=[DOMAIN])
    assert costs(written, {"x": [3, 4]}) == {"untold": kind}


def test_each_operator_of_the_runtime_is_counted_or_refused_by_name():
    known = {*SCHEMAS, *(name for name in KERNELS if name not in _operators())}
    assert known - ALLOWED.keys() - REFUSED == {"MemcpyFromHost", "MemcpyToHost"} & known
    assert ALLOWED.keys() | REFUSED <= _operators()
    assert ALLOWED.keys() - COUNTED == {"ConvTransposeWithDynamicPads", "Range", "Unique"}


def test_what_is_learnt_of_texts_is_counted():
    """Texts have no length that an order knows; the columns that are made of them have."""
    texts = np.array(["a good film", "a bad book", "good food", "bad film"])
    learnt = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    written = convert_sklearn(learnt, initial_types=[("t", StringTensorType([None, 1]))], target_opset=17)
    columns = len(learnt[0].vocabulary_)
    found = costs(written, {"t": [1]})["operations"]
    assert 2 * columns <= found <= 10 * columns + 50


def test_an_operator_that_is_not_allowed_is_named(tmp_path):
    made = helper.make_node("QMoE", ["x", "x"], ["p"], domain=DOMAIN)
    data = {"x": np.ones((4, 4), np.float32), "y": np.array([0, 1, 0, 1])}
    order = spec(["x"], ["0", "1"], {"probabilities": "p"}, format="npz")
    found = score(model([made], domains=[DOMAIN]), data, order, tmp_path)
    assert [(one.code, one.name) for one in found.reasons] == [(Code.OPERATOR_REFUSED, "QMoE")]
