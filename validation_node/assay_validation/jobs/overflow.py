"""Keeps sums from overflowing midway, where one processor would find a number and another infinity.

Whether the sum of 4e38 and -3e38 is finite in 32 bits depends on whether products are rounded before they are
added (FMA), and on the order in which a long sum is added. No error of rounding's size would reveal this. So
numbers that are large enough to cause it are made infinite before they are multiplied or added: the result is
then infinite, or none, on every processor. Where the limit is beyond all that is measured, they are cut off
instead, so that a marker of missing values stays a number. Other numbers do not change by a bit.
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
_TWICE = frozenset({"Attention", "GRU", "GroupQueryAttention", "LSTM", "QAttention", "RNN"})
"""Operators that multiply what they have multiplied, or what they answered in the step before."""
_FACTORS = {"Attention": 4, "DeformConv": 3, "GroupQueryAttention": 4, "QAttention": 4}
"""How many numbers are multiplied to a term, if not two."""
_RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
_BOUNDED = frozenset({b"hardsigmoid", b"sigmoid", b"softsign", b"tanh"})
"""Functions in recurrent networks that answer nothing beyond 1; these are the default."""
_SCALES = frozenset(
    {"activation_alpha", "activation_beta", "alpha", "beta", "coefficients", "intercepts", "kernel_params"}
    | {"scale", "support_vectors"}
)
"""Attributes that numbers are multiplied by."""
_CUT_OFF = 64
"""From this power of two on, numbers are cut off instead of made infinite."""
_CLIP = 2.0**20
"""The largest number that the functions in a recurrent network are given: some answer it as it is."""
_MASKS = {
    ("", "Attention"): 3,
    (DOMAIN, "Attention"): 5,
    (DOMAIN, "DecoderMaskedMultiHeadAttention"): 4,
    (DOMAIN, "GroupQueryAttention"): 10,
    (DOMAIN, "MultiHeadAttention"): 5,
}
"""Inputs that are added to what was multiplied, and usually hold the type's lowest number or -infinity."""
_MASKED = "mask_filter_value"
_LEAST = 2
"""The lowest limit, as a power of two."""
_BROADCAST = 8
"""The operator set from which on Max and Min take a single number."""
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
            kind = self._edit.types[node.input[mask]]
            node.input[mask] = self._cut_off(node.input[mask], _EXPONENTS[kind] - 2)
        for attribute in node.attribute:
            if attribute.name == _MASKED:
                most = 2.0 ** (_EXPONENTS[TensorProto.FLOAT] - 2)
                attribute.f = min(most, max(-most, attribute.f))
        if node.op_type in _RECURRENT and not _activations(node) <= _BOUNDED:
            _clip(node)

    def _added(self, node: onnx.NodeProto) -> list[int]:
        """Which inputs are multiplied or added up."""
        if node.domain == DOMAIN:
            places = [] if ALLOWED[node.op_type].exact else list(range(len(node.input)))
        else:
            places = list(range(len(node.input))) if node.op_type in (*PRODUCTS, *SUMS) else []
        return [place for place in places if self._kind(node, place) is not None]

    def _kind(self, node: onnx.NodeProto, place: int) -> int | None:
        kind = self._edit.types.get(node.input[place]) if place < len(node.input) else None
        return kind if kind in _EXPONENTS else None

    def _limits(self, node: onnx.NodeProto, factors: list[int]) -> dict[int, int]:
        """The power of two that each of the *factors* has to stay below; constants that do are left out."""
        ends = min(_EXPONENTS[kind] for place in factors if (kind := self._kind(node, place)) is not None)
        left = ends - _OF_TERMS - _scale(node)
        arrays = {place: self._constants.get(node.input[place]) for place in factors}
        known = {place: max(0, _exponent(array)) for place, array in arrays.items() if array is not None}
        moving = [place for place in factors if place not in known]
        beside_constants = left - sum(known.values())
        if len(moving) < 2 and beside_constants >= _LEAST and node.op_type not in _SQUARING | _TWICE:
            return dict.fromkeys(moving, beside_constants)
        each = left // (len(factors) if node.op_type == "Einsum" else _FACTORS.get(node.op_type, 2))
        return {place: each for place in factors if known.get(place, ends) > each}

    def _bounded(self, name: str, exponent: int) -> str:
        """*name* with nothing from 2^*exponent* on."""
        edit, kind = self._edit, self._edit.types[name]
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        up = _EXPONENTS[kind] - exponent
        if exponent < _LEAST:  # what it is multiplied by is too large for any number
            return self._product(name, edit.constant(np.asarray(np.inf, dtype)))
        if exponent >= _CUT_OFF and edit.opset >= _BROADCAST:
            return self._cut_off(name, exponent)
        raised = self._product(name, edit.constant(np.asarray(2.0**up, dtype)))
        return self._product(raised, edit.constant(np.asarray(2.0**-up, dtype)))

    def _product(self, name: str, factor: str) -> str:
        found = self._edit.add("Mul", [name, factor])
        self._edit.types[found] = self._edit.types[name]
        return found

    def _cut_off(self, name: str, exponent: int) -> str:
        """*name* with all numbers beyond 2^*exponent* brought back to it."""
        edit, kind = self._edit, self._edit.types[name]
        most = np.asarray(2.0**exponent, helper.tensor_dtype_to_np_dtype(kind))
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
    largest = [float(np.abs(piece).max()) for piece in pieces]
    finite = all(map(math.isfinite, largest))  # NaN would get lost in a maximum
    return (
        max((math.frexp(one)[1] for one in largest), default=0) if finite else _EXPONENTS[TensorProto.DOUBLE]
    )


def _activations(node: onnx.NodeProto) -> set[bytes]:
    return {one.lower() for a in node.attribute if a.name == "activations" for one in a.strings}


def _clip(node: onnx.NodeProto) -> None:
    """Bound what the functions of a recurrent network are given, if nothing does."""
    given = next((a.f for a in node.attribute if a.name == "clip"), math.inf)
    for attribute in [a for a in node.attribute if a.name == "clip"]:
        node.attribute.remove(attribute)
    node.attribute.append(helper.make_attribute("clip", min(_CLIP, given) if given > 0 else _CLIP))
