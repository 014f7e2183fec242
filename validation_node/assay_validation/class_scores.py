"""A classifier's scores by class, whichever output they are in and however it names the classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.words.printable import quoted
from assay_validation.class_order import columns, placed, position_of
from assay_validation.errors import JobError, ValidationError
from assay_validation.graph_facts import DeclaredTensor, GraphFacts

Array = NDArray[Any]
_FLOATS = (1, 10, 11, 16)
"""ONNX's numbers for float32, float16, float64, bfloat16."""
_LABELS = (2, 3, 4, 5, 6, 7, 8, 9, 12, 13)
"""ONNX's numbers for integers, strings and booleans."""


def scored_output(facts: GraphFacts, name: str | None = None) -> DeclaredTensor:
    """The output called *name*, or else the first with scores, or else the first with labels.

    Raises:
        ValidationError: there is none.
    """
    by_name = {one.name: one for one in facts.outputs}
    if name is not None:
        if name not in by_name:
            there = ", ".join(quoted(one) for one in list(by_name)[:10])
            raise ValidationError(f"The model has no output {quoted(name)}; it has {there}.")
        return by_name[name]
    scores = [one for one in facts.outputs if one.dtype in _FLOATS]
    labels = [one for one in facts.outputs if one.dtype in _LABELS]
    if not scores and not labels:
        raise ValidationError("The model has no output with scores or labels.")
    return (scores or labels)[0]


def by_class(answers: Array, classes: Sequence[str], output: DeclaredTensor) -> Array:
    """[rows, classes] in the order of *classes*; for a model that answers labels, 1 for the label, else 0.

    Raises:
        ValidationError: they are not scores or labels of these classes.
    """
    if answers.dtype.kind != "f":
        return _of_labels(answers, classes)
    scores = answers.reshape(len(answers), -1).astype(np.float64)
    if scores.shape[1] == 1 and len(classes) == 2:  # the second class's probability or logit
        is_probability = scores.min() >= 0 and scores.max() <= 1
        scores = np.hstack([1 - scores if is_probability else np.zeros_like(scores), scores])
    if answers.ndim > 2 or scores.shape[1] != len(classes):
        raise ValidationError(
            f"The model's output {quoted(output.name)} has {scores.shape[1]:,} numbers a row,"
            f" and a score for each of {len(classes)} classes is needed.",
            hint="Name the output with its scores or labels: --output NAME",
        )
    names = output.classes if len(output.classes) == len(classes) else []
    try:
        order = columns(output.name, names, classes)
    except JobError:
        theirs, ours = (", ".join(map(quoted, one[:5])) for one in (names, classes))
        raise ValidationError(f"The model's classes are {theirs}, and not {ours}.") from None
    return placed(scores, order, len(classes))


def _of_labels(answers: Array, classes: Sequence[str]) -> Array:
    if answers.size != len(answers):
        raise ValidationError("The model's labels are not one for each row.")
    names = [str(one) for one in answers.reshape(-1).tolist()]
    known = position_of(sorted(set(names)), classes)
    scores = np.zeros((len(names), len(classes)))
    for row, name in enumerate(names):
        if name in known:
            scores[row, known[name]] = 1
    if not scores.any():
        said = ", ".join(quoted(one) for one in sorted(set(names))[:5])
        ours = ", ".join(map(quoted, classes[:5]))
        raise ValidationError(f"The model's labels are {said}, and none of {ours}.")
    return scores
