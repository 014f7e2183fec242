"""What one row costs a graph, read off its shapes: operations, and memory for its tensors.

Multiplications with an addition count one in products (convolutions, matrices, recurrent layers); trees count
their nodes, and every other operator counts one for each number that it makes.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from onnx import helper

from assay_validation.jobs.subgraphs import bodies
from assay_validation.jobs.tensor_types import inferred

Shapes = dict[str, tuple[int, ...]]
_BITS = {2: 8, 3: 8, 9: 8, 4: 16, 5: 16, 10: 16, 16: 16, 7: 64, 11: 64, 13: 64, 8: 64}
"""Of kinds of numbers that have not 32 bits."""
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_CONVOLUTIONS = ("Conv", "ConvInteger", "QLinearConv", "ConvTranspose")
_MATRICES = ("MatMul", "MatMulInteger", "QLinearMatMul", "Gemm")
_GROWING = {
    *(*_CONVOLUTIONS, *_MATRICES, *_GATES, "Attention", "Einsum"),
    *("ConstantOfShape", "Expand", "If", "Loop", "Pad", "Range", "Resize", "Scan", "SequenceMap", "Tile"),
}
"""Operators that do more, or make more, than they take."""
_LENGTHS = ("nodes_splits", "nodes_values", "coefficients")
"""The attribute of an operator of ONNX's second domain whose length is what it computes."""


class Untold(Exception):
    """The costs of an operator cannot be read off; its kind is the message."""


