"""From the bytes an untrusted model's process left behind to checked predictions."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.metrics import Predictions

TOLERANCE = 1e-3  # float32 probabilities of a big ensemble

Array = NDArray[Any]


def read_array(path: Path, rows: int) -> Array:
    """A plain array with *rows* rows, from a file that may be hostile: no pickles, no size it does not have.

    Raises:
        JobError: it is something else.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # mapping refuses shapes beyond the file
    except (ValueError, OSError, EOFError, OverflowError, SyntaxError, MemoryError):
        raise JobError("left no readable array", Code.ANSWERS_NONSENSE) from None
    if not isinstance(mapped, np.ndarray):
        raise JobError("left an array of the wrong shape", Code.WRONG_SHAPE)
    return check_array(mapped, rows)


def check_array(given: Array, rows: int) -> Array:
    """A copy of *given* when it is finite numbers or text with *rows* rows; raises :class:`JobError`."""
    if given.ndim == 0 or len(given) != rows:
        raise JobError("left an array of the wrong shape", Code.WRONG_SHAPE)
    if given.dtype.kind not in "iufbU":
        raise JobError("left an array that is neither numbers nor text", Code.ANSWERS_NONSENSE)
    array = np.array(given)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise JobError("the model answers NaN or infinity", Code.ANSWERS_NAN)
    return array


def check_predictions(arrays: dict[str, Array], classes: tuple[str, ...]) -> Predictions:
    """Predictions from checked *arrays*, keyed by the fields of OutputMapping; raises :class:`JobError`."""
    if "values" in arrays:
        return Predictions(values=_flat("values", numeric(arrays["values"])))
    probabilities = None
    if "probabilities" in arrays:
        probabilities = _distributions(numeric(arrays["probabilities"]), len(classes))
    if "labels" in arrays:
        return Predictions(labels=_indices(arrays["labels"], classes), probabilities=probabilities)
    assert probabilities is not None
    return Predictions(labels=probabilities.argmax(axis=1), probabilities=probabilities)


def numeric(array: Array) -> Array:
    """*array* as float64; raises :class:`JobError` when it is text."""
    if array.dtype.kind == "U":
        raise JobError("the model answers text where numbers are due", Code.ANSWERS_TEXT)
    return array.astype(np.float64)


def _flat(name: str, array: Array) -> Array:
    if array.size != len(array):
        raise JobError(f"the {name} have the shape {array.shape}, not one per row", Code.WRONG_SHAPE)
    return array.reshape(len(array))


def _indices(labels: Array, classes: tuple[str, ...]) -> Array:
    labels = _flat("labels", labels)
    if labels.dtype.kind == "f" and np.all(labels == np.floor(labels)) and np.all(np.abs(labels) < 2**53):
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    found, inverse = np.unique(labels.astype(np.str_), return_inverse=True)
    position = {c: i for i, c in enumerate(classes)}
    unknown = [str(f) for f in found if str(f) not in position]
    if unknown:
        raise JobError(
            f"the model predicts a label outside the classes: {unknown[0][:100]!r}", Code.LABEL_OUTSIDE
        )
    return np.array([position[str(f)] for f in found], dtype=np.int64)[inverse]


def _distributions(array: Array, classes: int) -> Array:
    if classes == 2 and array.size == len(array):
        second = array.reshape(len(array))
        array = np.column_stack([1 - second, second])
    if array.shape != (len(array), classes):
        raise JobError(
            f"the probabilities have the shape {array.shape}, not one per row and class", Code.WRONG_SHAPE
        )
    if (array < -TOLERANCE).any() or (array > 1 + TOLERANCE).any():
        raise JobError("the probabilities are not between 0 and 1", Code.NO_DISTRIBUTION)
    array = array.clip(0, 1)
    sums = array.sum(axis=1, keepdims=True)
    if (np.abs(sums - 1) > TOLERANCE).any():
        raise JobError("the probabilities of a row do not add up to 1", Code.NO_DISTRIBUTION)
    return np.asarray(array / sums)
