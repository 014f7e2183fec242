"""Inputs whose rows are files in an archive, named in a column of its index."""

import io
import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.archives import MAX_FILE_BYTES, entries, plain_name, read_bounded
from assay_validation.jobs.array_files import ArrayWriter
from assay_validation.jobs.columns import Faults, as_numbers, as_texts
from assay_validation.jobs.feeding import Input, stored
from assay_validation.jobs.images import ImageFault, mask, pixels
from assay_validation.jobs.letters import without_young
from assay_validation.jobs.npz_files import read_array
from assay_validation.jobs.texts import TextWriter

Array = NDArray[Any]
Contents = Iterator[tuple[bytes, list[int]]]
"""The content of each file that is named, with the rows that name it."""


def contents_of(archive: IO[bytes], column: str, rows_of: dict[str, list[int]], faults: Faults) -> Contents:
    """The files that *column* names, with their rows in *rows_of*; a missing or too large file is a fault."""
    missing = dict(rows_of)
    for name, size, opened in entries(archive):
        rows = missing.pop(name, None)
        if rows is None:
            continue
        if size > MAX_FILE_BYTES:
            faults.at("file_too_large", column, f"{name!r} has {size} bytes", rows)
            continue
        with opened() as file:
            yield read_bounded(file, size), rows
    for name, rows in missing.items():
        if name:
            faults.at("file_missing", column, f"the archive has no file {name!r}", rows)


def masks(archive: IO[bytes], column: str, names: Array, files: dict[str, Any], faults: Faults) -> Array:
    """The masks [rows, height, width] in *archive* that *column* names; *files* is a MaskFiles in JSON."""
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(names.tolist()):
        rows_of.setdefault(plain_name(name), []).append(row)
    found = np.zeros((len(names), files["height"], files["width"]), np.uint8)
    for content, rows in contents_of(archive, column, rows_of, faults):
        try:
            found[rows] = mask(content, files)
        except ImageFault as fault:
            faults.at(fault.code, column, f"a mask is refused: {fault.code}", rows)
    return found


class NamedFiles(Input):
    """One input of the model: first the names are read, then the files."""

    def __init__(self, one: dict[str, Any], decimal: str, output: int) -> None:
        """*one* is an InputMapping in JSON that has ``files``."""
        super().__init__(one, decimal, output, whole=True)
        self._files: dict[str, Any] = one["files"]
        self._column: str = one["columns"][0]
        self._rows_of: dict[str, list[int]] = {}
        self._rows = 0

    def add(self, blocks: dict[str, Any], faults: Faults) -> None:
        """Add a batch of names."""
        for name in as_texts(self._column, blocks[self._column], None, faults).to_pylist():
            self._rows_of.setdefault(plain_name(name), []).append(self._rows)
            self._rows += 1

    def finish(self) -> None:
        """Do nothing yet: the files come after the names."""

    def read_files(self, archive: IO[bytes], faults: Faults, most_bytes: int) -> int:
        """Write the rows and return their size in bytes; raises :class:`RefusalError` beyond *most_bytes*."""
        contents = contents_of(archive, self._column, self._rows_of, faults)
        if self._files["kind"] == "text":
            self._read_texts(contents, faults)
        else:
            self._read_rows(contents, faults, most_bytes)
        written = os.fstat(self._file.fileno()).st_size
        self._file.close()
        return written

    def _read_texts(self, contents: Contents, faults: Faults) -> None:
        writer = TextWriter(self._file, self._column, self._shape if self._shape is not None else (1,))
        places = np.zeros((self._rows, 2), np.int64)
        for content, rows in contents:
            text = content.removeprefix(b"\xef\xbb\xbf")
            try:
                text = without_young(text.decode()).encode()
            except UnicodeDecodeError:
                faults.at("file_unreadable", self._column, "a file is no text in UTF-8", rows)
                continue
            places[rows] = writer.append([text])[0]
        writer.place(places)
        writer.finish()

    def _read_rows(self, contents: Contents, faults: Faults, most_bytes: int) -> None:
        shape = self._row_shape_told()
        dtype = stored(self._wanted.dtype)
        if self._rows * math.prod(shape) * dtype.itemsize > most_bytes:
            raise RefusalError(f"what a model is fed takes more than {most_bytes} bytes", "wrote_too_much")
        writer = ArrayWriter(self._file, dtype, shape, self._rows)
        writer.finish()
        self._file.flush()
        start = self._file.tell()
        self._file.truncate(start + max(1, self._rows * math.prod(shape) * dtype.itemsize))
        written = np.memmap(self._file, dtype, "r+", start, (self._rows, *shape))
        for content, rows in contents:
            row = self._row(content, rows, shape, faults)
            if row is not None:
                written[rows] = self.encoded(row[None])[0]
        written.flush()

    def _row_shape_told(self) -> tuple[int, ...]:
        if self._files["kind"] == "array":
            assert self._shape is not None  # the mapping's validation guarantees it
            return self._shape
        size = (self._files["height"], self._files["width"])
        channels = (self._files["channels"],)
        return (*channels, *size) if self._files["layout"] == "nchw" else (*size, *channels)

    def _row(self, content: bytes, rows: list[int], shape: tuple[int, ...], faults: Faults) -> Array | None:
        """The row that a file is fed as; None if the file is at fault."""
        try:
            if self._files["kind"] == "image":
                return self._image(pixels(content, self._files))
            given = read_array(io.BytesIO(content), self._column)
        except ImageFault as fault:
            faults.at(fault.code, self._column, f"an image is refused: {fault.code}", rows)
            return None
        except (ValueError, RefusalError):
            faults.at("file_unreadable", self._column, "a file is no array of numbers", rows)
            return None
        if given.shape != shape:
            faults.at("file_shape", self._column, f"an array has the shape {list(given.shape)}", rows)
            return None
        outer, faults.start = faults.start, rows[0]
        given, fed = as_numbers(self._column, given[None], self._wanted, faults)
        faults.start = outer
        self.sample.add([given])
        return np.asarray(fed[0])

    def _image(self, image: Array) -> Array:
        laid = image.transpose(2, 0, 1) if self._files["layout"] == "nchw" else image
        dtype = self._wanted.dtype
        if dtype.startswith("uint"):
            return laid
        row = laid.astype(np.float32)
        if self._files["scale"] != "1":
            row /= np.float32(self._files["scale"].removeprefix("1/"))
        row = row.astype("float32" if dtype == "bfloat16" else dtype)
        self.sample.add([row[None]])
        return row
