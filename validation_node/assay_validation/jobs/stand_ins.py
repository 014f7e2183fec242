"""Stand-ins for ONNX Runtime's own operators and for `attention`: ONNX operators with the same shapes and the
same multiplications. ONNX infers their shapes, and costs are counted on them; they are never run.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.attention import KINDS, attention
from assay_validation.jobs.own_shapes import RULES


class _As(NamedTuple):
    """An ONNX operator that makes the output *output* of another operator (and the following outputs, if it
    makes several), from some of that operator's inputs, with the attributes *kept* from it and those *added*.
    """

    kind: str
    inputs: tuple[int, ...] = (0,)
    kept: tuple[str, ...] = ()
    added: Mapping[str, int] = {}
    output: int = 0


_WINDOW = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
_POOL = ("auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides")
_SAME = (_As("Identity"),)
_NORMALISED = tuple(_As("Identity", output=place) for place in range(4))
_ALIKE: dict[str, tuple[_As, ...]] = {
    "BiasGelu": (_As("Add", (0, 1)),),
    "CDist": (_As("Gemm", (0, 1), added={"transB": 1}),),
    "DequantizeLinear": (_As("Cast", added={"to": TensorProto.FLOAT}),),
    "DynamicQuantizeLSTM": (_As("LSTM", (0, 1, 2), ("direction", "hidden_size")),),
    "DynamicQuantizeMatMul": (_As("MatMul", (0, 1)),),
    "EmbedLayerNormalization": (
        _As("Gather", (2, 0)),
        _As("ArgMin", added={"axis": 1, "keepdims": 0}, output=1),
        _As("Gather", (2, 0), output=2),
    ),
    "FastGelu": _SAME,
    "FusedConv": (_As("Conv", (0, 1), _WINDOW),),
    "FusedGemm": (_As("Gemm", (0, 1), ("transA", "transB")),),
    "GatherND": (_As("GatherND", (0, 1), ("batch_dims",)),),
    "Gelu": _SAME,
    "MatMulIntegerToFloat": (_As("MatMulInteger", (0, 1)),),
    "MaxpoolWithMask": (_As("MaxPool", (0,), _POOL),),
    "NGramRepeatBlock": (_As("Identity", (1,)),),
    "Pad": (_As("Pad", (0, 1), ("mode",)),),
    "QGemm": (_As("Gemm", (0, 3), ("transA", "transB")),),
    "QLinearAdd": (_As("Add", (0, 3)),),
    "QLinearAveragePool": (_As("AveragePool", (0,), _POOL),),
    "QLinearConv": (_As("Conv", (0, 3), _WINDOW),),
    "QLinearGlobalAveragePool": (_As("GlobalAveragePool"),),
    "QLinearLeakyRelu": _SAME,
    "QLinearMul": (_As("Mul", (0, 3)),),
    "QLinearSigmoid": _SAME,
    "QLinearSoftmax": _SAME,
    "QEmbedLayerNormalization": (
        _As("Gather", (2, 0)),
        _As("ArgMin", added={"axis": 1, "keepdims": 0}, output=1),
    ),
    "QLinearWhere": (_As("Where", (0, 1, 4)),),
    "QuantizeLinear": (_As("Cast", added={"to": TensorProto.UINT8}),),
    "QuickGelu": _SAME,
    "RotaryEmbedding": _SAME,
    "SimplifiedLayerNormalization": _NORMALISED,
    "SkipLayerNormalization": _NORMALISED,
    "SkipSimplifiedLayerNormalization": _NORMALISED,
    "Trilu": _SAME,
}
"""The stand-ins by name. For norms, statistics that nobody uses count as much as the result."""
_BITS = ("MatMulBnb4", "MatMulNBits")
COUNTED = frozenset({*_ALIKE, *_BITS, *KINDS, *RULES, "QLinearConcat"})
"""ONNX Runtime's own operators whose costs are known; for some of them, `own_shapes` has rules."""


class StandIn(NamedTuple):
    """What stands in for an operator; *weights* are matrices that it holds in another form, by name."""

    nodes: list[onnx.NodeProto]
    weights: Mapping[str, tuple[int, int]] = {}


def stand_in(node: onnx.NodeProto) -> StandIn | None:
    """The stand-in for *node* (attention, or one of ONNX Runtime's own operators); None if its costs do not
    follow from its shapes."""
    kind = node.op_type.rpartition(".")[2]
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if attributes.get("channels_last"):
        return None  # `own_shapes` has rules
    if kind in _ALIKE:
        return StandIn([*_alike(node, attributes, _ALIKE[kind])])
    if kind in _BITS:
        weight = f"{node.output[0]} weight"
        made = helper.make_node("MatMul", [node.input[0], weight], [node.output[0]])
        return StandIn([made], {weight: (attributes["K"], attributes["N"])})
    if kind == "QLinearConcat":
        made = helper.make_node("Concat", node.input[2::3], node.output[:1], axis=attributes["axis"])
        return StandIn([made])
    nodes = attention(node, kind, attributes) if kind in KINDS else []
    return StandIn(nodes) if nodes else None


def _alike(
    node: onnx.NodeProto, attributes: Mapping[str, Any], places: tuple[_As, ...]
) -> Iterator[onnx.NodeProto]:
    for one in places:
        outputs = node.output[one.output :] if len(places) == 1 else node.output[one.output : one.output + 1]
        if any(outputs):
            kept = {name: attributes[name] for name in one.kept if name in attributes}
            inputs = [node.input[place] for place in one.inputs]
            yield helper.make_node(one.kind, inputs, outputs, **{**kept, **one.added})
