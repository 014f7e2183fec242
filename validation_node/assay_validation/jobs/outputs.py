"""Outputs of a number type that numpy does not have."""

import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.subgraphs import nodes


def widen_outputs(model: onnx.ModelProto) -> None:
    """Turn bfloat16 outputs into float32 ones with the same values, in place."""
    made = {name for node in model.graph.node for name in node.output}
    for output in model.graph.output:
        tensor = output.type.tensor_type
        if tensor.elem_type == TensorProto.BFLOAT16 and output.name in made:
            narrow = f"{output.name} in 16 bits"
            for node in nodes(model.graph):
                for names in (node.input, node.output):
                    names[:] = [narrow if name == output.name else name for name in names]
            cast = helper.make_node("Cast", [narrow], [output.name], to=TensorProto.FLOAT)
            model.graph.node.append(cast)
            tensor.elem_type = TensorProto.FLOAT
