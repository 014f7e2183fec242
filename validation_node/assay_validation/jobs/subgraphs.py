"""The graphs of a model: its own, and the bodies of operators such as Loop."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import onnx

from assay_validation.jobs import RefusalError


def bodies(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that *node* contains."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """*graph* and all graphs inside it."""
    yield graph
    for node in graph.node:
        for body in bodies(node):
            yield from graphs(body)


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All operators of *graph* and of the graphs inside it."""
    for one in graphs(graph):
        yield from one.node


def sort(graph: onnx.GraphProto) -> None:
    """Put operators, including those of bodies, after the ones that produce their inputs; some exporters do
    not.

    Raises:
        RefusalError: they depend on one another in a circle.
    """
    for node in graph.node:
        for body in bodies(node):
            sort(body)
    makers = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    waits = [{makers[name] for name in taken(node) if name in makers} for node in graph.node]
    if all(not one or max(one) < place for place, one in enumerate(waits)):
        return
    try:
        order = list(TopologicalSorter(dict(enumerate(waits))).static_order())
    except CycleError:
        raise RefusalError("the graph runs in a circle", "model_refused") from None
    copies = [graph.node[place].SerializeToString() for place in order]
    del graph.node[:]
    graph.node.extend(onnx.NodeProto.FromString(one) for one in copies)


def taken(node: onnx.NodeProto) -> Iterator[str]:
    """The tensors that *node* and its bodies take, wherever these come from."""
    yield from node.input
    for body in bodies(node):
        own = set(_defined(body))
        names = [name for inner in body.node for name in taken(inner)]
        yield from (name for name in (*names, *(one.name for one in body.output)) if name not in own)


def tell_names_apart(graph: onnx.GraphProto) -> None:
    """Rename tensors of bodies whose names are used elsewhere, so that each name stands for one tensor."""
    taken = set(_defined(graph))
    for node in graph.node:
        for body in bodies(node):
            _rename(body, {}, taken)


def _rename(graph: onnx.GraphProto, outer: Mapping[str, str], taken: set[str]) -> None:
    names = dict(outer)
    for name in _defined(graph):
        number, new = 2, name
        while new in taken:
            new, number = f"{name}_{number}", number + 1
        taken.add(new)
        names[name] = new
    if all(name == new for name, new in names.items()):
        names = {}
    for group in (graph.input, graph.output, graph.value_info, graph.initializer):
        for one in group:
            one.name = names.get(one.name, one.name)
    for tensor in graph.sparse_initializer:
        tensor.values.name = names.get(tensor.values.name, tensor.values.name)
    for node in graph.node:
        for field in (node.input, node.output):
            for place, name in enumerate(field):
                if name in names:
                    field[place] = names[name]
        for body in bodies(node):
            _rename(body, names, taken)


def _defined(graph: onnx.GraphProto) -> Iterator[str]:
    yield from dict.fromkeys(
        [one.name for one in (*graph.input, *graph.initializer)]
        + [tensor.values.name for tensor in graph.sparse_initializer]
        + [name for node in graph.node for name in node.output if name]
    )
