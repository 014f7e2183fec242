"""Adds operators to a graph that somebody else wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from assay_validation.jobs import RefusalError

_FLOATS = frozenset(
    {"Scaler", "Normalizer", "FeatureVectorizer", "LinearRegressor", "SVMRegressor", "TreeEnsembleRegressor"}
)
_LIKE_INPUT = frozenset({"Imputer", "GroupNormalization"})
_CLASSIFIERS = frozenset({"LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"})
"""Operators of whose results ONNX does not infer the types."""
_OWN = ("", "ai.onnx")
_DEFAULT_OPSET = 17
"""Of a graph that has none of ONNX's own operators."""


class GraphEditor:
    """One pass over *model*'s operators, in which each can be changed and others put before or after it."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        if all(one.domain not in _OWN for one in model.opset_import):
            model.opset_import.append(helper.make_opsetid("", _DEFAULT_OPSET))
        self.types = _types(model)
        """Kind of number of each tensor, as in TensorProto."""
        self.opset = max(one.version for one in model.opset_import if one.domain in _OWN)
        self._prefix = _fresh_prefix(model.graph)
        self._made = 0
        self._nodes: list[onnx.NodeProto] = []

    def each(self, change: Callable[[onnx.NodeProto], object]) -> None:
        """Have *change* add each operator, and whatever it likes with it."""
        for node in self._graph.node:
            change(node)
        nodes, self._nodes = self._nodes, []
        copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del self._graph.node[:]
        self._graph.node.extend(copies)

    def keep(self, node: onnx.NodeProto) -> None:
        """Add an operator of the graph's own."""
        self._nodes.append(node)

    def add(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        """Add a new operator; returns the name of its output, a new one unless *output* is given."""
        name = output or self.name()
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        """Add *value*; returns its name."""
        name = self.name()
        tensor = numpy_helper.from_array(value, name)
        self._graph.initializer.append(tensor)
        self.types[name] = tensor.data_type
        return name

    def name(self) -> str:
        """A name that no tensor has."""
        self._made += 1
        return f"{self._prefix}{self._made}"


def constants(graph: onnx.GraphProto, kinds: Iterable[int]) -> Mapping[str, NDArray[Any]]:
    """The constants of these *kinds* of numbers by name."""
    wanted = set(kinds)
    tensors = [(one.name, one) for one in graph.initializer]
    for node in graph.node:
        if node.op_type == "Constant":
            tensors += [(node.output[0], a.t) for a in node.attribute if a.HasField("t")]
    return {name: numpy_helper.to_array(one) for name, one in tensors if one.data_type in wanted}


def _types(model: onnx.ModelProto) -> dict[str, int]:
    """The kind of number of each tensor, 0 of what is no tensor. The file's own word is not believed."""
    del model.graph.value_info[:]
    of_inputs = {one.name: one.type.tensor_type.elem_type for one in model.graph.input}
    for node in model.graph.node:
        kinds = list(_untold(node, of_inputs))
        for name, kind in zip(node.output, kinds, strict=False):
            model.graph.value_info.append(helper.make_tensor_value_info(name, kind, None))
    graph = onnx.shape_inference.infer_shapes(model).graph
    del model.graph.value_info[:]
    values = (*graph.value_info, *graph.input, *graph.output)
    found = {value.name: value.type.tensor_type.elem_type for value in values}
    found |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    for node in graph.node:
        untold = [name for name in node.output if name and name not in found]
        if untold:
            raise RefusalError(f"the type of {untold[0][:100]!r} cannot be told", "model_refused")
    return found


def _untold(node: onnx.NodeProto, of_inputs: Mapping[str, int]) -> Iterator[int]:
    """The kinds of *node*'s results, where ONNX does not infer them."""
    if node.op_type in _FLOATS:
        yield TensorProto.FLOAT
    elif node.op_type in _LIKE_INPUT:
        yield of_inputs.get(node.input[0], TensorProto.FLOAT)
    elif node.op_type in _CLASSIFIERS:
        named = any(a.strings for a in node.attribute if a.name in ("classlabels_strings", "classlabels"))
        yield TensorProto.STRING if named else TensorProto.INT64
        yield TensorProto.FLOAT


def _fresh_prefix(graph: onnx.GraphProto) -> str:
    prefix, taken = "assay_", {name for name in _names(graph) if name.startswith("assay_")}
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    return prefix


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        yield from node.output
    for group in (graph.input, graph.output, graph.value_info, graph.initializer):
        for one in group:
            yield one.name
