"""What a model is fed: each input as given, written a batch of rows at a time."""

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.array_files import ArrayWriter, mapped_array
from assay_validation.jobs.cells import is_list
from assay_validation.jobs.columns import Faults, Wanted, as_numbers, as_texts
from assay_validation.jobs.nudging import Sample
from assay_validation.jobs.texts import TextWriter

Array = NDArray[Any]


Change = Callable[[Array, Sample, np.random.Generator], Iterator[Array]]


class Input:
    """One input of the model while it is being read."""

    def __init__(self, one: dict[str, Any], decimal: str, output: int, *, whole: bool) -> None:
        """*one* is an InputMapping in JSON; with *whole*, its array must have the shape that is fed."""
        self._wanted = Wanted.by(one, decimal)
        self._names: list[str] = one["columns"]
        self._shape = None if one.get("shape") is None else tuple(one["shape"])
        self._whole = whole
        self._file = os.fdopen(os.dup(output), "wb")  # it is read again if rows are changed
        self._writer: ArrayWriter | TextWriter | None = None
        self._row_shape: tuple[int, ...] = ()
        self._lengths: dict[str, int] = {}
        """Of the lists in each column, as far as they are known."""
        if self._shape is not None and len(self._names) == 1:
            self._lengths[self._names[0]] = math.prod(self._shape)
        self.sample = Sample(self._wanted.missing)

    def add(self, blocks: dict[str, Any], faults: Faults) -> None:
        """Add a batch of the columns; raises :class:`RefusalError` for faults that concern all rows."""
        if self._wanted.dtype == "string":
            self._add_texts(blocks, faults)
        else:
            self._add_numbers(blocks, faults)

    @property
    def least_row_bytes(self) -> int:
        """The least number of bytes that a row takes, as far as the order shows."""
        if self._wanted.dtype == "string":
            return 0
        numbers = len(self._names) if self._shape is None else math.prod(self._shape)
        return numbers * stored(self._wanted.dtype).itemsize

    @property
    def written(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def finish(self) -> None:
        """Complete the file; raises :class:`RefusalError`."""
        if self._writer is not None:
            self._writer.finish()
        self._file.close()

    def change(self, source: int, output: int, change: Change, generator: np.random.Generator) -> None:
        """Write to *output* what *change* makes of the rows in *source*, this input's finished file."""
        halves = self._wanted.dtype == "bfloat16"
        rows = mapped_array(source)
        with os.fdopen(output, "wb") as file:
            writer = ArrayWriter(file, rows.dtype, rows.shape[1:])
            for block in change(_of_bfloat16(rows) if halves else rows, self.sample, generator):
                writer.add(self.encoded(block))
            writer.finish()

    def _add_texts(self, blocks: dict[str, Any], faults: Faults) -> None:
        missing = self._wanted.missing
        columns = [as_texts(name, blocks[name], missing, faults) for name in self._names]
        if self._writer is None:
            self._writer = TextWriter(self._file, self._names[0], self._checked((len(columns),)))
        assert isinstance(self._writer, TextWriter)
        if len(columns) == 1:
            self._writer.add(columns[0])
            return
        rows, each = len(columns[0]), len(columns)
        order = np.arange(rows * each).reshape(each, rows).T.reshape(-1)  # row by row
        self._writer.add(pa.concat_arrays(columns).take(pa.array(order)))

    def _add_numbers(self, blocks: dict[str, Any], faults: Faults) -> None:
        given_blocks = {name: self._with_length(name, blocks[name]) for name in self._names}
        pairs = [as_numbers(name, block, self._wanted, faults) for name, block in given_blocks.items()]
        self._lengths |= {
            name: fed.shape[1] for name, (_, fed) in zip(self._names, pairs, strict=True) if fed.ndim > 1
        }
        self.sample.add([given for given, _ in pairs])
        if not self._whole and self._shape is None and any(fed.ndim > 1 for _, fed in pairs):
            self._refuse_shape(pairs[0][1].shape[1:])
        rows = pairs[0][1] if self._whole else np.concatenate([_flat(fed) for _, fed in pairs], axis=1)
        if self._writer is None:
            shape = self._checked(rows.shape[1:])
            self._row_shape = rows.shape[1:]
            self._writer = ArrayWriter(self._file, stored(self._wanted.dtype), shape)
        if rows.shape[1:] != self._row_shape:
            self._refuse_shape(rows.shape[1:])
        assert isinstance(self._writer, ArrayWriter)
        self._writer.add(self.encoded(rows))

    def _with_length(self, name: str, block: Any) -> Any:
        """*block*; if it holds nothing but gaps, as lists of the length that others in its column have."""
        if isinstance(block, np.ndarray) or block.null_count < len(block):
            return block
        length = self._lengths.get(name, 0)
        unknown = is_list(block.type) or (pa.types.is_null(block.type) and length != 1)
        return pa.nulls(len(block), pa.list_(pa.float64(), length)) if unknown and length else block

    def encoded(self, rows: Array) -> Array:
        """*rows* in the form in which they are stored."""
        return _bfloat16(rows) if self._wanted.dtype == "bfloat16" else rows

    def _checked(self, found: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a row as it is fed; refuses rows that do not fit the order's shape."""
        shape = self._shape
        if shape is None:
            return found
        fits = found == shape if self._whole else math.prod(found) == math.prod(shape)
        if not fits:
            self._refuse_shape(found)
        return shape

    def _refuse_shape(self, found: tuple[int, ...]) -> None:
        name = self._names[0]
        due = list(self._shape or self._row_shape or [1])
        message = f"a row of {name!r} has the shape {list(found)}, not {due}"
        raise RefusalError(message, "row_shape", name=name)


def stored(dtype: str) -> np.dtype[Any]:
    """How an input's numbers are stored: numpy has no bfloat16, so these are kept as their bits."""
    return np.dtype("uint16" if dtype == "bfloat16" else dtype)


def _flat(column: Array) -> Array:
    return column.reshape(len(column), 1) if column.ndim == 1 else column


def _bfloat16(values: Array) -> Array:
    """The bits of float32 *values*, rounded to the nearest bfloat16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)


def _of_bfloat16(bits: Array) -> Array:
    return (bits.astype(np.uint32) << 16).view(np.float32)
