"""Takes FusedConv and FusedGemm apart: the product, what is added to it, and the function that is applied.

In one operator, what is added can be so large that the errors in the factors are rounded off. The function
would then decide by the last bits of the sum, and no error would show it.
"""

from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper

from assay_validation.jobs import RefusalError
from assay_validation.jobs.graph_editor import GraphEditor

FUSED = frozenset({"FusedConv", "FusedGemm"})
_PARAMETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["HardSwish", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh"], ()),
    **dict.fromkeys(["Celu", "Elu", "LeakyRelu", "ThresholdedRelu"], ("alpha",)),
    "Clip": ("min", "max"),
    "HardSigmoid": ("alpha", "beta"),
}
"""The functions that ONNX has as operators, and the names of their parameters."""
_SINCE = {"Celu": 12, "HardSwish": 14}
"""The operator sets from which on ONNX has those that are not in all of them."""
_NAMED = ("activation_alpha", "activation_beta")
_ENDS_ARE_INPUTS = 11
"""The operator set from which on the ends of a Clip are inputs."""


def steps(node: onnx.NodeProto, edit: GraphEditor) -> list[onnx.NodeProto]:
    """The operators that do in turn what *node*, one of `FUSED`, does; *edit* names what lies between them.

    Raises:
        RefusalError: ONNX has no operator for its function, as is the case for ScaledTanh.
    """
    function, output = _function(node), node.output[0]
    if function and (function not in _PARAMETERS or edit.opset < _SINCE.get(function, 0)):
        message = f"{node.op_type} with the function {function[:100]!r} is not allowed"
        raise RefusalError(message, "operator_refused", name=node.op_type)
    made = [_product(node)]
    added = made[0].input.pop() if len(node.input) > 3 else ""
    if added:
        made.append(helper.make_node("Add", ["", added], [output]))
    kind = edit.types.get(output, TensorProto.FLOAT)
    if function:
        made.append(_applied(node, function, edit, kind))
    for before, after in pairwise(made):
        before.output[0] = after.input[0] = edit.name()
        edit.types[before.output[0]] = kind
    return made


def _function(node: onnx.NodeProto) -> str:
    return next((one.s.decode(errors="replace") for one in node.attribute if one.name == "activation"), "")


def _product(node: onnx.NodeProto) -> onnx.NodeProto:
    product = onnx.NodeProto()
    product.CopyFrom(node)
    product.op_type, product.domain = node.op_type.removeprefix("Fused"), ""
    for attribute in [one for one in product.attribute if one.name.startswith("activation")]:
        product.attribute.remove(attribute)
    return product


def _applied(node: onnx.NodeProto, function: str, edit: GraphEditor, kind: int) -> onnx.NodeProto:
    """The operator of *function*; the first of its inputs is left open."""
    given, ends = _given(node, function), []
    if function == "Clip" and edit.opset >= _ENDS_ARE_INPUTS:
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        ends, given = [edit.constant(np.asarray(end, dtype)) for end in given.values()], {}
    applied = helper.make_node(function, ["", *ends], [node.output[0]])
    applied.attribute.extend(helper.make_attribute(*one) for one in given.items())
    return applied


def _given(node: onnx.NodeProto, function: str) -> dict[str, float]:
    """The parameters of *function*: a FusedConv lists them, and a FusedGemm names them."""
    listed = next((list(one.floats) for one in node.attribute if one.name == "activation_params"), [])
    named = [one.f for name in _NAMED for one in node.attribute if one.name == name]
    return dict(zip(_PARAMETERS[function], listed or named, strict=False))
