"""Packs an ONNX model and its external data file into one file.

Exporters write large models as two files: ``model.onnx`` with the graph, and ``model.onnx.data``. The data
is copied piece by piece, so packing takes no more memory than the graph. Protobuf merges the parts of a
message, so each tensor is appended as a further part of the graph that contains only that tensor.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from assay.errors import InvalidInput
from assay.words.printable import quoted

MAX_BYTES = 2**31 - 1
"""Size limit of a protobuf message, and therefore of an ONNX file."""
_PIECE = 1 << 20
_IN_MODEL, _IN_GRAPH, _RAW_DATA = 7, 5, 9
"""Field numbers of ``graph``, ``initializer`` and ``raw_data``."""
_LENGTH_DELIMITED = 2


@contextmanager
def one_file(path: Path) -> Iterator[Path]:
    """The model at *path* as one file: the file itself, or a packed copy that is removed afterwards.

    A file that is not ONNX is passed through for its reader to reject.

    Raises:
        InvalidInput: its data is not in a file beside it, or is too large for one file.
    """
    model = _read(path)
    if model is None or not any(_is_outside(tensor) for tensor in _tensors(model.graph)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        packed = Path(folder) / path.name
        with packed.open("xb") as file:
            _pack(model, path.parent, file)
        yield packed


def _read(path: Path) -> Any:
    with suppress(ImportError):
        import onnx
        from google.protobuf.message import DecodeError

        with suppress(OSError, DecodeError):
            if path.stat().st_size <= MAX_BYTES:
                return onnx.ModelProto.FromString(path.read_bytes())
    return None


def _tensors(graph: Any) -> Iterator[Any]:
    """All constants of *graph* and of the graphs nested in it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for body in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _tensors(body)


def _is_outside(tensor: Any) -> bool:
    return bool(tensor.data_location == tensor.EXTERNAL)


def _pack(model: Any, folder: Path, file: IO[bytes]) -> None:
    graph = model.graph
    appended = [tensor for tensor in graph.initializer if _is_outside(tensor)]
    kept = [tensor for tensor in graph.initializer if not _is_outside(tensor)]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for tensor in _tensors(graph):
        if _is_outside(tensor):
            numbers = _Numbers(tensor, folder)
            _bring_in(tensor)
            tensor.raw_data = b"".join(numbers.pieces())
    size = file.write(model.SerializeToString())
    for tensor in appended:
        numbers = _Numbers(tensor, folder)
        _bring_in(tensor)
        head = tensor.SerializeToString() + _tag(_RAW_DATA, numbers.length)
        inner = _tag(_IN_GRAPH, len(head) + numbers.length)
        outer = _tag(_IN_MODEL, len(inner) + len(head) + numbers.length)
        size += len(outer) + len(inner) + len(head) + numbers.length
        if size > MAX_BYTES:
            raise InvalidInput(
                f"With its data the model is larger than {MAX_BYTES:,} bytes, which no ONNX file can be.",
                hint="Quantise it, for instance to numbers of 8 bits.",
            )
        file.write(outer + inner + head)
        for piece in numbers.pieces():
            file.write(piece)


def _bring_in(tensor: Any) -> None:
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")


class _Numbers:
    """Where a tensor's numbers are stored; raises :class:`InvalidInput` if the location is invalid."""

    def __init__(self, tensor: Any, folder: Path) -> None:
        told = {one.key: one.value for one in tensor.external_data}
        self._name = told.get("location", "")
        self._path = _beside(folder, self._name)
        size = self._path.stat().st_size
        self._offset = _number(told.get("offset", "0"), self._name)
        self.length = _number(told.get("length", str(max(0, size - self._offset))), self._name)
        if self._offset + self.length > size:
            raise InvalidInput(f"The model's data file {quoted(self._name)} is cut short.")

    def pieces(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            left = self.length
            while left:
                piece = file.read(min(_PIECE, left))
                if not piece:
                    raise InvalidInput(f"The model's data file {quoted(self._name)} is cut short.")
                left -= len(piece)
                yield piece


def _beside(folder: Path, location: str) -> Path:
    """The data file that a model in *folder* names; must be a regular file in or below *folder*."""
    parts = [part for part in location.split("/") if part != "."]
    if not parts or "\0" in location or "\\" in location or any(part in ("", "..") for part in parts):
        raise InvalidInput(
            f"The model keeps its numbers in {quoted(location)}, which is no file beside it.",
            hint="Save it again as one file, or with its data in the same folder.",
        )
    path = folder
    for part in parts:
        path /= part
        if path.is_symlink():
            raise InvalidInput(f"The model's data file {quoted(location)} is a link, which is not followed.")
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        raise InvalidInput(
            f"Cannot read the model's data file {quoted(location)}: {error.strerror}.",
            hint="It belongs in the folder of the ONNX file.",
        ) from None
    if not stat.S_ISREG(mode):
        raise InvalidInput(f"The model's data file {quoted(location)} is no ordinary file.")
    return path


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidInput(f"The model does not say where in {quoted(name)} its numbers are.")
    return int(text)


def _tag(field: int, length: int) -> bytes:
    """The prefix of *length* bytes in a protobuf *field*."""
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(length)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
