"""Arrays as bytes between this process and a jailed one that it does not trust.

A frame is a length (u32, little-endian) and that many bytes: one byte that says what follows, then either a
refusal in UTF-8, or a count and that many arrays, each with a kind, an item size, its dimensions, and its
items in row order. Texts of any length have item size 0: first the lengths (u32) of all, then their UTF-8;
only questions may contain them. Nothing in a frame is executed, and nothing is allocated that was not sent.
"""

import math
import struct
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<I")
MAX_ARRAYS, MAX_DIMENSIONS, MAX_REFUSAL = 64, 8, 1000
_ARRAYS, _REFUSAL = 0, 1
_TEXTS = b"O"
_ITEM = struct.Struct("<cHB")  # kind, item size, dimensions
_SIZES = {"f": (2, 4, 8), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "b": (1,), "U": range(4, 1025, 4)}
_LAST_CHARACTER = 0x10FFFF

Array = NDArray[Any]


class FrameError(Exception):
    """The bytes are not a valid frame."""


class Refused(Exception):
    """The frame is a refusal; the message is its text, truncated and made printable."""


def encode(arrays: list[Array]) -> bytes:
    """The payload that carries *arrays*; raises :class:`FrameError` for arrays that a frame cannot hold."""
    if len(arrays) > MAX_ARRAYS:
        raise FrameError(f"{len(arrays)} arrays")
    parts = [bytes((_ARRAYS, len(arrays)))]
    for array in arrays:
        if array.dtype.kind == "O":
            parts += _encode_texts(array)
            continue
        dtype = array.dtype.newbyteorder("<")
        if dtype.itemsize not in _SIZES.get(dtype.kind, ()) or array.ndim > MAX_DIMENSIONS:
            raise FrameError(f"an array of {array.ndim} dimensions of {array.dtype}")
        parts.append(_ITEM.pack(dtype.kind.encode(), dtype.itemsize, array.ndim))
        parts.append(struct.pack(f"<{array.ndim}I", *array.shape))
        parts.append(np.ascontiguousarray(array, dtype).tobytes())
    return b"".join(parts)


def _encode_texts(array: Array) -> list[bytes]:
    if not all(isinstance(text, str) for text in array.ravel()) or array.ndim > MAX_DIMENSIONS:
        raise FrameError("objects that are no texts")
    pieces = [text.encode() for text in array.ravel()]
    lengths = np.array(list(map(len, pieces)), "<u4").tobytes()
    head = _ITEM.pack(_TEXTS, 0, array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
    return [head, lengths, *pieces]


def encode_refusal(text: str) -> bytes:
    """The payload that carries a refusal."""
    return bytes((_REFUSAL,)) + text.encode("utf-8", "replace")[:MAX_REFUSAL]


def decode(payload: bytes, *, texts: bool = False) -> list[Array]:
    """The arrays in *payload*, read-only; with *texts*, texts of any length are allowed too.

    Raises:
        FrameError: it is malformed, truncated, or followed by something else.
        Refused: it is a refusal.
    """
    if len(payload) < 2:
        raise FrameError("too short")
    if payload[0] == _REFUSAL:
        text = payload[1 : 1 + MAX_REFUSAL].decode("utf-8", "replace")
        raise Refused("".join(c if c.isprintable() else "?" for c in text))
    if payload[0] != _ARRAYS or payload[1] > MAX_ARRAYS:
        raise FrameError("neither arrays nor a refusal")
    arrays, offset = [], 2
    for _ in range(payload[1]):
        array, offset = _decode_array(payload, offset, texts)
        arrays.append(array)
    if offset != len(payload):
        raise FrameError("more bytes than arrays")
    return arrays


def _decode_array(payload: bytes, offset: int, texts: bool) -> tuple[Array, int]:
    try:
        kind, size, dimensions = _ITEM.unpack_from(payload, offset)
        if dimensions > MAX_DIMENSIONS:
            raise FrameError("too many dimensions")
        shape = struct.unpack_from(f"<{dimensions}I", payload, offset + _ITEM.size)
    except struct.error:
        raise FrameError("cut short") from None
    if texts and kind == _TEXTS:
        return _decode_texts(payload, offset + _ITEM.size + 4 * dimensions, shape)
    name = kind.decode("latin-1")
    if size not in _SIZES.get(name, ()):
        raise FrameError("an unknown kind of item")
    start = offset + _ITEM.size + 4 * dimensions
    count = math.prod(shape)
    end = start + count * size
    if end > len(payload):
        raise FrameError("cut short")
    dtype = np.dtype(f"<U{size // 4}" if name == "U" else f"<{name}{size}")
    if name == "U":
        _check_characters(np.frombuffer(payload, "<u4", count * size // 4, start))
    if name == "b" and (np.frombuffer(payload, "u1", count, start) > 1).any():
        raise FrameError("a truth value beyond 1")
    return np.frombuffer(payload, dtype, count, start).reshape(shape), end


def _decode_texts(payload: bytes, start: int, shape: tuple[int, ...]) -> tuple[Array, int]:
    count = math.prod(shape)
    first = start + 4 * count
    if first > len(payload):
        raise FrameError("cut short")
    ends = first + np.cumsum(np.frombuffer(payload, "<u4", count, start), dtype=np.int64)
    if count and ends[-1] > len(payload):
        raise FrameError("cut short")
    found = np.empty(count, object)
    try:
        found[:] = [payload[a:b].decode() for a, b in pairwise([first, *ends.tolist()])]
    except UnicodeDecodeError:
        raise FrameError("text that is no Unicode") from None
    return found.reshape(shape), int(ends[-1]) if count else first


def _check_characters(characters: Array) -> None:
    surrogate = (characters >= 0xD800) & (characters <= 0xDFFF)
    if (characters > _LAST_CHARACTER).any() or surrogate.any():
        raise FrameError("text that is no Unicode")
