"""Turns the bytes that an untrusted model's process left behind into checked predictions."""

import errno
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.reason import Code
from assay_validation.class_order import contradict, placed, position_of
from assay_validation.errors import JobError
from assay_validation.exponential import exponential
from assay_validation.metrics import Predictions

TOLERANCE = 1e-2  # allows for 16-bit floats; a row is divided by its sum
_OF_THIS_MACHINE = (errno.EIO, errno.EMFILE, errno.ENFILE)
"""Errors for which a file cannot be read, whatever it contains."""
_SPELLINGS = 4
"""The most spellings of a class, such as 1 and 1.0; with more different labels, some must be outside the
classes."""

Array = NDArray[Any]


def read_array(path: Path, rows: int, most: int) -> Array:
    """A plain array with *rows* rows, from a file that may be hostile: no pickles, and no false sizes.

    It takes at most *most* bytes, as 64-bit numbers or as text; nothing larger is read.

    Raises:
        JobError: it is something else.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # mapping refuses shapes beyond the file
    except Exception as error:  # a hostile header can make numpy raise anything
        if isinstance(error, OSError) and error.errno in _OF_THIS_MACHINE:
            raise
        raise JobError("left no readable array", Code.ANSWERS_NONSENSE) from None
    if not isinstance(mapped, np.ndarray):
        raise JobError("left an array of the wrong shape", Code.WRONG_SHAPE)
    if mapped.size * max(8, mapped.itemsize) > most:
        message = f"left an array of {mapped.shape} {mapped.dtype}, more than the {most} bytes allowed"
        raise JobError(message, Code.WROTE_TOO_MUCH)
    return check_array(mapped, rows)


def check_array(given: Array, rows: int) -> Array:
    """A copy of *given* if it holds finite numbers or text in *rows* rows; raises :class:`JobError`."""
    if given.ndim == 0 or len(given) != rows:
        raise JobError("left an array of the wrong shape", Code.WRONG_SHAPE)
    if given.dtype.kind not in "iufbU":
        raise JobError("left an array that is neither numbers nor text", Code.ANSWERS_NONSENSE)
    array = np.array(given)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise JobError("the model answers NaN or infinity", Code.ANSWERS_NAN)
    return array


def check_predictions(
    arrays: dict[str, Array], classes: tuple[str, ...], order: Array | None = None
) -> Predictions:
    """Predictions from checked *arrays*, keyed by the fields of OutputMapping.

    *order* is the class of each column of the probabilities, if the graph names it. Raises
    :class:`JobError`.
    """
    if "values" in arrays:
        return Predictions(values=_flat("values", numeric(arrays["values"])))
    probabilities = _probabilities(arrays, len(classes), order)
    if "labels" in arrays:
        labels = _indices(arrays["labels"], classes)
        if probabilities is not None:
            _refuse_permuted(labels, probabilities, classes)
        return Predictions(labels=labels, probabilities=probabilities)
    assert probabilities is not None
    return Predictions(labels=probabilities.argmax(axis=1), probabilities=probabilities)


def _probabilities(arrays: dict[str, Array], classes: int, order: Array | None) -> Array | None:
    width = classes if order is None else len(order)
    if "logits" in arrays:
        found = _softmax(_columns("logits", numeric(arrays["logits"]), width))
    elif "probabilities" in arrays:
        array = numeric(arrays["probabilities"])
        one_column = width == 2 and array.size == len(array)
        found = _columns("probabilities", array, width)
        if one_column:
            found = np.column_stack([1 - found[:, 1], found[:, 1]])
        found = _distributions(found)
    else:
        return None
    return placed(found, order, classes)


def _refuse_permuted(labels: Array, probabilities: Array, classes: tuple[str, ...]) -> None:
    """Refuse probabilities if the model's own labels show that their columns are permuted."""
    moved = contradict(labels, probabilities.argmax(axis=1), len(classes))
    if moved:
        told = ", ".join(f"{classes[a]!r} goes with column {b + 1}" for a, b in sorted(moved.items())[:10])
        raise JobError(
            f"the labels contradict the order of the probabilities: {told}"[:1000], Code.CLASS_ORDER
        )


def numeric(array: Array) -> Array:
    """*array* as float64; raises :class:`JobError` if it is text."""
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
    values, inverse = np.unique(labels, return_inverse=True)
    found = [str(value) for value in values[: _SPELLINGS * len(classes)]]
    position = position_of(found, classes)
    unknown = [name for name in found if name not in position]
    if unknown or len(found) < len(values):
        unknown = unknown or [str(values[-1])]
        raise JobError(
            f"the model predicts a label outside the classes: {unknown[0][:100]!r}", Code.LABEL_OUTSIDE
        )
    return np.array([position[name] for name in found], dtype=np.int64)[inverse]


def _columns(name: str, array: Array, width: int) -> Array:
    """*array* as [rows, *width*]; a single column for two classes is the second one's."""
    if width == 2 and array.size == len(array):
        second = array.reshape(len(array))
        return np.column_stack([np.zeros(len(array)), second])
    if array.size != len(array) * width or array.shape[-1] != width:
        raise JobError(
            f"the {name} have the shape {array.shape}, not one per row and class", Code.WRONG_SHAPE
        )
    return array.reshape(len(array), width)


def _softmax(logits: Array) -> Array:
    """A sigmoid if there was a single column, because the other one is then 0."""
    exponentials = exponential(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def sigmoid(logits: Array) -> Array:
    """The probability of each label by itself, in the same shape."""
    second = logits.reshape(-1)
    return _softmax(np.column_stack([np.zeros_like(second), second]))[:, 1].reshape(logits.shape)


def _distributions(array: Array) -> Array:
    if (array < -TOLERANCE).any() or (array > 1 + TOLERANCE).any():
        raise JobError("the probabilities are not between 0 and 1", Code.NO_DISTRIBUTION)
    array = array.clip(0, 1)
    sums = array.sum(axis=1, keepdims=True)
    if (np.abs(sums - 1) > TOLERANCE).any():
        raise JobError("the probabilities of a row do not add up to 1", Code.NO_DISTRIBUTION)
    return np.asarray(array / sums)
