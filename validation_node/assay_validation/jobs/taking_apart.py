"""Takes logarithms of sums apart, so that each of their steps gets rounding errors of its own size.

The terms of the sum are mostly between 0 and 1, and the largest is 1. The sum's logarithm is added to the
largest input, which all processors compute alike. An error proportional to the result would be far too large
for a large result, and zero for a result close to 0.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import nodes

_KINDS = frozenset({"LogSoftmax", "ReduceLogSum", "ReduceLogSumExp"})
_DOMAINS = ("", "ai.onnx")
_NARROW = frozenset({TensorProto.FLOAT16, TensorProto.BFLOAT16})
_WIDE = frozenset({TensorProto.FLOAT, TensorProto.DOUBLE})
_BY_INPUT = {"ReduceMax": 18, "ReduceSum": 13}
"""The operator set from which each of these takes its axes as an input."""


def take_apart(model: onnx.ModelProto) -> None:
    """Replace *model*'s operators of these kinds, in place."""
    if any(map(_is_taken_apart, nodes(model.graph))):
        _Steps(model).rewrite()


def _is_taken_apart(node: onnx.NodeProto) -> bool:
    return node.op_type in _KINDS and node.domain in _DOMAINS


class _Steps:
    def __init__(self, model: onnx.ModelProto) -> None:
        self._edit = GraphEditor(model)

    def rewrite(self) -> None:
        self._edit.each(self._take)

    def _take(self, node: onnx.NodeProto) -> None:
        kind = self._edit.types.get(node.input[0]) if _is_taken_apart(node) else None
        if kind in _NARROW:  # the runtime computes these in 32 bits, too
            node.input[0] = self._edit.add("Cast", [node.input[0]], to=TensorProto.FLOAT)
            output, node.output[0] = node.output[0], self._edit.name()
            self._replace(node, TensorProto.FLOAT)
            self._edit.add("Cast", [node.output[0]], output, to=kind)
        elif kind in _WIDE:
            self._replace(node, kind)
        else:
            self._edit.keep(node)

    def _replace(self, node: onnx.NodeProto, kind: int) -> None:
        if node.op_type == "LogSoftmax":
            self._replace_softmax(node, kind)
        else:
            self._replace_sum(node, kind)

    def _replace_softmax(self, node: onnx.NodeProto, kind: int) -> None:
        edit, rows = self._edit, node.input[0]
        flat = edit.opset < 13  # over all axes from the given one on
        axis = _attribute(node, "axis", 1 if flat else -1)
        if flat:
            rows, axis = edit.add("Flatten", [rows], axis=axis), 1
        lower = edit.add("Sub", [rows, self._finite(self._reduced("ReduceMax", rows, [axis]), kind)])
        total = self._reduced("ReduceSum", edit.add("Exp", [lower]), [axis])
        found = edit.add("Sub", [lower, edit.add("Log", [total])], None if flat else node.output[0])
        if flat:
            edit.add("Reshape", [found, edit.add("Shape", [node.input[0]])], node.output[0])

    def _replace_sum(self, node: onnx.NodeProto, kind: int) -> None:
        edit, name = self._edit, node.input[0]
        axes: Sequence[int] | str = next((list(a.ints) for a in node.attribute if a.name == "axes"), "")
        if len(node.input) > 1:
            axes = node.input[1]
        kept, none = _attribute(node, "keepdims", 1), _attribute(node, "noop_with_empty_axes", 0)
        if node.op_type == "ReduceLogSum":
            edit.add("Log", [self._reduced("ReduceSum", name, axes, kept, none)], node.output[0])
            return
        largest = self._finite(self._reduced("ReduceMax", name, axes, none=none), kind)
        added = largest if kept else self._finite(self._reduced("ReduceMax", name, axes, 0, none), kind)
        raised = edit.add("Exp", [edit.add("Sub", [name, largest])])
        total = self._reduced("ReduceSum", raised, axes, kept, none)
        edit.add("Add", [added, edit.add("Log", [total])], node.output[0])

    def _reduced(self, kind: str, name: str, axes: Sequence[int] | str, kept: int = 1, none: int = 0) -> str:
        """*name* reduced over *axes* (numbers or a tensor); without any, over all, unless *none* is 1."""
        edit = self._edit
        if edit.opset < _BY_INPUT[kind]:
            attributes: dict[str, Any] = {"axes": axes} if axes else {}
            return edit.add(kind, [name], keepdims=kept, **attributes)
        if axes and not isinstance(axes, str):
            axes = edit.constant(np.array(axes, np.int64))
        inputs = [name, str(axes)] if axes else [name]
        return edit.add(kind, inputs, keepdims=kept, noop_with_empty_axes=none)

    def _finite(self, name: str, kind: int) -> str:
        """*name* with infinities replaced, as the runtime does for the largest number if all are masked."""
        if self._edit.opset < 8:
            return name
        most = np.finfo(helper.tensor_dtype_to_np_dtype(kind)).max
        bounded = self._edit.add("Max", [name, self._edit.constant(np.asarray(-most))])
        return self._edit.add("Min", [bounded, self._edit.constant(np.asarray(most))])


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((a.i for a in node.attribute if a.name == name), default)
