"""Reads the columns of a data file that a test names, as arrays."""

import mmap
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import all_of, faulty
from assay_validation.jobs.truth import text_columns, truth_columns

NUMBER = r"^\s*([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity))\s*$"


def read(file: Any, arguments: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The columns that the mapping names, each one an array with a row for each row of the data.

    Raises:
        RefusalError: the file cannot be read, lacks a column, or has cells that are empty or no numbers.
    """
    mapping = arguments["mapping"]
    text = ({mapping["group"]} | text_columns(arguments)) - {None}
    numeric = {c: i["dtype"] for i in mapping["inputs"] for c in i["columns"]}
    wanted = list(dict.fromkeys([*numeric, *truth_columns(arguments), *sorted(text)]))
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
    read = all_of([partial(_column, table, name, name in text) for name in wanted])
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
        raise faulty(f"the column {name!r} has empty cells", "empty_cells", name, column.is_null())
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
        yield faulty(f"the column {name!r} has empty cells", "empty_cells", name, empty)
    if text:
        return
    strange = ~np.asarray(compute.match_substring_regex(column, NUMBER)) & ~empty
    if strange.any():
        yield faulty(f"the column {name!r} is not numeric", "not_numeric", name, strange)
    elif not empty.any():  # Arrow reads fewer forms of numbers than this looks for
        yield RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)
