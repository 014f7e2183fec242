"""Reads validation data into plain arrays: what the model is fed, and, apart from it, the truth.

Every pass over the data is an array per input: ``clean`` as given, ``nudged`` with measurements moved by
rounding's size (`nudging`), and ``noisy`` with Gaussian noise of 5 % of each column's standard deviation.
The noise is the same on every machine (PCG64). Its seed is a digest of the data, which no model can know.
"""

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from assay_validation.jobs import RefusalError
from assay_validation.jobs.nudging import is_continuous, nudged

NOISE = 0.05
MAX_GROUPS = 1_000
NUMBER = r"^\s*([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity))\s*$"
_SEED = {"nudged": 1, "noisy": 2}


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``<pass>-<i>`` per input, ``truth`` (class indices, or numbers) and ``groups`` (indices).

    *arguments*: ``mapping``, a DataMapping as JSON, and ``seed``, of the noise. Outputs that were not lent
    are not made. Returns counts by class and group.

    Raises:
        RefusalError: saying what is wrong with the data.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    mapping = arguments["mapping"]
    with os.fdopen(inputs["data"], "rb") as file:
        columns = _read(file, mapping)
    rows, most = len(columns[mapping["label"]]), mapping["max_rows"]
    if not 1 <= rows <= most:
        message = f"the data has {rows} rows; 1 to {most} are allowed"
        raise RefusalError(message, "rows_not_allowed", found=rows, least=1, most=most)
    steps: list[Callable[[], Any]] = [
        partial(_save_truth, outputs, columns, mapping),
        partial(_save_groups, outputs, columns, mapping["group"]),
    ]
    steps += [
        partial(_save_input, outputs, index, columns, {**arguments, "input": one})
        for index, one in enumerate(mapping["inputs"])
    ]
    classes, groups, *_ = _all(steps)
    return {"rows": rows, "classes": classes, "groups": groups}


def _all(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """What all *steps* return; whatever they refuse is refused together."""
    results, refusals = [], []
    for step in steps:
        try:
            results.append(step())
        except RefusalError as refusal:
            refusals.append(refusal)
    if refusals:
        raise RefusalError.of(refusals)
    return results


def _save_truth(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], mapping: dict[str, Any]
) -> dict[str, int]:
    label = mapping["label"]
    counts: dict[str, int] = {}
    if mapping["classes"]:
        truth, counts = _encode(label, columns[label], mapping["classes"])
    else:
        truth = _numbers(label, columns[label], np.float64)
    _save(outputs, "truth", truth)
    return counts


def _save_groups(
    outputs: dict[str, int], columns: dict[str, NDArray[Any]], group: str | None
) -> dict[str, int]:
    if group is None:
        return {}
    names = sorted({str(v) for v in _as_text(group, columns[group])})
    if len(names) > MAX_GROUPS:
        message = f"the column {group!r} has more than {MAX_GROUPS} groups"
        raise RefusalError(message, "too_many_groups", name=group, found=len(names), most=MAX_GROUPS)
    codes, counts = _encode(group, columns[group], names)
    _save(outputs, "groups", codes)
    return counts


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
        form = mapping["format"]
        message = f"the data cannot be read as {form}: {str(error)[:200]}"
        raise RefusalError(message, "data_unreadable", name=form) from None
    if len({len(c) for c in columns.values()}) != 1:
        raise RefusalError("the arrays have different numbers of rows", "rows_unequal")
    return columns


def _read_npz(file: Any, wanted: list[str]) -> dict[str, NDArray[Any]]:
    with np.load(file, allow_pickle=False) as archive:
        _refuse_missing({name: archive.files.count(name) for name in wanted})
        columns = {name: archive[name] for name in wanted}
    for name, column in columns.items():
        if column.ndim == 0:
            raise RefusalError(f"the array {name!r} has no rows", "rows_missing", name=name)
    return columns


def _read_table(file: Any, kind: str, wanted: list[str], text: set[str]) -> dict[str, NDArray[Any]]:
    if kind == "csv":
        # read as text first: "007" and "7" are different labels, "1e3" and "1000" the same number
        strings = csv.ConvertOptions(
            include_columns=wanted, column_types={c: pa.string() for c in wanted}, strings_can_be_null=False
        )
        names = csv.open_csv(mapped(file), read_options=csv.ReadOptions(use_threads=False)).schema.names
    else:
        from pyarrow import parquet  # here because CSV does without its second of imports

        names = parquet.read_schema(mapped(file)).names
    _refuse_missing({name: names.count(name) for name in wanted})
    if kind == "csv":
        table = csv.read_csv(mapped(file), csv.ReadOptions(use_threads=False), convert_options=strings)
    else:
        table = parquet.read_table(mapped(file), columns=wanted, use_threads=False)
    read = _all([partial(_column, table, name, name in text) for name in wanted])
    return dict(zip(wanted, read, strict=True))


def _refuse_missing(copies: dict[str, int]) -> None:
    """Refuse columns that are not there exactly once, by how often they are."""
    refusals = [
        RefusalError(
            f"the data has {number} columns named {name!r}", "column_repeated", name=name, found=number
        )
        if number
        else RefusalError(f"the data has no column named {name!r}", "column_missing", name=name)
        for name, number in copies.items()
        if number != 1
    ]
    if refusals:
        raise RefusalError.of(refusals)


