"""Numbers of bfloat16 are computed in 32 bits, wherever in a graph they are."""

import os

import numpy as np
import pytest
from graphs import body, model, node
from onnx import TensorProto

from assay_validation.jobs.bfloat16 import widen
from assay_validation.jobs.predict import load

FLOAT, NARROW = TensorProto.FLOAT, TensorProto.BFLOAT16
RANDOM = np.random.default_rng(7)


def run(written, rows, folder):
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    return load(os.open(path, os.O_RDONLY), ["x"], ["p"]).run(["p"], {"x": rows})[0]


def nearest(values):
    """The nearest bfloat16, as float32."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1) >> 16).astype(np.uint32) << 16).view(np.float32)


@pytest.mark.parametrize("ends", ["narrow", "wide"])
@pytest.mark.parametrize("inside", [False, True])
def test_results_are_those_of_32_bits_rounded(ends, inside, tmp_path):
    """In a body, too, which has no inputs of its own."""
    weights = RANDOM.normal(size=(6, 3)).astype(np.float32)
    rows = RANDOM.normal(size=(5, 6)).astype(np.float32)
    nodes = [
        node("Cast", "x", "h", to=NARROW),
        node("Cast", "w", "v", to=NARROW),
        node("MatMul", "h v", "m"),
        node("Relu", "m", "r"),
        node("Add", "r r", "z"),
    ]
    if inside:
        then = body(nodes[2:], [], [("z", NARROW, None)])
        nodes = [*nodes[:2], node("If", "yes", "z", then_branch=then, else_branch=then)]
    told = NARROW if ends == "narrow" else FLOAT
    nodes.append(node("Cast", "z", "p", to=told))
    constants = {"w": weights, "yes": np.array(True)}
    written = model(nodes, constants, inputs=[("x", FLOAT, ["n", 6])], outputs=[("p", told, None)])
    widen(written)
    product = nearest(nearest(rows) @ nearest(weights))
    assert np.allclose(run(written, rows, tmp_path), 2 * np.maximum(product, 0), rtol=2**-7)


def test_names_of_the_model_are_left_alone(tmp_path):
    """A graph that has our names already gets others."""
    nodes = [
        node("Cast", "x", "assay_1", to=NARROW),
        node("Exp", "assay_1", "assay_2"),
        node("Cast", "assay_2", "p", to=FLOAT),
    ]
    written = model(nodes, inputs=[("x", FLOAT, ["n", 1])], outputs=[("p", FLOAT, None)])
    widen(written)
    assert np.allclose(run(written, np.zeros((2, 1), np.float32), tmp_path), 1)


def test_a_graph_without_them_stays_as_it_is():
    written = model([node("Relu", "x", "p")])
    before = written.SerializeToString()
    widen(written)
    assert written.SerializeToString() == before
