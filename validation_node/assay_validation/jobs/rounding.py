"""Rewrites a graph so that rounding errors can be fed to it: Monte Carlo arithmetic (Parker, 1997).

Processors round sums and functions such as exp differently, because the runtime has different kernels for
each. So the last bits of a model's numbers are not a property of the model, and a decision that depends on
them would differ between honest validators. Here every operation whose last bits may differ gets an error of
its own, about as large as a rounding error. The errors are drawn from a seed that no model knows, and anew
for each batch. A model that decides by last bits then contradicts itself, on every processor.

Sums of products get the error in one factor, and all sums of a matrix get the same one. So the error scales
with the terms rather than with what is left after they cancel, and averaging copies of a sum does not remove
it. Each of their partial sums gets an error, too.
Numbers so large that a sum of them could overflow are dealt with before (`overflow`).
Operations that are the same everywhere get none: those that move, compare or select, and IEEE 754's add,
subtract, multiply, divide and square root, element by element. Trees only compare, and add in a fixed order.
"""

import math
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assay_validation.batches import ERRORS
from assay_validation.contributed import ALLOWED, DOMAIN
from assay_validation.jobs.factors import SIZE
from assay_validation.jobs.fused import FUSED, steps
from assay_validation.jobs.graph_editor import GraphEditor, constants
from assay_validation.jobs.overflow import Bounds
from assay_validation.jobs.varied import Varied
from assay_validation.jobs.weights import Weights
from assay_validation.jobs.whole_sums import EXACT_BELOW, largest_exact
from assay_validation.operators import (
    BY_COLUMNS,
    COMPUTING,
    EXACT,
    PRODUCTS,
    SHORT,
    SUMS,
    TREES,
    WHOLE_POWERS,
)

_NARROW = frozenset({TensorProto.FLOAT16, TensorProto.BFLOAT16})
"""Types that are computed in 32 bits and then rounded, as the runtime does if it has no kernels for them. So
a 32-bit error changes a number only if that is on the verge of rounding the other way."""
_TIMES_INPUT = frozenset({"Gelu", "QuickGelu", "Swish"})
"""Functions that multiply their input with what is almost 0 or 1, so that its errors are theirs."""
_SATURATING = frozenset(
    {"Attention", "BiasGelu", "FastGelu", "GRU", "LSTM", "LinearClassifier", "LinearRegressor", "Mish", "RNN"}
    | {"SVMClassifier", "SVMRegressor", "Softplus"}
)
"""Functions whose errors are not smaller where they are almost 0, and operators that apply such functions."""
_QUANTISING = frozenset({"DynamicQuantizeLSTM", "DynamicQuantizeLinear", "DynamicQuantizeMatMul"})
_MOST_AXES = 99
_OPTIONAL = 11
"""The operator set from which on Gemm need not add anything."""
_PIECE = 1 << 20


def take_errors(model: onnx.ModelProto, weights: Weights | None = None) -> str:
    """Change *model* in place so that it takes rounding errors; *weights* are its large constants.

    Returns:
        the name of its new input, [ERRORS] numbers from -1 to 1; empty if no operation rounds.
    """
    return _Errors(model, weights).rewrite()


