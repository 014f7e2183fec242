"""Graphs in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

FLOAT, INT64, BOOL, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING


def node(kind: str, inputs: str, outputs: str, domain: str = "", **attributes: Any) -> NodeProto:
    """An operator; names of its inputs and outputs stand in one text."""
    return helper.make_node(
        kind, inputs.split(" ") if inputs else [], outputs.split(), domain=domain, **attributes
    )


def constant(name: str, value: Any) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


def declared(name: str, kind: int = FLOAT, shape: Sequence[Any] | None = ("n", 1)) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, None if shape is None else list(shape))


def model(
    nodes: Sequence[NodeProto],
    *tensors: TensorProto,
    inputs: Sequence[ValueInfoProto] = (),
    outputs: Sequence[ValueInfoProto] = (),
    domains: Sequence[str] = (),
    opset: int = 17,
) -> ModelProto:
    """A model from x to p, with 17 operators' set."""
    graph = helper.make_graph(nodes, "g", list(inputs) or [declared("x")], list(outputs) or [declared("p")])
    graph.initializer.extend(tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    opsets += [helper.make_opsetid(domain, 1) for domain in domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def written(*nodes: NodeProto, **more: Any) -> bytes:
    """The bytes of a model of these nodes; constants are given as ``constants``, by name."""
    tensors = [constant(name, value) for name, value in more.pop("constants", {}).items()]
    return model(nodes, *tensors, **more).SerializeToString()


IDENTITY = node("Identity", "x", "p")
