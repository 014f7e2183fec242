"""Arrays as bytes between this process and a jailed one that it does not trust.

A frame is a length (u32, little-endian) and so many bytes: one byte that says what follows, then either a
refusal in UTF-8, or a count and that many arrays, each a kind, an item size, its dimensions, and its items in
row order. Nothing in it is executed, and nothing is allocated that was not sent.
"""

import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<I")
MAX_ARRAYS, MAX_DIMENSIONS, MAX_REFUSAL = 64, 8, 1000
_ARRAYS, _REFUSAL = 0, 1
_ITEM = struct.Struct("<cHB")  # kind, item size, dimensions
_SIZES = {"f": (2, 4, 8), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "b": (1,), "U": range(4, 1025, 4)}
_LAST_CHARACTER = 0x10FFFF

Array = NDArray[Any]


class FrameError(Exception):
    """Bytes that are no frame of ours."""


class Refused(Exception):
    """The frame is a refusal; the message is its text, cut and printable."""


def encode(arrays: list[Array]) -> bytes:
    """The payload that carries *arrays*; raises :class:`FrameError` for what has no place in one."""
    if len(arrays) > MAX_ARRAYS:
        raise FrameError(f"{len(arrays)} arrays")
    parts = [bytes((_ARRAYS, len(arrays)))]
    for array in arrays:
        dtype = array.dtype.newbyteorder("<")
        if dtype.itemsize not in _SIZES.get(dtype.kind, ()) or array.ndim > MAX_DIMENSIONS:
            raise FrameError(f"an array of {array.ndim} dimensions of {array.dtype}")
        parts.append(_ITEM.pack(dtype.kind.encode(), dtype.itemsize, array.ndim))
        parts.append(struct.pack(f"<{array.ndim}I", *array.shape))
        parts.append(np.ascontiguousarray(array, dtype).tobytes())
    return b"".join(parts)


def encode_refusal(text: str) -> bytes:
    """The payload that says no."""
    return bytes((_REFUSAL,)) + text.encode("utf-8", "replace")[:MAX_REFUSAL]


def decode(payload: bytes) -> list[Array]:
    """The arrays in *payload*, read-only.

    Raises:
        FrameError: it is malformed, cut short, or followed by something.
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
        array, offset = _decode_array(payload, offset)
        arrays.append(array)
    if offset != len(payload):
        raise FrameError("more bytes than arrays")
    return arrays


def _decode_array(payload: bytes, offset: int) -> tuple[Array, int]:
    try:
        kind, size, dimensions = _ITEM.unpack_from(payload, offset)
        if dimensions > MAX_DIMENSIONS:
            raise FrameError("too many dimensions")
        shape = struct.unpack_from(f"<{dimensions}I", payload, offset + _ITEM.size)
    except struct.error:
        raise FrameError("cut short") from None
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


def _check_characters(characters: Array) -> None:
    surrogate = (characters >= 0xD800) & (characters <= 0xDFFF)
    if (characters > _LAST_CHARACTER).any() or surrogate.any():
        raise FrameError("text that is no Unicode")
