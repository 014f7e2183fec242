"""Whether a graph takes the inputs and gives the outputs of an order, found out before anything is run."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import EvaluationSpec, InputMapping
from assay.manifests.reason import Code, Reason
from assay_validation.class_order import columns
from assay_validation.errors import JobError
from assay_validation.graph_facts import MAX_TOLD, DeclaredTensor, GraphFacts

_TEXT, _NO_TENSOR = 8, 0
_COMPLEX = (14, 15)
"""The complex types of ONNX's TensorProto."""
_MOST_CHANNELS = 4
_PAIRS = (("label", "output_label"), ("probabilities", "output_probability"))
_SAME = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}
"""Pairs of names that skl2onnx and onnxmltools use for the same output."""


def check_interface(facts: GraphFacts, spec: EvaluationSpec) -> None:
    """Refuse a model whose inputs or outputs are not those of *spec*; raises :class:`JobError`."""
    if max(len(facts.inputs), len(facts.outputs)) >= MAX_TOLD:
        return  # the gate reports no more than this; the run will find out
    fed = {one.name: one for one in spec.data.inputs}
    wanted = set(scored_outputs(facts, spec).values())
    inputs, outputs = {one.name: one for one in facts.inputs}, {one.name for one in facts.outputs}
    reasons = [Reason(code=Code.INPUT_MISSING, name=name) for name in sorted(fed.keys() - inputs)]
    unknown = inputs.keys() - fed.keys()
    if unknown:
        reasons.append(Reason(code=Code.INPUT_UNKNOWN, found=len(unknown)))
    reasons += [Reason(code=Code.OUTPUT_MISSING, name=name) for name in sorted(wanted - outputs)]
    if reasons:
        raise JobError(f"the graph declares inputs {sorted(inputs)} and outputs {sorted(outputs)}", *reasons)
    for name in sorted(fed):
        reasons += _unfit(inputs[name], fed[name], spec)
    if reasons:
        declared = "; ".join(f"{one.name}: {one.shape}" for one in facts.inputs)
        raise JobError(f"the graph takes {declared}"[:1000], *reasons)
    order_of_columns(facts, spec)


def order_of_columns(facts: GraphFacts, spec: EvaluationSpec) -> NDArray[np.int64] | None:
    """The class of each column of the output with scores by class; None if the graph does not say.

    Raises:
        JobError: the graph names classes that the order does not have.
    """
    outputs = scored_outputs(facts, spec)
    wanted = outputs.get("logits") or outputs.get("probabilities")
    for one in facts.outputs:
        if one.name == wanted:
            return columns(one.name, one.classes, spec.data.classes)
    return None


def scored_outputs(facts: GraphFacts, spec: EvaluationSpec) -> dict[str, str]:
    """The graph's outputs that are scored, by the fields of OutputMapping.

    Exporters of scikit-learn models give the same output two different names, with and without maps; here
    they are treated as one.
    """
    declared = {one.name for one in facts.outputs}
    scored = spec.output.model_dump(exclude_none=True)
    for key, name in scored.items():
        other = _SAME.get(name)
        if name not in declared and other in declared:
            scored[key] = other
    return scored


def output_of_marks(facts: GraphFacts, spec: EvaluationSpec) -> str:
    """The graph's output with the probabilities of labels that are each true or false; empty if none is."""
    return scored_outputs(facts, spec).get("probabilities", "") if spec.task == "multilabel" else ""


def _unfit(declared: DeclaredTensor, mapping: InputMapping, spec: EvaluationSpec) -> Iterator[Reason]:
    """Why the graph's input cannot take what the order feeds."""
    name = mapping.name
    if declared.dtype == _NO_TENSOR or declared.dtype in _COMPLEX:
        yield Reason(code=Code.INPUT_NO_TENSOR, name=name)
        return
    text = mapping.dtype == "string"
    if text != (declared.dtype == _TEXT):
        yield Reason(code=Code.INPUT_TAKES_NUMBERS if text else Code.INPUT_TAKES_TEXT, name=name)
    if declared.shape is None or (spec.data.format == "npz" and mapping.shape is None):
        return
    row = mapping.row_shape
    wanted = declared.shape[1:]
    if len(declared.shape) == 1 and list(row) == [1]:
        return
    if not declared.shape or len(wanted) != len(row):
        yield Reason(code=Code.INPUT_AXES, name=name, found=len(declared.shape), most=len(row) + 1)
    elif not _fits(wanted, row):
        yield _other_layout(name, wanted, list(row))


def _fits(wanted: list[int | None], row: tuple[int, ...] | list[int]) -> bool:
    return all(size in (None, given) for size, given in zip(wanted, row, strict=True))


def _other_layout(name: str, wanted: list[int | None], row: list[int]) -> Reason:
    if len(row) >= 3:
        if row[0] <= _MOST_CHANNELS and _fits(wanted, [*row[1:], row[0]]):
            return Reason(code=Code.CHANNELS_LAST, name=name)
        if row[-1] <= _MOST_CHANNELS and _fits(wanted, [row[-1], *row[:-1]]):
            return Reason(code=Code.CHANNELS_FIRST, name=name)
    axis = next(
        i for i, (size, given) in enumerate(zip(wanted, row, strict=True)) if size not in (None, given)
    )
    return Reason(code=Code.INPUT_LENGTH, name=name, row=axis + 2, found=wanted[axis], most=row[axis])
