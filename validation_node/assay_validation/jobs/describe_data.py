"""Describes which columns or arrays a file has, their types, and their values if there are few."""

import os
from collections import Counter
from itertools import groupby
from typing import Any

import numpy as np
from pyarrow import compute

from assay_validation.jobs import RefusalError
from assay_validation.jobs.cells import plain
from assay_validation.jobs.column_facts import ColumnFacts
from assay_validation.jobs.csv_files import CsvFile
from assay_validation.jobs.dialects import AmbiguousError, ask_about_gaps, find_dialect
from assay_validation.jobs.reading import Source, csv_content, open_source, refusing, spare_memory
from assay_validation.jobs.strays import MAX_VALUE

MAX_COLUMNS = 10_000
_VALUE_BYTES, _COUNT_BYTES = 1 << 20, 20
"""How much space the values of all columns may take; columns with the fewest values come first."""
_MAX_UNLISTED = 100
_UNFED = ("unreadable_type", "rows_missing")
"""Reasons why a single column cannot be fed although the others can."""


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return the number of rows, and for each column its name and what `column_facts` finds.

    *arguments*: the ``format``, and whatever is ``declared`` of a CSV file's dialect. The rest of the dialect
    is detected and returned as ``csv``; if it can be read in two ways, only a ``question`` is returned. Also
    returned are the columns that are not described, namely the names that are ``repeated``, ``unlisted`` or
    ``row_labels`` and the number of ``unnamed`` ones, and how many rows at the end are ``blank``.

    Raises:
        RefusalError: it cannot be read.
    """
    spare_memory()
    form = arguments["format"]
    with os.fdopen(inputs["data"], "rb") as file, refusing(form):
        try:
            return _told(file, form, arguments["declared"])
        except AmbiguousError as error:
            return {"rows": 0, "columns": [], "question": error.question}


def _told(file: Any, form: str, declared: dict[str, Any]) -> dict[str, Any]:
    dialect = find_dialect(csv_content(file, form), declared) if form in ("csv", "archive") else None
    source = open_source(file, form, dialect)
    if len(source.names) > MAX_COLUMNS:
        raise RefusalError(f"it has more than {MAX_COLUMNS} columns", "data_unreadable", name=form)
    described = _Description(source, (dialect or {}).get("decimal", "."))
    told = described.told()
    if dialect and "gaps" not in declared and isinstance(source, CsvFile):
        ask_about_gaps(source.gaps_found, _texts_in(told["columns"], source.gaps_found), dialect)
    if form == "archive":
        from assay_validation.jobs.archives import describe_files

        found = describe_files(file, described.texts())
        told["columns"] = [{**one, **found.get(one["name"], {})} for one in told["columns"]]
    return {**told, "csv": dialect}


def _texts_in(columns: list[dict[str, Any]], gaps: dict[str, dict[str, int]]) -> set[str]:
    """The columns of texts; one with nothing but a single text that was read as a gap is an empty column."""
    return {
        one["name"]
        for one in columns
        if one["type"] == "text" and (one["empty"] < one["rows"] or len(gaps.get(one["name"], ())) > 1)
    }


class _Description:
    """What a source contains."""

    def __init__(self, source: Source, decimal: str) -> None:
        self._source, self._decimal = source, decimal
        counted = Counter(source.names)
        # the column where pandas keeps its row labels is not data; in a CSV file it has no name
        named = [name for name in counted if name and name not in source.row_labels]
        self._repeated = [name for name in named if counted[name] > 1]
        self._unnamed = counted[""]
        self._names = [name for name in named if counted[name] == 1]
        self._blank = 0
        self._columns: dict[str, ColumnFacts] = {}
        self._unfed: dict[str, dict[str, Any]] = {}
        # arrays of an NPZ file may have different numbers of rows
        readable = [name for name in self._names if self._is_fed(name)]
        lengths = {name: source.told_rows([name]) for name in readable}
        for _, names in groupby(sorted(readable, key=lambda name: lengths[name]), lengths.__getitem__):
            self._read(list(names))

    def told(self) -> dict[str, Any]:
        """The whole description, as it is returned."""
        facts = {name: column.told() for name, column in self._columns.items()}
        for name, one in facts.items():
            one["unread"] = one["unread"] and f"the column {name!r} holds {one['unread']}"[:MAX_VALUE]
        left = _VALUE_BYTES
        for one in sorted(facts.values(), key=lambda one: len(one["values"])):
            left -= sum(len(value.encode()) + _COUNT_BYTES for value in one["values"])
            one["values"] = one["values"] if left >= 0 else {}
        columns = [{"name": name, **(facts.get(name) or self._unfed[name])} for name in self._names]
        return {
            "rows": max((one["rows"] for one in columns), default=0),
            "columns": columns,
            "repeated": self._repeated,
            "unnamed": self._unnamed,
            "unlisted": sorted(self._source.unlisted)[:_MAX_UNLISTED],
            "row_labels": sorted(self._source.row_labels),
            "blank": self._blank,
        }

    def texts(self) -> dict[str, list[str]]:
        """The first texts of each column."""
        return {name: column.texts for name, column in self._columns.items()}

    def _is_fed(self, name: str) -> bool:
        try:
            self._source.told_rows([name])
        except RefusalError as refusal:
            self._leave_out(name, refusal)
        return name not in self._unfed

    def _leave_out(self, name: str, refusal: RefusalError) -> None:
        """Record why a column cannot be fed; raises the *refusal* if it is about something else."""
        fault = refusal.faults[0]
        if fault["code"] not in _UNFED or fault.get("name") != name:
            raise refusal
        self._unfed[name] = {"rows": 0, "type": "text", "unread": str(refusal)[:MAX_VALUE]}

    def _read(self, names: list[str]) -> None:
        """Read the columns *names*, and start again without any that turns out impossible to feed."""
        while names:
            columns = {name: ColumnFacts(self._decimal) for name in names}
            blank = 0
            try:
                for blocks in self._source.batches(names):
                    for name, column in columns.items():
                        column.add(blocks[name])
                    blank = _blank_end(list(blocks.values()), blank)
            except RefusalError as refusal:
                name = str(refusal.faults[0].get("name"))
                if name not in names:
                    raise
                self._leave_out(name, refusal)
                names.remove(name)
                continue
            self._columns |= columns
            self._blank = max(self._blank, blank)
            return


def _blank_end(blocks: list[Any], before: int) -> int:
    """How many rows are blank at the end of *blocks*; if all are, those *before* are added."""
    blank = np.ones(len(blocks[0]), bool)
    for block in blocks:
        if isinstance(block, np.ndarray) or not blank.any():
            return 0
        texts = plain(block)
        empty = np.asarray(texts.is_null())
        if str(texts.type) == "string":
            empty = np.asarray(
                compute.fill_null(compute.equal(compute.utf8_trim_whitespace(texts), ""), True)
            )
        blank &= empty
    filled = np.flatnonzero(~blank)
    return len(blank) - 1 - int(filled[-1]) if len(filled) else before + len(blank)
