"""The truth with which predictions are compared, and the groups by which they are compared."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.boxes import boxes_of
from assay_validation.jobs.columns import faulty, numbers, save

MAX_GROUPS = 1_000
TELLABLE = 10**12
"""The largest number in a reason."""
JOINT = ", "
"""Separates the parts of a combination's name."""
MAX_TEXT = 10_000
"""The most characters of a text to be generated."""


def text_columns(arguments: dict[str, Any]) -> set[str]:
    """The columns of the truth that are read as text."""
    mapping, task = arguments["mapping"], arguments["task"]
    text = {mapping["label"]} if task in ("classification", "retrieval", "generation", "detection") else set()
    named = {mapping["label"]} if mapping.get("label_files") else set()  # of files
    return text | named | ({mapping["query"]} if task == "ranking" else set())


def truth_columns(arguments: dict[str, Any]) -> list[str]:
    """The columns that make up the truth: those of labels, and others besides."""
    mapping = arguments["mapping"]
    beside = [mapping[name] for name in ("query", "event", "scale") if mapping.get(name) is not None]
    return [mapping["label"], *mapping.get("more_labels", ()), *beside]


def group_columns(mapping: dict[str, Any]) -> list[str]:
    """The columns that tell groups apart."""
    return [] if mapping["group"] is None else [mapping["group"], *mapping.get("more_groups", ())]


def save_truth(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], arguments: dict[str, Any]
) -> dict[str, int]:
    """Write the truth that the task's predictions are scored against, see `assay_validation.tasks`, and count
    the rows of each class; raises :class:`RefusalError`."""
    names, classes = truth_columns(arguments), arguments["mapping"]["classes"]
    label = names[0]
    truth: NDArray[Any]
    counts: dict[str, int] = {}
    match arguments["task"]:
        case "classification":
            truth, counts = _encode(label, columns[label], classes)
        case "multilabel":
            truth, counts = _marks(names, columns, classes)
        case "retrieval":
            truth = np.unique(_as_text(label, columns[label]), return_inverse=True)[1]
        case "ranking":
            codes = np.unique(_as_text(names[1], columns[names[1]]), return_inverse=True)[1]
            truth = np.column_stack([_flat(label, columns), codes])
        case "segmentation":
            truth, counts = _maps(label, columns[label], classes, arguments["mapping"].get("void"))
        case "detection":
            truth, counts = boxes_of(label, columns[label], classes)
        case "generation":
            truth = _texts(label, columns[label])
        case "survival":
            truth = np.column_stack([_flat(label, columns), _event(names[1], columns)])
        case _:
            parts = [numbers(name, columns[name], np.float64) for name in names]
            truth = parts[0] if len(parts) == 1 else np.column_stack(parts)
    save(outputs, "truth", truth)
    return counts


