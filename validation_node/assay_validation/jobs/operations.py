"""How much one operator computes, by the shapes of its inputs and outputs."""

import math
from collections.abc import Sequence
from typing import Any

import onnx
from onnx import helper

Shapes = dict[str, tuple[int, ...]]
GATES = ("GRU", "LSTM", "RNN")
CONVOLUTIONS = ("Conv", "ConvInteger", "QLinearConv", "ConvTranspose")
MATRICES = ("MatMul", "MatMulInteger", "QLinearMatMul", "Gemm", "FusedMatMul", "TransposeMatMul")
_LENGTHS = ("nodes_splits", "nodes_values", "coefficients", "support_vectors")
"""The attributes of operators in ONNX's second domain whose lengths say how much they compute."""


class Untold(Exception):
    """The costs of an operator cannot be determined; its kind is the message."""


def kind_of(node: onnx.NodeProto) -> str:
    """The operator's name, even while types are inferred and it goes by one of our names."""
    return node.op_type.rpartition(".")[2]


def told_as(node: onnx.NodeProto) -> str:
    """The name of the operator in the model, even if *node* stands in for it."""
    return node.name or kind_of(node)


def lengths(node: onnx.NodeProto) -> int:
    """How much an operator of ONNX's second domain computes, by the lengths of its attributes."""
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    return sum(_length(attributes[name]) for name in _LENGTHS if name in attributes)


def operations(node: onnx.NodeProto, shapes: Shapes) -> int:
    """The operations of one operator; raises :class:`Untold`."""
    kind = kind_of(node)
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if any(name in attributes for name in _LENGTHS):
        return 0  # counted by its lengths
    if kind in CONVOLUTIONS:
        return _convolution(kind, node, shapes)
    if kind in MATRICES:
        left = shapes.get(node.input[0])
        made = _shape(node, 0, shapes)
        if left is None:
            raise Untold(told_as(node))
        inner = left[-2 if attributes.get("transA") else -1]
        return math.prod(made) * inner
    if kind in GATES:
        taken, weights, hidden = (shapes.get(node.input[place]) for place in range(3))
        if taken is None or weights is None or hidden is None or len(taken) < 2:
            raise Untold(told_as(node))
        return taken[0] * taken[1] * (math.prod(weights) + math.prod(hidden))
    if kind == "Einsum":  # the product of the lengths of all its letters
        given = [shapes[name] for name in node.input if name in shapes]
        try:
            return math.prod(_letters(attributes["equation"].decode(), given).values())
        except IndexError:
            raise Untold(told_as(node)) from None
    return sum(math.prod(_shape(node, place, shapes)) for place, name in enumerate(node.output) if name)


def _length(value: Any) -> int:
    if isinstance(value, onnx.TensorProto):
        return math.prod(value.dims)
    return len(value) if isinstance(value, (list, tuple)) else 0


def _shape(node: onnx.NodeProto, place: int, shapes: Shapes) -> tuple[int, ...]:
    found = shapes.get(node.output[place])
    if found is None:
        raise Untold(told_as(node))
    return found


def _convolution(kind: str, node: onnx.NodeProto, shapes: Shapes) -> int:
    """Each output number (for a transposed convolution, each input number) takes one kernel."""
    place = 3 if kind == "QLinearConv" else 1
    kernel, taken = shapes.get(node.input[place]), shapes.get(node.input[0])
    if kernel is None or taken is None:
        raise Untold(told_as(node))
    met = taken if kind == "ConvTranspose" else _shape(node, 0, shapes)
    return math.prod(met) * math.prod(kernel[1:])


def _letters(equation: str, given: Sequence[Sequence[int]]) -> dict[str, int]:
    """The length of each letter of an Einsum. Axes of ellipses are named 0, 1, and so on from the last one.

    Raises:
        IndexError: the shapes *given* do not fit the equation.
    """
    lengths: dict[str, int] = {}
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != len(given):
        raise IndexError(equation)
    for term, shape in zip(terms, given, strict=True):
        before, dots, after = term.partition("...")
        free = len(shape) - len(before) - len(after)
        if free < 0 or (free and not dots):
            raise IndexError(equation)
        names = [*before, *(str(place) for place in reversed(range(free))), *after]
        for name, length in zip(names, shape, strict=True):
            if lengths.get(name, 1) == 1:  # a length of 1 broadcasts
                lengths[name] = length
    return lengths
