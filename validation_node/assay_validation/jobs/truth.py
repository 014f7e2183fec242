"""The truth that predictions are compared with, and the groups that they are compared by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import faulty, numbers, save

MAX_GROUPS = 1_000


def save_truth(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], mapping: dict[str, Any]
) -> dict[str, int]:
    """Write class indices or numbers, and count the rows of each class; raises :class:`RefusalError`."""
    label = mapping["label"]
    counts: dict[str, int] = {}
    if mapping["classes"]:
        truth, counts = _encode(label, columns[label], mapping["classes"])
    else:
        truth = numbers(label, columns[label], np.float64)
    save(outputs, "truth", truth)
    return counts


def save_groups(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], group: str | None
) -> dict[str, int]:
    """Write the indices of groups, and count the rows of each; raises :class:`RefusalError`."""
    if group is None:
        return {}
    names = sorted({str(v) for v in _as_text(group, columns[group])})
    if len(names) > MAX_GROUPS:
        message = f"the column {group!r} has more than {MAX_GROUPS} groups"
        raise RefusalError(message, "too_many_groups", name=group, found=len(names), most=MAX_GROUPS)
    codes, counts = _encode(group, columns[group], names)
    save(outputs, "groups", codes)
    return counts


def _encode(name: str, values: NDArray[Any], classes: list[str]) -> tuple[NDArray[np.int64], dict[str, int]]:
    text = _as_text(name, values)
    found, inverse = np.unique(text, return_inverse=True)
    position = {c: i for i, c in enumerate(classes)}
    unknown = [f for f in found if str(f) not in position]
    if unknown:
        message = f"the column {name!r} has values outside its classes, such as {str(unknown[0])[:100]!r}"
        raise faulty(message, "unknown_class", name, np.isin(text, unknown))
    codes = np.array([position[str(f)] for f in found], dtype=np.int64)[inverse]
    counts = np.bincount(codes, minlength=len(classes))
    return codes, {c: int(n) for c, n in zip(classes, counts, strict=True)}


def _as_text(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels as text; whole numbers without a point."""
    if values.ndim != 1:
        raise RefusalError("labels and groups are one-dimensional", "not_flat", name=name)
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        values = values.astype(np.int64)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    return values.astype(np.str_)
