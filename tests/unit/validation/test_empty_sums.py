"""Operators with nothing to add do not run, where the runtime would answer what happens to be in memory."""

import os

import numpy as np
import pytest
from graphs import model, node
from onnx import TensorProto

from assay_validation.contributed import DOMAIN
from assay_validation.jobs import RefusalError
from assay_validation.jobs.empty_sums import refuse_empty_sums
from assay_validation.jobs.predict import load, predict

UINT8, FLOAT = TensorProto.UINT8, TensorProto.FLOAT
ONE, ZERO = np.float32(1), np.uint8(0)
CASES = {
    # its domain; shapes of the first input and of the weights, None where they are added over; the others
    "MatMulInteger": ("", (2, None), (None, 5), "x w", {}),
    "ConvInteger": ("", (2, None, 3, 3), (4, None, 1, 1), "x w", {}),
    "QLinearMatMul": ("", (2, None), (None, 5), "x s z w s z s z", {"s": ONE, "z": ZERO}),
    "QLinearConv": ("", (2, None, 3, 3), (4, None, 1, 1), "x s z w s z s z", {"s": ONE, "z": ZERO}),
    "MatMulIntegerToFloat": (DOMAIN, (2, None), (None, 5), "x w s s", {"s": ONE}),
    "QGemm": (DOMAIN, (2, None), (None, 5), "x s z w s z", {"s": ONE, "z": ZERO}),
}
ROWS = 2


def session(kind, terms, folder):
    domain, shape, weights, inputs, more = CASES[kind]
    constants = {"w": np.ones([terms if size is None else size for size in weights], np.uint8), **more}
    declared = [("x", UINT8, ["n", *[None] * (len(shape) - 1)])]
    written = model(
        [node(kind, inputs, "y", domain), node("Cast", "y", "p", to=FLOAT)],
        constants,
        inputs=declared,
        outputs=[("p", FLOAT, None)],
        domains=[DOMAIN],
    )
    refuse_empty_sums(written)
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    fed = np.ones([terms if size is None else size for size in shape], np.uint8)
    return load(os.open(path, os.O_RDONLY), ["x"], ["p"]), fed


@pytest.mark.parametrize("kind", CASES)
def test_with_nothing_to_add_it_does_not_run(kind, tmp_path):
    made, fed = session(kind, 0, tmp_path)
    with pytest.raises(RefusalError, match="does not run"):
        predict(made, {"x": fed}, ["p"])


@pytest.mark.parametrize("kind", CASES)
def test_otherwise_it_does(kind, tmp_path):
    """Also for no rows at all, as a detector finds them now and then."""
    made, fed = session(kind, 3, tmp_path)
    (found,) = made.run(["p"], {"x": fed})
    assert (found == 3).all()
    (none,) = made.run(["p"], {"x": fed[:0]})
    assert none.shape == (0, *found.shape[1:])
