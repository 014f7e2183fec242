"""The classes that a graph itself assigns to the columns of its outputs.

Classifiers name their classes, ZipMap names those of the tensor that it takes apart, and scikit-learn exports
look the label up in a list by the index of the largest score. Between a name and an output, there may only be
operators that leave columns in place.
"""

from collections.abc import Iterator
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assay_validation.jobs.graph_editor import constants

MAX_NAMES = 1_000
_KEEPING = frozenset(
    [
        "Add",
        "Cast",
        "Clip",
        "Div",
        "Exp",
        "Flatten",
        "Identity",
        "LogSoftmax",
        "Mul",
        "Normalizer",
        "Sigmoid",
        "Softmax",
        "Sub",
    ]
)
"""Operators that leave columns in place, followed through their first input that is not a constant."""
_RESHAPING = frozenset({"Cast", "Flatten", "Identity", "Reshape", "Squeeze"})
_LOOKUPS = frozenset({"ArrayFeatureExtractor", "Gather"})
_CLASSIFIERS = frozenset({"LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"})
_LISTS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints", "strings_values", "classlabels")
_MAX_STEPS = 32


def undo_zipmaps(model: onnx.ModelProto) -> None:
    """Replace outputs that are sequences of maps by the tensors that these were made from, in place."""
    outputs = {one.name: one for one in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "ZipMap" and node.output and node.output[0] in outputs:
            value = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
            outputs[node.output[0]].CopyFrom(value)
            identity = helper.make_node("Identity", node.input[:1], node.output[:1])
            node.CopyFrom(identity)


def class_names(model: onnx.ModelProto) -> dict[str, list[str]]:
    """For each output, the names of its columns' classes in order, if the graph gives them."""
    return dict(_Names(model).all())


class _Names:
    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self._makers = {name: node for node in model.graph.node for name in node.output if name}
        kinds = (TensorProto.STRING, TensorProto.INT64, TensorProto.INT32)
        self._lists = constants(model.graph, kinds)
        self._constants = {tensor.name for tensor in model.graph.initializer}
        self._looked_up = dict(self._lookups())

    def all(self) -> Iterator[tuple[str, list[str]]]:
        for output in self._graph.output:
            names = self._of(output.name)
            if names and len(names) <= MAX_NAMES:
                yield output.name, [name[:256] for name in names]

    def _of(self, name: str) -> list[str]:
        for tensor, node in self._back(name):
            if tensor in self._looked_up:
                return self._looked_up[tensor]
            if node is None:
                continue
            if node.op_type == "ZipMap" or (node.op_type in _CLASSIFIERS and tensor in node.output[1:2]):
                return _listed(node)
        return []

    def _lookups(self) -> Iterator[tuple[str, list[str]]]:
        """Tensors whose largest column determines which label is looked up, with the labels."""
        for output in self._graph.output:
            node = self._makers.get(output.name)
            while node is not None and node.op_type in _RESHAPING:
                node = self._makers.get(node.input[0]) if node.input else None
            if node is None or node.op_type not in _LOOKUPS or len(node.input) != 2:
                continue
            found, place = self._lists.get(node.input[0]), self._makers.get(node.input[1])
            if found is None or place is None or place.op_type != "ArgMax" or not place.input:
                continue
            labels = _texts(found)
            for tensor, _ in self._back(place.input[0]):
                yield tensor, labels

    def _back(self, name: str) -> Iterator[tuple[str, onnx.NodeProto | None]]:
        """*name* and the tensors that its columns come from, each with the operator that produces it."""
        for _ in range(_MAX_STEPS):
            node = self._makers.get(name)
            yield name, node
            if node is None or not (node.op_type in _KEEPING or node.op_type == "ZipMap"):
                return
            made = [one for one in node.input if one not in self._constants]
            if not made:
                return
            name = made[0]


def _listed(node: onnx.NodeProto) -> list[str]:
    for wanted in _LISTS:
        for attribute in node.attribute:
            if attribute.name == wanted and (attribute.strings or attribute.ints):
                return [s.decode("utf-8", "replace") for s in attribute.strings] or [
                    str(i) for i in attribute.ints
                ]
    return []


def _texts(array: NDArray[Any]) -> list[str]:
    flat = array.reshape(-1)
    return [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
        for one in flat[: MAX_NAMES + 1]
    ]