class _Errors:
    def __init__(self, model: onnx.ModelProto, weights: Weights | None) -> None:
        self._graph, self._edit = model.graph, GraphEditor(model)
        self._constants = constants(model.graph, SIZE, weights)
        self._varied, self._bounds = Varied(self._edit), Bounds(self._edit, self._constants)
        self._nothing = ""
        """Name of what is added in place of what was added."""

    def rewrite(self) -> str:
        self._edit.each(self._take)
        name = self._varied.factors.input
        if name:
            self._graph.input.append(helper.make_tensor_value_info(name, TensorProto.DOUBLE, [ERRORS]))
        return name

    def _take(self, node: onnx.NodeProto) -> None:
        wide = [(place, name) for place, name in enumerate(node.input) if self._is_widened(node, name)]
        if not wide:
            self._take_wide(node)
            return
        narrow = []
        for place, name in wide:
            node.input[place] = self._edit.add("Cast", [name], to=TensorProto.FLOAT)
            self._edit.types[node.input[place]] = TensorProto.FLOAT
        for place, name in enumerate(node.output):
            if self._edit.types.get(name) in _NARROW:
                node.output[place] = raw = self._edit.name()
                self._edit.types[raw] = TensorProto.FLOAT
                narrow.append((raw, name))
        self._take_wide(node)
        for raw, name in narrow:
            self._edit.add("Cast", [raw], name, to=self._edit.types[name])

    def _is_widened(self, node: onnx.NodeProto, name: str) -> bool:
        kind = self._edit.types.get(name)
        computed = kind == TensorProto.BFLOAT16 and node.op_type in COMPUTING
        return kind in _NARROW and (computed or not _is_exact(node))

    def _take_wide(self, node: onnx.NodeProto) -> None:
        kind = node.op_type
        if kind in FUSED:
            for step in steps(node, self._edit):
                self._take_wide(step)
            return
        if self._adds_afterwards(node):
            self._take_with_added(node)
            return
        if kind in _QUANTISING:
            node.input[0] = self._without_nan(node.input[0])
        self._bounds.take(node)
        if node.domain == DOMAIN:
            self._take_contributed(node)
            return
        if kind in PRODUCTS:
            self._vary_a_factor(node)
        elif kind in SUMS:
            node.input[0] = self._vary_summed(node)
        if _answers_a_function(node):
            self._vary_results(node)
        else:
            self._edit.keep(node)

    def _adds_afterwards(self, node: onnx.NodeProto) -> bool:
        if len(node.input) < 3 or node.input[2] in ("", self._nothing):
            return False
        return node.op_type == "Gemm" or (node.op_type == "Conv" and self._varied.fine)

    def _take_with_added(self, node: onnx.NodeProto) -> None:
        """A product, and then what is added to it: a large number would otherwise round off each term, and as
        many times as a processor adds one."""
        edit, output, added = self._edit, node.output[0], node.input[2]
        raw = node.output[0] = edit.name()
        kind = edit.types[raw] = edit.types.get(output, TensorProto.FLOAT)
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        beta = next((a.f for a in node.attribute if a.name == "beta"), 1.0)
        if beta != 1:
            added = edit.add("Mul", [added, edit.constant(np.asarray(beta, dtype))])
        if node.op_type == "Gemm" and edit.opset < _OPTIONAL:
            node.input[2] = self._nothing = edit.constant(np.zeros(1, dtype))
        else:
            del node.input[2:]
        self._take_wide(node)
        if node.op_type == "Conv":
            added = self._by_channel(added, raw)
        edit.add("Add", [raw, added], output)

    def _by_channel(self, name: str, pictures: str) -> str:
        """*name*, [channels], as [channels, 1, ...], with one axis fewer than *pictures* have."""
        edit = self._edit
        picture = edit.add("Gather", [pictures, edit.constant(np.array(0, np.int64))], axis=0)
        ends = edit.constant(np.array([1], np.int64))
        most = edit.constant(np.array([_MOST_AXES], np.int64))
        sizes = edit.add("Slice", [edit.add("Shape", [picture]), ends, most])
        ones = edit.add("Div", [sizes, sizes])
        return edit.add("Reshape", [name, edit.add("Concat", [edit.add("Shape", [name]), ones], axis=0)])

    def _without_nan(self, name: str) -> str:
        """*name* with 0 in place of NaN, which the smallest and the largest number depend on elsewhere."""
        dtype = helper.tensor_dtype_to_np_dtype(self._edit.types.get(name, TensorProto.FLOAT))
        zero = self._edit.constant(np.asarray(0, dtype))
        found = self._edit.add("Where", [self._edit.add("IsNaN", [name]), zero, name])
        self._edit.types[found] = self._edit.types.get(name, TensorProto.FLOAT)
        return found

    def _take_contributed(self, node: onnx.NodeProto) -> None:
        one = ALLOWED[node.op_type]
        summed = 0 in one.varied and not node.op_type.startswith("Q")
        vary = self._varied.both if summed else self._varied.each
        for place in one.varied:
            if place < len(node.input):
                node.input[place] = vary(node.input[place])
        for attribute in [a for a in node.attribute if a.name == "accuracy_level"]:
            node.attribute.remove(attribute)  # some processors compute the lower ones in integers
        if one.exact:
            self._edit.keep(node)
        else:
            self._vary_results(node)

    def _vary_results(self, node: onnx.NodeProto) -> None:
        moved = []
        for place, name in enumerate(node.output):
            if self._varied.kind(name) is not None:
                node.output[place] = raw = self._edit.name()
                self._edit.types[raw] = self._edit.types[name]
                moved.append((raw, name))
        self._edit.keep(node)
        for raw, name in moved:
            if node.op_type in WHOLE_POWERS:
                self._vary_power(node, raw, name)
            elif node.op_type == "Sigmoid":
                self._vary_sigmoid(node.input[0], raw, name)
            elif node.op_type in _TIMES_INPUT:
                error = self._edit.add("Mul", [node.input[0], self._varied.errors(raw)])
                self._edit.add("Add", [raw, error], name)
            elif node.op_type in _SATURATING:
                self._edit.add("Add", [self._varied.each(raw), self._varied.errors(raw)], name)
            elif node.op_type in ("Softmax", "LogSoftmax") and self._varied.fine:
                self._vary_softmax(node, raw, name)
            else:
                self._varied.each(raw, output=name)

    def _vary_power(self, node: onnx.NodeProto, raw: str, output: str) -> None:
        """An error in each result, except for whole powers of whole numbers that are exact."""
        if not self._varied.fine or self._varied.kind(raw) is None:
            self._varied.each(raw, output=output)
            return
        edit = self._edit
        inexact = self._varied.broken(raw, EXACT_BELOW)
        for name in node.input if node.op_type == "Pow" else ():
            if self._varied.kind(name) is not None:
                inexact = edit.add("Or", [inexact, edit.add("Greater", [name, edit.add("Floor", [name])])])
        edit.add("Where", [inexact, self._varied.each(raw), raw], output)

    def _vary_sigmoid(self, of: str, raw: str, output: str) -> None:
        """An error that does not become smaller with the result: kernels differ by it where that is almost 0.
        Results are not negative, and half is half."""
        edit = self._edit
        if not self._varied.fine:
            edit.add("Add", [self._varied.each(raw), self._varied.errors(raw)], output)
            return
        zero = edit.constant(np.asarray(0, helper.tensor_dtype_to_np_dtype(edit.types[raw])))
        varied = edit.add("Max", [edit.add("Add", [self._varied.each(raw), self._varied.errors(raw)]), zero])
        edit.add("Where", [edit.add("Equal", [of, zero]), raw, varied], output)

    def _vary_softmax(self, node: onnx.NodeProto, raw: str, output: str) -> None:
        """An error in each element, and a common one for all the largest, so that equal ones stay equal."""
        edit, axis = self._edit, _axis(node, -1 if self._edit.opset >= 13 else 1)
        if edit.opset >= 18:
            largest = edit.add("ReduceMax", [node.input[0], edit.constant(np.array([axis], np.int64))])
        else:
            largest = edit.add("ReduceMax", [node.input[0]], axes=[axis])
        tied = edit.add("Equal", [node.input[0], largest])
        first = edit.add("Gather", [raw, edit.constant(np.array([0], np.int64))], axis=axis)
        of_row = edit.add("Mul", [raw, self._varied.factors.like(first, self._edit.types[raw])])
        edit.add("Where", [tied, of_row, self._varied.each(raw)], output)

    def _vary_a_factor(self, node: onnx.NodeProto) -> None:
        kind = node.op_type
        whole = self._whole_factor(node)
        if whole is not None:
            other, limit = whole
            rows = other == 0 and not _transposed(node)
            vary = self._varied.terms if rows else self._varied.each
            node.input[other] = self._varied.unless_whole(node.input[other], limit, vary=vary)
        elif self._varied.fine and (kind in BY_COLUMNS or (kind == "Gemm" and not _transposed(node))):
            node.input[0] = self._varied.terms(node.input[0])
        elif kind == "Conv":
            node.input[1] = self._varied.taps(node.input[1])
        else:
            for place, name in enumerate(node.input):
                if place in PRODUCTS[kind]:
                    short = kind in SHORT or (kind == "Einsum" and _is_scalar(node, place))
                    node.input[place] = self._varied.each(name) if short else self._varied.both(name)

    def _whole_factor(self, node: onnx.NodeProto) -> tuple[int, float] | None:
        """The index of the factor that a constant of whole numbers is multiplied by, and the largest number
        there for which that is exact."""
        scaled = any(a.name == "alpha" and a.f != 1 for a in node.attribute)
        if scaled or node.op_type not in ("MatMul", "Gemm", "Conv"):
            return None
        for place in (1, 0):
            array = self._constants.get(node.input[place])
            if array is not None and array.size and _is_whole(array):
                terms = math.prod(array.shape[1:]) if node.op_type == "Conv" else max((1, *array.shape))
                return 1 - place, EXACT_BELOW / max(1.0, float(max(array.max(), -array.min())) * terms)
        return None

    def _vary_summed(self, node: onnx.NodeProto) -> str:
        """What *node* sums, with an error in each element, except for whole numbers whose sum is exact."""
        name = node.input[0]
        kind = self._varied.kind(name)
        most = largest_exact(self._edit, node, kind) if kind is not None and self._varied.fine else None
        if most is None:
            return self._varied.both(name)
        return self._varied.unless_whole(name, most, vary=self._varied.both)


