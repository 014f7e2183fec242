"""Arrays in our own .npy files (version 1, row-major), written and read a batch of rows at a time."""

import math
import os
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class ArrayWriter:
    """Writes rows of one shape to an .npy *file*; their number is filled in at the end."""

    def __init__(self, file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], rows: int = 0) -> None:
        self.file, self.dtype, self.shape = file, dtype, shape
        self._rows = rows
        self._head()

    def add(self, rows: Array) -> None:
        """Append *rows*."""
        self._rows += len(rows)
        self.file.write(np.ascontiguousarray(rows, self.dtype).data)

    def finish(self) -> None:
        """Complete the file; nothing can be added afterwards."""
        self.file.seek(0)
        self._head()

    def _head(self) -> None:
        head = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self._rows, *self.shape),
        }
        np.lib.format.write_array_header_1_0(self.file, head)  # with room for any number of rows


class StoredRows:
    """The array in an .npy *file*; rows are read only when asked for, so it takes no memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self.shape, fortran, self.dtype = _read_head(file)
        if fortran and len(self.shape) > 1:
            raise ValueError("an array is stored by columns")
        self._start, self._descriptor = file.tell(), os.dup(file.fileno())

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: slice) -> Array:
        start, stop, _ = rows.indices(len(self))
        row_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        found = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        content = found.reshape(-1).view(np.uint8).data
        read = 0
        while read < len(content):
            size = os.preadv(self._descriptor, [content[read:]], self._start + start * row_bytes + read)
            if not size:
                raise ValueError("an array is cut short")
            read += size
        return found


def mapped_array(descriptor: int) -> Array:
    """The array in the .npy file behind *descriptor*, which stays open, mapped into memory."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        shape, fortran, dtype = _read_head(file)
        if not math.prod(shape):
            return np.zeros(shape, dtype)
        return np.memmap(file, dtype, "r", file.tell(), shape, "F" if fortran else "C")


def _read_head(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    file.seek(0)
    np.lib.format.read_magic(file)
    return np.lib.format.read_array_header_1_0(file)