def mapped(file: Any) -> pa.BufferReader:
    """The file as memory.

    Arrow reads ahead in a thread of its own, from wherever a file of Python's is; and this one is read twice.
    """
    return pa.BufferReader(pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _column(table: Any, name: str, text: bool) -> NDArray[Any]:
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count:
        raise _faulty(f"the column {name!r} has empty cells", "empty_cells", name, column.is_null())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return np.asarray(column.to_numpy())
    if not text:
        with suppress(pa.ArrowInvalid):
            return np.asarray(column.cast(pa.float64()).to_numpy())
    refusals = list(_bad_cells(name, column, text))
    if refusals:
        raise RefusalError.of(refusals)
    return np.asarray(column.to_numpy())


def _bad_cells(name: str, column: Any, text: bool) -> Iterator[RefusalError]:
    """What is wrong with a column of texts; of one that is no text, something is."""
    from pyarrow import compute  # here because most data does without it

    empty = np.asarray(compute.equal(compute.utf8_trim_whitespace(column), ""))
    if empty.any():
        yield _faulty(f"the column {name!r} has empty cells", "empty_cells", name, empty)
    if text:
        return
    strange = ~np.asarray(compute.match_substring_regex(column, NUMBER)) & ~empty
    if strange.any():
        yield _faulty(f"the column {name!r} is not numeric", "not_numeric", name, strange)
    elif not empty.any():  # Arrow reads fewer forms of numbers than this looks for
        yield RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)


def _faulty(message: str, code: str, name: str, faults: Any) -> RefusalError:
    """A refusal with the number of rows in *faults* (a mask) and the first of them."""
    mask = np.asarray(faults).astype(bool).reshape(len(faults), -1).any(axis=1)
    return RefusalError(message, code, name=name, found=int(mask.sum()), row=int(mask.argmax()) + 1)


def _as_text(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels as text; whole numbers without a point."""
    if values.ndim != 1:
        raise RefusalError("labels and groups are one-dimensional", "not_flat", name=name)
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        values = values.astype(np.int64)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    return values.astype(np.str_)


def _encode(name: str, values: NDArray[Any], classes: list[str]) -> tuple[NDArray[np.int64], dict[str, int]]:
    text = _as_text(name, values)
    found, inverse = np.unique(text, return_inverse=True)
    position = {c: i for i, c in enumerate(classes)}
    unknown = [f for f in found if str(f) not in position]
    if unknown:
        message = f"the column {name!r} has values outside its classes, such as {str(unknown[0])[:100]!r}"
        raise _faulty(message, "unknown_class", name, np.isin(text, unknown))
    codes = np.array([position[str(f)] for f in found], dtype=np.int64)[inverse]
    counts = np.bincount(codes, minlength=len(classes))
    return codes, {c: int(n) for c, n in zip(classes, counts, strict=True)}


def _numbers(name: str, values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    if values.dtype.kind not in "iufb":
        raise RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = values.astype(dtype)
    if values.dtype.kind == "f":
        if not (np.isfinite(values).all() and np.isfinite(numbers).all()):
            message = f"the column {name!r} has NaN or infinite values"
            raise _faulty(message, "not_finite", name, ~(np.isfinite(values) & np.isfinite(numbers)))
        if np.issubdtype(dtype, np.integer) and not np.all(values == np.floor(values)):
            raise _faulty(
                f"the column {name!r} is not whole numbers", "not_whole", name, values != np.floor(values)
            )
    return np.ascontiguousarray(numbers)


def _check_shape(array: NDArray[Any], mapping: dict[str, Any]) -> None:
    """Refuse an *array* whose rows have not the shape that the order tells."""
    shape, found = mapping.get("shape"), list(array.shape[1:])
    if shape is not None and found != list(shape):
        name = mapping["columns"][0]
        message = f"a row of the array {name!r} has the shape {found}, not {list(shape)}"
        raise RefusalError(message, "row_shape", name=name)


def _save_input(
    outputs: dict[str, int], index: int, columns: dict[str, NDArray[Any]], arguments: dict[str, Any]
) -> None:
    names, dtype = arguments["input"]["columns"], np.dtype(arguments["input"]["dtype"])
    given = [columns[name] for name in names]
    parts = [_numbers(name, columns[name], dtype) for name in names]
    joined: Callable[[list[NDArray[Any]]], NDArray[Any]] = np.column_stack
    if arguments["mapping"]["format"] == "npz":
        _check_shape(parts[0], arguments["input"])
        joined = _only
    _save(outputs, f"clean-{index}", joined(parts))
    for name, change in (("nudged", _nudged), ("noisy", _noisy)):
        if f"{name}-{index}" in outputs:
            generator = np.random.Generator(np.random.PCG64([arguments["seed"], _SEED[name], index]))
            moved = [change(part, own, generator) for part, own in zip(parts, given, strict=True)]
            _save(outputs, f"{name}-{index}", joined(moved))


def _only(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0]


def _nudged(part: NDArray[Any], given: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    if part.dtype.kind != "f":
        return part
    if part.ndim != 2:
        return nudged(part, generator) if is_continuous(given) else part
    columns = [_nudged(part[:, i], given[:, i], generator) for i in range(part.shape[1])]
    return np.column_stack(columns) if columns else part


def _noisy(part: NDArray[Any], _given: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    if part.dtype.kind != "f":
        return part
    spread = part.std(axis=0, dtype=np.float64)
    return np.asarray(part + NOISE * spread * generator.standard_normal(part.shape), part.dtype)


def _save(outputs: dict[str, int], name: str, array: NDArray[Any]) -> None:
    with os.fdopen(outputs[name], "wb") as file:
        np.save(file, array, allow_pickle=False)
