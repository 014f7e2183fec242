"""The number type of each tensor in a graph, as ONNX and ONNX Runtime infer it.

The file's own declarations are not trusted, except for the graph's inputs.
"""

from collections.abc import Callable
from functools import cache

import onnx
from onnx import TensorProto, defs, helper

from assay_validation.contributed import ALLOWED, DOMAIN
from assay_validation.jobs import RefusalError, own_shapes, shapes
from assay_validation.jobs.subgraphs import graphs

OWN = "assay"
"""The domain that the operators below are given while types are inferred: ONNX infers nothing for them."""
_LARGE = 4096
"""Size in bytes up to which a constant may hold shapes; of larger ones only the type matters."""
_FLOATS = (
    "Scaler",
    "Normalizer",
    "FeatureVectorizer",
    "LinearRegressor",
    "SVMRegressor",
    "TreeEnsembleRegressor",
)
_LIKE_INPUT = ("Imputer", "GroupNormalization", "LayerNormalization", "SimplifiedLayerNormalization")
_CLASSIFIERS = ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")
_TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
_OF_TREES = ("nodes_", "class_", "target_")
"""Prefixes of the names of attributes that hold trees."""
_TEXTS = ("StringNormalizer", "TfIdfVectorizer")
_RULES: dict[tuple[str, str], tuple[int | str, ...]] = {
    **{("ai.onnx.ml", kind): ("FLOAT",) for kind in _FLOATS},
    **{("ai.onnx.ml", kind): ("LABEL", "FLOAT") for kind in _CLASSIFIERS},
    **{("ai.onnx.ml" if kind == "Imputer" else "", kind): (0, "FLOAT") for kind in _LIKE_INPUT},
    **dict(zip([("", kind) for kind in _TEXTS], [("STRING",), ("FLOAT",)], strict=True)),
    **{(DOMAIN, kind): outputs for kind, outputs in ALLOWED.items()},
}
"""By domain and operator: for each output, the input whose type it has, or the type itself."""

Context = onnx.shape_inference.InferenceContext


def types_of(model: onnx.ModelProto) -> dict[str, int]:
    """The number type of each tensor by name, as in TensorProto; 0 for values that are not tensors.

    Raises:
        RefusalError: a type cannot be determined.
    """
    graph = inferred(light(model)).graph
    found: dict[str, int] = {}
    for one in graphs(graph):
        for value in (*one.value_info, *one.input, *one.output):
            kind = value.type.WhichOneof("value")
            if kind != "tensor_type" or value.type.tensor_type.elem_type:
                found[value.name] = value.type.tensor_type.elem_type if kind == "tensor_type" else 0
        found |= {tensor.name: tensor.data_type for tensor in one.initializer}
        found |= {tensor.values.name: tensor.values.data_type for tensor in one.sparse_initializer}
    for one in graphs(graph):
        made = [*(value.name for value in one.input), *(name for node in one.node for name in node.output)]
        untold = [name for name in made if name and name not in found]
        if untold:
            raise RefusalError(f"the type of {untold[0][:100]!r} cannot be told", "model_refused")
    return found


def inferred(model: onnx.ModelProto, *, data_prop: bool = False) -> onnx.ModelProto:
    """The `light` *model* with what ONNX infers about its tensors.

    Raises:
        RefusalError: nothing can be inferred.
    """
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=data_prop)
    except Exception as error:  # ONNX may raise anything, and it all means the same
        message = f"the types of the graph cannot be told: {str(error)[:200]}"
        raise RefusalError(message, "model_refused") from None


