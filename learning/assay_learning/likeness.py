"""How much two models' constants are alike, however their neurons are ordered: a hint at a missing lineage.

Each row of a weight matrix (a neuron, or a filter) of one model is matched with the row of the other that is
most like it, by the absolute cosine, each row once. Of trees, those count that both models have, with
the same features and thresholds. `make bench-watermark` has the error rates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from assay_learning.errors import LearningError, reading_models
from assay_learning.rows import Array

ALIKE = 0.7
"""From here on two models are called alike."""
_MIN_COLUMNS = 8
_MIN_NODES = 7
"""Of a tree; smaller ones are found twice by chance."""
_PARTS = (
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
)
Tree = tuple[tuple[object, ...], ...]
_MAX_ROWS = 2048


@dataclass(frozen=True)
class Likeness:
    """What two models have in common.

    Attributes:
        score: from 0 to 1.
        compared: weight matrices, or trees of the smaller model.
        what: which were compared.
    """

    score: float
    compared: int
    what: str

    @property
    def alike(self) -> bool:
        """Whether one was probably made from the other."""
        return self.score >= ALIKE


@reading_models()
def compare(one: onnx.ModelProto, other: onnx.ModelProto) -> Likeness:
    """How much the two are alike.

    Raises:
        LearningError: neither weights of the same shape nor trees are in both.
    """
    trees = _trees(one), _trees(other)
    if all(trees):
        fewer = min(found.total() for found in trees)
        return Likeness((trees[0] & trees[1]).total() / fewer, fewer, "trees with the same thresholds")
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


def _trees(model: onnx.ModelProto) -> Counter[Tree]:
    """The model's trees, each with its features and thresholds, and without what its leaves answer."""
    grown: dict[tuple[int, int], list[tuple[object, ...]]] = {}
    for place, node in enumerate(model.graph.node):
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        told = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if told.keys() >= {"nodes_treeids", *_PARTS}:
            parts = zip(told["nodes_treeids"], *(told[name] for name in _PARTS), strict=False)
            for tree, *inner in parts:
                grown.setdefault((place, tree), []).append(tuple(inner))
    return Counter(tuple(sorted(nodes, key=repr)) for nodes in grown.values() if len(nodes) >= _MIN_NODES)
