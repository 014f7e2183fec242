"""Finds out how a CSV file is written, and what to ask if it can be read in two ways."""

import codecs
import csv
import io
import mmap
import re
from collections.abc import Iterator, Sequence
from typing import Any

from assay_validation.jobs.cells import NUMBER
from assay_validation.jobs.csv_files import DEFAULT, undecodable
from assay_validation.jobs.gap_texts import WRITTEN

_SAMPLE_BYTES = 1 << 20
_SHOWN = 60
_MOST_READINGS = 4
_MOST_COLUMNS = 3
_SEPARATORS = (",", ";", "\t", "|")
_ENCODINGS = (
    "cp1252",
    "iso-8859-15",
    "cp1250",
    "iso-8859-2",
    "cp1251",
    "koi8-r",
    "mac-roman",
    "shift-jis",
    "gb18030",
    "big5",
    "euc-kr",
)
_WIDE = ("utf-16-le", "utf-16-be")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MOST_BOM = 4
"""Bytes of the longest byte order mark."""
_EXCEL = re.compile(r'"?sep=([,;\t|])"?\r?\n')
"""A first line that tells Excel the separator and is not a row."""
_POINT = re.compile(NUMBER)
_COMMA = re.compile(NUMBER.replace(r"\.", ","))
_THOUSANDS = {one: re.compile(rf"[+-]?[1-9][0-9]{{0,2}}({re.escape(one)}[0-9]{{3}})+") for one in ".,"}

Rows = list[list[str]]
Question = dict[str, Any]
Gaps = Sequence[dict[str, Any]]


class AmbiguousError(Exception):
    """The file can be read in more than one way.

    ``question`` has the readings by what would be declared; or the ``gaps``, see `ask_about_gaps`.
    """

    def __init__(self, option: str, line: int, readings: dict[str, str], gaps: Gaps = ()) -> None:
        super().__init__(f"{option} is ambiguous in line {line}")
        shown = {choice: reading[:_SHOWN] for choice, reading in readings.items()}
        self.question: Question = {"option": option, "line": line, "readings": shown, "gaps": gaps}


def find_dialect(content: bytes | mmap.mmap, declared: dict[str, Any]) -> dict[str, Any]:
    """The dialect of *content*, as far as it is not *declared*.

    Raises:
        AmbiguousError: more than one reading makes sense.
    """
    found = dict(declared)
    _refuse_other_wide(content, found.get("encoding"))
    if "encoding" not in found:
        found["encoding"] = _encoding(content)
    text = _sample(content, found["encoding"])
    told = _EXCEL.match(text)
    if told and "skip_lines" not in found:
        found["skip_lines"] = 1
        found.setdefault("separator", told[1])
    text = _after_lines(text, found.get("skip_lines", 0))
    found.setdefault("quote", '"')
    if "separator" not in found:
        found["separator"] = _separator(text, found["quote"])
    rows = _rows(text, found["separator"], found["quote"])
    if "quote" not in declared:
        _ask_about_quotes(rows)
    if "header" not in found:
        _ask_about_header(rows)
    cells = rows[1:] if found.get("header", True) else rows
    columns = [
        list(column) for column in zip(*(row for row in cells if len(row) == len(rows[0])), strict=True)
    ]
    if "decimal" not in found:
        found["decimal"] = _decimal(columns, found["separator"])
    if "gaps" not in found:
        found["gaps"] = _gap_texts(columns, found["decimal"])
    return {**DEFAULT, **found}


def _encoding(content: bytes | mmap.mmap) -> str:
    for mark, encoding in _BOMS:
        if content[: len(mark)] == mark:
            return encoding
    wide = content[:_SAMPLE_BYTES].count(b"\0") * 4 > min(len(content), _SAMPLE_BYTES)
    line = 1 if wide else undecodable(content, "utf-8")
    if not line:
        return "utf-8"
    raise _asked_encoding(content, line, _WIDE if wide else _ENCODINGS)


def _refuse_other_wide(content: bytes | mmap.mmap, declared: str | None) -> None:
    """Ask about UTF-16 that is declared without its byte order and has no mark of it, and refuse UTF-32."""
    head = content[:_MOST_BOM]
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise AmbiguousError("encoding", 1, {})
    if declared == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _asked_encoding(content, 1, _WIDE)


def _asked_encoding(content: bytes | mmap.mmap, line: int, encodings: tuple[str, ...]) -> AmbiguousError:
    """The question in which of *encodings* a *line* is."""
    raw = bytes(content[: 2 * _SHOWN]) if encodings == _WIDE else _line(content, line)
    readings: dict[str, str] = {}
    for encoding in encodings:
        try:
            reading = raw.decode(encoding).splitlines()[0]
        except (UnicodeDecodeError, IndexError):
            continue
        if reading not in readings.values() and reading.isprintable():
            readings[encoding] = reading
        if len(readings) == _MOST_READINGS:
            break
    return AmbiguousError("encoding", line, readings)


def _line(content: bytes | mmap.mmap, number: int) -> bytes:
    start = 0
    for _ in range(number - 1):
        start = content.find(b"\n", start) + 1
    end = content.find(b"\n", start)
    return bytes(content[start : end if end >= 0 else len(content)]).rstrip(b"\r")


