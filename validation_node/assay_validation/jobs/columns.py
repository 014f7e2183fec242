"""Columns of data: their values as numbers, and refusals that say which rows are at fault."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError


def all_of(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """What all *steps* return; whatever they refuse is refused together."""
    results, refusals = [], []
    for step in steps:
        try:
            results.append(step())
        except RefusalError as refusal:
            refusals.append(refusal)
    if refusals:
        raise RefusalError.of(refusals)
    return results


def faulty(message: str, code: str, name: str, faults: Any) -> RefusalError:
    """A refusal with the number of rows in *faults* (a mask) and the first of them."""
    mask = np.asarray(faults).astype(bool).reshape(len(faults), -1).any(axis=1)
    return RefusalError(message, code, name=name, found=int(mask.sum()), row=int(mask.argmax()) + 1)


def numbers(name: str, values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """*values* of the column *name* as *dtype*.

    Raises:
        RefusalError: they are not all numbers that it can hold.
    """
    if values.dtype.kind not in "iufb":
        raise RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = values.astype(dtype)
    if values.dtype.kind == "f":
        if not (np.isfinite(values).all() and np.isfinite(numbers).all()):
            message = f"the column {name!r} has NaN or infinite values"
            raise faulty(message, "not_finite", name, ~(np.isfinite(values) & np.isfinite(numbers)))
        if np.issubdtype(dtype, np.integer) and not np.all(values == np.floor(values)):
            raise faulty(
                f"the column {name!r} is not whole numbers", "not_whole", name, values != np.floor(values)
            )
    return np.ascontiguousarray(numbers)


def save(outputs: dict[str, int], name: str, array: NDArray[Any]) -> None:
    """Write *array* to the output *name*."""
    with os.fdopen(outputs[name], "wb") as file:
        np.save(file, array, allow_pickle=False)
