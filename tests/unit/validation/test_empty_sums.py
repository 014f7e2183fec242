"""Products of integers with nothing to add are 0, not what was left in memory."""

import os

import numpy as np
import pytest
from graphs import model, node
from onnx import TensorProto

from assay_validation.jobs.empty_sums import fill_empty_sums
from assay_validation.jobs.predict import load

UINT8, INT32 = TensorProto.UINT8, TensorProto.INT32
CASES = {
    "MatMulInteger": ([2, 0], (0, 5), (2, 5)),
    "ConvInteger": ([2, 0, 3, 3], (4, 0, 1, 1), (2, 4, 3, 3)),
}


def run(written, feed, folder):
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["p"]).run(["p"], feed)[0]


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("terms", [0, 3])
def test_nothing_is_added_to_nothing(kind, terms, tmp_path):
    shape, weights, answer = CASES[kind]
    shape = [terms if size == 0 else size for size in shape]
    constant = np.ones([terms if size == 0 else size for size in weights], np.uint8)
    declared = [("x", UINT8, [None] * len(shape))]
    written = model([node(kind, "x w", "p")], {"w": constant}, inputs=declared, outputs=[("p", INT32, None)])
    fill_empty_sums(written)
    found = run(written, {"x": np.ones(shape, np.uint8)}, tmp_path)
    assert found.shape == answer
    assert (found == terms).all()