def _sample(content: bytes | mmap.mmap, encoding: str) -> str:
    """The first lines."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(content[:_SAMPLE_BYTES]).removeprefix("\ufeff")
    return text if len(content) <= _SAMPLE_BYTES else text[: text.rfind("\n") + 1]


def _after_lines(text: str, number: int) -> str:
    for _ in range(number):
        text = text.partition("\n")[2]
    return text


def _rows(text: str, separator: str, quote: str) -> Rows:
    """Rows that are not blank; if the text breaks off within quotes, only the rows before that."""
    csv.field_size_limit(_SAMPLE_BYTES * 4)
    found: Rows = []
    try:
        for row in csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, strict=True
        ):
            if row:
                found.append(row)
    except csv.Error:
        pass
    return found or [[""]]


def _separator(text: str, quote: str) -> str:
    read = {one: _rows(text, one, quote) for one in _SEPARATORS}
    fitting = [one for one, rows in read.items() if len(rows[0]) > 1 and len({len(row) for row in rows}) == 1]
    if not fitting:
        spaced = _rows(text, " ", quote)
        if len(spaced[0]) > 1 and len({len(row) for row in spaced}) == 1 and len(spaced) > 1:
            fitting = [" "]
    if not fitting:  # some row is too long or too short
        fitting = [one for one, rows in read.items() if len(rows[0]) > 1] or [","]
    if len(fitting) > 1:
        place = min(1, *(len(read[one]) - 1 for one in fitting))
        readings = {one: " | ".join(read[one][place]) for one in fitting}
        raise AmbiguousError("separator", place + 1, readings)
    return fitting[0]


def _ask_about_quotes(rows: Rows) -> None:
    for number, row in enumerate(rows, 1):
        for cell in row:
            if len(cell) > 1 and cell[0] == cell[-1] == "'":
                raise AmbiguousError("quote", number, {'"': cell, "'": cell[1:-1]})


def _ask_about_header(rows: Rows) -> None:
    first = [cell for cell in rows[0] if cell.strip()]
    if first and all(_POINT.match(cell) or _COMMA.match(cell) for cell in first):
        shown = ", ".join(first)
        readings = {"yes": f"columns named {shown}", "no": f"a row of the numbers {shown}"}
        raise AmbiguousError("header", 1, readings)


def _decimal(columns: list[list[str]], separator: str) -> str:
    found = {sign: list(_fractions(columns, sign)) for sign in ".,"}
    points, commas = found["."], found[","]
    if points and commas:
        point, comma = points[0], commas[0]
        readings = {".": f"{point} is a number, {comma} text", ",": f"{comma} is a number, {point} text"}
        raise AmbiguousError("decimal", 2, readings)
    for sign, other in ((".", ","), (",", ".")):
        if not found[sign]:
            continue
        if separator != other and all(_THOUSANDS[sign].fullmatch(cell) for cell in found[sign]):
            cell = found[sign][0]
            readings = {
                sign: f"{cell} is {cell.replace(',', '.')}",
                other: f"{cell} is {cell.replace(sign, '')}, with separators of thousands, to be taken out",
            }
            raise AmbiguousError("decimal", 2, readings)
        return sign
    return "."


def _fractions(columns: list[list[str]], sign: str) -> Iterator[str]:
    """Numbers with a decimal *sign*, from columns that hold nothing but numbers."""
    form = _POINT if sign == "." else _COMMA
    for column in columns:
        filled = [cell.strip() for cell in column if cell.strip() and cell.strip() not in WRITTEN]
        if filled and all(map(form.match, filled)):
            yield from (cell for cell in filled if sign in cell)


def _gap_texts(columns: list[list[str]], decimal: str) -> list[str]:
    """Texts that stand for a gap between numbers."""
    form = _POINT if decimal == "." else _COMMA
    found: set[str] = set()
    for column in columns:
        filled = {cell.strip() for cell in column} - {""}
        numbers = {cell for cell in filled - {*WRITTEN} if form.match(cell)}
        if numbers and filled - numbers <= {*WRITTEN}:
            found |= filled - numbers
    return sorted(found)


def ask_about_gaps(found: dict[str, dict[str, int]], texts: set[str], dialect: dict[str, Any]) -> None:
    """Ask if a text that stands for a gap between numbers is perhaps a value in a column of texts.

    *found* are the texts that were read as gaps in each column, with their first rows; *texts* names the
    columns of texts.

    Raises:
        AmbiguousError: a column of texts holds such a text.
    """
    rows = [row for name, held in found.items() if name in texts for row in held.values()]
    if not rows:
        return
    gaps = []
    for text in dialect["gaps"]:
        holders = [name for name, held in found.items() if text in held]
        between = next((name for name in holders if name not in texts), "")
        among = [name for name in holders if name in texts]
        gaps.append({"text": text, "numbers": between, "texts": among[:_MOST_COLUMNS], "columns": len(among)})
    line = 1 + min(rows) + dialect["header"] + dialect["skip_lines"]
    raise AmbiguousError("gaps", line, {}, gaps)
