"""Sums of no products: two of the runtime's kernels leave their results unwritten if there are no terms."""

import numpy as np
import onnx
from onnx import numpy_helper

from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import nodes

_SUMMED_AXIS = {"MatMulInteger": -1, "ConvInteger": 1}
"""The axis of the first input over which an operator adds."""


def fill_empty_sums(model: onnx.ModelProto) -> None:
    """Have these operators answer 0 in *model*, in place, where they add nothing.

    Raises:
        RefusalError: the type of a tensor cannot be told.
    """
    if any(node.op_type in _SUMMED_AXIS for node in nodes(model.graph)):
        editor = GraphEditor(model)
        editor.each(lambda node: _fill(node, editor))


def _fill(node: onnx.NodeProto, editor: GraphEditor) -> None:
    if node.op_type not in _SUMMED_AXIS or not node.input or not node.output:
        editor.keep(node)
        return

    def constant(value: int, dtype: type) -> str:
        return editor.add("Constant", [], value=numpy_helper.from_array(np.array(value, dtype)))

    output = node.output[0]
    node.output[0] = editor.name()
    editor.keep(node)
    axis = constant(_SUMMED_AXIS[node.op_type], np.int64)
    terms = editor.add("Gather", [editor.add("Shape", [node.input[0]]), axis])
    empty = editor.add("Equal", [terms, constant(0, np.int64)])
    editor.add("Where", [empty, constant(0, np.int32), node.output[0]], output)
