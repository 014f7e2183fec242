"""Says what columns or arrays a file has, of which types, and which values where there are few."""

import os
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from assay_validation.jobs import RefusalError
from assay_validation.jobs.cells import NUMBER, TIME, TRUTH, plain
from assay_validation.jobs.dialects import AmbiguousError, find_dialect
from assay_validation.jobs.reading import csv_content, open_source, refusing, single_threaded

MAX_COLUMNS = 10_000
MAX_VALUES = 100
"""A column with more distinct values has its values not listed."""
MAX_VALUE = 256
_KINDS = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text", "S": "text"}


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return the number of rows, and of each column its name, type, row shape, empty cells and values.

    *arguments*: the ``format``, and what is ``declared`` of a CSV file's dialect. The rest of it is found and
    returned as ``csv``; where it can be read in two ways, a ``question`` is returned and nothing else.

    Raises:
        RefusalError: it cannot be read.
    """
    single_threaded()
    form = arguments["format"]
    with os.fdopen(inputs["data"], "rb") as file, refusing(form):
        dialect = None
        if form in ("csv", "archive"):
            try:
                dialect = find_dialect(csv_content(file, form), arguments["declared"])
            except AmbiguousError as error:
                return {"rows": 0, "columns": [], "question": error.question}
        source = open_source(file, form, dialect)
        if len(source.names) > MAX_COLUMNS:
            raise RefusalError(f"it has more than {MAX_COLUMNS} columns", "data_unreadable", name=form)
        # a name that is there twice is told once, and refused where it is read
        names = [name for name in dict.fromkeys(source.names) if source.names.count(name) == 1]
        index: frozenset[str] = getattr(
            source, "index", frozenset()
        )  # of pandas, which is no data; a CSV file's has no name
        names = [name for name in names if name and name not in index]
        columns = {name: _Column((dialect or {}).get("decimal", ".")) for name in names}
        rows = 0
        for blocks in source.batches(names):
            rows += max((len(block) for block in blocks.values()), default=0)
            for name, column in columns.items():
                column.add(blocks[name])
        files = {}
        if form == "archive":
            from assay_validation.jobs.archives import describe_files

            files = describe_files(file, {name: column.texts for name, column in columns.items()})
    found = [{"name": name, **column.told(), **files.get(name, {})} for name, column in columns.items()]
    return {"rows": rows, "columns": found, "csv": dialect}


class _Column:
    """What is known of a column so far."""

    def __init__(self, decimal: str) -> None:
        number = NUMBER if decimal == "." else NUMBER.replace(r"\.", ",")
        self._forms = {
            "boolean": TRUTH,
            "integer": r"^\s*[+-]?[0-9]{1,18}\s*$",
            "float": number,
            "time": TIME,
        }
        self._fits = dict.fromkeys(("boolean", "integer", "float", "time"), True)
        self._shape: list[int] = []
        self._empty = self._filled = 0
        self._values: Counter[Any] | None = Counter()
        self._is_text = False
        self.texts: list[str] = []
        """The first texts, of a column of them."""

    def add(self, block: Any) -> None:
        """Some more rows."""
        if not isinstance(block, np.ndarray):
            block = self._arrow(plain(block))
        self._shape = list(block.shape[1:])
        if block.dtype.kind == "f":
            gaps = np.isnan(block)
            self._empty += int(gaps.sum())
            block = block[~gaps] if block.ndim == 1 else block
        self._filled += block.size
        if not block.size:
            return
        self._narrow(_KINDS.get(block.dtype.kind, "text"))
        if block.ndim > 1:
            self._values = None
        if self._values is not None:
            self._count(block)

    def told(self) -> dict[str, Any]:
        """All of it."""
        kind = next((kind for kind, fits in self._fits.items() if fits), "text") if self._filled else "text"
        return {"type": kind, "shape": self._shape, "empty": self._empty, "values": self._named(kind)}

    def _narrow(self, kind: str) -> None:
        """Rule out the types that cells of the stored *kind* are not."""
        if kind == "text":  # by their forms
            return
        for one in self._fits:
            self._fits[one] &= one == kind or (kind == "integer" and one == "float")

    def _arrow(self, block: pa.Array) -> NDArray[Any]:
        """The filled cells."""
        rows = len(block)
        filled = block.drop_null()
        self._empty += rows - len(filled)
        kind = filled.type
        if pa.types.is_string(kind):
            kept = filled.filter(compute.not_equal(compute.utf8_trim_whitespace(filled), ""))
            self._empty += len(filled) - len(kept)
            for one, form in self._forms.items():
                matching = compute.all(compute.match_substring_regex(kept, form))
                self._fits[one] &= bool(compute.fill_null(matching, True).as_py())
            if len(self.texts) < MAX_VALUES:
                self.texts += kept.slice(0, MAX_VALUES).to_pylist()
            return np.asarray(kept.to_numpy(zero_copy_only=False)).astype(object)
        if pa.types.is_temporal(kind):
            self._narrow("time")
            return np.asarray(filled.cast(pa.string()).to_numpy(zero_copy_only=False)).astype(object)
        if pa.types.is_decimal(kind):
            return np.asarray(filled.cast(pa.float64()))
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            flat = np.asarray(filled.flatten().to_numpy(zero_copy_only=False))
            return flat.reshape(len(filled), -1) if len(filled) and flat.size % len(filled) == 0 else flat[:0]
        return np.asarray(filled.to_numpy(zero_copy_only=False))

    def _count(self, block: NDArray[Any]) -> None:
        assert self._values is not None
        values, counts = np.unique(block, return_counts=True)
        for value, count in zip(values[: MAX_VALUES + 1].tolist(), counts.tolist(), strict=False):
            self._values[value] += count
        if len(self._values) > MAX_VALUES:
            self._values = None

    def _named(self, kind: str) -> dict[str, int]:
        """How often each value is there; nothing where there are many, or long ones."""
        if self._values is None:
            return {}
        values = dict(self._values)
        if any(isinstance(value, float) for value in values):
            if not all(value == np.floor(value) for value in values):
                return {}
            values = {int(value): count for value, count in values.items()}
        numbers = {int(v) if isinstance(v, bool) else v: count for v, count in values.items()}
        ordered = sorted(numbers.items(), key=lambda one: one[0])
        named = {str(value): int(count) for value, count in ordered}
        return named if all(0 < len(name) <= MAX_VALUE for name in named) else {}
