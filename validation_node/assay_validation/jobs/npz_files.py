"""NPZ files, a batch of rows at a time. A member's header is checked before any of its data is read."""

import math
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError

_BATCH_BYTES = 16 << 20
_KINDS = "iufbUSM"
_OBJECTS = "Python objects: store texts with .astype(str), and fill up rows of different lengths"
_COMPLEX = "store .real and .imag as two arrays"
_ARROW_UNITS = ("s", "ms", "us", "ns")
_DOUBLE = 8
"""Bytes of the widest floats that inputs and labels have."""
_WITHOUT_ROWS = 1
"""The least number of bytes that a row counts, for arrays whose rows are empty."""


@dataclass(frozen=True)
class Header:
    """The header of one array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize


class NpzFile:
    """Arrays by name; raises whatever Python and numpy raise if it is not an NPZ file."""

    row_labels: Collection[str] = ()
    unlisted: Collection[str] = ()

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file)
        self.names = [n.removesuffix(".npy") for n in self._zip.namelist()]

    def header(self, name: str) -> Header:
        """An array's header; raises :class:`RefusalError` if it holds neither numbers nor text."""
        with self._open(name) as member:
            return read_header(member, name)

    def told_rows(self, wanted: list[str]) -> int:
        """The rows of the longest array, according to the headers."""
        return max((self.header(name).shape or (0,))[0] for name in wanted)

    def batches(self, wanted: list[str]) -> Iterator[dict[str, Any]]:
        """The arrays *wanted*, batch by batch, with texts as Unicode and times as Arrow arrays.

        Raises:
            RefusalError: their numbers of rows differ.
        """
        headers = {name: self.header(name) for name in wanted}
        for name, header in headers.items():
            if not header.shape:
                raise RefusalError(f"the array {name!r} has no rows", "rows_missing", name=name)
        lengths = {header.shape[0] for header in headers.values()}
        if len(lengths) != 1:
            raise RefusalError("the arrays have different numbers of rows", "rows_unequal")
        rows, row_bytes = lengths.pop(), sum(header.row_bytes for header in headers.values())
        step = max(1, _BATCH_BYTES // max(row_bytes, _WITHOUT_ROWS))
        with ExitStack() as opened:
            members = {name: opened.enter_context(self._open(name)) for name in wanted}
            whole = {
                name: read_array(member, name)
                for name, member in members.items()
                if headers[name].fortran and len(headers[name].shape) > 1
            }
            for name in members.keys() - whole.keys():
                read_header(members[name], name)
            for start in range(0, rows, step):
                size = min(step, rows - start)
                yield {
                    name: _plain(
                        whole[name][start : start + size]
                        if name in whole
                        else _rows(members[name], headers[name], size)
                    )
                    for name in wanted
                }

    def _open(self, name: str) -> IO[bytes]:
        member = f"{name}.npy"
        return self._zip.open(member if member in self._zip.NameToInfo else name)


def read_header(file: IO[bytes], name: str) -> Header:
    """What an array declares about itself; *file* is left where its numbers begin.

    Raises:
        RefusalError: it holds neither numbers nor text.
        ValueError: it is not an array.
    """
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype.hasobject or dtype.kind not in _KINDS or min(shape, default=0) < 0:
        kind = f"{str(dtype)[:100]}: {_COMPLEX}" if dtype.kind == "c" else str(dtype)[:100]
        kind = _OBJECTS if dtype.hasobject else kind
        raise RefusalError(f"the array {name!r} holds {kind}", "unreadable_type", name=name)
    return Header(shape, fortran, dtype)


def read_array(file: IO[bytes], name: str) -> NDArray[Any]:
    """A whole array; raises like :func:`read_header`, and ValueError if it is truncated."""
    header = read_header(file, name)
    flat = _take(file, header, math.prod(header.shape))
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


def _plain(rows: NDArray[Any]) -> Any:
    if rows.dtype.kind == "f" and rows.dtype.itemsize > _DOUBLE:  # numpy's longdouble
        return rows.astype(np.float64)
    if rows.dtype.kind == "S":
        return np.char.decode(rows, "utf-8")
    if rows.dtype.kind == "M" and rows.ndim == 1:
        unit = np.datetime_data(rows.dtype)[0]
        return pa.array(rows if unit in _ARROW_UNITS else rows.astype("datetime64[s]"))
    return rows


def _rows(file: IO[bytes], header: Header, size: int) -> NDArray[Any]:
    shape = (size, *header.shape[1:])
    return _take(file, header, math.prod(shape)).reshape(shape)


def _take(file: IO[bytes], header: Header, count: int) -> NDArray[Any]:
    size = count * header.dtype.itemsize
    content = file.read(size)
    if len(content) != size:
        raise ValueError("an array is cut short")
    taken = np.frombuffer(content, header.dtype) if size else np.zeros(count, header.dtype)
    return taken.astype(header.dtype.newbyteorder("="), copy=False)
