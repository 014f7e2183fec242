"""Columns of data as numbers or texts, however they were stored, and the faults in them row by row."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.cells import numbers_in, texts_in

_EXACT = 2**53
"""Beyond this, float64 cannot hold every whole number."""
Array = NDArray[Any]


class Faults:
    """What is wrong with the data and in how many rows, collected over all of it."""

    def __init__(self) -> None:
        self.start = 0
        """The number of rows before the batch being examined."""
        self._found: dict[tuple[str, str], list[int]] = {}
        self._messages: dict[tuple[str, str], str] = {}

    def add(self, code: str, name: str, message: str, faults: Any) -> None:
        """Count the rows that the mask *faults* marks in the column *name*; there may be none."""
        mask = np.asarray(faults, bool)
        if not mask.any():
            return
        mask = np.asarray(mask.reshape(len(mask), -1).any(axis=1))
        self.at(code, name, message, (np.flatnonzero(mask) + self.start).tolist())

    def at(self, code: str, name: str, message: str, rows: list[int]) -> None:
        """Count *rows* (from 0) as faults of the column *name*."""
        told = self._found.setdefault((code, name), [0, rows[0] + 1])
        told[:] = told[0] + len(rows), min(told[1], rows[0] + 1)
        self._messages.setdefault((code, name), message)

    def among(self, names: Iterable[str]) -> bool:
        """Whether any fault was found in the columns *names*."""
        return bool({name for _, name in self._found} & set(names))

    def refuse(self) -> None:
        """Raise :class:`RefusalError` with all that was found, if anything was."""
        refusals = [
            RefusalError(self._messages[key], key[0], name=key[1], found=found, row=row)
            for key, (found, row) in self._found.items()
        ]
        if refusals:
            raise RefusalError.of(refusals)


@dataclass(frozen=True)
class Wanted:
    """How the columns of an input are to be read; see InputMapping."""

    dtype: str
    missing: str | float | None = None
    time: str | None = None
    decimal: str = "."

    @classmethod
    def by(cls, one: dict[str, Any], decimal: str) -> "Wanted":
        """The input mapping *one* in JSON."""
        return cls(one["dtype"], one.get("missing"), one.get("time"), decimal)


def as_numbers(name: str, block: Any, wanted: Wanted, faults: Faults) -> tuple[Array, Array]:
    """The numbers of the column *name* as given, and as the input takes them.

    In the numbers as given, gaps are NaN. Both arrays have the same shape; the first axis is the rows.
    """
    cells = numbers_in(name, block, wanted.decimal, wanted.time, wide=wanted.dtype in ("int64", "uint64"))
    if wanted.time is None:
        faults.add("not_numeric", name, f"the column {name!r} is not numeric", cells.strange)
    else:
        faults.add("no_time", name, f"the column {name!r} holds no date or time", cells.strange)
    given, gaps = cells.values, cells.gaps
    unfit = np.zeros(given.shape, bool)
    if given.dtype.kind == "f":
        unknown = np.isnan(given) & ~gaps & ~cells.strange
        unfit |= np.isinf(given)
        if wanted.missing is None:
            unfit |= unknown
        else:
            gaps = gaps | unknown
    if wanted.missing is None:
        faults.add("empty_cells", name, f"the column {name!r} has empty cells", gaps)
    skipped = gaps | cells.strange | unfit
    fed = _cast(name, given, wanted, skipped, faults, unfit)
    if gaps.any() and wanted.missing is not None:
        fed[gaps] = np.nan if wanted.missing == "nan" else wanted.missing
        given = np.where(gaps, np.nan, given) if given.dtype.kind == "f" else given
    return given, fed


def _cast(name: str, given: Array, wanted: Wanted, skipped: Array, faults: Faults, unfit: Array) -> Array:
    """*given* in the input's type; *skipped* numbers may become anything."""
    dtype = np.dtype("float32" if wanted.dtype == "bfloat16" else wanted.dtype)
    numbers = np.where(skipped, 0, given) if skipped.any() else given
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            fed = numbers.astype(dtype)
        message = f"the column {name!r} has NaN or infinite values"
        faults.add("not_finite", name, message, unfit | ~np.isfinite(fed))
        return fed
    faults.add("not_finite", name, f"the column {name!r} has NaN or infinite values", unfit)
    if numbers.dtype.kind == "f":
        broken = numbers != np.floor(numbers)
        faults.add("not_whole", name, f"the column {name!r} is not whole numbers", broken)
        numbers = np.where(broken, 0, numbers) if broken.any() else numbers
    outside = _outside(numbers, dtype)
    faults.add("out_of_range", name, f"the column {name!r} has numbers that no {dtype} is", outside)
    return (np.where(outside, 0, numbers) if outside.any() else numbers).astype(dtype)


def _outside(numbers: Array, dtype: np.dtype[Any]) -> Array:
    """Which whole *numbers* the type cannot hold, or not with certainty."""
    if numbers.dtype.kind == "b" or numbers.dtype == dtype:
        return np.zeros(numbers.shape, bool)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if numbers.dtype.kind == "f":
        low, high = max(low, -_EXACT), min(high, _EXACT)
    else:  # skip a bound that the given type cannot reach: comparing with it would fail
        own = np.iinfo(numbers.dtype)
        low, high = max(low, own.min), min(high, own.max)
    return np.asarray((numbers < low) | (numbers > high))


def as_texts(name: str, block: Any, missing: str | float | None, faults: Faults) -> pa.Array:
    """The texts of the column *name*, gaps filled."""
    texts, gaps = texts_in(name, block)
    if gaps.any():
        if missing is None:
            faults.add("empty_cells", name, f"the column {name!r} has empty cells", gaps)
        from pyarrow import compute

        filler = pa.scalar("" if missing is None else str(missing), pa.string())
        texts = compute.if_else(pa.array(gaps), filler, texts)
    return texts


def all_of(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """What all *steps* return; their refusals are raised together as one."""
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
    """A refusal that gives the number of rows marked in *faults* (a mask), and the first of them."""
    mask = np.asarray(faults).astype(bool).reshape(len(faults), -1).any(axis=1)
    return RefusalError(message, code, name=name, found=int(mask.sum()), row=int(mask.argmax()) + 1)


def numbers(name: str, values: Array, dtype: Any) -> Array:
    """*values* of the column *name*, which has no gaps, as *dtype*.

    Raises:
        RefusalError: not all of them are numbers that it can hold.
    """
    if values.dtype.kind not in "iufb":
        raise RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)
    faults = Faults()
    _, fed = as_numbers(name, values, Wanted(np.dtype(dtype).name), faults)
    faults.refuse()
    return np.ascontiguousarray(fed)


def save(outputs: dict[str, int], name: str, array: Array) -> None:
    """Write *array* to the output *name*."""
    with os.fdopen(outputs[name], "wb") as file:
        np.save(file, array, allow_pickle=False)
