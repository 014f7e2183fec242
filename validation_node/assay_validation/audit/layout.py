"""How a model's inputs lie side by side in one matrix, with a row of numbers for each row of data."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import DataMapping
from assay_validation.audit.section import line
from assay_validation.audit.texts import Book, holds_categories
from assay_validation.errors import JobError

MAX_COLUMNS = 1 << 20
_SMALLEST_IMAGE, _CHANNELS = 4, (1, 3)
_MAX_CODES = 10

Array = NDArray[Any]


@dataclass(frozen=True)
class Image:
    """One input of pixels, and how to view it as [height, width, channels]."""

    height: int
    width: int
    channels: int
    channels_first: bool

    def pixels(self, row: Array) -> Array:
        """[height, width, channels] of one row of the matrix."""
        if self.channels_first:
            return row.reshape(self.channels, self.height, self.width).transpose(1, 2, 0)
        return row.reshape(self.height, self.width, self.channels)

    def columns(self, pixel: Array) -> Array:
        """For each column of the matrix, the entry of *pixel* [height, width] that it belongs to."""
        if self.channels_first:
            return np.broadcast_to(pixel, (self.channels, self.height, self.width)).reshape(-1)
        spread = np.broadcast_to(pixel[..., None], (self.height, self.width, self.channels))
        return spread.reshape(-1)


@dataclass(frozen=True)
class _Input:
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True)
class Layout:
    """Names and kinds of the matrix's columns, and the way back to the inputs."""

    inputs: tuple[_Input, ...]
    names: tuple[str, ...]
    continuous: NDArray[np.bool_]
    """[columns]: whether a slightly changed value still makes sense. Not for integers, nor for columns with
    few different values, all whole: these are codes. Pixels are continuous whatever their values."""
    image: Image | None
    book: Book
    """The matrix holds each text as its number in this book."""
    categories: NDArray[np.bool_]
    """[columns]: whether it holds texts, only a few of them different."""
    prose: NDArray[np.bool_]
    """[columns]: whether it holds texts, many of them different."""

    @property
    def texts(self) -> NDArray[np.bool_]:
        """[columns]: whether it holds texts."""
        return self.categories | self.prose

    @classmethod
    def of(cls, mapping: DataMapping, arrays: list[Array]) -> "Layout":
        """The layout of prepared *arrays*, one per mapped input; raises :class:`JobError` beyond a limit."""
        inputs, names, start = [], list[str](), 0
        book, categories = Book(), []
        for declared, array in zip(mapping.inputs, arrays, strict=True):
            shape = array.shape[1:]
            stop = start + int(np.prod(shape))
            if stop > MAX_COLUMNS:
                raise JobError(f"a row has more than {MAX_COLUMNS} numbers")
            dtype = np.dtype(object if declared.dtype == "string" else declared.dtype)
            inputs.append(_Input(declared.name, dtype, shape, start, stop))
            names += _names(declared.columns, shape)
            categories.append(_categories(book, array, stop - start))
            start = stop
        is_one = len(inputs) == 1 and inputs[0].dtype.kind != "O"
        image = _image(inputs[0].shape) if is_one else None
        kinds = [_continuous(array, is_image=image is not None) for array in arrays]
        texts = np.repeat([one.dtype.kind == "O" for one in inputs], [one.stop - one.start for one in inputs])
        few = np.concatenate(categories)
        return cls(tuple(inputs), tuple(names), np.concatenate(kinds), image, book, few, texts & ~few)

    def matrix(self, arrays: list[Array]) -> Array:
        """[rows, columns] as float64."""
        return np.column_stack([
            self.book.numbers(a.reshape(len(a), -1)) if a.dtype.kind == "O"
            else a.reshape(len(a), -1).astype(np.float64)
            for a in arrays
        ])  # fmt: skip

    def arrays(self, matrix: Array) -> list[Array]:
        """What the model is fed for the rows of *matrix*."""
        return [self._fed(one, matrix[:, one.start : one.stop]) for one in self.inputs]

    def row_bytes(self, matrix: Array) -> int:
        """The most bytes that a row of *matrix* takes when it is fed."""
        texts = int(self.texts.sum()) * self.book.longest(matrix[:, self.texts])
        return int(8 * matrix.shape[1] + 4 * texts)

    def said(self, column: int, value: float) -> str:
        """A column's value in readable form."""
        if self.texts[column]:
            return f"{self.names[column]} “{line(self.book.texts(np.array([value]))[0][:40])}”"
        return f"{self.names[column]} {value:.6g}"

    def _fed(self, one: _Input, columns: Array) -> Array:
        shape = (len(columns), *one.shape)
        if one.dtype.kind == "O":
            return self.book.texts(columns).reshape(shape)
        return (columns if one.dtype.kind == "f" else np.rint(columns)).astype(one.dtype).reshape(shape)


def _categories(book: Book, array: Array, columns: int) -> NDArray[np.bool_]:
    if array.dtype.kind != "O":
        return np.zeros(columns, dtype=bool)
    numbers = book.numbers(array.reshape(len(array), -1))
    return np.array([holds_categories(column) for column in numbers.T], dtype=bool)


def _continuous(array: Array, *, is_image: bool) -> NDArray[np.bool_]:
    flat = array.reshape(len(array), -1)
    if array.dtype.kind != "f" or is_image:
        return np.full(flat.shape[1], array.dtype.kind == "f")
    return np.array([
        bool((column % 1).any()) or len(np.unique(column)) > _MAX_CODES
        for column in (one[~np.isnan(one)] for one in flat.T)
    ])  # fmt: skip


def _names(columns: tuple[str, ...], shape: tuple[int, ...]) -> list[str]:
    if shape == (len(columns),):
        return [line(column) for column in columns]
    stem = line(columns[0])
    return [f"{stem}[{', '.join(map(str, place))}]" for place in np.ndindex(*shape)] if shape else [stem]


def _image(shape: tuple[int, ...]) -> Image | None:
    if len(shape) == 2 and min(shape) >= _SMALLEST_IMAGE:
        return Image(*shape, channels=1, channels_first=False)
    if len(shape) == 3 and shape[0] in _CHANNELS and min(shape[1:]) >= _SMALLEST_IMAGE:
        return Image(shape[1], shape[2], channels=shape[0], channels_first=True)
    if len(shape) == 3 and shape[2] in _CHANNELS and min(shape[:2]) >= _SMALLEST_IMAGE:
        return Image(shape[0], shape[1], channels=shape[2], channels_first=False)
    return None
