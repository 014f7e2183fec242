"""Reads the columns that people are grouped by, whatever they hold: text, codes, numbers, empty cells."""

import os
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import save
from assay_validation.jobs.reading import mapped

MISSING = "not stated"
MAX_GROUPS, MAX_VALUES, BANDS = 1_000, 20, 4
_MAX_NAME = 200

Array = NDArray[Any]


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``codes-<i>`` [rows] for each of ``columns`` of a file in ``format``; returns the codes' names.

    Cells without a value are a group of their own. A column of more than 20 different numbers is cut into
    quarters of the rows.

    Raises:
        RefusalError: a column is not there, is no column of values, or has too many different texts.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    columns = arguments["columns"]
    with os.fdopen(inputs["data"], "rb") as file:
        found = _read(file, arguments["format"], columns)
    names = []
    for index, (column, values) in enumerate(zip(columns, found, strict=True)):
        codes, named = _grouped(column, values)
        save(outputs, f"codes-{index}", codes)
        names.append(named)
    return {"names": names}


def _read(file: Any, form: str, columns: list[str]) -> list[Array]:
    try:
        if form == "npz":
            with np.load(file, allow_pickle=False) as archive:
                _require(columns, archive.files)
                return [archive[name] for name in columns]
        if form == "csv":
            plain = csv.ReadOptions(use_threads=False)
            _require(columns, csv.open_csv(mapped(file), read_options=plain).schema.names)
            texts = csv.ConvertOptions(
                include_columns=columns, column_types={c: pa.string() for c in columns},
                strings_can_be_null=True, null_values=["", "NaN", "nan", "NA", "null"],
            )  # fmt: skip
            table = csv.read_csv(mapped(file), plain, convert_options=texts)
        else:
            from pyarrow import parquet

            _require(columns, parquet.read_schema(mapped(file)).names)
            table = parquet.read_table(mapped(file), columns=columns, use_threads=False)
        return [_plain(table.column(name)) for name in columns]
    except (RefusalError, MemoryError):
        raise
    except Exception as error:  # the libraries raise whatever they met
        message = f"the data cannot be read as {form}: {str(error)[:200]}"
        raise RefusalError(message, "data_unreadable", name=form) from None


def _plain(column: Any) -> Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy())


def _require(columns: list[str], there: list[str]) -> None:
    for name in columns:
        if there.count(name) == 0:
            raise RefusalError(f"the data has no column named {name!r}", "column_missing", name=name)
        if there.count(name) > 1:
            number = there.count(name)
            message = f"the data has {number} columns named {name!r}"
            raise RefusalError(message, "column_repeated", name=name, found=number)


def _grouped(name: str, values: Array) -> tuple[Array, list[str]]:
    """The code of each row, and what each code is called; a group without a name comes last."""
    if values.ndim != 1:
        raise RefusalError("labels and groups are one-dimensional", "not_flat", name=name)
    missing = np.array([_is_missing(one) for one in values], dtype=bool)
    stated = values[~missing]
    numbers = _numbers(stated)
    if numbers is not None and len(np.unique(numbers)) > MAX_VALUES:
        texts = _bands(numbers)
    else:
        texts = np.array([_text(one) for one in stated], dtype=np.str_)
    named, inverse = np.unique(texts, return_inverse=True)
    if len(named) > MAX_GROUPS:
        message = f"the column {name!r} has more than {MAX_GROUPS} groups"
        raise RefusalError(message, "too_many_groups", name=name, found=len(named), most=MAX_GROUPS)
    codes = np.full(len(values), len(named), dtype=np.int64)
    codes[~missing] = inverse
    return codes, [str(one) for one in named] + [MISSING] * bool(missing.any())


def _is_missing(value: Any) -> bool:
    return value is None or value != value or not str(value).strip()


def _numbers(values: Array) -> Array | None:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) and np.isfinite(numbers).all() else None


def _bands(numbers: Array) -> Array:
    ends = np.unique(np.quantile(numbers, np.linspace(0, 1, BANDS + 1)))
    place = np.clip(np.searchsorted(ends, numbers, side="right") - 1, 0, max(len(ends) - 2, 0))
    width = len(str(len(ends)))
    return np.array([
        f"{at + 1:0{width}}: {ends[at]:g} to {ends[min(at + 1, len(ends) - 1)]:g}" for at in place
    ])  # fmt: skip


def _text(value: Any) -> str:
    """As orders write it: whole numbers without a point, yes and no as 1 and 0."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)[:_MAX_NAME]
