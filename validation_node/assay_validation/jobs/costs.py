"""What one row costs a graph, judged by its shapes: operations, and memory for its tensors.

In products (convolutions, matrices, recurrent layers), a multiplication and addition count as one operation;
a tree counts its nodes, and every other operator counts one for each number that it makes. A body counts as
many times as it can run, and of two branches the costlier one counts (`body_costs`). ONNX Runtime's own
operators count as what stands in for them (`stand_ins`).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import onnx
from onnx import helper, numpy_helper

from assay_validation.contributed import DOMAIN
from assay_validation.jobs.attention import KINDS
from assay_validation.jobs.body_costs import Counted, Inside, Known, with_bodies
from assay_validation.jobs.folding import Folding
from assay_validation.jobs.operations import (
    CONVOLUTIONS,
    GATES,
    MATRICES,
    Shapes,
    Untold,
    kind_of,
    lengths,
    operations,
    told_as,
)
from assay_validation.jobs.stand_ins import stand_in
from assay_validation.jobs.subgraphs import bodies, taken
from assay_validation.jobs.tensor_types import OWN, inferred, light

_BITS = {2: 8, 3: 8, 9: 8, 4: 16, 5: 16, 10: 16, 16: 16, 7: 64, 11: 64, 13: 64, 8: 64}
"""Bits of number types that do not have 32."""
_GROWING = {
    *(*CONVOLUTIONS, *MATRICES, *GATES, *KINDS, "Einsum", "ConstantOfShape", "CropAndResize", "Expand"),
    *("GridSample", "If", "Loop", "Pad", "Range", "Resize", "Scan", "SequenceMap", "Tile"),
}
"""Operators that compute more, or make more, numbers than they take."""
_SHAPED = frozenset(
    {"AffineGrid", "ConstantOfShape", "CropAndResize", "Expand", "ExpandDims", "Pad", "Range", "Reshape"}
    | {"Resize", "Slice", "Split", "Squeeze", "Tile", "TopK", "Unsqueeze"}
)
"""Operators that take shapes or indices as input numbers."""
_OF_TEXTS = frozenset(
    {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer", "Tokenizer"}
)
_MOST = 1 << 62
"""Larger numbers are reported as this."""
_COUNTED = "counted"
"""The operator that stands in for one with bodies once these are counted."""


def costs(model: onnx.ModelProto, rows: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """``operations`` and ``memory`` (bytes) for one row, given the shape of a row of each input; or the
    operator whose costs do not follow from these, as ``untold``.
    """
    small = light(model)
    batch = _feed(small, rows)
    for output in small.graph.output:
        output.ClearField("type")  # stand-ins may make another type of number
    try:
        counted = _count(small, rows)
    except Untold as untold:
        return {"untold": str(untold)[:100]}
    except (
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ):  # for an operator that lacks inputs
        return {"untold": "malformed"}
    of_lengths = sum(map(lengths, model.graph.node))
    found = {"operations": -(-counted.operations // batch) + of_lengths, "memory": counted.memory}
    return {name: min(number, _MOST) for name, number in found.items()}


def _feed(model: onnx.ModelProto, rows: Mapping[str, Sequence[int]]) -> int:
    """Give the inputs of *model* the shapes of the rows; returns how many rows it takes at once."""
    batches = {1}
    for value in model.graph.input:
        if value.name in rows:
            sizes = value.type.tensor_type.shape.dim
            batch = max(1, sizes[0].dim_value) if sizes else 1
            batches.add(batch)
            shape = [batch] if len(sizes) == 1 else [batch, *rows[value.name]]
            kind = value.type.tensor_type.elem_type
            value.CopyFrom(helper.make_tensor_value_info(value.name, kind, shape))
    return max(batches)


def _count(model: onnx.ModelProto, fed: Collection[str]) -> Counted:
    """What the `light` *model* costs, including the tensors *fed* to it; the model is changed in place."""
    _put_stand_ins(model)
    graph = model.graph
    folding = Folding(graph, model.opset_import)
    values: dict[str, Any] = {}
    inner: dict[str, Counted] = {}
    while True:
        found = inferred(model, data_prop=True).graph
        values |= {
            one.name: numpy_helper.to_array(one) for one in graph.initializer if one.name not in values
        }
        known = _known(found, values)
        if _fold(graph, folding, known):
            continue
        place = next((at for at, node in enumerate(graph.node) if any(True for _ in bodies(node))), None)
        if place is None:
            break
        node = graph.node[place]
        counted = with_bodies(node, Inside(known, folding, list(model.opset_import), _count))
        inner[next(filter(None, node.output), "")] = counted
        _put_counted(graph, place, counted)
    outputs = [known.typed(one.name) for one in graph.output]
    return Counted(_operations(found, known.shapes, inner), _memory(found, known, fed, inner), outputs)


def _fold(graph: onnx.GraphProto, folding: Folding, known: Known) -> bool:
    """Insert known values where unknown shapes depend on them; returns whether there were any."""
    found = False
    for node in graph.node:
        if kind_of(node) in _SHAPED and any(name not in known.shapes for name in node.output if name):
            for place, name in enumerate(node.input):
                value = (
                    folding.value(name, known.values, known.shapes) if name not in known.constants else None
                )
                if value is not None:
                    node.input[place] = f"{name} {node.output[0]}"
                    graph.initializer.append(numpy_helper.from_array(value, node.input[place]))
                    found = True
    return found


def _put_stand_ins(model: onnx.ModelProto) -> None:
    """Put `stand_ins` in place of operators for which they are known."""
    nodes = list(model.graph.node)
    found = {at: stand_in(node) for at, node in enumerate(nodes) if _stands_in(node)}
    if not any(found.values()):
        return
    for at, one in found.items():
        for made in one.nodes if one is not None else ():
            made.name = kind_of(nodes[at])
    copies = [[node] if not (one := found.get(at)) else one.nodes for at, node in enumerate(nodes)]
    kept = [onnx.NodeProto.FromString(one.SerializeToString()) for many in copies for one in many]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    for one in filter(None, found.values()):
        for name, shape in one.weights.items():
            value = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
            model.graph.input.append(value)


def _stands_in(node: onnx.NodeProto) -> bool:
    own = node.domain == OWN and node.op_type.startswith(f"{DOMAIN}.")
    return own or (node.op_type == "Attention" and node.domain in ("", "ai.onnx"))


def _put_counted(graph: onnx.GraphProto, place: int, counted: Counted) -> None:
    """Replace an operator with bodies by one of which only the output shapes are known."""
    node = graph.node[place]
    plain = helper.make_node(_COUNTED, list(dict.fromkeys(taken(node))), node.output, domain=OWN)
    for name, typed in zip(node.output, counted.outputs, strict=False):
        if name and typed is not None:
            graph.value_info.append(helper.make_tensor_value_info(name, *typed))
    node.CopyFrom(plain)


def _known(graph: onnx.GraphProto, values: dict[str, Any]) -> Known:
    shapes: Shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    for value in (*graph.value_info, *graph.input, *graph.output):
        tensor = value.type.tensor_type
        kinds[value.name] = tensor.elem_type or kinds.get(value.name, 0)
        if tensor.HasField("shape") and all(size.HasField("dim_value") for size in tensor.shape.dim):
            shapes[value.name] = tuple(size.dim_value for size in tensor.shape.dim)
    return Known(shapes, kinds, values, frozenset(tensor.name for tensor in graph.initializer))


def _operations(graph: onnx.GraphProto, shapes: Shapes, inner: Mapping[str, Counted]) -> int:
    """Operations of all operators. After an operator whose shapes cannot be inferred, such as one on texts,
    operators that make no more than they take are not counted."""
    total, behind = 0, set[str]()
    for node in graph.node:
        kind = kind_of(node)
        if kind == _COUNTED and node.domain == OWN:
            total += inner[next(filter(None, node.output), "")].operations
            continue
        untold = [name for name in node.input if name and name not in shapes]
        learnt = kind in _OF_TEXTS or node.op_type.startswith("ai.onnx.ml.") or node.domain == "ai.onnx.ml"
        if any(name not in shapes for name in node.output if name):
            if not learnt and (not untold or not behind.issuperset(untold) or kind in _GROWING):
                raise Untold(told_as(node))
            behind |= set(node.output)
        else:
            total += operations(node, shapes)
    return total


def _memory(graph: onnx.GraphProto, known: Known, fed: Collection[str], inner: Mapping[str, Counted]) -> int:
    """The most bytes of tensors needed at one time, if each is freed after its last use; those of a body come
    on top of those that are kept outside it."""
    last = {name: place for place, node in enumerate(graph.node) for name in node.input}
    last |= {output.name: len(graph.node) for output in graph.output}
    live = {value.name for value in graph.input if value.name in fed}
    sizes = {
        name: math.prod(shape) * _BITS.get(known.kinds.get(name, 1), 32) // 8
        for name, shape in known.shapes.items()
    }
    most = 0
    for place, node in enumerate(graph.node):
        live |= {name for name in node.output if name}
        within = inner[node.output[0]].memory if node.op_type == _COUNTED else 0
        most = max(most, within + sum(sizes.get(name, 0) for name in live))
        live = {name for name in live if last.get(name, -1) > place}
    return most
