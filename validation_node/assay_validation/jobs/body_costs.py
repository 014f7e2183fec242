"""What operators with bodies (If, Loop, Scan) cost: what their bodies cost and how often these run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from assay_validation.jobs.folding import MOST_ROUNDS, Folding, rounds
from assay_validation.jobs.operations import Shapes, Untold, lengths
from assay_validation.jobs.subgraphs import taken

Typed = tuple[int, tuple[int, ...]]
"""A number type, as in TensorProto, and a shape."""
_LARGE = 4096
"""Size in bytes above which only the shape of a constant matters."""
_ITERATION: Typed = (TensorProto.INT64, ())
_CONDITION: Typed = (TensorProto.BOOL, ())


class Counted(NamedTuple):
    """Operations and bytes of a graph or an operator, and its outputs; None for unknown ones."""

    operations: int
    memory: int
    outputs: list[Typed | None]


class Known(NamedTuple):
    """What is known about the tensors of a graph, by name."""

    shapes: Shapes
    kinds: dict[str, int]
    values: dict[str, Any]
    constants: frozenset[str]

    def typed(self, name: str) -> Typed | None:
        """Type and shape of a tensor."""
        shape = self.shapes.get(name)
        return None if shape is None else (self.kinds.get(name, TensorProto.FLOAT), shape)


@dataclass(frozen=True)
class Inside:
    """The context of an operator with bodies, and how to count a graph."""

    known: Known
    folding: Folding
    opsets: Sequence[onnx.OperatorSetIdProto]
    count: Callable[[onnx.ModelProto, Collection[str]], Counted]

    def value(self, name: str) -> Any:
        """The value of *name*, if it follows from constants and shapes."""
        return self.folding.value(name, self.known.values, self.known.shapes)

    def body(
        self, node: onnx.NodeProto, name: str, given: Sequence[Typed], number: int | None = None
    ) -> Counted:
        """What the body *name* of *node* costs when it is *given* such tensors; if *number* is set, it is the
        known value of the first."""
        body = next((one.g for one in node.attribute if one.name == name), None)
        if body is None or len(body.input) != len(given):
            raise Untold(node.op_type)
        model = onnx.ModelProto(ir_version=10)
        model.opset_import.extend(self.opsets)
        model.graph.name = "g"
        model.graph.node.extend(body.node)
        inputs = {one.name: typed for one, typed in zip(body.input, given, strict=True)}
        own = {*inputs, *(one.name for one in body.initializer)} | {o for n in body.node for o in n.output}
        for one in body.initializer:
            if len(one.raw_data) <= _LARGE:
                model.graph.initializer.append(one)
            else:
                inputs[one.name] = (one.data_type, tuple(one.dims))
        if number is not None:
            del inputs[body.input[0].name]
            model.graph.initializer.append(numpy_helper.from_array(np.array(number), body.input[0].name))
        for outer in set(taken(node)) - own:
            value, typed = self.value(outer), self.known.typed(outer)
            if value is not None:
                model.graph.initializer.append(numpy_helper.from_array(value, outer))
            elif typed is not None:
                inputs[outer] = typed
        for input_, typed in inputs.items():
            model.graph.input.append(helper.make_tensor_value_info(input_, *typed))
        model.graph.output.extend(helper.make_value_info(one.name, onnx.TypeProto()) for one in body.output)
        counted = self.count(model, [one.name for one in body.input])
        return counted._replace(operations=counted.operations + sum(map(lengths, body.node)))


def with_bodies(node: onnx.NodeProto, inside: Inside) -> Counted:
    """What *node* costs; raises :class:`Untold`."""
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type == "If":
        return _branches(node, inside)
    if node.op_type == "Loop":
        return _loop(node, inside)
    if node.op_type == "Scan" and len(node.input) and node.input[0]:
        return _scan(node, attributes, inside)
    raise Untold(node.op_type)


def _branches(node: onnx.NodeProto, inside: Inside) -> Counted:
    """The branch that is taken, if the condition is known without data, or else the costlier one."""
    value, names = inside.value(node.input[0]), ["then_branch", "else_branch"]
    if value is not None and value.size == 1:
        names = names[:1] if value.flat[0] else names[1:]
    counted = [inside.body(node, name, ()) for name in names]
    made = zip(*(one.outputs for one in counted), strict=True)
    outputs = [alike[0] if len(set(alike)) == 1 else None for alike in made]
    operations, memory = max(one.operations for one in counted), max(one.memory for one in counted)
    return Counted(operations, memory, outputs)


def _loop(node: onnx.NodeProto, inside: Inside) -> Counted:
    """Count round by round, until a round passes on tensors of the same shapes as it was given."""
    known = inside.known
    times = rounds(node, inside.folding, known.values, known.shapes, inside.opsets)
    states = _all_known(node, [known.typed(name) for name in node.input[2:]])
    if times is None:
        raise Untold("Loop")
    operations = memory = 0
    made: list[Typed] | None = None
    numbered = False
    for done in range(min(times, MOST_ROUNDS)):
        counted, numbered = _round(node, inside, states, done, numbered)
        outputs = _all_known(node, counted.outputs[1:])
        handed_on, makes = outputs[: len(states)], outputs[len(states) :]
        operations, memory = operations + counted.operations, max(memory, counted.memory)
        if made not in (None, makes):
            raise Untold("Loop")
        made = makes
        if handed_on == states and not numbered:
            operations += counted.operations * (times - done - 1)
            break
        states = handed_on
    else:
        if times > MOST_ROUNDS:
            raise Untold("Loop")
    return Counted(operations, memory, [*states, *((kind, (times, *shape)) for kind, shape in made or ())])


def _round(
    node: onnx.NodeProto, inside: Inside, states: Sequence[Typed], done: int, numbered: bool
) -> tuple[Counted, bool]:
    """What one round costs, and whether that depends on its number, as in a loop over a row's columns."""
    given = [_ITERATION, _CONDITION, *states]
    if not numbered:
        try:
            return inside.body(node, "body", given), False
        except Untold:
            if done:
                raise
    return inside.body(node, "body", given, done), True


def _scan(node: onnx.NodeProto, attributes: Mapping[str, Any], inside: Inside) -> Counted:
    number = attributes.get("num_scan_inputs", 0)
    given = _all_known(node, [inside.known.typed(name) for name in node.input])
    states, scanned = given[: len(given) - number], given[len(given) - number :]
    axes = attributes.get("scan_input_axes") or [0] * number
    slices = [(kind, _without(shape, axis)) for (kind, shape), axis in zip(scanned, axes, strict=True)]
    times = scanned[0][1][axes[0]]
    counted = inside.body(node, "body", [*states, *slices])
    outputs = _all_known(node, counted.outputs)
    if outputs[: len(states)] != states:
        raise Untold("Scan")
    makes = outputs[len(states) :]
    places = attributes.get("scan_output_axes") or [0] * len(makes)
    stacked = [(kind, _with(shape, place, times)) for (kind, shape), place in zip(makes, places, strict=True)]
    return Counted(counted.operations * times, counted.memory, [*states, *stacked])


def _all_known(node: onnx.NodeProto, found: Sequence[Typed | None]) -> list[Typed]:
    known = [one for one in found if one is not None]
    if len(known) != len(found):
        raise Untold(node.op_type)
    return known


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]


def _with(shape: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    axis %= len(shape) + 1
    return (*shape[:axis], length, *shape[axis:])
