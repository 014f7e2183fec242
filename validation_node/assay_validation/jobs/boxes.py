"""The true boxes of a detection task, from an array or from lists in JSON."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import faulty, numbers

MAX_BOXES = 1_000
"""The most boxes in one row."""
_NULL = "null"


def boxes_of(
    name: str, values: NDArray[Any], classes: list[str]
) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Boxes [rows, boxes, 5] (corners and index of the class, -1: no box), and each class's number of rows.

    Raises:
        RefusalError: they are not valid boxes.
    """
    if values.dtype.kind not in "iufb":
        values = _padded(name, values)
    if values.ndim != 3 or values.shape[2] != 5 or values.shape[1] > MAX_BOXES:
        message = f"the array {name!r} has not up to {MAX_BOXES} boxes of five numbers for each row"
        raise RefusalError(message, "row_shape", name=name)
    boxes = numbers(name, values, np.float64)
    places = boxes[:, :, 4]
    x1, y1, x2, y2 = np.moveaxis(boxes[:, :, :4], 2, 0)
    wrong = ~np.isin(places, np.arange(-1, len(classes)))
    wrong |= (places >= 0) & ((x2 <= x1) | (y2 <= y1))
    if wrong.any():
        raise faulty(f"the column {name!r} has boxes without extent or class", "unfit_value", name, wrong)
    rows = [int((places == place).any(axis=1).sum()) for place in range(len(classes))]
    return boxes, dict(zip(classes, rows, strict=True))


def _padded(name: str, cells: NDArray[Any]) -> NDArray[np.float64]:
    """Boxes that are written as JSON lists."""
    null = cells == _NULL
    if null.any():
        raise faulty(f"the column {name!r} has cells without a list", "boxes_missing", name, null)
    lists = [_parsed(str(cell)) for cell in cells]
    wrong = np.array([one is None for one in lists])
    if wrong.any():
        raise faulty(f"the column {name!r} has cells that are no lists of boxes", "unfit_value", name, wrong)
    filled = [one for one in lists if one is not None]
    boxes = np.full((len(filled), max(map(len, filled), default=0), 5), -1.0)
    for row, one in enumerate(filled):
        if one:
            boxes[row, : len(one)] = one
    return boxes


def _parsed(cell: str) -> list[list[float]] | None:
    """The boxes in a cell; None if it does not hold boxes."""
    try:
        boxes = json.loads(cell)
        if not isinstance(boxes, list) or len(boxes) > MAX_BOXES:
            return None
        if any(not isinstance(box, list) or len(box) != 5 for box in boxes):
            return None
        return [[_number(one) for one in box] for box in boxes]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)
