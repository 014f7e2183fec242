"""The data file that an order is based on: how to read it, and which of its columns can be used."""

from __future__ import annotations

import codecs
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import InvalidInput
from assay.manifests.evaluation import MAX_NAME, Task, encoding_named
from assay.manifests.node_report import AmbiguousDialect, DataDescription, DescribedColumn
from assay.markets.local_node import LocalNode
from assay.words import formatting
from assay.words.dialects import choices, question
from assay.words.oddities import classes_alike, oddities, spaces_around
from assay.words.printable import printable, quoted

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".npz": "npz",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".zip": "archive",
    ".tar": "archive",
    ".tgz": "archive",
    ".tar.gz": "archive",
    ".txz": "archive",
    ".tar.xz": "archive",
}
_OTHERS: dict[tuple[str, ...], str] = {
    (".json",): "Write one object on each line: jq -c '.[]' DATA.json > DATA.jsonl",
    (".xls", ".xlsx", ".ods", ".numbers"): "Save the table as CSV in UTF-8.",
    (".feather", ".arrow", ".orc", ".h5", ".hdf5", ".pkl", ".mat", ".rds", ".sav", ".dta"): (
        "Save it as Parquet or CSV."
    ),
    (".npy",): "Save inputs and labels together: numpy.savez('data.npz', X=X, y=y)",
    (".csv.gz", ".tsv.gz", ".jsonl.gz", ".zst", ".bz2", ".gz", ".xz"): "Unpack it first.",
    (".7z", ".rar"): "Pack it as zip or tar.",
}
_MAGIC, _NAMES = {"parquet": b"PAR1", "npz": b"PK"}, {"parquet": "a Parquet", "npz": "an NPZ"}
_MARKS = {"a web page": (b"<html", b"<!doctype html"), "XML": (b"<?xml",), "JSON": (b"[{", b'{"')}
"""The first bytes of files that are not tables."""
_HEAD_BYTES = 1 << 20
_SAVE = "Save the table as CSV in UTF-8."
_SHOWN = 40
_CODES = ("leading zeros", "inexact", "row numbers")
"""Oddities that matter for numbers fed to the model; labels are compared as written."""


@dataclass(frozen=True)
class DataFile:
    """A file and its contents."""

    path: Path
    form: str
    described: DataDescription

    @classmethod
    def read(cls, path: Path, node: LocalNode, declared: Mapping[str, Any]) -> DataFile:
        """What *node* finds in the file at *path*; *declared* holds fields of its CSV dialect.

        Raises:
            InvalidInput: an unsupported format, or a CSV file that can be read in two ways.
            CheckUnavailable: the file cannot be read on this machine.
        """
        form = _form_of(path)
        _require_form(path, form)
        described = node.describe(path, form, _spelt(declared))
        if described.question is not None:
            asked = described.question
            raise InvalidInput(
                f"{path} cannot be read in one way only. {question(asked)}.", hint=_choice(asked)
            )
        if not described.rows:
            raise InvalidInput(f"{path} has no rows of data.")
        return cls(path, form, described)

    def roles(
        self, labels: Sequence[str], without: Collection[str], texts: Collection[str], task: Task | None
    ) -> tuple[list[DescribedColumn], list[DescribedColumn]]:
        """The label columns, and the columns fed to the model, with *texts* fed as texts.

        Raises:
            InvalidInput: there is no such column, it cannot be used, or no column is left to feed.
        """
        columns = {one.name: one for one in self.described.columns}
        unknown = {*without, *labels, *texts} - columns.keys() - {*self.described.repeated}
        if unknown or not columns:
            named = ", ".join(map(repr, list(columns)[:_SHOWN]))
            raise InvalidInput(
                f"There is no column {', '.join(map(repr, sorted(unknown)))}.", hint=f"It has {named}."
            )
        self._refuse_repeated({*labels, *(self.described.repeated)} - {*without})
        targets = [columns[name] for name in labels] or [self._last(task)]
        taken = {*without, *(one.name for one in targets)}
        features = [
            one.model_copy(update={"type": "text", "oddities": ()}) if one.name in texts else one
            for one in self.described.columns
            if one.name not in taken
        ]
        boxes = targets if task == "detection" else []  # which are lists of lists in a table
        self._refuse_unusable([*targets, *features], boxes)
        if not features:
            only = f"It has one column, {quoted(next(iter(columns)))}. Of a CSV file, say --separator."
            hint = only if len(columns) == 1 else ""
            raise InvalidInput("No column is left to feed to a model.", hint=hint)
        return targets, features

    def oddities(
        self, targets: Iterable[DescribedColumn], features: Iterable[DescribedColumn]
    ) -> Iterator[str]:
        """Sentences about data that may be read differently from what was meant."""
        if self.described.unnamed:
            count = formatting.count(self.described.unnamed, "column")
            yield f"{count} without a name, such as row numbers that pandas writes: not used."
        for name in self.described.unlisted:
            yield f"{quoted(name)} is not in the first line: not used. Write it there too, perhaps as null."
        for name in self.described.row_labels:
            yield f"{quoted(name)} is what pandas calls its rows (an index): not used."
        yield from spaces_around([*targets, *features])
        for one in targets:
            kept = (
                () if one.empty == one.rows else tuple(odd for odd in one.oddities if odd.kind not in _CODES)
            )
            yield from oddities(one.model_copy(update={"oddities": kept}))
            yield from classes_alike(one) if one.type == "text" else ()
        for one in features:
            yield from oddities(one)

    def _last(self, task: Task | None) -> DescribedColumn:
        """The label if none is named: the last column."""
        last = self.described.columns[-1]
        flat = [
            one.name for one in self.described.columns if one.shape in ((), (1,)) and one.rows == last.rows
        ]
        if self.form == "npz" and task is None and last.shape not in ((), (1,)) and flat:
            names = " or ".join(f"--label {shlex.quote(printable(name))}" for name in flat[:_SHOWN])
            raise InvalidInput(
                f"The last array, {quoted(last.name)}, holds many numbers for each row, and others hold one.",
                hint=f"Name the label: {names}.",
            )
        return last

    def _refuse_repeated(self, names: Collection[str]) -> None:
        repeated = [name for name in self.described.repeated if name in names]
        if repeated:
            raise InvalidInput(
                f"Several columns are named {', '.join(map(quoted, repeated[:_SHOWN]))}.",
                hint=f"Give each a name of its own, or leave them out: {_without(repeated)}",
            )

    def _refuse_unusable(self, used: list[DescribedColumn], boxes: Collection[DescribedColumn]) -> None:
        """Raise :class:`InvalidInput` for columns that no order can use, and for empty rows."""
        if self.described.blank:
            rows = formatting.count(self.described.blank, "row")
            raise InvalidInput(
                f"{self.path} ends in {rows} of empty cells, as spreadsheets leave them.",
                hint="Delete these lines; each would be a row of the test.",
            )
        faults = {one.name: f"{one.unread}." for one in used if one.unread and one not in boxes}
        for one in used:
            if len(one.name) > MAX_NAME:
                faults[one.name] = f"the name {quoted(one.name)} is longer than {MAX_NAME} characters."
        lengths = Counter(one.rows for one in used if one.name not in faults)
        usual = lengths.most_common(1)[0][0] if lengths else 0
        for one in used:
            if one.name not in faults and one.rows != usual:
                rows = formatting.count(one.rows, "row")
                faults[one.name] = f"the array {quoted(one.name)} has {rows}, and others have {usual:,}."
        if faults:
            lines = (f"  {printable(fault)}" for fault in faults.values())
            raise InvalidInput(
                "\n".join(["These cannot be used as they are:", *lines]),
                hint=f"Mend the file, or leave them out: {_without(faults)}",
            )


