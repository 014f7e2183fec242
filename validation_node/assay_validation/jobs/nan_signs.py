"""Operators that show the sign of a NaN.

Where two NaNs meet, an emulated processor may keep another one than a real processor does.
"""

import onnx
from onnx import TensorProto

from assay_validation.jobs import RefusalError
from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import nodes

_EXACT = (TensorProto.STRING, TensorProto.INT32, TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64)


def refuse_signs_of_nan(model: onnx.ModelProto) -> None:
    """Refuse BitCast, and MurmurHash3 of anything but whole numbers and texts.

    Raises:
        RefusalError: the model has one of them.
    """
    kinds = {node.op_type for node in nodes(model.graph)}
    if "BitCast" in kinds:
        raise RefusalError("BitCast shows the sign of a NaN", "operator_refused", name="BitCast")
    if "MurmurHash3" in kinds:
        types = GraphEditor(model).types
        hashed = [types.get(node.input[0]) for node in nodes(model.graph) if node.op_type == "MurmurHash3"]
        if any(one not in _EXACT for one in hashed):
            message = "MurmurHash3 of fractions shows the sign of a NaN"
            raise RefusalError(message, "operator_refused", name="MurmurHash3")
