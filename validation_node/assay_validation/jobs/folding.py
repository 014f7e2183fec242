"""Values in a graph that depend only on its constants and shapes, such as how often a loop runs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from assay_validation.jobs.subgraphs import taken

Array = NDArray[Any]
Shape = tuple[int, ...]
MOST_ROUNDS = 4_096
"""The most rounds to follow in a loop that its condition ends."""
_ENDLESS = 10**12
"""The trip count that exporters write for loops that only their condition ends is far above this."""
_MOST_NUMBERS = 4_096
"""The most numbers in one value; counting rounds never needs larger ones."""
_MOST_DEPTH = 200
_FOLDED = frozenset(
    {"Abs", "Add", "And", "Cast", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Floor"}
    | {"Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max", "Min", "Mod", "Mul"}
    | {"Neg", "Not", "Or", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Shape", "Size"}
    | {"Slice", "Squeeze", "Sub", "Unsqueeze", "Where"}
)


class Folding:
    """Works out values from the operators of *graph*."""

    def __init__(self, graph: onnx.GraphProto, opsets: Sequence[onnx.OperatorSetIdProto]) -> None:
        self._makers = {name: node for node in graph.node for name in node.output if name}
        self._opsets = list(opsets)
        self._programs: dict[str, Any] = {}

    def value(
        self, name: str, known: dict[str, Array], shapes: Mapping[str, Shape], depth: int = _MOST_DEPTH
    ) -> Array | None:
        """The value of *name*; None if it depends on more than *known* values and *shapes*.

        Values that are worked out are added to *known*.
        """
        node = self._makers.get(name)
        if name in known:
            return known[name]
        if node is None or node.op_type not in _FOLDED or node.domain not in ("", "ai.onnx") or not depth:
            return None
        if node.op_type in ("Shape", "Size") and node.input[0] in shapes:
            ends = {one.name: one.i for one in node.attribute}
            shape = np.array(shapes[node.input[0]][ends.get("start", 0) : ends.get("end")], np.int64)
            found: Array | None = shape if node.op_type == "Shape" else np.array(shape.prod())
        else:
            fed = {one: self.value(one, known, shapes, depth - 1) for one in node.input if one}
            found = self._run(node, fed) if _can_be_run(node, fed) else None
        if found is not None and found.size <= _MOST_NUMBERS:
            known[name] = found
            return found
        return None

    def _run(self, node: onnx.NodeProto, fed: Mapping[str, Array | None]) -> Array | None:
        from onnx.reference import ReferenceEvaluator  # imported here: it is large, and few models need it

        name = node.output[0]
        try:
            if name not in self._programs:
                inputs = [helper.make_value_info(one, onnx.TypeProto()) for one in fed]
                outputs = [helper.make_value_info(name, onnx.TypeProto())]
                model = helper.make_model(
                    helper.make_graph([node], "g", inputs, outputs), opset_imports=self._opsets
                )
                self._programs[name] = ReferenceEvaluator(model)
            return np.asarray(self._programs[name].run([name], dict(fed))[0])
        except Exception:  # a hostile operator can make the evaluator raise anything
            return None


def _can_be_run(node: onnx.NodeProto, fed: Mapping[str, Array | None]) -> bool:
    """Whether all inputs of *node* are known, and it does not make too many numbers from them."""
    if node.op_type == "ConstantOfShape":
        shape = fed[node.input[0]]
        return shape is not None and math.prod(map(int, shape.reshape(-1))) <= _MOST_NUMBERS
    return all(one is not None for one in fed.values())


def rounds(
    node: onnx.NodeProto,
    outer: Folding,
    known: dict[str, Array],
    shapes: Mapping[str, Shape],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> int | None:
    """How often the Loop *node* runs, or the most that its trip count allows; None if neither is known."""
    for name in taken(node):
        outer.value(name, known, shapes)
    values = [known.get(name) for name in node.input]
    body = next(one.g for one in node.attribute if one.name == "body")
    most = None if values[0] is None or values[0].size != 1 else max(0, int(values[0].flat[0]))
    if not node.input[1] or (values[1] is not None and values[1].size == 1):
        most = _until(body, values, known, opsets, most)
    return most if most is None or most <= _ENDLESS else None


def _until(
    body: onnx.GraphProto,
    values: Sequence[Array | None],
    known: Mapping[str, Array],
    opsets: Sequence[onnx.OperatorSetIdProto],
    most: int | None,
) -> int | None:
    """After how many rounds the condition of a Loop ends it; *most* if it never does or depends on data."""
    inner, names = Folding(body, opsets), [one.name for one in body.input]
    constants = {**known, **{one.name: numpy_helper.to_array(one) for one in body.initializer}}
    more = values[1] if values[1] is not None else np.array(True)
    states = dict(zip(names[2:], values[2:], strict=False))
    tried = MOST_ROUNDS if most is None else min(most, MOST_ROUNDS)
    for done in range(tried):
        if not bool(more.flat[0]):
            return done
        given = {**constants, names[0]: np.array(done, np.int64), names[1]: more}
        given |= {name: value for name, value in states.items() if value is not None}
        found = inner.value(body.output[0].name, given, {})
        if found is None or found.size != 1:
            return most
        if body.output[0].name == names[1] or _passes(body, names[1]):
            return most
        more = found
        handed_on = [inner.value(one.name, given, {}) for one in body.output[1 : 1 + len(states)]]
        states = dict(zip(states, handed_on, strict=False))
    return most if bool(more.flat[0]) else tried


def _passes(body: onnx.GraphProto, condition: str) -> bool:
    """Whether the condition that *body* returns is the one it was given, or a constant."""
    made = next((node for node in body.node if body.output[0].name in node.output), None)
    return made is None or made.op_type == "Constant" or condition in made.input[: made.op_type == "Identity"]
