"""How much two models' constants are alike, however their neurons are ordered: a hint at a missing lineage.

Each row of a weight matrix (a neuron, or a filter) of one model is matched with the row of the other that is
most like it, by the absolute cosine, each row once. Trees are compared by the thresholds that they share.
Two models that were trained apart have little in common; `make bench-watermark` has the error rates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper

from assay_learning.errors import LearningError
from assay_learning.rows import Array

ALIKE = 0.7
"""From here on two models are called alike; no two that were trained apart came near it."""
_MIN_COLUMNS = 8
_MAX_ROWS = 2048


@dataclass(frozen=True)
class Likeness:
    """What two models have in common.

    Attributes:
        score: from 0 to 1.
        compared: weight matrices, or 1 for the thresholds of trees.
        what: which were compared.
    """

    score: float
    compared: int
    what: str

    @property
    def alike(self) -> bool:
        """Whether one was probably made from the other."""
        return self.score >= ALIKE


def compare(one: onnx.ModelProto, other: onnx.ModelProto) -> Likeness:
    """How much the two are alike.

    Raises:
        LearningError: neither weights of the same shape nor trees are in both.
    """
    thresholds = _thresholds(one), _thresholds(other)
    if all(len(found) for found in thresholds):
        shared = len(thresholds[0] & thresholds[1])
        return Likeness(shared / min(map(len, thresholds)), 1, "thresholds of trees")
    theirs = _matrices(other)
    scores, sizes = [], []
    for shape, matrix in _matrices(one):
        same = [m for s, m in theirs if s == shape]
        if same:
            scores.append(max(_matched(matrix, candidate) for candidate in same))
            sizes.append(matrix.size)
    if not scores:
        raise LearningError("The two models have no weights of the same shape, so they cannot be compared.")
    return Likeness(float(np.average(scores, weights=sizes)), len(scores), "weights of the same shape")


def _matrices(model: onnx.ModelProto) -> list[tuple[tuple[int, ...], Array]]:
    """Shapes, and [rows, columns]: a row for each neuron or filter."""
    across = {n.input[1] for n in model.graph.node if n.op_type == "Gemm" and not _is_turned(n)}
    across |= {n.input[i] for n in model.graph.node if n.op_type == "MatMul" for i in range(2)}
    found = []
    for tensor in model.graph.initializer:
        if tensor.data_type not in (1, 10, 11) or len(tensor.dims) < 2:
            continue
        matrix = numpy_helper.to_array(tensor).astype(np.float64)
        matrix = matrix.T if tensor.name in across else matrix.reshape(len(matrix), -1)
        if matrix.shape[1] >= _MIN_COLUMNS and np.isfinite(matrix).all() and len(matrix) <= _MAX_ROWS:
            found.append((matrix.shape, matrix))
    return found


def _is_turned(node: onnx.NodeProto) -> bool:
    return any(one.name == "transB" and one.i for one in node.attribute)


def _matched(one: Array, other: Array) -> float:
    """The mean absolute cosine of the rows, each matched with one of the other's."""
    from scipy.optimize import linear_sum_assignment

    a, b = (m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-12) for m in (one, other))
    cosines = np.abs(a @ b.T)
    return float(cosines[linear_sum_assignment(-cosines)].mean())


def _thresholds(model: onnx.ModelProto) -> set[tuple[int, float]]:
    found: set[tuple[int, float]] = set()
    for node in model.graph.node:
        if node.op_type.startswith("TreeEnsemble"):
            attributes = {one.name: one for one in node.attribute}
            if {"nodes_featureids", "nodes_values", "nodes_modes"} <= attributes.keys():
                features, values = attributes["nodes_featureids"].ints, attributes["nodes_values"].floats
                modes = attributes["nodes_modes"].strings
                found |= {
                    (f, v) for f, v, mode in zip(features, values, modes, strict=False) if mode != b"LEAF"
                }
    return found
