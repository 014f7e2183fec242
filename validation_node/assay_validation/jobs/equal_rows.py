"""Finds the rows that a model is fed more than once."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assay_validation.batches import BATCH_ROWS
from assay_validation.jobs.array_files import StoredRows
from assay_validation.jobs.texts import Texts

_SEED = 5


class Repeated(NamedTuple):
    """Rows that are the same as an earlier one, and which that is."""

    again: NDArray[np.int64]
    first: NDArray[np.int64]


def repeated_rows(inputs: Iterable[StoredRows | Texts], seed: int) -> Repeated:
    """The rows that are the same as an earlier one in all *inputs*.

    Rows are compared by sums of 64 bits, with multipliers that nobody knows who does not know the *seed*.
    """
    random = np.random.Generator(np.random.PCG64([seed, _SEED]))
    total = np.asarray(sum(_sums(one, random) for one in inputs))
    _, first, which = np.unique(total, return_index=True, return_inverse=True)
    earlier = first[which]
    again = np.flatnonzero(earlier != np.arange(len(total)))
    return Repeated(again, earlier[again])


def _sums(rows: StoredRows | Texts, random: np.random.Generator) -> NDArray[np.uint64]:
    """A number for each row."""
    sums = np.zeros(rows.shape[0], np.uint64)
    multipliers: NDArray[np.uint64] | None = None
    for start in range(0, len(sums), BATCH_ROWS):
        words = _words(rows[start : start + BATCH_ROWS])
        if multipliers is None:
            multipliers = random.integers(0, 1 << 64, words.shape[1], np.uint64) | np.uint64(1)
        sums[start : start + len(words)] = words.astype(np.uint64) @ multipliers
    return sums


def _words(block: NDArray[Any]) -> NDArray[Any]:
    """A block of rows as whole numbers, [rows, numbers]."""
    flat = block.reshape(len(block), -1)
    if flat.dtype.kind in "OU":
        return np.asarray(np.vectorize(hash, otypes=[np.int64])(flat))
    wide = flat.itemsize * flat.shape[1] % 4 == 0
    return np.asarray(np.ascontiguousarray(flat).view(np.uint32 if wide else np.uint8))
