"""Inlines a model's own functions, after counting how much that would make."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import onnx
from onnx import defs, inliner

from assay_validation.jobs import RefusalError
from assay_validation.jobs.subgraphs import bodies, nodes

_OWN = ("", "ai.onnx")
Key = tuple[str, str, str]


class _Size(NamedTuple):
    operators: int
    bytes: int


def inline(model: onnx.ModelProto, most_operators: int, most_bytes: int) -> onnx.ModelProto:
    """*model* without functions of its own.

    Raises:
        RefusalError: they call one another in a circle, or the result would be larger than allowed. Nested
            functions in a two-kilobyte file can make 10^8 operators, so they are counted first.
    """
    if not model.functions:
        return model
    whole = _Sizes(model).of_graph(model.graph)
    if whole.operators > most_operators:
        raise RefusalError(
            f"with its functions the graph has more than {most_operators} operators",
            "too_many_operators",
            found=min(whole.operators, 10**12),
            most=most_operators,
        )
    if whole.bytes > most_bytes:
        raise RefusalError(
            f"with its functions the model is larger than {most_bytes} bytes",
            "model_too_large",
            most=most_bytes,
        )
    _adopt_version(model)
    try:
        inlined = inliner.inline_local_functions(model)
    except Exception as error:  # ONNX may raise anything, and it all means the same
        message = f"the model's own functions cannot be put in place: {str(error)[:200]}"
        raise RefusalError(message, "own_functions") from None
    own = {(one.domain, one.name) for one in model.functions}
    left = next((node for node in nodes(inlined.graph) if (node.domain, node.op_type) in own), None)
    if left is not None:
        message = f"the model's own function {left.op_type[:100]!r} has operators of another version"
        raise RefusalError(message, "own_functions")
    return inlined


def _adopt_version(model: onnx.ModelProto) -> None:
    """Make functions use the model's version of ONNX's operators if that has the same ones; ONNX does not
    inline functions of another version."""
    version = next((one.version for one in model.opset_import if one.domain in _OWN), 0)
    for function in model.functions:
        for told in function.opset_import:
            kinds = {node.op_type for node in _all(function) if node.domain in _OWN}
            if told.domain in _OWN and all(_same(kind, told.version, version) for kind in kinds):
                told.version = version


def _all(function: onnx.FunctionProto) -> Iterator[onnx.NodeProto]:
    for node in function.node:
        yield node
        for body in bodies(node):
            yield from nodes(body)


def _same(kind: str, one: int, other: int) -> bool:
    """Whether an operator is the same in two versions."""
    try:
        first, second = (defs.get_schema(kind, version) for version in (one, other))
    except defs.SchemaError:
        return False
    return bool(first.since_version == second.since_version)


class _Sizes:
    """The sizes that calls expand to; each function's is worked out once."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._functions = {(f.domain, f.name, f.overload): f for f in model.functions}
        self._known: dict[Key, _Size | None] = {}

    def of_graph(self, graph: onnx.GraphProto) -> _Size:
        """The size of all operators in *graph*."""
        return self._of(graph.node)

    def _of(self, nodes: Iterable[onnx.NodeProto]) -> _Size:
        operators = size = 0
        for node in nodes:
            parts = [self._of_node(node), *(self.of_graph(body) for body in bodies(node))]
            operators += sum(one.operators for one in parts)
            size += sum(one.bytes for one in parts)
        return _Size(operators, size)

    def _of_node(self, node: onnx.NodeProto) -> _Size:
        key = (node.domain, node.op_type, node.overload)
        function = self._functions.get(key)
        if function is None:
            return _Size(1, node.ByteSize())
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._of(function.node)
        found = self._known[key]
        if found is None:
            raise RefusalError("a function of the model calls itself", "own_functions")
        return found
