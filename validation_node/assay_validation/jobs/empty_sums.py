"""Sums of no products, where kernels of the runtime answer what happens to be in memory: they do not run."""

import numpy as np
import onnx

from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import nodes

_SUMMED_AXES = {
    "ConvInteger": (1,),
    "DynamicQuantizeLSTM": (-1,),
    "DynamicQuantizeMatMul": (-1,),
    "MatMulInteger": (-1,),
    "MatMulIntegerToFloat": (-1,),
    "QAttention": (-1,),
    "QGemm": (-1,),
    "QLinearConv": (1,),
    "QLinearMatMul": (-1,),
    "RoiAlign": (2, 3),
}
"""The axes of an operator's first input that it adds over, or reads from."""
_NO_SIZE = -2
"""What no axis can be, so that a Reshape to it fails."""


def refuse_empty_sums(model: onnx.ModelProto) -> None:
    """Have these operators fail in *model*, in place, where they would add nothing.

    Raises:
        RefusalError: the type of a tensor cannot be told.
    """
    if any(node.op_type in _SUMMED_AXES for node in nodes(model.graph)):
        editor = GraphEditor(model)
        editor.each(lambda node: _guard(node, editor))


def _guard(node: onnx.NodeProto, editor: GraphEditor) -> None:
    if node.op_type in _SUMMED_AXES and node.input:
        given = node.input[0]
        shape = editor.add("Shape", [given])
        summed = editor.add("Gather", [shape, editor.constant(np.array(_axes(node)))])
        least = editor.add("ReduceMin", [summed], keepdims=0)
        empty = editor.add("Equal", [least, editor.constant(np.array([0]))])
        wanted = editor.add("Where", [empty, editor.constant(np.array([_NO_SIZE])), shape])
        node.input[0] = editor.add("Reshape", [given, wanted])
    editor.keep(node)


def _axes(node: onnx.NodeProto) -> tuple[int, ...]:
    turned = node.op_type == "QGemm" and any(one.name == "transA" and one.i for one in node.attribute)
    return (0,) if turned else _SUMMED_AXES[node.op_type]
