"""Models made from a licensed teacher: distilled from its answers, or fine-tuned from its weights.

Hinton et al., Distilling the Knowledge in a Neural Network (2015). The teacher's answers are in a file: it
ran in a jail. Each result is measured beside a model that was trained on the same few rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from assay.words.printable import quoted
from assay_learning import students
from assay_learning.errors import LearningError, reading_models
from assay_learning.rows import Array, Rows

HELD_OUT = 0.25
"""The share of the labelled rows by which the result is measured."""
_MIXES = 4
"""Rows that are made up for the teacher, for each row that there is."""
_MAX_QUERIES = 200_000
_MAX_MODEL_BYTES = 2**31 - 1
FINE_TUNING_RATE = 3e-4


@dataclass(frozen=True)
class Derived:
    """A derived model, and the accuracy of each on rows that none of them was trained on."""

    model: bytes
    derived: float
    teacher: float
    alone: float


def queries(labelled: Rows, more: Rows | None, seed: int) -> Array:
    """What the teacher is asked: the rows there are, and mixes of two of them, [rows, ...]."""
    if more is not None and more.x.shape[1:] != labelled.x.shape[1:]:
        raise LearningError("The rows without labels have another shape than those with labels.")
    x = labelled.x if more is None else np.concatenate([labelled.x, more.x])
    generator = np.random.default_rng(seed)
    count = min(_MIXES * len(x), max(0, _MAX_QUERIES - len(x)))
    one, other = generator.integers(len(x), size=(2, count))
    share = generator.random((count,) + (1,) * (x.ndim - 1), np.float32)
    return np.concatenate([x, share * x[one] + (1 - share) * x[other]]).astype(np.float32)


def distil(labelled: Rows, asked: Array, scores: Array, kind: students.Kind, seed: int = 0) -> Derived:
    """A model of this *kind* that answers as the teacher does.

    Args:
        labelled: the rows with labels, first among those that the teacher was *asked*.
        asked: rows, from :func:`queries`.
        scores: the teacher's, [rows, classes] in the order of the labels' classes.
        kind: of the student.
        seed: of what is drawn.
    """
    soft = _distributions(scores)
    if soft.shape != (len(asked), len(labelled.classes)):
        raise LearningError("The teacher's answers do not fit the rows that it was asked.")
    numbered = Rows(np.arange(len(labelled.x))[:, None], labelled.labels, labelled.classes, (), None)
    kept, held = (part.x[:, 0].astype(int) for part in numbered.split(HELD_OUT, seed))
    taught = np.ones(len(asked), bool)
    taught[held] = False
    x, targets = asked[taught], soft[taught]
    truth = labelled.one_hot
    targets[: len(kept)] = (targets[: len(kept)] + truth[kept]) / 2  # the labelled rows come first
    student = students.train(kind, x, targets, labelled.classes, seed)
    alone = students.train(kind, labelled.x[kept], truth[kept], labelled.classes, seed)
    rows, labels = labelled.x[held], labelled.labels[held]
    return Derived(
        student.to_onnx(),
        students.accuracy(student, rows, labels),
        float((soft[held].argmax(axis=1) == labels).mean()),
        students.accuracy(alone, rows, labels),
    )


@reading_models()
def fine_tune(teacher: Path, labelled: Rows, output: str, seed: int = 0) -> Derived:
    """The *teacher*, a network, trained further on the labelled rows; *output* has its scores by class.

    Raises:
        LearningError: its graph cannot be trained, or does not take the rows.
    """
    import torch

    from assay_learning.graph_network import AsLogits, GraphNetwork
    from assay_learning.networks import fit

    network = GraphNetwork(read_model(teacher), output)
    kept, held = labelled.split(HELD_OUT, seed)
    body = AsLogits(network, kept.x, len(labelled.classes))

    def measured() -> float:
        with torch.no_grad():
            answered = body(torch.tensor(held.x)).argmax(dim=1).numpy()
        return float((answered == held.labels).mean())

    before = measured()
    fit(body, kept.x, kept.one_hot, seed=seed, rate=FINE_TUNING_RATE)
    after, model = measured(), network.to_onnx()
    network.forget(seed)
    fit(body, kept.x, kept.one_hot, seed=seed)
    return Derived(model, after, before, measured())


def _distributions(scores: Array) -> Array:
    """*scores* as they are where they are probabilities, else their softmax; [rows, classes] float32."""
    if scores.ndim != 2 or not np.isfinite(scores).all():
        raise LearningError("The teacher's answers are not numbers by class.")
    if scores.min() >= 0 and np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        return np.asarray(scores, np.float32)
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def read_model(path: Path) -> onnx.ModelProto:
    """The graph in an ONNX file; nothing is run.

    Raises:
        LearningError: it cannot be read.
    """
    from google.protobuf.message import DecodeError

    try:
        if path.stat().st_size > _MAX_MODEL_BYTES:
            raise LearningError(f"{path} is too large to be an ONNX model.")
        model = onnx.ModelProto()
        model.ParseFromString(path.read_bytes())
    except OSError as error:
        raise LearningError(f"Cannot read {path}: {error.strerror or error}.") from None
    except DecodeError:
        raise LearningError(f"{path} is not an ONNX model.") from None
    if not model.graph.output:
        raise LearningError(f"{path} is not an ONNX model: its graph has no output.")
    outside = [one.name for one in model.graph.initializer if one.data_location == one.EXTERNAL]
    if outside:
        raise LearningError(f"{path} keeps {quoted(outside[0])} in another file; save it as one file.")
    return model
