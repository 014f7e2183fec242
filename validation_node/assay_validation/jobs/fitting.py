"""Fits what an order feeds to the types that a graph's inputs declare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.runtime import ort

_TYPES: dict[str, str] = {
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    **{name: name for name in ("float16", "int8", "int16", "int32", "int64")},
    **{name: name for name in ("uint8", "uint16", "uint32", "uint64")},
}
"""numpy's names for the runtime's types."""
_BFLOAT16 = 16
"""The type's number in ONNX's TensorProto."""

Array = NDArray[Any]


def fitted(rows: Array, declared: Any, *, bits: bool = False) -> Any:
    """*rows* in the type that the session's input *declared* takes, with the same values.

    Whole numbers stay whole, floats are rounded to the input's precision, and a single column can be a list.
    With *bits*, rows are bfloat16 numbers given as 16-bit integers.

    Raises:
        RefusalError: the input's type cannot hold some value.
    """
    wanted = declared.type.removeprefix("tensor(").removesuffix(")")
    if len(declared.shape) == 1 and rows.ndim == 2 and rows.shape[1] == 1:
        rows = rows[:, 0]
    if bits and wanted != "bfloat16":
        rows = (rows.astype(np.uint32) << 16).view(np.float32)
    if wanted == "string":
        return rows.astype(object) if rows.dtype.kind == "U" else rows
    if wanted == "bfloat16":
        halves = np.ascontiguousarray(rows if bits else _bfloat16(rows.astype(np.float32)))
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(halves, _BFLOAT16)
    if wanted not in _TYPES or rows.dtype.kind not in "iufb":
        return rows  # leave the complaint to the runtime
    return _cast(rows, np.dtype(_TYPES[wanted]), declared.name)


def _cast(rows: Array, dtype: np.dtype[Any], name: str) -> Array:
    if rows.dtype == dtype:
        return rows
    with np.errstate(over="ignore", invalid="ignore"):
        cast = rows.astype(dtype)
    if dtype.kind == "f":
        lost = np.isinf(cast) & np.isfinite(rows)
    elif rows.dtype.kind == "f":  # 2.0**64 is a float but not a uint64
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        lost = ~((rows == np.floor(rows)) & (rows >= float(low)) & (rows < float(high) + 1))
    else:
        lost = cast.astype(rows.dtype) != rows if dtype.kind == "b" else ~_within(rows, dtype)
    if lost.any():
        raise RefusalError(
            f"the data has values that the input {name!r} ({dtype}) cannot hold", "unfit_values"
        )
    return np.asarray(cast)


def _within(rows: Array, dtype: np.dtype[Any]) -> Array:
    limits = np.iinfo(dtype)
    low, high = (0, 1) if rows.dtype.kind == "b" else (int(rows.min()), int(rows.max()))
    return np.array(limits.min <= low and high <= limits.max)


def _bfloat16(values: Array) -> Array:
    """The bits of float32 *values*, rounded to the nearest bfloat16, ties to even."""
    bits = values.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(values), np.uint16(0x7FC0), rounded)
