"""Attributions for a model that can only be queried: shap for tables, occlusion for images."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.layout import Image
from assay_validation.audit.subject import Subject

_PATCHES_ACROSS, _SMALLEST_PATCH = 8, 2
_ORDERINGS = 2

Array = NDArray[Any]


@dataclass(frozen=True)
class Attribution:
    """How much each column contributed to the answer for each explained row.

    Attributes:
        rows: row numbers of the audit data.
        targets: for each of these rows, the column of the model's outputs that is explained.
        values: [explained rows, columns].
    """

    method: str
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    values: Array


def attribute(subject: Subject) -> Attribution:
    """Explain a sample of the answers.

    Raises:
        JobError: the model fails on a row that it is asked.
    """
    rows = subject.sample("explained rows", subject.effort.explained_rows)
    targets = subject.outputs(subject.answers)[rows].argmax(axis=1)
    if subject.layout.image is not None:
        return _occlude(subject, rows, targets, subject.layout.image)
    if subject.effort.libraries:
        return _shapley(subject, rows, targets)
    return _replace(subject, rows, targets)


def _shapley(subject: Subject, rows: Array, targets: Array) -> Attribution:
    """Shapley values by permutations, in forward and backward order (shap's permutation explainer)."""
    shap = _shap()

    def outputs(asked: Array) -> Array:
        return subject.outputs(subject.model.predict(np.asarray(asked, dtype=np.float64)))

    background = subject.rows[subject.sample("background", subject.effort.background_rows)]
    masker = shap.maskers.Independent(background, max_samples=len(background))
    seed = int(subject.rng("shap").integers(2**31))
    explainer = shap.explainers.Permutation(outputs, masker, seed=seed)
    evaluations = _ORDERINGS * (2 * subject.rows.shape[1] + 1)
    found = explainer(subject.rows[rows], max_evals=evaluations, silent=True)
    values = np.asarray(found.values).reshape(len(rows), subject.rows.shape[1], -1)
    chosen = values[np.arange(len(rows)), :, targets if values.shape[2] > 1 else 0]
    return Attribution("Shapley values by shap's permutation explainer.", rows, targets, chosen)


@cache
def _shap() -> Any:
    """Import the library, which takes seconds, without letting numba compile its loops.

    Compiling them takes longer than running them here: a third of a whole audit.
    """
    import numba

    config: Any = numba.config
    compiles, config.DISABLE_JIT = config.DISABLE_JIT, True
    try:
        import shap
    finally:
        config.DISABLE_JIT = compiles
    return shap


def _replace(subject: Subject, rows: Array, targets: Array) -> Attribution:
    """The mean fall of the output when one column is replaced by other rows' values; ignores interactions."""
    background = subject.rows[subject.sample("background", subject.effort.background_rows)]
    columns = subject.rows.shape[1]
    values = np.empty((len(rows), columns))
    for place, row in enumerate(rows):
        asked = np.tile(subject.rows[row], (columns, len(background), 1))
        for column in range(columns):
            asked[column, :, column] = background[:, column]
        found = subject.outputs(subject.model.predict(asked.reshape(-1, columns)))[:, targets[place]]
        before = subject.outputs(subject.answers)[row, targets[place]]
        values[place] = before - found.reshape(columns, -1).mean(axis=1)
    method = "Each column in turn is replaced by those of other rows (a quick audit uses no Shapley values)."
    return Attribution(method, rows, targets, values)


def _occlude(subject: Subject, rows: Array, targets: Array, image: Image) -> Attribution:
    """The fall of the output when a patch is covered by the mean image (Zeiler and Fergus 2014)."""
    cover = subject.rows.mean(axis=0)
    masks = _patches(image)
    spread = np.array([image.columns(mask) for mask in masks])
    times_covered = np.array(masks).sum(axis=0)
    values = np.empty((len(rows), subject.rows.shape[1]))
    for place, row in enumerate(rows):
        asked = np.where(spread, cover, subject.rows[row])
        before = subject.outputs(subject.answers)[row, targets[place]]
        fall = before - subject.outputs(subject.model.predict(asked))[:, targets[place]]
        heat = np.tensordot(fall, np.array(masks, dtype=np.float64), axes=1) / times_covered
        values[place] = image.columns(heat) / image.channels
    side = masks[0].sum(axis=1).max()
    return Attribution(
        f"Occlusion: patches of {side} by {side} pixels are covered by the mean image (Zeiler and "
        "Fergus 2014).",
        rows, targets, values,
    )  # fmt: skip


def _patches(image: Image) -> list[NDArray[np.bool_]]:
    """Squares that overlap by half and cover every pixel."""
    size = max(_SMALLEST_PATCH, -(-min(image.height, image.width) // _PATCHES_ACROSS))
    step = max(1, size // 2)
    masks = []
    for top in _starts(image.height, size, step):
        for left in _starts(image.width, size, step):
            mask = np.zeros((image.height, image.width), dtype=bool)
            mask[top : top + size, left : left + size] = True
            masks.append(mask)
    return masks


def _starts(length: int, size: int, step: int) -> list[int]:
    return sorted({*range(0, length - size, step), length - size})
