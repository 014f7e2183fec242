"""Adds operators to a graph that somebody else wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from assay_validation.jobs.subgraphs import bodies, graphs, nodes, tell_names_apart
from assay_validation.jobs.tensor_types import types_of

_OWN = ("", "ai.onnx")
_DEFAULT_OPSET = 17
"""The operator set of a graph that uses none of ONNX's own operators."""


class GraphEditor:
    """One pass over *model*'s operators, in which each can be changed, and others put before or after it.

    Bodies of operators such as Loop are included. Names are made unique first, so that each stands for one
    tensor throughout the model.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        if all(one.domain not in _OWN for one in model.opset_import):
            model.opset_import.append(helper.make_opsetid("", _DEFAULT_OPSET))
        tell_names_apart(model.graph)
        self.types = types_of(model)
        """The number type of each tensor, as in TensorProto."""
        self.opset = max(one.version for one in model.opset_import if one.domain in _OWN)
        self._prefix = _fresh_prefix(model.graph)
        self._made = 0
        self._nodes: list[onnx.NodeProto] = []

    def each(self, change: Callable[[onnx.NodeProto], object]) -> None:
        """Call *change* for each operator; it has to add the operator, and may add others."""
        self._pass_over(self._graph, change)

    def _pass_over(self, graph: onnx.GraphProto, change: Callable[[onnx.NodeProto], object]) -> None:
        outer, self._nodes = self._nodes, []
        for node in graph.node:
            for body in bodies(node):
                self._pass_over(body, change)
            change(node)
        _replace(graph, self._nodes)
        self._nodes = outer

    def keep(self, node: onnx.NodeProto) -> None:
        """Add one of the graph's own operators."""
        self._nodes.append(node)

    def add(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        """Add a new operator; returns the name of its output, a new one unless *output* is given."""
        name = output or self.name()
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant; returns its name."""
        return self.add("Constant", [], value=numpy_helper.from_array(value))

    def name(self) -> str:
        """A name that no tensor has."""
        self._made += 1
        return f"{self._prefix}{self._made}"


def _replace(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    if len(nodes) == len(graph.node) and all(map(is_, nodes, graph.node)):
        return  # unchanged, or changed in place; copying is costly: a forest is large
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def constants(graph: onnx.GraphProto, kinds: Iterable[int]) -> Mapping[str, NDArray[Any]]:
    """The constants with number types *kinds* by name, in bodies too, without those left in the file."""
    wanted = set(kinds)
    tensors = [(tensor.name, tensor) for one in graphs(graph) for tensor in one.initializer]
    for node in nodes(graph):
        if node.op_type == "Constant":
            tensors += [(node.output[0], a.t) for a in node.attribute if a.HasField("t")]
    return {
        name: numpy_helper.to_array(one)
        for name, one in tensors
        if one.data_type in wanted and not one.external_data
    }


def _fresh_prefix(graph: onnx.GraphProto) -> str:
    prefix, taken = "assay_", {name for name in _names(graph) if name.startswith("assay_")}
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    return prefix


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    for one in graphs(graph):
        for node in one.node:
            yield from node.input
            yield from node.output
        for group in (one.input, one.output, one.value_info, one.initializer):
            for value in group:
                yield value.name
