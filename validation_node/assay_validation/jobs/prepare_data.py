"""Reads validation data into plain arrays: what the model is fed, and, apart from it, the truth.

Every pass over the data is an array per input: ``clean`` as given, ``nudged`` with each number moved up or
down by a millionth of its magnitude, and ``noisy`` with Gaussian noise of 5 % of each column's standard
deviation. The noise is the same on every machine (PCG64, fixed seeds).
"""

import mmap
import os
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from assay_validation.jobs import RefusalError

NUDGE = 1e-6
NOISE = 0.05
MAX_GROUPS = 1_000
_SEED = {"nudged": 1, "noisy": 2}


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``<pass>-<i>`` per input, ``truth`` (class indices, or numbers) and ``groups`` (indices).

    *arguments* is a DataMapping as JSON. Outputs that were not lent are not made. Returns counts
    by class and group.

    Raises:
        RefusalError: saying what is wrong with the data.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with os.fdopen(inputs["data"], "rb") as file:
        columns = _read(file, arguments)
    label, group, classes = arguments["label"], arguments["group"], arguments["classes"]
    rows = len(columns[label])
    if not 1 <= rows <= arguments["max_rows"]:
        raise RefusalError(f"the data has {rows} rows; 1 to {arguments['max_rows']} are allowed")
    counts: dict[str, dict[str, int]] = {"classes": {}, "groups": {}}
    if classes:
        truth, counts["classes"] = _encode(label, columns[label], classes)
    else:
        truth = _numbers(label, columns[label], np.float64)
    _save(outputs, "truth", truth)
    if group is not None:
        names = sorted({str(v) for v in _as_text(columns[group])})
        if len(names) > MAX_GROUPS:
            raise RefusalError(f"the column {group!r} has more than {MAX_GROUPS} groups")
        codes, counts["groups"] = _encode(group, columns[group], names)
        _save(outputs, "groups", codes)
    for index, mapping in enumerate(arguments["inputs"]):
        _save_input(outputs, index, _input(columns, mapping, arguments["format"]))
    return {"rows": rows, **counts}


def _read(file: Any, mapping: dict[str, Any]) -> dict[str, NDArray[Any]]:
    text = {mapping["group"]} | ({mapping["label"]} if mapping["classes"] else set()) - {None}
    numeric = {c: i["dtype"] for i in mapping["inputs"] for c in i["columns"]}
    wanted = list(dict.fromkeys([*numeric, mapping["label"], *sorted(filter(None, text))]))
    try:
        if mapping["format"] == "npz":
            columns = _read_npz(file, wanted)
        else:
            columns = _read_table(file, mapping["format"], wanted, text)
    except (RefusalError, MemoryError):
        raise
    except Exception as error:  # the libraries raise whatever they met; all of it means the same
        raise RefusalError(f"the data cannot be read as {mapping['format']}: {str(error)[:200]}") from None
    if len({len(c) for c in columns.values()}) != 1:
        raise RefusalError("the arrays have different numbers of rows")
    return columns


def _read_npz(file: Any, wanted: list[str]) -> dict[str, NDArray[Any]]:
    with np.load(file, allow_pickle=False) as archive:
        for name in wanted:
            if name not in archive:
                raise RefusalError(f"the data has no array {name!r}")
        columns = {name: archive[name] for name in wanted}
    if any(c.ndim == 0 for c in columns.values()):
        raise RefusalError("an array without rows")
    return columns


