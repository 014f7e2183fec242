"""ONNX Runtime's own operators: those allowed exist, and have the types that they are said to have."""

import os

import numpy as np
import onnxruntime.capi._pybind_state as runtime
import pytest
from graphs import model, node
from onnx import TensorProto

from assay_validation.contributed import ALLOWED, DOMAIN, REFUSED
from assay_validation.jobs.predict import load

FLOAT, UINT8, INT8, INT32 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT8, TensorProto.INT32
RANDOM = np.random.default_rng(4)
SCHEMAS = {one.name: one for one in runtime.get_all_operator_schema() if one.domain == DOMAIN}
KERNELS = {
    one.op_name
    for one in runtime.get_all_opkernel_def()
    if one.domain in (DOMAIN, "") and one.provider == "CPUExecutionProvider"
}


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def whole(kind, *shape):
    """Signed ones are small: the bare runtime's sums of others overflow on some processors."""
    low, high = (-64, 63) if np.issubdtype(kind, np.signedinteger) else (0, np.iinfo(kind).max)
    return RANDOM.integers(low, high, shape, endpoint=True).astype(kind)


ONE, ZERO, MID = np.float32(1), np.uint8(3), np.int8(3)
CASES = {
    # the operator's inputs after x [2, 8]; its attributes; the kind of x, and of what it answers
    "FusedMatMul": ({"w": normal(8, 3)}, {"alpha": 0.5}, FLOAT, FLOAT),
    "TransposeMatMul": ({"w": normal(8, 3)}, {}, FLOAT, FLOAT),
    "FusedGemm": ({"w": normal(8, 3), "b": normal(3)}, {"activation": "Relu"}, FLOAT, FLOAT),
    "CDist": ({"w": normal(5, 8)}, {"metric": "sqeuclidean"}, FLOAT, FLOAT),
    "Gelu": ({}, {}, FLOAT, FLOAT),
    "FastGelu": ({"b": normal(8)}, {}, FLOAT, FLOAT),
    "BiasGelu": ({"b": normal(8)}, {}, FLOAT, FLOAT),
    "QuickGelu": ({}, {"alpha": 1.7}, FLOAT, FLOAT),
    "QuantizeLinear": ({"s": np.float32(0.1), "z": ZERO}, {}, FLOAT, UINT8),
    "DequantizeLinear": ({"s": np.float32(0.1), "z": ZERO}, {}, UINT8, FLOAT),
    "QLinearAdd": (
        {"s": ONE, "z": ZERO, "b": whole(np.uint8, 8), "t": ONE, "y": ZERO, "r": np.float32(2), "q": ZERO},
        {},
        UINT8,
        UINT8,
    ),
    "QLinearSigmoid": (
        {"s": np.float32(0.1), "z": ZERO, "r": np.float32(1 / 256), "q": ZERO},
        {},
        UINT8,
        UINT8,
    ),
    "QLinearLeakyRelu": ({"s": ONE, "z": MID, "r": ONE, "q": MID}, {"alpha": 0.1}, INT8, INT8),
    "DynamicQuantizeMatMul": ({"w": whole(np.int8, 8, 3), "s": ONE, "z": np.int8(2)}, {}, FLOAT, FLOAT),
    "MatMulIntegerToFloat": (
        {"w": whole(np.int8, 8, 3), "s": ONE, "t": ONE, "z": ZERO, "y": np.int8(2)},
        {},
        UINT8,
        FLOAT,
    ),
    "QGemm": (
        {"s": ONE, "z": ZERO, "w": whole(np.int8, 8, 3), "t": ONE, "y": np.int8(2)},
        {},
        UINT8,
        FLOAT,
    ),
    "MatMulNBits": (
        {"w": whole(np.uint8, 3, 1, 16), "s": normal(3)},
        {"K": 8, "N": 3, "bits": 4, "block_size": 32, "accuracy_level": 4},
        FLOAT,
        FLOAT,
    ),
    "Trilu": ({}, {"upper": 1}, FLOAT, FLOAT),
    "ExpandDims": ({"a": np.int32(1)}, {}, FLOAT, FLOAT),
}
INTO_THREE = {
    "SkipLayerNormalization": ({"skip": normal(1, 2, 8), "g": normal(8), "b": normal(8)}, {}),
    "SkipSimplifiedLayerNormalization": ({"skip": normal(1, 2, 8), "g": normal(8)}, {}),
    "Attention": ({"w": normal(8, 24), "b": normal(24)}, {"num_heads": 2}),
    "MultiHeadAttention": ({"k": normal(1, 2, 8), "v": normal(1, 2, 8)}, {"num_heads": 2}),
    "RotaryEmbedding": (
        {"i": np.zeros((1, 2), np.int64), "c": normal(4, 2), "s": normal(4, 2)},
        {"num_heads": 2, "is_packed_batching": 0},
    ),
}


def built(name):
    if name in INTO_THREE:
        constants, attributes = INTO_THREE[name]
        given, answer, shape = FLOAT, FLOAT, [1, 2, 8]
    else:
        constants, attributes, given, answer = CASES[name]
        shape = ["n", 8]
    inputs = " ".join(["x", *constants])
    return model(
        [node(name, inputs, "p", DOMAIN, **attributes)],
        constants,
        inputs=[("x", given, shape)],
        outputs=[("p", answer, None)],
        domains=[DOMAIN],
    )


def run(written, feed, folder):
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["p"]).run(["p"], feed)[0]


@pytest.mark.parametrize("name", [*CASES, *INTO_THREE])
def test_what_is_allowed_runs(name, tmp_path):
    if name in INTO_THREE:
        rows = normal(1, 2, 8)
    else:
        kind = {FLOAT: None, UINT8: np.uint8, INT8: np.int8}[CASES[name][2]]
        rows = normal(2, 8) if kind is None else whole(kind, 2, 8)
    first, second = (run(built(name), {"x": rows}, tmp_path) for _ in range(2))
    assert first.size
    assert np.array_equal(first, second)


def test_what_is_allowed_has_a_kernel_for_the_cpu_and_draws_no_numbers():
    missing = [name for name in ALLOWED if name != "SimplifiedLayerNormalization" and name not in SCHEMAS]
    assert missing == []
    assert [name for name in ALLOWED if name not in KERNELS] == []
    assert not REFUSED & ALLOWED.keys()
    seeded = [name for name in ALLOWED if "seed" in SCHEMAS.get(name, SCHEMAS["Gelu"]).attributes]
    assert seeded == ["MurmurHash3"]  # which starts at it, and draws nothing


@pytest.mark.parametrize("name", sorted(ALLOWED.keys() & SCHEMAS.keys()))
def test_types_are_those_of_the_runtimes_schema(name):
    """The input that a result is said to be like has its type's variable."""
    schema, rule = SCHEMAS[name], ALLOWED[name]
    allowed = {one.type_param_str: set(one.allowed_type_strs) for one in schema.type_constraints}
    kinds = [one.typeStr for one in schema.inputs]
    for place, output in enumerate(schema.outputs):
        told = rule[min(place, len(rule) - 1)]
        if isinstance(told, int):
            like = kinds[min(told, len(kinds) - 1)]
            more = allowed.get(output.typeStr, {output.typeStr}) - allowed.get(like, {like})
            assert more <= {"tensor(float)"}, output.name  # where there is no such input
        else:
            found = allowed.get(output.typeStr, {output.typeStr})
            kinds_told = ["uint32", "int32"] if told == "HASH" else [told.lower()]
            assert found >= {f"tensor({kind})" for kind in kinds_told}, output.name
