"""Keeps sums from overflowing midway, where one processor would find a number and another infinity.

Whether the sum of 4e38 and -3e38 is finite in 32 bits depends on whether products are rounded before they are
added (FMA), and on the order in which a long sum is added. No error of rounding's size would reveal this. So
numbers that are large enough to cause it are made infinite before they are multiplied or added: the result is
then infinite, or none, on every processor. Others do not change by a bit.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assay_validation.contributed import ALLOWED, DOMAIN
from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.operators import PRODUCTS, SUMS

_EXPONENTS: dict[int, int] = {TensorProto.FLOAT: 128, TensorProto.DOUBLE: 1024}
"""The power of two at which a type's numbers end."""
_OF_TERMS = 32
"""A sum has fewer than 2^30 terms, and a few such sums are added to one another."""
_SQUARING = frozenset(
    {"CDist", "GlobalLpPool", "GroupNormalization", "InstanceNormalization", "LRN", "LayerNormalization"}
    | {"LpNormalization", "LpPool", "MeanVarianceNormalization", "RMSNormalization", "ReduceL2"}
    | {"ReduceSumSquare", "SVMClassifier", "SVMRegressor", "SimplifiedLayerNormalization"}
    | {"SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "EmbedLayerNormalization"}
)
_SCALES = frozenset({"alpha", "beta", "coefficients", "intercepts", "scale", "support_vectors"})
"""Attributes that numbers are multiplied by."""
_MASKS = {
    ("", "Attention"): 3,
    (DOMAIN, "Attention"): 5,
    (DOMAIN, "DecoderMaskedMultiHeadAttention"): 4,
    (DOMAIN, "GroupQueryAttention"): 10,
    (DOMAIN, "MultiHeadAttention"): 5,
}
"""Inputs that are added to what was multiplied, and usually hold the type's lowest number or -infinity."""
_MASKED = "mask_filter_value"
_PIECE = 1 << 20


class Bounds:
    """Bounds what the operators of the graph that *edit* passes over multiply and add up."""

    def __init__(self, edit: GraphEditor, constants: Mapping[str, NDArray[Any]]) -> None:
        self._edit, self._constants = edit, constants

    def take(self, node: onnx.NodeProto) -> None:
        """Change the inputs of *node*, which stands next in the graph."""
        mask = _MASKS.get((node.domain if node.domain == DOMAIN else "", node.op_type))
        factors = [place for place in self._added(node) if place != mask]
        if not factors:
            return
        for place, exponent in self._limits(node, factors).items():
            node.input[place] = self._bounded(node.input[place], exponent)
        if mask is not None and self._kind(node, mask) is not None:
            node.input[mask] = self._clipped(node, mask)
        for attribute in node.attribute:
            if attribute.name == _MASKED:
                most = 2.0 ** (_EXPONENTS[TensorProto.FLOAT] - 2)
                attribute.f = min(most, max(-most, attribute.f))

    def _added(self, node: onnx.NodeProto) -> list[int]:
        """Which inputs are multiplied or added up."""
        if node.domain == DOMAIN:
            places = [] if ALLOWED[node.op_type].exact else list(range(len(node.input)))
        elif node.op_type in PRODUCTS:
            places = list(range(len(node.input)))
        else:
            places = [0] if node.op_type in SUMS else []
        return [place for place in places if self._kind(node, place) is not None]

    def _kind(self, node: onnx.NodeProto, place: int) -> int | None:
        kind = self._edit.types.get(node.input[place]) if place < len(node.input) else None
        return kind if kind in _EXPONENTS else None

    def _limits(self, node: onnx.NodeProto, factors: list[int]) -> dict[int, int]:
        """The power of two that each of the *factors* has to stay below; constants that do are left out."""
        ends = min(_EXPONENTS[kind] for place in factors if (kind := self._kind(node, place)) is not None)
        total = ends - _OF_TERMS - _scale(node)
        arrays = {place: self._constants.get(node.input[place]) for place in factors}
        known = {place: _exponent(array) for place, array in arrays.items() if array is not None}
        largest = max(0, *known.values()) if known else 0
        multiplied = node.op_type in PRODUCTS or node.domain == DOMAIN
        squared = node.op_type in _SQUARING
        if multiplied and not squared and node.op_type != "Einsum":
            moving = [place for place in factors if place not in known]
            if len(moving) == 1 and largest < total:
                return {moving[0]: total - largest}
        parts = max(2, len(factors)) if node.op_type == "Einsum" else 2 if multiplied or squared else 1
        return {place: total // parts for place in factors if known.get(place, ends) > total // parts}

    def _bounded(self, name: str, exponent: int) -> str:
        """*name*, infinite from 2^*exponent* on."""
        edit, kind = self._edit, self._edit.types[name]
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        up = _EXPONENTS[kind] - exponent
        if exponent < 2:  # what it is multiplied by is too large for any number
            return self._product(name, edit.constant(np.asarray(np.inf, dtype)))
        raised = self._product(name, edit.constant(np.asarray(2.0**up, dtype)))
        return self._product(raised, edit.constant(np.asarray(2.0**-up, dtype)))

    def _product(self, name: str, factor: str) -> str:
        found = self._edit.add("Mul", [name, factor])
        self._edit.types[found] = self._edit.types[name]
        return found

    def _clipped(self, node: onnx.NodeProto, place: int) -> str:
        """A mask no lower than leaves room for what it is added to."""
        name, edit = node.input[place], self._edit
        kind = edit.types[name]
        most = np.asarray(2.0 ** (_EXPONENTS[kind] - 2), helper.tensor_dtype_to_np_dtype(kind))
        found = edit.add("Min", [edit.add("Max", [name, edit.constant(-most)]), edit.constant(most)])
        edit.types[found] = kind
        return found


def _scale(node: onnx.NodeProto) -> int:
    """The power of two that stays above what *node* multiplies by besides its inputs."""
    values = [value for a in node.attribute if a.name in _SCALES for value in (*a.floats, a.f)]
    return max([0, *(_exponent(np.asarray(value)) for value in values)])


def _exponent(array: NDArray[Any]) -> int:
    """The power of two that all numbers stay below; large arrays are examined piece by piece."""
    flat = array.reshape(-1)
    pieces = (flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE))
    largest = max((float(max(piece.max(), -piece.min())) for piece in pieces), default=0.0)
    return math.frexp(largest)[1] if math.isfinite(largest) else _EXPONENTS[TensorProto.DOUBLE]
