"""Attention as ONNX operators that make tensors of the same sizes, for `stand_ins`.

Only sizes matter: none of it is ever run, so a Reshape may split heads in any order. What attention remembers
of earlier words comes before the new ones; where it has room for a fixed number of words, all of that counts.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import onnx
from onnx import TensorProto, helper


class _Places(NamedTuple):
    """Indices of inputs: the memory of earlier words, and the one by which it has room for all words."""

    past: tuple[int, ...]
    room: int | None = None


_PLACES = {
    "Attention": _Places((4,)),
    "DecoderMaskedMultiHeadAttention": _Places((5, 6)),
    "GroupQueryAttention": _Places((3, 4)),
    "MultiHeadAttention": _Places((6, 7), 8),
    "QAttention": _Places((8,)),
}
_OF_ONNX = _Places((4, 5))
KINDS = frozenset(_PLACES)
_MOST = 1 << 16
"""The most heads, and the most numbers per word; no real model comes close."""


def attention(node: onnx.NodeProto, kind: str, attributes: Mapping[str, Any]) -> list[onnx.NodeProto]:
    """The operators that stand in for *node*; empty if its inputs or attributes do not fit attention."""
    sizes = (attributes.get(name, 1) for name in ("num_heads", "kv_num_heads"))
    if not all(1 <= size <= _MOST for size in (*sizes, *attributes.get("qkv_hidden_sizes", ()))):
        return []
    if kind == "Attention" and "num_heads" not in attributes:
        return _Parts(node, attributes, _OF_ONNX).of_onnx()
    parts = _Parts(node, attributes, _PLACES[kind])
    if kind == "GroupQueryAttention":
        return parts.grouped()
    return parts.packed() if kind in ("Attention", "QAttention") else parts.multi_head()


class _Parts:
    """Collects the operators that stand in for one attention; their names begin with its output's name."""

    def __init__(self, node: onnx.NodeProto, attributes: Mapping[str, Any], places: _Places) -> None:
        self._inputs = {place: name for place, name in enumerate(node.input) if name}
        self._outputs = {place: name for place, name in enumerate(node.output) if name}
        self._attributes = attributes
        self._past = [self._inputs[one] for one in places.past if one in self._inputs]
        self._has_room = places.room in self._inputs or bool(attributes.get("past_present_share_buffer"))
        self._nodes: list[onnx.NodeProto] = []

    def packed(self) -> list[onnx.NodeProto]:
        """Queries, keys and values come from one product with the weights; one tensor remembers both keys and
        values."""
        heads = self._attributes["num_heads"]
        projected = self._add("MatMul", [self._inputs[0], self._inputs[1]])
        sizes = self._attributes.get("qkv_hidden_sizes")
        if sizes:
            ends = [sum(sizes[:place]) for place in range(4)]
            every = [
                self._heads(self._pick(projected, range(start, end), 2), heads)
                for start, end in pairwise(ends)
            ]
        else:
            apart = self._heads(projected, 3 * heads)
            every = [self._pick(apart, range(heads), 1)] * 3
        past = [self._pick(self._past[0], place, 0) for place in (0, 1)] if self._past else []
        query, keys, values = every
        keys, values = self._remembered(keys, past[:1]), self._remembered(values, past[1:])
        if 1 in self._outputs:
            self._add("Expand", [keys, self._numbers([2, 1, 1, 1, 1])], self._outputs[1])
        return self._products(self._turned(query), self._turned(keys), values)

    def multi_head(self) -> list[onnx.NodeProto]:
        """Queries, keys and values are separate inputs, with three axes; keys and values may have four, split
        into heads."""
        heads, taken = self._attributes["num_heads"], self._inputs
        if not {0, 1, 2} <= taken.keys():
            return []  # the runtime has this only for other processors
        query = self._heads(taken[0], heads)
        keys = self._in_shape(taken[1], [0, heads, -1], self._length(query, 3))
        values = self._in_shape(taken[2], [0, heads], self._length(keys, 2), self._numbers([-1]))
        return self._remembering(query, keys, values)

    def grouped(self) -> list[onnx.NodeProto]:
        """Several queries share keys and values; an input says how many words there are so far."""
        heads, shared = self._attributes["num_heads"], self._attributes["kv_num_heads"]
        if self._attributes.get("kv_cache_bit_width") == 4:  # two numbers per byte
            return []
        if 1 in self._inputs:
            query = self._heads(self._inputs[0], heads)
            keys, values = (self._heads(self._inputs[place], shared) for place in (1, 2))
        else:
            every = self._heads(self._inputs[0], heads + 2 * shared)
            query = self._pick(every, range(heads), 1)
            keys = values = self._pick(every, range(shared), 1)
        words = self._add("Cast", [self._inputs[6]], to=TensorProto.INT64)
        words = self._add("Reshape", [words, self._numbers([1])])
        if self._past:
            words = self._add("Max", [words, self._length(self._past[0], 2)])
        shape = self._add("Concat", [self._numbers([1, 1]), words, self._numbers([1])], axis=0)
        query, keys = self._turned(query), self._turned(keys)
        keys, values = (
            self._add("Expand", [self._pick(one, [0], 2), shape], self._outputs.get(place, ""))
            for place, one in ((1, keys), (2, values))
        )
        return self._products(query, self._pick(keys, [0], 1), self._pick(values, [0], 1))

    def of_onnx(self) -> list[onnx.NodeProto]:
        """ONNX's own attention, with three axes, or with four and separate heads."""
        parts = [self._inputs[place] for place in range(3)]
        heads, shared = (self._attributes.get(name) for name in ("q_num_heads", "kv_num_heads"))
        if heads is not None:
            parts = [self._heads(one, by) for one, by in zip(parts, (heads, shared, shared), strict=True)]
        return self._remembering(*parts, joined=heads is not None, grouped=heads is None or heads != shared)

    def _remembering(
        self, query: str, keys: str, values: str, *, joined: bool = True, grouped: bool = False
    ) -> list[onnx.NodeProto]:
        """Attention with a memory of keys and a memory of values."""
        keys = self._remembered(keys, self._past[:1], self._outputs.get(1, ""))
        values = self._remembered(values, self._past[1:], self._outputs.get(2, ""))
        if grouped:  # each query meets the keys of one head
            keys, values = (self._pick(one, [0], 1) for one in (keys, values))
        return self._products(query, keys, values, joined=joined)

    def _remembered(self, new: str, past: list[str], output: str = "") -> str:
        """*new* appended to the *past*, or as much as the past has room for."""
        if past and self._has_room:
            return self._add("Identity", past, output)
        if past:
            return self._add("Concat", [*past, new], output, axis=2)
        return self._add("Identity", [new], output) if output else new

    def _products(self, query: str, keys: str, values: str, *, joined: bool = True) -> list[onnx.NodeProto]:
        """The products of queries with keys, and with values; returns all operators, down to the output."""
        across = self._add("Transpose", [keys], perm=[0, 1, 3, 2])
        scores = self._add("MatMul", [query, across], self._outputs.get(3, ""))
        shares = self._add("Softmax", [scores], axis=-1)
        if joined:
            mixed = self._add("Transpose", [self._add("MatMul", [shares, values])], perm=[0, 2, 1, 3])
            self._add("Reshape", [mixed, self._numbers([0, 0, -1])], self._outputs[0])
        else:
            self._add("MatMul", [shares, values], self._outputs[0])
        return self._nodes

    def _turned(self, name: str) -> str:
        """The tensor *name* with rotary position embeddings, if the operator applies them itself."""
        return self._add("Identity", [name]) if self._attributes.get("do_rotary") else name

    def _heads(self, name: str, heads: int) -> str:
        """[rows, words, width] as [rows, heads, words, width of a head]."""
        apart = self._add("Reshape", [name, self._numbers([0, 0, heads, -1])])
        return self._add("Transpose", [apart], perm=[0, 2, 1, 3])

    def _in_shape(self, name: str, first: list[int], *rest: str) -> str:
        shape = self._add("Concat", [self._numbers(first), *rest], axis=0)
        return self._add("Reshape", [name, shape])

    def _length(self, name: str, axis: int) -> str:
        return self._pick(self._add("Shape", [name]), [axis], 0)

    def _pick(self, name: str, places: Iterable[int] | int, axis: int) -> str:
        """Pick *places* along *axis*; a single place drops the axis."""
        return self._add("Gather", [name, self._numbers(places)], axis=axis)

    def _numbers(self, values: Iterable[int] | int) -> str:
        found, shape = ([values], []) if isinstance(values, int) else ([*values], [len([*values])])
        return self._add("Constant", [], value=helper.make_tensor("", TensorProto.INT64, shape, found))

    def _add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        """Add an operator; returns the name of its output."""
        output = output or f"{self._outputs[0]} {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
