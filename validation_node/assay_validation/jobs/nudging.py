"""Moves inputs by a millionth, without leaving the set of values that they can have; or by noise.

Whole numbers, categories, booleans and numbers that were written down with a few decimals come from a fixed
set. Trees may split exactly at its members, so a number that leaves the set can change sides, although no
processor would move it. Only measurements with a type's full precision move. Fillers of gaps never move.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUDGE = 1e-6
NOISE = 0.05
_LOOKED_AT = 4_096
"""How many numbers of a column are examined to find out its kind."""
_LOOKED_AT_BYTES = 64 << 20
"""How many bytes of an input are examined at most, over all columns."""
_DIFFERENT = 0.9
"""A column with a smaller share of different values holds categories or levels."""
_WRITTEN = 0.95
"""A column with at least this share of numbers with few digits was written down by hand or as text."""
_DIGITS = {2: 3, 4: 6, 8: 7}
"""How many digits are few, by the size of the type in bytes."""
_POWER = 300
_TENS = np.array([float(f"1e{power}") for power in range(-_POWER, _POWER + 1)])
_BLOCK_BYTES = 1 << 18

Array = NDArray[Any]


class Sample:
    """The first numbers of an input as given, from which the kinds of its columns are found out."""

    def __init__(self, missing: str | float | None) -> None:
        self.filler = missing if isinstance(missing, (int, float)) else None
        """The number that stands for a gap, if it is a number."""
        self._rows = 0
        self._blocks: list[list[Array]] = []

    def add(self, columns: list[Array]) -> None:
        """Add numbers [rows, ...] of each of the columns."""
        row_bytes = sum(one[:1].nbytes for one in columns)
        most = min(_LOOKED_AT, max(100, _LOOKED_AT_BYTES // max(1, row_bytes)))
        if len(columns) == 1 and columns[0].ndim > 2:
            most = min(most, max(1, _LOOKED_AT * columns[0].itemsize // max(1, row_bytes)) + 1)
        wanted = most - self._rows
        if wanted > 0:
            self._blocks.append([one[:wanted].copy() for one in columns])
            self._rows += min(wanted, len(columns[0]))

    def continuous(self) -> Array:
        """Whether the numbers may move: one answer for each column of a table, or one for a whole array."""
        kinds = []
        for parts in zip(*self._blocks, strict=True):
            column = np.concatenate(parts)
            table = column if column.ndim == 2 else column.reshape(-1, 1)
            step = max(1, _BLOCK_BYTES // max(1, table[:, :1].nbytes))
            kinds += [are_continuous(table[:, i : i + step]) for i in range(0, table.shape[1], step)]
        return np.concatenate(kinds) if kinds else np.array([], bool)


def are_continuous(table: Array) -> Array:
    """Of each column of *table*, whether its numbers use their type's full range, not a smaller set."""
    if table.dtype.kind != "f":
        return np.zeros(table.shape[1], bool)
    seen = table[:_LOOKED_AT].astype(np.float64)
    known = np.isfinite(seen)
    seen, count = np.where(known, seen, 0), known.sum(axis=0)
    written = _in_few_digits(seen, table.dtype.itemsize)
    precision = 2 * np.finfo(table.dtype).epsneg * np.abs(seen)
    few = ((np.abs(seen - written) <= precision) & known).sum(axis=0)
    written = np.where(known, written, np.inf)
    written.sort(axis=0)  # equal values may differ by somebody's rounding; what is not known comes last
    changes = (written[1:] != written[:-1]) & np.isfinite(written[1:])
    different = 1 + np.count_nonzero(changes, axis=0)
    share = few / np.maximum(count, 1)
    return np.asarray((count > 0) & (share < _WRITTEN) & (different >= _DIFFERENT * count))


def _in_few_digits(values: Array, size: int) -> Array:
    """*values*, of a type with *size* bytes, rounded to few digits."""
    sizes = np.clip(np.abs(np.where(values == 0, 1, values)), _TENS[1], _TENS[-2])
    power = np.floor(np.log10(sizes)).astype(np.int64)
    power += (_TENS[power + 1 + _POWER] <= sizes).astype(np.int64)  # processors differ at powers of ten
    power -= (_TENS[power + _POWER] > sizes).astype(np.int64)
    scale = _TENS[np.clip(_DIGITS[size] - 1 - power, -_POWER, _POWER) + _POWER]
    return np.asarray(np.round(values * scale) / scale)


def nudged(rows: Array, sample: Sample, generator: np.random.Generator) -> Iterator[Array]:
    """*rows* in blocks; each number that may move does, by a millionth of its size or spread, up or down."""
    size, spread = NUDGE * laid_out(sample.continuous(), rows), spread_of(rows, sample.filler)
    for block in blocks_of(rows):
        direction = 1 - 2 * generator.integers(0, 2, block.shape, np.int8)
        by = direction * np.maximum(np.abs(block), spread)
        yield moved(block, np.where(size, size * by, 0), sample.filler)


def noisy(rows: Array, sample: Sample, generator: np.random.Generator) -> Iterator[Array]:
    """*rows* in blocks, with Gaussian noise of 5 % of each column's standard deviation."""
    spread = spread_of(rows, sample.filler)
    for block in blocks_of(rows):
        yield moved(block, NOISE * spread * generator.standard_normal(block.shape), sample.filler)


def laid_out(kinds: Array, rows: Array) -> Array:
    """*kinds* in the shape of a row."""
    return kinds if kinds.size == 1 else kinds.reshape(rows.shape[1:])


def moved(block: Array, by: Array | float, filler: float | None) -> Array:
    """*block* moved *by* so much, except for fillers of gaps, and kept within the range of its type."""
    most = float(np.finfo(block.dtype).max)
    moved = np.clip(block.astype(np.float64) + by, -most, most).astype(block.dtype)
    return moved if filler is None else np.where(block == block.dtype.type(filler), block, moved)


def blocks_of(rows: Array) -> Iterator[Array]:
    """*rows* in blocks that need little memory."""
    step = max(1, _BLOCK_BYTES // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        yield np.asarray(rows[start : start + step])


def spread_of(rows: Array, filler: float | None) -> Array:
    """The standard deviation of each number of a row, ignoring gaps."""
    count, total = np.zeros(rows.shape[1:]), np.zeros(rows.shape[1:])
    for values, known in _known(rows, filler):
        count += len(values) if known is None else known.sum(axis=0)
        total += _sum(values, known)
    mean = total / np.maximum(count, 1)
    squares = np.zeros(rows.shape[1:])
    for values, known in _known(rows, filler):
        squares += _sum((values - mean) ** 2, known)
    return np.sqrt(squares / np.maximum(count, 1))


def _known(rows: Array, filler: float | None) -> Iterator[tuple[Array, Array | None]]:
    """The numbers of each block, and which of them are not gaps; None if there are no gaps."""
    for block in blocks_of(rows):
        gaps = np.isnan(block) if filler is None else np.isnan(block) | (block == block.dtype.type(filler))
        yield block.astype(np.float64), ~gaps if gaps.any() else None


def _sum(values: Array, known: Array | None) -> Array:
    return np.asarray((values if known is None else np.where(known, values, 0)).sum(axis=0))
