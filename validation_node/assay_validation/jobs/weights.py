"""Leaves the large constants of a model in its file, and reads only the rest.

A model of 2 GiB would otherwise be in memory three times: as bytes, as a message, and serialised again. Here
its file is mapped, and the graph says where in it each large constant is. The runtime is lent the same file.
"""

import math
import mmap
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper

from assay_validation.jobs import RefusalError

LARGE = 1 << 20
"""The size in bytes from which a constant stays in the file."""
PLACE = "weights"
"""The name of the file in the graph."""
_IN_MODEL, _IN_GRAPH, _RAW_DATA = 7, 5, 9
"""Numbers of the fields ``graph``, ``initializer`` and ``raw_data``."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WHOLE_BYTES = frozenset({*range(1, 8), *range(9, 14), 16})
"""Types whose numbers take one or more whole bytes each."""


class Weights:
    """A model's file, mapped, with the places of its large constants by name."""

    def __init__(self, content: mmap.mmap | bytes) -> None:
        self.content = content
        self._places: dict[str, tuple[int, int]] = {}

    def read(self) -> onnx.ModelProto:
        """The model, in which large constants only say where in the file their numbers are.

        Raises:
            RefusalError: this is not a complete ONNX file.
        """
        model = onnx.ModelProto()
        try:
            model.ParseFromString(b"".join(self._pieces(0, len(self.content), self._graph, _IN_MODEL)))
        except (DecodeError, ValueError, IndexError):
            raise RefusalError("the model is not a whole ONNX file", "not_onnx") from None
        names = [tensor.name for tensor in model.graph.initializer]
        if self._places and len(set(names)) != len(names):
            raise RefusalError("two constants have one name", "model_refused")
        return model

    def has(self, tensor: onnx.TensorProto) -> bool:
        """Whether *tensor*, a constant of the graph itself, was left in the file."""
        return tensor.name in self._places and self._where(tensor) == self._places[tensor.name]

    def _where(self, tensor: onnx.TensorProto) -> tuple[int, int] | None:
        told = {one.key: one.value for one in tensor.external_data}
        if told.keys() != {"location", "offset", "length"} or told["location"] != PLACE:
            return None
        return int(told["offset"]), int(told["length"])

    def _graph(self, start: int, end: int) -> Iterator[bytes]:
        return self._pieces(start, end, self._tensor, _IN_GRAPH)

    def _pieces(self, start: int, end: int, change: Any, field: int) -> Iterator[bytes]:
        """The message from *start* to *end*, with each *field* replaced by what *change* makes of it."""
        for number, kind, begins, value, ends in self._fields(start, end):
            if (number, kind) == (field, _BYTES):
                changed = list(change(value, ends))
                yield _tag(field, sum(map(len, changed)))
                yield from changed
            else:
                yield self.content[begins:ends]

    def _tensor(self, start: int, end: int) -> list[bytes]:
        """A constant, without its numbers if there are many."""
        if end - start < LARGE:
            return [self.content[start:end]]
        fields = list(self._fields(start, end))
        raw = [(one[3], one[4]) for one in fields if one[:2] == (_RAW_DATA, _BYTES)]
        rest = b"".join(self.content[one[2] : one[4]] for one in fields if one[0] != _RAW_DATA)
        tensor = TensorProto.FromString(rest)
        length = raw[0][1] - raw[0][0] if len(raw) == 1 else 0
        known = tensor.data_type in _WHOLE_BYTES and not tensor.external_data and not tensor.data_location
        if not known or length < LARGE or length != _size(tensor):
            return [self.content[start:end]]
        self._places[tensor.name] = (raw[0][0], length)
        tensor.data_location = TensorProto.EXTERNAL
        for key, told in (("location", PLACE), ("offset", str(raw[0][0])), ("length", str(length))):
            tensor.external_data.add(key=key, value=told)
        return [bytes(tensor.SerializeToString())]

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """For each field, its number and kind, where it begins, where its value begins, and where it ends."""
        while start < end:
            begins = start
            tag, start = self._varint(start)
            number, kind = tag >> 3, tag & 7
            value = start
            if kind == _VARINT:
                _, start = self._varint(start)
            elif kind == _BYTES:
                length, value = self._varint(start)
                start = value + length
            elif kind in (_FIXED64, _FIXED32):
                start += 8 if kind == _FIXED64 else 4
            else:
                raise ValueError(f"a field of kind {kind}")
            if start > end:
                raise ValueError("a field beyond its message")
            yield number, kind, begins, value, start

    def _varint(self, place: int) -> tuple[int, int]:
        number = shift = 0
        while shift < 64:
            byte = self.content[place]
            number |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if byte < 0x80:
                return number, place
        raise ValueError("a number that does not end")


def mapped_file(file: IO[bytes]) -> mmap.mmap | bytes:
    """The content of *file*, without copying it."""
    try:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # an empty file cannot be mapped
        return b""


def _size(tensor: onnx.TensorProto) -> int:
    """The size in bytes of the numbers that *tensor* declares."""
    if any(size < 0 for size in tensor.dims):
        return -1
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
    return int(math.prod(tensor.dims)) * dtype.itemsize


def _tag(field: int, length: int) -> bytes:
    """The bytes that precede *length* bytes in a protobuf *field*."""
    written, number = bytearray([field << 3 | _BYTES]), length
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