def _form_of(path: Path) -> str:
    """The format by the file's name; raises :class:`InvalidInput` with a hint on how to convert it."""
    name = path.name.lower()
    if path.is_dir():
        hint = "Put an index.csv into it, and pack what is in it: cd FOLDER && zip -r ../data.zip ."
        raise InvalidInput(f"{path} is a folder.", hint=hint)
    for end, form in FORMATS.items():
        if name.endswith(end):
            return form
    hint = next((way for ends, way in _OTHERS.items() if name.endswith(ends)), "")
    raise InvalidInput(
        f"The name of a data file has to end in {', '.join(FORMATS)}, unlike {path}.", hint=hint
    )


def _without(names: Iterable[str]) -> str:
    return " ".join(f"--without {shlex.quote(printable(one))}" for one in names)


def _spelt(declared: Mapping[str, Any]) -> dict[str, Any]:
    """*declared* with its encoding named as in orders."""
    if "encoding" not in declared:
        return dict(declared)
    try:
        return {**declared, "encoding": encoding_named(str(declared["encoding"]))}
    except ValueError as error:
        raise InvalidInput(f"{quoted(str(declared['encoding']))} {error}.", hint=_SAVE) from None


def _require_form(data: Path, form: str) -> None:
    """Raise :class:`InvalidInput` if *data* is plainly not a file of the format *form*."""
    try:
        with data.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if not head or not data.is_file():
                return  # reported when the file is read
    except OSError:
        return  # likewise
    if form in _MAGIC and not head.startswith(_MAGIC[form]):
        raise InvalidInput(f"{data} is not {_NAMES[form]} file, whatever its name says.")
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) * 4 > len(head)
    if form == "csv" and (head.startswith(tuple(_MAGIC.values())) or (b"\0" in head and not wide)):
        raise InvalidInput(f"{data} is not a CSV file: it holds binary data.", hint=_SAVE)
    begins = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for kind, marks in _MARKS.items():
        if form == "csv" and begins.startswith(marks):
            raise InvalidInput(f"{data} is not a CSV file: it holds {kind}.", hint=_SAVE)


def _choice(asked: AmbiguousDialect) -> str:
    return choices(asked) if asked.readings or asked.gaps else _SAVE
