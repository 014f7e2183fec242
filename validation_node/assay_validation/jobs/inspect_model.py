"""The gate: reads an ONNX file as data, before any runtime loads it, and refuses what no honest model needs.

Refused: files beyond the repository's size limit, anything stored outside the file, model-local functions,
subgraphs (so Loop, Scan and If), random operators, operators beyond ONNX's own two domains, string
processing, and absurd shapes. What passes may still be hostile; the jail's limits are for that.
"""

import math
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from assay_validation.jobs import RefusalError
from assay_validation.jobs.integers import make_unsigned
from assay_validation.jobs.rounding import take_errors
from assay_validation.operators import REFUSED

MAX_NODES = 20_000
MAX_ELEMENTS = 1 << 28
MAX_KINDS, MAX_TENSORS, MAX_DIMENSIONS = 100, 64, 8
"""As many of each are told of."""
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return what the graph declares: operators by kind, operator set, inputs, outputs, constants' size.

    With an output ``ready``, write there the graph as it is scored: products of integers are exact, and it
    takes rounding errors by the input ``errors``.

    Raises:
        RefusalError: saying what is wrong with the file.
    """
    with os.fdopen(inputs["model"], "rb") as file:
        content = file.read(arguments["model_bytes"] + 1)
    if len(content) > arguments["model_bytes"]:
        most = arguments["model_bytes"]
        raise RefusalError(f"the model is larger than {most} bytes", "model_too_large", most=most)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise RefusalError("the model is not a whole ONNX file", "not_onnx") from None
    _check_model(model)
    facts = _facts(model)
    if "ready" in outputs:
        make_unsigned(model)
        facts["errors"] = take_errors(model)
        with os.fdopen(outputs["ready"], "wb") as file:
            file.write(model.SerializeToString())
    return facts


def _facts(model: onnx.ModelProto) -> dict[str, Any]:
    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}  # old graphs list them among their inputs
    fed = [i for i in graph.input if i.name not in constants]
    return {
        "operators": len(graph.node),
        "kinds": dict(Counter(node.op_type[:100] for node in graph.node).most_common(MAX_KINDS)),
        "opset": max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1),
        "parameters": sum(math.prod(tensor.dims) for tensor in graph.initializer),
        "inputs": [_declared(i) for i in fed[:MAX_TENSORS]],
        "outputs": [_declared(o) for o in graph.output[:MAX_TENSORS]],
    }


def _declared(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    shape = [size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim]
    return {"name": value.name[:256], "dtype": tensor.elem_type, "shape": shape[:MAX_DIMENSIONS]}


def _check_model(model: onnx.ModelProto) -> None:
    if not model.graph.node:
        raise RefusalError("the model has no graph", "no_graph")
    if model.functions:
        raise RefusalError("the model defines functions of its own", "own_functions")
    if model.training_info:
        raise RefusalError("the model carries training information", "training_info")
    for opset in model.opset_import:
        _check_domain(opset.domain)
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        raise RefusalError(
            f"the graph has more than {MAX_NODES} operators",
            "too_many_operators",
            found=len(graph.node),
            most=MAX_NODES,
        )
    for node in graph.node:
        _check_node(node)
    for tensor in _tensors(graph):
        _check_tensor(tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        dims = value.type.tensor_type.shape.dim
        _check_shape(value.name, [d.dim_value for d in dims if d.HasField("dim_value")])


def _check_domain(domain: str) -> None:
    if domain not in DOMAINS:
        raise RefusalError(f"the model uses operators of the domain {domain[:100]!r}", "foreign_operators")


def _check_node(node: onnx.NodeProto) -> None:
    _check_domain(node.domain)
    kind = node.op_type[:100]
    if kind in REFUSED or kind.startswith("Random"):
        raise RefusalError(f"the operator {kind} is not allowed", "operator_refused", name=kind)
    if kind == "Dropout" and len(node.input) > 2 and node.input[2]:
        raise RefusalError("Dropout in training mode is random", "operator_refused", name=kind)
    if any(a.HasField("g") or a.graphs for a in node.attribute):
        raise RefusalError(f"the operator {kind} carries a subgraph", "subgraph")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
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
