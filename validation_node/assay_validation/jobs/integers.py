"""Rewrites products of integers so that every processor's kernels compute them exactly.

On processors with AVX2 but without VNNI, the runtime's kernels for signed weights add pairs of products in 16
bits, which overflow: 255·127 + 255·127 becomes 32,767. Its kernels for unsigned weights add in 32 bits
everywhere. So signed operands are made unsigned by adding 128 to them and to their zero points, which changes
no product.
"""

import numpy as np
import onnx
from onnx import TensorProto

from assay_validation.jobs.graph_editor import GraphEditor, constants
from assay_validation.jobs.subgraphs import nodes
from assay_validation.jobs.weights import Weights

_OPERANDS = {
    "MatMulInteger": ((0, 2), (1, 3)),
    "ConvInteger": ((0, 2), (1, 3)),
    "QLinearMatMul": ((0, 2), (3, 5)),
    "QLinearConv": ((0, 2), (3, 5)),
    "DynamicQuantizeLSTM": ((1, 9), (2, 11)),
    "DynamicQuantizeMatMul": ((1, 3),),
    "MatMulIntegerToFloat": ((0, 4), (1, 5)),
    "QAttention": ((0, 6), (1, 7)),
    "QGemm": ((0, 2), (3, 5)),
}
"""For each operator, the inputs that hold integers, each with the input that holds its zero point."""
_RESULT_ZERO_POINT = {"QLinearMatMul": 7, "QLinearConv": 7, "QGemm": 8}
"""The input with the result's zero point, for the operators that have one."""


def make_unsigned(model: onnx.ModelProto, weights: Weights | None = None) -> None:
    """Make the operands of *model*'s products of integers unsigned, in place.

    *weights* are its large constants.
    """
    if any(node.op_type in _OPERANDS for node in nodes(model.graph)):
        _Unsigned(model, weights).rewrite()


class _Unsigned:
    def __init__(self, model: onnx.ModelProto, weights: Weights | None) -> None:
        self._edit = GraphEditor(model)
        self._constants = constants(model.graph, [TensorProto.INT8], weights)
        self._done: dict[tuple[int, str], str] = {}

    def rewrite(self) -> None:
        self._edit.each(self._take)

    def _take(self, node: onnx.NodeProto) -> None:
        for operand, zero_point in _OPERANDS.get(node.op_type, ()):
            if self._signed(node.input[operand]):
                node.input[operand] = self._raised(node.input[operand])
                self._raise_zero_point(node, zero_point)
        name, lower = node.output[0], node.op_type in _OPERANDS and self._signed(node.output[0])
        if lower:
            place = _RESULT_ZERO_POINT[node.op_type]
            node.input[place] = self._raised(node.input[place])
            node.output[0] = self._edit.name()
        self._edit.keep(node)
        if lower:
            self._shifted(node.output[0], -128, TensorProto.INT8, output=name)

    def _signed(self, name: str) -> bool:
        return self._edit.types.get(name) == TensorProto.INT8

    def _raise_zero_point(self, node: onnx.NodeProto, place: int) -> None:
        node.input.extend([""] * (place + 1 - len(node.input)))
        name = node.input[place]
        node.input[place] = self._raised(name) if name else self._edit.constant(np.array(128, np.uint8))

    def _raised(self, name: str) -> str:
        """The signed numbers *name* with 128 added, unsigned."""
        known = self._constants.get(name)
        place = (self._edit.body if known is None else 0, name)
        if place not in self._done:
            if known is not None:
                self._done[place] = self._edit.constant(known.view(np.uint8) ^ np.uint8(128))
            else:
                self._done[place] = self._shifted(name, 128, TensorProto.UINT8)
        return self._done[place]

    def _shifted(self, name: str, by: int, kind: int, output: str | None = None) -> str:
        wide = self._edit.add("Cast", [name], to=TensorProto.INT32)
        moved = self._edit.add("Add", [wide, self._edit.constant(np.array(by, np.int32))])
        return self._edit.add("Cast", [moved], output, to=kind)
