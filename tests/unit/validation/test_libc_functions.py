"""Functions that replace those of the C library give the same numbers, to the precision of their type."""

import os

import numpy as np
import pytest
from graphs import body, model, node
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from assay_validation.contributed import DOMAIN
from assay_validation.jobs import RefusalError
from assay_validation.jobs.libc_functions import replace_libc_functions
from assay_validation.jobs.predict import load
from assay_validation.jobs.subgraphs import nodes

KINDS = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16, np.float64: TensorProto.DOUBLE}
FUNCTIONS = {
    "Acosh": (np.arccosh, st.floats(1, 1e30)),
    "Asinh": (np.arcsinh, st.floats(-1e30, 1e30)),
    "Atanh": (np.arctanh, st.floats(-1, 1)),
    "Cosh": (np.cosh, st.floats(-100, 100)),
    "Sinh": (np.sinh, st.floats(-100, 100) | st.floats(-1e-2, 1e-2)),
    "Tan": (np.tan, st.floats(-1e6, 1e6)),
}


def run(written, rows, folder):
    path = folder / "model.onnx"
    path.write_bytes(written.SerializeToString())
    return load(os.open(path, os.O_RDONLY), ["x"], ["p"]).run(["p"], {"x": rows})[0]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("opset", [9, 17, 21])
@given(data=st.data())
def test_they_are_as_exact_as_their_type(name, opset, data, tmp_path_factory):
    function, domain = FUNCTIONS[name]
    rows = np.float32(data.draw(st.lists(domain, min_size=1, max_size=50)))
    kind = TensorProto.FLOAT
    written = model(
        [node(name, "x", "p")], inputs=[("x", kind, ["n"])], outputs=[("p", kind, ["n"])], opset=opset
    )
    replace_libc_functions(written)
    assert name not in {one.op_type for one in nodes(written.graph)}
    with np.errstate(all="ignore"):
        expected = function(rows.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_max_ulp(run(written, rows, tmp_path_factory.mktemp("m")), expected, 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_types_keep_theirs(dtype, tmp_path):
    """In 64 bits the runtime has no such operators; those of 16 bits are in a body here."""
    kind = KINDS[dtype]
    then = body([node("Sinh", "x", "y")], [], [("y", kind, None)])
    steps = [node("If", "yes", "p", then_branch=then, else_branch=then)]
    constants = {"yes": np.array(True)}
    written = model(steps, constants, inputs=[("x", kind, ["n"])], outputs=[("p", kind, ["n"])])
    replace_libc_functions(written)
    kept = "Sinh" in {one.op_type for one in nodes(written.graph)}
    assert kept == (dtype == np.float64)
    if not kept:
        rows = np.linspace(-3, 3, 50).astype(dtype)
        assert np.allclose(run(written, rows, tmp_path), np.sinh(rows), rtol=2e-3)


@pytest.mark.parametrize("name", ["Acos", "Asin", "Atan", "Mish", "Softplus"])
@pytest.mark.parametrize("opset", [9, 18])
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (5, 1, 1), (0,), (4, 2), (1, 0, 4), (3, 0)])
def test_what_is_left_of_four_numbers_is_as_the_rest(name, opset, shape, tmp_path):
    """A number has the same bits as among many, and tensors keep their shapes."""
    if opset < 18 and (name == "Mish" or (0 in shape and len(shape) > 1)):
        return  # there is none, or a Reshape cannot say so
    written = model(
        [node(name, "x", "p")],
        inputs=[("x", TensorProto.FLOAT, list(shape))],
        outputs=[("p", TensorProto.FLOAT, None)],
        opset=opset,
    )
    many = model(
        [node(name, "x", "p")],
        inputs=[("x", TensorProto.FLOAT, [4, "n"])],
        outputs=[("p", TensorProto.FLOAT, None)],
        opset=opset,
    )
    replace_libc_functions(written)
    rows = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    found = run(written, rows, tmp_path)
    assert found.shape == shape
    expected = run(many, np.tile(rows.ravel(), (4, 1)), tmp_path)[0]
    assert np.array_equal(found.ravel(), expected)


REFUSED = {
    "GroupQueryAttention": ({"softcap": 30.0}, DOMAIN),
    "Attention": ({"softcap": 30.0}, ""),
    "FusedGemm": ({"activation": "Softplus"}, DOMAIN),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_use_other_functions_are_refused_by_name(name):
    attributes, domain = REFUSED[name]
    written = model([node(name, "x x x", "p", domain, **attributes)], opset=23, domains=[DOMAIN])
    with pytest.raises(RefusalError, match="versions of the C library") as refused:
        replace_libc_functions(written)
    assert refused.value.faults[0] == {"code": "operator_refused", "name": name}
