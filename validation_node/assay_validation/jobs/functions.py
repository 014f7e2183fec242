"""Puts the bodies of a model's own functions in place of the calls, after counting what that makes."""

from collections.abc import Iterable
from typing import NamedTuple

import onnx
from onnx import inliner

from assay_validation.jobs import RefusalError
from assay_validation.jobs.subgraphs import bodies

Key = tuple[str, str, str]


class _Size(NamedTuple):
    operators: int
    bytes: int


def inline(model: onnx.ModelProto, most_operators: int, most_bytes: int) -> onnx.ModelProto:
    """*model* without functions of its own.

    Raises:
        RefusalError: they call one another in a circle, or the whole would be larger than allowed. Functions
            in functions can make 10^8 operators of two kilobytes, so they are counted first.
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
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # ONNX raises what it likes; all of it means the same
        message = f"the model's own functions cannot be put in place: {str(error)[:200]}"
        raise RefusalError(message, "own_functions") from None


class _Sizes:
    """What calls expand to; that of each function is worked out once."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._functions = {(f.domain, f.name, f.overload): f for f in model.functions}
        self._known: dict[Key, _Size | None] = {}

    def of_graph(self, graph: onnx.GraphProto) -> _Size:
        """Of all operators in *graph*."""
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
