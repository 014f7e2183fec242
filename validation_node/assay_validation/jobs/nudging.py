"""Moves inputs by rounding's size, without leaving the values that they can have.

Whole numbers, categories, truth values and numbers that were written down with a few decimals come from a
set. Trees put their splits on its members, so a number that leaves it can change sides, though no processor
would move it. Only measurements of a type's full precision move.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NUDGE = 1e-6
_LOOKED_AT = 10_000
"""Numbers of a column from which its kind is told."""
_DIFFERENT = 0.9
"""A column with a smaller part of different values is a set of categories or levels."""
_WRITTEN = 0.95
"""A column with at least this part of numbers of few digits was written down."""
_DIGITS = {2: 3, 4: 6, 8: 7}
"""Few, by the size of the type in bytes."""

Array = NDArray[Any]


def is_continuous(column: Array) -> bool:
    """Whether the numbers of *column* come from no set that is smaller than their type."""
    if column.dtype.kind != "f":
        return False
    seen = column.reshape(-1)[:_LOOKED_AT].astype(np.float64)
    seen = seen[np.isfinite(seen)]
    written = _in_few_digits(seen, column.dtype.itemsize)
    if len(np.unique(written)) < _DIFFERENT * len(seen):  # or they differ by somebody's rounding
        return False
    precision = 2 * np.finfo(column.dtype).epsneg * np.abs(seen)
    return bool((np.abs(seen - written) <= precision).mean() < _WRITTEN)


def _in_few_digits(values: Array, size: int) -> Array:
    """*values*, of a type of *size* bytes, rounded to few digits."""
    sizes = np.abs(np.where(values == 0, 1, values))
    scale = 10.0 ** np.clip(_DIGITS[size] - 1 - np.floor(np.log10(sizes)), -300, 300)
    return np.asarray(np.round(values * scale) / scale)


def nudged(column: Array, generator: np.random.Generator) -> Array:
    """Each number of *column* a millionth of its size or of the column's spread higher or lower."""
    direction = generator.integers(0, 2, column.shape) * 2 - 1
    spread = column.std(axis=0, dtype=np.float64)
    return np.asarray(column + NUDGE * direction * np.maximum(np.abs(column), spread), column.dtype)