def costs(model: onnx.ModelProto, rows: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """``operations`` and ``memory`` (bytes) for one row, by the shape of a row of each input; or the
    operator ``untold`` of which the shapes do not follow.
    """
    try:
        graph, batch = _fed(model, rows)
        shapes, kinds = _known(graph)
        return {
            "operations": -(-_all_operations(graph, shapes) // batch)
            + sum(map(_of_lengths, model.graph.node)),
            "memory": _memory(graph, shapes, kinds, rows),
        }
    except Untold as untold:
        return {"untold": str(untold)[:100]}


def _fed(model: onnx.ModelProto, rows: Mapping[str, Sequence[int]]) -> tuple[onnx.GraphProto, int]:
    """The graph with all shapes that follow from those of the rows, and how many rows it takes at once.

    The model is changed for it and then as it was: a copy of a large one would take much memory.
    """
    graph, batches = model.graph, {1}
    inputs, outputs = copy.deepcopy(list(graph.input)), copy.deepcopy(list(graph.output))
    try:
        for value in graph.input:
            if value.name in rows:
                sizes = value.type.tensor_type.shape.dim
                batch = max(1, sizes[0].dim_value) if sizes else 1
                batches.add(batch)
                shape = [batch] if len(sizes) == 1 else [batch, *rows[value.name]]
                kind = value.type.tensor_type.elem_type
                value.CopyFrom(helper.make_tensor_value_info(value.name, kind, shape))
        for output in graph.output:
            output.type.tensor_type.ClearField("shape")
        return inferred(model, data_prop=True), max(batches)
    finally:
        del graph.input[:], graph.output[:]
        graph.input.extend(inputs)
        graph.output.extend(outputs)


def _known(graph: onnx.GraphProto) -> tuple[Shapes, dict[str, int]]:
    shapes: Shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    kinds: dict[str, int] = {}
    for value in (*graph.value_info, *graph.input, *graph.output):
        tensor = value.type.tensor_type
        kinds[value.name] = tensor.elem_type
        if tensor.HasField("shape") and all(size.HasField("dim_value") for size in tensor.shape.dim):
            shapes[value.name] = tuple(size.dim_value for size in tensor.shape.dim)
    return shapes, kinds


def _all_operations(graph: onnx.GraphProto, shapes: Shapes) -> int:
    """Of all operators. Behind one of ONNX's second domain, whose shapes ONNX does not infer, those that make
    no more than they take count nothing."""
    total, behind = 0, set[str]()
    for node in graph.node:
        kind = node.op_type.rpartition(".")[2]
        untold = [name for name in node.input if name and name not in shapes]
        learnt = node.op_type.startswith("ai.onnx.ml.") or node.domain == "ai.onnx.ml"
        if any(name not in shapes for name in node.output if name):
            if not learnt and (not untold or not behind.issuperset(untold) or kind in _GROWING):
                raise Untold(kind)
            behind |= set(node.output)
        else:
            total += _operations(node, shapes)
    return total


def _of_lengths(node: onnx.NodeProto) -> int:
    """What an operator of ONNX's second domain computes, by the lengths of its attributes."""
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    return sum(_length(attributes[name]) for name in _LENGTHS if name in attributes)


def _operations(node: onnx.NodeProto, shapes: Shapes) -> int:
    kind = node.op_type.rpartition(".")[2]
    if any(True for _ in bodies(node)):
        raise Untold(kind)
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if any(name in attributes for name in _LENGTHS):
        return 0  # counted by its lengths
    if kind in _CONVOLUTIONS:
        return _convolution(kind, node, shapes)
    if kind in _MATRICES:
        left = shapes.get(node.input[0])
        made = _shape(node, 0, shapes)
        if left is None:
            raise Untold(kind)
        inner = left[0] if kind == "Gemm" and attributes.get("transA") else left[-1]
        return math.prod(made) * inner
    if kind in _GATES:
        taken, weights, hidden = (shapes.get(node.input[place]) for place in range(3))
        if taken is None or weights is None or hidden is None or len(taken) < 2:
            raise Untold(kind)
        return taken[0] * taken[1] * (math.prod(weights) + math.prod(hidden))
    if kind == "Einsum":
        return _einsum(node, attributes["equation"].decode(), shapes)
    if kind == "Attention":
        raise Untold(kind)
    return sum(math.prod(_shape(node, place, shapes)) for place, name in enumerate(node.output) if name)


def _length(value: Any) -> int:
    if isinstance(value, onnx.TensorProto):
        return math.prod(value.dims)
    return len(value) if isinstance(value, (list, tuple)) else 0


def _shape(node: onnx.NodeProto, place: int, shapes: Shapes) -> tuple[int, ...]:
    found = shapes.get(node.output[place])
    if found is None:
        raise Untold(node.op_type.rpartition(".")[2])
    return found


def _convolution(kind: str, node: onnx.NodeProto, shapes: Shapes) -> int:
    """Each number that is made, or of a transposed one each that is taken, meets a kernel."""
    place = 3 if kind == "QLinearConv" else 1
    kernel, taken = shapes.get(node.input[place]), shapes.get(node.input[0])
    if kernel is None or taken is None:
        raise Untold(kind)
    met = taken if kind == "ConvTranspose" else _shape(node, 0, shapes)
    return math.prod(met) * math.prod(kernel[1:])


def _einsum(node: onnx.NodeProto, equation: str, shapes: Shapes) -> int:
    """The product of the lengths of all its letters."""
    lengths: dict[str, int] = {}
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    for term, name in zip(terms, node.input, strict=False):
        shape = shapes.get(name)
        if shape is None or "." in term or len(term) != len(shape):
            raise Untold("Einsum")
        lengths |= dict(zip(term, shape, strict=True))
    return math.prod(lengths.values())


def _memory(
    graph: onnx.GraphProto, shapes: Shapes, kinds: Mapping[str, int], rows: Mapping[str, Sequence[int]]
) -> int:
    """The most bytes of tensors that are needed at one time, when each is let go after its last use."""
    last = {name: place for place, node in enumerate(graph.node) for name in node.input}
    last |= {output.name: len(graph.node) for output in graph.output}
    live = {value.name for value in graph.input if value.name in rows}
    sizes = {
        name: math.prod(shape) * _BITS.get(kinds.get(name, 1), 32) // 8 for name, shape in shapes.items()
    }
    most = 0
    for place, node in enumerate(graph.node):
        live |= {name for name in node.output if name}
        most = max(most, sum(sizes.get(name, 0) for name in live))
        live = {name for name in live if last.get(name, -1) > place}
    return most
