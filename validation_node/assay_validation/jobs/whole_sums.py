"""Up to what size whole numbers can be summed without rounding, in any order."""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.operators import WHOLE_SUMS

EXACT_BELOW = 2.0**24
"""All whole numbers up to this can be stored as 32-bit floats."""


def largest_exact(edit: GraphEditor, node: onnx.NodeProto, kind: int) -> str | None:
    """The largest whole number of *kind* that *node* may sum exactly, as the name of a tensor of one number.

    None if even sums of whole numbers round.
    """
    if node.op_type not in WHOLE_SUMS:
        return None
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    terms = _terms(edit, node)
    few = edit.add("Max", [edit.add("Cast", [terms], to=TensorProto.DOUBLE), edit.constant(np.asarray(1.0))])
    most = edit.add("Div", [edit.constant(np.asarray(EXACT_BELOW)), few])
    if WHOLE_SUMS[node.op_type] == 2:
        most = edit.add("Sqrt", [most])
    return most if dtype == np.float64 else edit.add("Cast", [most], to=kind)


def _terms(edit: GraphEditor, node: onnx.NodeProto) -> str:
    """An upper bound of how many numbers are summed into each number of the result."""
    every = edit.add("Size", [node.input[0]])
    if node.op_type == "CumSum":
        return every
    if node.op_type == "AveragePool":
        area = next((math.prod(a.ints) for a in node.attribute if a.name == "kernel_shape"), 1)
        return edit.constant(np.asarray(area, np.int64))
    twin = onnx.NodeProto()
    twin.CopyFrom(node)
    twin.name, twin.output[:] = "", [edit.name()]
    edit.keep(twin)
    return edit.add("Div", [every, edit.add("Size", [twin.output[0]])])
