"""Several ONNX models as one: one after the other (a pipeline), or averaged (an ensemble)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, compose, helper, version_converter

from assay.words.printable import quoted
from assay_learning.deriving import read_model
from assay_learning.errors import LearningError, reading_models

MAX_PARTS = 16
_INPUT, _SCORES, _LABELS = "x", "probabilities", "label"
_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
_MAX_BYTES = 2**31 - 1


@reading_models()
def pipeline(paths: Sequence[Path]) -> bytes:
    """A model that feeds each model's answer to the next: the first output that the next one can take.

    Raises:
        LearningError: the models do not fit together.
    """
    parts = _parts(paths)
    whole = parts[0]
    for place, following in enumerate(parts[1:], 2):
        if len(following.graph.input) != 1:
            raise LearningError(
                f"{paths[place - 1]} takes {len(following.graph.input)} inputs; one is needed."
            )
        into = following.graph.input[0]
        source = next((one for one in whole.graph.output if _fits(one, into)), None)
        if source is None:
            raise LearningError(
                f"{paths[place - 1]} takes {_told(into)}, and no output of {paths[place - 2]} is that:"
                f" {'; '.join(_told(one) for one in whole.graph.output)}."
            )
        whole = compose.merge_models(
            whole,
            following,
            io_map=[(source.name, into.name)],
            outputs=[one.name for one in following.graph.output],
        )
    return _finished(whole)


@reading_models()
def ensemble(paths: Sequence[Path], weights: Sequence[float] | None = None) -> bytes:
    """A model that averages the probabilities of all; outputs ``probabilities`` and ``label`` (a place).

    Raises:
        LearningError: their inputs or classes differ, or one has no probabilities.
    """
    parts = _parts(paths)
    shares = _shares(weights, len(parts))
    scores = []
    for part, path in zip(parts, paths, strict=True):
        if len(part.graph.input) != 1 or not _fits(part.graph.input[0], parts[0].graph.input[0]):
            raise LearningError(
                f"{path} does not take the same rows as {paths[0]}: {_told(part.graph.input[0])}."
            )
        scores.append(_probabilities(part, path, _columns(parts[0])))
    nodes, constants, infos, values = [], [], [], []
    for place, (part, score) in enumerate(zip(parts, scores, strict=True)):
        renamed = {part.graph.input[0].name: _INPUT}
        for node in part.graph.node:
            taken = [renamed.get(name, name) for name in node.input]
            del node.input[:]
            node.input.extend(taken)
            nodes.append(node)
        constants += list(part.graph.initializer)
        infos += list(part.graph.value_info)
        constants.append(helper.make_tensor(f"share {place}", TensorProto.FLOAT, [], [shares[place]]))
        nodes.append(helper.make_node("Cast", [score.name], [f"cast {place}"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"cast {place}", f"share {place}"], [f"part {place}"]))
        values.append(f"part {place}")
    nodes.append(helper.make_node("Sum", values, [_SCORES]))
    nodes.append(helper.make_node("ArgMax", [_SCORES], [_LABELS], axis=1, keepdims=0))
    fed = onnx.ValueInfoProto()
    fed.CopyFrom(parts[0].graph.input[0])
    fed.name = _INPUT
    outputs = [
        helper.make_tensor_value_info(_SCORES, TensorProto.FLOAT, [None, _columns(parts[0])]),
        helper.make_tensor_value_info(_LABELS, TensorProto.INT64, [None]),
    ]
    graph = helper.make_graph(nodes, "ensemble", [fed], outputs, constants, value_info=infos)
    model = helper.make_model(graph, opset_imports=_imports(parts), ir_version=parts[0].ir_version)
    return _finished(model)


def _parts(paths: Sequence[Path]) -> list[onnx.ModelProto]:
    """The models, with names of their own, in one version of ONNX."""
    if not 2 <= len(paths) <= MAX_PARTS:
        raise LearningError(f"2 to {MAX_PARTS} models can be composed, not {len(paths)}.")
    models = [read_model(path) for path in paths]
    for model, path in zip(models, paths, strict=True):
        if model.functions:
            raise LearningError(f"{path} has functions of its own, which cannot be composed.")
        known = {one.name for one in model.graph.initializer}
        fed = [one for one in model.graph.input if one.name not in known]
        del model.graph.input[:]
        model.graph.input.extend(fed)
        if not fed:
            raise LearningError(f"{path} takes no input.")
    newest = max(_opset(model) for model in models)
    converted = []
    for place, (model, path) in enumerate(zip(models, paths, strict=True)):
        try:
            same = model if _opset(model) == newest else version_converter.convert_version(model, newest)
        except Exception:  # the converter's own errors, which have no common base
            said = f"{path} cannot be brought from version {_opset(model)} of ONNX to {newest}."
            raise LearningError(said, hint="Export it again for that version.") from None
        converted.append(compose.add_prefix(same, f"m{place}_"))
    imports, ir = _imports(converted), max(model.ir_version for model in converted)
    for model in converted:
        model.ir_version = ir
        del model.opset_import[:]
        model.opset_import.extend(imports)
    return converted


def _opset(model: onnx.ModelProto) -> int:
    return max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1)


def _imports(models: Sequence[onnx.ModelProto]) -> list[onnx.OperatorSetIdProto]:
    versions: dict[str, int] = {}
    for model in models:
        for one in model.opset_import:
            domain = "" if one.domain == "ai.onnx" else one.domain
            versions[domain] = max(one.version, versions.get(domain, 0))
    return [helper.make_opsetid(domain, version) for domain, version in versions.items()]


def _probabilities(part: onnx.ModelProto, path: Path, columns: int | None) -> onnx.ValueInfoProto:
    """The output with a score for each class."""
    for one in part.graph.output:
        tensor = one.type.tensor_type
        if tensor.elem_type in _FLOATS and len(tensor.shape.dim) == 2:
            found = tensor.shape.dim[1].dim_value or None
            if columns is None or found is None or found == columns:
                found_one: onnx.ValueInfoProto = one
                return found_one
            raise LearningError(f"{path} tells {found} classes apart, and the first model {columns}.")
    raise LearningError(
        f"{path} has no output with probabilities, [rows, classes].",
        hint='Export scikit-learn\'s models with options={"zipmap": False}.',
    )


def _columns(model: onnx.ModelProto) -> int | None:
    for one in model.graph.output:
        tensor = one.type.tensor_type
        if tensor.elem_type in _FLOATS and len(tensor.shape.dim) == 2:
            return tensor.shape.dim[1].dim_value or None
    return None


def _shares(weights: Sequence[float] | None, count: int) -> list[float]:
    if weights is None:
        return [1 / count] * count
    if len(weights) != count or any(not 0 < one < 1e9 for one in weights):
        raise LearningError(f"{count} weights above 0 are needed, one for each model.")
    return [one / sum(weights) for one in weights]


def _fits(source: onnx.ValueInfoProto, into: onnx.ValueInfoProto) -> bool:
    given, wanted = source.type.tensor_type, into.type.tensor_type
    if given.elem_type != wanted.elem_type or not given.elem_type:
        return False
    a, b = ([one.dim_value or None for one in t.shape.dim] for t in (given, wanted))
    if not a or not b:
        return True
    return len(a) == len(b) and all(
        x is None or y is None or x == y for x, y in zip(a[1:], b[1:], strict=True)
    )


def _told(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    shape = ", ".join(str(one.dim_value or "any") for one in tensor.shape.dim)
    kind = TensorProto.DataType.Name(tensor.elem_type).lower() if tensor.elem_type else "no tensor"
    return f"{quoted(value.name.partition('_')[2] or value.name)}, {kind} [{shape}]"


def _finished(model: onnx.ModelProto) -> bytes:
    model.producer_name = "assay"
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        said = str(error).splitlines()[0][:200]
        raise LearningError(f"The models cannot be put together: {said}") from None
    if model.ByteSize() > _MAX_BYTES:
        raise LearningError("Together the models are larger than one ONNX file can be.")
    return bytes(model.SerializeToString())
