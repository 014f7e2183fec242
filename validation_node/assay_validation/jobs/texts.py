"""Texts of an input in a file: no pickles, and hardly more space than the texts themselves take.

The file consists of a head (what it is, the number of rows, the number of dimensions of a row, and eight
lengths), the texts in UTF-8, padding to eight bytes, and for each text where it starts and how long it is.
Numbers are ``<i8``. Equal texts are stored once in a batch, so that a long text repeated in a million rows
stays one.
"""

import math
import mmap
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.batches import BATCH_ROWS
from assay_validation.jobs import RefusalError
from assay_validation.jobs.letters import without_young

MAGIC = b"assay texts v1\0\0"
MAX_BATCH_BYTES = 256 << 20
"""The most bytes of texts that a model is given at once; the runtime copies them."""
_NUMBERS = 10
_HEAD_BYTES = len(MAGIC) + 8 * _NUMBERS


class TextWriter:
    """Writes the texts of the input *name*, in rows of *shape*, to *file*."""

    def __init__(self, file: IO[bytes], name: str, shape: tuple[int, ...]) -> None:
        self._file, self._name, self._shape = file, name, shape
        self._places: list[NDArray[np.int64]] = []
        self._end = _HEAD_BYTES
        file.write(b"\0" * _HEAD_BYTES)

    def add(self, texts: Any) -> None:
        """Add the *texts* of whole rows, in row order: an Arrow array without nulls."""
        encoded = texts.dictionary_encode()
        places = self.append([without_young(word).encode() for word in encoded.dictionary.to_pylist()])
        self.place(places[encoded.indices.to_numpy(zero_copy_only=False)])

    def append(self, pieces: list[bytes]) -> NDArray[np.int64]:
        """Write *pieces* and return the place of each, [pieces, 2]."""
        lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
        starts = self._end + np.cumsum(lengths) - lengths
        self._file.write(b"".join(pieces))
        self._end += int(lengths.sum())
        return np.stack([starts, lengths], axis=1)

    def place(self, places: NDArray[np.int64]) -> None:
        """Record that the next texts in row order are those at *places*."""
        self._places.append(places)

    def finish(self) -> None:
        """Complete the file; raises :class:`RefusalError` if a batch of texts is too long."""
        places = np.concatenate(self._places) if self._places else np.zeros((0, 2), np.int64)
        each = max(1, math.prod(self._shape))
        batches = np.arange(0, len(places), BATCH_ROWS * each)
        sizes = np.add.reduceat(places[:, 1], batches) if len(places) else np.zeros(0, np.int64)
        long = np.flatnonzero(sizes > MAX_BATCH_BYTES)
        if len(long):
            row = int(long[0]) * BATCH_ROWS + 1
            message = f"{BATCH_ROWS} rows from row {row} on have more than {MAX_BATCH_BYTES} bytes of text"
            raise RefusalError(message, "texts_too_long", name=self._name, row=row, most=MAX_BATCH_BYTES)
        self._file.write(b"\0" * (-self._end % 8) + places.astype("<i8").tobytes())
        head = np.zeros(_NUMBERS, "<i8")
        head[:2] = len(places) // each, len(self._shape)
        head[2 : 2 + len(self._shape)] = self._shape
        self._file.seek(0)
        self._file.write(MAGIC + head.tobytes())


class Texts:
    """The texts in *file*, mapped into memory: rows can be sliced like those of an array."""

    def __init__(self, file: IO[bytes]) -> None:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        rows, dimensions, *lengths = np.frombuffer(content, "<i8", _NUMBERS, len(MAGIC)).tolist()
        self.shape: tuple[int, ...] = (rows, *lengths[:dimensions])
        count = math.prod(self.shape)
        places = np.frombuffer(content, "<i8", 2 * count, len(content) - 16 * count)
        self._content, self._places = content, places.reshape(count, 2)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """The size of all texts, repeated ones included; safe even if the file's claims are false."""
        return int(self._places[:, 1].clip(0, len(self._content)).sum())

    def __getitem__(self, rows: slice) -> NDArray[np.object_]:
        start, stop, _ = rows.indices(len(self))
        each = math.prod(self.shape[1:])
        known: dict[int, str] = {}
        found: list[Any] = []
        for place, size in self._places[start * each : stop * each].tolist():
            # an empty text has the same place as the text after it
            text = known.get(place) if size else ""
            if text is None:
                text = known[place] = self._content[place : place + size].decode()
            found.append(text)
        array = np.empty(len(found), object)
        array[:] = found
        return array.reshape(-1, *self.shape[1:])


def is_texts(file: IO[bytes]) -> bool:
    """Whether *file* is a file of texts."""
    file.seek(0)
    return file.read(len(MAGIC)) == MAGIC