def _flat(name: str, columns: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """One number for each row."""
    values = _without_axis(columns[name])
    if values.ndim != 1:
        raise RefusalError(f"the array {name!r} is not one number for each row", "not_flat", name=name)
    return numbers(name, values, np.float64)


def _without_axis(values: NDArray[Any]) -> NDArray[Any]:
    """A value for each row, even if *values* is a column [rows, 1]."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _event(name: str, columns: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    values = _flat(name, columns)
    return _within(name, values, np.isin(values, (0, 1)))


def _within(name: str, values: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """*values*, if all of them are *right*; refuses them otherwise."""
    if not right.all():
        message = f"the column {name!r} has values that the task does not take"
        raise faulty(message, "unfit_value", name, ~right)
    return values


def _marks(
    names: list[str], columns: dict[str, NDArray[Any]], classes: list[str]
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Several labels of 0 or 1, from one column each or from a single array."""
    parts = [numbers(name, columns[name], np.float64) for name in names]
    parts = [_within(name, part, np.isin(part, (0, 1))) for name, part in zip(names, parts, strict=True)]
    truth = np.column_stack(parts).astype(np.int64)
    if truth.shape != (len(truth), len(classes)):
        message = f"the array {names[0]!r} does not have the {len(classes)} labels of the order"
        raise RefusalError(message, "row_shape", name=names[0])
    return truth, dict(zip(classes, truth.sum(axis=0).tolist(), strict=True))


def _maps(
    name: str, values: NDArray[Any], classes: list[str], void: int | None
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Indices of classes [rows, height, width], -1 for *void*, and how many rows each class is in."""
    if values.ndim != 3:
        raise RefusalError(f"the array {name!r} is no map for each row", "row_shape", name=name)
    truth = numbers(name, values, np.int64)
    scored = np.ones(truth.shape, bool) if void is None else truth != void
    strange = scored & ((truth < 0) | (truth >= len(classes)))
    if strange.any():
        row = int(strange.any(axis=(1, 2)).argmax())
        value, most = int(truth[row][strange[row]][0]), len(classes) - 1
        message = f"the maps in {name!r} hold {value}, and the places of classes are 0 to {most}"
        told = max(-TELLABLE, min(value, TELLABLE))
        raise RefusalError(message, "place_outside", name=name, found=told, least=0, most=most, row=row + 1)
    truth = truth if void is None else np.where(scored, truth, -1)
    rows = [int((truth == place).any(axis=(1, 2)).sum()) for place in range(len(classes))]
    return truth, dict(zip(classes, rows, strict=True))


def _texts(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    texts = _as_text(name, values)
    if texts.dtype.itemsize > MAX_TEXT * texts.dtype.alignment:
        long = np.char.str_len(texts) > MAX_TEXT
        raise faulty(f"the column {name!r} has texts that are too long", "unfit_value", name, long)
    return texts


def save_groups(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], groups: list[str]
) -> dict[str, int]:
    """Write the indices of groups, and count the rows of each; raises :class:`RefusalError`.

    If *groups* names several columns, each combination that occurs is a group.
    """
    if not groups:
        return {}
    group, *more = groups
    texts = _as_text(group, columns[group])
    for name in more:
        texts = np.char.add(np.char.add(texts, JOINT), _as_text(name, columns[name]))
    names = sorted({str(v) for v in texts})
    if len(names) > MAX_GROUPS:
        message = f"the column {group!r} has more than {MAX_GROUPS} groups"
        raise RefusalError(message, "too_many_groups", name=group, found=len(names), most=MAX_GROUPS)
    codes, counts = _encode(group, texts, names)
    save(outputs, "groups", codes)
    return counts


def _encode(name: str, values: NDArray[Any], classes: list[str]) -> tuple[NDArray[np.int64], dict[str, int]]:
    text = _as_text(name, _named(values, classes))
    found, inverse = np.unique(text, return_inverse=True)
    position = {c: i for i, c in enumerate(classes)}
    unknown = [f for f in found if str(f) not in position]
    if unknown:
        message = f"the column {name!r} has values outside its classes, such as {str(unknown[0])[:100]!r}"
        raise faulty(message, "unknown_class", name, np.isin(text, unknown))
    codes = np.array([position[str(f)] for f in found], dtype=np.int64)[inverse]
    counts = np.bincount(codes, minlength=len(classes))
    return codes, {c: int(n) for c, n in zip(classes, counts, strict=True)}


def _named(values: NDArray[Any], classes: list[str]) -> NDArray[Any]:
    """Booleans replaced by the names that *classes* have for them, if these are words."""
    names = {one.lower(): one for one in classes}
    if values.dtype.kind == "b" and names.keys() == {"false", "true"}:
        return np.where(values, names["true"], names["false"])
    return values


def _as_text(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels as text; whole numbers without a point."""
    values = _without_axis(values)
    if values.ndim != 1:
        raise RefusalError("labels and groups are one-dimensional", "not_flat", name=name)
    if values.dtype.kind == "f" and np.all(np.isfinite(values) & (values == np.floor(values))):
        values = _whole(values)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    return values.astype(np.str_)


def _whole(values: NDArray[Any]) -> NDArray[Any]:
    """Floats that are whole numbers, as integers; as their digits if an int64 does not hold all of them."""
    if np.all(np.abs(values) < 2.0**63):
        return values.astype(np.int64)
    found, inverse = np.unique(values, return_inverse=True)
    return np.array([str(int(one)) for one in found])[inverse]
