"""CSV files in the dialect that an order declares, a batch of rows at a time."""

import mmap
from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
from pyarrow import csv

from assay_validation.jobs import RefusalError

DEFAULT = {
    "separator": ",",
    "decimal": ".",
    "quote": '"',
    "encoding": "utf-8",
    "header": True,
    "gaps": [],
    "skip_lines": 0,
}
"""The dialect if an order declares none."""
_BLOCK_BYTES = 16 << 20
"""The longest row that can be read."""
_PIECE_BYTES = 1 << 20
_NO_TABLE = "Empty CSV file or block"
"""Arrow's message if there is only one line, or none."""
_END_MARK = "\x1a"
_UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")


class CsvFile:
    """A table of texts in *content*; gaps are nulls or empty."""

    row_labels: Collection[str] = ()
    unlisted: Collection[str] = ()

    def __init__(self, content: bytes | mmap.mmap, dialect: dict[str, Any]) -> None:
        """Raises :class:`RefusalError` if it is not text in the dialect's encoding."""
        self._content, self._dialect = content, dialect
        self._bad: list[csv.InvalidRow] = []
        self.gaps_found: dict[str, dict[str, int]] = {}
        """For each column read so far, the texts that were read as gaps, each with its first row from 0."""
        self._refuse_nul()
        self.names = self._names()

    def told_rows(self, wanted: list[str]) -> int:
        """Always 0: a CSV file does not state its number of rows."""
        return 0

    def batches(self, wanted: list[str]) -> Iterator[dict[str, pa.Array]]:
        """The columns *wanted*, batch by batch; raises :class:`RefusalError`."""
        # read as text first: "007" and "7" are different labels, "1e3" and "1000" the same number
        convert = csv.ConvertOptions(
            include_columns=wanted, column_types={c: pa.string() for c in wanted}, strings_can_be_null=False
        )
        row = 0
        try:
            for batch in self._open(convert, self.names if not self._dialect["header"] else None):
                yield {name: self._without_gaps(name, batch.column(name), row) for name in wanted}
                row += batch.num_rows
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise self._refusal(error) from None

    def _names(self) -> list[str]:
        header = self._dialect["header"]
        try:
            names = self._open(csv.ConvertOptions(), None if header else []).schema.names
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise self._refusal(error) from None
        return list(names) if header else [str(i + 1) for i in range(len(names))]

    def _open(self, convert: csv.ConvertOptions, names: list[str] | None) -> csv.CSVStreamingReader:
        """Open the file; *names* of the columns are read from the first row if None, and made up if empty."""
        read = csv.ReadOptions(
            use_threads=False,
            block_size=max(1, min(len(self._content), _BLOCK_BYTES)),
            encoding=self._dialect["encoding"],
            skip_rows=self._dialect["skip_lines"],
            column_names=names or None,
            autogenerate_column_names=names == [],
        )
        parse = csv.ParseOptions(
            delimiter=self._dialect["separator"],
            quote_char=self._dialect["quote"],
            newlines_in_values=True,
            invalid_row_handler=self._note,
        )
        # from memory: Arrow would read ahead in its own thread, from wherever a Python file happens to be
        return csv.open_csv(pa.BufferReader(pa.py_buffer(self._content)), read, parse, convert)

    def _note(self, row: csv.InvalidRow) -> str:
        self._bad.append(row)
        return "error"

    def _without_gaps(self, name: str, column: pa.Array, row: int) -> pa.Array:
        """The cells of *column* from *row* on, gaps as nulls."""
        if not self._dialect["gaps"]:
            return column
        from pyarrow import compute  # imported here because most data does not need it

        trimmed = compute.utf8_trim_whitespace(column)
        gaps = compute.is_in(trimmed, pa.array(self._dialect["gaps"]))
        found = self.gaps_found.setdefault(name, {})
        for text in compute.unique(trimmed.filter(gaps)).to_pylist():
            found.setdefault(text, row + compute.index(trimmed, text).as_py())
        return compute.if_else(gaps, pa.scalar(None, pa.string()), column)

    def _refuse_nul(self) -> None:
        wide = self._dialect["encoding"] in _UTF_16
        nul, place = b"\0\0" if wide else b"\0", -1
        while (place := self._content.find(nul, place + 1)) >= 0:
            if not wide or place % 2 == 0:
                line = _line(self._content, place)
                raise RefusalError(f"line {line} has a NUL character", "nul_characters", row=line)

    def _refusal(self, error: Exception) -> RefusalError:
        """What the libraries' *error* means."""
        if self._bad:
            row = self._bad[0]
            number = row.number or 1
            if row.text.strip() == _END_MARK:
                message = f"row {number} is the character 0x1A, by which old programs end a file"
                return RefusalError(message, "end_mark", row=number)
            more = row.actual_columns - row.expected_columns
            if more > 0 and row.text.rstrip("\r\n").endswith(self._dialect["separator"] * more):
                message = f"row {number} ends in a separator that the first row lacks"
                return RefusalError(message, "trailing_separator", row=number)
            message = f"row {number} has {row.actual_columns} cells, not {row.expected_columns}"
            return RefusalError(
                message, "ragged_row", row=number, found=row.actual_columns, most=row.expected_columns
            )
        encoding = self._dialect["encoding"]
        line = undecodable(self._content, encoding)
        if line:
            return RefusalError(f"line {line} is not {encoding}", "not_encoded", name=encoding, row=line)
        if _NO_TABLE in str(error):
            message = "the data has no line of names with rows below it"
            return RefusalError(message, "data_unreadable", name="csv")
        return RefusalError(
            f"the data cannot be read as csv: {str(error)[:200]}", "data_unreadable", name="csv"
        )


def undecodable(content: bytes | mmap.mmap, encoding: str) -> int:
    """The first line of *content*, from 1, that is not text in *encoding*; 0 if all lines are."""
    import codecs

    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for start in range(0, len(content), _PIECE_BYTES):
        piece = content[start : start + _PIECE_BYTES]
        try:
            line += decoder.decode(piece, start + _PIECE_BYTES >= len(content)).count("\n")
        except UnicodeDecodeError as error:
            return line + piece[: error.start].count(b"\n")
    return 0


def _line(content: bytes | mmap.mmap, place: int) -> int:
    """The number of the line, from 1, that contains the byte at *place* in *content*."""
    pieces = range(0, place, _PIECE_BYTES)
    return 1 + sum(content[start : min(start + _PIECE_BYTES, place)].count(b"\n") for start in pieces)
