"""Reads the columns by which people are grouped, whatever they hold: text, codes, numbers, empty cells."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.cells import plain
from assay_validation.jobs.columns import save
from assay_validation.jobs.gap_texts import UNSTATED
from assay_validation.jobs.reading import open_source, refuse_missing, refusing, spare_memory

MISSING = "not stated"
MAX_GROUPS, MAX_VALUES, BANDS = 1_000, 20, 4
_MAX_NAME = 200

Array = NDArray[Any]


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``codes-<i>`` [rows] for each of ``columns``, read as ``mapping`` says; returns the codes' names.

    Empty cells form a group of their own. A column with more than 20 different numbers is cut into quarters
    of the rows.

    Raises:
        RefusalError: a column is missing, does not hold single values, or has too many different texts.
    """
    spare_memory()
    columns, mapping = arguments["columns"], arguments["mapping"]
    with os.fdopen(inputs["data"], "rb") as file, refusing(mapping["format"]):
        found = _read(file, mapping, columns)
    names = []
    for index, (column, values) in enumerate(zip(columns, found, strict=True)):
        codes, named = _grouped(column, values)
        save(outputs, f"codes-{index}", codes)
        names.append(named)
    return {"names": names}


def _read(file: Any, mapping: dict[str, Any], columns: list[str]) -> list[Array]:
    source = open_source(file, mapping["format"], mapping.get("csv"))
    refuse_missing(source.names, columns)
    blocks: dict[str, list[Array]] = {name: [] for name in columns}
    for batch in source.batches(columns):
        for name, block in batch.items():
            blocks[name].append(_values(block))
    return [np.concatenate(blocks[name]) for name in columns]


def _values(block: Any) -> Array:
    return block if isinstance(block, np.ndarray) else np.asarray(plain(block).to_numpy(zero_copy_only=False))


def _grouped(name: str, values: Array) -> tuple[Array, list[str]]:
    """The code of each row, and the name of each code; the group of empty cells comes last."""
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
    return value is None or value != value or str(value).strip() in UNSTATED


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
    """The text of a value as orders write it: whole numbers without a point, yes and no as 1 and 0."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)[:_MAX_NAME]
