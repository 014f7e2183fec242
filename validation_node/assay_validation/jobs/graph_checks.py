"""What no honest model needs, found in a graph before any runtime loads it."""

import math
from collections.abc import Iterator
from typing import Any

import onnx

from assay_validation import contributed
from assay_validation.jobs import RefusalError
from assay_validation.jobs.subgraphs import bodies, graphs, nodes
from assay_validation.jobs.weights import Weights
from assay_validation.operators import DOMAINS, FOREIGN, RANDOM

MAX_NODES = 20_000
MAX_DEPTH = 8
"""The deepest nesting of bodies within bodies."""
MAX_ELEMENTS = 1 << 31


def check_form(model: onnx.ModelProto) -> None:
    """Refuse anything that is not a graph for inference; raises :class:`RefusalError`."""
    if not model.graph.node:
        raise RefusalError("the model has no graph", "no_graph")
    if model.training_info:
        raise RefusalError("the model carries training information", "training_info")
    for graph in (model.graph, *model.functions):
        _check_depth(graph, MAX_DEPTH)


def check_graph(model: onnx.ModelProto, weights: Weights) -> None:
    """Refuse operators and tensors that are not allowed; raises :class:`RefusalError`.

    Large constants may be left in *weights*.
    """
    found = sum(1 for _ in nodes(model.graph))
    if found > MAX_NODES:
        raise RefusalError(
            f"the graph has more than {MAX_NODES} operators",
            "too_many_operators",
            found=found,
            most=MAX_NODES,
        )
    for node in nodes(model.graph):
        _check_node(node)
    for place, graph in enumerate(graphs(model.graph)):
        for tensor in _tensors(graph):
            if not place and weights.has(tensor):
                _check_shape(tensor.name, tensor.dims)
            else:
                _check_tensor(tensor)
        for value in (*graph.input, *graph.output, *graph.value_info):
            dims = value.type.tensor_type.shape.dim
            _check_shape(value.name, [d.dim_value for d in dims if d.HasField("dim_value")])


def _check_depth(graph: onnx.GraphProto | onnx.FunctionProto, left: int) -> None:
    for node in graph.node:
        for body in bodies(node):
            if not left:
                raise RefusalError(f"bodies are nested deeper than {MAX_DEPTH}", "subgraph", most=MAX_DEPTH)
            _check_depth(body, left - 1)


def _check_node(node: onnx.NodeProto) -> None:
    kind, domain = node.op_type[:100], node.domain
    if domain == contributed.DOMAIN:
        if kind not in contributed.ALLOWED:
            raise RefusalError(
                f"the operator {kind} of {domain} is not allowed", "operator_refused", name=kind
            )
    elif domain not in DOMAINS:
        name = {"name": domain} if domain in FOREIGN else {}
        raise RefusalError(
            f"the model uses operators of the domain {domain[:100]!r}", "foreign_operators", **name
        )
    if kind in RANDOM or kind.startswith("Random"):
        raise RefusalError(f"the operator {kind} is not allowed", "operator_refused", name=kind)
    if kind == "Dropout" and len(node.input) > 2 and node.input[2]:
        raise RefusalError("Dropout in training mode is random", "operator_refused", name=kind)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """The constants of *graph*, without those of bodies."""
    yield from graph.initializer
    sparse = list(graph.sparse_initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            sparse += [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
            sparse += attribute.sparse_tensors
    for tensor in sparse:
        yield tensor.values
        yield tensor.indices
        _check_shape(tensor.values.name, tensor.dims)


def _check_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_location != onnx.TensorProto.DEFAULT or tensor.external_data:
        raise RefusalError("the model keeps tensors outside its file", "tensors_outside")
    _check_shape(tensor.name, tensor.dims)


def _check_shape(name: str, dims: Any) -> None:
    if any(d < 0 for d in dims) or math.prod(dims) > MAX_ELEMENTS:
        raise RefusalError(f"the tensor {name[:100]!r} has an absurd shape", "absurd_shape")
