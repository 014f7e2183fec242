"""Computes bfloat16 numbers in 32 bits: the runtime has few operators for them, and numpy no such type."""

import onnx
from onnx import TensorProto, helper

from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import graphs, nodes, tell_names_apart

_MOVING = frozenset(
    {
        *("ArrayFeatureExtractor", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor"),
        *("Cast", "CastLike", "CategoryMapper", "CenterCropPad", "Compress", "Concat"),
        *("ConcatFromSequence", "Constant", "ConstantOfShape", "DepthToSpace", "DictVectorizer", "Dropout"),
        *("Expand", "EyeLike", "FeatureVectorizer", "Flatten", "Gather", "GatherElements", "GatherND"),
        *("Identity", "Imputer", "LabelEncoder", "MaxUnpool", "OneHot", "OneHotEncoder", "Pad", "Range"),
        *("Reshape", "ReverseSequence", "Scatter", "ScatterElements", "ScatterND", "SequenceAt"),
        *("SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength"),
        *("Shape", "Size", "Slice", "SpaceToDepth", "Split", "SplitToSequence", "Squeeze", "Tile"),
        *("Transpose", "Trilu", "Unsqueeze", "ZipMap"),
    }
)
"""Operators that only move numbers, or change their type, are left alone."""
_CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
_NAMING = ("dtype", "output_dtype", "to")
"""Attributes that name a type."""
_NARROW, _WIDE = TensorProto.BFLOAT16, TensorProto.FLOAT


def widen(model: onnx.ModelProto) -> None:
    """Have operators take 32-bit numbers where they took bfloat16, and round what they give to bfloat16.

    Changes *model* in place. Its bfloat16 outputs become float32 ones with the same values.

    Raises:
        RefusalError: the type of a tensor cannot be told.
    """
    if _NARROW in _types(model.graph):
        tell_names_apart(model.graph)
        _widen_outputs(model)
        editor = GraphEditor(model)
        editor.each(lambda node: _widen(node, editor))


def _types(graph: onnx.GraphProto) -> set[int]:
    """The types that the file mentions."""
    found: set[int] = set()
    for one in graphs(graph):
        found |= {value.type.tensor_type.elem_type for value in (*one.input, *one.output)}
        found |= {tensor.data_type for tensor in one.initializer}
    for attribute in (a for node in nodes(graph) for a in node.attribute):
        found |= {attribute.t.data_type, attribute.i if attribute.name in _NAMING else 0}
    return found


def _widen_outputs(model: onnx.ModelProto) -> None:
    made = {name for node in model.graph.node for name in node.output}
    for output in model.graph.output:
        tensor = output.type.tensor_type
        if tensor.elem_type == _NARROW and output.name in made:
            narrow = f"{output.name} in 16 bits"
            for node in nodes(model.graph):
                for names in (node.input, node.output):
                    names[:] = [narrow if name == output.name else name for name in names]
            model.graph.node.append(helper.make_node("Cast", [narrow], [output.name], to=_WIDE))
            tensor.elem_type = _WIDE


def _widen(node: onnx.NodeProto, editor: GraphEditor) -> None:
    narrow = [place for place, name in enumerate(node.input) if editor.types.get(name) == _NARROW]
    if not narrow or node.op_type in _MOVING | _CONTROL:
        editor.keep(node)
        return
    for place in narrow:
        node.input[place] = editor.add("Cast", [node.input[place]], to=_WIDE)
    rounded = []
    for place, name in enumerate(node.output):
        if editor.types.get(name) == _NARROW:
            node.output[place] = editor.name()
            rounded.append((node.output[place], name))
    editor.keep(node)
    for wide, name in rounded:
        editor.add("Cast", [wide], name, to=_NARROW)
