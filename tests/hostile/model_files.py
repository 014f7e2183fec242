"""Models that are stopped before a runtime sees them."""

from __future__ import annotations

import gzip
import io
import itertools
import pickle
import zipfile
from typing import Any

import numpy as np
from onnx import ModelProto, SparseTensorProto, TensorProto, helper

from assay.manifests.reason import Code
from hostile.catalogue import LIMITS, collector
from hostile.graphs import FLOAT, IDENTITY, constant, declared, model, node, written

cases, hostile = collector("model file")


# NO ONNX


@hostile(Code.NO_GRAPH)
def empty_model() -> bytes:
    """An empty file."""
    return b""


@hostile(Code.NOT_ONNX)
def zero_bytes() -> bytes:
    """A hundred zero bytes."""
    return bytes(100)


@hostile(Code.NOT_ONNX)
def text_as_model() -> bytes:
    """A page of HTML."""
    return b"<html><script>alert(1)</script></html>"


@hostile(Code.NOT_ONNX)
def pickle_as_model() -> bytes:
    """A pickle that would run a program when it is opened."""

    class Bomb:
        def __reduce__(self) -> Any:
            return exec, ("import os; os.abort()",)

    return pickle.dumps(Bomb())


@hostile(Code.NOT_ONNX)
def zipped_bomb() -> bytes:
    """A zip archive in which sixty-four megabytes of zeros take sixty-four kilobytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("m", "w") as member:
        for _ in range(4):
            member.write(bytes(1 << 24))
    return file.getvalue()


@hostile(Code.NOT_ONNX)
def gzipped_model() -> bytes:
    """A model that has to be unpacked first."""
    return gzip.compress(written(IDENTITY))


@hostile(Code.NOT_ONNX)
def length_beyond_the_file() -> bytes:
    """A field that claims two gigabytes in a file of five bytes."""
    return b"\x3a\xff\xff\xff\x7f"


@hostile(Code.NOT_ONNX)
def truncated_model() -> bytes:
    """A model without its last bytes."""
    return written(IDENTITY)[:-7]


@hostile(Code.NOT_ONNX)
def endless_varint() -> bytes:
    """A number whose every byte says that another follows."""
    return b"\x08" + b"\xff" * 100_000


@hostile(Code.NOT_ONNX)
def nested_messages() -> bytes:
    """Ten thousand graphs, each inside an attribute of the one before, to overflow the parser's stack."""
    content = b""
    for _ in range(10_000):
        for tag in (b"\x32", b"\x2a", b"\x0a"):  # a graph in an attribute in a node
            content = tag + varint(len(content)) + content
    return b"\x3a" + varint(len(content)) + content


@hostile(Code.NOT_ONNX)
def nested_groups() -> bytes:
    """A hundred thousand groups, each inside the one before, of a field that nobody knows."""
    return b"\xfb\x07" * 100_000 + b"\xfc\x07" * 100_000


@hostile(Code.MODEL_TOO_LARGE)
def oversized_model() -> bytes:
    """A file one byte larger than the order allows."""
    return bytes(LIMITS.model_bytes + 1)


@hostile(Code.NO_GRAPH)
def no_graph() -> bytes:
    """A model that has a name and no graph."""
    return ModelProto(ir_version=8, producer_name="x").SerializeToString()


@hostile(Code.NO_GRAPH)
def no_operators() -> bytes:
    """A graph that hands its input on without an operator."""
    return model([], outputs=[declared("x")]).SerializeToString()


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


# FILES OF OTHERS


def external(location: str, **more: str) -> ModelProto:
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[1, 1], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return model([node("MatMul", "x w", "p")], tensor)


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_etc_passwd() -> bytes:
    """Weights in a file of the machine, by its path."""
    return external("/etc/passwd").SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_the_folder_above() -> bytes:
    """Weights in a file beside the hidden data."""
    return external("../data").SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_an_open_file() -> bytes:
    """Weights in whatever file the process has open."""
    return external("/proc/self/fd/3").SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_memory() -> bytes:
    """Weights in the process's own memory."""
    return external("/proc/self/mem", offset="4096", length="4").SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_anywhere_by_an_attribute() -> bytes:
    """The same from the constant of an operator instead of the graph's."""
    graph = model([node("Constant", "", "w"), node("MatMul", "x w", "p")])
    graph.graph.node[0].attribute.append(helper.make_attribute("value", external("w").graph.initializer[0]))
    return graph.SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def weights_from_outside_that_stay_unused() -> bytes:
    """A constant in another file that no operator uses."""
    graph = model([IDENTITY])
    graph.graph.initializer.append(external("/dev/zero").graph.initializer[0])
    return graph.SerializeToString()


@hostile(Code.TENSORS_OUTSIDE)
def sparse_weights_from_outside() -> bytes:
    """A sparse constant whose values are in another file."""
    graph = model([node("MatMul", "x w", "p")])
    sparse = SparseTensorProto(dims=[1, 1], indices=constant("i", np.int64([0])))
    sparse.values.CopyFrom(external("/etc/passwd").graph.initializer[0])
    graph.graph.sparse_initializer.append(sparse)
    return graph.SerializeToString()


