"""Large constants stay in a model's file, are read where they are needed, and nothing else poses as one."""

import os

import numpy as np
import onnx
import pytest
from graphs import model, node
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from assay_validation.jobs import RefusalError, inspect_model
from assay_validation.jobs.predict import load
from assay_validation.jobs.weights import LARGE, PLACE, Weights

SIDE = 512
"""A matrix of so many floats each way is just large."""
WHOLE = np.random.default_rng(1).integers(-2, 3, (SIDE, SIDE)).astype(np.float32)
BROKEN = np.random.default_rng(2).normal(size=(SIDE, SIDE)).astype(np.float32)
BYTES = np.random.default_rng(3).integers(-128, 128, (SIDE, 4 * SIDE)).astype(np.int8)


def written():
    """A product with whole numbers, one with others, and one of integers, all with large constants."""
    nodes = [
        node("MatMul", "x A", "a"),
        node("MatMul", "a B", "b"),
        node("Clip", "b low high", "c"),
        node("Cast", "c", "i", to=TensorProto.UINT8),
        node("MatMulInteger", "i C", "m"),
        node("Cast", "m", "p", to=TensorProto.FLOAT),
    ]
    constants = {"A": WHOLE, "B": BROKEN, "C": BYTES, "low": np.float32(0), "high": np.float32(255)}
    return model(
        nodes,
        constants,
        inputs=[("x", TensorProto.FLOAT, ["n", SIDE])],
        outputs=[("p", TensorProto.FLOAT, None)],
    )


def admitted(content, folder):
    """What the gate makes of a model's bytes, and its report."""
    given, ready = folder / "model.onnx", folder / "ready"
    given.write_bytes(content)
    made = os.open(ready, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    arguments = {"model_bytes": 1 << 30}
    facts = inspect_model.run(arguments, {"model": os.open(given, os.O_RDONLY)}, {"ready": made})
    return given, ready, facts


def loaded(content, folder):
    """What is run of a model's bytes."""
    given, ready, _ = admitted(content, folder)
    return load(os.open(ready, os.O_RDONLY), ["x"], ["p"], os.open(given, os.O_RDONLY))


def test_a_model_computes_the_same_from_its_file(tmp_path):
    content = written().SerializeToString()
    given, ready, facts = admitted(content, tmp_path)
    assert facts["parameters"] == WHOLE.size + BROKEN.size + BYTES.size + 2
    assert ready.stat().st_size < LARGE
    session = loaded(content, tmp_path)
    rows = np.random.default_rng(4).normal(size=(3, SIDE)).astype(np.float32)
    (found,) = session.run(["p"], {"x": rows})
    bare = load(os.open(given, os.O_RDONLY), ["x"], ["p"])
    assert np.array_equal(found, bare.run(["p"], {"x": rows})[0])


def test_a_large_constant_is_left_in_the_file():
    content = written().SerializeToString()
    weights = Weights(content)
    read = weights.read()
    for tensor in read.graph.initializer:
        if tensor.name in "ABC":
            assert weights.has(tensor)
            assert not tensor.raw_data


def posing(name, place=PLACE, length=4 * SIDE * SIDE, offset=0):
    """A graph with a constant that claims to be one that was left in the file."""
    graph = written()
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[SIDE, SIDE])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    graph.graph.initializer.append(tensor)
    return graph.SerializeToString()


@pytest.mark.parametrize(
    "content",
    [
        posing("D"),
        posing("A"),
        posing("A", "/etc/passwd"),
        posing("D", offset=2**62),
        posing("D", offset="x"),
    ],
)
def test_nothing_else_poses_as_one(content, tmp_path):
    with pytest.raises(RefusalError):
        admitted(content, tmp_path)


def test_a_constant_of_another_size_than_it_says_is_refused(tmp_path):
    graph = written()
    graph.graph.initializer[0].dims[0] += 1
    with pytest.raises(RefusalError):
        loaded(graph.SerializeToString(), tmp_path)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_protobuf_reads_them(content):
    expected = onnx.ModelProto()
    try:
        expected.ParseFromString(content)
    except Exception:
        with pytest.raises(RefusalError):
            Weights(content).read()
        return
    try:
        found = Weights(content).read()
    except RefusalError:  # it may be stricter: groups, numbers that are longer than they need to be
        return
    assert found.SerializeToString() == expected.SerializeToString()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_read_as_protobuf_reads_it(place, byte):
    content = bytearray(SMALL)
    content[place % len(content)] = byte
    test_any_bytes_are_read_as_protobuf_reads_them.hypothesis.inner_test(bytes(content))


SMALL = model([node("MatMul", "x W", "p")], {"W": np.eye(4, dtype=np.float32)}).SerializeToString()