def _is_whole(array: NDArray[Any]) -> bool:
    """Whether all numbers are whole; large arrays are examined piece by piece."""
    flat = array.reshape(-1)
    pieces = (flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE))
    return all(bool(np.all(piece == np.floor(piece))) for piece in pieces)


def _answers_a_function(node: onnx.NodeProto) -> bool:
    """Whether results take errors of their own. Products whose factors are 0 would otherwise show the bits of
    the function that is applied to what is added to them."""
    if node.op_type.startswith("Linear"):
        return _attribute(node, "post_transform") not in (None, b"NONE")
    return node.op_type in _SATURATING or not (node.op_type in (*PRODUCTS, *SUMS) or _is_exact(node))


def _is_scalar(einsum: onnx.NodeProto, place: int) -> bool:
    """Whether the equation gives the factor at *place* no axes."""
    factors = (_attribute(einsum, "equation") or b"").partition(b"->")[0].split(b",")
    return place < len(factors) and not factors[place].strip()


def _attribute(node: onnx.NodeProto, name: str) -> bytes | None:
    return next((a.s for a in node.attribute if a.name == name), None)


def _is_exact(node: onnx.NodeProto) -> bool:
    if node.domain == DOMAIN:
        return ALLOWED[node.op_type].exact
    return node.op_type in EXACT or _plain_trees(node)


def _plain_trees(node: onnx.NodeProto) -> bool:
    return node.op_type in TREES and _attribute(node, "post_transform") in (None, b"NONE")


def _axis(node: onnx.NodeProto, default: int) -> int:
    return next((a.i for a in node.attribute if a.name == "axis"), default)


def _transposed(node: onnx.NodeProto) -> bool:
    return any(a.name == "transA" and a.i for a in node.attribute)