# SHAPES AND SIZES


def shaped(*dims: int) -> bytes:
    tensor = TensorProto(name="w", data_type=FLOAT, dims=dims)
    return model([node("MatMul", "x w", "p")], tensor).SerializeToString()


@hostile(Code.ABSURD_SHAPE)
def giant_constant() -> bytes:
    """A constant of four terabytes, by its shape alone."""
    return shaped(1 << 20, 1 << 20)


@hostile(Code.ABSURD_SHAPE)
def negative_constant() -> bytes:
    """A constant with a negative length."""
    return shaped(-1, 1)


@hostile(Code.ABSURD_SHAPE)
def overflowing_constant() -> bytes:
    """Lengths whose product is a small number in 64 bits."""
    return shaped(1 << 62, 8)


@hostile(Code.ABSURD_SHAPE)
def two_negatives() -> bytes:
    """Two negative lengths, whose product is positive."""
    return shaped(-4, -4)


@hostile(Code.ABSURD_SHAPE)
def giant_sparse_constant() -> bytes:
    """A sparse constant of a million million numbers, one of which is given."""
    graph = model([node("MatMul", "x w", "p")])
    sparse = SparseTensorProto(dims=[1 << 20, 1 << 20], indices=constant("i", np.int64([0])))
    sparse.values.CopyFrom(constant("w", np.float32([1])))
    graph.graph.sparse_initializer.append(sparse)
    return graph.SerializeToString()


@hostile(Code.ABSURD_SHAPE)
def giant_input() -> bytes:
    """An input that declares a row of a million million numbers."""
    return written(IDENTITY, inputs=[declared("x", FLOAT, ["n", 1 << 40])])


@hostile(Code.ABSURD_SHAPE)
def giant_output() -> bytes:
    """An output that declares more rows than there are atoms in a mole."""
    return written(IDENTITY, outputs=[declared("p", FLOAT, [1 << 62, 1 << 62])])


@hostile(Code.MODEL_REFUSED)
def cycle() -> bytes:
    """Two operators, each of which waits for the other."""
    return written(node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "a", "p"))


@hostile(Code.MODEL_REFUSED)
def cycle_of_one() -> bytes:
    """An operator that waits for itself."""
    return written(node("Add", "x p", "p"))


@hostile(Code.DOES_NOT_LOAD)
def constant_shorter_than_its_shape() -> bytes:
    """A constant of a million numbers that has four bytes, to be read past its end."""
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[1, 1_000_000], raw_data=bytes(4))
    return model([node("MatMul", "x w", "p")], tensor).SerializeToString()


@hostile(Code.TOO_MANY_OPERATORS)
def many_operators() -> bytes:
    """One operator more than is allowed, in a chain."""
    names = ["x", *(f"v{i}" for i in range(20_000)), "p"]
    return written(*(node("Relu", a, b) for a, b in itertools.pairwise(names)))


# WHAT NO HONEST MODEL NEEDS


@hostile(Code.FOREIGN_OPERATORS)
def operator_of_its_own() -> bytes:
    """An operator of a domain of the developer's own, for which a library would have to be loaded."""
    return written(node("Steal", "x", "p", "evil"), domains=["evil"])


@hostile(Code.FOREIGN_OPERATORS)
def python_operator() -> bytes:
    """PyTorch's operator that calls into Python."""
    return written(node("PythonOp", "x", "p", "org.pytorch.aten"), domains=["org.pytorch.aten"])


@hostile(Code.FOREIGN_OPERATORS)
def training_operator() -> bytes:
    """An operator that trains, from hidden rows."""
    domain = "ai.onnx.preview.training"
    return written(node("Gradient", "x", "p", domain), domains=[domain])


@hostile(Code.TRAINING_INFO)
def training_information() -> bytes:
    """Instructions for training beside the graph."""
    graph = model([IDENTITY])
    graph.training_info.add()
    return graph.SerializeToString()


def random(kind: str, inputs: str = "", **more: Any) -> bytes:
    return written(node(kind, inputs, "r", **more), node("Add", "x r", "p"))


@hostile(Code.OPERATOR_REFUSED)
def random_numbers() -> bytes:
    """Answers that differ from validator to validator."""
    return random("RandomUniform", shape=[1])


@hostile(Code.OPERATOR_REFUSED)
def random_numbers_with_a_seed() -> bytes:
    """The same with a seed, which a runtime need not honour."""
    return random("RandomNormal", shape=[1], seed=1.0)


@hostile(Code.OPERATOR_REFUSED)
def random_numbers_like_the_input() -> bytes:
    """Random numbers in the input's shape."""
    return random("RandomNormalLike", "x")


@hostile(Code.OPERATOR_REFUSED)
def random_classes() -> bytes:
    """A class drawn by probability."""
    return random("Multinomial", "x", dtype=6)


@hostile(Code.OPERATOR_REFUSED)
def random_bits() -> bytes:
    """Coins thrown by probability."""
    return random("Bernoulli", "x")


@hostile(Code.OPERATOR_REFUSED)
def dropout_in_training() -> bytes:
    """Dropout that really drops."""
    return written(node("Dropout", "x  on", "p"), constants={"on": True})
