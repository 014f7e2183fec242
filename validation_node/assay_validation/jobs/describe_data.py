"""Says what columns or arrays a file has, of which types, and which values where there are few."""

import os
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.reading import NUMBER, mapped

MAX_COLUMNS = 10_000
MAX_VALUES = 100
"""A column with more distinct values has its values not listed."""
MAX_VALUE = 256


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return the number of rows, and of each column its name, type, row shape, empty cells and values.

    Raises:
        RefusalError: it cannot be read.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    form = arguments["format"]
    with os.fdopen(inputs["data"], "rb") as file:
        try:
            found = _arrays(file) if form == "npz" else _columns(file, form)
        except MemoryError:
            raise
        except Exception as error:  # the libraries raise whatever they met; all of it means the same
            message = f"it cannot be read as {form} ({str(error)[:200]})"
            raise RefusalError(message, "data_unreadable", name=form) from None
    if len(found) > MAX_COLUMNS:
        raise RefusalError(f"it has more than {MAX_COLUMNS} columns", "data_unreadable", name=form)
    return {"rows": max((one.pop("rows") for one in found), default=0), "columns": found}


def _arrays(file: Any) -> list[dict[str, Any]]:
    with np.load(file, allow_pickle=False) as archive:
        return [_array(name, archive[name]) for name in archive.files]


def _array(name: str, array: NDArray[Any]) -> dict[str, Any]:
    flat = array.ndim == 1
    return {
        "name": name,
        "type": _TYPES.get(array.dtype.kind, "text"),
        "rows": len(array) if array.ndim else 0,
        "shape": list(array.shape[1:]),
        "empty": int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0,
        "values": _values(array) if flat else {},
    }


def _columns(file: Any, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        from pyarrow import csv

        # as text, as a test reads it: "007" and "7" are different labels
        names = csv.open_csv(mapped(file), csv.ReadOptions(use_threads=False)).schema.names
        convert = csv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False)
        table = csv.read_csv(mapped(file), csv.ReadOptions(use_threads=False), convert_options=convert)
    else:
        from pyarrow import parquet

        table = parquet.read_table(mapped(file), use_threads=False)
    return [_column(name, column) for name, column in zip(table.column_names, table.columns, strict=True)]


def _column(name: str, column: Any) -> dict[str, Any]:
    from pyarrow import compute

    rows = len(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    column = column.drop_null()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.filter(compute.not_equal(compute.utf8_trim_whitespace(column), ""))
        kind = next((kind for kind, form in _FORMS if _all_match(column, form)), "text")
    else:
        kind = _TYPES.get(column.to_numpy().dtype.kind, "text") if len(column) else "text"
    filled = column.to_numpy()
    return {
        "name": name,
        "type": kind,
        "rows": rows,
        "shape": [],
        "empty": rows - len(column),
        "values": _values(filled.astype(np.str_) if filled.dtype.kind == "O" else filled),
    }


def _all_match(column: Any, form: str) -> bool:
    from pyarrow import compute

    return bool(len(column)) and bool(compute.all(compute.match_substring_regex(column, form)).as_py())


_FORMS = (("integer", r"^\s*[+-]?[0-9]{1,18}\s*$"), ("float", NUMBER))
"""Of texts, the narrowest first."""
_TYPES = {"i": "integer", "u": "integer", "f": "float", "b": "boolean"}


def _values(array: NDArray[Any]) -> dict[str, int]:
    """How often each value is there; nothing where there are many, or long ones."""
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    values, counts = np.unique(array, return_counts=True)
    if len(values) > MAX_VALUES:
        return {}
    if values.dtype.kind == "f":
        if not np.all(values == np.floor(values)):
            return {}
        values = values.astype(np.int64)
    named = {str(value): int(count) for value, count in zip(values, counts, strict=True)}
    return named if all(0 < len(name) <= MAX_VALUE for name in named) else {}