def _read_table(file: Any, kind: str, wanted: list[str], text: set[str]) -> dict[str, NDArray[Any]]:
    if kind == "csv":
        # read as text first: "007" and "7" are different labels, "1e3" and "1000" the same number
        strings = csv.ConvertOptions(
            include_columns=wanted, column_types={c: pa.string() for c in wanted}, strings_can_be_null=False
        )
        names = csv.open_csv(_mapped(file), read_options=csv.ReadOptions(use_threads=False)).schema.names
    else:
        from pyarrow import parquet  # here because CSV does without its second of imports

        names = parquet.read_schema(_mapped(file)).names
    for name in wanted:
        if names.count(name) != 1:
            raise RefusalError(f"the data has {names.count(name)} columns named {name!r}")
    if kind == "csv":
        table = csv.read_csv(_mapped(file), csv.ReadOptions(use_threads=False), convert_options=strings)
    else:
        table = parquet.read_table(_mapped(file), columns=wanted, use_threads=False)
    return {name: _column(table, name, name in text) for name in wanted}


def _mapped(file: Any) -> pa.BufferReader:
    """The file as memory.

    Arrow reads ahead in a thread of its own, from wherever a file of Python's is; and this one is read twice.
    """
    return pa.BufferReader(pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _column(table: Any, name: str, text: bool) -> NDArray[Any]:
    column = table.column(name)
    if column.null_count:
        raise RefusalError(f"the column {name!r} has empty cells")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if text or not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return np.asarray(column.to_numpy())
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy())
    except pa.ArrowInvalid:
        raise RefusalError(f"the column {name!r} is not numeric") from None


def _as_text(values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels as text; whole numbers without a point."""
    if values.ndim != 1:
        raise RefusalError("labels and groups are one-dimensional")
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        values = values.astype(np.int64)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    return values.astype(np.str_)


def _encode(name: str, values: NDArray[Any], classes: list[str]) -> tuple[NDArray[np.int64], dict[str, int]]:
    found, inverse = np.unique(_as_text(values), return_inverse=True)
    position = {c: i for i, c in enumerate(classes)}
    unknown = [str(f) for f in found if str(f) not in position]
    if unknown:
        raise RefusalError(
            f"the column {name!r} has values outside its classes, such as {unknown[0][:100]!r}"
        )
    codes = np.array([position[str(f)] for f in found], dtype=np.int64)[inverse]
    counts = np.bincount(codes, minlength=len(classes))
    return codes, {c: int(n) for c, n in zip(classes, counts, strict=True)}


def _numbers(name: str, values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    if values.dtype.kind not in "iufb":
        raise RefusalError(f"the column {name!r} is not numeric")
    if (
        np.issubdtype(dtype, np.integer)
        and values.dtype.kind == "f"
        and not np.all(values == np.floor(values))
    ):
        raise RefusalError(f"the column {name!r} is not whole numbers")
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = values.astype(dtype)
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and np.isfinite(numbers).all()):
        raise RefusalError(f"the column {name!r} has NaN or infinite values")
    return np.ascontiguousarray(numbers)


def _input(columns: dict[str, NDArray[Any]], mapping: dict[str, Any], kind: str) -> NDArray[Any]:
    dtype = np.dtype(mapping["dtype"])
    parts = [_numbers(name, columns[name], dtype) for name in mapping["columns"]]
    if kind == "npz":
        return parts[0]
    return np.column_stack(parts)


def _save_input(outputs: dict[str, int], index: int, clean: NDArray[Any]) -> None:
    _save(outputs, f"clean-{index}", clean)
    for name, seed in _SEED.items():
        if f"{name}-{index}" not in outputs:
            continue
        if clean.dtype.kind != "f":
            _save(outputs, f"{name}-{index}", clean)
            continue
        generator = np.random.Generator(np.random.PCG64([seed, index]))
        spread = clean.std(axis=0, dtype=np.float64)
        if name == "nudged":
            direction = generator.integers(0, 2, clean.shape) * 2 - 1
            moved = clean + NUDGE * direction * np.maximum(np.abs(clean), spread)
        else:
            moved = clean + NOISE * spread * generator.standard_normal(clean.shape)
        _save(outputs, f"{name}-{index}", moved.astype(clean.dtype))


def _save(outputs: dict[str, int], name: str, array: NDArray[Any]) -> None:
    with os.fdopen(outputs[name], "wb") as file:
        np.save(file, array, allow_pickle=False)