def light(model: onnx.ModelProto) -> onnx.ModelProto:
    """*model* with its large constants turned into inputs, with operators of ours where ONNX infers nothing,
    and without its own declarations of its outputs' shapes."""
    small = onnx.ModelProto(ir_version=model.ir_version)
    small.opset_import.extend(model.opset_import)
    small.graph.name = "g"
    small.graph.node.extend(map(_light_node, model.graph.node))
    small.graph.input.extend(model.graph.input)
    small.graph.output.extend(model.graph.output)
    for output in small.graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.ClearField("shape")
    small.graph.sparse_initializer.extend(model.graph.sparse_initializer)
    fed = {value.name for value in model.graph.input}
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) <= _LARGE and not tensor.external_data:
            small.graph.initializer.append(tensor)
        elif tensor.name not in fed:
            value = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            small.graph.input.append(value)
    opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1)
    for graph in graphs(small.graph):
        del graph.value_info[:]
        for node in graph.node:
            node.ClearField("name")  # `operations` uses it for something else
            domain = "" if node.domain == "ai.onnx" else node.domain
            rule = _RULES.get((domain, node.op_type))
            if rule is not None and not _known(domain, node.op_type, opset):
                _register(f"{domain}.{node.op_type}", rule)
                node.op_type, node.domain = f"{domain}.{node.op_type}", OWN
    small.opset_import.append(helper.make_opsetid(OWN, 1))
    return small


def _light_node(node: onnx.NodeProto) -> onnx.NodeProto:
    """*node*, or a copy of a tree ensemble without its trees; no type depends on these."""
    if node.op_type not in _TREES:
        return node
    light = onnx.NodeProto(op_type=node.op_type, domain=node.domain, input=node.input, output=node.output)
    light.attribute.extend(one for one in node.attribute if not one.name.startswith(_OF_TREES))
    return light


def _known(domain: str, kind: str, opset: int) -> bool:
    """Whether ONNX infers the types of this operator."""
    if domain or kind in ("GroupNormalization", *_TEXTS):  # for those on texts, it infers no shapes
        return False
    return bool(defs.has(kind, opset, domain))


def _register(kind: str, rule: tuple[int | str, ...]) -> None:
    if defs.has(kind, OWN):
        return
    many = defs.OpSchema.FormalParameterOption.Variadic
    inputs, outputs = (
        defs.OpSchema.FormalParameter(name, name, param_option=many, is_homogeneous=False, min_arity=0)
        for name in ("I", "O")
    )
    kinds = [("I", every_type(), ""), ("O", every_type(), "")]
    schema = defs.OpSchema(kind, OWN, 1, inputs=[inputs], outputs=[outputs], type_constraints=kinds)
    schema.set_type_and_shape_inference_function(_inference(kind, rule))
    defs.register_schema(schema)


@cache
def every_type() -> list[str]:
    """The names of all types that ONNX's operators take; collecting them takes a while."""
    return sorted(
        {t for schema in defs.get_all_schemas() for c in schema.type_constraints for t in c.allowed_type_strs}
    )


def _inference(kind: str, rule: tuple[int | str, ...]) -> Callable[[Context], None]:
    name = kind.rpartition(".")[2]
    rules = own_shapes.RULES if kind.startswith(f"{DOMAIN}.") else shapes.RULES
    usual, last = rules.get(name), own_shapes.CHANNELS_LAST.get(name)
    missing = TensorProto.UINT8 if kind.endswith("QuantizeLinear") else TensorProto.FLOAT

    def infer(context: Context) -> None:
        shaped = last if last is not None and _is_set(context, "channels_last") else usual
        found = shapes.shapes_of(shaped, context) if shaped is not None else None
        for place in range(context.get_num_outputs()):
            told = rule[min(place, len(rule) - 1)]
            number: int = missing
            if isinstance(told, int):
                given = context.get_input_type(told) if told < context.get_num_inputs() else None
                number = given.tensor_type.elem_type if given is not None else missing
            elif told in _OWN_KINDS:
                number = _OWN_KINDS[told](context)
            else:
                number = TensorProto.DataType.Value(told)
            if number:
                shape = found[place] if found is not None and place < len(found) else None
                context.set_output_type(place, helper.make_tensor_type_proto(number, shape))

    return infer


def _is_set(context: Context, name: str) -> bool:
    attribute = context.get_attribute(name)
    return attribute is not None and bool(attribute.i)


def _hash(context: Context) -> int:
    signed = context.get_attribute("positive")
    return TensorProto.INT32 if signed is not None and not signed.i else TensorProto.UINT32


def _label(context: Context) -> int:
    for name in ("classlabels_strings", "classlabels"):
        attribute = context.get_attribute(name)
        if attribute is not None and attribute.strings:
            return TensorProto.STRING
    return TensorProto.INT64


_OWN_KINDS = {"HASH": _hash, "LABEL": _label}
"""Types that depend on attributes."""
