"""Operators that apply a function to their own product (FusedConv, FusedGemm), as one operator for each step.

Within one operator, what is added to a product can be too large for the errors in its factors to matter, and
the function then decides by the last bits of both.
"""

from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.graph_editor import GraphEditor

_FUNCTIONS: dict[bytes, tuple[str, ...]] = {
    **dict.fromkeys([b"Relu", b"Selu", b"Sigmoid", b"Softplus", b"Softsign", b"Tanh"], ()),
    **dict.fromkeys([b"Elu", b"LeakyRelu", b"ThresholdedRelu"], ("alpha",)),
    b"Clip": ("min", "max"),
    b"HardSigmoid": ("alpha", "beta"),
}
"""The names of the parameters of each function."""
_APART = ("activation_alpha", "activation_beta")
_ENDS_ARE_INPUTS = 11
"""The operator set from which on the ends of a Clip are inputs."""


def is_fused(node: onnx.NodeProto) -> bool:
    """Whether *node* can be split; the runtime does not load one with another function."""
    return node.op_type in ("FusedConv", "FusedGemm") and _function(node) in (b"", *_FUNCTIONS)


def steps(node: onnx.NodeProto, edit: GraphEditor) -> list[onnx.NodeProto]:
    """The product, what is added to it, and the function; *edit* names what lies between them."""
    function, output = _function(node), node.output[0]
    kind = edit.types.get(output, TensorProto.FLOAT)
    given = _parameters(node, function)
    product = onnx.NodeProto()
    product.CopyFrom(node)
    product.op_type, product.domain = node.op_type.removeprefix("Fused"), ""
    for attribute in [one for one in product.attribute if one.name.startswith("activation")]:
        product.attribute.remove(attribute)
    made = [product]
    if len(node.input) > 3:
        made.append(helper.make_node("Add", ["", product.input.pop()], [output]))
    if function:
        ends = []
        if function == b"Clip" and edit.opset >= _ENDS_ARE_INPUTS:
            dtype = helper.tensor_dtype_to_np_dtype(kind)
            ends, given = [edit.constant(np.asarray(end, dtype)) for end in given.values()], {}
        made.append(helper.make_node(function.decode(), ["", *ends], [output]))
        made[-1].attribute.extend(helper.make_attribute(*one) for one in given.items())
    for before, after in pairwise(made):
        before.output[0] = after.input[0] = edit.name()
        edit.types[before.output[0]] = kind
    return made


def _function(node: onnx.NodeProto) -> bytes:
    return next((one.s for one in node.attribute if one.name == "activation"), b"")


def _parameters(node: onnx.NodeProto, function: bytes) -> dict[str, float]:
    """A FusedConv lists them, and a FusedGemm names them."""
    listed = next((list(one.floats) for one in node.attribute if one.name == "activation_params"), [])
    named = [next((one.f for one in node.attribute if one.name == name), None) for name in _APART]
    names = _FUNCTIONS.get(function, ())
    given = zip(names, listed or named, strict=False)
    return {name: value for name, value in given if value is not None}
